"""A single column that is too good to be true."""

import numpy as np
import pandas as pd
import pytest

from pitfalls.checks import too_good_alone


@pytest.fixture
def planted():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    word = np.where(y == 1, "icu", "home")
    X = pd.DataFrame(
        {
            "signal": rng.normal(size=300) + 0.6 * y,
            "number": y + rng.normal(0, 0.3, 300),
            "word": word,
            "category": pd.Categorical(word),
            "flag": y == 1,
            "gap": np.where(y == 1, 1.0, np.nan),
            "both_ends": np.where(y == 1, rng.choice([-2, 2], 300), 0) + rng.normal(0, 0.5, 300),
            "nullable": pd.array(y, dtype="Int64"),
            "day": pd.Timestamp("2020-01-01") + pd.to_timedelta(9 * y, unit="D"),
            "noise": rng.normal(size=300),
            "constant": 1.0,
            "empty": np.nan,
        }
    )
    return X, y


LEAKS = ["number", "word", "category", "flag", "gap", "both_ends", "nullable", "day"]
COPIES = ["word", "category", "flag", "gap", "nullable", "day"]


def verdicts(*asked, **options):
    return too_good_alone(*asked, **options).table["verdict"].to_dict()


def flipped(y, share, rng):
    wrong = rng.random(len(y)) < share
    y = np.array(y)
    y[wrong] = rng.permutation(y)[wrong]
    return y


# -- with times ---------------------------------------------------------------------------------


def test_leaks_of_every_kind_are_found(planted):
    X, y = planted
    hours = pd.Series(1.0, X.columns) - 2 * (X.columns == "signal")
    found = too_good_alone(X, y, hours).table
    assert list(found.index) == list(X)
    assert (found.loc[LEAKS, "verdict"] == "suspect").all()
    assert (found.loc[LEAKS, "value"] > 0.85).all()
    assert (found.loc[["signal", "noise"], "verdict"] == "clean").all()
    assert (found.loc[["constant", "empty"], "verdict"] == "not checked").all()


def test_arrays_text_labels_and_another_index_give_the_same(planted):
    X, y = planted
    said = [*verdicts(X, y, 1).values()]
    labels = np.where(y == 1, "yes", "no")
    assert [*verdicts(X.set_axis(range(900, 600, -1)), labels, 1).values()] == said
    assert [*verdicts(X.to_numpy(), y == 1, [1] * X.shape[1]).values()] == said
    order = np.argsort(y, kind="stable")
    again = verdicts(X.iloc[order], y[order], 1)
    assert {again[name] for name in LEAKS} == {"suspect"}
    assert again["noise"] == "clean"


@pytest.mark.parametrize("n", [60, 100, 200, 1_000])
@pytest.mark.parametrize("prevalence", [0.5, 0.1, 0.02])
def test_a_copy_of_the_outcome_is_found_though_it_claims_to_be_in_time(n, prevalence):
    """Where the bound for a column in time exceeds 1, a copy was called clean."""
    rng = np.random.default_rng(n)
    y = np.arange(n) < max(6, round(n * prevalence))
    X = pd.DataFrame(rng.normal(size=(n, 5)) + 0.3 * y[:, None]).assign(copy=y, twin=~y)
    found = verdicts(X, y, 0)
    assert found["copy"] == found["twin"] == "suspect"
    assert "suspect" not in {found[str(place)] for place in range(5)}


def test_a_flagrant_leak_is_found_though_it_claims_to_be_in_time(planted):
    X, y = planted
    found = verdicts(X[["signal", "noise", "number"]], y, 0)
    assert found == {"signal": "clean", "noise": "clean", "number": "suspect"}


def test_a_column_without_a_time_is_judged_as_a_copy_only(planted):
    X, y = planted
    found = too_good_alone(X, y, {"noise": 1, "number": np.nan, "word": None})
    assert found["noise"].verdict == "clean"
    assert found["number"].verdict == "not checked"
    assert "pass available_at" in found["number"].says
    assert found["word"].verdict == "suspect"


@pytest.mark.parametrize(
    "time", [2, 2.5, "2h", pd.Timedelta("2h"), np.timedelta64(2, "h"), np.inf, np.float32(1)]
)
def test_times_as_people_have_them(planted, time):
    X, y = planted
    for given in (time, {"number": time}, pd.Series({"number": time}), [time]):
        assert verdicts(X[["number"]], y, given) == {"number": "suspect"}


