#include "errand.hpp"

#include <pthread.h>

#include <mutex>
#include <system_error>
#include <thread>

#include "team.hpp"

namespace chainrule {

namespace {

/// The thread that runs errands, and the next one.
struct Runner {
    std::mutex mutex;
    std::shared_ptr<Errand> next;
    std::atomic<std::uint32_t> sent{0};

    void work() {
        for (std::uint32_t seen = 0;;) {
            await_change(sent, seen);
            std::shared_ptr<Errand> errand;
            {
                const std::lock_guard lock(mutex);
                seen = sent.load(std::memory_order_relaxed);
                errand = std::move(next);
            }
            if (errand) errand->run();
        }
    }
};

/// Never deleted: its thread sleeps until the process ends. A forked child has no such thread, and makes one of its own.
std::atomic<Runner*> process_runner{nullptr};

Runner* runner() {
    static std::once_flag registered;
    std::call_once(registered, [] { pthread_atfork(nullptr, nullptr, [] { process_runner = nullptr; }); });
    if (Runner* known = process_runner) return known;
    auto fresh = std::make_unique<Runner>();
    Runner* none = nullptr;
    if (!process_runner.compare_exchange_strong(none, fresh.get())) return none;
    Runner* made = fresh.release();
    try {
        std::thread([made] { made->work(); }).detach();
    } catch (const std::system_error&) {  // the system gives no more threads: errands are called off
    }
    return made;
}

}  // namespace

std::shared_ptr<Errand> Errand::send(std::function<void()> work) {
    auto errand = std::make_shared<Errand>(std::move(work));
    Runner& to = *runner();
    {
        const std::lock_guard lock(to.mutex);
        to.next = errand;
        to.sent.fetch_add(1, std::memory_order_release);
    }
    to.sent.notify_one();
    return errand;
}

bool Errand::leaves(State next) {
    std::uint32_t before = waiting;
    return state_.compare_exchange_strong(before, next, std::memory_order_acq_rel);
}

bool Errand::finish() {
    if (leaves(ended)) return false;
    while (state_.load(std::memory_order_acquire) == begun) await_change(state_, begun);
    return true;
}

void Errand::run() {
    if (!leaves(begun)) return;
    work_();
    state_.store(ended, std::memory_order_release);
    state_.notify_one();
}

}  // namespace chainrule
