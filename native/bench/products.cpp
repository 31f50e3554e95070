// Times of the three products of a dense layer on one thread. Reads lines "batch inputs units" and answers each
// with the least microseconds of: forward (with bias), input gradient, weight gradient (written out, transposed
// delta included).
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "isa.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

class Buffer {
public:
    explicit Buffer(ptrdiff_t count) : data_(new (std::align_val_t{64}) float[static_cast<std::size_t>(count)]) {
        for (ptrdiff_t i = 0; i < count; ++i) data_[i] = static_cast<float>(i % 17 - 8) * 0.1f;
    }
    ~Buffer() { ::operator delete[](data_, std::align_val_t{64}); }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    float* get() const { return data_; }

private:
    float* data_;
};

template <class Function>
double least_microseconds(const Function& function) {
    double least = 1e30;
    for (int round = 0; round < 8; ++round) {
        const auto start = Clock::now();
        double seconds;
        int calls = 0;
        do {
            function();
            ++calls;
            seconds = std::chrono::duration<double>(Clock::now() - start).count();
        } while (seconds < 0.005);
        least = std::min(least, seconds / calls);
    }
    return least * 1e6;
}

void keep(const void* context, ptrdiff_t first, const float* gradient, ptrdiff_t count) {
    float* out = static_cast<float*>(const_cast<void*>(context)) + first;
    std::memcpy(out, gradient, static_cast<std::size_t>(count) * sizeof(float));
}

void measure(ptrdiff_t batch, ptrdiff_t inputs, ptrdiff_t units) {
    const KernelTable<float>& k = kernels<float>(isa());
    const ptrdiff_t lanes = k.lanes, panels = (batch + lanes - 1) / lanes;
    const auto stride = [&](ptrdiff_t features) { return (features | 1) * lanes; };
    const Buffer weights(inputs * units), bias(units), gradient(inputs * units);
    const Buffer x(panels * stride(inputs)), z(panels * stride(units)), dx(panels * stride(inputs));
    const Buffer rows((units + lanes) * panels * lanes);
    const Buffer scratch(k.product_scratch() + k.gradient_scratch(units));
    const GradientConsumer<float> consumer{keep, gradient.get()};
    double forward, backward, weight;
    if (batch == 1) {
        forward = least_microseconds(
            [&] { k.forward_one({weights.get(), bias.get(), inputs, units, x.get(), z.get()}, {0, units}); });
        backward = least_microseconds(
            [&] { k.backward_one({weights.get(), nullptr, inputs, units, z.get(), dx.get()}, {0, inputs}); });
        weight = least_microseconds(
            [&] { k.weight_gradient_one({x.get(), z.get(), units, consumer}, {0, inputs}, scratch.get()); });
    } else {
        forward = least_microseconds([&] {
            k.multiply({weights.get(),
                        1,
                        units,
                        bias.get(),
                        x.get(),
                        stride(inputs),
                        z.get(),
                        stride(units),
                        units,
                        inputs,
                        {}},
                       {0, panels}, {0, units}, scratch.get());
        });
        backward = least_microseconds([&] {
            k.multiply({weights.get(),
                        units,
                        1,
                        nullptr,
                        z.get(),
                        stride(units),
                        dx.get(),
                        stride(inputs),
                        inputs,
                        units,
                        {}},
                       {0, panels}, {0, inputs}, scratch.get());
        });
        weight = least_microseconds([&] {
            if (!k.is_narrow(units, panels))
                k.transpose_delta({z.get(), stride(units), rows.get(), units, panels}, {0, panels});
            k.weight_gradient(
                {x.get(), stride(inputs), z.get(), stride(units), rows.get(), units, panels, consumer}, {0, inputs},
                scratch.get());
        });
    }
    std::printf("%.4f %.4f %.4f\n", forward, backward, weight);
    std::fflush(stdout);
}

}  // namespace

int main() {
    long batch, inputs, units;
    while (std::scanf("%ld %ld %ld", &batch, &inputs, &units) == 3) measure(batch, inputs, units);
}
