"""Rows that were resampled before the split."""

import warnings

import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import ADASYN, SMOTE, BorderlineSMOTE, RandomOverSampler
from scipy import sparse
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from pitfalls._data import keys
from pitfalls.checks import resampled_before_split
from pitfalls.checks._coincidence import coincidences, row_numbers
from pitfalls.checks._lines import fine_columns, on_lines
from pitfalls.checks._rounding import Rounding


def halves(*data, seed=0):
    return train_test_split(*data, test_size=0.4, random_state=seed)


def verdicts(train, test, **more):
    return {one.of: one.verdict for one in resampled_before_split(train, test, **more)}


def normal(n, p=5, seed=0):
    return np.random.default_rng(seed).normal(size=(n, p))


def cases(n, share=0.1):
    return (np.arange(n) < share * n).astype(int)


def resampled(sampler, X, share=0.1):
    return sampler(random_state=0).fit_resample(X, cases(len(X), share))


def clinic(n, seed=0):
    z = normal(n, 5, seed)
    return pd.DataFrame({
        "age": (40 + 12 * z[:, 0]).round().astype(int),
        "pressure": (120 + 15 * z[:, 1]).round().astype(int),
        "bmi": (25 + 4 * z[:, 2]).round(1),
        "glucose": (5 + z[:, 3]).round(1),
        "cholesterol": (5 + z[:, 4]).round(1),
    })  # fmt: skip


def people(n, seed=0):
    rng = np.random.default_rng(seed)
    return pd.DataFrame({
        "age": rng.normal(40, 12, n).round().clip(17, 80),
        "hours": rng.choice([20, 38, 40, 50], n, p=[0.1, 0.15, 0.65, 0.1]),
        "education": rng.integers(5, 16, n),
        "sex": rng.choice(["f", "m"], n),
        "gain": rng.choice([0, 0, 0, 0, 0, 0, 0, 0, 5_000, 15_000], n),
        "income": rng.integers(2, size=n),
    })  # fmt: skip


# What it finds


@pytest.mark.parametrize(
    ("make", "n"), [(normal, 100), (normal, 500), (clinic, 100), (clinic, 500), (people, 500)]
)
def test_copies_are_found(make, n):
    X, y = resampled(RandomOverSampler, pd.DataFrame(make(n)))
    found = resampled_before_split(*halves(X))["copies"]
    assert found.verdict == "suspect"
    assert "training rows as well" in found.says and "pipeline" in found.cure


def test_copies_are_of_one_class():
    X, y = resampled(RandomOverSampler, normal(300))
    a, b, c, d = halves(X, y)
    found = resampled_before_split(a, b, y_train=c, y_test=d)["copies"]
    assert found.verdict == "suspect" and "100 % of them of one class" in found.says
    assert found.value == pytest.approx(len(found.where) / len(b))
    assert set(d[list(found.where)]) == {1}


def test_rows_are_named_as_the_frame_names_them():
    X = pd.DataFrame(normal(300)).set_axis([f"p{row}" for row in range(300)])
    found = resampled_before_split(X[:200], X[190:])["copies"]
    assert found.where == tuple(f"p{row}" for row in range(190, 200))


@pytest.mark.parametrize("sampler", [SMOTE, ADASYN, BorderlineSMOTE])
def test_rows_between_rows_are_found(sampler):
    rng = np.random.default_rng(0)
    X = normal(300, 6) + cases(300)[:, None] * rng.normal(size=6)
    assert verdicts(*halves(resampled(sampler, X)[0])) == {"copies": "clean", "between": "suspect"}


@pytest.mark.parametrize(
    "after",
    [
        lambda X: X * np.geomspace(1e-6, 1e9, X.shape[1]),
        lambda X: X + np.geomspace(1, 1e6, X.shape[1]),
        lambda X: X.astype(np.float32),
        lambda X: StandardScaler().fit_transform(X),
        lambda X: X.round(6),
        lambda X: X.round(2),
        lambda X: np.array([[float(f"{value:.5g}") for value in row] for row in X]),
    ],
    ids=["units", "shifts", "float32", "scaled", "6 decimals", "cents", "5 digits"],
)
def test_what_is_done_to_columns_afterwards_hides_no_line(after):
    assert verdicts(*halves(after(resampled(SMOTE, normal(250, 8))[0])))["between"] == "suspect"


def test_whole_numbers_hide_no_line():
    X = pd.DataFrame(normal(300, 4)).assign(t=np.random.default_rng(1).integers(0, 20_000, 300))
    X.columns = X.columns.astype(str)
    made, _ = resampled(SMOTE, X)
    assert made["t"].dtype.kind == "i"
    assert verdicts(*halves(made))["between"] == "suspect"
    assert verdicts(*halves(resampled(SMOTE, clinic(400))[0]))["between"] == "suspect"


