// Which instruction set the kernels use: the best that the processor has, or the one that CHAINRULE_ISA names.
#pragma once

#include "kernel_table.hpp"

namespace chainrule {

struct Isa {
    const char* name;  // as in CHAINRULE_ISA: baseline, avx2, avx512 on x86-64, neon on ARM
    bool (*available)();
    const KernelTable<float>* float_kernels;
    const KernelTable<double>* double_kernels;
};

/// Those this library was built with, the best last.
struct IsaList {
    const Isa* begin_;
    const Isa* end_;
    const Isa* begin() const { return begin_; }
    const Isa* end() const { return end_; }
};
IsaList isas();

/// The one in use, chosen at the first call. Throws std::runtime_error if CHAINRULE_ISA names one that is unknown,
/// or that this processor lacks.
const Isa& isa();

template <class T>
const KernelTable<T>& kernels(const Isa& isa);
template <>
inline const KernelTable<float>& kernels(const Isa& isa) {
    return *isa.float_kernels;
}
template <>
inline const KernelTable<double>& kernels(const Isa& isa) {
    return *isa.double_kernels;
}

}  // namespace chainrule
