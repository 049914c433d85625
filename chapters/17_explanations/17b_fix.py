# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that is checked
#
# **What you'll do.** Change in a picture what must not matter, count the answers that change, and
# find out what that tells and what it cannot tell.
#
# **What you'll learn.**
# - an *intervention* with a *placebo* beside it: a question that a broken network cannot answer
#   well;
# - why an intervention clears a network of what it has altered, and of nothing else;
# - how well it orders networks, beside the maps;
# - a recipe, with what each step costs.
#
# **What you'll need.** [The claim](17a_pitfall.ipynb). 25 minutes.
#
# ---
#
# ## Ask a question with two answers
#
# In the archive tanks stand under clouds, so sky and vehicle agree and every network is right.
# Ruth has outlines of some vehicles. With an outline a vehicle can be cut out and pasted into
# another landscape, whose own vehicle is painted over: then sky and vehicle disagree.

# %%
import numpy as np

from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier

study = make_tank_scenes(2_000, strength=0.95, random_state=0)
n, seed, more = len(study) // 4, study.development.seed, study.collect(500)
X, y = study.X[:n], study.y[:n]
cloudy = (study.meta["weather"] == "clouds").to_numpy()
alder, birch = (ImageClassifier(random_state=seed) for _ in range(2))
alder.fit(X, y)
birch.fit(np.concatenate([X, more.X]), np.concatenate([y, more.y]))
cedar = ImageClassifier(weight_decay=3, random_state=seed).fit(X, y, groups=2 * cloudy[:n] + y)

# %% tags=["protocol"]
import numpy as np
from scipy.ndimage import distance_transform_edt

from pitfalls.vision.attribution import attribute, points_at_object


# %% tags=["protocol"]
def paint_over(X, masks):
    """Fill each vehicle, with its shadow, with the colours around it."""
    nearest = distance_transform_edt(
        masks, sampling=(1e6, 1, 1), return_distances=False, return_indices=True
    )
    return X[tuple(nearest)]


def partners(cue, other, rng):
    """Draw a partner for each row, one where the cue is the other or one where it is the same."""
    partner = np.empty(len(cue), int)
    for value in np.unique(cue):
        pool = np.flatnonzero((cue != value) if other else (cue == value))
        partner[cue == value] = rng.choice(pool, (cue == value).sum())
    return partner


