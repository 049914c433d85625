# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Chest films: the claim
#
# **What you'll do.** Train a network on chest films, have it confirmed by a hospital that took no
# part, send it to the admission desk, and find out what it had been looking at.
#
# **What you'll need.** `fit` and `predict`, and the AUROC: the chance that a random ill patient gets
# a higher score than a random healthy one. 25 minutes.
#
# ---
#
# ## Five thousand films
#
# Mara, a radiologist, has 5 000 chest films from two hospitals. Half of the patients have
# pneumonia, which shows as hazy patches in the dark lungs. The network gets small films; here are
# some of them drawn large.

# %%
from pitfalls.datasets import make_chest_films

study = make_chest_films(5_000, strength=0.95, random_state=0)
print(f"{len(study):,} films of {study.X.shape[1]} by {study.X.shape[2]} pixels;", end=" ")
print(f"{study.y.mean():.0%} of the patients are ill")

# %% mystnb={"image": {"alt": "Two rows of five chest films. Above healthy patients, whose lungs are dark; below ill ones, with pale patches in the lungs. Chests, markers and borders differ from film to film."}}
import matplotlib.pyplot as plt
import numpy as np

from pitfalls import figures

figures.house_style()
large = make_chest_films(40, size=128, n_fresh=2, strength=0.95, random_state=0)
fig, axes = plt.subplots(2, 5, figsize=(9, 3.9))
for row, label, name in zip(axes, (0, 1), ("healthy", "ill")):
    for ax, k in zip(row, np.flatnonzero(large.y == label)):
        ax.imshow(large.X[k], cmap="gray", vmin=0, vmax=255)
        ax.set_axis_off()
    where = {"rotation": 90, "va": "center", "ha": "center"}
    row[0].text(-0.1, 0.5, name, transform=row[0].transAxes, **where)
plt.show()

# %% [markdown]
# Five hundred films train the network, 4 500 tell how good it is. (That takes some seconds.)

# %%
from pitfalls.metrics import weighted_auc
from pitfalls.vision import ImageClassifier

train, test = slice(0, 500), slice(500, None)
model = ImageClassifier(random_state=study.development.seed)
model.fit(study.X[train], study.y[train])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = weighted_auc(study.y[test], model.decision_function(study.X[test])).auc
print(f"claimed: an AUROC of more than {claimed // 0.05 * 0.05:.2f}")

# %% [markdown]
# ## External validation
#
# Mara has read that a model must be tested where it was not trained. A third hospital, with another
# scanner, another contrast and a border around its films, sends 2 000 films.

# %%
settings = {"n_fresh": 10_000, "strength": 0.95}
elsewhere = make_chest_films(2_000, sites=[3], random_state=1, **settings)
external = weighted_auc(elsewhere.y, model.decision_function(elsewhere.X))
print(f"another hospital: AUROC {external.auc:.2f} ({external.low:.2f} to {external.high:.2f})")

# %% [markdown]
# Confirmed, on films from a machine that the network had never seen. Many papers end here.
#
# ## Predict
#
# The network goes to the admission desks of the first two hospitals, where by a new rule everybody
# is filmed who comes in: the same machines, the same disease. Choose an answer below, and write
# down a number and an interval that you would give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("hidden_variable")

# %%
from pitfalls.notebook.predictions import predict

predict("hidden_variable", guess=None, low=None, high=None)

# %% [markdown]
# ## At admission

# %% tags=["keep_output"] slideshow={"slide_type": "skip"}
# NBVAL_CHECK_OUTPUT
fresh, deployed = (
    weighted_auc(part.y, model.decision_function(part.X)).auc
    for part in (study.fresh, study.deployment)
)
above = [found > 0.95 for found in (claimed, fresh, deployed)]
print("above 0.95: claimed {}, fresh {}, deployed {}".format(*above))

# %%
from pitfalls.notebook.predictions import settle

settle("hidden_variable", deployed)
print(f"AUROC: claimed {claimed:.2f}, another hospital {external.auc:.2f},", end=" ")
print(f"deployed {deployed:.2f}")

