// Compiled once for each instruction set, as the kernels are.
#include "math_functions.hpp"

#include "kernels/vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

#define CHAINRULE_MATH_FUNCTION(function)                                                           \
    {#function, [](const T* x, T* y, std::ptrdiff_t count) {                                        \
         for (std::ptrdiff_t i = 0; i < count; i += kLanes<T>) store(y + i, function(load(x + i))); \
     }}

template <class T>
constexpr test::MathFunction<T> kMath[] = {
    CHAINRULE_MATH_FUNCTION(exp),      CHAINRULE_MATH_FUNCTION(expm1), CHAINRULE_MATH_FUNCTION(log),
    CHAINRULE_MATH_FUNCTION(log1p),    CHAINRULE_MATH_FUNCTION(tanh),  CHAINRULE_MATH_FUNCTION(sigmoid),
    CHAINRULE_MATH_FUNCTION(softplus), CHAINRULE_MATH_FUNCTION(erf),   CHAINRULE_MATH_FUNCTION(quick_sqrt),
};

test::MathFunctions<float> float_functions() { return kMath<float>; }
test::MathFunctions<double> double_functions() { return kMath<double>; }

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
