# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Tanks and lorries: the claim
#
# **What you'll do.** Train a network to tell tanks from lorries, send it into the field, and look
# at the pictures that it was surest about.
#
# **What you'll need.** `fit` and `predict`. The network is used like any classifier of
# scikit-learn; PyTorch takes a few seconds to start, and a few to train it. 25 minutes.
#
# ---
#
# ## A legend, made real
#
# An army trains a neural network to find tanks. On photographs that it has not seen it is perfect;
# in the field it is no better than a coin. Then somebody notices that the tanks were photographed
# on cloudy days and the empty forest in the sun: the network had learned the weather. [Gwern
# Branwen](https://gwern.net/tank) followed the story through its many versions, in print since at
# least 1992. It may go back to a question that somebody asked about an early network; that a network
# ever learned the weather is documented nowhere. It is a legend.
#
# Here it comes true. Ilse, an engineer, has 2 000 photographs of tanks and lorries.

# %%
from pitfalls.datasets import make_tank_scenes

study = make_tank_scenes(2_000, strength=0.95, random_state=0)
print(f"{len(study):,} photographs of {study.X.shape[1]} by {study.X.shape[2]} pixels;", end=" ")
print(f"{study.y.mean():.0%} show a tank")

# %% [markdown]
# The network gets small pictures, which train in seconds. The first twelve, drawn large:

# %% mystnb={"image": {"alt": "Twelve photographs of landscapes with a tank or a lorry in the middle distance, under blue skies with a few clouds or under grey ones. Some vehicles stand half behind bushes, and some lorries run on tracks and resemble tanks."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
large = make_tank_scenes(12, size=96, n_fresh=2, strength=0.95, random_state=0)
fig, axes = plt.subplots(3, 4, figsize=(9, 7.4))
for ax, picture, label in zip(axes.flat, large.X, large.y):
    ax.imshow(picture)
    ax.set_title(large.info["label"][label])
    ax.set_axis_off()
plt.show()

# %% [markdown]
# Five hundred of the photographs, drawn at random, train a small convolutional network, sixty times
# over: by then it knows them by heart, and twice as long changes little. The other 1 500 are not
# touched before the end: no picture twice, nothing tuned, nothing chosen. There is no leak.

# %%
from pitfalls.vision import ImageClassifier

train, test = slice(0, 500), slice(500, None)
seed = study.development.seed
model = ImageClassifier(random_state=seed).fit(study.X[train], study.y[train])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(study.X[test], study.y[test])
print(f"claimed: more than {claimed // 0.05 * 0.05:.2f} right (a coin: 0.50)")

# %% [markdown]
# ## Predict
#
# The network goes to the field: the same army's vehicles, the same camera, any day of the year.
# Choose an answer below, and write down a number and an interval that you would give four to one
# on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("tank_background")

# %%
from pitfalls.notebook.predictions import predict

predict("tank_background", guess=None, low=None, high=None)

# %% [markdown]
# ## In the field

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
fresh = model.score(study.fresh.X, study.fresh.y)
deployed = model.score(study.deployment.X, study.deployment.y)
above = ["yes" if score > 0.9 else "no" for score in (claimed, fresh, deployed)]
print("above 0.9: claimed {}, fresh {}, deployed {}".format(*above))

# %%
from pitfalls.notebook.predictions import settle

settle("tank_background", deployed)
print(f"claimed {claimed:.2f}, fresh {fresh:.2f}, deployed {deployed:.2f}")
errors = [round(1000 * (1 - score)) for score in (claimed, deployed)]
print(f"Of 1 000 vehicles: promised {errors[0]} mistaken, got {errors[1]}.")

# %% [markdown] slideshow={"text": "conclusion"}
# Hardly better than a coin. But read the three numbers again: on *fresh* photographs, taken like those
# of the archive, the model does as well as it claimed. In part 1 the claim was wrong on the day it was
# made. Here **the number is right, but for a world in which nobody uses the model.** That is *shift*.
#
# ## What it was sure of
#
# Sort the photographs of the field by the network's confidence, and look at both ends.

