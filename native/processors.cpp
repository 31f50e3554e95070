#include "processors.hpp"

#include <array>

#if defined(__linux__)
#include <sched.h>
#endif

namespace chainrule {

namespace {
constexpr std::chrono::milliseconds kRest{10};  // between two looks: a move costs the caches
constexpr int kEmpty = 0, kUnknown = 1, kFirst = 2;  // what a seat holds: nothing, or its thread's processor + kFirst

/// Static, so all are empty at first. A forked child may find seats of threads that it does not have: they only keep it
/// off their processors.
std::array<std::atomic<int>, 256> seats;
}  // namespace

int processor() {
#if defined(__linux__)
    return sched_getcpu();
#else
    return -1;
#endif
}

int push_off([[maybe_unused]] const Processors& taken) {
#if defined(__linux__)
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return processor();
    cpu_set_t free = allowed;
    for (std::size_t i = 0; i < taken.size(); ++i)
        if (taken[i]) CPU_CLR(i, &free);
    if (CPU_COUNT(&free) > 0) {
        sched_setaffinity(0, sizeof free, &free);
        sched_setaffinity(0, sizeof allowed, &allowed);
    }
#endif
    return processor();
}

Seat::Seat() {
    for (std::size_t i = 0; i < seats.size() && !seat_; ++i) {
        int empty = kEmpty;
        if (seats[i].compare_exchange_strong(empty, kUnknown)) seat_ = &seats[i];
    }
    look();
}

Seat::~Seat() {
    if (seat_) *seat_ = kEmpty;
}

void Seat::look() {
    const auto now = std::chrono::steady_clock::now();
    if (!seat_ || now - looked_ < kRest) return;
    looked_ = now;
    Processors taken;
    for (const std::atomic<int>& other : seats) {
        const int there = other.load(std::memory_order_relaxed) - kFirst;
        if (&other != seat_ && there >= 0 && there < static_cast<int>(taken.size()))
            taken.set(static_cast<std::size_t>(there));
    }
    int here = processor();
    if (here >= 0 && here < static_cast<int>(taken.size()) && taken[static_cast<std::size_t>(here)])
        here = push_off(taken);
    seat_->store(here + kFirst, std::memory_order_relaxed);
}

}  // namespace chainrule
