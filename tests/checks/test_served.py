"""Two paths that prepare the same row: the same columns, values and rows, together and alone."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from pitfalls.checks import answers_alike

RNG = np.random.default_rng(0)
RAW = pd.DataFrame(
    {
        "age": RNG.integers(20, 90, 60),
        "city": RNG.choice(list("abcde"), 60),
        "at": pd.date_range("2024", periods=60, freq="7h", tz="Europe/Berlin"),
        "height": RNG.normal(170, 9, 60),
    },
    index=[f"case {i}" for i in range(60)],
)
RAW.loc["case 3", "height"] = np.nan


def prepare(rows):
    return pd.DataFrame(
        {
            "age": rows["age"],
            "city": rows["city"],
            "hour": rows["at"].dt.hour,
            "at": rows["at"],
            "height": (rows["height"] - 170) / 9,
        }
    )


def test_the_same_path_twice_is_clean():
    result = answers_alike(prepare, prepare, RAW)
    assert result.verdict == "clean"
    assert [one.of for one in result] == ["columns", *prepare(RAW), "twice", "alone"]


FAULTS = {
    "a time zone": (lambda r: prepare(r.assign(at=r["at"].dt.tz_convert("UTC"))), "hour", "in"),
    "an hour": (
        lambda r: prepare(r).assign(at=r["at"] - pd.Timedelta("1h")),
        "at",
        "earlier by 0",
    ),
    "a text": (lambda r: prepare(r).assign(age=r["age"].astype(str)), "age", "texts in serving"),
    "a unit": (lambda r: prepare(r).assign(age=r["age"] * 12), "age", "12 times"),
    "a shift": (lambda r: prepare(r).assign(age=r["age"] + 3.0), "age", "more by 3"),
    "a scale": (lambda r: prepare(r).assign(age=r["age"] * 2.0 + 3), "age", "another scale"),
    "a gap": (lambda r: prepare(r).fillna({"height": 0}), "height", "missing in one"),
    "a default": (lambda r: prepare(r).assign(age=0), "age", "0 in all rows"),
    "capitals": (lambda r: prepare(r).assign(city=r["city"].str.upper()), "city", "capitals"),
    "nothing": (lambda r: prepare(r).assign(city=None), "city", "missing in serving"),
    "other rows": (lambda r: prepare(r).assign(age=[*r["age"]][::-1]), "age", "in other rows"),
    "rounding": (lambda r: prepare(r).round({"height": 2}), "height", "in serving"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_column_that_differs_is_named_with_how(name):
    path, column, says = FAULTS[name]
    result = answers_alike(prepare, path, RAW, n_alone=0)
    assert [one.of for one in result if one.verdict == "suspect"] == [column]
    assert says in result[column].says
    assert result[column].where[0] in RAW.index
    assert "one place" in result[column].cure


def test_one_wrong_value_is_found_with_its_row():
    def path(rows):
        made = prepare(rows)
        made.loc[made.index == "case 7", "height"] += 0.01
        return made

    found = answers_alike(prepare, path, RAW, n_alone=0)["height"]
    assert found.where == ("case 7",)
    assert found.value == pytest.approx(1 / 60)


@pytest.mark.parametrize(
    ("path", "at_fault"),
    [
        (lambda r: prepare(r).drop(columns="age"), ("age",)),
        (lambda r: prepare(r).assign(new=1), ("new",)),
        (lambda r: prepare(r)[["city", "age", "hour", "at", "height"]], ("age", "city")),
    ],
)
def test_columns_that_are_missing_new_or_elsewhere(path, at_fault):
    result = answers_alike(prepare, path, RAW)
    assert result["columns"].verdict == "suspect"
    assert result["columns"].where == at_fault


def test_an_array_with_two_columns_in_each_other_s_place():
    result = answers_alike(lambda r: r, lambda r: r[:, [1, 0, 2]], RNG.normal(size=(40, 3)))
    assert result["column 0"].says.endswith("serving has what is column 1 in training.")
    assert result["column 2"].verdict == "clean"


def test_an_array_is_compared_with_a_frame_by_place():
    named = prepare(RAW)[["age", "height"]]
    result = answers_alike(lambda r: named, lambda r: named.to_numpy(), RAW, n_alone=0)
    assert result["height"].verdict == "clean"
    wrong = answers_alike(lambda r: named, lambda r: named.to_numpy()[:, :1], RAW, n_alone=0)
    assert wrong["columns"].verdict == "suspect"
    assert wrong["values"].verdict == "not checked"


def test_rows_that_are_dropped_or_sorted():
    dropped = answers_alike(prepare, lambda r: prepare(r).dropna(), RAW, n_alone=0)
    assert dropped["rows"].where == ("case 3",)
    assert dropped["age"].verdict == "clean"
    moved = answers_alike(prepare, lambda r: prepare(r).sort_values("age"), RAW, n_alone=0)
    assert moved["rows"].verdict == "suspect"
    assert moved["age"].verdict == "clean"
    array = answers_alike(lambda r: r, lambda r: r[1:], np.arange(9), n_alone=0)
    assert array["rows"].verdict == "suspect"
    assert array["values"].verdict == "not checked"


def by_batch(rows):
    return StandardScaler().fit_transform(rows[["age"]])


def dummies(rows):
    return pd.get_dummies(rows["city"])


MODEL = LogisticRegression().fit(dummies(RAW), RAW["age"] > 50)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        (by_batch, "alone: column 0 is"),
        (dummies, "columns"),
        (lambda r: MODEL.predict_proba(dummies(r))[:, 1], "it fails (ValueError"),
        (lambda r: r["age"].rank(pct=True), "answers is"),
    ],
)
def test_what_is_fitted_on_the_batch_shows_in_single_rows(path, says):
    result = answers_alike(path, path, RAW)
    assert result["alone"].verdict == "suspect"
    assert says in result["alone"].says
    assert "n_alone=0" in result["alone"].cure
    assert all(one.verdict == "clean" for one in result if one.of != "alone")
    assert answers_alike(path, path, RAW, n_alone=0).verdict == "clean"


def test_the_score_is_one_and_the_same_since_a_column_is_absent():
    """As in MemberJunction/MJ#2981."""
    model = LogisticRegression().fit(RAW[["age"]], RAW["age"] > 50)

    def serve(rows):
        return model.predict_proba(pd.DataFrame({"age": np.zeros(len(rows))}))[:, 1]

    result = answers_alike(lambda r: model.predict_proba(r[["age"]])[:, 1], serve, RAW)
    assert result["answers"].verdict == "suspect"
    assert "in all rows of serving" in result["answers"].says


