"""The tools that `audits.py` compares: each is handed a case, and says what its checks say.

A tool answers with a verdict for each of its checks: ``"suspect"`` where the check warns or a
condition of it fails, ``"clean"`` where it ran and passed, ``"not checked"`` where it could not be
asked. Each tool has its thresholds and suites as its release has them. `fires` makes sure that an
adapter hands things over as it should: on a case that the documentation of the tool gives as bad
the check must warn, and on its twin it must not.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

__all__ = ["PEERS", "Handed", "Sides", "Tool", "fires"]

Said = dict[str, str]


@dataclass
class Sides:
    """A split and a model: what the tools but `audit` take.

    Attributes
    ----------
    train, test : DataFrame
        What the model is given, after all that the procedure does before it splits.
    y_train, y_test : Series
        The outcomes.
    model : estimator
        Is fitted to the training rows.
    groups, time : pair of array-like, default=None
        The patient and the date of each row of either side.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    y_train: pd.Series
    y_test: pd.Series
    model: Any
    groups: tuple[Any, Any] | None = None
    time: tuple[Any, Any] | None = None

    @property
    def classes(self) -> bool:
        """Whether outcomes are classes."""
        y = self.y_train
        return y.dtype.kind not in "f" and y.nunique() <= 20

    @property
    def words(self) -> list[str]:
        """The columns that are no numbers."""
        return [name for name in self.train if self.train[name].dtype.kind not in "biuf"]

    def fitted(self) -> Any:
        """Return the model, fitted to the training rows."""
        return clone(self.model).fit(self.train, self.y_train)


@dataclass
class Handed:
    """A case as it is handed to all tools.

    Attributes
    ----------
    sides : Sides
        For the peers.
    X, y, evaluate : rows, outcomes, callable
        For `pitfalls.audit.audit`.
    asked : dict
        The other arguments of `audit`.
    """

    sides: Sides
    X: Any
    y: Any
    evaluate: Callable[..., Any] | None = None
    asked: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tool:
    """A tool.

    Attributes
    ----------
    package : str
        What it is installed as.
    ask : callable (Handed, seed) -> dict of str to str
        Returns a verdict for each check.
    about : mapping of str to tuple of str
        For each flaw the checks that are about it. A flaw that is not there is none of its kinds.
    leaks : tuple of str
        The checks whose warning says that the split, or the score, is not to be believed.
    """

    package: str
    ask: Callable[[Handed, int], Said]
    about: dict[str, tuple[str, ...]]
    leaks: tuple[str, ...]

    @property
    def version(self) -> str:
        """Its version, or nothing where it is not installed."""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return ""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep off the screen what a tool says besides: bars, logs, warnings."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    nowhere = io.StringIO()
    try:
        with contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
            yield
    finally:
        logging.disable(before)


# ------------------------------------------------------------------------------------- skore


def _with_time(sides: Sides) -> Sides:
    """Put the dates among the columns, and before the model what leaves them out."""
    if sides.time is None:
        return sides
    names = [*sides.train.columns]
    model = make_pipeline(
        ColumnTransformer([("kept", "passthrough", names)], verbose_feature_names_out=False),
        sides.model,
    ).set_output(transform="pandas")
    train, test = (
        one.assign(date=pd.to_datetime(when).to_numpy())
        for one, when in zip((sides.train, sides.test), sides.time, strict=True)
    )
    return Sides(train, test, sides.y_train, sides.y_test, model)


def ask_skore(handed: Handed, seed: int) -> Said:
    """Run all checks of a report on the estimator and the split."""
    from skore import EstimatorReport

    sides = _with_time(handed.sides)
    with _quiet():
        report = EstimatorReport(
            clone(sides.model),
            X_train=sides.train,
            y_train=sides.y_train,
            X_test=sides.test,
            y_test=sides.y_test,
        )
        table = report.checks.summarize().frame(section="all")
    words = {"issue": "suspect", "tip": "suspect", "passed": "clean"}
    said = {row.code: words.get(row.section, "not checked") for row in table.itertuples()}
    for row in table.itertuples():
        # this one always speaks, also where all is well
        if row.code == "SKD009" and "on par with or better" in str(row.explanation):
            said["SKD009"] = "clean"
        # one tip says two things: a column is as good as the outcome, or as all columns
        if row.code == "SKD011":
            told = "target is present among" in str(row.explanation)
            said["SKD011 outcome"] = "suspect" if told else said["SKD011"]
            if said["SKD011"] == "suspect" and not told:
                said["SKD011 outcome"] = "clean"
    return said


