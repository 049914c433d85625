# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Resampling before the split: the fix
#
# **What you'll do.** Put the resampling into a pipeline, so that it sees training rows only, and
# ask what it was good for.
#
# **What you'll learn.**
# - the one-line fix, for oversampling and for its four disguises;
# - what balancing does to a ranking, and what to a probability;
# - a check that finds the traces of resampling in a finished split.
#
# **What you'll need.** [The claim](03a_pitfall.ipynb). 15 minutes.
#
# ---
#
# ## One line moves
#
# `make_pipeline` of imbalanced-learn is scikit-learn's with one difference: a resampler in it
# works during `fit` and does nothing during `predict`. So the split comes first, and the test rows
# stay as the clinic will see them.

# %%
from imblearn.over_sampling import RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.ensemble import RandomForestClassifier
from sklearn.model_selection import train_test_split

from pitfalls.datasets import make_screening

study = make_screening(1_500, random_state=0)
seed = study.development.seed
X_train, X_test, y_train, y_test = train_test_split(
    study.X, study.y, test_size=0.4, stratify=study.y, random_state=0
)
forest = RandomForestClassifier(25, random_state=seed)
model = make_pipeline(RandomOverSampler(random_state=seed), forest).fit(X_train, y_train)

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
from sklearn.metrics import roc_auc_score

women = study.deployment
claimed = roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])
deployed = roc_auc_score(women.y, model.predict_proba(women.X)[:, 1])
print(f"claimed {claimed:.2f}, deployed {deployed:.2f}")

# %% [markdown]
# ## Side by side
#
# The same as a function, next to Leyla's, on the same 1 500 women.

# %% tags=["protocol"]
import numpy as np
import pandas as pd
from imblearn import FunctionSampler
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.pipeline import make_pipeline
from sklearn.compose import make_column_transformer
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.preprocessing import TargetEncoder

from pitfalls.checks import resampled_before_split
from pitfalls.datasets import load_flights, make_screening
from pitfalls.metrics import weighted_auc
from pitfalls.study import Claim, Sample, Study


def measurements(part):
    """What the model is given of each row: the measurements as they are."""
    return part.X


# %% tags=["protocol"]
def split_and_score(X, y, model, features=measurements):
    """Split, fit on 60 % of the rows, claim the AUROC of the rest; ship that model."""
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)
    X_train, X_test, y_train, y_test = split
    model.fit(X_train, y_train)
    found = weighted_auc(y_test, model.predict_proba(X_test)[:, 1])

    def score(sample):
        return roc_auc_score(sample.y, model.predict_proba(features(sample))[:, 1])

    return Claim(found.auc, (found.low, found.high), score)


def oversample_the_training_rows(data):
    """Split first; copy cases of the training rows until the classes are balanced."""
    forest = RandomForestClassifier(25, random_state=data.seed)
    model = make_pipeline(RandomOverSampler(random_state=data.seed), forest)
    return split_and_score(data.X, data.y, model)


# %% mystnb={"image": {"alt": "The card of numbers for both arms. The pitfall claims nearly 1, the fix about .6 with a wide interval. All deployed scores lie a little above .6."}}
import matplotlib.pyplot as plt

from pitfalls import course, figures

lesson = course.load("resampling_first")
world = lesson.world("oversampling")
pitfall, fix = study.run(world.pitfall), study.run(oversample_the_training_rows)
figures.house_style()
figures.card({"pitfall": pitfall, "fix": fix}, metric="AUROC", chance=0.5)
plt.show()

# %% [markdown]
# The two forests do about equally well in use. (Over many studies the leaky one ranks a hair
# better: nearly every early birth had a copy in its training rows.) **The fix repairs the
# number**, and its interval: 60 early births in the test set count as 60, not as 540.
#
# ## At every dose
#
# The fix ignores the dial: it always balances its training rows.

# %% mystnb={"image": {"alt": "AUROC against the share of early births after oversampling, for both arms. The pitfall's claim climbs to 1. The fix's claim and both deployed scores are nearly flat lines between .6 and .65."}}
from pitfalls import evidence

