// A network wired by hand from the kernels: gather, forward with relu, softmax cross-entropy, backward, Adam. It
// shows how the kernels go together, measures them (mlp_step.cpp), and tests that threads don't change a bit.
#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <new>
#include <random>
#include <vector>

#include "isa.hpp"
#include "team.hpp"

namespace chainrule {

template <class T>
class Network {
public:
    Network(const Isa& isa, const std::vector<int>& widths, int batch, int threads)
        : k_(kernels<T>(isa)), threads_(threads), batch_(batch), panels_((batch + k_.lanes - 1) / k_.lanes) {
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) parameters_ += (widths[i] + 1) * widths[i + 1];
        std::mt19937 random(7);
        std::normal_distribution<double> normal;
        weights_ = allocate(parameters_);
        T* slots[] = {allocate(parameters_), allocate(parameters_)};
        ptrdiff_t at = 0;
        ptrdiff_t scratch = k_.product_scratch();
        for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
            Layer layer{};
            layer.inputs = widths[i];
            layer.units = widths[i + 1];
            for (ptrdiff_t j = 0; j < layer.inputs * layer.units; ++j)
                weights_[at + j] = static_cast<T>(normal(random) * std::sqrt(2.0 / widths[i]));
            layer.parameters = {weights_ + at, {slots[0] + at, slots[1] + at}, &adam_};
            layer.weights = weights_ + at;
            layer.bias = layer.weights + layer.inputs * layer.units;
            at += (layer.inputs + 1) * layer.units;
            layer.output = allocate_panels(layer.units);
            layer.gradient = allocate(panels_ * stride(layer.units));
            layer.delta_rows = allocate((layer.units + k_.lanes) * panels_ * k_.lanes);
            layer.activation = {layer.output, layer.output, layer.gradient, 0};
            scratch = std::max(scratch, k_.gradient_scratch(layer.units));
            layers_.push_back(layer);
        }
        for (int t = 0; t < threads; ++t) scratch_.push_back(allocate(scratch));
        input_ = allocate_panels(widths[0]);
        const ptrdiff_t examples = std::max(2048, 4 * batch);
        table_ = allocate(examples * widths[0]);
        for (ptrdiff_t i = 0; i < examples * widths[0]; ++i) table_[i] = static_cast<T>(normal(random));
        for (int e = 0; e < batch; ++e)
            rows_.push_back(static_cast<std::int64_t>(random() % static_cast<unsigned>(examples)));
        for (int e = 0; e < panels_ * k_.lanes; ++e)
            labels_.push_back(static_cast<std::int32_t>(random() % static_cast<unsigned>(widths.back())));
        example_weights_ = allocate(panels_ * k_.lanes);
        std::fill_n(example_weights_, batch, T(1) / static_cast<T>(batch));
        values_ = allocate(panels_ * k_.lanes);
        loss_panel_ = allocate(2 * stride(widths.back()));
        adam_.rest_1 = T(0.1);
        adam_.rest_2 = T(0.001);
        adam_.epsilon = T(1e-7);
    }

    /// Train for some steps on the one batch; returns the loss of the last.
    double run(int steps) {
        rates_.resize(static_cast<std::size_t>(steps));
        for (T& rate : rates_) {
            ++done_;
            rate = static_cast<T>(0.001 * std::sqrt(1 - std::pow(0.999, done_)) / (1 - std::pow(0.9, done_)));
        }
        run_on_team(batch_ > 1 ? threads_ : 1, [&](Member& member) {
            for (const T rate : rates_) {
                if (batch_ > 1)
                    step(member, rate);
                else
                    step_one(rate);
            }
        });
        double loss = 0;
        for (int e = 0; e < batch_; ++e) loss += values_[e];
        return loss / batch_;
    }

    const T* weights() const { return weights_; }
    ptrdiff_t parameters() const { return parameters_; }

    /// Floating-point operations of the products of a step.
    double work() const {
        double products = 0;
        for (const Layer& layer : layers_)
            products += (&layer == layers_.data() ? 4.0 : 6.0) * static_cast<double>(layer.inputs * layer.units);
        return products * batch_;
    }

