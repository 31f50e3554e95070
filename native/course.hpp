// A course: several epochs of one network in one call, the numbers and the weights of each kept, as if the epochs had
// been run one after the other. One network of many that train at once, each on a thread of its own, is run so: the
// interpreter, which one thread at a time may use, is needed once for many epochs.
#pragma once

#include <algorithm>
#include <vector>

#include "session.hpp"

namespace chainrule {

/// Where the vectors of a network lie in the row of an epoch, in elements; absent ones are below 0.
struct Places {
    ptrdiff_t parameters = 0, state = 0, average = -1;
    ptrdiff_t slots[3] = {-1, -1, -1};

    template <class T>
    Vectors<T> in(T* row) const {
        const auto at = [&](ptrdiff_t place) { return place < 0 ? nullptr : row + place; };
        return {at(parameters), at(state), {at(slots[0]), at(slots[1]), at(slots[2])}, at(average)};
    }
};

template <class T>
struct Course {
    Places places;
    T* kept = nullptr;  // a row for each epoch: the first holds the vectors at the start, all of them those at the end
    ptrdiff_t length = 0;  // of a row
    ptrdiff_t epochs = 0;
    Rows training;
    Steps steps;  // of the first epoch; the orders, tables and outputs of the others follow
    const T* table = nullptr;
    ptrdiff_t columns = 0;
    T* outputs = nullptr;
    ptrdiff_t units = 0;
    Rows validation;
    ptrdiff_t validation_batch = 0;
    T* validation_outputs = nullptr;
};

/// What an epoch gave: on the rows of training, and on those of validation after it.
struct Epoch {
    Outcome trained, judged;
};

/// Run the epochs of a course, on `judge` those of validation unless it is null; one that fails or is interrupted is
/// the last.
template <class T>
std::vector<Epoch> run_course(Session<T>& session, Session<T>* judge, const Course<T>& course,
                              const Interrupt& interrupt) {
    std::vector<Epoch> epochs;
    const Steps& first = course.steps;
    for (ptrdiff_t e = 0; e < course.epochs; ++e) {
        T* row = course.kept + e * course.length;
        if (e > 0) std::copy_n(row - course.length, course.length, row);
        const Vectors<T> vectors = course.places.in(row);
        const ptrdiff_t made = e * (first.stop - first.start);
        Steps steps = first;
        steps.order += e * first.rows;
        steps.first_step += made;
        T* outputs = course.outputs ? course.outputs + e * first.rows * course.units : nullptr;
        Epoch& epoch = epochs.emplace_back();
        const T* table = course.table + made * course.columns;
        epoch.trained = session.train(vectors, course.training, steps, table, course.columns, outputs, interrupt);
        if (epoch.trained.failed || epoch.trained.interrupted) break;
        if (!judge) continue;
        const ptrdiff_t count = course.validation.count, batch = course.validation_batch;
        outputs = course.validation_outputs ? course.validation_outputs + e * count * course.units : nullptr;
        epoch.judged = judge->evaluate(vectors, course.validation,
                                       {nullptr, count, batch, 0, (count + batch - 1) / batch, 0}, outputs, interrupt);
        if (epoch.judged.interrupted) break;
    }
    return epochs;
}

}  // namespace chainrule
