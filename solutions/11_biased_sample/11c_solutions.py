# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Those who were left out: solutions
#
# Six exercises, easy to hard, about 35 minutes. Each ends with a check of your answer. They use
# the functions of [the pitfall](../../chapters/11_biased_sample/11a_pitfall.ipynb) and [the
# fix](../../chapters/11_biased_sample/11b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from pitfalls import course
from pitfalls.checks import who_was_excluded
from pitfalls.datasets import make_fund_archive, make_rated_comments, make_referrals
from pitfalls.notebook.feedback import called, formed, in_words, miss, number, readable
from pitfalls.study import Sample


def labels_by_lot(n=400):
    """Return comments whose label no score knows, half of them with a clear majority."""
    rng = np.random.default_rng(0)
    agreement = pd.DataFrame({"agreement": np.where(np.arange(n) % 2, 9, 5)})
    return Sample(rng.normal(size=(n, 150)), rng.integers(2, size=n), agreement)


study_who_was_recruited = course.load("biased_sample").world("spectrum").pitfall
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (3 minutes)
#
# A gentler study leaves out only **29 %** of the patients, those nearest to the border of ill and
# well. In the clinic the test classifies 79 % correctly. With nobody left out, that is the claim
# as well; with 87 % left out the claim is 99 %. What does this study claim, on average?

# %% tags=["solution"]
# Your estimate, between 0 and 1, as estimate = ...
# solution
estimate = 0.88

