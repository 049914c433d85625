# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Choosing features before the split: solutions
#
# Six exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](../../chapters/02_leaky_selection/02a_pitfall.ipynb) and
# [the fix](../../chapters/02_leaky_selection/02b_fix.ipynb).

# %%
import numpy as np
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline

from pitfalls import course
from pitfalls.checks import scores_on_shuffled_labels
from pitfalls.datasets import make_expression
from pitfalls.notebook.feedback import in_words, miss, number

world = course.load("leaky_selection").world("signal")
peek = world.pitfall
honest = world.fixes["select_within_folds"]
cv = StratifiedKFold(5, shuffle=True, random_state=0)
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (3 minutes)
#
# Coin-flip labels, sixty patients, **95** genes, of which Mara keeps 20 on all patients before
# she cross-validates. What does she claim on average? With 20 genes there is nothing to choose and
# she would claim what a coin gets; with 10 000 you have seen what she claims.

# %% tags=["solution"]
# Your estimate, between 0 and 1, as estimate = ...
# solution
estimate = 0.76

# %% tags=["check"]
studies = [make_expression(effect=0, strength=0.25, n_fresh=2, random_state=s) for s in range(10)]
claimed = np.mean([study.run(peek).claimed for study in studies])
missed = miss(estimate, claimed, 0.08)
assert not missed, f"{missed} 95 is a quarter of the way on a log scale; is her curve straight?"
print(f"She claims {claimed:.2f} on {studies[0].X.shape[1]} genes that know nothing.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# It is a quarter of the way, and with 447 genes, half of the way, she already claims .88. A claim
# cannot rise above 1, so its curve is steep at first and flat later. From 20 to 447, is the claim
# for 95 halfway up, or higher?
#
# </details>

# %% [markdown] tags=["solution"]
# A choice of 20 among 95 already does half of the damage that 20 among 10 000 does. The best of many
# noisy things gets better fast at first, and then hardly: a claim cannot rise above 1.

# %% [markdown]
# ## 2. Find the leak (7 minutes)
#
# A colleague sends this script. There is no `SelectKBest` in it, the test set is held out, and the
# scaler is fitted on the training rows only. On coin flips it should score what a coin does. Does
# it? Write `repaired`: the same analysis without the leak.


# %%
def colleague(X, y, random_state=0):
    # 1. drop genes that have nothing to do with the outcome
    difference = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))
    X = X[:, difference > np.quantile(difference, 0.95)]
    # 2. hold out a test set
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    # 3. scale by the training rows
    mean, sd = X_train.mean(axis=0), X_train.std(axis=0)
    model = KNeighborsClassifier(5).fit((X_train - mean) / sd, y_train)
    # 4. score on rows that the model has not seen
    return model.score((X_test - mean) / sd, y_test)


# %% tags=["solution"]
def repaired(X, y, random_state=0):
    # solution
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    difference = np.abs(X_train[y_train == 1].mean(axis=0) - X_train[y_train == 0].mean(axis=0))
    kept = difference > np.quantile(difference, 0.95)
    mean, sd = X_train[:, kept].mean(axis=0), X_train[:, kept].std(axis=0)
    model = KNeighborsClassifier(5).fit((X_train[:, kept] - mean) / sd, y_train)
    return model.score((X_test[:, kept] - mean) / sd, y_test)


