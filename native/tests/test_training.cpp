// Training with the kernels together: the loss falls, and the weights have the same bits on any number of threads.
#include "bench/network.hpp"
#include "check.hpp"

namespace chainrule::test {
namespace {

template <class T>
void check(const Isa& isa, const std::vector<int>& widths, int batch, int steps) {
    Network<T> alone(isa, widths, batch, 1);
    const double first = alone.run(1), last = alone.run(steps);
    CHECK(last < 0.9 * first, "%s: loss from %g to %g", isa.name, first, last);
    for (const int threads : {2, 3, 4}) {
        Network<T> shared(isa, widths, batch, threads);
        shared.run(1);
        shared.run(steps);
        const std::size_t bytes = static_cast<std::size_t>(alone.parameters()) * sizeof(T);
        CHECK(__builtin_memcmp(alone.weights(), shared.weights(), bytes) == 0, "%s: %d threads change the weights",
              isa.name, threads);
    }
}

}  // namespace

void test_training(const Isa& isa) {
    check<float>(isa, {2, 8, 2}, 1, 100);
    check<float>(isa, {2, 8, 2}, 32, 100);
    check<float>(isa, {20, 64, 64, 2}, 33, 50);
    check<float>(isa, {54, 70, 20, 7}, 200, 20);
    check<double>(isa, {20, 64, 64, 11}, 33, 50);
    check<double>(isa, {5, 3, 1, 4}, 70, 200);
}

}  // namespace chainrule::test
