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
    ptrdiff_t examples;  // of the whole batch; the panels' other lanes may get anything finite
    Epilogue epilogue;
};

/// Called with the finished gradient of `count` consecutive parameters from `first` on, counted from W[0, 0].
template <class T>
struct GradientConsumer {
    void (*apply)(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count);
    const void* context;
};

/// out(n, e) = first(n, e) + second(n, e) + bias(n), sums over half of the inputs each.
template <class T>
struct HalfSums {
    const T *first, *second;
    const T* bias;  // of the first unit of the range; or null
    T* out;
    ptrdiff_t stride;
};

/// dW[k, n] = sum over examples e of input(k, e) * delta(n, e). A bias is the weight of an input that is always 1:
/// give the input panels one feature more, of ones, and the gradient has one row more, which is the bias's.
template <class T>
struct WeightGradient {
    const T* input;
    ptrdiff_t input_stride;
    const T* delta;
    ptrdiff_t delta_stride;
    const T* delta_rows;  // the delta as `transpose_delta` makes it; not used if `is_narrow(units, panels)`
    ptrdiff_t units, examples;
    GradientConsumer<T> consumer;
};

/// A product with W for a batch of one, whose features lie one after the other and are padded to whole vectors.
template <class T>
struct SingleExample {
    const T* weights;
    const T* bias;  // or null
    ptrdiff_t inputs, units;
    const T* input;
    T* out;
};

template <class T>
struct SingleGradient {
    const T* input;
    const T* delta;
    ptrdiff_t units;
    GradientConsumer<T> consumer;
};

/// Delta with a row of units per example, for WeightGradient: out has room for units, rounded up to whole vectors,
/// times panels * V.
template <class T>
struct DeltaTranspose {
    const T* delta;
    ptrdiff_t stride;
    T* out;
    ptrdiff_t units, panels;
};

/// gradient[n] = sum over examples of delta(n, e), where a bias does not follow its layer's weights.
template <class T>
struct BiasGradient {
    const T* delta;
    ptrdiff_t stride, units, panels;
    GradientConsumer<T> consumer;
};

template <class T>
struct ActivationBuffers {
    const T* z;
    T* y;         // may be z, if ActivationKernels::from_output
    T* gradient;  // dJ/dy, becomes dJ/dz
    T alpha;

    ActivationBuffers from(ptrdiff_t offset) const { return {z + offset, y + offset, gradient + offset, alpha}; }
};

/// A function of all features of an example: z to y, or the gradient with respect to y to that for z, in place.
template <class T>
struct PanelFunction {
    const T* z;
    T* y;
    T* gradient;
    ptrdiff_t stride, features;
};

template <class T>
struct LossBuffers {
    const T* output;
    const T* target;             // like `output`; or
    const std::int32_t* labels;  // one per example, of whole panels
    const T* weights;            // one per example, of whole panels; 0 for copies that fill the last
    T* gradient;                 // may be `output`
    T* values;                   // one per example, of whole panels
    ptrdiff_t stride, features;
    T parameter;                    // label smoothing, Huber's delta, or the quantile
    const T* parameters = nullptr;  // one for each output, in place of `parameter`
};

/// Which answers are right, by example; 0 to `features` of them.
template <class T>
struct AccuracyArguments {
    const T* output;
    const T* target;             // like `output`; or
    const std::int32_t* labels;  // one per example, of whole panels
    T* right;                    // one per example, of whole panels
    ptrdiff_t stride, features;
    T cut;  // an output above it says yes
};

/// Numbers an optimiser uses; rate and decay are of the scalar table's row for the step.
template <class T>
struct OptimizerParameters {
    T rate = 0, decay = 0;
    T momentum = 0, rho = 0, epsilon = 0;
    // 1 - beta_1, 1 - beta_2 and 1 - rho, taken in double: 1 - 0.999 in float is off by 5e-5 of itself.
    T rest_1 = 1, rest_2 = 1, rest = 1;
    T l1 = 0, l2 = 0;  // of the loss's penalty l1 |w| + l2 w^2
    T gradient_factor = 1;
    T gradient_limit = static_cast<T>(__builtin_inf());
    T average_momentum = 0;
    bool overwrite = false;  // put the average in the weights' place
};

