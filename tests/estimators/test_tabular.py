import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import chainrule
from chainrule.errors import ArgumentError, DataError, UnknownArgumentError, UnknownNameError
from chainrule.estimators import TabularModel
from chainrule.estimators.network import Options
from chainrule.estimators.tabular import train_table
from chainrule.random import generator
from chainrule.tables import Encoder, read_table
from chainrule.tables.encodings import NumberEncoding
from chainrule.training import LambdaCallback

QUICK: dict[str, Any] = {"epochs": 6, "hidden": (8,), "learning_rate": 0.02}


def two_classes(rows: int = 90, names: tuple[Any, Any] = ("no", "yes")) -> dict[str, list[Any]]:
    x = generator(0, "check").normal(size=rows)
    return {"x": x.tolist(), "y": [names[int(value > 0)] for value in x]}


def test_penguins_are_told_apart(penguins: Path) -> None:
    accuracies = [chainrule.train(penguins, target="species", seed=seed).report.scores["accuracy"] for seed in range(9)]
    assert np.median(accuracies) >= 0.98


def test_every_kind_of_input_gives_the_same_answers(classifier: TabularModel, penguins: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(penguins)
    frame.to_parquet(tmp_path / "penguins.parquet")
    sources = [
        frame,
        pl.read_csv(penguins),
        pa.Table.from_pandas(frame),
        {name: frame[name].tolist() for name in frame.columns},
        read_table(penguins),
        str(penguins),
        tmp_path / "penguins.parquet",
        frame[frame.columns[::-1]].drop(columns="species").assign(more=1),
    ]
    expected = classifier.predict_proba(penguins)
    assert expected.shape == (344, 3)
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)
    for source in sources:
        assert (classifier.predict_proba(source) == expected).all()
        assert classifier.predict(source).tolist() == classifier.predict(penguins).tolist()
    assert classifier.predict(penguins).tolist() == [classifier.classes[i] for i in expected.argmax(axis=1)]


def test_training_on_a_frame_is_training_on_the_file(penguins: Path) -> None:
    of_file = chainrule.train(penguins, target="species", **QUICK)
    of_frame = chainrule.train(pl.read_csv(penguins), target="species", **QUICK)
    assert (of_file.predict_proba(penguins) == of_frame.predict_proba(penguins)).all()
    assert (of_file.report.name, of_frame.report.name) == ("penguins.csv", "table")


def test_the_seed_decides_everything(penguins: Path) -> None:
    first, second, other = (chainrule.train(penguins, target="species", seed=seed, **QUICK) for seed in (3, 3, 4))
    assert first.report.losses == second.report.losses
    assert first.report.scores == second.report.scores
    assert first.report.losses != other.report.losses


@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_a_saved_model_is_the_same_model(
    name: str, request: pytest.FixtureRequest, penguins: Path, tmp_path: Path
) -> None:
    model: TabularModel = request.getfixturevalue(name)
    model.save(tmp_path / "model.safetensors")
    loaded = chainrule.load(tmp_path / "model.safetensors")
    assert isinstance(loaded, TabularModel)
    for mine, theirs in zip(model.network.get_weights(), loaded.network.get_weights(), strict=True):
        assert mine.tobytes() == theirs.tobytes()
    assert loaded.outputs(read_table(penguins)).tobytes() == model.outputs(read_table(penguins)).tobytes()
    assert loaded.report == model.report
    assert loaded.encoder == model.encoder
    assert str(loaded) == str(model)
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()


def test_the_encoder_sees_the_training_part_only() -> None:
    data = {"x": list(range(100)), "y": [float(i % 7) + i / 50 for i in range(100)]}
    clean = chainrule.train(data, target="y", **QUICK)
    held_out = [row for row in range(100) if row not in set(training_rows(data))]
    for row in held_out:
        data["x"][row] = 1000
    assert chainrule.train(data, target="y", **QUICK).encoder == clean.encoder
    data["x"][training_rows(data)[0]] = 1000
    assert chainrule.train(data, target="y", **QUICK).encoder != clean.encoder


def training_rows(data: dict[str, list[Any]]) -> list[int]:
    from chainrule.tables import split_rows

    return split_rows(None, len(data["x"]))[0].tolist()


@pytest.mark.parametrize(
    ("names", "dtype"),
    [
        ((0, 1), np.int64),
        ((-5, 7), np.int64),
        ((0.0, 1.0), np.int64),
        ((1e20, 1e21), np.float64),
        (("0", "1"), np.int64),
        (("no", "yes"), object),
        ((False, True), bool),
    ],
)
def test_classes_come_back_as_what_they_were(names: tuple[Any, Any], dtype: Any) -> None:
    data = two_classes(names=names)
    answers = chainrule.train(data, target="y", **QUICK).predict(data)
    assert answers.dtype == dtype
    assert set(answers) == set(map(type(answers[0]), names))