def test_times_from_dates(planted):
    X, y = planted
    recorded = pd.Series({"number": pd.Timestamp("2024-01-02"), "noise": pd.NaT})
    asked = too_good_alone(X[["number", "noise"]], y, recorded - pd.Timestamp("2024-01-01"))
    assert asked["number"].verdict == "suspect"


@pytest.mark.parametrize(
    ("times", "error", "words"),
    [
        ({"Noise": 2}, ValueError, "available_at names 'Noise', .* is it 'noise'"),
        ({"zzz": 2}, ValueError, "no column of X; it has 'signal', 'noise'"),
        ([1, 2, 3], ValueError, "has 3 times and X 2 columns"),
        ({"noise": "soon"}, TypeError, "available_at of noise is 'soon'"),
        ({"noise": True}, TypeError, "available_at of noise is True"),
        ({"noise": pd.Timestamp("2024")}, TypeError, "recorded_at - decision"),
        (pd.DataFrame({"noise": [1]}), TypeError, "available_at is a frame"),
    ],
)
def test_times_that_do_not_fit_are_named(planted, times, error, words):
    X, y = planted
    with pytest.raises(error, match=words):
        too_good_alone(X[["signal", "noise"]], y, times)


# -- the outcome --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [
        lambda y: y == 1,
        lambda y: np.where(y == 1, "yes", "no"),
        lambda y: pd.Series(y, dtype="Int64"),
        lambda y: pd.Categorical(np.where(y == 1, "b", "a")),
        lambda y: pd.DataFrame({"y": y}),
        lambda y: y.tolist(),
        lambda y: pd.Series(np.where(y == 1, "x", "y"), dtype="string"),
    ],
)
def test_outcomes_of_any_kind(planted, kind):
    X, y = planted
    found = verdicts(X[["word", "noise"]], kind(y))
    assert found == {"word": "suspect", "noise": "clean"}


def test_classes_without_an_order_are_asked_one_by_one():
    rng = np.random.default_rng(0)
    y = rng.choice(["a", "b", "c"], 400)
    X = pd.DataFrame({"middle": y == "b", "noise": rng.normal(size=400)})
    assert verdicts(X, y, 1) == {"middle": "suspect", "noise": "clean"}


def test_a_continuous_outcome_is_asked_for_its_height_and_its_ends():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 3))
    y = X[:, 0] + 0.3 * rng.normal(size=400)
    X[:, 1] = np.abs(y) + 0.3 * rng.normal(size=400)
    assert [*verdicts(X, y, 1).values()] == ["suspect", "suspect", "clean"]


def test_outcomes_that_do_not_fit_are_named(planted):
    X, y = planted
    two = pd.DataFrame({"died": y, "fare": X["noise"]})
    with pytest.raises(ValueError, match="y has 2 columns; it must be one outcome"):
        too_good_alone(X, two)
    with pytest.raises(ValueError, match="y has 299 rows and X 300"):
        too_good_alone(X, y[1:])
    with pytest.raises(ValueError, match="y has 300 different texts in 300 rows"):
        too_good_alone(X, [f"p{row}" for row in range(300)])
    with pytest.raises(ValueError, match="rows of X in another order"):
        too_good_alone(X, pd.Series(y)[::-1])
    with pytest.raises(TypeError, match="y=None must be"):
        too_good_alone(X, None)


def test_rows_without_an_outcome_are_left_out(planted):
    X, y = planted
    unknown = np.where(np.arange(300) % 3 == 0, np.nan, y)
    found = too_good_alone(X, unknown, 1)
    kept = np.arange(300) % 3 != 0
    assert found.table["verdict"].to_dict() == verdicts(X[kept], y[kept], 1)
    assert found.notes == ("100 rows without an outcome left out.",)


@pytest.mark.parametrize(
    ("X", "y"),
    [
        (np.empty((0, 2)), np.empty(0)),
        (np.full((30, 2), np.nan), np.arange(30) % 2),
        (np.ones((30, 2)), np.arange(30) % 2),
        (np.random.default_rng(0).normal(size=(30, 2)), np.ones(30)),
        (np.random.default_rng(0).normal(size=(30, 2)), np.full(30, np.nan)),
        (np.random.default_rng(0).normal(size=(30, 2)), np.arange(30) < 4),
        (pd.DataFrame({"a": [None] * 20, "b": [None] * 20}), np.arange(20) % 2),
    ],
)
@pytest.mark.filterwarnings("error")
def test_where_nothing_can_be_said_nothing_is(X, y):
    for when in (1, 0, None):
        found = too_good_alone(X, y, when)
        assert len(found) == 2
        assert {finding.verdict for finding in found} == {"not checked"}


