# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Right for the weather: what a photograph is worth
#
# **What you'll do.** Race six remedies against each other under rules that are fair to all, and
# find out whether a smaller or a larger network would have been safer.
#
# **What you'll learn.**
# - how far each remedy gets without new photographs, and what a few of them add;
# - what a fair comparison of remedies needs: one validation set, one budget for tuning;
# - that no size of model, small or large, protects against a shortcut.
#
# **What you'll need.** [The claim](08a_pitfall.ipynb) and [the fix](08b_fix.ipynb). 20 minutes.
#
# ---
#
# ## Rules
#
# Every remedy is somebody's favourite, and each can be made to win: tune yours on the field, and
# the others not at all. So these rules hold for all of them:
#
# - all get the same archives, at a correlation of .95, and the same small network without
#   pretraining, trained for the sixty epochs that [the claim](08a_pitfall.ipynb) settled on;
# - each has three settings, from weak to strong regularisation. The best is chosen by the mean over
#   the four groups in the 1 500 photographs that do not train, where somebody has noted the weather
#   of each;
# - all are judged in the field, on average and on the group that fares worst.

# %% tags=["protocol"]
import numpy as np
from scipy.ndimage import distance_transform_edt
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from pitfalls.datasets import make_tank_scenes
from pitfalls.study import Sample
from pitfalls.vision import ImageClassifier


# %% tags=["protocol"]
def groups_of(sample):
    """Number the four (weather, label) groups that the photographs belong to."""
    return 2 * (sample.meta["weather"] == "clouds").to_numpy() + sample.y


def accuracy_by_group(model, sample):
    """Return the accuracy on each of the four groups."""
    correct, group = model.predict(sample.X) == sample.y, groups_of(sample)
    return np.array([correct[group == g].mean() for g in range(4)])


def parts_of(study):
    """Return the quarter of the archive that trains, and the rest, which chooses."""
    n = len(study) // 4
    rows = slice(0, n), slice(n, None)
    return [Sample(study.X[part], study.y[part], study.meta[part]) for part in rows]


# %% tags=["protocol"]
def make_network(seed, weight_decay=0.01, **how):
    """The network of this chapter, with this much regularisation."""
    return ImageClassifier(weight_decay=weight_decay, random_state=seed, **how)


def best_in_the_field(models, validation, field):
    """Choose the model with the best mean over groups; return what it gets in the field."""
    best = max(models, key=lambda model: accuracy_by_group(model, validation).mean())
    found = accuracy_by_group(best, field)
    return {"deployed": found.mean(), "deployed_worst_group": found.min()}


# %% [markdown]
# ## Four that can use photographs
#
# The first was [the fix](08b_fix.ipynb): new photographs of either vehicle in any weather join the
# archive, and get half of the weight in training. The three settings are three strengths of weight
# decay, AdamW's way to hold a network back.


# %% tags=["protocol"]
def join(archive, new):
    """Return pictures, labels and groups of the archive and of new photographs, if any."""
    parts = [archive, new] if new else [archive]
    X, y = (np.concatenate([getattr(part, name) for part in parts]) for name in ("X", "y"))
    return X, y, np.concatenate([groups_of(part) for part in parts])


def half_and_half(n_archive, n_new):
    """Return weights that give both as much of the training."""
    return np.repeat((1 / n_archive, 1 / max(n_new, 1)), [n_archive, n_new])


def add_photographs(archive, new, seed):
    """Train on the archive and the new photographs, which get half of the weight."""
    X, y, _ = join(archive, new)
    weights = half_and_half(len(archive), len(y) - len(archive))
    for weight_decay in (0.01, 1, 3):
        yield make_network(seed, weight_decay).fit(X, y, sample_weight=weights)


# %% [markdown]
# The next two use the weather that is noted: they draw the four groups equally often. The second,
# *group DRO*, also gives more weight in the loss to whichever group fares worst. [Its
# authors](https://arxiv.org/abs/1911.08731) say that it needs strong regularisation, since a network
# that knows its rare photographs by heart has no loss left to weight.