births = evidence.read(world)
figures.dial(births, metric="AUROC", chance=0.5, label=world.dial, ticks=world.ticks)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("resampling_first", "oversampling")

# %%
verdicts = evidence.verdict(births, world).query("clause == 3").set_index("strength")
verdicts[["mean", "low", "high", "margin", "verdict"]].round(3)

# %% [markdown]
# Over all seeds, the 90 % interval of claimed minus deployed lies inside ± the margin, at every
# position. A single study is less certain, and its interval says so. This is the share of studies
# whose 95 % interval contains the deployed score:

# %%
covered = evidence.coverage(births, world).set_index("strength")
covered.loc[[1], ["mean", "low", "high", "n"]].round(2)

# %% [markdown]
# ## What the balancing was good for
#
# Now that the number is honest: was the balancing worth it? Take twenty studies, a forest and a
# linear model, with and without balanced training rows. Compare the deployed AUROC, and the mean
# risk that the model states. The truth is one in ten.

# %%
from itertools import product

learners = {"forest": RandomForestClassifier(25, random_state=0), "linear": LogisticRegression()}
samplers = {"as it is": FunctionSampler(), "balanced": RandomOverSampler(random_state=0)}
found, runs = [], product(range(20), learners.items(), samplers.items())
for seed, (learner, one), (kind, sampler) in runs:
    part = make_screening(900, n_fresh=2_000, random_state=seed)
    model = make_pipeline(sampler, one).fit(part.X, part.y)
    risk = model.predict_proba(part.fresh.X)[:, 1]
    found.append((learner, kind, roc_auc_score(part.fresh.y, risk), risk.mean()))
table = pd.DataFrame(found, columns=["model", "training rows", "AUROC", "mean risk"])
balance = table.groupby(["model", "training rows"], sort=False).mean()
balance.round(2)

# %% [markdown]
# The ranking hardly moves. The linear model's risks are now far too high, since it was told that
# every second woman is early. If you want more alarms, lower the threshold instead: the risks stay
# as good as they were. [Van den Goorbergh and colleagues
# (2022)](https://doi.org/10.1093/jamia/ocac093) found as much in models of clinical risk.
#
# ## The four other disguises
#
# One recipe: whatever looks at other rows goes into the pipeline, after the split.
# `FunctionSampler` makes a resampler of any function. `TargetEncoder` goes one step further: in
# `fit_transform` each training row is encoded from the *other* folds, so that even in training no
# row carries its own outcome. The imputer is not given the outcome at all.

# %% tags=["protocol"]
def interpolate_the_training_rows(data):
    """Split first; put new cases between cases of the training rows (SMOTE)."""
    forest = RandomForestClassifier(25, random_state=data.seed)
    model = make_pipeline(SMOTE(random_state=data.seed), forest)
    return split_and_score(data.X, data.y, model)


def with_jittered_copies(X, y, copies, seed):
    """Add copies of every row, moved by noise of 0.2 standard deviations."""
    rng = np.random.default_rng(seed)
    moved = [X + 0.2 * rng.normal(size=X.shape) for _ in range(copies)]
    return np.concatenate([X, *moved]), np.tile(y, copies + 1)


# %% tags=["protocol"]
def augment_the_training_rows(data):
    """Split first; add four jittered copies of every training row."""
    settings = {"copies": 4, "seed": data.seed}
    augment = FunctionSampler(func=with_jittered_copies, kw_args=settings)
    forest = RandomForestClassifier(25, random_state=data.seed)
    return split_and_score(data.X, data.y, make_pipeline(augment, forest))


def with_postcode(part):
    """Put the postcode beside the measurements, as the last column."""
    return np.column_stack([part.X, part.meta["postcode"]])


# %% tags=["protocol"]
def encode_within_training(data):
    """Split first; encode all 1 000 postcodes from the training rows, cross-fitted."""
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    postcode = TargetEncoder(cv=folds), [-1]
    encode = make_column_transformer(postcode, remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression())
    return split_and_score(with_postcode(data), data.y, model, with_postcode)


