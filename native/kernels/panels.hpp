// How a batch lies in memory: in panels of V examples, V being the lanes of a vector.
//
//     value of feature f of example e  =  data[(e / V) * stride + f * V + e % V]
//
// One vector holds one feature of V examples. So activations, losses and softmax work lane by lane with no tails
// and no sums across lanes however few features there are, and the output of one product is, as it stands, the
// right operand of the next. The last panel of a short batch is filled with copies of its last example, whose
// gradient is set to zero: it stays as finite as real examples and adds nothing.
#pragma once

#include "../kernel_table.hpp"
#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

namespace detail {

/// a[s], b[s], a[s + 1], b[s + 1], ... from s = Start.
template <int Start, class V, int... I>
inline V interleave(V a, V b, Sequence<I...>) {
    return __builtin_shufflevector(a, b, (Start + I / 2 + (I % 2) * static_cast<int>(sizeof...(I)))...);
}

/// The even lanes of a and b to out, the odd ones behind them.
template <int... I>
inline void store_columns(Vec<float> a, Vec<float> b, float* out, Sequence<I...>) {
    store(out, __builtin_shufflevector(a, b, (2 * I)...));
    store(out + sizeof...(I), __builtin_shufflevector(a, b, (2 * I + 1)...));
}

}  // namespace detail

/// Transpose a block of V vectors in registers: interleaving row i with row i + V/2, log2(V) times.
template <class T>
inline void transpose(Vec<T> (&rows)[kLanes<T>]) {
    constexpr int lanes = kLanes<T>;
    constexpr auto indices = MakeSequence<lanes>{};
    Vec<T> next[lanes];
#pragma GCC unroll 4
    for (int width = 1; width < lanes; width *= 2) {
#pragma GCC unroll 16
        for (int i = 0; i < lanes / 2; ++i) {
            next[2 * i] = detail::interleave<0>(rows[i], rows[i + lanes / 2], indices);
            next[2 * i + 1] = detail::interleave<lanes / 2>(rows[i], rows[i + lanes / 2], indices);
        }
#pragma GCC unroll 16
        for (int i = 0; i < lanes; ++i) rows[i] = next[i];
    }
}

/// Two float columns next to each other of V rows, each row's two read as one number.
inline void gather_pair(const char* const (&rows)[kLanes<float>], ptrdiff_t offset, float* out) {
    constexpr int lanes = kLanes<float>;
    float pairs[lanes][2];
#pragma GCC unroll 16
    for (int i = 0; i < lanes; ++i) __builtin_memcpy(pairs[i], rows[i] + offset, sizeof pairs[i]);
    const float* both = pairs[0];
    detail::store_columns(load(both), load(both + lanes), out, MakeSequence<lanes>{});
}

/// Copy rows of a table into panels: example e is row p.rows[e], or row e where `rows` is null. `Source` is the
/// table's number type.
template <class T, class Source>
void gather(const GatherArguments<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    const char* base = static_cast<const char*>(p.table);
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const char* row[lanes];
        for (int i = 0; i < lanes; ++i) {
            const ptrdiff_t e = panel * lanes + i < p.examples ? panel * lanes + i : p.examples - 1;
            row[i] = base + (p.rows ? p.rows[e] : e) * p.row_stride;
        }
        T* out = p.out + panel * p.out_stride;
        ptrdiff_t f = 0;
        if constexpr (__is_same(T, Source)) {
            if (p.column_stride == sizeof(T)) {
                for (; f + lanes <= p.features; f += lanes) {
                    Vec<T> block[lanes];
#pragma GCC unroll 16
                    for (int i = 0; i < lanes; ++i)
                        __builtin_memcpy(&block[i], row[i] + f * p.column_stride, sizeof block[i]);
                    transpose<T>(block);
#pragma GCC unroll 16
                    for (int i = 0; i < lanes; ++i) store(out + (f + i) * lanes, block[i]);
                }
                if constexpr (sizeof(T) == 4)
                    for (; f + 2 <= p.features; f += 2) gather_pair(row, f * p.column_stride, out + f * lanes);
            }
        }
        for (; f < p.features; ++f)
            for (int i = 0; i < lanes; ++i) {
                Source value;  // copied bytewise: rows of a memory map need not be aligned
                __builtin_memcpy(&value, row[i] + f * p.column_stride, sizeof value);
                out[f * lanes + i] = static_cast<T>(value);
            }
    }
}

/// The reverse: rows of `out` from panels.
template <class T>
void scatter(const ScatterArguments<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel) {
        const ptrdiff_t left = p.examples - panel * lanes, count = left < lanes ? left : lanes;
        const T* in = p.in + panel * p.in_stride;
        for (ptrdiff_t i = 0; i < count; ++i)
            for (ptrdiff_t f = 0; f < p.features; ++f)
                p.out[(panel * lanes + i) * p.out_stride + f] = in[f * lanes + i];
    }
}

/// Deltas from panels of examples to panels of units, whose vectors hold V units of one example: what the weight
/// gradient reads. out[(n / V) * panels V^2 + e V + n % V]; units beyond the last are 0.
template <class T>
void transpose_delta(const DeltaTranspose<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t n = 0; n < p.units; n += lanes) {
            const T* in = p.delta + panel * p.stride + n * lanes;
            Vec<T> block[lanes];
#pragma GCC unroll 16
            for (int i = 0; i < lanes; ++i) block[i] = n + i < p.units ? load(in + i * lanes) : Vec<T>{};
            transpose<T>(block);
            T* out = p.out + (n * p.panels + panel * lanes) * lanes;
#pragma GCC unroll 16
            for (int i = 0; i < lanes; ++i) store(out + i * lanes, block[i]);
        }
}

template <class T>
void add_halves(const HalfSums<T>& p, Range panels, Range units) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t n = units.begin; n < units.end; ++n) {
            const ptrdiff_t at = panel * p.stride + n * lanes;
            const Vec<T> sum = load(p.first + at) + load(p.second + at);
            store(p.out + at, p.bias ? sum + p.bias[n - units.begin] : sum);
        }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
