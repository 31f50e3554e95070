// Dropout masks and Gaussian noise from the addressed random stream: element e of the layer is unit e % units of example e / units.
#pragma once

#include "../kernel_table.hpp"
#include "panels.hpp"
#include "philox.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// Units whose numbers are drawn at a time.
inline constexpr ptrdiff_t kDropoutUnits = 256;

/// Draw 16 random bits for every element: `number` makes a vector of the words of some units of one example, and
/// `use(panel, unit, v)` gets the numbers of one unit for the examples of a panel.
template <class T, class Number, class Use>
void draw(const auto& p, Range panels, const Number& number, const Use& use) {
    constexpr int lanes = kLanes<T>;
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
            for (ptrdiff_t n = 0; n < count; n += lanes) {
                Vec<T> block[lanes];
#pragma GCC unroll 16
                for (int i = 0; i < lanes; ++i) block[i] = number(bits + i * count + n);
                transpose<T>(block);
                for (int i = 0; i < lanes && n + i < count; ++i) use(panel, start + n + i, block[i]);
            }
        }
}

template <class T>
void dropout_mask(const DropoutMask<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    typedef uint16_t Words __attribute__((vector_size(lanes * sizeof(uint16_t))));
    using I = Integers<Vec<T>>;
    draw<T>(
        p, panels,
        [&](const uint16_t* bits) {
            Words words;
            __builtin_memcpy(&words, bits, sizeof words);
            const I drawn = __builtin_convertvector(words, I);
            return drawn < static_cast<Element<I>>(p.threshold) ? Vec<T>{} : broadcast(p.scale);
        },
        [&](ptrdiff_t panel, ptrdiff_t unit, Vec<T> factors) {
            store(p.out + panel * p.out_stride + unit * lanes, factors);
        });
}

template <class T>
void gaussian_noise(const GaussianNoise<T>& p, Range panels) {
    constexpr int lanes = kLanes<T>;
    draw<T>(
        p, panels,
        [&](const uint16_t* bits) {
            Vec<T> numbers;
            for (int i = 0; i < lanes; ++i) numbers[i] = p.quantiles[bits[i]];
            return numbers;
        },
        [&](ptrdiff_t panel, ptrdiff_t unit, Vec<T> numbers) {
            const ptrdiff_t at = panel * p.stride + unit * lanes;
            store(p.out + at, load(p.in + at) + broadcast(p.deviation) * numbers);
        });
}

/// gradient or y *= mask
template <class T>
void multiply_by(T* values, const T* mask, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>) store(values + i, load(values + i) * load(mask + i));
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