def impute_without_the_outcome(data):
    """Split first; fill gaps from the nearest training rows, without the outcome."""
    model = make_pipeline(KNNImputer(n_neighbors=10), LogisticRegression())
    return split_and_score(data.X, data.y, model)


def oversample_the_training_rows_linear(data):
    """Split first; copy cases of the training rows, and fit a linear model."""
    balance = RandomOverSampler(random_state=data.seed)
    return split_and_score(data.X, data.y, make_pipeline(balance, LogisticRegression()))


# %% mystnb={"image": {"alt": "Five small dials of AUROC: oversampling, SMOTE, augmentation, encoding, imputation. In each the pitfall's claim climbs from the fix's line at the left towards 1. The fix's claim stays on its deployed score. In encoding the pitfall's deployed score falls as its claim rises; in imputation all honest lines fall together as values go missing."}}
disguises = ["oversampling", "smote", "augmentation", "encoding", "imputation"]
fig, axes = plt.subplots(2, 3, figsize=(10, 6.2), sharey=True)
hues = {"pitfall": figures.PITFALL, "fix": figures.FIX}
numbers = {"claimed": {"ls": "--", "mfc": "none"}, "deployed": {"ls": "-"}}
for ax, name in zip(axes.flat, disguises):
    here = lesson.world(name)
    means = evidence.read(here).groupby(["arm", "strength"])[["claimed", "deployed"]].mean()
    for arm, (role, hue) in zip(["pitfall", *here.fixes], hues.items()):
        for number, style in numbers.items():
            label = f"{role} {number}"
            ax.plot(means.loc[arm, number], "o", color=hue, label=label, **style)
    ax.axhline(0.5, color=figures.CHANCE, lw=1, ls=":", label="chance")
    ax.set(title=name.replace("smote", "SMOTE"), xlabel=here.dial)
    ax.set_xticks(here.strengths, here.ticks)
axes[0, 0].set(xlabel="early births after oversampling", ylabel="AUROC")
axes[1, 0].set(ylabel="AUROC")
axes[1, 2].axis("off")
axes[1, 2].legend(*axes[0, 0].get_legend_handles_labels(), loc="center", frameon=False)
plt.show()

# %%
turn("resampling_first", "smote")

# %% [markdown]
# Two panels deserve a second look. **Encoding**: the pitfall's model gets worse as its claim gets
# better, because it leans on a column that says nothing about new women. Here the fix repairs the
# *model*. **Imputation**: the honest lines fall as values go missing. The dial makes the task
# harder and the claim higher at the same time, and only an honest score shows the loss. (So report
# the share of missing values: REFORMS 3f.)
#
# ## On real flights
#
# Which of 6 000 flights from New York in 2013 will be cancelled, judging by the timetable:
# airline, airports, distance, month, weekday, time? About one in forty is. The other flights of
# the year stand in for the deployment, so the deployed score is about more flights of those days,
# not about 2014. (Three airlines are left out: their cancellations are missing from this file.)
# Twenty draws:

# %% tags=["protocol"]
def make_flight_study(random_state):
    """6 000 real flights of 2013, and all others as fresh ones: which are cancelled?"""
    flights = load_flights()
    flights = flights[~flights["carrier"].isin(["9E", "UA", "US"])]
    clock = flights["sched_dep_time"]
    day = flights["time"].dt.tz_convert("America/New_York").dt
    X = flights[["month", "distance"]].assign(
        hour=clock // 100, minute=clock % 100, weekday=day.day_of_week
    )
    for name in ("carrier", "origin", "dest"):
        X[name] = pd.factorize(flights[name], sort=True)[0]
    X, y = X.to_numpy(float), flights["cancelled"].to_numpy().astype(int)
    rows = np.random.default_rng(random_state).permutation(len(y))
    parts = (Sample(X[part], y[part]) for part in (rows[:6_000], rows[6_000:]))
    return Study.of(*parts, random_state=random_state)


# %%
flights = evidence.read(lesson.world("flights")).replace("oversample_the_training_rows", "fix")
flights = flights.groupby("arm", sort=False)[["claimed", "deployed"]]
flights.agg(["mean", "std"]).round(2)

