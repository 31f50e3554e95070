// An arena: memory for buffers, all zero at first, given back all at once.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "pages.hpp"

namespace chainrule {

class Arena {
public:
    /// `threads` may make memory zero that was used before.
    explicit Arena(int threads) : threads_(threads) {}

    /// Room for so many Ts, 0 all of them, that begins a cache line.
    template <class T>
    T* allocate(std::size_t count) {
        return static_cast<T*>(bytes(count * sizeof(T)));
    }

    /// Of all buffers, in bytes.
    std::size_t size() const { return size_; }

private:
    void* bytes(std::size_t size);

    int threads_;
    std::vector<std::unique_ptr<void, void (*)(void*)>> small_;  // each a block of the heap
    std::vector<Pages> pages_;                                   // of large buffers, one after the other
    std::size_t used_ = 0, size_ = 0;                            // of the last pages; of all buffers
};

}  // namespace chainrule