# %% tags=["check"]
coin = [make_expression(effect=0, strength=0.75, n_fresh=2, random_state=s) for s in range(30)]
leaky = np.mean([colleague(study.X, study.y) for study in coin])
scores = [number(repaired, study.X, study.y) for study in coin]
fixed = np.mean(scores)
seen = f"{fixed:.2f} on coin flips: which step has seen labels of the test rows?"
assert abs(fixed - 0.5) < 0.07, seen
assert np.std(scores) > 0, "Thirty studies, one score: is anything fitted to their rows?"
real_ones = [make_expression(effect=1, strength=0.5, n_fresh=2, random_state=s) for s in range(5)]
found = np.mean([number(repaired, study.X, study.y) for study in real_ones])
seen = f"{found:.2f} where five genes tell a lot: are the best ones kept, and is it accuracy?"
assert found > 0.77, seen
print(f"the colleague's script: {leaky:.2f}, yours: {fixed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Go through the lines, and write beside each `y` of which rows it is: before the split it is of
# all. What is chosen by the rows of one side, the other side has to take over as it is.
#
# </details>

# %% [markdown] tags=["solution"]
# Step 1 uses the `y` of every row. You may call it selection, filtering, cleaning or "dropping what
# has nothing to do with the outcome": the labels were in the room.

# %% [markdown]
# ## 3. Turn another dial (5 minutes)
#
# Mara finds money for more patients. Write `gap(n_samples)`: the mean gap of *her* procedure over
# five studies with that many patients and 1 000 genes (`n_features=1_000`). Does the leak go away
# with more data?


# %% tags=["solution"]
def gap(n_samples):
    # solution
    studies = [
        make_expression(n_samples, n_features=1_000, n_fresh=2_000, random_state=seed)
        for seed in range(5)
    ]
    return np.mean([study.run(peek).gap for study in studies])


# %% tags=["check"]
gaps = {n: number(gap, n) for n in (60, 240, 960)}
several = [make_expression(60, n_features=1_000, n_fresh=2_000, random_state=s) for s in range(5)]
sixty = np.mean([study.run(peek).gap for study in several])
missed = miss(gaps[60], sixty, 0.1)
assert not missed, f"{missed} That was for sixty patients: is it Mara's claimed minus deployed?"
assert gaps[60] > gaps[240] > gaps[960], f"More patients should narrow it: {gaps}"
seen = f"{gaps[960]:.2f} for 960 patients: is it the mean of five, with 1 000 genes?"
assert abs(gaps[960]) < 0.1, seen
print({n: round(float(g), 2) for n, g in gaps.items()})

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Hand `n_samples` and `n_features=1_000` on to `make_expression`, and `peek` to `study.run`: what
# comes back has the gap as `.gap`. Take the mean over five seeds; fewer fresh patients, such as
# `n_fresh=2_000`, save time.
#
# </details>

# %% [markdown] tags=["solution"]
# It shrinks: what a gene of pure noise can pretend falls with the square root of the number of
# patients. But it takes hundreds of patients to do what the fix does in one line.

# %% [markdown]
# ## 4. A point to argue (5 minutes)
#
# "I chose the genes by their *variance* over all patients. The labels took no part, so that may
# stand before the split." The textbook of Hastie, Tibshirani and Friedman agrees. [Moscovich and
# Rosset (2022)](https://arxiv.org/abs/1901.08974) show settings in which it misleads, in either
# direction. Write down your own opinion in two sentences, then measure here: `by_variance` should
# keep the 20 genes of highest variance over all rows and return the accuracy of a nearest centroid,
# cross-validated with `cv`.


# %% tags=["solution"]
def by_variance(X, y):
    # solution
    kept = np.argsort(X.var(axis=0))[-20:]
    return cross_val_score(NearestCentroid(), X[:, kept], y, cv=cv).mean()


# %% tags=["check"]
coin = [make_expression(effect=0, strength=0.75, n_fresh=2, random_state=s) for s in range(30)]
scores = [number(by_variance, study.X, study.y) for study in coin]
error = np.std(scores, ddof=1) / np.sqrt(len(scores))
assert np.std(scores) > 0, "All studies score the same: is y used at all?"
seen = f"{np.mean(scores):.2f} on coin flips: does the choice read y, and are new rows scored?"
assert abs(np.mean(scores) - 0.5) < 0.08, seen
loud = coin[0].X.copy()
loud[:, :20] = 2 * loud[:, :20] + 1.5 * coin[0].y[:, None]
found = number(by_variance, loud, coin[0].y)
seen = f"{found:.2f} where the 20 genes of highest variance know the outcome: which ones are kept?"
assert found > 0.9, seen
print(f"on coin flips: {np.mean(scores):.2f} ± {2 * error:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `X.var(axis=0)` has one variance for each gene, and `np.argsort` puts the places of the largest
# last: those are the columns to keep. `y` comes in only afterwards, in `cross_val_score`.
#
# </details>

# %% [markdown] tags=["solution"]
# In this setting there is no effect to be seen: a choice that is blind to the labels cannot favour
# genes that happen to separate them. That proves nothing about yours. The argument for doing it
# inside the folds all the same: it costs nothing, and nobody has to take your word for it.

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# [A project on Alzheimer's disease](https://github.com/SsGood/MMGL/issues/2) chose its columns on the
# training rows of one fold, and then ran every fold with them. A reader asked whether each fold should
# not choose for itself. The authors agreed, gave their reason, and promised the experiment. Here it is
# with four folds, and with patients of our own. The choice sees only training rows of the first fold; what
# does the audit see? Write `mended(X, y)`, which returns a score as `theirs` does.

# %%
from pitfalls.audit import audit

four = StratifiedKFold(4, shuffle=True, random_state=0)


def patients(n, random_state, effect=0.5):
    rng = np.random.default_rng(random_state)
    y = rng.integers(2, size=n)
    X = rng.normal(size=(n, 150))
    X[:, :5] += effect * y[:, None]
    return X, y


def fold_scores(X, y):
    folds = [*four.split(X, y)]
    first, _ = folds[0]
    chosen = SelectKBest(k=15).fit(X[first], y[first])
    Z, model = chosen.transform(X), NearestCentroid()
    return [model.fit(Z[train], y[train]).score(Z[test], y[test]) for train, test in folds]


# %%
def theirs(X, y):
    return np.mean(fold_scores(X, y))


X, y = patients(100, 0)
known = dict.fromkeys(("groups", "time", "available_at", "served"), False)
audit(theirs, X, y, metric="accuracy", **known, progress=False)


# %% tags=["solution"]
def mended(X, y):
    # solution
    model = make_pipeline(SelectKBest(k=15), NearestCentroid())
    return cross_val_score(model, X, y, cv=four).mean()


# %% tags=["check"]
coins = [number(mended, *patients(100, seed, effect=0)) for seed in range(16)]
assert abs(np.mean(coins) - 0.5) < 0.07, (
    f"{np.mean(coins):.2f} where no column knows anything: which rows chose, and which are scored?"
)
assert np.std(coins) > 0, "Sixteen studies, one score: is anything fitted to their rows?"
loud = number(mended, *patients(100, 0, effect=2))
assert loud > 0.9, f"{loud:.2f} where five columns tell a lot: are they chosen, and by whom?"
report = audit(mended, X, y, metric="accuracy", **known, progress=False)
guilty = [row.check for row in report if row.verdict == "suspect"]
assert not guilty, f"The audit still accuses yours: {guilty}"
shipped = make_pipeline(SelectKBest(k=15), NearestCentroid()).fit(X, y)
gets = shipped.score(*patients(2_000, 99))
print(f"theirs claims {theirs(X, y):.2f}, yours {mended(X, y):.2f}; new patients: {gets:.2f}")
coins = [fold_scores(*patients(100, seed, effect=0)) for seed in range(64)]
print("theirs, where no column knows anything, fold by fold:", np.mean(coins, axis=0).round(2))
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Call the four parts of the rows A to D. A is the test of the first fold, so B, C and D chose the
# columns. Now B is the test: who has chosen? A `Pipeline` in `cross_val_score` chooses anew in each
# fold.
#
# </details>

# %% [markdown] tags=["solution"]
# Training rows of one fold are test rows of the others. The first fold is honest, as the last line
# shows: its score alone would have been a fair hold-out, and cheaper. The audit calls yours clean on
# shuffled labels, and not more than that: it was not handed a model to try on new rows.

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# Write down every step of your last project between the raw file and the reported number, and mark
# those that saw a test row. Then put all of it, as far as your code allows, into one function
# `my_procedure(X, y)` that returns the number, a score or an error. Put your own data into `my_X`
# and `my_y`. (No project at hand? Take any script of this chapter.) The check shuffles the labels.
# The result joins your report in `work/reforms.yaml`; run it again, and the entry is replaced.

# %%
small = make_expression(strength=0.5, n_fresh=2, random_state=0)
my_X, my_y = small.X, small.y  # or your own


# %% tags=["solution"]
def my_procedure(X, y):
    # solution
    model = make_pipeline(SelectKBest(k=20), NearestCentroid())
    return cross_val_score(model, X, y, cv=cv).mean()


# %% tags=["check"]
from pitfalls.notebook.own_report import record

other = np.asarray(my_y).copy()
other[::2] = other[0]
scores = number(my_procedure, my_X, my_y), number(my_procedure, my_X, other)
assert scores[0] != scores[1], f"{scores[0]:.2f} for other outcomes too: does it use its y?"
result = scores_on_shuffled_labels(my_procedure, my_X, my_y, random_state=0)
record("6a", check=result)
print(result)
assert result.verdict != "suspect", "what reads y before the split?"

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Follow `y` from the first line of your function on. Whatever reads it before the rows are split
# (choosing, filling, encoding, resampling) goes with the model into a `make_pipeline`, and the
# pipeline into `cross_val_score`. Where the check says that it is blind, it says what would help.
#
# </details>
