// The products of a dense layer for a panel that few examples fill: vectors run along the rows of W, as for a batch of
// one, and what is loaded of W serves all examples. The panels stay as they are.
#pragma once

#include "../kernel_table.hpp"
#include "microkernel.hpp"
#include "narrow_gradient.hpp"
#include "panels.hpp"
#include "simd.hpp"
#include "single_example.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// A panel in which the first E of V examples count: `right` and `out` are its own, at row 0.
template <class T>
struct FewProduct {
    const T* left;
    ptrdiff_t left_stride;  // from one row of W to the next
    const T* bias;          // or null
    const T* right;
    T* out;
    ptrdiff_t depth;
    Range rows;
};

/// Vectors of W that a tile takes with its E examples: as many as registers hold, up to 8.
template <int E>
inline constexpr int kFewVectors = (2 * kTileRows + 2) / (E + 1) < 8 ? (2 * kTileRows + 2) / (E + 1) : 8;

/// Rows of W whose products are summed along the units at once: where that leaves two, no more than one vector holds.
template <class T, int E>
inline constexpr int kRowsSummed = 2 * E <= kLanes<T> && kLanes<T> / E < kFewVectors<E> ? kLanes<T> / E : kFewVectors<E>;

/// Rows of W that are read side by side while sums wait in memory: few enough for the prefetcher.
inline constexpr ptrdiff_t kFewRows = 32;

/// sums(c, e) += x(d, e) W[d, c] for C vectors of a row of W, over `depth` rows; with Part, only the first `part` lanes
/// of a vector exist.
template <class T, int E, int C, bool Part>
inline void add_products(const T* w, ptrdiff_t stride, const T* x, ptrdiff_t depth, ptrdiff_t part, T* sums) {
    constexpr int lanes = kLanes<T>;
    Vec<T> sum[C][E];
    each<C, E>([&](int c, int e) { sum[c][e] = load(sums + (c * E + e) * lanes); });
    for (ptrdiff_t d = 0; d < depth; ++d) {
        Vec<T> row[C];
        each<C, 1>([&](int c, int) { row[c] = Part ? load_part(w + c * lanes, part) : load(w + c * lanes); });
        each<E, 1>([&](int e, int) {
            const Vec<T> a = broadcast(x[e]);
            each<C, 1>([&](int c, int) { sum[c][e] = fma(a, row[c], sum[c][e]); });
        });
        w += stride;
        x += lanes;
    }
    each<C, E>([&](int c, int e) { store(sums + (c * E + e) * lanes, sum[c][e]); });
}

/// out(r, e) = bias(r) + sum over d of W[d, r] right(d, e), each number summed in the order that whole panels have: to
/// the same bits. The lanes that don't count get copies of the last example.
template <class T, int E>
void few_forward(const FewProduct<T>& p, T* scratch) {
    constexpr int lanes = kLanes<T>, C = kFewVectors<E>;
    const ptrdiff_t count = p.rows.size(), whole = count / lanes, part = count % lanes;
    for (ptrdiff_t j = 0; j * lanes < count; ++j) {
        Vec<T> start{};
        if (p.bias) start = load_up_to(p.bias + p.rows.begin + j * lanes, count - j * lanes);
        each<E, 1>([&](int e, int) { store(scratch + (j * E + e) * lanes, start); });
    }
    for (ptrdiff_t d = 0, depth; d < p.depth; d += depth) {
        depth = p.depth - d < kFewRows ? p.depth - d : kFewRows;
        const T *w = p.left + d * p.left_stride + p.rows.begin, *x = p.right + d * lanes;
        ptrdiff_t j = 0;
        for (; j + C <= whole; j += C)
            add_products<T, E, C, false>(w + j * lanes, p.left_stride, x, depth, 0, scratch + j * E * lanes);
        for (; j < whole; ++j)
            add_products<T, E, 1, false>(w + j * lanes, p.left_stride, x, depth, 0, scratch + j * E * lanes);
        if (part) add_products<T, E, 1, true>(w + j * lanes, p.left_stride, x, depth, part, scratch + j * E * lanes);
    }
    for (ptrdiff_t j = 0; j * lanes < count; ++j) {
        Vec<T> block[lanes];
        each<lanes, 1>([&](int i, int) { block[i] = load(scratch + (j * E + (i < E ? i : E - 1)) * lanes); });
        transpose<T>(block);
        T* out = p.out + (p.rows.begin + j * lanes) * lanes;
        each<lanes, 1>([&](int i, int) {
            if (j < whole || i < part) store(out + i * lanes, block[i]);
        });
    }
}

/// out(r, e) (+)= sum over n of W[r, n] delta(n, e) for R rows of W; the vectors of `delta` hold V units of one example.
template <class T, int E, int R>
inline void multiply_rows(const T* w, ptrdiff_t stride, const T* delta, ptrdiff_t depth, bool accumulate, T* out) {
    constexpr int lanes = kLanes<T>, groups = (R * E + lanes - 1) / lanes;
    Vec<T> sum[groups][lanes];
    each<groups, lanes>([&](int i, int lane) { sum[i][lane] = Vec<T>{}; });
    const auto add = [&](auto load_row) {
        Vec<T> d[E];
        each<E, 1>([&](int e, int) { d[e] = load(delta + e * lanes); });
        each<R, 1>([&](int r, int) {
            const Vec<T> row = load_row(w + r * stride);
            each<E, 1>([&](int e, int) {
                Vec<T>& s = sum[(r * E + e) / lanes][(r * E + e) % lanes];
                s = fma(row, d[e], s);
            });
        });
        w += lanes;
        delta += E * lanes;
    };
    for (; depth >= lanes; depth -= lanes) add([](const T* row) { return load(row); });
    if (depth > 0) add([depth](const T* row) { return load_part(row, depth); });
    T sums[groups * lanes];
    each<groups, 1>([&](int i, int) { store(sums + i * lanes, sums_of_lanes<T>(sum[i])); });
    each<R, 1>([&](int r, int) {
        Vec<T> result = load_part(sums + r * E, E);
        if (accumulate) result += load(out + r * lanes);
        store(out + r * lanes, result);
    });
}

