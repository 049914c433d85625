# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Before you believe a score
#
# **What you'll do.** In the first five minutes: get a nearly perfect score on data that contain
# nothing. Then the words that this course uses, and three questions for any score.
#
# **What you'll learn.**
# - claimed, fresh, deployed, and the gap between them;
# - why the score on training rows is no score;
# - what a baseline, many seeds and an interval say that one number does not.
#
# **What you'll need.** `fit`, `predict` and cross-validation in scikit-learn. 25 minutes.
#
# ---
#
# ## The first five minutes
#
# Make a data set that nobody else has: seed it with your birthday. There are sixty patients and
# 10 000 genes, and for each patient a coin is flipped: "will respond" or "will not". The genes know
# nothing of the coin. Nothing can be learned from these data, and you know it.

# %%
from pitfalls.datasets import make_expression

birthday = 19_900_101  # yours, as YYYYMMDD
study = make_expression(effect=0, random_state=birthday)
X, y = study.X, study.y
print(f"{X.shape[0]} patients, {X.shape[1]:,} genes, {y.sum()} heads")

# %% [markdown]
# Now do what you would always do. Keep the 20 genes that differ most between the two groups, take a
# simple classifier, cross-validate.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.feature_selection import SelectKBest
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import NearestCentroid

X_best = SelectKBest(k=20).fit_transform(X, y)
claimed = cross_val_score(NearestCentroid(), X_best, y, cv=10).mean()
print(f"claimed: {claimed:.2f}")

# %% [markdown]
# That is what you would claim. Now thousands of new patients come from the same place, and the
# same coin is flipped for each of them. Choose one of the answers below. Before you open it, put
# a number and an 80 % interval into the cell under it. They go into your prediction log,
# `work/predictions.csv`. Every chapter adds one, and nobody but you sees it.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("before_you_believe_a_score")

# %%
from pitfalls.notebook.predictions import predict, settle

predict("before_you_believe_a_score", guess=None, low=None, high=None)

# %%
chosen = SelectKBest(k=20).fit(X, y).get_support()
model = NearestCentroid().fit(X[:, chosen], y)
deployed = model.score(study.deployment.X[:, chosen], study.deployment.y)
settle("before_you_believe_a_score", deployed)

# %% [markdown]
# A coin is a coin. So where did the claim come from? Turn the number of genes:


# %%
def claim(n_genes):
    data = make_expression(effect=0, n_features=n_genes, n_fresh=2, random_state=birthday)
    X_best = SelectKBest(k=20).fit_transform(data.X, data.y)
    return cross_val_score(NearestCentroid(), X_best, data.y, cv=10).mean()


for n_genes in (20, 100, 1_000, 10_000):
    print(f"{n_genes:6,} genes: claimed {claim(n_genes):.2f}")

# %% [markdown]
# The more genes there are to choose from, the more the *choice* can pretend. And the choice saw
# every patient before any fold was cut. So move that one line into the folds:

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.pipeline import make_pipeline

inside = make_pipeline(SelectKBest(k=20), NearestCentroid())
honest = cross_val_score(inside, X, y, cv=10).mean()
print(f"choice before the folds: {claimed:.2f}, inside the folds: {honest:.2f}")

# %% tags=["remove-cell"]
assert claimed > 0.9 and abs(deployed - 0.5) < 0.03 and abs(honest - 0.5) < 0.25

