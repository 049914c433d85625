"""Copies of rows on both sides of a split."""

import time
import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage, signal, sparse
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.model_selection import train_test_split

from pitfalls.checks import shared_rows


def halves(X, seed=0, share=0.0, jitter=0.0):
    """Split in 7 to 3, and make a share of the test rows copies of training rows."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(X)
    order = rng.permutation(len(frame))
    n = round(0.7 * len(frame))
    train, test = (frame.iloc[rows].reset_index(drop=True) for rows in (order[:n], order[n:]))
    k = round(share * len(test))
    copies = train.iloc[rng.permutation(n)[:k]]
    if jitter:
        copies = copies + jitter * rng.normal(size=copies.shape) * train.std().to_numpy()
    return train, pd.concat([copies, test[k:]], ignore_index=True)


def people(n, rng, fine=False):
    """A table such as Adult: coarse, with a column that is fine or not."""
    return pd.DataFrame({
        "age": rng.normal(40, 12, n).round().clip(17, 80),
        "hours": rng.choice([20, 38, 40, 50], n, p=[0.1, 0.15, 0.65, 0.1]),
        "education": rng.integers(5, 16, n),
        "sex": rng.choice(["m", "f"], n),
        "gain": rng.choice([0] * 8 + [5_000, 15_000], n),
        "income": rng.lognormal(10, 0.5, n).round(-2) if fine else rng.integers(2, size=n),
    })  # fmt: skip


def mixed(n, rng):
    frame = pd.DataFrame(rng.normal(size=(n, 6)), columns=list("abcdef"))
    frame["ward"] = rng.choice(["surgery", "medicine", None], n)
    frame["grade"] = pd.Categorical(rng.choice(list("uvwxyz"), n))
    frame["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 900, n), "D")
    frame["smokes"] = rng.random(n) < 0.3
    return frame.mask(rng.random(frame.shape) < 0.05)


def prices(n, rng):
    price, pieces = rng.lognormal(3, 1, n).round(2), rng.integers(1, 4, n)
    gross = price * pieces * rng.choice([1.07, 1.19], n)
    return pd.DataFrame({"price": price, "sum": price * pieces, "gross": gross, "pieces": pieces})


CLEAN = {
    "normal": lambda n, rng: rng.normal(size=(n, 8)),
    "wide": lambda n, rng: rng.normal(size=(n, 60)),
    "one column": lambda n, rng: rng.normal(size=(n, 1)),
    "t, 2 degrees": lambda n, rng: rng.normal(size=(n, 5)) / rng.chisquare(2, (n, 1)) ** 0.5,
    "cauchy": lambda n, rng: rng.standard_t(1, (n, 6)),
    "healthy and very ill": lambda n, rng: (
        np.where(rng.random((n, 1)) < 0.9, 1, 50) * rng.normal(size=(n, 5))
    ),
    "ill": lambda n, rng: np.where(rng.random((n, 1)) < 0.9, 1, 10) * rng.normal(size=(n, 5)),
    "firms": lambda n, rng: rng.lognormal(0, 2, (n, 1)) * rng.lognormal(0, 0.1, (n, 5)),
    "amounts": lambda n, rng: rng.lognormal(0, 2, (n, 6)),
    "two factors": lambda n, rng: (
        rng.normal(size=(n, 2)) @ rng.normal(size=(2, 8)) + 0.01 * rng.normal(size=(n, 8))
    ),
    "segments": lambda n, rng: (
        (3 * rng.normal(size=(12, 5)))[rng.integers(0, 12, n)] + 0.1 * rng.normal(size=(n, 5))
    ),
    "spendings": lambda n, rng: np.where(
        rng.random((n, 6)) < 0.7, 0, rng.lognormal(3, 1, (n, 6)).round(2)
    ),
    "rounded": lambda n, rng: rng.normal(size=(n, 10)).round(1),
    "whole numbers": lambda n, rng: rng.integers(0, 10, (n, 8)),
    "counts": lambda n, rng: rng.poisson(1, (n, 12)),
    "rarely yes": lambda n, rng: (rng.random((n, 15)) < 0.1).astype(int),
    "two kinds": lambda n, rng: rng.random((n, 10)) < np.where(rng.random((n, 1)) < 0.3, 0.9, 0.1),
    "dummies": lambda n, rng: pd.get_dummies(pd.DataFrame(rng.choice(list("abcdef"), (n, 5)))),
    "answers": lambda n, rng: rng.integers(1, 6, (n, 25)),
    "people": people,
    "mixed": mixed,
    "prices": prices,
    "sensor": lambda n, rng: signal.lfilter([1], [1, -0.99], rng.normal(size=(3, n)), axis=1).T,
    "routes": lambda n, rng: pd.DataFrame(rng.choice(list("abcdefghij"), (60, 3))).iloc[
        (60 * rng.random(n) ** 3).astype(int)
    ],
    "with a number": lambda n, rng: pd.DataFrame(rng.normal(size=(n, 4))).assign(
        no=rng.integers(10**8, 10**9, n), amount=rng.lognormal(16, 1, n)
    ),
}
REAL = {"iris": load_iris, "wine": load_wine, "cancer": load_breast_cancer,
        "diabetes": load_diabetes, "digits": load_digits}  # fmt: skip


@pytest.mark.parametrize("make", CLEAN.values(), ids=CLEAN)
def test_different_rows_do_not_alarm(make):
    for seed in range(3):
        X = make(400, np.random.default_rng(seed))
        found = shared_rows(*halves(X, seed))
        assert found.verdict != "suspect", f"seed {seed}: {found}"


@pytest.mark.parametrize("load", REAL.values(), ids=REAL)
def test_real_tables_do_not_alarm_and_copies_in_them_do(load):
    X = load().data[:600]
    assert shared_rows(*halves(X)).verdict != "suspect"
    found = shared_rows(*halves(X, share=0.3))
    assert found["exact"].verdict == "suspect"
    assert found["exact"].value == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize("fine", [True, False])
@pytest.mark.parametrize("numbered", [True, False])
def test_copies_in_a_coarse_table_are_told_from_coincidence(fine, numbered):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        table = people(1_000, rng, fine)
        assert shared_rows(*halves(table, seed))["exact"].verdict == "not checked"
        table = pd.concat([table, table.sample(200, random_state=seed)], ignore_index=True)
        if numbered:
            table["no"] = rng.permutation(10**6)[:1_200]
        found = shared_rows(*halves(table, seed))
        assert found["exact"].verdict == "suspect"
        assert found["exact"].value > 0.2
        assert bool(found.notes[0].startswith("no: each row")) == numbered


@pytest.mark.parametrize("shape", [(64,), (8, 8)])
def test_a_handful_of_pictures_is_named(shape):
    images = load_digits().images
    test = images[1_000:1_250].copy()
    test[[7, 9, 200]] = images[:3]
    found = shared_rows(images[:1_000].reshape(-1, *shape), test.reshape(-1, *shape))["exact"]
    assert found.verdict == "suspect"
    assert set(found.where) == {7, 9, 200}
    assert found.null == 0


def pictures(rng, n):
    """Blurred noise, as pictures are, of which each is another."""
    noise = ndimage.gaussian_filter(rng.normal(size=(n, 20, 20)), (0, 2, 2), mode="wrap")
    return (128 + 300 * noise).clip(0, 255).astype(np.uint8)


CHANGES = {
    "darker": lambda some, rng: (0.9 * some).astype(np.uint8),
    "noisy": lambda some, rng: (some + rng.normal(0, 3, some.shape)).clip(0, 255).astype(np.uint8),
    "shifted": lambda some, rng: np.roll(some, 1, axis=2),
    "mirrored": lambda some, rng: some[:, :, ::-1],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("channels", [None, "last", "first"])
def test_changed_pictures_are_found(change, channels):
    rng = np.random.default_rng(0)
    images = pictures(rng, 300)
    train, test = images[:240], images[240:].copy()
    test[:10] = change(train[:10], rng)
    if channels:
        axis = -1 if channels == "last" else 1
        train, test = (np.stack([side] * 3, axis=axis) for side in (train, test))
    found = shared_rows(train, test)["near"]
    assert found.verdict == "suspect"
    assert set(found.where) <= set(range(10)) and len(found.where) >= 8


@pytest.mark.parametrize("down", [0, 1, 2])
@pytest.mark.parametrize("right", [0, 2])
def test_pictures_that_were_cut_out_a_pixel_further_on_are_found(down, right):
    """What lies beyond the edge is new, other than where a picture is rolled."""
    rng = np.random.default_rng(0)
    land = ndimage.gaussian_filter(rng.normal(size=(700, 14, 14)), (0, 1, 1))
    train, test = land[:500, 1:-1, 1:-1], land[500:, 1:-1, 1:-1].copy()
    assert shared_rows(train, test)["near"].verdict == "clean"
    test[:40] = land[:40, down : down + 12, right : right + 12]
    for one, other in ((train, test), (list(train), list(test))):
        found = shared_rows(one, other)["near"]
        assert found.verdict == "suspect" and set(found.where) == {*range(40)}


def test_other_pictures_are_clean():
    images = pictures(np.random.default_rng(1), 500)
    assert shared_rows(images[:400], images[400:]).verdict == "clean"


@pytest.mark.parametrize(("n", "share"), [(100, 0.3), (300, 0.2), (1_000, 0.05)])
@pytest.mark.parametrize("jitter", [0.001, 0.05])
def test_near_copies_are_found(n, share, jitter):
    for seed in range(3):
        X = np.random.default_rng(seed).normal(size=(n, 10))
        found = shared_rows(*halves(X, seed, share, jitter))["near"]
        assert found.verdict == "suspect"
        assert found.value <= share + 0.01


def test_knots_of_several_copies_are_found():
    rng = np.random.default_rng(0)
    X = np.repeat(rng.normal(size=(150, 10)), 5, axis=0) + 0.03 * rng.normal(size=(750, 10))
    assert shared_rows(*halves(X))["near"].verdict == "suspect"


def test_no_word_of_clean_where_near_copies_would_not_stand_out():
    rng = np.random.default_rng(0)
    found = shared_rows(*halves(rng.normal(size=(500, 2))))
    assert found["exact"].verdict == "clean"
    assert found["near"].verdict == "not checked"
    assert "planted here were not found" in found["near"].says


def clips(rng):
    start = rng.normal(size=(30, 1, 12))
    return (start + 0.1 * rng.normal(size=(30, 40, 12)).cumsum(axis=1)).reshape(-1, 12)


def test_frames_of_a_clip_are_not_called_clean_and_found_by_their_order():
    X = clips(np.random.default_rng(0))
    here, there = train_test_split(np.arange(len(X)), test_size=0.3, random_state=0)
    assert shared_rows(X[here], X[there]).verdict == "not checked"
    found = shared_rows(X[here], X[there], order=(here, there))["neighbours"]
    assert found.verdict == "suspect" and found.value > 0.8
    frames = pd.DataFrame(X)
    found = shared_rows(frames.iloc[here], frames.iloc[there])
    assert found["neighbours"].verdict == "not checked"
    assert "order=" in found["neighbours"].says


def test_order_that_does_not_matter_is_clean():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(600, 8))
    X[300:] += 3  # a file sorted by class
    rows = rng.permutation(600)
    days = pd.date_range("2024-01-01", periods=600).to_numpy()
    found = shared_rows(X[rows[:400]], X[rows[400:]], order=(days[rows[:400]], days[rows[400:]]))
    assert found["neighbours"].verdict == "clean"
    later = clips(rng)
    found = shared_rows(later[:800], later[800:], order=(np.arange(800), np.arange(800, 1_200)))
    assert found["neighbours"].verdict == "clean"
    assert found["neighbours"].value == 0


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (3, "order='3' must be a pair"),
        ((range(50), range(9)), "9 × 1 values for the 10 rows of test"),
        ((["a"] * 50, ["b"] * 10), "order of train has 'a'"),
    ],
)
def test_an_order_that_does_not_fit_is_named(order, says):
    rng = np.random.default_rng(0)
    order = tuple(map(list, order)) if isinstance(order, tuple) else order
    with pytest.raises(ValueError, match=says):
        shared_rows(rng.normal(size=(50, 4)), rng.normal(size=(10, 4)), order=order)


# Whatever people have


def kinds(train, test):
    names = list("abcde")
    frames = pd.DataFrame(train, columns=names), pd.DataFrame(test, columns=names)
    yield train, test
    yield frames[0], test
    yield train.tolist(), frames[1]
    yield frames[0], frames[1][names[::-1]]
    yield train.reshape(len(train), 1, 5), test.reshape(len(test), 1, 5)
    yield sparse.csr_array(train), sparse.coo_matrix(test)
    yield sparse.csr_array(train), test


def test_copies_are_found_whatever_the_two_sides_are():
    rng = np.random.default_rng(0)
    train = rng.normal(size=(200, 5)).round(6)
    test = np.vstack([train[:20], rng.normal(size=(50, 5))])
    for sides in kinds(train, test):
        found = shared_rows(*sides)["exact"]
        assert found.verdict == "suspect"
        assert found.value == pytest.approx(20 / 70)
        assert set(found.where) == set(range(20))


def test_sparse_rows_stay_sparse():
    rng = np.random.default_rng(0)
    wide = sparse.random_array((600, 200_000), density=5e-4, rng=rng, format="csr")
    test = sparse.vstack([wide[:4], wide[500:]])
    tracemalloc.start()
    found = shared_rows(wide[:500], test)
    assert tracemalloc.get_traced_memory()[1] < 2e8
    tracemalloc.stop()
    assert found["exact"].where == (0, 1, 2, 3)
    near = wide[:20].copy()
    near.data *= rng.uniform(0.95, 1.05, len(near.data))
    found = shared_rows(wide[:500], sparse.vstack([near, wide[500:]]))
    assert found["near"].verdict == "suspect"
    assert shared_rows(wide[:500], wide[500:]).verdict == "clean"


def test_units_do_not_matter_and_nothing_is_changed():
    train, test = halves(np.random.default_rng(0).normal(size=(300, 6)), share=0.1)
    kept = train.copy(), test.copy()
    before = shared_rows(train, test)
    other = shared_rows(train * [1, 1e6, 1e-6, 3, 7, 1e3], test * [1, 1e6, 1e-6, 3, 7, 1e3])
    assert [one.verdict for one in before] == [one.verdict for one in other]
    assert before["exact"].where == other["exact"].where
    pd.testing.assert_frame_equal(train, kept[0])
    pd.testing.assert_frame_equal(test, kept[1])
    assert str(before) == str(shared_rows(train, test))


def test_rows_are_named_as_the_frame_names_them():
    train, test = halves(np.random.default_rng(0).normal(size=(300, 6)))
    test.index = [f"scan {row}" for row in range(len(test))]
    test.iloc[5] = train.iloc[8]
    assert shared_rows(train, test)["exact"].where == ("scan 5",)


def test_blank_rows_are_left_out():
    train, test = halves(np.random.default_rng(0).normal(size=(300, 20)))
    train.iloc[:30] = test.iloc[:10] = 0.0
    found = shared_rows(train, test)
    assert found["exact"].verdict == "clean"
    assert "10 test rows in which nothing varies left out." in found.notes


def test_oversampled_rows_of_a_coarse_table_are_not_called_clean():
    rng = np.random.default_rng(0)
    table = people(600, rng)
    table = pd.concat([table, *[table[:30]] * 9], ignore_index=True)
    assert shared_rows(*halves(table))["exact"].verdict != "clean"
    fine = pd.DataFrame(np.repeat(rng.normal(size=(80, 10)), 15, axis=0))
    assert shared_rows(*halves(fine))["exact"].verdict == "suspect"


nothing = np.empty((0, 3))
some = np.random.default_rng(0).normal(size=(40, 3))


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (nothing, nothing), (nothing, some), (some, nothing), ([], []),
        (np.ones((40, 3)), np.ones((20, 3))),
        (np.full((40, 3), np.nan), np.full((20, 3), np.nan)),
        (some, some[:1] + 1), (some[:9], some[9:]),
        (pd.DataFrame(index=range(40)), pd.DataFrame(index=range(20))),
        (pd.DataFrame({"a": [None] * 40}), pd.DataFrame({"a": [None] * 20})),
        (sparse.csr_array((40, 3)), sparse.csr_array((10, 3))),
        (some + 1j, some[:5] + 2j), (some * 1e300, some[:9] * 1e299),
        (pd.DataFrame({"a": [[1], {2: 3}] * 20}), pd.DataFrame({"a": [[4]] * 9})),
    ],
)  # fmt: skip
def test_what_cannot_be_checked_is_not_called_clean(train, test):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert shared_rows(train, test).verdict == "not checked"


def test_sides_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="train has 2 columns and test 3"):
        shared_rows(np.zeros((9, 2)), np.zeros((9, 3)))
    with pytest.raises(ValueError, match="train has 2 columns and test 3"):
        shared_rows(sparse.csr_array((9, 2)), sparse.csr_array((9, 3)))
    with pytest.raises(ValueError, match="columns a, b are not in both"):
        shared_rows(pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]}))
    with pytest.raises(TypeError, match="train='abc' must be"):
        shared_rows("abc", ["abc"])


def test_many_rows_take_seconds():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12_000, 30)).round(3)
    X[9_000:9_005] = X[:5]
    start = time.process_time()
    found = shared_rows(X[:9_000], X[9_000:])
    assert time.process_time() - start < 20
    assert found["exact"].where == (0, 1, 2, 3, 4)
    assert any("2 000 test rows of 2995" in note for note in found.notes)


@pytest.mark.parametrize("step", [1, 4])
def test_neighbours_among_windows_of_other_levels_are_never_called_clean(step):
    rng = np.random.default_rng(0)
    series = rng.normal(size=1_200).cumsum() / 10 + rng.normal(size=1_200)
    X = np.lib.stride_tricks.sliding_window_view(series, 24)[::step]
    X = (X - X.mean(axis=1, keepdims=True)) / X.std(axis=1, keepdims=True)
    when, tested = np.arange(len(X)), rng.random(len(X)) < 0.3
    found = shared_rows(X[~tested], X[tested], order=(when[~tested], when[tested]))["neighbours"]
    assert found.verdict == "not checked" and "a gap as long as a window" in found.says


def windows(series, width, step):
    starts = range(0, len(series) - width + 1, step)
    return np.array([series[start : start + width].ravel() for start in starts])


@pytest.mark.parametrize("step", [1, 5, 12])
@pytest.mark.parametrize("decimals", [None, 2])
def test_windows_of_one_series_are_seen_without_an_order(step, decimals):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        series = np.cumsum(rng.normal(size=200 * step + 24))
        X = windows(series if decimals is None else series.round(decimals), 24, step)
        found = shared_rows(*halves(X, seed))["neighbours"]
        assert found.verdict == "suspect", str(found)
        assert "windows of one series" in found.says
        latest = shared_rows(X[:140], X[140:]).findings
        assert "neighbours" not in [one.of for one in latest]  # the border is no flaw


def test_windows_of_several_channels_and_of_newest_first_are_seen():
    rng = np.random.default_rng(0)
    X = windows(np.cumsum(rng.normal(size=(700, 3)), axis=0), 8, 2)
    for some in (X, X[:, ::-1], X.reshape(len(X), 8, 3)):
        rows = rng.permutation(len(some))
        found = shared_rows(some[rows[:250]], some[rows[250:]])["neighbours"]
        assert found.verdict == "suspect"


def test_what_comes_again_in_other_columns_is_no_window():
    rng = np.random.default_rng(0)
    teams = rng.normal(size=(20, 12))
    pairs = np.array([rng.choice(20, 2, replace=False) for _ in range(400)])
    matches = np.c_[teams[pairs[:, 0]], teams[pairs[:, 1]], rng.normal(size=(400, 2))]
    series = {str(name): windows(rng.normal(size=90), 24, 1) for name in range(12)}
    ours, theirs = ([series[str(name)] for name in some] for some in (range(9), range(9, 12)))
    flat = np.repeat(rng.normal(size=(400, 6)), 5, axis=1)
    for train, test in (
        (matches[:300], matches[300:]),
        (np.concatenate(ours), np.concatenate(theirs)),
        (flat[:300], flat[300:]),
    ):
        found = shared_rows(train, test)
        assert "neighbours" not in [one.of for one in found.findings], str(found)


EDITS = {
    "a gap": lambda row, place: (place, None),
    "another number": lambda row, place: (place, 10 * row.iloc[place] + 1),
}


@pytest.mark.parametrize("make", [mixed, prices, people], ids=["mixed", "prices", "people"])
@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_copies_of_which_one_entry_was_edited(make, edit):
    for seed in range(3):
        rng = np.random.default_rng(seed)
        table = make(1_000, rng) if make is not people else people(1_000, rng, fine=True)
        train, test = halves(table, seed)
        assert shared_rows(train, test)["all but one"].verdict != "suspect"
        numbers = [
            place for place in range(train.shape[1]) if train.dtypes.iloc[place].kind == "f"
        ]
        copies = train.iloc[:6].astype(object)
        for row in range(6):
            known = [place for place in numbers if pd.notna(copies.iloc[row, place])]
            place, value = edit(copies.iloc[row], int(rng.choice(known)))
            copies.iloc[row, place] = value
        copies = copies.astype(train.dtypes.to_dict())
        found = shared_rows(train, pd.concat([copies, test[6:]], ignore_index=True))
        if make is mixed:
            assert found["all but one"].verdict == "suspect", str(found)
            assert {*found["all but one"].where} == {*range(6)}
        assert found["all but one"].verdict != "clean"


def test_lines_of_one_product_are_no_edited_copies():
    for seed in range(5):
        rng = np.random.default_rng(seed)
        products = mixed(60, rng)
        lines = products.iloc[rng.integers(0, 60, 900)].reset_index(drop=True)
        lines["kilograms"] = rng.lognormal(size=900)
        assert shared_rows(*halves(lines, seed))["all but one"].verdict == "not checked"


def test_what_is_too_few_to_accuse_and_too_many_for_chance_is_not_called_clean():
    said = []
    for seed in range(12):
        X = np.random.default_rng(seed).normal(size=(400, 10))
        said.append(shared_rows(*halves(X, seed, share=0.02, jitter=0.01))["near"])
    assert not [one for one in said if one.verdict == "clean"]
    between = [one for one in said if one.verdict == "not checked"]
    assert all("too few to accuse" in one.says or "not found" in one.says for one in between)
