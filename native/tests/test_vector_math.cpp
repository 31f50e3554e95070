// exp, log and their kin against libm in long double: over all bit patterns, over the range where they vary, near
// 0, and at the special values.
#include <algorithm>
#include <cstring>

#include "check.hpp"
#include "math_functions.hpp"

namespace chainrule {

#define CHAINRULE_DECLARE(name)                     \
    namespace name {                                \
    test::MathFunctions<float> float_functions();   \
    test::MathFunctions<double> double_functions(); \
    }
#if defined(__x86_64__)
CHAINRULE_DECLARE(baseline)
CHAINRULE_DECLARE(avx2)
CHAINRULE_DECLARE(avx512)
#else
CHAINRULE_DECLARE(neon)
#endif

namespace test {
namespace {

struct Reference {
    long double (*value)(long double);
    double range;      // where a float or a double result is neither 0, nor 1, nor infinite, in floats
    double tolerance;  // in units in the last place
    double lowest;     // no argument below is tried
};

// In the order of the functions in math_functions.cpp.
const Reference kReferences[kMathFunctions] = {
    {[](long double x) { return std::exp(x); }, 110, 1.5, -HUGE_VAL},
    {[](long double x) { return std::expm1(x); }, 90, 2, -HUGE_VAL},
    {[](long double x) { return std::log(x); }, 10, 1.5, -HUGE_VAL},
    {[](long double x) { return std::log1p(x); }, 10, 1.5, -HUGE_VAL},
    {[](long double x) { return std::tanh(x); }, 12, 3, -HUGE_VAL},
    {[](long double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 110, 3,
     -HUGE_VAL},
    {[](long double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }, 110, 2.5,
     -HUGE_VAL},
    {[](long double x) { return std::erf(x); }, 7, 3.5, -HUGE_VAL},
    {[](long double x) { return std::sqrt(x); }, 10, 1.5, 0},
};

template <class T>
T any_bits(Random& random) {
    const std::uint64_t bits = random.bits();
    T x;
    std::memcpy(&x, &bits, sizeof x);
    return x;
}

template <class T>
void compare(const std::string& isa, const MathFunction<T>& function, const Reference& reference) {
    Random random(11);
    const double range = reference.range * (sizeof(T) == 8 && reference.range > 50 ? 7 : 1);
    std::vector<T> x;
    using Limits = std::numeric_limits<T>;
    for (const T special : {T(0), T(1), Limits::infinity(), Limits::max(), Limits::min(), Limits::denorm_min()}) {
        x.push_back(special);
        x.push_back(-special);
    }
    x.push_back(Limits::quiet_NaN());
    const int samples = all_cases ? 2'000'000 : 50'000;
    for (int i = 0; i < samples; ++i) {
        x.push_back(any_bits<T>(random));
        x.push_back(static_cast<T>(range * random.number()));
        x.push_back(static_cast<T>(2 * random.number()));
    }
    for (T& value : x)
        if (value < reference.lowest) value = -value;
    while (x.size() % 64) x.push_back(T(0.5));
    std::vector<T> y(x.size());
    function.apply(x.data(), y.data(), static_cast<ptrdiff_t>(x.size()));
    double worst = 0;
    T where = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const long double want = reference.value(x[i]);
        // The quick root is for numbers from 1e-30 up, and not for infinity.
        if (std::string(function.name) == "quick_sqrt" && !(x[i] >= T(1e-30) && x[i] <= Limits::max())) continue;
        const double error = ulps(y[i], want);
        if (!(error <= worst)) {
            worst = error;
            where = x[i];
        }
        if (x[i] == 0)
            CHECK(std::signbit(y[i]) == std::signbit(want), "%s %s(%g)", isa.c_str(), function.name, double(x[i]));
    }
    CHECK(worst <= reference.tolerance, "%s %s(%.17g) is off by %.2f ulp", isa.c_str(), function.name,
          double(where), worst);
}

void compare_all(const std::string& isa, MathFunctions<float> floats, MathFunctions<double> doubles) {
    for (int i = 0; i < kMathFunctions; ++i) {
        compare(isa, floats[i], kReferences[i]);
        compare(isa, doubles[i], kReferences[i]);
    }
}

}  // namespace

void test_vector_math(const std::string& isa) {
#if defined(__x86_64__)
    if (isa == "baseline") compare_all(isa, baseline::float_functions(), baseline::double_functions());
    if (isa == "avx2") compare_all(isa, avx2::float_functions(), avx2::double_functions());
    if (isa == "avx512") compare_all(isa, avx512::float_functions(), avx512::double_functions());
#else
    compare_all(isa, neon::float_functions(), neon::double_functions());
#endif
}

}  // namespace test
}  // namespace chainrule
