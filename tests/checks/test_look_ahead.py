"""Features that change when the future is taken away."""

import functools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pitfalls.checks import features_that_look_ahead


@pytest.fixture
def prices():
    rng = np.random.default_rng(0)
    price = 100 + rng.normal(size=400).cumsum()
    gappy = np.where(rng.random(400) < 0.03, np.nan, price)
    return pd.DataFrame({"price": price, "gappy": gappy, "volume": rng.lognormal(3, 2, 400)})


def verdict(make, series, **options):
    return features_that_look_ahead(make, series, random_state=0, **options).verdict


def verdicts(make, series, **options):
    result = features_that_look_ahead(make, series, random_state=0, **options)
    return result.table["verdict"].to_dict()


# One series


PAST = {
    "lag": lambda f: f[["price"]].shift(1),
    "rolling": lambda f: f[["price", "volume"]].rolling(5).mean(),
    "expanding": lambda f: f[["price"]].expanding().rank(),
    "forward fill": lambda f: f[["gappy"]].ffill(),
    "rare event": lambda f: f[["volume"]] > f[["volume"]].cummax().shift(),
    "fixed seed": lambda f: f[["price"]].assign(n=np.random.default_rng(0).normal(size=len(f))),
    "float32": lambda f: f[["price"]].astype("float32").rolling(5).mean(),
    "warm-up dropped": lambda f: f[["price"]].rolling(9).mean().dropna(),
    "gaps dropped": lambda f: f[["gappy"]].dropna(),
    "last row dropped": lambda f: f[["price"]].diff().iloc[:-1],
    "sorted the other way": lambda f: f[["price"]].diff()[::-1],
    "needs fifty rows": lambda f: f[["price"]].rolling(50).mean() if len(f) > 50 else 1 / 0,
    "series": lambda f: f["price"].diff(),
    "array": lambda f: f[["price", "volume"]].to_numpy(),
    "sparse": lambda f: sparse.csr_matrix(f[["price"]].to_numpy()),
    "list": lambda f: f["price"].tolist(),
    "texts": lambda f: pd.DataFrame({"t": [f"{v:.0f}" for v in f["volume"]]}, f.index),
    "dates": lambda f: f[["price"]].assign(
        day=pd.Timestamp("2024") + f.index * pd.Timedelta("1D")
    ),
    "categories": lambda f: pd.cut(f["volume"], [0, 9, 99, 1e9], labels=["a", "b", "c"]),
    "dummies": lambda f: pd.get_dummies(pd.cut(f["volume"], [0, 9, 99, 1e9]).astype(str)),
    "nullable": lambda f: f[["gappy"]].convert_dtypes().shift(),
    "one name twice": lambda f: pd.concat([f[["price"]], f[["price"]].shift()], axis=1),
}


@pytest.mark.parametrize("make", PAST.values(), ids=PAST)
def test_features_of_the_past_are_left_in_peace(prices, make):
    assert verdict(make, prices) == "clean"


