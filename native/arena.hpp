// An arena: memory for buffers, all zero at first, given back all at once.
//
// Large buffers lie one after the other in a few large blocks. What the system gives for those is zero already, and it
// gives it page by page when a page is first written: by the threads that work on it, at the same time.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace chainrule {

class Arena {
public:
    /// Room for so many Ts, 0 all of them, that begins a cache line.
    template <class T>
    T* allocate(std::size_t count) {
        return static_cast<T*>(bytes(count * sizeof(T)));
    }

    /// Of all buffers, in bytes.
    std::size_t size() const { return size_; }

private:
    void* bytes(std::size_t size);
    void begin_block(std::size_t size);

    std::vector<std::unique_ptr<void, void (*)(void*)>> blocks_;
    char* free_ = nullptr;  // the rest of the last block
    std::size_t left_ = 0, size_ = 0;
};

}  // namespace chainrule