private:
    struct Layer {
        ptrdiff_t inputs, units;
        const T *weights, *bias;         // one after the other: the bias is the weight of an input that is always 1
        OptimizerBuffers<T> parameters;  // both
        T *output, *gradient, *delta_rows;
        ActivationBuffers<T> activation;
    };
    static constexpr std::align_val_t kAlignment{64};
    struct Free {
        void operator()(T* p) const { ::operator delete(p, kAlignment); }
    };

    /// An odd number of vectors from panel to panel, so that equal features of all panels don't compete for the
    /// same few places in a cache.
    ptrdiff_t stride(ptrdiff_t features) const { return ((features + 1) | 1) * k_.lanes; }

    /// A batch of inputs of a layer, and as one feature more the 1 whose weights are the biases.
    T* allocate_panels(ptrdiff_t features) {
        T* data = allocate(panels_ * stride(features));
        for (ptrdiff_t panel = 0; panel < panels_; ++panel)
            std::fill_n(data + panel * stride(features) + features * k_.lanes, k_.lanes, T(1));
        return data;
    }

    T* allocate(ptrdiff_t count) {
        buffers_.emplace_back(
            static_cast<T*>(::operator new(static_cast<std::size_t>(count) * sizeof(T), kAlignment)));
        std::fill_n(buffers_.back().get(), count, T(0));
        return buffers_.back().get();
    }

    /// Forward and backward, threads share out the examples, and need not wait for each other; or, where the
    /// weights are many and each thread would have few examples to use them on, the units, and wait after each
    /// layer.
    void step(Member& member, T rate) {
        T* scratch = scratch_[static_cast<std::size_t>(member.index())];
        const auto share_of = [&](ptrdiff_t count) { return share(count, member.index(), member.size()); };
        const bool by_units = member.size() > 1 && parameters_ > 200'000 && panels_ / member.size() < 32;
        const Range panels = share_of(panels_);
        const auto multiply = [&](const PanelProduct<T>& product) {
            if (by_units) {
                member.barrier();
                k_.multiply(product, {0, panels_}, share_of(product.rows), scratch);
                member.barrier();
            } else {
                k_.multiply(product, panels, {0, product.rows}, scratch);
            }
        };
        if (member.index() == 0) adam_.rate = rate;
        gather(panels);
        const T* x = input_;
        for (Layer& layer : layers_) {
            const bool hidden = &layer != &layers_.back();
            multiply({layer.weights, 1, layer.units, layer.bias, x, stride(layer.inputs), layer.output,
                      stride(layer.units), layer.units, layer.inputs, batch_,
                      hidden ? Epilogue{relu().forward, &layer.activation} : Epilogue{}});
            x = layer.output;
        }
        const Layer& last = layers_.back();
        loss(last.output, last.gradient, panels);
        for (std::size_t i = layers_.size(); i-- > 0;) {
            const Layer& layer = layers_[i];
            if (!k_.is_narrow(layer.units, panels_))
                k_.transpose_delta({layer.gradient, stride(layer.units), layer.delta_rows, layer.units, panels_},
                                   panels);
            if (i == 0) break;
            const Layer& below = layers_[i - 1];
            multiply({layer.weights,
                      layer.units,
                      1,
                      nullptr,
                      layer.gradient,
                      stride(layer.units),
                      below.gradient,
                      stride(layer.inputs),
                      layer.inputs,
                      layer.units,
                      batch_,
                      {relu().backward, &below.activation}});
        }
        member.barrier();
        for (std::size_t i = 0; i < layers_.size(); ++i) {
            const Layer& layer = layers_[i];
            k_.weight_gradient({i ? layers_[i - 1].output : input_,
                                stride(layer.inputs),
                                layer.gradient,
                                stride(layer.units),
                                layer.delta_rows,
                                layer.units,
                                batch_,
                                {adam(), &layer.parameters}},
                               share_of(layer.inputs + 1), scratch);
        }
        member.barrier();
    }

    void step_one(T rate) {
        T* scratch = scratch_[0];
        adam_.rate = rate;
        const T* x = table_ + rows_[0] * layers_[0].inputs;
        std::copy_n(x, layers_[0].inputs, input_);
        x = input_;
        for (const Layer& layer : layers_) {
            k_.forward_one({layer.weights, layer.bias, layer.inputs, layer.units, x, layer.output},
                           {0, layer.units});
            if (&layer != &layers_.back()) relu().forward(&layer.activation, 0, padded(layer.units));
            x = layer.output;
        }
        const Layer& last = layers_.back();
        for (ptrdiff_t n = 0; n < last.units; ++n)
            for (int i = 0; i < k_.lanes; ++i) loss_panel_[n * k_.lanes + i] = last.output[n];
        T* gradient = loss_panel_ + stride(last.units);
        loss(loss_panel_, gradient, {0, 1});
        for (ptrdiff_t n = 0; n < last.units; ++n) last.gradient[n] = gradient[n * k_.lanes];
        for (std::size_t i = layers_.size(); i-- > 0;) {
            const Layer& layer = layers_[i];
            if (i > 0) {
                const Layer& below = layers_[i - 1];
                k_.backward_one({layer.weights, nullptr, layer.inputs, layer.units, layer.gradient, below.gradient},
                                {0, layer.inputs});
                relu().backward(&below.activation, 0, padded(layer.inputs));
            }
            T* input = i ? layers_[i - 1].output : input_;
            input[layer.inputs] = 1;
            k_.weight_gradient_one({input, layer.gradient, layer.units, {adam(), &layer.parameters}},
                                   {0, layer.inputs + 1}, scratch);
        }
    }

    void gather(Range panels) const {
        const ptrdiff_t features = layers_[0].inputs, size = sizeof(T);
        k_.gather[static_cast<int>(sizeof(T) == 4 ? Number::float32 : Number::float64)](
            {table_, features * size, size, rows_.data(), batch_, features, input_, stride(features)}, panels);
    }

    void loss(const T* output, T* gradient, Range panels) const {
        const ptrdiff_t units = layers_.back().units;
        k_.losses[static_cast<int>(Loss::sparse_cross_entropy_logits)](
            {output, nullptr, labels_.data(), example_weights_, gradient, values_, stride(units), units, 0},
            panels);
    }

    ptrdiff_t padded(ptrdiff_t count) const { return (count + k_.lanes - 1) / k_.lanes * k_.lanes; }
    const ActivationKernels& relu() const { return k_.activations[static_cast<int>(Activation::relu)]; }
    auto adam() const { return k_.optimizers[static_cast<int>(Optimizer::adam)].update; }

    const KernelTable<T>& k_;
    int threads_, batch_, done_ = 0;
    ptrdiff_t panels_, parameters_ = 0;
    OptimizerParameters<T> adam_;
    std::vector<std::unique_ptr<T, Free>> buffers_;
    std::vector<Layer> layers_;
    std::vector<T*> scratch_;
    std::vector<T> rates_;
    std::vector<std::int64_t> rows_;
    std::vector<std::int32_t> labels_;
    T *weights_, *input_, *table_, *example_weights_, *values_, *loss_panel_;
};

}  // namespace chainrule
