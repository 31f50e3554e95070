// Steps of one example in a network that is small enough to be made by one kernel in one go (kernels/line_network.hpp).
// While they run, weights and the optimiser's slots lie as that kernel wants them.
#include <algorithm>

#include "session_parts.hpp"

namespace chainrule {

namespace {
/// Up to so many weights, rows filled to whole vectors; beyond, the general kernels are as fast.
constexpr ptrdiff_t kLineWeights = 1 << 13;
}  // namespace

template <class T>
void Session<T>::prepare_lines() {
    if (is_penalised()) return;  // its sum is taken from the weights as they lie in the vector
    lines_network_ = std::make_unique<Lines>();
    Lines& lines = *lines_network_;
    const auto whole = [&](ptrdiff_t count) { return (count + k_.lanes - 1) / k_.lanes * k_.lanes; };
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
        const Node &in = nodes_[i - 1], &node = nodes_[i];
        const Instruction& instruction = node.instruction;
        LineLayer<T> layer{};
        layer.inputs = in.features;
        layer.units = node.features;
        layer.by_units = node.features < in.features;
        layer.has_bias = instruction.bias.trains();
        if (instruction.bias.exists() && !layer.has_bias) return lines_network_.reset();
        layer.length = whole(std::max(layer.inputs, layer.units));
        layer.input = in.line;
        layer.activation = node.activates() ? &k_.activations[static_cast<int>(instruction.activation)] : nullptr;
        layer.z = node.activates() && !layer.activation->from_output ? node.z : node.line;
        layer.buffers = {layer.z, node.line, node.line_gradient, node.activation.alpha};
        layer.input_gradient = i > 1 ? in.line_gradient : nullptr;
        lines.layers.push_back(layer);
        lines.starts.push_back(lines.size);
        lines.size += layer.length * std::min(layer.inputs, layer.units) + whole(layer.units);
    }
    if (lines.size > kLineWeights) return lines_network_.reset();
    for (T*& vector : lines.vectors) vector = allocate(lines.size);
    lines.gradient = allocate(lines.size);
    for (std::size_t i = 0; i < lines.layers.size(); ++i) {
        lines.layers[i].weights = lines.vectors[0] + lines.starts[i];
        lines.layers[i].gradient = lines.gradient + lines.starts[i];
    }
    lines.buffers = {lines.vectors[0], {lines.vectors[1], lines.vectors[2], lines.vectors[3]}, nullptr};
}

/// `copy(in lines, in the vector)` for each weight, and what belongs to it.
template <class T>
template <class Copy>
void Session<T>::each_line_weight(const Copy& copy) const {
    const Lines& lines = *lines_network_;
    T* const whole[5] = {vectors_.parameters, vectors_.slots[0], vectors_.slots[1], vectors_.slots[2],
                         vectors_.average};
    for (int v = 0; v < 5; ++v) {
        if (!whole[v]) continue;
        for (std::size_t i = 0; i < lines.layers.size(); ++i) {
            const LineLayer<T>& layer = lines.layers[i];
            const Instruction& instruction = nodes_[i + 1].instruction;
            T* line = lines.vectors[v] + lines.starts[i];
            T* weights = whole[v] + instruction.weights.offset;
            const ptrdiff_t by_input = layer.by_units ? 1 : layer.length, by_unit = layer.by_units ? layer.length : 1;
            for (ptrdiff_t k = 0; k < layer.inputs; ++k)
                for (ptrdiff_t n = 0; n < layer.units; ++n)
                    copy(line[k * by_input + n * by_unit], weights[k * layer.units + n]);
            if (!layer.has_bias) continue;
            line += layer.length * std::min(layer.inputs, layer.units);
            for (ptrdiff_t n = 0; n < layer.units; ++n) copy(line[n], whole[v][instruction.bias.offset + n]);
        }
    }
}

template <class T>
void Session<T>::steps_of_lines(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome) {
    Lines& lines = *lines_network_;
    const Node& last = nodes_.back();
    const ptrdiff_t panel = stride(last.features);
    each_line_weight([](T& line, const T& weight) { line = weight; });
    lines.buffers.parameters = workers_[0].parameters.data();
    lines.buffers.average = vectors_.average ? lines.vectors[4] : nullptr;
    const LineNetwork<T> network{lines.layers.data(), std::ssize(lines.layers),
                                 k_.losses[static_cast<int>(plan_.loss)], single_,
                                 loss_buffers(single_, single_ + panel, panel)};
    const auto update = k_.optimizers[static_cast<int>(plan_.optimizer)].update;
    steps_alone(
        run, start, stop, outcome,
        [&](ptrdiff_t batch) -> double {
            gather_line(member, run, batch);
            gather_target_line(member, run, batch);
            const double size = k_.line_gradient(network);
            count_right(single_, panel, {0, 1});
            if (run.outputs) std::copy_n(last.line, last.features, run.outputs + batch * last.features);
            return size;
        },
        [&] { update(&lines.buffers, 0, lines.gradient, lines.size); });
    each_line_weight([](const T& line, T& weight) { weight = line; });
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
