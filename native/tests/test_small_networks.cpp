// Steps of small networks, which are made by one kernel: a step of plain gradient descent moves the weights by the
// gradient that the general kernels give, over all small sizes; and numbers that are not finite move nothing.
#include "check.hpp"
#include "session.hpp"

namespace chainrule::test {
namespace {

constexpr double kRate = 0.25;

/// Dense layers of these widths; without biases if so wanted.
Plan network(const std::vector<ptrdiff_t>& widths, bool biases, Activation hidden) {
    Plan plan;
    ptrdiff_t parameters = 0;
    const auto add = [&](ptrdiff_t length) -> Operand {
        plan.segments.push_back({parameters, length, 0, 0, 0});
        parameters += length;
        return {Operand::Vector::parameters, parameters - length};
    };
    for (std::size_t i = 1; i < widths.size(); ++i) {
        Instruction layer{};
        layer.operation = Operation::dense;
        layer.inputs = widths[i - 1];
        layer.outputs = widths[i];
        layer.weights = add(layer.inputs * layer.outputs);
        if (biases) layer.bias = add(layer.outputs);
        layer.activation = i + 1 < widths.size() ? hidden : Activation::sigmoid;
        plan.instructions.push_back(layer);
    }
    return plan;
}

template <class T>
struct Steepest {
    Plan plan;
    ptrdiff_t rows, batch;
    Array<T> inputs, targets, parameters, gradient, table;
    Session<T> session;

    Steepest(const Plan& given, ptrdiff_t count, ptrdiff_t size, Random& random)
        : plan(given), rows(count), batch(size), inputs(count * given.inputs(), random),
          targets(count * given.outputs(), random), parameters(given.segments.back().offset + given.segments.back().length, random),
          gradient(parameters.size()), table(2 * count), session(given, size, 2) {
        for (ptrdiff_t i = 0; i < table.size(); i += 2) table[i] = static_cast<T>(kRate);
    }
    Outcome step(ptrdiff_t number) {
        return session.train({parameters.get()}, data(), {nullptr, rows, batch, number, number + 1, number}, table.get(), 2,
                             nullptr, [] { return false; });
    }
    /// The gradient at the rows of a step, by a session that knows nothing of small steps.
    Outcome expected(ptrdiff_t number) {
        const ptrdiff_t first = number * batch, count = std::min(batch, rows - first);
        Plan general = plan;
        general.clipping = Clipping::global_norm;
        Session<T> other(general, count, 1);
        Rows part = data();
        part.inputs.data = inputs.get() + first * plan.inputs();
        part.targets.data = targets.get() + first * plan.outputs();
        part.count = count;
        return other.gradient({parameters.get()}, part, {nullptr, count, count, 0, 1, 0}, true, gradient.get());
    }

private:
    Rows data() const {
        const ptrdiff_t size = sizeof(T);
        const Number type = size == 4 ? Number::float32 : Number::float64;
        return {{inputs.get(), type, plan.inputs() * size, size}, {targets.get(), type, plan.outputs() * size, size}, {},
                rows};
    }
};

/// Two steps, the second of a short batch, against the gradient.
template <class T>
void check(const std::vector<ptrdiff_t>& widths, ptrdiff_t batch, bool biases, Activation hidden, Random& random) {
    const ptrdiff_t rows = batch + (batch + 1) / 2;
    Steepest<T> run(network(widths, biases, hidden), rows, batch, random);
    const double tolerance = sizeof(T) == 4 ? 2e-6 : 4e-15;
    for (ptrdiff_t number = 0; number * batch < rows; ++number) {
        const Outcome wanted = run.expected(number);
        const Array<T> before = run.parameters;
        const Outcome got = run.step(number);
        const double loss = got.loss_sum / got.mass, expected = wanted.loss_sum / wanted.mass;
        CHECK(!got.failed && got.steps == 1 && std::abs(loss - expected) <= tolerance * (1 + expected),
              "loss %g, expected %g", loss, expected);
        for (ptrdiff_t i = 0; i < before.size(); ++i) {
            const double want = before[i] - kRate * run.gradient[i];
            CHECK(std::abs(run.parameters[i] - want) <= tolerance,
                  "%td-%td-%td, batch %td, step %td: parameter %td is %g, expected %g", widths[0], widths[1], widths.back(),
                  batch, number, i, static_cast<double>(run.parameters[i]), want);
        }
    }
}

/// A target that is not a number in one row of many: the step is not made, and the session is good for other rows.
template <class T>
void check_fault(ptrdiff_t batch) {
    Random random(3);
    Steepest<T> run(network({3, 5, 2}, true, Activation::tanh), 3 * batch, batch, random);
    run.targets[(batch + batch / 2) * 2 + 1] = std::numeric_limits<T>::quiet_NaN();
    run.step(0);
    const Array<T> before = run.parameters;
    CHECK(run.step(1).failed && run.parameters.same_bits(before), "batch %td: a step with NaN", batch);
    CHECK(!run.step(2).failed && !run.parameters.same_bits(before), "batch %td: a step after one with NaN", batch);
}

}  // namespace

void test_small_networks() {
    Random random(17);
    const Activation hidden[] = {Activation::relu, Activation::sigmoid, Activation::gelu, Activation::softplus};
    int turn = 0;
    for (ptrdiff_t inputs = 1; inputs <= 18; inputs += all_cases ? 1 : 4)
        for (ptrdiff_t units = 1; units <= 19; units += all_cases ? 1 : 3)
            for (const ptrdiff_t outputs : {1, 2, 7, 17})
                for (const ptrdiff_t batch : {1, 6, 37}) {
                    const bool biases = ++turn % 3 != 0;
                    check<float>({inputs, units, outputs}, batch, biases, hidden[turn % 4], random);
                    check<double>({inputs, units, outputs}, batch, biases, hidden[turn % 4], random);
                }
    check<float>({4, 9, 3, 12, 2}, 1, true, Activation::tanh, random);
    check<double>({4, 9, 3, 12, 2}, 20, true, Activation::tanh, random);
    for (const ptrdiff_t batch : {1, 33}) {
        check_fault<float>(batch);
        check_fault<double>(batch);
    }
}

}  // namespace chainrule::test
