// A session: the buffers that a plan needs for one batch size, allocated once, and the loop over steps.
//
// A step, as every thread of the team sees it:
//   rows      gather, forward, loss, backward on its own panels of the batch
//   barrier   everybody learns whether all numbers are finite, and whether to stop
//   tiles     the gradient of its own part of the parameters, the optimiser applied where it is stored
//   barrier
// Where the gradient must exist before it is used (clipping by norm, inspection, numbers near overflow), the tiles
// go to a vector first, and two more barriers follow. Some networks have quicker ways: session_small.cpp, session_line.cpp,
// session_pair.cpp. How work is shared never changes a result's bits.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <vector>

#include "arena.hpp"
#include "isa.hpp"
#include "pace.hpp"
#include "plan.hpp"
#include "small_networks.hpp"
#include "team.hpp"

namespace chainrule {

template <class T>
struct Vectors {
    T* parameters = nullptr;
    T* state = nullptr;
    T* slots[3] = {};
    T* average = nullptr;  // of the parameters over the steps, if wanted

    /// Those that an optimiser changes; absent ones are null.
    std::array<T*, 5> updated() const { return {parameters, slots[0], slots[1], slots[2], average}; }
};

/// An order of rows that will be wanted: a processor that a run would leave idle draws it meanwhile.
struct Draw {
    std::uint64_t seed = 0, index = 0, purpose = 0;
    std::int64_t* out = nullptr;
    ptrdiff_t count = 0;
    bool drawn = false;
};

/// What the steps of a run are made from.
struct Steps {
    const std::int64_t* order = nullptr;  // row numbers, or null: rows as they come
    ptrdiff_t rows = 0;                   // length of the order
    ptrdiff_t batch = 0;
    ptrdiff_t start = 0, stop = 0;  // batches
    std::int64_t first_step = 0;    // the step number of batch `start`
    Draw* meanwhile = nullptr;
};

struct Outcome {
    double loss_sum = 0;  // of J times the mass of its batch: its rows, or the sum of their weights
    double mass = 0;      // of all those batches
    double right = 0, weighted_right = 0;  // answers, where the plan counts them; by the weights of their rows
    ptrdiff_t rows = 0;
    ptrdiff_t steps = 0;
    ptrdiff_t paired = 0;      // of them, made by a pair of threads
    bool failed = false;       // the step after `steps` was not made: its numbers are not finite
    bool interrupted = false;  // the caller wants to stop
};

/// Where there are many weights and each thread would use them on few panels only, threads share out the units, so that
/// each reads a part of the weights instead of all of them.
inline bool shares_units(ptrdiff_t weights, ptrdiff_t panels, int threads) {
    constexpr ptrdiff_t kManyWeights = 200'000, kFewPanels = 32;
    return threads > 1 && weights > kManyWeights && panels < kFewPanels * threads;
}

/// Asked now and then by the first thread; true ends the run after the last finished step.
using Interrupt = std::function<bool()>;
/// Asked by a pair of threads before each step, with the number of those made: whether to leave.
using Late = std::function<bool(ptrdiff_t)>;

template <class T>
class Session {
public:
    /// `threads` as a rule; where `pair` allows it two, for as long as that makes its steps faster.
    Session(const Plan& plan, ptrdiff_t batch, int threads, bool pair = false);
    ~Session();

    /// Train. `table` has a row of `columns` scalars a step, rate and decay first; where the parameters have an average,
    /// its momentum and whether it takes their place come next. `outputs`, if not null, gets the
    /// outputs of every row in the order of the batches.
    Outcome train(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, const T* table, ptrdiff_t columns,
                  T* outputs, const Interrupt& interrupt);

    /// Mean loss, as a sum over batches times their rows, and the outputs; nothing is trained.
    Outcome evaluate(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, T* outputs,
                     const Interrupt& interrupt);

    /// J over one batch and its gradient.
    Outcome gradient(const Vectors<T>& vectors, const Rows& rows, const Steps& steps, bool training, T* out);

    /// The outputs of `count` rows from `first` on, at most a batch of them; false if an input was not finite as a T.
    /// With one thread it may be called on any thread of the team.
    bool predict(const Vectors<T>& vectors, const Rows& rows, ptrdiff_t first, ptrdiff_t count, T* outputs);

    int threads() const { return threads_; }
    /// Of its buffers.
    std::size_t bytes() const { return arena_.size(); }

    /// What the steps so far have given, for an Interrupt that wants to know.
    const Outcome& so_far() const { return outcome_; }

private:
    struct Run;
    struct Worker;
    struct Node;
    struct Table;
    struct Shared;
    struct Lines;
    struct Owned;
    struct Half;

    T* allocate(ptrdiff_t count);
    /// From one panel to the next: an odd number of vectors, or in a small network one vector more than features.
    ptrdiff_t stride(ptrdiff_t features) const { return (small_ ? features + 1 : features | 1) * k_.lanes; }
    const T* operand(const Operand& where) const;

