# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Merged archives: the claim
#
# **What you'll do.** Merge four archives, hold out a test set, hold out a whole archive as well, and
# find out what the model gets on patients who are in none of them.
#
# **What you'll need.** A train-test split and a forest in scikit-learn. 20 minutes.
#
# ---
#
# ## Four archives
#
# Mira builds a model that gives a hospital a first reading of lung scans: pneumonia, or not? No
# public archive is large, so she merges all four that she can download. Each scan comes as twelve
# measurements of its texture, in standard deviations.

# %%
from pitfalls.datasets import make_merged_archives

study = make_merged_archives(random_state=0)
print(f"{len(study):,} scans, {study.y.mean():.0%} of them with pneumonia")
study.meta["archive"].value_counts().sort_index().to_frame().T

# %% [markdown]
# Archives are known to overlap, so Mira looks for rows that occur twice.

# %%
import pandas as pd

scans = pd.DataFrame(study.X)
print(f"duplicates found: {scans.duplicated().sum()}")

# %% [markdown]
# None. She holds out three scans in ten and trains a forest of extremely randomised trees on the
# others.

# %%
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split

split = train_test_split(study.X, study.y, test_size=0.3, random_state=0)
X_train, X_test, y_train, y_test = split
model = ExtraTreesClassifier(20, random_state=0).fit(X_train, y_train)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(X_test, y_test)
print(f"claimed: {claimed:.2f} of held-out scans are right (a coin: 0.50)")

# %% [markdown]
# A reviewer asks for an external test. Mira trains on three archives and tests on the fourth,
# which other people made in another country.

# %%
other = (study.meta["archive"] == "D").to_numpy()
external = ExtraTreesClassifier(20, random_state=0)
external.fit(study.X[~other], study.y[~other])
print(f"claimed on archive D: {external.score(study.X[other], study.y[other]):.2f}")

# %% [markdown]
# ## Predict
#
# The hospital scans its own patients: same disease, same kind of scanner, the same twelve
# measurements. Choose an answer below, and write down a number and an interval that you would
# give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("duplicates")

# %%
from pitfalls.notebook.predictions import predict

predict("duplicates", guess=None, low=None, high=None)

# %% [markdown]
# ## The next 5 000 patients
#
# They are drawn from the same population as the patients in the archives.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls.notebook.predictions import settle

deployed = model.score(study.deployment.X, study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
settle("duplicates", deployed)
wrong, promised = (round(1000 * (1 - score)) for score in (deployed, claimed))
print(f"Of 1 000 patients: promised {promised} errors, got {wrong}.")

# %% [markdown]
# ## How far to the nearest scan?
#
# For each test scan, take the distance to the nearest training scan. Below it, the same for as
# many new patients.

# %% mystnb={"image": {"alt": "Two histograms of the distance to the nearest training scan. Test scans have two humps: a high one near 0.2, nearly all classified correctly, and a low one beyond 1.5, with many errors. New patients have the second hump only."}}
import matplotlib.pyplot as plt
import numpy as np
from scipy.spatial import KDTree

from pitfalls import figures

figures.house_style()
tree, bins = KDTree(X_train), np.linspace(0, 5, 51)
new, n = study.deployment, len(X_test)
samples = {"test scans": (X_test, y_test), "new patients": (new.X[:n], new.y[:n])}
fig, axes = plt.subplots(2, 1, figsize=(7, 4.6), sharex=True, sharey=True)
for ax, (name, (X, y)) in zip(axes, samples.items()):
    distance, right = tree.query(X)[0], model.predict(X) == y
    parts, hues = [distance[right], distance[~right]], ["#56B4E9", figures.PITFALL]
    ax.hist(parts, bins, stacked=True, color=hues, label=["right", "wrong"])
    ax.set(ylabel="scans", title=f"{n} {name}")
axes[0].legend(title="the model is", frameon=False)
axes[1].set_xlabel("distance to the nearest training scan (sd)")
plt.show()

# %%
distance, right = tree.query(X_test)[0], model.predict(X_test) == y_test
twin = distance < 0.8
print(f"{twin.mean():.0%} of test scans have a twin: a training scan nearer than 0.8")
print(f"accuracy with a twin {right[twin].mean():.2f}", end=", ")
print(f"without {right[~twin].mean():.2f}")

# %% [markdown]
# Two humps, and nothing between them. No new patient is as near to a training scan as those in the
# left hump. They are *the same scans*: the archives had copied from each other, and on the way a
# scan was rescaled and compressed again, so that its measurements differ in the second decimal. To
# `duplicated` it is a new row. The forest has met it before, with its answer.

# %%
source = study.truth["source"]
print(f"{len(study):,} rows, {len(np.unique(source))} different scans")
both = np.isin(source[other], source[~other]).mean()
print(f"of the scans in archive D, {both:.0%} are in another archive as well")

# %% [markdown]
# Hence the fine score on archive D: nearly all of it is in the other archives. Merged sets like
# this one are called Frankenstein data sets.
#
# ## The whole procedure, as a function

# %% tags=["protocol"]
import numpy as np
from scipy.stats import binomtest
from sklearn.datasets import load_digits
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import make_merged_archives
from pitfalls.study import Claim, Sample, Study


def score_split(model, data, train, test):
    """Train on some rows, and claim the score on others; ship that model."""
    model.fit(data.X[train], data.y[train])
    correct = model.predict(data.X[test]) == data.y[test]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X, sample.y),
    )