# %% tags=["remove-cell"]
assert (round(fix.claimed, 12), fix.deployed) == (round(claimed, 12), deployed)
assert fix.claimed < pitfall.claimed - 0.2
assert abs(fix.deployed - pitfall.deployed) < 0.06
linear, trees = balance.loc["linear"], balance.loc["forest"]
assert abs(linear["AUROC"].diff().iloc[1]) < 0.03
assert abs(trees["AUROC"].diff().iloc[1]) < 0.04
stated = linear["mean risk"]
assert stated["balanced"] > 0.4 > 0.15 > stated["as it is"]
for each in lesson.simulated:
    verdict = evidence.verdict(evidence.read(each), each)["verdict"]
    assert (verdict == "holds").all()
encoding = evidence.read(lesson.world("encoding"))
encoding = encoding.query("strength == 1").groupby("arm")["deployed"].mean()
assert encoding["encode_within_training"] > encoding["pitfall"] + 0.08
means = flights.mean()
assert means.loc["pitfall", "claimed"] - means.loc["pitfall", "deployed"] > 0.2
assert abs(means.loc["fix"].diff().iloc[-1]) < 0.06

# %% [markdown] slideshow={"section": "check"}
# ## A check to take home
#
# You are handed a training set and a test set. Were the rows resampled before they were split?
# That leaves two traces. The first is *copies* across the split, more than coincidence explains.
# The second is rows *between* two training rows: SMOTE takes a step from one case towards another,
# and in every measurement the step is the same share of the way. For the last row that it makes
# here, let us ask of each pair of cases which share of the way each measurement asks for:

# %%
made = SMOTE(random_state=0).fit_resample(study.X, study.y)[0][-1]
cases = study.X[study.y == 1]
one, other = np.triu_indices(len(cases), 1)
ways = (made - cases[one]) / (cases[other] - cases[one])
pair = np.argmin(ways.max(axis=1) - ways.min(axis=1))
asked = {"the pair that it was made of": ways[pair], "another pair": ways[pair - 1]}
pd.DataFrame(asked).T.round(2).set_axis(range(1, 11), axis=1)

# %% [markdown]
# Ten measurements that agree on one share are no accident. `resampled_before_split` asks this of
# every test row and the training rows around it. Where measurements are rounded, chance comes near a
# line as well, and the check counts how often it just misses one. Lines that have another reason do
# not count: price and total lie on one because they are multiples.

# %%
reports = {}
for name, sampler in {"oversampled": RandomOverSampler, "SMOTE": SMOTE}.items():
    resample = sampler(random_state=0).fit_resample
    X, balanced = resample(study.X, study.y)[0], resample(X_train, y_train)[0]
    before = train_test_split(X, test_size=0.4, random_state=0)
    reports[name, "before the split"] = resampled_before_split(*before)
    reports[name, "after it"] = resampled_before_split(balanced, X_test)
reports["SMOTE", "before the split"]

# %%
tables = {key: report.table.iloc[:, :3] for key, report in reports.items()}
pd.concat(tables, names=["data", "when", "trace"]).round(3)

# %% [markdown]
# How far can you trust it? Here are studies of 100, 300 and 1 000 women at each position of the
# dial:

# %% tags=["protocol"]
def cases_wanted(data):
    """The number of cases that gives them the share wanted, a half by default."""
    share, cases = data.info.get("share_of_cases", 0.5), int((data.y == 1).sum())
    return {1: max(cases, round(share / (1 - share) * (len(data) - cases)))}


def alarmed(train, test):
    """Return 1 if the check finds anything suspect in a split."""
    return int(resampled_before_split(train, test).verdict == "suspect")


