# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Twenty genes: the claim
#
# **What you'll do.** Choose 20 of 10 000 genes, cross-validate a model on them, and find out what
# it gets in the clinic.
#
# **What you'll need.** `fit`, `predict` and cross-validation in scikit-learn. 20 minutes.
#
# ---
#
# ## A test for a clinic
#
# Mara works for a clinic that treats patients with an expensive drug. Sixty have had it, and half
# of them responded. The laboratory has measured 10 000 genes in each. The clinic would pay for a
# blood test that reads 20 genes and tells beforehand who will respond.

# %%
from pitfalls.datasets import make_expression

study = make_expression(random_state=0)
print(f"{study.X.shape[0]} patients, {study.X.shape[1]:,} genes, {study.y.sum()} responders")

# %% [markdown]
# Each gene gets an F statistic: how far apart are the means of the two groups, given the spread
# within them? She keeps the best 20. A colleague could follow the ranking on paper.

# %%
from sklearn.feature_selection import SelectKBest

panel = SelectKBest(k=study.info["n_selected"]).fit(study.X, study.y)
chosen = panel.get_support()
X_panel = study.X[:, chosen]
X_panel.shape

# %% [markdown]
# Sixty patients are few, so she takes a classifier that can hardly overfit: each patient goes to
# the nearer of two group means. And she knows better than to score it on the rows that trained it.
# She cross-validates in fifteen folds, each with two responders and two others, so that every
# prediction is for a patient whom the model has not seen.

# %%
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestCentroid

cv = StratifiedKFold(15, shuffle=True, random_state=0)
predictions = cross_val_predict(NearestCentroid(), X_panel, study.y, cv=cv)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = (predictions == study.y).mean()
print(f"claimed: {claimed:.2f} of patients classified correctly (a coin: 0.50)")

# %% [markdown]
# A simple model, cross-validated, nearly always right. The clinic orders the test.
#
# ## Predict
#
# The test will meet thousands of new patients of the same clinic: same drug, same laboratory,
# same machine. Choose an answer below, and write down a number and an interval that you would
# give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("leaky_selection")

# %%
from pitfalls.notebook.predictions import predict

predict("leaky_selection", guess=None, low=None, high=None)

# %% [markdown]
# ## The next 5 000 patients
#
# In real life Mara would find out in a year. This study is simulated, so the next patients are here
# already, drawn from the same population. The clinic gets the model fitted on all sixty.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls.notebook.predictions import settle

model = NearestCentroid().fit(X_panel, study.y)
patients = study.deployment
deployed = model.score(patients.X[:, chosen], patients.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
settle("leaky_selection", deployed)
wrong = round(1000 * (1 - deployed))
promised = round(1000 * (1 - claimed))
print(f"Of 1 000 patients: promised {promised} errors, got {wrong}.")

# %% [markdown]
# The new patients are no sicker than the old ones, and they were measured in the same way. Nothing
# has shifted. The number was wrong on the day it was made.
#
# ## Where the score went
#
# Here are the twenty genes in the patients who chose them, and in sixty new ones. Each column is a
# gene, its sign turned where needed so that red speaks for "responds".

# %% mystnb={"image": {"alt": "Two heat maps of 60 patients by 20 chosen genes. In the study, responders are mostly red and the others mostly blue. In fresh patients both halves are nearly the same mixture of red and blue."}}
import matplotlib.pyplot as plt
import numpy as np
import seaborn as sns

from pitfalls import figures

figures.house_style()
means = [X_panel[study.y == label].mean(axis=0) for label in (0, 1)]
towards = np.sign(means[1] - means[0])
fig, axes = plt.subplots(1, 2, figsize=(9, 4.5), sharey=True)
samples = {"who chose the genes": study, "who come next": study.fresh}
for ax, (title, sample) in zip(axes, samples.items()):
    rows = [*np.flatnonzero(sample.y == 1)[:30], *np.flatnonzero(sample.y == 0)[:30]]
    values = sample.X[np.ix_(rows, chosen)] * towards
    sns.heatmap(values, ax=ax, cmap="RdBu_r", vmin=-2.5, vmax=2.5, cbar=ax is axes[1])
    ax.axhline(30, color="black", lw=1.5)
    ax.set(title=f"60 patients {title}", xlabel="20 chosen genes", xticks=[])
    ax.tick_params(left=False)
axes[0].set_yticks([15, 45], ["respond", "do not"], rotation=90, va="center")
axes[1].collections[0].colorbar.set_label("expression (sd), towards “responds”")
plt.show()

# %% [markdown] slideshow={"text": "takeaway"}
# Among 10 000 columns of noise, some differ between any two groups of thirty people, and the
# ranking finds exactly those. The pattern on the left was *put there by the choice*. Every patient
# took part in it, so the test patients of each fold had voted for the genes that then classified
# them. Cross-validation hid their labels from the classifier only after the labels had done their
# work.

# %%
informative = study.truth["informative"]
print(f"{informative.sum()} genes of {len(informative):,} really differ;", end=" ")
print(f"{(informative & chosen).sum()} of them are among the 20 chosen.")

# %% [markdown]
# ## The whole procedure, as a function
#
# To ask what happens in other studies, we need Mara's procedure in one piece. What she had goes in,
# and nothing else: her sixty patients. A claim comes out, and with it the function that scores what
# she ships on any rows, so that others can check.

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.neighbors import NearestCentroid

from pitfalls.datasets import load_digit_products, make_expression
from pitfalls.study import Claim


def select_then_cross_validate(data):
    """Choose the features on all rows, then cross-validate the classifier."""
    chosen = SelectKBest(k=data.info["n_selected"]).fit(data.X, data.y).get_support()
    X = data.X[:, chosen]
    cv = StratifiedKFold(15, shuffle=True, random_state=0)
    correct = cross_val_predict(NearestCentroid(), X, data.y, cv=cv) == data.y
    model = NearestCentroid().fit(X, data.y)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X[:, chosen], sample.y),
    )


