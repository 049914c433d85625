# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Written down afterwards: solutions
#
# Six exercises, easy to hard, about 35 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](../../chapters/06_target_leak/06a_pitfall.ipynb) and
# [the fix](../../chapters/06_target_leak/06b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pitfalls import course
from pitfalls.checks import too_good_alone
from pitfalls.datasets import make_admissions
from pitfalls.notebook.feedback import called, in_words, miss, number, readable

world = course.load("target_leak").world("antibiotic")
whole_record = world.pitfall
in_time = world.fixes["use_what_is_known"]
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# In an archive 80 % of the patients with a bacterial infection have an antibiotic in the record,
# and 10 % of the others. Nobody arrived with one. Half of the patients are infected. Take the
# antibiotic alone as a prediction. **What is its accuracy in the archive, and what on the day?**

# %% tags=["solution"]
# Your two numbers, each between 0 and 1:
# solution
in_the_archive = (0.8 + 0.9) / 2
on_the_day = 0.5

# %% tags=["check"]
study = make_admissions(20_000, given_ill=0.8, given_well=0.1, already=0, random_state=0)
truth = [(part.X["antibiotic"] == part.y).mean() for part in (study, study.deployment)]
missed = miss(in_the_archive, truth[0], 0.02)
assert not missed, f"In the archive: {missed} Of whom does the column say the right thing?"
missed = miss(on_the_day, truth[1], 0.02)
assert not missed, f"On the day: {missed} What does the column say before anybody has decided?"
print(f"{truth[0]:.2f} in the archive, {truth[1]:.2f} on the day")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Take ten infected patients and ten others, and write beside each what the column says in the
# archive: for how many is it true? On the day the column says the same of all twenty. Of how many
# is that true?
#
# </details>

# %% [markdown] tags=["solution"]
# Four of five infections and nine of ten others are right: 0.85. On the day the column says "no" of
# everybody, which is right for the half that is not infected.

# %% [markdown]
# ## 2. The table with the clock (7 minutes)
#
# A colleague wants to predict **at discharge** whether a patient will be *back within 30 days*. The
# data dictionary says of each column what it is. Fill in `known_at`: hours from discharge, above 0
# if the column holds its value only later, 0 or below if it is known by then, and `np.nan` where
# the dictionary does not say.

# %%
dictionary = {
    "age": "at admission",
    "diagnosis": "the ward's, entered at admission, not changed later",
    "billing_code": "set by the accounts department, three weeks after discharge",
    "last_pulse": "the last one on the ward",
    "days_on_ward": "from admission to discharge",
    "visits_this_year": "counted on 31 December",
    "letter_sent": "letter to the family doctor, usually the day after discharge",
    "risk_class": "no entry",
}

# %% tags=["solution"]
# solution
known_at = {
    "age": -100,
    "diagnosis": -100,
    "billing_code": 21 * 24,
    "last_pulse": 0,
    "days_on_ward": 0,
    "visits_this_year": 180 * 24,
    "letter_sent": 24,
    "risk_class": np.nan,
}

# %% tags=["check"]
assert isinstance(known_at, (dict, pd.Series)), "known_at gives each column its hours, as a dict"
known_at = dict(known_at)
unknown = set(known_at) - set(dictionary)
assert not unknown, f"the dictionary has no such columns: {sorted(map(str, unknown))}"
with readable("known_at"):
    hours = pd.to_numeric(pd.Series(known_at, dtype=object), errors="coerce").reindex(dictionary)
late = {"billing_code", "visits_this_year", "letter_sent"}
assert np.isnan(hours["risk_class"]), "nobody says when risk_class is set: do not guess"
open_ = hours.drop("risk_class").isna().sum()
assert not open_, f"{open_} columns have no number, and the dictionary says when they are known"
missed = len(late - set(hours.index[hours > 0]))
assert not missed, f"{missed} of those that should be above 0 are not: what comes after discharge?"
wrong = len(set(hours.index[hours > 0]) - late)
assert not wrong, f"{wrong} of those that are above 0 are known at discharge: hours from when?"
print("usable at discharge:", ", ".join(hours.index[hours <= 0]))

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Put 0 at the discharge: what was on paper by then is 0 or below, and a day later is 24. A count
# has its value once the counting is over, whenever the things it counts took place. And "no entry"
# is no time at all.
#
# </details>

