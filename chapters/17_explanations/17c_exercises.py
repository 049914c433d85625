# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The map that convinces: exercises
#
# Five exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use
# [the map that convinces](17a_pitfall.ipynb) and
# [the map that is checked](17b_fix.ipynb).

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from pitfalls import course, evidence
from pitfalls.checks import answers_that_change
from pitfalls.datasets import load_framed_digits, make_tank_scenes
from pitfalls.notebook.feedback import miss, number
from pitfalls.vision import ImageClassifier

lesson = course.load("explanations")

# %% [markdown]
# ## 1. A number, before you look (3 minutes)
#
# Take a sound network and draw its last *two* layers anew, at random: the linear one and the last
# convolution. In what share of pictures does SmoothGrad still point at the vehicle, which covers
# a fifth of the picture?

# %% tags=["raises-exception", "remove-output"]
# Your estimate, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
layers = evidence.read(lesson.experiment("layers"))
two = layers[layers["forgotten"] == 2]
points, accuracy = two["points_smoothgrad"].mean(), two["deployed"].mean()
missed = miss(estimate, points, 0.1)
assert not missed, f"{missed} Two convolutions are as they were: what do they find in a picture?"
print(f"It points in {points:.2f} of the pictures, with an accuracy of {accuracy:.2f}.")

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
half, cloudy = len(study) // 2, (study.meta["weather"] == "clouds").to_numpy()
model = ImageClassifier().fit(study.X[:half], study.y[:half])
parts = [part[half:] for part in (study.X, study.truth["mask"], study.y, cloudy)]


# %% tags=["raises-exception", "remove-output"]
def repaired(model, X, masks, y, cloudy):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
theirs, yours = colleague(model, *parts), number(repaired, model, *parts)
assert yours > 0.8, f"This network reads the sky, so nearly all should change; yours: {yours:.2f}."
print(f"the colleague finds {theirs:.2f}, you find {yours:.2f}")

# %% [markdown]
# ## 3. Take away what matters (6 minutes)
#
# The opposite question: what if the vehicle is painted over and *only* the landscape is left?
# Write `stays(model, X, masks)`: the share of answers that stay the same. `tools["paint_over"]`
# does the painting.


# %% tags=["raises-exception", "remove-output"]
def stays(model, X, masks):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
more = study.collect(1_000)
joined = np.concatenate([study.X[:half], more.X]), np.concatenate([study.y[:half], more.y])
sound = ImageClassifier().fit(*joined)
both = {"as it is": model, "1 000 new": sound}
kept = {name: number(stays, network, *parts[:2]) for name, network in both.items()}
assert kept["as it is"] > 0.9, f"The sky is still there; nearly all should stay: {kept}."
assert kept["1 000 new"] < 0.85, f"A sound network misses the vehicle: {kept}."
print({name: round(float(share), 2) for name, share in kept.items()})

# %% [markdown]
# ## 4. A point to argue (6 minutes)
#
# "A map is better than nothing: it would have found the sky." Write two sentences for it and two
# against. Then count. `alarms(table, method)` gets the evidence of the chapter and returns two
# shares: of the networks below .8 in the field, how many does the rule "the map points at the
# vehicle less than 3 times in 4" find, and of the others, how many does it blame?


# %% tags=["raises-exception", "remove-output"]
def alarms(table, method):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
table = evidence.read(lesson.experiment("maps"))
methods = "gradient", "smoothgrad", "gradcam", "occlusion"
pair = alarms(table, "gradient")
assert np.shape(pair) == (2,), f"alarms returned {pair}; return two shares: found, blamed."
shares = {m: tuple(round(float(a), 2) for a in alarms(table, m)) for m in methods}
assert shares["smoothgrad"][0] < 0.5, f"SmoothGrad finds fewer than half of them: {shares}"
assert shares["gradcam"][0] > shares["smoothgrad"][0], f"Grad-CAM finds more: {shares}"
print("found, blamed:", shares)

# %% [markdown]
# ## 5. Your own project (7 minutes)
#
# Write down what must not matter in your project, how you could alter it and nothing else, and what
# would be the placebo. Then do it for the digits in their frames, whose brightness follows the
# label: `with_frames(X, frames)` returns the pictures with the frames (the outermost pixels) of
# others. What must not matter belongs in your report: `pitfalls.notebook.own_report.record("8b", "...")`.


# %% tags=["raises-exception", "remove-output"]
def with_frames(X, frames):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
verdicts = {}
shape = np.shape(with_frames(np.zeros((3, 9, 9)), np.ones((3, 9, 9))))
assert shape == (3, 9, 9), f"with_frames should return as many pictures as it got, not {shape}."
for strength in (0, 1):
    digits = load_framed_digits(strength=strength, random_state=0)
    n = len(digits) // 2
    learned = LogisticRegression(C=0.01, max_iter=1_000)
    learned.fit(digits.X[:n].reshape(n, -1) / 255, digits.y[:n])
    X, bright = digits.X[n:], (digits.meta["frame"] == "bright").to_numpy()[n:]
    rng = np.random.default_rng(0)
    altered, placebo = (with_frames(X, X[partners(bright, o, rng)]) for o in (True, False))
    flat = [Z.reshape(len(Z), -1) / 255 for Z in (X, altered, placebo)]
    asked = answers_that_change(learned.predict, *flat)
    verdicts[strength] = asked["verdict"].iloc[0]
assert verdicts == {0: "clean", 1: "suspect"}, f"Only the frames at 1 tell the label: {verdicts}"
print(verdicts)
