// Softmax and log-softmax over the features of each example; a lane holds an example, so no sums across lanes.
#pragma once

#include "../kernel_table.hpp"
#include "vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// The largest of the features of each example.
template <class T>
inline Vec<T> largest(const T* z, ptrdiff_t features) {
    Vec<T> top = load(z);
    for (ptrdiff_t f = 1; f < features; ++f) {
        const Vec<T> value = load(z + f * kLanes<T>);
        top = top < value ? value : top;
    }
    return top;
}

template <class T>
void softmax(const PanelFunction<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* z = p.z + panel * p.stride;
        T* y = p.y + panel * p.stride;
        const Vec<T> top = largest(z, p.features);
        Vec<T> sum{};
        for (ptrdiff_t f = 0; f < p.features; ++f) {
            const Vec<T> raised = exp(load(z + f * lanes) - top);
            store(y + f * lanes, raised);
            sum += raised;
        }
        for (ptrdiff_t f = 0; f < p.features; ++f) store(y + f * lanes, load(y + f * lanes) / sum);
    }
}

/// dJ/dz = y (dJ/dy - sum of y dJ/dy), in place.
template <class T>
void softmax_gradient(const PanelFunction<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* y = p.y + panel * p.stride;
        T* gradient = p.gradient + panel * p.stride;
        Vec<T> sum{};
        for (ptrdiff_t f = 0; f < p.features; ++f) sum = fma(load(y + f * lanes), load(gradient + f * lanes), sum);
        for (ptrdiff_t f = 0; f < p.features; ++f)
            store(gradient + f * lanes, load(y + f * lanes) * (load(gradient + f * lanes) - sum));
    }
}

template <class T>
void log_softmax(const PanelFunction<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* z = p.z + panel * p.stride;
        T* y = p.y + panel * p.stride;
        const Vec<T> top = largest(z, p.features);
        Vec<T> sum{};
        for (ptrdiff_t f = 0; f < p.features; ++f) sum += exp(load(z + f * lanes) - top);
        const Vec<T> log_sum = log(sum);
        for (ptrdiff_t f = 0; f < p.features; ++f) store(y + f * lanes, load(z + f * lanes) - top - log_sum);
    }
}

/// dJ/dz = dJ/dy - exp(y) sum of dJ/dy, in place.
template <class T>
void log_softmax_gradient(const PanelFunction<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* y = p.y + panel * p.stride;
        T* gradient = p.gradient + panel * p.stride;
        Vec<T> sum{};
        for (ptrdiff_t f = 0; f < p.features; ++f) sum += load(gradient + f * lanes);
        for (ptrdiff_t f = 0; f < p.features; ++f)
            store(gradient + f * lanes, load(gradient + f * lanes) - exp(load(y + f * lanes)) * sum);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
