# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Those who were left out: weights, and where it stops
#
# **What you'll do.** Let a few speak for many, look at two more studies that left somebody out, and
# break the fix in three ways.
#
# **What you'll learn.**
# - when weights will do instead of new rows;
# - when a test set from the right people is not enough, and when "everybody" is not everybody;
# - what an interval over the rows of one period is worth.
#
# **What you'll need.** [The fix](11b_fix.ipynb). 15 minutes.
#
# ---
#
# ## Weights, where there is something to weigh
#
# Must it be new patients? Suppose that five in every hundred unclear patients had slipped into the
# study, and that Leila knows from the register how many unclear patients there are. Then the few
# can speak for the many: score the strata separately, and weight each by its share of *everybody*.

# %% tags=["protocol"]
import numpy as np
from sklearn.linear_model import LogisticRegression

from pitfalls.checks import who_was_excluded
from pitfalls.course import load
from pitfalls.datasets import make_fund_archive, make_rated_comments, make_referrals
from pitfalls.metrics import mean_interval
from pitfalls.study import Claim


# %% tags=["protocol"]
def make_slip_study(strength, random_state, slips=0.05, **kind):
    """Five of 100 unclear patients are recruited all the same."""
    options = {"strength": strength, "random_state": random_state}
    return make_referrals(slips=slips, **options, **kind)


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


# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls import course, evidence

lesson = course.load("biased_sample")
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
def make_fund_study(strength, random_state, **kind):
    """1 000 funds; the higher the strength, the sooner a loss closes one."""
    return make_fund_archive(strength=strength, random_state=random_state, **kind)


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


def make_comment_study(strength, random_state, n_raters=9, **kind):
    """2 000 comments; the higher the strength, the more raters had to agree."""
    odd = n_raters + 1 - n_raters % 2
    options = {"strength": strength, "random_state": random_state}
    return make_rated_comments(n_raters=odd, **options, **kind)


# %% [markdown]
# **Disputed comments.** Nine raters say whether a comment is rude, and the majority decides. The
# data set keeps the comments on which enough raters agree, "to have clean labels". In use,
# comments come as they are. The fix keeps the disputed ones, which had been labelled and paid for.

# %% mystnb={"image": {"alt": "Two dials with both arms. Left, return of funds: the pitfall's claim rises from 0 to almost 6 per cent a year as more funds are closed, while the fix's claim and all deployed returns stay at 0. Right, accuracy on comments: the pitfall's claim rises from .7 to .86, the fix’s claim and the deployed scores stay at .7."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
fig, axes = plt.subplots(1, 2, figsize=(11.5, 4.2))
for ax, name in zip(axes, ("funds", "comments")):
    here = lesson.world(name)
    shown = evidence.read(here)
    options = {"metric": here.metric, "chance": here.chance, "label": here.dial}
    figures.dial(shown, ticks=here.ticks, ax=ax, **options)
    ax.set_title(name)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("biased_sample", "funds")

# %% [markdown]
# Three simulated studies, one lesson: **name the population before you count anything** (REFORMS
# 1a), say where your rows come from (3b), and why they represent the population (3g). The fixes
# hold in other clinics, archives and comments, too, whose sizes, effects and shares differ as they
# do in practice. This is claimed minus deployed, on average over them:

# %%
import pandas as pd

kinds = {}
for name in ("slips", "funds", "comments"):
    here = lesson.world(name)
    table = evidence.verdict_of_kind(evidence.read(here, kind=True), here)
    means = table.query("clause == 3").set_index("part")["mean"]
    kinds[name] = means["all"], means.min(), means.max(), table["margin"].iloc[0]
columns = ["mean", "lowest half of a range", "highest half", "counts as nothing"]
pd.DataFrame(kinds, columns).T.round(3)

# %% [markdown]
# ## Where it stops: another disease
#
# "Train on clear cases, and test on everybody" was enough on the last page. There every marker rose
# with the severity. Now let mild disease have signs of its own: two of the five markers move only
# near the border, the other three only far from it. The dial goes from the first disease to the
# second.


# %% tags=["protocol"]
def measure_early(early, random_state):
    """Settle the claims of a kept model and of a model of everybody."""
    study = make_referrals(early=early, random_state=random_state)
    fixes = load("biased_sample").world("spectrum").fixes
    kept, everybody = (study.run(fixes[name]) for name in ("keep_the_model", "study_everybody"))
    found = {"kept_claimed": kept.claimed, "kept_deployed": kept.deployed}
    return found | {"all_claimed": everybody.claimed, "all_deployed": everybody.deployed}


# %% mystnb={"image": {"alt": "Accuracy against how far mild disease has signs of its own. The model of clear cases falls steeply, and what is claimed of it on everybody falls with it. The model of everybody falls less, so that the two lines, equal at the left, are far apart at the right."}}
early = evidence.read(lesson.experiment("early")).groupby("early").mean()
fig, ax = plt.subplots(figsize=(7, 3.8))
lines = {
    "kept": ("model of clear cases", figures.PITFALL),
    "all": ("model of everybody", figures.FIX),
}
ends = []
for arm, (name, hue) in lines.items():
    ax.plot(early[f"{arm}_deployed"], "o-", color=hue)
    ax.plot(early[f"{arm}_claimed"], "o", mfc="none", ms=10, color=hue)
    ends.append((early[f"{arm}_deployed"].iloc[-1], name, hue))
