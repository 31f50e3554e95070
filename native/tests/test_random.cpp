// Philox against numbers drawn with NumPy 2.4, and dropout masks and noise against the bits they are made from.
#include <algorithm>
#include <vector>

#include "check.hpp"

namespace chainrule::test {
namespace {

// numpy.random.Philox(key=[seed, layer], counter=[0, step, 0, 0]).random_raw(8).view("uint16")
struct KnownAnswer {
    std::uint64_t seed, layer, step, words[8];
};
const KnownAnswer kKnownAnswers[] = {
    {0,
     0,
     0,
     {0x02f4ba6408e4d89b, 0x3dd62b0b9ca8c5b2, 0x1c8667a55d902e79, 0x907d7a052fd5b4dc, 0x809bf322883987c3,
      0x471128b9e807f7dd, 0xf250ba0dbec065b7, 0xfc6ed66767a457bc}},
    {12345678901234567890u,
     3,
     7,
     {0xe8485456a76dfd27, 0x494306c6549b0489, 0x918ddfa67d06c1c2, 0xfebd30c32cf81891, 0x30e185b9d16ada4d,
      0xa94e0e2f583e9f7c, 0x42fe9f88e2a1961c, 0xaf08e63dd8e0d3ea}},
};

/// dropped(e): whether the mask of a layer drops element e, for a threshold.
template <class T>
void test_mask(const Isa& isa, ptrdiff_t batch, ptrdiff_t units, const KnownAnswer& known,
               std::uint32_t threshold) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ptrdiff_t panels = (batch + k.lanes - 1) / k.lanes, stride = units * k.lanes;
    Array<T> mask(panels * stride), again(panels * stride);
    const DropoutMask<T> arguments{known.seed, known.step, known.layer, threshold,
                                   T(1.25),    mask.get(), stride,      units};
    k.dropout_mask(arguments, {0, panels});
    for (ptrdiff_t e = 0; e < batch; ++e)
        for (ptrdiff_t n = 0; n < units && e * units + n < 32; ++n) {
            const ptrdiff_t element = e * units + n;
            const std::uint64_t drawn = known.words[element / 4] >> (16 * (element % 4)) & 0xffff;
            const T want = drawn < threshold ? T(0) : T(1.25);
            CHECK(mask[at(k.lanes, stride, n, e)] == want, "%s: mask of %td units, element %td", isa.name, units,
                  element);
        }
    DropoutMask<T> parts = arguments;
    parts.out = again.get();
    for (ptrdiff_t panel = panels; panel-- > 0;) k.dropout_mask(parts, {panel, panel + 1});
    CHECK(mask.same_bits(again), "%s: a mask of %td units depends on the cut", isa.name, units);
}

/// noise(e) = in + deviation * quantiles[word e]; the table here is the word itself, so that every word shows.
template <class T>
void test_noise(const Isa& isa, ptrdiff_t batch, ptrdiff_t units, const KnownAnswer& known) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ptrdiff_t panels = (batch + k.lanes - 1) / k.lanes, stride = units * k.lanes;
    std::vector<T> quantiles(65536);
    for (std::size_t i = 0; i < quantiles.size(); ++i) quantiles[i] = static_cast<T>(i);
    Array<T> in(panels * stride), out(panels * stride);
    for (ptrdiff_t i = 0; i < panels * stride; ++i) in[i] = T(0.5);
    k.gaussian_noise({known.seed, known.step, known.layer, T(2), quantiles.data(), in.get(), out.get(), stride, units},
                     {0, panels});
    for (ptrdiff_t e = 0; e < batch; ++e)
        for (ptrdiff_t n = 0; n < units && e * units + n < 32; ++n) {
            const ptrdiff_t element = e * units + n;
            const std::uint64_t drawn = known.words[element / 4] >> (16 * (element % 4)) & 0xffff;
            CHECK(out[at(k.lanes, stride, n, e)] == T(0.5) + T(2) * static_cast<T>(drawn),
                  "%s: noise of %td units, element %td", isa.name, units, element);
        }
}

/// The share dropped of a large mask, and that wide layers, whose rows are drawn apart, see the same stream.
template <class T>
void test_stream(const Isa& isa) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ptrdiff_t wide = 600, batch = 2 * k.lanes, narrow = 6;  // 600 units of 32 = 6 units of 3200 examples
    const ptrdiff_t many = batch * wide / narrow, panels = (many + k.lanes - 1) / k.lanes;
    Array<T> a(batch * wide), b(panels * k.lanes * narrow);
    k.dropout_mask({5, 6, 7, 1 << 14, T(1), a.get(), wide * k.lanes, wide}, {0, 2});
    k.dropout_mask({5, 6, 7, 1 << 14, T(1), b.get(), narrow * k.lanes, narrow}, {0, panels});
    ptrdiff_t dropped = 0, different = 0;
    for (ptrdiff_t i = 0; i < batch * wide; ++i) {
        const T one = a[at(k.lanes, wide * k.lanes, i % wide, i / wide)];
        const T other = b[at(k.lanes, narrow * k.lanes, i % narrow, i / narrow)];
        different += one != other;
        dropped += one == 0;
    }
    CHECK(different == 0, "%s: %td elements differ", isa.name, different);
    const double share = static_cast<double>(dropped) / static_cast<double>(batch * wide);
    CHECK(std::fabs(share - 0.25) < 0.03, "%s: a share of %.3f dropped", isa.name, share);
}

}  // namespace

void test_random(const Isa& isa) {
    for (const KnownAnswer& known : kKnownAnswers)
        for (const ptrdiff_t units : {1, 2, 3, 5, 8, 16, 31, 40}) {
            for (const std::uint32_t threshold : {0u, 1u, 20000u, 32768u, 65535u, 65536u}) {
                test_mask<float>(isa, 33, units, known, threshold);
                test_mask<double>(isa, 33, units, known, threshold);
            }
            test_noise<float>(isa, 33, units, known);
            test_noise<double>(isa, 33, units, known);
        }
    test_stream<float>(isa);
    test_stream<double>(isa);
}

}  // namespace chainrule::test