template <class T>
struct OptimizerBuffers {
    T* weights;
    T* slots[3];
    const OptimizerParameters<T>* parameters;
    T* average = nullptr;  // of the weights over the steps, if wanted
};

/// Rows of a table, given by strides in bytes, to panels.
template <class T>
struct GatherArguments {
    const void* table;
    ptrdiff_t row_stride, column_stride;
    const std::int64_t* rows;  // or null: the first `examples` rows
    ptrdiff_t examples, features;
    T* out;
    ptrdiff_t out_stride;
};

template <class T>
struct ScatterArguments {
    const T* in;
    ptrdiff_t in_stride;
    T* out;
    ptrdiff_t out_stride, examples, features;
};

/// Factors 0 (dropped, with probability threshold / 65536) and `scale`, one per element of a layer.
template <class T>
struct DropoutMask {
    std::uint64_t seed, step, layer;
    std::uint32_t threshold;
    T scale;
    T* out;
    ptrdiff_t out_stride, units;
};

/// out = in + deviation n, with n drawn for each element of a layer from 65,536 `quantiles`.
template <class T>
struct GaussianNoise {
    std::uint64_t seed, step, layer;
    T deviation;
    const T *quantiles, *in;
    T* out;
    ptrdiff_t stride, units;
};

/// Per feature over the batch. `normal` holds (in - mean) / deviation.
template <class T>
struct BatchNormalization {
    const T* in;
    T *normal, *out;
    const T* out_gradient;
    T* in_gradient;
    ptrdiff_t stride, examples;
    const T *gamma, *beta;  // or null
    T *mean, *variance, *deviation;
    T epsilon;
};

/// Per example over its features; `deviation` has one number per example, of whole panels.
template <class T>
struct LayerNormalization {
    const T* in;
    T *normal, *out;
    const T* out_gradient;
    T* in_gradient;
    ptrdiff_t stride, features;
    const T *gamma, *beta;  // or null
    T* deviation;
    T epsilon;
};

template <class T>
struct ScaleGradient {
    const T *delta, *normal;
    ptrdiff_t stride, panels;
    GradientConsumer<T> consumer;
};

/// out = (in - shift) / divisor * factor + offset, feature by feature.
template <class T>
struct Rescale {
    const T* in;
    T* out;
    T* gradient;
    ptrdiff_t stride, features;
    const T *shift, *divisor, *factor, *offset;
};

template <class T>
struct Embedding {
    const T* table;
    ptrdiff_t dimension, positions;
    const T* codes;
    ptrdiff_t code_stride;
    T* out;
    const T* delta;
    ptrdiff_t stride, panels;
    T* gradient;  // like the table
    ptrdiff_t categories;
};

struct ActivationKernels {
    void (*forward)(const void* context, ptrdiff_t offset, ptrdiff_t count);  // Epilogues on ActivationBuffers
    void (*backward)(const void* context, ptrdiff_t offset, ptrdiff_t count);
    bool from_output;  // the derivative needs y only, so z may be overwritten
};

template <class T>
struct PanelKernels {
    void (*forward)(const PanelFunction<T>&, Range panels);
    void (*backward)(const PanelFunction<T>&, Range panels);
};

/// What a small network's step is made from (small_networks.hpp).
template <class T>
struct SmallNetwork;
template <class T>
struct LineNetwork;

template <class T>
struct OptimizerKernel {
    void (*update)(const void* context, ptrdiff_t first, const T* gradient, ptrdiff_t count);
    int slots;
};

