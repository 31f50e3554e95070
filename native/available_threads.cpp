#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sched.h>
#endif

#include "team.hpp"

namespace chainrule {

namespace {

int affinity() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
#endif
    return static_cast<int>(std::thread::hardware_concurrency());
}

/// The processors that a quota and its period grant, rounded up; `limit` where there is no quota.
int granted(double quota, double period, int limit) {
    return quota > 0 && period > 0 ? std::min(limit, static_cast<int>(std::ceil(quota / period))) : limit;
}

int read_control_group() {
    int limit = std::numeric_limits<int>::max();
    const std::string root = "/sys/fs/cgroup";
    // Version 2: "quota period" or "max period", at every level from the process's own group to the root.
    std::ifstream groups("/proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        if (line.rfind("0::", 0) != 0) continue;
        for (std::string group = line.substr(3);; group.erase(group.rfind('/'))) {
            std::ifstream file(root + group + "/cpu.max");
            std::string quota;
            double period = 0;
            if (file >> quota >> period && quota != "max") limit = granted(std::atof(quota.c_str()), period, limit);
            if (group.empty() || group.rfind('/') == std::string::npos) break;
        }
    }
    // Version 1; a container sees its own group here.
    double quota = 0, period = 0;
    std::ifstream(root + "/cpu/cpu.cfs_quota_us") >> quota;
    std::ifstream(root + "/cpu/cpu.cfs_period_us") >> period;
    return granted(quota, period, limit);
}

/// The same, read again after a second: opening the files takes as long as many predictions.
int control_group() {
    using Clock = std::chrono::steady_clock;
    constexpr Clock::duration kKept = std::chrono::seconds(1);
    static std::atomic<Clock::rep> until{0};
    static std::atomic<int> limit{0};
    const Clock::duration now = Clock::now().time_since_epoch();
    if (limit == 0 || now.count() >= until) {
        limit = read_control_group();
        until = (now + kKept).count();
    }
    return limit;
}

}  // namespace

int available_threads() {
    const int limit = std::max(1, std::min(control_group(), affinity()));
    for (const char* name : {"CHAINRULE_THREADS", "OMP_NUM_THREADS"}) {
        const char* value = std::getenv(name);
        if (!value) continue;
        char* end;
        const long wanted = std::strtol(value, &end, 10);  // of OpenMP's list "4,2" the first level counts
        if (end != value && wanted >= 1) return static_cast<int>(std::min<long>(wanted, limit));
    }
    return limit;
}

}  // namespace chainrule
