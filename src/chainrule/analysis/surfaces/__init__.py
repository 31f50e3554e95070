"""Surfaces: what networks and neurons say over a plane of two inputs, and activation functions over a line."""
