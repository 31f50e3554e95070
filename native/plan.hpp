// What the run loop executes: instructions over buffers, the loss, the optimiser. Python makes it (engine/lowering.py).
#pragma once

#include <cstdint>
#include <vector>

#include "kernel_table.hpp"

namespace chainrule {

/// Where a weight lies: in the vector of what is trained, or in the vector of what is not.
struct Operand {
    enum class Vector { none, parameters, state };
    Vector vector = Vector::none;
    ptrdiff_t offset = 0;

    bool exists() const { return vector != Vector::none; }
    bool trains() const { return vector == Vector::parameters; }
};

enum class Operation {
    dense, activation, softmax, log_softmax, dropout, gaussian_noise, normalization, batch_normalization,
    layer_normalization, embedding
};

/// Of an embedding: features [column, column + positions) are codes, and each gives way to a row of this table.
struct EmbeddingTable {
    Operand weights;
    ptrdiff_t column, positions;
    ptrdiff_t categories, dimension;  // rows, and their length
};

/// Instruction i reads buffer i and writes buffer i + 1; buffer 0 holds the inputs.
struct Instruction {
    Operation operation;
    ptrdiff_t inputs, outputs;  // features per example
    Operand weights, bias;      // W and b; gamma and beta
    Operand mean, variance;     // of normalisations: moving averages, or the statistics of the data
    Activation activation = Activation::linear;  // applied where the product is stored
    double alpha = 0;
    std::uint64_t seed = 0, layer = 0;  // of dropout and noise
    std::uint32_t threshold = 0;
    double deviation = 0;               // of noise
    const void* quantiles = nullptr;    // 65,536 values of a normal variable, in the weights' type
    bool frozen = false;                // batch normalisation by its moving averages also while training
    bool inverted = false;              // normalization: back to the original scale
    double momentum = 0, epsilon = 0;
    std::vector<EmbeddingTable> tables;  // of an embedding, by column; other features pass through
};

/// A stretch of the parameter vector that is one weight.
struct Segment {
    ptrdiff_t offset, length;
    double l1 = 0, l2 = 0;  // of its penalty, l1 sum |w| + l2 sum w^2
    int clip_group = 0;
};

/// A constraint on one weight (rows, columns): every column's norm in [low, high], or no number below 0.
struct Constraint {
    ptrdiff_t offset, rows, columns;
    double low, high, rate;
    bool non_negative;
};

enum class Clipping { none, value, norm, global_norm };
enum class Reduction { mean, sum, weighted_mean };

struct Plan {
    std::vector<Instruction> instructions;
    std::vector<Segment> segments;  // all weights that train, in the order of the vector
    Loss loss = Loss::mean_squared_error;
    double loss_parameter = 0;
    std::vector<double> loss_parameters;  // one for each output, or none
    bool sparse_labels = false;
    Reduction reduction = Reduction::mean;
    double loss_weight = 1;  // factor of the reduced loss in J
    Accuracy accuracy = Accuracy::none;  // counted in the pass
    double accuracy_cut = 0;
    Optimizer optimizer = Optimizer::sgd;
    double momentum = 0, beta_1 = 0, beta_2 = 0, rho = 0, epsilon = 0;
    Clipping clipping = Clipping::none;
    double clip_limit = 0;
    std::vector<Constraint> constraints;

    ptrdiff_t inputs() const { return instructions.front().inputs; }
    ptrdiff_t outputs() const { return instructions.back().outputs; }
    /// The weights of all products.
    ptrdiff_t weights() const {
        ptrdiff_t count = 0;
        for (const Instruction& i : instructions)
            if (i.operation == Operation::dense) count += i.inputs * i.outputs;
        return count;
    }
};

/// Rows somewhere in memory, given by strides in bytes; nothing is copied but the rows of a batch.
struct Block {
    const void* data = nullptr;
    Number type = Number::float32;
    ptrdiff_t row_stride = 0, column_stride = 0;
};

struct Rows {
    Block inputs, targets, weights;  // targets and weights may be absent (data null)
    ptrdiff_t count = 0;
};

}  // namespace chainrule
