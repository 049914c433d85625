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
# Five exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use
# [the pitfall](../../chapters/09_hidden_variable/09a_pitfall.ipynb) and
# [the fix](../../chapters/09_hidden_variable/09b_fix.ipynb). Only the third trains a network.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_chest_films, make_hospital_records
from pitfalls.notebook.feedback import miss
from pitfalls.metrics import weighted_auc
from pitfalls.vision import ImageClassifier

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
print(f"It is {posture_alone:.2f}. A network with this AUROC would have added nothing.")

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
off = []
for seed in range(10):
    records = make_hospital_records(4_000, strength=0.8, random_state=seed)
    X, _ = with_hospital(records)
    trained = LogisticRegression().fit(X[:2_000], records.y[:2_000])
    there = records.deployment
    gets = weighted_auc(there.y, trained.decision_function(with_hospital(there)[0])).auc
    off.append((colleague(records) - gets, repaired(records) - gets))
theirs, yours = np.mean(off, axis=0)
assert abs(yours) < 0.03, f"On average over ten studies you are off by {yours:+.2f}."
print(f"the colleague is off by {theirs:+.2f}, you by {yours:+.2f}")

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
# `make_chest_films(1_000, n_fresh=4_000, strength=0.95, random_state=0, **cues)`. The check calls
# it with the letter alone (`posture=0`), with the chest alone (`marker=0`), and with neither.


# %% tags=["solution"]
def gap(**cues):
    # solution
    study = make_chest_films(1_000, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    model = ImageClassifier().fit(study.X, study.y)
    fresh, deployed = (
        weighted_auc(part.y, model.decision_function(part.X)).auc
        for part in (study.fresh, study.deployment)
    )
    return fresh - deployed


# %% tags=["check"]
gaps = {
    "letter alone": gap(posture=0),
    "chest alone": gap(marker=0),
    "neither": gap(posture=0, marker=0),
}
print({name: round(float(value), 2) for name, value in gaps.items()})
chest, neither = gaps["chest alone"], gaps["neither"]
assert chest > 0.15, f"The shape of the chest is enough for a gap; yours is {chest:.2f}."
assert abs(neither) < 0.05, f"Without a cue there is no gap; yours is {neither:.2f}."

# %% [markdown] tags=["solution"]
# A black corner removes the cue that people see first, and leaves the other. The cues that an
# expert can name are seldom all that there are. That is why the number has to be repaired first:
# the weights do not ask what the cue is.

# %% [markdown]
# ## 4. A point to argue (5 minutes)
#
# "Every hospital has its habits. If lying goes with disease *wherever the model is used*, then
# posture is a good feature, and the pooled score is the right one." Write two sentences for this
# view and two against it. Then make it a number: `added(correlation, auc)` is what a model with
# this AUROC adds, in a ward with this correlation, to what the ward knows from the posture alone.


# %% tags=["solution"]
def added(correlation, auc):
    # solution
    return auc - (1 + correlation) / 2


# %% tags=["check"]
assert abs(added(0, 0.8) - 0.3) < 1e-9, "At 0, all above 0.5 is the model's own."
assert abs(added(0.95, 0.985) - 0.01) < 1e-9, "At .95 the posture alone has an AUROC of .975."
print(f"a model with .96 adds {added(0, 0.96):.2f} at 0 and {added(0.9, 0.96):.2f} at .9")

# %% [markdown] tags=["solution"]
# For it: a prediction may use whatever is known at the time, and where the habit is stable the
# claim is true. Against it: the ward knows the posture without a network, so the claim should be
# about what the network adds; and habits change with a new scanner, a new rule or an epidemic,
# without anybody telling the model.

# %% [markdown]
# ## 5. Your own project (6 minutes)
#
# Which circumstances of collection could go with your label: who, where, when, with what, in which
# order? Write `circumstance_alone(y, circumstance)`: the best AUROC that one can get from the
# circumstance alone, by scoring each of its values with its share of positives. Publish it beside
# your own score. The check uses records of two hospitals, a circumstance that tells nothing, and
# one with many values. The circumstances of your own data belong in your report:
# `pitfalls.notebook.own_report.record("3b", "...")`.


# %% tags=["solution"]
def circumstance_alone(y, circumstance):
    # solution
    values, code = np.unique(circumstance, return_inverse=True)
    share = np.bincount(code, y) / np.bincount(code)
    return weighted_auc(y, share[code]).auc


# %% tags=["check"]
records = make_hospital_records(4_000, strength=0.7, random_state=0)
rng = np.random.default_rng(0)
alone = circumstance_alone(records.y, records.meta["hospital"])
nothing = circumstance_alone(records.y, rng.integers(2, size=4_000))
assert abs(alone - 0.85) < 0.03, f"The hospital alone gives .85 here; yours finds {alone:.2f}."
assert abs(nothing - 0.5) < 0.05, f"A coin knows nothing; yours finds {nothing:.2f}."
many = circumstance_alone(records.y, rng.integers(2_000, size=4_000))
print(f"hospital {alone:.2f}, coin {nothing:.2f}, a coin with 2 000 sides {many:.2f}")

# %% [markdown] tags=["solution"]
# The last one is a trap: with two rows for each value, the shares have learned the labels by heart.
# If a circumstance has many values, estimate the shares on other rows than those you score.