# %% tags=["check"]
studies = [make_referrals(strength=0.25, random_state=seed) for seed in range(10)]
claimed = np.mean([study.run(study_who_was_recruited).claimed for study in studies])
missed = miss(estimate, claimed, 0.03)
assert not missed, f"{missed} How well does the test do on those who are left out?"
print(f"It claims {claimed:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Of 100 patients in the clinic the test gets 79 right. Take away the 29 near the border, of whom
# it gets somewhat more than half right: how many of the other 71 does it get right, and what share
# of them is that?
#
# </details>

# %% [markdown] tags=["solution"]
# The first third of the exclusions does nearly half of the damage: on patients near the border the
# test is little better than a coin. Leave out 29 % who score about .58, and .79 becomes
# (.79 − .29 · .58) / .71 = .88.

# %% [markdown]
# ## 2. Find the mistake (8 minutes)
#
# A colleague classifies comments that nine raters have read. "Raters who disagree tell me nothing,
# so I keep the comments with a clear majority. Everything else is by the book." Write `repaired`:
# keep what is harmless in this script, and claim what the model will get on *all* comments. Like
# the script, return the model and the claim.


# %%
def colleague(comments, random_state=0):
    # 1. labels that at least eight of nine raters gave
    clean = comments.meta["agreement"].to_numpy() >= 8
    X, y = comments.X[clean], comments.y[clean]
    # 2. hold out one half, drawn at random
    order = np.random.default_rng(random_state).permutation(len(y))
    train, test = order[: len(y) // 2], order[len(y) // 2 :]
    # 3. train on clean labels
    model = LogisticRegression().fit(X[train], y[train])
    # 4. score rows that the model has not seen
    return model, model.score(X[test], y[test])


# %% tags=["solution"]
def repaired(comments, random_state=0):
    # solution
    clean = comments.meta["agreement"].to_numpy() >= 8
    order = np.random.default_rng(random_state).permutation(len(comments))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    train = train[clean[train]]
    model = LogisticRegression().fit(comments.X[train], comments.y[train])
    return model, model.score(comments.X[test], comments.y[test])


# %% tags=["check"]
def answer(comments, seed):
    example = LogisticRegression(), 0.5
    model, claim = called(repaired, comments, random_state=seed, like=example)
    return model, number(lambda: claim)


luck = np.mean([answer(labels_by_lot(), seed)[1] for seed in range(5)])
assert luck < 0.65, f"Labels by lot, and yours claims {luck:.2f}. Were these rows in training?"
off, claims = [], []
for seed in range(20):
    comments = make_rated_comments(1_000, strength=0, random_state=seed)
    for model, claim in (colleague(comments), answer(comments, seed)):
        off.append(claim - model.score(comments.deployment.X, comments.deployment.y))
        claims.append(claim)
theirs, yours = np.reshape(off, (20, 2)).mean(axis=0)
assert np.std(claims[1::2]) > 0, "Yours claims the same number in every study."
assert abs(yours) < 0.015, f"On average over 20 studies you are off by {yours:+.3f}."
print(f"the colleague is off by {theirs:+.2f}, you by {yours:+.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A choice of comments does one thing in the half that trains, and another in the half that is
# scored. In which of them does it change whom the claim is about? Split all comments first, and
# choose in the other half only.
#
# </details>

# %% [markdown] tags=["solution"]
# In training the choice may stay, since you may train a model on whatever you like. In the test
# set it may not. So the split comes first, and only the training half is cleaned.

# %% [markdown]
# ## 3. Turn another dial (7 minutes)
#
# Leila's markers rise by .6 for each standard deviation of severity (`effect=0.6`). Would a better
# test suffer less from her choice of patients, or more? Write `gap(effect)`: the mean gap of
# `study_who_was_recruited` over five studies (seeds 0 to 4) with this effect.


# %% tags=["solution"]
def gap(effect):
    # solution
    studies = [make_referrals(effect=effect, random_state=k) for k in range(5)]
    return np.mean([study.run(study_who_was_recruited).gap for study in studies])


# %% tags=["check"]
gaps = {effect: round(number(gap, effect), 3) for effect in (0, 0.4, 1, 3)}
print(gaps)
assert abs(gaps[0]) < 0.05, f"With no effect there is no gap, and yours is {gaps[0]:.2f}."
assert gaps[0.4] > gaps[1] > gaps[3] > 0, (
    f"A better test should have a smaller gap, and yours are {gaps}."
)
assert gaps[0.4] > 0.15, f"Weak markers suffer most, and yours gives {gaps[0.4]:.2f}."

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A study with this effect is `make_referrals(effect=effect, random_state=seed)`. Hand the
# procedure to its `run`, and take `.gap` of what comes back, claimed minus deployed; then the mean
# of five.
#
# </details>

# %% [markdown] tags=["solution"]
# A perfect test is right about everybody, and a useless one guesses for everybody. Between these
# two the choice of patients matters, and most of all for a mediocre test, as many new tests are.

# %% [markdown]
# ## 4. A point to argue (7 minutes)
#
# "An unclear patient has no certain diagnosis on the day of the test. It is unfair to score the
# test on such people; a doctor would look again." Write two sentences for it and two against. Then
# measure the fair version, in which the *model* declines: `when_sure(model, X, y, share)` should
# return the accuracy among the `share` of patients about whom the model is surest.


# %% tags=["solution"]
def when_sure(model, X, y, share):
    # solution
    sure = model.predict_proba(X).max(axis=1)
    answered = sure >= np.quantile(sure, 1 - share)
    return model.score(X[answered], y[answered])


# %% tags=["check"]
study = make_referrals(random_state=0)
patients = study.collect(1_000)
model = LogisticRegression().fit(patients.X, patients.y)
everybody, shares = study.deployment, (1, 0.5, study.info["clear_share"])
accuracies = [number(when_sure, model, everybody.X, everybody.y, share) for share in shares]
print({f"{share:.0%}": f"{value:.2f}" for share, value in zip(shares, accuracies)})
of_all = model.score(everybody.X, everybody.y)
assert abs(accuracies[0] - of_all) < 1e-9, "At a share of 1 everybody is answered."
rising = accuracies[0] < accuracies[1] < accuracies[2]
assert rising, f"The surer the model, the more often it should be right: {accuracies}."
assert accuracies[2] > 0.97, f"Of the surest it gets {accuracies[2]:.3f} right; expected more."
turned = number(when_sure, model, everybody.X, 1 - everybody.y, shares[2])
assert abs(turned - 1 + accuracies[2]) < 1e-9, "Whom it answers must not depend on the outcome."

# %% [markdown]
# <details><summary>Another hint</summary>
#
# How sure the model is of a patient is the larger of the two values in a row of `predict_proba`.
# `np.quantile` gives the limit below which a given share lies: which share is that here? Score the
# model on the patients at the limit and above, with their own `y`.
#
# </details>

# %% [markdown] tags=["solution"]
# If the model answers for as large a share as Leila's clear cases were, its accuracy is the one
# that she claimed. The difference: here anyone can tell *on the day* who gets an answer, from the
# markers alone, and the others are counted as unanswered. To leave people out by what is known on
# the day is a policy, and its price can be reported. To leave them out by the outcome is a bias.

# %% [markdown]
# ## 5. Somebody else's project (6 minutes)
#
# Who is back in hospital within 30 days? [A benchmark of hospital
# records](https://github.com/Medical-Event-Data-Standard/MEDS-DEV/issues/9) took only patients who
# have some record after day 30. The others may have moved away, and then nobody knows whether they
# stayed well. One of its authors asked whether it is advisable to leave them out. Here is a
# hospital of our own. It plans its beds for all adults who leave. A national register says of each
# of them whether they came back.


# %%
def discharged(seed, n=1_500):
    rng = np.random.default_rng(seed)
    register = pd.DataFrame({"age": rng.gamma(5, 10, n).clip(0, 99).round()})
    register["days"] = 1 + rng.poisson(4, n)
    register["visits"] = rng.poisson(rng.gamma(1, 1.5, n))  # last year, in this hospital
    register["km"] = rng.lognormal(2.5, 0.8, n).round(1)
    odds = 0.01 * register["age"] + 0.1 * register["days"] + 0.4 * register["visits"] - 2.8
    back = rng.random(n) < 1 / (1 + np.exp(-odds))
    odds = 0.3 + 0.5 * register["visits"] - 0.08 * register["km"] + 2 * back
    return register, back, rng.random(n) < 1 / (1 + np.exp(-odds))


def theirs(register, seen):
    return {"adults": register["age"] >= 18, "a record after day 30": seen}


register, back, seen = discharged(0)
who_was_excluded(register, theirs(register, seen))

# %% [markdown]
# Two steps stand accused. Which of them may stay? Write `mended(register, seen)`, which gives the
# steps without the fault, as `theirs` does. `beds` trains a model on those who are kept, and
# counts of a hundred adults of another year how many it expects back, and how many came.


# %%
def beds(choose):
    kept = np.logical_and.reduce([*choose(register, seen).values()])
    model = LogisticRegression(max_iter=1_000).fit(register[kept], back[kept])
    later, came, _ = discharged(1)
    adult = later["age"] >= 18
    return [100 * model.predict_proba(later[adult])[:, 1].mean(), 100 * came[adult].mean()]


# %% tags=["solution"]
def mended(register, seen):
    # solution
    return {"adults": register["age"] >= 18}


# %% tags=["check"]
steps = called(mended, register, seen, like={})
masks = len(steps) > 0 and not any(callable(step) for step in steps.values())
assert masks, "mended gives steps by name, each with True or False for everyone, as theirs does."
with readable("What mended returned"):
    found = who_was_excluded(register, steps)
kept, adult = np.logical_and.reduce([*steps.values()]), register["age"] >= 18
assert not kept[~adult].any(), "Children are in now, and the beds are for adults."
lost = int((adult & ~kept).sum())
assert not lost, f"{lost} of {adult.sum()} adults are still left out, and some of them come back."
counted = {"theirs": beds(theirs), "mended": beds(mended)}
print(pd.DataFrame(counted, index=["expected back, of 100", "came back, of 100"]).round(0))
found

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Put yourself at the door on the day of discharge: which of the two steps can you take there? The
# other one looks at what comes after. Who has a record later, and who comes back: have these
# something to do with each other?
#
# </details>

# %% [markdown] tags=["solution"]
# The larger number stays: children differ from adults in age, as they must, and everyone can tell
# at the door whom the claim is about. The other step kept whoever came again, and who comes back
# comes again. It was meant to protect the label, and the label did not need it: where there is
# nobody who knows who was back, those without a record are the open question, and no step answers
# it.

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# List everyone who *could* have been in your last data set: customers, machines, sites, items. Put
# what you know about all of them into a data frame `frame`. Put into `steps`, in order, a mask of
# who was kept at each step on the way to the rows that you trained on. (No project at hand? Take
# the register of funds, `make_fund_archive(random_state=0).deployment`, of which the archive keeps
# the listed ones.) The result joins your report in `work/reforms.yaml`; run it again, and the entry
# is replaced.

# %% tags=["solution"]
frame, steps = None, {}
# solution
funds = make_fund_archive(random_state=0).deployment
record = {"mean": funds.X.mean(axis=1), "volatility": funds.X.std(axis=1)}
frame = pd.DataFrame(record | {"return": funds.y})
steps = {"still listed": funds.meta["listed"].to_numpy()}

# %% tags=["check"]
from pitfalls.notebook.own_report import record

formed(frame, register, "frame")
assert len(formed(steps, {}, "steps")) > 0, "steps needs a step, with a mask of those who are kept."
with readable("frame or steps"):
    result = who_was_excluded(frame, steps)
compared = result.table["verdict"] != "not checked"
assert compared.any(), "Nothing could be compared: too few rows, or nobody was left out."
record("3g", check=result)
result

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A table of those who stayed cannot show who went: `frame` has a row for everybody, and each mask
# is as long as `frame`, `True` for those who are kept. In the register of funds such a mask is a
# column of `meta`; the mean and the spread of each row of `X` are known of all funds.
#
# </details>
