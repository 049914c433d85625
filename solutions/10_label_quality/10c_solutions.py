# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Whose labels they are: solutions
#
# Six exercises, easy to hard, about 35 minutes. Each ends with a check of your answer. They use
# the functions of [the pitfall](../../chapters/10_label_quality/10a_pitfall.ipynb), [the
# fix](../../chapters/10_label_quality/10b_fix.ipynb) and the page on
# [noise](../../chapters/10_label_quality/10d_noise.ipynb).

# %%
import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict, train_test_split
from sklearn.pipeline import make_pipeline

from pitfalls import course
from pitfalls.checks import score_gap_by
from pitfalls.datasets import make_reviews
from pitfalls.notebook.feedback import called, in_words, miss, number
from pitfalls.study import Sample


def only_signatures(n=600, n_people=60):
    """Return texts whose words say who wrote them and nothing else, these people, and a label."""
    words = np.random.default_rng(0).random((n_people, 100)) < 0.3
    who = np.arange(n) % n_people
    texts = [" ".join(f"w{word}" for word in np.flatnonzero(words[one])) for one in who]
    return pd.Series(texts), pd.Series(who), who % 2


world = course.load("label_quality").world("annotators")
model = make_pipeline(TfidfVectorizer(), LogisticRegression())
in_words()

# %% [markdown]
# ## 1. A number, before you compute it (4 minutes)
#
# Nobody leans any more (`strength=0`), but everyone is tired: one tick in five, drawn at random,
# is wrong (`slips=0.2`). On the panel's labels the model gets .78. Nadia's cross-validation is
# scored on the tired ticks. What does it *claim*? Think of a model that is right with probability
# *a*, and of labels that are wrong with probability *e*: when do the two agree?

# %% tags=["solution"]
# Your estimate, between 0 and 1, as estimate = ...
# solution
a, e = 0.78, 0.2
estimate = a * (1 - e) + (1 - a) * e

# %% tags=["check"]
options = {"slips": 0.2, "strength": 0}
tired = [make_reviews(**options, random_state=seed) for seed in range(3)]
scores = [study.run(world.pitfall) for study in tired]
claimed = np.mean([score.claimed for score in scores])
deployed = np.mean([score.deployed for score in scores])
missed = miss(estimate, claimed, 0.03)
assert not missed, f"{missed} The two also agree where both are wrong."
print(f"She claims {claimed:.2f}, and deploys {deployed:.2f}.")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Sort 100 reviews into two heaps, those that the model gets right and those that it gets wrong. In
# either heap one tick in five is wrong. In which reviews of each heap does the tick say what the
# model says?
#
# </details>

# %% [markdown] tags=["solution"]
# They agree where the model and the label are both right or both wrong: *a*(1 − *e*) + (1 −
# *a*)*e*. Slips make a claim too low, leanings make it too high. The two can cancel, and then a
# score is right by accident.

# %% [markdown]
# ## 2. Find the leak (7 minutes)
#
# A colleague has read the chapter. The script does not use the annotators' numbers, the test rows
# are held out, and words that could give the writer away are dropped: only words that at least ten
# of the forty people use are kept. Still it claims far more than the model gets on new people.
# Write `repaired`: the same analysis, with an honest answer about *new* annotators, scored on the
# labels `gold`.


