# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Features that see tomorrow: the fix
#
# **What you'll do.** Cut the future out of the features, ask whether anything is left that a much
# simpler rule does not know, and find a case in which the centred window is right.
#
# **What you'll learn.**
# - what the fix changes: here the model itself, not only its number;
# - what forward splits, blocks and purging add, and which of them matters;
# - why every forecast needs the baseline "no change";
# - a check that finds any feature that looks ahead.
#
# **What you'll need.** [The claim](07a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## One number changes
#
# The window of the trend went from 10 days before to 10 days after. Let it end on the evening
# itself: `-10:0`.

# %% tags=["protocol"]
import pandas as pd


def distances_from_past_trend(X):
    """Make the features of each evening from that evening and the days before."""
    columns = {
        "long": X[0] - X.loc[:, -10:0].mean(axis=1),
        "short": X[0] - X.loc[:, -5:0].mean(axis=1),
    }
    steps = {f"step {ago}": X[-ago] - X[-ago - 1] for ago in range(3)}
    return pd.DataFrame(columns | steps)


# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_price_series

study = make_price_series(random_state=0)
features = distances_from_past_trend(study.X)
n_train, gap = int(0.6 * len(study)), study.info["horizon"]
train = slice(n_train - gap)
model = LogisticRegression(C=10.0).fit(features[train], study.y[train])
claimed = model.score(features[n_train:], study.y[n_train:])
tonight = distances_from_past_trend(study.deployment.X)
deployed = model.score(tonight, study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# Modest, and true. Whether a split is one in time, two columns of dates tell:

# %%
from pitfalls.checks import trained_after_test

days = features.index.to_numpy()
trained_after_test(days[train], days[n_train:], gap=gap)

# %% [markdown]
# Here is the same procedure as a function, next to Jonas's first attempt.

# %% tags=["protocol"]
import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import KFold, TimeSeriesSplit
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import make_price_series, make_unrelated_series
from pitfalls.metrics import mean_interval
from pitfalls.study import Claim


# %% tags=["protocol"]
def interval_over_blocks(score, y, predicted, days):
    """95 % interval of a score of successive days: the jackknife, which leaves out a block."""
    n_blocks = max(2, len(y) // days)
    blocks = np.array_split(np.arange(len(y)), n_blocks)
    without = [score(np.delete(y, block), np.delete(predicted, block)) for block in blocks]
    each = n_blocks * score(y, predicted) - (n_blocks - 1) * np.array(without)
    return mean_interval(each)[1:]


# %% tags=["protocol"]
def trend_over_the_past(data):
    """Make features from the past alone, then split in time, with a gap."""
    features = distances_from_past_trend(data.X)
    n_train, gap = int(0.6 * len(data)), data.info["horizon"]
    train = slice(n_train - gap)
    model = LogisticRegression(C=10.0).fit(features[train], data.y[train])
    test = data.y[n_train:], model.predict(features[n_train:])
    return Claim(
        claimed=accuracy_score(*test),
        interval=interval_over_blocks(accuracy_score, *test, days=max(10, 2 * gap)),
        score=lambda sample: model.score(distances_from_past_trend(sample.X), sample.y),
    )


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims far more than the fix and deploys below chance; the fix claims and deploys a little above chance."}}
import matplotlib.pyplot as plt

from pitfalls import course, figures

lesson = course.load("look_ahead")
world = lesson.world("centred")
pitfall, fix = study.run(world.pitfall), study.run(trend_over_the_past)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert (fix.claimed, fix.deployed) == (claimed, deployed)
assert fix.deployed > pitfall.deployed + 0.03
assert pitfall.claimed > fix.claimed + 0.2

# %% [markdown] slideshow={"text": "conclusion"}
# In the [chapter on choosing features](../02_leaky_selection/02b_fix.ipynb) both procedures shipped
# the same model, and only the number was wrong. Here **the model is repaired**: the first one had
# learned to bet against the momentum. An honest number for a model that looks ahead would not have
# saved the mill.

# %% mystnb={"image": {"alt": "Accuracy against the days of the future inside the trend line, for both arms. The fix is flat, claimed and deployed together, a little above chance. The pitfall's claim climbs away from it and its deployed score drops below it."}}
from pitfalls import evidence

centred = evidence.read(world)
figures.dial(centred, metric="accuracy", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("look_ahead", "centred")

# %% [markdown]
# ## What 600 evenings are worth
#
# The outcomes of two successive evenings have nine of ten days in common, so six hundred evenings
# are not six hundred facts. The interval of the fix is made from blocks of twenty days: leave each
# out in turn, and see how much the score moves. Here is the share of studies in which it covers the
# score on fresh days, and the share for an interval of as many tosses of a coin as there are
# evenings. The other markets are those of the next section.


# %%
def covered(studies, n_test):
    toss = 1.96 * (studies["claimed"] * (1 - studies["claimed"]) / n_test) ** 0.5
    return {
        "blocks": studies["fresh"].between(studies["low"], studies["high"]).mean(),
        "tosses of a coin": ((studies["claimed"] - studies["fresh"]).abs() < toss).mean(),
    }


kind = evidence.read(world, kind=True)
here = centred[(centred["arm"] == "trend_over_the_past") & (centred["strength"] == 1)]
there = kind[kind["arm"] == "trend_over_the_past"]
other = covered(there, 0.4 * there["given_n_samples"])
covers = pd.DataFrame({"this market": covered(here, 600), "other markets": other})
covers.round(2)

# %% [markdown]
# ## Where it stops
#
# These are studies of one market. Others were drawn from the ranges below. The table has the mean
# of claimed minus deployed where an argument is in the upper half of its range:

# %%
others = evidence.verdict_of_kind(kind, world)
upper = others.query("clause == 3 and part.str.endswith('high')")[["mean", "low", "high"]]
ranges = [(one.low, one.high, one.why) for one in world.varies.values()]
table = pd.DataFrame(ranges, index=list(world.varies), columns=["from", "to", "because"])
table.join(upper.set_index(table.index).round(3))

# %% [markdown]
# The last row says how much of the momentum may be gone when the forecast is used, and its range
# ends early. A split in time tests on the days to come as they were *in the archive*. Here the
# market changes on the day the forecast goes live:


# %% tags=["protocol"]
def measure_fading(fading, random_state):
    """Claim and score of the fix, where a share of the momentum is gone on the day."""
    study = make_price_series(fading=fading, random_state=random_state)
    score = study.run(trend_over_the_past)
    return {"claimed": score.claimed, "fresh": score.fresh, "deployed": score.deployed}


def measure_memory(memory, random_state):
    """What forward folds claim of a coin, by how long the series remember."""
    settings = {"longest_memory": memory, "n_fresh": 100, "random_state": random_state}
    return {"claimed": forward_folds(make_unrelated_series(**settings).development).claimed}


# %% mystnb={"image": {"alt": "Accuracy of the fix against the share of the momentum that is gone when it is used. The claim stays a little above chance. The deployed score falls with each step, to chance where all momentum is gone and below it where the momentum turns."}}
faded = evidence.read(lesson.experiment("fading"))
faded = faded.groupby("fading")[["claimed", "deployed"]].mean()
fig, ax = plt.subplots(figsize=(6.5, 3.6))
ax.plot(faded.index, faded["claimed"], "o--", color=figures.FIX, mfc="none")
ax.plot(faded.index, faded["deployed"], "o-", color=figures.FIX)
ax.axhline(0.5, color=figures.CHANCE, lw=1, ls=":")
ax.set(xlabel="share of the momentum that is gone (2: turned round)", ylabel="accuracy")
ends = [(faded[name].iloc[-1], f"fix {name}", figures.FIX) for name in faded]
figures.label_ends(ax, 2.1, [*ends, (0.5, "chance", figures.CHANCE)])
plt.show()

# %% [markdown]
# The number was right on the day it was made; the world is different (*concept drift*). No split of
# the archive can see that, and neither can the check below: watch the score after the launch.
#
# ## Where the centred window is right
#
# Suppose that a historian asks: *mark, in the records of past years, the days before a rise*. Then
# the days after are there for every row that will ever be judged. Here is the same procedure, at
# full strength, on such an archive:

# %%
old = evidence.read(lesson.world("archive"))
old = old[old["strength"] == 1]
old.groupby("arm", sort=False)[["claimed", "deployed"]].mean().round(2)

# %% tags=["remove-cell"]
rows = evidence.read(lesson)
verdicts = pd.concat(evidence.verdict(rows, w) for w in lesson.simulated)
assert (verdicts["verdict"] == "holds").all()
assert covers.loc["blocks"].min() >= 0.9
assert covers["other markets"]["blocks"] > covers["other markets"]["tosses of a coin"] + 0.1
for each in lesson.simulated:
    others = evidence.verdict_of_kind(evidence.read(each, kind=True), each)
    assert not (others["verdict"] == "broken").any()
    if each.first_fix and each.name != "shuffled":
        assert evidence.coverage(rows, each)["mean"].min() >= 0.9
assert faded.loc[2, "deployed"] < 0.5 < faded.loc[2, "claimed"]
means = old.groupby("arm")[["claimed", "deployed"]].mean()
assert means.loc["pitfall", "deployed"] > means.loc["trend_over_the_past", "deployed"] + 0.2

# %% [markdown]
# It gets what it claims, and the "fix" would throw a good model away. No formula leaks by itself. A
# feature leaks when the decision comes before the last ingredient. So name the population first
# (REFORMS 1a): which rows, and *when*?
#
# ## The other two
#
# For denoising: filter each value as it comes, in training as well. For the folds: let the training
# rows come before the test rows.

# %% tags=["protocol"]
def smoothed_past(X, days_ago):
    """Average the returns of a day and the six days before."""
    offsets = np.arange(-6, 1)
    weights = np.exp(-(offsets**2) / 8)
    return (X[offsets - days_ago] * weights).sum(axis=1) / weights.sum()


def last_week_as_it_came(X):
    """The last eight returns, each smoothed from its past, kept with one decimal."""
    return pd.DataFrame({ago: smoothed_past(X, ago).round(1) for ago in range(8)})


# %% tags=["protocol"]
def denoise_as_it_comes(data):
    """Smooth each return from its past, then split in time."""
    features, n_train = last_week_as_it_came(data.X), int(0.6 * len(data))
    model = LinearRegression().fit(features[: n_train - 20], data.y[: n_train - 20])
    test = data.y[n_train:], model.predict(features[n_train:])
    return Claim(
        claimed=r2_score(*test),
        interval=interval_over_blocks(r2_score, *test, days=20),
        score=lambda sample: r2_score(sample.y, model.predict(last_week_as_it_came(sample.X))),
    )


# %% tags=["protocol"]
def score_folds(data, folds):
    """Score the folds, then ship the model refitted on all rows."""
    model = KNeighborsClassifier(3)
    scores = [
        model.fit(data.X[train], data.y[train]).score(data.X[test], data.y[test])
        for train, test in folds
    ]
    claimed, low, high = mean_interval(scores)
    model.fit(data.X, data.y)
    return Claim(
        claimed=claimed,
        interval=(low, high),
        score=lambda sample: model.score(sample.X, sample.y),
    )


def forward_folds(data):
    """Test on rows that come at least 50 steps after the last training row."""
    return score_folds(data, TimeSeriesSplit(5, gap=50).split(data.X))


# %% tags=["protocol"]
def contiguous_folds(data):
    """Cut the series into five blocks; neighbours across a cut stay in training."""
    return score_folds(data, KFold(5).split(data.X))


def purged_folds(data):
    """Cut into five blocks; drop training rows within 50 steps of the test block."""
    folds = [
        (train[(train < test[0] - 50) | (train > test[-1] + 50)], test)
        for train, test in KFold(5).split(data.X)
    ]
    return score_folds(data, folds)


# %% mystnb={"image": {"alt": "Two dials with both arms. Left, R squared: the fix stays slightly above zero, claimed and deployed together, while the pitfall's claim rises and its deployed score falls far below zero. Right, accuracy: the forward folds stay at chance, only the shuffled folds climb."}}
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
titles = {"denoise": "denoise, then split", "shuffled": "shuffled or forward folds"}
for ax, name in zip(axes, titles):
    here = lesson.world(name)
    rows = evidence.read(here)
    shown = rows[rows["arm"].isin(here.promised)]
    options = {"metric": here.metric, "chance": here.chance, "label": here.dial}
    figures.dial(shown, ticks=here.ticks, ax=ax, **options)
    ax.set_title(titles[name])
plt.show()

# %%
turn("look_ahead", "denoise")

# %% [markdown]
# ## What purging adds, and what it does not
#
# Much is written about *purging* (dropping the training rows whose outcomes overlap the test) and
# about an *embargo* (a gap after the test). Here are the claims on the series with the longest
# memory, over all seeds. The truth is a coin's .50.

# %%
shuffled = evidence.read(lesson.world("shuffled"))
full = shuffled[shuffled["strength"] == 1]
claims = full.groupby("arm", sort=False)["claimed"].agg(["mean", "std"])
claims.rename({"pitfall": "shuffled_folds"}).round(3)

# %% tags=["remove-cell"]
lost = claims["mean"] - claims.loc["purged_folds", "mean"]
assert lost["pitfall"] > 10 * lost["contiguous_folds"] > 0

# %% [markdown]
# Not shuffling does nearly all of it: only the few rows at the edges of a block have neighbours in
# training. Purging removes what is left and costs little, so do it. But it mends the smaller hole.
# Two honest ways remain, blocks and forward splits. [Cerqueira, Torgo and Mozetič
# (2020)](https://doi.org/10.1007/s10994-020-05910-7) compare such schemes on 174 real series:
# blocks do well where the series is stationary, forward hold-outs where it is not. Note
# `std`, too: a thousand steps with a memory of thirty hold few independent facts. The longer the
# memory, the longer must be the gap, and one that fits into a thousand steps is too short in the
# end. Then forward folds claim too much as well:

# %%
remembered = evidence.read(lesson.experiment("memory")).groupby("memory")["claimed"]
table = pd.DataFrame([mean_interval(one) for _, one in remembered], index=list(remembered.groups))
table.set_axis(["claimed", "low", "high"], axis=1).rename_axis("memory (steps)").round(3)

# %% [markdown]
# ## The baseline that knows only today
#
# Jonas's neighbour predicts the *level* of tomorrow's price, with features of the past and a
# forward split, and reports R². Put beside it a rule without any parameters: tomorrow is like
# today.

# %%
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

past = study.X.loc[:, -9:0]
tomorrow = study.X[1]
level = LinearRegression().fit(past[: n_train - gap], tomorrow[: n_train - gap])
print(f"R² of the model     {r2_score(tomorrow[n_train:], level.predict(past[n_train:])):.3f}")
print(f"R² of “no change”   {r2_score(tomorrow[n_train:], past[0][n_train:]):.3f}")

# %% [markdown]
# Both are splendid, because tomorrow's price lies near today's. It takes no leak to get a number
# that means nothing; a missing baseline will do. In the re-analysis of civil-war prediction by
# [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804) the rule "same as last
# year" reached an accuracy of 97.5 %. Of the published models only those of one study did better,
# with 99 %, and once its leaks were mended they did not.
#
# ## On real data
#
# Here is the hourly air pressure at three New York airports in 2013. The question at noon: will the
# mean of the next twelve hours be higher? The trends go over ten and five hours, centred or not;
# the last months of the year play the deployment. (Only days without a missing reading take part,
# and those are mostly dry days: that is the population.)

# %%
airports = lesson.world("pressure")
pressure = evidence.read(airports)
print(f"“no” every day: {airports.chance:.2f} of the days right")
pressure.groupby("arm", sort=False)[["claimed", "deployed"]].agg(["mean", "std"]).round(2)

# %% tags=["remove-cell"]
means = pressure.groupby("arm")[["claimed", "deployed"]].mean()
assert means.loc["pitfall", "claimed"] - means.loc["pitfall", "deployed"] > 0.2
assert means.loc["pitfall", "deployed"] < airports.chance - 0.1
assert means.loc["trend_over_the_past", "deployed"] > airports.chance + 0.1

# %% [markdown] slideshow={"section": "check"}
# The centred trend ends far below the baseline, the trend of the past above it. (The seeds draw days
# from one year; their spread says nothing about the next.)
#
# ## A check to take home
#
# Take the future away: cut the series off at some day, make the features again, and compare what
# is left with the full table.

# %%
series = study.X[0].rename("price").to_frame()


def chart(frame):
    price = frame["price"]
    return pd.DataFrame(
        {
            "trailing": price - price.rolling(11).mean(),
            "centred": price - price.rolling(21, center=True, min_periods=1).mean(),
            "filled": price.where(price.index % 7 > 0).interpolate(),
            "scaled": (price - price.mean()) / price.std(),
        }
    )


cut = chart(series[:800])
changed = ~np.isclose(cut, chart(series)[:800], equal_nan=True)
pd.DataFrame({"rows of 800 that changed": changed.sum(axis=0)}, index=cut.columns)

# %% tags=["remove-cell"]
assert (changed.sum(axis=0)[[0, 1, 3]] == [0, 10, 800]).all()

# %% [markdown]
# One cut is not enough: `filled` looks ahead next to a gap only. The function cuts over the whole
# length, and says clean where a look-ahead that it planted was found.

# %%
from pitfalls.checks import features_that_look_ahead

found = features_that_look_ahead(chart, series, random_state=0)
found.table.drop(columns="cure")

# %% tags=["remove-cell"]
verdicts = found.table["verdict"]
assert verdicts["trailing"] == "clean" and (verdicts.drop("trailing") == "suspect").all()

# %% [markdown]
# Often the row's *own* value is not known in time either, and a `shift()` is missing:
# `late="price"` asks for that too. `time=` keeps the rows of one day together, and `fit_until=`
# leaves the training rows of a scaler alone. What the check cannot see: folds that are shuffled,
# outcomes that overlap, values that were *revised* later, and a scaler fitted outside your
# function (it says so).
#
# **What this was.** Taxonomy L2, an illegitimate feature, where the feature looked ahead, and L3.1,
# temporal leakage, where the folds were shuffled. REFORMS items 3a (when each value was
# collected), 5c (the evaluation scheme), 5f (a fair baseline) and 6c (each feature is there when it
# is needed). The fix repairs the model where the feature looked ahead, and the number where the
# folds did.
#
# ## On your own
#
# With your raw rows, in order of time, and the function that makes your features of them:
#
# ```python
# from pitfalls.checks import features_that_look_ahead
# features_that_look_ahead(make_features, series, time="date", late="price")  # late: the outcome
# ```
#
# The [exercises](07c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Hewamalage, Ackermann and Bergmeir (2023)](https://doi.org/10.1007/s10618-022-00894-5): pitfalls
#   of forecast evaluation, with what to do instead; long, worth it.
# - [Cerqueira, Torgo and Mozetič (2020)](https://doi.org/10.1007/s10994-020-05910-7): which split
#   estimates the error of a forecaster best.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), sections 4.8 and 5.2: respect the
#   order of time, and choose a baseline that hurts.
