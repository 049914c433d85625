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
# **What you'll do.** Take patients as they come, report by stratum, and draw who left.
#
# **What you'll learn.**
# - what to repair: the number, which takes a few hundred patients, or the model as well;
# - what a table by stratum shows that one number hides;
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
from pitfalls.datasets import load_biopsies, make_referrals
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
# need to buy *here*: every marker rises with the severity, in mild disease as in grave. [The next
# page](11d_limits.ipynb) has a disease of which that is not true. Medicine calls this *spectrum
# bias* ([Ransohoff and Feinstein, 1978](https://doi.org/10.1056/NEJM197810262991705)).
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
#
# All of these clinics have five markers, and half of their patients are ill. Yours is another. So
# here are others, each drawn from ranges that are wide enough, it is hoped, for yours to be among
# them:

# %%
ranges = {name: (one.low, one.high, one.why) for name, one in world.varies.items()}
pd.DataFrame(ranges, index=["from", "to", "because"]).T

# %% [markdown]
# The same difference, over all of them, and in that half of a range where it is lowest and highest:

# %%
others = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
kind = others.query("clause == 3").set_index("part")
table = kind.query("part == 'all'").set_index("arm")[["mean", "low", "high", "n"]]
halves = kind.drop("all").groupby("arm")["mean"]
table.assign(lowest_half=halves.min(), highest_half=halves.max()).round(3)

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
# ## On real data
#
# These are biopsies of 569 breast tumours, with seven weak measurements each. The 40 % nearest to
# the boundary between the classes are left out. A model of all rows tells which these are: it
# plays the recruiter. Here are forty random splits. They are splits of one table, so their spread
# says nothing about other hospitals.


# %% tags=["protocol"]
def make_biopsy_study(random_state):
    """200 clear biopsies; those that are left, clear or not, are the deployment."""
    return load_biopsies(random_state=random_state)


# %%
biopsies = lesson.world("biopsies")
real = evidence.replicate(biopsies, seeds=40)
by_arm = real.groupby("arm", sort=False)[["claimed", "deployed"]]
by_arm.agg(["mean", "std"]).round(2)

# %% tags=["remove-cell"]
for each in lesson.simulated:
    table = evidence.verdict(evidence.read(each), each)
    assert (table["verdict"] == "holds").all(), each.slug
    table = evidence.verdict_of_kind(evidence.read(each, kind=True), each)
    assert not (table["verdict"] == "broken").any(), each.slug
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
# A flow chart says how many left. Are they like those who stayed? Compare the two in everything
# that the register has: how high it is, and how far from the middle.

# %%
register = study.info["register"][:1_000]
steps = {step: keep[:1_000] for step, keep in study.info["steps"].items()}


def differences(frame, stay):
    ranks = frame.rank()
    both = pd.concat({"high": ranks, "far": (ranks - ranks.mean()).abs()}, axis=1)
    means = both.groupby(stay).mean()
    apart = (means.loc[True] - means.loc[False]) / both.std()
    return pd.DataFrame({name: apart[name] for name in ("high", "far")})


differences(register[["age", "symptoms"]], steps["diagnosis clear"]).round(2)

# %% [markdown]
# `who_was_excluded` does so at each step, among those who are left, for words as well as numbers.
# `value` is the larger of the two differences, in standard deviations (of ranks, for numbers).
# `null` is the limit: a step that draws lots exceeds it, in any characteristic, once in a hundred
# times. What is called clean could have been seen: a step that takes by this characteristic, planted
# in this register, was found.

# %%
who_was_excluded(register, steps)

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
everyone = who_was_excluded(register, consecutive).table["verdict"]
by_lot = who_was_excluded(lots["register"][:1_000], drawn).table["verdict"]
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
    return {"alarm": int(found.verdict == "suspect"), "gap": study.run(pitfall).gap}


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
found = who_was_excluded(register, steps).table["verdict"]
assert found["diagnosis clear: symptoms"] == "suspect"
assert (found.drop("diagnosis clear: symptoms") == "clean").all()
blind = who_was_excluded(register.drop(columns="symptoms"), steps)
assert blind.verdict == "clean"
whole = who_was_excluded(study.info["register"], study.info["steps"])
assert whole["sample usable: age"].verdict == "suspect"
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
# With a table of everybody who could be in, and a mask for each step, `True` for who is kept:
#
# ```python
# from pitfalls.checks import who_was_excluded
# who_was_excluded(register, {"consented": consented, "complete": complete})
# ```
#
# [Weights, and where it stops](11d_limits.ipynb) has more studies that left somebody out, and what
# breaks the fix. The [exercises](11c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Oakden-Rayner and colleagues (2020)](https://doi.org/10.1145/3368555.3384468): how to look for
#   strata that nobody has named.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), sections 4.1, 4.7 and 6.3: an
#   appropriate test set, fairness, and not to generalise beyond the data.
