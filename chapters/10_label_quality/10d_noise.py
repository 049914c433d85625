# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Whose labels they are: how good are yours?
#
# **What you'll do.** Measure how far two people agree, see what a suggestion does to a test set,
# let noisy test labels choose between two models, and have a program search for wrong labels.
#
# **What you'll learn.**
# - what agreement tells you about the best possible score, and what it does not;
# - which wrong labels only blur a comparison, and which reverse it;
# - which wrong labels confident learning finds, and which right ones it flags.
#
# **What you'll need.** [The claim](10a_pitfall.ipynb) and [the fix](10b_fix.ipynb). 20 minutes.
#
# ---
#
# ## Two people, one review
#
# Nadia has a thousand reviews ticked a second time, each by another of the forty people. On how
# many do the two ticks agree, and on how many would they agree by chance? Cohen's kappa is the
# agreement beyond chance: 1 if they always agree, 0 if both toss coins.

# %%
from pitfalls import course
from pitfalls.datasets import make_reviews

study = make_reviews(random_state=0)
second = study.annotate("second_tick", 1_000)
first = study.y[second.index]

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.metrics import cohen_kappa_score

agree = (first == second).mean()
kappa = cohen_kappa_score(first, second)
print(f"agreement above 0.6: {agree > 0.6}, kappa below 0.6: {kappa < 0.6}")

# %%
print(f"They agree on {agree:.2f} of the reviews; kappa is {kappa:.2f}.")

# %% [markdown]
# What is the best score on such labels? Suppose that two people are each right with probability
# *a*, and that their errors have nothing to do with each other. Then they agree on a share *a*² +
# (1 − *a*)² of the reviews, which can be solved for *a*. A model that is always right would score
# *a* on their ticks. The rest, 1 − *a*, is the **noise floor**.

# %%
from scipy.stats import binomtest

interval = binomtest((first == second).sum(), len(first)).proportion_ci()
right, low, high = ((1 + (2 * p - 1) ** 0.5) / 2 for p in (agree, *interval))
gold = study.relabel(second.index)
print(f"from agreement: right on {right:.2f} ({low:.2f} to {high:.2f})")
print(f"by the panel:   right on {(first == gold).mean():.2f}")

# %% [markdown]
# The formula flatters. Both people tend to be wrong on the *same* reviews, the mixed ones, and a
# shared error looks like agreement. So *a* is an upper bound: **agreement shows where people
# differ, and never what they all get wrong.** And Nadia's cross-validation?

# %%
pitfall = course.load("label_quality").world("annotators").pitfall
claimed = study.run(pitfall).claimed
print(f"claimed: {claimed:.2f}")

# %% [markdown]
# That is more than a perfect listener would score. A model that beats the bound has found out who
# ticks. The interval still reaches that high, so this is a suspicion and not a proof; the split by
# annotator is the proof. The suspicion costs no gold labels, and Nadia could have had the bound
# before she trained a model.

# %% [markdown]
# ## Labels with a suggestion
#
# Two opinions can also agree because one person was shown the other's. In the next study the
# training labels come from an old program. The test labels were "checked by experts", who were
# shown the program's suggestions and had one afternoon for a thousand rows. They accepted a share
# of the suggestions without looking.


# %% tags=["protocol"]
import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from pitfalls.datasets import make_assisted_labels, make_noisy_labels
from pitfalls.study import Claim


# %% tags=["protocol"]
def make_assisted_study(strength, random_state, **kind):
    """A share `strength` of the test labels is the tool's."""
    return make_assisted_labels(strength=strength, random_state=random_state, **kind)


def fit_and_score_test_rows(data, rows, labels, cost=0):
    """Fit on the training part; claim the accuracy at some test rows."""
    training = (data.meta["part"] == "train").to_numpy()
    model = LogisticRegression().fit(data.X[training], data.y[training])
    correct = model.predict(data.X[rows]) == labels
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X, sample.y),
        cost=cost,
    )


