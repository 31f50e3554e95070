#include "predictor.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <limits>

namespace chainrule {

namespace {
/// Rows that take less time one by one than as a panel, most of which they would leave empty.
constexpr ptrdiff_t kRowByRow = 4;
/// Numbers of the widest layer that a chunk holds, and the rows it has at least and at most.
constexpr ptrdiff_t kChunkNumbers = 32'768, kFewestRows = 64, kMostRows = 1024;
/// Multiplications between two questions whether to stop, where threads share out units.
constexpr ptrdiff_t kPartWork = 1'000'000'000;

/// What does something in training only.
bool is_noise(const Instruction& i) {
    return i.operation == Operation::dropout || i.operation == Operation::gaussian_noise;
}

bool has_lines(const Plan& plan) {
    return std::all_of(plan.instructions.begin(), plan.instructions.end(), [](const Instruction& i) {
        return i.operation == Operation::dense || i.operation == Operation::activation ||
               i.operation == Operation::softmax || i.operation == Operation::log_softmax ||
               is_noise(i);
    });
}
}  // namespace

/// What an instruction makes of one row (the first line: the inputs), padded to whole vectors. A softmax has a panel
/// too: its kernels take examples side by side.
template <class T>
struct Predictor<T>::Line {
    std::vector<T> values, panel;
};

template <class T>
Predictor<T>::Predictor(const Plan& plan) : k_(kernels<T>(isa())), plan_(plan) {
    ptrdiff_t widest = plan.inputs();
    for (const Instruction& i : plan.instructions) widest = std::max(widest, i.outputs);
    chunk_ = std::clamp(kChunkNumbers / widest / k_.lanes * k_.lanes, kFewestRows, kMostRows);
    if (!has_lines(plan)) return;
    const auto padded = [&](ptrdiff_t features) { return static_cast<std::size_t>(features + 4 * k_.lanes); };
    lines_.push_back({std::vector<T>(padded(plan.inputs())), {}});
    for (const Instruction& i : plan.instructions) {
        const bool softmax = i.operation == Operation::softmax || i.operation == Operation::log_softmax;
        lines_.push_back({std::vector<T>(padded(i.outputs)),
                          std::vector<T>(softmax ? static_cast<std::size_t>(i.outputs * k_.lanes) : 0)});
    }
}

template <class T>
Predictor<T>::~Predictor() = default;

template <class T>
Prediction Predictor<T>::predict(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads,
                                 const Interrupt& interrupt) {
    const Number type = rows.inputs.type;
    if (rows.count <= kRowByRow && !lines_.empty() && (type == Number::float32 || type == Number::float64)) {
        bool finite = true;
        for (ptrdiff_t row = 0; row < rows.count; ++row) {
            const char* inputs = static_cast<const char*>(rows.inputs.data) + row * rows.inputs.row_stride;
            const Block block{inputs, type, rows.inputs.row_stride, rows.inputs.column_stride};
            finite &= one_row(vectors, block, outputs + row * plan_.outputs(), threads);
        }
        return finite ? Prediction::made : Prediction::not_finite;
    }
    return shares_units(plan_.weights(), (rows.count + k_.lanes - 1) / k_.lanes, threads)
               ? by_units(vectors, rows, outputs, threads, interrupt)
               : by_chunks(vectors, rows, outputs, threads, interrupt);
}

template <class T>
bool Predictor<T>::one_row(const Vectors<T>& vectors, const Block& inputs, T* outputs, int threads) {
    const char* from = static_cast<const char*>(inputs.data);
    T* x = lines_[0].values.data();
    bool finite = true;
    const auto read = [&](auto value) {
        for (ptrdiff_t f = 0; f < plan_.inputs(); ++f) {
            std::memcpy(&value, from + f * inputs.column_stride, sizeof value);
            x[f] = static_cast<T>(value);
            finite &= std::abs(x[f]) <= std::numeric_limits<T>::max();
        }
    };
    inputs.type == Number::float32 ? read(float{}) : read(double{});
    const auto pass = [&](Member& member) { pass_line(member, vectors, outputs); };
    if (threads > 1) {
        run_on_team(threads, pass);
    } else {
        Team alone;
        alone.run(1, pass);
    }
    return finite;
}

template <class T>
void Predictor<T>::softmax(const PanelKernels<T>& kernels, const T* x, Line& line) const {
    T* panel = line.panel.data();
    const auto features = static_cast<ptrdiff_t>(line.panel.size()) / k_.lanes;
    for (ptrdiff_t f = 0; f < features; ++f) std::fill_n(panel + f * k_.lanes, k_.lanes, x[f]);
    kernels.forward({panel, panel, nullptr, features * k_.lanes, features}, {0, 1});
    for (ptrdiff_t f = 0; f < features; ++f) line.values[static_cast<std::size_t>(f)] = panel[f * k_.lanes];
}

template <class T>
void Predictor<T>::pass_line(Member& member, const Vectors<T>& vectors, T* outputs) {
    const auto at = [&](const Operand& where) -> const T* {
        if (!where.exists()) return nullptr;
        return (where.trains() ? vectors.parameters : vectors.state) + where.offset;
    };
    const T* x = lines_[0].values.data();
    for (std::size_t i = 0; i < plan_.instructions.size(); ++i) {
        const Instruction& instruction = plan_.instructions[i];
        if (is_noise(instruction)) continue;
        T* y = lines_[i + 1].values.data();
        const ptrdiff_t features = instruction.outputs;
        const Range vectors_of_units = share((features + k_.lanes - 1) / k_.lanes, member.index(), member.size());
        const Range units{vectors_of_units.begin * k_.lanes, std::min(vectors_of_units.end * k_.lanes, features)};
        const auto activate = [&](const T* z) {
            const ActivationBuffers<T> buffers{z, y, nullptr, static_cast<T>(instruction.alpha)};
            k_.activations[static_cast<int>(instruction.activation)].forward(&buffers, units.begin, units.size());
        };
        switch (instruction.operation) {
            case Operation::dense:
                k_.forward_one({at(instruction.weights), at(instruction.bias), instruction.inputs, features, x, y},
                               units);
                if (instruction.activation != Activation::linear) activate(y);
                break;
            case Operation::activation: activate(x); break;
            default:
                if (member.index() > 0) break;
                softmax(instruction.operation == Operation::softmax ? k_.softmax : k_.log_softmax, x, lines_[i + 1]);
        }
        member.barrier();
        x = y;
    }
    if (member.index() == 0) std::copy_n(x, plan_.outputs(), outputs);
}

template <class T>
Prediction Predictor<T>::by_units(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads,
                                  const Interrupt& interrupt) {
    const ptrdiff_t part = std::min(rows.count, std::max(kFewestRows, kPartWork / plan_.weights()));
    if (!together_ || together_->threads() != threads || together_rows_ < part) {
        together_.reset();
        together_ = std::make_unique<Session<T>>(plan_, part, threads);
        together_rows_ = part;
    }
    bool finite = true;
    for (ptrdiff_t first = 0; first < rows.count; first += part) {
        if (interrupt && interrupt()) return Prediction::interrupted;
        const ptrdiff_t count = std::min(part, rows.count - first);
        finite &= together_->predict(vectors, rows, first, count, outputs + first * plan_.outputs());
    }
    return finite ? Prediction::made : Prediction::not_finite;
}

template <class T>
Prediction Predictor<T>::by_chunks(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads,
                                   const Interrupt& interrupt) {
    while (static_cast<int>(alone_.size()) < threads)
        alone_.push_back(std::make_unique<Session<T>>(plan_, chunk_, 1));
    // Two at least for each thread, so that one that wakes up late holds up nobody.
    const ptrdiff_t fair = (rows.count / (2 * threads) + k_.lanes - 1) / k_.lanes * k_.lanes;
    const ptrdiff_t chunk = threads > 1 ? std::clamp(fair, std::min(kFewestRows, chunk_), chunk_) : chunk_;
    std::atomic<ptrdiff_t> next{0};
    std::atomic<bool> halt{false}, finite{true};
    const auto work = [&](Member& member) {
        Session<T>& session = *alone_[static_cast<std::size_t>(member.index())];
        for (;;) {
            if (member.index() == 0 && interrupt && interrupt()) halt = true;
            const ptrdiff_t first = next.fetch_add(chunk, std::memory_order_relaxed);
            if (first >= rows.count || halt) return;
            const ptrdiff_t count = std::min(chunk, rows.count - first);
            if (!session.predict(vectors, rows, first, count, outputs + first * plan_.outputs())) finite = false;
        }
    };
    if (threads > 1) {
        run_on_team(threads, work);
    } else {
        Team alone;
        alone.run(1, work);
    }
    return halt ? Prediction::interrupted : finite ? Prediction::made : Prediction::not_finite;
}

template class Predictor<float>;
template class Predictor<double>;

}  // namespace chainrule
