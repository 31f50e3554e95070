// Steps of a pair of threads, each of which owns one half of the units of every hidden layer: it computes what they put
// out and the gradient with respect to it, for the whole batch. It alone has the weights that lead to those of the
// first layer, and that lead on from those of every layer, in its own memory for as long as the two work together. Of a
// batch only three things pass between them, at one barrier each: what the units of one put into those of the other in
// the next layer, the same for the outputs, and the gradient of every layer but the first and the last. The inputs and
// the loss are taken by both, which is less work than to hand them over.
//
// Sums over the units of a layer are those over its halves, added. The usual way adds in this order too where a network
// could be trained so, which makes the bits of a result the same for any number of threads.
#include <algorithm>
#include <cmath>

#include "session_parts.hpp"

namespace chainrule {

namespace {
/// More outputs than these would make the loss, which both threads take, too much work; more weights too much memory, for
/// what is moved into that of the threads is there twice.
constexpr ptrdiff_t kMostOutputs = 64, kMostWeights = 1'000'000;
/// A turn of a pair, for so many parameters: those that are moved into the memory of the threads, and back.
constexpr std::chrono::milliseconds kTurn{20};
constexpr ptrdiff_t kFewParameters = 50'000;

Range half_of(ptrdiff_t units, int half) { return share(units, half, 2); }
}  // namespace

/// Whether two threads could make its steps as a pair.
template <class T>
bool Session<T>::has_halves() const {
    const auto& layers = plan_.instructions;
    return !small_ && batch_ > 1 && layers.size() > 1 && only_dense() &&
           plan_.weights() <= kMostWeights && layers.back().outputs <= kMostOutputs &&
           std::all_of(layers.begin(), layers.end() - 1,
                       [this](const Instruction& i) { return i.outputs >= 2 * k_.lanes; });
}

/// Note what each half owns.
template <class T>
void Session<T>::prepare_halves() {
    for (const int half : {0, 1}) {
        Half& own = *(halves_[half] = std::make_unique<Half>());
        const auto take = [&](int segment, ptrdiff_t from, ptrdiff_t stride, ptrdiff_t rows, ptrdiff_t width) {
            const ptrdiff_t at = own.length;
            own.length += (rows * width + k_.lanes - 1) / k_.lanes * k_.lanes;
            return Owned{static_cast<std::size_t>(segment), from, stride, rows, width, at, {}};
        };
        own.weights.resize(nodes_.size());
        own.biases.resize(nodes_.size());
        for (std::size_t i = 1; i < nodes_.size(); ++i) {
            const Node& node = nodes_[i];
            const bool last = i + 1 == nodes_.size();
            const ptrdiff_t inputs = nodes_[i - 1].features, units = node.features, from = node.instruction.weights.offset;
            const Range before = half_of(inputs, half), here = last ? Range{0, units} : half_of(units, half);
            own.weights[i] = i == 1 ? take(node.weights_segment, from + here.begin, units, inputs, here.size())
                                    : take(node.weights_segment, from + before.begin * units, 0, 1, before.size() * units);
            if (node.bias_segment >= 0)
                own.biases[i] = take(node.bias_segment, node.instruction.bias.offset + here.begin, 0, 1, here.size());
        }
    }
}

/// Give each thread of a pair memory of its own.
template <class T>
void Session<T>::prepare_pair() {
    const ptrdiff_t panels = (batch_ + k_.lanes - 1) / k_.lanes;
    pace_ = Pace(kTurn * (1 + count_parameters() / kFewParameters));
    for (Node& node : nodes_)
        if (node.halves[1]) node.halves[0] = allocate(panels * node.stride);
    for (const int half : {0, 1}) {
        Half& own = *halves_[half];
        own.nodes = std::vector<Node>(nodes_);
        own.values = half == 0 ? values_ : allocate(panels * k_.lanes);
        for (T*& vector : own.vectors) vector = allocate(own.length);
        for (std::size_t i = 0; half == 1 && i < nodes_.size(); ++i) {
            Node& node = own.nodes[i];
            const bool keeps_z = node.z != node.y;
            node.y = allocate(panels * node.stride);
            node.z = keeps_z ? allocate(panels * node.stride) : node.y;
            if (i == 0) continue;
            if (i == 1 || i + 1 == nodes_.size()) node.gradient = allocate(panels * node.stride);
            node.activation = {node.z, node.y, node.gradient, node.activation.alpha};
            if (node.delta_rows) node.delta_rows = allocate((node.features + k_.lanes) * panels * k_.lanes);
        }
    }
}

/// `work(owned)` for all that a half owns, but for the biases of the outputs, which both have, only in the first.
template <class T>
template <class Function>
void Session<T>::each_owned(int half, const Function& work) const {
    Half& own = *halves_[half];
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
        work(own.weights[i]);
        if (own.biases[i].rows > 0 && (half == 0 || i + 1 < nodes_.size())) work(own.biases[i]);
    }
}

