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
# # Written down afterwards: exercises
#
# Five exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](06a_pitfall.ipynb) and
# [the fix](06b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pitfalls import course
from pitfalls.checks import too_good_alone
from pitfalls.datasets import make_admissions

world = course.load("target_leak").world("antibiotic")
whole_record = world.pitfall
in_time = world.fixes["use_what_is_known"]

# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# In an archive 80 % of the patients with a bacterial infection have an antibiotic in the record,
# and 10 % of the others. Nobody arrived with one. Half of the patients are infected. Take the
# antibiotic alone as a prediction. **What is its accuracy in the archive, and what on the day?**

# %% tags=["raises-exception", "remove-output"]
# Your two numbers, each between 0 and 1:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
study = make_admissions(20_000, given_ill=0.8, given_well=0.1, already=0, random_state=0)
truth = [(part.X["antibiotic"] == part.y).mean() for part in (study, study.deployment)]
assert abs(in_the_archive - truth[0]) < 0.02, f"in the archive it is {truth[0]:.2f}"
assert abs(on_the_day - truth[1]) < 0.02, f"on the day it is {truth[1]:.2f}"
print(f"{truth[0]:.2f} in the archive, {truth[1]:.2f} on the day")

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

# %% tags=["raises-exception", "remove-output"]
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
hours = pd.Series(known_at, index=list(dictionary), dtype=float)
late = {"billing_code", "visits_this_year", "letter_sent"}
missed = late - set(hours.index[hours > 0])
wrong = set(hours.index[hours > 0]) - late
assert not missed, f"these are known only after discharge: {sorted(missed)}"
assert not wrong - {"risk_class"}, f"these are known at discharge: {sorted(wrong)}"
assert np.isnan(hours["risk_class"]), "nobody says when risk_class is set: do not guess"
assert hours.drop("risk_class").notna().all(), "the dictionary says when the others are known"
print("usable at discharge:", ", ".join(hours.index[hours <= 0]))

# %% [markdown]
# ## 3. Turn the clock (7 minutes)
#
# `make_admissions` takes `decision`, the hour at which the model is asked. Write `honest(hour)`
# and `leaky(hour)`: the mean deployed accuracy of `in_time` and of `whole_record` at that hour,
# over the studies of five seeds. When does the leak end, and what does waiting buy?


# %% tags=["raises-exception", "remove-output"]
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
table = pd.DataFrame({"in time": {h: honest(h) for h in (0.3, 1, 6)}})
table["whole record"] = pd.Series({h: leaky(h) for h in (1, 6)})
assert table.loc[1, "in time"] > table.loc[0.3, "in time"] + 0.02, f"the laboratory helps: {table}"
assert table.loc[1, "whole record"] < 0.55, f"at one hour the whole record is a coin: {table}"
assert abs(table.loc[6] - 0.95).max() < 0.03, f"at six hours both know the antibiotic: {table}"
print(table.round(2))

# %% [markdown]
# ## 4. A script to debug (6 minutes)
#
# A colleague has read this chapter, and makes the archive look like the day: late columns are set
# to what the screen shows. The claim is still too good. Find the line that leaks, and write
# `repaired`.


# %%
def colleague(study):
    # 1. the columns and their hours
    X, y = study.X.copy(), study.y
    late = study.info["recorded_at"] > study.info["decision"]
    # 2. nothing is given before the decision, and rows without a full record are of no use
    treated_or_clear = (X["antibiotic"] == 1) == (X["crp"] > 60)
    X, y = X[treated_or_clear], y[treated_or_clear]
    X.loc[:, late[late].index] = 0
    # 3. split, train, score
    half = len(X) // 2
    model = LogisticRegression(max_iter=5_000).fit(np.log1p(X[:half]), y[:half])
    return roc_auc_score(y[half:], model.decision_function(np.log1p(X[half:])))


# %% tags=["raises-exception", "remove-output"]
def repaired(study):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
studies = [make_admissions(2_000, n_fresh=2, random_state=seed) for seed in range(5)]
theirs = np.mean([colleague(study) for study in studies])
yours = np.mean([repaired(study) for study in studies])
assert yours < 0.8, f"yours still claims {yours:.2f}: which rows does it keep, and by what?"
assert yours > 0.65, f"yours claims {yours:.2f}: it has lost the measurements"
print(f"AUROC, the colleague: {theirs:.2f}, yours: {yours:.2f}")

# %% [markdown]
# ## 5. Your own project (6 minutes)
#
# Make the table for your own features: `X`, `y` and `known_at`, in hours (or days) from the
# decision, `np.nan` where you do not know. Then ask the people who fill in the form. (No project at
# hand? Take the second hospital: `make_admissions(marker=1.45, given_ill=0.74, given_well=0.04)`.)
# The result joins your report in `work/reforms.yaml`; run it again, and the entry is replaced.

# %% tags=["raises-exception", "remove-output"]
# Your X, y and known_at:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
from pitfalls.notebook.own_report import record

found = too_good_alone(X, y, known_at)
print(found.sort_values("value", ascending=False).head(10).round(2))
known = (found["verdict"] != "not checked").mean()
assert known > 0, "no column has a time, so nothing could be checked"
print(f"{known:.0%} of the columns have a time;", end=" ")
print("suspect:", ", ".join(map(str, found.index[found["verdict"] == "suspect"])) or "none")
record("6c", check=found, name="too_good_alone")
