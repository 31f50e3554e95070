// Tests of the native engine, on every instruction set that this processor has. `--all` takes every case where the
// default takes a sample; `--emulated` leaves out forking, which emulators of other processors can't do with
// threads; `--plant-overflow` and `--plant-race` make one mistake each and nothing else, which a sanitizer must report.
#include <cstring>

#include "check.hpp"

int main(int count, char** arguments) {
    using namespace chainrule;
    using namespace chainrule::test;
    for (int i = 1; i < count; ++i) {
        all_cases = all_cases || std::strcmp(arguments[i], "--all") == 0;
        emulated = emulated || std::strcmp(arguments[i], "--emulated") == 0;
        if (std::strcmp(arguments[i], "--plant-overflow") == 0) return plant_overflow();
        if (std::strcmp(arguments[i], "--plant-race") == 0) return plant_race();
    }
    test_team();
    test_memory();
    test_pace();
    test_session();
    test_small_networks();
    test_predictor();
    for (const Isa& isa : isas()) {
        if (!isa.available()) {
            std::printf("%s: not on this processor\n", isa.name);
            continue;
        }
        const int before = failures;
        test_vector_math(isa.name);
        test_random(isa);
        test_panels(isa);
        test_embedding(isa);
        test_products(isa);
        test_single_example(isa);
        test_activations(isa);
        test_losses(isa);
        test_optimizers(isa);
        test_training(isa);
        std::printf("%s: %s\n", isa.name, failures == before ? "passed" : "FAILED");
    }
    std::printf("%d failures\n", failures);
    return failures != 0;
}
