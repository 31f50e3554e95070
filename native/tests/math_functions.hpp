// The functions of kernels/vector_math.hpp, which are inlined into kernels, as arrays to arrays, for the test.
#pragma once

#include <cstddef>

namespace chainrule::test {

template <class T>
struct MathFunction {
    const char* name;
    void (*apply)(const T* x, T* y, std::ptrdiff_t count);  // count: a multiple of 64
};

inline constexpr int kMathFunctions = 9;
template <class T>
using MathFunctions = const MathFunction<T> (&)[kMathFunctions];

}  // namespace chainrule::test
