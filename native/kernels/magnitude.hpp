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

/// The largest |value| of some numbers; NaN counts as larger than infinity. Sizes are compared as integers, which sort
/// NaN last.
template <class T>
class Largest {
public:
    void take(Vec<T> values) { take_sizes(bits_as<I>(abs(values))); }
    void take(const T* values, ptrdiff_t count) {
        ptrdiff_t i = 0;
        for (; i + kLanes<T> <= count; i += kLanes<T>) take(load(values + i));
        if (i < count) take(load_part(values + i, count - i));
    }
    void take(const Largest& other) { take_sizes(other.sizes_); }
    T size() const { return bits_as<Vec<T>>(largest_lane<T>(sizes_))[0]; }

private:
    using I = Integers<Vec<T>>;
    void take_sizes(I sizes) { sizes_ = sizes > sizes_ ? sizes : sizes_; }
    I sizes_{};
};

/// The largest |value| of `count` numbers (whole vectors) in each panel.
template <class T>
T largest_magnitude(const T* values, ptrdiff_t stride, ptrdiff_t count, Range panels) {
    constexpr ptrdiff_t lanes = kLanes<T>;
    Largest<T> most, other;  // two, which do not wait for each other
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const T* at = values + panel * stride;
        ptrdiff_t i = 0;
        for (; i + 2 * lanes <= count; i += 2 * lanes) {
            most.take(load(at + i));
            other.take(load(at + i + lanes));
        }
        if (i < count) most.take(load(at + i));
    }
    most.take(other);
    return most.size();
}

/// Sum of value times weight for each of `count` examples, in double, four sums side by side.
template <class T>
double weighted_sum(const T* values, const T* weights, ptrdiff_t count) {
    double sums[4] = {};
    ptrdiff_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int j = 0; j < 4; ++j)
            sums[j] += static_cast<double>(values[i + j]) * static_cast<double>(weights[i + j]);
    for (; i < count; ++i) sums[0] += static_cast<double>(values[i]) * static_cast<double>(weights[i]);
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// l1 sum |w| + l2 sum w^2, in double, eight sums of each side by side.
template <class T>
double penalty(const T* weights, ptrdiff_t count, double l1, double l2) {
    constexpr int kSums = 8;
    double absolute[kSums] = {}, squares[kSums] = {};
    const auto take = [&](int sum, double w) {
        absolute[sum] += __builtin_fabs(w);
        squares[sum] += w * w;
    };
    ptrdiff_t i = 0;
    for (; i + kSums <= count; i += kSums)
        for (int j = 0; j < kSums; ++j) take(j, static_cast<double>(weights[i + j]));
    for (; i < count; ++i) take(0, static_cast<double>(weights[i]));
    for (int width = kSums / 2; width > 0; width /= 2)
        for (int j = 0; j < width; ++j) {
            absolute[j] += absolute[j + width];
            squares[j] += squares[j + width];
        }
    return l1 * absolute[0] + l2 * squares[0];
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
