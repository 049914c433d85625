# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What nobody wrote down: solutions
#
# Six exercises, easy to hard, about 40 minutes. Each ends in a check that tells you whether you
# are there. They use
# [the pitfall](../../chapters/09_hidden_variable/09a_pitfall.ipynb) and
# [the fix](../../chapters/09_hidden_variable/09b_fix.ipynb). Only the third trains a network.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_chest_films, make_hospital_records
from pitfalls.notebook.feedback import called, in_words, miss, number
from pitfalls.metrics import weighted_auc
from pitfalls.vision import ImageClassifier

in_words()

# %% [markdown]
# ## 1. Without the film (3 minutes)
#
# In a ward half of the patients are ill, and the correlation of posture and disease is **.6**.
# Somebody who knows nothing but the posture calls all who lie ill. What AUROC does that have?

# %% tags=["solution"]
# Your answer, between 0.5 and 1, as answer = ...
# solution
answer = 0.8

# %% tags=["check"]
ward = make_chest_films(20_000, size=16, n_fresh=2, strength=0.6, random_state=0)
posture_alone = weighted_auc(ward.y, ward.truth["posture"]).auc
missed = miss(answer, posture_alone, 0.02)
assert not missed, f"{missed} Compare an ill patient and a healthy one; equal postures are a half."
print(f"It is {posture_alone:.2f}. A network should be compared with that, not with a coin.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Of 100 ill patients 80 lie, of 100 healthy ones 20. Draw one of each: how often does the ill one
# lie and the healthy one stand? Pairs in the same posture are tossed for.
#
# </details>

# %% [markdown] tags=["solution"]
# Of the ill a share of (1 + .6) / 2 lies, of the healthy (1 − .6) / 2. A random ill patient
# outranks a random healthy one if the first lies and the second stands (.64), and half of the time
# if both are in the same posture (half of .32). Together that is (1 + correlation) / 2.

# %% [markdown]
# ## 2. Find the mistake (8 minutes)
#
# A colleague has records of two hospitals and knows of the trouble: "I adjust for the hospital. I
# put it into the model as a column, so the model can tell the hospital's share from the
# disease's." Write `repaired(study)`: an estimate, from the same rows, of the AUROC that this very
# model will have where the hospital tells nothing about the disease.


# %%
def with_hospital(sample):
    in_a = (sample.meta["hospital"] == "A").to_numpy().astype(int)
    return np.column_stack([sample.X, in_a]), in_a


def colleague(study):
    # 1. the hospital is a column
    X, in_a = with_hospital(study)
    # 2. hold out one half
    half = len(study) // 2
    # 3. train on the other
    model = LogisticRegression().fit(X[:half], study.y[:half])
    # 4. score patients that the model has not seen
    return weighted_auc(study.y[half:], model.decision_function(X[half:])).auc


# %% tags=["solution"]
def repaired(study):
    # solution
    X, in_a = with_hospital(study)
    half = len(study) // 2
    model = LogisticRegression().fit(X[:half], study.y[:half])
    y, in_a = study.y[half:], in_a[half:]
    observed = np.bincount(2 * in_a + y, minlength=4).reshape(2, 2)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / len(y)
    weights = (expected / observed)[in_a, y]
    return weighted_auc(y, model.decision_function(X[half:]), weights).auc


# %% tags=["check"]
def errors(n, effect, strength, seeds):
    """Return by how much either claim is off, on average over studies."""
    pairs = []
    for seed in range(seeds):
        made = {"strength": strength, "effect": effect, "random_state": seed}
        records = make_hospital_records(n, **made)
        X, _ = with_hospital(records)
        trained = LogisticRegression().fit(X[: n // 2], records.y[: n // 2])
        there = records.deployment
        gets = weighted_auc(there.y, trained.decision_function(with_hospital(there)[0])).auc
        pairs.append([number(one, records) - gets for one in (colleague, repaired)])
    return np.mean(pairs, axis=0)


# a disease that hardly shows, and one that does; then many small studies, where memory would show
off = {effect: errors(4_000, effect, 0.8, 10) for effect in (0.15, 0.6)}
theirs, yours = max(off.values(), key=lambda pair: abs(pair[1]))
assert abs(yours) < 0.015, f"On average over ten studies you are off by {yours:+.3f}."
small = errors(400, 0.05, 0.5, 40)[1]
assert abs(small) < 0.035, f"With 400 patients you are off by {small:+.3f}. Which rows are scored?"
for theirs, yours in off.values():
    print(f"the colleague is off by {theirs:+.2f}, you by {yours:+.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The model stays as it is, with its column. What has to change is how much each patient of the
# test half counts: as much as if ill and healthy were alike in both hospitals. Four groups, four
# weights.
#
# </details>

# %% [markdown] tags=["solution"]
# A column for the hospital makes things worse: now the model need not even guess it. "Adjusting"
# in a regression is for the sake of a coefficient. A prediction still uses the hospital's share,
# and the test still rewards it.

# %% [markdown]
# ## 3. Which cue? (8 minutes)
#
# Lying down changes two things in a film: the chest (its shape, the heart) and the letter in the
# corner. Would it help to blacken the corner? Write `gap(**cues)`: fresh minus deployed AUROC of a
# network trained on
# `make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)`. The check calls
# it with the letter alone (`posture=0`), with the chest alone (`marker=0`), and with neither.


# %% tags=["solution"]
def gap(**cues):
    # solution
    study = make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    model = ImageClassifier().fit(study.X, study.y)
    fresh, deployed = (
        weighted_auc(part.y, model.decision_function(part.X)).auc
        for part in (study.fresh, study.deployment)
    )
    return fresh - deployed


# %% tags=["check"]
gaps = {
    "letter alone": number(gap, posture=0),
    "chest alone": number(gap, marker=0),
    "neither": number(gap, posture=0, marker=0),
}
print({name: round(float(value), 2) for name, value in gaps.items()})
chest, neither = gaps["chest alone"], gaps["neither"]
assert chest > 0.15, f"The shape of the chest is enough for a gap; yours is {chest:.2f}."
assert abs(neither) < 0.05, f"Without a cue there is no gap; yours is {neither:.2f}."

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Pass `**cues` on to `make_chest_films`. Use the network's `decision_function` or the second
# column of `predict_proba`, on the films of `study.fresh` and of `study.deployment`.
#
# </details>

# %% [markdown] tags=["solution"]
# A black corner removes the cue that people see first, and leaves the other. The cues that an
# expert can name are seldom all that there are. That is why the number has to be repaired first:
# the weights do not ask what the cue is.

# %% [markdown]
# ## 4. A point to argue (7 minutes)
#
# "The ward knows who lies, and that has an AUROC of .9. The network has .85. So it adds nothing."
# Write two sentences for this view and two against it. Then make it a number. Write
# `added(y, score, posture)`: the AUROC of posture and score *together* (a logistic regression of
# the two) minus that of the posture alone, both on rows that were not used to fit. The check asks
# about two networks in such a ward. Both have an AUROC of .85.


# %%
def make_ward(n, sees, random_state):
    """Return labels, a network's scores and postures; it sees the `patches` or the `posture`."""
    rng = np.random.default_rng(random_state)
    y = np.repeat([0, 1], n // 2)[rng.permutation(n)]
    posture = np.where(rng.random(n) < 0.9, y, 1 - y)
    cue, clear = (y, 1.466) if sees == "patches" else (posture, 2.17)
    return y, clear * cue + rng.normal(size=n), posture


# %% tags=["solution"]
def added(y, score, posture):
    # solution
    half, found = len(y) // 2, []
    for columns in ([posture], [posture, score]):
        X = np.column_stack(columns)
        risk = LogisticRegression().fit(X[:half], y[:half]).predict_proba(X[half:])[:, 1]
        found.append(weighted_auc(y[half:], risk).auc)
    return found[1] - found[0]


# %% tags=["check"]
gains = {}
for sees in ("patches", "posture"):
    ward = make_ward(20_000, sees, 0)
    alone = weighted_auc(ward[0], ward[1]).auc
    gains[sees] = number(added, *ward)
    print(f"a network that sees the {sees}: AUROC {alone:.2f}, adds {gains[sees]:.3f}")
assert abs(gains["posture"]) < 0.01, "What reads the posture adds nothing to it; yours disagrees."
assert gains["patches"] > 0.02, "Patches tell what the posture does not: fit one score from both."
assert gains["patches"] < 0.1, "Compare with the posture alone, among all patients of the ward."
y, score, posture = make_ward(20_000, "patches", 0)
turned = number(added, y, -2 * score, posture)
assert abs(turned - gains["patches"]) < 0.005, "Turned round, the score tells as much: is it fitted?"

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Two logistic regressions, fitted on one half of the rows: of the posture, and of posture and
# score side by side (`np.column_stack`). Score both on the other half, and subtract.
#
# </details>

# %% [markdown] tags=["solution"]
# For it: whoever pays for a network wants to know more than the ward did, and .85 beside .9 looks
# like less. Against it: two AUROCs do not say what they are *together*. One network repeats the
# posture and adds nothing; the other, with the same AUROC, sees something else and adds a good
# deal. It takes the rows to tell them apart. (How much it is worth is another question, of lives
# and costs; the AUROC only ranks.)

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# [A public project](https://github.com/aildnont/covid-cxr/pull/10) told films with Covid from others.
# Then its authors saw that all the others were of *children*: no column had said so. They said it
# openly, and found films of adults. Here are such films as measurements: `archive` has adults with
# Covid, `clinic` children without it, and `register`, which came later, adults without it.

# %%
import pandas as pd

measured = ["chest", "ribs", "heart", "haze_left", "haze_right"]


def films(n, source, covid, adult, rng):
    X = rng.normal(size=(n, 5))
    X[:, :3] += 1.5 * adult
    X[:, 3:] += 0.8 * np.reshape(covid, (-1, 1))
    return pd.DataFrame(X, columns=measured).assign(source=source, covid=covid)


rng = np.random.default_rng(0)
sources = ("archive", 300, 1, 1), ("clinic", 600, 0, 0), ("register", 300, 0, 1)
table = pd.concat([films(n, name, c, a, rng) for name, n, c, a in sources], ignore_index=True)
ward = films(4_000, "ward", rng.integers(2, size=4_000), 1, rng)  # new: adults, with it or without


# %%
def theirs(table):
    return table[table["source"] != "register"]


def half_and_half(rows):
    """Train on every second row; return the AUROC on the others, and the model."""
    train, test = rows[::2], rows[1::2]
    model = LogisticRegression().fit(train[measured], train["covid"])
    return weighted_auc(test["covid"], model.decision_function(test[measured])).auc, model


claimed, model = half_and_half(theirs(table))
print(f"claimed: an AUROC of {claimed:.2f}")
pd.crosstab(theirs(table)["source"], theirs(table)["covid"])

# %% [markdown]
# Write the check of [the fix](../../chapters/09_hidden_variable/09b_fix.ipynb) for it:
# `tells(score, table)`, the AUROC with which a score tells films of adults from films of children
# among those *without* Covid. Then write `mended(table)`, the rows to train and to test on.


# %% tags=["solution"]
def tells(score, table):
    # solution
    healthy = (table["covid"] == 0).to_numpy()
    adult = (table["source"] == "register").to_numpy()
    return weighted_auc(adult[healthy].astype(int), np.asarray(score)[healthy]).auc


def mended(table):
    return table[table["source"] != "clinic"]


# %% tags=["check"]
haze = table["haze_left"] + table["haze_right"]
blind, sees = number(tells, haze, table), number(tells, table["chest"], table)
assert abs(blind - 0.5) < 0.08, f"Haze tells no age; yours finds {blind:.2f}: are the ill among them?"
assert sees > 0.75, f"The chest tells an adult from a child; yours finds {sees:.2f}."
mine = called(mended, table, like=table)
assert {*table} <= {*mine}, "mended should return rows of the table with all columns, as theirs does."
assert len(np.unique(mine["covid"])) == 2, "Nobody can learn from rows that have one label only."
apart = {}
for name, rows in {"theirs": theirs(table), "all three": table, "mended": mine}.items():
    claims, model = half_and_half(rows.sort_index())
    gets = weighted_auc(ward["covid"], model.decision_function(ward[measured])).auc
    age = tells(model.decision_function(table[measured]), table)
    apart[name] = {"claimed": claims, "adults of the ward": gets, "tells age": age}
found = pd.DataFrame(apart).T
gap = found.loc["mended", "claimed"] - found.loc["mended", "adults of the ward"]
assert gap < 0.08, f"It claims {gap:.2f} more than the ward gives: what else goes with the label?"
age = found.loc["mended", "tells age"]
assert abs(age - 0.5) < 0.25, f"Among the healthy your score still tells age, with {age:.2f}."
found.round(2)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Of those without Covid, adults are in the register and children in the clinic. And which two of the
# three sources have people of the same age, so that age can tell nothing there? No column has to go:
# the age is in the chest, the ribs and the heart.
#
# </details>

# %% [markdown] tags=["solution"]
# More films are not better films: all three sources together claim more than the two of adults do, and
# get less. The children are no control for anybody on this ward. Is it sound now? Every ill film is
# still from the archive and every healthy one from the register. Here the two differ in nothing else;
# [DeGrave, Janizek and Lee (2021)](https://doi.org/10.1038/s42256-021-00338-7) found that real sources
# did, and no weighting of such rows can tell.

# %% [markdown]
# ## 6. Your own project (6 minutes)
#
# Which circumstances of collection could go with your label: who, where, when, with what, in which
# order? Write `circumstance_alone(y, circumstance)`: the best AUROC that one can get from the
# circumstance alone, by scoring each of its values with its share of positives *on other rows*.
# Publish it beside your own score. The check uses records of two hospitals, a circumstance that
# tells nothing, and one with many values. The circumstances of your own data belong in your
# report: `pitfalls.notebook.own_report.record("3b", "...")`.


# %% tags=["solution"]
def circumstance_alone(y, circumstance):
    # solution
    code, y = np.unique(circumstance, return_inverse=True)[1], np.asarray(y)
    half, n = len(y) // 2, code.max() + 1
    positives, seen = (np.bincount(code[:half], w, n) for w in (y[:half], np.ones(half)))
    share = (positives + y.mean()) / (seen + 1)  # a value never seen gets the share of all
    return weighted_auc(y[half:], share[code[half:]]).auc


# %% tags=["check"]
records = make_hospital_records(4_000, strength=0.7, random_state=0)
rng = np.random.default_rng(0)
hospital, y = records.meta["hospital"].to_numpy(), records.y
asked = {
    "the hospital": hospital,
    "the hospital, by other names": np.where(hospital == "A", "a", "z"),
    "a coin": rng.integers(2, size=4_000),
    "a coin with 2 000 sides": rng.integers(2_000, size=4_000),
}
found = {name: number(circumstance_alone, y, values) for name, values in asked.items()}
swapped = number(circumstance_alone, 1 - y, hospital)
print({name: round(float(value), 2) for name, value in found.items()})
for name in ("the hospital", "the hospital, by other names"):
    assert abs(found[name] - 0.85) < 0.03, f"{name} alone gives .85; yours: {found[name]:.2f}."
assert abs(swapped - 0.85) < 0.03, f"Healthy and ill exchanged, it is .85 too; yours: {swapped:.2f}."
for name in ("a coin", "a coin with 2 000 sides"):
    hint = "Were the shares taken from the rows that are scored?"
    assert abs(found[name] - 0.5) < 0.05, f"{name} knows nothing; yours: {found[name]:.2f}. {hint}"

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Count the positives of each value in one half of the rows. The rows of the other half get the
# share of their value; a value that was never seen gets the share of all.
#
# </details>

# %% [markdown] tags=["solution"]
# The coin with 2 000 sides is the trap: with two rows for each value, shares from the same rows have
# learned the labels by heart.
