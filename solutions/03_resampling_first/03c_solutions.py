# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Resampling before the split: solutions
#
# Six exercises, easy to hard, about 35 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](../../chapters/03_resampling_first/03a_pitfall.ipynb) and
# [the fix](../../chapters/03_resampling_first/03b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, precision_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split

from pitfalls import course
from pitfalls.checks import resampled_before_split
from pitfalls.datasets import make_screening
from pitfalls.notebook.feedback import called, in_words, miss, number, readable

lesson = course.load("resampling_first")
cv = StratifiedKFold(5, shuffle=True, random_state=0)
in_words()


# %%
def lie_between(rows, ends, others):
    """Count the rows that lie on a straight line between one of `ends` and one of `others`."""
    found, spread = 0, others.std(axis=0)
    for row in rows:
        ways = [(points - row) / spread for points in (ends, others)]
        one, other = (way / np.linalg.norm(way, axis=1, keepdims=True) for way in ways)
        found += (one @ other.T).min() < 1e-9 - 1  # opposite directions, but for rounding
    return found


# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# A study has twenty early births. Leyla copies them at random until there are 180 early rows (nine
# for each woman on average), then holds out 40 % of the rows. **What share of the early rows in
# the test set has a copy in training?** It helps to work out how likely it is that all nine rows
# of a woman are held out.

# %% tags=["solution"]
# Your estimate, between 0 and 1, as estimate = ...
# solution
estimate = 0.999

# %% tags=["check"]
rng = np.random.default_rng(0)
shares = []
for _ in range(200):
    woman = np.append(np.arange(20), rng.integers(0, 20, 160))
    in_test = rng.permutation(180) < 72
    shares.append(np.isin(woman[in_test], woman[~in_test]).mean())
share = np.mean(shares)
missed = miss(estimate, share, 0.01)
assert not missed, f"{missed} For a row without a copy in training all nine have to be held out."
print(f"{share:.3f} of the early rows in the test set have a copy in training")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Begin with fewer rows: if a woman has two and one of them is held out, the other is held out as
# well in about 4 of 10 cases. With three rows, both others are held out too in .4 · .4 of the
# cases. How is it with nine, and what share is left for the rows that do have a copy in training?
#
# </details>

# %% [markdown] tags=["solution"]
# If one of a woman's nine rows is in the test set, the other eight are too with a probability of
# about .4 to the eighth power, which is less than one in a thousand. Some women got fewer copies, so for them it is more likely.
# In effect, no early birth in the test set is new.

# %% [markdown]
# ## 2. Find the leak (8 minutes)
#
# A colleague has read the chapter. No row is copied before the split, the resampling is in a
# pipeline, the folds are clean. On coin-flip outcomes the script should score .5, and it does not.
# Write `repaired`: the same analysis without the leak.


# %%
def colleague(X, y):
    table = pd.DataFrame(X).assign(outcome=y)
    # 1. fill the gaps with the mean of comparable patients
    for column in table.columns[:-1]:
        typical = table.groupby("outcome")[column].transform("mean")
        table[column] = table[column].fillna(typical)
    # 2. a pipeline, so that the resampling sees training rows only
    model = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    # 3. cross-validate
    features = table.drop(columns="outcome").to_numpy()
    return cross_val_score(model, features, y, cv=cv, scoring="roc_auc").mean()


# %% tags=["solution"]
def repaired(X, y):
    # solution
    balance = RandomOverSampler(random_state=0)
    model = make_pipeline(SimpleImputer(), balance, LogisticRegression())
    return cross_val_score(model, X, y, cv=cv, scoring="roc_auc").mean()


