# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Early births: the claim
#
# **What you'll do.** Balance two classes the way tutorials do, split, and score a forest on rows
# that it has not seen. Then find out that it has seen them.
#
# **What you'll need.** `fit`, `predict_proba` and `train_test_split`. 25 minutes.
#
# ---
#
# ## A screening for early births
#
# Leyla works for a maternity clinic. It took ten measurements of each of 1 500 women in week 24 of
# pregnancy; one in ten gave birth too early. A woman at high risk should see a specialist, so
# Leyla wants to rank the women by risk.

# %%
from pitfalls.datasets import make_screening

study = make_screening(1_500, random_state=0)
seed = study.development.seed  # for Leyla's own draws
print(f"{len(study):,} women, {study.X.shape[1]} measurements,", end=" ")
print(f"{study.y.sum()} early births")

# %% [markdown]
# With so few early births, a model gets a high accuracy by predicting none. The usual advice is to
# balance the classes: draw early births again, at random, until both classes have the same size.

# %%
from imblearn.over_sampling import RandomOverSampler

X, y = RandomOverSampler(random_state=seed).fit_resample(study.X, study.y)
print(f"{len(y):,} rows, {y.sum():,} of them early births")

# %% [markdown]
# Then she splits, and trains a random forest on 60 % of the rows. The score is the AUROC: of two
# women, one who gave birth early and one who did not, how often does the model give the first the
# higher risk? It does not depend on the share of early births, so balancing the test set should
# not flatter the model.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
X_train, X_test, y_train, y_test = split
model = RandomForestClassifier(25, random_state=seed).fit(X_train, y_train)
claimed = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
print(f"claimed AUROC {claimed:.2f} (a coin: 0.50)")

# %% [markdown]
# A perfect score, on rows that were held out.
#
# ## Predict
#
# The forest goes into use and ranks the next women of the same clinic. Choose an answer below,
# and write down a number and an interval that you would give four to one on. Then open the
# answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("resampling_first")

# %%
from pitfalls.notebook.predictions import predict

predict("resampling_first", guess=None, low=None, high=None)

# %% [markdown]
# ## The next 5 000 women
#
# They are measured in the same week, on the same machines, and again one in ten gives birth early.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
women = study.deployment
deployed = roc_auc_score(women.y, model.predict_proba(women.X)[:, 1])
print(f"claimed {claimed:.1f}, deployed {deployed:.1f}")

# %% [markdown]
# In people: suppose that the clinic accepts a false alarm for one in ten of the women who need no
# help. How many of a hundred early births does the model catch at that price?

# %%
import numpy as np

from pitfalls.notebook.predictions import settle


def caught(X, y):
    risk = model.predict_proba(X)[:, 1]
    return round(100 * (risk[y == 1] > np.quantile(risk[y == 0], 0.9)).mean())


settle("resampling_first", deployed)
promised, got = caught(X_test, y_test), caught(women.X, women.y)
print(f"Of 100 early births: promised to catch {promised}, caught {got}.")

# %% [markdown]
# ## Who is in the test set
#
# Here are thirty of the women who gave birth early, and where the copies of their rows went.

# %% mystnb={"image": {"alt": "Thirty women, a column each. In every column a stack of five to sixteen dots, each a copy of her row. Nearly every stack has grey dots, copies in the training rows, as well as vermilion ones, copies in the test rows."}}
import matplotlib.pyplot as plt
import pandas as pd

from pitfalls import figures

figures.house_style()
women_early = pd.MultiIndex.from_arrays(study.X[study.y == 1][:30].T)
fig, ax = plt.subplots(figsize=(8.5, 3.4))
floor = np.zeros(30)
places = (X_train, "training", figures.CHANCE), (X_test, "test", figures.PITFALL)
for rows, where, hue in places:
    copies = women_early.get_indexer_for(pd.MultiIndex.from_arrays(rows.T))
    number = np.bincount(copies[copies >= 0], minlength=30)
    for woman, (start, many) in enumerate(zip(floor.astype(int), number)):
        heights = np.arange(start, start + many) + 0.5
        ax.plot([woman] * many, heights, "o", color=hue, ms=6)
    floor += number
    ax.plot([], [], "o", color=hue, label=f"copy in the {where} rows")
ax.set(xlabel="thirty women who gave birth early", ylabel="copies of her row")
ax.set_xticks([])
ax.legend(ncols=2, loc="lower left", bbox_to_anchor=(0, 1), frameon=False)
plt.show()