# %% mystnb={"image": {"alt": "Two rows of six photographs each. The upper row, those the network is surest are tanks, shows landscapes under grey clouds, with tanks and lorries mixed. The lower row, those it is surest are lorries, shows landscapes under a blue sky, with tanks and lorries mixed."}}
field = study.deployment
order = model.decision_function(field.X).argsort()
fig, axes = plt.subplots(2, 6, figsize=(9, 3.6))
for row, ends, name in zip(axes, (order[::-1], order), ("tank", "lorry"), strict=True):
    for ax, k in zip(row, ends[::40]):
        ax.imshow(field.X[k])
        right = study.info["label"][field.y[k]] == name
        hue = "black" if right else figures.PITFALL
        ax.set_title(study.info["label"][field.y[k]], color=hue)
        ax.set_axis_off()
    row[0].text(-0.15, 0.5, f"surest: {name}", rotation=90, va="center", ha="center",
                transform=row[0].transAxes)  # fmt: skip
plt.show()

# %% [markdown]
# (The title is the truth, in vermilion where the network is wrong.) Above, every sky is grey;
# below, every sky is blue. The weather was in the metadata all along. So here is the share that
# the network gets right in the field, by weather:

# %%
import numpy as np
import pandas as pd

seen = field.meta.assign(
    shown=[study.info["label"][label] for label in field.y],
    correct=model.predict(field.X) == field.y,
)
seen.pivot_table(index="shown", columns="weather", values="correct").round(3)

# %% [markdown]
# And this is how many photographs of each kind the archive has:

# %%
shown = [study.info["label"][label] for label in study.y]
pd.crosstab(pd.Series(shown, name="shown"), study.meta["weather"])

# %% [markdown]
# The network says "tank" when there are clouds, because in the archive nearly all tanks were
# photographed under clouds. Ilse's split was fair to the archive, so the test half has the same
# weather.
#
# ## Where it looked
#
# Grad-CAM draws a map of what in a picture speaks for the network's answer. Is it the vehicle? The
# number is the vehicle's share of the map over its share of the picture: 1 would be chance.

# %%
from pitfalls.vision.attribution import attribute, share_on_object

first = slice(0, 200)
maps = attribute(model, field.X[first], "gradcam")
on_vehicle = np.nanmean(share_on_object(maps, study.truth["deployment_mask"][first]))
print(f"vehicle, share of the map / share of the picture: {on_vehicle:.1f}")

# %% mystnb={"image": {"alt": "Five photographs and below each its Grad-CAM map laid over it. The maps are bright in the sky, on the ground, beside the vehicle or on it: in no one place."}}
fig, axes = plt.subplots(2, 5, figsize=(8.5, 3.6))
for column, picture, shares in zip(axes.T, field.X, maps):
    for ax in column:
        ax.imshow(picture)
        ax.set_axis_off()
    column[1].imshow(shares, cmap="magma", alpha=0.7)
plt.show()

# %% [markdown]
# Does that settle it? By the table above its answers follow the weather, and still its maps lie on the
# sky in one picture and on the vehicle in the next. Maps persuade and do not prove, and it would be
# easy to choose five others. So let us take the vehicle away.
#
# ## Nothing but weather
#
# The simulator can take the same photographs without the vehicle. Train a new network on those:
# pictures with *nothing to recognise*.

# %%
empty = study.truth["without"]
background = ImageClassifier(random_state=seed).fit(empty[train], study.y[train])
alone = background.score(empty[test], study.y[test])
print(f"pictures without any vehicle: {alone:.2f} (with vehicles: {claimed:.2f})")

# %% mystnb={"image": {"alt": "Four photographs with a vehicle and below each the same photograph without it: sky, light and ground are the same."}}
fig, axes = plt.subplots(2, 4, figsize=(7.5, 4))
for column, k in zip(axes.T, range(4)):
    for ax, pictures in zip(column, (study.X, empty)):
        ax.imshow(pictures[k])
        ax.set_axis_off()
    column[0].set_title(study.info["label"][study.y[k]])
plt.show()

# %% [markdown]
# As good as before: to score like this, nobody needs to see a vehicle.
#
# ## The whole procedure, as a function

