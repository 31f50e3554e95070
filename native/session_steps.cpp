// The loops over steps: of batches by the team, and of batches of one by the caller alone.
#include <algorithm>
#include <cmath>

#include "session_parts.hpp"

namespace chainrule {

namespace {
/// Multiplications after which the caller is asked whether to stop.
constexpr double kAskAfter = 1e6;
}  // namespace

/// Steps after which the caller is asked whether to stop.
template <class T>
ptrdiff_t Session<T>::ask_every() const {
    double work = 1;
    for (const Instruction& i : plan_.instructions) work += static_cast<double>(i.inputs * i.outputs * examples_);
    return static_cast<ptrdiff_t>(std::max(1.0, kAskAfter / work));
}

template <class T>
void Session<T>::steps(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome) {
    Worker& worker = workers_[static_cast<std::size_t>(member.index())];
    const bool first_thread = member.index() == 0, judged = run.rows.targets.data != nullptr;
    const Range panels = share(panels_, member.index(), member.size());
    const ptrdiff_t every = ask_every();
    for (ptrdiff_t batch = start; batch < stop; ++batch) {
        if (first_thread && (batch - start) % every == 0 && run.interrupt()) shared_->halt = true;
        const ptrdiff_t first = batch * run.where.batch, step = batch - run.where.start;
        gather(member, run, first, panels);
        forward(member, run, run.where.first_step + step, panels);
        if (run.outputs) {
            const Node& last = nodes_.back();
            k_.scatter({last.y, last.stride, run.outputs + first * last.features, last.features, examples_,
                        last.features},
                       panels);
        }
        if (judged && !shared_->abort) loss(panels);
        if (run.mode != Mode::evaluate) {
            backward(member, run, panels);
            measure(member, run, panels);
        }
        // Before others change the weights; what is evaluated has its penalties added once, by the caller.
        double total = first_thread && judged && run.mode != Mode::evaluate ? penalties() : 0;
        if (!fits<T>(total)) worker.sizes.infinite = true;
        member.barrier();
        if (first_thread && judged) total += k_.weighted_sum(values_, example_weights_, examples_);
        if (shared_->halt) {
            if (first_thread) outcome.interrupted = true;
            return;
        }
        if (run.mode != Mode::evaluate) {
            bool made = run.mode == Mode::gradient ||
                        std::none_of(workers_.begin(), workers_.end(), [](const Worker& w) { return w.sizes.infinite; });
            made = made && update(member, run, step);
            if (!made) {
                if (first_thread) (shared_->abort ? outcome.interrupted : outcome.failed) = true;
                return;
            }
            if (run.mode == Mode::train && first_thread) moving_averages();
            if (run.mode == Mode::train && !plan_.constraints.empty()) {
                member.barrier();
                constrain(member);
            }
        }
        if (first_thread) note_step(outcome, total, judged);
        member.barrier();
    }
}

/// The largest |input times delta|, the input of a bias being 1; NaN if a number is.
template <class T>
double Session<T>::largest_product(const T* inputs, const T* deltas, ptrdiff_t count_inputs, ptrdiff_t count) const {
    const double input = k_.largest_magnitude(inputs, 0, count_inputs, {0, 1});
    return k_.largest_magnitude(deltas, 0, count, {0, 1}) * (input <= 1 ? 1 : input);
}

/// The largest element of the gradient of a batch of one: a bound, or if that is too coarse the exact one.
template <class T>
double Session<T>::largest_gradient_of_one() const {
    const double bound = largest_product(lines_, line_gradients_, lines_size_, lines_size_);
    if (fits<T>(4 * bound)) return bound;
    double size = 0;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
        const Node &node = nodes_[i], &in = nodes_[i - 1];
        const double here = largest_product(in.line, node.line_gradient, in.features, node.features);
        if (!is_finite(here)) return here;
        size = std::max(size, here);
    }
    return size;
}

template <class T>
void Session<T>::steps_of_one(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome) {
    Worker& worker = workers_[0];
    const Node& last = nodes_.back();
    const auto gradient = [&](ptrdiff_t batch) -> double {
        gather_line(member, run, batch);
        gather_targets(member, run, batch, {0, 1});
        forward_one();
        const ptrdiff_t units = last.features, panel = stride(units);
        for (ptrdiff_t n = 0; n < units; ++n) std::fill_n(single_ + n * k_.lanes, k_.lanes, last.line[n]);
        k_.losses[static_cast<int>(plan_.loss)](loss_buffers(single_, single_ + panel, panel), {0, 1});
        count_right(single_, panel, {0, 1});
        for (ptrdiff_t n = 0; n < units; ++n) last.line_gradient[n] = single_[panel + n * k_.lanes];
        if (run.outputs) std::copy_n(last.line, units, run.outputs + batch * units);
        backward_one();
        return is_finite(std::abs(values_[0])) ? largest_gradient_of_one() : std::numeric_limits<double>::infinity();
    };
    steps_alone(run, start, stop, outcome, gradient, [&] {
        for (std::size_t i = 1; i < nodes_.size(); ++i) {
            const Node &node = nodes_[i], &in = nodes_[i - 1];
            in.line[in.features] = 1;  // whose weights are the bias
            k_.weight_gradient_one({in.line, node.line_gradient, node.features,
                                    worker.consumers[static_cast<std::size_t>(node.weights_segment)]},
                                   {0, in.features + node.bias_follows}, worker.scratch);
            if (node.bias_segment >= 0 && !node.bias_follows) {
                const auto& consumer = worker.consumers[static_cast<std::size_t>(node.bias_segment)];
                consumer.apply(consumer.context, 0, node.line_gradient, node.features);
            }
        }
    });
}

template <class T>
void Session<T>::forward_one() {
    const T* x = nodes_[0].line;
    for (std::size_t i = 1; i < nodes_.size(); ++i) {
        Node& node = nodes_[i];
        const auto& activation = k_.activations[static_cast<int>(node.instruction.activation)];
        T* z = activation.from_output ? node.line : node.z;  // z keeps what a derivative needs
        k_.forward_one({operand(node.instruction.weights), operand(node.instruction.bias), nodes_[i - 1].features,
                        node.features, x, z},
                       {0, node.features});
        if (node.activates()) {
            const ActivationBuffers<T> buffers{z, node.line, nullptr, node.activation.alpha};
            activation.forward(&buffers, 0, node.features);
        }
        x = node.line;
    }
}

template <class T>
void Session<T>::backward_one() {
    for (std::size_t i = nodes_.size() - 1; i > 0; --i) {
        const Node &node = nodes_[i], &in = nodes_[i - 1];
        if (node.activates()) {
            const auto& activation = k_.activations[static_cast<int>(node.instruction.activation)];
            const ActivationBuffers<T> buffers{activation.from_output ? node.line : node.z, node.line,
                                               node.line_gradient, node.activation.alpha};
            activation.backward(&buffers, 0, node.features);
        }
        std::fill_n(node.line_gradient + node.features, k_.lanes, T(0));
        if (i > 1)
            k_.backward_one({operand(node.instruction.weights), nullptr, in.features, node.features,
                             node.line_gradient, in.line_gradient},
                            {0, in.features});
    }
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
