# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that is checked: in a table
#
# **What you'll do.** Ask a random forest which columns matter, in three ways, and get three
# answers.
#
# **What you'll learn.**
# - what impurity, permutation and conditional importance each measure;
# - why a column that does nothing can look important, and a column that does everything cannot;
# - to ask of an importance: important *to whom*?
#
# **What you'll need.** `fit` and `predict`. 15 minutes.
#
# ---
#
# ## A cause and its twin
#
# Five columns. The first moves the outcome most, the third and the fourth half as much each. The
# second is the first one's **twin**: it moves along with it and does nothing. The fifth is noise.


# %% tags=["protocol"]
import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance
from sklearn.linear_model import LinearRegression


# %% tags=["protocol"]
def make_table(n, correlation, rng):
    """Return columns and outcomes: the first, third and fourth matter, the second is a twin."""
    X = rng.normal(size=(n, 5))
    X[:, 1] = correlation * X[:, 0] + np.sqrt(1 - correlation**2) * X[:, 1]
    return X, (rng.random(n) < risk(X)).astype(int)


def risk(X):
    """Return the probability of the outcome."""
    return 1 / (1 + np.exp(-2 * X[:, 0] - X[:, 2] - X[:, 3]))


# %%
import pandas as pd

columns = ["cause", "twin", "third", "fourth", "noise"]
rng = np.random.default_rng(0)
(X, y), (X_test, y_test) = (make_table(n, 0.9, rng) for n in (1_000, 2_000))
model = RandomForestClassifier(100, min_samples_leaf=5, random_state=0).fit(X, y)
print(f"accuracy {model.score(X_test, y_test):.2f}, correlation of the twins 0.9")

# %% [markdown]
# **Impurity importance** comes with the forest: how much each column's splits tidied up the
# training rows. **Permutation importance** shuffles a column of the test rows and takes the
# accuracy lost.

# %%
shuffled = permutation_importance(model, X_test, y_test, n_repeats=5, random_state=0)
found = pd.DataFrame(
    {"impurity": model.feature_importances_, "permutation": shuffled.importances_mean}, columns
)
found.round(3)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
for kind, numbers in found.items():
    print(f"{kind}: the twin (column 2) before column 3: {numbers.twin > numbers.third}")

# %% [markdown]
# By impurity the twin, which does nothing, comes before two columns that do something. By
# permutation it comes after them, and still above the noise.
#
# ## Ask the world
#
# In a simulation the intervention of [the fix](17b_fix.ipynb) can be made in earnest: set a
# column to other values, and see how far the *risk* moves, and how often the *forest's answer*
# does.

# %%
def redraw(column):
    altered = X_test.copy()
    altered[:, column] = rng.permutation(X_test[:, column])
    moved = np.abs(risk(altered) - risk(X_test)).mean()
    return moved, (model.predict(altered) != model.predict(X_test)).mean()


names = "risk moves by", "answers that change"
asked = pd.DataFrame([redraw(k) for k in range(5)], columns, names)
asked.round(3)

# %% [markdown]
# The twin does nothing in the world, and it does something in the forest, which cannot tell the
# two apart and asks now one, now the other. Both rows are true. **"Important" is a question with
# two addresses: to the world, or to the model.** A doctor who wants to treat asks the first. An
# auditor who wants to know what the model goes by asks the second.
#
# And there is a third. To shuffle the twin alone makes rows that never occur, with a high cause
# and a low twin. **Conditional importance** shuffles of a column only what the other columns do
# not tell of it: predict it from them, and exchange the residuals. It asks what the column adds.


# %% tags=["protocol"]
def conditional_importance(model, X, y, rng, n_repeats=3):
    """Shuffle of each column only what the other columns do not tell; return the score lost."""
    score, lost = model.score(X, y), np.zeros(X.shape[1])
    for column in range(X.shape[1]):
        others = np.delete(X, column, axis=1)
        told = LinearRegression().fit(others, X[:, column]).predict(others)
        for _ in range(n_repeats):
            shuffled = X.copy()
            shuffled[:, column] = told + rng.permutation(X[:, column] - told)
            lost[column] += (score - model.score(shuffled, y)) / n_repeats
    return lost


# %% tags=["protocol"]
def measure_importance(correlation, random_state):
    """Return three importances of each column in a random forest."""
    rng = np.random.default_rng(random_state)
    (X, y), (X_test, y_test) = (make_table(n, correlation, rng) for n in (1_000, 2_000))
    model = RandomForestClassifier(50, min_samples_leaf=5, random_state=random_state).fit(X, y)
    options = {"n_repeats": 3, "random_state": random_state}
    three = {
        "impurity": model.feature_importances_,
        "permutation": permutation_importance(model, X_test, y_test, **options).importances_mean,
        "conditional": conditional_importance(model, X_test, y_test, rng),
    }
    names = "cause", "twin", "third", "fourth", "noise"
    return {f"{kind}_{c}": v for kind, row in three.items() for c, v in zip(names, row)}


