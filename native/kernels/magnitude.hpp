// How large numbers are: the guard against gradients that overflow, and the penalties on weights.
#pragma once

#include "normalization.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// The largest |value|; NaN counts as larger than infinity. Sizes are compared as integers, which sort NaN last.
template <class T>
T largest_magnitude(const T* values, ptrdiff_t count) {
    using I = Integers<Vec<T>>;
    I most{};
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>) {
        const I size = bits_as<I>(abs(load(values + i)));
        most = size > most ? size : most;
    }
    const Vec<T> sizes = bits_as<Vec<T>>(most);
    T result = 0;
    for (int i = 0; i < kLanes<T>; ++i) result = sizes[i] <= result ? result : sizes[i];
    return result;
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
