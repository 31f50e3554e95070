// Microseconds per training step of the six networks of the benchmark table, wired by hand from the kernels: gather,
// forward with relu, softmax cross-entropy, backward, Adam. Usage: mlp_step [threads, least and most] [line of the table]
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <vector>

#include "isa.hpp"
#include "team.hpp"

namespace {

using namespace chainrule;
using Clock = std::chrono::steady_clock;

class Buffer {
public:
    explicit Buffer(ptrdiff_t count)
        : data_(static_cast<float*>(std::aligned_alloc(64, static_cast<std::size_t>((count * 4 + 63) / 64 * 64 + 64)))) {
        std::fill_n(data_.get(), count, 0.0f);
    }
    float* get() { return data_.get(); }

private:
    struct Free {
        void operator()(float* p) const { std::free(p); }
    };
    std::unique_ptr<float, Free> data_;
};

struct Layer {
    ptrdiff_t inputs, units;
    float *weights, *bias;  // in the one vector
    float *output, *gradient, *delta_rows;
    ActivationBuffers<float> activation;
    OptimizerBuffers<float> optimizer;       // of the weights; those of the bias follow
    OptimizerBuffers<float> bias_optimizer;
};

class Network {
public:
    Network(const std::vector<int>& widths, int batch, int threads)
        : k_(kernels<float>(isa())), threads_(threads), batch_(batch) {
        const ptrdiff_t lanes = k_.lanes;
        panels_ = (batch + lanes - 1) / lanes;
        ptrdiff_t parameters = 0;
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) parameters += (widths[i] + 1) * widths[i + 1];
        for (int i = 0; i < 3; ++i) vectors_.emplace_back(parameters);
        std::mt19937 random(7);
        std::normal_distribution<float> normal;
        float* at = vectors_[0].get();
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
            Layer layer{};
            layer.inputs = widths[i];
            layer.units = widths[i + 1];
            layer.weights = at;
            at += layer.inputs * layer.units;
            layer.bias = at;
            at += layer.units;
            for (float* w = layer.weights; w < layer.bias; ++w)
                *w = normal(random) * std::sqrt(2.0f / static_cast<float>(layer.inputs));
            layer.output = allocate(panels_ * stride(layer.units));
            layer.gradient = allocate(panels_ * stride(layer.units));
            layer.delta_rows = allocate((layer.units + lanes) * panels_ * lanes);
            layer.activation = {layer.output, layer.output, layer.gradient, 0};
            const ptrdiff_t first = layer.weights - vectors_[0].get();
            layer.optimizer = {layer.weights, {vectors_[1].get() + first, vectors_[2].get() + first}, &adam_};
            const ptrdiff_t bias = layer.bias - vectors_[0].get();
            layer.bias_optimizer = {layer.bias, {vectors_[1].get() + bias, vectors_[2].get() + bias}, &adam_};
            layers_.push_back(layer);
        }
        input_ = allocate(panels_ * stride(widths[0]));
        examples_ = std::max(2048, 4 * batch);
        table_ = allocate(examples_ * widths[0]);
        for (ptrdiff_t i = 0; i < examples_ * widths[0]; ++i) table_[i] = normal(random);
        rows_.resize(static_cast<std::size_t>(batch));
        for (auto& row : rows_) row = static_cast<std::int64_t>(random() % static_cast<unsigned>(examples_));
        labels_.resize(static_cast<std::size_t>(panels_ * lanes));
        for (auto& label : labels_) label = static_cast<std::int32_t>(random() % static_cast<unsigned>(widths.back()));
        example_weights_ = allocate(panels_ * lanes);
        std::fill_n(example_weights_, batch, 1.0f / static_cast<float>(batch));
        values_ = allocate(panels_ * lanes);
        for (int t = 0; t < threads; ++t) {
            ptrdiff_t size = k_.product_scratch();
            for (const Layer& layer : layers_)
                size = std::max({size, k_.gradient_scratch(layer.units), layer.units + lanes});
            scratch_.push_back(allocate(size));
        }
        adam_.beta_1 = 0.9f;
        adam_.beta_2 = 0.999f;
        adam_.epsilon = 1e-7f;
    }

    double run(int steps) {
        double loss = 0;
        run_on_team(threads_, [&](Member& member) {
            for (int i = 0; i < steps; ++i) step(member, i);
        });
        for (int e = 0; e < batch_; ++e) loss += values_[e];
        return loss / batch_;
    }

    double flops() const {
        double products = 0;
        for (std::size_t i = 0; i < layers_.size(); ++i)
            products += (i ? 6.0 : 4.0) * static_cast<double>(layers_[i].inputs * layers_[i].units);
        return products * batch_;
    }