def test_pictures_of_another_size_or_colour_order():
    """As in apache/mxnet#17695."""
    pictures = RNG.integers(0, 256, (20, 8, 8, 3), dtype=np.uint8)
    size = answers_alike(lambda p: p, lambda p: p[:, ::2, ::2], pictures)
    assert "of shape (8, 8, 3) in training and (4, 4, 3)" in size["values"].says
    colours = answers_alike(lambda p: p / 255, lambda p: p[..., ::-1] / 255, pictures)
    assert colours["values"].verdict == "suspect"
    scale = answers_alike(lambda p: p / 255, lambda p: p * 1.0, pictures)
    assert scale["values"].verdict == "suspect"
    pixel = answers_alike(lambda p: p, lambda p: np.maximum(p, 1), pictures)
    assert pixel["values"].verdict == "suspect"
    fine = answers_alike(lambda p: p / 255, lambda p: (p / 255).astype(np.float32), pictures)
    assert fine.verdict == "clean"


def test_single_precision_and_another_order_of_adding_are_no_difference():
    rows = RNG.lognormal(3, 3, (200, 5)) + 1e6
    assert answers_alike(lambda r: r, lambda r: r.astype(np.float32), rows).verdict == "clean"
    sums = answers_alike(lambda r: r @ r[0], lambda r: (r[:, ::-1] * r[0, ::-1]).sum(1), rows)
    assert sums["answers"].verdict == "clean"


def test_large_identifiers_and_seconds_are_told_apart():
    ids = np.arange(50) * 7 + 10**15
    assert answers_alike(lambda r: r, lambda r: r + 1, ids)["answers"].verdict == "suspect"
    seconds = 1.7e9 + 86400.0 * np.arange(50)
    later = answers_alike(lambda r: r, lambda r: r + 3600, seconds)["answers"]
    assert "more by 3600" in later.says


def test_tolerance_is_a_share_of_the_spread():
    rows = RNG.normal(size=(50, 2))
    near = answers_alike(lambda r: r, lambda r: r + 0.001, rows)
    assert near.verdict == "suspect"
    assert answers_alike(lambda r: r, lambda r: r + 0.001, rows, tolerance=0.01).verdict == "clean"
    blind = answers_alike(lambda r: r, lambda r: r, rows, tolerance=1e9)
    assert blind.verdict == "not checked"
    with pytest.raises(ValueError, match="tolerance=-1"):
        answers_alike(lambda r: r, lambda r: r, rows, tolerance=-1)


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        (lambda r: r[["age"]] * 0, RAW),
        (lambda r: r[["height"]] * np.nan, RAW),
        (lambda r: r[["age"]], RAW.iloc[:1]),
    ],
)
def test_nothing_is_clean_where_nothing_could_be_seen(path, rows):
    assert answers_alike(path, path, rows).verdict == "not checked"


