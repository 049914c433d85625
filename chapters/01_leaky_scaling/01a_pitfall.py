# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A forbidden scaler: the claim
#
# **What you'll do.** Scale data in two ways that a careful reviewer would mark in red, and find
# out which of them matters.
#
# **What you'll need.** `fit` and `predict`, a mean and a standard deviation. 20 minutes.
#
# ---
#
# ## The scaler that everyone is warned about
#
# "Fit the scaler on the training rows only", says every course. What if you do not? Here are blood
# samples of people who are ill or well. Each column has a unit of its own, so a method that
# measures distances needs a scaler. And there are outliers, which make means and standard
# deviations jumpy.

# %%
from pitfalls.datasets import make_measurements

samples = make_measurements(random_state=0)
print(f"{samples.X.shape[0]} samples, {samples.X.shape[1]} columns, {samples.y.sum()} ill")

# %% tags=["protocol"]
import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import StandardScaler

from pitfalls.datasets import make_measurements, make_price_windows
from pitfalls.study import Claim


# %% [markdown]
# Both ways in one function: it holds out half of the rows, and lets the scaler see a share of them.
# *Claimed* is the score on the held-out rows. *Deployed* is the score on new rows, which no analyst
# has. So the function returns how its model is scored, and `samples.run` asks for that score.


# %% tags=["protocol"]
def hold_out_half(data, share):
    """Train on half of the rows; the scaler sees a share of the other half as well."""
    X_train, X_test, y_train, y_test = train_test_split(
        data.X, data.y, test_size=0.5, stratify=data.y, random_state=0
    )
    seen = np.vstack([X_train, X_test[: round(share * len(X_test))]])
    scaled = StandardScaler().fit(seen).transform
    model = KNeighborsClassifier(15).fit(scaled(X_train), y_train)
    correct = model.predict(scaled(X_test)) == y_test
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(scaled(sample.X), sample.y),
    )


# %% tags=["protocol"]
def scale_all_rows(data):
    """Fit the scaler on the training rows and on a share of the test rows, all by default."""
    return hold_out_half(data, share=data.info.get("share_of_test_rows", 1))


def scale_within_the_split(data):
    """Fit the scaler on the training rows only."""
    return hold_out_half(data, share=0)


# %%
leaky, clean = samples.run(scale_all_rows), samples.run(scale_within_the_split)
print(f"scaler saw all rows:      claimed {leaky.claimed:.3f}, deployed {leaky.deployed:.3f}")
print(f"scaler saw training rows: claimed {clean.claimed:.3f}, deployed {clean.deployed:.3f}")

# %% [markdown]
# One study may be luck. Here are the mean differences over many, with 95 % intervals. The second
# line compares the two scalers on the same splits, so that luck in the rows cancels.

# %%
import pandas as pd

from pitfalls import course, evidence
from pitfalls.metrics import mean_interval

lesson = course.load("leaky_scaling")
iid = evidence.read(lesson.world("iid"))
full = iid[iid["strength"] == 1]
wide = full.pivot_table(index="seed", columns="arm", values=["claimed", "deployed"])
leak = wide["claimed"]["pitfall"]
differences = {
    "claimed − deployed": leak - wide["deployed"]["pitfall"],
    "claimed − claimed, clean scaler": leak - wide["claimed"]["scale_within_the_split"],
}
summary = {name: mean_interval(values) for name, values in differences.items()}
pd.DataFrame(summary, index=["mean", "low", "high"]).T.round(3)

# %% tags=["remove-cell"]
assert all(-0.015 < low < 0 < high < 0.015 for _, low, high in summary.values())
world = lesson.world("iid")
others = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
assert not (others["verdict"] == "broken").any()

# %% [markdown]
# These studies show that there is next to no effect: both intervals are short and lie close around
# zero. With fewer rows, wilder outliers or rarer illness it is as small. The scaler keeps two
# numbers for each column, a mean and a standard deviation, and many rows share them. They have no
# room for the answer of any one row. It is no law: [Moscovich and Rosset
# (2022)](https://arxiv.org/abs/1901.08974) found a bias of *either* sign in small and wide tables,
# rescaling before a lasso among the cases. So put the scaler into a `Pipeline`; it costs
# nothing.
#
# ## Ten days back, ten days ahead
#
# Lena works for a fund. For each of 1 000 shares, around a date of its own, she has the prices of
# twenty days: ten up to day 0, when she has to decide, and ten after it. Will the mean price of the
# next ten days be higher than the price of day 0? Each column of the table is a day. Prices are
# logarithms, in units of a typical daily step, and the market has momentum, more than most real
# ones: a step tends to be followed by one in the same direction.

# %%
from pitfalls.datasets import make_price_windows

study = make_price_windows(random_state=0)
study.X.iloc[:3, [0, 8, 9, 10, 11, 19]].round(1)

