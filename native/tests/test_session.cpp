// Sessions: a plan with every kind of instruction trains to the same bits on any number of threads, with every kind of
// clipping, and nothing is allocated once its steps run.
#include <atomic>
#include <new>
#include <vector>

#include "check.hpp"
#include "course.hpp"

namespace {
std::atomic<long> allocations{0};

void* allocate(std::size_t size, std::size_t alignment) {
    ++allocations;
    void* memory = nullptr;  // of this size exactly: the address sanitizer sees the first byte beyond
    if (posix_memalign(&memory, alignment, size) != 0) throw std::bad_alloc();
    return memory;
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size ? size : 1, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size ? size : 1, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace chainrule::test {
namespace {

constexpr ptrdiff_t kRows = 203, kInputs = 7, kClasses = 3;
constexpr ptrdiff_t kCodes = 2, kCategories = 9, kDimension = 5;  // of the columns before the last

/// A plan, and the numbers of the vectors it needs.
struct Case {
    Plan plan;
    ptrdiff_t parameters = 0, state = 0;

    Operand add(ptrdiff_t length, double l2 = 0) {
        plan.segments.push_back({parameters, length, 0, l2, 0});
        parameters += length;
        return {Operand::Vector::parameters, parameters - length};
    }
    Operand keep(ptrdiff_t length) {
        state += length;
        return {Operand::Vector::state, state - length};
    }
    void dense(ptrdiff_t inputs, ptrdiff_t units, Activation activation, double l2 = 0) {
        Instruction i{};
        i.operation = Operation::dense;
        i.inputs = inputs;
        i.outputs = units;
        i.weights = add(inputs * units, l2);
        i.bias = add(units);
        i.activation = activation;
        plan.instructions.push_back(i);
    }
    Instruction& same(Operation operation, ptrdiff_t features) {
        Instruction i{};
        i.operation = operation;
        i.inputs = i.outputs = features;
        plan.instructions.push_back(i);
        return plan.instructions.back();
    }
};

/// Classes, and Adam.
void learns(Case& c) {
    c.plan.loss = Loss::sparse_cross_entropy_logits;
    c.plan.sparse_labels = true;
    c.plan.optimizer = Optimizer::adam;
    c.plan.beta_1 = 0.9;
    c.plan.beta_2 = 0.999;
    c.plan.epsilon = 1e-7;
}

/// Numbers that stand for those of a normal variable.
template <class T>
const T* quantiles() {
    static const std::vector<T> numbers = [] {
        std::vector<T> made(65536);
        for (std::size_t i = 0; i < made.size(); ++i) made[i] = static_cast<T>(i) / 32768 - 1;
        return made;
    }();
    return numbers.data();
}

template <class T>
Case everything(Clipping clipping) {
    Case c;
    Instruction embedding{};
    embedding.operation = Operation::embedding;
    embedding.inputs = kInputs;
    embedding.outputs = kInputs + kCodes * (kDimension - 1);
    for (ptrdiff_t column = kInputs - 1 - kCodes; column < kInputs - 1; ++column)
        embedding.tables.push_back({c.add(kCategories * kDimension), column, 1, kCategories, kDimension});
    c.plan.instructions.push_back(embedding);
    c.dense(embedding.outputs, 20, Activation::gelu, 0.01);
    Instruction& batch = c.same(Operation::batch_normalization, 20);
    batch.weights = c.add(20);
    batch.bias = c.add(20);
    batch.mean = c.keep(20);
    batch.variance = c.keep(20);
    batch.momentum = 0.9;
    batch.epsilon = 1e-3;
    c.same(Operation::activation, 20).activation = Activation::relu;
    Instruction& dropout = c.same(Operation::dropout, 20);
    dropout.seed = 5;
    dropout.layer = 3;
    dropout.threshold = 20000;
    c.dense(20, 33, Activation::tanh);
    Instruction& layer = c.same(Operation::layer_normalization, 33);
    layer.weights = c.add(33);
    layer.bias = c.add(33);
    layer.epsilon = 1e-3;
    Instruction& noise = c.same(Operation::gaussian_noise, 33);
    noise.seed = 5;
    noise.layer = 4;
    noise.deviation = 0.1;
    noise.quantiles = quantiles<T>();
    c.plan.constraints.push_back({c.parameters, 33, kClasses, 0, 0.5, 1, false});
    c.dense(33, kClasses, Activation::linear);
    c.plan.constraints.push_back({c.parameters - kClasses, 1, kClasses, 0, 0, 1, true});
    learns(c);
    c.plan.clipping = clipping;
    c.plan.clip_limit = 0.05;
    return c;
}

/// A network whose steps are made by one kernel.
Case small() {
    Case c;
    c.dense(kInputs, 9, Activation::tanh);
    c.dense(9, kClasses, Activation::linear);
    learns(c);
    return c;
}

template <class T>
struct Training {
    Case c;
    Session<T> session;
    Array<T> parameters, state, first, second, inputs, table;
    std::vector<std::int64_t> order;
    std::vector<std::int32_t> labels;

    Training(const Case& given, ptrdiff_t batch, int threads, bool pair = false)
        : c(given), session(c.plan, batch, threads, pair), parameters(c.parameters), state(c.state), first(c.parameters),
          second(c.parameters), inputs(kRows * kInputs), table(4000), batch_(batch) {
        Random random(11);
        for (ptrdiff_t i = 0; i < parameters.size(); ++i) parameters[i] = static_cast<T>(0.3 * random.number());
        for (ptrdiff_t i = 0; i < state.size(); ++i) state[i] = 1;
        for (ptrdiff_t i = 0; i < inputs.size(); ++i) {
            const ptrdiff_t column = i % kInputs;
            const bool code = column >= kInputs - 1 - kCodes && column < kInputs - 1;
            inputs[i] = static_cast<T>(code ? static_cast<double>(random.below(kCategories)) : random.number());
        }
        for (ptrdiff_t i = 0; i < table.size(); i += 2) table[i] = static_cast<T>(0.01);
        for (ptrdiff_t i = 0; i < kRows; ++i) {
            order.push_back((i * 37) % kRows);
            labels.push_back(static_cast<std::int32_t>(random.below(kClasses)));
        }
    }

    Rows rows() const {
        const ptrdiff_t size = sizeof(T);
        return {{inputs.get(), sizeof(T) == 4 ? Number::float32 : Number::float64, kInputs * size, size},
                {labels.data(), Number::int32, 4, 0},
                {},
                kRows};
    }
    ptrdiff_t batches() const { return (kRows + batch_ - 1) / batch_; }
    Vectors<T> vectors() { return {parameters.get(), state.get(), {first.get(), second.get(), nullptr}}; }

    Outcome epoch(std::int64_t first_step = 0) {
        const Steps steps{order.data(), kRows, batch_, 0, batches(), first_step};
        return session.train(vectors(), rows(), steps, table.get(), 2, nullptr, [] { return false; });
    }

private:
    ptrdiff_t batch_;
};

template <class T>
void check(const Case& c, ptrdiff_t batch) {
    Training<T> alone(c, batch, 1);
    double before = 0, after = 0;
    for (int epoch = 0; epoch < 8; ++epoch) {
        const Outcome outcome = alone.epoch();
        after = outcome.loss_sum / static_cast<double>(outcome.rows);
        if (epoch == 0) before = after;
        CHECK(!outcome.failed && outcome.rows == kRows, "epoch %d", epoch);
    }
    CHECK(after < before, "loss from %g to %g", before, after);
    for (const int threads : {2, 3, 4}) {
        Training<T> shared(c, batch, threads);
        for (int epoch = 0; epoch < 8; ++epoch) shared.epoch();
        CHECK(shared.parameters.same_bits(alone.parameters) && shared.state.same_bits(alone.state),
              "%d threads change the weights", threads);
    }
}

/// A network whose units two threads can share.
Case halved() {
    Case c;
    c.dense(kInputs, 37, Activation::gelu);
    c.dense(37, 40, Activation::relu);
    c.dense(40, kClasses, Activation::linear);
    learns(c);
    return c;
}

/// A pair of threads leaves the bits of one, whichever way each step is made.
template <class T>
void check_pair(const Case& c, ptrdiff_t batch) {
    Training<T> alone(c, batch, 1);
    for (int epoch = 0; epoch < 8; ++epoch) alone.epoch();
    for (const Ways wanted : {Ways::quick, Ways::usual, Ways::by_pace}) {
        ways = wanted;
        Training<T> pair(c, batch, 1, true);
        ptrdiff_t steps = 0, paired = 0;
        for (int epoch = 0; epoch < 8; ++epoch) {
            const Outcome outcome = pair.epoch();
            steps += outcome.steps;
            paired += outcome.paired;
        }
        CHECK(pair.parameters.same_bits(alone.parameters) && pair.first.same_bits(alone.first) &&
                  pair.second.same_bits(alone.second),
              "way %d changes the weights", static_cast<int>(wanted));
        CHECK(steps == 8 * alone.batches(), "%td steps", steps);
        if (wanted == Ways::quick) CHECK(paired == steps, "%td of %td steps of a pair", paired, steps);
        if (wanted == Ways::usual) CHECK(paired == 0, "%td steps of a pair", paired);
    }
    ways = Ways::by_pace;
}

/// The rows of a course hold what epochs run one by one leave, and an interrupt ends it with the last whole one.
template <class T>
void check_course(const Case& c, ptrdiff_t batch) {
    constexpr ptrdiff_t kEpochs = 4;
    Training<T> alone(c, batch, 1), many(c, batch, 1);
    Session<T> judge(alone.c.plan, kRows, 1);
    Course<T> course;
    const ptrdiff_t weights = alone.parameters.size(), state = alone.state.size();
    course.places = {0, 3 * weights, -1, {weights, 2 * weights, -1}};
    course.length = 3 * weights + state;
    Array<T> kept(kEpochs * course.length);
    std::copy_n(many.parameters.get(), weights, kept.get());
    std::fill_n(kept.get() + weights, 2 * weights, T(0));
    std::copy_n(many.state.get(), state, kept.get() + 3 * weights);
    std::vector<std::int64_t> orders;
    for (ptrdiff_t e = 0; e < kEpochs; ++e) orders.insert(orders.end(), many.order.begin(), many.order.end());
    course.kept = kept.get();
    course.epochs = kEpochs;
    course.training = course.validation = many.rows();
    course.steps = {orders.data(), kRows, batch, 0, many.batches(), 0};
    course.table = many.table.get();
    course.columns = 2;
    course.units = kClasses;
    course.validation_batch = kRows;
    const auto epochs = run_course(many.session, &judge, course, [] { return false; });
    CHECK(std::ssize(epochs) == kEpochs, "%td epochs", std::ssize(epochs));
    for (ptrdiff_t e = 0; e < std::ssize(epochs); ++e) {
        const Outcome trained = alone.epoch(e * alone.batches());
        const Outcome judged = judge.evaluate(alone.vectors(), alone.rows(), {nullptr, kRows, kRows, 0, 1, 0}, nullptr,
                                              [] { return false; });
        const T* row = kept.get() + e * course.length;
        CHECK(std::equal(row, row + weights, alone.parameters.get()) &&
                  std::equal(row + 3 * weights, row + course.length, alone.state.get()),
              "epoch %td leaves other weights", e);
        CHECK(trained.loss_sum == epochs[static_cast<std::size_t>(e)].trained.loss_sum, "epoch %td", e);
        CHECK(judged.loss_sum == epochs[static_cast<std::size_t>(e)].judged.loss_sum, "epoch %td", e);
    }
    const auto stopped = run_course(many.session, &judge, course, [] { return true; });
    CHECK(stopped.size() == 1 && stopped[0].trained.interrupted, "%zu epochs after an interrupt", stopped.size());
}

/// A call may allocate a little (its threads' function); its steps, a thousand of them or two, nothing.
void check_allocations(const Case& c, ptrdiff_t batch, Ways wanted = Ways::by_pace) {
    ways = wanted;
    constexpr ptrdiff_t kSteps = 1000;
    Training<float> training(c, batch, 2, true);
    const Array<float> table(2 * 2 * kSteps);
    std::vector<std::int64_t> order;
    while (std::ssize(order) < 2 * kSteps * batch) order.insert(order.end(), training.order.begin(), training.order.end());
    const auto run = [&](ptrdiff_t steps) {
        const long before = allocations;
        const Outcome outcome = training.session.train(training.vectors(), training.rows(),
                                                       {order.data(), steps * batch, batch, 0, steps, 0}, table.get(), 2,
                                                       nullptr, [] { return false; });
        CHECK(outcome.steps == steps, "%td steps", outcome.steps);
        return allocations - before;
    };
    run(1);
    const std::size_t bytes = training.session.bytes();
    const long thousand = run(kSteps), two_thousand = run(2 * kSteps);
    CHECK(two_thousand == thousand, "%ld allocations in %td steps, %ld in twice as many", thousand, kSteps, two_thousand);
    CHECK(thousand <= 4, "%ld allocations in a call", thousand);
    CHECK(training.session.bytes() == bytes, "buffers have grown");
    ways = Ways::by_pace;
}

}  // namespace

void test_session() {
    for (const ptrdiff_t batch : {1, 8, 32, 203}) {
        check<float>(everything<float>(Clipping::none), batch);
        check<double>(everything<double>(Clipping::global_norm), batch);
        check<float>(small(), batch);
    }
    check<float>(everything<float>(Clipping::value), 32);
    check<float>(everything<float>(Clipping::norm), 32);
    check_course<float>(everything<float>(Clipping::none), 32);
    check_course<double>(everything<double>(Clipping::none), 8);
    for (const ptrdiff_t batch : {1, 8}) check_course<float>(small(), batch);
    check_allocations(everything<float>(Clipping::global_norm), 8);
    for (const ptrdiff_t batch : {1, 8}) check_allocations(small(), batch);
    check_allocations(halved(), 8, Ways::quick);
    for (const ptrdiff_t batch : {8, 32, 203}) {
        check<float>(halved(), batch);
        check_pair<float>(halved(), batch);
        check_pair<double>(halved(), batch);
    }
}

}  // namespace chainrule::test
