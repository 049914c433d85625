"""What a time may be, and what is refused: the same wherever times are handed over."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score

from pitfalls.audit import audit
from pitfalls.checks import (
    beats_baselines,
    features_that_look_ahead,
    sealed_envelope,
    shared_rows,
    trained_after_test,
)

N = 60
DAYS = pd.date_range("2020-01-31", periods=N)
X = pd.DataFrame({"a": np.arange(N) % 7 + np.arange(N) / 50, "b": np.arange(N) ** 2 % 13})
Y = np.arange(N) % 2


def right(true, said):
    """The share of right answers, without what scikit-learn asks of its arguments."""
    return float(np.mean(np.asarray(true) == np.asarray(said)))


class Constant:
    def predict(self, X):
        return np.arange(len(X)) % 2


def audited(times):
    """Ask the parts of an audit that read times; what could not be asked is raised."""
    found = audit(
        None, X, Y, time=times, train=np.arange(40), test=np.arange(40, N), progress=False
    )["trained_after_test"]
    if found.verdict == "not checked":
        raise ValueError(found.findings[0].says)
    return [one.verdict for one in found]


def looked_ahead(times):
    found = features_that_look_ahead(lambda f: f[["a"]].rolling(3).mean(), X, time=times)
    return [one.verdict for one in found]


WHERE = {
    "trained_after_test": lambda t: trained_after_test(t[:40], t[40:]).verdict,
    "shared_rows": lambda t: len(shared_rows(X[:40], X[40:], order=(t[:40], t[40:]))),
    "look_ahead": looked_ahead,
    "envelope": lambda t: (
        sealed_envelope(
            lambda X, y: (0.5, Constant()), X, Y, metric=accuracy_score, time=t
        ).verdict
    ),
    "baselines": lambda t: [
        one.value for one in beats_baselines(Y, Y, right, time=t, random_state=0)
    ],
    "audit": audited,
}
KINDS = {
    "numbers": lambda days: np.arange(N),
    "years": lambda days: [1990 + i for i in range(N)],
    "years as texts": lambda days: [str(1990 + i) for i in range(N)],
    "nullable": lambda days: pd.Series(range(N), dtype="Int64"),
    "python": lambda days: [day.date() for day in days],
    "moments of python": lambda days: [day.to_pydatetime() for day in days],
    "numpy": lambda days: days.to_numpy(),
    "list of numpy": lambda days: [*days.to_numpy()],
    "zoned": lambda days: days.tz_localize("Europe/Berlin"),
    "zones of summer and winter": lambda days: [
        f"{day:%Y-%m-%d}T00:00+0{1 + i // 30}:00" for i, day in enumerate(days)
    ],
    "PeriodIndex": lambda days: days.to_period("D"),
    "periods": lambda days: [*days.to_period("D")],
    "ISO": lambda days: [f"{day:%Y-%m-%d}" for day in days],
    "ISO with hours": lambda days: [f"{day:%Y-%m-%dT%H:%M}" for day in days],
    "a month by its name": lambda days: [f"{day:%d %b %Y}" for day in days],
    "categories": lambda days: pd.Series(days.strftime("%Y-%m-%d")).astype("category"),
    "spans": lambda days: days - days[0],
    "pandas' texts": lambda days: pd.Series(days.strftime("%Y-%m-%d"), dtype="string"),
    "words in order": lambda days: pd.Series(
        pd.Categorical(
            [f"wave {i}" for i in range(N)], [f"wave {i}" for i in range(N)], ordered=True
        )
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", WHERE)
def test_what_one_takes_all_take(where, kind):
    times = KINDS[kind](DAYS)
    numbers = WHERE[where](np.arange(N))
    assert WHERE[where](times) == numbers


REFUSED = {
    "day first": ("%d.%m.%Y", "is the day or the month first.*dayfirst=True"),
    "month first": ("%m/%d/%Y", "is the day or the month first.*dayfirst=True"),
    "two digits": ("%d-%m-%y", "is the day or the month first.*dayfirst=True"),
    "no year": ("%d %b", "must be a date, such as 2024-01-31, or a number.*pd.to_datetime"),
    "words": ("soon", "'soon'.* must be a date, such as 2024-01-31, or a number"),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.parametrize("where", WHERE)
def test_what_one_refuses_all_refuse_in_the_same_words(where, kind):
    form, words = REFUSED[kind]
    with pytest.raises(ValueError, match=words) as raised:
        WHERE[where]([f"{day:{form}}" for day in DAYS])
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("where", WHERE)
def test_true_and_false_and_mixtures_are_no_times(where):
    for times in ([True, False] * 30, [1, "a"] * 30, [1, dt.date(2020, 1, 1)] * 30):
        with pytest.raises(ValueError, match="must be a date, such as 2024-01-31, or a number"):
            WHERE[where](times)
    with pytest.raises(ValueError, match="dates with a time zone and others without"):
        WHERE[where](["2024-01-01", "2024-01-02T00:00Z"] * 30)
