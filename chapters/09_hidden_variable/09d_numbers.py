# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # What nobody wrote down: six numbers, six questions
#
# **What you'll do.** Put six estimates of one network beside the truths that they estimate, and
# find out how many values of a hidden variable you have to pay for.
#
# **What you'll learn.**
# - that an estimate can be right and answer another question;
# - which questions *within posture*, *a new hospital* and *leave one hospital out* answer;
# - why the rare films decide what a number costs, and what happens when a network fills in the
#   rest.
#
# **What you'll need.** [The claim](09a_pitfall.ipynb) and [the fix](09b_fix.ipynb). 15 minutes; no
# network is trained here.
#
# ---
#
# ## Six estimators
#
# Mara has weighted her films. Her colleagues would have done other things, and each has a good
# reason. Each way to get a number is an *estimator*, and each has an *estimand*: the quantity in
# the world that it estimates. In a simulated world all of these can be computed.

# %% tags=["protocol"]
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from pitfalls.datasets import make_chest_films
from pitfalls.metrics import independence_weights, weighted_auc
from pitfalls.vision import ImageClassifier


# %% tags=["protocol"]
def auc_on(model, sample):
    """Return the AUROC of a model's scores."""
    return roc_auc_score(sample.y, model.decision_function(sample.X))


def auc_within(y, score, posture):
    """Return the mean of the AUROCs among those who lie and those who stand."""
    return np.mean([roc_auc_score(y[posture == p], score[posture == p]) for p in (0, 1)])


def train_on_the_first(n, study, epochs=60):
    """Train on the first n films."""
    model = ImageClassifier(epochs=epochs, random_state=study.development.seed)
    return model.fit(study.X[:n], study.y[:n])


# %% tags=["protocol"]
def leave_site_out(study, n):
    """Train in one hospital, score the other's test and fresh films; mean of both ways."""
    site, found = study.meta["site"].to_numpy(), []
    for left_out in np.unique(site):
        rows = np.flatnonzero(site[:n] != left_out)
        model = ImageClassifier(random_state=study.development.seed)
        model.fit(study.X[rows], study.y[rows])
        test = np.flatnonzero(site == left_out)
        test = test[test >= n]
        there = (study.fresh.meta["site"] == left_out).to_numpy()
        fresh = study.fresh.X[there], study.fresh.y[there]
        parts = (study.X[test], study.y[test]), fresh
        found.append([roc_auc_score(y, model.decision_function(X)) for X, y in parts])
    return np.mean(found, axis=0)


# %% tags=["protocol"]
def what_the_film_adds(y, score, posture):
    """Predict the disease from the posture, and from posture and score; test on other films."""
    half, found = len(y) // 2, {}
    for name, columns in (("posture", (posture,)), ("both", (posture, score))):
        X = np.column_stack(columns)
        fitted = LogisticRegression().fit(X[:half], y[:half])
        risk = fitted.predict_proba(X[half:])[:, 1]
        found[f"{name}_auc"] = roc_auc_score(y[half:], risk)
        found[f"{name}_loss"] = log_loss(y[half:], risk)
    return found


# %% tags=["protocol"]
def measure_in_the_old_wards(model, study, n):
    """Return three estimates from the test films, each with its truth."""
    y, score = study.y[n:], model.decision_function(study.X[n:])
    posture = study.annotate("posture", len(study)).to_numpy()[n:]
    weighted = weighted_auc(y, score, independence_weights(y, posture))
    fresh, standing = model.decision_function(study.fresh.X), study.truth["fresh_posture"]
    return {
        "pooled": roc_auc_score(y, score),
        "pooled_truth": roc_auc_score(study.fresh.y, fresh),
        "within_posture": auc_within(y, score, posture),
        "within_posture_truth": auc_within(study.fresh.y, fresh, standing),
        "weighted": weighted.auc,
        "weighted_truth": auc_on(model, study.deployment),
        "effective_n": weighted.effective_n,
        **what_the_film_adds(y, score, posture),
    }


# %% tags=["protocol"]
def measure_estimators(strength, random_state):
    """Return six estimates and the truth of the question that each of them answers."""
    study = make_chest_films(5_000, strength=strength, random_state=random_state)
    n = len(study) // 10
    model = train_on_the_first(n, study)
    found = measure_in_the_old_wards(model, study, n)
    for name, site, habit in (("same_habit", 3, strength), ("new_site", 2, 0)):
        seed = random_state + 1_000_000
        there = make_chest_films(2_000, sites=[site], strength=habit, random_state=seed)
        found[name] = auc_on(model, there)
        found[f"{name}_truth"] = auc_on(model, there.fresh)
    left_out = leave_site_out(study, n)
    return {**found, "leave_site_out": left_out[0], "leave_site_out_truth": left_out[1]}


