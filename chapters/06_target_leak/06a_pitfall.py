# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # An hour of fever: the claim
#
# **What you'll do.** Train a model on a hospital's archive, hold out half of the patients, and
# find out what it says about people who came through the door an hour ago.
#
# **What you'll need.** `fit`, `predict`, and AUROC: the chance that a random ill patient gets a
# higher score than a random other one. 20 minutes.
#
# ---
#
# ## One hour after arrival
#
# Anton works for an emergency department. People come with a fever, and about half of them have a
# bacterial infection. The laboratory takes two days to say who. A model should say it one hour
# after arrival, when the nurse's measurements and the first blood values are in, so that those who
# need an antibiotic get one at once. The hospital's archive has a thousand such patients. Here are
# four of them.

# %%
from pitfalls.datasets import make_admissions

study = make_admissions(random_state=0)
print(f"{len(study):,} patients, {study.y.mean():.0%} with a bacterial infection")
study.X.head(4).T.round(1)

# %% [markdown]
# Nine clean numbers for each patient. Anton trains boosted trees on the first half of the patients
# and leaves the second half alone until the end.

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

half = len(study) // 2
X_train, X_test = study.X[:half], study.X[half:]
y_train, y_test = study.y[:half], study.y[half:]
model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
model = model.fit(X_train, y_train)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(X_test, y_test)
print(f"claimed: {claimed:.2f} of patients right (a coin: 0.50)")

# %% [markdown]
# The test patients took no part in training. There is no scaler, no selection, no copied row, no
# patient who comes twice. The department connects the model to its screens.
#
# ## Predict
#
# The next patients come from the same town with the same diseases, and are measured by the same
# nurses. The model is asked one hour after arrival. Choose an answer below, and write down a
# number and an interval that you would give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("target_leak")

# %%
from pitfalls.notebook.predictions import predict

predict("target_leak", guess=None, low=None, high=None)

# %% [markdown]
# ## On the day

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
patients = study.deployment
deployed = model.score(patients.X, patients.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
from pitfalls.notebook.predictions import settle

settle("target_leak", deployed)
missed = ((model.predict(patients.X) == 0) & (patients.y == 1)).mean()
print(f"Of 1 000 patients: promised {1000 * (1 - claimed):.0f} errors,", end=" ")
print(f"got {1000 * (1 - deployed):.0f},")
print(f"{1000 * missed:.0f} of them bacterial infections taken for something else.")

# %% [markdown]
# Its errors are not random. It tells nearly everybody that they have no bacterial infection.
#
# ## Which column did it
#
# Shuffle one column of the test half at a time, and see how much accuracy is lost.

# %% mystnb={"image": {"alt": "Bars of how much accuracy the model loses when a column is shuffled. The bar of the antibiotic is more than ten times as long as any other; the eight measurements lie close to zero."}}
import matplotlib.pyplot as plt
from sklearn.inspection import permutation_importance

from pitfalls import figures

figures.house_style()
lost = permutation_importance(model, X_test, y_test, n_repeats=5, random_state=0)
order = lost.importances_mean.argsort()
fig, ax = plt.subplots(figsize=(6.4, 3.4))
ax.barh(X_test.columns[order], lost.importances_mean[order], color=figures.PITFALL)
ax.axvline(0, color=figures.CHANCE, lw=1, ls=":")
ax.set_xlabel("accuracy lost when the column is shuffled")
plt.show()

# %% [markdown]
# The antibiotic. **It was given because the doctors had found out what the model should predict.**
# In the archive the column tells the outcome. On the day nobody has decided anything yet:

# %%
import pandas as pd

samples = {"in the archive": study, "one hour after arrival": patients}
given = {
    when: [sample.X["antibiotic"][sample.y == label].mean() for label in (0, 1)]
    for when, sample in samples.items()
}
pd.DataFrame(given, index=["not bacterial", "bacterial"]).round(2)

# %% [markdown]
# (A few people come with an antibiotic from their own doctor, whatever they have.)
#
# So the model has learned two rules: *antibiotic, so bacteria*, and *no antibiotic, so none*. On
# the day the first hardly ever applies. The second nearly always does. Here is what it says about
# each patient.

# %% mystnb={"image": {"alt": "Two histograms of the risk that the model states. In the archive the bacterial patients stand in one heap near 1 and the others in another near 0. One hour after arrival both stand in the same heap near 0."}}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True)
parts = {"in the archive": (X_test, y_test), "on the day": (patients.X, patients.y)}
for ax, (when, (X, y)) in zip(axes, parts.items()):
    risk = model.predict_proba(X)[:, 1]
    for label, hue in ((0, "#56B4E9"), (1, "#CC79A7")):
        here = risk[y == label]
        weights = [1 / len(here)] * len(here)
        ax.hist(here, 25, range=(0, 1), weights=weights, color=hue, alpha=0.65)
    ax.axvline(0.5, color=figures.CHANCE, lw=1, ls=":")
    ax.set(title=when, xlabel="risk that the model states")
axes[0].set_ylabel("share of patients")
axes[0].text(0.12, 0.5, "not bacterial", color="#1b7bb0")
axes[0].text(0.88, 0.5, "bacterial", color="#9d3f77", ha="right")
plt.show()

# %% [markdown]
# ## Accuracy, AUROC, calibration
#
# The dotted line is the cut at one half. On the day nearly everybody lies left of it, and that
# costs the accuracy. Does the model at least *rank* the patients?

# %%
from sklearn.metrics import roc_auc_score


def three_numbers(X, y):
    risk = model.predict_proba(X)[:, 1]
    return {
        "accuracy": ((risk > 0.5) == y).mean(),
        "AUROC": roc_auc_score(y, risk),
        "mean risk stated": risk.mean(),
        "share bacterial": y.mean(),
    }


pd.DataFrame({when: three_numbers(*rows) for when, rows in parts.items()}).T.round(2)

# %% [markdown]
# By accuracy the model is a coin. By AUROC it is not: below the cut, the measurements still
# count a little. Worst is the calibration: it states a small risk for a group of which half have
# the infection. Say which of the three you mean. "No better than a coin" is true of its decisions;
# "it knows nothing" would be false.
#
# ## The whole procedure, as a function

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score

from pitfalls.datasets import make_admissions
from pitfalls.study import Claim


def use_the_whole_record(data):
    """Train on every column of the archive."""
    return train_and_ask(data.X, data.y)


# %% tags=["protocol"]
def train_and_ask(X, y):
    """Train on half of the archive, ask about the other half; ship that model."""
    half = len(y) // 2
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
    model.fit(X[:half], y[:half])

    def score(sample):
        return three_measures(sample.y, model.predict_proba(sample.X[X.columns])[:, 1])

    risk = model.predict_proba(X[half:])[:, 1]
    correct, found = (risk > 0.5) == y[half:], three_measures(y[half:], risk)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=score,
        measures={"claimed_auroc": found["auroc"], "claimed_excess": found["excess"]},
    )


