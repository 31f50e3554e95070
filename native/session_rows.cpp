// The rows phase of a step: gather, forward, loss, backward, each thread on its own panels of the batch.
#include <algorithm>
#include <cstring>

#include "session_parts.hpp"

namespace chainrule {

namespace {

/// Numbers of a block's first column for the rows that `row(e)` names. Labels are read as they are stored; they stay
/// integers.
template <class To, class Row, class Out>
void read(const Block& block, Range examples, const Row& row, const Out& out) {
    const auto as = [&](auto value) {
        for (ptrdiff_t e = examples.begin; e < examples.end; ++e) {
            std::memcpy(&value, static_cast<const char*>(block.data) + row(e) * block.row_stride, sizeof value);
            out(e, static_cast<To>(value));
        }
    };
    switch (block.type) {
        case Number::float32: return as(float{});
        case Number::float64: return as(double{});
        case Number::int8: return as(std::int8_t{});
        case Number::int16: return as(std::int16_t{});
        case Number::int32: return as(std::int32_t{});
        case Number::uint8: return as(std::uint8_t{});
        case Number::uint16: return as(std::uint16_t{});
        case Number::uint32: return as(std::uint32_t{});
        case Number::uint64: return as(std::uint64_t{});
        default: return as(std::int64_t{});
    }
}

}  // namespace

/// Rows of a block from batch element `first` on, into panels.
template <class T>
void Session<T>::copy_rows(Member& member, const Run& run, const Block& block, ptrdiff_t features, ptrdiff_t first,
                           Range panels, T* out, ptrdiff_t out_stride) {
    const std::int64_t* rows = run.where.order ? run.where.order + first : nullptr;
    const char* data = static_cast<const char*>(block.data) + (rows ? 0 : first * block.row_stride);
    for (ptrdiff_t start = panels.begin; start < panels.end && !abort_asked(member, run); start += kTogether)
        k_.gather[static_cast<int>(block.type)](
            {data, block.row_stride, block.column_stride, rows, examples_, features, out, out_stride},
            {start, std::min(start + kTogether, panels.end)});
}

template <class T>
void Session<T>::gather(Member& member, const Run& run, ptrdiff_t first, Range panels) {
    copy_rows(member, run, run.rows.inputs, nodes_[0].features, first, panels, nodes_[0].y, nodes_[0].stride);
    gather_targets(member, run, first, panels);
}

/// A row of a block of Ts, one after the other; null where the block is not of that kind.
template <class T>
static const char* row_of(const Block& block, const Steps& where, ptrdiff_t first) {
    constexpr ptrdiff_t kAhead = 8;  // rows that memory is asked for before they are needed
    if (block.type != (sizeof(T) == 4 ? Number::float32 : Number::float64) || block.column_stride != sizeof(T))
        return nullptr;
    const char* data = static_cast<const char*>(block.data);
    if (!where.order) return data + first * block.row_stride;
    if (first + kAhead < where.rows) __builtin_prefetch(data + where.order[first + kAhead] * block.row_stride);
    return data + where.order[first] * block.row_stride;
}

/// The inputs of a batch of one, as they lie in a row.
template <class T>
void Session<T>::gather_line(Member& member, const Run& run, ptrdiff_t first) {
    const Block& inputs = run.rows.inputs;
    const Node& node = nodes_[0];
    if (const char* row = row_of<T>(inputs, run.where, first)) {
        std::memcpy(node.line, row, static_cast<std::size_t>(node.features) * sizeof(T));
        return;
    }
    copy_rows(member, run, inputs, node.features, first, {0, 1}, node.y, node.stride);
    for (ptrdiff_t f = 0; f < node.features; ++f) node.line[f] = node.y[f * k_.lanes];
}

/// The targets of a batch of one, in the first lane.
template <class T>
void Session<T>::gather_target_line(Member& member, const Run& run, ptrdiff_t first) {
    const Block& targets = run.rows.targets;
    const char* row = run.rows.weights.data || plan_.sparse_labels || plan_.loss == Loss::hinge
                          ? nullptr
                          : row_of<T>(targets, run.where, first);
    if (!row) return gather_targets(member, run, first, {0, 1});
    for (ptrdiff_t n = 0; n < plan_.outputs(); ++n)
        std::memcpy(targets_ + n * k_.lanes, row + n * static_cast<ptrdiff_t>(sizeof(T)), sizeof(T));
}

template <class T>
void Session<T>::gather_targets(Member& member, const Run& run, ptrdiff_t first, Range panels) {
    const std::int64_t* rows = run.where.order ? run.where.order + first : nullptr;
    const auto row = [&](ptrdiff_t e) { return rows ? rows[e] : first + e; };
    if (!run.rows.targets.data) return;
    const Range examples{panels.begin * k_.lanes, panels.end * k_.lanes};  // copies that fill the last panel included
    if (plan_.sparse_labels) {
        std::int32_t* labels = labels_;
        read<std::int32_t>(run.rows.targets, {examples.begin, std::min(examples.end, examples_)}, row,
                           [labels](ptrdiff_t e, std::int32_t label) { labels[e] = label; });
        if (examples.end > examples_) std::fill(labels + examples_, labels + examples.end, labels[examples_ - 1]);
    } else {
        const ptrdiff_t units = plan_.outputs(), width = stride(units);
        copy_rows(member, run, run.rows.targets, units, first, panels, targets_, width);
        if (plan_.loss == Loss::hinge)  // its labels are -1 and 1; 0 counts as -1
            for (ptrdiff_t i = panels.begin * width; i < panels.end * width; ++i)
                if (targets_[i] == 0) targets_[i] = -1;
    }
    if (!run.rows.weights.data) return;  // all alike: `equal_weights` has set them
    double divisor = plan_.reduction == Reduction::sum ? 1 : static_cast<double>(examples_);
    if (plan_.reduction == Reduction::weighted_mean) {
        divisor = 0;
        read<double>(run.rows.weights, {0, examples_}, row, [&](ptrdiff_t, double weight) { divisor += weight; });
        if (panels.begin == 0) mass_ = divisor;
        if (divisor == 0) divisor = 1;  // only weights of 0: the loss is 0
    }
    const T share = static_cast<T>(plan_.loss_weight / divisor);
    T* weights = example_weights_;
    std::fill(weights + examples.begin, weights + examples.end, T(0));
    read<T>(run.rows.weights, {examples.begin, std::min(examples.end, examples_)}, row,
            [weights, share](ptrdiff_t e, T weight) { weights[e] = weight * share; });
}

/// The factor of every example in J, where rows have no weights of their own; 0 for copies that fill the last panel.
template <class T>
void Session<T>::equal_weights() {
    const double divisor = plan_.reduction == Reduction::sum ? 1 : static_cast<double>(examples_);
    const T share = static_cast<T>(plan_.loss_weight / divisor);
    std::fill_n(example_weights_, panels_ * k_.lanes, T(0));
    std::fill_n(example_weights_, examples_, share);
}

/// Whether to leave this step half done; only a very long one is ever left.
template <class T>
bool Session<T>::abort_asked(Member& member, const Run& run) {
    if (!run.very_long) return false;
    if (member.index() == 0 && !shared_->halt && run.interrupt()) {
        shared_->halt = true;
        shared_->abort = true;
    }
    return shared_->abort.load(std::memory_order_relaxed);
}

/// Outputs [units) of a dense layer for some panels, activation included.
template <class T>
void Session<T>::multiply_forward(const Node& in, const Node& node, Range panels, Range units, T* scratch) {
    const Instruction& instruction = node.instruction;
    if (node.halves[1]) return multiply_halves(in, node, panels, units, scratch);
    const auto& activation = k_.activations[static_cast<int>(instruction.activation)];
    k_.multiply({operand(instruction.weights), 1, node.features, operand(instruction.bias), in.y, in.stride, node.z,
                 node.stride, node.features, in.features, examples_,
                 node.activates() ? Epilogue{activation.forward, &node.activation} : Epilogue{}},
                panels, units, scratch);
}

/// The gradient of inputs [inputs) of a dense layer, through the activation of the layer below where that is one step.
template <class T>
void Session<T>::multiply_backward(const Node& in, const Node& node, Range panels, Range inputs, T* scratch) {
    const auto& below = k_.activations[static_cast<int>(in.instruction.activation)];
    k_.multiply({operand(node.instruction.weights), node.features, 1, nullptr, node.gradient, node.stride, in.gradient,
                 in.stride, in.features, node.features, examples_,
                 in.taken_back ? Epilogue{below.backward, &in.activation} : Epilogue{}},
                panels, inputs, scratch);
}

template <class T>
Embedding<T> Session<T>::embedding(const Node& in, const Node& node, const Table& table) const {
    const ptrdiff_t output = table.output * k_.lanes;
    return {operand(table.plan.weights), table.plan.dimension, table.plan.positions,
            in.y + table.plan.column * k_.lanes, in.stride, node.y + output,
            node.gradient ? node.gradient + output : nullptr, node.stride, panels_, table.gradient,
            table.plan.categories};
}

/// Vectors in place of codes; the features before, between and behind them as they are.
template <class T>
void Session<T>::embed(const Node& in, const Node& node, Range panels) {
    ptrdiff_t from = 0, to = 0;
    const auto copy_until = [&](ptrdiff_t feature) {
        if (feature > from)
            for (ptrdiff_t p = panels.begin; p < panels.end; ++p)
                std::memcpy(node.y + p * node.stride + to * k_.lanes, in.y + p * in.stride + from * k_.lanes,
                            static_cast<std::size_t>((feature - from) * k_.lanes) * sizeof(T));
    };
    for (const Table& table : node.tables) {
        copy_until(table.plan.column);
        k_.embed(embedding(in, node, table), panels);
        from = table.plan.column + table.plan.positions;
        to = table.output + table.plan.positions * table.plan.dimension;
    }
    copy_until(in.features);
}

template <class T>
void Session<T>::forward(Member& member, const Run& run, std::int64_t step, Range panels) {
    T* scratch = workers_[static_cast<std::size_t>(member.index())].scratch;
    const auto aborted = [&] { return abort_asked(member, run); };
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) {
        const Node& in = nodes_[i];
        Node& node = nodes_[i + 1];
        const Instruction& instruction = node.instruction;
        const auto copy_in = [&](Range range) {
            std::memcpy(node.y + range.begin * node.stride, in.y + range.begin * in.stride,
                        static_cast<std::size_t>(range.size() * node.stride) * sizeof(T));
        };
        if (instruction.operation == Operation::batch_normalization && run.training && !instruction.frozen) {
            member.barrier();
            in_parts(member, run, share(node.features, member.index(), member.size()), [&](Range features) {
                k_.batch_normalize({in.y, node.normal, node.y, nullptr, nullptr, node.stride, examples_,
                                    operand(instruction.weights), operand(instruction.bias), node.mean, node.variance,
                                    node.deviation, static_cast<T>(instruction.epsilon)},
                                   features);
            });
            member.barrier();
            continue;
        }
        if (by_units_ && instruction.operation == Operation::dense) {
            member.barrier();
            multiply_forward(in, node, {0, panels_}, share(node.features, member.index(), member.size()), scratch);
            member.barrier();
            continue;
        }
        for (ptrdiff_t start = panels.begin; start < panels.end && !aborted(); start += kTogether) {
            const Range range{start, std::min(start + kTogether, panels.end)};
            switch (instruction.operation) {
                case Operation::dense:
                    multiply_forward(in, node, range, {0, node.features}, scratch);
                    break;
                case Operation::activation:
                    for (ptrdiff_t p = range.begin; p < range.end; ++p)
                        k_.activations[static_cast<int>(instruction.activation)].forward(
                            &node.activation, p * node.stride, node.features * k_.lanes);
                    break;
                case Operation::softmax:
                    k_.softmax.forward({in.y, node.y, nullptr, node.stride, node.features}, range);
                    break;
                case Operation::log_softmax:
                    k_.log_softmax.forward({in.y, node.y, nullptr, node.stride, node.features}, range);
                    break;
                case Operation::dropout:
                    copy_in(range);
                    if (!run.training) break;
                    k_.dropout_mask({instruction.seed, static_cast<std::uint64_t>(step), instruction.layer,
                                     instruction.threshold,
                                     static_cast<T>(65536.0 / (65536.0 - instruction.threshold)), node.mask, node.stride,
                                     node.features},
                                    range);
                    for (ptrdiff_t p = range.begin; p < range.end; ++p)
                        k_.multiply_by(node.y + p * node.stride, node.mask + p * node.stride, node.features * k_.lanes);
                    break;
                case Operation::gaussian_noise:
                    if (!run.training)
                        copy_in(range);
                    else
                        k_.gaussian_noise({instruction.seed, static_cast<std::uint64_t>(step), instruction.layer,
                                           static_cast<T>(instruction.deviation),
                                           static_cast<const T*>(instruction.quantiles), in.y, node.y, node.stride,
                                           node.features},
                                          range);
                    break;
                case Operation::normalization:
                case Operation::batch_normalization:
                    k_.rescale({in.y, node.y, nullptr, node.stride, node.features, node.shift, node.divisor, node.factor,
                                node.offset},
                               range);
                    if (run.mode == Mode::gradient && node.normal)  // what gamma's gradient is made of
                        for (ptrdiff_t p = range.begin; p < range.end; ++p)
                            for (ptrdiff_t i = 0; i < node.features * k_.lanes; ++i)
                                node.normal[p * node.stride + i] =
                                    (in.y[p * node.stride + i] - node.shift[i / k_.lanes]) / node.divisor[i / k_.lanes];
                    break;
                case Operation::layer_normalization:
                    k_.layer_normalize({in.y, node.normal, node.y, nullptr, nullptr, node.stride, node.features,
                                        operand(instruction.weights), operand(instruction.bias), node.deviation,
                                        static_cast<T>(instruction.epsilon)},
                                       range);
                    break;
                case Operation::embedding:
                    embed(in, node, range);
                    break;
            }
        }
    }
}