# %% [markdown]
# Here are the means over ten studies, each with a network of its own, at a correlation of .95:

# %%
questions = {
    "pooled": "fresh films from the old wards",
    "same_habit": "another hospital with the same habit",
    "leave_site_out": "one old ward, after training in the other",
    "within_posture": "ill from healthy among those in one posture",
    "new_site": "another hospital without the habit",
    "weighted": "the admission desks",
}

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
import pandas as pd

from pitfalls import course, evidence

lesson = course.load("hidden_variable")
found = evidence.read(lesson.experiment("estimators"))
means = found[found["strength"] == 0.95].mean()
habit = {"pooled", "same_habit", "leave_site_out"}
names = list(questions)
with_habit = np.isin(names, list(habit))
pd.DataFrame(
    {
        "estimate": means[names].to_numpy(),
        "truth": means[[f"{name}_truth" for name in names]].to_numpy(),
        "posture alone": (1 + 0.95 * with_habit) / 2,
        "what it is the truth about": questions.values(),
    },
    index=names,
).round(2)

# %% mystnb={"image": {"alt": "Six panels, one for each estimator. In each the estimates of thirty studies lie along the diagonal of estimate against truth. Pooled, same habit and leave-site-out crowd near 1, within posture reaches down to about .75, new site and weighted to about .62."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
fig, axes = plt.subplots(2, 3, figsize=(8.5, 6), sharex=True, sharey=True)
hues = {0.5: "#56B4E9", 0.8: "#009E73", 0.95: figures.PITFALL}
for ax, name in zip(axes.flat, questions):
    ax.plot([0.5, 1], [0.5, 1], color=figures.CHANCE, lw=1)
    for strength, part in found.groupby("strength"):
        x, hue = part[f"{name}_truth"], hues[strength]
        ax.plot(x, part[name], "o", color=hue, alpha=0.6, mew=0, label=f"{strength:g}")
    ax.set_title(name.replace("_", " "), fontsize=12)
axes[0, 0].legend(title="correlation", loc="upper left", frameon=False, fontsize=9)
fig.supxlabel("truth of its own question (AUROC)", fontsize=11)
fig.supylabel("estimate (AUROC)", fontsize=11)
plt.show()

# %% [markdown]
# All six lie on their diagonals. The arithmetic was never wrong. The mistake is to read one number
# as the answer to another one's question.
#
# *Within posture* is often called "adjusted", and taken for the number at admission. But
# there a standing ill patient has to outrank a *lying* healthy one, and this number leaves that
# comparison out.
#
# *Leave one hospital out* is the usual advice when there are several hospitals. It tells how well a
# network does in a ward with the same habit, and nobody should rely on a habit.
#
# *A new site* answers Mara's question only if it does not share the habit. Whether it does,
# somebody has to ask.
#
# ## What the film adds
#
# *Posture alone*, in the table, is the AUROC of somebody who looks at the bed and not at the film.
# Where the habit holds, does the network add anything to that? Two AUROCs side by side cannot say,
# since the two may know different things. So predict the disease from the posture, and then from
# posture *and* score, on one half of the test films, and compare on the other half. (The log loss
# is that of the probabilities; smaller is better, and log 2 = 0.69 is a coin's.)

# %%
names = {"posture_auc": "AUROC, posture", "both_auc": "AUROC, posture and score",
         "posture_loss": "log loss, posture", "both_loss": "log loss, posture and score"}  # fmt: skip
adds = found.groupby("strength")[list(names)].mean()
adds.rename(columns=names).rename_axis("correlation").round(2)

# %% [markdown]
# It adds something everywhere, most where the posture tells least. At .95 the posture alone is so good
# that the AUROC has hardly any room left; the log loss shows that the score still knows what the
# posture does not. So in a ward with the habit this network is of use, if not of the use that its
# AUROC suggests. It fails where the habit is gone, since it has learned to lean on it.
#
# ## What the posture costs
#
# Five thousand postures are a lot of work. How far do 100 go, or 500? And once a network has been
# shown a few hundred, could it *read* the posture of all the other films?


# %% tags=["protocol"]
def auc_by_weight(y, score, posture):
    """Return the weighted AUROC and its interval, or no number where a group is empty."""
    if len(set(zip(y, posture))) < 4:
        return np.nan, 0.0, 1.0
    return weighted_auc(y, score, independence_weights(y, posture))[:3]


