// The products for a batch of one, against sums in long double.
#include "check.hpp"

namespace chainrule::test {
namespace {

template <class T>
struct Keep {
    T* gradient;
    static void apply(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count) {
        T* out = static_cast<const Keep*>(context)->gradient + first;
        for (ptrdiff_t i = 0; i < count; ++i) out[i] = gradient[i];
    }
};

template <class T>
void check(const Isa& isa, ptrdiff_t inputs, ptrdiff_t units, Random& random) {
    const KernelTable<T>& k = kernels<T>(isa);
    const auto padded = [&](ptrdiff_t count) { return (count + k.lanes - 1) / k.lanes * k.lanes; };
    const Array<T> weights(inputs * units, random), bias(units, random);
    const Array<T> input(padded(inputs), random), delta(padded(units), random);
    const Array<T> output(padded(units)), back(padded(inputs)), gradient(inputs * units);
    const Array<T> scratch(k.gradient_scratch(units));
    k.forward_one({weights.get(), bias.get(), inputs, units, input.get(), output.get()}, {0, units});
    const ptrdiff_t middle = random.below(inputs + 1);
    for (const Range part : {Range{0, middle}, Range{middle, inputs}}) {
        k.backward_one({weights.get(), nullptr, inputs, units, delta.get(), back.get()}, part);
        const Keep<T> keep{gradient.get()};
        k.weight_gradient_one({input.get(), delta.get(), units, {Keep<T>::apply, &keep}}, part, scratch.get());
    }
    const long double epsilon = std::numeric_limits<T>::epsilon();
    for (ptrdiff_t n = 0; n < units; ++n) {
        long double sum = bias[n];
        for (ptrdiff_t i = 0; i < inputs; ++i) sum += static_cast<long double>(weights[i * units + n]) * input[i];
        CHECK(std::fabs(output[n] - sum) <= epsilon * static_cast<long double>(inputs + 2),
              "%s: forward of %td x %td, unit %td: %g, expected %Lg", isa.name, inputs, units, n, double(output[n]),
              sum);
    }
    for (ptrdiff_t i = 0; i < inputs; ++i) {
        long double sum = 0;
        for (ptrdiff_t n = 0; n < units; ++n) sum += static_cast<long double>(weights[i * units + n]) * delta[n];
        CHECK(std::fabs(back[i] - sum) <= epsilon * static_cast<long double>(units + 2),
              "%s: backward of %td x %td, input %td: %g, expected %Lg", isa.name, inputs, units, i, double(back[i]),
              sum);
        for (ptrdiff_t n = 0; n < units; ++n)
            CHECK(gradient[i * units + n] == input[i] * delta[n], "%s: gradient of %td x %td at %td, %td", isa.name,
                  inputs, units, i, n);
    }
}

}  // namespace

void test_single_example(const Isa& isa) {
    Random random(5);
    for (ptrdiff_t inputs = 1; inputs <= 40; ++inputs)
        for (ptrdiff_t units = 1; units <= 40; units += all_cases ? 1 : 3) {
            check<float>(isa, inputs, units, random);
            check<double>(isa, inputs, units, random);
        }
    for (const ptrdiff_t units : {100, 300, 1500}) {
        check<float>(isa, 70, units, random);
        check<double>(isa, 70, units, random);
    }
}

}  // namespace chainrule::test
