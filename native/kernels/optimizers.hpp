// The optimisers: one struct each, the rule for one vector of weights. Numbers that change from step to step (rate,
// already bias-corrected for Adam, and decay) come from the scalar table; the rules are those of the docstrings in
// chainrule/optimizers.
#pragma once

#include "../kernel_table.hpp"
#include "vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

struct Sgd {
    static constexpr int kSlots = 0;
    template <class V, class P>
    static void step(V& w, V g, V*, const P& p) {
        w -= g * p.rate;
    }
};

struct Momentum {
    static constexpr int kSlots = 1;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V& velocity = slot[0];
        velocity = velocity * p.momentum - g * p.rate;
        w += velocity;
    }
};

struct Nesterov {
    static constexpr int kSlots = 1;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V& velocity = slot[0];
        velocity = velocity * p.momentum - g * p.rate;
        w += velocity * p.momentum;
        w -= g * p.rate;
    }
};

struct Adam {
    static constexpr int kSlots = 2;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V &m = slot[0], &v = slot[1];
        m = fma(g - m, splat<V>(p.rest_1), m);
        v = fma(g * g - v, splat<V>(p.rest_2), v);
        w = fma(m * -p.rate, quick_inverse(quick_sqrt(v) + p.epsilon), w);
    }
};

struct AmsGrad {
    static constexpr int kSlots = 3;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V &m = slot[0], &v = slot[1], &largest = slot[2];
        m = fma(g - m, splat<V>(p.rest_1), m);
        v = fma(g * g - v, splat<V>(p.rest_2), v);
        largest = max(v, largest);
        w = fma(m * -p.rate, quick_inverse(quick_sqrt(largest) + p.epsilon), w);
    }
};

struct Adadelta {
    static constexpr int kSlots = 2;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V &s = slot[0], &u = slot[1];
        s = s * p.rho + g * g * p.rest;
        const V delta = g * sqrt((u + p.epsilon) / (s + p.epsilon));
        u = u * p.rho + delta * delta * p.rest;
        w -= delta * p.rate;
    }
};

struct Adagrad {
    static constexpr int kSlots = 1;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V& s = slot[0];
        s += g * g;
        w -= g / sqrt(s + p.epsilon) * p.rate;
    }
};

/// RMSprop in its four forms; slots in the order mean square, mean (centred), momentum.
template <bool kCentered, bool kMomentum>
struct RmsProp {
    static constexpr int kSlots = 1 + kCentered + kMomentum;
    template <class V, class P>
    static void step(V& w, V g, V* slot, const P& p) {
        V& v = slot[0];
        v = v * p.rho + g * g * p.rest;
        V variance = v;
        if constexpr (kCentered) {
            V& mean = slot[1];
            mean = mean * p.rho + g * p.rest;
            variance = max(v - mean * mean, V{});
        }
        V step = g / sqrt(variance + p.epsilon) * p.rate;
        if constexpr (kMomentum) {
            V& sum = slot[1 + kCentered];
            sum = sum * p.momentum + step;
            step = sum;
        }
        w -= step;
    }
};

/// What is done to a gradient before the rule: penalties of the loss, a factor (clipping by norm), a limit.
template <class T>
inline Vec<T> prepared(Vec<T> g, Vec<T> w, const OptimizerParameters<T>& p) {
    using V = Vec<T>;
    g += w * (2 * p.l2) + (w > V{} ? splat<V>(p.l1) : w < V{} ? splat<V>(-p.l1) : V{});
    g *= p.gradient_factor;
    return max(min(g, splat<V>(p.gradient_limit)), splat<V>(-p.gradient_limit));
}

template <class T, class Rule, bool kPrepare>
inline void update_vectors(const OptimizerBuffers<T>& buffers, ptrdiff_t first, const T* gradient,
                           ptrdiff_t count) {
    constexpr int lanes = kLanes<T>;
    const OptimizerParameters<T> p = *buffers.parameters;  // copies, which no store can alias
    const OptimizerBuffers<T> b = buffers;
    const auto one = [&](Vec<T> w, Vec<T> g, Vec<T>* slots) {
        if constexpr (kPrepare) g = prepared<T>(g, w, p);
        w = fma(w, splat<Vec<T>>(-p.decay), w);
        Rule::step(w, g, slots, p);
        return w;
    };
    Vec<T> slots[Rule::kSlots + 1];  // one more, as there are no arrays of none
    ptrdiff_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        for (int s = 0; s < Rule::kSlots; ++s) slots[s] = load(b.slots[s] + first + i);
        store(b.weights + first + i, one(load(b.weights + first + i), load(gradient + i), slots));
        for (int s = 0; s < Rule::kSlots; ++s) store(b.slots[s] + first + i, slots[s]);
    }
    if (i < count) {
        const ptrdiff_t rest = count - i;
        for (int s = 0; s < Rule::kSlots; ++s) slots[s] = load_part(b.slots[s] + first + i, rest);
        const Vec<T> w = one(load_part(b.weights + first + i, rest), load_part(gradient + i, rest), slots);
        store_part(b.weights + first + i, w, rest);
        for (int s = 0; s < Rule::kSlots; ++s) store_part(b.slots[s] + first + i, slots[s], rest);
    }
}

/// Take weights that have just been moved into their moving average, and put it in their place in some steps.
template <class T>
void take_average(const OptimizerBuffers<T>& buffers, ptrdiff_t first, ptrdiff_t count) {
    using V = Vec<T>;
    constexpr int lanes = kLanes<T>;
    T *const weights = buffers.weights + first, *const average = buffers.average + first;
    const V momentum = splat<V>(buffers.parameters->average_momentum), rest = splat<V>(T(1)) - momentum;
    const bool overwrite = buffers.parameters->overwrite;
    ptrdiff_t i = 0;
    for (; i + lanes <= count; i += lanes) {
        const V now = load(average + i) * momentum + load(weights + i) * rest;
        store(average + i, now);
        if (overwrite) store(weights + i, now);
    }
    if (i < count) {
        const V now = load_part(average + i, count - i) * momentum + load_part(weights + i, count - i) * rest;
        store_part(average + i, now, count - i);
        if (overwrite) store_part(weights + i, now, count - i);
    }
}

/// A GradientConsumer: one step of an optimiser on `count` weights from `first` on. The context is
/// OptimizerBuffers<T>.
template <class T, class Rule>
void update(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count) {
    const auto& b = *static_cast<const OptimizerBuffers<T>*>(context);
    const OptimizerParameters<T>& p = *b.parameters;
    const bool plain = p.l1 == 0 && p.l2 == 0 && p.gradient_factor == 1 && p.gradient_limit == Format<T>::infinity;
    if (plain)
        update_vectors<T, Rule, false>(b, first, gradient, count);
    else
        update_vectors<T, Rule, true>(b, first, gradient, count);
    if (b.average) take_average(b, first, count);
}

template <class T, class Rule>
constexpr OptimizerKernel<T> optimizer_kernel() {
    return {update<T, Rule>, Rule::kSlots};
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
