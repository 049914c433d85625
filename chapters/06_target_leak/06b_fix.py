# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Written down afterwards: the fix
#
# **What you'll do.** Ask of each column when it is known, keep those that are known in time, and
# see why no importance and no score can do the asking for you.
#
# **What you'll learn.**
# - the one-line fix, and the table that it needs;
# - how much of the fall was the model, and how much was a threshold;
# - why a leak of middling strength looks like any good feature;
# - a check that uses the times, with its power and its false alarms.
#
# **What you'll need.** [The claim](06a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## A column for the clock
#
# Anton takes a nurse and a laboratory technician to lunch, and goes through the columns with them.
# One question for each: *how long after arrival does this field first hold the value that the
# archive has?* The answers make a table. The decision is made after one hour.

# %%
import pandas as pd

from pitfalls.datasets import make_admissions

study = make_admissions(random_state=0)
recorded_at, decision = study.info["recorded_at"], study.info["decision"]
clock = recorded_at.to_frame("known at (h)").assign(in_time=recorded_at <= decision)
clock

# %% [markdown]
# The rule is **known at ≤ decision time**, and it is the fix:

# %%
from sklearn.ensemble import HistGradientBoostingClassifier

in_time = list(recorded_at.index[recorded_at <= decision])
half = len(study) // 2
model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
model = model.fit(study.X[in_time][:half], study.y[:half])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(study.X[in_time][half:], study.y[half:])
deployed = model.score(study.deployment.X[in_time], study.deployment.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# Modest, true, and on the day better than the first model. As a function, beside Anton's:

# %% tags=["protocol"]
from scipy.stats import binomtest, bootstrap
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import r2_score, roc_auc_score

import numpy as np
import pandas as pd

from pitfalls.checks import too_good_alone
from pitfalls.datasets import load_flights, make_admissions
from pitfalls.study import Claim, Sample, Study


def use_what_is_known(data):
    """Train on the columns that are known at the hour of the decision."""
    recorded_at, decision = data.info["recorded_at"], data.info["decision"]
    return train_and_ask(data, list(recorded_at.index[recorded_at <= decision]))


# %% tags=["protocol"]
def train_and_ask(data, columns):
    """Train on half of the archive, ask about the other half; ship that model."""
    half = len(data) // 2
    model = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
    model.fit(data.X[columns][:half], data.y[:half])

    def score(sample):
        return three_measures(sample.y, model.predict_proba(sample.X[columns])[:, 1])

    y, risk = data.y[half:], model.predict_proba(data.X[columns][half:])[:, 1]
    correct, found = (risk > 0.5) == y, three_measures(y, risk)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(y)).proportion_ci(method="wilson"),
        score=score,
        measures={"claimed_auroc": found["auroc"], "claimed_excess": found["excess"]},
    )


# %% tags=["protocol"]
def three_measures(y, risk):
    """Return accuracy, AUROC, and the mean risk stated minus the share of outcomes."""
    return {
        "score": ((risk > 0.5) == y).mean(),
        "auroc": roc_auc_score(y, risk),
        "excess": risk.mean() - y.mean(),
    }


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims .95 and deploys at chance. The fix claims and deploys about .63."}}
import matplotlib.pyplot as plt

from pitfalls import course, evidence, figures

lesson = course.load("target_leak")
world = lesson.world("antibiotic")
pitfall, fix = study.run(world.pitfall), study.run(use_what_is_known)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown] slideshow={"text": "takeaway"}
# **The fix repairs the model**, not only its number. An honest number for the first model would
# have been that of a coin. The columns known in time are worth more than that, but with the
# antibiotic at hand the trees hardly looked at them.

# %% mystnb={"image": {"alt": "Accuracy against the probability that the column was filled in later, for both arms. The fix is flat near .63, claimed and deployed together. The pitfall's claim climbs to .95 while its deployed score falls to .50."}}
antibiotic = evidence.read(world)
figures.dial(antibiotic, metric="accuracy", chance=0.5, label=world.dial)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("target_leak", "antibiotic")

# %%
verdicts = evidence.verdict(antibiotic, world).query("clause == 3").set_index("strength")
verdicts[["mean", "low", "high", "margin", "n", "verdict"]].round(3)

