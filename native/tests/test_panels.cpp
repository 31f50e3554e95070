// Rows of tables of every number type, order and stride into panels, and back.
#include "check.hpp"

namespace chainrule::test {
namespace {

template <class T, class Source>
void check(const Isa& isa, Number number, ptrdiff_t examples, ptrdiff_t features, bool by_columns, Random& random) {
    const KernelTable<T>& k = kernels<T>(isa);
    const ptrdiff_t rows = 50, size = sizeof(Source),
                    gap = random.below(4);  // a gap in bytes: rows are not aligned
    const ptrdiff_t row_stride = by_columns ? size : features * size + gap;
    const ptrdiff_t column_stride = by_columns ? rows * size : size;
    Array<char> table((rows - 1) * row_stride + (features - 1) * column_stride + size);
    const auto place = [&](ptrdiff_t row, ptrdiff_t f) {
        return table.get() + row * row_stride + f * column_stride;
    };
    for (ptrdiff_t row = 0; row < rows; ++row)
        for (ptrdiff_t f = 0; f < features; ++f) {
            const Source value = static_cast<Source>(100 * (random.number() + 1));
            __builtin_memcpy(place(row, f), &value, sizeof value);
        }
    Array<std::int64_t> order(examples);
    for (ptrdiff_t e = 0; e < examples; ++e) order[e] = random.below(rows);
    const bool shuffled = examples > rows || random.below(2);
    const ptrdiff_t panels = (examples + k.lanes - 1) / k.lanes, stride = (features + 1) * k.lanes;
    Array<T> panel(panels * stride);
    Array<T> back(examples * (features + 2));
    const GatherArguments<T> arguments{table.get(), row_stride, column_stride, shuffled ? order.get() : nullptr,
                                       examples,    features,   panel.get(),   stride};
    k.gather[static_cast<int>(number)](arguments, {0, panels});
    k.scatter({panel.get(), stride, back.get(), features + 2, examples, features}, {0, panels});
    for (ptrdiff_t e = 0; e < panels * k.lanes; ++e)
        for (ptrdiff_t f = 0; f < features; ++f) {
            const ptrdiff_t example = std::min(e, examples - 1);
            Source value;
            __builtin_memcpy(&value, place(shuffled ? order[example] : example, f), sizeof value);
            CHECK(panel[at(k.lanes, stride, f, e)] == static_cast<T>(value),
                  "%s: gather, number type %d, %td x %td", isa.name, static_cast<int>(number), examples, features);
            if (e < examples)
                CHECK(back[e * (features + 2) + f] == static_cast<T>(value), "%s: scatter of %td x %td", isa.name,
                      examples, features);
        }
}

template <class T>
void check_types(const Isa& isa) {
    Random random(21);
    for (const ptrdiff_t examples : {1, 2, 15, 16, 17, 40, 100})
        for (const ptrdiff_t features : {1, 3, 8, 16, 35})
            for (const bool by_columns : {false, true}) {
                check<T, float>(isa, Number::float32, examples, features, by_columns, random);
                check<T, double>(isa, Number::float64, examples, features, by_columns, random);
                check<T, std::int8_t>(isa, Number::int8, examples, features, by_columns, random);
                check<T, std::int16_t>(isa, Number::int16, examples, features, by_columns, random);
                check<T, std::int32_t>(isa, Number::int32, examples, features, by_columns, random);
                check<T, std::int64_t>(isa, Number::int64, examples, features, by_columns, random);
                check<T, std::uint8_t>(isa, Number::uint8, examples, features, by_columns, random);
                check<T, std::uint16_t>(isa, Number::uint16, examples, features, by_columns, random);
                check<T, std::uint32_t>(isa, Number::uint32, examples, features, by_columns, random);
                check<T, std::uint64_t>(isa, Number::uint64, examples, features, by_columns, random);
            }
}

}  // namespace

void test_panels(const Isa& isa) {
    check_types<float>(isa);
    check_types<double>(isa);
}

}  // namespace chainrule::test
