// Nanoseconds per element, on one thread, of what goes with the products: activations, losses, optimisers, dropout
// masks and moving a batch into panels.
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "isa.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

template <class Function>
void measure(const std::string& name, ptrdiff_t elements, const Function& function) {
    double least = 1e30;
    for (int round = 0; round < 10; ++round) {
        const auto start = Clock::now();
        constexpr int calls = 20;
        for (int i = 0; i < calls; ++i) function();
        least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count() / calls);
    }
    std::printf("%-28s %7.3f ns/element\n", name.c_str(), least * 1e9 / static_cast<double>(elements));
}

}  // namespace

int main() {
    const KernelTable<float>& k = kernels<float>(isa());
    const ptrdiff_t lanes = k.lanes, features = 64, panels = 8, stride = features * lanes, count = panels * stride;
    std::vector<float> x(static_cast<std::size_t>(count)), y(x), gradient(x), slots[3] = {x, x, x};
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 41) * 0.1f - 2;
    std::vector<std::int32_t> labels(static_cast<std::size_t>(panels * lanes), 1);
    std::vector<float> weights(labels.size(), 1), values(labels.size());
    std::printf("%s, %td elements\n", isa().name, count);

    const char* activations[] = {"linear", "sigmoid",   "tanh", "relu", "leaky_relu", "elu",         "selu",
                                 "gelu",   "gelu_tanh", "silu", "mish", "softplus",   "hard_sigmoid", "exponential"};
    for (int i = 0; i < kCount<Activation>; ++i) {
        const ActivationBuffers<float> buffers{x.data(), y.data(), gradient.data(), 0.1f};
        measure(activations[i], count, [&] { k.activations[i].forward(&buffers, 0, count); });
        measure(std::string(activations[i]) + " gradient", count,
                [&] { k.activations[i].backward(&buffers, 0, count); });
    }
    for (const auto& [loss, name] : {std::pair{Loss::mean_squared_error, "mean squared error"},
                                     {Loss::binary_cross_entropy_logits, "binary cross-entropy"},
                                     {Loss::sparse_cross_entropy_logits, "sparse cross-entropy"}})
        measure(name, count, [&] {
            k.losses[static_cast<int>(loss)]({x.data(), x.data(), labels.data(), weights.data(), gradient.data(),
                                              values.data(), stride, features, 0},
                                             {0, panels});
        });
    const char* optimizers[] = {"sgd",
                                "momentum",
                                "nesterov",
                                "adam",
                                "amsgrad",
                                "adadelta",
                                "adagrad",
                                "rmsprop",
                                "rmsprop momentum",
                                "rmsprop centred",
                                "rmsprop momentum centred"};
    OptimizerParameters<float> parameters;
    parameters.rate = parameters.epsilon = 1e-7f;
    for (int i = 0; i < kCount<Optimizer>; ++i) {
        const OptimizerBuffers<float> buffers{
            y.data(), {slots[0].data(), slots[1].data(), slots[2].data()}, &parameters};
        measure(optimizers[i], count, [&] { k.optimizers[i].update(&buffers, 0, x.data(), count); });
    }
    measure("dropout mask", count,
            [&] { k.dropout_mask({1, 2, 3, 1 << 15, 2, y.data(), stride, features}, {0, panels}); });
    measure("gather float32", count, [&] {
        k.gather[static_cast<int>(Number::float32)](
            {x.data(), features * 4, 4, nullptr, panels * lanes, features, y.data(), stride}, {0, panels});
    });
    measure("gather uint8", count, [&] {
        k.gather[static_cast<int>(Number::uint8)](
            {x.data(), features, 1, nullptr, panels * lanes, features, y.data(), stride}, {0, panels});
    });
    measure("scatter", count,
            [&] { k.scatter({x.data(), stride, y.data(), features, panels * lanes, features}, {0, panels}); });
}
