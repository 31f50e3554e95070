"""Explanations as text, LaTeX, HTML and SVG."""

import re
import shutil
import subprocess
from xml.etree import ElementTree

import numpy as np
import pytest

from chainrule import analysis
from chainrule.analysis.explanation.document import Number
from chainrule.analysis.explanation.render_latex import escape
from chainrule.analysis.explanation.render_text import number_text
from chainrule.layers import BatchNormalization, CategoryEmbedding, Dense, Dropout, LayerNormalization
from tests.analysis.explanation.networks import network, numbers

NAMES = ["<script>alert(1)</script>", "50%_of_$&#~^{x}\\", "naïve Größe"]
CLASSES = ["<b>", "a & b"]


def explanations():
    deep = network(
        Dense(40, activation="relu"), Dropout(0.2), Dense(9, activation="silu"), Dense(2, activation="softmax")
    )
    loss = {"loss": "sparse_categorical_crossentropy", "input_names": NAMES, "output_names": CLASSES}
    x, y = numbers(5, 3), np.array([0, 1, 1, 0, 1])
    yield analysis.explain_gradient(deep, x[:1], y[:1], "dense_1/kernel[0, 3]", **loss)
    yield analysis.explain_gradient(deep, x, y, "dense_2/bias[1]", training=True, **loss)
    coded = np.column_stack([x[:, 0], np.arange(5) % 3, x[:, 2]])
    table = network(CategoryEmbedding({1: (3, 2)}), LayerNormalization(), Dense(2, kernel_regularizer="l2"))
    yield analysis.explain_gradient(
        table, coded, numbers(5, 2), "category_embedding_1/embeddings_1[1, 0]", loss="mse", input_names=NAMES
    )
    norm = network(Dense(3, activation="tanh"), BatchNormalization(), Dense(1, activation="sigmoid"))
    yield analysis.explain_gradient(
        norm, x, y, "batch_normalization_1/gamma[1]", loss="binary_crossentropy", training=True
    )


@pytest.fixture(scope="module", params=range(4))
def explanation(request):
    return list(explanations())[request.param]


def test_text_fits_80_columns_and_tells_all(explanation):
    text = explanation.to_text()
    assert max(len(line) for line in text.splitlines()) <= 80
    for title in ("Forward", "Backward: the chain rule", "Check", "What if w grew by 0.1"):
        assert f"\n{title}\n" in text
    assert explanation.weight in text
    assert str(explanation) == text
    narrow = explanation.to_text(width=60)
    assert max(len(line) for line in narrow.splitlines()) <= 60


def test_text_says_delta(explanation):
    change = explanation.what_if(-0.5)
    text = explanation.to_text(delta=-0.5)
    assert "What if w fell by 0.5" in text
    for row, value in (("predicted", change.predicted), ("true", change.true)):
        assert any(line.split()[:2] == [row, number_text(Number(value, exact=True))] for line in text.splitlines())


def test_svg_is_well_formed_and_shows_the_weight(explanation):
    svg = explanation.to_svg()
    root = ElementTree.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert any(explanation.weight in text for text in texts)
    assert not any(element.tag.endswith("script") for element in root.iter())
    assert "prefers-color-scheme: dark" in svg


def test_html_is_one_file_and_escapes_names(explanation):
    page = explanation.to_html()
    assert "<script" not in page
    if explanation.path_count > 1:
        assert "<p>Each path&#x27;s factors multiply, and the paths add up" in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    if "alert" in page:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for formula in re.findall(r"<math>.*?</math>", page):
        ElementTree.fromstring(formula.replace("&#160;", " "))
    ElementTree.fromstring(re.search(r"<svg.*?</svg>", page, re.DOTALL)[0])
    notebook = explanation._repr_html_()
    assert notebook.startswith("<div") and "<svg" in notebook and "<script" not in notebook


def test_latex_is_balanced(explanation):
    text = explanation.to_latex()
    body = re.sub(r"\\[{}\\]", "", text)
    assert body.count("{") == body.count("}")
    opened, closed = (sorted(re.findall(rf"\\{word}\{{(.*?)\}}", text)) for word in ("begin", "end"))
    assert opened == closed
    assert r"\frac{\partial J}{\partial w}" in text or r"$\partial J / \partial w$" in text
    rows = re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end", text, re.DOTALL)
    assert all(row.count("&") - row.count(r"\&") == 1 for block in rows for row in block.split(" \\\\\n"))


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_latex_compiles(explanation, tmp_path):
    (tmp_path / "explained.tex").write_text(explanation.to_latex(), encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "explained.tex"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, errors="replace", check=False)
    assert result.returncode == 0, result.stdout[-2000:]
    assert (tmp_path / "explained.pdf").stat().st_size > 1000


def test_escaped_latex():
    assert escape("a_b 50% #1 $x$ {y} \\z ~ ^ &") == (
        r"a\_b 50\% \#1 \$x\$ \{y\} \textbackslash{}z \textasciitilde{} \textasciicircum{} \&"
    )
    assert escape("日本\x1b") == "???"


def test_layers_with_many_units_are_abbreviated():
    model = network(Dense(64, activation="relu"), Dense(2))
    explanation = analysis.explain_gradient(model, numbers(3), numbers(2), "dense_2/kernel[60, 1]", loss="mse")
    svg = explanation.to_svg()
    assert re.search(r"\.\.\. \d\d more", svg)
    assert ">60<" in svg  # the unit on the path is there


def test_negative_contributions_are_dashed_as_well_as_coloured():
    model = network(Dense(2, activation="sigmoid"), Dense(1))
    model.layers[1].set_weights([[[1.0], [-1.0]], [0.0]])
    # y is at most 1, so dJ/dy < 0; all else along the only path is positive.
    explanation = analysis.explain_gradient(model, np.ones(3), [5.0], "dense_1/kernel[0, 0]", loss="mse")
    assert explanation.paths[0].contribution < 0
    lit = re.findall(r'<path [^>]*stroke="var\(--(?:positive|negative)\)"[^>]*>', explanation.to_svg())
    legend = 2
    assert len(lit) == 3 + legend
    assert sum("stroke-dasharray" in path for path in lit) == 3 + 1
