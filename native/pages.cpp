#include "pages.hpp"

#include <cstdint>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#include "kernel_table.hpp"
#include "team.hpp"

#if __has_include(<sys/mman.h>)
#include <sys/mman.h>
#endif

#if defined(__SANITIZE_ADDRESS__)
#define CHAINRULE_SANITIZES_ADDRESSES 1
#elif defined(__has_feature)
#define CHAINRULE_SANITIZES_ADDRESSES __has_feature(address_sanitizer)
#else
#define CHAINRULE_SANITIZES_ADDRESSES 0
#endif

namespace chainrule {

namespace {

constexpr std::size_t kLargePage = 1 << 21;
constexpr std::size_t kMostKept = 1 << 27;

struct Piece {
    char* begin;
    std::size_t size;
};

#ifdef MAP_ANONYMOUS

/// Pages from the system; null if it has none.
char* map(std::size_t size) {
    void* memory = mmap(nullptr, size + kLargePage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return nullptr;
    char* all = static_cast<char*>(memory);
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(memory) % kLargePage;
    if (before > 0) munmap(all, before);
    munmap(all + before + size, kLargePage - before);
#ifdef MADV_HUGEPAGE
    madvise(all + before, size, MADV_HUGEPAGE);  // a wish: failing is no fault
#endif
    return all + before;
}

void unmap(const Piece& piece) { munmap(piece.begin, piece.size); }

#else

char* map(std::size_t) { return nullptr; }
void unmap(const Piece&) {}

#endif

/// The pieces that were given back, the oldest first. Nobody waits for another thread here, which may have been lost in
/// a fork: the system always has pages.
struct Kept {
    std::mutex mutex;
    std::vector<Piece> pieces;
    std::size_t size = 0;

    /// Take out the smallest piece that is large enough and not far too large; null if there is none.
    Piece take(std::size_t least) {
        const std::unique_lock lock(mutex, std::try_to_lock);
        if (!lock) return {nullptr, 0};
        auto best = pieces.end();
        for (auto piece = pieces.begin(); piece != pieces.end(); ++piece)
            if (piece->size >= least && piece->size / 2 <= least && (best == pieces.end() || piece->size < best->size))
                best = piece;
        if (best == pieces.end()) return {nullptr, 0};
        const Piece taken = *best;
        pieces.erase(best);
        size -= taken.size;
        return taken;
    }

    void give(const Piece& piece) {
        const std::unique_lock lock(mutex, std::try_to_lock);
        if (!lock || piece.size > kMostKept) return unmap(piece);
        try {
            pieces.push_back(piece);
        } catch (const std::bad_alloc&) {
            return unmap(piece);
        }
        size += piece.size;
        forget(kMostKept);
    }

    /// Give the oldest pieces back to the system until so many bytes are left.
    void forget(std::size_t most) {
        auto piece = pieces.begin();
        for (; size > most; ++piece) {
            unmap(*piece);
            size -= piece->size;
        }
        pieces.erase(pieces.begin(), piece);
    }
};

Kept& kept() {
    static Kept& pieces = *new Kept;  // never destroyed: threads may still give back what they have
    return pieces;
}

}  // namespace

bool has_pages() {
#if defined(MAP_ANONYMOUS) && !CHAINRULE_SANITIZES_ADDRESSES  // which knows where a block of the heap ends
    return true;
#else
    return false;
#endif
}

std::size_t pages_kept() {
    const std::unique_lock lock(kept().mutex, std::try_to_lock);
    return lock ? kept().size : 0;
}

Pages::Pages(std::size_t size) : size_((size + kLargePage - 1) / kLargePage * kLargePage) {
    if (const Piece piece = kept().take(size_); piece.begin) {
        begin_ = piece.begin;
        size_ = piece.size;
        return;
    }
    begin_ = map(size_);
    if (!begin_) throw std::bad_alloc();
    fresh_ = true;
}

Pages::Pages(Pages&& other) noexcept
    : begin_(std::exchange(other.begin_, nullptr)), size_(other.size_), fresh_(other.fresh_) {}

Pages& Pages::operator=(Pages&& other) noexcept {
    std::swap(begin_, other.begin_);
    std::swap(size_, other.size_);
    std::swap(fresh_, other.fresh_);
    return *this;
}

Pages::~Pages() {
    if (begin_) kept().give({begin_, size_});
}

void Pages::clear(std::size_t first, std::size_t size, int threads) const {
    if (fresh_) return;
    run_on_team(threads, [&](Member& member) {
        const Range part = share(static_cast<ptrdiff_t>(size), member.index(), member.size());
        std::memset(begin_ + first + part.begin, 0, static_cast<std::size_t>(part.size()));
    });
}

}  // namespace chainrule
