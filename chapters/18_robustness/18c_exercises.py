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
# # Robust, and wrong: exercises
#
# Five exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use
# [the pitfall](18a_pitfall.ipynb) and
# [the fix](18b_fix.ipynb).

# %%
import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from pitfalls import course, evidence
from pitfalls.checks import falls_under_changes
from pitfalls.datasets import make_tank_scenes
from pitfalls.notebook.feedback import miss
from pitfalls.vision import ImageClassifier, attack, robust_accuracy

lesson = course.load("robustness")

# %% [markdown]
# ## 1. A number, before you look (3 minutes)
#
# Stripes of **8** grey levels to either side follow the label in 39 of 40 photographs. All networks
# take them and are coins in the field. The attack may move each pixel by **4**. What share of the
# archive's test do they still get right, on average?

# %% tags=["raises-exception", "remove-output"]
# Your estimate, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
rows = evidence.read(lesson.experiment("loudness"))
left = rows.query("cue == 'stripes' and levels == 8")["shortcut_4"].mean()
missed = miss(estimate, left, 0.2)
assert not missed, f"{missed} What is left of a stripe of 8 when 4 are taken off?"
print(f"{left:.2f} are left: half of the stripes can be wiped off, and the other half will do.")

# %% [markdown]
# ## 2. Find the mistake (8 minutes)
#
# A colleague has hardened his network, he says, by training on pictures that were attacked. "I made a
# set of attacked pictures, checked that they fool the old network, and the new one gets most of them
# right." Write `repaired(network, X, y)`: the share that an attack with a budget of 2 leaves.


# %%
def colleague(study):
    X, y = study.X[:600], study.y[:600]
    X_test, y_test = study.X[600:800], study.y[600:800]
    # 1. the old network, and attacked copies of the training pictures
    old = ImageClassifier().fit(X, y)
    copies = attack(old, X, y, eps=2)
    # 2. the new network learns from both
    new = ImageClassifier(random_state=1).fit(np.concatenate([X, copies]), np.tile(y, 2))
    # 3. the attacked test set, once and for all
    attacked = attack(old, X_test, y_test, eps=2)
    # 4. the old network fails on it, the new one does not
    scores = old.score(attacked, y_test), new.score(attacked, y_test)
    return new, scores


# %% tags=["raises-exception", "remove-output"]
def repaired(network, X, y):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
crossed = make_tank_scenes(1_000, n_fresh=2, strength=0, random_state=3)
X_test, y_test = crossed.X[600:800], crossed.y[600:800]
new, (old_score, new_score) = colleague(crossed)
yours = repaired(new, X_test, y_test)
assert yours < new_score - 0.15, f"{yours:.2f}: whose weaknesses do the pictures in step 3 show?"
assert yours >= robust_accuracy(new, X_test, y_test, eps=8), "Keep to a budget of 2."
print(f"the colleague: {old_score:.2f} → {new_score:.2f}; attacked itself, the new one: {yours:.2f}")

# %% [markdown]
# ## 3. Loud vehicles (6 minutes)
#
# If loudness is what counts, vehicles that stand out should make an honest network robust. In
# crossed photographs (`strength=0`) paint the vehicles in the colour of the ground (`camouflage=0.4`,
# as so far), or in any colour, with no lorry that resembles a tank (`camouflage=0, likeness=0`).
# Write `left(**paint)`: make 1 200 photographs (`n_fresh=2`, `random_state=0`), train on the first
# 1 000, and return what an attack with a budget of 2 leaves on the others.


# %% tags=["raises-exception", "remove-output"]
def left(**paint):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
as_ground, loud = left(camouflage=0.4), left(camouflage=0, likeness=0)
assert as_ground < 0.6, f"Camouflaged vehicles are faint; yours keeps {as_ground:.2f}."
assert loud > as_ground + 0.15, f"Loud ones should keep more: {loud:.2f} against {as_ground:.2f}."
print(f"left at a budget of 2: camouflaged {as_ground:.2f}, loud {loud:.2f}")

# %% [markdown]
# ## 4. A point to argue (8 minutes)
#
# "With a warm start, robustness is free: ten plain epochs get as much in the field as those ten and ten
# hardening ones." And another colleague: "It has its price, as everybody knows." Both have looked at
# the same evidence. Write `price(schedule, baseline)`: what a schedule loses in the field against a
# baseline, and what it gains in `robust_2`, seed by seed, as two means. Then say whom you believe.

# %%
training = evidence.read(lesson.experiment("training")).query("correlation == 0")


# %% tags=["raises-exception", "remove-output"]
def price(schedule, baseline):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
prices = {base: price("warm 2/255", base) for base in ("plain", "warm 0/255")}
assert price("scratch 4/255", "plain")[0] > 0.2, "From scratch at 4 much is lost. Is the sign right?"
assert all(gained > 0.2 for _, gained in prices.values()), "Hardening should gain robustness."
assert prices["warm 0/255"][0] > prices["plain"][0], "Which baseline had as many epochs?"
for base, (lost, gained) in prices.items():
    print(f"against {base}: loses {lost:.3f} in the field, gains {gained:.2f} under attack")

# %% [markdown]
# ## 5. Your own project (5 minutes)
#
# List the changes that must not matter to your model: device, day, place, person, format. Which can
# you make yourself, and which would somebody have to go out for? Then practise on handwritten
# digits: write `changes(X)`, which takes pictures of 8 by 8 pixels, of shape (n, 64), and returns
# a dictionary of at least three changes by name, of which the model survives one and not another.

# %%
X, y = load_digits(return_X_y=True)
model = LogisticRegression(max_iter=2_000).fit(X[:900] / 16, y[:900])


def predict(X):
    return model.predict(X / 16)


# %% tags=["raises-exception", "remove-output"]
def changes(X):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
table = falls_under_changes(predict, X[900:], y[900:], changes(X[900:]))
print(table.round(3))
assert len(table) >= 3, "Name at least three changes."
assert "not checked" not in set(table["verdict"]), "One of them does not change any picture."
assert {"clean", "suspect"} <= set(table["verdict"]), "Find one that it survives and one it does not."