# %% [markdown]
# Some shares are dear and some cheap, some calm and some wild, but only the shape of the curve
# should count. So she scales each window of twenty days to mean 0 and standard deviation 1. The
# features are the ten days that are known on day 0.

# %%
mean, sd = study.X.mean(axis=1), study.X.std(axis=1)
features = study.X.sub(mean, axis=0).div(sd, axis=0).loc[:, :0]
features.shape

# %% [markdown]
# The 500 shares with the earlier dates are for training, the other 500 for the test. No share and
# no date is on both sides, and nothing that was fitted on one share touches another. Not even a
# `Pipeline` would change anything.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.linear_model import LogisticRegression

model = LogisticRegression(C=100, max_iter=1000).fit(features[:500], study.y[:500])
claimed = model.score(features[500:], study.y[500:])
print(f"claimed: {claimed:.2f} of the test shares called correctly (a coin: 0.50)")

# %% [markdown]
# Nearly always right, about the stock market. The fund is delighted.
#
# ## Predict
#
# Tomorrow the model meets new shares from the same market. Choose an answer below, and write
# down a number and an interval that you would give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("leaky_scaling")

# %%
from pitfalls.notebook.predictions import predict

predict("leaky_scaling", guess=None, low=None, high=None)

# %% [markdown]
# ## On the day
#
# On day 0 itself the later columns are still empty. Nothing crashes: pandas takes the mean and the
# standard deviation of what is there. The code is the same, to the letter.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
today = study.deployment
mean, sd = today.X.mean(axis=1), today.X.std(axis=1)
features_today = today.X.sub(mean, axis=0).div(sd, axis=0).loc[:, :0]
deployed = model.score(features_today, today.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
from pitfalls.notebook.predictions import settle

settle("leaky_scaling", deployed)
promised, got = (round(1000 * (1 - score)) for score in (claimed, deployed))
print(f"Of 1 000 decisions: promised {promised} wrong ones, got {got}.")

# %% [markdown]
# Worse than a coin. And yet these are the same kind of shares, in the same market.
#
# ## Where the answer came from
#
# Here is one of Lena's windows, as the model sees it in the archive and as it would see it on the
# day of the decision. All twenty scaled values add up to zero. So if the known days lie below the
# line on the whole, the days to come must make up for it.

# %% mystnb={"image": {"alt": "The same share twice, as bars around a zero line. Left, scaled over all twenty days: the known days lie mostly below the line and the days to come above it, and their sums are equal with opposite signs. Right, scaled over the known days only: the known bars lie on both sides and their sum is zero; nothing is there after day 0."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
share = study.X.iloc[3]
fig, axes = plt.subplots(1, 2, figsize=(9.5, 3.8), sharey=True)
for ax, last, title in zip(axes, (10, 0), ("in the archive", "on the day"), strict=True):
    seen = share.loc[:last]
    z = (seen - seen.mean()) / seen.std()
    halves = (z.loc[:0], "black", -4.5), (z.loc[1:], figures.PITFALL, 5.5)
    for days, hue, where in halves:
        ax.bar(days.index, days, color=hue, width=0.8, alpha=0.75)
        total = f"sum {days.sum().round(1) + 0:.1f}".replace("-", "−")
        text = total if len(days) else "not there yet"
        ax.text(where, 2.4, text, color=hue, ha="center")
    ax.axhline(0, color="black", lw=1)
    ax.set(title=title, xlabel="day", xlim=(-10, 11), ylim=(-2.6, 2.9))
    ax.set_xticks(range(-9, 11, 3))
axes[0].set_ylabel("scaled log price (sd)")
plt.show()

# %% [markdown]
# Let $z$ be the scaled window, with $L$ known days and $H$ days to come. The mean over the whole
# window is 0, so
#
# $$\sum_{\text{past}} z + \sum_{\text{future}} z = 0,
# \qquad\text{hence}\qquad
# \bar z_{\text{future}} = -\frac{L}{H}\,\bar z_{\text{past}} .$$
#
# The question was whether $\bar z_{\text{future}} > z_0$, for scaling does not change which of the
# two is higher. So the answer is the sign of $-\frac{L}{H}\,\bar z_{\text{past}} - z_0$, which is a
# *linear function of the features*. It needs no market, no training and no luck:


# %%
def rule(scaled):
    ratio = study.info["lookback"] / study.info["horizon"]
    return -ratio * scaled.mean(axis=1) > scaled[0]


print(f"in the archive: {(rule(features) == study.y).mean():.2f} right, without any training")
print(f"on the day:     {(rule(features_today) == today.y).mean():.2f} right")

# %% [markdown]
# On the day of the decision each window is scaled by its past alone, so the mean of the known days
# is 0. What is left of the rule is "below its own mean, so it will rise". That is a bet against the
# trend, in a market with momentum.
#
# The first scaler on this page kept two numbers for hundreds of rows. Lena's keeps two numbers for
# **every window of twenty values**, and ten of the twenty are the answer. Count both: the numbers
# fitted, and the values behind each.
#
# ## The whole procedure, as a function
#
# The dial of this chapter is how many of the ten days to come the scaler sees. The prices are the
# same at every position; only the procedure differs.


# %% tags=["protocol"]
def scale(X, last):
    """Scale each window by its own mean and sd up to `last`; return what is known."""
    seen = X.loc[:, :last]
    return X.sub(seen.mean(axis=1), axis=0).div(seen.std(axis=1), axis=0).loc[:, :0]


def first_half(data):
    """Which windows come first; those of one moment are on one side."""
    order = data.meta.get("time", data.meta.index.to_series())
    return (order < order.median()).to_numpy()


def beyond_accuracy(model, X, y):
    """Accuracy; AUROC and calibration in the large, which no threshold changes."""
    probability = model.predict_proba(X)[:, 1]
    return {
        "score": model.score(X, y),
        "auroc": roc_auc_score(y, probability),
        "calibration": probability.mean() - y.mean(),
    }


# %% tags=["protocol"]
def scale_over_the_horizon(data):
    """Scale over past and future; train on the first half, test on the second."""
    last = data.info.get("days_ahead", data.info["horizon"])
    train, features, y = first_half(data), scale(data.X, last), data.y
    model = LogisticRegression(C=100, max_iter=1000).fit(features[train], y[train])
    X_test, y_test = features[~train], y[~train]
    correct = model.predict(X_test) == y_test
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: beyond_accuracy(model, scale(sample.X, last), sample.y),
        measures={"claimed_auroc": roc_auc_score(y_test, model.decision_function(X_test))},
    )


