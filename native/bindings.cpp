// The Python module chainrule.engine._native: sessions, and what the machine offers. Addresses come as integers;
// chainrule/engine/native.py checks the arrays behind them and keeps them alive during a call. Plans: bindings_plan.hpp.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "bindings_memory.hpp"
#include "bindings_plan.hpp"
#include "course.hpp"
#include "pages.hpp"
#include "predictor.hpp"
#include "processors.hpp"
#include "session.hpp"

namespace nb = nanobind;
using namespace nb::literals;

namespace chainrule {
namespace {

std::atomic<std::int64_t> steps_made{0}, steps_paired{0};
std::atomic<bool> ending{false};  // the interpreter is: runs stop, so that no thread waits for a lock that is gone
std::atomic<int> running{0};

using Address = std::uintptr_t;
using BlockTuple = std::tuple<Address, int, ptrdiff_t, ptrdiff_t>;
using DrawTuple = std::tuple<std::uint64_t, std::uint64_t, std::uint64_t, Address, ptrdiff_t>;

Block block(const BlockTuple& t) {
    return {reinterpret_cast<const void*>(std::get<0>(t)), static_cast<Number>(std::get<1>(t)), std::get<2>(t),
            std::get<3>(t)};
}

/// Asks Python for signals (Ctrl-C) every so often, and tells `watch`, if it is not None, the steps made so far and
/// their mean loss; what either raises ends the run, and is raised when it has ended.
class Signals {
public:
    explicit Signals(nb::object watch = nb::none()) : watch_(std::move(watch)) {  // only the main thread is sent signals
        const nb::module_ threading = nb::module_::import_("threading");
        main_ = threading.attr("current_thread")().is(threading.attr("main_thread")());
    }
    bool operator()(const Outcome& so_far = {}) {
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

/// Raised by one thread to stop what others run, which look at it without the interpreter's lock.
struct Flag {
    std::atomic<bool> raised{false};
};

/// Wait until nothing runs; the interpreter calls it before it ends.
void end() {
    ending = true;
    nb::gil_scoped_release release;
    while (running > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

/// Do something without the interpreter's lock; `end` waits for it, and the caller ends here if the interpreter is
/// ending.
template <class Function>
void unlocked(const Function& function) {
    {
        struct Running {
            Running() { ++running; }
            ~Running() { --running; }
        };
        const Running noted;
        const nb::gil_scoped_release release;
        function();
    }
    if (!ending) return;
    PyErr_SetNone(PyExc_SystemExit);  // which ends a thread without a word
    throw nb::python_error();
}

template <class T>
class PySession {
public:
    using Result = std::tuple<double, ptrdiff_t, ptrdiff_t, bool, double, double>;

    PySession(const nb::dict& description, ptrdiff_t batch, int threads, bool pair)
        : session_(plan(description), batch, threads, pair) {}

    Result train(std::vector<Address> vectors, std::vector<BlockTuple> rows, ptrdiff_t count, Address order,
                 ptrdiff_t ordered, ptrdiff_t batch, ptrdiff_t start, ptrdiff_t stop, std::int64_t first_step,
                 Address table, ptrdiff_t columns, Address outputs, nb::object watch,
                 const std::optional<DrawTuple>& meanwhile) {
        Draw draw;
        if (meanwhile) {
            const auto [seed, index, purpose, out, length] = *meanwhile;
            draw = {seed, index, purpose, reinterpret_cast<std::int64_t*>(out), length};
        }
        return run(std::move(watch), [&](const Interrupt& interrupt) {
            const Outcome outcome =
                session_.train(pointers(vectors), blocks(rows, count),
                               {reinterpret_cast<const std::int64_t*>(order), ordered, batch, start, stop, first_step,
                                meanwhile ? &draw : nullptr},
                               at(table), columns, at(outputs), interrupt);
            steps_made += outcome.steps;
            steps_paired += outcome.paired;
            drew_ = draw.drawn;
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

    /// Several epochs, each with those of validation on `judge` if there is one; see course.hpp.
    std::vector<std::tuple<Result, Result>> train_epochs(
        PySession* judge, std::vector<ptrdiff_t> places, Address kept, ptrdiff_t length, ptrdiff_t epochs,
        std::vector<BlockTuple> rows, ptrdiff_t count, Address orders, ptrdiff_t ordered, ptrdiff_t batch,
        std::int64_t first_step, Address table, ptrdiff_t columns, Address outputs, ptrdiff_t units,
        std::vector<BlockTuple> validation, ptrdiff_t validation_count, ptrdiff_t validation_batch,
        Address validation_outputs, const Flag& flag) {
        Course<T> course;
        course.places = {places.at(0), places.at(1), places.at(2), {places.at(3), places.at(4), places.at(5)}};
        course.kept = at(kept);
        course.length = length;
        course.epochs = epochs;
        course.training = blocks(rows, count);
        course.steps = {reinterpret_cast<const std::int64_t*>(orders), ordered, batch, 0, (ordered + batch - 1) / batch,
                        first_step};
        course.table = at(table);
        course.columns = columns;
        course.outputs = at(outputs);
        course.units = units;
        course.validation = blocks(validation, validation_count);
        course.validation_batch = validation_batch;
        course.validation_outputs = at(validation_outputs);
        Signals signals;
        std::vector<Epoch> made;
        unlocked([&] {
            Seat seat;
            made = run_course(session_, judge ? &judge->session_ : nullptr, course, [&] {
                seat.look();
                return flag.raised.load() || signals();
            });
        });
        if (signals.raised()) throw nb::python_error();
        std::vector<std::tuple<Result, Result>> results;
        for (const Epoch& epoch : made) {
            steps_made += epoch.trained.steps;
            results.emplace_back(result(epoch.trained), result(epoch.judged));
        }
        return results;
    }

    int threads() const { return session_.threads(); }
    std::size_t bytes() const { return session_.bytes(); }
    Result last() const { return last_; }
    bool drew() const { return drew_; }

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

    static Result result(const Outcome& o) {
        return {o.loss_sum, o.rows, o.steps, o.failed, o.right, o.weighted_right};
    }

    template <class Function>
    Result run(nb::object watch, const Function& function) {
        Signals signals(std::move(watch));
        Outcome outcome;
        unlocked([&] { outcome = function([&] { return signals(session_.so_far()); }); });
        last_ = result(outcome);
        if (signals.raised()) throw nb::python_error();
        return last_;
    }

    Session<T> session_;
    bool drew_ = false;  // the order that was to be drawn meanwhile
    Result last_{};  // also after an exception: what was done before it
};

/// The forward pass of a network, by several Python threads at once.
template <class T>
class PyPredictor {
public:
    PyPredictor(const nb::dict& description, nb::handle parameters, nb::handle state, nb::callable count_threads)
        : plan_(plan(description)),
          parameters_(parameters),
          state_(state),
          count_threads_(std::move(count_threads)),
          array_(nb::module_::import_("numpy").attr("ndarray")),
          empty_(nb::module_::import_("numpy").attr("empty")),
          type_(nb::module_::import_("numpy").attr(sizeof(T) == 4 ? "float32" : "float64")) {
        for (const Instruction& i : plan_.instructions)
            work_ += static_cast<double>(i.operation == Operation::dense ? i.inputs * i.outputs : i.outputs);
    }

    /// The outputs for a float32 or float64 array (rows, inputs); None for anything else, and for what is not finite.
    nb::object outputs(nb::handle x) {
        if (!nb::handle(reinterpret_cast<PyObject*>(Py_TYPE(x.ptr()))).is(array_)) return nb::none();
        const Memory memory(x, PyBUF_STRIDES | PyBUF_FORMAT);
        if (!memory) return nb::none();
        const Py_buffer& view = memory.view();
        const bool single = std::strcmp(view.format, "f") == 0;
        if (view.ndim != 2 || view.shape[0] == 0 || view.shape[1] != plan_.inputs() ||
            !(single || std::strcmp(view.format, "d") == 0))
            return nb::none();
        const ptrdiff_t count = view.shape[0];
        nb::object result = empty_(nb::make_tuple(count, plan_.outputs()), type_);
        const Memory out(result);
        const Block inputs{view.buf, single ? Number::float32 : Number::float64, view.strides[0], view.strides[1]};
        return predict(inputs, count, out.template numbers<T>()) ? result : nb::none();
    }

    /// The outputs of rows at an address, whatever they hold.
    void run(const BlockTuple& inputs, ptrdiff_t count, Address outputs) {
        predict(block(inputs), count, reinterpret_cast<T*>(outputs));
    }

private:
    /// Multiplications that take a few microseconds: others may wait for the lock so long.
    static constexpr double kShort = 1e5;
    /// Multiplications that take about a millisecond: beyond, Ctrl-C is not kept waiting.
    static constexpr double kLong = 3e7;

    bool predict(const Block& inputs, ptrdiff_t count, T* outputs) {
        const Vectors<T> vectors{parameters_.numbers<T>(), state_.numbers<T>(), {}};
        const Rows rows{inputs, {}, {}, count};
        const double work = work_ * static_cast<double>(count);
        std::unique_ptr<Predictor<T>> predictor = borrow();
        Prediction result;
        if (work < kShort) {
            result = predictor->predict(vectors, rows, outputs, 1, {});
        } else {
            const int threads = nb::cast<int>(count_threads_(work));
            std::optional<Signals> signals;
            if (work > kLong) signals.emplace();
            const Interrupt interrupt = [&] { return signals ? (*signals)() : ending.load(); };
            unlocked([&] { result = predictor->predict(vectors, rows, outputs, threads, interrupt); });
            if (signals && signals->raised()) throw nb::python_error();
        }
        if (idle_.size() < kMostIdle) idle_.push_back(std::move(predictor));
        return result == Prediction::made;
    }

    /// A predictor that nobody else uses; the interpreter's lock is held here, and where it is given back.
    std::unique_ptr<Predictor<T>> borrow() {
        if (idle_.empty()) return std::make_unique<Predictor<T>>(plan_);
        std::unique_ptr<Predictor<T>> predictor = std::move(idle_.back());
        idle_.pop_back();
        return predictor;
    }

    static constexpr std::size_t kMostIdle = 4;

    Plan plan_;
    Memory parameters_, state_;
    nb::object count_threads_, array_, empty_, type_;
    double work_ = 0;
    std::vector<std::unique_ptr<Predictor<T>>> idle_;
};

/// Places of an order that are drawn in some ten microseconds: others may wait for the interpreter's lock so long.
constexpr ptrdiff_t kFewPlaces = 1 << 12;

/// So many bytes, all 0, given back with the last array that looks into them.
nb::ndarray<nb::numpy, std::uint8_t, nb::ndim<1>> zeros(std::size_t size, int threads) {
    auto memory = std::make_unique<Pages>(size);
    Pages* pages = memory.get();
    pages->clear(0, size, threads);
    const nb::capsule owner(memory.release(), [](void* p) noexcept { delete static_cast<Pages*>(p); });
    return {pages->begin(), {size}, owner};
}

template <class T>
void define(nb::module_& module, const char* session, const char* predictor) {
    using P = PyPredictor<T>;
    nb::class_<P>(module, predictor)
        .def(nb::init<const nb::dict&, nb::handle, nb::handle, nb::callable>(), "plan"_a, "parameters"_a, "state"_a,
             "count_threads"_a)
        .def("outputs", &P::outputs, "x"_a.none())
        .def("run", &P::run, "inputs"_a, "count"_a, "outputs"_a);
    using S = PySession<T>;
    nb::class_<S>(module, session)
        .def(nb::init<const nb::dict&, ptrdiff_t, int, bool>(), "plan"_a, "batch"_a, "threads"_a, "pair"_a = false)
        .def("train", &S::train, "vectors"_a, "rows"_a, "count"_a, "order"_a, "ordered"_a, "batch"_a, "start"_a,
             "stop"_a, "first_step"_a, "table"_a, "columns"_a, "outputs"_a, "watch"_a = nb::none(),
             "meanwhile"_a = nb::none())
        .def("evaluate", &S::evaluate, "vectors"_a, "rows"_a, "count"_a, "batch"_a, "outputs"_a)
        .def("gradient", &S::gradient, "vectors"_a, "rows"_a, "count"_a, "step"_a, "training"_a, "out"_a)
        .def("train_epochs", &S::train_epochs, "judge"_a.none(), "places"_a, "kept"_a, "length"_a, "epochs"_a, "rows"_a,
             "count"_a, "orders"_a, "ordered"_a, "batch"_a, "first_step"_a, "table"_a, "columns"_a, "outputs"_a,
             "units"_a, "validation"_a, "validation_count"_a, "validation_batch"_a, "validation_outputs"_a, "flag"_a)
        .def_prop_ro("last", &S::last)
        .def_prop_ro("drew", &S::drew)
        .def_prop_ro("threads", &S::threads)
        .def_prop_ro("bytes", &S::bytes);
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
        [](std::uint64_t seed, std::uint64_t index, std::uint64_t purpose, Address out, ptrdiff_t count, ptrdiff_t many) {
            const auto draw = [&] {
                std::int64_t* order = reinterpret_cast<std::int64_t*>(out);
                for (ptrdiff_t i = 0; i < many; ++i, order += count)
                    isa().float_kernels->permutation(seed, index + static_cast<std::uint64_t>(i), purpose, order, count);
            };
            if (count * many < kFewPlaces)
                draw();
            else
                unlocked(draw);
        },
        "seed"_a, "index"_a, "purpose"_a, "out"_a, "count"_a, "many"_a = 1);
    module.def(
        "address",
        [](nb::handle array) -> Address {
            const Memory memory(array, PyBUF_STRIDES);
            return memory.view().len == 0 ? 0 : reinterpret_cast<Address>(memory.numbers<char>());
        },
        "array"_a);
    module.def("pages", &zeros, "size"_a, "threads"_a);
    module.def("has_pages", &has_pages);
    module.def("pages_kept", &pages_kept);
    module.def("end", &end);
    module.def("steps_made", [] { return steps_made.load(); });
    module.def("steps_paired", [] { return steps_paired.load(); });
    module.def("set_ways", [](int wanted) { ways = static_cast<Ways>(wanted); }, "wanted"_a);
    nb::class_<Flag>(module, "Flag").def(nb::init<>()).def("raise_", [](Flag& flag) { flag.raised = true; });
    define<float>(module, "Session32", "Predictor32");
    define<double>(module, "Session64", "Predictor64");
}