FUTURE = {
    "tomorrow": lambda f: f[["price"]].shift(-1),
    "tomorrow in a tiny unit": lambda f: 1e-12 * f[["price"]].shift(-1).ffill(),
    "centred variance": lambda f: (f[["price"]] * 1e-4).diff().rolling(21, center=True).var(),
    "centred maximum": lambda f: f[["price"]].rolling(21, center=True, min_periods=1).max(),
    "next two": lambda f: f[["price"]][::-1].rolling(2, min_periods=1).max()[::-1],
    "warm-up filled backwards": lambda f: f[["price"]].rolling(10).mean().bfill(),
    "short warm-up": lambda f: f[["price"]].rolling(3).mean().bfill(),
    "gaps get the mean": lambda f: f[["gappy"]].fillna(f["gappy"].mean()),
    "interpolated": lambda f: f[["gappy"]].interpolate(),
    "scaled": lambda f: (f - f.mean()) / f.std(),
    "range": lambda f: (f[["price"]] - f["price"].min()) / f["price"].max(),
    "quintiles": lambda f: pd.qcut(f["price"], 5, labels=False),
    "clipped": lambda f: f[["volume"]].clip(upper=f["volume"].quantile(0.95)),
    "calendar week": lambda f: f.groupby(f.index // 5)[["price"]].transform("mean"),
    "share of the way": lambda f: pd.Series(np.arange(len(f)) / len(f), f.index),
    "array": lambda f: f["price"].to_numpy() - f["price"].mean(),
    "one number": lambda f: f[["price"]].assign(price=f["price"].mean()),
}


@pytest.mark.parametrize("make", FUTURE.values(), ids=FUTURE)
def test_features_of_the_future_are_found(prices, make):
    assert verdict(make, prices) == "suspect"


def test_an_event_on_rare_rows_is_found(prices):
    event = prices["volume"].rank(ascending=False) <= 3

    def make(frame):
        return (frame["price"].shift(-1) != frame["price"]) & event[frame.index]

    series = prices.assign(event=event)
    result = features_that_look_ahead(
        lambda f: pd.DataFrame({"e": f["event"] & (f["price"].shift(-1) > 0)}), series
    )
    assert result["e"].verdict == "suspect"
    assert set(result["e"].where) <= set(series.index[event])


@pytest.mark.parametrize("unit", [1e-9, 1, 1e9])
def test_no_unit_hides_a_feature_of_the_future(unit):
    returns = pd.DataFrame({"r": unit * np.random.default_rng(0).normal(size=400)})

    def make(series):
        squares = series["r"] ** 2
        return pd.DataFrame({
            "centred": squares.rolling(21, center=True, min_periods=1).mean(),
            "past": squares.rolling(21, min_periods=1).mean(),
        })  # fmt: skip

    assert verdicts(make, returns) == {"centred": "suspect", "past": "clean"}
    windows = pd.DataFrame(returns["r"].to_numpy().reshape(20, 20))

    def variances(rows):
        return pd.DataFrame({"all": rows.var(axis=1), "known": rows.iloc[:, :15].var(axis=1)})

    found = verdicts(variances, windows, time=False, late=np.arange(20) >= 15)
    assert found == {"all": "suspect", "known": "clean"}


def test_it_names_the_feature_the_first_row_and_the_cure(prices):
    def make(frame):
        price = frame["price"]
        return pd.DataFrame({
            "past": price.rolling(5).mean(),
            "centred": price.rolling(5, center=True, min_periods=1).mean(),
            "filled": price.rolling(30).mean().bfill(),
            "scaled": price - price.mean(),
        })  # fmt: skip

    result = features_that_look_ahead(make, prices, random_state=0)
    assert result.verdict == "suspect" and result["past"].verdict == "clean"
    assert result["filled"].where[0] == 0 and "row 0 has" in result["filled"].says
    assert "no value when the series ends after row" in result["filled"].says
    assert "ffill() instead of bfill()" in result["filled"].cure
    assert "fit_until=" in result["scaled"].cure and result["scaled"].value == 1
    assert "by 2 rows or more" in result["centred"].cure
    assert result["past"].cure == "" and result["past"].null == 0


def test_columns_of_any_kind_are_compared(prices):
    def make(frame):
        above = frame["volume"] > frame["volume"].mean()
        return pd.DataFrame({
            "text": np.where(above, "high", "low"),
            "flag": above,
            "tag": pd.Series("dip", frame.index).where(above),
            "kind": pd.Categorical(np.where(above, "a", "b")),
            "date": pd.Series(pd.Timestamp("2024"), frame.index).where(above),
            "wait": pd.Series(pd.Timedelta("1h"), frame.index).where(above),
        })  # fmt: skip

    found = verdicts(make, prices)
    assert set(found.values()) == {"suspect"} and len(found) == 6


def test_a_frame_is_not_changed_and_each_run_has_its_own(prices):
    before = prices.copy()

    def in_place(frame):
        frame["lag"] = frame["price"].shift()
        del frame["volume"]
        frame.iloc[0, 0] = 7
        return frame

    assert verdict(in_place, prices) == "clean"
    pd.testing.assert_frame_equal(prices, before)

    def returns_nothing(frame):
        frame["next"] = frame["price"].shift(-1)

    assert verdicts(returns_nothing, prices)["next"] == "suspect"


def test_what_differs_from_run_to_run_is_not_checked(prices):
    result = features_that_look_ahead(
        lambda f: f[["price"]].assign(noise=np.random.default_rng().normal(size=len(f))), prices
    )
    assert result["price"].verdict == "clean" and result["noise"].verdict == "not checked"
    assert "differs from run to run; fix its seed" in result["noise"].says
    drawn = features_that_look_ahead(lambda f: f.sample(50), prices)
    assert drawn.verdict == "not checked" and "fix the seed" in drawn["features"].says


def test_what_is_the_same_everywhere_is_set_aside(prices):
    result = features_that_look_ahead(lambda f: f[["price"]].assign(one=1, none=np.nan), prices)
    assert len(result) == 1 and any("one, none" in note for note in result.notes)
    assert verdict(lambda f: f[[]].assign(one=1), prices) == "not checked"


def test_a_flag_that_hardly_ever_changes_is_no_blind_spot():
    flag = pd.DataFrame({"flag": np.arange(3_000) == 1_234})
    assert verdict(lambda f: f, flag) == "clean"
    assert verdict(lambda f: f.shift(-1, fill_value=False), flag) == "suspect"
    assert verdict(lambda f: f, flag, n_cuts=1) in ("clean", "not checked")


# Rows


def test_an_outcome_and_dropped_rows_name_the_outcome(prices):
    found = verdicts(lambda f: f[["price"]].assign(y=f["price"].shift(-3)).dropna(), prices)
    assert found == {"price": "clean", "y": "suspect"}


def test_rows_that_the_future_chooses_are_named(prices):
    result = features_that_look_ahead(
        lambda f: f.loc[f["volume"] > f["volume"].mean(), ["price"]], prices, random_state=0
    )
    assert result["which rows there are"].verdict == "suspect"
    assert result["price"].verdict == "clean"


def test_fewer_rows_that_nothing_names_are_not_checked(prices):
    def windows(frame):
        return np.lib.stride_tricks.sliding_window_view(frame["price"].to_numpy(), 4)

    result = features_that_look_ahead(windows, prices)
    assert result.verdict == "not checked" and "made of rows up to 3" in result["0"].says
    assert verdict(lambda f: windows(f - f.mean()), prices) == "suspect"
    named = verdict(lambda f: pd.DataFrame(windows(f), f.index[3:]), prices)
    assert named == "clean"
    anew = verdict(lambda f: f.rolling(4).mean().dropna().reset_index(drop=True), prices)
    assert anew == "not checked"
    assert verdict(lambda f: f[f["volume"] > 20].to_numpy(), prices) == "not checked"


def test_rows_with_dates_of_their_own():
    hours = pd.date_range("2024", periods=300, freq="h", tz="Europe/Berlin")
    load = pd.DataFrame({"load": np.random.default_rng(0).normal(size=300)}, hours)
    ends = {"label": "right", "closed": "right"}
    assert verdict(lambda f: f.resample("D", **ends).mean(), load) == "clean"
    assert verdict(lambda f: f.resample("D").mean(), load) == "suspect"
    assert verdict(lambda f: f.asfreq("30min").ffill(), load) == "clean"
    assert verdict(lambda f: f.asfreq("30min").interpolate(), load) == "suspect"


# Several series


@pytest.fixture
def shares():
    rng = np.random.default_rng(1)
    days, names = pd.date_range("2024", periods=60), list("abc")
    panel = pd.DataFrame({"day": np.repeat(days, 3), "share": names * 60})
    panel["price"] = 100 + rng.normal(size=(60, 3)).cumsum(axis=0).ravel()
    return panel


def of_the_day(frame):
    step = frame.groupby("share")["price"].pct_change(3)
    day = step.groupby(frame["day"])
    return pd.DataFrame({"step": step, "rank": day.rank(), "off": step - day.transform("mean")})


def of_the_next_day(frame):
    ahead = frame.groupby("share")["price"].shift(-1)
    mean = frame.groupby("share")["price"].transform("mean")
    return pd.DataFrame({"rank": ahead.groupby(frame["day"]).rank(), "mean": mean})


@pytest.mark.parametrize("order", [["day", "share"], ["share", "day"]])
def test_rows_of_one_day_stay_together(shares, order):
    panel = shares.sort_values(order).reset_index(drop=True)
    for time in ("day", panel["day"], panel["day"].to_numpy(), panel["day"].astype(str)):
        assert verdict(of_the_day, panel, time=time) == "clean"
        assert set(verdicts(of_the_next_day, panel, time=time).values()) == {"suspect"}


def test_a_function_that_sorts_may_be_given_rows_in_any_order(shares):
    panel = shares.sample(frac=1, random_state=0)

    def sorts(frame, make, keep):
        frame = frame.sort_values(["share", "day"], ignore_index=not keep)
        return pd.concat([frame[["share", "day"]], make(frame)], axis=1)

    for keep in (True, False):
        good = functools.partial(sorts, make=of_the_day, keep=keep)
        assert verdict(good, panel, time="day") == "clean"
        bad = verdicts(
            functools.partial(sorts, make=of_the_next_day, keep=keep), panel, time="day"
        )
        assert bad["mean"] == bad["rank"] == "suspect" and bad["share"] == "clean"
    anew = features_that_look_ahead(
        lambda f: of_the_day(f.sort_values(["share", "day"], ignore_index=True)), panel, time="day"
    )
    assert anew.verdict == "not checked" and "numbers them anew" in anew["rank"].says
    assert any("sort them first" in note for note in anew.notes)


def test_times_are_read_from_the_index(shares):
    assert verdict(of_the_day, shares.set_index("day", drop=False).rename_axis(None)) == "clean"
    both = shares.set_index(["day", "share"])

    def make(frame):
        return frame.groupby("day").rank().assign(lag=frame["price"].groupby("share").shift())

    assert verdict(make, both) == verdict(make, both, time="day") == "clean"
    assert verdict(lambda f: f.groupby("share").shift(-1), both) == "suspect"


def test_rows_in_doubtful_order_are_not_accused(shares):
    found = verdicts(of_the_day, shares)
    assert found == {"step": "clean", "rank": "not checked", "off": "not checked"}
    assert set(verdicts(of_the_next_day, shares).values()) == {"suspect"}
    turned = features_that_look_ahead(of_the_day, shares[::-1])
    assert turned.verdict == "not checked" and "time='day'" in turned["features"].says


def test_times_of_several_columns():
    rows = pd.DataFrame({"year": [1, 1, 2, 2] * 30, "week": [1, 2] * 60})
    rows["x"] = np.random.default_rng(0).normal(size=120)

    def make(frame):
        return frame.groupby(["year", "week"])[["x"]].transform("mean")

    assert verdict(make, rows, time=["year", "week"]) == "clean"
    assert verdict(make, rows, time="year") == "clean"
    assert verdict(make, rows, time="week") == "clean"
    assert verdict(lambda f: f - f.mean(), rows, time=["year", "week"]) == "suspect"


# What is late


@pytest.fixture
def bikes():
    rng = np.random.default_rng(2)
    casual, registered = rng.poisson(30, 300), rng.poisson(90, 300)
    hours = pd.DataFrame({"hour": np.arange(300) % 24, "warmth": rng.normal(size=300)})
    return hours.assign(casual=casual, registered=registered, bikers=casual + registered)


LATE = ["casual", "registered", "bikers"]


def test_a_missing_shift_is_found(bikes):
    def make(frame, shift):
        late = frame[LATE].shift(shift)
        means = late["bikers"].rolling(6, min_periods=1).mean()
        return frame[["hour", "warmth"]].assign(mean=means, casual=late["casual"])

    result = features_that_look_ahead(functools.partial(make, shift=0), bikes, late=LATE)
    found = result.table["verdict"].to_dict()
    assert found == {"hour": "clean", "warmth": "clean", "mean": "suspect", "casual": "suspect"}
    assert result["mean"].cure.startswith("shift() what it takes from 'casual'")
    assert (
        "with another value of its own 'casual', 'registered' and 'bikers'" in result["mean"].says
    )
    assert verdict(functools.partial(make, shift=1), bikes, late=LATE) == "clean"
    assert verdict(functools.partial(make, shift=0), bikes) == "clean"
    dropped = verdict(lambda f: make(f, 1).dropna(), bikes, late=bikes.columns.isin(LATE))
    assert dropped == "clean"


def test_a_value_of_the_row_that_fills_rare_gaps_is_found(bikes):
    rare = bikes.assign(sensor=bikes["warmth"].where(bikes.index % 71 != 70))
    make = lambda f: f["sensor"].fillna(f["bikers"])  # noqa: E731
    assert verdict(make, rare, late=LATE) == "suspect"
    assert verdict(lambda f: f["sensor"].fillna(f["bikers"].shift()), rare, late=LATE) == "clean"


def test_values_may_be_known_after_several_moments(bikes):
    make = lambda f, k: f["bikers"].shift(k)  # noqa: E731
    assert verdict(functools.partial(make, k=10), bikes, late={"bikers": 10}) == "clean"
    assert verdict(functools.partial(make, k=9), bikes, late={"bikers": 10}) == "suspect"


def test_late_columns_of_all_kinds(bikes):
    kinds = pd.DataFrame({
        "text": np.where(bikes["bikers"] > 120, "many", "few"),
        "flag": bikes["casual"] > 40,
        "kind": pd.Categorical(np.where(bikes["warmth"] > 0, "a", None)),
        "day": pd.Timestamp("2024") + bikes["casual"] * pd.Timedelta("1D"),
        "x": bikes["warmth"],
    })  # fmt: skip
    late = ["text", "flag", "kind", "day"]
    found = verdicts(
        lambda f: f.assign(**{f"{n} before": f[n].shift() for n in late}), kinds, late=late
    )
    assert {name for name, verdict in found.items() if verdict == "suspect"} == {*late}
    assert set(found.values()) == {"suspect", "clean"}


def test_a_late_column_of_one_value_is_no_evidence(bikes):
    result = features_that_look_ahead(lambda f: f[["warmth"]], bikes.assign(died=0), late="died")
    assert result.verdict == "not checked" and "one value only" in result["warmth"].says


def test_rows_that_hold_their_own_future_stand_for_themselves():
    windows = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 20)), columns=range(-9, 11))
    late = windows.columns > 0

    def centred(rows):
        return rows.sub(rows.mean(axis=1), axis=0).loc[:, :0]

    options = {"time": False, "late": late}
    for n in (2, 5, 30):
        assert set(verdicts(centred, windows[:n], **options).values()) == {"suspect"}
        assert verdict(lambda rows: centred(rows.loc[:, :0]), windows[:n], **options) == "clean"
    across = verdict(lambda rows: rows.loc[:, :0] - rows.loc[:, :0].mean(), windows, **options)
    assert across == "clean"
    named = verdicts(
        lambda rows: pd.DataFrame({"step": rows[0] - rows[-1], "next": rows[1] - rows[0]}),
        windows,
        **options,
    )
    assert named == {"step": "clean", "next": "suspect"}
    assert verdict(lambda rows: rows.to_numpy()[:, :9], windows, **options) == "clean"
    assert verdict(centred, windows, late=late) == "suspect"
    assert verdict(lambda rows: centred(rows.loc[:, :0]), windows, late=late) == "clean"


