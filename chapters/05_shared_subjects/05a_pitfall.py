# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The tremor in a voice: the claim
#
# **What you'll do.** Tell a disease from the sound of a voice, hold out a quarter of the
# recordings, and find out what the model gets for people whom it has never heard.
#
# **What you'll need.** `fit`, `predict` and a hold-out set in scikit-learn. 20 minutes.
#
# ---
#
# ## A phone that hears a tremor
#
# Noor works for a company that makes an app for neurologists. A patient with a trembling hand says
# "aaah" into the phone, and the app should tell Parkinson's disease from a harmless tremor.
# A clinic recorded 120 patients, eight times each. A program turns every recording into twenty
# measurements of the voice.

# %%
from pitfalls.datasets import make_voice_recordings

study = make_voice_recordings(random_state=0)
n_recordings, n_measurements = study.X.shape
n_patients = study.meta["patient"].nunique()
print(f"{n_recordings} recordings of {n_patients} patients,", end=" ")
print(f"{n_measurements} measurements each, {study.y.mean():.0%} with the disease")

# %% [markdown]
# She holds out a quarter of the recordings and takes the learner that is easiest to explain to a
# doctor: a new recording gets the diagnosis of the majority among the five most similar ones.

# %%
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

split = train_test_split(study.X, study.y, test_size=0.25, random_state=0)
X_train, X_test, y_train, y_test = split
model = KNeighborsClassifier(5).fit(X_train, y_train)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = model.score(X_test, y_test)
print(f"claimed: {claimed:.2f} of {len(y_test)} held-out recordings are correct")

# %% [markdown]
# No recording is in both parts. Nothing was tuned, chosen or scaled. The company puts the number
# on its website.
#
# ## Predict
#
# The app will hear new patients of the same clinic: same room, same phone, same two diseases,
# one recording each. Choose an answer below, and write down a number and an interval that you
# would give four to one on. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("shared_subjects")

# %%
from pitfalls.notebook.predictions import predict

predict("shared_subjects", guess=None, low=None, high=None)

# %% [markdown]
# ## The next 5 000 patients

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from pitfalls.notebook.predictions import settle

patients = study.deployment
deployed = model.score(patients.X, patients.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f} (a coin: 0.50)")

# %%
settle("shared_subjects", deployed)
promised, wrong = (round(1000 * (1 - score)) for score in (claimed, deployed))
print(f"Of 1 000 patients: promised {promised} wrong diagnoses, got {wrong}.")

# %% [markdown]
# ## Whom the model listens to
#
# Each diagnosis comes from five neighbours. Here they are, for thirty held-out recordings and for
# thirty new patients. Which neighbours are the *same patient*? And which of the others have the
# right diagnosis?

# %%
import numpy as np

rows = train_test_split(np.arange(len(study)), test_size=0.25, random_state=0)
patient = study.meta["patient"].to_numpy()


def neighbours(X, y, who):
    """0: a stranger with the other diagnosis, 1: with the same one, 2: the patient."""
    found = model.kneighbors(X, return_distance=False)
    same = patient[rows[0]][found] == who[:, None]
    return np.where(same, 2, y_train[found] == y[:, None])


# %% mystnb={"image": {"alt": "Two grids of thirty recordings by five nearest neighbours. Held-out recordings: nearly every neighbour is the same patient. New patients: no neighbour is, and those with the same and with the other diagnosis are mixed like noise."}}
import matplotlib.pyplot as plt
from matplotlib.colors import ListedColormap

from pitfalls import figures

figures.house_style()
held_out = neighbours(X_test[:30], y_test[:30], patient[rows[1]][:30])
strangers = patients.meta["patient"].to_numpy()[:30]
new = neighbours(patients.X[:30], patients.y[:30], strangers)
hues = ListedColormap(["#E5E5E5", "#56B4E9", figures.PITFALL])
fig, axes = plt.subplots(1, 2, figsize=(7, 5), sharey=True)
grids = {"held-out recordings": held_out, "new patients": new}
for ax, (title, grid) in zip(axes, grids.items()):
    image = ax.pcolormesh(grid, cmap=hues, vmin=-0.5, vmax=2.5, edgecolor="white")
    ax.set(title=title, xlabel="nearest neighbour", yticks=[])
    ax.set_xticks(np.arange(5) + 0.5, ["1st", "2nd", "3rd", "4th", "5th"])
axes[0].set_ylabel("thirty recordings")
bar = fig.colorbar(image, ax=axes, ticks=[0, 1, 2], location="bottom", aspect=40)
bar.ax.set_xticklabels(["other diagnosis", "same diagnosis", "same patient"])
plt.show()

# %%
nearest = neighbours(X_test, y_test, patient[rows[1]])[:, 0]
print(f"{(nearest == 2).mean():.0%} of held-out recordings:", end=" ")
print("the nearest one in training is of the same patient")