# %% mystnb={"image": {"alt": "The card of numbers. The claim is close to 1 with a short interval; fresh and deployed are equal and lie below chance."}}
score = study.run(scale_over_the_horizon)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.claimed > 0.97 and score.deployed < 0.5
assert (rule(features) == study.y).all()

# %% [markdown]
# The gap is all *optimism*: the number was wrong on the day it was made.
#
# ## Was it bad luck?
#
# Each small dot is a study with other shares. At the left end the scaler sees none of the days to
# come.


# %% tags=["protocol"]
def make_measurements_study(strength, random_state, **kind):
    """Independent rows; the dial is the share of the test rows that the scaler sees."""
    study = make_measurements(strength=strength, random_state=random_state, **kind)
    return study.knowing(share_of_test_rows=strength)


def make_price_windows_study(strength, random_state, **kind):
    """Windows of prices; the dial is how many of the days to come the scaler sees."""
    study = make_price_windows(strength=strength, random_state=random_state, **kind)
    return study.knowing(days_ahead=round(study.info["horizon"] * strength))


# %% mystnb={"image": {"alt": "Accuracy against the number of days to come inside the scaler. With none, claim and deployed score agree a little above chance. With more, the claim climbs steadily to nearly 1, while the deployed score drops below chance at once and stays there."}}
world = lesson.world("window")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
figures.dial(mine, metric="accuracy", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("leaky_scaling", "window", arms=["pitfall"])

# %% [markdown] slideshow={"section": "cases"}
# Without the future the model is a little better than a coin, and claims no more. Two days of the
# future are enough to turn its bet round; the other eight only raise the claim.
#
# ## What you have learned
#
# - what a scaler that has seen the test rows does to a score;
# - how a scaler can do harm although the split is clean;
# - what to count before you worry: the numbers that are fitted, and the values behind each.
#
# ## Where it happened
#
# - **Which leaks matter.** [Rosenblatt and colleagues
#   (2024)](https://doi.org/10.1038/s41467-024-46150-w) put leaks of many kinds into more than 400
#   pipelines. Repeated subjects and leaky feature selection inflated drastically; the others were
#   minor.
# - **Series.** [Lones (2024)](https://arxiv.org/abs/2108.02497) shows scaling before a split in
#   time as his example of a look-ahead. [Hewamalage, Ackermann and Bergmeir
#   (2023)](https://doi.org/10.1007/s10618-022-00894-5) collect flawed evaluations of forecasts,
#   which make a method look competitive that is not.
# - **In the taxonomy** of [Kapoor and Narayanan
#   (2023)](https://doi.org/10.1016/j.patter.2023.100804) a scaler on all rows would be L1.2,
#   preprocessing on training and test data, though their examples are imputation and resampling,
#   not scaling. A value scaled with the help of the future is L2, an illegitimate feature: nobody
#   has it when the prediction is made. Nobody seems to have counted how often windows are scaled
#   like Lena's.
#
# **Where it hides.** Clinic: a heart rate scaled by the mean of the whole stay, to warn on the
# first night. Finance: a price divided by the maximum of the year. Text: the sentiment of a user's
# posts, standardised over months, to predict the last of them. Ecology: anomalies against a
# thirty-year mean that ends after the forecast. Industry: a vibration signal brought to unit
# variance over a run that includes the failure.
#
# [The fix](01b_fix.ipynb) changes one line. Which?