def test_what_was_charted_later():
    rng = np.random.default_rng(0)
    patients = pd.DataFrame({
        "age": rng.integers(20, 90, 60),
        "drug": rng.choice(["a", "b", None], 60),
        "days": rng.poisson(5, 60),
    })  # fmt: skip
    result = features_that_look_ahead(
        lambda p: p[["age"]].assign(treated=p["drug"].notna()),
        patients,
        time=False,
        late=["drug", "days"],
    )
    assert result["age"].verdict == "clean" and result["treated"].verdict == "suspect"
    assert result["treated"].value > 0.5 and "which are not known yet" in result["treated"].cure


# What is fitted on training rows


def z(frame, train):
    return (frame - train.mean()) / train.std()


FITTED = {
    "rows": lambda f: z(f, f[:320]),
    "share": lambda f: z(f, f[: int(0.8 * len(f))]),
    "scaler": lambda f: StandardScaler().fit(f[:320]).transform(f),
}


@pytest.mark.parametrize("make", FITTED.values(), ids=FITTED)
def test_what_is_fitted_on_training_rows_is_left_in_peace(prices, make):
    assert verdict(make, prices[["price"]], fit_until=320) == "clean"
    assert verdict(make, prices[["price"]]) == "suspect"


def test_what_is_fitted_on_all_rows_is_found_behind_the_training_rows(prices):
    for make in (FUTURE["scaled"], FUTURE["tomorrow"], FUTURE["interpolated"]):
        assert verdict(make, prices, fit_until=320) == "suspect"


