// Predictions: the forward pass alone.
#include "session_parts.hpp"

namespace chainrule {

template <class T>
bool Session<T>::predict(const Vectors<T>& vectors, const Rows& rows, ptrdiff_t first, ptrdiff_t count, T* outputs) {
    vectors_ = vectors;
    prepare_factors();
    set_examples(count);
    const Node &inputs = nodes_.front(), &last = nodes_.back();
    const Rows unjudged{rows.inputs, {}, {}, rows.count};
    const Steps steps;
    const Interrupt never;
    const Run run{Mode::evaluate, false, unjudged, steps, nullptr, 0, outputs, never};
    std::atomic<bool> finite{true};
    const auto pass = [&](Member& member) {
        const Range panels = share(panels_, member.index(), member.size());
        gather(member, run, first, panels);
        if (!is_finite(k_.largest_magnitude(inputs.y, inputs.stride, inputs.features * k_.lanes, panels)))
            finite.store(false, std::memory_order_relaxed);
        forward(member, run, 0, panels);
        k_.scatter({last.y, last.stride, outputs, last.features, count, last.features}, panels);
    };
    if (threads_ > 1) {
        run_on_team(threads_, pass);
    } else {
        Team alone;
        alone.run(1, pass);
    }
    return finite;
}

template class Session<float>;
template class Session<double>;

}  // namespace chainrule
