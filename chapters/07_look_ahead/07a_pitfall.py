# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The price of wheat: the claim
#
# **What you'll do.** Forecast a price with a feature that every charting tool offers, split the
# days properly, and find out what the forecast is worth when it is used.
#
# **What you'll need.** `fit`, `predict`, a rolling mean in pandas. 25 minutes.
#
# ---
#
# ## A forecast for a mill
#
# Jonas buys wheat for a mill. Every evening he has to decide: buy now, or wait? It would help to
# know whether the mean price of the next ten days will be higher than today's. He has 1 500 days of
# prices, as differences from a reference price. In the table each row is an evening. Column 0 is
# the price of that evening, −1 that of the day before and, because the table was made from an
# archive, 1 that of the day after.

# %%
from pitfalls.datasets import make_price_series

study = make_price_series(random_state=0)
study.X.iloc[:3, [0, 18, 19, 20, 21, 29]].round(2)

# %% [markdown]
# Prices wander, so their level says little. How far the price has strayed from its trend may say
# more. For the trend Jonas takes a rolling mean over three weeks. He centres it, because a mean
# that is not centred lags behind on the chart.

# %%
from numpy.testing import assert_allclose

trend = study.X[0].rolling(21, center=True).mean()
by_columns = study.X.loc[:, -10:10].mean(axis=1)
assert_allclose(trend.dropna(), by_columns[trend.notna()])

# %% [markdown]
# (The assertion shows that the mean over the columns −10 to 10 is what pandas calls `center=True`.)
# He does the same with a shorter trend, and adds the steps of the last three days.

# %%
import pandas as pd

X = study.X
features = pd.DataFrame({"long": X[0] - X.loc[:, -10:10].mean(axis=1)})
features["short"] = X[0] - X.loc[:, -5:5].mean(axis=1)
for ago in range(3):
    features[f"step {ago}"] = X[-ago] - X[-ago - 1]

# %% [markdown]
# Jonas has read about time series, so he does not shuffle. The first 60 % of the days are for
# training, less the last ten of them: that gap keeps every training outcome out of the test. The
# rest is the test.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.linear_model import LogisticRegression

n_train, gap = int(0.6 * len(study)), study.info["horizon"]
train = slice(n_train - gap)
model = LogisticRegression(C=10.0).fit(features[train], study.y[train])
claimed = model.score(features[n_train:], study.y[n_train:])
print(f"claimed: right on {claimed:.2f} of the evenings (a coin: 0.50)")

# %% [markdown]
# A linear model, five features, a split in time with a gap. The mill is impressed.
#
# ## Predict
#
# From tomorrow on, the forecast runs every evening. Choose an answer below, and write down a
# number and an interval that you would give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("look_ahead")

# %%
from pitfalls.notebook.predictions import predict

predict("look_ahead", guess=None, low=None, high=None)

# %% [markdown]
# ## The first evenings
#
# When it is evening, the columns of the days to come are still empty. Nothing crashes: the mean
# takes the days that are there, as a rolling mean does at the end of a series with `min_periods=1`.

# %%
evenings = study.deployment
evenings.X.iloc[:3, [18, 19, 20, 21]].round(2)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
X = evenings.X
tonight = pd.DataFrame({"long": X[0] - X.loc[:, -10:10].mean(axis=1)})
tonight["short"] = X[0] - X.loc[:, -5:5].mean(axis=1)
for ago in range(3):
    tonight[f"step {ago}"] = X[-ago] - X[-ago - 1]
