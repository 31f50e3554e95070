"""Other libraries' names over chainrule's objects: a program moves over by changing its import."""
