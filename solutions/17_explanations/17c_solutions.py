# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that convinces: solutions
#
# Six exercises, easy to hard, about 35 minutes. Each ends in a check that tells you whether you
# are there. They use
# [the map that convinces](../../chapters/17_explanations/17a_pitfall.ipynb) and
# [the map that is checked](../../chapters/17_explanations/17b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from pitfalls import course, evidence
from pitfalls.checks import answers_that_change
from pitfalls.datasets import load_framed_digits, make_tank_scenes
from pitfalls.notebook.feedback import called, formed, in_words, miss, number, readable
from pitfalls.notebook.own_report import record
from pitfalls.vision import ImageClassifier

in_words()
lesson = course.load("explanations")

# %% [markdown]
# ## 1. A number, before you look (3 minutes)
#
# Take a sound network and draw its last *two* layers anew, at random: the linear one and the last
# convolution. In what share of pictures does SmoothGrad still point at the vehicle, which covers
# a fifth of the picture?

# %% tags=["solution"]
# Your estimate, between 0 and 1, as estimate = ...
# solution
estimate = 0.85

# %% tags=["check"]
layers = evidence.read(lesson.experiment("layers"))
two = layers[layers["forgotten"] == 2]
points, accuracy = two["points_smoothgrad"].mean(), two["deployed"].mean()
missed = miss(estimate, points, 0.1)
assert not missed, f"{missed} Two convolutions are as they were: what do they find in a picture?"
print(f"It points in {points:.2f} of the pictures, with an accuracy of {accuracy:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A gradient reaches the pixels through the first convolutions, which are as they were. [A page on maps
# of nothing](../../chapters/17_explanations/17e_maps.ipynb) has a figure with this very number in it.
#
# </details>

# %% [markdown] tags=["solution"]
# The first two convolutions still find edges and dark patches, and these are on the vehicle.
# Whatever is done with them later, the gradient has to pass through there.

# %% [markdown]
# ## 2. Find the mistake (8 minutes)
#
# A colleague has read about interventions: "I pasted each vehicle into another landscape, and
# next to no answer changed. The network is sound." Write `repaired(model, X, masks, y, cloudy)`,
# which returns the share of answers that change when the landscape's weather does.


# %%
def colleague(model, X, masks, y, cloudy):
    # 1. a partner for each picture, so that tanks stay among tanks and lorries among lorries
    partner = np.arange(len(X))
    for label in (0, 1):
        rows = np.flatnonzero(y == label)
        partner[rows] = np.roll(rows, 1)
    # 2. paste the vehicle into the partner's landscape, which is taken without its vehicle
    pasted = paste(X, masks, partner)
    # 3. count the answers that change
    return (model.predict(pasted) != model.predict(X)).mean()


# %%
tools = lesson.experiment("changes").find.namespaces["17b_fix"]
paste, partners = tools["paste"], tools["partners"]
study = make_tank_scenes(2_000, n_fresh=2, strength=0.95, random_state=1)
n, cloudy = len(study) // 4, (study.meta["weather"] == "clouds").to_numpy()
model = ImageClassifier().fit(study.X[:n], study.y[:n])
parts = [part[n:] for part in (study.X, study.truth["mask"], study.y, cloudy)]

# %%
# and one that has learned from photographs of either vehicle in any weather
more = make_tank_scenes(2_000, n_fresh=2, strength=0.95, random_state=0).collect(500)
sound = ImageClassifier().fit(more.X, more.y)


# %% tags=["solution"]
def repaired(model, X, masks, y, cloudy):
    # solution
    partner = partners(cloudy, True, np.random.default_rng(0))
    return (model.predict(paste(X, masks, partner)) != model.predict(X)).mean()


# %% tags=["check"]
theirs, yours = colleague(model, *parts), number(repaired, model, *parts)
assert yours > 0.8, f"This network reads the sky, so nearly all should change; yours: {yours:.2f}."
other = number(repaired, sound, *parts)
assert other < 0.4, f"A sound network keeps most of its answers; yours changes {other:.2f}."
group = 2 * parts[2] + parts[3]
rows = np.concatenate([np.flatnonzero(group == g)[:25] for g in range(4)])
crossed = number(repaired, model, *(part[rows] for part in parts))
assert crossed > 0.75, (
    "Where tanks stand under clouds as often as in the sun, the answers of this network still go with "
    f"the weather, and nearly all should change; yours: {crossed:.2f}."
)
print(f"the colleague finds {theirs:.2f}, you find {yours:.2f}, and of a sound network {other:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# What must a partner's photograph have that is different? Only step 1 is wrong. `partners` draws
# partners of the other kind: read what its second argument does.
#
# </details>

# %% [markdown] tags=["solution"]
# Step 1. In this archive tanks stand under clouds, so a landscape from another tank has the same
# weather: the colleague measured the placebo. An intervention has to break the very link that is
# under suspicion.

# %% [markdown]
# ## 3. Take away what matters (6 minutes)
#
# The opposite question: what if the vehicle is painted over and *only* the landscape is left?
# Write `stays(model, X, masks)`: the share of answers that stay the same. `tools["paint_over"]`
# does the painting.


# %% tags=["solution"]
def stays(model, X, masks):
    # solution
    empty = tools["paint_over"](X, masks)
    return (model.predict(empty) == model.predict(X)).mean()


# %% tags=["check"]
kept = [number(stays, network, *parts[:2]) for network in (model, sound)]
assert kept[0] > 0.9, f"The sky is still there, so nearly all should stay; yours: {kept[0]:.2f}."
assert kept[1] < 0.85, f"A sound network misses the vehicle; yours stays in {kept[1]:.2f}."
assert kept[1] > 0.3, f"Count the answers that stay, not those that change; yours: {kept[1]:.2f}."
print(f"of the network of the archive {kept[0]:.2f} stay, of the sound one {kept[1]:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `tools["paint_over"](X, masks)` returns the pictures without their vehicles. Ask the network about
# these and about `X`, and compare answer by answer; no label is needed.
#
# </details>

# %% [markdown] tags=["solution"]
# Without a vehicle the sound network has nothing to go by and falls back on one answer, or on
# what it has kept of the weather. The other one does not notice that anything is missing.

# %% [markdown]
# ## 4. A point to argue (6 minutes)
#
# "A map is better than nothing: it would have found the sky." Write two sentences for it and two
# against. Then count. `alarms(table, method)` gets the evidence of the chapter and returns two
# shares: of the networks below .8 in the field, how many does the rule "the map points at the
# vehicle less than 3 times in 4" find, and of the others, how many does it blame?


# %% tags=["solution"]
def alarms(table, method):
    # solution
    alarm, bad = table[f"points_{method}"] < 0.75, table["deployed"] < 0.8
    return alarm[bad].mean(), alarm[~bad].mean()


# %% tags=["check"]
table = evidence.read(lesson.experiment("maps"))
methods = "gradient", "smoothgrad", "gradcam", "occlusion"
five = pd.DataFrame({"points_gradient": [0.5, 0.9, 0.7, 0.8, 0.2],
                     "deployed": [0.6, 0.7, 0.9, 0.95, 0.75]})  # fmt: skip
pair = called(alarms, five, "gradient", like=(0.5, 0.5))
assert np.allclose(pair, (2 / 3, 1 / 2)), (
    f"Of these five networks three are bad, and the rule finds two; of the two good ones it blames "
    f"one. Yours says {pair[0]:.2f} and {pair[1]:.2f}."
)
shares = {m: [f"{share:.2f}" for share in alarms(table, m)] for m in methods}
print(pd.DataFrame(shares, ["found", "blamed"]).T)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Two masks: the networks whose map points at the vehicle in less than .75 of the pictures, and those
# below .8 in the field. The mean of the first *within* the second, and within the rest.
#
# </details>

# %% [markdown] tags=["solution"]
# Both sides have a point. An alarm costs seconds, and occlusion finds about half of the bad networks and
# blames few of the sound. SmoothGrad finds hardly any. Grad-CAM finds most and blames nearly as many of
# the sound: it has not told them apart. And nobody who has one network and no field knows which method
# to trust. A map is a good reason to look further and a poor one to stop looking.

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# A reader of [a public textbook](https://github.com/christophM/interpretable-ml-book/issues/69) on
# explaining models wrote: where columns go together, the importance of each shrinks, as the others
# stand in for it. The author added a warning. Here is what may come of it. Welds come from two lines;
# most bad ones from line B, which had poor steel that month. Three columns (`lamp`, `heat`, `damp`)
# tell in which hall a weld was made, and each line has its own. Each loses next to nothing, so "the model does not go by the line".

# %%
from sklearn.inspection import permutation_importance

partners = lesson.experiment("changes").find.namespaces["17b_fix"]["partners"]
hall = ["lamp", "heat", "damp"]


def welds(n, follows, rng):
    """Return measurements, which welds are bad, and the line; `follows` is how often it is B."""
    bad = rng.integers(2, size=n)
    line = np.where(rng.random(n) < follows, bad, 1 - bad)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["current", "speed", "gap"])
    X = X + 0.7 * bad[:, None]
    return X.assign(**{name: 4 * line + rng.normal(0, 0.3, n) for name in hall}), bad, line


# %%
def fit(X, y):
    return LogisticRegression(C=0.005).fit(X, y)


rng = np.random.default_rng(0)
X, y, _ = welds(500, 0.9, rng)
tested, y_tested, line = welds(500, 0.9, rng)
later, y_later, _ = welds(1_000, 0.5, rng)  # both lines have the same steel again
model = fit(X, y)
lost = permutation_importance(model, tested, y_tested, n_repeats=3, random_state=0)
print(f"claimed: {model.score(tested, y_tested):.2f}; lost without a column:")
print(pd.Series(lost.importances_mean, tested.columns).round(3).to_string())

# %% [markdown]
# Ask the model itself. Write `pair(X, line)`: the rows *altered*, so that they look as if they came
# from the other line, and with a *placebo*, which exchanges the same and leaves the line as it was.
# `partners(line, True, rng)` draws for each row one of the other line, with False one of its own. And
# put into `mended` the columns that a model of welds may have.


# %% tags=["solution"]
# Two things: the function pair(X, line), and the list mended = ["...", ...]
# solution
def pair(X, line):
    both, rng = [], np.random.default_rng(0)
    for other in (True, False):
        rows = X.copy()
        rows[hall] = X[hall].to_numpy()[partners(line, other, rng)]
        both.append(rows)
    return both


mended = ["current", "speed", "gap"]

# %% tags=["check"]
altered, placebo = both = called(pair, tested.copy(), line, like=(tested, tested))
assert all(rows.shape == tested.shape and [*rows] == [*tested] for rows in both), "pair should return the rows twice: altered, placebo."
for name in hall:
    looks = [((rows[name] > 2) == line).mean() for rows in both]
    assert looks[0] < 0.1, f"Altered, {looks[0]:.0%} of the rows keep the {name} of their own line."
    assert looks[1] > 0.9, f"The placebo gives rows the {name} of the other line as well."
    assert not placebo[name].equals(tested[name]), f"The placebo should exchange {name} as well."
same = altered[["current", "speed", "gap"]].equals(tested[["current", "speed", "gap"]])
assert same, "Altered welds should be the same welds: only what tells the line may change."
known = {*map(str, formed(mended, [], "mended"))} <= {*X} and len(mended)
assert known, f"mended should be a list of columns of the welds, and is {mended}."
scores, pairs = {}, [(tested, y_tested), (later, y_later)]
for name, columns in {"theirs": list(tested), "mended": list(mended)}.items():
    learned = fit(X[columns], y)
    scores[name] = [learned.score(rows[columns], labels) for rows, labels in pairs]
gap = scores["mended"][0] - scores["mended"][1]
assert scores["mended"][1] > 0.65, "The weld's own columns tell more than that."
assert gap < 0.08, f"Yours falls by {gap:.2f} once both lines have the same steel: what tells the line?"
print(pd.DataFrame(scores, ["claimed", "later"]).T.round(2))
answers_that_change(model.predict, tested, altered, placebo)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# If one of the three columns is altered, two still say which line it is. So take all three from *the
# same* partner, by `X[hall].to_numpy()[partners(...)]`, and leave the measurements of the weld alone.
#
# </details>

# %% [markdown] tags=["solution"]
# Three columns that cost nothing one by one, and together they decide nearly every answer. An
# importance asks what the model would *miss*, and it misses nothing that another column says as well;
# the check asks about the three at once. To drop two of them is no cure: the one that is left tells the
# line as well as the three did, and only now it looks important.

# %% [markdown]
# ## 6. Your own project (7 minutes)
#
# Write down what must not matter in your project, how you could alter it and nothing else, and what
# would be the placebo. Do it for the digits in their frames, whose brightness follows the
# label: `with_frames(X, frames)` returns the pictures with the frames (the outermost pixels) of
# others. Then put a model, rows, and the rows altered in either way into `mine`; the result joins
# your report in `work/reforms.yaml`.

# %%
mine = None  # (predict, X, altered, placebo)


def learn(digits):
    """Return a model of the first half, the other half, and which of its frames are bright."""
    n, learned = len(digits) // 2, LogisticRegression(C=0.01, max_iter=1_000)
    learned.fit(digits.X[:n].reshape(n, -1) / 255, digits.y[:n])
    return learned, digits.X[n:], (digits.meta["frame"] == "bright").to_numpy()[n:]


# %% tags=["solution"]
def with_frames(X, frames):
    # solution
    framed = frames.copy()
    framed[:, 1:-1, 1:-1] = X[:, 1:-1, 1:-1]
    return framed


# %% tags=["check"]
empty, verdicts = np.zeros((3, 10, 10)), {}
framed = np.asarray(called(with_frames, empty, empty + 1, like=empty))
assert framed.shape == (3, 10, 10), f"It got 3 pictures of 10 by 10 and returned {framed.shape}."
assert not framed[:, 1:-1, 1:-1].any(), "Inside the frame each picture should be as it was."
assert framed.sum() == 3 * 36, "All four sides of the frame should be those of the other pictures."
for strength in (0, 1):
    learned, X, bright = learn(load_framed_digits(strength=strength, random_state=0))
    rng = np.random.default_rng(0)
    changed = [with_frames(X, X[partners(bright, o, rng)]) for o in (True, False)]
    flat = [np.reshape(Z, (len(Z), -1)) / 255 for Z in (X, *changed)]
    verdicts[strength] = answers_that_change(learned.predict, *flat).verdict
assert verdicts == {0: "clean", 1: "suspect"}, f"Only the frames at 1 tell the label: {verdicts}"
print(f"frames that tell nothing: {verdicts[0]}; frames that tell the label: {verdicts[1]}")
if mine is not None:
    with readable("mine"):
        result = answers_that_change(*mine)
    print(result)
    record("8a", check=result)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Take a copy of the other pictures and put the inside of these into it: `[:, 1:-1, 1:-1]` is all but
# the outermost pixels.
#
# </details>
