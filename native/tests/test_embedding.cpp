// Embeddings: rows in place of codes, and the gradient of rows, to the bits of the naive sums; nothing beyond the
// table is touched, and codes of no category are answered with NaN.
#include "check.hpp"

namespace chainrule::test {
namespace {

template <class T>
void check(const Isa& isa, ptrdiff_t categories, ptrdiff_t dimension, ptrdiff_t positions, Random& random) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ptrdiff_t panels = 5, examples = panels * k.lanes, beside = 2;  // features that are not its own
    const ptrdiff_t code_stride = (positions + beside) * k.lanes;
    const ptrdiff_t stride = (positions * dimension + beside) * k.lanes;
    const Array<T> table(categories * dimension, random), delta(panels * stride, random);
    Array<T> codes(panels * code_stride), out(panels * stride), gradient(categories * dimension);
    for (ptrdiff_t i = 0; i < codes.size(); ++i) codes[i] = static_cast<T>(random.below(categories));
    codes[at(k.lanes, code_stride, 0, examples - 1)] = static_cast<T>(categories);
    codes[at(k.lanes, code_stride, positions - 1, 1)] = -1;
    const Embedding<T> p{table.get(),  dimension, positions, codes.get(),    code_stride, out.get(),
                         delta.get(), stride,    panels,    gradient.get(), categories};
    k.embed(p, {0, 3});
    k.embed(p, {3, panels});
    for (ptrdiff_t rows = 0, share = 0; rows < categories; rows += share) {  // as threads share them out
        share = std::min(categories - rows, 1 + random.below(categories));
        k.embedding_gradient(p, {rows, rows + share});
    }
    Array<T> wanted(categories * dimension);
    for (ptrdiff_t e = 0; e < examples; e += k.lanes)
        for (ptrdiff_t j = 0; j < positions; ++j)
            for (ptrdiff_t i = e; i < e + k.lanes; ++i) {
                const T code = codes[at(k.lanes, code_stride, j, i)];
                const bool known = code >= 0 && code < static_cast<T>(categories);
                const ptrdiff_t row = known ? static_cast<ptrdiff_t>(code) * dimension : 0;
                for (ptrdiff_t d = 0; d < dimension; ++d) {
                    const ptrdiff_t place = at(k.lanes, stride, j * dimension + d, i);
                    CHECK(known ? out[place] == table[row + d] : std::isnan(out[place]), "%s: code %g of %td x %td",
                          isa.name, static_cast<double>(code), categories, dimension);
                    if (known) wanted[row + d] += delta[place];
                }
            }
    CHECK(gradient.same_bits(wanted), "%s: gradient of %td x %td, %td positions", isa.name, categories, dimension,
          positions);
    for (ptrdiff_t i = 0; i < examples * beside; ++i)
        CHECK(out[at(k.lanes, stride, positions * dimension + i % beside, i / beside)] == 0,
              "%s: %td x %td writes beside its features", isa.name, categories, dimension);
}

}  // namespace

void test_embedding(const Isa& isa) {
    Random random(17);
    for (const ptrdiff_t dimension : {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32, 37})
        for (const ptrdiff_t categories : {1, 2, 40})
            for (const ptrdiff_t positions : {1, 3}) {
                check<float>(isa, categories, dimension, positions, random);
                check<double>(isa, categories, dimension, positions, random);
            }
}

}  // namespace chainrule::test
