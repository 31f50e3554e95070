// The innermost product: a tile of R rows by C vectors held in registers.
#pragma once

#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// What one tile reads and writes: out(r, lane) = start(r, lane) + sum over d of left(r, d) * right(d, lane).
///
/// `left` is read one element at a time, so any strides will do and nothing needs packing: element (r, d) of
/// block b is left[b * left_block + r * left_row + d * left_depth]. `right` holds whole vectors, consecutive d
/// one after the other through all blocks; the second vector of a tile lies `right_panel` elements further.
template <class T>
struct TileProduct {
    const T* left;
    ptrdiff_t left_row, left_depth, left_block;
    const T* right;
    ptrdiff_t right_panel;
    ptrdiff_t depth, blocks;  // d runs over blocks * depth
    T* out;
    ptrdiff_t out_row, out_panel;
    const T* bias;    // where the sum of each row starts, or null
    bool accumulate;  // start from what is in `out`
};

/// f(r, c) for each vector of a tile, written out by the compiler: only then do arrays of vectors live in
/// registers.
template <int R, int C, class F>
inline void each(const F& f) {
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 16
        for (int c = 0; c < C; ++c) f(r, c);
}

template <class T, int R, int C>
inline void tile_product(const TileProduct<T>& p) {
    Vec<T> sum[R][C];
    each<R, C>([&](int r, int c) { sum[r][c] = Vec<T>{}; });
    if (p.accumulate)
        each<R, C>([&](int r, int c) { sum[r][c] = load(p.out + r * p.out_row + c * p.out_panel); });
    else if (p.bias)
        each<R, C>([&](int r, int c) { sum[r][c] = broadcast(p.bias[r]); });
    const T* right = p.right;
    const ptrdiff_t panel = p.right_panel, depth = p.depth;
    // Byte strides, and one base pointer per three rows: x86 addresses base + {1, 2} * stride for free.
    constexpr int bases = (R + 2) / 3;
    const ptrdiff_t row = p.left_row * static_cast<ptrdiff_t>(sizeof(T));
    const ptrdiff_t step = p.left_depth * static_cast<ptrdiff_t>(sizeof(T));
    for (ptrdiff_t block = 0; block < p.blocks; ++block) {
        const char* base[bases];
        each<bases, 1>([&](int i, int) {
            base[i] = reinterpret_cast<const char*>(p.left + block * p.left_block) + 3 * i * row;
        });
        for (ptrdiff_t d = 0; d < depth; ++d) {
            Vec<T> b[C], a;
            each<1, C>([&](int, int c) { b[c] = load(right + c * panel); });
            each<R, C>([&](int r, int c) {
                if (c == 0) a = broadcast(*reinterpret_cast<const T*>(base[r / 3] + (r % 3) * row));
                sum[r][c] = fma(a, b[c], sum[r][c]);
            });
            right += kLanes<T>;
            each<bases, 1>([&](int i, int) { base[i] += step; });
        }
    }
    each<R, C>([&](int r, int c) { store(p.out + r * p.out_row + c * p.out_panel, sum[r][c]); });
}

/// The depth is cut so that the left part of a tile stays in the first-level cache, and a few hundred examples
/// in the second. It is part of the order of summation, hence a constant.
template <class T>
inline constexpr ptrdiff_t kDepth = 2048 / static_cast<ptrdiff_t>(sizeof(T));

/// `count` in equal parts of at most `limit`: the size of the first of those left.
inline ptrdiff_t next_part(ptrdiff_t count, ptrdiff_t limit) {
    const ptrdiff_t parts = (count + limit - 1) / limit;
    return (count + parts - 1) / parts;
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
