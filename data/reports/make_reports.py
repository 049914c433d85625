"""Makes the three reports of chapter 19 from real runs of chapter 05, and the files they name.

    python data/reports/make_reports.py

All three are about one simulated study, Noor's recordings of voices. ``flawed.yaml`` is what she
hands in after a split by recording, ``honest.yaml`` what she would have to write of that split,
``fixed.yaml`` the report on a split by patient. What they say is in ``answers.toml``, and every
number in them is computed here.
"""

import sys
import tomllib
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupShuffleSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course, reforms
from pitfalls.checks import scores_on_shuffled_labels, shared_groups

HERE = Path(__file__).resolve().parent
TITLE = "Parkinson's disease from a recorded voice"
SPLITS = {"flawed": "recording", "honest": "recording", "fixed": "patient"}


def split(study, by):
    """Return the training and the test rows of either split."""
    rows = np.arange(len(study))
    if by == "recording":
        return train_test_split(rows, test_size=0.25, random_state=0)
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    return next(splitter.split(study.X, groups=study.meta["patient"]))


def run(by):
    """Run the study with one split; return its numbers, its checks and the list of its rows."""
    world = course.load("shared_subjects").world("disease")
    study = world.make(strength=1, random_state=0)
    protocols = {"recording": world.pitfall, "patient": world.fixes["split_by_patient"]}
    score = study.run(protocols[by])
    train, test = split(study, by)

    def accuracy(X, y):
        return KNeighborsClassifier(5).fit(X[train], y[train]).score(X[test], y[test])

    model = KNeighborsClassifier(5).fit(study.X[train], study.y[train])
    rows = study.meta[["patient"]].assign(side="train", outcome=study.y, said="")
    rows.loc[test, "side"] = "test"
    rows.loc[test, "said"] = [str(label) for label in model.predict(study.X[test])]
    shuffled = scores_on_shuffled_labels(accuracy, study.X, study.y, random_state=0)
    groups = shared_groups(accuracy, study.X, study.y, rows["patient"], random_state=0)
    numbers = {
        "claimed": score.claimed,
        "interval": [round(limit, 3) for limit in score.interval],
        "baseline": max(study.y[test].mean(), 1 - study.y[test].mean()),
        "exchanged": groups["groups"].value,
        "dealt": groups["groups"].null,
    }
    checks = {"scores_on_shuffled_labels": shuffled, "shared_groups": groups}
    return numbers | counts(rows), checks, rows.rename_axis("recording")


def counts(rows):
    """Count rows and people on either side."""
    people, ill = (rows.groupby("side")[c] for c in ("patient", "outcome"))
    return {
        "n_rows": len(rows),
        "n_test_rows": (rows["side"] == "test").sum(),
        "n_people": rows["patient"].nunique(),
        "n_train": people.nunique()["train"],
        "n_test": people.nunique()["test"],
        "n_both": (rows.groupby("patient")["side"].nunique() == 2).sum(),
        "ill_train": ill.mean()["train"],
        "ill_test": ill.mean()["test"],
    }


def make(name, numbers, checks, rows, path):
    """Write one report."""
    told = tomllib.loads((HERE / "answers.toml").read_text(encoding="utf-8"))
    path.unlink(missing_ok=True)
    reforms.new(path, TITLE)
    text = path.read_text(encoding="utf-8").replace("authors: []", "authors: [Noor]", 1)
    text = text.replace("date:          # such as 2026-03-31", "date: 2026-03-31", 1)
    path.write_text(text, encoding="utf-8", newline="\n")
    for code, answer in (told["shared"] | told[name]).items():
        status = told["status"][name].get(code, "met")
        reforms.record(code, answer.format(**numbers), status=status, report=path)
    if name != "honest":  # where there is no score for new people there is no interval
        n = numbers["n_test" if name == "fixed" else "n_test_rows"]
        reforms.record("7b", interval=numbers["interval"], n=n, report=path)
    shuffled = "scores_on_shuffled_labels"
    reforms.record("6a", check=checks[shuffled], name=shuffled, report=path)
    if name != "flawed":  # nobody had asked for it
        reforms.record("6b", check=checks["shared_groups"], report=path)
    reforms.record("6b", file=rows, report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)


def main(folder=HERE):
    """Write the three reports and the two lists of rows."""
    for name, by in SPLITS.items():
        numbers, checks, rows = run(by)
        file = folder / f"split_by_{by}.csv"
        rows.to_csv(file, lineterminator="\n")
        make(name, numbers, checks, file, folder / f"{name}.yaml")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE)