# %% [markdown]
# That is the course in five minutes. A claim that sounds right, a splendid score, the truth, the
# mechanism, and a fix that is often one line. [The next
# chapter](../02_leaky_selection/02a_pitfall.ipynb) takes this one apart.
#
# ## The words
#
# | word | what it is here |
# |---|---|
# | **population** | the rows that the claim is about: which patients, where, *when*? |
# | **claimed** | the number that the protocol reports |
# | **fresh** | what the shipped model scores on a new draw of the *study's own* population |
# | **deployed** | what it scores on the population that the *claim* is about |
# | **gap** | claimed − deployed |
# | **optimism** | claimed − fresh: the number is wrong |
# | **shift** | fresh − deployed: the world is different |
#
# The gap is optimism plus shift, and the two ask for different repairs. On the day of the claim nobody has the
# last five. Here the studies are simulated, so we do. Each study has a **dial**, its `strength`: at
# 0 the flaw is absent, and claim and truth agree.
#
# ## Question 1: scored on which rows?
#
# The oldest mistake is to score a model on the rows that trained it. A nearest neighbour then finds
# *itself*. Here are 400 patients, coin flips again. The dial is the share of the scored patients
# that the model was also trained on. Each procedure is a function that gets these patients and
# nothing else. It returns a claim, and with it the function that scores its model on any rows.

# %% tags=["protocol"]
from dataclasses import replace

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import make_expression
from pitfalls.study import Claim


def score_half(data, model, share):
    """Train on one half; replace a share of the other, which is scored, by training rows."""
    half = len(data) // 2
    model.fit(data.X[:half], data.y[:half])
    rows = np.arange(half, 2 * half)
    rows[: round(share * half)] -= half
    correct = model.predict(data.X[rows]) == data.y[rows]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X, sample.y),
    )


# %% tags=["protocol"]
def memoriser_meets_old_friends(data):
    """Score a nearest neighbour on patients whom it has learned by heart."""
    return score_half(data, KNeighborsClassifier(1), data.info["share_in_training"])


def memoriser_meets_strangers(data):
    """Score a nearest neighbour on the half that it has not seen."""
    return score_half(data, KNeighborsClassifier(1), 0)


# %% tags=["protocol"]
def make_patients(strength, random_state, n_samples, n_features=20, copied=0, **kind):
    """Patients and a few genes; a share of the second half are copies of the first."""
    study = make_expression(
        n_samples, n_features=n_features, n_selected=n_features,
        strength=strength, random_state=random_state, **kind,
    )  # fmt: skip
    rows, half = np.arange(n_samples), n_samples // 2
    rows[half : half + round(copied * half)] -= half
    study = replace(study, X=study.X[rows], y=study.y[rows])
    return study.knowing(share_in_training=strength)


def make_coin_flip_patients(strength, random_state, n_samples=400, **kind):
    """400 patients, 20 genes, labels by coin."""
    return make_patients(strength, random_state, n_samples, effect=0, **kind)


# %% tags=["protocol"]
def make_many_patients(strength, random_state, n_samples=8_000, **kind):
    """8 000 patients, 20 genes of which five tell something."""
    kind = {"effect": 0.3, "n_fresh": 50_000} | kind
    return make_patients(strength, random_state, n_samples, **kind)


def stiff_model_meets_old_friends(data):
    """Score a logistic regression on its training rows."""
    return score_half(data, LogisticRegression(), data.info["share_in_training"])


def stiff_model_meets_strangers(data):
    """Score a logistic regression on the half that it has not seen."""
    return score_half(data, LogisticRegression(), 0)


# %% [markdown]
# `patients.run` hands the patients over and settles the claim: it asks that function for the fresh
# and for the deployed score.


# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
patients = make_coin_flip_patients(strength=1, random_state=0)
score = patients.run(memoriser_meets_old_friends)
print(score)

# %% mystnb={"image": {"alt": "Two dials of accuracy against the share of scored patients that trained the model. Left, the memoriser: the claim rises in a straight line to 1 while the deployed score stays at chance. Right, the stiff model: claim and deployed score stay together at every share."}}
import matplotlib.pyplot as plt

from pitfalls import course, evidence, figures

figures.house_style()
lesson = course.load("before_you_believe_a_score")
fig, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True)
for ax, name in zip(axes, ("memory", "stiff")):
    world = lesson.world(name)
    rows = evidence.read(world)
    mine = rows[rows["arm"] == "pitfall"]
    figures.dial(mine, metric="accuracy", chance=0.5, label=world.dial, ax=ax)
