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
# # Three unnamed studies, after part 1: exercises
#
# Three colleagues ask you to look over their work before they report it. At least one of them has
# made a mistake of this part, and one is right. For each, say what is wrong, if anything is, and
# which score the model will get when it is deployed: give an interval that you trust to hold it
# with a probability of 80 %. About 45 minutes.
#
# You have what an auditor has: the development data, `info`, the claim and the code. You do not
# have the future. Use any check of the earlier chapters; a cell of your own is the best place to
# start.
#
# An interval costs its width, plus ten times the distance by which it misses. In the long run
# nobody pays less than those who report what they believe. "From 0 to 1" is never wrong, and costs 1:
# yours should cost less.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from pitfalls.notebook.unnamed import open_case, settle
from pitfalls.notebook.feedback import in_words


def answered(case, diagnosis, low, high):
    """Settle an answer that is whole."""
    known = ", ".join(case.diagnoses)
    named = isinstance(diagnosis, str) and diagnosis in case.diagnoses
    assert named, f"{diagnosis!r} is no diagnosis here; there are: {known}."
    ends = f"Your interval is {low!r} to {high!r}; give two numbers, the lower one first."
    assert all(isinstance(end, (int, float, np.number)) for end in (low, high)), ends
    assert low <= high, ends
    return settle(case, diagnosis, low, high)
in_words()

# %% [markdown]
# ## 1. The turbine (15 minutes)
#
# Arno forecasts the output of a wind turbine. Each row of `X` is a stretch of readings around the
# moment 0, at which the control room asks: will the mean of the next ten readings be higher than
# the present one? The rows follow each other, so that their stretches overlap. "Two trend lines,
# three steps, one regression. I trained on the first 60 % and left a gap, so that no outcome of a
# training row reaches into the test."

# %%
turbine = open_case("unnamed_leakage", "A")
X, y, gap = turbine.X, turbine.y, turbine.info["horizon"]
features = {
    f"over {long}": X[0] - X.loc[:, -long : round(0.75 * long)].mean(axis=1)
    for long in (10, 5)
} | {f"step {ago}": X[-ago] - X[-ago - 1] for ago in range(3)}
features = np.column_stack(list(features.values()))

# %%
n = int(0.6 * len(y))
model = LogisticRegression(C=10.0).fit(features[: n - gap], y[: n - gap])
claimed = model.score(features[n:], y[n:])
print(f"claimed: {claimed:.2f} of {len(y) - n:,} forecasts right")

# %% tags=["remove-cell"]
assert abs(claimed - turbine.claimed) < 1e-9

# %%
turbine.diagnoses

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed accuracy:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(turbine, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Write out for `long = 10` and for `long = 5` which columns of `X` each feature reads, and mark
# the moment 0 among them. For the interval, let the fitted model answer the test rows once more,
# as the control room has them when it asks. Neighbouring rows are right or wrong together: take
# the shares of ten stretches in a row, not single rows, as your cases.
#
# </details>

# %% [markdown]
# ## 2. The forty (15 minutes)
#
# Bea's app is for people with a disease that comes and goes: it tells them how they are today, from
# a recording of their voice. Forty members have recorded themselves on 36 days, and noted how they
# were. "I held out the last nine days of everybody. Every nine days the model is trained anew, on
# the last 27." The claim stands on the members' page: "for you, on each of the next nine days". `meta`
# says which member it was, and when.

# %%
voices = open_case("unnamed_leakage", "B")
voices.meta.nunique()

# %%
from sklearn.neighbors import KNeighborsClassifier

member, day = voices.meta["patient"], voices.meta["day"]
late = day > day.max() - 9
model = KNeighborsClassifier(5).fit(voices.X[~late], voices.y[~late])
claimed = model.score(voices.X[late], voices.y[late])
print(f"claimed: {claimed:.2f} of {late.sum()} recordings right")

# %% tags=["remove-cell"]
assert abs(claimed - voices.claimed) < 1e-9

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed accuracy:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(voices, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Write one line below the other: for whom and for which days the page promises the score, and whom
# and which days `late` picks out of `meta`. Then hold each diagnosis against the two lines. For
# the interval the nine days of a member go together: take forty shares, and `mean_interval` of
# `pitfalls.metrics` at a level of .8.
#
# </details>

# %% [markdown]
# ## 3. The panel (15 minutes)
#
# Chidi has sixty patients and 447 proteins, and wants a test that uses twenty. "I scored the panel
# in fifteen folds, with the simplest classifier there is. Nothing was tuned." The clinic's next
# patients are to be tested with it.

# %%
patients = open_case("unnamed_leakage", "C")
patients.X.shape, patients.info["n_selected"]

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestCentroid

panel = SelectKBest(k=20).fit_transform(patients.X, patients.y)
cv = StratifiedKFold(15, shuffle=True, random_state=0)
guesses = cross_val_predict(NearestCentroid(), panel, patients.y, cv=cv)
claimed = (guesses == patients.y).mean()
print(f"claimed: {claimed:.2f} of {len(guesses)} patients right")

# %% tags=["remove-cell"]
assert abs(claimed - patients.claimed) < 1e-9

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed accuracy:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(patients, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Put the labels into a random order, run the script from `panel` on, and see what it claims for
# those. For the interval you need a score in which no patient has had a say in what is then tested
# on them. Give it more room than sixty coin tosses would need, because the folds share their
# patients.
#
# </details>
