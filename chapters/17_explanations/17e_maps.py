# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that is checked: of nothing, and of films
#
# **What you'll do.** Draw maps of a network that has forgotten everything, check which kinds of map
# notice, and look for the cue in chest films.
#
# **What you'll learn.**
# - what is left of a map once its network has been destroyed;
# - a sanity check for maps, and two readings of its result;
# - why to find *a* cue is not to have found *the* cue.
#
# **What you'll need.** [The claim](17a_pitfall.ipynb) and [the fix](17b_fix.ipynb). 15 minutes.
#
# ---
#
# ## A map of nothing
#
# Take Birch, the sound network of [the claim](17a_pitfall.ipynb), and draw its last layer anew, at
# random. What remains knows neither tank nor lorry.

# %%
import numpy as np

from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier

study = make_tank_scenes(2_000, strength=0.95, random_state=0)
n, half, seed = len(study) // 4, len(study) // 2, study.development.seed
X, y, more = study.X[:n], study.y[:n], study.collect(500)
alder, birch = (ImageClassifier(random_state=seed) for _ in range(2))
alder.fit(X, y)
birch.fit(np.concatenate([X, more.X]), np.concatenate([y, more.y]))

# %%
outlines = study.annotate("mask", 400)
rows = outlines.index[outlines.index >= half]
pictures, mask = study.X[rows], np.stack(list(outlines[rows]))

# %% mystnb={"image": {"alt": "Two rows, SmoothGrad and Grad-CAM, of maps of one photograph by Birch as it is and with the last one to four layers drawn anew; the accuracy above falls from more than .9 to that of a coin with the first. SmoothGrad keeps most of its light on and around the vehicle for up to three layers, then scatters. Grad-CAM changes its shape with the first layer."}}
import matplotlib.pyplot as plt

from pitfalls import figures
from pitfalls.vision.attribution import attribute, randomise_layers

figures.house_style()
field = study.deployment
broken = [randomise_layers(birch, k) for k in range(5)]
fig, axes = plt.subplots(2, 5, figsize=(9, 3.9))
for row, method in zip(axes, ("smoothgrad", "gradcam")):
    for ax, net in zip(row, broken):
        ax.imshow(attribute(net, pictures[:1], method)[0], cmap="magma")
        ax.contour(mask[0], levels=[0.5], colors="white", linewidths=0.8)
        ax.set_axis_off()
    row[0].text(-0.12, 0.5, method, rotation=90, va="center", ha="center",
                transform=row[0].transAxes)  # fmt: skip
for k, (ax, net) in enumerate(zip(axes[0], broken)):
    score = net.score(field.X, field.y)
    ax.set_title(f"{k or 'no'} layer{'s' if k != 1 else ''} anew\naccuracy {score:.2f}")
plt.show()

# %% [markdown]
# One photograph proves nothing. Here are sound networks from six archives.

# %% mystnb={"image": {"alt": "How often a map points at the vehicle, against the number of layers drawn anew. Gradient and SmoothGrad stay near .85 and .9 for one and two layers. Grad-CAM and occlusion fall from the first on. A dashed line, accuracy, falls from .9 to a coin with the first layer and stays there."}}
from pitfalls import course, evidence
from pitfalls.vision.attribution import METHODS

lesson = course.load("explanations")
layers = evidence.read(lesson.experiment("layers"))
means = layers.groupby("forgotten").mean()
fig, ax = plt.subplots(figsize=(7, 4.2))
for method, hue in zip(METHODS, ("#E69F00", figures.PITFALL, figures.FIX, "#009E73")):
    ax.plot(means.index, means[f"points_{method}"], "o-", color=hue, label=method)
ax.plot(means.index, means["deployed"], "s--", color="black", label="accuracy")
ax.axhline(mask.mean(), color=figures.CHANCE, lw=1, ls=":", label="by chance")
ax.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
ax.set(xticks=means.index, ylim=(0, 1), xlabel="last layers drawn anew")
ax.set_ylabel("map points at the vehicle")
plt.show()

# %% tags=["remove-cell"]
coin = means.loc[[1, 2]]
assert coin["points_smoothgrad"].min() > 0.7 and coin["deployed"].max() < 0.65
assert means.loc[2, "points_gradcam"] < 0.6
assert 2 * mask.mean() < means.loc[4, "points_smoothgrad"] < 0.6

