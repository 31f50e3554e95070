import numpy as np

from chainrule.estimators.score_text import confusion_lines, score_lines
from chainrule.estimators.scores import class_scores, number_scores


def class_screen(classes: tuple[str, ...], codes: list[int], answers: list[int], width: int = 100) -> list[str]:
    scores = class_scores(np.array(codes), np.eye(len(classes))[answers], classes, classes[0])
    return score_lines(scores.as_dict(), "y", held_out=True, width=width)


def test_the_screen_of_a_classification() -> None:
    assert class_screen(("no", "yes"), [0, 0, 0, 1], [0, 0, 1, 1]) == [
        "Test rows, never used before: 3 of 4 right (75.0%; 95%: 30-95)",
        "  always answering no:        3 of 4",
        "           no yes  <- predicted",
        "  no        2   1",
        "  yes       0   1",
    ]


def test_the_screen_of_a_regression_is_aligned() -> None:
    scores = number_scores(np.array([1e4, 2e4, 3e4]), np.array([1.5e4, 2e4, 2.5e4]), guess=1.5e4)
    head, *table = score_lines(scores.as_dict(), "a price with a name that is much too long for it", held_out=False)
    assert head == "R2 0.750 on 3 rows"
    assert table[0].startswith("  a price with a name…uch too long for it is off by  ")
    assert (
        len({line.index(amount) + len(amount) for line, amount in zip(table, ("4,082", "3,333", "9,574"), strict=True)})
        == 1
    )


def test_a_constant_target_has_no_r2() -> None:
    scores = number_scores(np.array([1.0]), np.array([2.0]), guess=0.0)
    assert score_lines(scores.as_dict(), "y", held_out=False)[0] == "R2 undefined (the target does not vary) on 1 row"


def test_a_narrow_interval_is_shown_with_more_digits() -> None:
    codes = [0] * 5000 + [1] * 5000
    assert "(100.0%; 95%: 99.96-100.00)" in class_screen(("a", "b"), codes, codes)[0]


def test_long_guesses_and_counts_keep_their_distance() -> None:
    lines = class_screen(("a class of a rather long name", "b"), [0] * 2000 + [1], [0] * 2001)
    assert lines[1] == "  always answering a class of a rather long name:  2,000 of 2,001"
    assert lines[3].endswith("2,000 0")


def test_names_that_make_the_matrix_too_wide_are_numbered() -> None:
    names = tuple(f"a very long class name {i}" for i in range(10))
    lines = class_screen(names, list(range(10)), list(range(10)), width=80)
    assert lines[2].split() == [*map(str, range(1, 11)), "<-", "predicted"]
    assert lines[3].startswith("   1 a very long class name 0 1 0 0")
    assert lines[12].startswith("  10 a very long class name 9 0 0 0")
    assert max(map(len, lines)) <= 80


def test_names_that_are_the_same_when_shortened_are_numbered() -> None:
    names = ["long start 1 long end", "long start 2 long end"]
    assert confusion_lines(names, [[1, 0], [0, 1]])[1].startswith("  1 long start 1 long end")


def test_many_classes_show_their_most_frequent_mistakes() -> None:
    names = tuple(f"c{i}" for i in range(12))
    lines = class_screen(names, [0, 0, 1, *range(12)], [1, 1, 2, *range(12)])
    assert lines[2:] == ["      2 times  c0 answered as c1", "       1 time  c1 answered as c2"]


def test_class_names_cannot_break_the_screen() -> None:
    lines = class_screen(("a\nb", "\x1b[2J", "日本"), [0, 1, 2], [0, 1, 2])
    assert lines[2:] == [
        "           a\\nb \\x1b[2J 日本  <- predicted",
        "  a\\nb        1       0    0",
        "  \\x1b[2J     0       1    0",
        "  日本        0       0    1",
    ]