axes[0].set_title("a model that memorises")
axes[1].set_title("a stiff model, many rows")
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("before_you_believe_a_score", arms=["pitfall"])

# %% tags=["remove-cell"]
assert score.claimed == 1.0 and abs(score.deployed - 0.5) < 0.03
for world in lesson.simulated:
    verdicts = evidence.verdict(evidence.read(world), world)
    assert (verdicts["verdict"] == "holds").all()

# %% [markdown]
# On the right the same mistake does hardly any harm: 21 parameters cannot memorise 4 000 rows. A
# flaw is not always a disaster. But you will not know which kind you have until you score the model
# on new rows.
#
# ### Where it stops
#
# Does this hold for other studies? Here are a few hundred more, each with its own number of patients
# and of genes, which may rise and fall together.


# %%
shown = {"memory": "memoriser_meets_strangers", "stiff": "pitfall"}
titles = ["the memoriser meets strangers", "the stiff model meets old friends"]
for (name, arm), title in zip(shown.items(), titles):
    rows = evidence.read(lesson.world(name), kind=True)
    mine = rows[rows["arm"] == arm]
    gap = (mine["claimed"] - mine["deployed"]).mean()
    print(f"{title}, {len(mine)} studies: claimed − deployed is {gap:.3f} on average")


# %% tags=["protocol"]
def measure_copies(copied, random_state):
    """Score strangers, some of whom are copies of the patients that trained the model."""
    study = make_coin_flip_patients(1, random_state, copied=copied)
    return {"gap": study.run(memoriser_meets_strangers).gap}


def measure_columns(n_features, random_state):
    """Score a stiff model with more and more columns on its training rows."""
    study = make_many_patients(1, random_state, n_features=n_features)
    return {"gap": study.run(stiff_model_meets_old_friends).gap}


# %% mystnb={"image": {"alt": "Two panels of claimed minus deployed. Left, the memoriser on strangers: the gap rises in a straight line with the share of copies among them. Right, the stiff model on its training rows: with few genes the gap is hardly there, with hundreds it is plain."}}
fig, axes = plt.subplots(1, 2, figsize=(9, 3), sharey=True)
copies = evidence.read(lesson.experiment("copies")).groupby("copied")["gap"].mean()
columns = evidence.read(lesson.experiment("columns")).groupby("n_features")["gap"].mean()
axes[0].plot(copies, "o-", color=figures.FIX, fillstyle="none")
axes[1].semilogx(columns, "o-", color=figures.PITFALL, fillstyle="none")
for ax, title in zip(axes, titles):
    ax.set_title(title)
    ax.axhspan(-0.03, 0.03, color=figures.CHANCE, alpha=0.18)
axes[0].set(xlabel="share of them who are copies", ylabel="claimed − deployed")
axes[1].set_xlabel("genes, for 4 000 training patients")
axes[1].set_xticks([5, 20, 100, 400], ["5", "20", "100", "400"])
plt.show()

# %% tags=["remove-cell"]
assert copies[0.02] < 0.03 < copies[0.1] and columns[50] < 0.03 < columns[400]
for world in lesson.simulated:
    verdicts = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
    assert not (verdicts["verdict"] == "broken").any()

# %% [markdown]
# Give a stiff model hundreds of columns, and it memorises too. And new rows are as good as they are
# new: a few copies under other names, and the honest score is off by more than the grey band. Nothing
# in it tells you. [Copies](../04_duplicates/04a_pitfall.ipynb), [patients who come
# twice](../05_shared_subjects/05a_pitfall.ipynb) and [time](../07_look_ahead/07a_pitfall.ipynb) have
# chapters of their own.
#
# ## Question 2: compared with what?
#
# Suppose that one patient in ten responds. How good is an accuracy of .90?

# %% slideshow={"slide_type": "slide"}
from sklearn.dummy import DummyClassifier

