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
# # Copies on both sides: exercises
#
# Six exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](04a_pitfall.ipynb) and
# [the fix](04b_fix.ipynb).

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.checks import shared_rows
from pitfalls.datasets import make_merged_archives
from pitfalls.notebook.feedback import called, in_words, miss, number, readable

lesson = course.load("duplicates")
world = lesson.world("near")
linked = world.find("linked", "helper")
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (3 minutes)
#
# The labels are coin flips, the model is one nearest neighbour, and **30 %** of the test rows have a
# copy among the training rows. What does it claim on average?

# %% tags=["raises-exception", "remove-output"]
# Your estimate, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
claims, shares = [], []
for seed in range(20):
    small = make_merged_archives(effect=0, strength=0.305, n_fresh=2, random_state=seed)
    rows, source = np.arange(len(small)), small.truth["source"]
    train, test = train_test_split(rows, test_size=0.3, random_state=0)
    model = KNeighborsClassifier(1).fit(small.X[train], small.y[train])
    claims.append(model.score(small.X[test], small.y[test]))
    shares.append(np.isin(source[test], source[train]).mean())
claimed = np.mean(claims)
missed = miss(estimate, claimed, 0.03)
assert not missed, f"{missed} The copies are always right. How often are the others?"
print(f"It claims {claimed:.2f} where {np.mean(shares):.0%} of test rows have a copy.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Take ten test rows of which four have a copy. These four are right, and of the other six a coin
# gets three: seven of ten. Do the same with three copies.
#
# </details>

# %% [markdown]
# ## 2. Find the leak (7 minutes)
#
# A colleague has read this chapter, numbers the copies and uses `GroupKFold`. On coin flips the
# script still scores far above one half. Write `repaired`: the same analysis without the leak.


# %%
def colleague(X, y):
    # 1. round, so that near copies become equal
    rounded = np.round(X, 1)
    # 2. rows that are equal now get one number
    _, copy_of = np.unique(rounded, axis=0, return_inverse=True)
    # 3. keep each group on one side
    folds = GroupKFold(5).split(X, y, groups=copy_of.ravel())
    # 4. score on rows that the model has not seen
    return cross_val_score(KNeighborsClassifier(1), X, y, cv=list(folds)).mean()


# %% tags=["raises-exception", "remove-output"]
def repaired(X, y):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
settings = {"effect": 0, "n_fresh": 2}
coin = [make_merged_archives(600, **settings, random_state=seed) for seed in range(12)]
leaky = np.mean([colleague(study.X, study.y) for study in coin])
fixed = np.mean([number(repaired, study.X, study.y) for study in coin])
assert abs(fixed - 0.5) < 0.05, (
    f"On coin flips yours still scores {fixed:.2f}: who is on both sides?"
)
real_one = make_merged_archives(600, effect=0.5, random_state=0)
neighbour = KNeighborsClassifier(1).fit(real_one.X, real_one.y)
gets = neighbour.score(real_one.deployment.X, real_one.deployment.y)
found = number(repaired, real_one.X, real_one.y)
assert abs(found - gets) < 0.06, (
    f"On a real signal a neighbour gets {gets:.2f}; you say {found:.2f}."
)
print(f"the colleague's script: {leaky:.2f}, yours: {fixed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Round .34 and .36 as step 1 does: near as they are, are they equal afterwards, and what about
# twelve columns at once? `linked(X)` goes by distances. It returns two numberings, and the first
# is that of the clusters, whose rows belong on one side.
#
# </details>

# %% [markdown]
# ## 3. Another model (5 minutes)
#
# Write `gap(model)`: the mean, over five studies of `make_merged_archives` at full strength, of the
# score on a random 30 % of rows minus the score on `study.deployment`. Which model is hurt more, a
# nearest neighbour or a logistic regression?


# %% tags=["raises-exception", "remove-output"]
def gap(model):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
remembers = number(gap, KNeighborsClassifier(1))
weighs = number(gap, LogisticRegression())
hint = "Is it fitted on the other 70 % only, and is the deployed score taken away?"
assert 0.26 < remembers < 0.36, f"A neighbour is not inflated by {remembers:.2f}. {hint}"
assert abs(weighs) < 0.08, f"A regression hardly remembers; you have {weighs:.2f}. {hint}"
print(f"one neighbour {remembers:.2f}, logistic regression {weighs:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `make_merged_archives(random_state=seed)` is at full strength. For each seed hold out 30 % with
# `train_test_split`, fit `model` on the rest, and score this one model twice: on the rows held
# out, and on the new ones in `study.deployment`.
#
# </details>

# %% [markdown]
# ## 4. A point to argue (5 minutes)
#
# "Customers do come back, and shops do send the same order twice. In production a part of the rows
# *will* be copies of what we trained on. So the test set should hold copies too." Write down your
# opinion in two sentences. Then measure: `expected(h, d)` should return what a model that remembers
# gets on a stream with a share `d` of returning rows, if it gets `h` on new ones.


# %% tags=["raises-exception", "remove-output"]
def expected(h, d):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
study = make_merged_archives(effect=0.2, random_state=1)
model = KNeighborsClassifier(1).fit(study.X, study.y)
h = model.score(study.deployment.X, study.deployment.y)
rng, off = np.random.default_rng(0), []
for d in (0, 0.1, 0.5):
    returning = rng.random(5_000) < d
    old = rng.integers(0, len(study), 5_000)
    X = np.where(returning[:, None], study.X[old], study.deployment.X)
    y = np.where(returning, study.y[old], study.deployment.y)
    measured, said = model.score(X, y), number(expected, h, d)
    off.append(abs(measured - said))
    print(f"returning {d:.0%}: it gets {measured:.2f}, you said {said:.2f}")
assert max(off) < 0.03, "Returning rows are right; the others are as before."

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Think of 100 rows, `d` = .1 and `h` = .6: ten return and ninety are new. How many answers are
# right among the ten, and how many among the ninety? Then write the same with letters.
#
# </details>

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# [A reader of Fashion-MNIST](https://github.com/zalandoresearch/fashion-mnist/issues/44) compared the
# bytes of its 70 000 pictures of clothes. Ten test pictures are training pictures as well. Here it is
# with shoes of our own, and with many more copies: a shop takes a picture over, shows it the other
# way round, or cuts it out anew. `theirs` drops the test pictures whose bytes are in training, and the
# audit has nothing against the rest. (`source` is where a picture came from. Nobody knew that.)

# %%
from scipy.ndimage import gaussian_filter


def shop(random_state):
    rng = np.random.default_rng(random_state)
    shoes, source = np.zeros((640, 12, 12)), np.arange(640)
    shoes[:, 2:-2, 2:-2] = gaussian_filter(rng.normal(size=(640, 8, 8)), (0, 1, 1))
    boots = rng.random(640) < 0.5
    shoes[boots, 5:7, 2:-2] += 0.25
    source[400:520] = rng.choice(400, 120, replace=False)
    shoes, boots = shoes[source], boots[source]
    shoes[420:470] = shoes[420:470, :, ::-1]
    shoes[470:520] = np.roll(shoes[470:520], 1, axis=2)
    order = np.append(np.arange(400), rng.permutation(np.arange(400, 640)))
    return shoes[order], boots[order], source[order]


def theirs(shoes):
    train, test = np.arange(400), np.arange(400, len(shoes))
    known = {shoe.tobytes() for shoe in shoes[train]}
    return train, np.array([place for place in test if shoes[place].tobytes() not in known])


# %%
from pitfalls.audit import audit

shoes, boots, source = shop(0)


def audited(X, train, test):
    known = dict.fromkeys(("groups", "time", "available_at", "served"), False)
    return audit(None, X, boots, train=train, test=test, **known, progress=False)


def scores(shoes, boots, train, test):
    # as is usual, training pictures are shown mirrored and moved as well
    more = np.concatenate([shoes[train], shoes[train, :, ::-1], np.roll(shoes[train], 1, axis=2)])
    nearest = KNeighborsClassifier(1).fit(more.reshape(-1, 144), np.tile(boots[train], 3))
    rows = (shoes[test], boots[test]), shop(99)[:2]
    return [nearest.score(X.reshape(-1, 144), y) for X, y in rows]


audited(shoes.reshape(640, 144), *theirs(shoes))

# %% [markdown]
# Hand `theirs` to the audit in another way, so that it sees what bytes do not tell, as `report`. And
# write `mended(shoes)`, which gives the places of the training and of the test pictures.

# %% tags=["raises-exception", "remove-output"]
# Two things: report = audited(...), and the function mended(shoes)
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
assert hasattr(report, "verdict"), "report should be what `audited` returns."
assert report.verdict == "suspect", "This report has no suspect."
copies = [place for place in theirs(shoes)[1] if source[place] in source[:400]]
with readable("report"):
    seen = len({*copies} & {*report["shared_rows"]["near"].where})
assert seen > 0.9 * len(copies), f"Your report names {seen} of {len(copies)} copies."
for it, _, origin in (shop(seed) for seed in range(3)):
    sides = called(mended, it, like=theirs(it))
    with readable("The places that mended returned"):
        both = np.isin(origin[sides[1]], origin[sides[0]]).sum()
    assert both < 3, f"{both} of {len(sides[1])} test pictures are of a shoe that is in training."
    sizes = len(sides[0]), len(sides[1])
    assert sizes[0] > 250 and sizes[1] > 100, f"{sizes[0]} and {sizes[1]} pictures: too few left."
mine = mended(shoes)
for who, sides in {"theirs": theirs(shoes), "mended": mine}.items():
    claimed, gets = scores(shoes, boots, *sides)
    print(f"{who}: claimed {claimed:.2f}, in the next shop {gets:.2f}")
audited(shoes, *mine)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# To the audit, 144 columns are 144 measurements, and it cannot know which of them are neighbours. In
# which shape would it see a picture? What it then finds is in
# `report["shared_rows"]["near"].where`, as places among all 640 pictures. Asked directly,
# `shared_rows(shoes[train], shoes[test])["near"].where` counts within the test pictures.
#
# </details>

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# Write `my_split()`: it returns the training and the test rows of a project of yours, the way the
# model gets them: frames, arrays, pictures, sparse matrices. (No project at hand? Take any data set
# and split of this course.) The check looks for rows that are on both sides. If it says "suspect",
# look at three such pairs. If it says "not checked", it says what it could not tell: then look for
# copies by name, date and source. The result joins your report in `work/reforms.yaml`; run it again,
# and the entry is replaced.


# %% tags=["raises-exception", "remove-output"]
def my_split():
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
from pitfalls.notebook.own_report import record

train, test = called(my_split, like=(None, None))
with readable("What my_split returned"):
    tables = np.ndim(train) > 1 and np.ndim(test) > 1
assert tables, "Rows are asked for, a table of them on either side."
wide = f"{np.shape(train)[1]} columns in training and {np.shape(test)[1]} in the test"
assert np.shape(train)[1] == np.shape(test)[1], f"{wide}: is one of them the outcome?"
rows = min(np.shape(train)[0], np.shape(test)[0])
assert rows >= 10, "With fewer than ten rows on a side nothing can be seen."
with readable("What my_split returned"):
    found = shared_rows(train, test)
record("6b", check=found)
print(found)
assert found.verdict != "suspect", "Copies, or two rows of one case? The table names the rows."

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Find for each test row the nearest training row: `scipy.spatial.KDTree(train).query(test)` has
# the distances and the places; put the columns in standard deviations before. Look at the nearest
# pairs until you know what ties them (a copy, a person, an hour), and split by that, for instance
# with `GroupShuffleSplit`.
#
# </details>