# %%
def colleague(text, ticks, gold, annotator, random_state=0):
    # 1. words that at least ten people use
    counts = pd.DataFrame(TfidfVectorizer().fit_transform(text).toarray())
    users = (counts.groupby(np.asarray(annotator)).max() > 0).sum()
    common = counts.columns[users >= 10]
    # 2. hold out a fifth
    split = train_test_split(counts[common], ticks, test_size=0.2, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    # 3. score
    return LogisticRegression().fit(X_train, y_train).score(X_test, y_test)


# %% tags=["solution"]
def repaired(text, ticks, gold, annotator, random_state=0):
    # solution
    folds = GroupKFold(5).split(text, groups=annotator)
    predictions = cross_val_predict(model, text, ticks, cv=list(folds))
    return (predictions == gold).mean()


# %% tags=["check"]
texts, people, label = only_signatures()
known = number(repaired, texts, label, label, people)
assert known < 0.8, f"Texts that name their writer and no more: {known:.2f}. Who is held out?"
plain = pd.Series(np.where(label, "good", "bad"))
ticked = number(repaired, plain, 1 - label, label, people)
assert ticked < 0.2, f"Ticks are never gold: {ticked:.2f}. Which labels train, which score?"
off, honest = [], []
for seed in range(4):
    study = make_reviews(n_fresh=2_000, random_state=seed)
    given = study.X["text"], study.y, study.truth["gold"], study.meta["annotator"]
    model.fit(study.X["text"], study.y)
    deployed = model.score(study.deployment.X["text"], study.deployment.y)
    off.append(colleague(*given) - deployed)
    honest.append(number(repaired, *given) - deployed)
assert np.std(honest) > 0, "Yours gives the same number for every study."
assert abs(np.mean(honest)) < 0.04, f"On average yours is off by {np.mean(honest):+.2f}."
print(f"the colleague is off by {np.mean(off):+.2f}, you by {np.mean(honest):+.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `cross_val_predict` gives an answer for every review, so that you can train on one kind of label
# and compare with another. The folds decide who is held out together: `GroupKFold` takes `groups`.
# And if the writer is not in training at all, does any word have to be dropped?
#
# </details>

# %% [markdown] tags=["solution"]
# The two tests on texts that you could make up yourself take a second, and each finds one of the two
# mistakes. A habit need not be a word that nobody else uses. Ten people say "cheers", ten say "listen", and
# one says both: together the common words are as good as a signature. Two lines were wrong, the
# split and the labels that it was scored on, and deleting words mends neither.

# %% [markdown]
# ## 3. Turn another dial (6 minutes)
#
# "Hire more people, then each matters less." Write `gap(n_annotators)`: the mean gap of *Nadia's*
# procedure over two studies (seeds 0 and 1), each with 2 000 reviews by that many people. Does the
# gap go away?


# %% tags=["solution"]
def gap(n_annotators):
    # solution
    people = {"n_annotators": n_annotators}
    studies = [make_reviews(**people, random_state=seed) for seed in range(2)]
    return np.mean([study.run(world.pitfall).gap for study in studies])


# %% tags=["check"]
gaps = {n: round(number(gap, n), 3) for n in (40, 500)}
assert gaps[40] > gaps[500] + 0.03, f"More people should narrow the gap, and yours are {gaps}."
assert 0.05 < gaps[40] < 0.4, f"{gaps[40]:.2f} for forty people: is it claimed minus deployed?"
print(gaps)

# %% [markdown]
# <details><summary>Another hint</summary>
#
# `make_reviews(n_annotators=n_annotators, random_state=seed)` has 2 000 reviews by that many
# people. `world.pitfall` is Nadia's procedure, and what `study.run` returns for it has the gap as
# `.gap`.
#
# </details>

# %% [markdown] tags=["solution"]
# It goes away, and then below zero: with four reviews each, nobody can be recognised, leanings act
# like slips, and the claim is too *low*. Many hands are better than few, but that has to be
# decided before the labels are bought.

# %% [markdown]
# ## 4. A point to argue (6 minutes)
#
# "To disagree is not to be wrong. Many reviews are mixed, and forty opinions are worth more than
# one panel." There is truth in that: where people differ for good reasons, a single gold label
# hides it. Write down in two sentences which number you would report for a model that is to
# predict *the average person's* tick. Then measure it: `agreement_with_a_stranger` should return
# the share of the 2 000 reviews on which the model, cross-validated over people, agrees with
# `second`, the tick of another person.


# %% tags=["solution"]
def agreement_with_a_stranger(study, second):
    # solution
    folds = list(GroupKFold(5).split(study.X, groups=study.meta["annotator"]))
    predictions = cross_val_predict(model, study.X["text"], study.y, cv=folds)
    return (predictions == second).mean()


# %% tags=["check"]
study = make_reviews(random_state=1)
second = study.annotate("second_tick", len(study)).to_numpy()
people = (study.y == second).mean()
machine = number(agreement_with_a_stranger, study, second)
turned = number(agreement_with_a_stranger, study, 1 - second)
assert abs(machine + turned - 1) < 1e-9, (
    f"With every second tick turned it should be {1 - machine:.2f}, and is {turned:.2f}. "
    f"Is it the share of reviews on which the prediction equals `second`?"
)
texts, writers, label = only_signatures()
signed = Sample(texts.to_frame("text"), label, writers.to_frame("annotator"))
known = number(agreement_with_a_stranger, signed, label)
assert known < 0.8, (
    f"Texts that say who wrote them, and nothing else: yours agrees on {known:.2f}. "
    f"Did the model know the person, or the tick?"
)
plausible = 0.5 < machine < people + 0.03
assert plausible, f"{machine:.2f}: is it trained on the ticks of other people?"
print(f"person and person agree on {people:.2f}, model and person on {machine:.2f}")

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Train on the ticks of the study, `study.y`, in folds that hold out whole annotators:
# `GroupKFold`, with `study.meta["annotator"]` as groups. `second` takes no part in that. Only the
# finished predictions are compared with it, row by row.
#
# </details>

# %% [markdown] tags=["solution"]
# There is a case for either side. With a panel the question is what the customer meant, with many
# people it is how people understand it. The second is measured against how far people agree with
# each other. Neither allows a score on the people who taught the model.

# %% [markdown]
# ## 5. Somebody else's project (7 minutes)
#
# The labels of [a well-known set of chest
# films](https://github.com/greenelab/deep-review/issues/722) were mined from the radiologists'
# reports by a program. A radiologist doubted how accurate they are, and one of the makers replied,
# with how they were made, and that each step brings errors. Here are reports of our own, from
# eight clinics. The program looks for a word, and the model reads the same reports. A doctor has
# read one in five: `doctor` is `NaN` elsewhere.

# %%
ILL = ["effusion on the left", "a small effusion", "effusion on both sides", "fluid at the base"]
WELL = ["no effusion", "no sign of effusion", "effusion not seen", "lungs clear"]
EITHER = ["shadow at the base"]
BESIDES = ["heart normal", "heart enlarged", "no fracture", "line in place", "scar on the left"]


def reports(seed, n=800):
    rng = np.random.default_rng(seed)
    ill = (rng.random(n) < 0.4).astype(int)
    main = [rng.choice((ILL if one else WELL) + EITHER) for one in ill]
    lines = [rng.permutation([one, *rng.choice(BESIDES, 2, False)]) for one in main]
    frame = pd.DataFrame({"text": [". ".join(some) for some in lines]})
    frame["clinic"] = rng.integers(8, size=n)
    frame["mined"] = frame["text"].str.contains("effusion").astype(int)
    frame["doctor"] = np.where(rng.random(n) < 0.2, ill, np.nan)
    return frame, ill


reports(0)[0].head(4)

# %% [markdown]
# `theirs` claims 1.00, and the check of this chapter has nothing against it: new clinics
# score as well as known ones. Write `mended(frame)`, which returns, as `theirs` does, a model and
# what you claim for it: how often it says what a doctor would say.


# %%
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

pairs = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10))


