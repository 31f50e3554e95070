"""What pictures are made of."""

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from chainrule.analysis.drawing.canvas import Canvas
from chainrule.analysis.drawing.layout import Box, columns, point_between, shown_units
from chainrule.analysis.drawing.palette import COLOURS, css

SVG = "{http://www.w3.org/2000/svg}"


def contrast(one, other):
    """Of two colours, as the Web Content Accessibility Guidelines 2.2 define it."""

    def light(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    brighter, darker = sorted((light(one), light(other)), reverse=True)
    return brighter / darker


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "muted", "positive", "negative", "gradient"])
def test_what_is_written_can_be_read(name, mode):
    colours = {colour.name: getattr(colour, mode) for colour in COLOURS}
    for behind in ("page", "card", "accent"):
        assert contrast(colours[name], colours[behind]) >= 4.5  # level AA for text


def test_dark_colours_are_for_screens_that_ask_for_them():
    light, dark = css(".x").split("@media")
    assert "--page: #ffffff" in light
    assert dark.startswith(" screen and (prefers-color-scheme: dark)")


def test_a_canvas_is_well_formed_whatever_is_written_on_it():
    canvas = Canvas(200, 100, "A <title>", 'with "quotes" & more')
    canvas.line(0, 0, 10, 10, "ink")
    canvas.curve((0, 0), (100, 50), "positive", 2, dashed=True, hint="<hint>")
    canvas.circle(5, 5, 3, "card")
    canvas.box(1, 2, 3, 4, "accent")
    canvas.text(50, 50, "</text><script>\x00\x1b]]>", bold=True, numbers=True, halo=True)
    root = ElementTree.fromstring(canvas.svg())
    assert [child.tag.removeprefix(SVG) for child in root] == [
        "title", "desc", "style", "rect", "line", "path", "circle", "rect", "text",
    ]  # fmt: skip
    assert root.find(f"{SVG}text").text == "</text><script>��]]>"
    assert root.find(f"{SVG}path/{SVG}title").text == "<hint>"
    with pytest.raises(KeyError, match="no colour 'pink'"):
        canvas.line(0, 0, 1, 1, "pink")


def test_two_pictures_in_a_page_share_no_ids():
    ids = [element.get("id") for svg in (Canvas(1, 1, "a").svg(), Canvas(1, 1, "b").svg())
           for element in ElementTree.fromstring(svg).iter() if element.get("id")]  # fmt: skip
    assert len(ids) == len(set(ids)) == 4


def test_shown_units():
    assert shown_units(3, [], most=7) == [0, 1, 2]
    assert shown_units(100, [50, 3, 50, 7], most=3) == [3, 7, 50]
    assert shown_units(100, [50, 3, 8, 7], most=3) == [3, 8, 50]
    assert shown_units(100, [0], most=7, least=2) == [0, 1]


def test_columns_stay_inside_and_do_not_overlap():
    area = Box(10, 20, 500, 300)
    placed = columns([1, 8, 3], [50, 80, 50], area, height=30, gap=100)
    assert [len(boxes) for boxes in placed] == [1, 8, 3]
    for boxes in placed:
        assert boxes[0].y >= area.y
        assert boxes[-1].y + 30 <= area.y + area.height + 1e-9
        assert boxes[0].y - area.y == pytest.approx(area.y + area.height - boxes[-1].y - 30)
        assert all(below.y >= above.y + 30 for above, below in pairwise(boxes))
    assert placed[0][0].x == 10
    assert placed[2][0].x + 50 == 510
    assert placed[1][0].x > placed[0][0].right[0]


def test_points_on_a_curve():
    assert point_between((0, 0), (10, 4), 0) == (0, 0)
    assert point_between((0, 0), (10, 4), 1) == (10, 4)
    near = point_between((0, 0), (10, 4), 0.1)
    assert near[1] < 0.1 * near[0] * 4  # it leaves horizontally
