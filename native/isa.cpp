#include "isa.hpp"

#include <cstdlib>
#include <iterator>
#include <stdexcept>
#include <string>

namespace chainrule {

#define CHAINRULE_DECLARE(name)                      \
    namespace name {                                 \
    extern const KernelTable<float> kFloatKernels;   \
    extern const KernelTable<double> kDoubleKernels; \
    }

#if defined(__x86_64__)
CHAINRULE_DECLARE(baseline)
CHAINRULE_DECLARE(avx2)
CHAINRULE_DECLARE(avx512)
#elif defined(__aarch64__)
CHAINRULE_DECLARE(neon)
#else
#error "the native engine knows x86-64 and 64-bit ARM"
#endif

namespace {

#if defined(__x86_64__)
// __builtin_cpu_supports also asks whether the operating system saves the wide registers.
bool has_baseline() { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"); }
bool has_avx2() {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}
bool has_avx512() {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512cd");
}
const Isa kIsas[] = {
    {"baseline", has_baseline, &baseline::kFloatKernels, &baseline::kDoubleKernels},
    {"avx2", has_avx2, &avx2::kFloatKernels, &avx2::kDoubleKernels},
    {"avx512", has_avx512, &avx512::kFloatKernels, &avx512::kDoubleKernels},
};
#else
const Isa kIsas[] = {{"neon", [] { return true; }, &neon::kFloatKernels, &neon::kDoubleKernels}};
#endif

const Isa& choose() {
    const char* wanted = std::getenv("CHAINRULE_ISA");
    const Isa* best = nullptr;
    std::string usable;
    for (const Isa& isa : kIsas) {
        if (!isa.available()) continue;
        best = &isa;
        usable += usable.empty() ? isa.name : std::string(", ") + isa.name;
        if (wanted && std::string(wanted) == isa.name) return isa;
    }
    if (wanted && *wanted)
        throw std::runtime_error("CHAINRULE_ISA=" + std::string(wanted) +
                                 " can't be used: this build and processor have " +
                                 (usable.empty() ? "none" : usable));
    if (!best) throw std::runtime_error("the native engine needs a processor of level x86-64-v2 (SSE4.2)");
    return *best;
}

}  // namespace

IsaList isas() { return {std::begin(kIsas), std::end(kIsas)}; }

const Isa& isa() {
    static const Isa& chosen = choose();
    return chosen;
}

}  // namespace chainrule
