// Batch and layer normalisation, and scaling by known statistics, on panels.
//
// A batch's statistics need all its examples, so for batch normalisation a thread takes some of the features through all
// panels; what it sums, and in which order, does not depend on how the features are shared out. Copies that fill
// the last panel don't count, and get no gradient.
#pragma once

#include "narrow_gradient.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class T>
inline T sum_of_lanes(Vec<T> v) {
    T lanes[kLanes<T>], sum = 0;
    store(lanes, v);
    for (int i = 0; i < kLanes<T>; ++i) sum += lanes[i];
    return sum;
}

/// 1 for the lanes of `panel` that hold examples, 0 for the copies.
template <class T>
inline Vec<T> example_lanes(ptrdiff_t panel, ptrdiff_t examples) {
    Vec<T> mask{};
    for (int i = 0; i < kLanes<T>; ++i) mask[i] = panel * kLanes<T> + i < examples ? T(1) : T(0);
    return mask;
}

template <class T>
void batch_normalize(const BatchNormalization<T>& p, Range features) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t panels = (p.examples + lanes - 1) / lanes;
    const Vec<T> last = example_lanes<T>(panels - 1, p.examples);
    const T count = static_cast<T>(p.examples);
    for (ptrdiff_t f = features.begin; f < features.end; ++f) {
        const T* in = p.in + f * lanes;
        Vec<T> sum{};
        for (ptrdiff_t panel = 0; panel + 1 < panels; ++panel) sum += load(in + panel * p.stride);
        sum += load(in + (panels - 1) * p.stride) * last;
        const T mean = sum_of_lanes<T>(sum) / count;
        Vec<T> squares{};
        for (ptrdiff_t panel = 0; panel < panels; ++panel) {
            Vec<T> centred = load(in + panel * p.stride) - mean;
            if (panel + 1 == panels) centred *= last;
            squares += centred * centred;
        }
        const T variance = sum_of_lanes<T>(squares) / count;
        const T deviation = __builtin_sqrt(variance + p.epsilon);
        p.mean[f] = mean;
        p.variance[f] = variance;
        p.deviation[f] = deviation;
        const T gamma = p.gamma ? p.gamma[f] : T(1), beta = p.beta ? p.beta[f] : T(0);
        for (ptrdiff_t panel = 0; panel < panels; ++panel) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            const Vec<T> normal = (load(p.in + at) - mean) / deviation;
            store(p.normal + at, normal);
            store(p.out + at, normal * gamma + beta);
        }
    }
}

/// dx = (h - mean(h) - n mean(h n)) / deviation with h = gamma dJ/dy and n the normalised inputs, means over the batch.
template <class T>
void batch_normalize_gradient(const BatchNormalization<T>& p, Range features) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t panels = (p.examples + lanes - 1) / lanes;
    const Vec<T> last = example_lanes<T>(panels - 1, p.examples);
    const T count = static_cast<T>(p.examples);
    for (ptrdiff_t f = features.begin; f < features.end; ++f) {
        const T gamma = p.gamma ? p.gamma[f] : T(1);
        Vec<T> sum{}, along{};
        for (ptrdiff_t panel = 0; panel < panels; ++panel) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            const Vec<T> h = load(p.out_gradient + at) * gamma;
            sum += h;
            along += h * load(p.normal + at);
        }
        const T mean = sum_of_lanes<T>(sum) / count, slope = sum_of_lanes<T>(along) / count;
        for (ptrdiff_t panel = 0; panel < panels; ++panel) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            Vec<T> g = (load(p.out_gradient + at) * gamma - mean - load(p.normal + at) * slope) / p.deviation[f];
            if (panel + 1 == panels) g *= last;
            store(p.in_gradient + at, g);
        }
    }
}

template <class T>
void layer_normalize(const LayerNormalization<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    const T count = static_cast<T>(p.features);
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* in = p.in + panel * p.stride;
        Vec<T> sum{}, squares{};
        for (ptrdiff_t f = 0; f < p.features; ++f) sum += load(in + f * lanes);
        const Vec<T> mean = sum / count;
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const Vec<T> centred = load(in + f * lanes) - mean;
            squares += centred * centred;
        }
        const Vec<T> deviation = sqrt(squares / count + p.epsilon);
        store(p.deviation + panel * lanes, deviation);
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            const Vec<T> normal = (load(in + f * lanes) - mean) / deviation;
            store(p.normal + at, normal);
            store(p.out + at, normal * (p.gamma ? p.gamma[f] : T(1)) + (p.beta ? p.beta[f] : T(0)));
        }
    }
}

template <class T>
void layer_normalize_gradient(const LayerNormalization<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    const T count = static_cast<T>(p.features);
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        Vec<T> sum{}, along{};
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            const Vec<T> h = load(p.out_gradient + at) * (p.gamma ? p.gamma[f] : T(1));
            sum += h;
            along += h * load(p.normal + at);
        }
        const Vec<T> mean = sum / count, slope = along / count, deviation = load(p.deviation + panel * lanes);
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            const Vec<T> h = load(p.out_gradient + at) * (p.gamma ? p.gamma[f] : T(1));
            store(p.in_gradient + at, (h - mean - load(p.normal + at) * slope) / deviation);
        }
    }
}

/// gradient[f] = sum over examples of delta(f, e) normal(f, e), the gradient of a gamma.
template <class T>
void scale_gradient(const ScaleGradient<T>& p, Range features, T* scratch) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t f = features.begin; f < features.end; ++f) {
        Vec<T> sum{};
        for (ptrdiff_t panel = 0; panel < p.panels; ++panel) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            sum += load(p.delta + at) * load(p.normal + at);
        }
        scratch[f - features.begin] = sum_of_lanes<T>(sum);
    }
    p.consumer.apply(p.consumer.context, features.begin, scratch, features.size());
}

/// out = (in - shift) / divisor * factor + offset, feature by feature.
template <class T>
void rescale(const Rescale<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const ptrdiff_t at = panel * p.stride + f * lanes;
            store(p.out + at, (load(p.in + at) - p.shift[f]) / p.divisor[f] * p.factor[f] + p.offset[f]);
        }
}

template <class T>
void rescale_gradient(const Rescale<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            T* gradient = p.gradient + panel * p.stride + f * lanes;
            store(gradient, load(gradient) * p.factor[f] / p.divisor[f]);
        }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
