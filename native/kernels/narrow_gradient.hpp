// The weight gradient of a layer with few units, where vectors along the units would be mostly empty: each element
// is the scalar product of two features over the batch, in lanes of examples, and V of them are summed across lanes
// at once. Needs no transposed delta.
#pragma once

#include "../kernel_table.hpp"
#include "panels.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// Whether this way is the faster one. An element takes some half a cycle a panel, and six times that to sum across
/// lanes; with vectors along the units, a row of up to V elements takes about V times that a panel.
template <class T>
inline bool is_narrow(ptrdiff_t units, ptrdiff_t panels) {
    return 2 * units <= kLanes<T> && units * (panels + 6) <= kLanes<T> * panels;
}

/// Vector of the sums of each row's lanes: each round adds half of the rows to the other half, interleaved.
template <class T, int N = kLanes<T>>
inline Vec<T> sums_of_lanes(Vec<T> (&rows)[kLanes<T>]) {
    if constexpr (N == 1) {
        return rows[0];
    } else {
        constexpr auto indices = MakeSequence<kLanes<T>>{};
#pragma GCC unroll 16
        for (int i = 0; i < N / 2; ++i)
            rows[i] = detail::interleave<0>(rows[i], rows[i + N / 2], indices) +
                      detail::interleave<kLanes<T> / 2>(rows[i], rows[i + N / 2], indices);
        return sums_of_lanes<T, N / 2>(rows);
    }
}

/// Rows of the gradient that go to the consumer at a time; a multiple of V.
inline constexpr ptrdiff_t kNarrowRows = 64;

/// A block of R rows by C columns of the gradient, R C = V, from row k and column n on. Rows from k_end on repeat the
/// last one, as do columns from the last unit on: their results are written past the end of what is wanted, or
/// overwritten by the next row.
template <class T, int C>
inline void narrow_block(const WeightGradient<T>& p, ptrdiff_t k, ptrdiff_t k_end, ptrdiff_t n, T* out) {
    constexpr int lanes = kLanes<T>, R = lanes / C;
    const T *input[R], *delta[C];
    for (int r = 0; r < R; ++r) input[r] = p.input + (k + r < k_end ? k + r : k_end - 1) * lanes;
    for (int c = 0; c < C; ++c) delta[c] = p.delta + (n + c < p.units ? n + c : p.units - 1) * lanes;
    Vec<T> sum[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) sum[i] = Vec<T>{};
    for (ptrdiff_t panel = 0; panel * lanes < p.examples; ++panel) {
        Vec<T> d[C];
#pragma GCC unroll 16
        for (int c = 0; c < C; ++c) d[c] = load(delta[c] + panel * p.delta_stride);
#pragma GCC unroll 16
        for (int r = 0; r < R; ++r) {
            const Vec<T> x = load(input[r] + panel * p.input_stride);
#pragma GCC unroll 16
            for (int c = 0; c < C; ++c) sum[r * C + c] = fma(x, d[c], sum[r * C + c]);
        }
    }
    T block[lanes];
    store(block, sums_of_lanes<T>(sum));
    for (int r = 0; r < R; ++r) __builtin_memcpy(out + r * p.units, block + r * C, C * sizeof(T));
}

template <class T, int C = 1>
void narrow_weight_gradient(const WeightGradient<T>& p, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    if constexpr (2 * C < lanes) {
        if (C < p.units) return narrow_weight_gradient<T, 2 * C>(p, rows, scratch);
    }
    for (ptrdiff_t start = rows.begin, end; start < rows.end; start = end) {
        end = start + kNarrowRows < rows.end ? start + kNarrowRows : rows.end;
        for (ptrdiff_t k = start; k < end; k += lanes / C)
            narrow_block<T, C>(p, k, end, 0, scratch + (k - start) * p.units);
        p.consumer.apply(p.consumer.context, start * p.units, scratch, (end - start) * p.units);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
