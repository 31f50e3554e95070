// How large numbers are: the guard against gradients that overflow, and the penalties on weights.
#pragma once

#include "normalization.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <int By, class I, int... Lane>
inline I rotate(I v, Sequence<Lane...>) {
    return __builtin_shufflevector(v, v, ((Lane + By) % static_cast<int>(sizeof...(Lane)))...);
}

/// The largest lane, in every lane.
template <class T, int By = kLanes<T> / 2, class I>
inline I largest_lane(I v) {
    if constexpr (By == 0) {
        return v;
    } else {
        const I other = rotate<By>(v, MakeSequence<kLanes<T>>{});
        return largest_lane<T, By / 2>(v > other ? v : other);
    }
}

/// The largest |value| of `count` numbers (whole vectors) in each panel; NaN counts as larger than infinity. Sizes are
/// compared as integers, which sort NaN last.
template <class T>
T largest_magnitude(const T* values, ptrdiff_t stride, ptrdiff_t count, Range panels) {
    using I = Integers<Vec<T>>;
    I most[2] = {};
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* at = values + panel * stride;
        for (ptrdiff_t i = 0, turn = 0; i < count; i += kLanes<T>, turn ^= 1) {
            const I size = bits_as<I>(abs(load(at + i)));
            most[turn] = size > most[turn] ? size : most[turn];
        }
    }
    const I all = most[0] > most[1] ? most[0] : most[1];
    return bits_as<Vec<T>>(largest_lane<T>(all))[0];
}

/// l1 sum |w| + l2 sum w^2, in double, in a fixed order.
template <class T>
double penalty(const T* weights, ptrdiff_t count, double l1, double l2) {
    double absolute = 0, squares = 0;
    for (ptrdiff_t i = 0; i < count; ++i) {
        const double w = weights[i];
        absolute += w < 0 ? -w : w;
        squares += w * w;
    }
    return l1 * absolute + l2 * squares;
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