def test_classes_let_more_be_seen():
    X, y = resampled(SMOTE, normal(500, 5).round(2))
    a, b, c, d = halves(X.round(2), y)
    found = resampled_before_split(a, b, y_train=c, y_test=d)["between"]
    assert found.verdict == "suspect" and "of them of one class" in found.says


@pytest.mark.parametrize("sampler", [RandomOverSampler, SMOTE])
@pytest.mark.parametrize("make", [normal, clinic])
def test_resampling_behind_the_split_is_not_accused(sampler, make):
    a, b, c, _ = train_test_split(pd.DataFrame(make(300)), cases(300), stratify=cases(300))
    a.columns = b.columns = a.columns.astype(str)
    said = verdicts(sampler(random_state=0).fit_resample(a, c)[0], b)
    assert "suspect" not in said.values()
    assert make is clinic or set(said.values()) == {"clean"}


# What it leaves in peace


def identifiers(n, rng):
    numbers = rng.choice(9 * 10**8, n, replace=False) + 10**8
    return pd.DataFrame(rng.normal(size=(n, 4))).assign(number=numbers)


def milliseconds(n, rng):
    times = 1.6e12 + np.sort(rng.uniform(0, 1e11, n))
    return pd.DataFrame(rng.normal(size=(n, 4))).assign(time=times.astype("int64"))


def turnover(n, rng):
    return pd.DataFrame(rng.normal(size=(n, 4))).assign(amount=rng.lognormal(16, 2, n))


def shop(n, rng):
    price = rng.lognormal(3, 1, n)
    total = price * rng.choice([1, 2, 3], n)
    return pd.DataFrame(
        {"price": price, "total": total, "gross": total * rng.choice([1.07, 1.19], n)}
    )


def shop_in_cents(n, rng):
    return shop(n, rng).round(2)


def currencies(n, rng):
    rate, amounts = rng.lognormal(0, 1, 30)[rng.integers(30, size=n)], rng.lognormal(4, 1, (2, n))
    return np.column_stack([*amounts, *amounts * rate])


def orders(n, rng):
    price, quantity = rng.lognormal(2, 1, 50).round(2)[rng.integers(50, size=n)], rng.poisson(9, n)
    return pd.DataFrame({"price": price, "quantity": quantity, "total": price * quantity})


def clocks(n, rng):
    """Visits of people: date, age and years in the study grow together."""
    who, day = np.arange(n) // 10, rng.integers(15_000, 18_000, n)
    born, joined = rng.integers(0, 20_000, n)[who], rng.integers(0, 3_000, n)[who]
    return pd.DataFrame({"day": day, "age": day + born, "since": day - joined})


def series(n, rng):
    return np.cumsum(np.cumsum(rng.normal(size=(n, 5)), axis=0), axis=0).round(1)


def waves(n, rng):
    return np.column_stack([10 * np.sin(np.arange(n) / width) for width in (40, 70, 110)]).round(2)


def trips(n, rng):
    """Ways of cars that drive straight on."""
    who, time = np.arange(n) // 20, rng.uniform(0, 600, n)
    start, speed = rng.normal(size=(n, 2))[who], rng.normal(0, 1e-3, (n, 2))[who]
    return np.column_stack([time + 1e4 * who, start + speed * time[:, None]])