def test_fractions_as_classes_come_back_as_fractions() -> None:
    data = two_classes(names=(0.5, 1.5))
    assert chainrule.train(data, target="y", **QUICK).report.task == "regression"
    model = chainrule.train(data, target="y", task="classification", **QUICK)
    assert set(model.predict(data)) == {0.5, 1.5}


def test_a_regression_answers_in_the_targets_unit() -> None:
    x = np.linspace(-1, 1, 200)
    data = {"x": x, "price": 3e6 + 1e6 * x}
    model = chainrule.train(data, target="price", epochs=120, learning_rate=0.01)
    np.testing.assert_allclose(model.predict(data), data["price"], rtol=0.05)
    assert model.report.scores["r2"] > 0.98
    assert model.classes is None
    with pytest.raises(ArgumentError, match="price is a number; a regression has no class probabilities"):
        model.predict_proba(data)


def test_a_category_never_seen_adds_nothing(classifier: TabularModel, penguins: Path) -> None:
    frame = pd.read_csv(penguins).head(5)
    one, other = (classifier.predict_proba(frame.assign(island=name)) for name in ("Atlantis", "Lemuria"))
    assert (one == other).all()
    slots = list(classifier.encoder.unknown_slots)
    assert len(slots) == 2
    assert (classifier.network.layers[0].kernel.numpy()[slots] == 0).all()


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "adadelta", "adagrad", "rmsprop"])
def test_other_optimisers_train(optimizer: str) -> None:
    model = chainrule.train(two_classes(), target="y", optimizer=optimizer, epochs=12, learning_rate=0.005)
    assert model.report.losses[-1] < model.report.losses[0]


def test_dropout_is_off_in_predictions() -> None:
    model = chainrule.train(two_classes(), target="y", dropout=0.5, epochs=4)
    assert model.report.shape == "1-128-128-2"
    assert (model.predict_proba(two_classes()) == model.predict_proba(two_classes())).all()


def test_a_linear_model() -> None:
    model = chainrule.train(two_classes(), target="y", hidden=(), epochs=40, learning_rate=0.1)
    assert (model.report.shape, model.report.activation) == ("1-2", "linear")
    assert model.report.scores["accuracy"] > 0.9


def test_rows_without_target_are_left_out_and_counted() -> None:
    data = two_classes()
    data["y"][::9] = [None] * 10
    model = chainrule.train(data, target="y", **QUICK)
    assert (model.report.rows, model.report.dropped, sum(model.report.split)) == (90, 10, 80)
    assert model.evaluate(data).rows == 80
    assert len(model.predict(data)) == 90


def test_evaluation_gives_the_scores_of_the_report(classifier: TabularModel, penguins: Path) -> None:
    from chainrule.tables import ClassTarget, split_rows

    table = read_table(penguins)
    column = table.column("species")
    test = split_rows(ClassTarget.fit(column).encode(column), table.rows)[2]
    assert classifier.evaluate(table.take(test)).as_dict() == classifier.report.scores


def test_the_report_is_announced_before_training() -> None:
    seen: list[Any] = []
    callback = LambdaCallback(on_train_begin=lambda logs: seen.append("training"))
    train_table(
        read_table(two_classes()),
        "y",
        None,
        Options(epochs=1),
        announce=lambda report: seen.append((report.shape, report.guess, report.scores)),
        callbacks=[callback],
    )
    assert seen == [("1-128-128-2", "no", {}), "training"]


@pytest.mark.parametrize("rows", [4, 5, 6])
def test_a_handful_of_rows_is_enough(rows: int) -> None:
    data = {"x": list(range(rows)), "y": ["a", "b"] * 2 + ["b"] * (rows - 4), "z": [float(i * i) for i in range(rows)]}
    assert sum(chainrule.train(data, target="y", **QUICK).report.split) == rows
    model = chainrule.train(data, target="z", **QUICK)
    assert model.report.scores["rows"] == 1
    assert model.report.scores["r2"] is None


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"x": [1], "y": ["a"]}, "target 'y' has only the value 'a' in 1 row; expected at least two classes"),
        ({"x": [1, 2], "y": ["a", "b"]}, "2 rows can't be split into 3 parts"),
        ({"x": [1, 2, 3, 4], "y": ["a"] * 4}, "has only the value 'a' in 4 rows"),
        ({"x": [1, 2, 3, 4, 5] * 9, "y": [2.5] * 45}, "has only the value 2.5"),
        ({"x": [7] * 20, "y": ["a", "b"] * 10}, "no column to learn from .*always 7"),
        ({"y": ["a", "b"] * 10}, "no column to learn from .*only the target"),
        ({"x": [1, 2] * 10, "y": [None] * 20}, "target 'y' has no values"),
        ({"x": [1.0, np.inf] * 10, "y": ["a", "b"] * 10}, "column 'x' holds an infinite number in row 2"),
        ({"x": list(range(40)), "y": [np.inf, *range(39)]}, "column 'y' holds an infinite number"),
        ({"x": list(range(40)), "y": [f"2024-01-{i + 1:02}" for i in range(20)] * 2}, "target 'y' holds dates"),
        ({"x": list(range(40)), "y": [f"name {i}" for i in range(40)]}, "classes must repeat"),
        ({"x": [], "y": []}, "the table has no rows"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        chainrule.train(data, target="y", **QUICK)


def test_a_misspelt_argument_gets_a_suggestion() -> None:
    with pytest.raises(UnknownArgumentError, match="train has no argument 'epoch'; did you mean 'epochs'"):
        chainrule.train(two_classes(), target="y", epoch=3)  # type: ignore[call-arg]
    with pytest.raises(UnknownArgumentError, match=r"as a part of data; write data=DataOptions\(drop=\['x'\]\)"):
        chainrule.train(two_classes(), target="y", drop=["x"])  # type: ignore[call-arg]


def test_a_misspelt_target_gets_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="no column 'Y'; did you mean 'y'"):
        chainrule.train(two_classes(), target="Y")
    with pytest.raises(UnknownNameError, match=r"expected one of c0, c1, .* \.\.\. \(300 in all\)"):
        chainrule.train({f"c{i}": [1, 2] for i in range(300)}, target="zzzzzz")