/// Take what a thread owns of the parameters, and of what the optimiser has for each of them, into its own memory.
template <class T>
void Session<T>::take_owned(int half) {
    Half& own = *halves_[half];
    const auto take = [&](Owned& owned) {
        std::array<T*, 5> places{};
        for (std::size_t v = 0; v < places.size(); ++v) {
            const T* vector = vectors_.updated()[v];
            if (!vector) continue;
            places[v] = own.vectors[v] + owned.at;
            for (ptrdiff_t row = 0; row < owned.rows; ++row)
                std::copy_n(vector + owned.from + row * owned.stride, owned.width, places[v] + row * owned.width);
        }
        owned.buffers = {places[0], {places[1], places[2], places[3]},
                         &workers_[static_cast<std::size_t>(half)].parameters[owned.segment], places[4]};
    };
    each_owned(half, take);
    if (half == 1 && own.biases.back().rows > 0) take(own.biases.back());
}

/// Bring it back.
template <class T>
void Session<T>::bring_owned(int half) {
    each_owned(half, [&](const Owned& owned) {
        for (std::size_t v = 0; v < halves_[half]->vectors.size(); ++v) {
            T* vector = vectors_.updated()[v];
            if (!vector) continue;
            for (ptrdiff_t row = 0; row < owned.rows; ++row)
                std::copy_n(halves_[half]->vectors[v] + owned.at + row * owned.width, owned.width,
                            vector + owned.from + row * owned.stride);
        }
    });
}

/// The penalties on what a half owns, where it has it or where all lies.
template <class T>
double Session<T>::penalties_of(int half, bool at_home) const {
    double total = 0;
    each_owned(half, [&](const Owned& owned) {
        const Segment& segment = plan_.segments[owned.segment];
        if (segment.l1 == 0 && segment.l2 == 0) return;
        const T* weights = at_home ? owned.buffers.weights : vectors_.parameters + owned.from;
        for (ptrdiff_t row = 0; row < owned.rows; ++row)
            total += k_.penalty(weights + row * (at_home ? owned.width : owned.stride), owned.width, segment.l1, segment.l2);
    });
    return total;
}

/// Outputs of some units from the sums over the two halves of their inputs; `bias` is that of the first of these units.
template <class T>
void Session<T>::add_halves(const Node& node, const T* first, const T* second, const T* bias, Range panels,
                            Range units) {
    k_.add_halves({first, second, bias, node.z, node.stride}, panels, units);
    if (!node.activates()) return;
    for (ptrdiff_t panel = panels.begin; panel < panels.end; ++panel)
        k_.activations[static_cast<int>(node.instruction.activation)].forward(
            &node.activation, panel * node.stride + units.begin * k_.lanes, units.size() * k_.lanes);
}

/// What one half of the inputs of a dense layer puts into some of its units; `weights` start with those of this half.
template <class T>
void Session<T>::multiply_half(const Node& in, const Node& node, int half, const T* weights, Range panels, Range units,
                               T* out, T* scratch) {
    const Range inputs = half_of(in.features, half);
    k_.multiply({weights, 1, node.features, nullptr, in.y + inputs.begin * k_.lanes, in.stride, out, node.stride,
                 node.features, inputs.size(), examples_, {}},
                panels, units, scratch);
}

