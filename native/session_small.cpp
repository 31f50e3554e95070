// Steps of a network that is small enough to be made by one kernel in one go (kernels/small_network.hpp).
#include <algorithm>

#include "session_parts.hpp"

namespace chainrule {

namespace {
/// Up to so many weights and rows of a batch, the general kernels are slower.
constexpr ptrdiff_t kSmallWeights = 512, kSmallRows = 512;
}  // namespace

template <class T>
bool Session<T>::is_small() const {
    if (batch_ == 1 || batch_ > kSmallRows || !only_dense()) return false;
    const Segment& first = plan_.segments.front();
    return plan_.weights() <= kSmallWeights &&
           std::all_of(plan_.segments.begin(), plan_.segments.end(),
                       [&](const Segment& s) { return s.l1 == first.l1 && s.l2 == first.l2; }) &&
           std::all_of(plan_.instructions.begin(), plan_.instructions.end(), [](const Instruction& i) {
               return !i.bias.exists() ||
                      (i.bias.trains() && i.bias.offset == i.weights.offset + i.inputs * i.outputs);
           });
}

template <class T>
void Session<T>::prepare_small() {
    need_gradient();
    small_layers_.resize(plan_.instructions.size());
    const ptrdiff_t panels = (batch_ + k_.lanes - 1) / k_.lanes;
    for (const Node& node : nodes_)  // the inputs of the biases
        for (ptrdiff_t panel = 0; panel < panels; ++panel)
            std::fill_n(node.y + panel * node.stride + node.features * k_.lanes, k_.lanes, T(1));
}

template <class T>
void Session<T>::steps_of_small(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome) {
    const Node& last = nodes_.back();
    const Range panels{0, panels_};
    for (std::size_t i = 0; i < small_layers_.size(); ++i) {
        const Node &in = nodes_[i], &node = nodes_[i + 1];
        const Instruction& instruction = node.instruction;
        small_layers_[i] = {operand(instruction.weights),
                            operand(instruction.bias),
                            in.features,
                            node.features,
                            in.y,
                            node.z,
                            node.activates() ? &k_.activations[static_cast<int>(instruction.activation)] : nullptr,
                            node.activation,
                            i > 0 ? in.gradient : nullptr,
                            gradient_ + instruction.weights.offset};
    }
    const SmallNetwork<T> network{small_layers_.data(),
                                  std::ssize(small_layers_),
                                  panels_,
                                  k_.losses[static_cast<int>(plan_.loss)],
                                  loss_buffers(last.y, last.gradient, last.stride),
                                  gradient_,
                                  count_parameters()};
    const GradientConsumer<T>& consumer = workers_[0].consumers[0];  // all parameters lie behind the first
    steps_alone(
        run, start, stop, outcome,
        [&](ptrdiff_t batch) -> double {
            const ptrdiff_t first = batch * run.where.batch;
            gather(member, run, first, panels);
            const double size = k_.small_gradient(network);
            count_right(last.y, last.stride, panels);
            if (run.outputs)
                k_.scatter({last.y, last.stride, run.outputs + first * last.features, last.features, examples_,
                            last.features},
                           panels);
            return size;
        },
        [&] { consumer.apply(consumer.context, 0, gradient_, network.parameters); });
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
