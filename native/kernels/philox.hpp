// Random numbers: Philox4x64-10, bit for bit numpy.random.Philox (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", 2011). A block of 256 bits is a function of a counter and a key, so that any element of a dropout
// mask can be drawn by itself, on any thread, again at any time.
#pragma once

#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

using std::uint16_t;
using std::uint64_t;

inline constexpr int kWordsPerBlock = 16;
inline constexpr uint64_t kPhiloxMultipliers[] = {0xD2E7470EE14C6C93u, 0xCA5A826395121157u};
inline constexpr uint64_t kPhiloxKeySteps[] = {0x9E3779B97F4A7C15u, 0xBB67AE8584CAA73Bu};

#if defined(__AVX512F__)
/// Blocks computed side by side, one in each lane.
inline constexpr int kPhiloxBlocks = 8;

namespace detail {
using Words64 = Vec<uint64_t>;

/// The upper half of a 128-bit product, from four products of 32-bit halves.
inline Words64 upper_product(Words64 a, uint64_t factor) {
    const Words64 low = Words64{} + (factor & 0xFFFFFFFFu), high = Words64{} + (factor >> 32), a_high = a >> 32;
    const Words64 cross = multiply_low_halves(a_high, low) + (multiply_low_halves(a, low) >> 32);
    const Words64 other = multiply_low_halves(a, high) + (cross & 0xFFFFFFFFu);
    return multiply_low_halves(a_high, high) + (cross >> 32) + (other >> 32);
}
}  // namespace detail

/// The blocks at counters (counter, step, purpose, 0), (counter + 1, step, purpose, 0) ... under `key`.
inline void philox(uint64_t counter, uint64_t step, uint64_t purpose, uint64_t key0, uint64_t key1,
                   uint64_t (&out)[kPhiloxBlocks][4]) {
    using detail::Words64;
    Words64 c0 = Words64{0, 1, 2, 3, 4, 5, 6, 7} + counter, c1 = Words64{} + step, c2 = Words64{} + purpose, c3{};
    for (int round = 0; round < 10; ++round) {
        const Words64 upper0 = detail::upper_product(c0, kPhiloxMultipliers[0]);
        const Words64 upper2 = detail::upper_product(c2, kPhiloxMultipliers[1]);
        const Words64 lower0 = c0 * kPhiloxMultipliers[0], lower2 = c2 * kPhiloxMultipliers[1];
        c0 = upper2 ^ c1 ^ key0;
        c1 = lower2;
        c2 = upper0 ^ c3 ^ key1;
        c3 = lower0;
        key0 += kPhiloxKeySteps[0];
        key1 += kPhiloxKeySteps[1];
    }
    // From a word of each block to the words of a block next to each other.
    const auto even = [](Words64 a, Words64 b) { return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11); };
    const auto odd = [](Words64 a, Words64 b) { return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15); };
    const Words64 rows[4] = {even(even(c0, c2), even(c1, c3)), odd(even(c0, c2), even(c1, c3)),
                             even(odd(c0, c2), odd(c1, c3)), odd(odd(c0, c2), odd(c1, c3))};
    __builtin_memcpy(out, rows, sizeof rows);
}
#else
/// Blocks computed side by side, since a multiplication takes four cycles but one can start each cycle; more of
/// them would not fit the registers.
inline constexpr int kPhiloxBlocks = 2;

/// The blocks at counters (counter, step, purpose, 0), (counter + 1, step, purpose, 0) ... under `key`.
inline void philox(uint64_t counter, uint64_t step, uint64_t purpose, uint64_t key0, uint64_t key1,
                   uint64_t (&out)[kPhiloxBlocks][4]) {
    using Wide = unsigned __int128;
    uint64_t c0[kPhiloxBlocks], c1[kPhiloxBlocks], c2[kPhiloxBlocks], c3[kPhiloxBlocks];
    for (int i = 0; i < kPhiloxBlocks; ++i) {
        c0[i] = counter + static_cast<uint64_t>(i);
        c1[i] = step;
        c2[i] = purpose;
        c3[i] = 0;
    }
    for (int round = 0; round < 10; ++round) {
#pragma GCC unroll 2
        for (int i = 0; i < kPhiloxBlocks; ++i) {
            const Wide product0 = static_cast<Wide>(kPhiloxMultipliers[0]) * c0[i];
            const Wide product2 = static_cast<Wide>(kPhiloxMultipliers[1]) * c2[i];
            c0[i] = static_cast<uint64_t>(product2 >> 64) ^ c1[i] ^ key0;
            c1[i] = static_cast<uint64_t>(product2);
            c2[i] = static_cast<uint64_t>(product0 >> 64) ^ c3[i] ^ key1;
            c3[i] = static_cast<uint64_t>(product0);
        }
        key0 += kPhiloxKeySteps[0];
        key1 += kPhiloxKeySteps[1];
    }
    for (int i = 0; i < kPhiloxBlocks; ++i) {
        out[i][0] = c0[i];
        out[i][1] = c1[i];
        out[i][2] = c2[i];
        out[i][3] = c3[i];
    }
}
#endif

/// The 16-bit numbers of elements [first, first + count) of a layer at a step, as chainrule.random.random_bits
/// defines them: element e is word e % 16 of the block at counter e / 16 + 1, least significant first.
inline void random_bits(uint64_t seed, uint64_t step, uint64_t layer, uint64_t first, ptrdiff_t count,
                        uint16_t* out) {
    constexpr int words = kPhiloxBlocks * kWordsPerBlock;
    uint64_t counter = first / kWordsPerBlock + 1;
    int skip = static_cast<int>(first % kWordsPerBlock);
    while (count > 0) {
        uint64_t blocks[kPhiloxBlocks][4];
        philox(counter, step, 0, seed, layer, blocks);
        const ptrdiff_t taken = words - skip < count ? words - skip : count;
        // Supported processors are little-endian, so the words lie in memory in the order wanted.
        const char* bytes = reinterpret_cast<const char*>(blocks) + 2 * skip;
        if (taken == words)
            __builtin_memcpy(out, bytes, sizeof blocks);
        else
            __builtin_memcpy(out, bytes, static_cast<std::size_t>(taken) * 2);
        out += taken;
        count -= taken;
        counter += kPhiloxBlocks;
        skip = 0;
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