# %% tags=["protocol"]
def trust_the_test_labels(data):
    """Score on the test labels as they are."""
    rows = (data.meta["part"] == "test").to_numpy().nonzero()[0]
    return fit_and_score_test_rows(data, rows, data.y[rows])


def relabel_test_rows_blind(data):
    """Score on 400 test rows, labelled anew by people who see no suggestion."""
    rows = (data.meta["part"] == "test").to_numpy().nonzero()[0][:400]
    return fit_and_score_test_rows(data, rows, data.relabel(rows), len(rows))


# %% mystnb={"image": {"alt": "Accuracy against the share of test labels taken over from the tool. The claim on the labels as they are rises in a straight line from .62 to almost 1. The claim on blind labels stays with the deployed score at .62."}}
import matplotlib.pyplot as plt

from pitfalls import evidence, figures

figures.house_style()
lesson = course.load("label_quality")
world = lesson.world("assisted")
rows = evidence.read(world)
figures.dial(rows, metric="accuracy", chance=0.5, label=world.dial)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("label_quality", "assisted")

# %% tags=["remove-cell"]
assert 0.6 < agree < 0.8 and kappa < 0.6
assert right > (first == gold).mean() - 0.02 and claimed > right
assert (evidence.verdict(rows, world)["verdict"] == "holds").all()
kind = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
assert not (kind["verdict"] == "broken").any()

# %% [markdown]
# The model imitates the program almost perfectly, and the more suggestions were accepted, the more
# the test measures that. Label a sample *blind*: the suggestion makes the work quick, and
# worthless as a test. That holds for poor and good programs, plain and hard tasks, few columns and
# many, as in these other studies:

# %%
kind = evidence.verdict_of_kind(evidence.read(world, kind=True), world).query("clause == 3")
ranges = {name: (one.low, one.high) for name, one in world.varies.items()}
print(pd.DataFrame(ranges, index=["from", "to"]).T, "\n")
print(f"claimed minus deployed: {kind['mean'].iloc[0]:+.3f} over {kind['n'].iloc[0]} studies;")
print(f"in half of a range {kind['mean'].min():+.3f} to {kind['mean'].max():+.3f}")

# %% [markdown]
#
# ## Where it stops
#
# So far the panel was always right. Let it err. If it errs at random, in a share *e* of the rows,
# a model that is right with probability *a* agrees with it on *a*(1 − *e*) + (1 − *a*)*e*. A
# second panel on 400 rows tells *e*, by the formula above, and then *a* can be solved for. Or let
# the panel fall for what the program falls for.


# %% tags=["protocol"]
def correct_for_the_panel(claimed, agreement):
    """Solve for the accuracy, given how often two panels agree that err independently."""
    wrong = (1 - np.sqrt(max(0, 2 * agreement - 1))) / 2
    return (claimed - wrong) / (1 - 2 * wrong)


def measure_panel(shared, wrong, random_state):
    """Relabel by a panel that errs, as the tool does or at random; report what is off."""
    truth = make_assisted_labels(n_fresh=2, random_state=random_state).truth
    errs = {"panel_slips": wrong}
    if shared:
        errs = {"panel_follows": wrong / (truth["tool"] != truth["gold"]).mean()}
    study = make_assisted_labels(**errs, random_state=random_state)
    score = study.run(relabel_test_rows_blind)
    second = study.annotate("second_panel", 400)
    agreement = (study.relabel(second.index) == second).mean()
    corrected = correct_for_the_panel(score.claimed, agreement)
    return {"as it is": score.gap, "corrected": corrected - score.deployed}


