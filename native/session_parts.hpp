// The pieces a session is made of; only session*.cpp include this.
#pragma once

#include <algorithm>
#include <atomic>
#include <limits>

#include "session.hpp"

namespace chainrule {

template <class T>
struct Session<T>::Table {
    const EmbeddingTable& plan;
    ptrdiff_t output;  // the first feature that its vectors go to
    int segment = -1;
    T* gradient = nullptr;
};

/// A buffer of values of the batch, the output of an instruction (the first one: the inputs), and what that
/// instruction keeps for the way back.
template <class T>
struct Session<T>::Node {
    Instruction instruction{};
    ptrdiff_t features = 0, stride = 0;
    T *z = nullptr, *y = nullptr;  // before and after the activation; the same where its derivative needs only y
    T* gradient = nullptr;         // dJ/dy, and dJ/dz once the activation was taken back
    bool wants_gradient = false;   // something that trains lies below
    bool taken_back = false;       // the product that writes `gradient` takes the activation back in its store
    ActivationBuffers<T> activation{};
    T* delta_rows = nullptr;
    T* halves[2] = {};  // sums over half of the inputs, where they are kept apart (session_pair.cpp)
    T* mask = nullptr;
    T *normal = nullptr, *mean = nullptr, *variance = nullptr, *deviation = nullptr;
    T *shift = nullptr, *divisor = nullptr, *factor = nullptr, *offset = nullptr;
    std::vector<Table> tables;  // of an embedding
    int weights_segment = -1, bias_segment = -1;
    bool trains = false;  // one of its weights does
    bool bias_follows = false;  // the bias lies behind the weights, and is updated as they are
    T *line = nullptr, *line_gradient = nullptr;  // for a batch of one: features one after the other

    /// The features whose gradient something below makes use of.
    Range wanted() const {
        if (tables.empty()) return {0, features};
        const EmbeddingTable& last = tables.back().plan;
        return {tables.front().output, tables.back().output + last.positions * last.dimension};
    }
    bool activates() const { return instruction.activation != Activation::linear; }
    /// Whether the gradient passes through in place.
    bool in_place() const {
        switch (instruction.operation) {
            case Operation::activation:
            case Operation::softmax:
            case Operation::log_softmax:
            case Operation::dropout:
            case Operation::gaussian_noise:
            case Operation::normalization: return true;
            case Operation::batch_normalization: return instruction.frozen;
            default: return false;
        }
    }
};

/// A gradient consumer that keeps the gradient, penalty included.
template <class T>
struct Keep {
    T* gradient;
    const T* weights;
    T l1, l2;

