// A team of threads that share the work of one training run.
//
// `run` hands a function to n threads, the caller among them, and returns when all have finished. The workers stay:
// between jobs, and at barriers inside them, a thread spins for some microseconds, then yields, then sleeps, so that a
// team that shares its cores with others gives them up.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace chainrule {

/// Return once `word` is no longer `old`; true if that took more than spinning. A thread first spins, then offers its
/// processor to others again and again (the one it waits for may be among them), then sleeps.
bool await_change(const std::atomic<std::uint32_t>& word, std::uint32_t old);

class Team;

/// What a function that a team runs knows of its thread.
class Member {
public:
    int index() const { return index_; }
    int size() const { return size_; }
    /// Wait until every thread of the job has come here; what they wrote before is then visible to all.
    void barrier();

private:
    friend class Team;
    Member(Team* team, int index, int size) : team_(team), index_(index), size_(size) {}

    Team* team_;
    int index_, size_;
};

class Team {
public:
    Team();
    ~Team();
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;

    /// Call `function(member)` on `threads` threads at once, fewer if the system has no more; it must not throw.
    /// One caller at a time.
    template <class Function>
    void run(int threads, const Function& function) {
        run_job(
            threads, [](const void* context, Member& member) { (*static_cast<const Function*>(context))(member); },
            &function);
    }

private:
    friend class Member;
    using Job = void (*)(const void* context, Member& member);
    struct Worker;

    /// Note which processor a thread is on, and move it if another of the team is there and some processor is free.
    void spread(int index);
    void run_job(int threads, Job job, const void* context);
    void work(Worker& worker, int index);

    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<int> processor_{-1};  // the caller's
    Job job_ = nullptr;
    const void* context_ = nullptr;
    int size_ = 1;
    alignas(64) std::atomic<std::uint32_t> arrived_{0};
    alignas(64) std::atomic<std::uint32_t> phase_{0};
    alignas(64) std::atomic<std::uint32_t> unfinished_{0};
};

namespace detail {
/// The process's team, locked for the caller; null if it is at work already, for this thread or another one.
class TeamLease {
public:
    TeamLease();
    ~TeamLease();
    TeamLease(const TeamLease&) = delete;
    TeamLease& operator=(const TeamLease&) = delete;
    Team* team() const { return team_; }

private:
    Team* team_;
};
}  // namespace detail

/// Run `function(member)` on up to `threads` threads of the process's team. A nested call, and a second caller
/// while the team is busy, runs on its own thread alone: kernels give the same bits for any number of threads.
/// Works in a forked child, which starts workers of its own.
template <class Function>
void run_on_team(int threads, const Function& function) {
    detail::TeamLease lease;
    if (lease.team()) {
        lease.team()->run(threads, function);
    } else {
        Team alone;
        alone.run(1, function);
    }
}

/// How many threads this process may use: CHAINRULE_THREADS or else OMP_NUM_THREADS if set, and never more than the
/// processors it may run on (affinity) and the share of them that its control group is given.
int available_threads();

/// How many of at most `limit` threads make a step of `work` floating-point operations faster: what the threads
/// must tell each other at each step costs as much as some millions of operations.
inline int useful_threads(double work, int limit) {
    constexpr double kWorkPerThread = 8e6;
    return work < 2 * kWorkPerThread       ? 1
           : work > limit * kWorkPerThread ? limit
                                           : static_cast<int>(work / kWorkPerThread);
}

}  // namespace chainrule