def test_no_columns_are_not_checked():
    assert (
        too_good_alone(pd.DataFrame(index=range(20)), np.arange(20) % 2).verdict == "not checked"
    )


def test_columns_of_one_name_are_kept_apart(planted):
    X, y = planted
    found = verdicts(X[["noise", "noise", "number"]], y, [1, -1, 1])
    assert found == {"noise": "clean", "noise (2)": "clean", "number": "suspect"}


def test_polars_and_lists_will_do(planted):
    pl = pytest.importorskip("polars")
    X, y = planted
    frame = pl.DataFrame({"word": X["word"].tolist(), "noise": X["noise"].tolist()})
    expected = {"word": "suspect", "noise": "clean"}
    assert verdicts(frame, pl.Series(y.tolist())) == expected
    assert verdicts({"word": X["word"].tolist(), "noise": X["noise"].tolist()}, y.tolist()) == (
        expected
    )


def test_the_readers_data_stay_as_they_are(planted):
    X, y = planted
    before = X.copy()
    too_good_alone(X, y, 0)
    pd.testing.assert_frame_equal(X, before)


# -- without times ------------------------------------------------------------------------------

N = 500


def bern(rng, share=0.4, n=N):
    return (rng.random(n) < share).astype(int)


COPY = {
    "texts": lambda rng: (lambda y: (np.where(y == 1, "no", "yes"), y))(bern(rng)),
    "few errors": lambda rng: (lambda y: (flipped(y, 0.01, rng), y))(bern(rng)),
    "finer code": lambda rng: (
        lambda y: (np.where(y == 1, "died", rng.choice(["home", "ward"], N)), y)
    )(bern(rng)),
    "a little noise": lambda rng: (lambda y: (y + 0.05 * rng.normal(size=N), y))(bern(rng)),
    "limit": lambda rng: (lambda x: (x, x > 0.5))(rng.normal(size=N)),
    "score": lambda rng: (lambda x: (x, np.where(x >= 60, "pass", "fail")))(
        rng.normal(65, 12, N).round()
    ),
    "outside of a range": lambda rng: (lambda x: (x, np.abs(x) > 1))(rng.normal(size=N)),
    "grades": lambda rng: (lambda x: (x, np.digitize(x, [50, 60, 70])))(rng.normal(65, 12, N)),
    "filled in for one": lambda rng: (
        lambda y: (np.where((y == 1) & (rng.random(N) < 0.3), rng.normal(size=N), np.nan), y)
    )(bern(rng)),
    "amount above 0": lambda rng: (lambda y: (np.where(y == 1, rng.lognormal(size=N), 0), y))(
        bern(rng)
    ),
    "numbers by outcome": lambda rng: (
        lambda y: (np.argsort(np.argsort(y + 0.1 * rng.random(N))), y)
    )(bern(rng)),
    "classes": lambda rng: (lambda y: (np.array(list("PQRS"))[y], np.array(list("abcd"))[y]))(
        rng.integers(0, 4, N)
    ),
    "log": lambda rng: (lambda y: (np.log(y), y))(rng.lognormal(size=N)),
    "square": lambda rng: (lambda y: (y**2, y))(rng.normal(size=N)),
    "rounded": lambda rng: (lambda y: (y.round(1), y))(rng.normal(size=N)),
    "with tax": lambda rng: (lambda y: ((1.19 * y).round(2), y))(rng.lognormal(3, 1, N).round(2)),
    "bands": lambda rng: (lambda y: (np.array(list("lmh"))[np.digitize(y, [-0.5, 0.5])], y))(
        rng.normal(size=N)
    ),
    "half of it missing": lambda rng: (lambda y: (np.where(rng.random(N) < 0.5, np.nan, y), y))(
        bern(rng)
    ),
    "as text": lambda rng: (lambda y: ([f"{one:.5f}" for one in y], y))(rng.normal(size=N)),
    "missing where 0": lambda rng: (
        lambda y: (np.where(y > 0, rng.normal(size=N), np.nan), y)
    )(rng.lognormal(size=N) * bern(rng, 0.5)),
}  # fmt: skip