@pytest.mark.parametrize("hidden", [64, "64,64"])
def test_hidden_is_a_list(hidden: Any) -> None:
    with pytest.raises(ArgumentError, match=r"hidden must be the units of each hidden layer, such as \(64, 64\)"):
        chainrule.train(two_classes(), target="y", hidden=hidden)


def test_an_outlier_does_no_harm() -> None:
    data = two_classes()
    expected = chainrule.train(data, target="y", **QUICK).report.scores["accuracy"]
    data["x"][40] = 1e200
    assert chainrule.train(data, target="y", **QUICK).report.scores["accuracy"] >= expected - 0.05


def test_numbers_of_any_scale_are_learned_from() -> None:
    data = two_classes()
    expected = chainrule.train(data, target="y", **QUICK).report.scores["accuracy"]
    for scale in (1e300, 1e-300):
        scaled = {**data, "x": [x * scale for x in data["x"]]}
        assert chainrule.train(scaled, target="y", **QUICK).report.scores["accuracy"] == expected


def test_an_answer_that_is_no_number_is_refused() -> None:
    data = {"x": [1.0, 2.0, 3.0, 4.0] * 10, "y": ["a", "b", "a", "b"] * 10}
    model = chainrule.train(data, target="y", **QUICK)
    number = model.encoder.encodings[0]
    assert isinstance(number, NumberEncoding)
    model.encoder = Encoder("y", (dataclasses.replace(number, limit=None),))  # as in files of version 0.1
    with pytest.raises(DataError, match="row 2: the network's answer is no finite number; 'x' is too far"):
        model.predict({"x": [1.0, 3e38]})


def test_a_rate_that_diverges_is_one_error_without_a_warning() -> None:
    with pytest.raises(DataError, match="no epoch of training was finished: numbers went wrong in epoch 1"):
        chainrule.train(two_classes(), target="y", learning_rate=1e30)


def test_targets_too_far_apart_are_an_error() -> None:
    data = {"x": list(range(100)), "y": [float(i) for i in range(100)]}
    validation = sorted(set(range(100)) - set(training_rows(data)))
    for row in validation:
        data["y"][row] = 1e200
    with pytest.raises(DataError, match="a value of the target is too far from those of training"):
        chainrule.train(data, target="y", epochs=3)


@pytest.mark.parametrize("keep", [True, False])
def test_an_interrupt_keeps_the_best_weights_if_asked_to(keep: bool) -> None:
    def interrupt(epoch: int, logs: Any) -> None:
        if epoch == 3:
            raise KeyboardInterrupt

    arguments: Any = (read_table(two_classes()), "y", None, Options(epochs=9))
    callbacks = [LambdaCallback(on_epoch_begin=interrupt)]
    if not keep:
        with pytest.raises(KeyboardInterrupt):
            train_table(*arguments, callbacks=callbacks)
        return
    report = train_table(*arguments, callbacks=callbacks, keep_on_interrupt=True).report
    assert (report.epochs, report.stopped_by) == (3, "interrupted")
    assert report.scores["rows"] == 18


def test_an_interrupt_before_the_first_epoch_keeps_nothing() -> None:
    def interrupt(epoch: int, logs: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_table(
            read_table(two_classes()),
            "y",
            None,
            Options(),
            callbacks=[LambdaCallback(on_epoch_begin=interrupt)],
            keep_on_interrupt=True,
        )


def test_missing_columns_are_listed(classifier: TabularModel, penguins: Path) -> None:
    frame = pd.read_csv(penguins).drop(columns=["sex", "body_mass_g"])
    with pytest.raises(DataError, match="the table lacks the columns 'body_mass_g', 'sex' of the training table"):
        classifier.predict(frame)


def test_unknown_classes_are_refused_in_an_evaluation(classifier: TabularModel, penguins: Path) -> None:
    frame = pd.read_csv(penguins).assign(species="Emperor")
    with pytest.raises(DataError, match="holds classes never seen in training: 'Emperor'"):
        classifier.evaluate(frame)