# %% [markdown]
# On fresh films from the old wards the claim still holds. As in [the story of the
# tanks](../08_tank_background/08a_pitfall.ipynb), the number is right, but for another world. What
# is different about it? The table that comes with the films has the hospital and nothing else.
#
# ## The same patients twice
#
# At admission people are filmed in whichever of two rooms is free. A simulator can film *the same
# patient* twice, so let us see what a change of circumstance does to the network's opinion.

# %%
was, now = (model.predict_proba(part.X)[:, 1] for part in (study.fresh, study.deployment))
ill = study.fresh.y == 1
moved = np.abs(was - now) > 0.5
print(f"the network changes its mind about {moved.mean():.0%} of the patients")

# %% mystnb={"image": {"alt": "Three ill patients, each filmed twice. In the upper row they lie: the chest is wide, the heart large, the marker an H, and the network is nearly sure of the disease. In the lower row the same patients stand: the chest is longer, the marker a bar, and the network takes them for healthy, though the patches are the same."}}
same_site = study.fresh.meta["site"] == study.deployment.meta["site"]
chosen = np.flatnonzero(moved & ill & same_site)[:3]
enough = chosen.max() + 1
clear = make_chest_films(4, size=128, n_fresh=enough, strength=0.95, random_state=0)
fig, axes = plt.subplots(2, 3, figsize=(7.2, 5.4))
for column, k in zip(axes.T, chosen):
    for ax, part, says in zip(column, (clear.fresh, clear.deployment), (was, now)):
        ax.imshow(part.X[k], cmap="gray", vmin=0, vmax=255)
        ax.set_title(f"stated risk {says[k]:.2f}", fontsize=11)
        ax.set_axis_off()
for row, name in zip(axes, ("in the study", "at admission")):
    row[0].text(-0.1, 0.5, name, transform=row[0].transAxes, **where)
plt.show()

# %% [markdown] slideshow={"text": "conclusion"}
# All three patients are ill. The patches are where they were, but the chest is longer, the heart is
# smaller, and the technician has put another letter in the corner. Here these patients *stand*;
# before, they lay. **In the wards those who are very ill are filmed lying down**, and that is what
# the network has learned to see. At admission one of the rooms has a bed and the other has none, so
# the posture tells which room was free.
#
# ## A price for the posture
#
# The posture is in no table. Somebody has to look at the films and write it down, and that costs
# money. Mara pays for a hundred.

# %%
import pandas as pd

posture = study.annotate("posture", 100)
state = pd.Series(study.y[posture.index], posture.index, name="patient")
state = state.map({1: "ill", 0: "healthy"})
pd.crosstab(state, posture.map({1: "lying", 0: "standing"}))

# %%
alone = weighted_auc(study.y[posture.index], posture)
print(f"'lying, so ill': AUROC {alone.auc:.2f}; the network: {claimed:.2f}")

# %% [markdown]
# That is the number to compare the network with: **looking at the bed, and not at the film, does
# about as well.** The posture alone has an AUROC of (1 + correlation) / 2. The third hospital has the
# same habit, so the network was right there, and told the ward for the most part what it knew already.
# (How much a film adds to the posture is another question, and no difference of two AUROCs answers it:
# see the exercises.)
#
# ## The whole procedure, as a function

# %% tags=["protocol"]
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_chest_films, make_hospital_records
from pitfalls.metrics import weighted_auc
from pitfalls.study import Claim
from pitfalls.vision import ImageClassifier


# %% tags=["protocol"]
def make_film_study(strength, random_state, n_samples=5_000, **kind):
    """5 000 films of two hospitals; the dial correlates posture and disease."""
    made = {"strength": strength, "random_state": random_state, **kind}
    return make_chest_films(n_samples, **made)


def score_internally(data):
    """Train on a tenth of the films and score the others."""
    n = len(data) // 10
    model = ImageClassifier(random_state=data.seed)
    model.fit(data.X[:n], data.y[:n])
    found = weighted_auc(data.y[n:], model.decision_function(data.X[n:]))
    return Claim(
        claimed=found.auc,
        interval=(found.low, found.high),
        score=lambda sample: weighted_auc(sample.y, model.decision_function(sample.X)).auc,
    )


