"""Ctrl-C at a place of the test's choice."""

from chainrule.engine.native import NativeEngine
from chainrule.engine.python import PythonEngine


def cut_short(monkeypatch, call, steps=1, what="run"):
    """Let Ctrl-C come in this call of the engine's, counted from 1; of a range so many steps are made before it."""
    calls = []
    for engine in (NativeEngine, PythonEngine):
        inside = getattr(engine, what)

        def cut(self, *arguments, inside=inside, **options):
            calls.append(arguments)
            if len(calls) != call:
                return inside(self, *arguments, **options)
            if what == "run" and steps:
                *others, start, stop = arguments
                inside(self, *others, start, min(stop, start + steps))
            raise KeyboardInterrupt

        monkeypatch.setattr(engine, what, cut)
