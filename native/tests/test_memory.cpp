// Memory: buffers are zero and begin a cache line, pages that were given back are used again, and not too many are kept.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "arena.hpp"
#include "check.hpp"

namespace chainrule::test {
namespace {

constexpr std::size_t kLargePage = 1 << 21;

bool is_zero(const char* memory, std::size_t size) {
    return std::all_of(memory, memory + size, [](char byte) { return byte == 0; });
}

/// Buffers of an arena: small, large and very large ones, each written to its end, so that they can't lie in each other.
void check_arena(int threads) {
    Arena arena(threads);
    const std::size_t sizes[] = {1, 100, 1 << 12, (1 << 20) + 4, 5 << 20, 40 << 20, 3 << 20, 7};
    std::vector<char*> buffers;
    std::size_t total = 0;
    for (const std::size_t size : sizes) {
        char* buffer = arena.allocate<char>(size);
        CHECK(reinterpret_cast<std::uintptr_t>(buffer) % 64 == 0, "a buffer of %zu bytes", size);
        CHECK(is_zero(buffer, size), "%zu bytes are not zero", size);
        std::memset(buffer, static_cast<int>(buffers.size()) + 1, size);
        buffers.push_back(buffer);
        total += size;
    }
    for (std::size_t i = 0; i < buffers.size(); ++i)
        CHECK(std::all_of(buffers[i], buffers[i] + sizes[i],
                          [&](char byte) { return byte == static_cast<char>(i + 1); }),
              "buffer %zu was written by another", i);
    CHECK(arena.size() == total, "%zu bytes of %zu", arena.size(), total);
}

void check_pages() {
    const char* first = nullptr;
    {
        Pages pages(3 * kLargePage - 5);
        CHECK(pages.size() == 3 * kLargePage, "%zu bytes", pages.size());
        CHECK(reinterpret_cast<std::uintptr_t>(pages.begin()) % kLargePage == 0, "%p", static_cast<void*>(pages.begin()));
        std::memset(pages.begin(), 1, pages.size());
        first = pages.begin();
    }
    const std::size_t kept = pages_kept();
    CHECK(kept >= 3 * kLargePage, "%zu bytes are kept", kept);
    {
        const Pages larger(3 * kLargePage + 1), much_smaller(kLargePage);
        CHECK(larger.begin() != first && much_smaller.begin() != first, "pages of another size are used again");
        const Pages again(3 * kLargePage);
        CHECK(again.begin() == first && pages_kept() == kept - 3 * kLargePage, "pages are not used again");
        again.clear(10, 2 * kLargePage, 2);
        CHECK(is_zero(first + 10, 2 * kLargePage) && first[9] == 1 && first[10 + 2 * kLargePage] == 1,
              "another part was made zero");
    }
    for (int i = 0; i < 4; ++i) {
        std::vector<Pages> many;
        for (int j = 0; j < 20; ++j) many.emplace_back((8 + static_cast<std::size_t>(i)) << 20);
    }
    CHECK(pages_kept() <= std::size_t{1} << 27, "%zu bytes are kept", pages_kept());
    { const Pages huge(std::size_t{1} << 28); }
    CHECK(pages_kept() <= std::size_t{1} << 27, "%zu bytes are kept", pages_kept());
}

}  // namespace

void test_memory() {
    for (int round = 0; round < 3; ++round)  // the second time, memory was used before
        for (const int threads : {1, 2}) check_arena(threads);
    if (has_pages()) check_pages();
}

}  // namespace chainrule::test
