#include "bindings_plan.hpp"

#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <tuple>
#include <type_traits>
#include <utility>

namespace nb = nanobind;

namespace chainrule {
namespace {

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
    set("deviation", result.deviation);
    if (d.contains("quantiles")) result.quantiles = reinterpret_cast<const void*>(nb::cast<std::uintptr_t>(d["quantiles"]));
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

}  // namespace

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
    result.accuracy = enumerator<Accuracy>(d["accuracy"]);
    result.accuracy_cut = nb::cast<double>(d["accuracy_cut"]);
    result.optimizer = enumerator<Optimizer>(d["optimizer"]);
    result.momentum = nb::cast<double>(d["momentum"]);
    result.beta_1 = nb::cast<double>(d["beta_1"]);
    result.beta_2 = nb::cast<double>(d["beta_2"]);
    result.rho = nb::cast<double>(d["rho"]);
    result.epsilon = nb::cast<double>(d["epsilon"]);
    result.clipping = enumerator<Clipping>(d["clipping"]);
    result.clip_limit = nb::cast<double>(d["clip_limit"]);
    for (nb::handle item : nb::cast<nb::list>(d["constraints"])) {
        const auto [offset, rows, columns, low, high, rate, non_negative] =
            nb::cast<std::tuple<ptrdiff_t, ptrdiff_t, ptrdiff_t, double, double, double, bool>>(item);
        result.constraints.push_back({offset, rows, columns, low, high, rate, non_negative});
    }
    return result;
}

}  // namespace chainrule
