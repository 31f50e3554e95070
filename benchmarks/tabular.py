"""How good the defaults are, and how long they take: TabularClassifier and TabularRegressor beside scikit-learn's.

Run ``python -m benchmarks.tabular DATA_FOLDER [--seeds N] [--sets wine,adult]``. DATA_FOLDER holds penguins, titanic,
wine_quality, adult, california_housing and diamonds as CSV files. Every set is split 80/20 with each seed, adult comes
with its own test file; all estimators see the same rows and have nothing set but the seed. scikit-learn's MLP stands in
a usual pipeline (median, scaler, one-hot; columns of text with more than 50 values left out; targets that are numbers
scaled), with and without early stopping: the better score counts, and its time. HistGradientBoosting takes categories
as they are.
"""

import argparse
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.metrics import accuracy_score, r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from benchmarks.timing import machine, table
from chainrule import TabularClassifier, TabularRegressor

MOST_LEVELS = 50  # of a text column that the peers are given
Score = Callable[[Any, Any], float]


@dataclass(frozen=True)
class Set:
    """A data set: where it is, what is predicted, how that is scored, and the bar that the defaults must reach."""

    file: str
    target: str | int
    score: Score
    bar: float
    test_file: str | None = None

    @property
    def classes(self) -> bool:
        """Whether classes are predicted."""
        return self.score is accuracy_score

    @property
    def larger_is_better(self) -> bool:
        """Whether the score is."""
        return self.score is not root_mean_squared_error

    def read(self, folder: Path, file: str) -> tuple[pd.DataFrame, pd.Series]:
        """Return features and target of the rows whose target is known."""
        named = isinstance(self.target, str)
        frame = pd.read_csv(
            folder / file, header="infer" if named else None, skipinitialspace=True, na_values="?", keep_default_na=True
        )
        frame.columns = frame.columns.map(str)
        target = str(self.target) if named else frame.columns[int(self.target)]
        frame = frame[frame[target].notna()].reset_index(drop=True)
        y = frame[target]
        return frame.drop(columns=target), y.str.rstrip(".") if pd.api.types.is_string_dtype(y) else y

    def split(self, folder: Path, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]:
        """Return training and test features, training and test targets."""
        X, y = self.read(folder, self.file)
        if self.test_file is not None:
            X_test, y_test = self.read(folder, self.test_file)
            return X, X_test, y, y_test
        return train_test_split(X, y, test_size=0.2, random_state=seed, stratify=y if self.classes else None)


SETS = {
    "penguins": Set("penguins/penguins.csv", "species", accuracy_score, 0.98),
    "titanic": Set("titanic/train.csv", "Survived", accuracy_score, 0.80),
    "wine": Set("wine_quality/winequality-white.csv", 11, accuracy_score, 0.60),
    "adult": Set("adult/adult-train.csv", 14, accuracy_score, 0.856, "adult/adult-test.csv"),
    "california": Set("california_housing/housing.csv", "median_house_value", root_mean_squared_error, 50_000),
    "diamonds": Set("diamonds/diamonds.csv", "price", r2_score, 0.981),
}


def text_columns(X: pd.DataFrame) -> list[str]:
    return make_column_selector(dtype_exclude="number")(X)


def few_levels(X: pd.DataFrame) -> list[str]:
    return [name for name in text_columns(X) if X[name].nunique() <= MOST_LEVELS]


def pipeline(X: pd.DataFrame, network: Any) -> Any:
    numbers = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    names = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = ColumnTransformer(
        [("numbers", numbers, make_column_selector(dtype_include="number")), ("names", names, few_levels(X))]
    )
    return make_pipeline(columns, network)


def boosting(X: pd.DataFrame, model: Any) -> Any:
    few = few_levels(X)
    many = [name for name in text_columns(X) if name not in few]
    as_categories = FunctionTransformer(lambda frame: frame.drop(columns=many).astype(dict.fromkeys(few, "category")))
    return make_pipeline(as_categories, model)


def estimators(data: Set, X: pd.DataFrame, seed: int) -> dict[str, list[Any]]:
    """Return the estimators to compare; of several under one name the best score counts."""
    mlp, trees, ours = (
        (MLPClassifier, HistGradientBoostingClassifier, TabularClassifier)
        if data.classes
        else (MLPRegressor, HistGradientBoostingRegressor, TabularRegressor)
    )
    return {
        "chainrule": [ours(random_state=seed)],
        "MLP": [
            pipeline(X, model if data.classes else TransformedTargetRegressor(model, transformer=StandardScaler()))
            for model in (mlp(early_stopping=early, random_state=seed) for early in (False, True))
        ],
        "HistGradientBoosting": [boosting(X, trees(categorical_features="from_dtype", random_state=seed))],
    }


def measure(data: Set, folder: Path, seed: int) -> dict[str, tuple[float, float]]:
    """Return (score on the test rows, seconds to fit) by estimator."""
    X, X_test, y, y_test = data.split(folder, seed)
    results = {}
    for name, candidates in estimators(data, X, seed).items():
        runs = []
        for estimator in candidates:
            start = perf_counter()
            estimator.fit(X, y)
            seconds = perf_counter() - start
            runs.append((float(data.score(y_test, estimator.predict(X_test))), seconds))
        results[name] = max(runs) if data.larger_is_better else min(runs)
    return results


def row(name: str, data: Set, runs: list[dict[str, tuple[float, float]]]) -> list[str]:
    scores = {peer: [run[peer][0] for run in runs] for peer in runs[0]}
    seconds = {peer: median(run[peer][1] for run in runs) for peer in runs[0]}
    shown = ",.0f" if data.score is root_mean_squared_error else ".4f"
    cells = [f"{median(scores[peer]):{shown}} ({seconds[peer]:.2f})" for peer in scores]
    reached = np.sign(median(scores["chainrule"]) - data.bar) * (1 if data.larger_is_better else -1) >= 0
    ratio = median(run["chainrule"][1] / run["MLP"][1] for run in runs)
    return [
        f"{name}, {data.score.__name__}",
        *cells,
        f"{data.bar:{shown}} {'yes' if reached else 'no'}",
        f"{ratio:.2f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sets", default=",".join(SETS))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    print(machine())
    TabularClassifier().fit([[0.0], [1.0], [2.0], [3.0]], [0, 1, 0, 1])  # what loads once is loaded
    rows = []
    for name in arguments.sets.split(","):
        runs = [measure(SETS[name], arguments.folder, seed) for seed in range(arguments.seeds)]
        rows.append(row(name, SETS[name], runs))
        print(rows[-1][0], *(f"{peer} {[round(run[peer][0], 4) for run in runs]}" for peer in runs[0]), flush=True)
    head = ["median score (seconds to fit)", "chainrule", "MLP", "HistGradientBoosting", "bar reached", "time / MLP's"]
    print(f"\n{table(head, rows)}\n\n{machine()}")


if __name__ == "__main__":
    main()