rng = np.random.default_rng(0)
rare = rng.random(1_000) < 0.1
nothing = np.zeros((1_000, 1))
baseline = DummyClassifier(strategy="most_frequent").fit(nothing[:500], rare[:500])
print(f"always “no”: {baseline.score(nothing[500:], rare[500:]):.2f}")

# %% [markdown]
# That is about what you get for saying "no" to everybody. A score without its baseline is half a
# sentence. In every figure of this course a dotted grey line marks chance.
#
# ## Question 3: how far might it be off?
#
# Here is the honest procedure from the first five minutes, on 40 birthdays. There is nothing to
# learn and no leak, so with enough patients every dot would lie at .50.

# %%
from scipy.stats import norm

claims = []
for seed in range(40):
    coin = make_expression(effect=0, n_features=100, n_fresh=2, random_state=seed)
    claims.append(cross_val_score(inside, coin.X, coin.y, cv=10).mean())
claims = np.array(claims)
half_width = norm.ppf(0.975) * np.sqrt(0.25 / len(study))
print(f"lowest {claims.min():.2f}, highest {claims.max():.2f}")
print(f"60 coin tosses: 95 % within 0.50 ± {half_width:.2f}")

# %% mystnb={"image": {"alt": "Forty dots of honest cross-validated accuracy, one a birthday, scattered widely on both sides of chance. A band marks where 95 of 100 results of sixty coin tosses would lie; some dots fall outside."}}
fig, ax = plt.subplots(figsize=(8, 2.4))
ax.axvspan(0.5 - half_width, 0.5 + half_width, color=figures.CHANCE, alpha=0.18)
ax.axvline(0.5, color=figures.CHANCE, ls=":")
heights = np.linspace(0, 1, len(claims))
ax.plot(claims, heights, "o", color=figures.FIX, fillstyle="none", mew=1.6)
ax.set(xlabel="claimed accuracy, honest cross-validation on coin flips", yticks=[], ylim=(-0.2, 1.2))
ax.set_title("40 studies of 60 patients (band: 95 % of coin tosses)")
ax.spines["left"].set_visible(False)
plt.show()

# %% tags=["remove-cell"]
assert claims.max() - claims.min() > 0.25 and abs(claims.mean() - 0.5) < 0.06
assert (abs(claims - 0.5) > half_width).mean() > 0.05

# %% [markdown]
# Honest, and still far apart. More than one dot in twenty lies outside the band, because every
# patient both trains and tests: sixty predictions are worth less than sixty tosses. Run three such
# studies, show the best, and you have a finding. So a claim comes with an interval, and a
# conclusion comes from many seeds. And "no effect" means that the interval is *narrow* around
# nothing, not that it is wide enough to include it. The contract of this course is tested that way;
# the site has a page on it.
#
# ## Your own report begins
#
# The three questions are items of REFORMS, a checklist for studies that use machine learning: which
# rows (5c), compared with what (5f), how far off (7b); and before all, whom the claim is about (1a).
# Think of a project of your own and answer one of them in a sentence, in place of `None`. The answers
# go into `work/reforms.yaml`, which the last exercise of a chapter extends and chapter 19 completes.

# %%
from pitfalls.notebook.own_report import record

record("1a", answer=None)
record("5c", answer=None)
record("5f", answer=None)
record("7b", answer=None)

# %% [markdown]
# ## How each chapter goes
#
# 1. **Pitfall**: a person, a claim, a score. You predict. Then come the deployed score, the
#    mechanism in a picture, the dial, and where it happened.
# 2. **Fix**: one change, both procedures side by side, what the fix costs and where it stops
#    working, real data, and a check that you can copy.
# 3. **Exercises**, with solutions on pages of their own.
#
# In every figure the *hue* tells the procedure (vermilion for the pitfall, blue for the fix) and
# the *marker* tells the number (open for claimed, half-filled for fresh, filled for deployed).
#
# Go on with [choosing features before the split](../02_leaky_selection/02a_pitfall.ipynb).
