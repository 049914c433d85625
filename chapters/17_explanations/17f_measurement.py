# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that is checked: how it was measured
#
# **What you'll do.** Read the functions behind the figures of this chapter, and train one of its
# networks yourself.
#
# **What you'll learn.**
# - twelve ways to train a network that claims much, and what each is there for;
# - what was counted, on which pictures.
#
# **What you'll need.** [The claim](17a_pitfall.ipynb) and [the fix](17b_fix.ipynb). 15 minutes.
#
# ---
#
# ## Pasting
#
# The tools of [the fix](17b_fix.ipynb), once more.

# %% tags=["protocol"]
import numpy as np
from scipy.ndimage import distance_transform_edt

from pitfalls.checks import answers_that_change
from pitfalls.datasets import make_chest_films, make_tank_scenes
from pitfalls.vision import ImageClassifier
from pitfalls.vision.attribution import (
    METHODS,
    attribute,
    map_similarity,
    points_at_object,
    randomise_layers,
    share_on_object,
)


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


# %% [markdown]
# ## Twelve ways to train
#
# Each network has an archive of its own, at a correlation that its name gives, and learns from the
# first 500 of its 2 000 photographs. The second half is for maps and tests.
#
# | name | what it learns from |
# |---|---|
# | as it is | the archive |
# | balanced | the archive, its four groups of weather and vehicle drawn equally often |
# | held back | the same, with strong weight decay |
# | 50 new, 500 new | the archive and new photographs in any weather, half and half |
# | 100 only | 100 pictures without a shortcut, as many steps as the others |
# | 5 epochs | an archive without a shortcut, for too short a time |
# | swapped | the archive, and each of its vehicles pasted into a landscape with the other weather |


# %% tags=["protocol"]
def swap_weather(X, masks, cloudy):
    """Paste each vehicle, with its shadow, into a landscape with the other weather."""
    partner = np.empty(len(X), int)
    for weather in (False, True):
        here, there = np.flatnonzero(cloudy == weather), np.flatnonzero(cloudy != weather)
        partner[here] = np.resize(there, len(here))
    return paste(X, masks, partner)


# %% tags=["protocol"]
def pictures_of(how, study):
    """Return the pictures and labels that a way to train learns from, and how they are drawn."""
    n, cloudy = len(study) // 4, (study.meta["weather"] == "clouds").to_numpy()
    X, y = study.X[:n], study.y[:n]
    if how in ("balanced", "held back"):
        return X, y, {"groups": 2 * cloudy[:n] + y}
    if how == "100 only":
        return X[:100], y[:100], {}
    if how.endswith("new"):
        new = study.collect(int(how.split()[0]))
        weights = np.repeat([1 / n, 1 / len(new)], [n, len(new)])
        joined = np.concatenate([X, new.X]), np.concatenate([y, new.y])
        return *joined, {"sample_weight": weights}
    if how == "swapped":
        masks = np.stack(list(study.annotate("mask", len(study))[:n]))
        return np.concatenate([X, swap_weather(X, masks, cloudy[:n])]), np.tile(y, 2), {}
    return X, y, {}


# %% tags=["protocol"]
def make_network(network, random_state):
    """Return an archive and a network, trained as `network` says, at that correlation."""
    how, strength = network.split(", ")
    made = {"strength": float(strength), "random_state": random_state}
    study = make_tank_scenes(2_000, n_fresh=2_000, **made)
    X, y, drawn = pictures_of(how, study)
    settings = {"epochs": {"5 epochs": 5, "100 only": 300}.get(how, 60)}
    settings["weight_decay"] = 3 if how == "held back" else 0.01
    model = ImageClassifier(**settings, random_state=study.development.seed)
    return study, model.fit(X, y, **drawn)


# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
study, model = make_network("5 epochs, 0", random_state=0)
half = len(study) // 2
claimed = model.score(study.X[half:], study.y[half:])
print(f"after 5 epochs: claims more than 0.6: {claimed > 0.6}, more than 0.9: {claimed > 0.9}")

# %% [markdown]
# ## What the maps do


# %% tags=["protocol"]
def outlined(study):
    """Pay for 400 outlines; return which lie in the second half, and the outlines."""
    outlines, half = study.annotate("mask", 400), len(study) // 2
    rows = outlines.index[outlines.index >= half]
    return rows, np.stack(list(outlines[rows]))


def measure_maps(network, random_state):
    """Return where a network's maps lie in the archive, and what it gets in the field."""
    study, model = make_network(network, random_state)
    half, field = len(study) // 2, study.deployment
    rows, mask = outlined(study)
    found = {
        "claimed": model.score(study.X[half:], study.y[half:]),
        "deployed": model.score(field.X, field.y),
    }
    for method in METHODS:
        maps = attribute(model, study.X[rows[:100]], method)
        found[f"points_{method}"] = np.nanmean(points_at_object(maps, mask[:100]))
        found[f"share_{method}"] = np.nanmean(share_on_object(maps, mask[:100]))
    return found


