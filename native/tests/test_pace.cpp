// The choice between two ways to make steps: every step is made once, in order, whichever way leaves when it likes.
#include "check.hpp"
#include "pace.hpp"

namespace chainrule::test {

void test_pace() {
    Random random(7);
    for (const Ways wanted : {Ways::by_pace, Ways::usual, Ways::quick}) {
        ways = wanted;
        Pace pace;
        std::ptrdiff_t next = 0, usual_steps = 0, quick_steps = 0;
        const auto usual = [&](std::ptrdiff_t start, std::ptrdiff_t stop) {
            CHECK(start == next && stop >= start, "usual from %td, not %td", start, next);
            usual_steps += stop - start;
            return next = stop;
        };
        const auto quick = [&](std::ptrdiff_t start, std::ptrdiff_t stop, const auto& late) {
            CHECK(start == next && stop > start, "quick from %td, not %td", start, next);
            const std::ptrdiff_t most = random.below(100);  // then a step that only `usual` can make
            std::ptrdiff_t made = 0;
            while (made < most && start + made < stop && !late(made)) ++made;
            quick_steps += made;
            return next = start + made;
        };
        for (int run = 0; run < 200; ++run) {
            const std::ptrdiff_t start = next, stop = start + random.below(1000);
            pace.run(start, stop, usual, quick);
            CHECK(next == stop, "steps until %td, not %td", next, stop);
        }
        CHECK(usual_steps + quick_steps == next, "%td + %td of %td steps", usual_steps, quick_steps, next);
        CHECK((quick_steps > 0) == (wanted == Ways::quick) || wanted == Ways::by_pace, "%td quick steps", quick_steps);
        // A run that is over in the usual way asks for no more.
        int calls = 0;
        const auto over = [&](std::ptrdiff_t start, std::ptrdiff_t) { return ++calls, start; };
        Pace().run(0, 1000, over, [](std::ptrdiff_t start, std::ptrdiff_t, const auto&) { return start; });
        CHECK(calls == 1, "%d calls", calls);
    }
    ways = Ways::by_pace;
}

}  // namespace chainrule::test