# %% [markdown]
# The table is a test of the fix: over all seeds, the 90 % interval of claimed minus deployed has to
# lie inside ± the margin.
#
# ## Three measures of one fall
#
# How much of the damage is a threshold? The same studies at full strength, by three measures: the
# accuracy, the AUROC, and the mean risk stated minus the share of the infected (calibration in
# the large, which should be 0).

# %% mystnb={"image": {"alt": "Three panels with claimed and deployed of both arms. Accuracy: the pitfall falls from .95 to .50, the fix stays near .63. AUROC: the pitfall falls from .96 to about .61, the fix stays near .68. Calibration in the large: the pitfall falls from 0 to about minus .4, the fix stays at 0."}}
full = antibiotic[antibiotic["strength"] == 1].groupby("arm", sort=False)
full = full.mean(numeric_only=True)
panels = {
    "accuracy": ("claimed", "deployed", 0.5),
    "AUROC": ("claimed_auroc", "deployed_auroc", 0.5),
    "calibration in the large": ("claimed_excess", "deployed_excess", 0),
}
fig, axes = plt.subplots(1, 3, figsize=(9, 2.9))
for ax, (name, (first, second, level)) in zip(axes, panels.items()):
    for arm, hue in zip(full.index, (figures.PITFALL, figures.FIX)):
        ends = full.loc[arm, [first, second]]
        ax.plot([0, 1], ends, color=hue, lw=2)
        ax.plot(0, ends.iloc[0], "o", color=hue, ms=9, mfc="white", mew=1.8)
        ax.plot(1, ends.iloc[1], "o", color=hue, ms=9)
    ax.axhline(level, color=figures.CHANCE, lw=1, ls=":")
    ax.set(title=name, xlim=(-0.25, 1.25))
    ax.set_xticks([0, 1], ["claimed", "deployed"])
axes[0].text(0.5, 0.8, "pitfall", color=figures.PITFALL)
axes[0].text(0.05, 0.65, "fix", color=figures.FIX)
plt.show()

# %% [markdown]
# By accuracy the first model is worth nothing; by AUROC it has lost less than half of what the fix
# has above 0.5. Could Anton keep the first model, and move its cut so that half of the patients lie
# on either side?

# %%
whole = HistGradientBoostingClassifier(max_iter=40, max_leaf_nodes=8)
whole.fit(study.X[:half], study.y[:half])
risk = whole.predict_proba(study.deployment.X)[:, 1]
moved = ((risk > np.median(risk)) == study.deployment.y).mean()
print(f"cut at one half {pitfall.deployed:.2f}, cut moved {moved:.2f},", end=" ")
print(f"fix {fix.deployed:.2f}")

# %% [markdown]
# Moving the cut gets much of it back, but the place can only be found with patients of the day. The
# rest is the model: it had learned little besides the antibiotic.
#
# ## What the fix costs, and where it stops
#
# It costs a lunch, and a score to be proud of. It stops working where the table is wrong. A time
# stamp tells when a field was *first* filled in. A lactate value that is corrected the next day
# keeps its old stamp, and is known too late all the same. The safest archive is one of snapshots:
# the record as it stood at the hour of the decision, saved then and never touched.
#
# ## The leak that looks like a good feature
#
# One column towered over all others, and you might have found it without a clock. So make it
# harder. In Anton's second hospital doctors wait for the laboratory more often, so that fewer of
# the ill have an antibiotic in the record. And there is a new blood value, procalcitonin, honest
# and good.


# %% tags=["protocol"]
def make_marker_study(strength, random_state):
    """A good marker, known in time, beside a column as good that is known too late."""
    return make_admissions(
        marker=1.45,
        given_ill=0.74,
        given_well=0.04,
        strength=strength,
        random_state=random_state,
    )


def make_discharge_study(strength, random_state):
    """Ask a day after arrival, when the antibiotic is in the record."""
    return make_admissions(decision=24, strength=strength, random_state=random_state)


