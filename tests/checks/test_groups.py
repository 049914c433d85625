"""Whether a procedure profits from having met the group before."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score

from pitfalls.checks import shared_groups


def rows_of(n_groups=30, size=5, *, identity=0.8, effect=0.3, seed=0, kind="label"):
    """Draw rows of groups with an outcome each; `identity` is a share of the variance."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), size)
    of_group = rng.normal(size=n_groups) if kind == "number" else np.arange(n_groups) % 2
    y = of_group[group]
    own = rng.normal(size=(n_groups, 6))[group]
    X = np.sqrt(identity) * own + np.sqrt(1 - identity) * rng.normal(size=(len(y), 6))
    return X + effect * y[:, None], y, group


def plain(X):
    """Return what a procedure computes with, whatever it is handed."""
    if sparse.issparse(X):
        X = X.toarray()
    return np.asarray(X, dtype=float).reshape(len(X), -1)


def score_neighbours(X, y, test):
    """Return the share of rows that have the outcome of the nearest one; R² of numbers."""
    X, y = plain(X), np.asarray(y)
    squares = (X**2).sum(axis=1)
    distance = squares[test][:, None] - 2 * X[test] @ X[~test].T + squares[~test][None]
    said, truth = y[~test][distance.argmin(axis=1)], y[test]
    return r2_score(truth, said) if y.dtype.kind == "f" else (said == truth).mean()


def by_row(X, y):
    return score_neighbours(X, y, np.random.default_rng(0).random(len(y)) < 0.25)


