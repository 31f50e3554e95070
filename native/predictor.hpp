// A predictor: what a plan needs for its forward pass alone, kept from call to call, for one caller at a time.
//
// A row or two go layer by layer with vectors along the units. Many rows are cut into chunks whose values stay in the
// cache, and the threads of the team take one chunk after the other. Few rows of a network with many weights are for a
// session with a team of its own, whose threads share out the units.
#pragma once

#include "session.hpp"

namespace chainrule {

enum class Prediction { made, interrupted, not_finite };

template <class T>
class Predictor {
public:
    explicit Predictor(const Plan& plan);
    ~Predictor();

    /// The outputs of all rows, the same bits for any number of threads; `not_finite` if an input was NaN or infinite
    /// as a T: the outputs are then what came of that.
    Prediction predict(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads, const Interrupt& interrupt);

private:
    struct Line;

    /// False if an input is not finite.
    bool one_row(const Vectors<T>& vectors, const Block& inputs, T* outputs, int threads);
    void softmax(const PanelKernels<T>& kernels, const T* x, Line& line) const;
    void pass_line(Member& member, const Vectors<T>& vectors, T* outputs);
    Prediction by_units(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads,
                        const Interrupt& interrupt);
    Prediction by_chunks(const Vectors<T>& vectors, const Rows& rows, T* outputs, int threads,
                         const Interrupt& interrupt);

    const KernelTable<T>& k_;
    Plan plan_;
    ptrdiff_t chunk_;          // rows at a time
    std::vector<Line> lines_;  // the values of one row, layer by layer; empty if an instruction needs panels
    std::vector<std::unique_ptr<Session<T>>> alone_;  // one for each thread
    std::unique_ptr<Session<T>> together_;            // all threads on the same rows
    ptrdiff_t together_rows_ = 0;
};

}  // namespace chainrule