# %% tags=["protocol"]
def draw_groups_equally(archive, new, seed):
    """Draw the four groups equally often."""
    X, y, groups = join(archive, new)
    for weight_decay in (0.01, 1, 3):
        yield make_network(seed, weight_decay).fit(X, y, groups=groups)


def group_dro(archive, new, seed):
    """Draw the groups equally often and weight the one that fares worst."""
    X, y, groups = join(archive, new)
    for weight_decay in (0.01, 1, 3):
        yield make_network(seed, weight_decay, dro_step=0.1).fit(X, y, groups=groups)


# %% [markdown]
# The fourth trusts that the network has *seen* the vehicle even though it did not use it. It keeps
# what the convolutions found, and fits the last layer again on the new photographs. Where there are
# none, it takes the archive's groups at equal weight.


# %% tags=["protocol"]
def refit_the_last_layer(archive, new, seed):
    """Train on the archive, then refit the last layer with the groups at equal weight."""
    network = make_network(seed).fit(archive.X, archive.y)
    rows = new or archive
    weights = 1 / np.bincount(groups_of(rows), minlength=4)[groups_of(rows)]
    for C in (0.01, 0.1, 1):
        last = LogisticRegression(C=C, max_iter=1_000)
        seen = FunctionTransformer(network.transform)
        model = make_pipeline(seen, StandardScaler(), last)
        yield model.fit(rows.X, rows.y, logisticregression__sample_weight=weights)


# %% tags=["protocol"]
def measure_with_photographs(remedy, bought, random_state):
    """Return what a remedy gets in the field with this many new photographs."""
    settings = {"strength": 0.95, "random_state": random_state}
    study = make_tank_scenes(2_000, n_fresh=4_000, **settings)
    archive, validation = parts_of(study)
    new = study.collect(bought) if bought else None
    remedies = add_photographs, draw_groups_equally, group_dro, refit_the_last_layer
    train = {function.__name__: function for function in remedies}[remedy]
    models = train(archive, new, random_state)
    return best_in_the_field(models, validation, study.deployment)


# %% [markdown]
# ## Three that can use outlines
#
# Instead of buying new photographs, Ilse can have vehicles outlined in old ones. Then a vehicle can
# be cut out and pasted into a landscape with the other weather, whose own vehicle is painted over.


# %% tags=["protocol"]
def swap_weather(sample, masks):
    """Paste each vehicle, with its shadow, into a landscape with the other weather."""
    nearest = distance_transform_edt(
        masks, sampling=(1e6, 1, 1), return_distances=False, return_indices=True
    )
    landscapes = sample.X[tuple(nearest)]
    cloudy = (sample.meta["weather"] == "clouds").to_numpy()
    partner = np.empty(len(cloudy), int)
    for weather in (False, True):
        partner[cloudy == weather] = np.resize(
            np.flatnonzero(cloudy != weather), (cloudy == weather).sum()
        )
    return np.where(masks[..., None], sample.X, landscapes[partner])


# %% tags=["protocol"]
def swap_backgrounds(study, archive, n, seed):
    """Add pictures with swapped weather, which get half of the weight."""
    masks = np.stack(list(study.annotate("mask", len(study))[:n]))
    outlined = Sample(archive.X[:n], archive.y[:n], archive.meta[:n])
    X = np.concatenate([archive.X, swap_weather(outlined, masks)])
    y = np.concatenate([archive.y, archive.y[:n]])
    weights = half_and_half(len(archive), n)
    for weight_decay in (0.01, 1, 3):
        yield make_network(seed, weight_decay).fit(X, y, sample_weight=weights)


# %% [markdown]
# Or the network is shown nothing but the vehicle: cut out, or as a silhouette. Both assume that
# somebody or something outlines every vehicle *in the field* as well.


