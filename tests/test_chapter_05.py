"""Chapter 05: patients who can be told by their voice, and the check for shared groups."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom, binomtest, sem, t
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import r2_score
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.checks import shared_groups
from pitfalls.datasets import make_voice_recordings

# --- the generator ---------------------------------------------------------------------------


def patients(sample):
    return sample.meta["patient"].to_numpy()


@pytest.mark.parametrize("strength", [0, 0.5, 1])
def test_the_dial_is_the_share_of_variance_that_is_the_patient(strength):
    study = make_voice_recordings(8_000, effect=0, strength=strength, random_state=0)
    frame = pd.DataFrame(study.X)
    within = frame.groupby(patients(study)).var().mean().mean()
    assert frame.var().mean() == pytest.approx(1, abs=0.03)
    assert 1 - within == pytest.approx(0.8 * strength, abs=0.03)
    assert study.truth["share"] == pytest.approx(0.8 * strength)


def test_a_disease_stays_and_a_state_changes():
    disease = make_voice_recordings(n_repeats=8, random_state=0)
    state = make_voice_recordings(n_repeats=8, changing=True, random_state=0)

    def labels(study):
        return pd.Series(study.y).groupby(patients(study)).nunique()

    assert (labels(disease) == 1).all() and 0.3 < disease.y.mean() < 0.7
    assert (labels(state) == 2).mean() > 0.9


def test_each_patient_changes_in_a_way_of_their_own():
    options = {"n_repeats": 400, "effect": 0, "identity": 1.0, "changing": True}
    study = make_voice_recordings(16_000, n_fresh=2, **options, random_state=0)
    frame = pd.DataFrame(study.X).groupby([patients(study), study.y])
    assert frame.var().to_numpy() == pytest.approx(0, abs=1e-12)
    levels = frame.mean().to_numpy().reshape(40, 2, -1)
    assert np.corrcoef(levels[:, 0].ravel(), levels[:, 1].ravel())[0, 1] == pytest.approx(
        0.5, abs=0.1
    )


def test_new_patients_are_new_and_known_ones_are_known():
    new = make_voice_recordings(random_state=0)
    known = make_voice_recordings(returning=True, random_state=0)
    np.testing.assert_array_equal(new.X, known.X)
    assert not set(patients(new)) & set(patients(new.fresh))
    assert len(set(patients(new.fresh))) == len(new.fresh)
    assert set(patients(known.fresh)) == set(patients(known))
    diagnosis = dict(zip(patients(known), known.y, strict=True))
    assert [diagnosis[who] for who in patients(known.fresh)] == known.fresh.y.tolist()
    bought = patients(new.collect(50))
    assert not set(bought) & {*patients(new), *patients(new.fresh)}


def test_the_last_patient_may_have_fewer_recordings():
    study = make_voice_recordings(21, n_repeats=8, n_fresh=2, random_state=0)
    assert np.bincount(patients(study)).tolist() == [8, 8, 5]


def test_the_best_accuracy_is_what_the_truth_says():
    study = make_voice_recordings(8, n_fresh=50_000, random_state=0)
    guess = study.fresh.X.sum(axis=1) > 0
    assert (guess == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)


def test_the_best_accuracy_knows_how_many_are_ill():
    study = make_voice_recordings(8, prevalence=0.2, n_fresh=50_000, random_state=0)
    assert study.fresh.y.mean() == pytest.approx(0.2, abs=0.01)
    apart = 2 * 0.15 * np.sqrt(20)
    rule = study.fresh.X.sum(axis=1) / np.sqrt(20) * apart > np.log(0.8 / 0.2)
    assert (rule == study.fresh.y).mean() == pytest.approx(study.truth["bayes"], abs=0.01)
    assert make_voice_recordings(8, prevalence=0.2, effect=0, n_fresh=2).truth["bayes"] == 0.8


def test_some_come_often_and_some_once():
    study = make_voice_recordings(uneven=1.0, n_fresh=2, random_state=0)
    counts = np.bincount(patients(study))
    assert len(study) == 960 and len(counts) == 120 and counts.min() >= 1
    assert counts.std() > counts.mean() / 2
    last = study.meta.groupby("patient")["day"].max()
    assert (last == study.meta["day"].max()).all() and study.meta["day"].min() >= 0


def test_a_double_is_the_same_person_under_another_number():
    options = {"identity": 1.0, "effect": 0, "n_fresh": 2, "random_state": 0}
    study = make_voice_recordings(doubles=0.2, **options)
    of_patient = pd.DataFrame(study.X).assign(y=study.y).groupby(patients(study)).first()
    twice = of_patient.round(9).duplicated(keep=False)
    assert twice.sum() == 24
    alone = pd.DataFrame(make_voice_recordings(**options).X[::8])
    assert not alone.round(9).duplicated().any()


@pytest.mark.parametrize("persistence", [0.4, 0.9])
def test_a_state_lasts(persistence):
    options = {"changing": True, "persistence": persistence, "prevalence": 0.3}
    study = make_voice_recordings(40_000, n_repeats=100, n_fresh=2, **options, random_state=0)
    y = study.y.reshape(400, 100)
    found = np.corrcoef(y[:, :-1].ravel(), y[:, 1:].ravel())[0, 1]
    assert found == pytest.approx(persistence, abs=0.03)
    assert y.mean() == pytest.approx(0.3, abs=0.03)


def test_a_voice_drifts():
    options = {"identity": 0, "effect": 0, "drift": 0.5, "memory": 0.9}
    study = make_voice_recordings(20_000, n_repeats=100, n_fresh=2, **options, random_state=0)
    X = study.X.reshape(200, 100, -1)
    assert X.var() == pytest.approx(1, abs=0.03)
    for lag in (1, 5):
        found = np.corrcoef(X[:, :-lag].ravel(), X[:, lag:].ravel())[0, 1]
        assert found == pytest.approx(0.5 * 0.9**lag, abs=0.02)


def test_the_next_days_follow_the_last_one():
    options = {"identity": 0.5, "changing": True, "returning": True, "n_fresh": 12_000}
    options |= {"persistence": 1.0, "drift": 1.0, "memory": 1.0, "effect": 0, "ahead": 4}
    study = make_voice_recordings(480, n_repeats=12, **options, random_state=0)
    last = study.meta["day"] == 11
    state = dict(zip(patients(study)[last], study.y[last], strict=True))
    sound = dict(zip(patients(study)[last], study.X[last], strict=True))
    assert [state[who] for who in patients(study.fresh)] == study.fresh.y.tolist()
    np.testing.assert_allclose([sound[who] for who in patients(study.fresh)], study.fresh.X)
    assert sorted(study.fresh.meta["day"].unique()) == [12, 13, 14, 15]
    assert np.bincount(patients(study.fresh)).min() > 200
    assert study.info["ahead"] == 4


@pytest.mark.parametrize(
    ("name", "bad"), [("prevalence", 0), ("uneven", -1), ("doubles", 2), ("own", -0.1),
                      ("persistence", 1.1), ("drift", 2), ("memory", -1), ("ahead", 0)],
)  # fmt: skip
def test_what_cannot_be_is_named(name, bad):
    with pytest.raises(ValueError, match=f"{name}={bad}"):
        make_voice_recordings(**{name: bad})


@pytest.mark.parametrize("name", ["changing", "returning"])
@pytest.mark.parametrize("bad", [1, "yes", None])
def test_yes_or_no_is_asked_for(name, bad):
    with pytest.raises(TypeError, match=f"{name}={bad!r}"):
        make_voice_recordings(**{name: bad})


# --- the protocols ---------------------------------------------------------------------------


def interval_over_groups():
    world = course.load("shared_subjects").world("disease")
    return world.fixes["split_by_patient"].__globals__["interval_over_groups"]


def test_the_interval_of_the_fix_is_over_patients():
    world = course.load("shared_subjects").world("disease")
    study = world.make(strength=1, random_state=5)
    score = study.run(world.fixes["split_by_patient"])
    low, high = score.interval
    assert low < score.claimed < high
    # Thirty test patients: between no and complete dependence of a patient's recordings.
    independent = t.ppf(0.975, 29) * np.sqrt(score.claimed * (1 - score.claimed) / 240)
    assert independent < (high - low) / 2 < independent * np.sqrt(8) * 1.2


def test_groups_that_are_alike_are_worth_one_toss_each():
    shares = pd.Series(np.repeat([1.0, 0.0], [24, 6]))
    low, high = interval_over_groups()(shares)
    exact = binomtest(24, 30).proportion_ci()
    assert (low, high) == pytest.approx((exact.low, exact.high), abs=0.02)
    longer = interval_over_groups()(pd.Series(np.full(30, 0.8)))
    assert high - low > longer[1] - longer[0]


def test_an_interval_at_the_edge_has_a_width():
    low, high = interval_over_groups()(pd.Series(np.ones(30)))
    assert high == 1 and 1 - 3.0 / 30 - 0.05 < low < 1 - 3.0 / 30  # the rule of three, two-sided
    assert interval_over_groups()(pd.Series(np.zeros(30))) == pytest.approx((0, 1 - low))


def test_both_pages_have_the_same_interval():
    lesson = course.load("shared_subjects")
    there = lesson.world("known").fixes["hold_out_last_days"].__globals__["interval_over_groups"]
    for shares in ([1.0, 1.0, 0.5], [0.0, 0.0], [0.6, 0.7, 0.9, 1.0]):
        values = pd.Series(shares)
        assert there(values) == interval_over_groups()(values)


def test_no_patient_of_the_fix_stands_on_both_sides():
    world = course.load("shared_subjects").world("disease")
    study = world.make(strength=1, random_state=0)
    split = world.fixes["split_by_patient"].__globals__["score_groups"]
    seen = {}

    class Spy(KNeighborsClassifier):
        def fit(self, X, y):
            seen["train"] = X
            return super().fit(X, y)

    split(study.development, Spy(5), study.meta["patient"])
    trained = {row.tobytes() for row in seen["train"]}
    in_training = np.array([row.tobytes() in trained for row in np.array(study.X)])
    shares = pd.Series(in_training).groupby(patients(study)).mean()
    assert sorted(shares.unique()) == [0, 1] and shares.sum() == 90


# --- the check -------------------------------------------------------------------------------


def groups_of(n_groups, sizes, *, identity, effect, seed, kind="label"):
    """Draw rows of groups with a label or number each; `identity` as a share of the variance."""
    rng = np.random.default_rng(seed)
    group = np.repeat(np.arange(n_groups), rng.choice(sizes, n_groups))
    of_group = rng.normal(size=n_groups) if kind == "number" else rng.integers(0, 2, n_groups)
    y = of_group[group]
    own = rng.normal(size=(n_groups, 6))[group]
    X = np.sqrt(identity) * own + np.sqrt(1 - identity) * rng.normal(size=(len(y), 6))
    return X + effect * y[:, None], y, group


def score_neighbours(X, y, test, k=3):
    """Return the accuracy of the k nearest training rows; R² where labels are numbers."""
    X = np.asarray(X, float)
    distance = ((X[test][:, None] - X[~test][None]) ** 2).sum(axis=2)
    votes = np.asarray(y)[~test][np.argsort(distance, axis=1)[:, :k]]
    truth = np.asarray(y)[test]
    if votes.dtype.kind == "f":
        return r2_score(truth, votes.mean(axis=1))
    said = (votes == votes[:, :1]).mean(axis=1) > 0.5
    other = np.where(votes[:, 1] == votes[:, 0], votes[:, 2], votes[:, 1])
    return (np.where(said, votes[:, 0], other) == truth).mean()


def by_row(X, y):
    return score_neighbours(X, y, np.random.default_rng(0).random(len(y)) < 0.25)


def by_group(group):
    held_out = np.random.default_rng(0).permutation(np.unique(group))[: np.unique(group).size // 4]
    return lambda X, y: score_neighbours(X, y, np.isin(group, held_out))


def verdict(*args, **options):
    return shared_groups(*args, **options).loc["groups", "verdict"]


@pytest.mark.parametrize(("n_groups", "sizes"), [(8, [4]), (30, [2, 3, 9]), (12, [20])])
def test_groups_that_are_recognised_are_found(n_groups, sizes):
    X, y, group = groups_of(n_groups, sizes, identity=0.8, effect=0.3, seed=1)
    assert verdict(by_row, X, y, group, random_state=0) == "suspect"
    assert verdict(by_group(group), X, y, group, random_state=0) == "clean"


def test_frames_text_and_other_indices_are_taken():
    X, y, group = groups_of(20, [5], identity=0.8, effect=0.3, seed=2)
    frame = pd.DataFrame(X, index=np.arange(100)[::-1])
    labels = pd.Series(np.where(y, "ill", "healthy"), index=frame.index)
    names = pd.Series([f"patient {who}" for who in group], index=frame.index)
    table = shared_groups(by_row, frame, labels, names, random_state=0)
    assert table.columns.tolist() == ["value", "null", "verdict"]
    assert table.loc["groups", "verdict"] == "suspect"
    assert table.loc["groups", "value"] > table.loc["groups", "null"] + 0.2
    mixed = frame.assign(place=np.where(frame[0] > 0, "here", "there"))
    numbers = slice(0, 6)
    assert (
        verdict(lambda X, y: by_row(X.iloc[:, numbers], y), mixed, labels, names, random_state=0)
        == "suspect"
    )


def test_numbers_are_taken_too():
    X, y, group = groups_of(40, [5], identity=0.8, effect=0.2, seed=3, kind="number")
    assert verdict(by_row, X, y, group, random_state=0) == "suspect"
    assert verdict(by_group(group), X, y, group, random_state=0) == "clean"


def test_a_line_has_little_room_for_many_people():
    X, y, group = groups_of(120, [8], identity=0.8, effect=0.2, seed=4)
    test = np.random.default_rng(0).random(len(y)) < 0.25

    def line(X, y):
        return LogisticRegression().fit(X[~test], y[~test]).score(X[test], y[test])

    tables = [shared_groups(e, X, y, group, random_state=0) for e in (line, by_row)]
    gain = [table.loc["groups", "value"] - table.loc["groups", "null"] for table in tables]
    assert gain[0] < 0.15 < gain[1]


@pytest.mark.parametrize("effect", [0, 1.5])
def test_false_alarms_are_as_rare_as_promised(effect):
    # A procedure that splits by group where groups are recognised, and one that splits by row
    # where they are not, without and with a strong effect of the label itself.
    alarms = []
    for seed in range(60):
        X, y, group = groups_of(24, [4], identity=0.8, effect=effect, seed=seed)
        alarms.append(verdict(by_group(group), X, y, group, random_state=seed))
        X, y, group = groups_of(24, [4], identity=0, effect=effect, seed=seed)
        alarms.append(verdict(by_row, X, y, group, random_state=seed))
    assert set(alarms) <= {"clean", "suspect"}
    assert alarms.count("suspect") <= binom.ppf(0.999, len(alarms), 0.015)


def test_whole_groups_exchange_their_labels():
    X, y, group = groups_of(12, [6], identity=0.5, effect=0, seed=5)
    seen = []

    def evaluate(X, labels):
        seen.append(np.array(labels))
        return 0.5

    table = shared_groups(evaluate, X, y, group, n_shuffles=5, random_state=0)
    exchanged, loose = seen[::2], seen[1::2]
    assert len(seen) == 10 and table.loc["groups", "verdict"] == "clean"
    for labels, dealt in zip(exchanged, loose, strict=True):
        assert pd.Series(labels).groupby(group).nunique().max() == 1
        assert labels.sum() == dealt.sum() == y.sum()
        assert [labels[y == v].sum() for v in (0, 1)] == [dealt[y == v].sum() for v in (0, 1)]
        assert (pd.Series(dealt).groupby(group).nunique() == 2).any()
    assert len({labels.tobytes() for labels in exchanged}) > 1
    again = shared_groups(by_row, X, y, group, random_state=7)
    pd.testing.assert_frame_equal(again, shared_groups(by_row, X, y, group, random_state=7))


def test_labels_that_change_within_a_group_are_exchanged_too():
    world = course.load("shared_subjects").world("known")
    study = world.make(strength=1, random_state=0)
    who = patients(study)
    assert verdict(by_row, study.X, study.y, who, random_state=0) == "suspect"
    assert verdict(by_group(who), study.X, study.y, who, random_state=0) == "clean"
    rng = np.random.default_rng(0)
    group, y = np.repeat(np.arange(20), 6), np.tile([0, 0, 0, 1, 1, 1], 20)
    X = rng.normal(size=(120, 4)) + 2 * y[:, None]
    assert verdict(by_group(group), X, y, group, random_state=0) == "clean"
    assert verdict(by_row, X, y, group, random_state=0) == "clean"


@pytest.mark.filterwarnings("error")
def test_what_cannot_be_checked_is_not_called_clean():
    X, y, group = groups_of(10, [5], identity=0.5, effect=0, seed=0)
    n = len(y)
    nothing = np.full(n, np.nan)
    cases = {
        "one group": (X, y, np.zeros(n)),
        "one row a group": (X, y, np.arange(n)),
        "constant y": (X, np.zeros(n, int), group),
        "missing y": (X, nothing, group),
        "missing groups": (X, y, nothing),
        "missing X": (np.full_like(X, np.nan), y, group),
        "constant X": (np.ones_like(X), y, group),
        "constant frame": (pd.DataFrame({"a": ["k"] * n, "b": [None] * n}), y, group),
        "empty": (X[:0], y[:0], group[:0]),
        "empty frame": (pd.DataFrame(X)[:0], pd.Series(y)[:0], pd.Series(group)[:0]),
        "one row": (X[:1], y[:1], group[:1]),
    }
    found = {name: verdict(by_row, *case, random_state=0) for name, case in cases.items()}
    assert set(found.values()) == {"not checked"}, found
    assert verdict(lambda X, y: np.nan, X, y, group) == "not checked"


def test_the_limit_is_three_standard_errors():
    rng = np.random.default_rng(0)
    X, y, group = groups_of(10, [5], identity=0.5, effect=0, seed=0)
    for shift in (0.2, 0.4, 0.6, 0.8):
        scores = rng.normal(size=(20, 2)) + [shift, 0]
        stream = iter(scores.ravel())
        gain = scores[:, 0] - scores[:, 1]
        sure = gain.mean() > 3 * sem(gain)
        found = verdict(lambda X, y, stream=stream: next(stream), X, y, group, random_state=0)
        assert found == ("suspect" if sure else "clean")