def by_group(group, score=score_neighbours):
    held_out = np.random.default_rng(0).permutation(np.unique(group))[: len(np.unique(group)) // 3]
    return lambda X, y: score(X, y, np.isin(group, held_out))


def verdict(*given, **options):
    return shared_groups(*given, random_state=0, **options).verdict


@pytest.mark.parametrize(("n_groups", "size"), [(24, 8), (60, 4), (150, 3)])
def test_groups_that_are_recognised_are_found_and_those_kept_apart_are_clean(n_groups, size):
    X, y, group = rows_of(n_groups, size)
    result = shared_groups(by_row, X, y, group, random_state=0)
    assert result.verdict == "suspect"
    assert result["groups"].value > result["groups"].null
    assert verdict(by_group(group), X, y, group) == "clean"


def test_numbers_and_several_outcomes_are_taken():
    X, y, group = rows_of(80, 5, kind="number")
    assert verdict(by_row, X, y, group) == "suspect"
    assert verdict(by_group(group), X, y, group) == "clean"
    assert verdict(by_row, X, np.c_[y, -y], group) == "suspect"


def test_the_sentence_says_that_it_is_no_size():
    X, y, group = rows_of()
    result = shared_groups(by_row, X, y, group, random_state=0)
    assert "not how much of your" in result["groups"].says
    assert "score_gap_by" in result["groups"].says
    assert "GroupKFold" in result["groups"].cure


@pytest.mark.parametrize("seed", range(4))
def test_rows_in_which_groups_leave_no_trace_are_not_suspect(seed):
    X, y, group = rows_of(24, 6, identity=0, effect=1, seed=seed)
    assert shared_groups(by_row, X, y, group, random_state=seed).verdict != "suspect"


def test_labels_that_change_within_a_group_are_exchanged_too():
    rng = np.random.default_rng(0)
    group, y = np.repeat(np.arange(40), 6), np.tile([0, 0, 0, 1, 1, 1], 40)
    own_way = rng.choice([-1, 1], size=40)[group] * (2 * y - 1)
    X = np.c_[3 * rng.normal(size=(40, 4))[group], own_way] + 0.3 * rng.normal(size=(240, 5))
    assert verdict(by_row, X, y, group) == "suspect"
    assert verdict(by_group(group), X, y, group) == "clean"
    clear = rng.normal(size=(240, 4)) + 4 * y[:, None]
    assert verdict(by_row, clear, y, group) != "suspect"


def as_torch(X):
    return pytest.importorskip("torch").tensor(X)


def as_polars(X):
    polars = pytest.importorskip("polars")
    return polars.DataFrame(X) if X.ndim == 2 else polars.Series(X)


@pytest.mark.parametrize(
    ("of_rows", "of_outcomes"),
    [
        (lambda X: pd.DataFrame(X, range(9, 159)), lambda y: pd.Series(y, range(9, 159))),
        (lambda X: pd.DataFrame(X).add_prefix("v"), lambda y: pd.Series(np.where(y, "a", "b"))),
        (sparse.csr_matrix, lambda y: y.tolist()),
        (sparse.coo_array, lambda y: pd.Series(y, dtype="category")),
        (lambda X: X.tolist(), lambda y: y.astype(bool)),
        (lambda X: np.clip(40 * X + 128, 0, 255).astype("uint8").reshape(-1, 3, 2), lambda y: y),
        (lambda X: X.astype("float32"), lambda y: [str(one) for one in y]),
        (as_torch, as_torch),
        (as_polars, as_polars),
    ],
    ids="frame names sparse coo list pictures texts torch polars".split(),
)  # fmt: skip
def test_rows_and_outcomes_stay_what_they_are(of_rows, of_outcomes):
    X, y, group = rows_of()
    X, y = of_rows(X), of_outcomes(y)
    kinds = set()

    def evaluate(split):
        def run(rows, outcomes):
            kinds.add((type(rows), type(outcomes)))
            return split(rows, outcomes)

        return run

    assert verdict(evaluate(by_row), X, y, group) == "suspect"
    assert verdict(evaluate(by_group(group)), X, y, group) == "clean"
    outcomes = {kind for _, kind in kinds}
    assert outcomes == {type(y)}


def test_a_series_keeps_its_index_and_its_name():
    X, y, group = rows_of()
    y = pd.Series(y, index=[f"row {i}" for i in range(len(y))], name="ill")
    X = pd.DataFrame(X, index=y.index)

    def evaluate(rows, outcomes):
        assert outcomes.index.equals(rows.index) and outcomes.name == "ill"
        assert outcomes.dtype == y.dtype
        return by_row(rows, outcomes)

    before = X.copy(), y.copy()
    assert verdict(evaluate, X, y, group) == "suspect"
    pd.testing.assert_frame_equal(X, before[0])
    pd.testing.assert_series_equal(y, before[1])


def test_texts_are_marked_by_a_word():
    rng = np.random.default_rng(0)
    group, words = np.repeat(np.arange(30), 6), np.array([f"w{i}" for i in range(200)])
    own = rng.choice(words, size=(30, 6))
    texts = [" ".join([*rng.choice(own[who], 5), *rng.choice(words, 3)]) for who in group]
    y = group % 2

    def counted(texts):
        vocabulary = {w: i for i, w in enumerate(sorted({w for t in texts for w in t.split()}))}
        X = np.zeros((len(texts), len(vocabulary)))
        for row, text in zip(X, texts, strict=True):
            for word in text.split():
                row[vocabulary[word]] += 1
        return X

    for X in (texts, pd.Series(texts), np.array(texts)):
        assert verdict(lambda X, y: by_row(counted(X), y), X, y, group) == "suspect"
    split = by_group(group)
    assert verdict(lambda X, y: split(counted(X), y), texts, y, group) == "clean"


def test_columns_that_are_chosen_by_name_are_marked_inside():
    X, y, group = rows_of()
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(day=pd.Timestamp("2026-01-01"))

    def chosen(split):
        return lambda X, y: split(X[list("abcdef")], y)

    assert verdict(chosen(by_row), frame, y, group) == "suspect"
    assert verdict(chosen(by_group(group)), frame, y, group) == "clean"


def test_losses_are_told_by_the_control_and_may_be_said():
    X, y, group = rows_of()

    def error(split):
        return lambda X, y: 1 - split(X, y)

    found = shared_groups(error(by_row), X, y, group, random_state=0)
    assert found.verdict == "suspect" and -0.4 < found["groups"].value < 0
    assert any("loss" in note for note in found.notes)
    assert verdict(error(by_group(group)), X, y, group) == "clean"
    assert verdict(error(by_row), X, y, group, greater_is_better=False) == "suspect"
    wrong = shared_groups(error(by_row), X, y, group, greater_is_better=True, random_state=0)
    assert wrong.verdict == "not checked" and "greater_is_better" in wrong["groups"].says


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_checked_is_not_called_clean():
    X, y, group = rows_of(10, 5)
    n = len(y)
    cases = {
        "one group": (X, y, np.zeros(n)),
        "one row a group": (X, y, np.arange(n)),
        "constant y": (X, np.zeros(n, int), group),
        "missing y": (X, np.full(n, np.nan), group),
        "missing groups": (X, y, np.full(n, np.nan)),
        "missing X": (np.full_like(X, np.nan), y, group),
        "constant X": (np.ones_like(X), y, group),
        "constant frame": (pd.DataFrame({"a": ["k"] * n, "b": [None] * n}), y, group),
        "empty": (X[:0], y[:0], group[:0]),
        "empty frame": (pd.DataFrame(X)[:0], pd.Series(y)[:0], pd.Series(group)[:0]),
        "one row": (X[:1], y[:1], group[:1]),
    }
    for name, case in cases.items():
        result = shared_groups(by_row, *case, random_state=0)
        assert result.verdict == "not checked", name
        assert result["groups"].says.endswith((".", "?")), name
    assert verdict(lambda X, y: np.nan, X, y, group) == "not checked"


def test_a_procedure_that_does_not_look_is_not_called_clean():
    X, y, group = rows_of(20, 5)
    own = X.copy()
    for evaluate in (lambda X, y: 0.5, lambda X, y: by_row(own, rows_of(20, 5)[1])):
        result = shared_groups(evaluate, X, y, group, random_state=0)
        assert result.verdict == "not checked"
        assert "written into the rows" in result["groups"].says


def test_a_procedure_that_fails_on_other_outcomes_is_not_called_clean():
    X, y, group = rows_of(20, 5)

    def evaluate(rows, outcomes):
        if not np.array_equal(outcomes, y):
            raise RuntimeError("only these")
        return 0.9

    found = shared_groups(evaluate, X, y, group, random_state=0)["groups"]
    assert found.verdict == "not checked" and "RuntimeError: only these" in found.says
    with pytest.raises(ZeroDivisionError):  # what fails on the reader's own data is theirs
        shared_groups(lambda X, y: 1 / 0, X, y, group)


def test_rows_without_a_group_or_an_outcome():
    X, y, group = rows_of(30, 6)
    named = pd.Series(group).astype(object).where(np.arange(180) % 9 > 0)
    result = shared_groups(by_row, X, y, named, random_state=0)
    assert result.verdict == "suspect"
    assert "20 rows without groups" in result.notes[0]
    gaps = np.where(np.arange(180) % 10 == 0, np.nan, y.astype(float))

    def complete(X, y):
        assert np.isnan(y).nonzero()[0].tolist() == np.isnan(gaps).nonzero()[0].tolist()
        known = ~np.isnan(y)
        return by_row(X[known], y[known].astype(int))

    assert verdict(complete, X, gaps, group) == "suspect"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"groups": [1, 2]}, "150 of X, 150 of y, 2 of groups"),
        ({"y": [1, 2]}, "2 of y"),
        ({"groups": None}, "groups=None must be"),
        ({"y": "labels"}, "y='labels' must be"),
        ({"n_shuffles": 4}, "n_shuffles=4 must be a whole number from 5"),
        ({"greater_is_better": "yes"}, "greater_is_better='yes' must be"),
        ({"evaluate": 3}, "evaluate=3 must be a function"),
        ({"evaluate": lambda X, y: "good"}, "evaluate returned 'good'"),
    ],
)
def test_arguments_that_are_wrong_are_named(change, message):
    X, y, group = rows_of()
    given = {"evaluate": by_row, "X": X, "y": y, "groups": group} | change
    with pytest.raises((ValueError, TypeError), match=message):
        shared_groups(**given)


