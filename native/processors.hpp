// Which processors threads are on. Schedulers spread threads over them too, but those of some virtual machines leave
// two busy threads on one processor for seconds.
#pragma once

#include <atomic>
#include <bitset>
#include <chrono>

namespace chainrule {

using Processors = std::bitset<1024>;

/// The processor that the calling thread is on, -1 where the system does not say.
int processor();

/// Push the calling thread to a processor that is not among those taken, if it may use one; it does not stay bound.
/// The processor it is on then.
int push_off(const Processors& taken);

/// A place among the threads that each train a network alone: as long as it lives, the others keep off the thread's
/// processor. A thread that finds itself beside another one moves.
class Seat {
public:
    Seat();
    ~Seat();
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;

    /// Look again, now and then.
    void look();

private:
    std::atomic<int>* seat_ = nullptr;  // none is left beyond so many threads
    std::chrono::steady_clock::time_point looked_{};
};

}  // namespace chainrule
