// The gradient of a bias: the sum of the deltas over the batch.
#pragma once

#include "../kernel_table.hpp"
#include "narrow_gradient.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// `scratch` has room for the units of the range, and V more.
template <class T>
void bias_gradient(const BiasGradient<T>& p, Range units, T* scratch) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t n = units.begin; n < units.end; n += lanes) {
        Vec<T> sum[lanes];
        const ptrdiff_t count = units.end - n < lanes ? units.end - n : lanes;
        for (ptrdiff_t i = 0; i < lanes; ++i) sum[i] = Vec<T>{};
        for (ptrdiff_t i = 0; i < count; ++i) {
            const T* delta = p.delta + (n + i) * lanes;
            Vec<T> total{};
            for (ptrdiff_t panel = 0; panel < p.panels; ++panel) total += load(delta + panel * p.stride);
            sum[i] = total;
        }
        store(scratch + (n - units.begin), sums_of_lanes<T>(sum));
    }
    p.consumer.apply(p.consumer.context, units.begin, scratch, units.size());
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
