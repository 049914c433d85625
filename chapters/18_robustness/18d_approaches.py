# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Robust, and wrong: the approaches at one price
#
# **What you'll do.** Compare what people do against shortcuts, by measured numbers, with the same
# archive and the same purse.
#
# **What you'll learn.**
# - which approaches repair the model, which the number, and which neither;
# - what each costs: seconds, photographs, outlines, lines of code;
# - how to split a purse between training and test.
#
# **What you'll need.** [The claim](18a_pitfall.ipynb) and [the fix](18b_fix.ipynb); of maps,
# [chapter 8](../08_tank_background/08a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## Rules
#
# Adversarial training, explanation, cleaning the data, evaluating with rigour: articles list them side
# by side, as if one could be had for another. So let each do its best under the same rules:
#
# - the same six archives, with a correlation of .95, and the same small network;
# - a purse for **200 photographs in any weather, or 200 outlines** of vehicles, to be spent as the
#   approach likes;
# - each ends with a number that the team *believes*, or with a warning, and then it ships nothing. The
#   field says what is true. Nobody tunes on it.
#
# An approach is a way to train and a way to evaluate, so two functions. **Do nothing** is the first.

# %% tags=["protocol"]
import ast
import inspect
import time

import numpy as np
from scipy.ndimage import distance_transform_edt

from pitfalls.vision.attribution import attribute, share_on_object
from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier, robust_accuracy


# %% tags=["protocol"]
def train_plainly(study, seed):
    """Train on a quarter of the archive."""
    n = len(study) // 4
    return ImageClassifier(random_state=seed).fit(study.X[:n], study.y[:n])


