// Each activation against its formula in long double, its derivative against a difference quotient of that formula.
#include "check.hpp"

namespace chainrule::test {
namespace {

using Real = long double;

Real softplus(Real z) { return z > 0 ? z + std::log1p(std::exp(-z)) : std::log1p(std::exp(z)); }

// In the order of enum Activation; `a` is the parameter.
Real (*const kFormulas[])(Real z, Real a) = {
    [](Real z, Real) { return z; },
    [](Real z, Real) { return 1 / (1 + std::exp(-z)); },
    [](Real z, Real) { return std::tanh(z); },
    [](Real z, Real) { return z > 0 ? z : 0; },
    [](Real z, Real a) { return z > 0 ? z : a * z; },
    [](Real z, Real a) { return z > 0 ? z : a * std::expm1(z); },
    [](Real z, Real) { return 1.0507009873554805L * (z > 0 ? z : 1.6732632423543772L * std::expm1(z)); },
    [](Real z, Real) { return z * (1 + std::erf(z / std::sqrt(2.0L))) / 2; },
    [](Real z, Real) {
        return z / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846L) * (z + 0.044715L * z * z * z)));
    },
    [](Real z, Real) { return z / (1 + std::exp(-z)); },
    [](Real z, Real) { return z * std::tanh(softplus(z)); },
    [](Real z, Real) { return softplus(z); },
    [](Real z, Real) { return std::min(std::max((z + 3) / 6, 0.0L), 1.0L); },
    [](Real z, Real) { return std::exp(z); },
};

template <class T>
void check(const Isa& isa, int which) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ActivationKernels& kernels = k.activations[which];
    Random random(which + 1);
    const ptrdiff_t count = 64 * k.lanes;
    const T alpha = T(0.3);
    Array<T> z(count), y(count), gradient(count);
    for (ptrdiff_t i = 0; i < count; ++i) z[i] = static_cast<T>(random.number() * (i % 2 ? 4 : 30));
    for (ptrdiff_t i = 0; i < count; ++i) gradient[i] = T(3);
    const T before = gradient[0];
    const ActivationBuffers<T> buffers{z.get(), y.get(), gradient.get(), alpha};
    kernels.forward(&buffers, k.lanes, count - k.lanes);
    kernels.backward(&buffers, k.lanes, count - k.lanes);
    CHECK(y[0] == 0 && gradient[0] == before, "%s: activation %d works outside its range", isa.name, which);
    const Real epsilon = std::numeric_limits<T>::epsilon(), h = 1e-6L;
    for (ptrdiff_t i = k.lanes; i < count; ++i) {
        const Real want = kFormulas[which](z[i], alpha);
        // |z|: the formulas multiply a factor rounded near 1 by z.
        CHECK(std::fabs(y[i] - want) <= 4 * epsilon * (std::fabs(want) + std::min<Real>(std::fabs(z[i]), 1)),
              "%s: activation %d of %g is %.9g, expected %.9Lg", isa.name, which, double(z[i]), double(y[i]), want);
        const Real slope = (kFormulas[which](z[i] + h, alpha) - kFormulas[which](z[i] - h, alpha)) / (2 * h);
        const Real size = std::max<Real>(1, std::fabs(slope));  // the exponential's is as large as its values
        CHECK(std::fabs(gradient[i] / 3 - slope) <= (20 * epsilon + 1e-10L) * size,
              "%s: slope of activation %d at %g is %.9g, expected %.9Lg", isa.name, which, double(z[i]),
              double(gradient[i] / 3), slope);
    }
    if (kernels.from_output) {
        Array<T> in_place(z), other(count);
        for (ptrdiff_t i = 0; i < count; ++i) other[i] = T(3);
        const ActivationBuffers<T> same{in_place.get(), in_place.get(), other.get(), alpha};
        kernels.forward(&same, k.lanes, count - k.lanes);
        kernels.backward(&same, k.lanes, count - k.lanes);
        for (ptrdiff_t i = k.lanes; i < count; ++i)
            CHECK(in_place[i] == y[i] && other[i] == gradient[i], "%s: activation %d differs in place", isa.name,
                  which);
    }
    const T nan = std::numeric_limits<T>::quiet_NaN();
    for (ptrdiff_t i = 0; i < count; ++i) z[i] = nan;
    kernels.forward(&buffers, 0, count);
    CHECK(std::isnan(y[0]), "%s: activation %d loses NaN", isa.name, which);
}

/// softmax or log-softmax: the value, and the gradient against difference quotients.
template <class T>
void check_panels(const Isa& isa, bool log) {
    const KernelTable<T>& k = kernels<T>(isa);
    const PanelKernels<T>& functions = log ? k.log_softmax : k.softmax;
    Random random(9);
    for (const ptrdiff_t features : {1, 2, 3, 10, 17}) {
        const ptrdiff_t stride = (features + 1) * k.lanes;
        Array<T> z(2 * stride, random), y(2 * stride), gradient(2 * stride, random);
        for (ptrdiff_t i = 0; i < z.size(); ++i) z[i] *= T(i % 5 ? 3 : 300);  // some far above the others
        const Array<T> outer(gradient);
        const PanelFunction<T> arguments{z.get(), y.get(), gradient.get(), stride, features};
        functions.forward(arguments, {0, 2});
        functions.backward(arguments, {0, 2});
        const Real epsilon = std::numeric_limits<T>::epsilon();
        for (ptrdiff_t e = 0; e < 2 * k.lanes; ++e) {
            const auto value = [&](ptrdiff_t f) { return static_cast<Real>(z[at(k.lanes, stride, f, e)]); };
            Real top = value(0), sum = 0, inner = 0, total = 0;
            for (ptrdiff_t f = 0; f < features; ++f) top = std::max(top, value(f));
            for (ptrdiff_t f = 0; f < features; ++f) sum += std::exp(value(f) - top);
            for (ptrdiff_t f = 0; f < features; ++f) {
                const Real p = std::exp(value(f) - top) / sum;
                inner += p * outer[at(k.lanes, stride, f, e)];
                total += outer[at(k.lanes, stride, f, e)];
            }
            for (ptrdiff_t f = 0; f < features; ++f) {
                const ptrdiff_t i = at(k.lanes, stride, f, e);
                const Real p = std::exp(value(f) - top) / sum, log_p = value(f) - top - std::log(sum);
                const Real want = log ? log_p : p, slope = log ? outer[i] - p * total : p * (outer[i] - inner);
                CHECK(std::fabs(y[i] - want) <= epsilon * (8 + std::fabs(want)),
                      "%s: softmax of %td: %g, expected %Lg", isa.name, features, double(y[i]), want);
                CHECK(std::fabs(gradient[i] - slope) <= epsilon * 8 * static_cast<Real>(features + 1),
                      "%s: gradient of softmax of %td: %g, expected %Lg", isa.name, features, double(gradient[i]),
                      slope);
            }
        }
    }
}

}  // namespace

void test_activations(const Isa& isa) {
    static_assert(std::size(kFormulas) == kCount<Activation>);
    for (int i = 0; i < kCount<Activation>; ++i) {
        check<float>(isa, i);
        check<double>(isa, i);
    }
    for (const bool log : {false, true}) {
        check_panels<float>(isa, log);
        check_panels<double>(isa, log);
    }
}

}  // namespace chainrule::test
