// Loss functions: the value of each example and the gradient with respect to the output, per panel of examples.
//
// value(e) is the loss of example e, unweighted; gradient(f, e) = weight(e) d value(e) / d output(f, e). The weight
// holds the example's own weight and the factor of the reduction (1 / batch size, say), and 0 for the copies that
// fill the last panel.
#pragma once

#include "../kernel_table.hpp"
#include "softmax.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

// ---- Losses that are the mean over the outputs of a function of output y and target t ----

template <class V>
struct MeanSquaredError {
    using T = Element<V>;
    static V value(V y, V t, T) { return (y - t) * (y - t); }
    static V slope(V y, V t, T) { return (y - t) * T(2); }
};

template <class V>
struct MeanAbsoluteError {
    using T = Element<V>;
    static V value(V y, V t, T) { return abs(y - t); }
    static V slope(V y, V t, T) {
        // 0 where they agree; y - t rather than constants, so that NaN stays NaN
        const V d = y - t;
        return d > V{} ? splat<V>(1) : d < V{} ? splat<V>(-1) : d;
    }
};

/// Half the square up to delta, linear beyond.
template <class V>
struct Huber {
    using T = Element<V>;
    static V value(V y, V t, T delta) {
        const V d = abs(y - t);
        return d <= delta ? d * d * T(0.5) : d * delta - T(0.5) * delta * delta;
    }
    static V slope(V y, V t, T delta) { return max(min(y - t, splat<V>(delta)), splat<V>(-delta)); }
};

/// max(1 - t y, 0) with targets -1 and 1.
template <class V>
struct Hinge {
    using T = Element<V>;
    static V value(V y, V t, T) { return max(splat<V>(1) - t * y, V{}); }
    static V slope(V y, V t, T) { return t * y < splat<V>(1) ? -t : V{}; }
};

/// y - t log(y + 1e-7)
template <class V>
struct Poisson {
    using T = Element<V>;
    static V value(V y, V t, T) { return y - t * log(y + T(1e-7)); }
    static V slope(V y, V t, T) { return splat<V>(1) - t / (y + T(1e-7)); }
};

/// The pinball loss, whose minimum is the quantile q of the targets: q (t - y) above y, (1 - q) (y - t) below.
template <class V>
struct Quantile {
    using T = Element<V>;
    static V value(V y, V t, T q) {
        const V d = t - y;
        return d > V{} ? d * q : d * (q - T(1));
    }
    static V slope(V y, V t, T q) { return t > y ? splat<V>(-q) : splat<V>(T(1) - q); }
};

/// Probabilities are kept this far from 0 and 1 (as in Keras), where their logarithm would be infinite.
inline constexpr double kClip = 1e-7;

template <class V>
inline V clip_probability(V p) {
    using T = Element<V>;
    return max(min(p, splat<V>(T(1) - T(kClip))), splat<V>(T(kClip)));
}
/// `slope` where clip_probability is the identity, 0 where it is constant.
template <class V>
inline V where_not_clipped(V p, V slope) {
    using T = Element<V>;
    return (p < T(kClip)) | (p > T(1) - T(kClip)) ? V{} : slope;
}

/// The parameter is the label smoothing.
template <class V>
struct BinaryCrossEntropy {
    using T = Element<V>;
    static V smooth(V t, T s) { return t * (T(1) - s) + T(0.5) * s; }
    static V value(V y, V t, T smoothing) {
        const V p = clip_probability(y), target = smooth(t, smoothing);
        return -(target * log(p) + (splat<V>(1) - target) * log(splat<V>(1) - p));
    }
    static V slope(V y, V t, T smoothing) {
        const V p = clip_probability(y);
        return where_not_clipped(y, (p - smooth(t, smoothing)) / (p * (splat<V>(1) - p)));
    }
};

template <class V>
struct BinaryCrossEntropyLogits {
    using T = Element<V>;
    static V value(V z, V t, T smoothing) {
        return max(z, V{}) - z * BinaryCrossEntropy<V>::smooth(t, smoothing) + log1p(exp(-abs(z)));
    }
    static V slope(V z, V t, T smoothing) { return sigmoid(z) - BinaryCrossEntropy<V>::smooth(t, smoothing); }
};