# %% tags=["protocol"]
def cut_out(X, masks):
    """Paint everything grey but the vehicle and its shadow."""
    return np.where(masks[..., None], X, np.uint8(115))


def silhouette(X, masks):
    """Return the shape of vehicle and shadow, white on grey."""
    return np.where(masks, np.uint8(255), np.uint8(115))


def train_on_outlines(archive, n, seed):
    """Train on the first n photographs alone."""
    for weight_decay in (0.01, 1, 3):
        yield make_network(seed, weight_decay).fit(archive.X[:n], archive.y[:n])


# %% tags=["protocol"]
def measure_with_masks(remedy, bought, random_state):
    """Return what a remedy gets in the field with this many outlines."""
    settings = {"strength": 0.95, "random_state": random_state}
    study = make_tank_scenes(2_000, n_fresh=4_000, **settings)
    archive, validation = parts_of(study)
    if remedy == "swap_backgrounds":
        models = swap_backgrounds(study, archive, bought, random_state)
        return best_in_the_field(models, validation, study.deployment)
    show = {"cut_out": cut_out, "silhouette": silhouette}[remedy]
    mask = study.truth["mask"], study.truth["deployment_mask"]
    outlines = mask[0][: len(archive)], mask[0][len(archive) :], mask[1]
    shown = [
        Sample(show(sample.X, masks), sample.y, sample.meta)
        for sample, masks in zip((archive, validation, study.deployment), outlines)
    ]
    models = train_on_outlines(shown[0], bought, random_state)
    return best_in_the_field(models, *shown[1:])


# %% tags=["protocol"]
def measure_capacity(model, strength, random_state):
    """Return what a model of this capacity claims on the archive and gets in the field."""
    settings = {"strength": strength, "random_state": random_state}
    study = make_tank_scenes(2_000, n_fresh=4_000, **settings)
    archive, test = parts_of(study)
    if model == "linear":
        pixels = FunctionTransformer(lambda X: X.reshape(len(X), -1) / 255)
        linear = LogisticRegression(C=0.001, max_iter=300)
        model = make_pipeline(pixels, StandardScaler(), linear)
    else:
        width = int(model.removeprefix("width "))
        model = make_network(random_state, width=width)
    model.fit(archive.X, archive.y)
    parts = {"claimed": test, "deployed": study.deployment}
    return {name: model.score(part.X, part.y) for name, part in parts.items()}


# %% [markdown]
# ## The race with photographs
#
# Here is the accuracy in the field, as the mean over six archives, each with networks of its own.
# The runs took the better part of an hour; they are committed in `data/evidence`, and
# `python3 course.py evidence 08 --experiment photographs` makes them again.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls import course, evidence

lesson = course.load("tank_background")
photographs = evidence.read(lesson.experiment("photographs"))
field = photographs.pivot_table("deployed", "remedy", "bought", sort=False)
field.round(2)


# %%
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()


# %%
def race(rows, names, label):
    """Draw accuracy in the field, and on the worst group, against what was bought."""
    fig, axes = plt.subplots(1, 2, figsize=(10, 4.4), sharey=True)
    places = {n: k for k, n in enumerate(sorted(rows["bought"].unique()))}
    hues = "#0072B2", "#009E73", "#CC79A7", "#E69F00"
    titles = {"deployed": "in the field", "deployed_worst_group": "worst group"}
    for ax, (column, title) in zip(axes, titles.items()):
        ends = [(0.5, "chance", figures.CHANCE)] if column == "deployed" else []
        ax.axhline(0.5, color=figures.CHANCE, lw=1, ls=":")
        for (remedy, name), hue in zip(names.items(), hues):
            part = rows[rows["remedy"] == remedy].groupby("bought")[column]
            x = [places[n] for n in part.mean().index]
            ax.errorbar(x, part.mean(), 1.96 * part.sem(), color=hue, marker="o")
            ends.append((part.mean().iloc[-1], name, hue))
        ax.set_xticks(list(places.values()), places)
        ax.set(ylim=(-0.02, 1.02), xlabel=label, title=title)
        figures.label_ends(ax, len(places) - 0.8, ends)
    axes[0].set_ylabel("accuracy")


