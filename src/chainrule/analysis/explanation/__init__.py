"""Explanation: backpropagation taken apart and put into words, formulas and pictures."""
