// The products of a layer against sums in long double, over all small sizes, and the independence of their bits
// from the way the work is cut.
#include <array>

#include "check.hpp"

namespace chainrule::test {
namespace {

template <class T>
struct Sink {
    T* gradient;
    int calls = 0;
    static void keep(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count) {
        const auto& sink = *static_cast<const Sink*>(context);
        for (ptrdiff_t i = 0; i < count; ++i) sink.gradient[first + i] = gradient[i];
    }
};

struct Doubling {  // an epilogue: everything it is shown, it doubles
    template <class T>
    static void apply(const void* context, ptrdiff_t offset, ptrdiff_t count) {
        T* out = static_cast<T*>(const_cast<void*>(context));
        for (ptrdiff_t i = 0; i < count; ++i) out[offset + i] *= 2;
    }
};

template <class T>
class Layer {
public:
    Layer(const Isa& isa, ptrdiff_t batch, ptrdiff_t inputs, ptrdiff_t units, Random& random)
        : k_(kernels<T>(isa)),
          name_(std::string(isa.name) + (sizeof(T) == 4 ? " float " : " double ") + std::to_string(batch) + " x " +
                std::to_string(inputs) + " x " + std::to_string(units)),
          batch_(batch),
          inputs_(inputs),
          units_(units),
          lanes_(k_.lanes),
          panels_((batch + lanes_ - 1) / lanes_),
          // Panels may stand apart; the last needs no gap after it.
          input_stride_((inputs + random.below(3)) * lanes_),
          unit_stride_((units + random.below(3)) * lanes_),
          weights_(inputs * units, random),
          bias_(units, random),
          input_((panels_ - 1) * input_stride_ + inputs * lanes_, random),
          delta_((panels_ - 1) * unit_stride_ + units * lanes_, random) {
        for (ptrdiff_t e = batch; e < panels_ * lanes_; ++e) {  // what a session has in them
            for (ptrdiff_t k = 0; k < inputs; ++k) input_[at(lanes_, input_stride_, k, e)] = x(k, batch - 1);
            for (ptrdiff_t n = 0; n < units; ++n) delta_[at(lanes_, unit_stride_, n, e)] = 0;
        }
    }

    void check(Random& random) const {
        const Array<T> output = forward({{0, panels_}}, {{0, units_}});
        for (ptrdiff_t e = 0; e < batch_; ++e)
            for (ptrdiff_t n = 0; n < units_; ++n) {
                long double sum = bias_[n], size = std::fabs(bias_[n]);
                for (ptrdiff_t k = 0; k < inputs_; ++k) {
                    const long double term = static_cast<long double>(weights_[k * units_ + n]) * x(k, e);
                    sum += term;
                    size += std::fabs(term);
                }
                near(output[at(lanes_, unit_stride_, n, e)], 2 * sum, 2 * size, inputs_, "forward");
            }
        for (ptrdiff_t e = batch_; e < panels_ * lanes_; ++e)  // lanes that fill the last panel stay as finite
            for (ptrdiff_t n = 0; n < units_; ++n)
                CHECK(output[at(lanes_, unit_stride_, n, e)] == output[at(lanes_, unit_stride_, n, batch_ - 1)],
                      "%s forward: lane %td of unit %td is no copy", name_.c_str(), e, n);
        const Array<T> back = backward({{0, panels_}}, {{0, inputs_}});
        for (ptrdiff_t e = 0; e < batch_; ++e)
            for (ptrdiff_t k = 0; k < inputs_; ++k) {
                long double sum = 0, size = 0;
                for (ptrdiff_t n = 0; n < units_; ++n) {
                    const long double term = static_cast<long double>(weights_[k * units_ + n]) * d(n, e);
                    sum += term;
                    size += std::fabs(term);
                }
                near(back[at(lanes_, input_stride_, k, e)], sum, size, units_, "backward");
            }
        for (ptrdiff_t e = batch_; e < panels_ * lanes_; ++e)  // and add nothing to any gradient
            for (ptrdiff_t k = 0; k < inputs_; ++k)
                CHECK(back[at(lanes_, input_stride_, k, e)] == 0, "%s backward: lane %td of input %td is not 0",
                      name_.c_str(), e, k);
        const Array<T> gradient = weight_gradient({{0, inputs_}});
        for (ptrdiff_t k = 0; k < inputs_; ++k)
            for (ptrdiff_t n = 0; n < units_; ++n) {
                long double sum = 0, size = 0;
                for (ptrdiff_t e = 0; e < batch_; ++e) {
                    sum += static_cast<long double>(x(k, e)) * d(n, e);
                    size += std::fabs(static_cast<long double>(x(k, e)) * d(n, e));
                }
                near(gradient[k * units_ + n], sum, size, batch_, "weight gradient");
            }
        const auto panels = cut(panels_, random), units = cut(units_, random), inputs = cut(inputs_, random);
        CHECK(forward(panels, units).same_bits(output), "%s: forward depends on the cut", name_.c_str());
        CHECK(backward(panels, inputs).same_bits(back), "%s: backward depends on the cut", name_.c_str());
        CHECK(weight_gradient(inputs).same_bits(gradient), "%s: weight gradient depends on the cut", name_.c_str());
    }

private:
    using Ranges = std::vector<Range>;

