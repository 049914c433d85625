# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The same patients on both sides: the fix
#
# **What you'll do.** Hold out patients instead of recordings, and find out how much a score from
# thirty patients is worth.
#
# **What you'll learn.**
# - the one-line fix, and what it repairs;
# - what 240 recordings of 30 patients are worth, and which interval allows for it;
# - in which other studies the fix holds, and where it stops;
# - a check that needs nothing but an exchange of labels between patients.
#
# **What you'll need.** [The claim](05a_pitfall.ipynb). 20 minutes.
#
# ---
#
# ## One line changes
#
# Draw patients for the test set, each with all their recordings. scikit-learn has a splitter for
# this; it needs to be told which row belongs to whom.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.model_selection import GroupShuffleSplit
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import make_voice_recordings

study = make_voice_recordings(random_state=0)
patient = study.meta["patient"]
splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
train, test = next(splitter.split(study.X, study.y, groups=patient))
model = KNeighborsClassifier(5).fit(study.X[train], study.y[train])
claimed = model.score(study.X[test], study.y[test])
deployed = model.score(study.deployment.X, study.deployment.y)
shared = set(patient[train]) & set(patient[test])
print(f"claimed {claimed:.2f}, deployed {deployed:.2f},", end=" ")
print(f"{len(shared)} patients on both sides")

# %% [markdown]
# ## Side by side
#
# The interval changes too. The eight predictions for one patient tend to be right or wrong
# together, so 240 of them are worth fewer independent tosses. How many, the patients' own shares
# tell. If each patient is all right or all wrong, thirty patients are thirty tosses; the less they
# differ, the more they are worth. With that number, the interval is the usual one of a share. (It
# is [Korn and Graubard's](https://search.r-project.org/CRAN/refmans/survey/html/svyciprop.html), made
# for surveys that ask whole villages.)

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from scipy.spatial.distance import cdist
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.checks import shared_groups
from pitfalls.datasets import make_voice_recordings
from pitfalls.metrics import interval_over_groups, mean_interval
from pitfalls.study import Claim


# %% tags=["protocol"]
def score_groups(data, model, groups):
    """Hold out a quarter of the groups; claim the mean of their accuracies."""
    groups = groups.to_numpy()
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    train, test = next(splitter.split(data.X, data.y, groups=groups))
    model.fit(data.X[train], data.y[train])
    correct = pd.Series(model.predict(data.X[test]) == data.y[test])
    shares = correct.groupby(groups[test]).mean()
    return Claim(
        claimed=shares.mean(),
        interval=interval_over_groups(shares),
        score=lambda sample: model.score(sample.X, sample.y),
    )


# %% tags=["protocol"]
def split_by_patient(data):
    """Hold out a quarter of the patients, with all that they said."""
    return score_groups(data, KNeighborsClassifier(5), data.meta["patient"])


def split_by_plane(data):
    """Hold out a quarter of the planes, with all their flights."""
    forest = ExtraTreesClassifier(20, min_samples_leaf=5, random_state=0)
    return score_groups(data, forest, data.meta["plane"])


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims nearly 1 with a short interval. The fix claims near .6 with a long interval that holds its deployed score. Both deploy near .6."}}
import matplotlib.pyplot as plt

from pitfalls import course, figures

lesson = course.load("shared_subjects")
world = lesson.world("disease")
pitfall, fix = study.run(world.pitfall), study.run(split_by_patient)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# Both models get about the same, although the one that is shipped now has heard thirty patients
# fewer. **The fix repairs the number.** A better model needs more people, not more recordings of
# the same ones.
#
# ## At every dose

# %% mystnb={"image": {"alt": "Accuracy against the share of variance that is the patient, for both arms. The pitfall's claim climbs to 1. The fix's claim stays with the deployed scores near .6, and its dots spread more the more a voice is its speaker."}}
from pitfalls import evidence

