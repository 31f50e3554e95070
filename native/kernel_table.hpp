// What the run loop calls: plain arguments, and a table of kernels for each instruction set and number type.
//
// Nothing here depends on the instruction set, so this header is shared; the kernels are compiled once for each
// (kernels/table.cpp) and one table is chosen at load (isa.hpp). Kernels take ranges, so that a thread team can
// share out their work; how a range is cut never changes a result's bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace chainrule {

using std::ptrdiff_t;

struct Range {
    ptrdiff_t begin, end;
    ptrdiff_t size() const { return end - begin; }
};

/// Part `index` of `parts` of [0, count): sizes differ by at most one.
inline Range share(ptrdiff_t count, int index, int parts) {
    return {count * index / parts, count * (index + 1) / parts};
}

/// Called on elements [offset, offset + count) of a product's output buffer just after they were stored.
struct Epilogue {
    void (*apply)(const void* context, ptrdiff_t offset, ptrdiff_t count) = nullptr;
    const void* context = nullptr;
};

/// out(r, e) = bias(r) + sum over d of left(r, d) * right(d, e), for a batch of examples e in panels
/// (kernels/panels.hpp). Forward: left(r, d) = W[d, r], so left_row = 1 and left_depth = units; backward to the
/// inputs: left(r, d) = W[r, d], so left_row = units and left_depth = 1.
template <class T>
struct PanelProduct {
    const T* left;
    ptrdiff_t left_row, left_depth;
    const T* bias;  // or null
    const T* right;
    ptrdiff_t right_stride;  // elements from one panel to the next
    T* out;
    ptrdiff_t out_stride;
    ptrdiff_t rows, depth;
    Epilogue epilogue;
};

/// Called with the finished gradient of `count` consecutive parameters from `first` on, counted from W[0, 0].
template <class T>
struct GradientConsumer {
    void (*apply)(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count);
    const void* context;
};

/// dW[k, n] = sum over examples e of input(k, e) * delta(n, e).
template <class T>
struct WeightGradient {
    const T* input;
    ptrdiff_t input_stride;
    const T* delta_rows;  // the delta with example rows, as `transpose_delta` makes it
    ptrdiff_t inputs, units, panels;
    GradientConsumer<T> consumer;
};

}  // namespace chainrule
