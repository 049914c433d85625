# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Those who were left out: the fix
#
# **What you'll do.** Take patients as they come, report by stratum, and look at two more studies
# that left somebody out.
#
# **What you'll learn.**
# - what to repair: the number, which takes a few hundred patients, or the model as well;
# - when weights will do instead, and when only new rows will;
# - a flow chart and a check that show who is missing.
#
# **What you'll need.** [The claim](11a_pitfall.ipynb). 20 minutes.
#
# ---
#
# ## One word changes
#
# Leila's claim is about everybody who is referred. So these are the people whom she takes: a
# thousand consecutive patients, whoever they are, each followed up until the diagnosis is known.
# The code says `patients` where it said `study`.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_referrals

study = make_referrals(random_state=0)
patients = study.collect(len(study))
half = len(patients) // 2
model = LogisticRegression().fit(patients.X[:half], patients.y[:half])
claimed = model.score(patients.X[half:], patients.y[half:])
deployed = model.score(study.deployment.X, study.deployment.y)
print(f"claimed {claimed:.1f}, deployed {deployed:.1f}")

# %% [markdown]
# ## Side by side
#
# Here are two ways to spend money, as functions. `study_everybody` is the cell above.
# `keep_the_model` ships Leila's first model, and needs half as many patients, only to find out how
# good it is.

# %% tags=["protocol"]
import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

from pitfalls import course
from pitfalls.checks import who_was_excluded
from pitfalls.datasets import (
    load_biopsies,
    make_fund_archive,
    make_rated_comments,
    make_referrals,
)
from pitfalls.metrics import mean_interval
from pitfalls.study import Claim, Sample


# %% tags=["protocol"]
def right_and_sure(model, sample):
    """Return the accuracy, and the mean probability that the model gives its answers."""
    sure = model.predict_proba(sample.X).max(axis=1)
    return {"score": model.score(sample.X, sample.y), "sure": sure.mean()}


def score_on(test, model, cost):
    """Claim what the model gets on the test rows; ship that model."""
    correct = model.predict(test.X) == test.y
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: right_and_sure(model, sample),
        cost=cost,
    )


# %% tags=["protocol"]
def study_everybody(data):
    """Draw as many rows as the study has from the whole frame, and start again."""
    everybody, half = data.collect(len(data)), len(data) // 2
    model = LogisticRegression().fit(everybody.X[:half], everybody.y[:half])
    test = Sample(everybody.X[half:], everybody.y[half:])
    return score_on(test, model, cost=len(everybody))


def keep_the_model(data):
    """Train on the study as it is, and score rows from the whole frame."""
    half = len(data) // 2
    model = LogisticRegression().fit(data.X[:half], data.y[:half])
    return score_on(data.collect(half), model, cost=half)


# %% mystnb={"image": {"alt": "The card of numbers for three arms. The pitfall claims nearly 1 and deploys near .8. Both fixes claim what they deploy, near .8; on fresh patients as the old study recruits them all three would score nearly 1."}}
import matplotlib.pyplot as plt

from pitfalls import course, figures

