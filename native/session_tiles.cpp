// The tiles phase of a step: each thread makes the gradient of its own part of the parameters and gives it to the
// optimiser, or to a vector where it must exist first.
#include <algorithm>
#include <cmath>
#include <limits>

#include "session_parts.hpp"

namespace chainrule {

namespace {
/// Elements whose squares are summed together in double.
constexpr ptrdiff_t kChunk = 4096;
}  // namespace

template <class T>
void Session<T>::parameters(Member& member, const Run& run, const GradientConsumer<T>* consumers) {
    T* scratch = workers_[static_cast<std::size_t>(member.index())].scratch;
    const auto part = [&](ptrdiff_t count) { return share(count, member.index(), member.size()); };
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) {
        const Node &in = nodes_[i], &node = nodes_[i + 1];
        if (abort_asked(member, run)) return;
        if (node.weights_segment >= 0) {
            const GradientConsumer<T>& consumer = consumers[node.weights_segment];
            if (node.instruction.operation == Operation::dense)
                in_parts(member, run, part(in.features), [&](Range features) {
                    k_.weight_gradient({in.y, in.stride, node.gradient, node.stride, node.delta_rows, node.features,
                                        examples_, consumer},
                                       features, scratch);
                });
            else
                k_.scale_gradient({node.gradient, node.normal, node.stride, panels_, consumer}, part(node.features),
                                  scratch);
        }
        for (const Table& table : node.tables) {
            if (table.segment < 0) continue;
            const Range rows = part(table.plan.categories);
            k_.embedding_gradient(embedding(in, node, table), rows);
            const GradientConsumer<T>& consumer = consumers[table.segment];
            const ptrdiff_t first = rows.begin * table.plan.dimension;
            consumer.apply(consumer.context, first, table.gradient + first, rows.size() * table.plan.dimension);
        }
        if (node.bias_segment >= 0)
            in_parts(member, run, part(node.features), [&](Range features) {
                k_.bias_gradient({node.gradient, node.stride, node.features, panels_, consumers[node.bias_segment]},
                                 features, scratch);
            });
    }
}

/// Note how large the numbers are that this thread's part of the gradient is made of.
template <class T>
void Session<T>::measure(Member& member, const Run& run, Range panels) {
    Worker& worker = workers_[static_cast<std::size_t>(member.index())];
    const auto largest = [&](const T* values, const Node& node) {
        T most = 0;
        for (ptrdiff_t start = panels.begin; start < panels.end && !abort_asked(member, run); start += kTogether) {
            const Range range{start, std::min(start + kTogether, panels.end)};
            const T size = k_.largest_magnitude(values, node.stride, node.features * k_.lanes, range);
            if (!is_finite(size)) return static_cast<double>(size);
            most = std::max(most, size);
        }
        return static_cast<double>(most);
    };
    worker.sizes.infinite = !is_finite(k_.largest_magnitude(values_, k_.lanes, k_.lanes, panels));
    double size = 0;
    for (std::size_t i = 0; i + 1 < nodes_.size(); ++i) {
        const Node& node = nodes_[i + 1];
        if (!node.trains) continue;
        double term = largest(node.gradient, node);
        if (node.instruction.operation == Operation::dense) term *= std::max(1.0, largest(nodes_[i].y, nodes_[i]));
        ptrdiff_t together = 1;  // codes of one example may name the same row
        for (const Table& table : node.tables) together = std::max(together, table.plan.positions);
        term *= static_cast<double>(together);
        if (node.normal) term *= std::max(1.0, largest(node.normal, node));
        size = term <= size ? size : term;
    }
    worker.sizes.gradient = size;
}

/// Whether a sum of the gradient might overflow; false is certain, true is a reason to look at the sums themselves.
template <class T>
bool Session<T>::may_overflow() const {
    double size = 0;
    for (const Worker& worker : workers_) {
        if (!(worker.sizes.gradient <= std::numeric_limits<double>::max())) return true;
        size = std::max(size, worker.sizes.gradient);
    }
    return !(size * static_cast<double>(examples_) <= static_cast<double>(std::numeric_limits<T>::max()) / 4);
}