# %% [markdown]
# A coin, whose SmoothGrad convinces. The first convolutions find edges and dark patches, these
# are on the vehicle, and the gradient must pass through them whatever is done with them
# afterwards. Shown to the board, a map of this network would have looked like Birch's. And look
# at the right end: a network that was never trained points at the vehicle more than twice as
# often as a dart would. A vehicle stands out. **The baseline of a pointing game is a network that
# knows nothing**, not the size of the object.
#
# ## A sanity check for maps
#
# Maps keep a use: they tell you *where to intervene next*. Then you should know which of them
# depend on the network at all. [Adebayo and colleagues](https://arxiv.org/abs/1810.03292) ask:
# does the map change when the layers are drawn anew?

# %%
import pandas as pd

from pitfalls.vision.attribution import map_similarity


def sanity_check(network, X, method, n_layers=1):
    """Rank correlation of a network's maps before and after it has forgotten its last layers."""
    forgot = randomise_layers(network, n_layers)
    before, after = (attribute(net, X, method) for net in (network, forgot))
    return np.nanmean(map_similarity(before, after))


few, networks = pictures[:50], {"Alder": alder, "Birch": birch}
found = {m: [sanity_check(net, few, m) for net in networks.values()] for m in METHODS}
found = pd.DataFrame(found, [*networks])
found.round(2)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
names = {"deployed": "accuracy", **{f"same_{method}": method for method in METHODS}}
means[list(names)].rename(columns=names).round(2)

# %% tags=["remove-cell"]
one = means.loc[1]
assert min(one["same_gradient"], one["same_smoothgrad"]) > 0.55
assert max(one["same_gradcam"], one["same_occlusion"]) < 0.45 and one["deployed"] < 0.65
assert means.loc[4, "same_smoothgrad"] < 0.35
assert found["gradcam"].max() < 0.5

# %% [markdown]
# (The second table is of sound networks, from six archives.) With one layer drawn anew the
# network is a coin. Gradient and SmoothGrad hardly notice; Grad-CAM and occlusion do. In the
# networks of Adebayo and colleagues plain gradients passed: so the check is to be made on *your*
# network, not looked up.
#
# **Two readings.** One says that such a map is an edge detector and explains nothing. The other
# says that it is right: the convolutions *do* attend to the vehicle, and only the verdict is
# gone. Both agree on what matters here: a map that is the same for a sound network and for a coin
# cannot tell you which of the two you have. And a map that passes is not an all-clear either: in
# the first table Grad-CAM passes for Alder as well as for Birch.
#
# ## The marker and the posture
#
# The same on [the chest films](../09_hidden_variable/09a_pitfall.ipynb), where the ill are filmed
# lying down and the technician puts an H on the film. The obvious suspect is the letter. Exchange
# it for that of a film in the other posture (and, as a placebo, in the same).

# %%
films = evidence.read(lesson.experiment("films")).groupby("strength").mean()
names = {"lungs": "map points at the lungs", "placebo": "other marker, same posture",
         "marker": "marker of the other posture", "posture": "filmed again in the other posture",
         "deployed": "accuracy in the field"}  # fmt: skip
films[list(names)].rename(columns=names).T.round(2)

# %% tags=["remove-cell"]
assert 0.35 < films.loc[0.8, "posture"] < 0.5 and films.loc[0.8, "marker"] < 0.1
assert films.loc[0.8, "lungs"] > 0.85 and films.loc[0.8, "deployed"] < 0.82
assert 0.15 < films.loc[0.95, "marker"] < 0.25
assert films.loc[0.95, "posture"] > 0.8 and films["placebo"].max() < 0.05
assert np.isnan(films.loc[0, "posture"])

# %% [markdown]
# (Columns: the correlation of posture and disease. At 0 nobody was filmed twice.) To exchange the
# marker changes hardly any answers at .8 and one in five at .95. To film the patient again in the
# other posture changes nearly half of them, and most: the shape of chest and heart tells it, and no
# letter is needed. Whoever tests the obvious cue and stops there finds a part of the trouble. At .8
# the map lies on the lungs nearly always, by the way.
