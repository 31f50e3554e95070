// Predictors: the outputs of a session's evaluation, for any number of rows, the same bits on any number of threads, and
// inputs that are not finite are told.
#include <algorithm>

#include "check.hpp"
#include "predictor.hpp"

namespace chainrule::test {
namespace {

constexpr ptrdiff_t kInputs = 21, kClasses = 5;

struct Network {
    Plan plan;
    ptrdiff_t parameters = 0;

    Instruction& add(Operation operation, ptrdiff_t inputs, ptrdiff_t outputs) {
        Instruction i{};
        i.operation = operation;
        i.inputs = inputs;
        i.outputs = outputs;
        plan.instructions.push_back(i);
        return plan.instructions.back();
    }
    void dense(ptrdiff_t inputs, ptrdiff_t units, Activation activation) {
        Instruction& i = add(Operation::dense, inputs, units);
        i.weights = {Operand::Vector::parameters, parameters};
        i.bias = {Operand::Vector::parameters, parameters + inputs * units};
        i.activation = activation;
        parameters += (inputs + 1) * units;
    }
};

/// Hidden layers of some width; with `panels` an instruction that takes examples side by side only.
Network network(ptrdiff_t width, bool panels) {
    Network n;
    n.dense(kInputs, width, Activation::gelu);
    n.add(Operation::dropout, width, width).threshold = 30000;
    if (panels) n.add(Operation::layer_normalization, width, width).epsilon = 1e-3;
    n.dense(width, width + 3, Activation::linear);
    n.add(Operation::activation, width + 3, width + 3).activation = Activation::tanh;
    n.dense(width + 3, kClasses, Activation::linear);
    n.add(Operation::softmax, kClasses, kClasses);
    return n;
}

template <class T>
struct Setting {
    Network n;
    Array<T> parameters, inputs;
    ptrdiff_t count;

    Setting(const Network& network, ptrdiff_t rows)
        : n(network), parameters(n.parameters), inputs(rows * kInputs), count(rows) {
        Random random(3);
        for (ptrdiff_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<T>(0.3 * random.number());
        for (ptrdiff_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<T>(random.number());
    }
    Vectors<T> vectors() { return {parameters.get(), nullptr, {}}; }
    Rows rows() const {
        const ptrdiff_t size = sizeof(T);
        return {{inputs.get(), size == 4 ? Number::float32 : Number::float64, kInputs * size, size}, {}, {}, count};
    }
};

template <class T>
void check(ptrdiff_t width, bool panels, ptrdiff_t count) {
    Setting<T> s(network(width, panels), count);
    Array<T> evaluated(count * kClasses), alone(count * kClasses);
    Session<T> session(s.n.plan, std::min<ptrdiff_t>(count, 64), 1);
    session.evaluate(s.vectors(), s.rows(), {nullptr, count, std::min<ptrdiff_t>(count, 64), 0, (count + 63) / 64, 0},
                     evaluated.get(), [] { return false; });
    Predictor<T> predictor(s.n.plan);
    CHECK(predictor.predict(s.vectors(), s.rows(), alone.get(), 1, {}) == Prediction::made, "%td rows", count);
    T most = 0;
    for (ptrdiff_t i = 0; i < alone.size(); ++i) most = std::max(most, std::abs(alone[i] - evaluated[i]));
    CHECK(most < 1e-5, "%td rows of width %td differ by %g", count, width, static_cast<double>(most));
    for (const int threads : {2, 3, 4}) {
        Array<T> shared(count * kClasses);
        predictor.predict(s.vectors(), s.rows(), shared.get(), threads, {});
        CHECK(shared.same_bits(alone), "%d threads change the outputs of %td rows of width %td", threads, count, width);
    }
    for (const ptrdiff_t row : {ptrdiff_t{0}, count / 2, count - 1}) {
        const T before = s.inputs[row * kInputs + 4];
        s.inputs[row * kInputs + 4] = row % 2 ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::quiet_NaN();
        for (const int threads : {1, 2})
            CHECK(predictor.predict(s.vectors(), s.rows(), evaluated.get(), threads, {}) == Prediction::not_finite,
                  "row %td of %td on %d threads", row, count, threads);
        s.inputs[row * kInputs + 4] = before;
    }
    predictor.predict(s.vectors(), s.rows(), evaluated.get(), 1, {});
    CHECK(evaluated.same_bits(alone), "a predictor keeps something of what it saw: %td rows of width %td", count, width);
}

void check_interruption() {
    Setting<float> s(network(30, false), 5000);
    Array<float> outputs(s.count * kClasses);
    Predictor<float> predictor(s.n.plan);
    for (const int threads : {1, 2}) {
        int asked = 0;  // by the caller's thread, before each of its chunks; another may take all but the first
        const Interrupt halt = [&] { return ++asked == (threads == 1 ? 3 : 1); };
        CHECK(predictor.predict(s.vectors(), s.rows(), outputs.get(), threads, halt) == Prediction::interrupted,
              "%d threads, asked %d times", threads, asked);
    }
}

}  // namespace

void test_predictor() {
    for (const ptrdiff_t count : {1, 2, 4, 5, 16, 33, 1100}) {
        check<float>(40, false, count);
        check<double>(19, true, count);
        check<float>(460, false, count);  // many weights: threads share out units
    }
    check_interruption();
}

}  // namespace chainrule::test
