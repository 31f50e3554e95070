// Mistakes on purpose, each made as a kernel or a team would make it: they show that the sanitizers' jobs can fail.
#include "check.hpp"
#include "team.hpp"

namespace chainrule::test {

/// Let a kernel write one example beyond the end of its rows.
int plant_overflow() {
    const KernelTable<float>& k = kernels<float>(isa());
    const Array<float> panel(3 * k.lanes), rows(3 * (k.lanes - 1));  // room for one example less than are written
    k.scatter({panel.get(), 3 * k.lanes, rows.get(), 3, k.lanes, 3}, {0, 1});
    return 0;
}

/// Let all threads of a team write to one number, with no barrier between them.
int plant_race() {
    int shared = 0;
    run_on_team(2, [&](Member&) {
        for (int i = 0; i < 1000; ++i) ++shared;
    });
    std::printf("counted to %d\n", shared);
    return 0;
}

}  // namespace chainrule::test