def theirs(frame):
    claimed = cross_val_score(pairs, frame["text"], frame["mined"]).mean()
    return clone(pairs).fit(frame["text"], frame["mined"]), claimed


def evaluate(X_train, y_train, X_test, y_test):
    return clone(pairs).fit(X_train, y_train).score(X_test, y_test)


frame, _ = reports(0)
print(f"claimed: {theirs(frame)[1]:.2f}")
score_gap_by(evaluate, frame["text"], frame["mined"], who=frame["clinic"], random_state=0)


# %% tags=["solution"]
def mended(frame):
    # solution
    read = frame[frame["doctor"].notna()]
    claimed = cross_val_score(pairs, read["text"], read["doctor"]).mean()
    return clone(pairs).fit(read["text"], read["doctor"]), claimed


# %% tags=["check"]
def answer(frame):
    fitted, claim = called(mended, frame, like=(model, 1))
    return fitted, number(lambda: claim)


drawn = (np.random.default_rng(seed).permutation(frame["doctor"]) for seed in range(5))
luck = np.mean([answer(frame.assign(doctor=lots))[1] for lots in drawn])
assert luck < 0.65, f"The doctor draws lots, and yours claims {luck:.2f}: who says what is right?"
new, ill = reports(1)
models = {"theirs": theirs(frame), "mended": answer(frame)}
scores = {who: [claim, model.score(new["text"], ill)] for who, (model, claim) in models.items()}
print(pd.DataFrame(scores, index=["claimed", "on new reports, by a doctor"]).round(2))
claim, real = scores["mended"]
assert abs(claim - real) < 0.2, f"You claim {claim:.2f}, and a doctor agrees in {real:.2f}."
assert real > 0.8, f"It gets {real:.2f}, and there are labels that would teach it better."
pd.crosstab(frame["mined"], frame["doctor"])

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Read ten reports in which the program found its word. Then ask of each number whose labels it is
# made of, in training and in scoring. There are 800 labels of one kind and some 160 of the other;
# which of them do you need for a claim about a doctor, and which does the model learn more from?
#
# </details>