def test_training_rows_may_end_at_a_time(prices):
    dated = prices[["price"]].set_axis(pd.date_range("2024", periods=400))
    make = lambda f: z(f, f[:"2024-10-01"])  # noqa: E731
    for until in ("2024-10-01", pd.Timestamp("2024-10-01"), 275):
        assert verdict(make, dated, fit_until=until) == "clean"
        assert verdict(FUTURE["scaled"], dated, fit_until=until) == "suspect"
    by_year = dated.reset_index(names="day").assign(step=np.arange(400) // 4)
    assert (
        verdict(lambda f: f["price"] - f["price"][:200].mean(), by_year, time="step", fit_until=60)
        == "clean"
    )
    result = features_that_look_ahead(make, dated, fit_until="2024-10-01")
    assert any("fit_until=2024-10-01 were left" in note for note in result.notes)


# What comes from outside


class Model:
    def __init__(self, frame):
        self.scaler = StandardScaler().fit(frame)

    def __call__(self, frame):
        return self.scaler.transform(frame)


class Lazy:
    scaler = None

    def make(self, frame):
        if self.scaler is None:
            self.scaler = StandardScaler().fit(frame)
        return self.scaler.transform(frame)


def from_outside(frame):
    scaler, mean = StandardScaler().fit(frame), frame["price"].mean()
    return {
        "'scaler' (a fitted StandardScaler)": lambda f: scaler.transform(f),
        "'frame' (a DataFrame of 400 rows)": lambda f: f - frame.mean(),
        "'mean' (a number that was computed)": lambda f: f - mean,
        "'keep' (a fitted StandardScaler)": lambda f, keep=scaler: keep.transform(f),
        "'keep[0]' (a fitted StandardScaler)": lambda f, keep=(scaler,): keep[0].transform(f),
        "'self.scaler' (a fitted StandardScaler)": Model(frame),
        "'Pipeline' (a fitted Pipeline)": make_pipeline(StandardScaler()).fit(frame).transform,
        "'scaler' (a fitted StandardScaler) ": functools.partial(
            lambda f, scaler: scaler.transform(f), scaler=scaler
        ),
        "'self.scaler' (a fitted StandardScaler) ": Lazy().make,
    }  # fmt: skip


def test_what_was_made_before_is_named(prices):
    series = prices[["price"]]
    for named, make in from_outside(series).items():
        result = features_that_look_ahead(make, series)
        assert result.verdict == "not checked", named
        assert any(named.strip() in note for note in result.notes), result.notes


def test_what_is_fitted_inside_is_not_from_outside(prices):
    series, scaler, width = prices[["price"]], StandardScaler(), 5
    columns = ["price"]
    assert verdict(lambda f: f[columns].rolling(width).mean(), series) == "clean"
    for make in (lambda f: scaler.fit_transform(f), StandardScaler().fit_transform):
        assert verdict(make, series) == "suspect"
    scaler.fit(series)
    result = features_that_look_ahead(lambda f: f + 0 * scaler.fit_transform(f), series)
    assert result.verdict == "clean" and not any("outside" in note for note in result.notes)


# Kinds of series


def test_arrays_tensors_lists_and_pictures(prices):
    array = prices.to_numpy()[:, [0, 2]]
    for series in (array, array[:, 0], array.reshape(-1, 4, 2), [*array[:, 0]], prices["price"]):
        assert verdict(lambda a: np.asarray(a), series) == "clean"
        assert (
            verdict(lambda a: np.asarray(a) - np.mean(np.asarray(a), axis=0), series) == "suspect"
        )
    assert verdict(lambda a: a[:, 0], array, late=[1]) == "clean"
    assert verdict(lambda a: a[:, 1], array, late=[False, True]) == "suspect"
    matrix = sparse.random(200, 3, 0.3, format="csr", random_state=0)
    assert verdict(lambda m: m, matrix) == "clean"


def test_frames_of_polars(shares):
    polars = pytest.importorskip("polars")
    panel = polars.DataFrame({name: shares[name].to_numpy() for name in shares})
    price = polars.col("price")

    def make(frame):
        return frame.sort("share", "day").with_columns(
            lag=price.shift(1).over("share"), rank=price.rank().over("day"),
            next=price.shift(-1).over("share"), scaled=price - price.mean(),
        )  # fmt: skip

    for given in (panel, panel.sample(len(panel), shuffle=True, seed=0)):
        found = verdicts(make, given, time="day")
        assert {name for name, of in found.items() if of != "clean"} == {"next", "scaled"}
        assert found["next"] == found["scaled"] == "suspect"
    late = verdicts(lambda f: f.select(price, b=price.shift(1)), panel, late="price", time="day")
    assert late["price"] == "suspect"
    fitted = verdicts(
        lambda f: f.select(
            train=price - price.head(90).mean(), all=price - price.mean()
        ), panel, time="day", fit_until="2024-02-10",
    )  # fmt: skip
    assert fitted == {"train": "clean", "all": "suspect"}
    with pytest.raises(TypeError, match=r"LazyFrame; hand over series.collect\(\)"):
        features_that_look_ahead(make, panel.lazy())


def test_short_series():
    two = pd.DataFrame({"x": [1.0, 2.0, 4.0]})
    assert verdict(lambda f: f.diff(), two) == "clean"
    assert verdict(lambda f: f - f.mean(), two) == "suspect"


# Errors


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"time": "prise"}, "time='prise' is no column of series; is it 'price'"),
        ({"time": [1, 2]}, "time has 2 values; series has 400 rows"),
        ({"time": "gappy"}, "time='gappy' is missing in .* of 400 rows"),
        ({"time": ["1 May"] * 400}, "time has '1 May'.*pd.to_datetime"),
        ({"time": [1, "a"] * 200}, "time has .* at .*must be a date.* or a number"),
        ({"time": False}, "name in late= the columns"),
        ({"time": False, "late": ["price", "gappy", "volume"]}, "late names every column"),
        ({"late": "bikers"}, "late='bikers' is no column of series, which has 'price'"),
        ({"late": [True, False]}, "late says yes or no 2 times; series has 3 columns"),
        ({"late": {"price": 0}}, r"late\['price'\]=0 must be a whole number"),
        ({"late": "price", "time": "price"}, "late names 'price', which is the time"),
        ({"fit_until": 400}, "fit_until=400 must be a number of rows from 1 to 399"),
        ({"fit_until": "2024"}, "fit_until='2024' must be a number of rows"),
        ({"fit_until": 399}, "fit_until=399 leaves fewer than two moments"),
        ({"n_cuts": 0}, "n_cuts=0"),
    ],
)
def test_errors_name_the_argument_and_the_value(prices, options, message):
    with pytest.raises(ValueError, match=message):
        features_that_look_ahead(lambda f: f, prices, **options)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda f: None, r"returned None \(is there a `return`\?\)"),
        (lambda f: (f, 1), "returned a tuple; it must return the features alone"),
        (lambda f: 3.0, "returned a float"),
        (None, "make_features=None must be a function"),
    ],
)
def test_what_is_no_function_of_features_is_told(prices, make, message):
    with pytest.raises(TypeError, match=message):
        features_that_look_ahead(make, prices)