# %% tags=["protocol"]
def split_the_rows(data):
    """Hold out three rows of ten, whatever is copied from what."""
    rows = np.arange(len(data))
    train, test = train_test_split(rows, test_size=0.3, random_state=0)
    return score_split(ExtraTreesClassifier(20, random_state=0), data, train, test)


def hold_out_an_archive(data):
    """Test on the last archive, train on the others."""
    archive = data.meta["archive"].to_numpy()
    test = archive == archive.max()
    return score_split(ExtraTreesClassifier(20, random_state=0), data, ~test, test)


# %% mystnb={"image": {"alt": "The card of numbers. The claim lies near 1 with a short interval; fresh and deployed are equal, near .7, and far outside it."}}
score = study.run(split_the_rows)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert not scans.duplicated().any()
assert claimed > 0.9 and deployed < 0.75
assert external.score(study.X[other], study.y[other]) > 0.9
assert right[twin].mean() > 0.98 and abs(right[~twin].mean() - deployed) < 0.2
assert tree.query(study.deployment.X)[0].min() > 0.8
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.shift == 0

# %% [markdown]
# The gap is all *optimism*: the new patients are like the old ones, and the number was wrong.
#
# ## Was it bad luck?
#
# The dial is the share of rows that are copies. At the left end every row is a different scan. The
# arrows mark two well-known sets of pictures, by the share of test rows with a twin in training.

# %% mystnb={"image": {"alt": "Accuracy against the share of copies. Without copies the claim and the deployed score agree at .7. With more copies the claim climbs in a straight line towards 1, while the deployed score falls by a little. Arrows near the left end mark CIFAR-10 and, a little further, CIFAR-100."}}
from pitfalls import course, evidence