# %% [markdown] tags=["solution"]
# 160 labels that are right teach more than 800 of the program. More than half of the program's
# finds are denials, and the model had learned to repeat the program, word for word, which is what
# 1.00 says. `score_gap_by` saw nothing, and was right: it compares clinics, and all had their
# labels from the same program. The table at the end, of rows that have both labels, takes one
# line.

# %% [markdown]
# ## 6. Your own project (7 minutes)
#
# Who made the labels of your last project, how many people, and did they see a suggestion? Which
# column could stand for them: a user, a site, a device, a day? Write `my_evaluate(X_train, y_train,
# X_test, y_test)`, your own fit and score, of which more is better, and hand over your rows, labels
# and that column. (No project at hand? Leave them as they are, and take another classifier than the
# logistic regression of this chapter.) Keep the result for your own data in your report, with
# `pitfalls.notebook.own_report.record("6b", check=found)`.

# %%
study = make_reviews(random_state=0)
X, y, who = study.X["text"], study.y, study.meta["annotator"]  # or your own


# %% tags=["solution"]
def my_evaluate(X_train, y_train, X_test, y_test):
    # solution
    from sklearn.naive_bayes import MultinomialNB

    mine = make_pipeline(TfidfVectorizer(), MultinomialNB()).fit(X_train, y_train)
    return mine.score(X_test, y_test)


# %% tags=["check"]
def evaluate(*parts):
    return number(my_evaluate, *parts)


right, turned = [], []
for seed in range(3):
    train, test, y_train, y_test = train_test_split(X, y, random_state=seed)
    others = np.random.default_rng(seed).permutation(y_test)
    right.append(evaluate(train, y_train, test, y_test))
    turned.append(evaluate(train, y_train, test, others))
right, turned = np.mean(right), np.mean(turned)
assert right > turned, (
    f"It gives {right:.2f} on the test labels and {turned:.2f} on shuffled ones. "
    f"Does it score the test rows, and is more better?"
)
found = score_gap_by(evaluate, X, y, who, random_state=0)
lots = np.random.default_rng(0).permutation(np.asarray(who))
control = score_gap_by(evaluate, X, y, lots, random_state=0)
verdicts = {"by who": found.table, "drawn by lot": control.table}
assert not np.isnan(found["who"].value), f"Nothing could be compared: {found['who'].says}"
print(found["who"].says)
print(pd.concat(verdicts)[["value", "null", "verdict"]].round(3))

# %% [markdown]
# <details><summary>Another hint</summary>
#
# Fit everything, the counting of words included, on `X_train` and `y_train`, and return one number
# for `X_test` and `y_test`; of an error return the negative. If nothing could be compared, look at
# `who`: it may have one value only, or another one in every row.
#
# </details>

# %% [markdown] tags=["solution"]
# The first row is about your column. The second has the same values, handed out by lot, and should
# not be suspect: if it is, you met one of the rare false alarms. "Not checked" says that there are too
# few rows to tell a small gap from none.