deployed = model.score(tonight, evenings.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
from pitfalls.notebook.predictions import settle

settle("look_ahead", deployed)
calls = [round(100 * (1 - score)) for score in (claimed, deployed)]
print(f"Of 100 evenings: promised {calls[0]} wrong calls, got {calls[1]}.")

# %% [markdown]
# Worse than a coin. Such a forecast is not useless but *misleading*: the mill would do better by
# doing the opposite.
#
# ## What the model learned
#
# Here are the twenty-five days on either side of one evening, the dot: of some 300, the one with
# the largest move to come. The question is whether the
# mean of the ten shaded days will be higher than the dot. And the centred mean at the dot averages
# the evening, the ten days before it and these same shaded days.

# %% mystnb={"image": {"alt": "A price line with an evening marked, after which the price falls steeply. The centred trend at that evening already lies below the price and is falling, since its window covers the ten shaded days to come. The trailing trend, which ends on the evening itself, is still high and turns down only later."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
price = study.X[0]
turning = int((price.shift(-10) - price).abs().iloc[100:400].idxmax())
days = range(turning - 25, turning + 26)
lines = {
    "price": (price, "black"),
    "centred": (trend, figures.PITFALL),
    "trailing": (price.rolling(11).mean(), figures.FIX),
}
fig, ax = plt.subplots(figsize=(8.5, 4))
for line, hue in lines.values():
    ax.plot(days, line[days], color=hue, lw=2.2)
ax.axvspan(turning + 0.5, turning + 10.5, color=figures.PITFALL, alpha=0.15, lw=0)
ax.plot(turning, price[turning], "ko", ms=8)
ends = [(line[days[-1]], name, hue) for name, (line, hue) in lines.items()]
figures.label_ends(ax, days[-1] + 1, ends)
ax.set(xlabel="day", ylabel="price", title="One evening and the ten days to come")
plt.show()

# %% [markdown] slideshow={"text": "takeaway"}
# So "the price is below its centred trend" does not *predict* a rise, it *reports* one: nearly half
# of that trend is the days to come. The regression finds this out, and bets that the price will
# return to its trend.

# %%
pd.DataFrame({"in the archive": model.coef_[0]}, index=features.columns).round(2)

# %% [markdown]
# When the forecast is used, the trend has only its past half. Now "the price is below its trend"
# means that it has been falling, and in a market with momentum a falling price tends to fall
# further. The bet points the wrong way, evening after evening.
#
# ## The whole procedure, as a function
#
# The dial of this chapter is the share of the future inside the trend lines. The prices are the
# same at every position; only the procedure differs.

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from scipy.stats import binomtest, bootstrap
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import (
    load_pressure_windows,
    make_price_series,
    make_returns,
    make_unrelated_series,
)
from pitfalls.metrics import mean_interval
from pitfalls.study import Claim


# %% tags=["protocol"]
def distances_from_trend(X, share):
    """Make the features of each evening, with a share of the future in both trends."""
    columns = {
        "long": X[0] - X.loc[:, -10 : round(10 * share)].mean(axis=1),
        "short": X[0] - X.loc[:, -5 : round(5 * share)].mean(axis=1),
    }
    steps = {f"step {ago}": X[-ago] - X[-ago - 1] for ago in range(3)}
    return pd.DataFrame(columns | steps)


# %% tags=["protocol"]
def trend_over_the_future(data):
    """Split in time, with a gap, after making features that reach into the future."""
    share = data.info.get("share_of_future", 1)
    features = distances_from_trend(data.X, share)
    n_train, gap = int(0.6 * len(data)), data.info["horizon"]
    train = slice(n_train - gap)
    model = LogisticRegression(C=10.0).fit(features[train], data.y[train])
    correct = model.predict(features[n_train:]) == data.y[n_train:]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(distances_from_trend(sample.X, share), sample.y),
    )


# %% mystnb={"image": {"alt": "The card of numbers. The claim is high with a short interval; fresh and deployed are equal and lie below chance."}}
score = study.run(trend_over_the_future)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# ## Was it bad luck?
#
# Each small dot is a price series of its own. At the left end no future day is in the trend, and
# the forecast gets what it claims: a little better than a coin, since the market does have some
# momentum.

# %% tags=["protocol"]
def make_price_study(strength, random_state, **kind):
    """Daily prices; the dial is the share of the future inside the trend lines."""
    study = make_price_series(strength=strength, random_state=random_state, **kind)
    return study.knowing(share_of_future=strength)


def make_archive_study(strength, random_state, **kind):
    """The same days, but the rows to be judged are old recordings as well."""
    return make_price_study(strength, random_state, archived=True, **kind)


def make_pressure_study(random_state):
    """Real air pressure at three airports: 12 hours back, 12 hours ahead of noon."""
    return load_pressure_windows(random_state=random_state)


def make_return_study(strength, random_state, **kind):
    """Daily returns, of which a little can be predicted."""
    study = make_returns(strength=strength, random_state=random_state, **kind)
    return study.knowing(weight_of_future=strength)


def make_unrelated_study(strength, random_state, **kind):
    """Series that wander, and an outcome that knows nothing of them."""
    return make_unrelated_series(strength=strength, random_state=random_state, **kind)


# %% mystnb={"image": {"alt": "Accuracy against the number of future days inside the trend line. With none, claim and deployed score agree a little above chance. With more, the claim climbs steeply while the deployed score drops below chance and stays there."}}
from pitfalls import course, evidence

