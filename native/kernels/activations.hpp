// Activation functions and their derivatives, element by element; one struct each, on vectors V.
//
// `slope` is dy/dz. Where kFromOutput is true it needs only y, and a layer may overwrite z with y; elsewhere z must
// be kept. `alpha` is the one parameter: leaky_relu's negative slope (not below 0), elu's alpha.
#pragma once

#include "../kernel_table.hpp"
#include "vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

template <class V>
struct Linear {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return z; }
    static V slope(V, V, T) { return splat<V>(1); }
};

template <class V>
struct Sigmoid {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return sigmoid(z); }
    static V slope(V, V y, T) { return y * (splat<V>(1) - y); }
};

template <class V>
struct Tanh {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return tanh(z); }
    static V slope(V, V y, T) { return splat<V>(1) - y * y; }
};

template <class V>
struct Relu {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return max(z, V{}); }
    static V slope(V, V y, T) { return y > V{} ? splat<V>(1) : V{}; }
};

template <class V>
struct LeakyRelu {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T alpha) { return z > V{} ? z : z * alpha; }
    static V slope(V, V y, T alpha) { return y > V{} ? splat<V>(1) : splat<V>(alpha); }
};

template <class V>
struct Elu {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T alpha) { return z > V{} ? z : expm1(min(z, V{})) * alpha; }
    static V slope(V, V y, T alpha) { return y > V{} ? splat<V>(1) : y + alpha; }
};

/// Scaled so that mean 0 and variance 1 are a fixed point (Klambauer et al. 2017, arXiv:1706.02515).
template <class V>
struct Selu {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
    static V value(V z, T) { return Elu<V>::value(z, T(kAlpha)) * T(kScale); }
    static V slope(V, V y, T) { return y > V{} ? splat<V>(kScale) : y + T(kScale * kAlpha); }
};

/// z times the normal distribution function.
template <class V>
struct Gelu {
    using T = Element<V>;
    static constexpr bool kFromOutput = false;
    static V distribution(V z) { return (erf(z * T(0.70710678118654752440)) + T(1)) * T(0.5); }
    static V value(V z, T) { return z * distribution(z); }
    static V slope(V z, V, T) {
        return distribution(z) + z * exp(z * z * T(-0.5)) * T(0.39894228040143267794);  // 1 / sqrt(2 pi)
    }
};

template <class V>
struct GeluTanh {
    using T = Element<V>;
    static constexpr bool kFromOutput = false;
    static constexpr double kRoot = 0.79788456080286535588, kCubic = 0.044715;  // sqrt(2 / pi)
    static V tangent(V z) { return tanh((z + z * z * z * T(kCubic)) * T(kRoot)); }
    static V value(V z, T) { return z * T(0.5) * (tangent(z) + T(1)); }
    static V slope(V z, V, T) {
        const V t = tangent(z);
        const V inner = (z * z * T(3 * kCubic) + T(1)) * T(kRoot);
        return (t + T(1)) * T(0.5) + z * T(0.5) * (splat<V>(1) - t * t) * inner;
    }
};

template <class V>
struct Silu {
    using T = Element<V>;
    static constexpr bool kFromOutput = false;
    static V value(V z, T) { return z * sigmoid(z); }
    static V slope(V z, V, T) { return sigmoid(z) * (z * sigmoid(-z) + T(1)); }
};

template <class V>
struct Mish {
    using T = Element<V>;
    static constexpr bool kFromOutput = false;
    static V value(V z, T) { return z * tanh(softplus(z)); }
    static V slope(V z, V, T) {
        const V t = tanh(softplus(z));
        return t + z * (splat<V>(1) - t * t) * sigmoid(z);
    }
};

template <class V>
struct Softplus {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return softplus(z); }
    static V slope(V, V y, T) { return -expm1(-y); }
};

template <class V>
struct HardSigmoid {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return min(max((z + T(3)) / T(6), V{}), splat<V>(1)); }
    static V slope(V, V y, T) { return (y > V{}) & (y < splat<V>(1)) ? splat<V>(1.0 / 6) : V{}; }
};

/// The inverse of the logarithm: the mean of a count from its logarithm.
template <class V>
struct Exponential {
    using T = Element<V>;
    static constexpr bool kFromOutput = true;
    static V value(V z, T) { return exp(z); }
    static V slope(V, V y, T) { return y; }
};

/// An Epilogue: y = f(z) on part of a layer. The context is ActivationBuffers<T>.
template <class T, template <class> class F>
void activate(const void* context, ptrdiff_t offset, ptrdiff_t count) {
    const auto& buffers = *static_cast<const ActivationBuffers<T>*>(context);
    const T* z = buffers.z + offset;
    T* y = buffers.y + offset;
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>) store(y + i, F<Vec<T>>::value(load(z + i), buffers.alpha));
}

/// An Epilogue: gradient *= f'(z), turning dJ/dy into dJ/dz.
template <class T, template <class> class F>
void activation_gradient(const void* context, ptrdiff_t offset, ptrdiff_t count) {
    const auto& buffers = *static_cast<const ActivationBuffers<T>*>(context);
    const T* z = (F<Vec<T>>::kFromOutput ? buffers.y : buffers.z) + offset;
    const T* y = buffers.y + offset;
    T* gradient = buffers.gradient + offset;
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>)
        store(gradient + i, load(gradient + i) * F<Vec<T>>::slope(load(z + i), load(y + i), buffers.alpha));
}

template <class T, template <class> class F>
constexpr ActivationKernels activation_kernels() {
    return {activate<T, F>, activation_gradient<T, F>, F<Vec<T>>::kFromOutput};
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
