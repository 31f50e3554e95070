// The table of kernels of one instruction set. The build compiles this file once for each.
#include "accuracy.hpp"
#include "activations.hpp"
#include "bias_gradient.hpp"
#include "dropout.hpp"
#include "embedding.hpp"
#include "line_network.hpp"
#include "losses.hpp"
#include "magnitude.hpp"
#include "normalization.hpp"
#include "optimizers.hpp"
#include "panels.hpp"
#include "product.hpp"
#include "shuffle.hpp"
#include "single_example.hpp"
#include "small_network.hpp"
#include "softmax.hpp"

namespace chainrule::CHAINRULE_ISA_NAMESPACE {

namespace {

template <class T>
constexpr KernelTable<T> make_table() {
    // Rows in the order of the enumerations in kernel_table.hpp.
    return {
        .lanes = kLanes<T>,
        .alignment = kVectorBytes,
        .product_scratch = product_scratch<T>,
        .multiply = multiply<T>,
        .gradient_scratch = gradient_scratch<T>,
        .is_narrow = is_narrow<T>,
        .transpose_delta = transpose_delta<T>,
        .weight_gradient = weight_gradient<T>,
        .bias_gradient = bias_gradient<T>,
        .forward_one = forward_one<T>,
        .backward_one = backward_one<T>,
        .weight_gradient_one = weight_gradient_one<T>,
        .small_gradient = small_gradient<T>,
        .line_gradient = line_gradient<T>,
        .activations =
            {
                activation_kernels<T, Linear>(),
                activation_kernels<T, Sigmoid>(),
                activation_kernels<T, Tanh>(),
                activation_kernels<T, Relu>(),
                activation_kernels<T, LeakyRelu>(),
                activation_kernels<T, Elu>(),
                activation_kernels<T, Selu>(),
                activation_kernels<T, Gelu>(),
                activation_kernels<T, GeluTanh>(),
                activation_kernels<T, Silu>(),
                activation_kernels<T, Mish>(),
                activation_kernels<T, Softplus>(),
                activation_kernels<T, HardSigmoid>(),
                activation_kernels<T, Exponential>(),
            },
        .softmax = {softmax<T>, softmax_gradient<T>},
        .log_softmax = {log_softmax<T>, log_softmax_gradient<T>},
        .losses =
            {
                mean_loss<T, MeanSquaredError>,
                mean_loss<T, MeanAbsoluteError>,
                mean_loss<T, Huber>,
                mean_loss<T, Hinge>,
                mean_loss<T, Poisson>,
                mean_loss<T, Quantile>,
                mean_loss<T, BinaryCrossEntropy>,
                mean_loss<T, BinaryCrossEntropyLogits>,
                cross_entropy<T, DenseTargets>,
                cross_entropy_logits<T, DenseTargets>,
                cross_entropy<T, SparseTargets>,
                cross_entropy_logits<T, SparseTargets>,
            },
        .accuracies = {nullptr, count_codes<T>, count_one_hot<T>, count_binary<T>},
        .optimizers =
            {
                optimizer_kernel<T, Sgd>(),
                optimizer_kernel<T, Momentum>(),
                optimizer_kernel<T, Nesterov>(),
                optimizer_kernel<T, Adam>(),
                optimizer_kernel<T, AmsGrad>(),
                optimizer_kernel<T, Adadelta>(),
                optimizer_kernel<T, Adagrad>(),
                optimizer_kernel<T, RmsProp<false, false>>(),
                optimizer_kernel<T, RmsProp<false, true>>(),
                optimizer_kernel<T, RmsProp<true, false>>(),
                optimizer_kernel<T, RmsProp<true, true>>(),
            },
        .gather =
            {
                gather<T, float>,
                gather<T, double>,
                gather<T, std::int8_t>,
                gather<T, std::int16_t>,
                gather<T, std::int32_t>,
                gather<T, std::int64_t>,
                gather<T, std::uint8_t>,
                gather<T, std::uint16_t>,
                gather<T, std::uint32_t>,
                gather<T, std::uint64_t>,
            },
        .scatter = scatter<T>,
        .dropout_mask = dropout_mask<T>,
        .gaussian_noise = gaussian_noise<T>,
        .add_halves = add_halves<T>,
        .multiply_by = multiply_by<T>,
        .batch_normalize = batch_normalize<T>,
        .batch_normalize_gradient = batch_normalize_gradient<T>,
        .layer_normalize = layer_normalize<T>,
        .layer_normalize_gradient = layer_normalize_gradient<T>,
        .scale_gradient = scale_gradient<T>,
        .rescale = rescale<T>,
        .rescale_gradient = rescale_gradient<T>,
        .embed = embed<T>,
        .embedding_gradient = embedding_gradient<T>,
        .permutation = permutation,
        .largest_magnitude = largest_magnitude<T>,
        .penalty = penalty<T>,
        .weighted_sum = weighted_sum<T>,
    };
}

}  // namespace

extern const KernelTable<float> kFloatKernels = make_table<float>();
extern const KernelTable<double> kDoubleKernels = make_table<double>();

}  // namespace chainrule::CHAINRULE_ISA_NAMESPACE
