#include "team.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <system_error>

#include "flush_denormals.hpp"
#include "processors.hpp"

namespace chainrule {

namespace {

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
}

}  // namespace

bool await_change(const std::atomic<std::uint32_t>& word, std::uint32_t old) {
    using Clock = std::chrono::steady_clock;
    constexpr int kLooks = 64;  // some microseconds
    constexpr auto kYielding = std::chrono::microseconds(100);
    const auto changed = [&] { return word.load(std::memory_order_acquire) != old; };
    for (int i = 0; i < kLooks; ++i) {
        if (changed()) return false;
        pause();
    }
    for (const auto start = Clock::now(); Clock::now() - start < kYielding;) {
        std::this_thread::yield();
        if (changed()) return true;
    }
    while (!changed()) word.wait(old, std::memory_order_acquire);
    return true;
}

struct Team::Worker {
    std::thread thread;
    bool stop = false;
    std::atomic<int> processor{-1};
    std::chrono::steady_clock::time_point moved{};
    alignas(64) std::atomic<std::uint32_t> jobs{0};  // counts the jobs given to this worker
};

Team::Team() = default;

Team::~Team() {
    for (auto& worker : workers_) {
        worker->stop = true;
        worker->jobs.fetch_add(1, std::memory_order_release);
        worker->jobs.notify_one();
        worker->thread.join();
    }
}

// The caller's thread is not the team's to move, nor does a worker stay bound: it only gets a push.
void Team::spread(int index) {
    const auto noted = [this](int i) -> std::atomic<int>& {
        return i == 0 ? processor_ : workers_[static_cast<std::size_t>(i - 1)]->processor;
    };
    const int here = processor();
    noted(index).store(here, std::memory_order_relaxed);
    if (index == 0) return;
    Processors taken;
    bool shared = false;
    for (int i = 0; i < size_; ++i) {
        const int other = noted(i).load(std::memory_order_relaxed);
        shared = shared || (i != index && other == here);
        if (other >= 0 && other < static_cast<int>(taken.size())) taken.set(static_cast<std::size_t>(other));
    }
    constexpr auto kRest = std::chrono::milliseconds(10);
    const auto now = std::chrono::steady_clock::now();
    Worker& worker = *workers_[static_cast<std::size_t>(index - 1)];
    if (here < 0 || !shared || now - worker.moved < kRest) return;
    worker.moved = now;
    noted(index).store(push_off(taken), std::memory_order_relaxed);
}

void Team::work(Worker& worker, int index) {
    const FlushDenormals flush;
    for (std::uint32_t seen = 0;; ++seen) {
        await_change(worker.jobs, seen);
        if (worker.stop) return;
        Member member(this, index, size_);
        spread(index);
        job_(context_, member);
        if (unfinished_.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished_.notify_one();
    }
}

void Team::run_job(int threads, Job job, const void* context) {
    const FlushDenormals flush;
    while (static_cast<int>(workers_.size()) < threads - 1) {
        workers_.push_back(std::make_unique<Worker>());
        Worker& worker = *workers_.back();
        const int index = static_cast<int>(workers_.size());
        try {
            worker.thread = std::thread([this, &worker, index] { work(worker, index); });
        } catch (const std::system_error&) {  // the system gives no more threads: go on with fewer
            workers_.pop_back();
            threads = index;
        }
    }
    job_ = job;
    context_ = context;
    size_ = threads;
    if (threads > 1) spread(0);
    unfinished_.store(static_cast<std::uint32_t>(threads - 1), std::memory_order_relaxed);
    for (int i = 0; i < threads - 1; ++i) {
        workers_[i]->jobs.fetch_add(1, std::memory_order_release);
        workers_[i]->jobs.notify_one();
    }
    Member member(this, 0, threads);
    job(context, member);
    for (;;) {
        const std::uint32_t left = unfinished_.load(std::memory_order_acquire);
        if (left == 0) break;
        await_change(unfinished_, left);
    }
}

void Member::barrier() {
    if (size_ == 1) return;
    const std::uint32_t phase = team_->phase_.load(std::memory_order_acquire);
    if (team_->arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == static_cast<std::uint32_t>(size_)) {
        team_->arrived_.store(0, std::memory_order_relaxed);
        team_->phase_.fetch_add(1, std::memory_order_acq_rel);
        team_->phase_.notify_all();
    } else if (await_change(team_->phase_, phase)) {
        team_->spread(index_);
    }
}

namespace {

std::atomic<bool> team_busy{false};
Team* process_team = nullptr;  // never deleted: its workers may sleep until the process ends

/// In a forked child only the forking thread is left: the old team is a shell with no workers. It is abandoned,
/// for its destructor would wait for them.
void abandon_team() {
    process_team = nullptr;
    team_busy = false;
}

}  // namespace

namespace detail {

TeamLease::TeamLease() : team_(nullptr) {
    static std::once_flag registered;
    std::call_once(registered, [] { pthread_atfork(nullptr, nullptr, abandon_team); });
    if (team_busy.exchange(true, std::memory_order_acquire)) return;
    if (!process_team) process_team = new Team;
    team_ = process_team;
}

TeamLease::~TeamLease() {
    if (team_) team_busy.store(false, std::memory_order_release);
}

}  // namespace detail

}  // namespace chainrule
