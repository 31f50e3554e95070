// Which of two ways to make steps is the faster one now. Threads that tell each other something several times a step
// are, if their processors lie near each other and have nothing else to do; both change from one moment to the next.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>

namespace chainrule {

/// Which way is taken where both can be; by the clock unless a test wants to see one of them.
enum class Ways { by_pace, usual, quick };
inline std::atomic<Ways> ways{Ways::by_pace};

class Pace {
    using Clock = std::chrono::steady_clock;

public:
    /// `turn`: how long the quick way is taken before the usual one is measured again.
    explicit Pace(Clock::duration turn = std::chrono::milliseconds(20)) : turn_(turn) {}

    /// Make steps [start, stop). Both ways are given a range of steps and return the first that they have not made:
    /// `usual(start, stop)` makes all of them unless the run is over, `quick(start, stop, late)` leaves as soon as
    /// `late(made)` says that it should, and before a step that only the usual way can make.
    template <class Usual, class Quick>
    void run(std::ptrdiff_t start, std::ptrdiff_t stop, const Usual& usual, const Quick& quick) {
        const Ways wanted = ways;
        while (start < stop) {
            const Clock::time_point now = Clock::now();
            const bool try_quick = step_ * (stop - start) >= kLong && now >= rest_until_ && now - measured_ < turn_;
            if (wanted == Ways::quick || (wanted == Ways::by_pace && try_quick)) {
                bool behind = false;
                const auto late = [&](std::ptrdiff_t made) {
                    const Clock::duration since = Clock::now() - now;
                    behind = since > step_ * (made + 2) + kSlack;
                    return wanted == Ways::by_pace && (behind || now + since - measured_ > turn_);
                };
                const std::ptrdiff_t end = quick(start, stop, late);
                // In short runs, waking the other thread may take longer than is won.
                rest(now, behind || end == start || Clock::now() - now > step_ * (end - start));
                if (end < stop) measured_ = {};  // a step for the usual way, or time to measure that again
                start = end;
                if (wanted == Ways::by_pace) continue;
            }
            const Clock::duration span = std::max(rest_until_ - now, Clock::duration(kMeasured));
            const std::ptrdiff_t count = step_.count() > 0 ? span / step_ + 1 : 0;
            const std::ptrdiff_t end = std::min(stop, start + std::max(kFew, count)), made = usual(start, end);
            if (made < end) return;
            if (end - start >= kFew) {
                measured_ = Clock::now();
                step_ = (measured_ - now) / (end - start);
            }
            start = end;
        }
    }

private:
    static constexpr std::ptrdiff_t kFew = 4;  // steps by which the usual way can be measured
    static constexpr auto kMeasured = std::chrono::microseconds(100), kSlack = std::chrono::microseconds(200);
    static constexpr Clock::duration kShortestRest = std::chrono::milliseconds(1);
    static constexpr Clock::duration kLongestRest = std::chrono::milliseconds(64);
    static constexpr auto kLong = std::chrono::milliseconds(5);  // a shorter run is not worth waking a thread
    static constexpr int kDear = 30;  // times what a bad trial took, until the next one

    /// After a trial since `start`; after a bad one the usual way is taken for a while, which is short after the first: a
    /// processor may have been away for a moment.
    void rest(Clock::time_point start, bool bad) {
        const Clock::time_point now = Clock::now();
        if (bad) rest_until_ = now + (rest_ == kShortestRest ? rest_ : std::max(rest_, kDear * (now - start)));
        rest_ = bad ? std::min(2 * rest_, kLongestRest) : kShortestRest;
    }

    Clock::duration turn_;
    Clock::duration step_{};  // that a step took the usual way when it was last made so
    Clock::time_point measured_{}, rest_until_{};
    Clock::duration rest_ = kShortestRest;
};

}  // namespace chainrule
