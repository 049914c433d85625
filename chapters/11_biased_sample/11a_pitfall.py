# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The memory clinic: the claim
#
# **What you'll do.** Build a blood test from patients whose diagnosis is beyond doubt, and use it
# on everybody.
#
# **What you'll need.** `fit`, `predict` and a train/test split. 20 minutes.
#
# ---
#
# ## A blood test for a memory clinic
#
# Leila runs a memory clinic. Five markers in the blood rise with a disease of the brain, and she
# wants a test for everybody who is referred to her. She is careful about labels. Many patients are
# somewhere in between, and experts can argue about them for a year. So her study takes patients
# who are clearly ill or clearly well. A thousand of them gave blood.

# %%
from pitfalls.datasets import make_referrals

study = make_referrals(random_state=0)
n, markers = study.X.shape
print(f"{n:,} patients, {markers} markers, {study.y.mean():.0%} are ill")

# %% [markdown]
# One half trains the model, which never sees the other half. There is one row per patient, one
# model, and no choice to make.

# %%
from sklearn.linear_model import LogisticRegression

half = len(study) // 2
model = LogisticRegression().fit(study.X[:half], study.y[:half])

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(study.X[half:], study.y[half:])
print(f"claimed: {claimed:.2f} of patients classified correctly (a coin: 0.50)")

# %% [markdown]
# None of the earlier chapters would object. Nothing leaks.
#
# ## Predict
#
# The test is used on all who are referred to the clinic, as they come. Choose an answer below,
# and write down a number and an interval that you would give four to one on. Then open the
# answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("biased_sample")

# %%
from pitfalls.notebook.predictions import predict

predict("biased_sample", guess=None, low=None, high=None)

# %% [markdown]
# ## Everybody
#
# Leila first asks a colleague to repeat the study: 10 000 more patients, recruited by the same
# rules. Then come 10 000 as they are referred.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls.notebook.predictions import settle

fresh = model.score(study.fresh.X, study.fresh.y)
deployed = model.score(study.deployment.X, study.deployment.y)
print(f"claimed {claimed:.2f}, repeated {fresh:.2f}, deployed {deployed:.2f}")

# %%
settle("biased_sample", deployed)
promised, wrong = (round(1_000 * (1 - share)) for share in (claimed, deployed))
print(f"Of 1 000 patients: promised {promised} errors, got {wrong}.")

# %% [markdown]
# The repetition confirms the claim, because it leaves out the same people. The number is right,
# but it says how well the test tells the clearly ill from the clearly well. In a clinic nobody
# asks that.
#
# ## Where the errors are
#
# In the end it turns out how severe each patient's disease was: below 0 is well, above 0 is ill.
# The upper panel shows the accuracy along that scale, the lower one where the patients are.

# %%
import numpy as np

everybody, cut = study.deployment, study.info["cut"]
severity = everybody.meta["severity"].to_numpy()
right = model.predict(everybody.X) == everybody.y
bins = np.linspace(-3, 3, 25)
inside = (severity > bins[:-1, None]) & (severity <= bins[1:, None])
share = [right[rows].mean() for rows in inside]

# %% mystnb={"image": {"alt": "Two panels above each other. The upper one shows accuracy against severity: near 1 at both ends and falling to one half at the border of ill and well in the middle. The lower one shows where patients are: everybody is heaped up in the middle, and the study has people at both ends and nobody in the middle."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
fig, (above, below) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
above.plot((bins[:-1] + bins[1:]) / 2, share, "o-", color=figures.PITFALL)
above.axhline(0.5, color=figures.CHANCE, ls=":")
above.text(-3, 0.51, "chance", color=figures.CHANCE)
above.text(0, 0.98, "nobody in the study", ha="center")
above.set_ylabel("accuracy")
for part, hue in ((everybody, figures.CHANCE), (study, figures.PITFALL)):
    values, each = part.meta["severity"], np.full(len(part.y), 100 / len(part.y))
    below.hist(values, bins, weights=each, color=hue, alpha=0.6)
below.text(0, 3, "all who are\nreferred", ha="center")
below.text(-2.2, 15, "the study", color=figures.PITFALL, ha="center")
below.set(xlabel="severity (sd; ill above 0)", ylabel="patients (%)")
for ax in (above, below):
    ax.axvspan(-cut, cut, color="black", alpha=0.06, lw=0)
plt.show()

# %% [markdown]
# The test is nearly perfect where the study looked. Where it did not look, accuracy falls towards
# that of a coin. And that is where most patients are.

# %%
unclear = np.abs(severity) <= cut
print(f"{unclear.mean():.0%} of all patients are unclear. Classified correctly:")
print(f"{right[unclear].mean():.0%} of them, {right[~unclear].mean():.0%} of the rest.")