    static void apply(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count) {
        const Keep& keep = *static_cast<const Keep*>(context);
        for (ptrdiff_t i = 0; i < count; ++i) {
            const T w = keep.weights[first + i];
            const T sign = w > 0 ? T(1) : w < 0 ? T(-1) : T(0);
            keep.gradient[first + i] = gradient[i] + (keep.l1 * sign + 2 * keep.l2 * w);
        }
    }
};

/// What each thread has for itself.
template <class T>
struct Session<T>::Worker {
    T* scratch = nullptr;
    struct alignas(64) Sizes {  // told to the others: written before a barrier, read after it
        bool infinite = false;
        double gradient = 0;  // bound of a term of the gradient's sums; in a pair of a delta
        double input = 1;     // in a pair: bound of what a delta is multiplied by
        double penalty = 0;   // in a pair: on what the thread owns
    } sizes;
    std::vector<OptimizerParameters<T>> parameters;  // one per segment
    std::vector<OptimizerBuffers<T>> buffers;
    std::vector<GradientConsumer<T>> consumers;
    std::vector<Keep<T>> kept;
    std::vector<GradientConsumer<T>> keepers;  // instead of `consumers` where the gradient must exist first
};

/// Set by the first thread, read by all after a barrier; `abort` also between barriers.
template <class T>
struct Session<T>::Shared {
    std::atomic<bool> abort{false}, halt{false};
    std::vector<double> squares, factors;  // of clipping by norm, one per segment
};

/// Parameters of a layer that a thread of a pair owns: `rows` times `width` of them, `stride` apart from `from` on, which
/// lie together at `at` of its own memory.
template <class T>
struct Session<T>::Owned {
    std::size_t segment = 0;
    ptrdiff_t from = 0, stride = 0, rows = 0, width = 0, at = 0;
    OptimizerBuffers<T> buffers{};  // where they are while the pair works
};

/// What one half of the units has for itself, and where two threads may work as a pair, its thread (session_pair.cpp).
template <class T>
struct Session<T>::Half {
    std::vector<Node> nodes;  // the session's; what only this thread needs is its own
    std::vector<Owned> weights, biases;
    T* values = nullptr;  // of the loss
    ptrdiff_t length = 0;
    std::array<T*, 5> vectors{};  // its parts of `Vectors::updated`
};

/// A small network as a batch of one has it (session_line.cpp).
template <class T>
struct Session<T>::Lines {
    ptrdiff_t size = 0;
    T *vectors[5] = {}, *gradient = nullptr;  // weights, slots, average
    std::vector<LineLayer<T>> layers;
    std::vector<ptrdiff_t> starts;
    OptimizerBuffers<T> buffers{};
};

enum class Mode { train, evaluate, gradient };

template <class T>
struct Session<T>::Run {
    Mode mode;
    bool training;  // dropout draws, batch normalisation looks at the batch
    const Rows& rows;
    const Steps& where;
    const T* table;
    ptrdiff_t columns;
    T* outputs;
    const Interrupt& interrupt;
    bool very_long = false;  // a step takes so long that it must be possible to leave it half done
};

/// NaN if one of them is.
inline double largest_of(double a, double b) {
    return a > b ? a : a <= b ? b : a + b;
}

/// Whether a T can hold it; false for NaN too.
template <class T>
inline bool fits(double size) {
    return size <= static_cast<double>(std::numeric_limits<T>::max());
}

/// The loop of steps that the caller makes alone: `gradient(batch)` takes the rows of a batch and gives a bound of the
/// sizes of its losses and of its gradient's numbers, NaN if one is; `update()` applies the gradient.
template <class T>
template <class Gradient, class Update>
void Session<T>::steps_alone(const Run& run, ptrdiff_t start, ptrdiff_t stop, Outcome& outcome,
                             const Gradient& gradient, const Update& update) {
    const bool penalised = is_penalised();
    const ptrdiff_t every = ask_every();
    for (ptrdiff_t batch = start; batch < stop; ++batch) {
        if ((batch - start) % every == 0 && run.interrupt()) {
            outcome.interrupted = true;
            return;
        }
        const double size = gradient(batch);
        double total = penalised ? penalties() : 0;
        // Only a penalty's part of the gradient may come on top of `size`.
        if (!fits<T>(total) || !fits<T>(penalised ? 4 * size : size)) {
            outcome.failed = true;
            return;
        }
        total += k_.weighted_sum(values_, example_weights_, examples_);
        prepare_scalars(workers_[0], run, batch - run.where.start);
        update();
        note_step(outcome, total);
    }
}

/// Panels that are worked on together before somebody asks whether to stop.
constexpr ptrdiff_t kTogether = 256;
/// Features that a very long step goes through together: what a tile of the weights' gradient takes.
constexpr ptrdiff_t kFeaturesTogether = 12;

/// Do some work for a range of features, all at once; in a very long step some at a time, until it is to be left.
template <class T>
template <class Function>
void Session<T>::in_parts(Member& member, const Run& run, Range all, const Function& work) {
    const ptrdiff_t together = run.very_long ? kFeaturesTogether : std::max<ptrdiff_t>(all.size(), 1);
    for (ptrdiff_t start = all.begin; start < all.end && !abort_asked(member, run); start += together)
        work(Range{start, std::min(start + together, all.end)});
}

template <class T>
inline bool is_finite(T size) {
    return size <= std::numeric_limits<T>::max();  // false for NaN too
}

}  // namespace chainrule
