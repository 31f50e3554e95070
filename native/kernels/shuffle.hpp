// The order of the rows in an epoch: numpy.random.Generator.permutation on a Philox stream, bit for bit, so that
// training sees the same order whichever engine runs it.
#pragma once

#include "philox.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// 32-bit numbers of the stream under key (seed, index) at counters (1, 0, purpose, 0), (2, 0, purpose, 0) ...
class Words {
public:
    Words(uint64_t seed, uint64_t index, uint64_t purpose) : seed_(seed), index_(index), purpose_(purpose) {}

    std::uint32_t next() {
        if (at_ == kCount) fill();
        return words_[at_++];
    }

private:
    static constexpr int kBlocks = 32, kCount = kBlocks * 8;

    void fill() {
        for (int i = 0; i < kBlocks; i += kPhiloxBlocks) {
            uint64_t blocks[kPhiloxBlocks][4];
            philox(counter_, 0, purpose_, seed_, index_, blocks);
            counter_ += kPhiloxBlocks;
            __builtin_memcpy(words_ + i * 8, blocks, sizeof blocks);
        }
        at_ = 0;
    }

    uint64_t seed_, index_, purpose_, counter_ = 1;
    int at_ = kCount;
    std::uint32_t words_[kCount];
};

/// Fisher and Yates' shuffle of 0 ... count - 1 (at most 2^32). A place is drawn as a number of as many bits as i has,
/// again where it is above i; to draw again here means to swap i with itself, since a branch on random bits would
/// be mispredicted half of the time.
inline void permutation(uint64_t seed, uint64_t index, uint64_t purpose, std::int64_t* out, ptrdiff_t count) {
    for (ptrdiff_t i = 0; i < count; ++i) out[i] = i;
    Words words(seed, index, purpose);
    for (ptrdiff_t i = count - 1; i > 0;) {
        const int bits = 64 - __builtin_clzll(static_cast<unsigned long long>(i));
        const std::uint32_t mask = static_cast<std::uint32_t>((1ull << bits) - 1);
        const ptrdiff_t lowest = ptrdiff_t{1} << (bits - 1);  // of the numbers with so many bits
        while (i >= lowest) {
            const ptrdiff_t drawn = words.next() & mask;
            const bool taken = drawn <= i;
            const ptrdiff_t j = taken ? drawn : i;
            const std::int64_t value = out[i];
            out[i] = out[j];
            out[j] = value;
            i -= taken;
        }
    }
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