# %%
early_test = pd.MultiIndex.from_arrays(X_test[y_test == 1].T)
seen = early_test.isin(pd.MultiIndex.from_arrays(X_train.T))
print(f"{seen.mean():.1%} of the early rows in the test set are in training as well")

# %% [markdown]
# Hardly any early birth in the test set is new. A forest remembers its training rows, so it
# recognised these women; the score says nothing about the next ones. The interval that goes with
# the claim is wrong too: it counts nine copies of one woman as nine women.
#
# ## The whole procedure, as a function
#
# The dial of this chapter is how far the early births are multiplied: from the 10 % that they are
# (no copies at all) to 50 %. The women are the same at every position. The share is Leyla's choice,
# so her function finds it in `data.info`; where nothing is said, it balances the classes.

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from imblearn.over_sampling import SMOTE, RandomOverSampler
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split

from pitfalls.datasets import make_screening
from pitfalls.metrics import weighted_auc
from pitfalls.study import Claim


def measurements(part):
    """What the model is given of each row: the measurements as they are."""
    return part.X


def cases_wanted(data):
    """The number of cases that gives them the share wanted, a half by default."""
    share, cases = data.info.get("share_of_cases", 0.5), int((data.y == 1).sum())
    return {1: max(cases, round(share / (1 - share) * (len(data) - cases)))}


# %% tags=["protocol"]
def split_and_score(X, y, model, features=measurements):
    """Split, fit on 60 % of the rows, claim the AUROC of the rest; ship that model."""
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
    X_train, X_test, y_train, y_test = split
    model.fit(X_train, y_train)
    found = weighted_auc(y_test, model.predict_proba(X_test)[:, 1])

    def score(sample):
        return roc_auc_score(sample.y, model.predict_proba(features(sample))[:, 1])

    return Claim(found.auc, (found.low, found.high), score)


def oversample_then_split(data):
    """Copy cases until they have the wanted share, then split."""
    wanted, seed = cases_wanted(data), data.seed
    sampler = RandomOverSampler(sampling_strategy=wanted, random_state=seed)
    X, y = sampler.fit_resample(data.X, data.y)
    return split_and_score(X, y, RandomForestClassifier(25, random_state=seed))


# %% mystnb={"image": {"alt": "The card of numbers. The claim is nearly 1 with an interval too short to see; fresh and deployed are equal, a little above .6."}}
score = study.run(oversample_then_split)
print(score)
figures.card({"pitfall": score}, metric="AUROC", chance=0.5)
plt.show()

# %% [markdown]
# ## Was it bad luck?
#
# Each small dot is a study of its own, with other women. The arrow marks published studies that
# oversampled as far, though they draw new rows near old ones and copy none.

# %% mystnb={"image": {"alt": "AUROC against the share of early births after oversampling. At 10 per cent, without copies, claim and deployed score agree near .62. With more copies the claim climbs to 1 while the deployed score stays where it was. An arrow at 50 per cent marks Vandewiele et al., 2021."}}
from pitfalls import course, evidence

