# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Scaling that sees the future: the fix
#
# **What you'll do.** Scale with what is known on the day, see that both the model and the number
# change, and find the case in which Lena's scaler was right.
#
# **What you'll learn.**
# - the one-line fix, and what is left of a near-perfect score;
# - why the same code is a leak on one day and none on another;
# - what real air pressure does to the model, and why temperature needs a baseline;
# - a check that finds such a feature from a handful of rows.
#
# **What you'll need.** [The claim](01a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## One line changes
#
# Mean and standard deviation may use the columns up to day 0 and no others: `.loc[:, :0]`.

# %%
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_price_windows

study = make_price_windows(random_state=0)
known = study.X.loc[:, :0]
features = known.sub(known.mean(axis=1), axis=0).div(known.std(axis=1), axis=0)
model = LogisticRegression(C=100, max_iter=1000).fit(features[:500], study.y[:500])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
today = study.deployment.X.loc[:, :0]
features_today = today.sub(today.mean(axis=1), axis=0).div(today.std(axis=1), axis=0)
claimed = model.score(features[500:], study.y[500:])
deployed = model.score(features_today, study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# From near perfect to a little better than a coin, and this time it is true.
#
# ## Side by side
#
# The same procedure as a function, next to Lena's, on the same windows.

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from pitfalls.datasets import load_pressure_windows, make_price_windows
from pitfalls.study import Score


# %% tags=["protocol"]
def scale_by_the_past(X):
    """Scale the known days of each window by their own mean and sd."""
    known = X.loc[:, :0]
    return known.sub(known.mean(axis=1), axis=0).div(known.std(axis=1), axis=0)


def beyond_accuracy(model, test, day):
    """AUROC and calibration in the large, of (features, outcomes); no threshold changes them."""
    probability = model.predict_proba(day[0])[:, 1]
    return {
        "claimed_auroc": roc_auc_score(test[1], model.decision_function(test[0])),
        "deployed_auroc": roc_auc_score(day[1], probability),
        "deployed_calibration": probability.mean() - day[1].mean(),
    }


# %% tags=["protocol"]
def scale_over_the_past(study):
    """Scale over the past only, train on the first half of the windows, test on the second."""
    order = study.meta.get("time", study.meta.index.to_series())
    train = (order < order.median()).to_numpy()
    features, y = scale_by_the_past(study.X), study.y
    model = LogisticRegression(C=100, max_iter=1000).fit(features[train], y[train])
    test = features[~train], y[~train]
    fresh, day = ((scale_by_the_past(s.X), s.y) for s in (study.fresh, study.deployment))
    correct = model.predict(test[0]) == test[1]
    return Score(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        fresh=model.score(*fresh),
        deployed=model.score(*day),
        measures=beyond_accuracy(model, test, day),
    )


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims nearly 1 and its model lies below chance. The fix claims a little more than chance, and its model gets what it claims."}}
import matplotlib.pyplot as plt

from pitfalls import figures, lessons

lesson = lessons.load("leaky_scaling")
world = lesson.world("window")
pitfall, fix = world.pitfall(study), scale_over_the_past(study)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert (fix.claimed, fix.deployed) == (claimed, deployed)
assert fix.deployed > pitfall.deployed + 0.05
assert abs(fix.gap) < 0.08

# %% [markdown]
# **The fix repairs the model and the number.** In the chapter on feature selection both arms
# shipped one model; here Lena's learned a rule that does not exist outside the archive.
#
# ## Is it the threshold?
#
# A score below chance can come from a bad threshold: a model that ranks well may say "rises" far
# too often. Two numbers do not depend on the threshold: the AUROC, and calibration in the large,
# which is the mean predicted probability minus the share that rose.

# %%
import pandas as pd

pd.DataFrame({"pitfall": pitfall.measures, "fix": fix.measures}).round(2)

# %% [markdown]
# Lena's model says "rises" about as often as it should, for the wrong shares: its AUROC lies below
# one half. No threshold mends a ranking that is upside down.
#
# ## At every dose

# %% mystnb={"image": {"alt": "Accuracy against the number of days to come inside the scaler, for both arms. The pitfall's claim climbs to nearly 1 and its deployed score drops below chance. Claim and deployed score of the fix lie on one flat line a little above chance."}}
from pitfalls import evidence

rows = evidence.read(lesson)
window = rows[rows["world"] == world.slug]
figures.dial(window, metric="accuracy", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %% [markdown]
# The fix does not look at the dial. Whether it keeps its promise is a test: over all seeds the 90
# % interval of claimed minus deployed has to lie inside ± the margin.

# %%
verdicts = evidence.verdict(window, world)
verdicts.query("clause == 3 and strength in (0, 1)")[
    ["strength", "mean", "low", "high", "margin", "n", "verdict"]
].round(3)

# %% tags=["remove-cell"]
assert (verdicts["verdict"] == "holds").all()
assert evidence.coverage(window, world)["mean"].min() > 0.85
assert pitfall.measures["deployed_auroc"] < 0.45
assert abs(pitfall.measures["deployed_calibration"]) < 0.05

# %% [markdown]
# ## What the fix costs, and where it stops
#
# It costs a headline. Prices that remember one step say little about the next ten days, and no
# scaler will change that.
#
# It stops where "known" is wrong. Column 0 is known if the decision comes after the close; at noon
# it is not. A value that was filled in or revised later was not there on the day, whatever its
# column says.
#
# And sometimes Lena's scaler is no leak. Suppose the task is to sort *old* recordings, complete
# with both halves. Then the future is in the table on the day as well:

# %% mystnb={"image": {"alt": "Accuracy against the number of days to come inside the scaler when old recordings are sorted. Claim and deployed score of the full-window scaler climb together to nearly 1. The scaler of the past stays a little above chance, claimed and deployed alike."}}
archive = lesson.world("archive")
old = rows[rows["world"] == archive.slug]
figures.dial(old, metric="accuracy", chance=0.5, label=archive.dial, ticks=archive.ticks)
plt.show()

# %% [markdown]
# The same code, the same claim, and it is true. (And useless: whoever has the ten days can read
# the answer off.) No feature is legitimate as such; ask on which day it is used.
#
# ## On real data
#
# Hourly air pressure at New York's three airports, one window a day. At noon: will the mean of the
# next twelve hours lie above the last reading? The first part of the year is for development,
# split in time; the rest is deployment. Mostly the answer is no, so the baseline is to say "no"
# each time. Then the same with temperature. Means over 30 draws of the development days:


# %% tags=["protocol"]
def make_archive_study(strength, random_state):
    """Windows of prices, to be judged when their horizon is in the archive as well."""
    return make_price_windows(archived=True, strength=strength, random_state=random_state)


def make_airport_study(random_state):
    """Air pressure around noon at three airports."""
    return load_pressure_windows("pressure", random_state=random_state)


def make_temperature_study(random_state):
    """Temperature around noon at three airports."""
    return load_pressure_windows("temp", random_state=random_state)


# %%
real = rows[rows["strength"].isna()]
names = ["claimed", "deployed", "claimed_auroc", "deployed_auroc"]
table = real.groupby(["world", "arm"], sort=False)[names].mean()
baseline = {each.slug: each.chance for each in lesson.real}
table.insert(2, "always “no”", table.index.get_level_values("world").map(baseline))
table.round(2)

# %% tags=["remove-cell"]
pressure, temperature = (table.loc[each.slug] for each in lesson.real)
assert pressure.loc["pitfall", "claimed"] > 0.95 and pressure.loc["pitfall", "deployed"] < 0.4
assert pressure.loc["scale_over_the_past", "deployed"] > 0.65
assert temperature.loc["pitfall", "claimed_auroc"] > 0.95
assert (temperature["deployed"] < temperature["always “no”"]).all()
assert (temperature["deployed_auroc"] < 0.6).all()
for each in lesson.real:
    days = each.make(random_state=0)
    assert abs(1 - days.deployment.y.mean() - each.chance) < 0.01
assert days.y[days.meta["time"] >= days.meta["time"].median()].mean() < days.deployment.y.mean()

# %% [markdown]
# **Pressure** (`airports`) repeats the story of the shares, only wilder: nearly perfect in the
# archive, and on the day far worse than saying "no" each time. The past alone beats the baseline.
#
# **Temperature** is a warning about accuracy. Noon is warm and what follows is mostly cooler, so
# "no" is a good answer, and neither model beats it. Lena's collapse shows in the AUROC; her
# accuracy falls back to something that looks respectable. The fix has little to sell here, and its
# claimed AUROC says so. (Its accuracy moves because the test rows are from other months than
# deployment, with a larger share of "no".)
#
# Read this as an echo, not as an estimate: the airports share one weather, windows with a missing
# reading, which are mostly those of bad weather, are left out, and it is one year.
#
# ## A check to take home
#
# Shuffled labels, the check of the chapter on feature selection, stay silent here. It is not the
# labels that leak.

# %%
from pitfalls.checks import features_that_need_the_future, scores_on_shuffled_labels


def scale_by_all(X):
    return X.sub(X.mean(axis=1), axis=0).div(X.std(axis=1), axis=0).loc[:, :0]


def holdout(X, y):
    scaled = scale_by_all(X)
    model = LogisticRegression(C=100, max_iter=1000).fit(scaled[:500], y[:500])
    return model.score(scaled[500:], y[500:])


scores = scores_on_shuffled_labels(holdout, study.X, study.y, n_shuffles=20, random_state=0)
print(f"on shuffled labels: {scores.mean():.2f} ± {2 * scores.std(ddof=1) / 20**0.5:.2f}")

# %% [markdown]
# Ask the features instead. Exchange everything that is not known on the day for that of another
# row, make the features again, and see which of them have changed. Five rows will do.

# %%
known = study.X.columns <= 0
for make in (scale_by_all, scale_by_the_past):
    changed = features_that_need_the_future(make, study.X[:5], known=known, random_state=0)
    print(f"{make.__name__}: {changed.max():.0%} of the rows changed")

# %% [markdown]
# The answer is exact: a scaler that reads one day to come is found, one that reads none is not. It
# says nothing about *harm*, and in the archive it would be a false alarm. For harm, replay the
# day: blank what was not known in your *test rows*, and score the same model again. Lena could
# have done that on the evening of her claim.


# %%
def replay(seen_days, n_test, seed):
    """Accuracy with and without the days to come in the test rows: is the loss above 2 se?"""
    small = make_price_windows(500 + n_test, n_fresh=2, random_state=seed)
    columns, y = small.X.loc[:, :seen_days], small.y
    blank = columns.loc[:, :0].reindex(columns=columns.columns)
    model = LogisticRegression(C=100, max_iter=1000).fit(scale_by_all(columns[:500]), y[:500])
    correct = [model.predict(scale_by_all(rows[500:])) == y[500:] for rows in (columns, blank)]
    loss = correct[0].astype(int) - correct[1]
    return loss.mean() > 2 * loss.std(ddof=1) / n_test**0.5


# %%
power = pd.DataFrame(
    {
        n_test: [
            sum(replay(days, n_test, seed) for seed in range(20)) / 20 for days in (0, 1, 2, 10)
        ]
        for n_test in (10, 50, 250)
    },
    index=pd.Index([0, 1, 2, 10], name="days seen"),
)
power.rename_axis(columns="test windows")

# %% tags=["remove-cell"]
assert (power.loc[0] == 0).all()
assert power.loc[10, 250] == 1 and power.loc[1, 10] < 0.5

# %% [markdown]
# Each entry is the share of studies in which the replay alarms. Without a day to come in the
# scaler both scores are the same, so there is no false alarm. One day and a few test windows: the
# leak hurts and the replay mostly misses it. The exchange does not.
#
# **What this was.** Taxonomy L3.1, temporal leakage; the scaler on all rows would be L1.2. REFORMS
# items 4c (say every transformation between raw data and model) and 6a (what is fitted is fitted
# on training data; here, each row's features on what is known of that row).
#
# ## On your own
#
# The [exercises](01c_exercises.ipynb) take about 25 minutes.
#
# ## Further reading
#
# - [Moscovich and Rosset (2022)](https://arxiv.org/abs/1901.08974): when preprocessing without
#   labels, done before the split, does bias a score, and why the bias can have either sign.
# - [Rosenblatt and colleagues (2024)](https://doi.org/10.1038/s41467-024-46150-w): leaks measured
#   side by side. Read it for the ones that did little.
# - [Hewamalage, Ackermann and Bergmeir (2023)](https://doi.org/10.1007/s10618-022-00894-5): how to
#   evaluate a forecast, with baselines.
