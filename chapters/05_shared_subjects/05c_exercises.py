# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The same patients on both sides: exercises
#
# Six exercises, easy to hard, about 35 minutes. Each ends with a check of your answer. They use
# the functions of [the pitfall](05a_pitfall.ipynb) and [the
# fix](05b_fix.ipynb); `study.run(by_recording)` runs one on a
# study.

# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import (
    GroupKFold,
    GroupShuffleSplit,
    cross_val_score,
    train_test_split,
)
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pitfalls import course
from pitfalls.checks import shared_groups
from pitfalls.datasets import make_voice_recordings
from pitfalls.notebook.feedback import called, in_words, miss, number, readable

world = course.load("shared_subjects").world("disease")
by_recording = world.pitfall
by_patient = world.fixes["split_by_patient"]
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# A coin for each patient, 960 recordings, but only **two** of each patient, so 480 patients. Noor
# holds out a quarter of the recordings and asks the five nearest. What does she claim on average?
# With eight recordings of each she claimed 1.00.

# %% tags=["raises-exception", "remove-output"]
# Your estimate, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
coins = [
    make_voice_recordings(n_repeats=2, effect=0, n_fresh=2, random_state=seed)
    for seed in range(10)
]
claimed = np.mean([study.run(by_recording).claimed for study in coins])
missed = miss(estimate, claimed, 0.06)
assert not missed, f"{missed} A patient's other recording has one vote of five, or none."
print(f"She claims {claimed:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# In three of four cases the other recording is in training, and its vote is right. Four coins vote
# beside it: in how many of their 16 outcomes do at least two side with it? In the fourth case all
# five votes are coins.
#
# </details>

# %% [markdown]
# ## 2. Find the leak (7 minutes)
#
# A colleague read this chapter and splits by patient. On coin flips the script should score 0.50.
# It does not. Write `repaired`: the same analysis without the leak.


# %%
def colleague(X, y, patient, random_state=0):
    # 1. random order, so that no fold is one day at the clinic
    order = np.random.default_rng(random_state).permutation(len(y))
    X, y = X[order], y[order]
    # 2. scale within the folds, then five neighbours
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    # 3. five folds, each with patients of its own
    folds = GroupKFold(5)
    scores = cross_val_score(model, X, y, groups=patient, cv=folds)
    return scores.mean()


# %% tags=["raises-exception", "remove-output"]
def repaired(X, y, patient, random_state=0):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
def average(procedure, effect):
    scores = []
    for seed in range(16):
        study = make_voice_recordings(480, effect=effect, n_fresh=2, random_state=seed)
        rows = np.random.default_rng(seed).permutation(len(study))  # as they come from a clinic
        X, patient = 30 * study.X[rows], study.meta["patient"].to_numpy()[rows]
        scores.append(number(procedure, X, study.y[rows], patient))
    return np.mean(scores)


fixed, strong = average(repaired, 0), average(repaired, 0.5)
seen = f"{fixed:.2f} on coin flips: follow one row of X, y and patient through the steps."
assert abs(fixed - 0.5) < 0.05, seen
assert strong > 0.8, f"Yours finds only {strong:.2f} of a strong signal."
print(f"the colleague's script: {average(colleague, 0):.2f}, yours: {fixed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Write down three rows with their patients, a, b and c, and put them into another order as step 1
# does. Whose name stands beside which row when `GroupKFold` is asked?
#
# </details>

# %% [markdown]
# ## 3. What to buy (7 minutes)
#
# The clinic pays for 960 recordings: of 960 patients, or of fewer who come more often. Write
# `worth(n_repeats)`. It should split the studies of seeds 0 to 9 (`n_fresh=2_000`) by patient, and
# return the mean deployed score and the mean width of the interval, as a pair.


# %% tags=["raises-exception", "remove-output"]
def worth(n_repeats):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
bought = {n: called(worth, n, like=(0.5, 0.1)) for n in (1, 8, 40)}
deployed, width = ([pair[i] for pair in bought.values()] for i in (0, 1))
falls = f"More patients should do better, by patient: {np.round(deployed, 2)}"
assert deployed[0] > deployed[1] > deployed[2] > 0.5, falls
assert 0.05 < width[0] < width[1] < width[2], f"Fewer patients know less: {np.round(width, 2)}"
few = make_voice_recordings(n_repeats=40, n_fresh=2_000, random_state=0).run(by_patient)
wide = f"One study alone has {np.diff(few.interval)[0]:.2f}; is {width[2]:.2f} from end to end?"
assert 0.6 < width[2] / np.diff(few.interval)[0] < 1.6, wide
for n, (score, wide) in bought.items():
    print(f"{960 // n:3} patients, {n:2} recordings each: {score:.2f} ± {wide / 2:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `make_voice_recordings(n_repeats=n_repeats, n_fresh=2_000, random_state=seed)` buys 960
# recordings, however many patients that makes. `study.run(by_patient)` has `.deployed`, and
# `.interval` with its two ends: the width is the distance between them. Return the two means over
# ten seeds, the score first.
#
# </details>

# %% [markdown]
# ## 4. A point to argue (7 minutes)
#
# "I average the eight recordings of each patient, which leaves one row per patient. Then nothing
# is shared, and I may split at random." Write down your opinion in two sentences. Then measure:
# `averaged` should return the accuracy of five neighbours on a quarter of the *averages*
# (`random_state=0`) and the accuracy of the same model on `study.deployment`, where patients are
# recorded once. The rows of a patient stand together, eight each.


# %% tags=["raises-exception", "remove-output"]
def averaged(study):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
measured = {}
for strength in (0, 1):
    studies = [
        make_voice_recordings(strength=strength, n_fresh=2_000, random_state=s)
        for s in range(20)
    ]
    pairs = [called(averaged, study, like=(0.5, 0.5)) for study in studies]
    measured[strength] = np.mean(pairs, axis=0)
gaps = {strength: pair[0] - pair[1] for strength, pair in measured.items()}
assert gaps[0] > 0.1, f"Averages are clearer than one recording; your gap is {gaps[0]:.2f}."
assert abs(gaps[1]) < 0.07, f"At full identity nothing leaks; your gap is {gaps[1]:.2f}."
for strength, (claimed, deployed) in measured.items():
    print(f"strength {strength}: claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# 960 rows are 120 patients times eight: `reshape` them so, and take the mean along the axis of
# length eight. Of the labels every eighth is enough. The deployed score is that of the same model
# on `study.deployment`, with nothing averaged.
#
# </details>

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# [A textbook on deep learning for chemists](https://github.com/whitead/dmol-book/issues/152)
# predicted how well molecules dissolve, and tested on molecules drawn at random. Its author noted
# that a split by *scaffold*, the core that a molecule is built around, was missing, and [the chapter
# now shows one](https://github.com/whitead/dmol-book/pull/264). Here is the first version with
# made-up molecules and twenty solvents. None is there twice, and a name tells the core and what hangs
# on it. The model is for the cores that chemists will try next.

# %%
from pitfalls.audit import audit

rng = np.random.default_rng(0)
shape, melts = rng.normal(size=(400, 6)), rng.normal(size=(400, 20))  # of 400 cores
counts = rng.normal(size=(6, 20)) / np.sqrt(6)  # what a shape counts for in 20 solvents


def molecules(cores, n):
    core, sides = rng.choice(cores, n), rng.integers(6, size=(n, 3))
    X = pd.DataFrame(sides, columns=["Cl", "OH", "CH3"])
    for k in range(6):
        X[f"shape_{k}"] = shape[core, k] + 0.3 * rng.normal(size=n)
    X["name"] = "core" + pd.Series(core).astype(str)
    for side in ("Cl", "OH", "CH3"):
        X["name"] += "-" + side + X[side].astype(str)
    soluble = shape[core] @ counts + melts[core] + sides.sum(axis=1, keepdims=True) / 6
    soluble = pd.DataFrame(soluble + rng.normal(size=(n, 20)) / 4)
    once = ~X["name"].duplicated()
    return X[once].reset_index(drop=True), soluble[once].reset_index(drop=True)


X, y = molecules(range(100, 260), 1_000)
later = {"new cores": molecules(range(260, 400), 400)}
later["old cores"] = molecules(range(100, 260), 400)

# %% [markdown]
# The audit was told that every molecule is a case of its own. Tell it better, in `known`, and write
# `mended(X, y)`, which gives the places of the training and of the test rows as `theirs` does.

# %%
known = dict.fromkeys(("groups", "time", "available_at", "served"), False)


def theirs(X, y):
    return train_test_split(np.arange(len(X)), test_size=0.25, random_state=0)


def scores(X, y, train, test):
    """Return R² for the test rows, and for molecules of the time after; means over the solvents."""
    forest, columns = RandomForestRegressor(10, random_state=0), X.columns.drop("name")
    forest.fit(X[columns].iloc[train], y.iloc[train])
    rows = {"claimed": (X.iloc[test], y.iloc[test])} | later
    return {kind: forest.score(new[columns], found) for kind, (new, found) in rows.items()}


train, test = theirs(X, y)
audit(None, X, y[0], train=train, test=test, **known, progress=False)

# %% tags=["raises-exception", "remove-output"]
# Two things: known = {...}, and the function mended(X, y)
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
told = known.get("groups") if isinstance(known, dict) else None
assert not isinstance(told, bool | None), "known still has no groups: which molecules have something in common that lasts?"
with readable("known"):
    found = audit(None, X, y[0], train=train, test=test, **known, progress=False)
alone = "With these groups nothing is against theirs: is each molecule alone in its group?"
assert found["shared_identifiers"].verdict == "suspect", alone
sides = called(mended, X, y, like=(train, test))
apart = len({*sides[0]} - {*sides[1]}), len({*sides[1]} - {*sides[0]})
assert sum(apart) >= 0.95 * len(X), f"Of {len(X)} molecules {sum(apart)} are on one side only."
assert 0.1 < apart[1] / len(X) < 0.5, f"{apart[1]} test molecules of {len(X)}: a quarter will do."
cores = [{*X["name"].str[:7].reindex(side)} for side in sides]
known_ones = len(cores[0] & cores[1])
assert not known_ones, f"{known_ones} of {len(cores[1])} cores of your test rows are in training as well."
report = audit(None, X, y[0], train=sides[0], test=sides[1], **known, progress=False)
assert report.verdict != "suspect", f"The audit still accuses yours. {report.summary}"
both = {"R², theirs": scores(X, y, train, test), "R², mended": scores(X, y, *sides)}
print(pd.DataFrame(both).T.round(2))
more = both["R², mended"]["claimed"] - both["R², mended"]["new cores"]
assert more < 0.15, f"You claim {more:.2f} more than new cores give: which rows trained?"
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Write down the names of five molecules of one core. What would a forest that has seen four of them
# know about the fifth? `X["name"].str.split("-").str[0]` is what they share: one value a row, for
# the audit and for a splitter that takes `groups`.
#
# </details>

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# Which rows of your last project belong together: a person, a machine, a day, a place? Put your data
# into `X`, `y` and `groups`, and everything between the raw rows and the number into
# `my_procedure(X, y)`, which should return a score of which more is better. (No project at hand?
# Take Noor's study, below, and any split.) The check first hands over labels that are easy to tell
# from `X`, and the same ones shuffled, then lets the groups exchange their labels. The result joins
# your report in `work/reforms.yaml`; run it again, and the entry is replaced.

# %%
study = make_voice_recordings(480, n_fresh=2, random_state=0)
X, y, groups = study.X, study.y, study.meta["patient"].to_numpy()


# %% tags=["raises-exception", "remove-output"]
def my_procedure(X, y):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
from pitfalls.notebook.own_report import record

table = X if isinstance(X, pd.DataFrame) else np.reshape(X, (len(X), -1))
table = StandardScaler().fit_transform(pd.get_dummies(pd.DataFrame(table)).fillna(0))
along = np.linalg.svd(table, full_matrices=False)[0][:, 0]
easy = np.unique(y)[[0, -1]][(along > np.median(along)).astype(int)]
told = number(my_procedure, X, easy)
guessed = number(my_procedure, X, np.random.default_rng(0).permutation(easy))
better = f"{told:.2f} on labels that are easy to tell, {guessed:.2f} shuffled"
assert told > guessed, f"{better}: is more better, and are X and y those handed over?"
found = shared_groups(my_procedure, X, y, groups, random_state=0)
record("6b", check=found)
assert found.verdict != "suspect", f"{found['groups'].says} Is a group on both sides?"
assert found.verdict == "clean", f"{found.verdict}: {found['groups'].says}"
print(found)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The check hands over other labels each time, so use the `X` and `y` that your function is given,
# and nothing that was fitted before. If it says "suspect", tell the splitter about `groups`:
# `GroupKFold` in `cross_val_score`, for instance, takes them. Their order has to be that of the
# rows.
#
# </details>