# %% mystnb={"image": {"alt": "Bars of the AUROC of each column alone. Two bars stand out and are about equally long, between .8 and .85: procalcitonin, which is known in time, and the antibiotic, which is known too late. All others are near .6."}}
twins = make_marker_study(strength=1, random_state=0)
alone = pd.Series({c: roc_auc_score(twins.y, twins.X[c]) for c in twins.X})
alone = np.maximum(alone, 1 - alone).sort_values()
late = twins.info["recorded_at"][alone.index] > twins.info["decision"]
fig, ax = plt.subplots(figsize=(6.4, 3.6))
ax.barh(alone.index, alone, color=np.where(late, figures.PITFALL, figures.FIX))
ax.axvline(0.5, color=figures.CHANCE, lw=1, ls=":")
ax.set(xlim=(0.45, 1), xlabel="AUROC of the column alone (orange: known too late)")
plt.show()

# %% [markdown]
# Which is the leak? Nothing in the numbers says. A rule such as "be suspicious above 0.9" lets
# both pass, and a stricter one throws out the best honest column. Only the clock tells them apart.

# %% mystnb={"image": {"alt": "Two dials with both arms. Left, with a good marker: the fix stays near .78, while the pitfall's claim rises to .88 and its deployed score falls to about .72. Right, asked a day later: both arms are one line, claimed and deployed rise together to .95."}}
fig, axes = plt.subplots(1, 2, figsize=(12, 4.4))
titles = {"marker": "a good marker beside it", "discharge": "asked a day later"}
for ax, (name, title) in zip(axes, titles.items()):
    here = lesson.world(name)
    shown = evidence.read(here)
    figures.dial(shown, metric="accuracy", chance=0.5, label=here.dial, ax=ax)
    ax.set_title(title)
plt.show()

# %%
turn("target_leak", "marker")

# %% [markdown]
# Left, the second hospital: a gap that hurts, from a column that looks like any other. Right, the
# first hospital with *another question*. A quality team asks a day after arrival, for its
# statistics, who had an infection. Then the antibiotic is in the record of everybody who is
# asked about, the whole record gets what it claims, and the rule of the fix keeps the column. No
# column is illegitimate as such. **It is illegitimate for a decision that comes before it.**
#
# ## On real data
#
# How late will a flight arrive? The data are all flights of 297 planes from New York in 2013. The
# archive has the departure delay and the time in the air, but the traveller asks the evening
# before. The first 60 % of the flights are the archive, the others are the day. On the day the two
# columns are empty, and somebody fills them with their training means, as people do.


# %% tags=["protocol"]
def make_arrival_study(random_state):
    """Arrival delays (minutes); the first 60 % of the year are the archive."""
    flights = load_flights().dropna(subset="arr_delay").reset_index(drop=True)
    X = flights.assign(
        weekday=pd.to_datetime(flights[["month", "day"]].assign(year=2013)).dt.day_of_week,
        hour=flights["sched_dep_time"] // 100,
        carrier=pd.factorize(flights["carrier"], sort=True)[0],
        origin=pd.factorize(flights["origin"], sort=True)[0],
    )[["weekday", "hour", "distance", "carrier", "origin", "dep_delay", "air_time"]]
    y, n = flights["arr_delay"].to_numpy(), int(0.6 * len(X))
    rng = np.random.default_rng(random_state)
    kept = np.sort(rng.permutation(n)[: int(0.8 * n)])
    day = Sample(X[n:].assign(dep_delay=np.nan, air_time=np.nan), y[n:])
    return Study.of(Sample(X.iloc[kept], y[kept]), day, random_state=random_state)


# %% tags=["protocol"]
def forecast(data, columns):
    """Train on the first flights, score later ones, fill what the day lacks."""
    n, X, y = int(0.6 * len(data)), data.X[columns], data.y
    model = HistGradientBoostingRegressor(max_leaf_nodes=15, early_stopping=False)
    model.fit(X[:n], y[:n])
    test = y[n:], model.predict(X[n:])
    options = {"n_resamples": 99, "method": "percentile", "rng": 0}
    spread = bootstrap(test, r2_score, paired=True, **options).confidence_interval
    means = X[:n].mean()

    def score(sample):
        return r2_score(sample.y, model.predict(sample.X[columns].fillna(means)))

    return Claim(r2_score(*test), spread, score)


def forecast_from_the_whole_table(data):
    """Use every column."""
    return forecast(data, list(data.X))


def forecast_from_the_schedule(data):
    """Leave out the departure delay and the time in the air."""
    return forecast(data, list(data.X.columns[:-2]))