disease = evidence.read(world)
options = {"metric": "accuracy", "chance": 0.5, "label": world.dial}
figures.dial(disease, **options, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("shared_subjects", "disease")

# %% [markdown]
# As a test: over all seeds, the 90 % interval of claimed minus deployed has to lie inside ± the
# margin.

# %%
verdicts = evidence.verdict(disease, world).query("clause == 3").set_index("strength")
verdicts[["mean", "low", "high", "margin", "n", "verdict"]].round(3)

# %% [markdown]
# All of these studies have 120 patients with eight recordings each. Yours do not. So here are others,
# each drawn from ranges that are wide enough for yours, it is hoped, to be among them:

# %%
ranges = {name: (one.low, one.high, one.why) for name, one in world.varies.items()}
pd.DataFrame(ranges, index=["from", "to", "because"]).T

# %% [markdown]
# The same difference, over all of them and in either half of each range:

# %%
others = evidence.verdict_of_kind(evidence.read(world, kind=True), world)
others.query("clause == 3").set_index("part")[["mean", "low", "high", "n"]].round(3)

# %% [markdown]
# ## What thirty patients are worth
#
# On average the fix is right. A single study is not: look at the dots. That is what intervals are
# for, and simulated studies can tell which intervals keep their promise. Here are five, all for
# splits by patient, from hardly audible diseases to plain ones. They come from the hold-out or from
# five folds (`GroupKFold`). One takes recordings for independent tosses, one is the t interval of
# the patients' shares, one of the fold scores, and two are Noor's: they ask how many independent
# tosses would vary as much as the patients do, and take the interval of so many.


# %% tags=["protocol"]
def score_folds(study, folds):
    """Fit on each fold; return which test rows are right, and what it deploys."""
    right, deployed = [], []
    for train, test in folds:
        model = KNeighborsClassifier(5).fit(study.X[train], study.y[train])
        right.append(model.predict(study.X[test]) == study.y[test])
        deployed.append(model.score(study.deployment.X, study.deployment.y))
    return right, np.mean(deployed)


# %% tags=["protocol"]
def measure_coverage(effect, random_state):
    """Whether each interval holds the deployed score that it is for."""
    study = make_voice_recordings(effect=effect, n_fresh=1_500, random_state=random_state)
    who, found = study.meta["patient"].to_numpy(), {}
    hold_out = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    for name, splitter in {"folds": GroupKFold(5), "hold-out": hold_out}.items():
        folds = list(splitter.split(study.X, groups=who))
        right, deployed = score_folds(study, folds)
        correct = pd.Series(np.concatenate(right))
        shares = correct.groupby(who[np.concatenate([test for _, test in folds])]).mean()
        tosses = binomtest(int(correct.sum()), len(correct))
        intervals = {
            "recordings": tuple(tosses.proportion_ci(method="wilson")),
            "their scores, t": mean_interval([part.mean() for part in right])[1:],
            "patients, t": mean_interval(shares)[1:],
            "patients' worth": interval_over_groups(shares),
        }
        found |= {f"{name}: {kind}": a <= deployed <= b for kind, (a, b) in intervals.items()}
    return {kind: float(holds) for kind, holds in found.items()} | {"deployed": deployed}


# %% mystnb={"image": {"alt": "The share of studies whose interval holds the deployed score, against that score. The interval of what the patients of the hold-out are worth lies at .95 or above from .61 to .99. The t interval of their shares begins at .94 and falls to .7 near 1. That of recordings lies between .65 and .8, and the two from folds between .8 and .9."}}
cover = evidence.read(lesson.experiment("coverage")).groupby("effect").mean()
lines = {
    "hold-out: patients' worth": figures.FIX,
    "folds: patients' worth": figures.OTHERS[0],
    "folds: their scores, t": figures.OTHERS[1],
    "hold-out: patients, t": figures.OTHERS[2],
    "hold-out: recordings": figures.PITFALL,
}
fig, ax = plt.subplots(figsize=(7, 3.6))
for name, hue in lines.items():
    ax.plot(cover["deployed"], cover[name], "o-", color=hue)
ax.set(xlabel="accuracy on new patients", ylabel="share of intervals that hold it")
ax.set_ylim(0.4, 1.02)
ends = [(cover[name].iloc[-1], name, hue) for name, hue in lines.items()]
figures.label_ends(ax, cover["deployed"].iloc[-1] + 0.015, ends)
ax.axhline(0.95, color=figures.CHANCE, lw=1, ls=":")
plt.show()

# %% [markdown]
# An interval that takes recordings for independent tosses is far too short, for faint diseases and
# for plain ones. The t interval of the patients' shares is good for faint ones. Near 1 it fails: where
# nearly all thirty patients are always right, their shares hardly differ, and the interval shrinks
# around a claim that the next patient may break. Thirty patients without a mistake do not exclude that
# one in ten is misheard, and what they are *worth* allows for that. Folds test all patients, so their
# claim varies less. But every patient both trains and tests, so the folds err together, and their
# intervals miss two to four times as often as they promise. (Nested cross-validation, with patients in
# the place of rows throughout, [allows for it](../02_leaky_selection/02d_interval.ipynb) at thirty times
# the price.)
#
# **What it costs.** The interval is long because thirty people are few, and more recordings of
# them would hardly shorten it.
#
# ## Where it stops
#
# A new clinic, another phone or a second language is not a new patient but a new population. And a
# person who comes back under another number counts as two. How many such people does it take? Each
# dot is twenty studies, of which a growing share of the numbers belongs to somebody who has two.


# %% tags=["protocol"]
def nearer_than_self(X, patient):
    """The share of patients to whom somebody else comes nearer than they do themselves."""
    late = pd.Series(patient).groupby(patient).cumcount() % 2 == 1
    halves = [pd.DataFrame(X[rows]).groupby(patient[rows]).mean() for rows in (~late, late)]
    apart = cdist(*(half.to_numpy() for half in halves))
    others = apart + np.diag(np.full(len(apart), np.inf))
    return (others.min(axis=1) < np.diag(apart)).mean()


# %% tags=["protocol"]
def measure_doubles(doubles, random_state):
    """What the fix claims and gets, and what two checks say of its groups."""
    study = make_voice_recordings(doubles=doubles, n_fresh=2_000, random_state=random_state)
    score, patient = study.run(split_by_patient), study.meta["patient"].to_numpy()
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    rows = next(splitter.split(study.X, groups=patient))
    return {
        "claimed": score.claimed,
        "deployed": score.deployed,
        "shared_groups": alarms(study, rows, random_state),
        "nearer than self": nearer_than_self(study.X, patient),
    }


# %% mystnb={"image": {"alt": "Against the share of numbers whose owner has a second one, from 0 to 30 percent: the deployed score stays level near .61 while the claim of the fix climbs from .60 to .68. The alarms of shared_groups stay near 0. The share of patients who are nearer to another than to themselves climbs from 0 to .15, half of the doubles."}}
double = evidence.read(lesson.experiment("doubles")).drop(columns="seed").groupby("doubles").mean()
fig, ax = plt.subplots(figsize=(7, 3.4))
hues = dict(zip(double, [figures.FIX, figures.FIX, *figures.OTHERS[:2]], strict=False))
for name, hue in hues.items():
    ax.plot(double.index, double[name], "o-", color=hue, mfc="w" if name == "claimed" else hue)
ends = [(double[name].iloc[-1], name, hue) for name, hue in hues.items()]
figures.label_ends(ax, double.index[-1] + 0.01, ends)
ax.set(xlabel="share of the numbers whose owner has a second one", ylabel="accuracy, or share")
plt.show()

# %% tags=["remove-cell"]
assert (verdicts["verdict"] == "holds").all() and not (others["verdict"] == "broken").any()
assert abs(fix.claimed - claimed) < 1e-9 and fix.deployed == deployed
assert fix.claimed < pitfall.claimed - 0.2 and abs(fix.deployed - pitfall.deployed) < 0.05
assert fix.interval[0] < fix.deployed < fix.interval[1]
assert cover["hold-out: patients' worth"].min() >= 0.9
assert cover["hold-out: patients, t"].iloc[-1] < 0.85
assert cover["hold-out: recordings"].max() < 0.9
gap = double["claimed"] - double["deployed"]
assert gap[0] < 0.03 < gap[0.3] and double["shared_groups"].max() < 0.1
assert double["nearer than self"][0] < 0.01 < 0.05 < double["nearer than self"][0.3]

# %% [markdown]
# One number in ten does little harm; with one in five the claim is too high by more than the margin.
# The check at the end of this page does not see it, since it takes numbers for people, and no number
# is on both sides. Another look does: average the odd and the even recordings of each number. Somebody
# who comes nearer to you than you do yourself is probably you. About half of the doubles give
# themselves away, and nobody else. It works where people can be told apart, which is where they leak.
#
# If the same *people* come back, the fix of this page is the wrong one: see [when they come
# back](05d_known_patients.ipynb).
#
# ## On real data
#
# Coin flips for planes again, in twenty draws. The 97 planes that are not in the study are the
# deployment.

# %%
planes = evidence.read(lesson.world("planes"))
real = planes.groupby("arm", sort=False)[["claimed", "deployed"]]
real.agg(["mean", "std"]).round(2)

# %% [markdown] slideshow={"section": "check"}
# A plane tends to fly the same routes. That is a faint fingerprint, and it is enough.
#
# ## A check to take home
#
# [Chaibub Neto and colleagues (2019)](https://doi.org/10.1038/s41746-019-0178-x) let whole
# patients exchange their diagnoses. A voice then says nothing about a new patient, and what is
# still scored above chance is owed to recognising the speaker. For comparison
# the check also deals the exchanged labels out anew among all recordings with the same true label,
# so that a patient's recordings no longer share one. It is suspicious if the first score is higher
# by more than luck.


# %%
def exchanged(y, patient, rng):
    """Whole patients exchange their diagnoses."""
    diagnosis = pd.Series(y).groupby(patient).first()
    dealt = pd.Series(rng.permutation(diagnosis), index=diagnosis.index)
    return dealt[patient].to_numpy()


rng = np.random.default_rng(0)
of_patients = exchanged(study.y, patient.to_numpy(), rng)
of_recordings = pd.Series(of_patients).groupby(study.y).transform(rng.permutation)
pd.DataFrame({"patient": patient, "exchanged": of_patients, "dealt out": of_recordings}).head(4)

# %% [markdown]
# `shared_groups` does this until it is sure. Before it says "clean" it tries whether it could see: it
# writes a patient into each recording, and gives each patient one label; then the same for made-up
# patients whom no split by patient keeps apart.


# %% tags=["protocol"]
def hold_out(train, test):
    """Return the whole procedure for these rows, as a function of X and y."""

    def accuracy(X, y):
        model = KNeighborsClassifier(5).fit(X[train], y[train])
        return model.score(X[test], y[test])

    return accuracy


# %%
some = train_test_split(np.arange(len(study)), test_size=0.25, random_state=0)
procedures = {"by recording": hold_out(*some), "by patient": hold_out(train, test)}
looked = {
    name: shared_groups(procedure, study.X, study.y, patient, random_state=0)
    for name, procedure in procedures.items()
}
looked["by recording"]

# %%
looked["by patient"]

# %% tags=["remove-cell"]
mean = real.mean()
assert mean.loc["pitfall", "claimed"] - mean.loc["pitfall", "deployed"] > 0.08
assert abs(mean.loc["split_by_plane", "claimed"] - 0.5) < 0.06
assert looked["by recording"].verdict == "suspect"
assert looked["by patient"].verdict == "clean"

# %% [markdown]
# A trap: exchanged labels keep their counts. The more ill patients there are in training, the
# fewer are left for the test, so an honest split can score *below* 0.50 on them. So the check
# compares with `null` and not with 0.50. (How far `value` lies from `null` is no size of the
# leak. [`score_gap_by`](../10_label_quality/10b_fix.ipynb) measures it.)
#
# Forty studies at each dose, with few patients and with many:


# %% tags=["protocol"]
def alarms(study, rows, random_state):
    """Whether the check suspects a hold-out of these rows, as 0 or 1."""
    known = study.X, study.y, study.meta["patient"]
    found = shared_groups(hold_out(*rows), *known, random_state=random_state)
    return float(found.verdict == "suspect")


# %% tags=["protocol"]
def measure_check(strength, n, random_state):
    """Whether the check alarms for either split of n patients, and the gap."""
    study = make_voice_recordings(8 * n, strength=strength, random_state=random_state)
    rows = np.arange(len(study))
    by_recording = train_test_split(rows, test_size=0.25, random_state=0)
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    by_patient = next(splitter.split(study.X, groups=study.meta["patient"]))
    pitfall = course.load("shared_subjects").world("disease").pitfall
    return {
        "alarm": alarms(study, by_recording, random_state),
        "false_alarm": alarms(study, by_patient, random_state),
        "gap": study.run(pitfall).gap,
    }


# %% mystnb={"image": {"alt": "Above, the share of studies with an alarm against the share of identity. For 30 and for 120 patients it starts at 0, is near .8 at a share of 24 % and 1 at 40 %. Below, the gap of the pitfall, which grows with identity and is smaller with more patients; the open marks, where more than a fifth of the studies pass unseen, lie below .06."}}
checked = evidence.read(lesson.experiment("check"))
shares = [f"{80 * dose:.0f} %" for dose in checked["strength"].unique()]
figures.power(checked, label=world.dial, size="patients", ticks=shares)
plt.show()
by_luck = [*checked["false_alarm"], *checked.query("strength == 0")["alarm"]]
limits = binomtest(int(sum(by_luck)), len(by_luck)).proportion_ci(method="wilson")
print(f"false alarms: {sum(by_luck):.0f} of {len(by_luck)}", end=" ")
print(f"({limits.low:.1%} to {limits.high:.1%})")

# %% [markdown]
# Where a quarter of the variance is the patient, the check misses few studies. Below that lies a
# blind zone: with few patients the claim can be a few hundredths too high, and half of the
# studies or more pass unnoticed.
#
# Whether it is wrong to recognise groups depends on your claim: the check also raises an alarm
# where the same people come back, and there it does no harm.
#
# **What this was.** Taxonomy L3.2, dependence between training and test data. REFORMS items 1a
# (whom the claim is about), 5c (how rows were split), 6b (dependencies across the split are dealt
# with) and 7b (an interval that allows for them). The fix repairs the number.
#
# ## On your own
#
# With your own split, and with your own procedure:
#
# ```python
# from pitfalls.checks import shared_groups, shared_identifiers
# shared_identifiers(patient_train, patient_test)  # whose each row is, on either side
# shared_groups(evaluate, X, y, groups=patient)  # evaluate(X, y) returns your score
# ```
#
# The [exercises](05c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Saeb and colleagues (2017)](https://doi.org/10.1093/gigascience/gix019) and
#   [Little and colleagues (2017)](https://doi.org/10.1093/gigascience/gix020): a dispute between
#   people who then wrote the answer together. Read both.
# - [Chaibub Neto and colleagues (2019)](https://doi.org/10.1038/s41746-019-0178-x): where the
#   check comes from, with recordings of Parkinson's disease.
# - [Yagis and colleagues (2021)](https://doi.org/10.1038/s41598-021-01681-w): the same on brain
#   scans.