#: SKD002 no better than a dummy, 009 than boosting; 011 one column is as good as all, which it
#: says may be a leak, or as good as the outcome, which it says is one; 013 dates.
SKORE = Tool(
    "skore",
    ask_skore,
    about={
        "time": ("SKD013",),
        "encoding": ("SKD011",),
        "late column": ("SKD011",),
        "outcome copy": ("SKD011",),
        "look-ahead": ("SKD011", "SKD013"),
        "constant": ("SKD002", "SKD009"),
        "last value": ("SKD002", "SKD009"),
    },
    leaks=("SKD011 outcome", "SKD013"),
)

# -------------------------------------------------------------------------------- deepchecks


def ask_deepchecks(handed: Handed, seed: int) -> Said:
    """Run the suites of a split and of a model, with groups as index and dates as such."""
    os.environ["DISABLE_DEEPCHECKS_ANONYMOUS_TELEMETRY"] = "True"
    os.environ["DISABLE_LATEST_VERSION_CHECK"] = "True"
    with _quiet():
        from deepchecks.tabular import Dataset
        from deepchecks.tabular.suites import model_evaluation, train_test_validation

        sides = handed.sides
        model, sets = sides.fitted(), []
        for i, (one, y) in enumerate(((sides.train, sides.y_train), (sides.test, sides.y_test))):
            frame, named = one.reset_index(drop=True).copy(), {}
            if sides.groups is not None:
                frame["row of"], named["index_name"] = np.asarray(sides.groups[i]), "row of"
            if sides.time is not None:
                frame["date"] = pd.to_datetime(sides.time[i]).to_numpy()
                named["datetime_name"] = "date"
            frame["outcome"] = y.to_numpy()
            sets.append(
                Dataset(frame, label="outcome", cat_features=sides.words, features=[*one], **named)
            )
        said: Said = {}
        for make in (train_test_validation, model_evaluation):
            found = make(random_state=seed).run(*sets, model, with_display=False)
            for result in found.get_not_passed_checks(fail_if_warning=True):
                said[type(result.check).__name__] = "suspect"
            for result in found.get_passed_checks(fail_if_warning=True):
                said.setdefault(type(result.check).__name__, "clean")
            for failure in found.get_not_ran_checks():
                said.setdefault(type(failure.check).__name__, "not checked")
            said |= _alone_of(found)
    return said


def _alone_of(suite: Any) -> Said:
    """Return whether a column alone tells the outcome: one of two conditions of one check.

    The other, that it tells as much on either side, fails by chance where rows are few.
    """
    for result in suite.results:
        if type(result.check).__name__ == "FeatureLabelCorrelationChange":
            for condition in getattr(result, "conditions_results", ()):
                if condition.name.startswith("Train features'"):
                    return {"a column alone": "clean" if condition.is_pass() else "suspect"}
    return {}


_DATES = ("DateTrainTestLeakageOverlap", "DateTrainTestLeakageDuplicates")
_DRIFT = ("FeatureDrift", "MultivariateDrift", "NewCategoryTrainTest", "StringMismatchComparison")
_ALONE = ("FeatureLabelCorrelationChange",)
DEEPCHECKS = Tool(
    "deepchecks",
    ask_deepchecks,
    about={
        "copies": ("TrainTestSamplesMix",),
        "near copies": ("TrainTestSamplesMix",),
        "oversampling": ("TrainTestSamplesMix",),
        "SMOTE": ("TrainTestSamplesMix",),
        "SMOTE in the file": ("TrainTestSamplesMix",),
        "groups": ("IndexTrainTestLeakage",),
        "time": _DATES,
        "look-ahead": (*_DATES, *_ALONE),
        "encoding": _ALONE,
        "late column": _ALONE,
        "outcome copy": _ALONE,
        "skew": _DRIFT,
        "constant": ("SimpleModelComparison", "RocReport"),
        "last value": ("SimpleModelComparison",),
    },
    leaks=("TrainTestSamplesMix", "IndexTrainTestLeakage", *_DATES, "a column alone"),
)