# %% mystnb={"image": {"alt": "Two panels against the number of new photographs, 0 to 500. Left accuracy in the field, right accuracy on the worst group. With no new photograph balanced groups and group DRO reach about .74, plain training is at chance. With fifty photographs these three lie between .86 and .9, with 500 near .95. Refitting the last layer rises from .62 to .72 and stays there."}}
names = {"add_photographs": "added", "draw_groups_equally": "groups balanced"}
names |= {"group_dro": "group DRO", "refit_the_last_layer": "last layer"}
race(photographs, names, "new photographs, in any weather")
plt.show()

# %% [markdown]
# Read it from left to right. **With nothing bought**, plain training is a coin. Balanced groups and
# group DRO get half of the way with the thirteen photographs that go against the weather, and only
# with strong weight decay: without it the network learns the thirteen by heart. In the worst group
# they are wrong more often than right. **Fifty photographs change everything**, most of all for
# balanced groups. With 500 it hardly matters what is done with them. So to use the groups does not
# *replace* new photographs; it makes a few of them go further.
#
# The last layer gains something and then stands still. It can only use what the convolutions have
# kept, and these, trained on 500 pictures, had little reason to keep what tells a tank from a lorry.
# ([Kirichenko and colleagues](https://arxiv.org/abs/2204.02937) found the last layer to be enough for
# networks that had learned richer features, most of them from many more pictures.)
#
# ## The race with outlines

# %% mystnb={"image": {"alt": "Two panels against the number of outlines from 50 to 500, in the field and on the worst group. The silhouette lies above .93 from the first. Cutting out climbs late, from .56 to .84. Swapped backgrounds stay near .6, with a worst group below .3."}}
masks = evidence.read(lesson.experiment("masks"))
names = {"swap_backgrounds": "swapped", "cut_out": "cut out", "silhouette": "silhouette"}
race(masks, names, "outlined vehicles")
plt.show()

# %% mystnb={"image": {"alt": "Five photographs in three rows: as taken, with swapped weather, and cut out. In the swapped ones vehicles in bright light stand in dull landscapes. In the cut-out ones the light and the depth of the shadow are still to be seen."}}
study = make_tank_scenes(2_000, n_fresh=2, strength=0.95, random_state=0)
some, mask = parts_of(study)[0], study.truth["mask"][:500]
rows = some.X, swap_weather(some, mask), cut_out(some.X, mask)
fig, axes = plt.subplots(3, 5, figsize=(8, 5))
for pictures, row, name in zip(rows, axes, ("as taken", "swapped", "cut out")):
    for ax, k in zip(row, range(5)):
        ax.imshow(pictures[k])
        ax.set_axis_off()
    where = {"rotation": 90, "va": "center", "ha": "center"}
    row[0].text(-0.12, 0.5, name, transform=row[0].transAxes, **where)
plt.show()

# %% [markdown]
# Swapping sounds so thorough. Why does it gain so little? Look at the second row: **the light came along
# with the vehicle.** A vehicle that was photographed in the sun has bright paint and a deep shadow
# even under a grey sky, so the label can still be read off the light. Cutting out has the same
# hole, and takes hundreds of outlines to get past it. Only the silhouette has neither light nor sky,
# and it wins. But then, in the field, somebody has to outline each vehicle without a mistake before
# the network may guess what it is, and there is little left to guess. That is no fair comparison with
# the others.
#
# | remedy | what it needs | at a correlation of .95 |
# |---|---|---|
# | add photographs | new photographs | works, the more the better |
# | balance the groups, group DRO | the weather of every photograph, strong weight decay | half of the way alone; cheapest with a few new photographs |
# | refit the last layer | new photographs | a little, with these settings and this small network |
# | swap backgrounds | outlines | a little: the light is on the vehicle |
# | cut out, silhouette | outlines, *in the field too* | with many, or at once; in an unfair comparison |
#
# ## Smaller, larger
#
# Is the network's size to blame? Some say that a small model cannot learn a sly trick; others say
# that a large one has room for both the sky and the tank. Here are a linear model and three
# networks. The width is the number of filters in the first layer; the network so far had 8.