@pytest.mark.parametrize("kind", COPY)
@pytest.mark.filterwarnings("error")
def test_a_column_that_is_the_outcome_is_found_without_times(kind):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        column, y = COPY[kind](rng)
        X = pd.DataFrame({"column": column, "noise": rng.normal(size=N)})
        result = too_good_alone(X, y)
        assert result["column"].verdict == "suspect"
        assert result["column"].where == ("column",)
        assert result["noise"].verdict != "suspect"


def grouped(rng, k):
    who = rng.integers(0, k, N)
    return who, bern(rng, 0.5, k)[who]


def lagged(rng):
    walk = np.cumsum(rng.normal(size=N + 1))
    order = rng.permutation(N)
    return walk[:-1][order], walk[1:][order]


HONEST = {
    "identifiers": lambda rng: ([f"p{row}" for row in range(N)], bern(rng)),
    "numbered": lambda rng: (rng.permutation(N), bern(rng)),
    "marker": lambda rng: (lambda y: (rng.normal(size=N) + 2 * y, y))(bern(rng)),
    "splendid marker": lambda rng: (lambda y: (rng.normal(size=N) + 6 * y, y))(bern(rng)),
    "two species": lambda rng: (lambda y: (rng.random(N) + 1.5 * y, y))(bern(rng)),
    "good test": lambda rng: (lambda y: (flipped(y, 0.1, rng), y))(bern(rng)),
    "patients": lambda rng: grouped(rng, 40),
    "few patients": lambda rng: grouped(rng, 10),
    "patients by name": lambda rng: (lambda a: (np.char.add("p", a[0].astype(str)), a[1]))(
        grouped(rng, 40)
    ),
    "yesterday": lagged,
    "rising both": lambda rng: (np.cumsum(rng.random(N)), np.cumsum(rng.random(N))),
    "r of 0.999": lambda rng: (lambda y: (y + 0.03 * rng.normal(size=N), y))(rng.normal(size=N)),
    "stars": lambda rng: (
        lambda z: ((z + 0.7 * rng.normal(size=N)).round().clip(-2, 2), z.round().clip(-2, 2))
    )(rng.normal(size=N)),
    "region": lambda rng: (lambda c: (np.array(list("abcde"))[c], 3 * c + rng.normal(size=N)))(
        rng.integers(0, 5, N)
    ),
    "a rare word": lambda rng: (lambda y: ((y == 1) & (rng.random(N) < 0.1), y))(bern(rng)),
    "more gaps": lambda rng: (
        lambda y: (np.where(rng.random(N) < 0.2 + 0.5 * y, np.nan, rng.normal(size=N)), y)
    )(bern(rng)),
}  # fmt: skip


@pytest.mark.parametrize("kind", HONEST)
def test_an_honest_column_is_not_accused(kind):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        column, y = HONEST[kind](rng)
        assert too_good_alone(pd.DataFrame({"column": column}), y).verdict != "suspect"


@pytest.mark.parametrize("name", ["iris", "wine", "breast_cancer", "diabetes"])
def test_real_tables_are_not_accused(name):
    from sklearn import datasets

    table = getattr(datasets, f"load_{name}")(as_frame=True)
    assert too_good_alone(table.data, table.target).verdict != "suspect"
    assert too_good_alone(table.data, table.target, 0).verdict == "clean"


def test_what_tells_something_is_never_clean_without_a_time():
    """A leak of middling strength looks like a good column."""
    for seed in range(10):
        rng = np.random.default_rng(seed)
        y = bern(rng)
        leak = np.where(rng.random(N) < 0.5, y, 0)
        assert verdicts(pd.DataFrame({"leak": leak}), y) == {"leak": "not checked"}


def test_presence_tells_as_on_the_titanic():
    rng = np.random.default_rng(0)
    survived = bern(rng, 0.38, 1_300)
    boat = pd.Series(rng.choice(list("ABCDEFGH"), 1_300), dtype=object)
    boat[(survived == 0) & (rng.random(1_300) < 0.99) | (rng.random(1_300) < 0.03)] = None
    body = pd.Series(rng.permutation(1_300), dtype="Int64")
    body[(survived == 1) | (rng.random(1_300) < 0.85)] = pd.NA
    cabin = pd.Series(rng.choice(list("ABC"), 1_300)).where(
        rng.random(1_300) < 0.2 + 0.2 * survived
    )
    result = too_good_alone(pd.DataFrame({"boat": boat, "body": body, "cabin": cabin}), survived)
    assert result["boat"].verdict == result["body"].verdict == "suspect"
    assert result["cabin"].verdict == "not checked"
    assert "it is filled in for" in result["body"].says


