"""Layers: the building blocks of networks."""

from chainrule.layers.activation import Activation
from chainrule.layers.batch_normalization import BatchNormalization
from chainrule.layers.category_embedding import CategoryEmbedding, embedding_dimension
from chainrule.layers.dense import Dense
from chainrule.layers.dropout import Dropout
from chainrule.layers.embedding import Embedding
from chainrule.layers.flatten import Flatten
from chainrule.layers.gaussian_noise import GaussianNoise
from chainrule.layers.input import Input, InputLayer
from chainrule.layers.layer import Layer
from chainrule.layers.layer_normalization import LayerNormalization
from chainrule.layers.normalization import Normalization

__all__ = [
    "Activation",
    "BatchNormalization",
    "CategoryEmbedding",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GaussianNoise",
    "Input",
    "InputLayer",
    "Layer",
    "LayerNormalization",
    "Normalization",
    "embedding_dimension",
]
