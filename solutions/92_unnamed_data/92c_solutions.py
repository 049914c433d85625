# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Three unnamed studies, after part 2: solutions
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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed AUROC:
# solution
from pitfalls.metrics import independence_weights, weighted_auc

foundry = castings.meta["foundry"].to_numpy()[half:]
weights = independence_weights(y[half:], foundry)
found = weighted_auc(y[half:], model.decision_function(X[half:]), weights)
reach = (found.high - found.auc) * 1.28 / 1.96  # an interval of 80 %, not of 95
diagnosis = "a circumstance that goes with the label"
low, high = found.auc - reach, found.auc + reach

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# Most of the cracked castings came from one foundry, whose sensors all read a little differently.
# Weighted as if castings cracked equally often in both foundries, the same test half gives the
# number that Dario wanted, with its interval. That rests on the sentence about "from now on". With
# other shares there are other weights, and with none it is an assumption.

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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed accuracy:
# solution
from sklearn.neighbors import NearestNeighbors

near = NearestNeighbors(n_neighbors=1).fit(archives.X[train])
distance = near.kneighbors(archives.X[test])[0][:, 0]
alone = test[distance > 1]
share = forest.score(archives.X[alone], archives.y[alone])
reach = 1.28 * np.sqrt(share * (1 - share) / len(alone))
diagnosis, low, high = "copies on both sides", share - reach, share + reach

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# No two rows are equal, but many are nearly so: the distances to the nearest training row have two
# heaps with next to nothing in between. On the test rows that have no near copy, the forest shows
# what it gets for new samples, as long as samples of any kind were archived twice: had it been the
# easy ones, those left alone would be too hard. If your interval missed all the same: of honest
# ones, one in five does.

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

# %% tags=["solution"]
# Your diagnosis, and an interval for the deployed accuracy:
# solution
from sklearn.model_selection import GroupKFold, cross_val_score

others = cross_val_score(
    words, reviews.X["text"], reviews.y, cv=GroupKFold(10), groups=reviews.meta["annotator"]
)
reach = 1.28 * others.std(ddof=1) / np.sqrt(10) + 0.01
diagnosis, low, high = "nothing", others.mean() - reach, others.mean() + reach

# %% tags=["check"]
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

# %% [markdown] tags=["solution"]
# It looks like the trap of chapter 10: the annotators can be told by their words, and the folds
# mix them. But folds by annotator give the same score, so it does not help to know who wrote a
# review: their ticks lean neither way. A suspicion is a reason to check, not a finding. What no fold
# can show is a mistake that all forty share. Farah should buy some of the panel's labels; they
# would confirm the score here.
