"""What the checks that train nothing say of real tables, as they are and with a flaw planted.

    python -m pip install --group batteries
    python benchmarks/checks.py            # an hour on one core; writes benchmarks/checks.csv
    python benchmarks/checks.py --splits 1 # a look

The file has a row for each check, finding, table and flaw: in how many splits it was suspect,
clean and not checked. A finding counts as it stands: a table that is called suspect as it is makes
a false alarm, and a flaw that is called clean is a false comfort.
"""

from __future__ import annotations

import argparse
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, SMOTENC
from tables import Table, tables

from pitfalls import checks

FILE = Path(__file__).with_name("checks.csv")
#: What is planted in a split, as a share of the test rows.
SHARE = 0.05

Split = tuple[pd.DataFrame, pd.DataFrame, pd.Series, pd.Series]


def split(table: Table, seed: int) -> Split:
    """Draw a third of the rows for the test."""
    order = np.random.default_rng(seed).permutation(len(table.X))
    test, train = np.split(order, [len(order) // 3])
    return table.X.iloc[train], table.X.iloc[test], table.y.iloc[train], table.y.iloc[test]


def as_it_is(sides: Split, rng: np.random.Generator) -> Split:
    """Leave the split as it is."""
    return sides


def equal(sides: Split, rng: np.random.Generator) -> Split:
    """Put copies of training rows in place of some test rows."""
    train, test, y_train, y_test = sides
    n = max(3, round(SHARE * len(test)))
    copied = rng.integers(len(train), size=n)
    test = pd.concat([train.iloc[copied], test.iloc[n:]], ignore_index=True)
    y_test = pd.concat([y_train.iloc[copied], y_test.iloc[n:]], ignore_index=True)
    return train, test, y_train, y_test


def near(sides: Split, rng: np.random.Generator) -> Split:
    """Do the same, with each number off by a twentieth of its column's spread."""
    train, test, y_train, y_test = equal(sides, rng)
    n = max(3, round(SHARE * len(test)))
    test = test.copy()
    for name in test.columns[[dtype.kind == "f" for dtype in test.dtypes]]:
        noise = rng.normal(0, 0.05 * train[name].std(), n)
        test.loc[: n - 1, name] = test[name].to_numpy()[:n] + noise
    return train, test, y_train, y_test


def made_up(sides: Split, rng: np.random.Generator) -> Split:
    """Oversample a rare half of one class by SMOTE before the split."""
    train, test, y_train, y_test = sides
    X, y = pd.concat([train, test]), pd.concat([y_train, y_test])
    high = y.rank(pct=True) if y.dtype.kind in "if" else pd.factorize(y)[0]
    rare = np.asarray(high > 0.5) & (rng.random(len(X)) < 0.4)
    known = X.notna().all(axis=1).to_numpy()
    words = [dtype.kind not in "if" for dtype in X.dtypes]
    options = {"random_state": int(rng.integers(2**31))}
    sampler = SMOTENC(words, **options) if any(words) else SMOTE(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of categories in few rows
        X, rare = sampler.fit_resample(X[known], rare[known])
    test, train = np.split(rng.permutation(len(X)), [len(X) // 3])
    y = pd.Series(rare)
    return X.iloc[train], X.iloc[test], y.iloc[train], y.iloc[test]


def outcome_again(sides: Split, rng: np.random.Generator) -> Split:
    """Put the outcome among the columns, under another name, wrong in one row of a hundred."""
    train, test, y_train, y_test = sides
    X, y = pd.concat([train, test]), pd.concat([y_train, y_test])
    again = y.to_numpy(copy=True)
    wrong = rng.random(len(y)) < 0.01
    again[wrong] = rng.permutation(y.to_numpy())[wrong]
    place = int(rng.integers(X.shape[1] + 1))
    X = X.copy()
    X.insert(place, "planted", again)
    return X.iloc[: len(train)], X.iloc[len(train) :], y_train, y_test


def copies(sides: Split) -> checks.Result:
    return checks.shared_rows(sides[0], sides[1])


def resampled(sides: Split) -> checks.Result:
    return checks.resampled_before_split(sides[0], sides[1])


def alone(sides: Split) -> checks.Result:
    X, y = pd.concat(sides[:2]), pd.concat(sides[2:])
    return checks.too_good_alone(X, y)


#: Each check, with the flaws that it is asked for.
BATTERY: dict[str, tuple[Callable[[Split], checks.Result], list[Callable[..., Split]]]] = {
    "shared_rows": (copies, [as_it_is, equal, near]),
    "resampled_before_split": (resampled, [as_it_is, made_up]),
    "too_good_alone": (alone, [as_it_is, outcome_again]),
}


def measure(table: Table, splits: int) -> Iterator[dict[str, object]]:
    """Yield what each check says of a table, as it is and with each flaw."""
    for name, (check, flaws) in BATTERY.items():
        for flaw in flaws:
            said: Counter[str] = Counter()
            for seed in range(splits):
                try:
                    sides = flaw(split(table, seed), np.random.default_rng(1_000 + seed))
                except ValueError as error:  # a table in which this cannot be planted
                    said[f"not planted: {error}"[:60]] += 1
                    continue
                said[check(sides).verdict] += 1
            yield {
                "check": name,
                "table": table.name,
                "kind": table.kind,
                "n": len(table.X),
                "columns": table.X.shape[1],
                "flaw": flaw.__name__,
                **{verdict: said[verdict] for verdict in ("suspect", "clean", "not checked")},
                "not planted": sum(v for k, v in said.items() if k.startswith("not planted")),
            }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--only", default="", help="part of the name of a table")
    options = parser.parse_args()
    rows = []
    for table in tables():
        if options.only in table.name:
            rows += measure(table, options.splits)
            print(table.name, [*rows[-1].values()][-4:], flush=True)
    frame = pd.DataFrame(rows)
    if not options.only:
        frame.to_csv(FILE, index=False, lineterminator="\n")
    verdicts = ["suspect", "clean", "not checked", "not planted"]
    print(frame.groupby(["check", "flaw"])[verdicts].sum())
    accused = frame[(frame["flaw"] == "as_it_is") & (frame["suspect"] > 0)]
    print(accused[["check", "table", *verdicts]].to_string())


if __name__ == "__main__":
    main()
