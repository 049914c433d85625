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
# # Features that see tomorrow: exercises
#
# Six exercises, easy to hard, about 35 minutes. Each ends in a check that tells you whether you
# are there. They use the functions of
# [the pitfall](07a_pitfall.ipynb) and
# [the fix](07b_fix.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.checks import features_that_look_ahead
from pitfalls.datasets import make_price_series, make_returns, make_unrelated_series
from pitfalls.notebook.feedback import called, in_words, miss, number, readable

lesson = course.load("look_ahead")
peek = lesson.world("centred").pitfall
honest = lesson.world("centred").fixes["trend_over_the_past"]
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# Jonas shortens the part of the future in his long trend to **three days**: the window goes from
# ten days before to three days after, and that of the short trend from five before to two after.
# You have seen what he claims with no future day and with ten. What does he claim now?

# %% tags=["raises-exception", "remove-output"]
# Your estimate of the claimed accuracy, between 0 and 1, as estimate = ...
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
studies = [make_price_series(n_fresh=2_000, random_state=s) for s in range(10)]
three_days = [study.knowing(share_of_future=0.3) for study in studies]
claimed = np.mean([study.run(peek).claimed for study in three_days])
without = np.mean([study.run(honest).claimed for study in studies])
missed = miss(estimate, claimed, 0.03)
assert not missed, f"{missed} How much do two trends tell together?"
print(f"no future day: {without:.2f}, three: {claimed:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# In the long trend 3 of 14 values lie ahead, and with ten days it was 10 of 21: how far along is
# that? Go as far from the claim without a future day towards the claim with ten. The short trend,
# with 2 of 8 in place of 5 of 11, is no less far along.
#
# </details>

# %% [markdown]
# ## 2. Find the leak (8 minutes)
#
# Here are four features that a colleague uses every day; no window is centred. Two of them look
# ahead. Use the check of the chapter to find them. Then write `repaired`, with the same four names,
# so that none does.


# %%
def colleague(frame):
    price = frame["price"]
    low, high = price.min(), price.max()
    return pd.DataFrame(
        {
            "momentum": price - price.shift(5),
            "place in the range": (price - low) / (high - low),
            "weekly": price.groupby(np.arange(len(price)) // 5).transform("mean"),
            "volatility": price.diff().rolling(20).std(),
        }
    )


series = make_price_series(random_state=1).X[0].rename("price").to_frame()


# %% tags=["raises-exception", "remove-output"]
def repaired(frame):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
theirs, mine = colleague(series), called(repaired, series, like=series)
assert set(mine) == set(theirs), "Keep the four names, and no others."
found = features_that_look_ahead(repaired, series, random_state=0)
guilty = [one.of for one in found if one.verdict == "suspect"]
assert not guilty, f"These still look ahead: {guilty}"
late = mine.iloc[300:]
assert late.std().min() > 0, "A feature that never changes tells nothing."
same = [np.allclose(late[name], theirs[name][300:]) for name in ("momentum", "volatility")]
assert all(same), "Momentum and volatility did not look ahead: leave them as they were."
place, price = late["place in the range"], series["price"][300:]
assert place.between(0, 1).all(), "A place in the range lies between 0 and 1."
follows = late[["place in the range", "weekly"]].corrwith(price).round(2).to_dict()
assert min(follows.values()) > 0.3, f"Both should follow the price; correlations: {follows}"
assert abs(late["weekly"] - price).mean() < 10, "A weekly mean lies near the price."
features_that_look_ahead(colleague, series, random_state=0)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `features_that_look_ahead(colleague, series)` names the two. Two windows of pandas end
# on the day itself: `expanding()` has all days so far, `rolling(5)` the last five. Which of them
# says of the past what the feature says of the whole series, or of the week?
#
# </details>

# %% [markdown]
# ## 3. Filter anew every evening (8 minutes)
#
# "Nobody deploys like that", says the author of *denoise, then split*. "In use, I would run my
# filter every evening over everything that is there. The older days are then smoothed from both
# sides, as in the study, and only the last days lack a part." Write `smoothed_tonight(X,
# days_ago)`: the Gaussian average of the chapter (offsets −6 to 6 around the day, weights
# `exp(-offsets**2 / 8)`), over the values that are not missing, with weights that sum to 1 over
# those.


# %% tags=["raises-exception", "remove-output"]
def smoothed_tonight(X, days_ago):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
study = make_returns(random_state=0)
live = study.deployment
archive, tonight = (
    pd.DataFrame(
        {ago: np.round(called(smoothed_tonight, X, ago, like=study.y), 1) for ago in range(8)}
    )
    for X in (study.X, live.X)
)
one_each = len(archive) == len(study.X) and len(tonight) == len(live.X)
assert one_each, "smoothed_tonight returns one value for each row."
assert tonight.notna().all().all(), "Some values are missing: leave the empty days out of the sum."
ones = smoothed_tonight(live.X.where(live.X.isna(), 1.0), 0)
assert np.allclose(ones, 1), f"Returns of 1 become {ones.mean():.2f}: do the weights sum to 1?"
model = LinearRegression().fit(archive[:900], study.y[:900])
again = r2_score(live.y, model.predict(tonight))
streamed = study.run(lesson.world("denoise").pitfall).deployed
assert streamed < again < 0, f"R² {again:.2f} should lie between {streamed:.2f} and 0."
print(f"R² live: smoothed as it comes {streamed:.2f}, filtered anew every evening {again:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The columns `X[offsets - days_ago]` are the thirteen days around that day. A sum skips missing
# values, but the weights still count them: divide each row by the sum of the weights of those days
# that are there (`notna()`).
#
# </details>

# %% [markdown]
# ## 4. A point to argue (5 minutes)
#
# "I want to fill *gaps* in a record: single moments at which the sensor failed. Shuffled folds are
# right for that." Is that so? Take a stand in two sentences. Then measure on the series with the
# longest memory: `gap_score(study, seed)` hides 100 moments drawn at random, trains
# `KNeighborsClassifier(3)` on the others and returns its accuracy on the hidden ones.


# %% tags=["raises-exception", "remove-output"]
def gap_score(study, seed):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
records = [make_unrelated_series(n_fresh=2, random_state=seed) for seed in range(20)]
filled = np.mean([number(gap_score, record, seed) for seed, record in enumerate(records)])
folds = KFold(5, shuffle=True, random_state=0)
model = KNeighborsClassifier(3)
claimed = np.mean([cross_val_score(model, r.X, r.y, cv=folds).mean() for r in records])
assert filled > 0.7, f"Yours fills {filled:.2f} correctly: are the hidden moments drawn at random?"
assert abs(filled - claimed) < 0.04, f"Yours {filled:.2f}, shuffled folds {claimed:.2f}."
noise = [make_unrelated_series(n_fresh=2, strength=0, random_state=s) for s in range(20)]
nothing = np.mean([number(gap_score, record, seed) for seed, record in enumerate(noise)])
assert abs(nothing - 0.5) < 0.05, (
    f"Without any memory yours still fills {nothing:.2f}: are the hidden moments out of training?"
)
print(f"shuffled folds claim {claimed:.2f}; gaps are filled with {filled:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Draw 100 places out of `len(study)`, none of them twice, with a generator made from `seed`;
# `np.setdiff1d` gives the others. Fit on `study.X` and `study.y` at the others, and score at the
# hidden ones.
#
# </details>

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# How many bikes will be rented in the hour that begins now? [A team that worked on
# it](https://github.com/Adalab/project-da-promo-C-module-3-team-5/issues/13) warned itself that
# two columns of the table add up to the answer. [A library for
# forecasts](https://github.com/etna-team/etna/issues/400) had a mean that took in the very moment
# that was asked about; somebody reported it, and it was mended. Here are both, with rides of our
# own. The forecast of the temperature is that of the day before.


# %%
def rides(seed, n=500):
    rng = np.random.default_rng(seed)
    mood = 1.5 * pd.Series(rng.normal(size=n)).ewm(span=12).mean()
    frame = pd.DataFrame({"clock": np.arange(n) % 24})
    frame["forecast"] = rng.normal(15 + mood, 2).round(1)
    busy = np.exp(np.sin((frame["clock"] - 9) * np.pi / 12) + mood)
    frame["casual"], frame["members"] = rng.poisson(20 * busy), rng.poisson(60 * busy)
    return frame.assign(bikes=frame["casual"] + frame["members"])


def theirs(frame):
    made = frame[["clock", "forecast", "casual"]].copy()
    made["three hours"] = frame["bikes"].rolling(3, min_periods=1).mean()
    made["yesterday"] = frame["bikes"].shift(24)
    return made


# %% [markdown]
# `in_use` gives R² on other weeks twice: from the archive, and from what is on the screen when the
# hour begins. An audit is handed the first 300 hours as training rows, and the others as test
# rows. What does it say? Put what it asks for into `known`, and write
# `mended(frame)`, which makes a frame like that of `theirs`.

# %%
def in_use(make_features):
    old, new, hours = rides(0), rides(1), range(24, 500, 7)
    forest = RandomForestRegressor(25, min_samples_leaf=3, random_state=0)
    forest.fit(make_features(old)[24:300].fillna(0), old["bikes"][24:300])
    screens = [new[: hour + 1].astype(float) for hour in hours]
    for hour, screen in zip(hours, screens):
        screen.loc[hour, ["casual", "members", "bikes"]] = np.nan  # when the hour begins
    live = pd.DataFrame([make_features(screen).iloc[-1] for screen in screens])
    rows = make_features(new).loc[hours], live
    return [r2_score(new["bikes"][hours], forest.predict(part.fillna(0))) for part in rows]


# %%
from pitfalls.audit import audit


def audited(make_features, **known):
    frame, hours = rides(0), range(500)
    known |= dict.fromkeys(("groups", "available_at", "served"), False)
    known |= {"time": hours, "train": hours[24:300], "test": hours[300:], "series": frame}
    X, y = make_features(frame), frame["bikes"]
    return audit(None, X, y, make_features=make_features, **known, progress=False)


audited(theirs)

# %% tags=["raises-exception", "remove-output"]
# What the audit is to be told, as known = {"late": [...]}, and the features without the fault:
raise NotImplementedError("Write your answer here.")

# %% tags=["raises-exception", "remove-output"]
made = called(mended, rides(0), like=rides(0))
assert len(made) == 500, "mended returns a frame with a row for each hour, as theirs does."
said = isinstance(known, dict) and known.get("late") is not None
assert said, "What does the audit ask for? Hand it over as known = {'late': [...]}."
late = set(np.ravel(known["late"]))
missed = {"casual", "members", "bikes"} - late
untold = f"{len(missed)} more columns are counted at the end of the hour: tell the audit."
assert not missed, untold
assert len(late) == 3, f"{late - {'casual', 'members', 'bikes'}} is known when the hour begins."
with readable("known, or what mended returned,"):
    report = audited(mended, **known)
guilty = [one.of for one in report["features_that_look_ahead"] if one.verdict == "suspect"]
assert not guilty, f"These still take in the hour that is asked about: {guilty}"
scores = {"theirs": in_use(theirs), "mended": in_use(mended)}
print(pd.DataFrame(scores, index=["R² claimed", "R² when the hour begins"]).round(2))
live = scores["mended"][1]
assert live > 0.65, f"R² {live:.2f}: the hours before are known, and they tell more than that."
report

# %% [markdown]
# <details><summary>Another hint</summary>
#
# The audit took `bikes` to be late, as it is the outcome. Which columns are counted together with
# it, at the end of the hour? Once they are named, the report accuses one more feature. `shift()`
# before `rolling` lets a window end one hour earlier.
#
# </details>

# %% [markdown]
# ## 6. Your own project (5 minutes)
#
# List the columns of your last table of data over time, and write beside each one *when its value
# was known*. Then put the code between the raw series and the features into `my_features(frame)`.
# (No project at hand? Use any rolling feature you like; the series below has the column `price`.)
# The result joins your report in `work/reforms.yaml`; run it again, and the entry is replaced.

# %%
# A series of your own, as a frame in order of time, and the columns whose value of the day itself
# comes too late, such as the outcome:
own = make_price_series(random_state=1).X[0].rename("price").to_frame()
late = []


# %% tags=["raises-exception", "remove-output"]
def my_features(frame):
    raise NotImplementedError("Write your answer here.")


# %% tags=["raises-exception", "remove-output"]
from pitfalls.notebook.own_report import record

made = called(my_features, own, like=own)
still = [name for name in made if made[name].nunique() < 2]
assert not still, f"These are the same on every day and tell nothing: {still}"
with readable("What my_features returned"):
    mine = features_that_look_ahead(my_features, own, late=late, random_state=0)
record("6c", check=mine)
guilty = {one.of: one.cure for one in mine if one.verdict == "suspect"}
assert not guilty, f"These look ahead: {guilty}"
mine

# %% [markdown]
# <details><summary>Another hint</summary>
#
# A feature looks ahead if its value for a day changes when the later days are cut off. In your
# code look for a centred window, a negative `shift`, a gap that is filled from later values, or a
# mean or maximum of the whole column. `rolling` and `expanding` do much the same with the past
# alone. Where a value of the day itself comes too late, `shift()` takes the one before.
#
# </details>
