"""What a ledger says of the best of many looks, against what it is worth on fresh rows.

    python benchmarks/ledger.py               # half an hour on one core; writes ledger.csv
    python benchmarks/ledger.py --problems 5  # a look

Programs try models on a hold-out and keep what scores better: fresh draws, changes of the best,
one model trained longer, coins. Each problem is drawn anew, with fresh rows for the truth. A row
of the file is a program at a size: the optimism that was made, that was stated, and how often the
interval held the truth.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression, SGDClassifier
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from pitfalls.audit import Ledger

FILE = Path(__file__).with_name("ledger.csv")
FRESH, TRAINED, COLUMNS = 4_000, 120, 30
PROBLEMS = 40
#: Rows that are held out, looks, and strength of the signal.
SIZES = ((100, 30, 0.5), (100, 200, 0.5), (400, 200, 0.5), (100, 200, 0.0))

#: A model, and what was tried.
Tried = tuple[Callable[[np.ndarray], np.ndarray], str]


class Problem:
    """Rows to learn from, to choose on, and to tell the truth by."""

    def __init__(self, n: int, strength: float, rng: np.random.Generator) -> None:
        self.rng = rng
        weights = strength * rng.normal(size=COLUMNS) * (rng.random(COLUMNS) < 0.3)
        self.train, self.held, self.fresh = (
            self._rows(size, weights) for size in (TRAINED, n, FRESH)
        )

    def _rows(self, n: int, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        X = self.rng.normal(size=(n, COLUMNS))
        return X, (X @ weights + self.rng.logistic(size=n) > 0).astype(int)


def _fitted(problem: Problem, mask: np.ndarray, kind: str) -> Callable[[np.ndarray], np.ndarray]:
    X, y = problem.train
    models = {
        "linear": lambda: LogisticRegression(C=0.3, max_iter=200),
        "tree": lambda: DecisionTreeClassifier(max_depth=4, random_state=0),
        "neighbours": lambda: KNeighborsClassifier(5),
    }
    model = models[kind]().fit(X[:, mask], y)
    if kind == "linear":
        return lambda rows: model.decision_function(rows[:, mask])
    return lambda rows: model.predict_proba(rows[:, mask])[:, 1]


def coins(problem: Problem, looks: int, score: Callable[[Callable], float]) -> Iterator[Tried]:
    """Guess anew each time."""
    for look in range(looks):
        seed = int(problem.rng.integers(2**31))
        yield lambda rows, seed=seed: np.random.default_rng(seed).normal(size=len(rows)), f"{look}"


def subsets(problem: Problem, looks: int, score: Callable[[Callable], float]) -> Iterator[Tried]:
    """Try another set of columns and another learner each time."""
    for _ in range(looks):
        mask = problem.rng.choice(COLUMNS, problem.rng.integers(3, 12), replace=False)
        kind = str(problem.rng.choice(["linear", "tree", "neighbours"]))
        yield _fitted(problem, mask, kind), kind


def climb(problem: Problem, looks: int, score: Callable[[Callable], float]) -> Iterator[Tried]:
    """Put a column in or out, and keep it if the score rises."""
    mask = problem.rng.random(COLUMNS) < 0.5
    best = -np.inf
    for _ in range(looks):
        other = mask.copy()
        other[problem.rng.integers(COLUMNS)] ^= True
        if not other.any():
            continue
        model = _fitted(problem, other, "linear")
        yield model, "a column"
        if (now := score(model)) > best:
            mask, best = other, now


def epochs(problem: Problem, looks: int, score: Callable[[Callable], float]) -> Iterator[Tried]:
    """Train one model on and look after each epoch."""
    X, y = problem.train
    model = SGDClassifier(loss="log_loss", alpha=1e-4, learning_rate="constant", eta0=0.05,
                          random_state=int(problem.rng.integers(2**31)))  # fmt: skip
    for look in range(looks):
        model.partial_fit(X, y, classes=[0, 1])
        weights, bias = model.coef_[0].copy(), float(model.intercept_[0])
        yield lambda rows, w=weights, b=bias: rows @ w + b, f"epoch {look}"


PROGRAMS = {"coins": coins, "subsets": subsets, "climb": climb, "epochs": epochs}
METRICS: dict[str, Callable[[np.ndarray, np.ndarray], float]] = {
    "accuracy": lambda y, said: float(((said > np.median(said)) == y).mean()),
    "roc_auc": lambda y, said: float(roc_auc_score(y, said)),
}


def look_at(
    program: Callable, metric: str, n: int, looks: int, strength: float, seed: int
) -> dict[str, float]:
    """Let a program look, and compare what the ledger says with the truth."""
    problem = Problem(n, strength, np.random.default_rng([seed, n, looks]))
    of = METRICS[metric]
    held = problem.held
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(
            *held, Path(folder, "looks.jsonl"), metric="accuracy" if metric == "accuracy" else of
        )
        best, top = None, -np.inf

        def score(model: Callable) -> float:
            said = model(held[0])
            return of(held[1], said)

        for model, note in program(problem, looks, score):
            said = model(held[0])
            answer = (said > np.median(said)).astype(int) if metric == "accuracy" else said
            told = ledger.score(answer, note)
            if told > top:
                best, top = model, told
        report = ledger.report()
    truth = of(problem.fresh[1], best(problem.fresh[0]))
    return {
        "made": top - truth,
        "stated": report.optimism,
        "noise_alone": report.noise_alone,
        "held": report.low <= truth <= report.high,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--problems", type=int, default=PROBLEMS)
    options = parser.parse_args()
    rows = []
    for name in PROGRAMS:
        for metric in METRICS:
            for n, looks, strength in SIZES:
                found = pd.DataFrame(
                    look_at(PROGRAMS[name], metric, n, looks, strength, seed)
                    for seed in range(options.problems)
                )
                asked = {"program": name, "metric": metric, "rows": n, "looks": looks}
                asked |= {"signal": strength, "problems": options.problems}
                means = found.mean().astype(float).round(4).to_dict()
                off = float(found["made"].std() / len(found) ** 0.5)
                rows.append(asked | means | {"made_se": round(off, 4)})
                print(rows[-1], flush=True)
    frame = pd.DataFrame(rows)
    if options.problems >= PROBLEMS:
        frame.to_csv(FILE, index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
