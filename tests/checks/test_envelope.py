"""The sealed envelope: what was claimed against rows that the procedure never saw."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.feature_selection import SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    f1_score,
    get_scorer,
    log_loss,
    make_scorer,
    mean_squared_error,
    r2_score,
    roc_auc_score,
)
from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline

from pitfalls.audit import audit
from pitfalls.checks import beats_baselines, scores_on_shuffled_labels, sealed_envelope
from pitfalls.checks._scoring import Scoring
from pitfalls.checks._withheld import in_time, latest, of_groups, of_rows


def noise(n=400, p=5, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, p)), rng.integers(0, 2, n)


def signal(n=500, seed=0):
    X, y = noise(n, seed=seed)
    X[:, :2] += 1.2 * y[:, None]
    return X, y


def own_rows(X, y):
    model = KNeighborsClassifier(1).fit(X, y)
    return model.score(X, y), model


def folds(model, scoring="accuracy"):
    def evaluate(X, y):
        return cross_val_score(model, X, y, cv=3, scoring=scoring).mean(), model.fit(X, y)

    return evaluate


def check(evaluate, X, y, metric=accuracy_score, **options):
    return sealed_envelope(evaluate, X, y, metric=metric, **{"random_state": 0} | options)


def test_a_claim_that_the_model_does_not_get():
    result = check(own_rows, *noise())
    (found,) = result
    assert found.of == "rows"
    assert found.verdict == "suspect"
    assert found.value == pytest.approx(0.5, abs=0.1)
    assert "claimed 1, and the model gets 0.5" in found.says
    assert "Pipeline" in found.cure
    assert result.notes[-1].startswith("8 runs of evaluate")


def test_a_claim_that_it_gets_says_what_would_have_been_seen():
    result = check(folds(GaussianNB()), *signal())
    assert result.verdict == "clean"
    assert "too high would have been seen" in result["rows"].says
    assert any("on rows that it was given" in note for note in result.notes)


def test_selection_before_the_folds():
    def evaluate(X, y):
        best = SelectKBest(k=10).fit(X, y)
        Z, model = best.transform(X), GaussianNB()
        claimed = cross_val_score(model, Z, y, cv=5).mean()
        model.fit(Z, y)
        return claimed, lambda rows: model.predict(best.transform(rows))

    X, y = noise(100, 800)
    assert check(evaluate, X, y).verdict == "suspect"
    inside = make_pipeline(SelectKBest(k=10), GaussianNB())
    assert check(folds(inside), X, y).verdict != "suspect"


@pytest.mark.parametrize(
    ("metric", "scoring", "sign", "model"),
    [
        (accuracy_score, "accuracy", 1, GaussianNB()),
        ("accuracy", "accuracy", 1, GaussianNB()),
        (make_scorer(f1_score), "f1", 1, GaussianNB()),
        (lambda y, said: (y == said).mean(), "accuracy", 1, GaussianNB()),
        (roc_auc_score, "roc_auc", 1, GaussianNB()),
        (lambda y, p: roc_auc_score(y, p), "roc_auc", 1, LogisticRegression()),
        (log_loss, "neg_log_loss", -1, LogisticRegression()),
        (log_loss, "neg_log_loss", 1, LogisticRegression()),
        ("neg_log_loss", "neg_log_loss", -1, LogisticRegression()),
        (brier_score_loss, "neg_brier_score", -1, LogisticRegression()),
    ],
)
def test_metrics_of_any_kind_and_direction(metric, scoring, sign, model):
    """Losses come with either sign; probabilities are asked for where the metric wants them."""

    def sound(X, y):
        return sign * folds(model, scoring)(X, y)[0], model.fit(X, y)

    X, y = signal(800)
    result = check(sound, X, y, metric)
    assert result.verdict == "clean", result
    assert abs(result["rows"].value) < 0.05

    def flawed(X, y):
        claimed, shipped = sound(X, y)
        perfect = 0 if "neg" in scoring else 1
        return claimed + 0.6 * (perfect - claimed), shipped

    assert check(flawed, X, y, metric).verdict == "suspect"


def test_amounts_and_their_losses():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = 100 + 20 * (X[:, 0] + rng.normal(size=400))

    def memory(X, y):
        model = KNeighborsRegressor(1).fit(X, y)
        return mean_squared_error(y, model.predict(X)), model

    def sound(X, y):
        claimed = -cross_val_score(LinearRegression(), X, y, scoring="neg_mean_squared_error")
        return claimed.mean(), LinearRegression().fit(X, y)

    assert check(memory, X, y, mean_squared_error).verdict == "suspect"
    assert check(sound, X, y, mean_squared_error, n_scored=400).verdict == "clean"
    assert check(folds(LinearRegression(), "r2"), X, y, r2_score, n_scored=400).verdict == "clean"


def test_words_as_outcomes_and_a_function_of_probabilities():
    X, y = signal(600)
    y = np.array(["case", "no"])[y]

    def evaluate(X, y):
        model = LogisticRegression()
        claimed = cross_val_score(model, X, y == "case", scoring="roc_auc").mean()
        model.fit(X, y == "case")
        return claimed, lambda rows: model.predict_proba(rows)[:, 1]

    def metric(y, said):
        return roc_auc_score(y == "case", said)

    assert check(evaluate, X, y, metric).verdict == "clean"
    high = check(lambda X, y: (0.99, evaluate(X, y)[1]), *(X, y), metric)
    assert high.verdict == "suspect"


@pytest.mark.parametrize(
    "kind",
    [
        lambda X: X,
        lambda X: pd.DataFrame(X, columns=list("abcde")),
        lambda X: X.tolist(),
        sparse.csr_matrix,
        lambda X: X.reshape(len(X), 5, 1),
    ],
)
def test_kinds_of_rows(kind):
    def evaluate(X, y):
        flat = X if sparse.issparse(X) else np.asarray(X).reshape(len(y), -1)
        model = LogisticRegression().fit(flat, y)
        claimed = cross_val_score(model, flat, y).mean()

        def answer(rows):
            rows = rows if sparse.issparse(rows) else np.asarray(rows).reshape(-1, 5)
            return model.predict(rows)

        return claimed, answer

    X, y = signal()
    assert check(evaluate, kind(X), y).verdict == "clean"


@pytest.mark.parametrize(
    "kind",
    [
        list,
        pd.Series,
        lambda y: pd.Series(y, dtype="Int64"),
        lambda y: pd.Series(y).astype("category"),
        lambda y: pd.DataFrame({"y": y}),
        lambda y: np.array(["no", "yes"])[y],
        lambda y: y.astype(bool),
    ],
)
def test_kinds_of_outcomes(kind):
    X, y = signal()

    def evaluate(X, y):
        return folds(GaussianNB())(X, np.asarray(y).ravel().astype(str))

    def metric(y, said):
        return (y.astype(str) == said.astype(str)).mean()

    assert check(evaluate, X, kind(y), metric).verdict == "clean"


def test_texts_polars_and_torch():
    polars, torch = pytest.importorskip("polars"), pytest.importorskip("torch")
    X, y = signal()
    frame = polars.DataFrame(X, schema=list("abcde"))
    assert check(lambda X, y: folds(GaussianNB())(X.to_numpy(), y), frame, y).verdict == "clean"

    def evaluate(X, y):
        claimed, model = folds(GaussianNB())(X.numpy(), y.numpy())
        return claimed, lambda rows: torch.tensor(model.predict(rows.numpy()))

    assert check(evaluate, torch.tensor(X), torch.tensor(y)).verdict == "clean"
    words = [f"{'good' if one else 'bad'} {i % 5} words" for i, one in enumerate(y)]
    line = make_pipeline(CountVectorizer(), LogisticRegression())
    assert check(folds(line), words, y, groups=words).verdict == "not checked"  # 10 texts


def patients(seed=0, n=60, each=6):
    rng = np.random.default_rng(seed)
    who = np.repeat([f"p{i}" for i in range(n)], each)
    y = np.repeat(rng.integers(0, 2, n), each)
    X = np.repeat(rng.normal(size=(n, 4)), each, axis=0) + 0.2 * rng.normal(size=(n * each, 4))
    return X, y, who


def test_whole_groups_are_withheld_where_they_are_given():
    X, y, who = patients()

    def mixed(X, y):
        model, cv = KNeighborsClassifier(3), KFold(5, shuffle=True, random_state=0)
        return cross_val_score(model, X, y, cv=cv).mean(), model.fit(X, y)

    def apart(X, y, groups):
        model = KNeighborsClassifier(3)
        claimed = cross_val_score(model, X, y, cv=GroupKFold(5), groups=groups).mean()
        return claimed, model.fit(X, y)

    found = check(mixed, X, y, groups=who)
    assert found["groups"].verdict == "suspect"
    assert "GroupKFold" in found["groups"].cure
    assert check(apart, X, y, groups=who).verdict != "suspect"
    by_index = pd.Series(who, index=[f"row {i}" for i in range(len(who))])

    def looked_up(X, y):
        return apart(X, y, by_index.loc[X.index])

    frame = pd.DataFrame(X, index=by_index.index)
    assert check(looked_up, frame, y, groups=who).verdict != "suspect"


def test_groups_of_all_rows_inside_the_procedure_are_an_error_with_a_way_out():
    X, y, who = patients()

    def closes_over(X, y):
        return cross_val_score(GaussianNB(), X, y, groups=who, cv=GroupKFold(5)).mean(), None

    with pytest.raises(ValueError, match=r"could not work on 288 of the 360 rows.*named? a par"):
        check(closes_over, X, y, groups=who)


def test_the_latest_are_withheld_where_times_are_given():
    rng = np.random.default_rng(0)
    n = 1500
    state = np.cumsum(rng.normal(size=n))
    X = np.c_[np.arange(n), state]
    y = (np.sin(np.arange(n) / 30) > 0).astype(int)

    def mixed(X, y):
        model, cv = KNeighborsClassifier(3), KFold(5, shuffle=True, random_state=0)
        return cross_val_score(model, X, y, cv=cv).mean(), model.fit(X, y)

    times = pd.Series(pd.date_range("2020", periods=n, tz="UTC")).astype(str)
    found = check(mixed, X, y, time=times)["time"]
    assert found.verdict == "suspect"
    assert "TimeSeriesSplit" in found.cure
    both = check(mixed, X, y, time=np.arange(n), groups=np.arange(n) // 10)
    assert [one.of for one in both] == ["groups", "time"]


def test_rows_after_the_envelope_are_set_aside_and_a_day_is_on_one_side():
    day = np.repeat(np.arange(100), 3)
    for kept, withheld in latest(day, 0.2, 5):
        assert day[kept].max() < day[withheld].min()
        assert len(withheld) == pytest.approx(60, abs=3)
    starts = [day[withheld].min() for _, withheld in latest(day, 0.2, 5)]
    assert min(starts) == 50
    unknown = in_time(pd.Series(["2024-01-02", None, "2024-01-01"]))
    assert unknown.tolist() == [1, -1, 0]


def test_envelopes_share_nothing_until_all_rows_were_in_one():
    rng = np.random.default_rng(0)
    y = pd.Series(np.arange(100) < 20)
    parts = [next_ for next_, _ in zip(of_rows(y, 100, 0.2, rng), range(5), strict=False)]
    assert np.array_equal(np.sort(np.concatenate([out for _, out in parts])), np.arange(100))
    assert all(y[out].sum() == 4 for _, out in parts)
    groups = np.arange(100) % 10
    for kept, out in (
        pair for pair, _ in zip(of_groups(groups, 0.2, rng), range(5), strict=False)
    ):
        assert not {*groups[kept]} & {*groups[out]}


def test_copies_hide_the_flaw_unless_they_are_groups():
    X, y = noise(150)
    at = np.random.default_rng(0).permutation(np.r_[np.arange(150), np.arange(150)])

    def evaluate(X, y):
        model, cv = KNeighborsClassifier(1), KFold(5, shuffle=True, random_state=0)
        return cross_val_score(model, X, y, cv=cv).mean(), model.fit(X, y)

    blind = check(evaluate, X[at], y[at], n_scored=300)
    assert blind.verdict == "not checked"
    assert "exact copy" in blind["rows"].says
    assert check(evaluate, X[at], y[at], groups=at, n_scored=300).verdict == "suspect"


@pytest.mark.parametrize("seed", range(6))
def test_the_luck_of_one_small_test_set_is_no_flaw(seed):
    """The same hundred rows are the test set of every claim, and flatter all or none."""
    X, y = signal(500, seed=seed)
    X = pd.DataFrame(X)

    def one_split(X, y):
        tested = X.index.to_numpy() >= 400
        model = LogisticRegression().fit(X[~tested], y[~tested])
        return model.score(X[tested], y[tested]), model

    assert check(one_split, X, y).verdict != "suspect"


@pytest.mark.parametrize("seed", range(4))
def test_a_season_is_no_flaw(seed):
    rng = np.random.default_rng(seed)
    year, x = np.sin(np.arange(800) / 58), rng.normal(size=800)
    X, y = np.c_[x, year], 3 * year + x + 0.7 * rng.normal(size=800)

    def last_quarter(X, y):
        cut = len(X) * 3 // 4
        model = LinearRegression().fit(X[:cut], y[:cut])
        return r2_score(y[cut:], model.predict(X[cut:])), model

    assert check(last_quarter, X, y, r2_score, time=np.arange(800)).verdict != "suspect"


def test_few_rows_are_told_how_many_would_do():
    X, y = signal(50)
    result = check(folds(GaussianNB()), X, y)
    assert result.verdict == "not checked"
    assert "takes about" in result["rows"].says
    tiny = check(folds(GaussianNB()), *signal(20))
    assert "at least 25 in all" in tiny["rows"].says
    assert check(own_rows, *noise(60)).verdict == "suspect"


def test_all_right_in_a_few_rows_is_no_proof():
    X, y = signal(40)
    X[:, 0] = 100 * y + np.arange(40) / 100
    result = check(folds(KNeighborsClassifier(1)), X, y)
    assert result["rows"].value == 0
    assert result["rows"].null >= 3 / 40 * 0.5


def test_a_procedure_that_does_not_use_what_it_is_handed():
    X, y = signal()
    claimed, model = folds(GaussianNB())(X, y)
    result = check(lambda a, b: (claimed, model), X, y)
    assert result.verdict == "not checked"
    assert "mixed-up outcomes" in result["rows"].says


def test_a_claim_of_another_metric_is_no_clean_one():
    result = check(lambda X, y: (0.5, GaussianNB().fit(X, y)), *signal(2000), roc_auc_score)
    assert result.verdict == "not checked"


@pytest.mark.parametrize(
    ("evaluate", "says"),
    [
        (lambda X, y: 0.5, "return the pair"),
        (lambda X, y: (np.nan, DummyClassifier().fit(X, y)), "no number"),
    ],
)
def test_what_is_missing_is_said(evaluate, says):
    result = check(evaluate, *signal())
    assert result.verdict == "not checked"
    assert says in result["rows"].says


def test_without_a_metric_nothing_runs():
    result = sealed_envelope(lambda X, y: 1 / 0, *signal())
    assert result.verdict == "not checked"
    assert "pass metric=" in result["rows"].says
    few = check(own_rows, *noise(), groups=np.arange(400) % 3)
    assert "3 groups" in few["groups"].says


def test_outcomes_that_are_missing_or_all_alike():
    X, y = signal(600)
    gaps = pd.Series(y.astype(float)).mask(np.arange(600) % 10 == 0)

    def evaluate(X, y):
        known = y.notna()
        return folds(GaussianNB())(X[known], y[known].astype(int))

    assert check(evaluate, X, gaps).verdict == "clean"
    alike = check(lambda X, y: (1.0, DummyClassifier().fit(X, y)), X, np.zeros(600))
    assert alike.verdict == "not checked"


def test_a_function_of_rows_is_scored_by_the_name_of_a_metric():
    X, y = signal(600)
    for metric, ask in (("accuracy", "predict"), ("neg_log_loss", "predict_proba")):

        def evaluate(X, y, metric=metric, ask=ask):
            score = cross_val_score(GaussianNB(), X, y, scoring=metric).mean()
            return score, getattr(GaussianNB().fit(X, y), ask)

        assert check(evaluate, X, y, metric=metric, n_scored=600).verdict == "clean"


def test_a_metric_that_divides_by_the_spread_of_its_rows_is_compared_with_all_of_them():
    """A walk: R² on the rows of a short stretch is low, however good the forecast is."""
    rng = np.random.default_rng(0)
    walk = rng.normal(size=1_200).cumsum() / 4
    X, y = np.c_[walk[:-1], rng.normal(size=1_199)], walk[1:] + rng.normal(size=1_199) / 8

    def forward(X, y):
        scores = cross_val_score(Ridge(), X, y, cv=TimeSeriesSplit(4), scoring="r2")
        return scores.mean(), Ridge().fit(X, y)

    for metric in (r2_score, "r2"):
        found = sealed_envelope(
            forward, X, y, metric=metric, time=np.arange(1_199), random_state=0
        )
        assert found.verdict != "suspect"
        assert found["time"].numbers["low"] < found["time"].numbers["got"]


def wrong_shape(X, y):
    return 0.9, GaussianNB().fit(X[:, :2], y)


@pytest.mark.parametrize(
    ("evaluate", "options", "says"),
    [
        (None, {}, "evaluate=None must be a function"),
        (own_rows, {"y": [0, 1]}, "X has 400 rows and y has 2"),
        (own_rows, {"metric": "acuracy"}, "metric='acuracy' is no scorer.*'accuracy'"),
        (own_rows, {"metric": 3}, "metric=3 must be a function"),
        (own_rows, {"metric": lambda y, said: "good"}, "could not score the model's answers"),
        (own_rows, {"groups": [1, 2]}, "groups has 2 rows and 1 columns"),
        (own_rows, {"time": ["soon"] * 400}, "time has 'soon'"),
        (own_rows, {"size": 0.9}, "size=0.9"),
        (own_rows, {"n_envelopes": 2}, "n_envelopes=2"),
        (wrong_shape, {}, "could not answer for raw rows of X"),
        (lambda X, y: (0.9, 0.03), {}, "evaluate returned 0.03 as its model"),
        (lambda X, y: (0.9, 0.1, 2), {}, "evaluate returned 3 things"),
        (lambda X, y: ("high", own_rows(X, y)[1]), {}, "evaluate returned 'high'"),
        (lambda X, y: (90.0, own_rows(X, y)[1]), {}, "claims 90, and a perfect answer gets 1"),
        (lambda X, y: (0.9, lambda rows: 1), {}, "one answer for 80 rows"),
        (lambda X, y: (0.9, lambda rows: rows[:3, 0]), {}, "3 answers for 80 rows"),
        (lambda X, y: (0.9, lambda rows: rows), {"metric": "r2"}, "metric='r2' could not score"),
        (lambda X, y: X.loc[0], {}, r"could not work on 320 of the 400 rows \(AttributeError"),
    ],
)
def test_wrong_arguments_are_named_in_one_sentence(evaluate, options, says):
    X, y = noise()
    given = {"metric": accuracy_score, "y": y, "random_state": 0} | options
    with pytest.raises((TypeError, ValueError), match=says) as raised:
        sealed_envelope(evaluate, X, given.pop("y"), **given)
    assert "\n" not in str(raised.value)


def rare(seed=0, n=500, share=0.1):
    rng = np.random.default_rng(seed)
    y = (rng.random(n) < share).astype(int)
    X = rng.normal(size=(n, 5))
    X[:, 0] += y
    return X, y


@pytest.mark.parametrize(
    ("returned", "named"),
    [
        ("accuracy", "roc_auc"),
        ("accuracy", "f1"),
        ("accuracy", "balanced_accuracy"),
        ("roc_auc", "f1"),
        ("roc_auc", "average_precision"),
        ("accuracy", "neg_brier_score"),
    ],
)
@pytest.mark.parametrize("seed", range(2))
def test_a_claim_under_another_metric_is_not_accused_and_the_metric_is_named(
    returned, named, seed
):
    X, y = rare(seed)
    right = check(folds(LogisticRegression(), returned), X, y, returned)
    assert right.verdict != "suspect"
    found = check(folds(LogisticRegression(), returned), X, y, named)["rows"]
    assert found.verdict == "not checked"
    assert f"the claim is as {returned} would be here" in found.says
    assert f"pass metric={returned!r}" in found.says and "\n" not in found.says


def best_of_many(scoring):
    """The luckiest of many splits is reported."""

    def evaluate(X, y):
        found = []
        for seed in range(20):
            rows = np.random.default_rng(seed).permutation(len(y))
            cut = len(y) // 5
            model = GaussianNB().fit(X[rows[cut:]], y[rows[cut:]])
            score = get_scorer(scoring)(model, X[rows[:cut]], y[rows[:cut]])
            found.append((score, seed, model))
        return max(found)[0], max(found)[2]

    return evaluate


def scored_on_itself(scoring):
    def evaluate(X, y):
        model = KNeighborsClassifier(1).fit(X, y)
        return get_scorer(scoring)(model, X, y), model

    return evaluate


@pytest.mark.parametrize("flaw", [best_of_many, scored_on_itself])
@pytest.mark.parametrize("named", ["accuracy", "roc_auc", "f1"])
@pytest.mark.parametrize("returned", ["accuracy", "roc_auc"])
def test_no_flaw_hides_behind_a_metric(flaw, returned, named):
    """A claim that is too high in its own units is that whatever was named."""
    X, y = rare(0, n=300, share=0.4)
    X[:, 0] = X[:, 1]  # nothing is known
    found = check(flaw(returned), X, y, named)["rows"]
    assert "the claim is as" not in found.says
    if returned == named:
        assert found.verdict == "suspect"


@pytest.mark.parametrize("named", ["neg_root_mean_squared_error", "neg_mean_absolute_error"])
def test_a_share_of_the_spread_is_told_from_an_error(named):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 3))
    y = 100 + 20 * (X[:, 0] + rng.normal(size=400))
    found = check(folds(LinearRegression(), "r2"), X, y, named)["rows"]
    assert found.verdict == "not checked" and "pass metric='r2'" in found.says
    assert check(folds(LinearRegression(), "r2"), X, y, "r2").verdict != "suspect"

    def memory(X, y):
        model = KNeighborsRegressor(1).fit(X, y)
        return model.score(X, y), model

    assert check(memory, X, y, named).verdict == "suspect"
    assert check(memory, X, y, "r2").verdict == "suspect"


@pytest.mark.parametrize("metric", ["f1", "precision", f1_score, brier_score_loss])
def test_a_metric_of_the_label_1_says_what_to_do_where_labels_are_words(metric):
    X, y = signal(600)
    y = np.array(["no", "yes"])[y]
    words = r"words 'no' and 'yes'; make them 0 and 1, or .* make_scorer\(.*pos_label='yes'\)"
    never = lambda X, y: 1 / 0  # noqa: E731
    for ask in (
        lambda: sealed_envelope(never, X, y, metric=metric),
        lambda: beats_baselines(y, y, metric),
        lambda: scores_on_shuffled_labels(never, X, y, metric=metric),
        lambda: audit(never, X, y, metric=metric, progress=False),
    ):
        with pytest.raises(ValueError, match=words) as raised:
            ask()
        assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "metric",
    [make_scorer(f1_score, pos_label="yes"), lambda y, said: f1_score(y, said, pos_label="yes")],
)
def test_a_metric_of_a_label_that_is_a_word_is_taken(metric):
    X, y = signal(600)
    said = y ^ (np.arange(600) % 9 == 0)
    y, said = (np.array(["no", "yes"])[one] for one in (y, said))
    scoring = make_scorer(f1_score, pos_label="yes")
    assert check(folds(GaussianNB(), scoring), X, y, metric).verdict == "clean"
    assert beats_baselines(y, said, metric, random_state=0).verdict == "clean"
    shuffled = scores_on_shuffled_labels(
        folds(GaussianNB(), scoring), X, y, metric=metric, random_state=0
    )
    assert shuffled.verdict != "suspect"


def test_the_readers_data_stay_as_they_are():
    X, y = signal(100)
    frame, before = pd.DataFrame(X), pd.DataFrame(X.copy())

    def careless(X, y):
        X[0] = 0
        return 0.5, lambda rows: np.zeros(len(rows))

    check(careless, frame, y)
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize(
    ("metric", "sign"),
    [
        (accuracy_score, 1),
        (roc_auc_score, 1),
        (log_loss, -1),
        (brier_score_loss, -1),
        (lambda y, said: -((y - said) ** 2).mean(), 1),
        (lambda y, said: abs(y - said).max(), -1),
        ("neg_log_loss", 1),
    ],
)
def test_losses_and_scores_are_told_apart(metric, sign):
    level = Scoring(metric).level("function", np.arange(100) % 2, 0.7)
    assert level.sign == sign
    assert level.sign * (level.perfect - level.chance) > 0
