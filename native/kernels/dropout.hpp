// Dropout masks from the addressed random stream: element e of the layer is unit e % units of example e / units.
#pragma once

#include "../kernel_table.hpp"
#include "panels.hpp"
#include "philox.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// Units whose numbers are drawn at a time.
inline constexpr ptrdiff_t kDropoutUnits = 256;

template <class T>
void dropout_mask(const DropoutMask<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    typedef uint16_t Words __attribute__((vector_size(lanes * sizeof(uint16_t))));
    using I = Integers<Vec<T>>;
    uint16_t bits[lanes * kDropoutUnits + lanes];  // the last vector may be read, not used, past its row
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        for (ptrdiff_t start = 0; start < p.units; start += kDropoutUnits) {
            const ptrdiff_t count = p.units - start < kDropoutUnits ? p.units - start : kDropoutUnits;
            const ptrdiff_t first = panel * lanes * p.units + start;
            if (count == p.units)  // the rows of all examples are one run
                random_bits(p.seed, p.step, p.layer, static_cast<uint64_t>(first), lanes * count, bits);
            else
                for (int i = 0; i < lanes; ++i)
                    random_bits(p.seed, p.step, p.layer, static_cast<uint64_t>(first + i * p.units), count,
                                bits + i * count);
            T* out = p.out + panel * p.out_stride + start * lanes;
            for (ptrdiff_t n = 0; n < count; n += lanes) {
                Vec<T> block[lanes];
#pragma GCC unroll 16
                for (int i = 0; i < lanes; ++i) {
                    Words words;
                    __builtin_memcpy(&words, bits + i * count + n, sizeof words);
                    const I drawn = __builtin_convertvector(words, I);
                    block[i] = drawn < static_cast<Element<I>>(p.threshold) ? Vec<T>{} : broadcast(p.scale);
                }
                transpose<T>(block);
                for (int i = 0; i < lanes && n + i < count; ++i) store(out + (n + i) * lanes, block[i]);
            }
        }
}

/// gradient or y *= mask
template <class T>
void multiply_by(T* values, const T* mask, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>) store(values + i, load(values + i) * load(mask + i));
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