# %% mystnb={"image": {"alt": "A figure in three panels of importance against the correlation of cause and twin. Impurity: the cause falls and the twin rises until they meet, both above the third column. Permutation: the cause falls, the twin rises late, to about the third column. Conditional: the twin stays at zero and the cause falls to zero."}}
import matplotlib.pyplot as plt

from pitfalls import course, evidence, figures

figures.house_style()
rows = evidence.read(course.load("explanations").experiment("importance"))
hues = {"cause": figures.FIX, "twin": figures.PITFALL, "third": "#009E73", "noise": figures.CHANCE}
fig, axes = plt.subplots(1, 3, figsize=(12, 3.8))
for ax, kind in zip(axes, ("impurity", "permutation", "conditional")):
    for name, hue in hues.items():
        line = rows.groupby("correlation")[f"{kind}_{name}"].agg(["mean", "sem"])
        ax.errorbar(line.index, line["mean"], 1.96 * line["sem"], color=hue, marker="o", ms=5)
    last = rows[rows["correlation"] == 0.99].mean()
    ends = [(last[f"{kind}_{name}"], name, hue) for name, hue in hues.items()]
    figures.label_ends(ax, 1.04, ends)
    ax.set(title=kind, xlabel="correlation of cause and twin")
axes[0].set_ylabel("share of impurity removed")
axes[1].set_ylabel("accuracy lost")
plt.show()

# %% tags=["remove-cell"]
mean = rows.groupby("correlation").mean()
assert mean.loc[0.9, "impurity_twin"] > mean.loc[0.9, "impurity_third"]
assert mean.loc[0.99, "permutation_twin"] > 0.04 > 0.01 > abs(mean["conditional_twin"]).max()
assert mean.loc[0, "conditional_cause"] > 0.15 and mean.loc[0.99, "conditional_cause"] < 0.03
assert asked["risk moves by"]["twin"] == 0 and asked["answers that change"]["twin"] > 0.02
assert found["permutation"].twin < found["permutation"].third

# %% [markdown]
# Read the ends on the right. Impurity splits the credit among twins, though one of them has
# earned nothing. Permutation does the same, more slowly. Conditional importance never believes
# the twin, and in the end it no longer believes the cause either: *each is dispensable while the
# other is there*. All three are right about their own question.
#
# | you want to know | ask |
# |---|---|
# | what the forest splits on, for nothing | impurity; noise gets its share of it as well |
# | what the model would miss | permutation, on rows that were not trained on |
# | what a column adds to the others | conditional permutation, or refit without the column |
# | what to change in the world | none of these: an experiment |
#
# ## On real data
#
# Thirty measurements of tumours, benign or malignant, many of them near copies of each other.

# %%
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import train_test_split

tumours = load_breast_cancer(as_frame=True)
parts = train_test_split(tumours.data, tumours.target, test_size=0.5, random_state=0)
forest = RandomForestClassifier(100, random_state=0).fit(parts[0], parts[2])
lost = permutation_importance(forest, parts[1], parts[3], n_repeats=5, random_state=0)

# %%
size = [c for c in tumours.data if c.split()[1] in {"radius", "perimeter", "area"}]
together = parts[1].copy()
together[size] = together[size].sample(frac=1, random_state=0).to_numpy()
score = forest.score(parts[1], parts[3])
gone = score - forest.score(together, parts[3])
print(f"accuracy {score:.2f}; the most that one shuffled column costs", end=" ")
print(f"{lost.importances_mean.max():.3f};")
print(f"the {len(size)} columns of size shuffled together: {gone:.3f}")

# %% tags=["remove-cell"]
assert score > 0.9 and lost.importances_mean.max() < 0.05 and gone > 2 * lost.importances_mean.max()

# %% [markdown]
# A forest that is nearly always right, and no column that matters. Shuffle the group together, as
# one thing that was measured several times, and it does. (scikit-learn's guide shows [the same
# data with clusters of
# columns](https://scikit-learn.org/stable/auto_examples/inspection/plot_permutation_importance_multicollinear.html).)
#
# A leak can hide in the same way, where several columns know the outcome and share the blame. An
# importance, like a map, is an alarm when it rings, and no all-clear when it does not.