# %% tags=["check"]
settings = {"effect": 0, "missing": 0.6, "n_fresh": 2}
coin = [make_screening(400, **settings, random_state=seed) for seed in range(20)]
leaky = np.mean([colleague(study.X, study.y) for study in coin])
fixed = np.mean([number(repaired, study.X, study.y) for study in coin])
assert abs(fixed - 0.5) < 0.05, f"On coin flips yours still scores {fixed:.2f}: what reads y?"
strong = make_screening(400, effect=2, missing=0.3, n_fresh=2, random_state=0)
found = number(repaired, strong.X, strong.y)
assert found > 0.9, f"Yours no longer finds a strong signal: {found:.2f}."
print(f"the colleague's script: {leaky:.2f}, yours: {fixed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A patient on the day of use has no outcome yet: by what could a gap be filled then?
# `SimpleImputer`, imported above, never asks for the outcome. Inside the pipeline it sees the
# training rows only.
#
# </details>

# %% [markdown] tags=["solution"]
# "Comparable patients" are those with the same outcome. Each filled value is the mean of its
# class, so the more gaps a row has, the more plainly its outcome is written into it. The imputer
# belongs in the pipeline, and never gets the outcome of a row that is scored: on the day of use there
# is none. (Who asks for causes and not for a prediction may need the outcome there, to keep
# associations as they are.)

# %% [markdown]
# ## 3. Turn another dial (6 minutes)
#
# How much must a model remember to fall for copies? Write `claims(min_samples_leaf)`: the mean
# AUROC that Leyla's procedure (oversample to balance, split, fit, score the test rows) *claims*
# over three studies of 1 000 women, for a forest of 25 trees whose leaves hold at least that many
# rows.


# %% tags=["solution"]
def claims(min_samples_leaf):
    # solution
    found = []
    for seed in range(3):
        study = make_screening(1_000, n_fresh=2, random_state=seed)
        X, y = RandomOverSampler(random_state=seed).fit_resample(study.X, study.y)
        split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
        X_train, X_test, y_train, y_test = split
        leaf = {"min_samples_leaf": min_samples_leaf}
        forest = RandomForestClassifier(25, **leaf, random_state=0)
        risk = forest.fit(X_train, y_train).predict_proba(X_test)[:, 1]
        found.append(roc_auc_score(y_test, risk))
    return np.mean(found)


# %% tags=["check"]
found = {leaf: number(claims, leaf) for leaf in (1, 20, 200)}
assert found[1] > 0.98, f"Leaves of one row remember all; yours claims {found[1]:.2f}."
assert found[1] > found[20] > found[200], f"Larger leaves remember less: {found}"
assert found[200] < 0.9, f"Leaves of 200 rows cannot remember a woman: {found[200]:.2f}"
hint = "Are the rows held out that are scored, and are they the resampled ones?"
assert 0.89 < found[20] < 0.95, f"At 20 rows a leaf she claims another AUROC. {hint}"
print({leaf: round(claim, 2) for leaf, claim in found.items()})

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Here the mistake is wanted: resample all rows first, with `RandomOverSampler`, and split what
# comes out. `min_samples_leaf` is an argument of the forest. Score the second column of
# `predict_proba` on the held-out rows, with `roc_auc_score`.
#
# </details>

# %% [markdown] tags=["solution"]
# A leaf of 20 rows still holds little more than two women with their copies. The claim comes down
# once a leaf has to mix women. A leaderboard of leaf sizes, scored this way, would choose the
# smallest leaf: the one that learns least.

# %% [markdown]
# ## 4. A point to argue (6 minutes)
#
# "My test set has to be balanced as well, or the classes will not weigh the same." True or not?
# Write down your opinion in two sentences. Then write `precision(X, y, threshold)`: among rows
# whose risk by `model` exceeds the threshold, the share with `y == 1`. The check compares a
# balanced test set, made by copying rows *after* the split, with the test set as it is.

# %%
study = make_screening(4_000, effect=1, n_fresh=2, random_state=0)
X_train, X_test, y_train, y_test = train_test_split(
    study.X, study.y, test_size=0.4, stratify=study.y, random_state=0
)
model = LogisticRegression().fit(X_train, y_train)


# %% tags=["solution"]
def precision(X, y, threshold):
    # solution
    alarm = model.predict_proba(X)[:, 1] > threshold
    return (y[alarm] == 1).mean()


# %% tags=["check"]
parts = (X_test, y_test), RandomOverSampler(random_state=0).fit_resample(X_test, y_test)
as_it_is, balanced = (number(precision, *part, 0.1) for part in parts)
right = [precision_score(y, model.predict_proba(X)[:, 1] > 0.1) for X, y in parts]
asked = f"You say {as_it_is:.2f}: of the rows above the threshold, how many are early?"
assert abs(as_it_is - right[0]) < 0.01, asked
assert abs(balanced - right[1]) < 0.01, f"For the rows handed in, not others: {balanced:.2f}."
print(f"precision {as_it_is:.2f}, balanced {balanced:.2f}")
auroc = [roc_auc_score(y, model.predict_proba(X)[:, 1]) for X, y in parts]
print(f"AUROC     {auroc[0]:.2f}, balanced {auroc[1]:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The second column of `model.predict_proba(X)` is the risk; compared with `threshold` it gives a
# mask. Only the rows under the mask count: what share of their `y` is 1?
#
# </details>

# %% [markdown] tags=["solution"]
# For some metrics it makes hardly any difference: the AUROC and balanced accuracy give the classes
# equal weight anyway. Precision, accuracy and every cost do change, and then they are those of a
# population that does not exist. A test set is a sample of the day of use. If the classes should
# weigh the same, choose a metric that says so, and leave the rows alone.

# %% [markdown]
# ## 5. Somebody else's project (6 minutes)
#
# [A public notebook](https://github.com/georgymh/ml-fraud-detection/issues/1) looked for card fraud,
# and found nearly all of it: SMOTE, then the split, then a forest. A reader wrote one sentence, and
# the author mended it. Here it is with payments of our own, three in a hundred a fraud, and with
# what an audit says of its two sides. Write `mended(X, y)`, which gives the same four parts.

# %%
from pitfalls.audit import audit, two_frames

rng = np.random.default_rng(0)
fraud = rng.random(1_500) < 0.03
payments = pd.DataFrame(rng.standard_t(4, size=(1_500, 6)), columns=list("abcdef"))
payments.loc[fraud, "a"] -= 2
payments["amount"] = rng.lognormal(3, 1.5, 1_500).round(2)


def theirs(X, y):
    X_more, y_more = SMOTE(random_state=0).fit_resample(X, y)
    return train_test_split(X_more, y_more, random_state=0)


def audited(X_train, X_test, y_train, y_test):
    sides = [X.assign(fraud=y) for X, y in ((X_train, y_train), (X_test, y_test))]
    known = dict.fromkeys(("groups", "time", "available_at", "served"), False)
    return audit(**two_frames(*sides, "fraud"), **known, progress=False)


audited(*theirs(payments, fraud))


# %% tags=["solution"]
def mended(X, y):
    # solution
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    X_more, y_more = SMOTE(random_state=0).fit_resample(X_train, y_train)
    return X_more, X_test, y_more, y_test


# %% tags=["check"]
parts = called(mended, payments, fraud, like=(payments, payments, fraud, fraud))
X_train, X_test, y_train, y_test = parts
for side, labels in ((X_train, y_train), (X_test, y_test)):
    whole = [*side] == [*payments] and len(side) == len(labels)
    assert whole, "Each side keeps the columns of the payments, and has a label for each row."
real = set(map(tuple, payments.to_numpy()))
made = sum(tuple(row) not in real for row in np.asarray(X_test))
assert not made, f"{made} of {len(X_test)} test rows are no payments that anybody made."
assert 0 < np.mean(y_test) < 0.1, f"{np.mean(y_test):.0%} of your test rows are frauds, in use 3 %."
report = audited(*parts)
guilty = [row.check for row in report if row.verdict == "suspect"]
assert not guilty, f"The audit still accuses yours: {guilty}"
drawn = (row for row in X_train.to_numpy() if tuple(row) not in real)
held_out = X_test[np.asarray(y_test) == 1].to_numpy()
through = lie_between(drawn, held_out, payments[fraud].to_numpy())
assert not through, f"{through} of your training rows lie between a test fraud and another fraud."
forest = RandomForestClassifier(25, random_state=0)
for who, (a, b, c, d) in {"theirs": theirs(payments, fraud), "mended": parts}.items():
    print(f"F1, {who}: {f1_score(d, forest.fit(a, c).predict(b)):.2f}")
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The audit says which rows lie on a line between two training rows. Who drew that line? Turn the
# two lines of `theirs` round: which two of the four parts does SMOTE get then?
#
# </details>

# %% [markdown] tags=["solution"]
# Nothing else was wrong with it, and little is left of it. What the forest found was the lines
# that SMOTE draws between frauds. Two rows of the report say that they could not look: for those the
# audit wants the whole procedure, as a function.

# %% [markdown]
# ## 6. Your own project (6 minutes)
#
# Take the training and test set of your last project, just as the model got them, and put them into
# `train` and `test`. (No project at hand? Take any split of this chapter that you consider clean.)
# "Not checked" is an answer as well: then ask which step of yours looked at other rows, and write it
# down. The result joins your report in `work/reforms.yaml`; run it again, and the entry is replaced.

# %% tags=["solution"]
# Your own rows, as frames or arrays:
# solution
train = SMOTE(random_state=0).fit_resample(X_train, y_train)[0]
test = X_test

# %% tags=["check"]
from pitfalls.notebook.own_report import record

with readable("train or test"):
    tables = np.ndim(train) == 2 and np.ndim(test) == 2
assert tables, "Put a table of rows into train, and one into test, as the model got them."
wide = f"{np.shape(train)[1]} columns in train and {np.shape(test)[1]} in test"
assert np.shape(train)[1] == np.shape(test)[1], f"{wide}: is one of them the outcome?"
assert min(len(train), len(test)) > 6, "With six rows or fewer on a side nothing can be seen."
with readable("train or test"):
    report = resampled_before_split(train, test)
record("6a", check=report)
suspects = [f"{found.of}: {found.says}" for found in report if found.verdict == "suspect"]
assert not suspects, f"What made these rows? {' '.join(suspects)}"
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Whatever makes rows out of rows (drawing again, SMOTE, augmentation) comes after the split and
# gets training rows only. `X_train` and `X_test` of the last exercise are such a split: which of
# the two may still be resampled? Copies that were in the raw data belong together on one side.
#
# </details>
