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
# # Scaling that sees the future: exercises
#
# Six exercises, easy to hard, about 30 minutes. Each ends in a check that tells you whether you
# are there. `peek` is Lena's procedure from
# [the pitfall](01a_pitfall.ipynb), and `study.run(peek)` runs it;
# read [the fix](01b_fix.ipynb) first.

# %%
from types import SimpleNamespace

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from pitfalls import course
from pitfalls.checks import features_that_look_ahead
from pitfalls.datasets import make_price_series, make_price_windows
from pitfalls.metrics import mean_interval
from pitfalls.notebook.feedback import called, formed, in_words, miss, number, readable

peek = course.load("leaky_scaling").world("window").pitfall
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (3 minutes)
#
# Suppose that Lena's scaler sees only **one** of the ten days to come, tomorrow. What does she
# claim on average? You have seen what she claims when it sees none of them, and when it sees all
# ten.

# %% tags=["raises-exception", "remove-output"]
# Your estimate, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
studies = [make_price_windows(n_fresh=100, random_state=s) for s in range(5)]
tomorrow_only = [study.knowing(days_ahead=1) for study in studies]
claimed = np.mean([study.run(peek).claimed for study in tomorrow_only])
missed = miss(estimate, claimed, 0.05)
assert not missed, f"{missed} Ask what one day tells of the other nine in this market."
print(f"With one day of ten in the scaler she claims {claimed:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The eleven values that the scaler sees add up to zero, so that the ten known ones tell exactly
# where tomorrow lies. But tomorrow is not yet the mean of ten days, although the steps after it
# tend to go the same way. The dial in the pitfall shows what she claims with no day and with two.
#
# </details>

# %% [markdown]
# ## 2. Find the leak (7 minutes)
#
# A colleague sends this script. No share and no date is on both sides of the split, the features end
# on day 0, and the scaler is inside a `Pipeline`. Write `repaired`: the same analysis without the leak.


# %%
def colleague(X, y, random_state=0):
    # 1. bring each window to the range from 0 to 1
    low, high = X.min(axis=1), X.max(axis=1)
    shapes = X.sub(low, axis=0).div(high - low, axis=0)
    # 2. keep the days that are known
    features = shapes.loc[:, :0]
    # 3. hold out half of the shares
    split = train_test_split(features, y, test_size=0.5, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    # 4. scale by the training rows only
    model = make_pipeline(StandardScaler(), LogisticRegression())
    # 5. score on shares that the model has not seen
    return model.fit(X_train, y_train).score(X_test, y_test)


# %% tags=["raises-exception", "remove-output"]
def repaired(X, y, random_state=0):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
study = make_price_windows(random_state=0)
blank = study.X.loc[:, :0].reindex(columns=study.X.columns)
leaky, fixed = colleague(study.X, study.y), number(repaired, study.X, study.y)
again = number(repaired, blank, study.y)
assert fixed == again, f"{fixed:.2f} becomes {again:.2f} when the days to come are blanked."
lively = make_price_windows(momentum=0.9, random_state=0)
found = number(repaired, lively.X, lively.y)
assert found > 0.7, f"Yours gets {found:.2f} in a market with a strong momentum: what is lost?"
rng = np.random.default_rng(0)
few = [make_price_windows(60, n_fresh=2, random_state=s) for s in range(10)]
coins = np.mean([number(repaired, one.X, rng.permutation(one.y)) for one in few])
assert coins < 0.6, f"Outcomes drawn by lot, and yours gets {coins:.2f}: which rows are scored?"
print(f"the colleague's script: {leaky:.2f}, yours: {fixed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Take one window, leave its columns above 0 empty, and go through the steps: which line gives
# other values than for the whole window? What step 2 cuts off has been used before that.
# Everything else may stay as it is.
#
# </details>

# %% [markdown]
# ## 3. Turn another dial (5 minutes)
#
# Lena tries other markets. Write `scores(momentum)`: what *her* procedure claims and what its model
# gets when deployed, each as a mean over three studies with that `momentum`. Guess first: in a
# random walk (`momentum=0`) nothing can be predicted. What does she claim there?


# %% tags=["raises-exception", "remove-output"]
def scores(momentum):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
markets = {momentum: called(scores, momentum, like=(1, 0.5)) for momentum in (0, 0.5, 0.9)}
claims, deploys = np.transpose(list(markets.values()))
assert claims.min() > 0.95, f"Her claim does not depend on the market; you have {claims.round(2)}."
assert abs(deploys[0] - 0.5) < 0.03, (
    f"A random walk deploys at a coin's score, not {deploys[0]:.2f}."
)
assert deploys[0] > deploys[1] > deploys[2], f"Momentum should hurt: {deploys.round(2)}"
one = make_price_windows(momentum=0.7, random_state=0).run(peek)
assert abs(scores(0.7)[1] - one.deployed) < 0.05, (
    f"At 0.7 yours deploys at {scores(0.7)[1]:.2f}, and one of her models at {one.deployed:.2f}."
)
print({m: f"{claim:.2f} → {deploy:.2f}" for m, (claim, deploy) in markets.items()})

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `make_price_windows(momentum=momentum, random_state=seed)` is one study of such a market, and
# `study.run(peek)` has both of its numbers, `.claimed` and `.deployed`. Take the mean of each over
# three seeds, and return them in this order.
#
# </details>

# %% [markdown]
# ## 4. A point to argue (5 minutes)
#
# [Lones's guide](https://arxiv.org/abs/2108.02497) (section 4.8) pictures a look-ahead as a min-max
# scaler that is fitted on a whole series before the split in time: the scaler knows how far the
# series will go. The objection: every row goes through one and the same map, so what can a row
# learn from it? Write down your opinion in two sentences, then measure. `difference(study)` should
# fit `MinMaxScaler` and a `LogisticRegression` to the known days, with the first 900 rows for
# training and the rows from 910 on for the test. It returns the accuracy with a scaler that saw all
# rows, minus the accuracy with one that saw the training rows only.


# %% tags=["raises-exception", "remove-output"]
def difference(study):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
series = [make_price_series(n_fresh=2, random_state=s) for s in range(30)]
differences = [number(difference, study) for study in series]
mean, low, high = mean_interval(differences)
assert np.std(differences) > 0, "All series give the same: did you fit both scalers?"
rows = np.arange(1500)
repeated = SimpleNamespace(X=series[0].X.iloc[rows % 900], y=series[0].y[rows % 900])
assert difference(repeated) == 0, "Both scalers see the same range here, and yours finds a gain."
loud = int(np.argmax(np.abs(differences)))
answers = np.where(rows < 900, series[loud].y, 1 - series[loud].y)
turned = SimpleNamespace(X=series[loud].X, y=answers)
assert np.isclose(difference(turned), -differences[loud]), (
    "Where the outcomes of the test rows are turned, so is the gain; yours is not."
)
assert abs(mean) < 0.03, f"Yours gains {mean:.2f}: does a row see more than its known days?"
print(f"all rows minus training rows: {mean:.3f} ({low:.3f} to {high:.3f})")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Cut `study.X` down to the days up to 0 first. Then go through the same lines twice, with another
# set of rows for `MinMaxScaler().fit`. Either way the scaled first 900 rows train the regression,
# and the scaled rows from 910 on are the test.
#
# </details>

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# Two things that readers notice in models of prices: [a scaler fitted to the whole
# series](https://github.com/huseinzol05/Stock-Prediction-Models/issues/126), and [a smoothing of the
# whole series](https://github.com/mkhushi/code-with-paper/issues/3). The second reader let it end
# where each window ends, and 79 % became a coin's 50 %. Here is a project with both, and with prices
# of our own: up or down in five days, trained on the first 700 days. The audit accuses both of its
# columns alike.

# %%
from pitfalls.audit import audit


def market(random_state):
    rng = np.random.default_rng(random_state)
    days = pd.bdate_range("2020-01-01", periods=1_000)
    return pd.DataFrame({"day": days, "price": 100 * np.exp(rng.normal(0, 0.01, 1_000).cumsum())})


def theirs(prices):
    price = prices["price"]
    level = (price - price.mean()) / price.std()
    smooth = price.rolling(9, center=True, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})


prices = market(0)
rises = prices["price"].shift(-5) > prices["price"]
known = dict.fromkeys(("groups", "available_at", "served", "late"), False) | {"time": "day"}
audit(None, prices, rises, make_features=theirs, **known, progress=False)

# %% [markdown]
# Write `mended(prices)`, with the same two columns and no look-ahead. A scaler may be fitted to the
# training days; then say in `known` which these are. And name the column that `matters`: whose repair
# alone lowers the score more? `score` takes the level of one function and the trend of another.


# %%
def score(level, trend):
    """The mean accuracy in ten markets, with the level of one function, the trend of another."""
    found = []
    for prices in map(market, range(10)):
        X = pd.concat([level(prices)["level"], trend(prices)["trend"]], axis=1).fillna(0)
        rises = prices["price"].shift(-5) > prices["price"]
        model = LogisticRegression().fit(X[:695], rises[:695])
        found.append(model.score(X[700:995], rises[700:995]))
    return np.mean(found)


print(f"theirs claims {score(theirs, theirs):.2f}")

# %% tags=["raises-exception", "remove-output"]
# Three things: known = known | {...}, the function mended(prices), and matters = "level" or "trend"
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
was = theirs(prices)
made = called(mended, prices, like=was)
assert {*made} == {*was} and len(made) == len(was), "mended returns a level and a trend for each day."
with readable("known, or what mended returned,"):
    alike = made.corrwith(was).round(2).to_dict()
    found = audit(None, prices, rises, make_features=theirs, **formed(known, {}, "known"), progress=False)
assert min(alike.values()) > 0.3, f"These have little to do with the columns of theirs: {alike}"
seen = {one.of for one in found["features_that_look_ahead"] if one.verdict == "suspect"}
assert seen == {*was}, f"With this in known, only {seen or 'nothing'} is accused of theirs."
report = audit(None, prices, rises, make_features=mended, **known, progress=False)
guilty = [one.of for one in report["features_that_look_ahead"] if one.verdict != "clean"]
assert not guilty, f"To the audit, as it is told, {guilty} of yours changes with days to come."
# what a training day is told must not change with the prices of the test days
later = mended(prices.assign(price=prices["price"].where(prices.index < 700, 3 * prices["price"])))
moved = [name for name in was if not np.allclose(made[name][:700], later[name][:700], equal_nan=True)]
assert not moved, f"Other prices on test days change {moved} of training days: what was fitted to them?"
scores = {"level": score(mended, theirs), "trend": score(theirs, mended)}
shown = pd.Series(scores | {"both": score(mended, mended)}).round(2)
print(shown.rename("accuracy in ten markets, if mended:").to_frame())
assert str(matters) == min(scores, key=scores.get), f"It is not {matters}, as the table shows: which repair costs more?"
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `rolling(9)` without `center=True` looks back. `price[:700]` are the training days, and
# `known | {"fit_until": prices["day"][699]}` tells the last of them. For `matters`, compare
# `score(mended, theirs)` with `score(theirs, mended)`.
#
# </details>

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# List every step of your last project that fits numbers: scaling, filling gaps, encoding,
# smoothing. For each, write down how many numbers it fits, to how many values each, and whether all
# of these are there on the day of the decision. Then put the code that makes your features into
# `my_features(X)`, and say which columns of `X` come later. (No project at hand? The rows below are
# Lena's.) The result joins your report in `work/reforms.yaml`; run it again, and the entry is
# replaced.

# %%
# Rows of your own, as a frame, and the columns that are not known on the day of the decision, by
# name or as True or False for each column:
X = make_price_windows(20, n_fresh=2, random_state=0).X
later = X.columns > 0


# %% tags=["raises-exception", "remove-output"]
def my_features(X):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
from pitfalls.notebook.own_report import record

with readable("What my_features returned"):
    made = pd.DataFrame(called(my_features, X, like=None))
    varied = made.nunique().max()
assert len(made) == len(X), f"my_features returned {len(made)} rows for {len(X)}."
assert varied > 1, "All rows have the same features: put in the code that makes yours."
with readable("What my_features returned"):
    result = features_that_look_ahead(my_features, X, time=False, late=later, random_state=0)
record("6a", check=result)
guilty = [one.of for one in result if one.verdict == "suspect"]
assert not guilty, f"These features need the future: {guilty}"
result

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The check gives your function the same rows with other values in the columns that come `later`.
# Which of your steps takes a mean, a largest value or a filling over a whole row? Let it begin with
# `X.loc[:, ~later]`.
#
# </details>