    Outcome run(const Run& run);
    void prepare_factors();
    void set_examples(ptrdiff_t examples);
    bool abort_asked(Member& member, const Run& run);
    template <class Function>
    void in_parts(Member& member, const Run& run, Range all, const Function& work);
    void steps(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome);
    template <class Gradient, class Update>
    void steps_alone(const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome, const Gradient& gradient,
                     const Update& update);
    void steps_of_lines(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome);
    void steps_of_small(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome);
    void steps_of_one(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome);
    void steps_of_pair(Member& member, const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome,
                       const Late& late);
    void note_step(Outcome& outcome, double total, bool judged = true);
    bool update(Member& member, const Run& run, ptrdiff_t step);
    bool only_dense() const;
    bool is_small() const;
    bool has_halves() const;
    bool is_penalised() const;
    void prepare_small();
    void prepare_halves();
    void prepare_pair();
    void prepare_lines();
    template <class Copy>
    void each_line_weight(const Copy& copy) const;
    ptrdiff_t ask_every() const;
    LossBuffers<T> loss_buffers(const T* output, T* gradient, ptrdiff_t stride) const;
    void count_right(const T* output, ptrdiff_t stride, Range panels);
    double largest_product(const T* inputs, const T* deltas, ptrdiff_t count_inputs, ptrdiff_t count) const;
    double largest_gradient_of_one() const;
    void forward_one();
    void backward_one();

    void copy_rows(Member& member, const Run& run, const Block& block, ptrdiff_t features, ptrdiff_t first, Range panels,
                   T* out, ptrdiff_t out_stride);
    void gather(Member& member, const Run& run, ptrdiff_t first, Range panels);
    void gather_line(Member& member, const Run& run, ptrdiff_t first);
    void gather_target_line(Member& member, const Run& run, ptrdiff_t first);
    void gather_targets(Member& member, const Run& run, ptrdiff_t first, Range panels);
    void equal_weights();
    void forward(Member& member, const Run& run, std::int64_t step, Range panels);
    void multiply_forward(const Node& in, const Node& node, Range panels, Range units, T* scratch);
    void multiply_half(const Node& in, const Node& node, int half, const T* weights, Range panels, Range units, T* out,
                       T* scratch);
    void multiply_halves(const Node& in, const Node& node, Range panels, Range units, T* scratch);
    void add_halves(const Node& node, const T* first, const T* second, const T* bias, Range panels, Range units);
    template <class Function>
    void each_owned(int half, const Function& work) const;
    void take_owned(int half);
    void bring_owned(int half);
    double penalties_of(int half, bool at_home) const;
    void forward_pair(Member& member, const Half& own);
    void backward_pair(Member& member, const Half& own);
    void update_pair(int half, const Half& own);
    void multiply_backward(const Node& in, const Node& node, Range panels, Range inputs, T* scratch);
    Embedding<T> embedding(const Node& in, const Node& node, const Table& table) const;
    void embed(const Node& in, const Node& node, Range panels);
    void loss(Range panels);
    void add_right(double& right, double& weighted) const;
    void backward(Member& member, const Run& run, Range panels);
    void parameters(Member& member, const Run& run, const GradientConsumer<T>* consumers);
    void moving_averages();
    void constrain(const Member& member);
    void update_from_gradient(Member& member);
    void measure(Member& member, const Run& run, Range panels);
    double penalties() const;
    void prepare_scalars(Worker& worker, const Run& run, ptrdiff_t step) const;
    bool may_overflow() const;
    bool clips_by_norm() const;
    ptrdiff_t count_parameters() const;
    void need_gradient();

    const KernelTable<T>& k_;
    Plan plan_;
    std::vector<T> loss_parameters_;  // the plan's, in the weights' type
    ptrdiff_t batch_;
    bool small_;  // its steps are made in one go, by the caller alone
    int threads_;
    Vectors<T> vectors_;
    alignas(64) Outcome outcome_;  // written at each step, beside what other threads read

    alignas(64) Arena arena_;  // of all buffers
    std::vector<Node> nodes_;
    std::unique_ptr<Half> halves_[2];  // if its units can be halved
    bool paired_ = false;              // two threads may work as a pair
    Pace pace_;
    std::vector<SmallLayer<T>> small_layers_;
    std::unique_ptr<Lines> lines_network_;  // of a small network and a batch of one
    std::vector<Worker> workers_;
    std::unique_ptr<Shared> shared_;
    std::int32_t* labels_ = nullptr;
    T *targets_ = nullptr, *example_weights_ = nullptr, *values_ = nullptr, *gradient_ = nullptr;
    T* right_ = nullptr;  // answers by example, where they are counted
    T* single_ = nullptr;
    T *lines_ = nullptr, *line_gradients_ = nullptr;  // of all nodes, for a batch of one
    ptrdiff_t lines_size_ = 0;
    double mass_ = 0;
    bool by_units_ = false;  // dense layers are shared out by units, with barriers around each, not by examples
    ptrdiff_t examples_ = 0, panels_ = 0, scratch_size_ = 0;
};

}  // namespace chainrule