# %% [markdown] tags=["solution"]
# The worst is `visits_this_year`: it counts the very visit that is to be predicted. `days_on_ward`
# leaks for a decision at admission and is fine at discharge. And `risk_class` belongs in an email
# to whoever runs the database, not in the model.

# %% [markdown]
# ## 3. Turn the clock (7 minutes)
#
# `make_admissions` takes `decision`, the hour at which the model is asked. Write `honest(hour)`
# and `leaky(hour)`: the mean deployed accuracy of `in_time` and of `whole_record` at that hour,
# over the studies of five seeds. When does the leak end, and what does waiting buy?


# %% tags=["solution"]
# solution
def deployed(procedure, hour):
    studies = [make_admissions(decision=hour, random_state=seed) for seed in range(5)]
    return np.mean([study.run(procedure).deployed for study in studies])


def honest(hour):
    return deployed(in_time, hour)


def leaky(hour):
    return deployed(whole_record, hour)


# %% tags=["check"]
table = pd.DataFrame({"in time": {h: number(honest, h) for h in (0.3, 1, 6)}})
table["whole record"] = pd.Series({h: number(leaky, h) for h in (1, 6)})
said = f"\n{table.round(2)}\n"
assert table["in time"].std() > 0, f"one number for every hour: is `hour` used?{said}"
assert table.loc[1, "in time"] > table.loc[0.3, "in time"] + 0.02, f"the laboratory helps:{said}"
assert abs(table.loc[1, "whole record"] - 0.5) < 0.05, f"deployed at one hour it is a coin:{said}"
assert abs(table.loc[6] - 0.95).max() < 0.03, f"at six hours both know the antibiotic:{said}"
assert table.loc[1, "in time"] < 0.7, f"at one hour nobody knows the antibiotic:{said}"
print(table.round(2))

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `make_admissions(decision=hour, random_state=seed)` is a study at that hour, and
# `study.run(in_time).deployed` is what its model gets on the day. Take the mean over five seeds;
# the two functions differ in nothing but the procedure that is run.
#
# </details>

# %% [markdown] tags=["solution"]
# At the sixth hour the antibiotic is in the record of everybody who is asked about, and the two
# procedures are the same. But what for? By then the doctors have decided. A prediction has to come
# before the decision that it should help with, and that hour is the first thing to write down.

# %% [markdown]
# ## 4. A script to debug (6 minutes)
#
# A colleague has read this chapter, and makes the archive look like the day: late columns are set
# to 0, as they are on the screen of nearly everybody. The claim is still too good. Find the line that leaks, and write
# `repaired`.


# %%
def colleague(study):
    # 1. the columns and their hours
    X, y = study.X.copy(), study.y
    late = study.info["recorded_at"] > study.info["decision"]
    # 2. keep those who were treated by the guideline: an antibiotic where the CRP is above 60
    by_the_guideline = (X["antibiotic"] == 1) == (X["crp"] > 60)
    X, y = X[by_the_guideline], y[by_the_guideline]
    # on the screen late columns are still 0
    X.loc[:, late[late].index] = 0
    # 3. split, train, score
    half = len(X) // 2
    model = LogisticRegression(max_iter=5_000).fit(np.log1p(X[:half]), y[:half])
    return roc_auc_score(y[half:], model.decision_function(np.log1p(X[half:])))


# %% tags=["solution"]
def repaired(study):
    # solution
    X, y = study.X.copy(), study.y
    late = study.info["recorded_at"] > study.info["decision"]
    X.loc[:, late[late].index] = 0
    half = len(X) // 2
    model = LogisticRegression(max_iter=5_000).fit(np.log1p(X[:half]), y[:half])
    return roc_auc_score(y[half:], model.decision_function(np.log1p(X[half:])))


# %% tags=["check"]
def over_seeds(function, n, effect):
    studies = [make_admissions(n, effect=effect, n_fresh=2, random_state=s) for s in range(10)]
    return np.mean([number(function, study) for study in studies])