template <class T>
LossBuffers<T> Session<T>::loss_buffers(const T* output, T* gradient, ptrdiff_t stride) const {
    return {output, targets_, labels_, example_weights_, gradient, values_, stride, plan_.outputs(),
            static_cast<T>(plan_.loss_parameter), loss_parameters_.empty() ? nullptr : loss_parameters_.data()};
}

/// Note which answers are right, where they are counted.
template <class T>
void Session<T>::count_right(const T* output, ptrdiff_t stride, Range panels) {
    if (!right_) return;
    k_.accuracies[static_cast<int>(plan_.accuracy)]({output, targets_, labels_, right_, stride, plan_.outputs(),
                                                     static_cast<T>(plan_.accuracy_cut)},
                                                    panels);
}

template <class T>
void Session<T>::loss(Range panels) {
    const Node& last = nodes_.back();
    k_.losses[static_cast<int>(plan_.loss)](loss_buffers(last.y, last.gradient, last.stride), panels);
    count_right(last.y, last.stride, panels);
}

template <class T>
void Session<T>::backward(Member& member, const Run& run, Range panels) {
    T* scratch = workers_[static_cast<std::size_t>(member.index())].scratch;
    const auto aborted = [&] { return abort_asked(member, run); };
    for (std::size_t i = nodes_.size() - 1; i-- > 0;) {
        const Node& in = nodes_[i];
        const Node& node = nodes_[i + 1];
        const Instruction& instruction = node.instruction;
        if (!node.wants_gradient) break;  // nothing that trains lies below
        const bool further = in.wants_gradient;
        if (instruction.operation == Operation::batch_normalization && run.training && !instruction.frozen) {
            if (!further) continue;
            member.barrier();
            in_parts(member, run, share(node.features, member.index(), member.size()), [&](Range features) {
                k_.batch_normalize_gradient(
                    {in.y, node.normal, node.y, node.gradient, in.gradient, node.stride, examples_,
                     operand(instruction.weights), operand(instruction.bias), node.mean, node.variance, node.deviation,
                     static_cast<T>(instruction.epsilon)},
                    features);
            });
            member.barrier();
            continue;
        }
        for (ptrdiff_t start = panels.begin; start < panels.end && !aborted(); start += kTogether) {
            const Range range{start, std::min(start + kTogether, panels.end)};
            const auto each = [&](auto&& work) {
                for (ptrdiff_t p = range.begin; p < range.end; ++p) work(p * node.stride, node.features * k_.lanes);
            };
            switch (instruction.operation) {
                case Operation::dense: {
                    if (node.activates() && !node.taken_back)
                        each([&](ptrdiff_t at, ptrdiff_t count) {
                            k_.activations[static_cast<int>(instruction.activation)].backward(&node.activation, at, count);
                        });
                    if (node.delta_rows && !k_.is_narrow(node.features, panels_))
                        k_.transpose_delta({node.gradient, node.stride, node.delta_rows, node.features, panels_}, range);
                    if (further && !by_units_) multiply_backward(in, node, range, in.wanted(), scratch);
                    break;
                }
                case Operation::activation:
                    if (further)
                        each([&](ptrdiff_t at, ptrdiff_t count) {
                            k_.activations[static_cast<int>(instruction.activation)].backward(&node.activation, at, count);
                        });
                    break;
                case Operation::softmax:
                    k_.softmax.backward({in.y, node.y, node.gradient, node.stride, node.features}, range);
                    break;
                case Operation::log_softmax:
                    k_.log_softmax.backward({in.y, node.y, node.gradient, node.stride, node.features}, range);
                    break;
                case Operation::dropout:
                    if (run.training)
                        each([&](ptrdiff_t at, ptrdiff_t count) {
                            k_.multiply_by(node.gradient + at, node.mask + at, count);
                        });
                    break;
                case Operation::gaussian_noise: break;  // dy/dx is 1
                case Operation::normalization:
                case Operation::batch_normalization:
                    if (!further) break;
                    if (!node.in_place())
                        std::memcpy(in.gradient + range.begin * node.stride, node.gradient + range.begin * node.stride,
                                    static_cast<std::size_t>(range.size() * node.stride) * sizeof(T));
                    k_.rescale_gradient({nullptr, nullptr, in.gradient, node.stride, node.features, node.shift,
                                         node.divisor, node.factor, node.offset},
                                        range);
                    break;
                case Operation::layer_normalization:
                    if (further)
                        k_.layer_normalize_gradient({in.y, node.normal, node.y, node.gradient, in.gradient, node.stride,
                                                     node.features, operand(instruction.weights),
                                                     operand(instruction.bias), node.deviation,
                                                     static_cast<T>(instruction.epsilon)},
                                                    range);
                    break;
                case Operation::embedding: break;
            }
        }
        if (by_units_ && further && instruction.operation == Operation::dense) {
            member.barrier();
            const Range inputs = in.wanted(), part = share(inputs.size(), member.index(), member.size());
            multiply_backward(in, node, {0, panels_}, {inputs.begin + part.begin, inputs.begin + part.end}, scratch);
            member.barrier();
        }
    }
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
