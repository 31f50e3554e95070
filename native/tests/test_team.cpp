// The thread team: every thread runs once, barriers order what they separate, callers and forks don't disturb it.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

#include "check.hpp"
#include "errand.hpp"
#include "processors.hpp"
#include "team.hpp"

namespace chainrule::test {
namespace {

void runs_each_thread_once() {
    Team team;
    for (const int threads : {1, 2, 3, 4, 2, 1, 4}) {
        std::vector<int> runs(static_cast<std::size_t>(threads));
        team.run(threads, [&](Member& member) {
            CHECK(member.size() == threads, "size %d instead of %d", member.size(), threads);
            ++runs[static_cast<std::size_t>(member.index())];
        });
        for (const int count : runs) CHECK(count == 1, "a thread ran %d times", count);
    }
}

void barriers_order() {
    Team team;
    for (const int threads : {2, 3, 4}) {
        std::vector<int> values(static_cast<std::size_t>(threads));  // plain numbers: a race shows in the sanitizer
        int wrong = 0;
        team.run(threads, [&](Member& member) {
            for (int round = 1; round <= 300; ++round) {
                values[static_cast<std::size_t>(member.index())] = round;
                member.barrier();
                if (member.index() == round % threads)
                    for (const int value : values) wrong += value != round;
                member.barrier();
            }
        });
        CHECK(wrong == 0, "%d values seen too early or late by %d threads", wrong, threads);
    }
}

void sleeps_and_wakes() {
    Team team;
    int runs = 0;
    for (int i = 0; i < 5; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        team.run(2, [&](Member& member) {
            if (member.index() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(2));
            member.barrier();
            if (member.index() == 0) ++runs;
        });
    }
    CHECK(runs == 5, "%d runs", runs);
}

void nested_calls_run_alone() {
    int sizes[2] = {};
    run_on_team(2, [&](Member& outer) {
        run_on_team(2, [&](Member& inner) {
            sizes[outer.index()] = inner.size();
            inner.barrier();
        });
    });
    CHECK(sizes[0] == 1 && sizes[1] == 1, "nested teams of %d and %d", sizes[0], sizes[1]);
}

void callers_at_once() {
    std::vector<std::thread> callers;
    std::vector<long> sums(4);
    for (std::size_t c = 0; c < sums.size(); ++c)
        callers.emplace_back([&sums, c] {
            for (int i = 0; i < 200; ++i) {
                long parts[2] = {};
                run_on_team(2, [&](Member& member) {
                    const int step = member.size();
                    for (int j = member.index(); j < 100; j += step) parts[member.index()] += j;
                });
                sums[c] += parts[0] + parts[1];
            }
        });
    for (std::thread& caller : callers) caller.join();
    for (const long sum : sums) CHECK(sum == 200 * 4950, "a caller's sum is %ld", sum);
}

#if !defined(__SANITIZE_THREAD__)  // the thread sanitizer does not follow threads started after a fork
/// The exit status of a child that works with the team; 14 (SIGALRM) if it hangs.
void works_in_a_forked_child() {
    run_on_team(2, [](Member& member) { member.barrier(); });
    const pid_t child = fork();
    if (child == 0) {
        alarm(10);
        int runs[2] = {};
        run_on_team(2, [&](Member& member) {
            member.barrier();
            ++runs[member.index()];
        });
        _exit(runs[0] == 1 && runs[1] == 1 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0, "the child ended with status %d", status);
}
#endif

void flushes_denormals_and_restores() {
    volatile float smallest_normal = std::numeric_limits<float>::min();
    float halves[2] = {1, 1};
    run_on_team(2, [&](Member& member) { halves[member.index()] = smallest_normal / 2; });
    CHECK(halves[0] == 0 && halves[1] == 0, "halves of the smallest number: %g, %g", double(halves[0]),
          double(halves[1]));
    CHECK(smallest_normal / 2 != 0, "the caller's denormals are flushed too");
}

/// Threads with seats spread out, and none stays bound to where it was pushed.
void seats_leave_threads_free() {
#if defined(__linux__)
    std::atomic<bool> bound{false};
    const auto sit = [&] {
        cpu_set_t before, after;
        sched_getaffinity(0, sizeof before, &before);
        for (int i = 0; i < 3; ++i) {
            Seat seat;
            std::this_thread::sleep_for(std::chrono::milliseconds(12));
            seat.look();
        }
        sched_getaffinity(0, sizeof after, &after);
        if (!CPU_EQUAL(&before, &after)) bound = true;
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 6; ++i) threads.emplace_back(sit);
    for (std::thread& thread : threads) thread.join();
    CHECK(!bound, "a thread stays bound to a processor");
    Processors all;
    all.set();
    CHECK(push_off(all) >= 0, "nowhere to go");
#endif
}

void errands_are_done_or_called_off() {
    int done = 0;  // a plain number: a race shows in the sanitizer
    for (int sent = 0; sent < 200; ++sent) {
        const int before = done;
        const auto errand = Errand::send([&done] { ++done; });
        if (sent % 2) std::this_thread::sleep_for(std::chrono::microseconds(200));
        const bool finished = errand->finish();
        CHECK(done == before + finished, "%d errands done, %d told", done - before, finished);
    }
    CHECK(done > 0, "no errand was done in %d milliseconds", 20);
    int late = 0;
    Errand off([&late] { ++late; });
    CHECK(!off.finish(), "an errand that nobody runs is said to be done");
    off.run();
    CHECK(late == 0, "an errand was done after it was called off");
}

void counts_threads() {
    const int all = available_threads();
    CHECK(all >= 1, "%d threads", all);
    setenv("CHAINRULE_THREADS", "1", 1);
    CHECK(available_threads() == 1, "CHAINRULE_THREADS=1 gives %d", available_threads());
    setenv("CHAINRULE_THREADS", "100000", 1);
    CHECK(available_threads() < 100000, "more threads than processors");
    unsetenv("CHAINRULE_THREADS");
}

}  // namespace

void test_team() {
    const int before = failures;
    runs_each_thread_once();
    barriers_order();
    sleeps_and_wakes();
    nested_calls_run_alone();
    callers_at_once();
#if !defined(__SANITIZE_THREAD__)
    if (!emulated) works_in_a_forked_child();
#endif
    flushes_denormals_and_restores();
    errands_are_done_or_called_off();
    counts_threads();
    seats_leave_threads_free();
    std::printf("team: %s\n", failures == before ? "passed" : "FAILED");
}

}  // namespace chainrule::test