lesson = course.load("duplicates")
world = lesson.world("near")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"label": world.dial, "ticks": world.ticks, "marks": world.doses}
figures.dial(mine, metric="accuracy", chance=0.5, **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("duplicates", "near", arms=["pitfall"])

# %% [markdown]
# The claim climbs with every copy. The deployed score falls a little: there are as many rows as
# before, but fewer different scans. The merged set looks larger and better, and is smaller and
# worse.
#
# ## What a copy adds
#
# How much does a copy add? Let a coin decide who is ill, so that every model is right half of the
# time on new patients. And take a model that does nothing but remember: one nearest neighbour. If
# a test row has a copy in training, the model is certainly right. On any other row it is right
# half of the time. If a share *d* of the test rows has a copy, the claim is *d* + (1 − *d*)/2,
# which is **½ + *d*/2**.


# %% tags=["protocol"]
def make_archive_study(strength, random_state, **kind):
    """Merge archives of which up to 70 % of the rows are near copies."""
    return make_merged_archives(strength=strength, random_state=random_state, **kind)


def make_coin_flip_study(strength, random_state, **kind):
    """Make the same archives with labels that no measurement knows."""
    dial = {"strength": strength, "random_state": random_state}
    return make_merged_archives(effect=0, **dial, **kind)


def remember_the_rows(data):
    """Split the rows, and let one nearest neighbour answer."""
    rows = np.arange(len(data))
    train, test = train_test_split(rows, test_size=0.3, random_state=0)
    model = KNeighborsClassifier(1, algorithm="brute")
    return score_split(model, data, train, test)


# %% tags=["protocol"]
def make_exact_study(strength, random_state, **kind):
    """Merge archives whose copies are exact."""
    dial = {"strength": strength, "random_state": random_state}
    return make_merged_archives(jitter=0, **dial, **kind)


def make_digit_study(random_state):
    """Enter 400 carelessly labelled digits, and 600 darker or brighter copies."""
    rng, digits = np.random.default_rng(random_state), load_digits()
    y = np.where(rng.random(1797) < 0.4, rng.integers(0, 10, 1797), digits.target)
    order = rng.permutation(1797)
    rows = np.concatenate([order[:400], rng.choice(order[:400], 600)])
    X = digits.data[rows] * rng.uniform(0.995, 1.005, (1000, 1))
    fresh = Sample(digits.data[order[400:]], y[order[400:]])
    return Study.of(Sample(X, y[rows]), fresh, random_state=random_state)


# %%
def share_and_claim(strength, seed):
    dial = {"strength": strength, "random_state": seed}
    small = make_merged_archives(effect=0, n_fresh=2, **dial)
    source = small.truth["source"]
    train, test = train_test_split(source, test_size=0.3, random_state=0)
    return np.isin(test, train).mean(), small.run(remember_the_rows).claimed


doses, seeds = np.linspace(0, 1, 9), range(6)
points = [share_and_claim(dose, seed) for dose in doses for seed in seeds]

# %% mystnb={"image": {"alt": "Claimed accuracy on coin flips against the share of test rows with a copy in training. 54 dots lie along the straight line from one half at a share of 0 to 1 at a share of 1."}}
d, claims = np.transpose(points)
fig, ax = plt.subplots(figsize=(6, 3.8))
ax.plot([0, 1], [0.5, 1], color="#333333", lw=1.2)
ax.text(0.42, 0.75, "½ + d/2", ha="right", color="#333333")
ax.plot(d, claims, "o", color=figures.PITFALL, mfc="none", ms=6)
ax.axhline(0.5, color=figures.CHANCE, ls=":", lw=1)
ax.text(1, 0.51, "chance: what every model gets", color=figures.CHANCE, ha="right")
ax.set_xlabel("share d of test rows with a copy in training")
ax.set_ylabel("claimed accuracy")
plt.show()

# %% tags=["remove-cell"]
assert abs(claims - 0.5 - d / 2).mean() < 0.03
assert abs((claims - 0.5 - d / 2).mean()) < 0.01

# %% [markdown] slideshow={"section": "cases"}
# The dots lie along the line, and nothing was fitted. Where the honest score is *h* instead of one
# half, a model that remembers claims *h* + *d*(1 − *h*). So once you know how many copies there
# are, you can tell beforehand what they will do to a score.
#
# ## What you have learned
#
# - why `drop_duplicates` finds nothing where most rows are copies;
# - why another archive need not be an external test;
# - how much copies add to the score of a model that remembers.
#
# ## Where it happened
#
# - **COVID-19.** [Roberts and colleagues (2021)](https://doi.org/10.1038/s42256-021-00307-0)
#   found 2 212 papers on X-ray films and CT scans, and 62 of them passed two screenings. None was of
#   clinical use. Among the reasons: duplicates, and "Frankenstein" data sets, stitched together from
#   others.
# - **Images.** [Barz and Denzler (2020)](https://doi.org/10.3390/jimaging6060041) found that 3.3 %
#   of CIFAR-10's test images and 10 % of CIFAR-100's have a near-duplicate, nearly all of them in
#   the training images. Their abstract says that on test sets without duplicates accuracy falls by
#   9 to 14 % of its value. You can tell that this cannot be meant: with *d* = 0.03 no score can be
#   more than 0.03 too high. What rises by about as much is the *error*. In
#   [their table](https://github.com/cvjena/cifair) a wide residual network errs on 3.89 % of
#   CIFAR-10's images and on 4.25 % of the cleaned set's, and on 18.95 % and 21.48 % for CIFAR-100.
#   Its accuracy falls by 0.4 and 2.5 points.
# - **In the taxonomy** of [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804)
#   it is L1.4, duplicates in training and test data.
#
# **Where it hides.** Clinic: an archive that contains another one, a scan exported twice.
# Finance: one filing from two vendors, with other rounding. Text: news agencies, forum posts that
# quote each other, boilerplate. Ecology: one sighting reported by five people. Industry: a sensor
# that repeats its last value. (Frames of one video are like copies, but each is like the next, without
# an end: see the clips of [the fix](04b_fix.ipynb).)
#
# Before you open [the fix](04b_fix.ipynb): how would you find copies that are not identical, and
# at which distance would you stop?
