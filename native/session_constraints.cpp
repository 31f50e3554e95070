// After a step: weights that a constraint holds are put back to where they are allowed to be.
#include <algorithm>
#include <cmath>

#include "session_parts.hpp"

namespace chainrule {

namespace {
constexpr ptrdiff_t kColumns = 64;  // whose norms are summed side by side

template <class T>
void non_negative(T* weights, Range range) {
    for (ptrdiff_t i = range.begin; i < range.end; ++i) weights[i] = weights[i] < 0 ? T(0) : weights[i];
}

/// Norms of columns, cut to [low, high] or moved there by `rate`; what is in the range stays as it is.
template <class T>
void limit_norms(T* weights, const Constraint& c, Range columns) {
    for (ptrdiff_t start = columns.begin; start < columns.end; start += kColumns) {
        const ptrdiff_t count = std::min(kColumns, columns.end - start);
        double squares[kColumns] = {};
        for (ptrdiff_t row = 0; row < c.rows; ++row)
            for (ptrdiff_t n = 0; n < count; ++n) {
                const double w = weights[row * c.columns + start + n];
                squares[n] += w * w;
            }
        T factors[kColumns];
        bool changes = false;
        for (ptrdiff_t n = 0; n < count; ++n) {
            const double norm = std::sqrt(squares[n]);
            const double wanted = c.rate * std::clamp(norm, c.low, c.high) + (1 - c.rate) * norm;
            factors[n] = wanted == norm || norm == 0 ? T(1) : static_cast<T>(wanted / norm);
            changes |= factors[n] != 1;
        }
        if (!changes) continue;
        for (ptrdiff_t row = 0; row < c.rows; ++row)
            for (ptrdiff_t n = 0; n < count; ++n) weights[row * c.columns + start + n] *= factors[n];
    }
}
}  // namespace

template <class T>
void Session<T>::constrain(const Member& member) {
    for (const Constraint& c : plan_.constraints) {
        T* weights = vectors_.parameters + c.offset;
        if (c.non_negative)
            non_negative(weights, share(c.rows * c.columns, member.index(), member.size()));
        else
            limit_norms(weights, c, share(c.columns, member.index(), member.size()));
    }
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
