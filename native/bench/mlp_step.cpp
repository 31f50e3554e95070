// Microseconds per training step of the six networks of the benchmark table, or of those named.
// Usage: mlp_step [least threads [most threads [20-64-64-2,32 ...]]]
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

#include "network.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

struct Line {
    std::string widths;  // 20-64-64-2
    int batch;
};

void measure(const Line& line, int threads) {
    std::vector<int> widths;
    std::stringstream text(line.widths);
    for (std::string width; std::getline(text, width, '-');) widths.push_back(std::stoi(width));
    Network<float> network(isa(), widths, line.batch, threads);
    const double work = network.work();
    const int steps = std::clamp(static_cast<int>(2e9 / work), 1, 20000);
    double loss = network.run(steps), best = HUGE_VAL;
    for (int round = 0; round < 7; ++round) {
        const auto start = Clock::now();
        loss = network.run(steps);
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count() / steps);
    }
    std::printf("%-18s %4d  threads %d  %10.2f us/step  %7.1f GFLOP/s  loss %.4f\n", line.widths.c_str(),
                line.batch, threads, best * 1e6, work / best * 1e-9, loss);
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<Line> lines{{"2-8-2", 1},          {"2-8-2", 32},           {"20-64-64-2", 32},
                            {"54-256-256-7", 256}, {"784-512-512-10", 128}, {"784-2048-2048-10", 512}};
    const auto argument = [&](int i, int otherwise) { return count > i ? std::atoi(arguments[i]) : otherwise; };
    const int least = argument(1, 1), most = argument(2, std::max(least, std::min(2, available_threads())));
    if (count > 3) lines.clear();
    for (int i = 3; i < count; ++i) {
        const std::string text = arguments[i];
        const std::size_t comma = text.find(',');
        lines.push_back({text.substr(0, comma), std::atoi(text.c_str() + comma + 1)});
    }
    std::printf("%s\n", isa().name);
    for (const Line& line : lines)
        for (int threads = least; threads <= most; ++threads) measure(line, threads);
}
