// The weight gradient of a layer with few units, where vectors along the units would be mostly empty: each element is
// the scalar product of two features over the batch, in lanes of examples, and V of them are summed across lanes at
// once. Needs no transposed delta.
#pragma once

#include "../kernel_table.hpp"
#include "panels.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class T>
inline bool is_narrow(ptrdiff_t units) {
    return 2 * units <= kLanes<T>;
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

/// Rows of the gradient that go to the consumer at a time.
inline constexpr ptrdiff_t kNarrowRows = 64;

template <class T, int R, int C>
inline void narrow_block(const WeightGradient<T>& p, ptrdiff_t k, ptrdiff_t n, ptrdiff_t k_end, T* out) {
    constexpr int lanes = kLanes<T>;
    static_assert(R * C == lanes);
    const T *input[R], *delta[C];
    // Beyond the edge the last row or unit is repeated, and the result dropped.
    for (int r = 0; r < R; ++r) input[r] = p.input + (k + r < k_end ? k + r : k_end - 1) * lanes;
    for (int c = 0; c < C; ++c) delta[c] = p.delta + (n + c < p.units ? n + c : p.units - 1) * lanes;
    Vec<T> sum[lanes];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) sum[i] = Vec<T>{};
    for (ptrdiff_t panel = 0; panel < p.panels; ++panel) {
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
    for (int r = 0; r < R && k + r < k_end; ++r)
        for (int c = 0; c < C && n + c < p.units; ++c) out[r * p.units + n + c] = block[r * C + c];
}

template <class T>
void narrow_weight_gradient(const WeightGradient<T>& p, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    constexpr int columns = lanes >= 16 ? 4 : lanes >= 4 ? 2 : 1;
    for (ptrdiff_t start = rows.begin, end; start < rows.end; start = end) {
        end = start + kNarrowRows < rows.end ? start + kNarrowRows : rows.end;
        if (p.units <= 2 && lanes >= 2) {
            constexpr int pair = lanes >= 2 ? 2 : 1;
            for (ptrdiff_t k = start; k < end; k += lanes / pair)
                narrow_block<T, lanes / pair, pair>(p, k, 0, end, scratch + (k - start) * p.units);
        } else {
            for (ptrdiff_t k = start; k < end; k += lanes / columns)
                for (ptrdiff_t n = 0; n < p.units; n += columns)
                    narrow_block<T, lanes / columns, columns>(p, k, n, end, scratch + (k - start) * p.units);
        }
        p.consumer.apply(p.consumer.context, start * p.units, scratch, (end - start) * p.units);
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
