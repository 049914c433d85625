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
# - why 240 recordings of 30 patients count as 30, and which interval allows for it;
# - when the split by recording is right after all;
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
# together. So the procedure first takes each test patient's share of correct recordings, and then
# the mean over patients with its t interval.

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls import course
from pitfalls.checks import shared_groups
from pitfalls.datasets import make_voice_recordings
from pitfalls.metrics import mean_interval
from pitfalls.study import Claim


# %% tags=["protocol"]
def score_groups(data, model, groups):
    """Hold out a quarter of the groups; claim the mean of their accuracies."""
    groups = groups.to_numpy()
    splitter = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    train, test = next(splitter.split(data.X, data.y, groups=groups))
    model.fit(data.X[train], data.y[train])
    correct = pd.Series(model.predict(data.X[test]) == data.y[test])
    claimed, low, high = mean_interval(correct.groupby(groups[test]).mean())
    return Claim(
        claimed=claimed,
        interval=(low, high),
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
# ## What thirty patients are worth
#
# On average the fix is right. A single study is not: look at the dots. That is what intervals are
# for, and simulated studies can tell which intervals keep their promise. Here are five, all for
# splits by patient. They come from the hold-out or from five folds (`GroupKFold`), and are
# computed from the recordings as if these were independent, from the five fold scores, or from the
# patients' means.


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
def measure_coverage(strength, random_state):
    """Whether each of five intervals holds the deployed score that it is for."""
    study = make_voice_recordings(strength=strength, random_state=random_state)
    who, found = study.meta["patient"].to_numpy(), {}
    hold_out = GroupShuffleSplit(1, test_size=0.25, random_state=0)
    for name, splitter in {"hold-out": hold_out, "5 folds": GroupKFold(5)}.items():
        folds = list(splitter.split(study.X, groups=who))
        right, deployed = score_folds(study, folds)
        correct = pd.Series(np.concatenate(right))
        owner = who[np.concatenate([test for _, test in folds])]
        tosses = binomtest(int(correct.sum()), len(correct))
        intervals = {
            f"{name}, recordings": tuple(tosses.proportion_ci(method="wilson")),
            f"{name}, fold scores": mean_interval([r.mean() for r in right])[1:],
            f"{name}, patients": mean_interval(correct.groupby(owner).mean())[1:],
        }
        found |= {kind: a <= deployed <= b for kind, (a, b) in intervals.items()}
    del found["hold-out, fold scores"]
    return {kind: float(holds) for kind, holds in found.items()}


# %% mystnb={"image": {"alt": "The share of studies in which each of five intervals covers the deployed score, when none of the variance is the patient and when 80 % is. Without identity all lie near .9 or above. With it, the two from recordings fall to about .7 (hold-out) and .5 (folds), the one from the patients of the hold-out stays at .95, and the two others from folds lie between .8 and .95."}}
cover = evidence.read(lesson.experiment("coverage"))
names = [name for name in cover if ", " in name]
fig, ax = plt.subplots(figsize=(7, 3.2))
for strength, hue, label in ((0, figures.CHANCE, "0"), (1, figures.FIX, "80 %")):
    part = cover.loc[cover["strength"] == strength, names]
    tosses = [binomtest(int(held), len(part)) for held in part.sum()]
    limits = [toss.proportion_ci(method="wilson") for toss in tosses]
    y = np.arange(len(names)) + (0.12 if strength else -0.12)
    ax.hlines(y, *np.transpose(limits), color=hue, lw=2)
    ax.plot(part.mean(), y, "o", color=hue, ms=8, label=label)
ax.axvline(0.95, color="black", lw=1, ls=":")
ax.set_yticks(range(len(names)), names)
ax.invert_yaxis()
ax.set_xlabel("share of studies whose interval holds the deployed score")
where = {"loc": "lower left", "frameon": False}
ax.legend(title="share of variance\nthat is the patient", **where)
plt.show()

# %% [markdown]
# An interval that treats recordings as independent tosses is far too short as soon as a voice can
# be recognised. The test patients are independent of each other, so the interval over the
# *patients of the hold-out* is the one to report, as Noor's function does. Folds test all
# patients, so their claim varies less. But every patient both trains and tests, so the folds err
# together, and the usual interval does not allow for that. (Nested cross-validation does, at some
# hundred times the price: [Bates, Hastie and Tibshirani, 2023](https://arxiv.org/abs/2104.00673).)
#
# **What it costs.** The interval is long because thirty people are few, and more recordings of
# them would hardly shorten it. **Where it stops.** A new clinic, another phone or a second
# language is not a new patient but a new population. And a patient who comes back under another
# number counts as two.
#
# ## When the split by recording is right
#
# [Little and colleagues (2017)](https://doi.org/10.1093/gigascience/gix020) answered Saeb:
# splitting by subject is not always right, and may overstate the error. It depends on whom the
# model is for.
#
# Noor's company has a second app. Forty patients record themselves every day, before their pill or
# after it, and the app tells which. Every voice changes in its own way. The app is made for *these
# forty*. Here are both splits of the same recordings, by recording in vermilion ("pitfall") and by
# patient in blue ("fix"). Left and right differ in who comes next.


# %% tags=["protocol"]
def make_known_patients_study(strength, random_state):
    """A state that changes, in forty patients who record themselves again."""
    options = {"n_repeats": 24, "changing": True, "returning": True, "strength": strength}
    return make_voice_recordings(**options, random_state=random_state)


def make_unknown_patients_study(strength, random_state):
    """The same forty patients; the next recordings are of others."""
    options = {"n_repeats": 24, "changing": True, "strength": strength}
    return make_voice_recordings(**options, random_state=random_state)


# %% mystnb={"image": {"alt": "Two dials. Left, the next recordings come from the same patients: the claim by recording and its deployed score rise together to about 1, the claim by patient stays near .62 and understates a deployed score near .9. Right, they come from new patients: the claim by recording rises to 1, everything else stays near .62."}}
fig, axes = plt.subplots(1, 2, figsize=(10, 4), sharey=True)
for ax, name in zip(axes, ("known", "unknown")):
    here = lesson.world(name)
    figures.dial(evidence.read(here), **options, ticks=here.ticks, ax=ax)
    ax.set_title(f"next: {name} patients")
plt.show()

# %%
turn("shared_subjects", "known")

# %% tags=["remove-cell"]
every = evidence.read(lesson)
every_verdict = pd.concat(evidence.verdict(every, w) for w in lesson.simulated)
assert (every_verdict["verdict"] == "holds").all()
held = cover[cover["strength"] == 1].mean()
assert held["hold-out, patients"] > 0.9 > 0.8 > held["hold-out, recordings"]
assert held["5 folds, recordings"] < 0.65 and held["5 folds, patients"] < 0.92
full = every[every["strength"] == 1].groupby(["world", "arm"])
full = full[["claimed", "deployed"]].mean()
known = full.loc["shared_subjects.known"]
too_low = known.loc["split_by_patient"]
assert too_low["deployed"] > too_low["claimed"] + 0.2
new = full.loc["shared_subjects.unknown"].loc["pitfall"]
assert abs(new["claimed"] - known.loc["pitfall", "claimed"]) < 1e-9
assert new["claimed"] - new["deployed"] > 0.3
assert abs(fix.claimed - claimed) < 1e-9 and fix.deployed == deployed
assert fix.claimed < pitfall.claimed - 0.2
assert fix.interval[0] < fix.deployed < fix.interval[1]
assert abs(fix.deployed - pitfall.deployed) < 0.05

# %% [markdown]
# On the left, Noor's first split is right, and the fix of this chapter would throw a good product
# away. On the right, the very same claim is false. Data, split, model and number are identical;
# what decides is the sentence that they are put into. So write the sentence first (REFORMS 1a):
# *for recordings of whom?*
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
# patients exchange their diagnoses. A voice then says nothing about a new patient's label, and
# what your procedure still scores above chance, it owes to recognising the speaker. For comparison
# the check also deals the exchanged labels out anew among all recordings with the same true label,
# so that a patient's recordings no longer share one. It is suspicious if the first score is higher
# by more than three standard errors, over 20 shuffles.


# %% tags=["check"]
import numpy as np
import pandas as pd


def shared_groups(evaluate, X, y, groups, *, n_shuffles=20, random_state=None):
    """Find out whether a procedure profits from having met the groups before."""
    rng, y = np.random.default_rng(random_state), pd.Series(np.asarray(y))
    at = [*y.groupby(np.asarray(groups), dropna=False).indices.values()]
    band = y.rank(method="dense") // max(1, 3 * y.nunique() // max(1, len(at)))
    raw = groups, y, np.asarray(X).reshape(max(1, len(y)), -1)
    scores = np.full((n_shuffles, 2), np.nan)
    if len(at) < len(y) and all(pd.DataFrame(r).nunique().max() > 1 for r in raw):
        for pair in scores:
            old, new = y.to_numpy(), y.to_numpy(copy=True)
            for me, j in zip(at, rng.permutation(len(at)), strict=True):
                new[me] = rng.choice(old[at[j]], len(me))[pd.factorize(old[me])[0]]
            loose = pd.Series(new).groupby(band).transform(rng.permutation)
            pair[:] = evaluate(X, new), evaluate(X, loose.to_numpy())
    sure = (d := scores @ [1, -1]).mean() - 3 * d.std(ddof=1) / n_shuffles**0.5
    verdict = "suspect" if sure > 0 else "clean" if sure <= 0 else "not checked"
    return pd.DataFrame([[*scores.mean(0), verdict]], ["groups"],
                        ["value", "null", "verdict"])


# %%
def by_recording(X, y):
    split = train_test_split(X, y, test_size=0.25, random_state=0)
    return KNeighborsClassifier(5).fit(split[0], split[2]).score(split[1], split[3])


def by_patient(X, y):
    return KNeighborsClassifier(5).fit(X[train], y[train]).score(X[test], y[test])


looked = {
    split.__name__: shared_groups(split, study.X, study.y, patient, random_state=0)
    for split in (by_recording, by_patient)
}
pd.concat(looked).round(2)

# %% tags=["remove-cell"]
mean = real.mean()
assert mean.loc["pitfall", "claimed"] - mean.loc["pitfall", "deployed"] > 0.08
assert abs(mean.loc["split_by_plane", "claimed"] - 0.5) < 0.06
assert looked["by_recording"].loc["groups", "verdict"] == "suspect"
assert looked["by_patient"].loc["groups", "verdict"] == "clean"
forty = lesson.world("known").make(strength=1, random_state=0)
of_forty = forty.X, forty.y, forty.meta["patient"]
asked = shared_groups(by_recording, *of_forty, n_shuffles=5, random_state=0)
assert asked.loc["groups", "verdict"] == "suspect"

# %% [markdown]
# A trap: exchanged labels keep their counts. The more ill patients there are in training, the
# fewer are left for the test, so an honest split can score *below* .50 on them. That is not a
# mistake; it is why the check compares with `null` and not with .50.
#
# How far can you trust it? Forty studies at each dose, with few patients and with many:


# %% tags=["protocol"]
def alarms(study, rows, random_state):
    """Whether the check suspects a hold-out of these rows, as 0 or 1."""
    train, test = rows

    def accuracy(X, y):
        model = KNeighborsClassifier(5).fit(X[train], y[train])
        return model.score(X[test], y[test])

    rows = study.X, study.y, study.meta["patient"]
    found = shared_groups(accuracy, *rows, random_state=random_state)
    return float(found.loc["groups", "verdict"] == "suspect")


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


# %% mystnb={"image": {"alt": "Above, the share of studies with an alarm against the share of identity. For 30 and for 120 patients it starts near 0 and is close to 1 from a share of 24 % on. Below, the gap of the pitfall, which grows with identity and is smaller with more patients; the open marks, where more than a fifth of the studies pass unseen, lie below .06."}}
checked = evidence.read(lesson.experiment("check"))
shares = [f"{80 * dose:.0f} %" for dose in checked["strength"].unique()]
figures.power(checked, label=world.dial, size="patients", ticks=shares)
plt.show()
by_luck = [*checked["false_alarm"], *checked.query("strength == 0")["alarm"]]
limits = binomtest(int(sum(by_luck)), len(by_luck)).proportion_ci(method="wilson")
print(f"false alarms: {sum(by_luck):.0f} of {len(by_luck)}", end=" ")
print(f"({limits.low:.1%} to {limits.high:.1%})")

# %% [markdown]
# Where a quarter of the variance is the patient, the check misses hardly any study. Below that
# lies a blind zone: with few patients the claim can be a few hundredths too high, and half of the
# studies or more pass unnoticed. With many patients, what passes unnoticed is too small to hurt.
#
# The check tells whether your procedure recognises groups. Whether that is wrong depends on your
# claim: it also raises an alarm for the forty patients of the second app, where it does no harm.
#
# **What this was.** Taxonomy L3.2, dependence between training and test data. REFORMS items 1a
# (whom the claim is about), 5c (how rows were split), 6b (dependencies across the split are dealt
# with) and 7b (an interval that allows for them). The fix repairs the number.
#
# ## On your own
#
# The [exercises](05c_exercises.ipynb) take about 30 minutes.
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
