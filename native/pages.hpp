// Pages: large pieces of memory that begin a large page and lie in such pages where the system has them.
//
// What the system gives is zero, and it gives it page by page when a page is first written: by the threads that work on
// it, at the same time. Some of what was given back is kept for the next one that asks, a fresh model of the same size
// say: to zero it takes a fraction of the time that new pages take.
#pragma once

#include <cstddef>

namespace chainrule {

/// Whether there are pages; without them memory comes from the heap.
bool has_pages();

class Pages {
public:
    Pages() = default;
    /// At least so many bytes; throws std::bad_alloc if there are none.
    explicit Pages(std::size_t size);
    Pages(Pages&& other) noexcept;
    Pages& operator=(Pages&& other) noexcept;
    ~Pages();

    char* begin() const { return begin_; }
    std::size_t size() const { return size_; }

    /// Make a part zero, by so many threads; it is already if nobody had these pages before.
    void clear(std::size_t first, std::size_t size, int threads) const;

private:
    char* begin_ = nullptr;
    std::size_t size_ = 0;
    bool fresh_ = false;
};

/// Bytes that are kept for the next one that asks.
std::size_t pages_kept();

}  // namespace chainrule