# %% tags=["protocol"]
def three_measures(y, risk):
    """Return accuracy, AUROC, and the mean risk stated minus the share of outcomes."""
    return {
        "score": ((risk > 0.5) == y).mean(),
        "auroc": roc_auc_score(y, risk),
        "excess": risk.mean() - y.mean(),
    }


# %% mystnb={"image": {"alt": "The card of numbers. The claim is near .95 with a short interval; fresh and deployed are equal and lie on the line of chance."}}
score = study.run(use_the_whole_record)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# It is all *optimism*. The town has not changed; the archive showed Anton the same kind of
# patients as they looked once their treatment had begun.
#
# ## Was it bad luck?
#
# The dial is the probability that an antibiotic given later has found its way into the column. At
# 0 the archive holds what the screen holds. Each small dot is another hospital with a thousand
# patients.


# %% tags=["protocol"]
def make_archive_study(strength, random_state, **kind):
    """A thousand patients; the dial is the share of late entries in the column."""
    return make_admissions(strength=strength, random_state=random_state, **kind)


# %% mystnb={"image": {"alt": "Accuracy against the probability that the column was filled in after the outcome. At 0 the claim and the deployed score agree near .63. The claim rises to .95 while the deployed score falls to .50."}}
from pitfalls import course, evidence

lesson = course.load("target_leak")
world = lesson.world("antibiotic")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
figures.dial(mine, metric="accuracy", chance=0.5, label=world.dial)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("target_leak", "antibiotic", arms=["pitfall"])

# %% tags=["remove-cell"]
assert abs(score.claimed - claimed) < 1e-12 and abs(score.deployed - deployed) < 1e-12
assert score.claimed > 0.9 and score.deployed < 0.55 and score.shift == 0
assert missed > 0.4 and score.measures["deployed_auroc"] > 0.55
assert score.measures["deployed_excess"] < -0.3
assert X_test.columns[order[-1]] == "antibiotic"
assert lost.importances_mean[order[-1]] > 10 * max(lost.importances_mean[order[-2]], 0.01)
means = mine.groupby("strength")[["claimed", "deployed"]].mean()
assert abs(means.loc[0, "claimed"] - means.loc[0, "deployed"]) < 0.02
assert means.loc[1, "deployed"] < means.loc[0, "deployed"] - 0.1

# %% [markdown] slideshow={"section": "cases"}
# Look at the two ends of the lower line. Where the column says nothing about the future the model
# is modest and useful. The more the column tells, the less the model learns from the measurements,
# and the less it has left on the day. **A target leak does not only flatter a model. It replaces
# it.**
#
# ## What you have learned
#
# - how a column that is perfectly correct can make a model worthless;
# - why the model that ships is *worse* than one that never saw the column;
# - what accuracy, AUROC and calibration each show.
#
# ## Where it happened
#
# - **Hypertension.** [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804)
#   give the example of Filho and colleagues (2021): drugs against hypertension were among the
#   features of a model that predicts hypertension. In their taxonomy this is L2, illegitimate
#   features. They do not divide it further: to judge a feature, you have to know the field.
# - **Civil wars.** One of the studies that they recomputed had 17 columns that encode the outcome,
#   such as counts of ongoing wars, and folds that ignored time. With both corrected, the accuracy
#   of AdaBoost fell from 0.990 to 0.974. That looks like little, but wars go on, so the rule
#   "same as last year" gets 0.975. The whole lead over that rule was gone.
# - **Data-mining contests.** [Kaufman, Rosset, Perlich and Stitelman
#   (2012)](https://doi.org/10.1145/2382577.2382579) define leakage by what may legitimately be
#   known when the prediction is made, and report that the contests INFORMS 2010 and IJCNN 2011
#   leaked.
#
# **Where it hides.** Clinic: length of stay, ward at discharge, a code that is set for billing.
# Finance: a limit that was cut after the default. Text: the moderator's tag in the text to be
# moderated. Ecology: search effort that grew once the species had been seen. Industry: the spare
# part that was ordered for the repair.
#
# Before you open [the fix](06b_fix.ipynb): which of Anton's columns would you ask about, and whom?