# %% tags=["protocol"]
def make_hospital_study(strength, random_state, n_samples=2_000, **kind):
    """Patients of two hospitals; the dial correlates hospital and disease."""
    made = {"strength": strength, "random_state": random_state, **kind}
    return make_hospital_records(n_samples, **made)


def pool_the_hospitals(data):
    """Train on one half of all patients and score the other."""
    half = len(data) // 2
    model = LogisticRegression().fit(data.X[:half], data.y[:half])
    found = weighted_auc(data.y[half:], model.decision_function(data.X[half:]))
    return Claim(
        claimed=found.auc,
        interval=(found.low, found.high),
        score=lambda sample: weighted_auc(sample.y, model.decision_function(sample.X)).auc,
    )


# %% [markdown]
# (The second pair is the same story in a table, for [the fix](09b_fix.ipynb).)
#
# ## Was it bad luck?

# %% mystnb={"image": {"alt": "AUROC against the correlation of posture and disease. The claim rises from .97 towards 1. The deployed score falls from .97, slowly at first and steeply after one half, to about .7."}}
from pitfalls import course, evidence

world = course.load("hidden_variable").world("films")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
figures.dial(mine, metric="AUROC", chance=0.5, label=world.dial)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("hidden_variable", "films", arms=["pitfall"])

# %% tags=["remove-cell"]
assert claimed > 0.95 and abs(fresh - claimed) < 0.02 and external.auc > 0.95
assert 0.5 < deployed < 0.78 and alone.auc > 0.9 and moved.mean() > 0.25
assert len(chosen) == 3
gaps = (mine["claimed"] - mine["deployed"]).groupby(mine["strength"]).mean()
assert abs(gaps[0]) < 0.02 and gaps[0.8] > 0.1 and gaps[0.95] > 0.25

# %% [markdown] slideshow={"section": "cases"}
# At a correlation of 0 there is no gap: the network can see the disease. The stronger the habit,
# the better the claim and the worse the model.
#
# ## What you have learned
#
# - how a variable that is in no table decides what a model learns;
# - why another hospital can confirm a model that fails where it is used;
# - what to compare a score with: the best that one could do *without* the film.
#
# ## Where it happened
#
# - **Hip fractures.** [Badgeley and colleagues (2019)](https://doi.org/10.1038/s41746-019-0105-1)
#   could tell the scanner from the film. Their network's AUROC was 0.78 on a random test set, 0.67
#   once patients were matched, and 0.52 (0.46 to 0.58) once the hospital's process was matched
#   too.
# - **COVID-19.** [Roberts and colleagues (2021)](https://doi.org/10.1038/s42256-021-00307-0)
#   found 2 212 papers on films and scans; 415 were left after a first screening, and 62 after one
#   for quality. None was of clinical use.
#   [DeGrave, Janizek and Lee (2021)](https://doi.org/10.1038/s42256-021-00338-7) showed that
#   networks went by traces of where a film came from, and warned that a test at another hospital
#   does not reveal a shortcut which that hospital shares.
# - **Pneumonia.** [Zech and colleagues (2018)](https://doi.org/10.1371/journal.pmed.1002683) had
#   films from a hospital where pneumonia was common, and from others where it was rare. So the
#   hospital alone tells a good deal. How much, you can compute from the published counts.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
films, prevalence = np.array([42_396, 112_120]), np.array([0.342, 0.012])
ill_or_not = np.repeat([1, 0], 2)
counts = np.concatenate([films * prevalence, films * (1 - prevalence)])
site = np.tile([1, 0], 2)
print(f"sorted by hospital alone: AUROC {weighted_auc(ill_or_not, site, counts).auc:.3f}")

# %% [markdown]
# On their own test films, of both sources together, it was 0.861, without a look at any lung.
#
# **In the taxonomy** of [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804)
# this is L3.3, sampling bias in the test distribution.
#
# **Where it hides.** Clinic: the portable scanner, the order's urgency, the tube. Finance: the
# clerk who took the application. Language: the length of an answer. Ecology: the season of the
# survey. Industry: the shift. In each case somebody knows it, but no column has it.
#
# [The fix](09b_fix.ipynb) begins with a question that looks harmless: *which* number does Mara
# want?