    static Ranges cut(ptrdiff_t count, Random& random) {
        const ptrdiff_t middle = random.below(count + 1);
        return {{0, middle}, {middle, count}};
    }
    T x(ptrdiff_t k, ptrdiff_t e) const { return input_[at(lanes_, input_stride_, k, e)]; }
    T d(ptrdiff_t n, ptrdiff_t e) const { return delta_[at(lanes_, unit_stride_, n, e)]; }

    void near(T got, long double want, long double size, ptrdiff_t terms, const char* what) const {
        const long double tolerance =
            size * static_cast<long double>(terms + 2) * std::numeric_limits<T>::epsilon();
        CHECK(std::fabs(got - want) <= tolerance, "%s %s: got %.9g, expected %.9Lg", name_.c_str(), what,
              double(got), want);
    }

    Array<T> forward(const Ranges& panels, const Ranges& units) const {
        Array<T> out(delta_.size()), scratch(k_.product_scratch());
        const PanelProduct<T> product{weights_.get(),
                                      1,
                                      units_,
                                      bias_.get(),
                                      input_.get(),
                                      input_stride_,
                                      out.get(),
                                      unit_stride_,
                                      units_,
                                      inputs_,
                                      batch_,
                                      {Doubling::apply<T>, out.get()}};
        for (const Range p : panels)
            for (const Range u : units) k_.multiply(product, p, u, scratch.get());
        return out;
    }
    Array<T> backward(const Ranges& panels, const Ranges& inputs) const {
        Array<T> out(input_.size()), scratch(k_.product_scratch());
        const PanelProduct<T> product{weights_.get(), units_,       1,         nullptr,
                                      delta_.get(),   unit_stride_, out.get(), input_stride_,
                                      inputs_,        units_,       batch_,    {}};
        for (const Range p : panels)
            for (const Range i : inputs) k_.multiply(product, p, i, scratch.get());
        return out;
    }
    Array<T> weight_gradient(const Ranges& inputs) const {
        Array<T> out(inputs_ * units_), scratch(k_.gradient_scratch(units_));
        Array<T> rows((units_ + lanes_ - 1) / lanes_ * lanes_ * panels_ * lanes_);
        k_.transpose_delta({delta_.get(), unit_stride_, rows.get(), units_, panels_}, {0, panels_});
        const Sink<T> sink{out.get()};
        const WeightGradient<T> product{input_.get(), input_stride_, delta_.get(), unit_stride_,
                                        rows.get(),   units_,        batch_,       {Sink<T>::keep, &sink}};
        for (const Range i : inputs) k_.weight_gradient(product, i, scratch.get());
        return out;
    }
    const KernelTable<T>& k_;
    std::string name_;
    ptrdiff_t batch_, inputs_, units_, lanes_, panels_, input_stride_, unit_stride_;
    Array<T> weights_, bias_, input_, delta_;
};

template <class T>
void test_sizes(const Isa& isa) {
    Random random(3);
    const ptrdiff_t small = 40;
    if (all_cases) {
        for (ptrdiff_t b = 1; b <= small; ++b)
            for (ptrdiff_t k = 1; k <= small; ++k)
                for (ptrdiff_t n = 1; n <= small; ++n) Layer<T>(isa, b, k, n, random).check(random);
    } else {
        for (int i = 0; i < 400; ++i)
            Layer<T>(isa, 1 + random.below(small), 1 + random.below(small), 1 + random.below(small), random)
                .check(random);
    }
    for (ptrdiff_t b = 1; b < 20; ++b) {  // every number of examples in the last panel, where few of them have their own way
        Layer<T>(isa, b, 40, 600, random).check(random);
        Layer<T>(isa, b, 90, 101, random).check(random);
    }
    // Beyond the limits of a block: in depth, in examples, in columns of the gradient, packed and not.
    for (const auto& [b, k, n] : std::vector<std::array<ptrdiff_t, 3>>{{70, 530, 150},
                                                                       {33, 5, 1030},
                                                                       {700, 9, 21},
                                                                       {1100, 3, 20},
                                                                       {530, 17, 3},
                                                                       {48, 1025, 130},
                                                                       {90, 2, 530},
                                                                       {3, 40, 7000}})
        Layer<T>(isa, b, k, n, random).check(random);
}

}  // namespace

void test_products(const Isa& isa) {
    test_sizes<float>(isa);
    test_sizes<double>(isa);
}

}  // namespace chainrule::test