def test_other_errors(prices):
    with pytest.raises(
        ValueError, match="make_features raised KeyError on the whole series: 'no'"
    ):
        features_that_look_ahead(lambda f: f["no"], prices)
    with pytest.raises(ValueError, match="series has 1 row; it needs at least 2"):
        features_that_look_ahead(lambda f: f, prices[:1])
    with pytest.raises(TypeError, match="late= needs a series with columns"):
        features_that_look_ahead(lambda f: f, [1, 2, 3], late=[0])
    with pytest.raises(TypeError, match="series is a dict"):
        features_that_look_ahead(lambda f: f, {"a": [1, 2]})


def test_a_function_that_takes_only_the_whole_series_is_looked_at_by_exchange(prices):
    def make(frame, ahead):
        assert len(frame) == 400, "the whole series, please"
        return frame[["price"]].shift(-ahead)

    assert verdict(functools.partial(make, ahead=1), prices) == "suspect"
    result = features_that_look_ahead(functools.partial(make, ahead=0), prices)
    assert result.verdict == "clean"
    assert any("the whole series, please" in note for note in result.notes)


def test_one_row_for_each_moment(shares):
    panel = shares.assign(day=np.repeat(np.arange(60), 3)).sample(frac=1, random_state=0)

    def of_days(frame, ahead=0):
        return frame.groupby("day")[["price"]].mean().shift(-ahead)

    assert verdict(of_days, panel, time="day") == "clean"
    result = features_that_look_ahead(functools.partial(of_days, ahead=1), panel, time="day")
    assert result.verdict == "suspect" and set(result["price"].where) <= set(range(60))
    by_share = verdict(lambda f: f.groupby(["share", "day"])[["price"]].sum(), panel, time="day")
    assert by_share == "clean"
    assert verdict(of_days, shares.assign(day=shares["day"]), time="day") == "clean"
    assert verdict(of_days, shares, time="day", late="price") == "suspect"
    assert (
        verdict(functools.partial(of_days, ahead=-1), shares, time="day", late="price") == "clean"
    )
