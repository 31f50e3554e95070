// The products of a dense layer for a batch of one example, whose features lie one after the other: vectors run
// along the features. Buffers of features are padded to whole vectors.
#pragma once

#include "../kernel_table.hpp"
#include "microkernel.hpp"
#include "narrow_gradient.hpp"
#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class T>
inline Vec<T> load_up_to(const T* p, ptrdiff_t count) {
    return count >= kLanes<T> ? load(p) : load_part(p, count);
}

/// Rows of W that are read side by side.
inline constexpr int kRowsAtOnce = 8;

template <class T, int R>
inline void add_rows(const SingleExample<T>& p, ptrdiff_t k, Range units) {
    constexpr int lanes = kLanes<T>;
    Vec<T> x[R];
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) x[r] = broadcast(p.input[k + r]);
    const T* row = p.weights + k * p.units;
    ptrdiff_t n = units.begin;
    for (; n + lanes <= units.end; n += lanes) {
        Vec<T> sum = load(p.out + n);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sum = fma(x[r], load(row + r * p.units + n), sum);
        store(p.out + n, sum);
    }
    if (n < units.end) {
        Vec<T> sum = load(p.out + n);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) sum = fma(x[r], load_part(row + r * p.units + n, units.end - n), sum);
        store(p.out + n, sum);
    }
}

/// out[n] = bias[n] + sum over k of input[k] W[k, n], for units in `units`, which starts at a multiple of V. The
/// rows of W are read from left to right, some at a time, as memory likes it.
template <class T>
void forward_one(const SingleExample<T>& p, Range units) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t n = units.begin; n < units.end; n += lanes)
        store(p.out + n, p.bias ? load_up_to(p.bias + n, units.end - n) : Vec<T>{});
    ptrdiff_t k = 0;
    for (; k + kRowsAtOnce <= p.inputs; k += kRowsAtOnce) add_rows<T, kRowsAtOnce>(p, k, units);
    if (p.inputs & 4) {
        add_rows<T, 4>(p, k, units);
        k += 4;
    }
    if (p.inputs & 2) {
        add_rows<T, 2>(p, k, units);
        k += 2;
    }
    if (p.inputs & 1) add_rows<T, 1>(p, k, units);
}

/// The V scalar products from row k of W on, side by side in registers.
template <class T>
inline void multiply_block(const SingleExample<T>& p, ptrdiff_t k) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t units = p.units;
    const T* rows = p.weights + k * units;
    Vec<T> sums[lanes];
    each<lanes, 1>([&](int i, int) { sums[i] = Vec<T>{}; });
    ptrdiff_t n = 0;
    for (; n + lanes <= units; n += lanes) {
        const Vec<T> x = load(p.input + n);
        each<lanes, 1>([&](int i, int) { sums[i] = fma(load(rows + i * units + n), x, sums[i]); });
    }
    if (n < units) {
        const Vec<T> x = load_part(p.input + n, units - n);
        each<lanes, 1>([&](int i, int) { sums[i] = fma(load_part(rows + i * units + n, units - n), x, sums[i]); });
    }
    store(p.out + k, sums_of_lanes<T>(sums));
}

/// out[k] = sum over n of W[k, n] input[n], for the inputs of the layer in `rows`: V scalar products at a time.
template <class T>
void backward_one(const SingleExample<T>& p, Range rows) {
    constexpr int lanes = kLanes<T>;
    if (2 * p.units <= lanes) {
        for (ptrdiff_t k = rows.begin; k < rows.end; ++k) {
            T sum = 0;
            for (ptrdiff_t n = 0; n < p.units; ++n) sum += p.weights[k * p.units + n] * p.input[n];
            p.out[k] = sum;
        }
        return;
    }
    for (ptrdiff_t k = rows.begin; k < rows.end; k += lanes) {
        const ptrdiff_t count = rows.end - k < lanes ? rows.end - k : lanes;
        if (count == lanes) {
            multiply_block(p, k);
            continue;
        }
        Vec<T> sums[lanes];
        for (int i = 0; i < lanes; ++i) sums[i] = Vec<T>{};
        for (int i = 0; i < count; ++i) {
            const T* row = p.weights + (k + i) * p.units;
            Vec<T> sum{};
            for (ptrdiff_t n = 0; n < p.units; n += lanes)
                sum = fma(load_up_to(row + n, p.units - n), load_up_to(p.input + n, p.units - n), sum);
            sums[i] = sum;
        }
        store_part(p.out + k, sums_of_lanes<T>(sums), count);
    }
}

/// Elements of the gradient that go to the consumer at a time.
template <class T>
inline constexpr ptrdiff_t kSingleGradient = 4096 / static_cast<ptrdiff_t>(sizeof(T));

/// The gradient input[k] delta[n] of rows of W, some rows at a time to the consumer.
template <class T>
void weight_gradient_one(const SingleGradient<T>& p, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t units = p.units, most = kSingleGradient<T> / units, together = most > 0 ? most : 1;
    const T *input = p.input, *delta = p.delta;  // which the compiler can't know the stores to leave as they are
    for (ptrdiff_t start = rows.begin, end; start < rows.end; start = end) {
        end = start + together < rows.end ? start + together : rows.end;
        for (ptrdiff_t k = start; k < end; ++k) {
            const Vec<T> x = broadcast(input[k]);
            T* out = scratch + (k - start) * units;
            // What the last vector writes past the row is overwritten by the next row.
            for (ptrdiff_t n = 0; n < units; n += lanes) store(out + n, x * load(delta + n));
        }
        p.consumer.apply(p.consumer.context, start * units, scratch, (end - start) * units);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
