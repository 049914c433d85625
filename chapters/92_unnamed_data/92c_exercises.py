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
# # Three unnamed studies, after part 2: exercises
#
# Here are three more colleagues, and the rules of the three studies after part 1 hold again. Say
# what is wrong, if anything is, and give an interval that holds the deployed score with a
# probability of 80 %. A mistake may be from either part, and one study is sound. About 45 minutes.

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
# ## 1. The castings (15 minutes)
#
# Two foundries send castings, and twenty sensors listen to each casting. Dario predicts which ones
# will crack. "I have two thousand castings, half of them cracked. One half of them all trains, the
# other tests." The model will be used in both foundries, whose castings crack equally often from
# now on. `meta` has the foundry.

# %%
castings = open_case("unnamed_data", "A")
X, y, half = castings.X, castings.y, len(castings.y) // 2

# %%
from sklearn.metrics import roc_auc_score

model = LogisticRegression().fit(X[:half], y[:half])
claimed = roc_auc_score(y[half:], model.decision_function(X[half:]))
print(f"claimed: an AUROC of {claimed:.2f}")

# %% [markdown]
# These are the diagnoses to choose from:

# %%
castings.diagnoses

# %% tags=["remove-cell"]
assert abs(claimed - castings.claimed) < 1e-9

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed AUROC:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(castings, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Count the cracked castings of each foundry, and compare that with what the text says about "from
# now on". Then let each casting of the test half count for as much as it would under that
# sentence: `pitfalls.metrics` has weights for it, and an AUROC that takes them.
#
# </details>

# %% [markdown]
# ## 2. The archives (15 minutes)
#
# Esra has merged the archives of several laboratories into one table. "No row is there twice: I
# dropped the duplicates first. Then I held out thirty per cent." The claim is about new samples.

# %%
archives = open_case("unnamed_data", "B")
archives.meta.value_counts()

# %%
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split

rows = np.arange(len(archives.y))
train, test = train_test_split(rows, test_size=0.3, random_state=0)
forest = ExtraTreesClassifier(20, random_state=0).fit(archives.X[train], archives.y[train])
claimed = forest.score(archives.X[test], archives.y[test])
print(f"claimed: {claimed:.2f} of {len(test)} samples right")

# %% tags=["remove-cell"]
assert abs(claimed - archives.claimed) < 1e-9

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed accuracy:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(archives, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `NearestNeighbors`, fitted on `archives.X[train]`, says of each test row how far the nearest
# training row is. Has the histogram of these distances one heap or two, and is the forest as good
# in one part as in the other? For the interval take the test rows that are as far from training as
# new samples will be, and count them.
#
# </details>

# %% [markdown]
# ## 3. The reviews (15 minutes)
#
# Farah's model reads what customers said. Forty people wrote the reviews down, in words of their
# own, and ticked whether the customer was content. "The folds are random, and the model counts
# words." It will read reviews that other people write down, and a panel will say whether these
# customers were content. `meta` has the annotator.

# %%
import textwrap

reviews = open_case("unnamed_data", "C")
print(textwrap.fill(reviews.X["text"][0], 80))

# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

words = make_pipeline(TfidfVectorizer(), LogisticRegression())
cv = KFold(5, shuffle=True, random_state=0)
guesses = cross_val_predict(words, reviews.X["text"], reviews.y, cv=cv)
claimed = (guesses == reviews.y).mean()
print(f"claimed: {claimed:.2f} of {len(guesses):,} reviews right")

# %% tags=["remove-cell"]
assert abs(claimed - reviews.claimed) < 1e-9

# %% tags=["raises-exception", "remove-output"]
# Your diagnosis, and an interval for the deployed accuracy:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
answer = answered(reviews, diagnosis, low, high)
assert answer.right, f"Not {diagnosis}. {answer.hint}"
costs = f"it costs {answer.penalty:.2f}, and from 0 to 1 costs 1"
assert answer.penalty < 0.6, f"Your interval tells too little, or misses by far: {costs}."
print(f"Right. It deploys {answer.deployed:.2f}; your interval costs {answer.penalty:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# One number is missing: the score of `words` in folds that hold out whole annotators, with
# `GroupKFold`. Put it beside Farah's, and ask whether the two differ by more than luck. Ten such
# folds give ten scores, and the interval comes from their mean and spread.
#
# </details>