/// out(r, e) = sum over n of W[r, n] right(n, e), and 0 for the lanes that don't count.
template <class T, int E>
void few_backward(const FewProduct<T>& p, T* scratch) {
    constexpr int lanes = kLanes<T>, R = kRowsSummed<T, E>;
    for (ptrdiff_t n = 0, depth; n < p.depth; n += depth) {
        depth = next_part(p.depth - n, kDepth<T>);
        for (ptrdiff_t j = 0; j < depth; j += lanes) {
            Vec<T> block[lanes];
            each<lanes, 1>([&](int i, int) {
                block[i] = j + i < depth ? load(p.right + (n + j + i) * lanes) : Vec<T>{};
            });
            transpose<T>(block);
            each<E, 1>([&](int e, int) { store(scratch + j * E + e * lanes, block[e]); });
        }
        ptrdiff_t r = p.rows.begin;
        for (; r + R <= p.rows.end; r += R)
            multiply_rows<T, E, R>(p.left + r * p.left_stride + n, p.left_stride, scratch, depth, n > 0, p.out + r * lanes);
        for (; r < p.rows.end; ++r)
            multiply_rows<T, E, 1>(p.left + r * p.left_stride + n, p.left_stride, scratch, depth, n > 0, p.out + r * lanes);
    }
}

/// Most examples of a batch whose weight gradient is made row by row.
template <class T>
inline constexpr int kFewSummed = kLanes<T> / 2;

/// R rows of the gradient. The last vectors come first: what they write past a row is overwritten by the next one.
template <class T, int E, int R>
inline void gradient_rows(const WeightGradient<T>& p, ptrdiff_t k, T* out) {
    constexpr int lanes = kLanes<T>;
    Vec<T> x[R][E];
    each<R, E>([&](int r, int e) { x[r][e] = broadcast(p.input[(k + r) * lanes + e]); });
    for (ptrdiff_t n = (p.units - 1) / lanes * lanes; n >= 0; n -= lanes) {
        Vec<T> sum[R];
        each<R, 1>([&](int r, int) { sum[r] = Vec<T>{}; });
        each<E, R>([&](int e, int r) { sum[r] = fma(x[r][e], load(p.delta_rows + (n + e) * lanes), sum[r]); });
        each<R, 1>([&](int r, int) { store(out + r * p.units + n, sum[r]); });
    }
}

/// The weight gradient of a batch of E examples, some rows at a time to the consumer.
template <class T, int E>
void few_weight_gradient(const WeightGradient<T>& p, Range rows, T* scratch) {
    const ptrdiff_t most = kSingleGradient<T> / p.units, together = most > 0 ? most : 1;
    for (ptrdiff_t start = rows.begin, end; start < rows.end; start = end) {
        end = start + together < rows.end ? start + together : rows.end;
        ptrdiff_t k = start;
        for (; k + 2 <= end; k += 2) gradient_rows<T, E, 2>(p, k, scratch + (k - start) * p.units);
        if (k < end) gradient_rows<T, E, 1>(p, k, scratch + (k - start) * p.units);
        p.consumer.apply(p.consumer.context, start * p.units, scratch, (end - start) * p.units);
    }
}

/// Whether these ways are faster than a whole panel, which takes `rows` times `depth` vector products. A vector of W
/// takes a product per example, and some instructions besides; transposing what has been summed takes some 4 V.
template <class T>
inline bool few_forward_pays(ptrdiff_t rows, ptrdiff_t depth, int examples) {
    constexpr ptrdiff_t lanes = kLanes<T>;
    const ptrdiff_t vectors = (rows + lanes - 1) / lanes, products = examples + 1;
    return vectors * ((products > 4 || vectors > 1 ? products : 4) * depth + 4 * lanes) < rows * depth;
}
/// Loads weigh more here, and summing across lanes takes 2.5 instructions per result.
template <class T>
inline bool few_backward_pays(ptrdiff_t depth, int examples) {
    const ptrdiff_t vectors = (depth + kLanes<T> - 1) / kLanes<T>;
    return examples * (12 * vectors + 25) < 10 * depth;
}

/// The kernels for each number of examples below V; index E - 1.
template <class T>
struct FewKernels {
    void (*forward[kLanes<T> - 1])(const FewProduct<T>&, T*);
    void (*backward[kLanes<T> - 1])(const FewProduct<T>&, T*);
    void (*weight_gradient[kFewSummed<T>])(const WeightGradient<T>&, Range rows, T*);
};
template <class T, int... E, int... S>
constexpr FewKernels<T> make_few_kernels(Sequence<E...>, Sequence<S...>) {
    return {{few_forward<T, E + 1>...}, {few_backward<T, E + 1>...}, {few_weight_gradient<T, S + 1>...}};
}
template <class T>
inline constexpr FewKernels<T> kFewKernels =
    make_few_kernels<T>(MakeSequence<kLanes<T> - 1>{}, MakeSequence<kFewSummed<T>>{});

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