def multiples_and_functions(n, rng):
    age = rng.integers(18, 90, n)
    columns = {"age": age, "months": 12 * age, "decade": age // 10, "square": age**2}
    return pd.DataFrame(columns).assign(sex=rng.integers(0, 2, n), visits=rng.poisson(1, n))


def scales(n, rng):
    return rng.normal(size=(n, 5)) * np.where(rng.random((n, 1)) < 0.1, 50, 1)


def heavy_tails(n, rng):
    return rng.standard_t(2, (n, 5)).round(1)


def parts_of_a_whole(n, rng):
    return (100 * rng.dirichlet([3, 2, 4, 1], n)).round(1)


def one_hot(n, rng):
    return pd.get_dummies(pd.DataFrame(rng.integers(0, 4, (n, 4))).astype(str)).astype(int)


def counts(n, rng):
    return rng.poisson([30, 100, 300, 1_000], (n, 4))


def mostly_nothing(n, rng):
    return np.exp(rng.normal(size=(n, 5))) * (rng.random((n, 5)) < 0.3)


def those_who_bought_nothing(n, rng):
    return np.exp(rng.normal(size=(n, 5))) * (rng.random((n, 1)) < 0.6)


def answers(n, rng):
    shared = rng.normal(size=(n, 1))
    return (4 + shared + 0.5 * rng.normal(size=(n, 8))).round().clip(1, 5)


def gaps(n, rng):
    X = rng.normal(size=(n, 5))
    X[rng.random(X.shape) < 0.5] = np.nan
    return X


CLEAN = [
    identifiers, milliseconds, turnover, shop, shop_in_cents, currencies, orders, clocks, series,
    waves, trips, multiples_and_functions, scales, heavy_tails, parts_of_a_whole, one_hot, counts,
    mostly_nothing, those_who_bought_nothing, answers, gaps,
]  # fmt: skip


@pytest.mark.parametrize("make", CLEAN)
def test_clean_tables_are_not_accused(make):
    for n, seed in ((60, 0), (300, 1)):
        X = pd.DataFrame(make(n, np.random.default_rng(seed)))
        assert "suspect" not in verdicts(*halves(X, seed=seed)).values()


def test_tables_of_a_number_beside_measurements_are_clean():
    for make in (identifiers, milliseconds, turnover):
        X = make(300, np.random.default_rng(0))
        assert verdicts(*halves(X)) == {"copies": "clean", "between": "clean"}


def test_lines_that_are_in_all_classes_are_no_smote():
    X = pd.DataFrame(trips(400, np.random.default_rng(0)))
    a, b, c, d = halves(X, np.arange(400) % 2)
    assert verdicts(a, b, y_train=c, y_test=d)["between"] != "suspect"


def test_a_handful_of_doubles_is_left_to_shared_rows():
    X = normal(400)
    said = resampled_before_split(X[:300], X[298:])["copies"]
    assert said.verdict == "clean" and "2 test rows of 102" in said.says
    pictures = np.random.default_rng(0).integers(0, 255, (400, 8, 8), dtype=np.uint8)
    pictures[300:305] = pictures[:5]
    assert verdicts(pictures[:300], pictures[300:])["copies"] == "suspect"


# What it says of nothing


@pytest.mark.parametrize(
    ("train", "test"),
    [
        (normal(0), normal(0)),
        (normal(50), normal(0)),
        (normal(6), normal(6, seed=1)),
        (np.ones((50, 3)), np.ones((50, 3))),
        (np.full((50, 3), np.nan), np.full((50, 3), np.nan)),
        (pd.DataFrame(), pd.DataFrame()),
        (pd.DataFrame(index=range(30)), pd.DataFrame(index=range(30))),
        (normal(50) > 0, normal(50) > 0),
        (list("abcd") * 20, list("abc") * 20),
    ],
    ids=["empty", "no test", "few", "constant", "nan", "frames", "no columns", "coarse", "texts"],
)
def test_what_cannot_be_checked_is_not_called_clean(train, test):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        said = verdicts(train, test)
    assert said == {"copies": "not checked", "between": "not checked"}


def test_rounded_columns_that_hide_lines_are_not_called_clean():
    X, _ = resampled(SMOTE, clinic(300))
    assert verdicts(*halves(X.round()))["between"] == "not checked"
    found = resampled_before_split(*halves(clinic(300)))["between"]
    assert found.verdict == "not checked" and "before they were rounded" in found.says


def test_lines_need_three_columns_none_a_function_of_another():
    X = pd.DataFrame(normal(200, 2)).assign(group=np.arange(200) % 3)
    assert verdicts(*halves(X)) == {"copies": "clean", "between": "not checked"}
    X = X.assign(twice=2 * X[0], exp=np.exp(X[1]))
    X.columns = X.columns.astype(str)
    found = resampled_before_split(*halves(X))["between"]
    assert found.verdict == "not checked" and "2 columns" in found.says


def test_more_lines_than_smote_makes_need_the_classes():
    found = resampled_before_split(*halves(trips(400, np.random.default_rng(0))))["between"]
    assert found.verdict == "not checked" and "y_train= and y_test=" in found.says


# What is handed over


def test_kinds_of_data_do_not_matter():
    polars = pytest.importorskip("polars")
    X, y = resampled(SMOTE, normal(150))
    a, b, c, d = halves(X, y)
    frames = [pd.DataFrame(side, columns=list("abcde")) for side in (a, b)]
    sides = [
        (frames[0], b),
        (a, frames[1]),
        (frames[0], frames[1][list("edcba")]),
        (a.tolist(), b.tolist()),
        (sparse.csr_matrix(a), b),
        (a.reshape(-1, 1, 5), b.reshape(-1, 1, 5)),
        (frames[0].astype(object), frames[1].astype("Float64")),
        (polars.DataFrame(a), polars.DataFrame(b)),
    ]
    for train, test in sides:
        assert verdicts(train, test)["between"] == "suspect"
    assert verdicts(*sides[0][:1], a)["copies"] == "suspect"
    labels = pd.Series(c).map({0: "no", 1: "yes"}), pd.Series(d).map({0: "no", 1: "yes"})
    assert verdicts(a, b, y_train=labels[0], y_test=labels[1])["between"] == "suspect"


def test_texts_dates_and_categories_are_compared_for_copies():
    X = people(400).assign(
        day=pd.date_range("2024", periods=400),
        city=pd.Categorical(np.where(np.arange(400) % 3, "a", "b")),
        note=[f"note {row}" if row % 4 else None for row in range(400)],
    )
    assert verdicts(X[:300], X[300:])["copies"] == "clean"
    assert verdicts(X[:300], X[250:])["copies"] == "suspect"


def test_nothing_is_changed():
    X = clinic(200)
    before = X.copy()
    resampled_before_split(X[:150], X[150:])
    pd.testing.assert_frame_equal(X, before)


def test_errors_name_what_is_wrong():
    X = normal(50)
    with pytest.raises(ValueError, match="y_test=None; hand over the labels of both sides"):
        resampled_before_split(X, X, y_train=np.zeros(50))
    with pytest.raises(ValueError, match=r"y_test has shape \(49, 1\)"):
        resampled_before_split(X, X, y_train=np.zeros(50), y_test=np.zeros(49))
    with pytest.raises(ValueError, match="train has 5 columns and test 4"):
        resampled_before_split(X, X[:, :4])
    one, other = (pd.DataFrame(np.zeros((9, 1)), columns=[name]) for name in "ab")
    with pytest.raises(ValueError, match="columns a, b are not in both train and test"):
        resampled_before_split(one, other)


def test_numbers_of_a_scale_are_no_classes():
    X = normal(200)
    result = resampled_before_split(X[:150], X[150:], y_train=X[:150, 0], y_test=X[150:, 0])
    assert any("are no classes" in note for note in result.notes)


# Its parts


@pytest.mark.parametrize(
    ("column", "step"),
    [
        (np.arange(200) % 70, 1),
        (np.arange(200) * 100, 100),
        (np.random.default_rng(0).normal(size=500).round(2), 0.01),
        (1e12 + np.arange(300) * 1000.0, 1000),
        ((np.arange(300) % 60 - 30.5) / 17.3, 1 / 17.3),
    ],
    ids=["whole", "hundreds", "cents", "milliseconds", "scaled"],
)
def test_the_step_of_a_column_is_found(column, step):
    column = column.astype(float)
    typical = np.median(Rounding.of(column).steps(column))
    assert typical == pytest.approx(step)


def test_rows_that_smote_made_of_rounded_ones_are_exact():
    column = np.concatenate([normal(300)[:, 0].round(1), normal(300, seed=1)[:, 0]])
    steps = Rounding.of(column).steps(column)
    assert (steps[:300] > 0.09).all() and (steps[300:] < 1e-8).all()


def test_a_row_on_a_line_is_told_from_one_beside_it():
    train = normal(200)
    rows = np.stack([train[0] + 0.3 * (train[1] - train[0]), normal(1, seed=7)[0]])
    hit, miss = on_lines(rows, np.full(rows.shape, 1e-9), train)
    assert hit[:, 0].tolist() == [True, False] and not miss.any()


def test_fine_columns_leave_out_what_tells_nothing():
    frame = pd.DataFrame(normal(300, 2), columns=["a", "b"]).assign(
        twice=lambda f: 2 * f["a"], flag=lambda f: f["a"] > 0, text="x", gap=np.nan, zero=0.0
    )
    _, _, places = fine_columns(frame, frame)
    assert len(places) == 2 and 1 in places


def test_coincidences_are_counted_right():
    found = []
    for seed in range(5):
        train, test = halves(people(1_000, seed), seed=seed)
        numbers = keys(train, test)
        rows = [row_numbers(side) for side in numbers]
        firsts = [np.unique(side, return_index=True)[1] for side in rows]
        different = [side[first] for side, first in zip(numbers, firsts, strict=True)]
        expected = coincidences(train, test, different, np.random.default_rng(0))
        found.append((np.isin(rows[1][firsts[1]], rows[0]).sum(), expected))
    really, expected = np.mean(found, axis=0)
    assert 0.8 < expected / really < 2