# --------------------------------------------------------------------------------------- mlw


def ask_mlw(handed: Handed, seed: int) -> Said:
    """Ask `ml.leak` of the split, and `ml.drift` of its two sides."""
    import ml

    sides = handed.sides

    def leak(*added: Any) -> Said:
        frames = []
        for one, y, *when in zip(
            (sides.train, sides.test), (sides.y_train, sides.y_test), *added, strict=True
        ):
            frame = one.reset_index(drop=True).assign(outcome=y.to_numpy())
            for dates in when:
                frame["date"] = pd.to_datetime(dates).to_numpy()
            frames.append(frame)
        train, test = frames
        report = ml.leak(ml.SplitResult(train, train.iloc[:0], test), "outcome")
        return {check.name: _word(check) for check in report.checks}

    with _quiet():
        said = leak()
        if sides.time is not None:  # with a date no two rows are equal
            said["Temporal ordering"] = leak(sides.time)["Temporal ordering"]
        moved = ml.drift(reference=sides.train, new=sides.test)
    return said | {"drift": "suspect" if moved.shifted else "clean"}


def _word(check: Any) -> str:
    """Return the verdict of one check of `ml.leak`, which passes where it is skipped."""
    if not check.passed:
        return "suspect"
    return "not checked" if check.detail.startswith(("skipped", "no ")) else "clean"


_STRONG = ("Feature-target correlation", "Single-feature AUC", "Nonlinear predictability")
_SHARED = ("Duplicate rows (train/test)",)
MLW = Tool(
    "mlw",
    ask_mlw,
    about={
        "copies": _SHARED,
        "near copies": _SHARED,
        "oversampling": _SHARED,
        "SMOTE": _SHARED,
        "SMOTE in the file": _SHARED,
        "time": ("Temporal ordering",),
        "look-ahead": ("Temporal ordering", *_STRONG),
        "encoding": _STRONG,
        "late column": _STRONG,
        "outcome copy": (*_STRONG, "Target in feature names"),
        "skew": ("drift",),
    },
    leaks=(
        *_SHARED,
        "Temporal ordering",
        *_STRONG,
        "High-cardinality IDs",
        "Target in feature names",
    ),
)

# ---------------------------------------------------------------------------------- cleanlab


def ask_cleanlab(handed: Handed, seed: int) -> Said:
    """Ask `Datalab` for near duplicates that are on both sides, and for an order of the rows."""
    from cleanlab import Datalab

    sides = handed.sides
    both = pd.concat([sides.train, sides.test], ignore_index=True)
    side = np.r_[np.zeros(len(sides.train)), np.ones(len(sides.test))]
    words = sides.words
    if words:
        codes = OrdinalEncoder(encoded_missing_value=-1).fit_transform(both[words].astype(object))
        both[words] = codes
    Z = StandardScaler().fit_transform(both.astype(float))
    Z = np.nan_to_num(Z)
    order = np.arange(len(Z))
    if sides.time is not None:
        when = np.concatenate([pd.to_datetime(one).to_numpy() for one in sides.time])
        order = np.argsort(when, kind="stable")
    y = pd.concat([sides.y_train, sides.y_test], ignore_index=True).to_numpy()[order]
    with _quiet():
        task = "classification" if sides.classes else "regression"
        labels = pd.factorize(y)[0] if sides.classes else y
        lab = Datalab({"outcome": labels}, label_name="outcome", task=task, verbosity=0)
        lab.find_issues(features=Z[order], issue_types={"near_duplicate": {}, "non_iid": {}})
        near = lab.get_issues("near_duplicate")
        p = lab.get_info("non_iid").get("p-value", 1.0)
    marked = near["is_near_duplicate_issue"].to_numpy()
    crossed = any(
        (side[order][np.asarray(mates, dtype=int)] != side[order][i]).any()
        for i, mates in enumerate(near["near_duplicate_sets"])
        if marked[i] and len(mates)
    )
    return {
        "near_duplicate": "suspect" if crossed else "clean",
        "non_iid": "suspect" if p < 0.05 else "clean",
    }


