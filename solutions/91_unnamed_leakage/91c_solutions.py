# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Three unnamed studies, after part 1: solutions
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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed accuracy:
# solution
from pitfalls.metrics import mean_interval

on_the_day = X.copy()
on_the_day.loc[:, 1:] = np.nan  # nobody has them at the moment 0
seen = {
    f"over {long}": X[0] - on_the_day.loc[:, -long : round(0.75 * long)].mean(axis=1)
    for long in (10, 5)
} | {f"step {ago}": X[-ago] - X[-ago - 1] for ago in range(3)}
correct = model.predict(np.column_stack(list(seen.values()))[n:]) == y[n:]
stretches = [part.mean() for part in np.array_split(correct, 10)]
diagnosis = "features that see the future"
_, low, high = mean_interval(stretches, 0.8)
print(f"from {low:.2f} to {high:.2f}")

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# The longer trend line reaches from −10 to +8: most of the outcome is in it. The split in time and its
# gap are as they should be, and do not help, since each row has brought its own answer along. For the
# interval the test rows are shown as they will be on the day, without what is not yet there. Outcomes
# of neighbouring rows overlap, so that they are right and wrong together; ten stretches in a row are
# nearly independent, and the t interval is theirs. An interval from what chapter 07 taught will do as
# well: with half of its trend line the model bets no better than a coin.

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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed accuracy:
# solution
from pitfalls.metrics import mean_interval

correct = model.predict(voices.X[late]) == voices.y[late]
_, low, high = mean_interval([correct[member[late] == one].mean() for one in range(40)], 0.8)
diagnosis = "nothing"
print(f"from {low:.2f} to {high:.2f}")

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# The members are on both sides of the split, and they are on both sides of the deployment, too: the
# claim is about *their* next recordings. A split by member would have answered a question that Bea
# does not ask, and understated the app. Nor is there a fault in time: a state lasts for weeks, and
# random days would have had a yesterday and a tomorrow in training, but Bea tested the days that came
# last, for as long as a model is in use. Had the page said "for everybody", or "on any day", the very
# same number would have been false. The interval is over members, whose nine days go together.

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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed accuracy:
# solution
from sklearn.pipeline import make_pipeline

from pitfalls import course, evidence

honest = make_pipeline(SelectKBest(k=20), NearestCentroid())
share = (cross_val_predict(honest, patients.X, patients.y, cv=cv) == patients.y).mean()


def misses(studies, n):
    """By how many standard errors of n tosses the claims of honest studies miss."""
    error = np.sqrt(studies["claimed"] * (1 - studies["claimed"]) / n)
    return (studies["deployed"] - studies["claimed"]).abs() / error


world = course.load("leaky_selection").world("signal")
others = evidence.read(world, kind=True).query("arm == 'select_within_folds'")
reach = misses(others, others["given_n_samples"]).quantile(0.8)
error = np.sqrt(share * (1 - share) / len(patients.y))
diagnosis = "features chosen before the split"
low, high = share - reach * error, share + reach * error
like = evidence.read(world).query("arm == 'select_within_folds' and strength == 0.5")
held = (misses(like, 60) <= reach).mean()
print(f"{reach:.2f} standard errors, which hold in {held:.0%} of {len(like)} studies like this")

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# All sixty patients had chosen the twenty proteins, which were then scored on the same sixty. With
# the choice inside the folds the claim is gone. As tosses of a coin, sixty patients would give 1.28
# standard errors either way. But the folds share their patients, and chapter 02 has shown that its
# interval holds too seldom. Its studies tell by how much: eight in ten of three hundred, of all kinds,
# miss by less than `reach`. And if yours missed all the same: one in five honest ones does.
