// Embedding: rows of a matrix E (categories, dimension) in place of codes.
#pragma once

#include "../kernel_table.hpp"
#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// out(j dimension + d, e) = E[code(j, e), d]; codes come in panels, as numbers of type T. A code that names no
/// category gives NaN.
template <class T>
void embed(const Embedding<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t j = 0; j < p.positions; ++j) {
            const T* codes = p.codes + panel * p.code_stride + j * lanes;
            T* out = p.out + panel * p.stride + j * p.dimension * lanes;
            for (int i = 0; i < lanes; ++i) {
                const bool known = codes[i] >= 0 && codes[i] < static_cast<T>(p.categories);
                const T* row = p.table + (known ? static_cast<ptrdiff_t>(codes[i]) : 0) * p.dimension;
                for (ptrdiff_t d = 0; d < p.dimension; ++d)
                    out[d * lanes + i] = known ? row[d] : static_cast<T>(__builtin_nan(""));
            }
        }
}

/// The gradient of rows [rows) of E, which nobody else writes: the deltas of all examples that named them, in order.
template <class T>
void embedding_gradient(const Embedding<T>& p, Range rows) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t i = rows.begin * p.dimension; i < rows.end * p.dimension; ++i) p.gradient[i] = 0;
    for (ptrdiff_t panel = 0; panel < p.panels; ++panel)
        for (ptrdiff_t j = 0; j < p.positions; ++j) {
            const T* codes = p.codes + panel * p.code_stride + j * lanes;
            const T* delta = p.delta + panel * p.stride + j * p.dimension * lanes;
            for (int i = 0; i < lanes; ++i) {
                if (!(codes[i] >= static_cast<T>(rows.begin) && codes[i] < static_cast<T>(rows.end))) continue;
                const ptrdiff_t code = static_cast<ptrdiff_t>(codes[i]);
                for (ptrdiff_t d = 0; d < p.dimension; ++d) p.gradient[code * p.dimension + d] += delta[d * lanes + i];
            }
        }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
