"""Wording: numbers, names and curves as the few characters that a screen has room for."""

import re
from collections.abc import Iterable
from math import isfinite, log
from textwrap import wrap

BARS = "▁▂▃▄▅▆▇█"
CURVE = 8
_FIRST_COLUMN = re.compile(r" *\S(?:\S| (?! ))* {2,}")
_DEEPEST = 20  # the furthest that a wrapped line is indented


def number(value: float) -> str:
    """Return a number with four digits, large ones with thousands separators.

    Examples
    --------
    >>> number(54940.3), number(0.0123456), number(2.5), number(3e12)
    ('54,940', '0.01235', '2.500', '3.000e+12')
    """
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:#.4g}".rstrip(".")


def short_number(value: float) -> str:
    """Return a number with three digits, or all that stand before the point.

    Examples
    --------
    >>> short_number(1.3), short_number(0.0442), short_number(250.0), short_number(25512.3)
    ('1.30', '0.0442', '250', '25,512')
    """
    if 999.5 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".")


def duration(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> duration(0.004), duration(0.92), duration(63.0)
    ('4 ms', '0.9 s', '63.0 s')
    """
    return f"{seconds:.1f} s" if seconds >= 0.1 else f"{max(1, round(1000 * seconds))} ms"


def printable(text: str) -> str:
    r"""Return text in one line and without characters that control a terminal: those are shown escaped.

    Examples
    --------
    >>> printable("two\nlines, \x1b[31mred, naïve")
    'two\\nlines, \\x1b[31mred, naïve'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shorten(name: str, width: int) -> str:
    """Return a name that takes at most ``width`` cells, its middle left out: names often differ at their ends.

    Examples
    --------
    >>> shorten("Adelie", 14), shorten("very long class name 12", 14)
    ('Adelie', 'very lo…ame 12')
    """
    from rich.cells import cell_len, set_cell_size

    if cell_len(name) <= width:
        return name
    tail = name[-((width - 1) // 2) :]
    while cell_len(tail) > (width - 1) // 2:
        tail = tail[1:]
    return set_cell_size(name, width - 1 - cell_len(tail)).rstrip() + "…" + tail


def pad(text: str, width: int, right: bool = False) -> str:
    """Return text filled up with spaces to ``width`` cells of a terminal; wide characters take two.

    Examples
    --------
    >>> pad("日本", 6) + "|", pad("7", 3, right=True)
    ('日本  |', '  7')
    """
    from rich.cells import cell_len

    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def wrapped(lines: Iterable[str], width: int) -> list[str]:
    r"""Return lines broken between words at ``width``, the rest indented to the line's second column.

    Examples
    --------
    >>> print("\n".join(wrapped(["  note       the file has no header line"], 30)))
      note       the file has no
                 header line
    """
    result: list[str] = []
    for line in map(printable, lines):
        first = _FIRST_COLUMN.match(line)
        indent = first.end() if first and first.end() <= min(_DEEPEST, width // 2) else 4
        result += wrap(line, width, subsequent_indent=" " * indent) or [""]
    return result


def sparkline(values: Iterable[float | None], width: int = CURVE) -> str:
    """Return a curve as a few block characters, on a logarithmic scale where all values are positive.

    Examples
    --------
    >>> sparkline([8.0, 4.0, 2.0, 1.0])
    '█▅▃▁'
    """
    finite = [value for value in values if value is not None and isfinite(value)]
    if not finite:
        return ""
    count = min(width, len(finite))
    picked = [finite[round(i * (len(finite) - 1) / max(1, count - 1))] for i in range(count)]
    if min(picked) > 0:
        picked = [log(value) for value in picked]
    low, high = min(picked), max(picked)
    scale = (len(BARS) - 1) / (high - low) if high > low else 0.0
    # The highest one would be rounded down to the bar below.
    return "".join(BARS[min(len(BARS) - 1, int((value - low) * scale + 1e-9))] for value in picked)