template <class T, template <class> class F>
void mean_loss(const LossBuffers<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    const T share = T(1) / static_cast<T>(p.features);
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* output = p.output + panel * p.stride;
        const T* target = p.target + panel * p.stride;
        T* gradient = p.gradient + panel * p.stride;
        const Vec<T> weight = load(p.weights + panel * lanes) * share;
        Vec<T> value{};
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const Vec<T> y = load(output + f * lanes), t = load(target + f * lanes);
            const T parameter = p.parameters ? p.parameters[f] : p.parameter;
            value += F<Vec<T>>::value(y, t, parameter);
            store(gradient + f * lanes, F<Vec<T>>::slope(y, t, parameter) * weight);
        }
        store(p.values + panel * lanes, value * share);
    }
}

// ---- Cross-entropy over classes ----

/// How the targets of a cross-entropy are given: a number for each class, or the code of the right one.
template <class T>
struct DenseTargets {
    const T* data;
    T keep, spread;  // label smoothing: t (1 - s) + s / classes
    DenseTargets(const LossBuffers<T>& p, ptrdiff_t panel)
        : data(p.target + panel * p.stride),
          keep(T(1) - p.parameter),
          spread(p.parameter / static_cast<T>(p.features)) {}
    Vec<T> operator()(ptrdiff_t f) const { return load(data + f * kLanes<T>) * keep + spread; }
};
template <class T>
struct SparseTargets {
    using I = Integers<Vec<T>>;
    I labels;
    T right, wrong;  // targets of the class named and of the others, label smoothing included
    SparseTargets(const LossBuffers<T>& p, ptrdiff_t panel)
        : right(T(1) - p.parameter + p.parameter / static_cast<T>(p.features)),
          wrong(p.parameter / static_cast<T>(p.features)) {
        typedef std::int32_t Codes __attribute__((vector_size(kLanes<T> * sizeof(std::int32_t))));
        Codes codes;
        __builtin_memcpy(&codes, p.labels + panel * kLanes<T>, sizeof codes);
        labels = __builtin_convertvector(codes, I);
    }
    Vec<T> operator()(ptrdiff_t f) const {
        return labels == static_cast<Element<I>>(f) ? splat<Vec<T>>(right) : splat<Vec<T>>(wrong);
    }
};

/// -sum of t log softmax(z); the gradient is softmax(z) times the sum of t, less t.
template <class T, template <class> class Targets>
void cross_entropy_logits(const LossBuffers<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* z = p.output + panel * p.stride;
        T* gradient = p.gradient + panel * p.stride;
        const Targets<T> target(p, panel);
        const Vec<T> weight = load(p.weights + panel * lanes), top = largest(z, p.features);
        Vec<T> sum{}, matched{}, total{};
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const Vec<T> shifted = load(z + f * lanes) - top, raised = exp(shifted), t = target(f);
            // where t is 0, so is the product, even if the logit is -infinity
            matched += t == Vec<T>{} ? t : t * shifted;
            total += t;
            sum += raised;
            store(gradient + f * lanes, raised);
        }
        store(p.values + panel * lanes, log(sum) * total - matched);
        const Vec<T> scale = total / sum;
        for (ptrdiff_t f = 0; f < p.features; ++f)
            store(gradient + f * lanes, (load(gradient + f * lanes) * scale - target(f)) * weight);
    }
}

/// -sum of t log(clip(y / sum of y)), for outputs that are probabilities already.
template <class T, template <class> class Targets>
void cross_entropy(const LossBuffers<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* y = p.output + panel * p.stride;
        T* gradient = p.gradient + panel * p.stride;
        const Targets<T> target(p, panel);
        const Vec<T> weight = load(p.weights + panel * lanes);
        Vec<T> sum{};
        for (ptrdiff_t f = 0; f < p.features; ++f) sum += load(y + f * lanes);
        // With q = y / sum and u = d value / d q: d value / d y = (u - sum of u q) / sum.
        Vec<T> value{}, inner{};
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const Vec<T> q = load(y + f * lanes) / sum, clipped = clip_probability(q), t = target(f);
            const Vec<T> slope = where_not_clipped(q, -t / clipped);
            value -= t * log(clipped);
            inner += slope * q;
            store(gradient + f * lanes, slope);
        }
        store(p.values + panel * lanes, value);
        const Vec<T> scale = weight / sum;
        for (ptrdiff_t f = 0; f < p.features; ++f)
            store(gradient + f * lanes, (load(gradient + f * lanes) - inner) * scale);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