# %% [markdown]
# The model does not hear the disease. It recognises the speaker, and knows the diagnosis from that
# person's recordings in training. A voice is a fingerprint. So is a gait, a brain scan, a
# handwriting, a meadow. Recordings were held out, but the claim is about patients.
#
# ## The whole procedure, as a function

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from scipy.stats import binomtest
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from pitfalls.datasets import load_flights, make_voice_recordings
from pitfalls.study import Claim, Sample, Study


# %% tags=["protocol"]
def score_rows(data, model, train, test):
    """Claim the share of correct test rows; the interval takes them for tosses."""
    model.fit(data.X[train], data.y[train])
    correct = model.predict(data.X[test]) == data.y[test]
    tosses = binomtest(int(correct.sum()), len(correct))
    return Claim(
        claimed=correct.mean(),
        interval=tosses.proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X, sample.y),
    )


def split_by_recording(data):
    """Hold out a quarter of the recordings, whoever speaks."""
    rows = train_test_split(np.arange(len(data)), test_size=0.25, random_state=0)
    return score_rows(data, KNeighborsClassifier(5), *rows)


# %% mystnb={"image": {"alt": "The card of numbers. The claim is near 1 with a very short interval; fresh and deployed are equal, near .6, a little above chance and far outside the interval."}}
score = study.run(split_by_recording)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% [markdown]
# `fresh` is the score on new patients from the study's own clinic. `deployed` is the score on the
# same patients, since the claim is about them. The gap is all optimism: nothing has shifted, the
# number was wrong on the day it was made.
#
# ## Was it bad luck?
#
# The dial is the share of a recording's variance that belongs to the patient. At the left end a
# voice sounds different every time, and nobody can be recognised. At the right end a recording
# reveals who is speaking, but no more about the disease than before. Each dot is one simulated
# study. The arrow marks a published study of brain scans, whose share nobody knows: with random
# labels, our patients give the score that it reported for random labels.

# %% tags=["protocol"]
def make_disease_study(strength, random_state, n_patients=120, n_repeats=8, **kind):
    """Some patients, recorded several times each; every measurement knows a little."""
    kind |= {"n_repeats": n_repeats, "strength": strength, "random_state": random_state}
    return make_voice_recordings(n_patients * n_repeats, **kind)


# %% mystnb={"image": {"alt": "Accuracy against the share of variance that is the patient. At 0 the claim and the deployed score agree, near .65. With more identity the claim climbs to 1 and the deployed score falls slightly, to about .6. An arrow near 70 percent marks Yagis et al., 2021."}}
from pitfalls import course, evidence

lesson = course.load("shared_subjects")
world = lesson.world("disease")
disease = evidence.read(world)
mine = disease[disease["arm"] == "pitfall"]
options = {"metric": "accuracy", "chance": 0.5, "label": world.dial}
figures.dial(mine, **options, ticks=world.ticks, marks=world.doses)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("shared_subjects", "disease", arms=["pitfall"])

# %% [markdown]
# At 0, eight recordings of one patient are as good as eight patients, and the split is honest.
# From there the claim climbs, by knowledge that is of no use for anybody new. A perfect score
# might have made Noor suspicious. The one at 60 % would not.
#
# ## Nothing at all to hear
#
# Now flip a coin for each patient and use it in place of the diagnosis. No voice can reveal it.

# %% tags=["protocol"]
def make_coin_flip_study(strength, random_state, **kind):
    """Make the same study with a coin for each patient, which no voice knows."""
    return make_disease_study(strength, random_state, effect=0, **kind)


# %%
print(make_coin_flip_study(strength=1, random_state=0).run(split_by_recording))

# %% [markdown]
# Nor does it take a simulated voice. Here are real data: flip a coin for each of 297 planes, and
# predict it from the plane's flights out of New York. You know the airline, the route, the day and
# the hour of each flight.

# %% tags=["protocol"]
def make_plane_study(random_state):
    """Real features, coin-flip labels: a coin a plane, and thirty flights."""
    rng = np.random.default_rng(random_state)
    flights = load_flights().groupby("tailnum").sample(30, random_state=rng)
    hours = flights[["sched_dep_time", "sched_arr_time"]] // 100
    places = pd.get_dummies(flights[["carrier", "origin", "dest"]])
    X = pd.concat([hours, flights[["distance", "month", "day"]], places], axis=1)
    plane = np.repeat(rng.permutation(297), 30)
    coins = rng.integers(0, 2, 297)
    X, y, meta = X.to_numpy(float), coins[plane], pd.DataFrame({"plane": plane})
    parts = (plane < 200, plane >= 200)
    ours, theirs = (Sample(X[rows], y[rows], meta[rows]) for rows in parts)
    return Study.of(ours, theirs, random_state=random_state)


