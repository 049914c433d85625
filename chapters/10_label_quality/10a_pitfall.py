# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Content, or not: the claim
#
# **What you'll do.** Train a classifier on reviews that forty people wrote down and labelled, and
# find out what it gets on reviews that other people wrote down.
#
# **What you'll need.** `fit`, `predict`, a bag of words. 20 minutes.
#
# ---
#
# ## Forty people and their ticks
#
# Nadia runs the customer desk of an online shop. Customers speak their reviews into the phone.
# Forty people, hired for a week, listened to fifty reviews each. They wrote each of them down in
# one line, in their own words, and put a tick (1) if the customer was content.

# %%
from textwrap import fill

from pitfalls.datasets import make_reviews

study = make_reviews(random_state=0)
for text, tick in zip(study.X["text"][:4], study.y):
    print(fill(f"{tick}  {text}", 80, subsequent_indent="   "))

# %% [markdown]
# From now on a model is to do the ticking. Nadia takes what most people try first on short texts:
# weighted counts of words and a logistic regression.

# %%
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

model = make_pipeline(TfidfVectorizer(), LogisticRegression())
n_people = study.meta["annotator"].nunique()
print(f"{len(study):,} reviews, {n_people} people, {study.y.mean():.0%} ticked")

# %% [markdown]
# She scores it on reviews that it has not seen: five folds, rows drawn at random. No text occurs
# twice, the two classes are about equally large, and nothing is tuned.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.model_selection import KFold, cross_val_predict

cv = KFold(5, shuffle=True, random_state=0)
predictions = cross_val_predict(model, study.X["text"], study.y, cv=cv)
claimed = (predictions == study.y).mean()
print(f"claimed: {claimed:.2f} of the reviews classified correctly (a coin: 0.50)")

# %% [markdown]
# More than four in five, from a line of text. The shop will use it on next year's reviews.
#
# ## Predict
#
# Next year other people write the reviews down. Since much depends on it now, a panel of three
# listens to every recording and settles whether the customer is content. Choose an answer below,
# and write down a number and an interval that you would give four to one on. Then open the
# answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("label_quality")

# %%
from pitfalls.notebook.predictions import predict

predict("label_quality", guess=None, low=None, high=None)

# %% [markdown]
# ## The next year
#
# Same shop, same kind of customer. A hundred new people wrote these down.

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
model.fit(study.X["text"], study.y)
new = study.deployment
deployed = model.score(new.X["text"], new.y)
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %%
from pitfalls.notebook.predictions import settle

settle("label_quality", deployed)
promised, got = (round(1000 * (1 - score)) for score in (claimed, deployed))
print(f"Of 1 000 customers: promised {promised} misread, got {got}.")

# %% [markdown]
# ## What the model has learned
#
# How often does each person tick? On the left are the forty people, with new reviews of theirs:
# the share that they ticked themselves, and the share that the model ticks. On the right are the
# hundred others, with the panel's ticks in place of their own.

# %%
import pandas as pd


def shares(sample):
    ticks = {"given": sample.y, "predicted": model.predict(sample.X["text"])}
    frame = pd.DataFrame(ticks)
    return frame.groupby(sample.meta["annotator"].to_numpy()).mean()


people = {"the forty who ticked": shares(study.fresh), "a hundred others": shares(new)}

# %% mystnb={"image": {"alt": "Two scatter plots of people. On the left the share that the model ticks for each of the forty annotators follows the share that they ticked themselves, from nearly none to nearly all. On the right the panel ticks about half of everybody's reviews, while the model's shares still range from few to nearly all."}}
import matplotlib.pyplot as plt

from pitfalls import figures

figures.house_style()
fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), sharex=True, sharey=True)
for ax, (name, points) in zip(axes, people.items()):
    ax.axline((0, 0), slope=1, color=figures.CHANCE, ls=":", lw=1)
    dots = {"ls": "none", "marker": "o", "color": figures.PITFALL, "alpha": 0.5}
    ax.plot(points["given"], points["predicted"], **dots)
    ax.set(title=name, xlim=(0, 1), ylim=(0, 1), aspect="equal")
axes[0].set(xlabel="share ticked by themselves", ylabel="share ticked by the model")
axes[1].set(xlabel="share ticked by the panel")
plt.show()

# %% [markdown]
# Some people are generous and tick nearly everything, others hardly anything. Each has habits of
# writing: one begins with "listen", says "shopper" and ends with "cheers". From such words the
# model knows *who* writes, and from that how the tick will fall. The same forty people are on both
# sides of every fold, so this works, and is rewarded. With new people the model still guesses whom
# they resemble.