# %%
arrivals = evidence.read(lesson.world("arrivals"))
numbers = arrivals.groupby("arm", sort=False)[["claimed", "deployed"]]
numbers.agg(["mean", "std"]).round(2)  # R²

# %% tags=["remove-cell"]
for each in lesson.simulated:
    verdict = evidence.verdict(evidence.read(each), each)["verdict"]
    assert (verdict == "holds").all()
assert abs(fix.claimed - claimed) < 1e-12 and abs(fix.deployed - deployed) < 1e-12
assert fix.deployed > pitfall.deployed + 0.08
assert pitfall.claimed > fix.claimed + 0.2
assert pitfall.deployed + 0.04 < moved < fix.deployed + 0.01
leaky, honest = full.iloc[0], full.iloc[1]
kept = (leaky["deployed_auroc"] - 0.5) / (honest["deployed_auroc"] - 0.5)
assert 0.5 < kept < 0.8
assert abs(honest["deployed_excess"]) < 0.02 < 0.3 < -leaky["deployed_excess"]
means = arrivals.groupby("arm", sort=False)[["claimed", "deployed"]].mean()
assert means.iloc[0]["claimed"] > 0.75 and means.iloc[0]["deployed"] < -0.1
assert means.iloc[1].abs().max() < 0.1
assert set(alone.index[-2:]) == {"antibiotic", "procalcitonin"}
assert alone.iloc[-1] - alone.iloc[-2] < 0.05 and alone.iloc[-3] < 0.7

# %% [markdown] slideshow={"section": "check"}
# An R² above 0.8, with a clean split in time, and on the day it is negative: worse than naming the
# same delay for every flight. The fix is honest: its score says that the timetable knows next to
# nothing. That is a result too. (Seeds are draws from one year, so the spread leaves out other
# years.)
#
# ## A check to take home
#
# The check needs your table of times: for each column, hours relative to the decision, above 0 if
# it comes later. It asks how well each column alone tells the outcome, by AUROC. To be fair, each
# row is predicted from other rows only: from the rows before it, in a shuffled order, that have the
# same category or a similar rank. A missing value is a category as well.

# %% tags=["check"]
import numpy as np
import pandas as pd


def too_good_alone(X, y, available_at=None):
    """Say which columns know more of the outcome, alone, than they may."""
    X, y = pd.DataFrame(X).infer_objects(), pd.Series(np.ravel(y))
    high = (y.dropna().rank(pct=True) > 0.5).sample(frac=1, random_state=0)
    n, few, varied = len(high), min(sum(high), sum(~high)), X.nunique(dropna=False) >= 2
    hours = pd.Series(available_at, X.columns, float).where(varied & (few > 4)).to_numpy()
    risk = pd.DataFrame(0.0, high.index, range(len(hours)))
    for j, (_, c) in enumerate(X.items()):
        c = c if c.dtype.kind == "O" else c.rank(pct=True).round(1)
        past = high.groupby(pd.factorize(c)[0][high.index])
        risk[j] = (past.cumsum() - high + high.mean()) / (past.cumcount() + 1)
    own = 0.5 + risk.rank().groupby(high).mean().diff().sum() / n
    second = np.sort(np.r_[0.5, 0.5, own[hours <= 0]])[-2]
    null = np.where(hours <= 0, 0.75 + second / 4, 0.5)
    spread = null * (1 - null) * (n + 1) / max(3 * few * (n - few), 1)
    null += np.sqrt(2 * np.log(1 + 2 * len(hours)) * spread)
    said = np.select([np.isnan(hours), own > null], ["not checked", "suspect"], "clean")
    return pd.DataFrame({"value": own.array, "null": null, "verdict": said}, X.columns)


# %%
hours = recorded_at - decision
too_good_alone(study.X, study.y, hours).round(2)

# %% [markdown]
# `value` is what the column gets alone, and `null` the most that it may get. A column that comes
# *later* may know nothing: its bound is 0.5 and the reach of chance. A column *in time* may be
# good, so its bound is a convention: it may not cut the error that the next best column in time
# leaves to less than a quarter. A column without a time, or with one value only, is "not checked".
#
# And if somebody had filled in "on arrival" for the antibiotic? Here is what the check says of it
# then, in both hospitals, and for those who ask a day later, when it *is* in time:

# %%
asked = {
    "first hospital": study,
    "second hospital": twins,
    "a day later": make_discharge_study(strength=1, random_state=0),
}
said = {name: too_good_alone(s.X, s.y, 0).loc[["antibiotic"]] for name, s in asked.items()}
said = pd.concat(said).droplevel(1)
said.round(2)

# %% [markdown]
# So without true times the check misses the leak of the second hospital. And a day later it
# suspects an honest column, because it stands as far ahead as the leak of the first hospital did.
# For a column in time the verdict is a question to ask, not a finding.
#
# And with true times? Here are simulated hospitals of three sizes. To give false alarms a chance,
# eight columns that know nothing come late as well: the measurements of somebody else. An alarm is
# any column that is called suspect.


# %% tags=["protocol"]
def measure_check(strength, n, random_state):
    """Run the check with the true times, and with times that are all in time."""
    settings = {"strength": strength, "random_state": random_state}
    study = make_admissions(n, n_fresh=2_000, **settings)
    hours = study.info["recorded_at"] - study.info["decision"]
    others = study.X.drop(columns="antibiotic").sample(n, random_state=random_state)
    X = study.X.join(others.set_axis(study.X.index).add_prefix("later "))
    hours = hours.reindex(X.columns, fill_value=1.0)
    alarms = [
        int((too_good_alone(part, study.y, when)["verdict"] == "suspect").any())
        for part, when in ((X, hours), (study.X, hours.clip(upper=0)))
    ]
    score = study.settle(train_and_ask(study, list(study.X)))
    return {"alarm": alarms[0], "alarm_without_times": alarms[1], "gap": score.gap}


# %% mystnb={"image": {"alt": "Above, the share of studies with an alarm against the probability that the column was filled in later, for 100, 300 and 1 000 patients. At 0 it is near 0; with 1 000 patients every leak is seen from a quarter on, with 100 from three quarters on. Below, the gap of the pitfall, which is small where the check misses it."}}
checked = evidence.read(lesson.experiment("check"))
figures.power(checked, label=world.dial, size="patients")
plt.show()
none = checked[checked["strength"] == 0]
print(f"false alarms: {none['alarm'].sum()} in {len(none)} studies without a leak")
print("share of alarms if every column claims to be in time:")
blind = checked.pivot_table("alarm_without_times", "n", "strength")
blind.round(2)

# %% tags=["remove-cell"]
found = too_good_alone(study.X, study.y, hours)
assert found["verdict"].to_dict() == {c: "clean" for c in in_time} | {"antibiotic": "suspect"}
assert (too_good_alone(study.X[in_time], study.y, hours)["verdict"] == "clean").all()
assert said["verdict"].to_list() == ["suspect", "clean", "suspect"]
assert none["alarm"].mean() < 0.05 and none["alarm_without_times"].mean() < 0.05
assert checked.query("n == 1000 and strength >= 0.25")["alarm"].mean() > 0.9
assert blind.loc[:, 0.75].max() < 0.1 and blind.loc[1000, 1] > 0.5

# %% [markdown]
# With the times and a thousand patients a leak is seen before it hurts much; with a hundred it is
# missed at a quarter and often at one half. False alarms are rare: at most a few in a hundred, in
# tables whose columns all come late. Without the times the check finds only the flagrant case, and
# only in a large archive; at three quarters, where the claim is far off, it finds nothing. It
# cannot see two leaks that both claim to be in time, since each makes the other look ordinary. And
# it assumes that the rows are independent.
#
# **What this was.** Taxonomy L2, illegitimate features. REFORMS items 3d (say what the outcome is,
# and how it is spread) and 6c (say of each feature why it is legitimate for the task). The times
# are the argument that 6c asks for. The fix repairs the model.
#
# ## On your own
#
# The [exercises](06c_exercises.ipynb) take about 30 minutes.
#
# ## Further reading
#
# - [Kaufman, Rosset, Perlich and Stitelman (2012)](https://doi.org/10.1145/2382577.2382579): tag
#   each value with the time at which it becomes legitimate, then keep learning and predicting
#   apart.
# - [Kapoor and Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804): the taxonomy, and
#   an information sheet that makes you argue for each feature.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), sections 2.6 and 3.1: ask the
#   people who know the field, and keep the test set out of training.