lesson = course.load("resampling_first")
world = lesson.world("oversampling")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"label": world.dial, "ticks": world.ticks, "marks": world.doses}
figures.dial(mine, metric="AUROC", chance=0.5, **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("resampling_first", "oversampling", arms=["pitfall"])

# %% [markdown]
# A few copies go a long way: at 20 % early births most of the damage is done. Now let a coin
# decide the outcome, so that nothing can predict it:

# %%
flips = make_screening(1_500, effect=0, random_state=0)
coin = flips.run(oversample_then_split)
print(f"claimed {coin.claimed:.2f}, deployed {coin.deployed:.2f}")

# %% [markdown]
# ## The wrong model wins
#
# What about a logistic regression? It learns only eleven numbers from 150 cases, and cannot
# remember a woman.

# %% tags=["protocol"]
def oversample_then_split_linear(data):
    """Copy cases up to the wanted share, then split and fit a linear model."""
    wanted, seed = cases_wanted(data), data.seed
    sampler = RandomOverSampler(sampling_strategy=wanted, random_state=seed)
    X, y = sampler.fit_resample(data.X, data.y)
    return split_and_score(X, y, LogisticRegression())


# %%
rows = evidence.read(lesson)
full = rows.query("strength == 1 and arm == 'pitfall'").set_index("world")
pair = {"random forest": world.slug}
pair["logistic regression"] = lesson.world("linear").slug
numbers = ["claimed", "deployed"]
table = {name: full.loc[slug, numbers].mean() for name, slug in pair.items()}
pd.DataFrame(table).T.round(2)

# %% tags=["remove-cell"]
assert (round(score.claimed, 12), score.deployed) == (round(claimed, 12), deployed)
assert score.claimed > 0.97 and score.deployed < 0.72 and score.shift == 0
assert seen.mean() > 0.95 and promised > 90 and got < 35
assert coin.claimed > 0.95 and abs(coin.deployed - 0.5) < 0.06
trees, linear = table["random forest"], table["logistic regression"]
assert trees["claimed"] > linear["claimed"] + 0.2
assert trees["deployed"] < linear["deployed"] - 0.03

# %% [markdown]
# With copies on both sides of the split, a leaderboard would put the forest far ahead. In the
# clinic the linear model is the better one. The leak did not add the same to every score: it
# rewarded memory. (A linear model remembers too, once it has few cases for each of its numbers;
# see [other clinics](03d_other_clinics.ipynb).)
#
# ## Four more disguises
#
# Oversampling copies whole rows. The other disguises are less crude. What they share: **before the
# split, rows are made or changed with the help of other rows and their outcomes.**
#
# **SMOTE** puts new cases on the straight line between two old ones. **Augmentation** adds
# slightly changed copies of each row, as when pictures are turned and cropped.

# %% tags=["protocol"]
def interpolate_then_split(data):
    """Put new cases between old ones (SMOTE), then split."""
    wanted, seed = cases_wanted(data), data.seed
    sampler = SMOTE(sampling_strategy=wanted, random_state=seed)
    X, y = sampler.fit_resample(data.X, data.y)
    return split_and_score(X, y, RandomForestClassifier(25, random_state=seed))


def with_jittered_copies(X, y, copies, seed):
    """Add copies of every row, moved by noise of 0.2 standard deviations."""
    rng = np.random.default_rng(seed)
    moved = [X + 0.2 * rng.normal(size=X.shape) for _ in range(copies)]
    return np.concatenate([X, *moved]), np.tile(y, copies + 1)


def augment_then_split(data):
    """Add jittered copies of every row, four unless told otherwise, then split."""
    copies, seed = data.info.get("copies", 4), data.seed
    X, y = with_jittered_copies(data.X, data.y, copies, seed)
    return split_and_score(X, y, RandomForestClassifier(25, random_state=seed))


# %% [markdown]
# **Target encoding** replaces each category by the mean outcome of its rows. Here it is a woman's
# postcode, one of 1 000, which has nothing to do with the outcome. Where a postcode has only one
# woman, the mean outcome *is* her outcome.

# %% tags=["protocol"]
def encode_then_split(data):
    """Replace groups of postcodes by their mean outcome over all rows, then split."""
    size = data.info.get("postcodes_in_a_group", 1)
    means = pd.Series(data.y).groupby(data.meta["postcode"] // size).mean()

    def with_encoded_postcode(part):
        encoded = (part.meta["postcode"] // size).map(means).fillna(data.y.mean())
        return np.column_stack([part.X, encoded])

    X, model = with_encoded_postcode(data), LogisticRegression()
    return split_and_score(X, data.y, model, with_encoded_postcode)


# %% [markdown]
# **Label-aware imputation** fills a gap from the ten most similar rows, and the outcome is one of
# the columns compared. When the model is used nobody has an outcome yet, so there the gaps are
# filled without it.

# %% tags=["protocol"]
def impute_with_the_outcome(data):
    """Fill gaps from the nearest rows, the outcome being a column; then split."""
    table = np.column_stack([data.X, 2 * data.y - 1])
    X = KNNImputer(n_neighbors=10).fit_transform(table)[:, :-1]
    on_the_day = KNNImputer(n_neighbors=10).fit(data.X)

    def filled(part):
        return on_the_day.transform(part.X)

    return split_and_score(X, data.y, LogisticRegression(), filled)


# %% tags=["protocol"]
def make_birth_study(strength, random_state, **kind):
    """1 500 women, one in ten early; the dial is the share that the analyst wants."""
    settings = {"n_samples": 1_500, "strength": strength, **kind}
    study = make_screening(**settings, random_state=random_state)
    return study.knowing(share_of_cases=0.1 + 0.4 * strength**2)


def make_balanced_study(strength, random_state, **kind):
    """400 women, half of them early, so that nothing needs balancing."""
    settings = {"n_samples": 400, "prevalence": 0.5, "strength": strength, **kind}
    study = make_screening(**settings, random_state=random_state)
    return study.knowing(copies=round(4 * strength))


def make_postcode_study(strength, random_state, **kind):
    """1 000 women, half of them early, and a postcode that knows nothing."""
    settings = {"n_samples": 1_000, "prevalence": 0.5, "strength": strength, **kind}
    study = make_screening(**settings, random_state=random_state)
    return study.knowing(postcodes_in_a_group=10 ** (3 - round(3 * strength)))


# %% tags=["protocol"]
def make_gappy_study(strength, random_state, **kind):
    """400 women, half of them early; the dial is how many values are missing."""
    settings = {"n_samples": 400, "prevalence": 0.5, "strength": strength, **kind}
    return make_screening(missing=0.7 * strength, **settings, random_state=random_state)


# %%
disguises = ["oversampling", "smote", "augmentation", "encoding", "imputation"]
means = [full.loc[lesson.world(name).slug, numbers].mean() for name in disguises]
pd.DataFrame(means, disguises).round(2)

# %% [markdown] slideshow={"section": "cases"}
# Five disguises, one mistake. (The last two need no model that remembers: they write the outcome
# into the *features*, where a linear model can read it.)
#
# ## What you have learned
#
# - what oversampling does to a split that comes after it;
# - why SMOTE, augmentation, target encoding and imputation can make the same mistake;
# - why a forest falls for it, and a linear model does not.
#
# ## Where it happened
#
# **Early births.**
# [Vandewiele and colleagues (2021)](https://doi.org/10.1016/j.artmed.2020.101987) repeated studies
# of one public set of recordings, oversampled before the split and after it. The AUROCs are those
# of [their repository](https://github.com/GillesVandewiele/EHG-Oversampling). The last line is a
# study of civil war, whose gaps had been filled with the outcome among the columns: its random
# forest, in the re-analysis by
# [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804).

# %% mystnb={"image": {"alt": "Four pairs of published AUROCs. Oversampled before the split, three lie above .91. After it, random data and one study fall to about .48, another to .6. Label-aware imputation in the civil-war study: .94 to .64."}}
published = {
    "random data": (0.955, 0.485),
    "Fergus": (0.967, 0.597),
    "Peng": (0.917, 0.468),
    "civil war": (0.94, 0.64),
}
fig, ax = plt.subplots(figsize=(7, 2.6))
for y_place, (before, after) in enumerate(published.values()):
    ax.plot([before, after], [y_place] * 2, color=figures.CHANCE, lw=2, alpha=0.5)
    ax.plot(before, y_place, "o", color=figures.PITFALL, mfc="none", ms=10, mew=2)
    ax.plot(after, y_place, "o", color=figures.FIX, ms=8)
ax.axvline(0.5, color=figures.CHANCE, lw=1, ls=":")
ax.text(0.955, -0.45, "before the split", color=figures.PITFALL, ha="center")
ax.text(0.47, 0, "after it", color=figures.FIX, ha="right", va="center")
ax.text(0.49, 3, "chance", color=figures.CHANCE, ha="right", va="center")
ax.set_yticks(range(len(published)), published)
ax.set(xlabel="AUROC", ylim=(3.5, -0.8))
plt.show()

# %% [markdown]
# The same table has two more rows, and they hold a trap of their own. Khan goes from 0.987 to 0.815
# and Hussain from 0.856 to 0.238: has Khan found a signal that lasts, and does Hussain do worse than
# a coin? Both stand under a heading that ends in `auc`. The code that fills them (`khan.py` and
# `hussain.py`, in the repository's folder `studies`) computes the *accuracy*. In 260 of the 298
# recordings the child came at term, so whoever always says "at term" is right in 0.87 of them.
# Khan's 0.815 lies below that, and so does what he gets without any oversampling, 0.832. Hussain's
# 0.238 takes a model that says "early" to at least 189 of these 260. Neither tells whether there was a signal.
# The name of a column is a claim too: ask what a constant answer would get.
#
# **Hit songs.** [Merritt, Gaffuri and Zak (2023)](https://doi.org/10.3389/frai.2023.1154663)
# reported that brain activity tells hits from flops with 97 % accuracy. There were 24 songs, and
# 10 000 synthetic ones were made from them before the split. In the [re-analysis by Kapoor and
# Narayanan](https://reproducible.cs.princeton.edu/predicting-hits.html) little more than chance is
# left.
#
# **In the taxonomy** it is L1.2, pre-processing on training and test data together; joint
# imputation and over- or undersampling are the examples given there.
#
# **Where it hides.** Clinic: SMOTE on the whole cohort, since cases are rare. Finance:
# merchants encoded by their rate of fraud, over all years. Text: paraphrases and back-translations
# made before the split. Ecology: gaps filled from similar plots, with the species among the
# columns. Industry: a handful of defects, turned and cropped into hundreds of pictures.
#
# Before you open [the fix](03b_fix.ipynb): which line moves, and what must be true of every row of
# a test set?