# %% mystnb={"image": {"alt": "Claimed minus deployed against the share of labels that the panel gets wrong, in two plots. Left, where the panel errs at random, the claim falls slowly below zero, and the corrected one stays at zero. Right, where the panel errs as the program does, the claim rises as much as the panel errs, and the corrected one rises faster."}}
panels = evidence.read(lesson.experiment("panel")).groupby(["shared", "wrong"])
off = panels[["as it is", "corrected"]].mean()
fig, axes = plt.subplots(1, 2, figsize=(10, 3.8), sharey=True)
titles = ("the panel errs at random", "the panel errs as the program does")
for shared, ax in enumerate(axes):
    ax.axhspan(-0.03, 0.03, color=figures.CHANCE, alpha=0.15, lw=0)
    ends = []
    for name, hue in (("as it is", figures.PITFALL), ("corrected", figures.FIX)):
        line = off.loc[shared, name]
        ax.plot(line, "o-", color=hue)
        ends.append((line.iloc[-1], name, hue))
    figures.label_ends(ax, 0.205, ends)
    ax.set(title=titles[shared], xlabel="share of the panel's labels that are wrong")
axes[0].set_ylabel("claimed minus deployed")
plt.show()

# %% tags=["remove-cell"]
assert off.loc[0, "as it is"].loc[0.2] < -0.03 and off.loc[0, "corrected"].abs().max() < 0.01
assert off.loc[1, "as it is"].loc[0.05] > 0.03
assert (off.loc[1, "corrected"] > off.loc[1, "as it is"] - 0.005).all()

# %% [markdown]
# The grey band is what this course counts as nothing. Errors at random make the claim too low, by
# (2*a* − 1)*e*: slowly here, where the model is little better than a coin, and sooner for a better
# one. Two panels mend that. If the panel falls for what the program falls for, the claim is too
# high by as much as the panel errs, since the model errs there too. The correction takes these errors
# for slips, which favour no model, and makes it worse. Against a mistake that model and panel share
# only another kind of evidence helps: ask the customer.
#
# ## Which model is better?
#
# A colleague has trained on 700 rows with gold labels, Nadia on 1 500 with the usual ones. Both
# are tested on 1 000 further rows with the usual labels. A share of these is wrong. Some are slips
# of the finger. Others are **shared errors**: the same thing, say the tone of voice, misleads
# everyone who labels. The dial is the share of the errors that are shared. Slips cannot be
# learned. A shared error can, since it is in the training labels as well as in the test.


# %% tags=["protocol"]
def relabel_disagreements(study, test, ours, theirs, most=100):
    """Estimate a difference of accuracies from gold labels where models differ."""
    differ = np.flatnonzero(ours != theirs)
    some = differ[:most]
    gold = study.relabel(test[some])
    difference = (ours[some] == gold).mean() - (theirs[some] == gold).mean()
    return difference * len(differ) / len(test), len(some)


# %% tags=["protocol"]
def measure_ranking(strength, wrong, random_state):
    """Compare models of 1 500 noisy and 700 gold rows, on 1 000 noisy rows."""
    made = {"wrong": wrong, "strength": strength, "random_state": random_state}
    study = make_noisy_labels(**made)
    train, test = np.arange(1_500), np.arange(1_500, 2_500)
    gold = study.collect(700)
    noisy = LogisticRegression().fit(study.X[train], study.y[train])
    clean = LogisticRegression().fit(gold.X, gold.y)
    ours, theirs = (model.predict(study.X[test]) for model in (noisy, clean))
    measured = (ours == study.y[test]).mean() - (theirs == study.y[test]).mean()
    relabelled, cost = relabel_disagreements(study, test, ours, theirs)
    unseen = study.deployment
    true = noisy.score(unseen.X, unseen.y) - clean.score(unseen.X, unseen.y)
    return dict(measured=measured, relabelled=relabelled, true=true, cost=cost)


# %%
ranking = evidence.read(lesson.experiment("ranking"))
tenth = ranking[ranking["wrong"] == 0.1].groupby("strength")
columns = ["measured", "relabelled", "true"]
tenth[columns].mean().round(3)

# %% [markdown]
# This is the accuracy of Nadia's model minus that of the colleague's, where one label in ten is
# wrong. `true` is on gold labels, `measured` on the usual ones. `relabelled` asks the panel only
# about test rows on which the two models disagree, a hundred at most: rows on which they agree
# cannot tell them apart.