lesson = course.load("look_ahead")
world = lesson.world("centred")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
figures.dial(mine, metric="accuracy", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("look_ahead", "centred", arms=["pitfall"])

# %% [markdown]
# ## The same mistake in other clothes
#
# **Denoise, then split.** Daily returns, the changes of a price from day to day, are noisy. So a
# filter goes over the whole series before any window is cut. A Gaussian that looks six days in
# either direction mixes tomorrow into today. In use, each value is smoothed as it comes, from the
# past alone. The score is R². It falls below zero where the forecasts are worse than always
# predicting the mean.

# %% tags=["protocol"]
def smoothed(X, days_ago, future_weight):
    """Average the returns around a day; later ones have a weight of their own."""
    offsets = np.arange(-6, 7)
    weights = np.exp(-(offsets**2) / 8) * np.where(offsets > 0, future_weight, 1)
    return (X[offsets - days_ago] * weights).sum(axis=1) / weights.sum()


def last_week(X, future_weight):
    """The last eight smoothed returns, kept with one decimal."""
    return pd.DataFrame({ago: smoothed(X, ago, future_weight).round(1) for ago in range(8)})


# %% tags=["protocol"]
def denoise_then_split(data):
    """Smooth the whole series, then split it in time; in use, smooth what is past."""
    features = last_week(data.X, data.info.get("weight_of_future", 1))
    n_train = int(0.6 * len(data))
    model = LinearRegression().fit(features[: n_train - 20], data.y[: n_train - 20])
    test = data.y[n_train:], model.predict(features[n_train:])
    options = {"n_resamples": 199, "method": "percentile", "rng": 0}
    spread = bootstrap(test, r2_score, paired=True, **options)
    return Claim(
        claimed=r2_score(*test),
        interval=spread.confidence_interval,
        score=lambda sample: r2_score(sample.y, model.predict(last_week(sample.X, 0))),
    )


# %% [markdown]
# **Shuffled folds.** Take five series that wander about, and an outcome that has nothing to do with
# them. No feature sees the future here; the *split* does. In shuffled folds nearly every test
# moment has training moments just before and just after it, with nearly the same features and
# mostly the same outcome.

# %% tags=["protocol"]
def shuffled_folds(data):
    """Cross-validate as if the rows had no order."""
    folds = KFold(5, shuffle=True, random_state=0).split(data.X)
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


# %% mystnb={"image": {"alt": "Two dials. Left: R squared of denoise-then-split; the claim rises with the weight of the future while the deployed score falls far below zero. Right: accuracy with shuffled folds; the claim rises with the memory of the series while the deployed score stays at chance."}}
fig, axes = plt.subplots(1, 2, figsize=(10, 4))
for ax, name in zip(axes, ("denoise", "shuffled")):
    world = lesson.world(name)
    rows = evidence.read(world)
    mine = rows[rows["arm"] == "pitfall"]
    options = {"metric": world.metric, "chance": world.chance, "label": world.dial}
    figures.dial(mine, ticks=world.ticks, ax=ax, **options)
axes[0].set_title("denoise, then split")
axes[1].set_title("shuffled folds")
plt.show()

# %%
turn("look_ahead", "denoise", arms=["pitfall"])

# %% tags=["remove-cell"]
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.claimed > 0.8 and score.deployed < 0.5
assert model.coef_[0][0] < 0
every = evidence.read(lesson)
full = every[(every["strength"] == 1) & (every["arm"] == "pitfall")]
ends = full.groupby("world")["deployed"].mean()
assert ends[lesson.world("denoise").slug] < -1
assert abs(ends[lesson.world("shuffled").slug] - 0.5) < 0.02

# %% [markdown] slideshow={"section": "cases"}
# On the left the shipped model is misleading, like Jonas's. On the right it is only a coin.
#
# ## What you have learned
#
# - why a clean split does not help when a *feature* reaches over it;
# - what the model then does when the future is missing;
# - the same mistake in two more forms: "denoise, then split" and shuffled folds.
#
# ## Where it happened
#
# - **Civil war onset.** [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804)
#   re-ran four prediction papers. In one of them an AdaBoost model that had claimed an AUROC of 0.94
#   got 0.82 once its other leaks were mended, and 0.77 when it was tested on later years only.
# - **Forecasting research.** [Hewamalage, Ackermann and Bergmeir
#   (2023)](https://doi.org/10.1007/s10618-022-00894-5) collect the ways in which a flawed evaluation
#   makes a method look competitive that is not.
# - **In the taxonomy** of Kapoor and Narayanan a feature that looks ahead is L2, an illegitimate
#   feature: it is not there when the prediction is made. Rows that are shuffled over time are L3.1,
#   temporal leakage: the model has learned from what came after the rows that it is scored on.
#
# **Where it hides.** Clinic: laboratory values of the whole stay, for a decision made on the first
# day. Finance: prices that were adjusted for what happened later. Text: embeddings trained on a
# corpus that includes the test years. Ecology: gaps in a sensor's record, filled by interpolation
# from both sides. Industry: a filter without phase shift, which runs once forwards and once
# *backwards*.
#
# [The fix](07b_fix.ipynb) changes one number in each window. Which?
