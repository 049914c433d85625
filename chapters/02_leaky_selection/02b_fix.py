# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Choosing features before the split: the fix
#
# **What you'll do.** Move the choice of genes into the cross-validation, and see which of the two
# changes: the model, or what you know about it.
#
# **What you'll learn.**
# - the one-line fix, and what it repairs;
# - what an honest score from sixty patients is worth;
# - a check for your own work that needs nothing but shuffled labels.
#
# **What you'll need.** [The claim](02a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## One line moves
#
# Mara chose the genes, then cross-validated. Like everything else that is fitted, the choice has to
# be made again in every fold, from that fold's training patients. A `Pipeline` does that: what used
# to stand before the cross-validation is now inside it.

# %%
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline

from pitfalls.datasets import make_expression

study = make_expression(random_state=0)
model = make_pipeline(SelectKBest(k=study.info["n_selected"]), NearestCentroid())
cv = StratifiedKFold(15, shuffle=True, random_state=0)
predictions = cross_val_predict(model, study.X, study.y, cv=cv)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = (predictions == study.y).mean()
model.fit(study.X, study.y)
deployed = model.score(study.deployment.X, study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# The claim has come down to what the clinic gets.
#
# ## Side by side
#
# Here is the same procedure as a function, next to Mara's, on the same sixty patients.

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestCentroid
from sklearn.pipeline import make_pipeline

from pitfalls.study import Claim


def select_within_folds(data):
    """Choose the features anew in each fold, from its training rows."""
    model = make_pipeline(SelectKBest(k=data.info["n_selected"]), NearestCentroid())
    cv = StratifiedKFold(15, shuffle=True, random_state=0)
    correct = cross_val_predict(model, data.X, data.y, cv=cv) == data.y
    model.fit(data.X, data.y)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X, sample.y),
    )


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims nearly 1, the fix claims about what both models then get. Fresh and deployed scores are the same for both."}}
import matplotlib.pyplot as plt

from pitfalls import course, figures

lesson = course.load("leaky_selection")
world = lesson.world("signal")
pitfall, fix = study.run(world.pitfall), study.run(select_within_folds)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown] slideshow={"text": "conclusion"}
# Look at the deployed scores. They are the same to the last digit, because both procedures ship the
# same model, built on the best 20 genes of all sixty patients. **The fix repairs the number.** The
# model was never better than this, but now Mara knows. That is worth a clinic's money.
#
# ## At every dose
#
# The dial is the same as before. Wherever it stands, what the fix claims follows what the model
# gets.

# %% slideshow={"slide_type": "slide"} mystnb={"image": {"alt": "Accuracy against the number of genes measured, for both arms. The pitfall's claim climbs towards 1. The fix's claim falls together with the deployed score, which both arms share."}}
from pitfalls import evidence