# %% tags=["protocol"]
def measure_price(annotated, random_state):
    """Return the weighted AUROC by annotated films, and with a network that reads the rest."""
    n, study = 500, make_chest_films(5_000, strength=0.95, random_state=random_state)
    model = train_on_the_first(n, study)
    posture = study.annotate("posture", annotated)
    y, score = study.y[n:], model.decision_function(study.X[n:])
    rows = posture.index[posture.index >= n] - n
    known = posture[rows + n]
    by_hand = auc_by_weight(y[rows], score[rows], known)
    read = known.to_numpy()
    if annotated < len(study):
        reader = ImageClassifier(random_state=study.development.seed)
        read = reader.fit(study.X[posture.index], posture).predict(study.X[n:])
        read[rows] = known
    return {
        **dict(zip(("estimate", "low", "high"), by_hand)),
        "by_reader": auc_by_weight(y, score, read)[0],
        "reader_right": (read == study.truth["posture"][n:]).mean(),
        "deployed": auc_on(model, study.deployment),
    }


# %% tags=["protocol"]
def measure_training(strength, epochs, random_state):
    """Return what a network that is trained for longer claims, and what it gets."""
    n, study = 500, make_chest_films(5_000, strength=strength, random_state=random_state)
    model = train_on_the_first(n, study, epochs)
    test = roc_auc_score(study.y[n:], model.decision_function(study.X[n:]))
    return {"claimed": test, "deployed": auc_on(model, study.deployment)}


# %% [markdown]
# Four means over ten studies: how often there is no number at all, how wide the interval is, how
# often the network that reads is right, and how much too high its number is.

# %%
price = evidence.read(lesson.experiment("price"))
price["no number"] = price["estimate"].isna()
price["width"] = price["high"] - price["low"]
price["too high by reader"] = price["by_reader"] - price["deployed"]
price["reader right"] = price["reader_right"]
columns = ["no number", "width", "reader right", "too high by reader"]
price.groupby("annotated")[columns].mean().round(3)

# %% mystnb={"image": {"alt": "Estimate minus truth for ten studies each with 100, 500 and 5000 annotated films. From the annotated films alone the estimates scatter around zero, widely at 100, closely at 5000. With a reading network they lie above zero in nearly all studies at 100 and a little above it at 500."}}
fig, ax = plt.subplots(figsize=(7, 4))
places = {n: k for k, n in enumerate(lesson.experiment("price").settings["annotated"])}
kinds = {"estimate": (-0.12, figures.FIX), "by_reader": (0.12, "#CC79A7")}
for name, (shift, hue) in kinds.items():
    x = price["annotated"].map(places) + shift + 0.012 * (price["seed"] - 4.5)
    ax.plot(x, price[name] - price["deployed"], "o", color=hue, alpha=0.6, mew=0)
ax.axhline(0, color=figures.CHANCE, lw=1)
ax.text(0.16, 0.1, "a network reads\nthe other films", color="#CC79A7")
ax.text(-0.24, -0.045, "annotated films alone", color=figures.FIX)
ax.set_xticks(list(places.values()), [f"{n:,}" for n in places])
ax.set(xlabel="films with a posture", ylabel="weighted AUROC, estimate − truth")
plt.show()

# %% [markdown]
# What matters is not how many films are annotated, but how many *rare* ones are among them:
# standing patients who are ill, lying ones who are healthy. A hundred films hold one or two of
# each, or none; then there is no number at all, and that is as it should be. Five hundred give a
# wide interval around the truth.
#
# The clever way is dangerous when it is cheap. The network that reads posture has learned from
# films on which the ill lie, so where it errs it takes patches for lying: the same pitfall, the
# other way round. With a hundred films it is right about nearly all the others, and its number is too
# high all the same: the rare groups are so small that a few misread films fill them with strangers.
# With 500 little of that is left. (Where all 5 000 are annotated there is nothing to read.)

# %% tags=["remove-cell"]
for name in questions:
    off = (found[name] - found[f"{name}_truth"]).mean()
    assert abs(off) < 0.03, (name, off)
assert means["weighted"] + 0.1 < means["within_posture"] < means["pooled"] - 0.05
assert means["same_habit"] > 0.93 and means["leave_site_out"] > 0.95
assert (adds["both_auc"] > adds["posture_auc"] + 0.01).all()
assert (adds["both_loss"] < 0.9 * adds["posture_loss"]).all()
price["off"] = price["estimate"] - price["deployed"]
by_n = price.groupby("annotated")
assert by_n["width"].mean().is_monotonic_decreasing and 0 < by_n["no number"].mean()[100] < 1
kind = by_n["too high by reader"].mean()
assert kind[100] > 0.05 > kind[500] > 0.01 > abs(kind[5000])
assert abs(by_n["off"].mean()[500]) < 0.06