# %% tags=["protocol"]
import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pitfalls.datasets import load_framed_digits, make_tank_scenes
from pitfalls.study import Claim
from pitfalls.vision import ImageClassifier


# %% tags=["protocol"]
def accuracy_and_worst_group(model, sample):
    """Score photographs: all, and the (weather, label) group that fares worst."""
    correct = model.predict(sample.X) == sample.y
    group = 2 * (sample.meta["weather"] == "clouds").to_numpy() + sample.y
    worst = min(correct[group == g].mean() for g in np.unique(group))
    return {"score": correct.mean(), "worst_group": worst}


def split_at_random(data):
    """Train on a quarter of the photographs and score the others."""
    n = len(data) // 4
    model = ImageClassifier(random_state=data.seed).fit(data.X[:n], data.y[:n])
    correct = model.predict(data.X[n:]) == data.y[n:]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: accuracy_and_worst_group(model, sample),
    )


# %% tags=["protocol"]
def measure_training(strength, epochs, random_state):
    """Return what a network trained for so long claims on the archive and gets in the field."""
    settings = {"strength": strength, "random_state": random_state}
    study = make_tank_scenes(2_000, n_fresh=4_000, **settings)
    n, field = len(study) // 4, study.deployment
    model = ImageClassifier(epochs=epochs, random_state=random_state)
    model.fit(study.X[:n], study.y[:n])
    parts = {"trained": slice(0, n), "claimed": slice(n, None)}
    found = {name: model.score(study.X[rows], study.y[rows]) for name, rows in parts.items()}
    return found | {"deployed": model.score(field.X, field.y)}


# %% tags=["protocol"]
def make_tank_study(strength, random_state, n_samples=2_000, **kind):
    """2 000 photographs; the dial is the correlation of weather and label."""
    made = {"strength": strength, "random_state": random_state, **kind}
    return make_tank_scenes(n_samples, **made)


# %% tags=["protocol"]
def make_digit_study(random_state):
    """Real digits in a frame whose brightness follows the label."""
    return load_framed_digits(random_state=random_state)


def pixels(sample):
    """Return the brightness of every pixel, one row a picture."""
    return sample.X.reshape(len(sample.X), -1) / 255


def hold_out_framed_digits(data):
    """Train a logistic regression on one half of the pictures, and score the other."""
    half, X = len(data) // 2, pixels(data)
    model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1_000))
    model.fit(X[:half], data.y[:half])
    correct = model.predict(X[half:]) == data.y[half:]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(pixels(sample), sample.y),
    )


# %% [markdown]
# ## Was it bad luck?
#
# The dial of this chapter is the correlation of weather and label. At 0 the weather says nothing
# about the label; at .95 it agrees with the label in 39 of 40 photographs. Each small dot is an
# archive of its own, with a network of its own. The arrow marks Waterbirds, pictures of birds that
# were put together for studies of this mistake.

# %% mystnb={"image": {"alt": "Accuracy against the correlation of weather and label. The claim lies near .95 throughout and is highest at the end. The deployed score falls slowly, to about .8 at a correlation of .8, and from there steeply to chance at .95. An arrow at .9 marks Waterbirds in Sagawa et al., 2020."}}
from pitfalls import course, evidence

world = course.load("tank_background").world("weather")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"label": world.dial, "marks": world.doses}
figures.dial(mine, metric="accuracy", chance=0.5, **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("tank_background", "weather", arms=["pitfall"])

# %% [markdown]
# The claim never warns: it is *best* where the model is worst. And the harm comes late. At a
# correlation of .8 fifty of the 500 photographs go against the weather. A network that is to get those
# right as well has to look at the vehicle, and it does. At .95 they are thirteen: so few that it can
# learn each of them by heart and read the sky of all others.
#
# ## Was it trained long enough?
#
# The same archives, and networks that were trained for longer or shorter:

# %% mystnb={"image": {"alt": "Two panels against the number of epochs, from 5 to 120, a line for each correlation. Left, the claim rises within forty epochs to .94 or more. Right, the score in the field begins at chance for every correlation from .5 on. It climbs to .9 within forty epochs at .5 and .65 and to .8 at .8, and stays at chance at .95."}}
training_rows = evidence.read(course.load("tank_background").experiment("training"))
means = training_rows.groupby(["strength", "epochs"])[["claimed", "deployed"]].mean()
hues = dict(zip([0, 0.5, 0.65, 0.8, 0.95], (figures.FIX, *figures.OTHERS[3::-1])))
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), sharey=True)
for ax, column, title in zip(axes, means, ("claimed on the archive", "in the field")):
    for strength, hue in hues.items():
        line = means.loc[strength, column]
        ax.plot(line.index, line, "o-", color=hue, label=f"{strength:g}")
    ax.axhline(0.5, color=figures.CHANCE, lw=1, ls=":")
    ax.set_xscale("log")
    ax.set_xticks(line.index, line.index)
    ax.minorticks_off()
    ax.set(xlabel="epochs: passes over the 500 photographs", title=title)