# %% [markdown]
# ## The whole procedure, as a function

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression

from pitfalls.datasets import make_referrals
from pitfalls.study import Claim


# %% tags=["protocol"]
def right_and_sure(model, sample):
    """Return the accuracy, and the mean probability that the model gives its answers."""
    sure = model.predict_proba(sample.X).max(axis=1)
    return {"score": model.score(sample.X, sample.y), "sure": sure.mean()}


def study_who_was_recruited(data):
    """Train on one half of the rows in the study, and score the other."""
    half = len(data) // 2
    model = LogisticRegression().fit(data.X[:half], data.y[:half])
    correct = model.predict(data.X[half:]) == data.y[half:]
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: right_and_sure(model, sample),
    )


def make_clear_study(strength, random_state, **kind):
    """1 000 patients; the higher the strength, the clearer they have to be."""
    return make_referrals(strength=strength, random_state=random_state, **kind)


# %% mystnb={"image": {"alt": "The card of numbers. Claimed and fresh are near 1, deployed is near .8, far outside the claim's short interval."}}
score = study.run(study_who_was_recruited)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# The gap is all *shift*. Cross-validation, an untouched hold-out and a second study by the same
# rules cannot see it: they all draw from the patients who are recruited.
#
# ## Was it bad luck?
#
# The dial is how clear a patient has to be. At the left end everybody is clear enough.

# %% mystnb={"image": {"alt": "Accuracy against the share of patients left out as unclear. Nothing left out: claim and deployed score agree near .8. The claim climbs to .99 at 87 per cent left out, and the deployed score stays where it was."}}
from pitfalls import course, evidence

lesson = course.load("biased_sample")
world = lesson.world("spectrum")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"chance": 0.5, "label": world.dial, "ticks": world.ticks}
figures.dial(mine, metric="accuracy", **options)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("biased_sample", "spectrum", arms=["pitfall"])

# %% [markdown]
# The deployed score does not move. The test gets better and better on paper, because the difficult
# patients are sent home.
#
# ## Not how many, but who
#
# Leaving people out is not wrong in itself. Here is a study that keeps as small a share of its
# clinic's patients as Leila's does, but whose doctors drew lots.

# %% tags=["protocol"]
def make_chance_study(strength, random_state, **kind):
    """As many patients are left out as in the study of clear cases, by lot."""
    options = {"strength": strength, "random_state": random_state}
    return make_referrals(leaves_out="anybody", **options, **kind)


# %%
by_lot = make_chance_study(strength=1, random_state=0)
print(by_lot.run(study_who_was_recruited))

# %% tags=["remove-cell"]
lots = lesson.world("chance")
table = evidence.verdict(evidence.read(lots), lots)
assert (table["verdict"] == "holds").all()
assert (score.claimed, score.fresh, score.deployed) == (claimed, fresh, deployed)
assert score.claimed > 0.97 and 0.76 < score.deployed < 0.82
assert abs(score.optimism) < 0.02 < 0.15 < score.shift
assert share[12] < 0.65 and min(share[0], share[-1]) > 0.97
assert np.abs(study.meta["severity"]).min() > cut

# %% [markdown] slideshow={"section": "cases"}
# ## What you have learned
#
# - how a test set can be clean, untouched and about the wrong people;
# - why more data of the same kind confirm the claim;
# - that it matters who is left out, not how many.
#
# ## Where it happened
#
# - **Autism.** The example that [Kapoor and
#   Narayanan (2023)](https://doi.org/10.1016/j.patter.2023.100804) give for this class of their
#   taxonomy, L3.3: borderline cases had been dropped, and the score was about the others. [Bone
#   and colleagues (2015)](https://doi.org/10.1007/s10803-014-2268-6) had tried to reproduce two
#   studies that promised a much shorter diagnosis; on larger and more balanced data they could
#   not.
# - **Medical images.** [Oakden-Rayner and
#   colleagues (2020)](https://doi.org/10.1145/3368555.3384468) found clinically important
#   subsets on which the score was lower by more than 20 % of itself, hidden in a good average.
#   It is not always so: [Seah and colleagues (2021)](https://doi.org/10.1136/bmjopen-2021-053024)
#   tested a broadly trained model on such subsets of its own, and in none was it inferior.
# - **Funds.** [Brown and colleagues (1992)](https://doi.org/10.1093/rfs/5.4.553) showed that
#   returns look predictable in a database from which the losers have gone.
#
# **Where it hides.** Clinic: healthy volunteers as the comparison. Finance: the past ten years of
# today's index members. Text: items on which the raters disagreed, dropped as noise.
# Ecology: sites near a road. Industry: machines that ran long enough to have a history.
#
# [The fix](11b_fix.ipynb) changes one word of the code, and costs a thousand new patients.