def score_the_rest(model, study, without=()):
    """Believe the accuracy on the rest of the archive, but for rows that have been used."""
    rows = np.setdiff1d(np.arange(len(study) // 4, len(study)), without)
    return {"told": model.score(study.X[rows], study.y[rows])}


# %% [markdown]
# **Adversarial training**: harden at 4 grey levels, five steps an attack. Believe the test if nine
# tenths of it withstand an attack, else ship nothing.

# %% tags=["protocol"]
def train_against_attacks(study, seed):
    """Train on a quarter of the archive, each batch attacked at 4 grey levels."""
    n = len(study) // 4
    model = ImageClassifier(attack_eps=4, attack_steps=5, random_state=seed)
    return model.fit(study.X[:n], study.y[:n])


def score_under_attack(model, study, eps=4):
    """Attack the rest of the archive; believe its accuracy if nine tenths of it withstand."""
    n = len(study) // 4
    told = score_the_rest(model, study)["told"]
    left = robust_accuracy(model, study.X[n:], study.y[n:], eps)
    return {"withstood": left, "told": told if left > 0.9 * told else np.nan}


# %% [markdown]
# **Explanation**: have 200 vehicles outlined, and look where Grad-CAM points. If no more of it lies
# on the vehicle than its share of the picture, the alarm goes off, and nothing is shipped. Nothing
# else changes: the network and the number are those of doing nothing.

# %% tags=["protocol"]
def outlined(study):
    """Pay for 200 outlines; return which photographs they are of, and the outlines."""
    outlines = study.annotate("mask", 200)
    return outlines.index.to_numpy(), np.stack(list(outlines))


def look_at_the_maps(model, study):
    """Believe the archive if Grad-CAM lies on the vehicle in 200 outlined photographs."""
    rows, masks = outlined(study)
    share = np.nanmean(share_on_object(attribute(model, study.X[rows]), masks))
    told = score_the_rest(model, study)["told"]
    return {"alarm": float(share <= 1), "told": np.nan if share <= 1 else told}


# %% [markdown]
# **Cleaning the data**, in two ways. The 200 outlines serve to paste vehicles into landscapes with the
# other weather; or 200 new photographs are taken. Both know the weather, so the four groups of
# weather and label are drawn equally often.

# %% tags=["protocol"]
def groups_of(sample):
    """Number the four (weather, label) groups that the photographs belong to."""
    return 2 * (sample.meta["weather"] == "clouds").to_numpy() + sample.y


def swap_weather(X, masks, cloudy):
    """Paste each vehicle into a landscape with the other weather."""
    nearest = distance_transform_edt(
        masks, sampling=(1e6, 1, 1), return_distances=False, return_indices=True
    )
    landscapes, partner = X[tuple(nearest)], np.empty(len(X), int)
    for weather in (False, True):
        others = np.flatnonzero(cloudy != weather)
        partner[cloudy == weather] = np.resize(others, (cloudy == weather).sum())
    return np.where(masks[..., None], X, landscapes[partner])


# %% tags=["protocol"]
def train_with_swaps(study, seed):
    """Add the 200 outlined photographs again, in a landscape with the other weather."""
    n, (rows, masks) = len(study) // 4, outlined(study)
    cloudy = (study.meta["weather"] == "clouds").to_numpy()
    swapped = swap_weather(study.X[rows], masks, cloudy[rows])
    X = np.concatenate([study.X[:n], swapped])
    y = np.concatenate([study.y[:n], study.y[rows]])
    weather = np.concatenate([cloudy[:n], ~cloudy[rows]])
    return ImageClassifier(random_state=seed).fit(X, y, groups=2 * weather + y)


def score_the_rest_without_outlines(model, study):
    """Believe the accuracy on photographs that trained nothing, not even their vehicle."""
    return score_the_rest(model, study, without=outlined(study)[0])


# %% tags=["protocol"]
def join(study, bought):
    """Return a quarter of the archive with photographs in any weather, and the groups."""
    n, new = len(study) // 4, study.collect(200)
    X = np.concatenate([study.X[:n], new.X[:bought]])
    y = np.concatenate([study.y[:n], new.y[:bought]])
    return X, y, np.concatenate([groups_of(study)[:n], groups_of(new)[:bought]])


def train_with_crossed(study, seed, bought=200, epochs=60):
    """Add photographs in any weather; draw the four groups equally often."""
    X, y, groups = join(study, bought)
    return ImageClassifier(epochs=epochs, random_state=seed).fit(X, y, groups=groups)


def train_with_half_of_the_crossed(study, seed):
    """Add 100 photographs in any weather, and keep 100 for the test."""
    return train_with_crossed(study, seed, bought=100)


# %% tags=["protocol"]
def score_crossed(model, study, first=0):
    """Believe the accuracy on photographs in any weather, from the `first` on."""
    new = study.collect(200)
    return {"told": model.score(new.X[first:], new.y[first:])}


def score_the_rest_of_the_crossed(model, study):
    """Believe the accuracy on the 100 photographs that were kept."""
    return score_crossed(model, study, first=100)


# %% [markdown]
# **Rigorous evaluation** spends all 200 photographs on the test, and trains as before (`score_crossed`
# above). **Half and half** trains on 100 and tests on the other 100. And the last cleans first and
# hardens then, gently, for twenty epochs from a warm start. So that nobody compares it with a network
# that was trained for less, **crossed, 80 epochs** goes on as long without attacks.

# %% tags=["protocol"]
def train_with_crossed_against_attacks(study, seed):
    """Go on from the network with 200 crossed photographs, attacked at 2 grey levels."""
    X, y, groups = join(study, 200)
    model = train_with_crossed(study, seed)
    model.set_params(warm_start=True, epochs=20, attack_eps=2)
    return model.fit(X, y, groups=groups)


def train_with_crossed_for_longer(study, seed):
    """Add 200 photographs in any weather and train for 80 epochs."""
    return train_with_crossed(study, seed, epochs=80)


def score_under_a_gentle_attack(model, study):
    """Attack the rest of the archive at 2 grey levels; believe its accuracy if it withstands."""
    return score_under_attack(model, study, eps=2)


# %% tags=["protocol"]
def approaches():
    """Return the two functions of each approach, and how many photographs and outlines it buys."""
    plain, crossed = train_plainly, train_with_crossed
    half, rest = train_with_half_of_the_crossed, score_the_rest_of_the_crossed
    both, gently = train_with_crossed_against_attacks, score_under_a_gentle_attack
    return {
        "do nothing": (plain, score_the_rest, 0, 0),
        "adversarial training": (train_against_attacks, score_under_attack, 0, 0),
        "explanation": (plain, look_at_the_maps, 0, 200),
        "swapped backgrounds": (train_with_swaps, score_the_rest_without_outlines, 0, 200),
        "crossed photographs": (crossed, score_the_rest, 200, 0),
        "crossed, 80 epochs": (train_with_crossed_for_longer, score_the_rest, 200, 0),
        "rigorous evaluation": (plain, score_crossed, 200, 0),
        "half and half": (half, rest, 200, 0),
        "crossed, then adversarial": (both, gently, 200, 0),
    }


# %% [markdown]
# Then the simulator is asked what none of the teams can know.

# %% tags=["protocol"]
def what_is_true(model, study):
    """Return accuracies and the place of the maps, on the archive's test and in the field."""
    n, field = len(study) // 4, study.deployment
    test, day = (study.X[n:], study.y[n:]), (field.X, field.y)
    right, group = model.predict(field.X) == field.y, groups_of(field)
    maps = attribute(model, field.X[:200]), study.truth["deployment_mask"][:200]
    left = [robust_accuracy(model, X[:200], y[:200], 2) for X, y in (test, day)]
    return {
        "archive": model.score(*test),
        "deployed": right.mean(),
        "worst_group": min(right[group == g].mean() for g in range(4)),
        "robust_archive": left[0],
        "robust_field": left[1],
        "on_vehicle": np.nanmean(share_on_object(*maps)),
    }


# %% tags=["protocol"]
def measure_approach(approach, random_state):
    """Train and evaluate as an approach says; then ask what only the simulator knows."""
    sizes = {"n_fresh": 4_000, "random_state": random_state}
    study = make_tank_scenes(2_000, strength=0.95, **sizes)
    train, evaluate, *_ = approaches()[approach]
    clock = [time.process_time()]
    model = train(study, study.development.seed)
    clock.append(time.process_time())
    believed = evaluate(model, study)
    clock.append(time.process_time())
    seconds = {"train_seconds": clock[1] - clock[0], "evaluate_seconds": clock[2] - clock[1]}
    nothing = {"alarm": np.nan, "withstood": np.nan}
    return what_is_true(model, study) | nothing | believed | seconds


# %% [markdown]
# ## The table
#
# Means over six archives, each with networks of its own. `believes` is how often the team gets a number
# that its rule lets it believe, and no warning; whether that number is good enough to ship is another
# question. `told` is the number, `archive` the accuracy on the archive's test. `robust` is the accuracy
# when attacked at 2 grey levels, on the archive's test and in the field.

# %%
from pitfalls import course, evidence

lesson = course.load("robustness")
rows = evidence.read(lesson.experiment("approaches"))
rows["believes"] = rows["told"].notna()
by = rows.groupby("approach", sort=False)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
shown = ["believes", "told", "archive", "deployed", "worst_group", "robust_archive", "robust_field"]
by[shown].mean().round(2)

# %% [markdown]
# And the costs. Seconds are medians on one thread of the machine that made the evidence; ratios are to
# doing nothing. Lines are counted by code, of both functions and what they call on this page.

# %% tags=["protocol"]
def lines_of(functions):
    """Count the lines of functions, and of those of this page that they call."""
    found, queue = {}, [*functions]
    while queue:
        function = queue.pop()
        tree = ast.parse(inspect.getsource(function)).body[0]
        found[function.__name__] = len(ast.unparse(tree.body[1:]).splitlines()) + 1
        named = (function.__globals__.get(name) for name in function.__code__.co_names)
        here = [f for f in named if getattr(f, "__globals__", None) is function.__globals__]
        queue += [f for f in here if f.__name__ not in found]
    return sum(found.values())


# %%
costs = by[["train_seconds", "evaluate_seconds"]].median().round(2)
costs["ratio"] = (costs["train_seconds"] / costs["train_seconds"].iloc[0]).round(1)
bought = {name: parts[2:] for name, parts in approaches().items()}
costs[["photographs", "outlines"]] = [bought[name] for name in costs.index]
costs["lines"] = [lines_of(approaches()[name][:2]) for name in costs.index]
costs.rename(columns={"train_seconds": "train (s)", "evaluate_seconds": "test (s)"})

# %% [markdown]
# In one picture, with 95 % intervals over the archives:

# %%
import matplotlib.pyplot as plt
from scipy import stats

from pitfalls import figures

figures.house_style()
panels = {
    "told (open),\ndeployed": (("told", "none"), ("deployed", "full")),
    "worst group\nin the field": (("worst_group", "full"),),
    "attacked at 2:\narchive (open), field": (("robust_archive", "none"), ("robust_field", "full")),
}


# %%
def draw(ax, column, fill):
    """Draw mean and interval of a column, an approach a line."""
    for y, (_, part) in enumerate(by):
        known = part[column].dropna()
        if len(known) > 1:
            middle, reach = known.mean(), stats.t.ppf(0.975, len(known) - 1) * known.sem()
            ax.plot([middle - reach, middle + reach], [y, y], color=hues[y], lw=2)
            ax.plot(middle, y, "o", color=hues[y], fillstyle=fill, ms=8, mew=1.7)


# %% mystnb={"image": {"alt": "Nine approaches in rows, four panels. First, what the team believes and what the field gives: doing nothing, adversarial training and explanation believe about .97 and get one half, swapped backgrounds .64; crossed photographs believe .98 and get .92, for 80 epochs as well; rigorous evaluation believes and gets about .54; half and half believes and gets about .87; crossed, then adversarial gets .93 and believes nothing. Second, the worst group: near 0 for the shortcut, .25 for swapped backgrounds, above .7 for the four with crossed photographs. Third, attacked at 2: the shortcut networks keep most on the archive and less than half in the field; the crossed ones keep .4 and .3, the hardened one of them .74 and .67. Fourth, training time, five and three times as long for the two that harden."}}
names = list(by.groups)
hues = [figures.PITFALL if name == "do nothing" else "#333333" for name in names]
hues = [figures.FIX if "crossed" in name or "half" in name else hue
        for name, hue in zip(names, hues)]  # fmt: skip
fig, axes = plt.subplots(1, 4, figsize=(11, 4.4), sharey=True, width_ratios=[3, 3, 3, 2])
for ax, (title, columns) in zip(axes, panels.items()):
    for column, fill in columns:
        draw(ax, column, fill)
    ax.set(title=title, xlim=(-0.04, 1.04), xlabel="accuracy")
axes[0].axvline(0.5, color=figures.CHANCE, lw=1, ls=":")
axes[3].barh(range(len(names)), costs.loc[names, "ratio"], color=hues, height=0.5)
axes[3].set(title="training\ntime", xlabel="ratio to doing nothing")
axes[0].set_yticks(range(len(names)), names)
axes[0].invert_yaxis()
plt.show()

# %% [markdown]
# Line by line:
#
# - **Adversarial training** takes five times as long. It adds a second splendid number to the first,
#   its own rule is content, and the network is a coin: it has been taught the shortcut still better.
# - **Explanation** changes no score. What it can change is the decision to ship; see below.
# - **Swapped backgrounds** help a little: the light comes along with the pasted vehicle, as in
#   [chapter 8](../08_tank_background/08d_remedies.ipynb).
# - **Crossed photographs** repair the model. The number is still the archive's, and still too good.
#   Training on as long as the last line (**80 epochs**) changes nothing.
# - **Rigorous evaluation** repairs the number and leaves the model. The team believes that it has a coin,
#   rightly, and need not ship it.
# - **Half and half** repairs both, from the same purse, for a few points in the field.
# - **Crossed, then adversarial** is as good in the field as the best, and by far the most robust there.
#   And its team ships nothing, in any of the archives: less than nine tenths withstand the attack. The
#   rule that lets the shortcut pass turns the best network down.
#
# So they are no alternatives to each other. They repair different things, and the two that are needed
# share a purse without much loss. What about the maps?

# %%
maps = by[["on_vehicle", "deployed"]].mean().round(2)
maps["maps that warn"] = by["on_vehicle"].agg(lambda share: (share <= 1).sum())
maps

# %% tags=["remove-cell"]
mean = by.mean(numeric_only=True)
assert (mean["told"] - mean["deployed"]).loc[["do nothing", "adversarial training"]].min() > 0.4
crossed = ["crossed photographs", "half and half", "crossed, then adversarial"]
assert mean.loc[crossed, "deployed"].min() > 0.83
assert mean.drop([*crossed, "crossed, 80 epochs"])["deployed"].max() < 0.7
longer = mean.loc["crossed, 80 epochs"] - mean.loc["crossed photographs"]
assert abs(longer[["deployed", "robust_field"]]).max() < 0.03
for name in ("rigorous evaluation", "half and half"):
    assert abs(mean.loc[name, "told"] - mean.loc[name, "deployed"]) < 0.05
assert maps.loc["explanation", "maps that warn"] == 2 and rows["seed"].nunique() == 6
assert (maps.loc[crossed, "maps that warn"] == 0).all()
assert mean["on_vehicle"].idxmax() == "swapped backgrounds"
hard = mean.loc["crossed, then adversarial"]
assert hard["robust_field"] > mean.loc["crossed, 80 epochs", "robust_field"] + 0.2
assert hard["believes"] == 0 and mean.loc["adversarial training", "believes"] == 1
assert costs["ratio"].nlargest(2).index.str.contains("adversarial").all()

# %% [markdown]
# `on_vehicle` is the attribution on the vehicle over its share of the picture, in the field; 1 is
# chance. (By this rule; other maps and other rules are in [chapter
# 17](../17_explanations/17a_pitfall.ipynb).) The maps of the shortcut warn in two archives of six, and
# never those of sound networks. But look at the swapped backgrounds. Their maps lie on the vehicle more
# than those of the sound networks, and in the field they are right about two vehicles in three. A good
# map is no certificate, and of the bad ones most look good.
#
# **How far this goes.** One world, one small network, one cue that somebody had noted. Where nobody
# knows the cue, photographs cannot be crossed by it; they can only be taken as the field takes them.
# The purse was in photographs and outlines. Seconds were free here, and a network that trains for a
# week would make hardening dear. And each approach was run as its plain form: somebody who tunes one of
# them will do better with it, and should then tune them all.