/// All outputs of a dense layer by halves, on one thread.
template <class T>
void Session<T>::multiply_halves(const Node& in, const Node& node, Range panels, Range units, T* scratch) {
    const T *weights = operand(node.instruction.weights), *bias = operand(node.instruction.bias);
    multiply_half(in, node, 0, weights, panels, units, node.z, scratch);
    multiply_half(in, node, 1, weights + half_of(in.features, 1).begin * node.features, panels, units, node.halves[1],
                  scratch);
    add_halves(node, node.z, node.halves[1], bias ? bias + units.begin : nullptr, panels, units);
}

template <class T>
void Session<T>::forward_pair(Member& member, const Half& own) {
    const int half = member.index();
    T* scratch = workers_[static_cast<std::size_t>(half)].scratch;
    const Range panels{0, panels_};
    for (std::size_t i = 1; i < own.nodes.size(); ++i) {
        const Node &in = own.nodes[i - 1], &node = own.nodes[i];
        const Instruction& instruction = node.instruction;
        const bool last = i + 1 == own.nodes.size();
        const Range here = last ? Range{0, node.features} : half_of(node.features, half);
        const T *weights = own.weights[i].buffers.weights, *bias = own.biases[i].buffers.weights;
        if (!bias && instruction.bias.exists()) bias = operand(instruction.bias) + here.begin;
        if (i == 1) {  // as a layer of these units only
            const ActivationBuffers<T> buffers = node.activation.from(here.begin * k_.lanes);
            const auto& activation = k_.activations[static_cast<int>(instruction.activation)];
            k_.multiply({weights, 1, here.size(), bias, in.y, in.stride, node.z + here.begin * k_.lanes, node.stride,
                         node.features, in.features, examples_,
                         node.activates() ? Epilogue{activation.forward, &buffers} : Epilogue{}},
                        panels, {0, here.size()}, scratch);
        } else if (last) {
            multiply_half(in, node, half, weights, panels, here, node.halves[half], scratch);
            member.barrier();
            add_halves(node, node.halves[0], node.halves[1], bias, panels, here);
        } else {
            multiply_half(in, node, half, weights, panels, half_of(node.features, 1 - half), node.halves[half], scratch);
            multiply_half(in, node, half, weights, panels, here, node.z, scratch);
            member.barrier();
            add_halves(node, node.z, node.halves[1 - half], bias, panels, here);
        }
    }
}

/// From the gradient of the outputs to those of all layers; notes how large the numbers are that those of the weights
/// are made of.
template <class T>
void Session<T>::backward_pair(Member& member, const Half& own) {
    const int half = member.index();
    Worker& worker = workers_[static_cast<std::size_t>(half)];
    const Range panels{0, panels_};
    const auto largest = [&](const T* values, const Node& node, Range units) -> double {
        return k_.largest_magnitude(values + units.begin * k_.lanes, node.stride, units.size() * k_.lanes, panels);
    };
    double delta = 0, input = largest_of(1, largest(own.nodes[0].y, own.nodes[0], {0, own.nodes[0].features}));
    for (std::size_t i = own.nodes.size() - 1; i > 0; --i) {
        const Node &in = own.nodes[i - 1], &node = own.nodes[i];
        const bool last = i + 1 == own.nodes.size();
        const Range all{0, node.features}, here = last ? all : half_of(node.features, half);
        if (node.activates() && !node.taken_back)
            for (ptrdiff_t panel = 0; panel < panels_; ++panel)
                k_.activations[static_cast<int>(node.instruction.activation)].backward(
                    &node.activation, panel * node.stride, node.features * k_.lanes);
        delta = largest_of(delta, largest(node.gradient, node, here));
        if (!last) input = largest_of(input, largest(node.y, node, here));
        if (!last && i > 1) member.barrier();  // the gradient is there, of both halves
        if (i > 1) {
            const auto& below = k_.activations[static_cast<int>(in.instruction.activation)];
            const Range before = half_of(in.features, half);
            const ActivationBuffers<T> buffers = in.activation.from(before.begin * k_.lanes);
            k_.multiply({own.weights[i].buffers.weights, node.features, 1, nullptr, node.gradient, node.stride,
                         in.gradient + before.begin * k_.lanes, in.stride, in.features, node.features, examples_,
                         in.taken_back ? Epilogue{below.backward, &buffers} : Epilogue{}},
                        panels, {0, before.size()}, worker.scratch);
        }
        const Range units = i > 1 ? all : here;
        if (node.delta_rows && !k_.is_narrow(node.features, panels_))
            k_.transpose_delta({node.gradient + units.begin * k_.lanes, node.stride, node.delta_rows, units.size(), panels_},
                               panels);
    }
    worker.sizes.gradient = delta;
    worker.sizes.input = input;
}

