// Accuracy, counted in the pass: how many answers each example gets right.
#pragma once

#include "../kernel_table.hpp"
#include "vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// The number of the largest feature of each example; of equal ones the first.
template <class T>
inline Vec<T> likeliest(const T* values, ptrdiff_t features) {
    using V = Vec<T>;
    V top = load(values), index{};
    for (ptrdiff_t f = 1; f < features; ++f) {
        const V value = load(values + f * kLanes<T>);
        index = top < value ? splat<V>(static_cast<T>(f)) : index;
        top = top < value ? value : top;
    }
    return index;
}

/// 1 where the likeliest class is the one that the label numbers.
template <class T>
void count_codes(const AccuracyArguments<T>& a, Range panels) {
    using V = Vec<T>;
    constexpr int lanes = kLanes<T>;
    alignas(V) T codes[lanes];
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        for (int lane = 0; lane < lanes; ++lane) codes[lane] = static_cast<T>(a.labels[panel * lanes + lane]);
        const V said = likeliest(a.output + panel * a.stride, a.features);
        store(a.right + panel * lanes, said == load(codes) ? splat<V>(T(1)) : V{});
    }
}

/// 1 where the likeliest class is the one that a one-hot label marks.
template <class T>
void count_one_hot(const AccuracyArguments<T>& a, Range panels) {
    using V = Vec<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const V said = likeliest(a.output + panel * a.stride, a.features);
        const V marked = likeliest(a.target + panel * a.stride, a.features);
        store(a.right + panel * kLanes<T>, said == marked ? splat<V>(T(1)) : V{});
    }
}

/// How many outputs are above the cut where their label is 1 and not where it is 0 (or, for a hinge loss, -1).
template <class T>
void count_binary(const AccuracyArguments<T>& a, Range panels) {
    using V = Vec<T>;
    constexpr int lanes = kLanes<T>;
    const V cut = splat<V>(a.cut), half = splat<V>(T(0.5)), one = splat<V>(T(1));
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        V right{};
        for (ptrdiff_t f = 0; f < a.features; ++f) {
            const ptrdiff_t at = panel * a.stride + f * lanes;
            const V said = load(a.output + at) > cut ? one : V{}, label = load(a.target + at) > half ? one : V{};
            right += said == label ? one : V{};
        }
        store(a.right + panel * lanes, right);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
