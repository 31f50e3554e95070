#include "arena.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace chainrule {

namespace {
constexpr std::size_t kLine = 64, kLargePage = 1 << 21;
#ifdef __SANITIZE_ADDRESS__  // sees where a block ends: every buffer is one
constexpr std::size_t kLeast = 0;
#else
constexpr std::size_t kLeast = 1 << 24;  // bytes of a block; what is never written of it takes no memory
#endif
/// Smaller buffers have blocks of their own.
constexpr std::size_t kLarge = 1 << 18;

std::uintptr_t number(const void* memory) { return reinterpret_cast<std::uintptr_t>(memory); }
std::uintptr_t whole(std::uintptr_t size, std::size_t unit) { return (size + unit - 1) / unit * unit; }

/// Ask for large pages: they are given, found and taken back in a fraction of the time.
void want_large_pages([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t size) {
#ifdef MADV_HUGEPAGE
    const std::uintptr_t begin = whole(number(memory), kLargePage);
    const std::uintptr_t end = (number(memory) + size) / kLargePage * kLargePage;
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);  // a wish: failing is no fault
#endif
}
}  // namespace

void* Arena::bytes(std::size_t size) {
    size_ += size;
    if (size < kLarge) {
        void* memory = ::operator new(size, std::align_val_t{kLine});
        blocks_.emplace_back(memory, [](void* p) { ::operator delete(p, std::align_val_t{kLine}); });
        std::fill_n(static_cast<char*>(memory), size, 0);
        return memory;
    }
    if (size > left_) begin_block(std::max(size, kLeast));
    void* memory = free_;
    const std::size_t taken = std::min(whole(size, kLine), left_);
    free_ += taken;
    left_ -= taken;
    return memory;
}

void Arena::begin_block(std::size_t size) {
    void* memory = std::calloc(size + kLine, 1);
    if (!memory) throw std::bad_alloc();
    blocks_.emplace_back(memory, std::free);
    want_large_pages(memory, size + kLine);
    const std::size_t skipped = whole(number(memory), kLine) - number(memory);
    free_ = static_cast<char*>(memory) + skipped;
    left_ = size + kLine - skipped;
}

}  // namespace chainrule
