// Three steps of each optimiser against its rule in long double, with and without penalties, clipping and decay.
#include <array>

#include "check.hpp"

namespace chainrule::test {
namespace {

using Real = long double;

struct Numbers {
    Real rate, decay, momentum, rest_1, rest_2, rho, rest, epsilon;
};

Real rms_step(Real g, Real* s, const Numbers& p, bool centered, bool momentum) {
    s[0] = p.rho * s[0] + p.rest * g * g;
    Real variance = s[0];
    if (centered) {
        s[1] = p.rho * s[1] + p.rest * g;
        variance = std::max(s[0] - s[1] * s[1], 0.0L);
    }
    const Real step = p.rate * g / std::sqrt(variance + p.epsilon);
    if (!momentum) return step;
    Real& sum = s[1 + centered];
    sum = p.momentum * sum + step;
    return sum;
}

Real adam_step(Real g, Real* s, const Numbers& p, bool largest) {
    s[0] += p.rest_1 * (g - s[0]);
    s[1] += p.rest_2 * (g * g - s[1]);
    if (largest) s[2] = std::max(s[1], s[2]);
    return p.rate * s[0] / (std::sqrt(s[largest ? 2 : 1]) + p.epsilon);
}

// What is taken from the weight, in the order of enum Optimizer.
Real (*const kRules[])(Real g, Real* s, const Numbers& p) = {
    [](Real g, Real*, const Numbers& p) { return p.rate * g; },
    [](Real g, Real* s, const Numbers& p) { return -(s[0] = p.momentum * s[0] - p.rate * g); },
    [](Real g, Real* s, const Numbers& p) {
        s[0] = p.momentum * s[0] - p.rate * g;
        return p.rate * g - p.momentum * s[0];
    },
    [](Real g, Real* s, const Numbers& p) { return adam_step(g, s, p, false); },
    [](Real g, Real* s, const Numbers& p) { return adam_step(g, s, p, true); },
    [](Real g, Real* s, const Numbers& p) {
        s[0] = p.rho * s[0] + p.rest * g * g;
        const Real delta = g * std::sqrt(s[1] + p.epsilon) / std::sqrt(s[0] + p.epsilon);
        s[1] = p.rho * s[1] + p.rest * delta * delta;
        return p.rate * delta;
    },
    [](Real g, Real* s, const Numbers& p) { return p.rate * g / std::sqrt((s[0] += g * g) + p.epsilon); },
    [](Real g, Real* s, const Numbers& p) { return rms_step(g, s, p, false, false); },
    [](Real g, Real* s, const Numbers& p) { return rms_step(g, s, p, false, true); },
    [](Real g, Real* s, const Numbers& p) { return rms_step(g, s, p, true, false); },
    [](Real g, Real* s, const Numbers& p) { return rms_step(g, s, p, true, true); },
};

template <class T>
void check(const Isa& isa, int which, ptrdiff_t count, bool prepared) {
    const OptimizerKernel<T>& kernel = kernels<T>(isa).optimizers[which];
    Random random(static_cast<std::uint64_t>(100 * which + count));
    Array<T> weights(count, random), gradient(count), average(count),
        slots[3] = {Array<T>(count), Array<T>(count), Array<T>(count)};
    std::vector<std::array<Real, 5>> wanted(static_cast<std::size_t>(count));
    for (ptrdiff_t i = 0; i < count; ++i) wanted[static_cast<std::size_t>(i)] = {weights[i], 0, 0, 0, 0};
    OptimizerParameters<T> p;
    p.momentum = T(0.9);
    p.rest_1 = T(0.1);
    p.rest_2 = T(0.01);
    p.rho = T(0.9);
    p.rest = T(0.1);
    p.epsilon = T(1e-7);
    p.decay = T(0.01);
    if (prepared) {
        p.l1 = T(0.1);
        p.l2 = T(0.2);
        p.gradient_factor = T(0.5);
        p.gradient_limit = T(0.4);
    }
    const OptimizerBuffers<T> buffers{weights.get(), {slots[0].get(), slots[1].get(), slots[2].get()}, &p,
                                      prepared ? average.get() : nullptr};
    for (int step = 0; step < 3; ++step) {
        p.rate = static_cast<T>(0.1 / (step + 1));
        p.average_momentum = step == 0 ? T(0) : T(0.75);
        p.overwrite = step == 1;
        for (ptrdiff_t i = 0; i < count; ++i) gradient[i] = i == 3 ? T(0) : static_cast<T>(random.number());
        const ptrdiff_t middle = random.below(count + 1);
        kernel.update(&buffers, 0, gradient.get(), middle);
        kernel.update(&buffers, middle, gradient.get() + middle, count - middle);
        const Numbers numbers{p.rate, p.decay, p.momentum, p.rest_1, p.rest_2, p.rho, p.rest, p.epsilon};
        for (ptrdiff_t i = 0; i < count; ++i) {
            Real* w = wanted[static_cast<std::size_t>(i)].data();
            Real g = gradient[i] + 2 * Real(p.l2) * w[0] + Real(p.l1) * (w[0] > 0 ? 1 : w[0] < 0 ? -1 : 0);
            g = std::min(std::max(g * p.gradient_factor, -Real(p.gradient_limit)), Real(p.gradient_limit));
            w[0] -= w[0] * p.decay;
            w[0] -= kRules[which](g, w + 1, numbers);
            if (!prepared) continue;
            w[4] = p.average_momentum * w[4] + (1 - Real(p.average_momentum)) * w[0];
            if (p.overwrite) w[0] = w[4];
        }
    }
    // The centred mean square is a difference of like numbers: its root magnifies what rounding left of it.
    const bool centered = which >= static_cast<int>(Optimizer::rmsprop_centered);
    const Real tolerance = std::numeric_limits<T>::epsilon() * (centered ? 1000 : 30);
    for (ptrdiff_t i = 0; i < count; ++i) {
        const auto& want = wanted[static_cast<std::size_t>(i)];
        CHECK(std::fabs(weights[i] - want[0]) <= tolerance,
              "%s: optimiser %d, weight %td of %td: %.9g, expected %.9Lg", isa.name, which, i, count,
              double(weights[i]), want[0]);
        CHECK(std::fabs(average[i] - want[4]) <= tolerance, "%s: optimiser %d, average %.9g, expected %.9Lg", isa.name,
              which, double(average[i]), want[4]);
        for (int s = 0; s < kernel.slots; ++s)
            CHECK(std::fabs(slots[s][i] - want[static_cast<std::size_t>(s + 1)]) <= tolerance,
                  "%s: optimiser %d, slot %d: %.9g, expected %.9Lg", isa.name, which, s, double(slots[s][i]),
                  want[static_cast<std::size_t>(s + 1)]);
    }
}

}  // namespace

void test_optimizers(const Isa& isa) {
    static_assert(std::size(kRules) == kCount<Optimizer>);
    for (int i = 0; i < kCount<Optimizer>; ++i)
        for (const ptrdiff_t count : {4, 7, 15, 16, 17, 33, 100})
            for (const bool prepared : {false, true}) {
                check<float>(isa, i, count, prepared);
                check<double>(isa, i, count, prepared);
            }
}

}  // namespace chainrule::test