# %% tags=["protocol"]
def paste(X, masks, partner, relight=False):
    """Paste each vehicle into its partner's landscape; on demand also in the light of it."""
    land = paint_over(X, masks)
    vehicle, there = X.astype(float), land[partner]
    if relight:  # the mean and the contrast of the ground, in each colour
        ground = [part[:, 3 * X.shape[1] // 8 :].astype(float) for part in (land, there)]
        middle, spread = (
            [getattr(part, name)(axis=(1, 2), keepdims=True) for part in ground]
            for name in ("mean", "std")
        )
        vehicle = (vehicle - middle[0]) * spread[1] / spread[0] + middle[1]
    return np.where(masks[..., None], vehicle.clip(0, 255).astype(np.uint8), there)


def outlined(study):
    """Pay for 400 outlines; return which lie in the second half, and the outlines."""
    outlines, half = study.annotate("mask", 400), len(study) // 2
    rows = outlines.index[outlines.index >= half]
    return rows, np.stack(list(outlines[rows]))


# %% [markdown]
# To paste is a rough thing to do, and a network may stumble over the edges. So each vehicle is
# pasted twice: into a landscape with the *other* weather, and, as a **placebo**, into another one
# with the *same* weather.

# %%
rows, mask = outlined(study)
pictures, weather = study.X[rows], cloudy[rows]
rng = np.random.default_rng(0)
other, same = (partners(weather, different, rng) for different in (True, False))
swapped, placebo = (paste(pictures, mask, partner) for partner in (other, same))

# %% mystnb={"image": {"alt": "Five photographs in three rows: as taken, pasted into another landscape with the same weather, and pasted into one with the other weather. The vehicle is the same in each column; in the third row it stands in the light of its own weather under the other sky."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
fig, axes = plt.subplots(3, 5, figsize=(8, 4.9))
names = "as taken", "same weather", "other weather"
chosen = np.concatenate([np.flatnonzero(weather)[:3], np.flatnonzero(~weather)[:2]])
for row, stack, name in zip(axes, (pictures, placebo, swapped), names):
    for ax, k in zip(row, chosen):
        ax.imshow(stack[k])
        ax.set_axis_off()
    row[0].text(-0.12, 0.5, name, rotation=90, va="center", ha="center",
                transform=row[0].transAxes)  # fmt: skip
plt.show()


# %%
import pandas as pd


def share_changed(network, altered, pictures=pictures):
    return (network.predict(altered) != network.predict(pictures)).mean()


networks = {"Alder": alder, "Birch": birch, "Cedar": cedar}
asked = {"placebo": placebo, "other weather": swapped}
changed = {n: {k: share_changed(net, Z) for k, Z in asked.items()} for n, net in networks.items()}
pd.DataFrame(changed).T.round(2)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
for name, share in changed.items():
    much = share["other weather"] > 1 / 3
    print(f"{name}: another landscape changes more than 1 answer in 3: {much}")

# %% [markdown]
# No map was needed, and nobody asked the field. Alder's map lay on the vehicle; its answers went with
# the sky.
#
# ## Against the map
#
# Now the seventy-two networks of [the claim](17a_pitfall.ipynb) again. For each, half of the
# pasted pictures have the weather that goes with the vehicle and half the other. What share does
# it get right?

# %% mystnb={"image": {"alt": "Three panels of accuracy in the field for the same networks. Against how often SmoothGrad points at the vehicle, the dots have no order: most lie near .9, with any accuracy from .5 to .95. Against the share of its light on the vehicle they rise, loosely. Against accuracy on pasted pictures they lie along the diagonal, except for six grey ones, trained on swapped landscapes, which score nearly 1 on pasted pictures and about .65 in the field, and whose maps are among the best."}}
from pitfalls import course, evidence

lesson = course.load("explanations")
maps, moved = (evidence.read(lesson.experiment(name)) for name in ("maps", "changes"))
table = maps.merge(moved.drop(columns="deployed"), on=["network", "seed"])
trained = table["network"].str.startswith("swapped")
fig, axes = plt.subplots(1, 3, figsize=(10, 3.8), sharey=True)
names = {"points_smoothgrad": "SmoothGrad points at the vehicle",
         "share_smoothgrad": "share of its light on the vehicle",
         "right_pasted": "accuracy on pasted pictures"}  # fmt: skip
for ax, column, hue in zip(axes, names, (figures.PITFALL, figures.PITFALL, figures.FIX)):
    for part, colour in ((table[~trained], hue), (table[trained], figures.CHANCE)):
        ax.plot(part[column], part["deployed"], "o", color=colour, alpha=0.65)
    ax.axhline(0.5, color=figures.CHANCE, lw=1, ls=":")
    ax.set_xlabel(names[column])
axes[2].plot([0.45, 1], [0.45, 1], color=figures.CHANCE, lw=1)
axes[2].text(0.97, 0.46, "swapped", ha="center", color=figures.CHANCE)
axes[0].set_ylabel("accuracy in the field")
plt.show()

# %%
off = (table["right_pasted"] - table["deployed"])[~trained].abs()
print(f"blue dots: pasted pictures miss the field's accuracy by {off.mean():.3f} on average")
methods = ["gradient", "smoothgrad", "gradcam", "occlusion"]
order = table[~trained].corr("spearman", numeric_only=True)["deployed"]
ranks = pd.DataFrame({
    "points at the vehicle": [order[f"points_{m}"] for m in methods],
    "share of the light on it": [order[f"share_{m}"] for m in methods],
}, methods)  # fmt: skip
print(f"rank correlation with the field, pasted pictures: {order['right_pasted']:.2f}; maps:")
ranks.round(2)

# %% [markdown]
# Where SmoothGrad's brightest pixel lies says nothing about the order of the networks. The share of its
# light does, loosely, as occlusion and Grad-CAM do, and which share is enough no map says. The pasted
# pictures order them better, and say *how good* a network will be, from the archive's own pictures, for
# 400 outlines. They do so for all but the grey dots.
#
# (Here the weather is a column of the archive, and the [mean over
# groups](../08_tank_background/08b_fix.ipynb) would have given the number for nothing. It cannot
# where all tanks stand under clouds: then two groups are empty. A vehicle can be pasted all the
# same.)
#
# ## The fourth firm
#
# Dogwood has read this far. It pastes its *training* pictures into the other weather, and offers
# a network.

# %%
outlines = np.stack(list(study.annotate("mask", len(study))[:n]))
crossed = paste(X, outlines, partners(cloudy[:n], True, np.random.default_rng(0)))
dogwood = ImageClassifier(random_state=seed).fit(np.concatenate([X, crossed]), np.tile(y, 2))
shares = points_at_object(attribute(dogwood, pictures[:100], "smoothgrad"), mask[:100])
print(f"the map points at the vehicle {np.nanmean(shares):.0%} of the time")
print({name: round(float(share_changed(dogwood, Z)), 2) for name, Z in asked.items()})

# %% [markdown]
# The best map of all, and not one answer in twenty changes. In the field?

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
field = study.deployment
score = dogwood.score(field.X, field.y)
print(f"Dogwood, right in the field about more than 0.8: {score > 0.8}")

# %% [markdown]
# It has learned to the test. When a vehicle is pasted **its light comes along**: what stood in
# the sun is bright under a grey sky too. Dogwood reads the weather off the paint. So its map is
# right about the place, which is the vehicle, and silent about *what* is seen there. And the
# intervention altered the landscape and left the light: it could only clear the network of the
# landscape.
#
# So alter the light as well. Give each vehicle the mean and the contrast of the ground on which
# it is put.

# %%
relit = [paste(pictures, mask, partner, relight=True) for partner in (same, other)]
networks["Dogwood"] = dogwood
again = {
    name: [share_changed(net, Z) for Z in (*asked.values(), *relit)]
    for name, net in networks.items()
}
names = "placebo", "other weather", "placebo, relit", "other weather, relit"
pd.DataFrame(again, names).T.assign(
    field=[net.score(field.X, field.y) for net in networks.values()]
).round(2)

# %%
names = ["points_smoothgrad", "points_occlusion", "right_pasted", "right_relit"]
everything = table[names].corrwith(table["deployed"], method="spearman")
everything.round(2).to_frame(f"rank correlation, all {len(table)} networks")

# %% tags=["remove-cell"]
assert changed["Alder"]["other weather"] > 0.6 > 0.28 > changed["Birch"]["other weather"]
assert changed["Cedar"]["other weather"] < 0.28
assert max(share["placebo"] for share in changed.values()) < 0.2
assert off.mean() < 0.06 and order["right_pasted"] > ranks.max(axis=None) + 0.05
assert ranks["share of the light on it"].min() > order["points_smoothgrad"] + 0.3
assert everything["right_relit"] > everything["right_pasted"] + 0.1
assert again["Dogwood"][1] < 0.05 and again["Dogwood"][3] > 0.35 and np.nanmean(shares) > 0.9
assert again["Dogwood"][3] > again["Birch"][3] and again["Dogwood"][2] < 0.2

# %% [markdown]
# Now Dogwood is found, and so are the grey dots: over all networks relit pictures give the better
# order. Birch, the sound one, stumbles a little more often too: the rougher an alteration, the more
# it asks of everybody. **Clean means clean of what was altered, by a network that was not trained
# for it.** There is no list of everything that must not matter. That is why new photographs from
# the field remain the better test wherever they can be had.
#
# ## What each costs

# %%
from time import perf_counter

from pitfalls.vision.attribution import METHODS


def seconds(call):
    start = perf_counter()
    call()
    return round(perf_counter() - start, 2)


def paste_and_ask():
    for different in (True, False):
        birch.predict(paste(*hundred, partners(weather[:100], different, rng)))


hundred = pictures[:100], mask[:100]
steps = {"pasted twice, and asked": paste_and_ask}
steps |= {m: lambda m=m: attribute(birch, hundred[0], m) for m in METHODS}
pd.Series({name: seconds(call) for name, call in steps.items()}, name="seconds for 100 pictures")

# %% [markdown] slideshow={"section": "check"}
# The computer's time is nothing; the outlines are what costs, and maps need them too, as soon as
# they are to be counted and not only looked at. The recipe:
#
# 1. **Say what must not matter**, and how you would know. If you can have cases in which it is
#    broken, have them, and score them. Stop here.
# 2. **Intervene.** Alter it, and nothing else; make a placebo by the same means; count the
#    answers.
# 3. **Ask what the alteration left as it was**, and whether the network was trained on such
#    alterations. Alter that too.
# 4. **Look at maps**, of many pictures and by a count: beside the object is an alarm, on the
#    object is no all-clear.
# 5. **Check the map**: layers drawn anew, with the accuracy of what remains. [Of nothing, and of
#    films](17e_maps.ipynb) does that, and looks for a second cue.
#
# Importances of columns are maps as well: [the same in a table](17d_tables.ipynb).
#
# ## A check to take home
#
# Steps 2 and 3 in a few lines. The model's answers are counted for rows as they are, altered, and
# with a placebo.

# %%
def share_that_changes(predict, X, altered, placebo):
    first = predict(X)
    return [(predict(rows) != first).mean() for rows in (altered, placebo)]


asked, luck = share_that_changes(birch.predict, pictures, swapped, placebo)
print(f"answers that change: {asked:.2f} with another landscape, {luck:.2f} with a placebo")

# %% [markdown]
# `answers_that_change` does this for pictures, frames and texts, and says how far apart the two may
# be: a few answers may change (`allowed`), and the null adds what the placebo changes, and luck.
# It calls a model clean only where it would have found one that goes by the alteration in a quarter
# more of the rows.

# %%
from pitfalls.checks import answers_that_change


def ask(network, relight):
    pasted = (paste(pictures, mask, partner, relight) for partner in (other, same))
    return answers_that_change(network.predict, pictures, *pasted)


kinds = {"pasted": False, "relit": True}
verdicts = pd.concat(
    {
        (name, kind): ask(net, how).table[["value", "null", "verdict"]]
        for name, net in networks.items()
        for kind, how in kinds.items()
    }
)
verdicts.droplevel(-1).round(2)

# %% [markdown]
# Dogwood is clean of the landscape and suspect as soon as the light moves. And Birch, the best of
# the four? It has kept a little of the weather from its archive, or stumbles over an unlikely
# picture more than over a likely one; the check cannot tell which. Suspect is a question of size:
# read `value` beside `null`.
#
# How often does it alarm, and how early? Plain networks from archives of every correlation, relit
# pictures, three numbers of outlines.

# %% mystnb={"image": {"alt": "Above, the share of networks with an alarm against the correlation of weather and label, for 50, 200 and 800 outlines. At 0 and .25 there is none; at .5 it rises with the number of outlines, to four in five; from .8 on nearly all are found with any number. Below, the gap between claimed and deployed accuracy, next to nothing up to .5 and nearly one half at .95."}}
checked = evidence.read(lesson.experiment("check"))
sizes = pd.concat(checked.assign(n=n, alarm=checked[f"alarm_{n}"]) for n in (50, 200, 800))
figures.power(sizes, label="correlation of weather and label", size="outlines")
plt.show()

# %%
alarms = sizes.pivot_table("alarm", "n", "strength")
none = sizes[sizes["strength"] == 0]
print(f"false alarms: {none['alarm'].sum()} in {len(none)} runs without a shortcut")
alarms.round(2)

# %% tags=["remove-cell"]
assert alarms[0].mean() < 0.1 and alarms.loc[50, [0.8, 0.95]].min() > 0.85
assert alarms[0.25].max() < 0.1 and checked.query("strength == 0.25")["gap"].mean() < 0.03
assert alarms.loc[50, 0.5] < 0.3 < 0.7 < alarms.loc[800, 0.5]
assert checked.query("strength == 0.5")["gap"].mean() < 0.06
assert verdicts.loc[("Dogwood", "pasted"), "verdict"].item() == "clean"
assert verdicts.loc[("Dogwood", "relit"), "verdict"].item() == "suspect"
assert (verdicts.loc["Alder", "verdict"] == "suspect").all()
assert verdicts.loc[("Cedar", "relit"), "verdict"].item() == "suspect"

# %% [markdown]
# At 0 it keeps quiet, though a rough alteration changes some answers of every network: the
# placebo changes nearly as many. Up to one half the shortcut costs next to nothing, and what there is of
# it is found with hundreds of outlines or not at all. At .8, where it hurts, fifty outlines find nearly
# all. What the check cannot see stands above: whatever was not altered, and
# a network that was trained on the alteration.
#
# **What this was.** Taxonomy L3.3: the archive is not the field, and a map drawn in the archive
# does not take you out of it. REFORMS items 8a (evidence of external validity) and 8b (where the
# finding should not be expected to hold). The fix repairs neither number nor model. It tells
# which of them needs it.
#
# ## On your own
#
# The check of this chapter on rows of yours that took no part in training, altered in either way:
#
# ```python
# from pitfalls.checks import answers_that_change
# answers_that_change(model.predict, X_test, altered=other_device, placebo=other_noise)
# ```
#
# The [exercises](17c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Adebayo and colleagues (2018)](https://arxiv.org/abs/1810.03292): sanity checks for maps, by
#   layers and by labels.
# - [DeGrave, Janizek and Lee (2021)](https://doi.org/10.1038/s42256-021-00338-7): how to find out
#   what a network on chest films goes by, with more than one tool.
# - [Geirhos and colleagues (2020)](https://arxiv.org/abs/2004.07780): shortcuts, from animals to
#   networks.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), section 6.5: the case for
#   looking inside the model all the same.