rows = evidence.read(lesson)
signal = rows[rows["world"] == world.slug]
figures.dial(signal, metric="accuracy", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("leaky_selection", "signal")

# %% [markdown]
# "Follows" is a claim too, so here it is as a test: over all seeds, the 90 % interval of claimed
# minus deployed has to lie inside ± the margin.

# %%
verdicts = evidence.verdict(signal, world)
columns = ["mean", "low", "high", "margin", "n", "verdict"]
verdicts.query("clause == 3").set_index("strength")[columns].round(3)

# %% [markdown]
# All of these studies have sixty patients, and genes that know nothing of each other. Yours do not.
# So here are 300 others, each drawn from ranges that are wide enough for yours, it is hoped, to be
# among them:

# %%
import pandas as pd

ranges = {name: (one.low, one.high, one.why) for name, one in world.varies.items()}
pd.DataFrame(ranges, index=["from", "to", "because"]).T

# %% [markdown]
# The same difference, over all of them and in either half of each range:

# %%
others = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
others.query("clause == 3").set_index("part")[["mean", "low", "high", "n"]].round(3)

# %% tags=["remove-cell"]
assert not (others["verdict"] == "broken").any()
assert (fix.claimed, fix.deployed) == (claimed, deployed)
assert fix.deployed == pitfall.deployed
assert fix.claimed < pitfall.claimed - 0.2 and abs(fix.gap) < 0.1
assert (verdicts["verdict"] == "holds").all()

# %% [markdown]
# ## What the fix costs, and where it stops
#
# It costs time: the choice is made in every fold. And it costs an illusion: the small blue dots of
# the figure spread over a wide range, since sixty patients are few. Is the interval of a single
# study wide enough, at least? It treats the sixty predictions as sixty tosses of one coin. Here is
# the share of studies whose interval covers the deployed score:

# %%
covered = evidence.coverage(signal, world)
covered.set_index("strength")[["mean", "low", "high"]].round(2)

# %% [markdown]
# A 95 % interval should cover the deployed score in 95 of 100 studies. This one falls short, and
# further the more genes there are to choose from. The tosses are not independent: the folds share
# most of their training patients, so they tend to choose the same genes and to be wrong together.
# The claims are right on average, but a single one is less certain than it says. No formula gives
# an unbiased variance for one cross-validation (Bengio and Grandvalet, 2004). There are better
# intervals all the same: [one cross-validation inside another](02d_interval.ipynb) measures what the
# formula leaves out. What makes any interval short is more patients.
#
# The fix stops working where the choice leaves the pipeline again. If you try `k=20`, `k=50` and
# `k=100` and report the best of three honest scores, you have chosen on the test rows once more.
#
# ## On real data
#
# Products of two pixels of scikit-learn's handwritten digits give hundreds of columns, correlated
# and skewed as real ones are. The labels are half ones and half zeros, shuffled, so that no feature
# can know them. Here are twenty draws of 60 images:

# %%
digits = lesson.world("digits")
real = evidence.replicate(digits, seeds=20)
real.groupby("arm", sort=False)[["claimed", "deployed"]].agg(["mean", "std"]).round(2)

# %% tags=["remove-cell"]
means = real.groupby("arm")[["claimed", "deployed"]].mean()
assert means.loc["pitfall", "claimed"] - means.loc["pitfall", "deployed"] > 0.15
assert abs(means.loc["select_within_folds", "claimed"] - 0.5) < 0.1

# %% [markdown] slideshow={"section": "check"}
# ## A check to take home
#
# You do not need to see the leak to find it. Shuffle the labels and run *everything* again, from
# the raw file to the number you report. Labels that mean nothing cannot be predicted, so an honest
# procedure gets no more than one that knows nothing, here a coin, give or take some luck. This is
# the whole idea:

# %%
import numpy as np
from sklearn.model_selection import cross_val_score

rng = np.random.default_rng(0)


def peeking(X, y):
    X_panel = SelectKBest(k=20).fit_transform(X, y)
    return cross_val_score(NearestCentroid(), X_panel, y, cv=5).mean()


def honest(X, y):
    return cross_val_score(model, X, y, cv=5).mean()


for procedure in (peeking, honest):
    shuffled = [procedure(study.X, rng.permutation(study.y)) for _ in range(5)]
    print(f"{procedure.__name__:8} {np.mean(shuffled):.2f} on shuffled labels")

# %% [markdown]
# Whoever has one class of 90 % must not compare with 0.50, and an error rate must not be taken for
# a score. `scores_on_shuffled_labels` sees to that. Tell it your metric, and it finds out what knowing
# nothing gets, which direction is better, and whether a leak would have shown.

# %%
from pitfalls.checks import scores_on_shuffled_labels

options = {"metric": "accuracy", "random_state": 0}
scores_on_shuffled_labels(peeking, study.X, study.y, **options)

# %%
said = scores_on_shuffled_labels(honest, study.X, study.y, **options)
said

# %% [markdown]
# How far can you trust the check? Here are its verdicts for four studies at each dose, from the
# same simulated clinic, with ten shuffles:

# %%
def verdict(procedure, strength, seed):
    small = make_expression(n_fresh=2, strength=strength, random_state=seed)
    options = {"metric": "accuracy", "n_shuffles": 10, "random_state": seed}
    return scores_on_shuffled_labels(procedure, small.X, small.y, **options).verdict


# %%
table = pd.DataFrame(index=pd.Index([20, 37, 447], name="genes"))
for procedure in (peeking, honest):
    table[f"{procedure.__name__}: share suspect"] = [
        np.mean([verdict(procedure, strength, seed) == "suspect" for seed in range(4)])
        for strength in (0, 0.1, 0.5)
    ]
table

# %% tags=["remove-cell"]
assert table.loc[447].tolist() == [1, 0] and said.verdict == "clean"

# %% [markdown]
# The second column is the share of false alarms. So is the first at 20 genes, where there is
# nothing to choose. With a few dozen genes the claim is already inflated, and ten shuffles miss it
# in some studies; more shuffles would miss fewer. With hundreds of candidates nothing escapes.
#
# What it cannot see: what does not pass through the labels, such as copies of rows or columns that
# were written down afterwards; and a model that fits noise so eagerly that it gets less than a
# constant. For that let your procedure return `(score, model)` and pass `metric=`: then the model is
# scored on rows that the procedure never saw.
#
# ## With the model in hand
#
# Where a procedure also returns the model that it would ship, there is a second check. Seal some
# patients in an envelope before the procedure sees anything. Run it on the others, open the
# envelope, and score the model there. Then do it again with other patients.

# %%
from sklearn.metrics import accuracy_score

from pitfalls.checks import sealed_envelope


def peeking_with_its_model(X, y):
    panel, centroids = SelectKBest(k=20).fit(X, y), NearestCentroid()
    claimed = cross_val_score(centroids, panel.transform(X), y, cv=5).mean()
    return claimed, make_pipeline(panel, centroids.fit(panel.transform(X), y))


options = {"metric": accuracy_score, "random_state": 0}
sealed = sealed_envelope(peeking_with_its_model, study.X, study.y, **options)
sealed

# %% tags=["remove-cell"]
assert sealed.verdict == "suspect"

# %% [markdown]
# It works under any metric, and for flaws that shuffled labels do not show, such as rows that the
# procedure copies before it splits. It cannot see what was done before it is handed the data, nor
# patients who are in the envelope and outside it; hand it `groups=` or `time=` for those.
#
# **What this was.** Taxonomy L1.3, feature selection on training and test data. REFORMS items 4c
# (report every transformation between raw data and model), 5d (report how the final model was
# chosen) and 6a (everything that is fitted is fitted on training data). The fix repairs the number.
# For a better model Mara needs more patients or fewer genes.
#
# ## On your own
#
# With your own rows, and with everything between them and your score in `evaluate(X, y)`:
#
# ```python
# from pitfalls.checks import scores_on_shuffled_labels
# scores_on_shuffled_labels(evaluate, X, y, metric="roc_auc")  # the name of your own metric
# ```
#
# The [exercises](02c_exercises.ipynb) take about 30 minutes.
#
# ## Further reading
#
# - [Ambroise and McLachlan (2002)](https://doi.org/10.1073/pnas.102102699): five pages, and the
#   reason why gene panels are validated the way they are.
# - [Varoquaux (2018)](https://doi.org/10.1016/j.neuroimage.2017.06.061): how wide the error bars
#   of cross-validation are with a hundred patients, and how much wider than they look.
# - [Moscovich and Rosset (2022)](https://arxiv.org/abs/1901.08974): choosing columns *without*
#   the labels can mislead too, in either direction.