def test_few_rows_are_never_clean():
    rng = np.random.default_rng(0)
    X = pd.DataFrame({"x": rng.normal(size=16)})
    for when in (None, 0, 1):
        assert too_good_alone(X, np.arange(16) % 2, when).verdict == "not checked"


# -- false alarms -------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [30, 120, 600])
def test_false_alarms_are_rare_where_late_columns_know_nothing(n):
    alarms = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X = pd.DataFrame(rng.normal(size=(n, 4))).assign(
            word=rng.choice(list("abcde"), n), gap=np.where(rng.random(n) < 0.3, np.nan, 1.0)
        )
        alarms += too_good_alone(X, rng.random(n) < 0.3, 1).verdict == "suspect"
    assert alarms <= 4  # at 1 % more than this has a probability below 1 in 2 500


def test_false_alarms_are_rare_where_good_columns_are_in_time():
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(200, 5))
        y = X @ [1.5, 1.0, 0.5, 0, 0] + rng.logistic(size=200) > 0
        alarms += too_good_alone(X, y, 0).verdict == "suspect"
    assert alarms <= 3


@pytest.mark.parametrize("leak", [False, True])
def test_rows_that_were_oversampled_count_once(leak):
    """As they come, each column's few values of the rare class are those of one outcome."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, y = pd.DataFrame(rng.normal(size=(500, 4))), rng.random(500) < 0.05
        X["filled"] = np.where(y if leak else rng.random(500) < 0.05, rng.normal(size=500), np.nan)
        rows = np.r_[np.arange(500), rng.choice(np.flatnonzero(y), 450)]
        found = too_good_alone(X.iloc[rows].reset_index(drop=True), y[rows])
        alarms += found.verdict == "suspect"
        assert any("count once" in note for note in found.notes)
    assert alarms == 20 if leak else alarms <= 1


def test_rows_that_are_equal_by_chance_count_as_often_as_they_are_there():
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.integers(3, size=(400, 2)), columns=["ward", "meal"])
    found = too_good_alone(X, rng.random(400) < 0.3)
    assert not found.notes and found.verdict != "suspect"
    coarser = pd.DataFrame(rng.integers(8, size=(400, 3)), columns=["ward", "meal", "day"])
    assert not too_good_alone(coarser, rng.random(400) < 0.3).notes
    city = rng.integers(40, size=400)
    cities = pd.DataFrame({"city": city, "height": rng.normal(size=40)[city]})
    found = too_good_alone(cities, city < 12)
    assert not found.notes and found["city"].verdict == "suspect"


def coarse(rng, n, rare):
    """A table of ten columns of few levels, and an outcome that they do not tell."""
    columns = {f"c{place}": rng.integers(rng.integers(3, 9), size=n) for place in range(10)}
    return pd.DataFrame(columns), rng.random(n) < rare


@pytest.mark.parametrize("leak", [False, True])
def test_coarse_rows_that_were_oversampled_count_once(leak):
    """No column tells rows apart; all but any one of them do."""
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        X, y = coarse(rng, 500, 0.05)
        if leak:
            X["late"] = flipped(y, 0.02, rng).astype(int)
        rows = np.r_[np.arange(500), rng.choice(np.flatnonzero(y), 450)]
        found = too_good_alone(X.iloc[rows].reset_index(drop=True), y[rows], 1)
        alarms += found.verdict == "suspect"
        assert any("count once" in note for note in found.notes)
        assert not leak or found["late"].verdict == "suspect"
    assert alarms == 20 if leak else alarms <= 1


def test_what_was_planted_is_named_where_a_column_is_clean(planted):
    X, y = planted
    says = too_good_alone(X[["noise", "number"]], y, 1)
    assert "knows the outcome of 50 % of the rows, planted here, is seen." in says["noise"].says
    assert "planted" not in says["number"].says
    says = too_good_alone(X[["noise"]], y, 0)["noise"].says
    assert "and a copy of the outcome, planted here, is seen." in says
