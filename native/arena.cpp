#include "arena.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace chainrule {

namespace {
constexpr std::align_val_t kLine{64};
constexpr std::size_t kLarge = 1 << 20;     // smaller buffers might waste most of a large page
constexpr std::size_t kTogether = 1 << 25;  // for several buffers; what is never written takes no memory
}  // namespace

void* Arena::bytes(std::size_t size) {
    size_ += size;
    if (size < kLarge || !has_pages()) {
        std::unique_ptr<void, void (*)(void*)> owner(::operator new(size, kLine),
                                                     [](void* p) { ::operator delete(p, kLine); });
        small_.push_back(std::move(owner));  // which may find no memory to grow
        return std::memset(small_.back().get(), 0, size);
    }
    if (pages_.empty() || pages_.back().size() - used_ < size) {
        pages_.emplace_back(std::max(size, kTogether));
        used_ = 0;
    }
    const Pages& pages = pages_.back();
    void* memory = pages.begin() + used_;
    pages.clear(used_, size, threads_);
    constexpr auto line = static_cast<std::size_t>(kLine);
    used_ = std::min((used_ + size + line - 1) / line * line, pages.size());
    return memory;
}

}  // namespace chainrule
