// A step of a network of a few small dense layers for a batch of one, in one go. What an example has in a layer lies in
// a line: features one after the other, in whole vectors, whose end may hold anything finite. Rows of weights are whole
// vectors too, along the longer side of W, so that there are few of them; their ends, and those of gradients, are 0.
#pragma once

#include "../kernel_table.hpp"
#include "../small_networks.hpp"
#include "magnitude.hpp"
#include "narrow_gradient.hpp"
#include "single_example.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// out[r] = start[r] + the scalar product of row r with `line`, for `count` rows of `length` elements: whole vectors.
/// R is the number of rows summed across lanes at once; where there are few, it is known how few.
template <class T, int R = 2>
inline void multiply_rows_by_line(const T* rows, ptrdiff_t count, ptrdiff_t length, const T* line, const T* start,
                                  T* out) {
    constexpr int lanes = kLanes<T>;
    if constexpr (R < lanes) {
        if (R < count) return multiply_rows_by_line<T, 2 * R>(rows, count, length, line, start, out);
    }
    for (ptrdiff_t r = 0; r < count; r += lanes) {
        Vec<T> sums[lanes];
        each<lanes, 1>([&](int i, int) { sums[i] = Vec<T>{}; });
        for (ptrdiff_t j = 0; j < length; j += lanes) {
            const Vec<T> x = load(line + j);
            each<R, 1>([&](int i, int) {  // rows beyond the last repeat it: their sums go to the line's unused end
                sums[i] = fma(load(rows + (r + i < count ? r + i : count - 1) * length + j), x, sums[i]);
            });
        }
        const Vec<T> product = sums_of_lanes<T>(sums);
        store(out + r, start ? product + load(start + r) : product);
    }
}

/// out = start + the sum of rows times the elements of `line`.
template <class T>
inline void add_rows_times_line(const T* rows, ptrdiff_t count, ptrdiff_t length, const T* line, const T* start,
                                T* out) {
    for (ptrdiff_t j = 0; j < length; j += kLanes<T>) {
        Vec<T> sum = start ? load(start + j) : Vec<T>{};
        for (ptrdiff_t r = 0; r < count; ++r) sum = fma(broadcast(line[r]), load(rows + r * length + j), sum);
        store(out + j, sum);
    }
}

/// The gradient: row r is left[r] times `line`, of which only `count` elements are real.
template <class T>
inline void outer_product(const T* left, ptrdiff_t rows, const T* line, ptrdiff_t count, ptrdiff_t length,
                          Largest<T>& largest, T* out) {
    constexpr int lanes = kLanes<T>;
    for (ptrdiff_t j = 0; j < length; j += lanes) {
        const Vec<T> x = load_up_to(line + j, count - j);
        for (ptrdiff_t r = 0; r < rows; ++r) {
            const Vec<T> product = broadcast(left[r]) * x;
            largest.take(product);
            store(out + r * length + j, product);
        }
    }
}

template <class T>
T line_gradient(const LineNetwork<T>& p) {
    constexpr int lanes = kLanes<T>;
    for (const LineLayer<T>* layer = p.layers; layer < p.layers + p.count; ++layer) {
        const ptrdiff_t rows = layer->by_units ? layer->units : layer->inputs;
        const T* bias = layer->weights + rows * layer->length;
        if (layer->by_units)
            multiply_rows_by_line(layer->weights, rows, layer->length, layer->input, bias, layer->z);
        else
            add_rows_times_line(layer->weights, rows, layer->length, layer->input, bias, layer->z);
        if (layer->activation) layer->activation->forward(&layer->buffers, 0, layer->units);
    }
    const LineLayer<T>& last = p.layers[p.count - 1];
    for (ptrdiff_t n = 0; n < last.units; ++n) store(p.panel + n * lanes, broadcast(last.buffers.y[n]));
    p.loss(p.loss_buffers, {0, 1});
    for (ptrdiff_t n = 0; n < last.units; ++n) last.buffers.gradient[n] = p.loss_buffers.gradient[n * lanes];
    Largest<T> largest;
    largest.take(broadcast(p.loss_buffers.values[0]));
    for (const LineLayer<T>* layer = p.layers + p.count; layer-- > p.layers;) {
        const T* delta = layer->buffers.gradient;
        if (layer->activation) layer->activation->backward(&layer->buffers, 0, layer->units);
        const ptrdiff_t rows = layer->by_units ? layer->units : layer->inputs;
        if (layer->input_gradient) {
            if (layer->by_units)
                add_rows_times_line<T>(layer->weights, rows, layer->length, delta, nullptr, layer->input_gradient);
            else
                multiply_rows_by_line<T>(layer->weights, rows, layer->length, delta, nullptr, layer->input_gradient);
        }
        if (layer->by_units)
            outer_product(delta, rows, layer->input, layer->inputs, layer->length, largest, layer->gradient);
        else
            outer_product(layer->input, rows, delta, layer->units, layer->length, largest, layer->gradient);
        if (!layer->has_bias) continue;
        for (ptrdiff_t n = 0; n < layer->units; n += lanes) {
            const Vec<T> bias = load_up_to(delta + n, layer->units - n);
            largest.take(bias);
            store(layer->gradient + rows * layer->length + n, bias);
        }
    }
    return largest.size();
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