def test_it_runs_a_few_times_says_so_and_the_same_again():
    X, y, group = rows_of()
    counts = []
    for evaluate in (by_row, by_group(group)):
        seen = []

        def watched(X, y, evaluate=evaluate, seen=seen):
            seen.append(1)
            return evaluate(X, y)

        result = shared_groups(watched, X, y, group, random_state=3)
        assert result.notes[-1] == f"evaluate ran {len(seen)} times."
        counts.append(len(seen))
        again = shared_groups(evaluate, X, y, group, random_state=3)
        pd.testing.assert_frame_equal(again.table, result.table)
    assert max(counts) <= 30


def test_a_line_that_cannot_tell_groups_apart_is_held_against_its_own_control():
    X, y, group = rows_of(60, 6, identity=0.5)
    test = np.random.default_rng(0).random(len(y)) < 0.3

    def line(X, y):
        return LogisticRegression().fit(X[~test], y[~test]).score(X[test], y[test])

    assert verdict(line, X, y, group) in {"suspect", "not checked"}
    honest = by_group(
        group, lambda X, y, t: LogisticRegression().fit(X[~t], y[~t]).score(X[t], y[t])
    )
    assert verdict(honest, X, y, group) == "clean"


def test_whoever_returns_a_model_as_well_is_understood():
    X, y, group = rows_of(80, 5, kind="number")

    def evaluate(X, y):
        return by_row(X, y), LinearRegression().fit(X, y)

    assert verdict(evaluate, X, y, group) == "suspect"