# %% mystnb={"image": {"alt": "The accuracy of the noisy model minus that of the gold model, against the share of the errors that are shared, where one label in ten is wrong. Measured it rises above zero; the true difference falls below zero, and the relabelled one follows the true one."}}
fig, ax = plt.subplots(figsize=(7, 3.8))
ends = []
for name, hue in zip(columns, (figures.PITFALL, figures.FIX, "#333333")):
    mean, error = tenth[name].mean(), 1.96 * tenth[name].sem()
    ax.errorbar(mean.index, mean, error, color=hue, marker="o", ms=5)
    ends.append((mean.iloc[-1], name, hue))
ax.axhline(0, color=figures.CHANCE, ls=":", lw=1)
ax.set_xlabel("share of the errors that are shared")
ax.set_ylabel("difference in accuracy,\nnoisy minus gold model")
figures.label_ends(ax, 1.05, ends)
plt.show()

# %% mystnb={"image": {"alt": "The share of studies in which the worse model wins, against the share of the errors that are shared. It starts between an eighth and two fifths, where the models are nearly equal, and rises to nearly all, sooner where 10 or 20 percent of the labels are wrong than at 5 percent."}}
wins = {
    "before": ranking["true"] * ranking["measured"] < 0,
    "after": ranking["true"] * ranking["relabelled"] < 0,
}
ranking = ranking.assign(**wins)
shares = ranking.pivot_table(index="strength", columns="wrong", values="before")
fig, ax = plt.subplots(figsize=(7, 3.8))
for wrong, hue in zip(shares, ("#56B4E9", "#0072B2", "#00253a")):
    ax.plot(shares[wrong], "o-", color=hue, label=f"{wrong:.0%} wrong labels")
ax.set(xlabel="share of the errors that are shared", ylim=(-0.03, 1.03))
ax.set_ylabel("share of studies in which\nthe worse model wins")
ax.legend(frameon=False, loc="lower right")
plt.show()

# %% [markdown]
# With slips alone, at the left end, both models lose points and the difference shrinks. Where the two
# are nearly equal the verdict is little better than a coin, relabelled or not: a thousand rows are too
# few. With shared errors the test rewards the model that has learned them. Look how soon the worse model wins *nearly always*. More test rows
# would only make the verdict more certain. The cure is cheap:

# %%
half = ranking[(ranking["strength"] >= 0.5) & (ranking["wrong"] == 0.1)]
print(f"worse model wins on the labels as they are: {half['before'].mean():.0%}")
print(f"worse model wins after relabelling: {half['after'].mean():.0%}")
print(f"gold labels bought: {half['cost'].mean():.0f} of 1 000")

# %% [markdown]
# In the literature this is a warning, not yet a finding. [Northcutt, Athalye and Mueller
# (2021)](https://arxiv.org/abs/2103.14749) compute that ResNet-18 would beat ResNet-50 on
# corrected labels *if* the share of originally mislabelled images in the test were 6 % higher,
# and VGG-11 would beat VGG-19 at 5 %. On the test set as it is, the larger networks are ahead.
#
# ## A program that searches for wrong labels
#
# Confident learning takes predicted probabilities for rows that the model was not trained on. It
# flags the rows whose label the model confidently contradicts. The library is `cleanlab`.

# %%
study = make_noisy_labels(wrong=0.1, strength=0.5, random_state=0)
model = LogisticRegression()
probability = cross_val_predict(model, study.X, study.y, method="predict_proba")
flagged = find_label_issues(study.y, probability, n_jobs=1)
wrong = study.y != study.truth["gold"]
print(f"{wrong.sum()} labels are wrong, {flagged.sum()} flagged,", end=" ")
print(f"{(wrong & flagged).sum()} of these wrong")

# %% [markdown]
# Which did it miss, and which did it flag without reason? The simulation knows two more things:
# which errors are slips, and how clear a case is, that is, how far its signal lies from the border
# between the classes. The cases are put into fifths by clarity.


