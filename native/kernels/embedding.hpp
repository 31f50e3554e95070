// Embedding: rows of a matrix E (categories, dimension) in place of codes.
//
// A row lies in one piece, a panel holds one feature of V examples: V rows are turned in registers, V features at a
// time, as a batch is when it is gathered. Fewer than a quarter of V features go one by one.
#pragma once

#include "../kernel_table.hpp"
#include "panels.hpp"
#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// The first `count` <= V elements.
template <class T>
inline Vec<T> load_first(const T* p, ptrdiff_t count) {
    return count == kLanes<T> ? load(p) : load_part(p, count);
}
template <class T>
inline void store_first(T* p, Vec<T> v, ptrdiff_t count) {
    count == kLanes<T> ? store(p, v) : store_part(p, v, count);
}

/// work(panel's codes, first feature of the position in the panel): for every position of some panels.
template <class T, class Work>
inline void each_position(const Embedding<T>& p, Range panels, const Work& work) {
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t j = 0; j < p.positions; ++j)
            work(p.codes + panel * p.code_stride + j * kLanes<T>, panel * p.stride + j * p.dimension * kLanes<T>);
}

/// out(j dimension + d, e) = E[code(j, e), d]; codes come in panels, as numbers of type T. A code that names no
/// category gives NaN.
template <class T>
void embed(const Embedding<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    const T unknown = static_cast<T>(__builtin_nan(""));
    each_position(p, panels, [&](const T* codes, ptrdiff_t first) {
        const T* row[lanes];
        for (int i = 0; i < lanes; ++i) {
            const bool known = codes[i] >= 0 && codes[i] < static_cast<T>(p.categories);
            row[i] = known ? p.table + static_cast<ptrdiff_t>(codes[i]) * p.dimension : nullptr;
        }
        T* out = p.out + first;
        for (ptrdiff_t d = 0, count; d < p.dimension; d += count, out += count * lanes) {
            count = p.dimension - d < lanes ? p.dimension - d : lanes;
            if (4 * count < lanes) {
                for (int i = 0; i < lanes; ++i)
                    for (ptrdiff_t f = 0; f < count; ++f) out[f * lanes + i] = row[i] ? row[i][d + f] : unknown;
                continue;
            }
            Vec<T> block[lanes];
            for (int i = 0; i < lanes; ++i) block[i] = row[i] ? load_first(row[i] + d, count) : broadcast(unknown);
            transpose<T>(block);
            for (ptrdiff_t f = 0; f < count; ++f) store(out + f * lanes, block[f]);
        }
    });
}

/// The gradient of rows [rows) of E, which nobody else writes: the deltas of all examples that named them, in order.
template <class T>
void embedding_gradient(const Embedding<T>& p, Range rows) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t i = rows.begin * p.dimension; i < rows.end * p.dimension; ++i) p.gradient[i] = 0;
    each_position(p, {0, p.panels}, [&](const T* codes, ptrdiff_t first) {
        T* row[lanes];
        for (int i = 0; i < lanes; ++i) {
            const bool ours = codes[i] >= static_cast<T>(rows.begin) && codes[i] < static_cast<T>(rows.end);
            row[i] = ours ? p.gradient + static_cast<ptrdiff_t>(codes[i]) * p.dimension : nullptr;
        }
        const T* delta = p.delta + first;
        for (ptrdiff_t d = 0, count; d < p.dimension; d += count, delta += count * lanes) {
            count = p.dimension - d < lanes ? p.dimension - d : lanes;
            if (4 * count < lanes) {
                for (int i = 0; i < lanes; ++i)
                    for (ptrdiff_t f = 0; row[i] && f < count; ++f) row[i][d + f] += delta[f * lanes + i];
                continue;
            }
            Vec<T> block[lanes];
            for (int f = 0; f < lanes; ++f) block[f] = f < count ? load(delta + f * lanes) : Vec<T>{};
            transpose<T>(block);
            for (int i = 0; i < lanes; ++i)
                if (row[i]) store_first(row[i] + d, load_first(row[i] + d, count) + block[i], count);
        }
    });
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
