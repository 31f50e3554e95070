"""Plots: pictures of training and of answers, as figures of matplotlib."""