ax.axhline(0.5, color=figures.CHANCE, ls=":")
ax.text(0, 0.505, "chance", color=figures.CHANCE)
figures.label_ends(ax, 1.03, ends)
ax.set_xlabel("how far mild disease has signs of its own")
ax.set_ylabel("accuracy on everybody:\nopen claimed, filled deployed")
plt.show()

# %% [markdown]
# The claims stay right: a test set from the right people gives the right *number*. But what the
# clear cases never showed, their model cannot know, and where the dial is high only new training
# rows help. How would you know? Train on half of the consecutive patients as well and compare, as
# the figure does.
#
# ## Where it stops: never verified
#
# Consecutive patients are "everybody" only if each gets a diagnosis. Some never do: they stay
# unclear, and nobody follows them up. This is one form of *verification bias*: who gets a diagnosis
# depends on how clear the case is, or on what the test itself had said.


# %% tags=["protocol"]
def measure_lost(lost, random_state):
    """Lose unclear patients in the follow-up: the claim, a weighted one, and the check."""
    lesson = load("biased_sample")
    study = make_referrals(lost=lost, random_state=random_state)
    score = study.run(lesson.world("spectrum").fixes["study_everybody"])
    # The same patients with a register: an unclear one is found where the follow-up worked.
    followed = make_referrals(slips=1 - lost, random_state=random_state)
    weighted = followed.run(weight_the_strata)
    steps = {step: keep[:1_000] for step, keep in followed.info["steps"].items()}
    found = who_was_excluded(followed.info["register"][:1_000], steps)
    alarm = int(found.verdict == "suspect")
    return {"as it is": score.gap, "weighted": weighted.gap, "alarm": alarm}


# %% mystnb={"image": {"alt": "Claimed minus deployed against the share of unclear patients who are lost. As it is, the difference grows, slowly and then fast, and leaves the grey band where more than half are lost; weighted by stratum it stays at zero."}}
lost = evidence.read(lesson.experiment("lost")).groupby("lost").mean()
fig, ax = plt.subplots(figsize=(7, 3.8))
ax.axhspan(-0.03, 0.03, color=figures.CHANCE, alpha=0.15, lw=0)
ends = []
for name, hue in (("as it is", figures.PITFALL), ("weighted", figures.FIX)):
    ax.plot(lost[name], "o-", color=hue)
    ends.append((lost[name].iloc[-1], name, hue))
figures.label_ends(ax, 0.82, ends)
ax.set_xlabel("share of the unclear patients who are lost")
ax.set_ylabel("claimed minus deployed")
plt.show()
print("share of studies with an alarm of the check:", lost["alarm"].to_dict())

# %% [markdown]
# In the grey band is what this course counts as nothing. Where more than half of the unclear patients
# are lost, the claim is too high, though by less than in a study of clear cases. The weights of this page mend the number, since here
# it is drawn by lot *which* unclear patients are lost, and the check mostly finds the loss in a
# register that knows the symptoms. If those who are lost differ from the other unclear ones in a way
# that nobody wrote down, neither helps: then report the score under the worst assumption as well.
#
# ## Where it stops: one period
#
# The funds were independent, and real ones share a market. Let a part of each fund's variance be
# the market's, and let those who buy next year live through another market.


# %% tags=["protocol"]
def measure_period(in_common, random_state):
    """Backtest the register where funds share a market; whether the interval covers."""
    study = make_fund_archive(in_common=in_common, random_state=random_state)
    score = study.run(load("biased_sample").world("funds").fixes["backtest_the_register"])
    low, high = score.interval
    return {"gap": score.gap, "covered": int(low <= score.deployed <= high)}


# %%
period = evidence.read(lesson.experiment("period")).groupby("in_common")
summary = period["gap"].agg(["mean", "std"]).assign(covered=period["covered"].mean())
columns = {"mean": "gap (% a year)", "std": "its spread", "covered": "interval covers"}
summary.rename(columns=columns).rename_axis("share of the market").round(2)

# %% tags=["remove-cell"]
assert early["all_deployed"].loc[1] > early["kept_deployed"].loc[1] + 0.03
assert (early["kept_claimed"] - early["kept_deployed"]).abs().max() < 0.02
assert lost["as it is"].loc[0.8] > 0.03 > lost["as it is"].loc[0.2]
assert lost["weighted"].abs().max() < 0.02 and lost["alarm"].loc[0.8] > 0.8
assert summary["covered"].loc[0] > 0.85 and summary["covered"].loc[0.2] < 0.5

# %% [markdown]
# Over many periods the claim is right on average. In any one of them the closed funds are back in,
# and the interval still counts a thousand funds where there was one market. More funds do not help;
# more periods do.
#
# ## Further reading
#
# - [Brown and colleagues (1992)](https://doi.org/10.1093/rfs/5.4.553): the fund study of this
#   chapter, with the argument worked out. [Carhart and colleagues
#   (2002)](https://doi.org/10.1093/rfs/15.5.1439) are the other side: they find that leaving out the
#   funds that closed biases mean returns, and *weakens* the evidence that performance persists.