# %% mystnb={"image": {"alt": "Two panels against the correlation of weather and label. Left the gap between claimed and deployed accuracy, right the deployed accuracy, for four capacities. At .5 the linear model is at chance in the field and the smallest network has lost a good deal, while the two larger ones have hardly lost anything. The largest is the best in the field throughout, and at .95 all meet near chance."}}
capacity = evidence.read(lesson.experiment("capacity"))
capacity["gap"] = capacity["claimed"] - capacity["deployed"]
fig, axes = plt.subplots(1, 2, figsize=(10, 4.2))
colours = "#E69F00", "#56B4E9", "#0072B2", "black"
hues = dict(zip(capacity["model"].unique(), colours))
for ax, column in zip(axes, ("gap", "deployed")):
    for model, part in capacity.groupby("model", sort=False):
        line = part.groupby("strength")[column].agg(["mean", "sem"])
        style = {"color": hues[model], "marker": "o", "label": model}
        ax.errorbar(line.index, line["mean"], 1.96 * line["sem"], **style)
    ax.set_xlabel("correlation of weather and label")
axes[0].set_ylabel("gap = claimed − deployed")
axes[0].legend(frameon=False)
axes[1].set_ylabel("accuracy in the field")
axes[1].axhline(0.5, color=figures.CHANCE, lw=1, ls=":")
plt.show()

# %% [markdown]
# Neither is right. What counts is **which clue is easier for this model**. For a linear model or a
# tiny network a tank is hard and the sky is easy, so they fall first. For a larger network the
# vehicle is easier, and it holds out longer. At .95 all of them have fallen: by then the sky is the
# better answer to the question that they were asked.

# %% tags=["remove-cell"]
level = photographs.groupby(["remedy", "bought"])[["deployed", "deployed_worst_group"]].mean()
get, worst = level["deployed"], level["deployed_worst_group"]
assert (worst.xs(0, level="bought") < 0.5).all() and get["add_photographs", 0] < 0.6
for remedy in ("draw_groups_equally", "group_dro"):
    assert 0.68 < get[remedy, 0] < 0.8 and get[remedy, 50] > get["add_photographs", 50] - 0.01
assert worst["draw_groups_equally", 50] > worst["add_photographs", 50] + 0.05
three = ["add_photographs", "draw_groups_equally", "group_dro"]
assert get.xs(500, level="bought")[three].min() > 0.93
assert 0.6 < get["refit_the_last_layer", 0] < get["refit_the_last_layer", 500] < 0.8
get = masks.groupby(["remedy", "bought"])["deployed"].mean()
assert get["swap_backgrounds", 500] < 0.72 and get["silhouette", 50] > 0.9
assert get["cut_out", 50] < 0.6 < 0.8 < get["cut_out", 500] < get["silhouette", 200]
gaps = capacity.groupby(["model", "strength"])["gap"].mean()
assert gaps["linear", 0.5] > gaps["width 8", 0.5] > gaps["width 24", 0.5]
assert gaps.xs(0, level="strength").abs().max() < 0.03
gets = capacity.groupby(["model", "strength"])["deployed"].mean()
assert gets.xs(0.95, level="strength").max() < 0.65

# %% [markdown]
# **How far this goes.** This was one world, one kind of network without pretraining, and three
# settings each. Another world may have another winner. The rules of the race carry over: one
# validation set with its groups, the same budget for all, and the field as the judge.