/// The gradient of what a thread owns, to the optimiser.
template <class T>
void Session<T>::update_pair(int half, const Half& own) {
    T* scratch = workers_[static_cast<std::size_t>(half)].scratch;
    const auto update = k_.optimizers[static_cast<int>(plan_.optimizer)].update;
    for (std::size_t i = 1; i < own.nodes.size(); ++i) {
        const Node &in = own.nodes[i - 1], &node = own.nodes[i];
        const Range all{0, node.features}, here = i + 1 == own.nodes.size() ? all : half_of(node.features, half);
        const Range before = i == 1 ? Range{0, in.features} : half_of(in.features, half), units = i == 1 ? here : all;
        k_.weight_gradient({in.y + before.begin * k_.lanes, in.stride, node.gradient + units.begin * k_.lanes, node.stride,
                            node.delta_rows, units.size(), examples_, {update, &own.weights[i].buffers}},
                           {0, before.size()}, scratch);
        if (node.bias_segment >= 0)
            k_.bias_gradient({node.gradient + here.begin * k_.lanes, node.stride, here.size(), panels_,
                              {update, &own.biases[i].buffers}},
                             {0, here.size()}, scratch);
    }
}

/// Steps [start, stop), or those of them before one that is out of the ordinary, or until `late`.
template <class T>
void Session<T>::steps_of_pair(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome,
                               const Late& late) {
    if (member.size() != 2) return;  // the system, or another model, has the other thread
    const int half = member.index();
    Half& own = *halves_[half];
    const Node &inputs = own.nodes.front(), &last = own.nodes.back();
    Worker& worker = workers_[static_cast<std::size_t>(half)];
    const Range panels{0, panels_};
    const ptrdiff_t every = ask_every();
    const bool penalised = is_penalised();
    take_owned(half);
    for (ptrdiff_t batch = start; batch < stop; ++batch) {
        const ptrdiff_t first = batch * run.where.batch;
        if (half == 0) {
            if ((batch - start) % every == 0 && run.interrupt()) outcome.interrupted = true;
            if (outcome.interrupted || late(batch - start)) shared_->halt = true;
            gather_targets(member, run, first, panels);
        }
        copy_rows(member, run, run.rows.inputs, inputs.features, first, panels, inputs.y, inputs.stride);
        forward_pair(member, own);
        if (shared_->halt) break;
        LossBuffers<T> buffers = loss_buffers(last.y, last.gradient, last.stride);
        buffers.values = own.values;
        k_.losses[static_cast<int>(plan_.loss)](buffers, panels);
        if (half == 1) {
            count_right(last.y, last.stride, panels);
            if (run.outputs)
                k_.scatter({last.y, last.stride, run.outputs + first * last.features, last.features, examples_,
                            last.features},
                           panels);
        }
        backward_pair(member, own);
        if (penalised) worker.sizes.penalty = penalties_of(half, true);
        const double value = k_.largest_magnitude(own.values, k_.lanes, k_.lanes, panels);
        member.barrier();
        const auto &one = workers_[0].sizes, &other = workers_[1].sizes;
        const double size = largest_of(one.gradient, other.gradient) * largest_of(one.input, other.input);
        const double penalty = one.penalty + other.penalty;
        // The usual way looks closer, and says what has failed.
        if (!is_finite(value) || !fits<T>(penalty) || !fits<T>(4 * size * static_cast<double>(examples_))) break;
        prepare_scalars(worker, run, batch - run.where.start);
        update_pair(half, own);
        if (half == 1) continue;
        note_step(outcome, penalty + k_.weighted_sum(values_, example_weights_, examples_));
        ++outcome.paired;
    }
    bring_owned(half);
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