_NEAR = ("near_duplicate",)
CLEANLAB = Tool(
    "cleanlab",
    ask_cleanlab,
    about={
        "copies": _NEAR,
        "near copies": _NEAR,
        "oversampling": _NEAR,
        "SMOTE": _NEAR,
        "SMOTE in the file": _NEAR,
        "groups": ("near_duplicate", "non_iid"),
        "time": ("non_iid",),
    },
    leaks=("near_duplicate", "non_iid"),
)

PEERS = {"skore": SKORE, "deepchecks": DEEPCHECKS, "mlw": MLW, "cleanlab": CLEANLAB}

# ------------------------------------------------------------------ what the documents promise


def _pair(rng: np.random.Generator, n: int = 1000) -> Handed:
    """Make a split with signal in which nothing is wrong."""
    y = rng.integers(0, 2, n)
    X = pd.DataFrame(rng.normal(size=(n, 8)), columns=[*"abcdefgh"])
    for name in X:
        X[name] += 0.7 * y
    cut, y = 3 * n // 4, pd.Series(y)
    dates = pd.date_range("2024", periods=n).to_series()
    who = np.arange(n)
    return Handed(
        Sides(
            X[:cut], X[cut:], y[:cut], y[cut:], LogisticRegression(),
            (who[:cut], who[cut:]), (dates[:cut], dates[cut:]),
        ),
        X, y,
    )  # fmt: skip


def _copied(sides: Sides) -> None:
    sides.test = pd.concat([sides.train[:60], sides.test[60:]])


def _mixed_dates(sides: Sides) -> None:
    assert sides.time is not None
    train, test = sides.time
    both = pd.concat([train, test]).sample(frac=1, random_state=0)
    sides.time = both[: len(train)], both[len(train) :]


def _same_patients(sides: Sides) -> None:
    assert sides.groups is not None
    train, test = sides.groups
    sides.groups = train % 20, test % 20


def _outcome_again(sides: Sides) -> None:
    sides.train = sides.train.assign(a=sides.y_train.astype(float))
    sides.test = sides.test.assign(a=sides.y_test.astype(float))


def _learns_nothing(sides: Sides) -> None:
    sides.model = DummyClassifier()


def _in_an_order(sides: Sides) -> None:
    steps = np.linspace(0, 20, len(sides.train) + len(sides.test))
    sides.train = sides.train + steps[: len(sides.train), None]
    sides.test = sides.test + steps[len(sides.train) :, None]


#: For each tool the checks, and a fault that its documentation says they warn of.
_PROMISES: dict[str, list[tuple[tuple[str, ...], Callable[[Sides], None]]]] = {
    "skore": [
        (("SKD013",), _mixed_dates),
        (("SKD011",), _outcome_again),
        (("SKD002",), _learns_nothing),
    ],
    "deepchecks": [
        (("TrainTestSamplesMix",), _copied),
        (("DateTrainTestLeakageOverlap",), _mixed_dates),
        (("IndexTrainTestLeakage",), _same_patients),
        (("FeatureLabelCorrelationChange", "a column alone"), _outcome_again),
        (("SimpleModelComparison",), _learns_nothing),
    ],
    "mlw": [
        (_SHARED, _copied),
        (("Temporal ordering",), _mixed_dates),
        (("Feature-target correlation",), _outcome_again),
    ],
    "cleanlab": [(_NEAR, _copied), (("non_iid",), _in_an_order)],
}


def fires(name: str) -> None:
    """Make sure that a tool warns where its documentation says so, and not on the twin.

    Raises
    ------
    RuntimeError
        If a check is silent on its documented positive, or warns on its documented negative.
    """
    tool = PEERS[name]
    for checks, spoil in _PROMISES[name]:
        for spoilt in (False, True):
            handed = _pair(np.random.default_rng(0))
            if spoilt:
                spoil(handed.sides)
            said = tool.ask(handed, 0)
            for check in checks:
                wanted = "suspect" if spoilt else "clean"
                if said.get(check) != wanted:
                    raise RuntimeError(
                        f"{name}: {check} must say {wanted!r} where {spoil.__name__} is "
                        f"{'planted' if spoilt else 'not'}, and says {said.get(check)!r}"
                    )