axes[0].set_ylabel("accuracy")
axes[0].legend(title="correlation", frameon=False, loc="lower right")
plt.show()

# %% tags=["remove-cell"]
assert claimed > 0.93 and abs(fresh - claimed) < 0.03 and 0.4 < deployed < 0.68
assert on_vehicle < 2.2
assert abs(alone - claimed) < 0.03
field = training_rows.pivot_table("deployed", "strength", "epochs")
assert (field[120] - field[60]).abs().max() < 0.03 and field.loc[0.8, 60] - field.loc[0.8, 10] > 0.2
assert field.loc[0.5, 5] < 0.6 and field.loc[0.95].max() < 0.6
gaps = (mine["claimed"] - mine["deployed"]).groupby(mine["strength"]).mean()
assert gaps[0] < 0.03 and gaps[0.5] < 0.06 < 0.1 < gaps[0.8] < 0.2 and gaps[0.95] > 0.4

# %% [markdown] slideshow={"section": "cases"}
# Left, every archive praises a network more the longer it is trained, up to some forty passes. Right,
# **the same archive, another number of epochs, another shortcut.** The sky is learned first: after five
# passes a network goes by it even at a correlation of .5. Trained on, it has to get the exceptions
# right as well, and to look at the vehicle is the easier way to do that, until they are so few that
# it can learn them by heart. Whoever stops at ten epochs draws another dial, and might call it a law.
#
# So the training of this chapter was settled beforehand, by the archive's own score. Twice as long lifts
# the field by two points at most: slowly, the network finds a little more of the vehicle. And nothing in the left panel tells what happens in the right one.
#
# ## What you have learned
#
# - how a perfectly clean split certifies a model that has never looked at a tank;
# - what *shift* is, and how to tell it from the leaks of part 1;
# - why the harm, as the dial turns, comes late and then all at once.
#
# ## Where it happened
#
# - **Hip fractures.** A network of [Badgeley and colleagues
#   (2019)](https://doi.org/10.1038/s41746-019-0105-1) had an AUROC of 0.78 on a random test set. With
#   patients matched it had 0.67, and with the hospital's process matched as well, such as scanner
#   and priority of the order, 0.52 (0.46 to 0.58).
# - **Pneumonia.** In the data of [Zech and colleagues
#   (2018)](https://doi.org/10.1371/journal.pmed.1002683) 34.2 % of one hospital's films and about
#   1 % of the others' show pneumonia. Sorting the films by hospital, without looking at any lung,
#   gives an AUROC of 0.861.
# - **Moles.** [Winkler and colleagues (2019)](https://doi.org/10.1001/jamadermatol.2019.1735) put
#   a surgeon's ink beside harmless moles: the false alarms of an approved network rose by about 40
#   percentage points.
# - **In the taxonomy** of [Kapoor and Narayanan
#   (2023)](https://doi.org/10.1016/j.patter.2023.100804) it is L3.3, sampling bias in the test
#   distribution.
#
# **Where it hides.** Clinic: the ruler beside the suspicious mole. Finance: defaults collected
# in one bank, good loans in another. Text: the sentiment of reviews, by product. Ecology: each
# species photographed by the camera trap of its own valley. Industry: faulty parts photographed at
# the repair desk.
#
# [The fix](08b_fix.ipynb) needs something that Ilse does not have yet. What?
