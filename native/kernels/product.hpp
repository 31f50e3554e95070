// The products of a dense layer: outputs from inputs, input gradient from output gradient, weight gradient.
#pragma once

#include "../kernel_table.hpp"
#include "few_examples.hpp"
#include "microkernel.hpp"
#include "narrow_gradient.hpp"
#include "single_example.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class T, int R, int C>
void tile_kernel(const TileProduct<T>& p) {
    tile_product<T, R, C>(p);
}

template <class T, int R>
void pack_rows(const T* left, ptrdiff_t left_depth, ptrdiff_t depth, T* packed) {
    for (ptrdiff_t d = 0; d < depth; ++d) __builtin_memcpy(packed + d * R, left + d * left_depth, R * sizeof(T));
}

/// The kernels for each number of rows in a tile; index rows - 1.
template <class T>
struct TileKernels {
    void (*product[2][kTileRows])(const TileProduct<T>&);
    void (*pack[kTileRows])(const T*, ptrdiff_t, ptrdiff_t, T*);
};
template <class T, int... R>
constexpr TileKernels<T> make_tile_kernels(Sequence<R...>) {
    return {{{tile_kernel<T, R + 1, 1>...}, {tile_kernel<T, R + 1, 2>...}}, {pack_rows<T, R + 1>...}};
}
template <class T>
inline constexpr TileKernels<T> kTileKernels = make_tile_kernels<T>(MakeSequence<kTileRows>{});

/// Tiles whose left parts are packed together: neighbours in memory, where a row may be a page away from the next.
inline constexpr int kPackedTiles = 8;

template <class T>
inline ptrdiff_t product_scratch() {
    return kPackedTiles * kTileRows * kDepth<T>;
}

/// Pack the left part of the tiles of `rows`, of the same heights as `multiply` makes them, one after the other.
template <class T>
void pack_tiles(const T* left, ptrdiff_t left_depth, ptrdiff_t depth, ptrdiff_t rows, T* packed) {
    constexpr ptrdiff_t kTogether = 32;  // rows of W whose lines stay in the first-level cache
    for (ptrdiff_t d = 0; d < depth; d += kTogether) {
        const ptrdiff_t count = depth - d < kTogether ? depth - d : kTogether;
        for (ptrdiff_t r = 0, height; r < rows; r += height) {
            height = next_part(rows - r, kTileRows);
            kTileKernels<T>.pack[height - 1](left + d * left_depth + r, left_depth, count,
                                             packed + r * depth + d * height);
        }
    }
}

/// Rows of W whose sums fit the scratch of `multiply` when few examples go forward.
template <class T>
inline constexpr ptrdiff_t kFewUnits = kPackedTiles * kTileRows * kDepth<T> / kLanes<T>;

/// The last panel where few examples fill it and that makes another way the faster one; false if it does not.
template <class T>
bool multiply_few(const PanelProduct<T>& p, ptrdiff_t panel, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    const int examples = static_cast<int>(p.examples - panel * lanes);
    FewProduct<T> few{p.left, 0, p.bias, p.right + panel * p.right_stride, p.out + panel * p.out_stride, p.depth, rows};
    if (p.left_row == 1) {
        if (!few_forward_pays<T>(p.rows, p.depth, examples)) return false;
        few.left_stride = p.left_depth;
        for (ptrdiff_t r = rows.begin; r < rows.end; r = few.rows.end) {
            few.rows = {r, rows.end - r < kFewUnits<T> ? rows.end : r + kFewUnits<T>};
            kFewKernels<T>.forward[examples - 1](few, scratch);
        }
    } else {
        if (!few_backward_pays<T>(p.depth, examples)) return false;
        few.left_stride = p.left_row;
        kFewKernels<T>.backward[examples - 1](few, scratch);
    }
    if (p.epilogue.apply)
        p.epilogue.apply(p.epilogue.context, panel * p.out_stride + rows.begin * lanes, rows.size() * lanes);
    return true;
}

