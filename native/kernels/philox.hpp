// Random numbers: Philox4x64-10, bit for bit numpy.random.Philox (Salmon et al., "Parallel random numbers: as easy
// as 1, 2, 3", 2011). A block of 256 bits is a function of a counter and a key, so that any element of a dropout
// mask can be drawn by itself, on any thread, again at any time.
#pragma once

#include "simd.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

using std::uint16_t;
using std::uint64_t;

/// Blocks computed side by side, since a multiplication takes four cycles but one can start each cycle; more of
/// them would not fit the registers.
inline constexpr int kPhiloxBlocks = 2;
inline constexpr int kWordsPerBlock = 16;

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
            const Wide product0 = static_cast<Wide>(0xD2E7470EE14C6C93u) * c0[i];
            const Wide product2 = static_cast<Wide>(0xCA5A826395121157u) * c2[i];
            c0[i] = static_cast<uint64_t>(product2 >> 64) ^ c1[i] ^ key0;
            c1[i] = static_cast<uint64_t>(product2);
            c2[i] = static_cast<uint64_t>(product0 >> 64) ^ c3[i] ^ key1;
            c3[i] = static_cast<uint64_t>(product0);
        }
        key0 += 0x9E3779B97F4A7C15u;
        key1 += 0xBB67AE8584CAA73Bu;
    }
    for (int i = 0; i < kPhiloxBlocks; ++i) {
        out[i][0] = c0[i];
        out[i][1] = c1[i];
        out[i][2] = c2[i];
        out[i][3] = c3[i];
    }
}

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