def split_by_flight(data):
    """Hold out a quarter of the flights, whatever plane flies."""
    rows = train_test_split(np.arange(len(data)), test_size=0.25, random_state=0)
    forest = ExtraTreesClassifier(20, min_samples_leaf=5, random_state=0)
    return score_rows(data, forest, *rows)


# %%
print(make_plane_study(random_state=0).run(split_by_flight))

# %% [markdown]
# ## Which learners recognise people
#
# Not every learner can learn 120 people by heart. Here are five of them, on thirty studies each,
# at full strength. The length of a line is the gap.

# %% tags=["protocol"]
def measure_learner(learner, random_state):
    """What one learner claims and deploys when recordings are held out."""
    number, _, kind = learner.partition(" ")
    if kind == "neighbours":
        model = KNeighborsClassifier(int(number))
    elif learner == "forest":
        model = ExtraTreesClassifier(20, random_state=random_state)
    else:
        model = LogisticRegression()
    study = make_disease_study(strength=1, random_state=random_state)
    rows = train_test_split(np.arange(len(study)), test_size=0.25, random_state=0)
    score = study.settle(score_rows(study.development, model, *rows))
    return {"claimed": score.claimed, "deployed": score.deployed}


# %% mystnb={"image": {"alt": "For five learners, claimed and deployed accuracy joined by a line. The five-neighbour model claims 1 and gets .61, a forest .92 and .65, 25 neighbours .83 and .65. For logistic regression and 125 neighbours the line is short, and logistic regression gets most, .71."}}
found = evidence.read(lesson.experiment("learners")).groupby("learner")
means = found[["claimed", "deployed"]].mean().sort_values("claimed")
fig, ax = plt.subplots(figsize=(7, 2.8))
line = {"color": figures.PITFALL, "alpha": 0.5}
ax.hlines(means.index, means["deployed"], means["claimed"], **line)
dots = {"ls": "none", "marker": "o", "ms": 8, "color": figures.PITFALL}
ax.plot(means["claimed"], means.index, mfc="white", mew=1.8, **dots)
ax.plot(means["deployed"], means.index, **dots)
ax.axvline(0.5, color=figures.CHANCE, ls=":", lw=1)
ax.set(xlabel="accuracy (open: claimed, filled: deployed, dotted: chance)")
plt.show()

# %% tags=["remove-cell"]
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.claimed > 0.97 and 0.55 < score.deployed < 0.7
assert score.shift == 0
assert (nearest == 2).mean() > 0.95 and (new < 2).all()
gaps = (means["claimed"] - means["deployed"]).to_dict()
assert gaps["logistic regression"] < 0.12 < gaps["forest"] < gaps["5 neighbours"]
assert means["deployed"].idxmin() == means["claimed"].idxmax() == "5 neighbours"
assert means["deployed"].idxmax() == "logistic regression"

# %% [markdown] slideshow={"section": "cases"}
# A logistic regression on twenty measurements has little room for 120 people. With fewer people or
# more measurements it would find the room. Now suppose that Noor had compared the five and taken
# the best. The learner that claims most is the one that gets least: such a comparison picks the
# best memory.
#
# ## What you have learned
#
# - what a model learns when the same person is in the training set and in the test set;
# - how the damage grows, the more a recording reveals who is speaking;
# - which learners recognise people, and which hardly can.
#
# ## Where it happened
#
# - **Brain scans.** [Yagis and colleagues (2021)](https://doi.org/10.1038/s41598-021-01681-w) cut
#   scans into slices and split by slice, then by person. By slice, accuracy was inflated by 30,
#   29, 48 and 55 % on four data sets. With *random* labels it was still about 96 %, and 50 % by
#   person.
# - **Phones and wearables.** [Saeb and colleagues
#   (2017)](https://doi.org/10.1093/gigascience/gix019) reviewed studies that predict clinical
#   outcomes from them: almost half had split by record.
# - **Connectomes.** [Rosenblatt and colleagues (2024)](https://doi.org/10.1038/s41467-024-46150-w)
#   put several leaks into more than 400 pipelines. Repeated subjects were one of the two that
#   inflated drastically, and small data sets suffered more.
# - **Proteins.** Without similar sequences on both sides, the splendid scores for interacting
#   proteins became random in [Bernett and colleagues (2024)](https://doi.org/10.1093/bib/bbae076).
# - **Forests.** [Ploton and colleagues (2020)](https://doi.org/10.1038/s41467-020-18321-y) mapped
#   biomass: more than half of its variance explained with random folds, next to none with folds
#   of far-away places.
#
# **Where it hides.** Clinic: images, visits, eyes, teeth of one patient. Finance: quarters of one
# firm, loans of one debtor. Text: comments of one author, pages of one book. Ecology: plots beside
# each other. Industry: measurements of one machine, wafers of one lot.
#
# Before you open [the fix](05b_fix.ipynb): which line changes? And when would Noor's split be
# right? (For that there is [a page of its own](05d_known_patients.ipynb).)
