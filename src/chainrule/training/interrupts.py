"""Ctrl-C during training: what must not be cut short is finished first."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def unheard() -> Iterator[None]:
    """Do without Ctrl-C for a block that takes a moment, or, as a decorator, for a function.

    Examples
    --------
    >>> with unheard():
    ...     signal.raise_signal(signal.SIGINT)
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    usual = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, usual)


class HeldBack:
    """A block in which Ctrl-C waits until its end; a second one does not wait.

    It does so while `listening`, where Ctrl-C is heard at all: in the main thread, and where no handler of somebody
    else's is set.

    Examples
    --------
    >>> held_back, done = HeldBack(), []
    >>> try:
    ...     with held_back.listening(), held_back:
    ...         signal.raise_signal(signal.SIGINT)
    ...         done.append("all of it")
    ... except KeyboardInterrupt:
    ...     print(done)
    ['all of it']
    """

    def __init__(self) -> None:
        self._holding = self._waiting = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear Ctrl-C in the place of Python's handler."""
        usual = signal.default_int_handler
        if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is not usual:
            yield
            return
        signal.signal(signal.SIGINT, self._pressed)
        try:
            yield
        finally:
            if signal.getsignal(signal.SIGINT) == self._pressed:
                signal.signal(signal.SIGINT, usual)

    def _pressed(self, number: int, frame: FrameType | None) -> None:
        if not self._holding or self._waiting:
            raise KeyboardInterrupt
        self._waiting = True

    def __enter__(self) -> None:
        """Let Ctrl-C wait from now on."""
        self._holding, self._waiting = True, False

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Let the one that has waited go, unless another exception is on its way."""
        self._holding = False
        if self._waiting and kind is None:
            raise KeyboardInterrupt
