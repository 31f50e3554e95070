// Microseconds per training step of the six networks of the benchmark table.
// Usage: mlp_step [least threads] [most threads] [line of the table]
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "network.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

struct Line {
    const char* name;
    std::vector<int> widths;
    int batch;
};

void measure(const Line& line, int threads) {
    Network<float> network(isa(), line.widths, line.batch, threads);
    const double work = network.work();
    const int steps = std::clamp(static_cast<int>(2e9 / work), 1, 20000);
    double loss = network.run(steps), best = HUGE_VAL;
    for (int round = 0; round < 7; ++round) {
        const auto start = Clock::now();
        loss = network.run(steps);
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count() / steps);
    }
    std::printf("%-18s %4d  threads %d  %10.2f us/step  %7.1f GFLOP/s  loss %.4f\n", line.name, line.batch, threads,
                best * 1e6, work / best * 1e-9, loss);
}

}  // namespace

int main(int count, char** arguments) {
    const Line lines[] = {
        {"2-8-2", {2, 8, 2}, 1},
        {"2-8-2", {2, 8, 2}, 32},
        {"20-64-64-2", {20, 64, 64, 2}, 32},
        {"54-256-256-7", {54, 256, 256, 7}, 256},
        {"784-512-512-10", {784, 512, 512, 10}, 128},
        {"784-2048-2048-10", {784, 2048, 2048, 10}, 512},
    };
    const auto argument = [&](int i, int otherwise) { return count > i ? std::atoi(arguments[i]) : otherwise; };
    const int least = argument(1, 1), most = argument(2, std::max(least, std::min(2, available_threads())));
    const int only = argument(3, 0);
    std::printf("%s\n", isa().name);
    for (int threads = least; threads <= most; ++threads)
        for (int line = 1; line <= static_cast<int>(std::size(lines)); ++line)
            if (!only || line == only) measure(lines[line - 1], threads);
}