# %% [markdown]
# The study then settles the claim. It asks that function for the score on a new draw from its own
# population (`fresh`) and on the population that the claim is about (`deployed`). Here they are the
# same people. `study.run(select_then_cross_validate)` does both steps in one.

# %% mystnb={"image": {"alt": "The card of numbers. The claim is near 1 with a short interval; fresh and deployed are equal, a little above chance, and far outside that interval."}}
claim = select_then_cross_validate(study.development)
score = study.settle(claim)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# The gap is all *optimism*: the number is wrong. There is no *shift*: the world is what it was.
#
# ## Was it bad luck?
#
# One study is an anecdote. The dial of this chapter is the number of genes measured. At the left
# end only 20 are measured, so there is nothing to choose, and the same procedure, peeking and all,
# should be honest. Each small dot is a study with patients of its own. The arrow marks as many genes
# as a published set of data has, with about as many patients.

# %% tags=["protocol"]
def make_expression_study(strength, random_state, **kind):
    """20 genes at strength 0, 10 000 at strength 1; five of them carry a weak signal."""
    return make_expression(strength=strength, random_state=random_state, **kind)


# %% mystnb={"image": {"alt": "Accuracy against the number of genes measured. With 20 genes the claim and the deployed score agree. With more genes the claim rises towards 1 while the deployed score falls towards chance, like a pair of scissors. An arrow at 2 000 genes marks Alon et al., 1999."}}
from pitfalls import course, evidence

world = course.load("leaky_selection").world("signal")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"label": world.dial, "ticks": world.ticks, "marks": world.doses}
figures.dial(mine, metric="accuracy", chance=0.5, **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("leaky_selection", "signal", arms=["pitfall"])

# %% [markdown]
# With nothing to choose from, claim and truth agree. From there they open like a pair of scissors:
# more candidates make the claim better and the test *worse*, since noise crowds out the five genes
# that matter. Mara's score would tell her that measuring more had helped.
#
# ## Nothing at all to find
#
# The worst case takes away the last excuse. Flip a coin for each patient's outcome: now no gene, no
# panel and no model can do better than the coin.

# %% tags=["protocol"]
def make_coin_flip_study(strength, random_state, **kind):
    """Make the same study with labels that no gene knows."""
    return make_expression(effect=0, strength=strength, random_state=random_state, **kind)


def make_digits_study(random_state):
    """Real features, coin-flip labels: products of two pixels of handwritten digits."""
    return load_digit_products(random_state=random_state)


# %%
flips = make_coin_flip_study(strength=1, random_state=0)
coin = flips.run(select_then_cross_validate)
print(coin)

# %% tags=["remove-cell"]
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.claimed > 0.9 and score.deployed < 0.7 and score.shift == 0
assert coin.claimed > 0.9 and abs(coin.deployed - 0.5) < 0.03

# %% [markdown] slideshow={"section": "cases"}
# Nearly every coin guessed right, says the claim.
#
# ## What you have learned
#
# - why cross-validation cannot help once every row has had a say in the choice;
# - how the damage grows with the number of candidates, and where there is none;
# - which of the two is wrong, the model or the number.
#
# ## Where it happened
#
# - **Gene expression.** [Ambroise and McLachlan (2002)](https://doi.org/10.1073/pnas.102102699)
#   took the data of two published studies, of colon cancer and leukaemia. Chosen on all of them, a
#   handful of genes has a cross-validated error of zero; with the choice inside the
#   cross-validation it is clearly above zero.
# - **Brain imaging.** [Rosenblatt and colleagues (2024)](https://doi.org/10.1038/s41467-024-46150-w)
#   put several kinds of leak into more than 400 pipelines. Leaky feature selection was one of the
#   two that inflated drastically; most others were minor.
# - **In the taxonomy** of [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804)
#   it is L1.3, feature selection on training and test data together. They count 294 affected
#   papers in 17 fields over all kinds of leak.
#
# **Where it hides.** Clinic: a panel chosen on the whole cohort. Finance: fifty indicators "that
# work", found in ten years that include the test year. Text: a vocabulary of the words that best
# tell the classes apart, in all documents. Ecology: variables kept because they were significant in
# the full data. Industry: sensors picked for their correlation with the failure, before anyone
# thinks of a split.
#
# Before you open [the fix](02b_fix.ipynb): it moves one line. Which, and where to?
