"""Neural networks you can see through, at native speed."""

__version__ = "0.1.0"
