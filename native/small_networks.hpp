// What the kernels that make whole steps of small networks take: their layers, one after the other, and the loss.
#pragma once

#include "kernel_table.hpp"

namespace chainrule {

/// A dense layer of a small network. Panels lie without gaps, and have a row of ones after their features.
template <class T>
struct SmallLayer {
    const T *weights, *bias;  // or no bias
    ptrdiff_t inputs, units;
    const T* input;
    T* z;
    const ActivationKernels* activation;  // null: none
    ActivationBuffers<T> buffers;
    T* input_gradient;    // or null: nothing below trains
    T* weights_gradient;  // then that of the bias; up to V more elements are written
};

template <class T>
struct SmallNetwork {
    const SmallLayer<T>* layers;
    ptrdiff_t count, panels;
    void (*loss)(const LossBuffers<T>&, Range panels);
    LossBuffers<T> loss_buffers;
    T* gradient;  // of all parameters, where the layers put it
    ptrdiff_t parameters;
};

/// A dense layer of a small network, for a batch of one: numbers in lines of whole vectors, and W in rows of whole
/// vectors: a row for each unit or for each input, and the bias behind them; 0 where there is none.
template <class T>
struct LineLayer {
    const T* weights;
    ptrdiff_t inputs, units;
    bool by_units, has_bias;
    ptrdiff_t length;  // of a row
    const T* input;
    T* z;
    const ActivationKernels* activation;  // null: none
    ActivationBuffers<T> buffers;
    T* input_gradient;  // or null: nothing below trains
    T* gradient;        // like the weights
};

template <class T>
struct LineNetwork {
    const LineLayer<T>* layers;
    ptrdiff_t count;
    void (*loss)(const LossBuffers<T>&, Range panels);
    T* panel;  // the outputs, in every lane
    LossBuffers<T> loss_buffers;
};

}  // namespace chainrule
