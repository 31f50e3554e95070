#include "session_parts.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "errand.hpp"

namespace chainrule {

namespace {
constexpr double kSmallestDeviation = 1e-7;  // that Normalization divides by, Keras's
/// Multiplications of a step, for each lane of a vector, above which it must be possible to leave it half done. Its
/// gradient must exist first then, which costs nothing beside many rows: they make a step very long much sooner.
constexpr double kVeryLongStep = 1.25e9, kVeryLongStepOfManyRows = 3e7;
constexpr ptrdiff_t kManyRows = 4096;
}  // namespace

template <class T>
T* Session<T>::allocate(ptrdiff_t count) {
    return arena_.template allocate<T>(static_cast<std::size_t>(std::max<ptrdiff_t>(count, 1) + k_.lanes));
}

template <class T>
Session<T>::Session(const Plan& plan, ptrdiff_t batch, int threads, bool pair)
    : k_(kernels<T>(isa())),
      plan_(plan),
      loss_parameters_(plan.loss_parameters.begin(), plan.loss_parameters.end()),
      batch_(batch),
      small_(is_small()),
      threads_(threads),
      arena_(threads),
      shared_(new Shared) {
    shared_->squares.resize(plan.segments.size());
    shared_->factors.resize(plan.segments.size());
    const ptrdiff_t panels = (batch + k_.lanes - 1) / k_.lanes, examples = panels * k_.lanes;
    nodes_.resize(plan.instructions.size() + 1);
    nodes_[0].features = plan.inputs();
    nodes_[0].stride = stride(plan.inputs());
    nodes_[0].y = nodes_[0].z = allocate(panels * nodes_[0].stride);
    scratch_size_ = std::max(k_.product_scratch(), k_.gradient_scratch(plan.outputs()));
    bool trains = false;
    int segment = 0;
    for (std::size_t i = 0; i < plan.instructions.size(); ++i) {
        const Node& in = nodes_[i];
        Node& node = nodes_[i + 1];
        const Instruction& instruction = node.instruction = plan.instructions[i];
        node.features = instruction.outputs;
        node.stride = stride(node.features);
        node.y = node.z = allocate(panels * node.stride);
        if (!plan.segments.empty()) {  // a plan without segments only predicts
            if (instruction.weights.trains()) node.weights_segment = segment++;
            if (instruction.bias.trains()) node.bias_segment = segment++;
            if (node.weights_segment >= 0 && node.bias_segment >= 0) {
                const Segment& weights = plan.segments[static_cast<std::size_t>(node.weights_segment)];
                const Segment& bias = plan.segments[static_cast<std::size_t>(node.bias_segment)];
                node.bias_follows = bias.offset == weights.offset + weights.length && bias.l1 == weights.l1 &&
                                    bias.l2 == weights.l2;
            }
        }
        node.trains = node.weights_segment >= 0 || node.bias_segment >= 0;
        ptrdiff_t longer = 0;  // by so much do features lie further back after the vectors before them
        for (const EmbeddingTable& table : instruction.tables) {
            node.tables.push_back({table, table.column + longer});
            longer += table.positions * (table.dimension - 1);
            if (plan.segments.empty() || !table.weights.trains()) continue;
            node.tables.back().segment = segment++;
            node.tables.back().gradient = allocate(table.categories * table.dimension);
            node.trains = true;
        }
        trains = trains || node.trains;
        node.wants_gradient = trains;
        if (node.in_place() && in.gradient)
            node.gradient = in.gradient;
        else if (trains || i + 1 == plan.instructions.size())
            node.gradient = allocate(panels * node.stride);
        const T alpha = static_cast<T>(instruction.alpha);
        scratch_size_ = std::max(scratch_size_, k_.gradient_scratch(node.features) + node.features);
        switch (instruction.operation) {
            case Operation::dense:
                if (!k_.activations[static_cast<int>(instruction.activation)].from_output)
                    node.z = allocate(panels * node.stride);
                node.activation = {node.z, node.y, node.gradient, alpha};
                // A short last batch has fewer panels, and may want another way to the gradient.
                if (node.weights_segment >= 0 && !(k_.is_narrow(node.features, panels) && k_.is_narrow(node.features, 1)))
                    node.delta_rows = allocate((node.features + k_.lanes) * examples);
                break;
            case Operation::activation: node.activation = {in.y, node.y, node.gradient, alpha}; break;
            case Operation::dropout: node.mask = allocate(panels * node.stride); break;
            case Operation::batch_normalization:
            case Operation::layer_normalization:
                node.normal = allocate(panels * node.stride);
                node.deviation = allocate(std::max(examples, node.features));
                node.mean = allocate(node.features);
                node.variance = allocate(node.features);
                [[fallthrough]];
            case Operation::normalization:
                node.shift = allocate(node.features);
                node.divisor = allocate(node.features);
                node.factor = allocate(node.features);
                node.offset = allocate(node.features);
                break;
            default: break;
        }
    }
    for (std::size_t i = 1; i + 1 < nodes_.size(); ++i)
        nodes_[i].taken_back = nodes_[i].instruction.operation == Operation::dense && nodes_[i].activates() &&
                               nodes_[i].wants_gradient && nodes_[i + 1].instruction.operation == Operation::dense;
    if (batch == 1 && only_dense()) {
        // whole vectors, the input of the bias, and the vector of zeros after the deltas
        const auto room = [&](const Node& node) { return (node.features / k_.lanes + 2) * k_.lanes; };
        for (const Node& node : nodes_) lines_size_ += room(node);
        lines_ = allocate(lines_size_);
        line_gradients_ = allocate(lines_size_);
        ptrdiff_t start = 0;
        for (Node& node : nodes_) {
            node.line = lines_ + start;
            node.line_gradient = line_gradients_ + start;
            start += room(node);
        }
        prepare_lines();
    }
    single_ = allocate(2 * stride(plan.outputs()));
    if (has_halves()) {
        for (std::size_t i = 2; i < nodes_.size(); ++i) nodes_[i].halves[1] = allocate(panels * nodes_[i].stride);
        prepare_halves();
        paired_ = pair && threads <= 2;
    }
    workers_.resize(static_cast<std::size_t>(paired_ ? 2 : threads));
    for (Worker& worker : workers_) {
        worker.scratch = allocate(scratch_size_);
        worker.parameters.resize(plan.segments.size());
        worker.buffers.resize(plan.segments.size());
        worker.consumers.resize(plan.segments.size());
        worker.kept.resize(plan.segments.size());
        worker.keepers.resize(plan.segments.size());
    }
    labels_ = arena_.allocate<std::int32_t>(static_cast<std::size_t>(examples));
    if (!plan.sparse_labels) targets_ = allocate(panels * stride(plan.outputs()));
    example_weights_ = allocate(examples);
    values_ = allocate(examples);
    if (plan.accuracy != Accuracy::none) right_ = allocate(examples);
    if (small_) prepare_small();
    if (paired_) prepare_pair();
}

template <class T>
Session<T>::~Session() = default;

template <class T>
const T* Session<T>::operand(const Operand& where) const {
    if (!where.exists()) return nullptr;
    return (where.trains() ? vectors_.parameters : vectors_.state) + where.offset;
}

/// Whether there is nothing but dense layers that train, whose gradient is used as it comes.
template <class T>
bool Session<T>::only_dense() const {
    return !plan_.segments.empty() && plan_.constraints.empty() && !clips_by_norm() &&
           std::all_of(plan_.instructions.begin(), plan_.instructions.end(),
                       [](const Instruction& i) { return i.operation == Operation::dense && i.weights.trains(); });
}

template <class T>
bool Session<T>::is_penalised() const {
    return std::any_of(plan_.segments.begin(), plan_.segments.end(),
                       [](const Segment& s) { return s.l1 != 0 || s.l2 != 0; });
}

template <class T>
Outcome Session<T>::train(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, const T* table,
                          ptrdiff_t columns, T* outputs, const Interrupt& interrupt) {
    vectors_ = vectors;
    return run({Mode::train, true, rows, steps, table, columns, outputs, interrupt});
}

template <class T>
Outcome Session<T>::evaluate(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, T* outputs,
                             const Interrupt& interrupt) {
    vectors_ = vectors;
    return run({Mode::evaluate, false, rows, steps, nullptr, 0, outputs, interrupt});
}

template <class T>
Outcome Session<T>::gradient(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, bool training, T* out) {
    vectors_ = vectors;
    const Outcome outcome = run({Mode::gradient, training, rows, steps, nullptr, 0, nullptr, [] { return false; }});
    for (const Segment& segment : plan_.segments)
        std::copy_n(gradient_ + segment.offset, segment.length, out + segment.offset);
    return outcome;
}

template <class T>
bool Session<T>::clips_by_norm() const {
    return plan_.clipping == Clipping::norm || plan_.clipping == Clipping::global_norm;
}

template <class T>
ptrdiff_t Session<T>::count_parameters() const {
    return plan_.segments.back().offset + plan_.segments.back().length;
}

template <class T>
void Session<T>::need_gradient() {
    if (!gradient_ && !plan_.segments.empty()) gradient_ = allocate(count_parameters());
}

/// What normalisations do while it does not change, as factors per feature.
template <class T>
void Session<T>::prepare_factors() {
    for (Node& node : nodes_) {
        const Instruction& instruction = node.instruction;
        if (!node.shift || instruction.operation == Operation::layer_normalization) continue;
        const T *mean = operand(instruction.mean), *variance = operand(instruction.variance);
        const T *gamma = operand(instruction.weights), *beta = operand(instruction.bias);
        const bool known = instruction.operation == Operation::normalization;
        for (ptrdiff_t f = 0; f < node.features; ++f) {
            const T deviation = known ? std::max(std::sqrt(variance[f]), static_cast<T>(kSmallestDeviation))
                                      : std::sqrt(variance[f] + static_cast<T>(instruction.epsilon));
            const bool inverted = known && instruction.inverted;
            node.shift[f] = inverted ? 0 : mean[f];
            node.divisor[f] = inverted ? 1 : deviation;
            node.factor[f] = inverted ? deviation : gamma ? gamma[f] : 1;
            node.offset[f] = inverted ? mean[f] : beta ? beta[f] : 0;
        }
    }
}

/// Note how many examples the batches have from now on.
template <class T>
void Session<T>::set_examples(ptrdiff_t examples) {
    examples_ = examples;
    panels_ = (examples + k_.lanes - 1) / k_.lanes;
    by_units_ = shares_units(plan_.weights(), panels_, threads_);
}

template <class T>
Outcome Session<T>::run(const Run& asked) {
    Run run = asked;
    const double products = 3.0 * static_cast<double>(plan_.weights());
    run.very_long = products * static_cast<double>(run.where.batch) >
                    k_.lanes * (run.where.batch < kManyRows ? kVeryLongStep : kVeryLongStepOfManyRows);
    if (run.mode == Mode::gradient || (run.mode == Mode::train && (clips_by_norm() || run.very_long))) need_gradient();
    prepare_factors();
    for (Worker& worker : workers_)
        for (std::size_t s = 0; s < plan_.segments.size(); ++s) {
            const Segment& segment = plan_.segments[s];
            OptimizerParameters<T>& p = worker.parameters[s];
            p = {};
            p.momentum = static_cast<T>(plan_.momentum);
            p.rest_1 = static_cast<T>(1 - plan_.beta_1);
            p.rest_2 = static_cast<T>(1 - plan_.beta_2);
            p.rho = static_cast<T>(plan_.rho);
            p.rest = static_cast<T>(1 - plan_.rho);
            p.epsilon = static_cast<T>(plan_.epsilon);
            p.l1 = static_cast<T>(segment.l1);
            p.l2 = static_cast<T>(segment.l2);
            if (plan_.clipping == Clipping::value) p.gradient_limit = static_cast<T>(plan_.clip_limit);
            OptimizerBuffers<T>& b = worker.buffers[s];
            b.weights = vectors_.parameters + segment.offset;
            b.average = vectors_.average ? vectors_.average + segment.offset : nullptr;
            for (int slot = 0; slot < 3; ++slot)
                b.slots[slot] = vectors_.slots[slot] ? vectors_.slots[slot] + segment.offset : nullptr;
            b.parameters = &p;
            worker.consumers[s] = {k_.optimizers[static_cast<int>(plan_.optimizer)].update, &b};
        }
    shared_->abort = shared_->halt = false;
    Outcome& outcome = outcome_ = {};
    const bool trains = run.mode == Mode::train, lines = trains && lines_network_;
    const bool one = !lines && trains && batch_ == 1 && only_dense(), small = trains && small_;
    const bool alone = lines || one || small || threads_ == 1, pair = trains && paired_ && !run.very_long;
    Draw* draw = alone && !pair ? run.where.meanwhile : nullptr;  // there is a processor for the errand
    const auto errand = draw ? Errand::send([this, draw] {
        k_.permutation(draw->seed, draw->index, draw->purpose, draw->out, draw->count);
    }) : nullptr;
    // Batches of one size together, so that no thread needs to be told the size at every step.
    const ptrdiff_t whole = std::min(run.where.stop, run.where.rows / run.where.batch);
    const auto part = [&](ptrdiff_t start, ptrdiff_t stop, ptrdiff_t examples) {
        if (start >= stop || outcome.failed || outcome.interrupted) return;
        set_examples(examples);
        mass_ = run.mode == Mode::evaluate && plan_.reduction == Reduction::sum ? 1 : static_cast<double>(examples);
        if (!run.rows.weights.data) equal_weights();
        const auto usual = [&](ptrdiff_t from, ptrdiff_t to) {
            const ptrdiff_t before = outcome.steps;
            run_on_team(alone ? 1 : threads_, [&](Member& member) {
                if (lines)
                    steps_of_lines(member, run, from, to, outcome);
                else if (one)
                    steps_of_one(member, run, from, to, outcome);
                else if (small)
                    steps_of_small(member, run, from, to, outcome);
                else
                    steps(member, run, from, to, outcome);
            });
            return from + outcome.steps - before;
        };
        if (!pair) return void(usual(start, stop));
        pace_.run(start, stop, usual, [&](ptrdiff_t from, ptrdiff_t to, const Late& late) {
            const ptrdiff_t before = outcome.steps;
            run_on_team(2, [&](Member& member) { steps_of_pair(member, run, from, to, outcome, late); });
            shared_->halt = false;
            workers_[1].sizes = {};
            return outcome.interrupted ? to : from + outcome.steps - before;
        });
    };
    part(run.where.start, whole, run.where.batch);
    part(std::max(run.where.start, whole), run.where.stop, run.where.rows - whole * run.where.batch);
    if (errand) draw->drawn = errand->finish();
    return outcome;
}

template <class T>
void Session<T>::prepare_scalars(Worker& worker, const Run& run, ptrdiff_t step) const {
    const T* row = run.table + step * run.columns;
    for (OptimizerParameters<T>& p : worker.parameters) {
        p.rate = row[0];
        p.decay = row[1];
        if (!vectors_.average) continue;
        p.average_momentum = row[2];
        p.overwrite = row[3] != 0;
    }
}

/// Count a step with the loss of its batch.
template <class T>
void Session<T>::note_step(Outcome& outcome, double total, bool judged) {
    outcome.loss_sum += total * mass_;
    outcome.mass += mass_;
    if (right_ && judged) add_right(outcome.right, outcome.weighted_right);
    outcome.rows += examples_;
    ++outcome.steps;
}

/// Add the batch's right answers, and the same by the weights of their rows.
template <class T>
void Session<T>::add_right(double& right, double& weighted) const {
    double all = 0, shares = 0;
    for (ptrdiff_t e = 0; e < examples_; ++e) {
        all += static_cast<double>(right_[e]);
        shares += static_cast<double>(right_[e]) * static_cast<double>(example_weights_[e]);
    }
    right += all;
    weighted += shares * (plan_.reduction == Reduction::sum ? 1 : mass_) / plan_.loss_weight;
}

template <class T>
double Session<T>::penalties() const {
    if (halves_[0]) return penalties_of(0, false) + penalties_of(1, false);
    double total = 0;
    for (const Segment& segment : plan_.segments)
        if (segment.l1 != 0 || segment.l2 != 0)
            total += k_.penalty(vectors_.parameters + segment.offset, segment.length, segment.l1, segment.l2);
    return total;
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