def test_chance_in_a_path():
    rng = np.random.default_rng(0)
    rows = RNG.normal(size=(30, 2))
    serve = answers_alike(lambda r: r, lambda r: r * (rng.random(r.shape) > 0.5), rows)
    assert serve["twice"].verdict == "suspect"
    assert "model.eval()" in serve["twice"].cure
    assert serve["values"].verdict == serve["alone"].verdict == "not checked"
    train = answers_alike(lambda r: r + rng.normal(size=r.shape), lambda r: r, rows)
    assert train.verdict == "not checked"


def test_texts_to_sparse_and_records():
    texts = [f"word{i % 7} word{i % 5} more" for i in range(40)]
    counts = TfidfVectorizer().fit(texts)
    assert answers_alike(counts.transform, counts.transform, texts).verdict == "clean"
    dense = answers_alike(counts.transform, lambda t: counts.transform(t).toarray(), texts)
    assert dense["values"].verdict == "clean"
    new = answers_alike(counts.transform, TfidfVectorizer().fit_transform, texts)
    assert new["alone"].verdict == "suspect"
    upper = answers_alike(
        counts.transform, lambda t: counts.transform([x.replace("more", "") for x in t]), texts
    )
    assert upper["values"].value == 1
    records = [{"a": i, "b": str(i)} for i in range(20)]
    text = answers_alike(lambda r: r, lambda r: json.loads(json.dumps(r)), records)
    assert text.verdict == "clean"
    assert text["b"].verdict == "clean"


@pytest.mark.parametrize(
    "kind",
    [list, np.asarray, pd.Series, sparse.csr_matrix, lambda a: np.asarray(a)[:, None, None]],
)
def test_kinds_of_rows_and_answers(kind):
    rows = kind(np.arange(1, 30.0))
    if sparse.issparse(rows):
        rows = rows.T.tocsr()
    assert answers_alike(lambda r: r, lambda r: r, rows).verdict == "clean"


def test_a_single_row_may_be_answered_by_a_number_or_a_dict():
    rows = np.arange(1.0, 20)
    one = answers_alike(lambda r: r, lambda r: r if len(r) > 1 else float(r[0]), rows)
    assert one.verdict == "clean"
    several = answers_alike(lambda r: {"a": r, "b": -r}, lambda r: {"a": r, "b": -r}, rows)
    assert [finding.of for finding in several][:3] == ["columns", "a", "b"]
    records = [{"a": i} for i in range(9)]
    served = answers_alike(lambda r: r, lambda r: r if len(r) > 1 else r[0], records)
    assert served.verdict == "clean"


def test_polars_and_torch():
    polars, torch = pytest.importorskip("polars"), pytest.importorskip("torch")
    frame = polars.DataFrame({"a": [1.0, 2, 3, 4], "b": list("abcd")})
    assert answers_alike(lambda r: r, lambda r: r, frame).verdict == "clean"
    both = answers_alike(lambda r: r, lambda r: torch.tensor(r), np.arange(9.0))
    assert both["answers"].verdict == "clean"


def test_rows_are_handed_over_as_copies():
    def careless(rows):
        rows["age"] = 0
        return rows[["height"]]

    before = RAW.copy()
    answers_alike(careless, careless, RAW)
    pd.testing.assert_frame_equal(before, RAW)
    records = [{"a": 1}, {"a": 2}]
    answers_alike(
        lambda r: [one.pop("a") for one in r], lambda r: [one["a"] for one in r], records
    )
    assert records == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("train", "serve", "rows", "says"),
    [
        (None, prepare, RAW, "train_path=None must be a function"),
        (
            prepare,
            lambda r: r["age at"],
            RAW,
            r"serve_path failed on 60 rows \(KeyError: 'age at'",
        ),
        (prepare, lambda r: (1, 2), RAW, "serve_path returned 2 things"),
        (prepare, lambda r: None, RAW, "serve_path=None must be"),
        (prepare, prepare, RAW.iloc[:0], "rows is empty"),
        (prepare, prepare, 3, "rows is a int without rows"),
    ],
)
def test_wrong_arguments_are_named(train, serve, rows, says):
    with pytest.raises((TypeError, ValueError), match=says):
        answers_alike(train, serve, rows)