enum class Activation {
    linear,
    sigmoid,
    tanh,
    relu,
    leaky_relu,
    elu,
    selu,
    gelu,
    gelu_tanh,
    silu,
    mish,
    softplus,
    hard_sigmoid,
    exponential,
    count
};
enum class Loss {
    mean_squared_error,
    mean_absolute_error,
    huber,
    hinge,
    poisson,
    quantile,
    binary_cross_entropy,
    binary_cross_entropy_logits,
    cross_entropy,
    cross_entropy_logits,
    sparse_cross_entropy,
    sparse_cross_entropy_logits,
    count
};
enum class Accuracy { none, codes, one_hot, binary, count };
enum class Optimizer {
    sgd,
    momentum,
    nesterov,
    adam,
    amsgrad,
    adadelta,
    adagrad,
    rmsprop,
    rmsprop_momentum,
    rmsprop_centered,
    rmsprop_centered_momentum,
    count
};
enum class Number { float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, uint64, count };

template <class Enum>
inline constexpr int kCount = static_cast<int>(Enum::count);

template <class T>
struct KernelTable {
    int lanes;            // V, the examples in a panel
    ptrdiff_t alignment;  // of buffers, in bytes

    ptrdiff_t (*product_scratch)();
    void (*multiply)(const PanelProduct<T>&, Range panels, Range rows, T* scratch);
    ptrdiff_t (*gradient_scratch)(ptrdiff_t units);  // for the gradients below
    bool (*is_narrow)(ptrdiff_t units, ptrdiff_t panels);
    void (*transpose_delta)(const DeltaTranspose<T>&, Range panels);
    void (*weight_gradient)(const WeightGradient<T>&, Range inputs, T* scratch);
    void (*bias_gradient)(const BiasGradient<T>&, Range units, T* scratch);

    void (*forward_one)(const SingleExample<T>&, Range units);  // units.begin a multiple of V
    void (*backward_one)(const SingleExample<T>&, Range inputs);
    void (*weight_gradient_one)(const SingleGradient<T>&, Range inputs, T* scratch);

    /// The gradient of J, all at once; gives the size of its largest element, or of the largest loss; NaN if one is.
    T (*small_gradient)(const SmallNetwork<T>&);
    T (*line_gradient)(const LineNetwork<T>&);

    ActivationKernels activations[kCount<Activation>];
    PanelKernels<T> softmax, log_softmax;
    void (*losses[kCount<Loss>])(const LossBuffers<T>&, Range panels);
    void (*accuracies[kCount<Accuracy>])(const AccuracyArguments<T>&, Range panels);
    OptimizerKernel<T> optimizers[kCount<Optimizer>];

    void (*gather[kCount<Number>])(const GatherArguments<T>&, Range panels);
    void (*scatter)(const ScatterArguments<T>&, Range panels);
    void (*dropout_mask)(const DropoutMask<T>&, Range panels);
    void (*gaussian_noise)(const GaussianNoise<T>&, Range panels);
    void (*add_halves)(const HalfSums<T>&, Range panels, Range units);
    void (*multiply_by)(T* values, const T* factors, ptrdiff_t count);

    void (*batch_normalize)(const BatchNormalization<T>&, Range features);
    void (*batch_normalize_gradient)(const BatchNormalization<T>&, Range features);
    void (*layer_normalize)(const LayerNormalization<T>&, Range panels);
    void (*layer_normalize_gradient)(const LayerNormalization<T>&, Range panels);
    void (*scale_gradient)(const ScaleGradient<T>&, Range features, T* scratch);
    void (*rescale)(const Rescale<T>&, Range panels);
    void (*rescale_gradient)(const Rescale<T>&, Range panels);
    void (*embed)(const Embedding<T>&, Range panels);
    void (*embedding_gradient)(const Embedding<T>&, Range rows);

    void (*permutation)(std::uint64_t seed, std::uint64_t index, std::uint64_t purpose, std::int64_t* out,
                        ptrdiff_t count);
    T (*largest_magnitude)(const T* values, ptrdiff_t stride, ptrdiff_t count, Range panels);
    double (*penalty)(const T* weights, ptrdiff_t count, double l1, double l2);
    double (*weighted_sum)(const T* values, const T* weights, ptrdiff_t count);
};

}  // namespace chainrule