# %% tags=["protocol"]
def measure_layers(forgotten, random_state):
    """Draw the last layers of a sound network anew; compare its maps with those before."""
    study, model = make_network("500 new, 0.95", random_state)
    rows, mask = outlined(study)
    other = randomise_layers(model, forgotten, random_state=random_state)
    found = {"deployed": other.score(study.deployment.X, study.deployment.y)}
    for method in METHODS:
        now, before = (attribute(net, study.X[rows[:100]], method) for net in (other, model))
        found[f"points_{method}"] = np.nanmean(points_at_object(now, mask[:100]))
        found[f"same_{method}"] = np.nanmean(map_similarity(now, before))
    return found


# %% [markdown]
# ## What interventions do


# %% tags=["protocol"]
def changes(model, study, relight, rng):
    """Return which answers change with other weather and with a placebo, and the accuracies."""
    rows, mask = outlined(study)
    X, y = study.X[rows], study.y[rows]
    cloudy = (study.meta["weather"] == "clouds").to_numpy()[rows]
    said = model.predict(X)
    pasted = [
        model.predict(paste(X, mask, partners(cloudy, other, rng), relight))
        for other in (True, False)
    ]
    share = [(answers != said).mean() for answers in pasted]
    return *share, np.mean([(answers == y).mean() for answers in pasted])


# %% tags=["protocol"]
def measure_changes(network, random_state):
    """Return what a network's answers do when landscapes are swapped, and what it gets."""
    study, model = make_network(network, random_state)
    rng = np.random.default_rng(random_state)
    found = {"deployed": model.score(study.deployment.X, study.deployment.y)}
    for name, relight in (("pasted", False), ("relit", True)):
        numbers = changes(model, study, relight, rng)
        names = f"changed_{name}", f"placebo_{name}", f"right_{name}"
        found |= dict(zip(names, numbers, strict=True))
    return found


# %% tags=["protocol"]
def measure_check(strength, random_state):
    """Run the check on a plain network, with three numbers of outlines."""
    study, model = make_network(f"as it is, {strength}", random_state)
    half, field, found = len(study) // 2, study.deployment, {}
    mask, cloudy = study.truth["mask"], (study.meta["weather"] == "clouds").to_numpy()
    rng = np.random.default_rng(random_state)
    for n in (50, 200, 800):
        rows = slice(half, half + n)
        X, masks = study.X[rows], mask[rows]
        altered, placebo = (
            paste(X, masks, partners(cloudy[rows], other, rng), relight=True)
            for other in (True, False)
        )
        asked = answers_that_change(model.predict, X, altered, placebo)["answers"]
        found |= {f"alarm_{n}": int(asked.verdict == "suspect"), f"changed_{n}": asked.value}
    gap = model.score(study.X[half:], study.y[half:]) - model.score(field.X, field.y)
    return found | {"gap": gap}


# %% [markdown]
# ## What films do
#
# Exchange the marker of a film for that of one in the other posture, or in the same, at the same
# hospital.


# %% tags=["protocol"]
def exchange_markers(study, rows, other, rng):
    """Give films the marker of one in the other posture, or in the same, at their hospital."""
    X, marker = study.X[rows], study.truth["marker"][rows]
    posture, site = study.truth["posture"][rows], study.meta["site"].to_numpy()[rows]
    partner = np.empty(len(X), int)
    for place in np.unique(site):
        here = np.flatnonzero(site == place)
        partner[here] = here[partners(posture[here], other, rng)]
    return np.where(marker | marker[partner], X[partner], X)


# %% tags=["protocol"]
def measure_films(strength, random_state):
    """Return how many answers change with the marker, and with the posture itself."""
    study = make_chest_films(2_000, n_fresh=2_000, strength=strength, random_state=random_state)
    n, field, rng = len(study) // 4, study.deployment, np.random.default_rng(random_state)
    model = ImageClassifier(random_state=study.development.seed).fit(study.X[:n], study.y[:n])
    rows = slice(len(study) // 2, None)
    said = model.predict(study.X[rows])
    maps = attribute(model, study.X[rows][:100], "smoothgrad")
    found = {"deployed": model.score(field.X, field.y)}
    found["lungs"] = np.nanmean(points_at_object(maps, study.truth["lungs"][rows][:100]))
    for name, other in (("marker", True), ("placebo", False)):
        asked = model.predict(exchange_markers(study, rows, other, rng))
        found[name] = (asked != said).mean()
    twice = study.truth["fresh_posture"] != study.truth["deployment_posture"]
    again = model.predict(study.fresh.X) != model.predict(field.X)
    return found | {"posture": again[twice].mean() if twice.any() else np.nan}
