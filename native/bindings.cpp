// The Python module chainrule.engine._native: sessions, and what the machine offers. Addresses come as integers;
// chainrule/engine/native.py checks the arrays behind them and keeps them alive during a call.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "session.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace chainrule {
namespace {

std::atomic<std::int64_t> steps_made{0};
std::atomic<bool> ending{false};  // the interpreter is: runs stop, so that no thread waits for a lock that is gone
std::atomic<int> running{0};

template <class E>
E enumerator(nb::handle value) {
    const int number = nb::cast<int>(value);
    if (number < 0) throw nb::value_error("negative enumerator");
    return static_cast<E>(number);
}

Operand operand(nb::handle value) {
    if (value.is_none()) return {};
    const auto [trains, offset] = nb::cast<std::tuple<bool, ptrdiff_t>>(value);
    return {trains ? Operand::Vector::parameters : Operand::Vector::state, offset};
}

Instruction instruction(const nb::dict& d) {
    Instruction result{};
    result.operation = enumerator<Operation>(d["operation"]);
    result.inputs = nb::cast<ptrdiff_t>(d["inputs"]);
    result.outputs = nb::cast<ptrdiff_t>(d["outputs"]);
    const auto set = [&](const char* name, auto& field) {
        if (d.contains(name)) field = nb::cast<std::remove_reference_t<decltype(field)>>(d[name]);
    };
    for (const auto& [name, field] : {std::pair<const char*, Operand*>{"weights", &result.weights},
                                      {"bias", &result.bias},
                                      {"mean", &result.mean},
                                      {"variance", &result.variance}})
        if (d.contains(name)) *field = operand(d[name]);
    if (d.contains("activation")) result.activation = enumerator<Activation>(d["activation"]);
    set("alpha", result.alpha);
    set("seed", result.seed);
    set("layer", result.layer);
    set("threshold", result.threshold);
    set("frozen", result.frozen);
    set("inverted", result.inverted);
    set("momentum", result.momentum);
    set("epsilon", result.epsilon);
    if (d.contains("tables"))
        for (nb::handle item : nb::cast<nb::list>(d["tables"])) {
            const auto [weights, column, positions, categories, dimension] =
                nb::cast<std::tuple<nb::object, ptrdiff_t, ptrdiff_t, ptrdiff_t, ptrdiff_t>>(item);
            result.tables.push_back({operand(weights), column, positions, categories, dimension});
        }
    return result;
}

Plan plan(const nb::dict& d) {
    Plan result;
    for (nb::handle item : nb::cast<nb::list>(d["instructions"]))
        result.instructions.push_back(instruction(nb::cast<nb::dict>(item)));
    if (result.instructions.empty()) throw nb::value_error("a plan needs an instruction");
    for (nb::handle item : nb::cast<nb::list>(d["segments"])) {
        const auto [offset, length, l1, l2, group] =
            nb::cast<std::tuple<ptrdiff_t, ptrdiff_t, double, double, int>>(item);
        result.segments.push_back({offset, length, l1, l2, group});
    }
    result.loss = enumerator<Loss>(d["loss"]);
    result.loss_parameter = nb::cast<double>(d["loss_parameter"]);
    result.loss_parameters = nb::cast<std::vector<double>>(d["loss_parameters"]);
    if (!result.loss_parameters.empty() && std::ssize(result.loss_parameters) != result.outputs())
        throw nb::value_error("loss_parameters are one for each output");
    result.sparse_labels = nb::cast<bool>(d["sparse_labels"]);
    result.reduction = enumerator<Reduction>(d["reduction"]);
    result.loss_weight = nb::cast<double>(d["loss_weight"]);
    result.optimizer = enumerator<Optimizer>(d["optimizer"]);
    result.momentum = nb::cast<double>(d["momentum"]);
    result.beta_1 = nb::cast<double>(d["beta_1"]);
    result.beta_2 = nb::cast<double>(d["beta_2"]);
    result.rho = nb::cast<double>(d["rho"]);
    result.epsilon = nb::cast<double>(d["epsilon"]);
    result.clipping = enumerator<Clipping>(d["clipping"]);
    result.clip_limit = nb::cast<double>(d["clip_limit"]);
    return result;
}

using Address = std::uintptr_t;
using BlockTuple = std::tuple<Address, int, ptrdiff_t, ptrdiff_t>;

Block block(const BlockTuple& t) {
    return {reinterpret_cast<const void*>(std::get<0>(t)), static_cast<Number>(std::get<1>(t)), std::get<2>(t),
            std::get<3>(t)};
}

/// Asks Python for signals (Ctrl-C) every so often, and tells `watch`, if it is not None, the steps made so far and
/// their mean loss; what either raises ends the run, and is raised when it has ended.
class Signals {
public:
    explicit Signals(nb::object watch) : watch_(std::move(watch)) {  // only the main thread is sent signals
        const nb::module_ threading = nb::module_::import_("threading");
        main_ = threading.attr("current_thread")().is(threading.attr("main_thread")());
    }
    bool operator()(const Outcome& so_far) {
        if (ending || raised_) return true;
        const auto now = Clock::now();
        const bool watched = !watch_.is_none();
        if (!(main_ || watched) || now - asked_ < kEvery) return false;
        asked_ = now;
        nb::gil_scoped_acquire gil;
        raised_ = PyErr_CheckSignals() != 0;
        if (!raised_ && watched) {
            try {
                watch_(so_far.steps, so_far.mass > 0 ? so_far.loss_sum / so_far.mass : 0.0);
            } catch (nb::python_error& error) {
                error.restore();
                raised_ = true;
            }
        }
        return raised_;
    }
    bool raised() const { return raised_; }

private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kEvery{20};
    nb::object watch_;
    Clock::time_point asked_ = Clock::now();
    bool raised_ = false, main_ = false;
};

/// Wait until nothing runs; the interpreter calls it before it ends.
void end() {
    ending = true;
    nb::gil_scoped_release release;
    while (running > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

template <class T>
class PySession {
public:
    using Result = std::tuple<double, ptrdiff_t, ptrdiff_t, bool>;

    PySession(const nb::dict& description, ptrdiff_t batch, int threads)
        : session_(plan(description), batch, threads) {}

    Result train(std::vector<Address> vectors, std::vector<BlockTuple> rows, ptrdiff_t count, Address order,
                 ptrdiff_t ordered, ptrdiff_t batch, ptrdiff_t start, ptrdiff_t stop, std::int64_t first_step,
                 Address table, ptrdiff_t columns, Address outputs, nb::object watch) {
        return run(std::move(watch), [&](const Interrupt& interrupt) {
            const Outcome outcome =
                session_.train(pointers(vectors), blocks(rows, count),
                               {reinterpret_cast<const std::int64_t*>(order), ordered, batch, start, stop, first_step},
                               at(table), columns, at(outputs), interrupt);
            steps_made += outcome.steps;
            return outcome;
        });
    }

    Result evaluate(std::vector<Address> vectors, std::vector<BlockTuple> rows, ptrdiff_t count, ptrdiff_t batch,
                    Address outputs) {
        return run(nb::none(), [&](const Interrupt& interrupt) {
            return session_.evaluate(pointers(vectors), blocks(rows, count),
                                     {nullptr, count, batch, 0, (count + batch - 1) / batch, 0}, at(outputs), interrupt);
        });
    }

    Result gradient(std::vector<Address> vectors, std::vector<BlockTuple> rows, ptrdiff_t count, std::int64_t step,
                    bool training, Address out) {
        return run(nb::none(), [&](const Interrupt&) {
            return session_.gradient(pointers(vectors), blocks(rows, count), {nullptr, count, count, 0, 1, step},
                                     training, at(out));
        });
    }

    int threads() const { return session_.threads(); }
    Result last() const { return last_; }

private:
    static T* at(Address address) { return reinterpret_cast<T*>(address); }

    static Vectors<T> pointers(const std::vector<Address>& v) {
        Vectors<T> result;
        result.parameters = at(v.at(0));
        result.state = at(v.at(1));
        if (v.size() > 2) result.average = at(v[2]);
        for (std::size_t i = 3; i < v.size() && i < 6; ++i) result.slots[i - 3] = at(v[i]);
        return result;
    }

    static Rows blocks(const std::vector<BlockTuple>& b, ptrdiff_t count) {
        return {block(b.at(0)), block(b.at(1)), block(b.at(2)), count};
    }

    template <class Function>
    Result run(nb::object watch, const Function& function) {
        Signals signals(std::move(watch));
        Outcome outcome;
        ++running;
        {
            nb::gil_scoped_release release;
            outcome = function([&] { return signals(session_.so_far()); });
        }
        --running;
        if (ending) {
            PyErr_SetNone(PyExc_SystemExit);  // which ends a thread without a word
            throw nb::python_error();
        }
        last_ = {outcome.loss_sum, outcome.rows, outcome.steps, outcome.failed};
        if (signals.raised()) throw nb::python_error();
        return last_;
    }

    Session<T> session_;
    Result last_{};  // also after an exception: what was done before it
};

template <class T>
void define(nb::module_& module, const char* name) {
    using S = PySession<T>;
    nb::class_<S>(module, name)
        .def(nb::init<const nb::dict&, ptrdiff_t, int>(), "plan"_a, "batch"_a, "threads"_a)
        .def("train", &S::train, "vectors"_a, "rows"_a, "count"_a, "order"_a, "ordered"_a, "batch"_a, "start"_a,
             "stop"_a, "first_step"_a, "table"_a, "columns"_a, "outputs"_a, "watch"_a = nb::none())
        .def("evaluate", &S::evaluate, "vectors"_a, "rows"_a, "count"_a, "batch"_a, "outputs"_a)
        .def("gradient", &S::gradient, "vectors"_a, "rows"_a, "count"_a, "step"_a, "training"_a, "out"_a)
        .def_prop_ro("last", &S::last)
        .def_prop_ro("threads", &S::threads);
}

}  // namespace
}  // namespace chainrule

NB_MODULE(_native, module) {
    using namespace chainrule;
    nb::set_leak_warnings(false);  // a model that lives as long as the interpreter keeps its sessions: no fault
    module.def("isa", [] { return std::string(isa().name); });
    module.def("isas", [] {
        std::vector<std::string> names;
        for (const Isa& one : isas())
            if (one.available()) names.emplace_back(one.name);
        return names;
    });
    module.def("available_threads", &available_threads);
    module.def(
        "permutation",
        [](std::uint64_t seed, std::uint64_t index, std::uint64_t purpose, std::uintptr_t out, ptrdiff_t count) {
            isa().float_kernels->permutation(seed, index, purpose, reinterpret_cast<std::int64_t*>(out), count);
        },
        "seed"_a, "index"_a, "purpose"_a, "out"_a, "count"_a);
    module.def("end", &end);
    module.def("steps_made", [] { return steps_made.load(); });
    define<float>(module, "Session32");
    define<double>(module, "Session64");
}