private:
    ptrdiff_t stride(ptrdiff_t features) const { return (features | 1) * k_.lanes; }
    float* allocate(ptrdiff_t count) {
        buffers_.emplace_back(count);
        return buffers_.back().get();
    }

    void step(Member& member, int number) {
        float* scratch = scratch_[static_cast<std::size_t>(member.index())];
        const Range mine = share(panels_, member.index(), member.size());
        if (member.index() == 0) {
            const double t = step_ + number + 1;
            adam_.rate = static_cast<float>(0.001 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)));
        }
        GatherArguments<float> gather{table_, layers_[0].inputs * 4, 4, rows_.data(), batch_,
                                      layers_[0].inputs, input_, stride(layers_[0].inputs)};
        k_.gather[0](gather, mine);
        const auto& relu = k_.activations[static_cast<int>(Activation::relu)];
        const float* x = input_;
        for (Layer& layer : layers_) {
            PanelProduct<float> product{};
            product.left = layer.weights;
            product.left_row = 1;
            product.left_depth = layer.units;
            product.bias = layer.bias;
            product.right = x;
            product.right_stride = stride(layer.inputs);
            product.out = layer.output;
            product.out_stride = stride(layer.units);
            product.rows = layer.units;
            product.depth = layer.inputs;
            if (&layer != &layers_.back()) product.epilogue = {relu.forward, &layer.activation};
            k_.multiply(product, mine, {0, layer.units}, scratch);
            x = layer.output;
        }
        Layer& last = layers_.back();
        LossBuffers<float> loss{};
        loss.output = last.output;
        loss.labels = labels_.data();
        loss.weights = example_weights_;
        loss.gradient = last.gradient;
        loss.values = values_;
        loss.stride = stride(last.units);
        loss.features = last.units;
        k_.losses[static_cast<int>(Loss::sparse_cross_entropy_logits)](loss, mine);
        for (std::size_t i = layers_.size(); i-- > 0;) {
            Layer& layer = layers_[i];
            if (!k_.is_narrow(layer.units))
                k_.transpose_delta({layer.gradient, stride(layer.units), layer.delta_rows, layer.units, panels_}, mine);
            if (i == 0) break;
            Layer& below = layers_[i - 1];
            PanelProduct<float> product{};
            product.left = layer.weights;
            product.left_row = layer.units;
            product.left_depth = 1;
            product.right = layer.gradient;
            product.right_stride = stride(layer.units);
            product.out = below.gradient;
            product.out_stride = stride(layer.inputs);
            product.rows = layer.inputs;
            product.depth = layer.units;
            product.epilogue = {relu.backward, &below.activation};
            k_.multiply(product, mine, {0, layer.inputs}, scratch);
        }
        member.barrier();
        const auto update = k_.optimizers[static_cast<int>(Optimizer::adam)].update;
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            Layer& layer = layers_[i];
            WeightGradient<float> gradient{};
            gradient.input = i ? layers_[i - 1].output : input_;
            gradient.input_stride = stride(layer.inputs);
            gradient.delta = layer.gradient;
            gradient.delta_stride = stride(layer.units);
            gradient.delta_rows = layer.delta_rows;
            gradient.inputs = layer.inputs;
            gradient.units = layer.units;
            gradient.panels = panels_;
            gradient.consumer = {update, &layer.optimizer};
            k_.weight_gradient(gradient, share(layer.inputs, member.index(), member.size()), scratch);
            BiasGradient<float> bias{layer.gradient, stride(layer.units), layer.units, panels_,
                                     {update, &layer.bias_optimizer}};
            k_.bias_gradient(bias, share(layer.units, member.index(), member.size()), scratch);
        }
        member.barrier();
    }

    const KernelTable<float>& k_;
    int threads_, batch_;
    ptrdiff_t panels_, examples_;
    int step_ = 0;
    OptimizerParameters<float> adam_;
    std::vector<Buffer> vectors_, buffers_;
    std::vector<Layer> layers_;
    std::vector<float*> scratch_;
    std::vector<std::int64_t> rows_;
    std::vector<std::int32_t> labels_;
    float *input_, *table_, *example_weights_, *values_;
};

void measure(const char* name, const std::vector<int>& widths, int batch, int threads) {
    Network network(widths, batch, threads);
    const double work = network.flops();
    const int steps = std::clamp(static_cast<int>(2e9 / work), 1, 20000);
    double loss = network.run(steps), best = 1e30;
    for (int round = 0; round < 7; ++round) {
        const auto start = Clock::now();
        loss = network.run(steps);
        best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count() / steps);
    }
    std::printf("%-24s %4d  threads %d  %10.2f us/step  %7.1f GFLOP/s  loss %.4f\n", name, batch, threads, best * 1e6,
                work / best * 1e-9, loss);
}

}  // namespace

int main(int count, char** arguments) {
    std::printf("%s\n", isa().name);
    const struct {
        const char* name;
        std::vector<int> widths;
        int batch;
    } lines[] = {
        {"2-8-2", {2, 8, 2}, 1},
        {"2-8-2", {2, 8, 2}, 32},
        {"20-64-64-2", {20, 64, 64, 2}, 32},
        {"54-256-256-7", {54, 256, 256, 7}, 256},
        {"784-512-512-10", {784, 512, 512, 10}, 128},
        {"784-2048-2048-10", {784, 2048, 2048, 10}, 512},
    };
    const int least = count > 1 ? std::atoi(arguments[1]) : 1;
    const int most = count > 2 ? std::atoi(arguments[2]) : std::max(least, std::min(2, available_threads()));
    const int only = count > 3 ? std::atoi(arguments[3]) : 0;
    for (int threads = least; threads <= most; ++threads)
        for (int line = 1; line <= 6; ++line)
            if (!only || line == only)
                measure(lines[line - 1].name, lines[line - 1].widths, lines[line - 1].batch, threads);
}
