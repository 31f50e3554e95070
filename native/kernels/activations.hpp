// Activation functions and their derivatives, element by element; one struct each.
//
// `slope` is dy/dz. Where kFromOutput is true it needs only y, and a layer may overwrite z with y; elsewhere z must
// be kept. `alpha` is the one parameter: leaky_relu's negative slope (not below 0), elu's alpha.
#pragma once

#include "../kernel_table.hpp"
#include "vector_math.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

struct Linear {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        return z;
    }
    template <class V>
    static V slope(V, V, Element<V>) {
        return splat<V>(1);
    }
};

struct Sigmoid {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        return sigmoid(z);
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return y * (splat<V>(1) - y);
    }
};

struct Tanh {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        return tanh(z);
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return splat<V>(1) - y * y;
    }
};

struct Relu {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        return max(z, V{});
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return y > V{} ? splat<V>(1) : V{};
    }
};

struct LeakyRelu {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V> alpha) {
        return z > V{} ? z : z * alpha;
    }
    template <class V>
    static V slope(V, V y, Element<V> alpha) {
        return y > V{} ? splat<V>(1) : splat<V>(alpha);
    }
};

struct Elu {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V> alpha) {
        return z > V{} ? z : expm1(min(z, V{})) * alpha;
    }
    template <class V>
    static V slope(V, V y, Element<V> alpha) {
        return y > V{} ? splat<V>(1) : y + alpha;
    }
};

/// Scaled so that mean 0 and variance 1 are a fixed point (Klambauer et al. 2017, arXiv:1706.02515).
struct Selu {
    static constexpr bool kFromOutput = true;
    static constexpr double kAlpha = 1.6732632423543772, kScale = 1.0507009873554805;
    template <class V>
    static V value(V z, Element<V>) {
        return Elu::value(z, static_cast<Element<V>>(kAlpha)) * static_cast<Element<V>>(kScale);
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return y > V{} ? splat<V>(kScale) : y + static_cast<Element<V>>(kScale * kAlpha);
    }
};

/// z times the normal distribution function.
struct Gelu {
    static constexpr bool kFromOutput = false;
    template <class V>
    static V distribution(V z) {
        using T = Element<V>;
        return (erf(z * T(0.70710678118654752440)) + T(1)) * T(0.5);
    }
    template <class V>
    static V value(V z, Element<V>) {
        return z * distribution(z);
    }
    template <class V>
    static V slope(V z, V, Element<V>) {
        using T = Element<V>;
        return distribution(z) + z * exp(z * z * T(-0.5)) * T(0.39894228040143267794);  // 1 / sqrt(2 pi)
    }
};

struct GeluTanh {
    static constexpr bool kFromOutput = false;
    static constexpr double kRoot = 0.79788456080286535588, kCubic = 0.044715;  // sqrt(2 / pi)
    template <class V>
    static V tangent(V z) {
        using T = Element<V>;
        return tanh((z + z * z * z * T(kCubic)) * T(kRoot));
    }
    template <class V>
    static V value(V z, Element<V>) {
        using T = Element<V>;
        return z * T(0.5) * (tangent(z) + T(1));
    }
    template <class V>
    static V slope(V z, V, Element<V>) {
        using T = Element<V>;
        const V t = tangent(z);
        const V inner = (z * z * T(3 * kCubic) + T(1)) * T(kRoot);
        return (t + T(1)) * T(0.5) + z * T(0.5) * (splat<V>(1) - t * t) * inner;
    }
};

struct Silu {
    static constexpr bool kFromOutput = false;
    template <class V>
    static V value(V z, Element<V>) {
        return z * sigmoid(z);
    }
    template <class V>
    static V slope(V z, V, Element<V>) {
        using T = Element<V>;
        return sigmoid(z) * (z * sigmoid(-z) + T(1));
    }
};

struct Mish {
    static constexpr bool kFromOutput = false;
    template <class V>
    static V value(V z, Element<V>) {
        return z * tanh(softplus(z));
    }
    template <class V>
    static V slope(V z, V, Element<V>) {
        const V t = tanh(softplus(z));
        return t + z * (splat<V>(1) - t * t) * sigmoid(z);
    }
};

struct Softplus {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        return softplus(z);
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return -expm1(-y);
    }
};

struct HardSigmoid {
    static constexpr bool kFromOutput = true;
    template <class V>
    static V value(V z, Element<V>) {
        using T = Element<V>;
        return min(max((z + T(3)) / T(6), V{}), splat<V>(1));
    }
    template <class V>
    static V slope(V, V y, Element<V>) {
        return (y > V{}) & (y < splat<V>(1)) ? splat<V>(1.0 / 6) : V{};
    }
};

/// An Epilogue: y = f(z) on part of a layer. The context is ActivationBuffers<T>.
template <class T, class F>
void activate(const void* context, ptrdiff_t offset, ptrdiff_t count) {
    const auto& buffers = *static_cast<const ActivationBuffers<T>*>(context);
    const T* z = buffers.z + offset;
    T* y = buffers.y + offset;
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>) store(y + i, F::value(load(z + i), buffers.alpha));
}

/// An Epilogue: gradient *= f'(z), turning dJ/dy into dJ/dz.
template <class T, class F>
void activation_gradient(const void* context, ptrdiff_t offset, ptrdiff_t count) {
    const auto& buffers = *static_cast<const ActivationBuffers<T>*>(context);
    const T* z = (F::kFromOutput ? buffers.y : buffers.z) + offset;
    const T* y = buffers.y + offset;
    T* gradient = buffers.gradient + offset;
    for (ptrdiff_t i = 0; i < count; i += kLanes<T>)
        store(gradient + i, load(gradient + i) * F::slope(load(z + i), load(y + i), buffers.alpha));
}

template <class T, class F>
constexpr ActivationKernels activation_kernels() {
    return {activate<T, F>, activation_gradient<T, F>, F::kFromOutput};
}

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
