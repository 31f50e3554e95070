// Each loss against its formula in long double, its gradient against a difference quotient of that formula.
#include <functional>

#include "check.hpp"

namespace chainrule::test {
namespace {

using Real = long double;
using Vector = std::vector<Real>;

Real clipped(Real p) { return std::min(std::max(p, 1e-7L), 1 - 1e-7L); }

Real mean(const Vector& y, const Vector& t, const std::function<Real(Real, Real)>& f) {
    Real sum = 0;
    for (std::size_t i = 0; i < y.size(); ++i) sum += f(y[i], t[i]);
    return sum / static_cast<Real>(y.size());
}

Real cross_entropy(const Vector& y, const Vector& t, Real smoothing, bool logits) {
    Real top = y[0], sum = 0, value = 0;
    for (const Real v : y) top = std::max(top, v);
    for (const Real v : y) sum += logits ? std::exp(v - top) : v;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const Real target = t[i] * (1 - smoothing) + smoothing / static_cast<Real>(y.size());
        value -= target * (logits ? y[i] - top - std::log(sum) : std::log(clipped(y[i] / sum)));
    }
    return value;
}

struct Formula {
    enum Outputs { any, probabilities, positive } outputs;
    enum Targets { numbers, shares, signs, counts, code } targets;
    Real (*value)(const Vector& y, const Vector& t, Real parameter);
};

// In the order of enum Loss.
const Formula kFormulas[] = {
    {Formula::any, Formula::numbers,
     [](const Vector& y, const Vector& t, Real) {
         return mean(y, t, [](Real a, Real b) { return (a - b) * (a - b); });
     }},
    {Formula::any, Formula::numbers,
     [](const Vector& y, const Vector& t, Real) {
         return mean(y, t, [](Real a, Real b) { return std::fabs(a - b); });
     }},
    {Formula::any, Formula::numbers,
     [](const Vector& y, const Vector& t, Real delta) {
         return mean(y, t, [&](Real a, Real b) {
             const Real d = std::fabs(a - b);
             return d <= delta ? d * d / 2 : delta * d - delta * delta / 2;
         });
     }},
    {Formula::any, Formula::signs,
     [](const Vector& y, const Vector& t, Real) {
         return mean(y, t, [](Real a, Real b) { return std::max(1 - a * b, 0.0L); });
     }},
    {Formula::positive, Formula::counts,
     [](const Vector& y, const Vector& t, Real) {
         return mean(y, t, [](Real a, Real b) { return a - b * std::log(a + 1e-7L); });
     }},
    {Formula::any, Formula::numbers,
     [](const Vector& y, const Vector& t, Real q) {
         return mean(y, t, [&](Real a, Real b) { return std::max(q * (b - a), (q - 1) * (b - a)); });
     }},
    {Formula::probabilities, Formula::shares,
     [](const Vector& y, const Vector& t, Real s) {
         return mean(y, t, [&](Real a, Real b) {
             const Real p = clipped(a), target = b * (1 - s) + s / 2;
             return -(target * std::log(p) + (1 - target) * std::log(1 - p));
         });
     }},
    {Formula::any, Formula::shares,
     [](const Vector& y, const Vector& t, Real s) {
         return mean(y, t, [&](Real a, Real b) {
             const Real target = b * (1 - s) + s / 2;
             return std::max(a, 0.0L) - a * target + std::log1p(std::exp(-std::fabs(a)));
         });
     }},
    {Formula::probabilities, Formula::shares,
     [](const Vector& y, const Vector& t, Real s) { return cross_entropy(y, t, s, false); }},
    {Formula::any, Formula::shares,
     [](const Vector& y, const Vector& t, Real s) { return cross_entropy(y, t, s, true); }},
    {Formula::probabilities, Formula::code,
     [](const Vector& y, const Vector& t, Real) { return cross_entropy(y, t, 0, false); }},
    {Formula::any, Formula::code,
     [](const Vector& y, const Vector& t, Real) { return cross_entropy(y, t, 0, true); }},
};

template <class T>
void check(const Isa& isa, int which, ptrdiff_t features) {
    const KernelTable<T>& k = kernels<T>(isa);
    const Formula& formula = kFormulas[which];
    Random random(static_cast<std::uint64_t>(which + 1));
    const ptrdiff_t stride = (features + 1) * k.lanes, examples = 2 * k.lanes;
    Array<T> output(2 * stride), target(2 * stride), gradient(2 * stride), weights(examples), values(examples);
    Array<std::int32_t> labels(examples);
    for (ptrdiff_t e = 0; e < examples; ++e) {
        weights[e] = static_cast<T>(e % 3 ? random.number() : 0);
        labels[e] = static_cast<std::int32_t>(random.below(features));
        for (ptrdiff_t f = 0; f < features; ++f) {
            const double u = random.number(), v = random.number();
            T& y = output[at(k.lanes, stride, f, e)];
            T& t = target[at(k.lanes, stride, f, e)];
            y = static_cast<T>(formula.outputs == Formula::any ? 3 * u : 0.05 + 0.45 * (u + 1));
            t = static_cast<T>(formula.targets == Formula::numbers  ? 3 * v
                               : formula.targets == Formula::shares ? (v + 1) / 2
                               : formula.targets == Formula::signs  ? (v > 0 ? 1 : -1)
                               : formula.targets == Formula::counts ? std::floor(4 * (v + 1))
                                                                    : labels[e] == f);
        }
    }
    const T parameter = formula.targets == Formula::code ? T(0) : T(0.125);
    k.losses[which]({output.get(), target.get(), labels.get(), weights.get(), gradient.get(), values.get(), stride,
                     features, parameter},
                    {0, 2});
    const Real epsilon = std::numeric_limits<T>::epsilon(), h = 1e-6L;
    for (ptrdiff_t e = 0; e < examples; ++e) {
        Vector y, t;
        for (ptrdiff_t f = 0; f < features; ++f) {
            y.push_back(output[at(k.lanes, stride, f, e)]);
            t.push_back(target[at(k.lanes, stride, f, e)]);
        }
        const Real want = formula.value(y, t, parameter);
        CHECK(std::fabs(values[e] - want) <= 40 * epsilon * (1 + std::fabs(want)),
              "%s: loss %d is %g, expected %Lg", isa.name, which, double(values[e]), want);
        for (ptrdiff_t f = 0; f < features; ++f) {
            Vector up(y), down(y);
            up[static_cast<std::size_t>(f)] += h;
            down[static_cast<std::size_t>(f)] -= h;
            const Real slope =
                (formula.value(up, t, parameter) - formula.value(down, t, parameter)) / (2 * h) * weights[e];
            const T got = gradient[at(k.lanes, stride, f, e)];
            CHECK(std::fabs(got - slope) <= 100 * epsilon * (1 + std::fabs(slope)) + 1e-9L,
                  "%s: gradient of loss %d, %td outputs, is %g, expected %Lg", isa.name, which, features,
                  double(got), slope);
        }
    }
}

/// Large logits of either sign, a class of probability 0 or beyond the clipping: finite values, NaN kept.
template <class T>
void check_extremes(const Isa& isa) {
    const KernelTable<T>& k = kernels<T>(isa);
    Array<T> output(2 * k.lanes), target(2 * k.lanes), gradient(2 * k.lanes), weights(k.lanes), values(k.lanes);
    Array<std::int32_t> labels(k.lanes);
    for (ptrdiff_t e = 0; e < k.lanes; ++e) weights[e] = 1;
    for (const Loss loss : {Loss::cross_entropy_logits, Loss::sparse_cross_entropy_logits,
                            Loss::binary_cross_entropy_logits, Loss::cross_entropy, Loss::binary_cross_entropy}) {
        const bool logits = loss != Loss::cross_entropy && loss != Loss::binary_cross_entropy;
        for (ptrdiff_t e = 0; e < k.lanes; ++e) {
            output[e] = logits ? T(e % 2 ? 1e4 : -1e4) : T(e % 2);
            output[k.lanes + e] = logits ? -output[e] : 1 - output[e];
            target[e] = 1;
            target[k.lanes + e] = 0;
        }
        const LossBuffers<T> buffers{output.get(),
                                     target.get(),
                                     labels.get(),
                                     weights.get(),
                                     gradient.get(),
                                     values.get(),
                                     2 * k.lanes,
                                     2,
                                     0};
        k.losses[static_cast<int>(loss)](buffers, {0, 1});
        for (ptrdiff_t i = 0; i < 2 * k.lanes; ++i)
            CHECK(std::isfinite(gradient[i]) && std::isfinite(values[i % k.lanes]), "%s: loss %d at its extremes",
                  isa.name, static_cast<int>(loss));
        output[0] = std::numeric_limits<T>::quiet_NaN();
        k.losses[static_cast<int>(loss)](buffers, {0, 1});
        CHECK(std::isnan(values[0]) && !std::isnan(values[1 % k.lanes]), "%s: loss %d and NaN", isa.name,
              static_cast<int>(loss));
    }
}

}  // namespace

void test_losses(const Isa& isa) {
    static_assert(std::size(kFormulas) == kCount<Loss>);
    for (int i = 0; i < kCount<Loss>; ++i)
        for (const ptrdiff_t features : {1, 2, 3, 10}) {
            check<float>(isa, i, features);
            check<double>(isa, i, features);
        }
    check_extremes<float>(isa);
    check_extremes<double>(isa);
}

}  // namespace chainrule::test