# %%
differ = (study.y != study.truth["gold"]).mean()
print(f"The panel would have judged {differ:.0%} of the reviews differently.")

# %% [markdown]
# ## The whole procedure, as a function

# %% tags=["protocol"]
from scipy.stats import binomtest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.pipeline import make_pipeline

from pitfalls.datasets import make_reviews
from pitfalls.study import Claim


# %% tags=["protocol"]
def score_by_random_folds(data):
    """Cross-validate on the ticks, rows at random; ship the model of all rows."""
    text = data.X["text"]
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    cv = KFold(5, shuffle=True, random_state=0)
    correct = cross_val_predict(model, text, data.y, cv=cv) == data.y
    model.fit(text, data.y)
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(correct)).proportion_ci(method="wilson"),
        score=lambda sample: model.score(sample.X["text"], sample.y),
    )


def make_review_study(strength, random_state, **kind):
    """At strength 0 everybody ticks as the panel does, at 1 people lean either way."""
    settings = {"n_others": 100, "strength": strength, "random_state": random_state}
    return make_reviews(**settings, **kind)


# %% [markdown]
# `fresh` is the score on more reviews that *these* forty people wrote down and ticked: a new draw
# from the study's own population. `deployed` is the score on other people's reviews, with the
# panel's labels.

# %% mystnb={"image": {"alt": "The card of numbers. Claimed and fresh agree above .8. The deployed score is more than a tenth lower, far outside the short interval of the claim."}}
score = study.run(score_by_random_folds)
print(score)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert (score.claimed, score.deployed) == (claimed, deployed)
assert score.gap > 0.06 and abs(score.optimism) < 0.04
mine, theirs = people.values()
assert mine["given"].std() > 0.15 and mine.corr().iloc[0, 1] > 0.8
assert theirs["given"].std() < 0.12 and theirs["predicted"].std() > 0.12

# %% [markdown]
# There is no optimism. Claimed and fresh agree, so the cross-validation did its work: it says how
# well the model predicts **the ticks of these forty people**. Nobody wanted to know that. The gap
# is all *shift*: from these people to others, and from ticks to what the customers meant.
#
# ## Was it bad luck?
#
# The dial is how far people lean, that is, how generous or strict they are. The axis shows it as
# the share of ticks with which the panel would disagree. At the left end everyone ticks as the
# panel does, and writes as before. The arrows mark well-known test sets by their share of wrong
# labels, which need not be wrong by anybody's habit.

# %% mystnb={"image": {"alt": "Accuracy against the share of ticks that a panel would not give. At 0 claim and deployed score agree near .79. Towards 28 percent the claim rises a little while the deployed score falls below .7. Arrows near the left end mark ten test sets and, further right, ImageNet, in Northcutt et al., 2021."}}
from pitfalls import course, evidence

world = course.load("label_quality").world("annotators")
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
options = {"chance": 0.5, "label": world.dial, "ticks": world.ticks}
figures.dial(mine, metric="accuracy", **options, marks=world.doses)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("label_quality", "annotators", arms=["pitfall"])

# %% [markdown] slideshow={"section": "cases"}
# Habits of writing do no harm by themselves. And look at the claim: **the labels get worse, and in
# the end the score is higher than with perfect labels.** Recognising people gains the model more
# than it loses by the worse labels.
#
# ## What you have learned
#
# - how a model learns who labelled a text instead of what the text says;
# - why cross-validation does not notice;
# - that a score can be right, and be the answer to another question.
#
# ## Where it happened
#
# - **Language understanding.** [Geva, Goldberg and Berant
#   (2019)](https://doi.org/10.18653/v1/D19-1107) looked at data sets in which crowdworkers write
#   the examples. Models did better when they were told the annotator's number, could recognise
#   the most productive annotators from their sentences, and failed to carry over to people who
#   were not in the training set. Their advice: test annotators should not be training annotators.
# - **Test sets that everybody uses.** [Northcutt, Athalye and Mueller
#   (2021)](https://arxiv.org/abs/2103.14749) let a program flag suspicious labels in ten of them
#   and had people look: 51 % of the flagged ones were indeed wrong. They put the wrong labels at
#   3.3 % or more on average, and at 6 % or more in the validation set of ImageNet.
#
# **Where it hides.** Clinic: radiologists with habits, each reporting from one scanner. Finance:
# analysts who write the note and give the rating. Text: every data set with a handful of
# productive annotators. Ecology: observers who each know their own hills and birds. Industry:
# inspectors on shifts that run different products.
#
# Before you open [the fix](10b_fix.ipynb): `study.meta` has a column `annotator`. Name two
# different uses for it.