# %% tags=["protocol"]
def measure_flags(strength, random_state):
    """Flag labels where 10 % are wrong: share found, and precision by clarity."""
    study = make_noisy_labels(wrong=0.1, strength=strength, random_state=random_state)
    model = LogisticRegression()
    probability = cross_val_predict(model, study.X, study.y, method="predict_proba")
    flagged = find_label_issues(study.y, probability, n_jobs=1)
    wrong, slipped = study.y != study.truth["gold"], study.truth["slipped"]
    clarity = pd.qcut(np.abs(study.truth["signal"]), 5, labels=False)
    found = {}
    for fifth in range(5):
        here = clarity == fifth
        found[f"wrong_{fifth + 1}"] = wrong[here].mean()
        found[f"precision_{fifth + 1}"] = wrong[here & flagged].mean()
    kinds = {"slips_found": wrong & slipped, "shared_found": wrong & ~slipped}
    return found | {name: flagged[kind].mean() for name, kind in kinds.items()}


# %%
flags = evidence.read(lesson.experiment("flags")).query("strength == 0.5")
precision = [flags[f"precision_{fifth}"].mean() for fifth in range(1, 6)]
at_random = [flags[f"wrong_{fifth}"].mean() for fifth in range(1, 6)]
found = flags[["slips_found", "shared_found"]].mean()

# %% mystnb={"image": {"alt": "Left, of the labels flagged in the most ambiguous fifth of cases about a quarter are wrong, hardly more than among labels picked at random there; in the clearest fifth all are. Right, bars: about four in five of the slips are found, and about one in ten of the shared errors."}}
fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), width_ratios=(3, 2))
left.plot(precision, "o-", color=figures.FIX)
left.plot(at_random, ":", color=figures.CHANCE)
where = {"xytext": (0, 9), "textcoords": "offset points"}
left.annotate("flags at random", (2, at_random[2]), color=figures.CHANCE, **where)
left.set_xticks(range(5), ["ambiguous", "2", "3", "4", "clear"])
left.set(xlabel="clarity of the case", ylabel="share of flags that are right")
right.bar(["slips", "shared\nerrors"], found, color=figures.FIX, width=0.5)
right.set(ylabel="share found")
for ax in (left, right):
    ax.set_ylim(0, 1.05)
plt.show()

# %% tags=["remove-cell"]
assert (shares.loc[1] > 0.7).all() and (shares.loc[0] < 0.45).all()
after = ranking[ranking["strength"] >= 0.5].groupby("wrong")["after"].mean()
assert after.loc[0.1] < 0.15 and after.loc[0.2] < 0.05
assert precision[0] < 0.35 and precision[-1] > 0.95
assert abs(precision[0] - at_random[0]) < 0.12
assert found["slips_found"] > 0.7 and found["shared_found"] < 0.25

# %% [markdown]
# In clear cases you can trust the flags. In ambiguous ones most flags are on labels that are
# right, and flags at random would do nearly as well: the case is hard, and the model is wrong. If
# you delete what is flagged, you delete hard cases, and [the next
# chapter](../11_biased_sample/11a_pitfall.ipynb) is about what that does to a score. The program
# hardly finds the shared errors, since the model has learned them. So let it choose what the panel
# *looks at*, never what is true: in Northcutt's audit people confirmed 51 % of what was flagged.
#
# ## What to report
#
# - Who labelled, how many, with what instructions, and whether they saw a suggestion (3a, 3d).
# - Agreement on a few hundred rows labelled twice, as kappa, and the noise floor that follows.
# - For a score on which a decision rests: a few hundred gold labels, split by annotator, with an
#   interval over annotators. For a comparison: gold labels where the models differ.
# - What was done with labels that turned out wrong, and on which side of the split (4b).
#
# ## Further reading
#
# - [Northcutt, Athalye and Mueller (2021)](https://arxiv.org/abs/2103.14749): look at some of the
#   images before you trust a label again.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), section 2.4, on cleaning data
#   without leaking or inventing.
