// Times the products of a dense layer, each on one thread. Reads lines "KIND INPUTS UNITS ROWS REPEAT", where KIND is
// forward, inputs (their gradient) or weights (their gradient), and answers each with the seconds of one product.
// benchmarks/matmul.py asks, and compares with NumPy's BLAS.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "isa.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

/// Numbers aligned to cache lines, at first noise.
class Buffer {
public:
    explicit Buffer(ptrdiff_t count)
        : values_(static_cast<float*>(::operator new(static_cast<std::size_t>(count) * sizeof(float), kAlignment))) {
        std::minstd_rand random(7);
        std::uniform_real_distribution<float> uniform(-1, 1);
        for (ptrdiff_t i = 0; i < count; ++i) values_[i] = uniform(random);
    }
    ~Buffer() { ::operator delete(values_, kAlignment); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    operator float*() const { return values_; }

private:
    static constexpr std::align_val_t kAlignment{64};
    float* values_;
};

void store_gradient(const void* context, ptrdiff_t first, const float* gradient, ptrdiff_t count) {
    float* out = *static_cast<float* const*>(context);
    std::memcpy(out + first, gradient, static_cast<std::size_t>(count) * sizeof(float));
}

/// A dense layer with its batch in panels, or one after the other where the batch is a single example.
class Layer {
public:
    Layer(const KernelTable<float>& kernels, ptrdiff_t inputs, ptrdiff_t units, ptrdiff_t rows)
        : k_(kernels), inputs_(inputs), units_(units), rows_(rows), single_(rows == 1), panels_((rows + k_.lanes - 1) / k_.lanes),
          weights_(inputs * units + k_.lanes), weights_gradient_(inputs * units + k_.lanes),
          x_(panels_ * stride(inputs)), x_gradient_(panels_ * stride(inputs)), y_(panels_ * stride(units)),
          y_gradient_(panels_ * stride(units)), delta_rows_((units + k_.lanes) * panels_ * k_.lanes),
          scratch_(std::max(k_.product_scratch(), k_.gradient_scratch(units))) {}

    void forward() {
        if (single_) return k_.forward_one({weights_, nullptr, inputs_, units_, x_, y_}, {0, units_});
        k_.multiply({weights_, 1, units_, nullptr, x_, stride(inputs_), y_, stride(units_), units_, inputs_, rows_,
                     {}},
                    {0, panels_}, {0, units_}, scratch_);
    }

    void gradient_of_inputs() {
        if (single_) return k_.backward_one({weights_, nullptr, inputs_, units_, y_gradient_, x_gradient_}, {0, inputs_});
        k_.multiply({weights_, units_, 1, nullptr, y_gradient_, stride(units_), x_gradient_, stride(inputs_), inputs_,
                     units_, rows_, {}},
                    {0, panels_}, {0, inputs_}, scratch_);
    }

    void gradient_of_weights() {
        float* out = weights_gradient_;
        const GradientConsumer<float> consumer{store_gradient, &out};
        if (single_) return k_.weight_gradient_one({x_, y_gradient_, units_, consumer}, {0, inputs_}, scratch_);
        if (!k_.is_narrow(units_, panels_))
            k_.transpose_delta({y_gradient_, stride(units_), delta_rows_, units_, panels_}, {0, panels_});
        k_.weight_gradient({x_, stride(inputs_), y_gradient_, stride(units_), delta_rows_, units_, rows_, consumer},
                           {0, inputs_}, scratch_);
    }

private:
    /// An odd number of vectors, as the engine's sessions have it.
    ptrdiff_t stride(ptrdiff_t features) const { return (features | 1) * k_.lanes; }

    const KernelTable<float>& k_;
    ptrdiff_t inputs_, units_, rows_;
    bool single_;
    ptrdiff_t panels_;
    Buffer weights_, weights_gradient_, x_, x_gradient_, y_, y_gradient_, delta_rows_, scratch_;
};

double seconds(Layer& layer, const std::string& kind, long repeat) {
    void (Layer::*product)() = kind == "forward"  ? &Layer::forward
                               : kind == "inputs" ? &Layer::gradient_of_inputs
                                                  : &Layer::gradient_of_weights;
    (layer.*product)();
    const auto start = Clock::now();
    for (long i = 0; i < repeat; ++i) (layer.*product)();
    return std::chrono::duration<double>(Clock::now() - start).count() / static_cast<double>(repeat);
}

}  // namespace

int main() {
    std::printf("%s\n", isa().name);
    std::fflush(stdout);
    std::string kind;
    for (long inputs, units, rows, repeat; std::cin >> kind >> inputs >> units >> rows >> repeat;) {
        Layer layer(kernels<float>(isa()), inputs, units, rows);
        std::printf("%.9g\n", seconds(layer, kind, repeat));
        std::fflush(stdout);
    }
}
