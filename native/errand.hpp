// An errand: something that a thread beside the caller's does meanwhile, if it comes to it before the caller is done.
// On a machine whose processors are busy it may not; then it is called off, and nobody waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

namespace chainrule {

class Errand {
public:
    /// Have `work` done; it must not throw. Where a second one is sent before the first has begun, that one never does.
    static std::shared_ptr<Errand> send(std::function<void()> work);

    explicit Errand(std::function<void()> work) : work_(std::move(work)) {}

    /// Call it off if it has not begun, else wait for its end; true if it was done.
    bool finish();
    /// Do it, unless it was called off.
    void run();

private:
    enum State : std::uint32_t { waiting, begun, ended };
    bool leaves(State next);

    std::function<void()> work_;
    std::atomic<std::uint32_t> state_{waiting};
};

}  // namespace chainrule