theirs, yours = over_seeds(colleague, 2_000, 1), over_seeds(repaired, 2_000, 1)
assert yours < 0.8, f"yours still claims {yours:.2f}: which rows does it keep, and by what?"
assert yours > 0.65, f"yours claims {yours:.2f}: where are the measurements, and is it the AUROC?"
nothing = over_seeds(repaired, 200, 0)
said = f"{nothing:.2f} where the measurements know nothing: on which rows is it scored?"
assert abs(nothing - 0.5) < 0.06, said
print(f"AUROC, the colleague: {theirs:.2f}, yours: {yours:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Go down the script in the place of somebody at the door, on whose screen no late column is filled
# yet. At which line would you have to stop, because it asks for one? What does not depend on that
# line may stay.
#
# </details>

# %% [markdown] tags=["solution"]
# The column is gone from the model, but it had chosen the rows before it went: it kept the patients
# in whom the CRP and the later treatment agreed, the clear cases. On the day nobody knows yet who will
# be treated by the guideline. A value from the future leaks
# through whatever it touches: features, filters, weights, the order of rows.

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# [The first steps of a library](https://github.com/dabl/dabl/issues/52) predict who survives a
# shipwreck. Its author noted that the table gives it away: it has the number of the life-boat, and
# that of the body. Here is a ship of our own; the model is asked when she sails. The purser wrote
# down fare, age and sex as people came aboard, and for one in five the deck. Boats are from the
# ship that picked them up, bodies from a list of the weeks after. Survivors' letters gave more
# decks.


# %%
def passengers(seed, n=900, at_sailing=False):
    rng = np.random.default_rng(seed)
    X = pd.DataFrame({"fare": rng.lognormal(3, 0.8, n).round(2), "woman": rng.random(n) < 0.36})
    X["age"] = rng.normal(32, 12, n).clip(1, 75).round()
    odds = 2.6 * X["woman"] + 0.5 * np.log(X["fare"] / 20) - 0.02 * X["age"] - 1.6
    survived = rng.random(n) < 1 / (1 + np.exp(-odds))
    saved, lost = survived & ~at_sailing, ~survived & ~at_sailing
    listed, wrote, found = (rng.random(n) < share for share in (0.2, 0.5, 0.15))
    X["deck"] = np.where(listed | (saved & wrote), rng.integers(1, 8, n), np.nan)
    X["boat"] = np.where(saved & (rng.random(n) < 0.95), rng.integers(1, 17, n), np.nan)
    X["body"] = np.where(lost & found, rng.permutation(n) + 1, np.nan)
    return X, survived


# %% [markdown]
# `theirs` takes every column. What does an audit say that is told no times? Write `known`, with
# the hours from sailing at which *the last value* of each of the six columns was written down, as
# far as you can tell (below 0: before). Then write `mended(X)`, which gives the columns that may
# be used.

# %%
from pitfalls.audit import audit


def theirs(X):
    return X


def audited(choose, available_at=None):
    X, y = passengers(0)
    asked = dict.fromkeys(("groups", "time", "make_features", "served"), False)
    return audit(None, choose(X), y, available_at=available_at, **asked, progress=False)


audited(theirs)

# %% [markdown]
# `claimed_and_real` gives the AUROC for the passengers of another voyage twice: as they stand in
# the finished table, and as they stand in it when the ship sails.


# %%
def claimed_and_real(choose):
    forest = RandomForestClassifier(50, min_samples_leaf=5, random_state=0)
    X, y = passengers(0)
    forest.fit(choose(X).fillna(0), y)
    voyages = passengers(1), passengers(1, at_sailing=True)
    risks = [forest.predict_proba(choose(new).fillna(0))[:, 1] for new, _ in voyages]
    return [roc_auc_score(voyages[0][1], risk) for risk in risks]


# %% tags=["solution"]
# Hours from sailing, as known = {"fare": ..., ...}, and the columns that may be used:
# solution
known = {"fare": -1, "woman": -1, "age": -1, "deck": 10_000, "boat": 120, "body": 700}


def mended(X):
    return X[["fare", "woman", "age"]]


# %% tags=["check"]
table = passengers(0)[0]
assert isinstance(known, (dict, pd.Series)), "known gives each column its hours, as a dict."
with readable("known"):
    hours = pd.to_numeric(pd.Series(dict(known), dtype=object), errors="coerce").reindex([*table])
open_ = [*hours.index[hours.isna()]]
assert not open_, f"The text says who wrote these down, and you do not: {open_}"
found = audited(theirs, hours.to_dict())["too_good_alone"]
assert hours[["boat", "body"]].min() > 0, "Nobody was in a boat yet when she sailed."
late = {one.of for one in found if one.verdict == "suspect"}
early = late & {"fare", "woman", "age"}
assert not early, f"The purser wrote {early} down as people came aboard: hours from when?"
assert len(late) == 3, f"Told your hours, the audit accuses {late}: is the last value that early?"
kept = called(mended, table, like=table)
assert {*kept} <= {*table}, f"Keep the names of the columns, so that the audit can tell them: {[*kept]}"
guilty = sorted(late & set(kept))
assert not guilty, f"By your own hours the model may not see {guilty}."
scores = {"theirs": claimed_and_real(theirs), "mended": claimed_and_real(mended)}
print(pd.DataFrame(scores, index=["AUROC claimed", "AUROC as she sails"]).round(2))
assert scores["mended"][1] > 0.7, "The purser's other columns tell something: leave them in."
audited(mended, hours[[*kept]].to_dict())

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Two columns the audit finds by itself. Of three others it says what is missing. A column is as late
# as its latest value: by whom was the last deck written down, and whom could they write about?
#
# </details>

# %% [markdown] tags=["solution"]
# Two columns are filled in for one outcome only, and no times are needed to see it. The deck tells
# less than a passenger's sex does, which is sound: how much a column tells does not give a leak
# away. The decks themselves were settled before she sailed. What came later is the knowledge of
# whose deck is written down. With `deck` kept, the model claims more and gets less.

# %% [markdown]
# ## 6. Your own project (6 minutes)
#
# Make the table for your own features: `X`, `y` and `known_at`, in hours (or days) from the
# decision, `np.nan` where you do not know. Then ask the people who fill in the form, and put the
# columns that the model may see into `kept`. (No project at hand? Take the second hospital:
# `make_admissions(marker=1.45, given_ill=0.74, given_well=0.04)`.) The result joins your report in
# `work/reforms.yaml`; run it again, and the entry is replaced.

# %% tags=["solution"]
# Your X, y, known_at and kept:
# solution
mine = make_admissions(marker=1.45, given_ill=0.74, given_well=0.04, random_state=1)
X, y = mine.X, mine.y
known_at = mine.info["recorded_at"] - mine.info["decision"]
kept = list(known_at.index[known_at <= 0])

# %% tags=["check"]
from pitfalls.notebook.own_report import record

with readable("X, y, known_at or kept"):
    table, outcomes, listed = pd.DataFrame(X), np.shape(y), np.ndim(kept)
    named = isinstance(known_at, (dict, pd.Series))
    given = dict(known_at if named else zip(table, np.ravel(known_at), strict=True))
    times = pd.to_numeric(pd.Series(given, dtype=object), errors="coerce").reindex(table.columns)
assert outcomes == (len(table),), f"y should have one outcome for each of the {len(table)} rows of X"
assert listed == 1, f"kept should be a list of columns, and is {kept!r}"
unknown = [name for name in [*given, *kept] if name not in table]
assert not unknown, f"X has no such columns: {unknown}; is it a slip of the pen?"
assert times.notna().any(), "no column has a time, and nothing can be checked: whom do you ask?"
doubtful = [name for name in kept if not times[name] <= 0]
assert not doubtful, f"known late, or nobody says when, and the model sees them: {doubtful}"
assert len(kept), "kept is empty, and a model needs columns: which are known in time?"
with readable("X or y"):
    found = too_good_alone(table, y, times)
print(found)
print("A column that you say is in time is believed, however much it knows short of everything.")
record("6c", check=found)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `known_at` is the hour at which a column is written minus the hour of the decision, and NaN where
# nobody can say. `kept` has those that are at 0 or below, and no NaN among them. For the second
# hospital both hours are in `info`: `recorded_at` and `decision`.
#
# </details>
