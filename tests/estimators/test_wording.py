import math

import pytest

from chainrule.estimators.wording import duration, number, pad, printable, short_number, shorten, sparkline, wrapped


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0.000"), (999.96, "1000."), (1234567.0, "1,234,567"), (-54940.3, "-54,940"), (1e-7, "1.000e-07")],
)
def test_a_number_has_four_digits(value: float, text: str) -> None:
    assert number(value) == text.rstrip(".")


def test_a_short_number_keeps_its_zeros() -> None:
    assert [short_number(value) for value in (1.3, 0.35, 124.0, 6.04)] == ["1.30", "0.350", "124", "6.04"]


def test_a_duration_is_never_zero() -> None:
    assert duration(0.0) == "1 ms"
    assert duration(0.0996) == "100 ms"
    assert duration(0.1) == "0.1 s"


def test_nothing_printed_controls_the_terminal() -> None:
    assert printable("a\x1b[2J\r\n\tb\x00\u202e") == "a\\x1b[2J\\r\\n\\tb\\x00\\u202e"
    assert printable("naïve 日本語 ▁█…") == "naïve 日本語 ▁█…"


def test_a_shortened_name_keeps_both_ends() -> None:
    assert shorten("a very long class name 12", 14) == "a very…ame 12"
    assert shorten("x" * 14, 14) == "x" * 14
    assert len({shorten(f"class number {i}", 10) for i in range(10)}) == 10


def test_wide_characters_count_twice() -> None:
    assert shorten("日本語クラスの名前", 8) == "日本…前"
    assert pad("日本", 5, right=True) == " 日本"


def test_wrapped_lines_fit_and_hang_at_the_second_column() -> None:
    lines = wrapped(["  note         " + "word " * 30, "", "name.csv   " + "text " * 20], 60)
    assert max(map(len, lines)) <= 60
    assert lines[1].startswith(" " * 15 + "word")
    assert "" in lines
    assert lines[-1].startswith(" " * 11 + "text")


def test_a_long_first_column_does_not_push_the_rest_away() -> None:
    lines = wrapped(["a_file_with_a_very_long_name.csv   " + "text " * 20], 60)
    assert lines[1].startswith("    text")


def test_a_sparkline_goes_from_the_first_value_to_the_last() -> None:
    assert sparkline([8.0, 4.0, 2.0, 1.0]) == "█▅▃▁"
    assert sparkline([1.0] * 5) == "▁▁▁▁▁"
    assert sparkline([-1.0, 0.0, 1.0]) == "▁▄█"
    assert len(sparkline([math.exp(-i) for i in range(100)])) == 8


def test_a_sparkline_skips_what_is_not_finite() -> None:
    assert sparkline([None, float("nan"), 2.0, 1.0]) == "█▁"
    assert sparkline([None]) == ""