lesson = course.load("biased_sample")
world = lesson.world("spectrum")
fix, kept = study.run(study_everybody), study.run(keep_the_model)
pitfall = study.run(world.pitfall)
figures.house_style()
scores = {"pitfall": pitfall, "everybody": fix, "kept model": kept}
figures.card(scores, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# "Fresh" patients are still those whom the old study would recruit. All three models do splendidly
# on them, but the fixes no longer claim it. Look at "deployed", which hardly differs: the clear
# cases had already taught the model the right direction. **The fix repairs the data, and with them
# the number.** If you have such a model already, a test set from the right people is all that you
# need to buy *here*, since one direction carries everything. Where early disease has other signs than
# the clear cases, a model of clear cases is worse as well. (In medicine this is *spectrum bias*,
# described by [Ransohoff and Feinstein (1978)](https://doi.org/10.1056/NEJM197810262991705). Its
# sister is *verification bias*: only those are tested whom something has made suspect.)
#
# Does the model gain nothing? Not in accuracy. But ask it how sure it is.

# %%
import pandas as pd

trained = {"trained on clear cases": pitfall, "trained on everybody": fix}
rates = {name: (s.deployed, s.measures["deployed_sure"]) for name, s in trained.items()}
pd.DataFrame(rates, ["right", "sure"]).T.round(2)

# %% [markdown]
# `sure` is the mean probability that a model gives its own answer. A model that has seen only
# clear cases takes every case for a clear one.
#
# ## At every dose

# %% mystnb={"image": {"alt": "Accuracy against the share of patients left out. The pitfall's claim climbs from .8 to .99. The fix's claim and both deployed scores stay together on a flat line near .8."}}
from pitfalls import evidence

spectrum = evidence.read(world)
shown = spectrum[spectrum["arm"] != "keep_the_model"]
options = {"chance": 0.5, "label": world.dial, "ticks": world.ticks}
figures.dial(shown, metric="accuracy", **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("biased_sample", "spectrum")

# %%
verdicts = evidence.verdict(spectrum, world).query("clause == 3")
verdicts = verdicts.set_index(["arm", "strength"])
verdicts[["mean", "low", "high", "margin", "n", "verdict"]].round(3)

# %% [markdown]
# The table is a test of both fixes: over all seeds, the 90 % interval of claimed minus deployed
# has to lie inside ± the margin.

# %% [markdown]
# ## Report by stratum
#
# One number for everybody prepares the next mistake, since another clinic may have more of the
# difficult patients. So report the score in each stratum, and how many patients it rests on. Here
# the model of everybody is scored on the second half of the old study, and of the consecutive
# patients.

# %%
def by_severity(X, y, severity):
    right = model.predict(X) == y
    strata = pd.cut(np.abs(severity), [0, 0.5, 1, 1.5, np.inf], precision=1)
    return pd.Series(right).groupby(strata, observed=False).agg(["size", "mean"])


tables = {}
for name, part in {"study": study, "everybody": patients}.items():
    severity = part.meta["severity"].to_numpy()
    tables[name] = by_severity(part.X[half:], part.y[half:], severity[half:])
pd.concat(tables, axis=1).rename_axis("distance from the border (sd)").round(2)

# %% [markdown]
# Under "study", three of the four strata are empty. A table with these zeros would have warned
# everyone.
#
# ## Weights, where there is something to weigh
#
# Must it be new patients? Suppose that five in every hundred unclear patients had slipped into the
# study, and that Leila knows from the register how many unclear patients there are. Then the few
# can speak for the many: score the strata separately, and weight each by its share of *everybody*.

# %% tags=["protocol"]
def make_slip_study(strength, random_state):
    """Five of 100 unclear patients are recruited all the same."""
    return make_referrals(slips=0.05, strength=strength, random_state=random_state)


def weight_the_strata(data):
    """Score the strata apart, and weight them by their shares of everybody."""
    half, share = len(data) // 2, data.info["clear_share"]
    model = LogisticRegression().fit(data.X[:half], data.y[:half])
    correct = model.predict(data.X[half:]) == data.y[half:]
    clear = np.abs(data.meta["severity"].to_numpy()[half:]) > data.info["cut"]
    parts = [(share, correct[clear])] + [(1 - share, correct[~clear])] * (share < 1)
    claimed = sum(weight * part.mean() for weight, part in parts)
    variance = sum(weight**2 * part.var() / len(part) for weight, part in parts)
    interval = claimed + np.array([-1.96, 1.96]) * np.sqrt(variance)
    return Claim(claimed, interval, lambda sample: model.score(sample.X, sample.y))


# %%
slips = evidence.read(lesson.world("slips"))
slips = slips[slips["strength"] == 1].groupby("arm", sort=False)
slips[["claimed", "deployed"]].agg(["mean", "std"]).round(2)

# %% [markdown]
# On average the weighted claim is right, but it varies more, since a few patients speak for most.
# In an empty stratum no weight helps: zero times anything is zero. So weights give an honest
# number only where every stratum has some rows. They also need the stratum to be written down.
# With a proxy for it they remove only part of the bias.
#
# ## Two more of a kind
#
# **Closed funds.** An archive has the funds that are still listed today. Its analyst finds that
# the bolder half, those whose returns had varied most before the purchase, went on to earn well.
# The funds are simulated and have no skill. The fix takes the closed ones from the register as
# well. (Our funds live dangerously. In real mutual funds [Carhart and colleagues
# (2002)](https://doi.org/10.1093/rfs/15.5.1439) find a bias of 1 % a year in samples of more than
# 15 years.)

# %% tags=["protocol"]
def make_fund_study(strength, random_state):
    """1 000 funds; the higher the strength, the sooner a loss closes one."""
    return make_fund_archive(strength=strength, random_state=random_state)


def buy_the_bold(funds, cost=0):
    """Buy the funds whose track record varies more than the median one."""
    bold = np.median(funds.X.std(axis=1))

    def returns(sample):
        return sample.y[sample.X.std(axis=1) > bold]

    claimed, low, high = mean_interval(returns(funds))
    return Claim(claimed, (low, high), lambda sample: returns(sample).mean(), cost)


# %% tags=["protocol"]
def backtest_the_listed(data):
    """Choose among the funds of the archive, which are still listed."""
    return buy_the_bold(data)


def backtest_the_register(data):
    """Choose among as many funds of the register, the closed ones included."""
    return buy_the_bold(data.collect(len(data)), cost=len(data))


def make_comment_study(strength, random_state):
    """2 000 comments; the higher the strength, the more raters had to agree."""
    return make_rated_comments(strength=strength, random_state=random_state)


def make_biopsy_study(random_state):
    """200 clear biopsies; those that are left, clear or not, are the deployment."""
    return load_biopsies(random_state=random_state)


# %% [markdown]
# **Disputed comments.** Nine raters say whether a comment is rude, and the majority decides. The
# data set keeps the comments on which enough raters agree, "to have clean labels". In use,
# comments come as they are. The fix keeps the disputed ones, which had been labelled and paid for.

# %% mystnb={"image": {"alt": "Two dials with both arms. Left, return of funds: the pitfall's claim rises from 0 to almost 6 per cent a year as more funds are closed, while the fix's claim and all deployed returns stay at 0. Right, accuracy on comments: the pitfall's claim rises from .7 to .86, the fix’s claim and the deployed scores stay at .7."}}
fig, axes = plt.subplots(1, 2, figsize=(11.5, 4.2))
for ax, name in zip(axes, ("funds", "comments")):
    here = lesson.world(name)
    shown = evidence.read(here)
    options = {"metric": here.metric, "chance": here.chance, "label": here.dial}
    figures.dial(shown, ticks=here.ticks, ax=ax, **options)
    ax.set_title(name)
plt.show()

# %%
turn("biased_sample", "funds")

# %% [markdown]
# Three simulated studies, one lesson: **name the population before you count anything** (REFORMS
# 1a), say where your rows come from (3b), and why they represent the population (3g).
#
# ## On real data
#
# These are biopsies of 569 breast tumours, with seven weak measurements each. The 40 % nearest to
# the boundary between the classes are left out. A model of all rows tells which these are: it
# plays the recruiter. Here are forty random splits. They are splits of one table, so their spread
# says nothing about other hospitals.

# %%
biopsies = lesson.world("biopsies")
real = evidence.replicate(biopsies, seeds=40)
by_arm = real.groupby("arm", sort=False)[["claimed", "deployed"]]
by_arm.agg(["mean", "std"]).round(2)

# %% tags=["remove-cell"]
for each in lesson.simulated:
    table = evidence.verdict(evidence.read(each), each)
    assert (table["verdict"] == "holds").all(), each.slug
assert (fix.claimed, fix.deployed) == (claimed, deployed)
assert kept.deployed == pitfall.deployed
assert abs(fix.deployed - pitfall.deployed) < 0.02
assert fix.claimed < pitfall.claimed - 0.1 and kept.claimed < pitfall.claimed - 0.1
assert pitfall.measures["deployed_sure"] > pitfall.deployed + 0.07
assert abs(fix.measures["deployed_sure"] - fix.deployed) < 0.03
off = by_arm.mean()["claimed"] - by_arm.mean()["deployed"]
assert off["pitfall"] > 0.08 and abs(off["study_everybody"]) < 0.03

# %% [markdown]
# ## Draw who left
#
# Leila's clinic has a register of all who were referred until her study was full. Reports of
# clinical trials show in a flow chart who left, when, and why. REFORMS 4a asks for the same.

# %% mystnb={"image": {"alt": "A flow chart from top to bottom. Of nearly 10 000 patients who were referred, some did not give consent, a few samples were not usable, and by far the most went at the last step, because their diagnosis was not clear; 1 000 are left."}}
def draw_flow(steps, ax):
    box = {"boxstyle": "round,pad=0.5", "fc": "white", "ec": "#333333"}
    words = {"ha": "center", "va": "center", "bbox": box}
    arrow = {"arrowstyle": "-|>", "color": "#333333"}
    left = np.ones(len(next(iter(steps.values()))), dtype=bool)
    ax.text(0.3, 0, f"referred: {len(left):,}", **words)
    for row, (step, keep) in enumerate(steps.items()):
        before, left = left.sum(), left & keep
        ax.annotate("", (0.3, -row - 0.8), (0.3, -row - 0.2), arrowprops=arrow)
        ax.annotate("", (0.53, -row - 0.5), (0.3, -row - 0.5), arrowprops=arrow)
        ax.text(0.3, -row - 1, f"{step}: {left.sum():,}", **words)
        gone = f"left out: {before - left.sum():,}"
        ax.text(0.68, -row - 0.5, gone, color=figures.PITFALL, **words)
    ax.set(xlim=(0, 1), ylim=(-len(steps) - 0.4, 0.4))
    ax.set_axis_off()


fig, ax = plt.subplots(figsize=(6.4, 4.4))
draw_flow(study.info["steps"], ax)
plt.show()

# %% [markdown] slideshow={"section": "check"}
# ## A check to take home
#
# A flow chart says how many left. Are they like those who stayed? At each step the check compares
# the two in every characteristic that the register has: how high it is, and how far from the
# middle. `value` is the larger difference, in standard deviations (of ranks, for numbers). `null`
# is the limit: a step that draws lots exceeds it, in any characteristic, once in a hundred times.

# %% tags=["check"]
import numpy as np
import pandas as pd
from scipy.stats import pearson3


def who_was_excluded(frame, steps):
    """Compare who goes at each step with who stays, in all that is recorded."""
    left, rows = pd.DataFrame(frame).reset_index(drop=True), {}
    for step, keep in steps.items():
        stay = pd.Series(np.asarray(keep(frame) if callable(keep) else keep, bool))
        for name, seen in ((k, column.dropna()) for k, column in left.items()):
            m = len(seen) * stay[seen.index].var(ddof=0) or np.nan
            X = {v: seen == v for v, k in seen.value_counts().head(50).items() if k > 9}
            X = pd.DataFrame(seen.rank() if seen.dtype.kind in "iufmM" else X)
            X = pd.concat([X, abs(X - X.mean())], axis=1, keys=[0, 1]).astype(float)
            d = (X.groupby(stay).mean().diff().abs().max() / X.std()).max()
            p = 0.005 / left.shape[1] / max(1, X.shape[1]) if m > 3 else np.nan
            null = pearson3.isf(p, X.skew().abs().max() / m**0.5) / m**0.5
            say = "suspect" if d > null else "clean" if d <= null else "not checked"
            rows[step, name] = (~stay[left.index]).sum(), d, null, say
        left = left[stay[left.index]]
    return pd.DataFrame(rows, "gone value null verdict".split()).T.infer_objects()


# %% [markdown]
# Here are the first thousand entries of the register:

# %%
register = study.info["register"][:1_000]
steps = {step: keep[:1_000] for step, keep in study.info["steps"].items()}
who_was_excluded(register, steps).round(2)

# %% [markdown]
# Nobody had graded the severity at the door, but the nurse's score of symptoms gives it away. A
# comparison of means, as in the first table of many papers, would have missed it: the middle has
# the same mean as the two ends together. The next cell prints these means. Then it runs the check
# without the last step, and in the clinic that drew lots:

# %%
clear = np.where(steps["diagnosis clear"], "clear", "unclear")
print(register["symptoms"].groupby(clear).agg(["mean", "std"]).round(1), "\n")

consecutive = {step: steps[step] for step in ("gave consent", "sample usable")}
lots = lesson.world("chance").make(strength=1, random_state=0).info
drawn = {step: keep[:1_000] for step, keep in lots["steps"].items()}
everyone = who_was_excluded(register, consecutive)["verdict"]
by_lot = who_was_excluded(lots["register"][:1_000], drawn)["verdict"]
print("as they come:", everyone.value_counts().to_dict())
print("drawn by lot:", by_lot.value_counts().to_dict())

# %% [markdown]
# How much of a register does the check need? Here is the share of simulated clinics with an alarm,
# from the first 100, 300 and 1 000 entries:

# %% tags=["protocol"]
def measure_check(strength, n, random_state):
    """Run the check on the first n patients, and the study on all."""
    study = make_referrals(strength=strength, random_state=random_state)
    steps = {step: keep[:n] for step, keep in study.info["steps"].items()}
    found = who_was_excluded(study.info["register"][:n], steps)
    pitfall = course.load("biased_sample").world("spectrum").pitfall
    alarm = (found["verdict"] == "suspect").any()
    return {"alarm": int(alarm), "gap": study.run(pitfall).gap}


# %% mystnb={"image": {"alt": "Two panels. Above, the share of studies with an alarm against the share of patients left out: near 0 where nobody is left out; with 300 or 1 000 entries of the register it is near 1 from 29 per cent on, with 100 entries it misses many at every dose. Below, the pitfall's gap, with open marks where the check mostly does not see it."}}
power = evidence.read(lesson.experiment("check"))
ticks = ["0", "12 %", "29 %", "55 %", "87 %"]
figures.power(power, label=world.dial, size="patients", ticks=ticks)
plt.show()
alarms = power.pivot_table("alarm", "strength", "n")
print("share of alarms with nobody unclear left out:", alarms.loc[0].to_dict())

# %% tags=["remove-cell"]
assert (alarms.loc[0] <= 0.06).all()
assert alarms.loc[0.5, 1000] > 0.95 > 0.8 > alarms.loc[0.5, 100]
found = who_was_excluded(register, steps)["verdict"]
assert found["diagnosis clear", "symptoms"] == "suspect"
assert (found.drop([("diagnosis clear", "symptoms")]) == "clean").all()
blind = who_was_excluded(register.drop(columns="symptoms"), steps)
assert (blind["verdict"] == "clean").all()
whole = who_was_excluded(study.info["register"], study.info["steps"])["verdict"]
assert whole["sample usable", "age"] == "suspect"
keeps = [np.asarray(keep) for keep in study.info["steps"].values()]
assert np.logical_and.reduce(keeps).sum() == len(study)

# %% [markdown] slideshow={"text": "conclusion"}
# The printed line is the rate of false alarms, over three steps. (Try Leila's *whole* register and
# you meet one: age, at the step of usable samples, although these are drawn by lot here.) A
# hundred entries are too few: a small exclusion is missed, and after a large one hardly anybody is
# left to compare with. At 12 % left out the claim is already too high, and it takes a thousand
# entries to see that reliably. And the check sees only what the register records. Drop the column
# `symptoms`, and all rows are clean.

# %% [markdown]
# **What this was.** Taxonomy L3.3, sampling bias in the test set. REFORMS items 1a (name the
# population), 3b (the sampling frame), 3g (why it represents the population), 4a (who was
# excluded, and why) and 8b (where not to expect the finding to hold). The fix repairs the data.
#
# ## On your own
#
# The [exercises](11c_exercises.ipynb) take about 30 minutes.
#
# ## Further reading
#
# - [Oakden-Rayner and colleagues (2020)](https://doi.org/10.1145/3368555.3384468): how to look for
#   strata that nobody has named.
# - [Brown and colleagues (1992)](https://doi.org/10.1093/rfs/5.4.553): the fund study of this
#   chapter, with the argument worked out. [Carhart and colleagues
#   (2002)](https://doi.org/10.1093/rfs/15.5.1439) are the other side: they find that leaving out the
#   funds that closed biases mean returns, and *weakens* the evidence that performance persists.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), sections 4.1, 4.7 and 6.3: an
#   appropriate test set, fairness, and not to generalise beyond the data.