template <class T>
void multiply(const PanelProduct<T>& p, Range panels, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t whole = p.examples / lanes;
    if (p.examples % lanes > 0 && panels.end > whole && multiply_few(p, whole, rows, scratch)) {
        panels.end = whole;
        if (panels.size() == 0) return;
    }
    // A left operand read along its columns touches a cache line per element of depth, so it is copied together
    // first, unless its rows are near each other, or few panels use the copy and rows don't lie pages apart.
    const ptrdiff_t row_bytes = p.left_depth * static_cast<ptrdiff_t>(sizeof(T));
    const bool pack = p.left_row == 1 && panels.size() > 1 && row_bytes > (panels.size() > 2 ? 512 : 4096);
    const ptrdiff_t together = kPackedTiles * kTileRows;
    for (ptrdiff_t d = 0, depth; d < p.depth; d += depth) {
        depth = next_part(p.depth - d, kDepth<T>);
        const bool first = d == 0, last = d + depth == p.depth;
        for (ptrdiff_t group = rows.begin, group_size; group < rows.end; group += group_size) {
            group_size = next_part(rows.end - group, together);
            const ptrdiff_t group_end = group + group_size;
            if (pack) pack_tiles(p.left + group + d * p.left_depth, p.left_depth, depth, group_size, scratch);
            TileProduct<T> tile{};
            tile.left_row = p.left_row;
            tile.right_panel = p.right_stride;
            tile.depth = depth;
            tile.blocks = 1;
            tile.out_row = lanes;
            tile.out_panel = p.out_stride;
            tile.accumulate = !first;
            // Panels outside: two of them stay in the second-level cache while the tiles of a group go over them.
            for (ptrdiff_t panel = panels.begin; panel < panels.end; panel += 2) {
                const int columns = panels.end - panel > 1 ? 2 : 1;
                tile.right = p.right + panel * p.right_stride + d * lanes;
                for (ptrdiff_t r = group, height; r < group_end; r += height) {
                    height = next_part(group_end - r, kTileRows);
                    const ptrdiff_t offset = panel * p.out_stride + r * lanes;
                    tile.left = pack ? scratch + (r - group) * depth : p.left + r * p.left_row + d * p.left_depth;
                    tile.left_depth = pack ? height : p.left_depth;
                    tile.bias = first && p.bias ? p.bias + r : nullptr;
                    tile.out = p.out + offset;
                    kTileKernels<T>.product[columns - 1][height - 1](tile);
                    if (last && p.epilogue.apply)
                        for (int c = 0; c < columns; ++c)
                            p.epilogue.apply(p.epilogue.context, offset + c * p.out_stride, height * lanes);
                }
            }
        }
    }
}

/// Examples that the weight gradient sums in one go, and the columns whose delta then fills half of the
/// second-level cache.
template <class T>
inline constexpr ptrdiff_t kBatchPanels = kDepth<T> / kLanes<T>;
template <class T>
inline constexpr ptrdiff_t kGradientColumns = 2048 / static_cast<ptrdiff_t>(sizeof(T));

template <class T>
inline ptrdiff_t gradient_scratch(ptrdiff_t units) {
    const ptrdiff_t width = units < kGradientColumns<T> ? units : kGradientColumns<T>;
    const ptrdiff_t sizes[] = {kTileRows * width, kNarrowRows * kLanes<T>, kSingleGradient<T>, units};
    ptrdiff_t most = 0;
    for (const ptrdiff_t size : sizes) most = size > most ? size : most;
    return most + kLanes<T>;
}

/// The gradient of rows [rows) of W: whole tiles of it at a time go through `scratch` to the consumer, so the
/// gradient never exists as a whole.
template <class T>
void weight_gradient(const WeightGradient<T>& p, Range rows, T* scratch) {
    constexpr int lanes = kLanes<T>;
    const ptrdiff_t panels = (p.examples + lanes - 1) / lanes, whole = p.examples / lanes;
    if (is_narrow<T>(p.units, panels)) return narrow_weight_gradient(p, rows, scratch);
    if (p.examples <= kFewSummed<T>) return kFewKernels<T>.weight_gradient[p.examples - 1](p, rows, scratch);
    for (ptrdiff_t n = 0, width; n < p.units; n += width) {
        width = p.units - n < kGradientColumns<T> ? p.units - n : kGradientColumns<T>;
        const ptrdiff_t vectors = (width + lanes - 1) / lanes;
        for (ptrdiff_t k = rows.begin, height; k < rows.end; k += height) {
            height = next_part(rows.end - k, kTileRows);
            TileProduct<T> tile{};
            tile.left_row = lanes;
            tile.left_depth = 1;
            tile.left_block = p.input_stride;
            tile.right_panel = panels * lanes * lanes;
            tile.out_row = width;
            tile.out_panel = lanes;
            for (ptrdiff_t panel = 0; panel < panels; panel += tile.blocks) {  // the last by itself if it is not full
                tile.blocks = panel < whole ? next_part(whole - panel, kBatchPanels<T>) : 1;
                tile.depth = panel < whole ? lanes : p.examples % lanes;
                tile.left = p.input + panel * p.input_stride + k * lanes;
                tile.accumulate = panel > 0;
                // Rows lie one after the other, so that the consumer gets a whole tile at once. The last vectors of
                // a row come first, for they reach into the next row: there they add 0, which is what the delta
                // holds beyond its last unit, or leave 0, which the vectors after them overwrite.
                for (ptrdiff_t j = vectors; j > 0;) {
                    const int columns = j > 1 ? 2 : 1;
                    j -= columns;
                    tile.right = p.delta_rows + (n / lanes + j) * tile.right_panel + panel * lanes * lanes;
                    tile.out = scratch + j * lanes;
                    kTileKernels<T>.product[columns - 1][height - 1](tile);
                }
            }
            if (width == p.units) {
                p.consumer.apply(p.consumer.context, k * width, scratch, height * width);
            } else {
                for (ptrdiff_t r = 0; r < height; ++r)
                    p.consumer.apply(p.consumer.context, (k + r) * p.units + n, scratch + r * width, width);
            }
        }
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