# %% tags=["protocol"]
def try_the_check(strength, n, random_state):
    """Whether the check alarms on either resampling, before the split and behind it."""
    seed, parts = random_state, {"test_size": 0.4, "random_state": 0}
    study = make_screening(n, n_fresh=1_000, strength=strength, random_state=seed)
    study = study.knowing(share_of_cases=0.1 + 0.4 * strength**2)
    wanted = {"sampling_strategy": cases_wanted(study.development), "random_state": seed}
    split = train_test_split(study.X, study.y, stratify=study.y, **parts)
    X_train, X_test, y_train, _ = split
    found = {"alarm_behind": 0}
    for name, sampler in {"alarm": RandomOverSampler, "alarm_smote": SMOTE}.items():
        X, y = sampler(**wanted).fit_resample(study.X, study.y)
        found[name] = alarmed(*train_test_split(X, stratify=y, **parts))
        balanced, _ = sampler(random_state=seed).fit_resample(X_train, y_train)
        found["alarm_behind"] |= alarmed(balanced, X_test)
    X, y = RandomOverSampler(**wanted).fit_resample(study.X, study.y)
    forest = RandomForestClassifier(25, random_state=seed)
    return found | {"gap": study.settle(split_and_score(X, y, forest)).gap}


# %% mystnb={"image": {"alt": "Above, the share of studies with an alarm against the share of early births after oversampling, for 100, 300 and 1 000 women: none at 10 per cent, all at 50. Below, the gap of the pitfall, which is visible already at doses where small studies raise no alarm."}}
trials = evidence.read(lesson.experiment("check"))
ticks = ["10 %", "12 %", "20 %", "50 %"]
figures.power(trials, label="early births after oversampling", size="women", ticks=ticks)
plt.show()
names = {"alarm_smote": "SMOTE, then split", "alarm_behind": "split, then either"}
shares = trials.rename(columns=names).pivot_table([*names.values()], "strength", "n")
shares.set_axis(ticks).rename_axis("early births").round(2)

# %% tags=["remove-cell"]
said = {key: {one.of: one.verdict for one in report} for key, report in reports.items()}
assert ways[pair].std() < 1e-6 < 0.1 < ways[pair - 1].std()
for name, trace in {"oversampled": "copies", "SMOTE": "between"}.items():
    clean = {"copies": "clean", "between": "clean"}
    assert said[name, "before the split"] == clean | {trace: "suspect"}
    assert said[name, "after it"] == clean
clean = trials.query("strength == 0")[["alarm", "alarm_smote"]].to_numpy()
assert clean.mean() <= 0.02 and trials["alarm_behind"].mean() <= 0.02
strong = trials.query("strength == 1 and n >= 300")
assert strong[["alarm", "alarm_smote"]].to_numpy().mean() > 0.97

# %% [markdown]
# All alarms at 10 %, or where the split came first, would be false; here there are hardly any. With
# few copies or few women there is a gap, but the check says nothing. Measurements of few values,
# or rounded to few digits, blind it, and then it says "not checked"; with the classes
# (`y_train=`, `y_test=`) it sees more, since SMOTE joins only rows of one class. Rows that were
# twice in the table before, and a series that somebody filled in between its values, look the same
# as resampling, and are known from training rows just as well. And the check sees rows, not
# procedures: jittered copies, encoded postcodes and filled gaps leave neither trace. For those,
# run everything on shuffled labels, as in the
# [chapter on choosing features](../02_leaky_selection/02b_fix.ipynb).
#
# What the fix does in other clinics and with other models, and which rows it cannot keep apart, is
# on [a page of its own](03d_other_clinics.ipynb).
#
# **What this was.** Taxonomy L1.2, pre-processing on training and test data. REFORMS items 3f
# (missing data, by class), 4c (every step between raw data and model) and 6a (everything that is
# fitted is fitted on training data). The fix repairs the number, and with target encoding also the
# model.
#
# ## On your own
#
# With your own rows on either side, as the model gets them, and their classes:
#
# ```python
# from pitfalls.checks import resampled_before_split
# resampled_before_split(X_train, X_test, y_train=y_train, y_test=y_test)
# ```
#
# The [exercises](03c_exercises.ipynb) take about 35 minutes.
#
# ## Further reading
#
# - [Vandewiele and colleagues (2021)](https://doi.org/10.1016/j.artmed.2020.101987): how a field got
#   its near-perfect results, with everything run again.
# - [Chawla and colleagues (2002)](https://doi.org/10.1613/jair.953): SMOTE itself.
# - [Lones (2024)](https://doi.org/10.1016/j.patter.2024.101046), section 4.2: no augmentation before
#   the split.
