// A step of a network of a few small dense layers in one go: there the calls of kernel after kernel, and what they set
// up, take longer than the arithmetic. Its panels are like any others, whole, with a row of ones after the features of
// each, so that the gradient of a bias is the last row of that of its weights.
#pragma once

#include "../kernel_table.hpp"
#include "../small_networks.hpp"
#include "magnitude.hpp"
#include "narrow_gradient.hpp"
#include "product.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

/// A product of all panels with W, in tiles that are small enough to read it as it lies.
template <class T>
inline void small_product(TileProduct<T> tile, ptrdiff_t rows, ptrdiff_t panels) {
    const TileProduct<T> all = tile;
    for (ptrdiff_t r = 0, height; r < rows; r += height) {
        height = rows - r < kTileRows ? rows - r : kTileRows;
        tile.left = all.left + r * all.left_row;
        tile.bias = all.bias ? all.bias + r : nullptr;
        for (ptrdiff_t panel = 0; panel < panels; panel += 2) {
            tile.right = all.right + panel * all.right_panel;
            tile.out = all.out + panel * all.out_panel + r * kLanes<T>;
            kTileKernels<T>.product[panels - panel > 1][height - 1](tile);
        }
    }
}

/// The gradient of `rows` rows of W, written out: scalar products, V of them at a time.
template <class T, int C = 1>
inline void small_weight_gradient(const WeightGradient<T>& p, ptrdiff_t rows, T* out) {
    constexpr int lanes = kLanes<T>;
    if constexpr (C < lanes) {
        if (C < p.units) return small_weight_gradient<T, 2 * C>(p, rows, out);
    }
    for (ptrdiff_t n = (p.units - 1) / C * C; n >= 0; n -= C)  // the last columns first: they reach into the next row
        for (ptrdiff_t k = 0; k < rows; k += lanes / C) narrow_block<T, C>(p, k, rows, n, out + k * p.units + n);
}

/// The gradient of J with respect to all parameters, and the loss of each example. Returns the size of the largest of
/// these numbers, which is NaN if one is.
template <class T>
T small_gradient(const SmallNetwork<T>& p) {
    constexpr int lanes = kLanes<T>;
    const auto each_panel = [&](const SmallLayer<T>& layer, auto apply) {
        for (ptrdiff_t panel = 0; panel < p.panels; ++panel)
            apply(&layer.buffers, panel * (layer.units + 1) * lanes, layer.units * lanes);
    };
    for (const SmallLayer<T>* layer = p.layers; layer < p.layers + p.count; ++layer) {
        small_product<T>({.left = layer->weights, .left_row = 1, .left_depth = layer->units, .left_block = 0,
                          .right = layer->input, .right_panel = (layer->inputs + 1) * lanes, .depth = layer->inputs,
                          .blocks = 1, .out = layer->z, .out_row = lanes, .out_panel = (layer->units + 1) * lanes,
                          .bias = layer->bias, .accumulate = false},
                         layer->units, p.panels);
        if (layer->activation) each_panel(*layer, layer->activation->forward);
    }
    p.loss(p.loss_buffers, {0, p.panels});
    for (const SmallLayer<T>* layer = p.layers + p.count; layer-- > p.layers;) {
        if (layer->activation) each_panel(*layer, layer->activation->backward);
        if (layer->input_gradient)
            small_product<T>({.left = layer->weights, .left_row = layer->units, .left_depth = 1, .left_block = 0,
                              .right = layer->buffers.gradient, .right_panel = (layer->units + 1) * lanes,
                              .depth = layer->units, .blocks = 1, .out = layer->input_gradient, .out_row = lanes,
                              .out_panel = (layer->inputs + 1) * lanes, .bias = nullptr, .accumulate = false},
                             layer->inputs, p.panels);
    }
    // From the first layer on: what is written past the end of one is overwritten by the next.
    for (const SmallLayer<T>* layer = p.layers; layer < p.layers + p.count; ++layer)
        small_weight_gradient<T>({layer->input, (layer->inputs + 1) * lanes, layer->buffers.gradient,
                                  (layer->units + 1) * lanes, nullptr, layer->units, p.panels * lanes, {}},
                                 layer->inputs + (layer->bias != nullptr), layer->weights_gradient);
    Largest<T> largest;
    largest.take(p.gradient, p.parameters);
    largest.take(p.loss_buffers.values, p.panels * lanes);
    return largest.size();
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
