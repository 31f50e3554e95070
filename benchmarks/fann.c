/* What fann.py asks of the C library FANN: a network with given weights, and an epoch of stochastic gradient descent. */
#include <floatfann.h>
#include <string.h>

/* Widths from inputs to outputs. The weights stand as FANN has them: layer by layer, unit by unit, the bias last. */
struct fann *network_create(unsigned layers, const unsigned *widths, const float *weights, float rate) {
    struct fann *network = fann_create_standard_array(layers, widths);
    if (!network) return NULL;
    fann_set_activation_function_hidden(network, FANN_SIGMOID);
    fann_set_activation_function_output(network, FANN_SIGMOID);
    /* FANN's sigmoid is 1 / (1 + exp(-2 steepness z)). */
    fann_set_activation_steepness_hidden(network, 0.5f);
    fann_set_activation_steepness_output(network, 0.5f);
    fann_set_training_algorithm(network, FANN_TRAIN_INCREMENTAL);
    fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
    fann_set_learning_rate(network, rate);
    fann_set_learning_momentum(network, 0);
    memcpy(network->weights, weights, fann_get_total_connections(network) * sizeof *weights);
    return network;
}

/* One step per row; the answer is the mean squared error over rows and outputs, each row's before its step. */
float network_epoch(struct fann *network, float *x, float *y, long rows) {
    const unsigned inputs = fann_get_num_input(network), outputs = fann_get_num_output(network);
    fann_reset_MSE(network);
    for (long row = 0; row < rows; ++row) fann_train(network, x + row * inputs, y + row * outputs);
    return fann_get_MSE(network);
}