template <class T>
void Session<T>::moving_averages() {
    for (const Node& node : nodes_) {
        const Instruction& instruction = node.instruction;
        if (!node.normal || instruction.operation != Operation::batch_normalization || instruction.frozen) continue;
        const T momentum = static_cast<T>(instruction.momentum), rest = static_cast<T>(1 - instruction.momentum);
        T *mean = vectors_.state + instruction.mean.offset, *variance = vectors_.state + instruction.variance.offset;
        for (ptrdiff_t f = 0; f < node.features; ++f) {
            mean[f] = mean[f] * momentum + node.mean[f] * rest;
            variance[f] = variance[f] * momentum + node.variance[f] * rest;
        }
    }
}

/// Make the gradient and apply it; false if it is not finite (nothing has changed then) or the step was left.
template <class T>
bool Session<T>::update(Member& member, const Run& run, ptrdiff_t step) {
    Worker& worker = workers_[static_cast<std::size_t>(member.index())];
    const bool careful = may_overflow();
    if (run.mode == Mode::train) prepare_scalars(worker, run, step);
    if (run.mode == Mode::train && !careful && !clips_by_norm() && !run.very_long) {
        parameters(member, run, worker.consumers.data());
        return true;
    }
    if (!gradient_) {  // needed for the first time
        member.barrier();
        if (member.index() == 0) need_gradient();
        member.barrier();
    }
    for (std::size_t s = 0; s < plan_.segments.size(); ++s) {
        const Segment& segment = plan_.segments[s];
        worker.kept[s] = {gradient_ + segment.offset, vectors_.parameters + segment.offset, static_cast<T>(segment.l1),
                          static_cast<T>(segment.l2)};
        worker.keepers[s] = {Keep<T>::apply, &worker.kept[s]};
    }
    parameters(member, run, worker.keepers.data());
    member.barrier();
    if (run.mode == Mode::gradient) return true;
    if (shared_->abort) return false;
    if (careful)
        for (const Segment& segment : plan_.segments)
            for (ptrdiff_t i = 0; i < segment.length; ++i)
                if (!is_finite(std::abs(gradient_[segment.offset + i]))) return false;
    update_from_gradient(member);
    return true;
}

/// Apply the gradient in `gradient_`, clipped by norm if the plan says so.
template <class T>
void Session<T>::update_from_gradient(Member& member) {
    Worker& worker = workers_[static_cast<std::size_t>(member.index())];
    if (clips_by_norm()) {
        if (member.index() == 0) {
            std::vector<double>& squares = shared_->squares;
            for (std::size_t s = 0; s < squares.size(); ++s) {
                const Segment& segment = plan_.segments[s];
                double total = 0;
                for (ptrdiff_t start = 0; start < segment.length; start += kChunk) {
                    double sum = 0;
                    for (ptrdiff_t i = start; i < std::min(start + kChunk, segment.length); ++i) {
                        const double g = gradient_[segment.offset + i];
                        sum += g * g;
                    }
                    total += sum;
                }
                squares[s] = total;
            }
            for (std::size_t s = 0; s < squares.size(); ++s) {
                double total = squares[s];
                if (plan_.clipping == Clipping::global_norm) {
                    total = 0;
                    for (std::size_t other = 0; other < squares.size(); ++other)
                        if (plan_.segments[other].clip_group == plan_.segments[s].clip_group) total += squares[other];
                }
                const double norm = std::sqrt(total);
                shared_->factors[s] = norm > plan_.clip_limit ? plan_.clip_limit / norm : 1;
            }
        }
        member.barrier();
    }
    for (std::size_t s = 0; s < plan_.segments.size(); ++s) {
        OptimizerParameters<T>& p = worker.parameters[s];
        const OptimizerParameters<T> before = p;
        p.l1 = p.l2 = 0;  // the penalties are in the gradient
        if (clips_by_norm()) p.gradient_factor = static_cast<T>(shared_->factors[s]);
        const Range range = share(plan_.segments[s].length, member.index(), member.size());
        const GradientConsumer<T>& consumer = worker.consumers[s];
        consumer.apply(consumer.context, range.begin, gradient_ + plan_.segments[s].offset + range.begin, range.size());
        p = before;
    }
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
