"""The report on a model: one HTML file that people send to each other."""
