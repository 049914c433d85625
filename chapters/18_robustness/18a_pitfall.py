# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Which one withstands: the claim
#
# **What you'll do.** Attack two networks with changes too small to see, buy the one that withstands
# them, and send it into the field.
#
# **What you'll need.** The tank photographs of [chapter 8](../08_tank_background/08a_pitfall.ipynb).
# 25 minutes.
#
# ---
#
# ## Two offers
#
# Priya tests networks before an army buys them. Two are on offer, and both tell tanks from lorries.
# A was trained on Ilse's archive, where tanks stand under clouds and lorries in the sun, in 39 of 40
# photographs. B was trained on as many photographs in any weather. You know this. Priya has two
# files with weights, and the second half of the archive for a test.

# %%
from pitfalls.datasets import make_tank_scenes
from pitfalls.vision import ImageClassifier

study = make_tank_scenes(2_000, strength=0.95, random_state=0)
data = study.development
crossed = data.collect(1_000)
half = len(data) // 2
networks = {
    "A": ImageClassifier(random_state=data.seed).fit(data.X[:half], data.y[:half]),
    "B": ImageClassifier().fit(crossed.X, crossed.y),
}
X_test, y_test = data.X[half:], data.y[half:]

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
claimed = {name: model.score(X_test, y_test) for name, model in networks.items()}
least = min(claimed.values())
print(f"claimed: each is right about more than {least // 0.1 * 0.1:.1f}")

# %% [markdown]
# The test cannot tell which of them looks at the vehicle. But Priya has read what many say: **a
# network that leans on the background is fragile.** It has learned something accidental, so a
# change that nobody sees will flip its answers, while one that knows a tank will hold. So: attack
# both, and buy the one that withstands.
#
# ## What an attack is
#
# Training moves the weights so that the loss falls. An attack leaves the weights alone and moves
# the *pixels*, so that the loss rises: some steps uphill, and after each one every pixel is brought
# back to within a budget of where it was. This is projected gradient descent ([Madry and colleagues,
# 2018](https://arxiv.org/abs/1706.06083)); the library captum has it, and `attack` calls it. The
# budget is 4 of the 255 grey levels. Five photographs with which it succeeds:

# %%
from pitfalls.vision import attack

attacked = attack(networks["B"], X_test[:60], y_test[:60], eps=4)
fooled = (attacked != X_test[:60]).any(axis=(1, 2, 3))

# %% mystnb={"image": {"alt": "Three rows of five pictures. The photographs, the same photographs attacked, which look the same, and the difference, amplified: blotches all over the picture."}}
import matplotlib.pyplot as plt
import numpy as np

from pitfalls import figures

figures.house_style()
fig, axes = plt.subplots(3, 5, figsize=(8.5, 5.2))
for column, k in zip(axes.T, np.flatnonzero(fooled)):
    change = attacked[k].astype(int) - X_test[k]
    for ax, picture in zip(column, (X_test[k], attacked[k], 128 + 25 * change)):
        ax.imshow(picture)
        ax.set(xticks=[], yticks=[])
    names = study.info["label"][y_test[k]], study.info["label"][1 - y_test[k]]
    column[0].set_title(f"B says {names[0]}")
    column[1].set_title(f"B says {names[1]}", color=figures.PITFALL)
for ax, name in zip(axes[:, 0], ("photograph", "attacked", "change × 25")):
    ax.set_ylabel(name)
plt.show()

# %% [markdown]
# ## Predict
#
# B reads vehicles, A reads the sky. On the archive's test both are nearly always right. Now
# attack every photograph in it, with a budget of 4. Choose an answer below. Write down a number
# for A, the shortcut, with an interval that you would give four to one on, and remember one for
# B. Then open the answer.

# %% tags=["remove-input"]
from pitfalls.notebook.quiz import quiz

quiz("robustness")

# %%
from pitfalls.notebook.predictions import predict

predict("robustness", guess=None, low=None, high=None)  # A, the shortcut

# %% [markdown]
# ## Under attack

# %%
from pitfalls.vision import robust_accuracy

robust = {
    name: robust_accuracy(model, X_test[:200], y_test[:200], eps=4)
    for name, model in networks.items()
}

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
most, least = robust["A"] // 0.2 * 0.2, -(-robust["B"] // 0.2) * 0.2
print(f"under attack: A keeps more than {most:.1f}, B less than {least:.1f}")

# %%
from pitfalls.notebook.predictions import settle

settle("robustness", robust["A"])
for name in networks:
    print(f"{name}: claimed {claimed[name]:.2f}, under attack {robust[name]:.2f}")

# %% [markdown]
# The other way round. **The shortcut is the robust one**, and by a wide margin. Priya buys A.
#
# ## In the field

# %% tags=["keep_output"]
# NBVAL_CHECK_OUTPUT
field = study.deployment
deployed = {name: model.score(field.X, field.y) for name, model in networks.items()}
print(f"deployed: A {deployed['A']:.1f}, B {deployed['B']:.1f}")

# %%
errors = {name: round(1000 * (1 - score)) for name, score in deployed.items()}
print(f"Of 1 000 vehicles A gets {errors['A']} wrong; B, turned down, {errors['B']}.")

# %% [markdown]
# Her test was no mistake of arithmetic. A *is* robust: to small changes of pixels. It fails as soon
# as a tank stands in the sun, and no pixel has to be forged for that.
#
# ## What it takes to fool each
#
# For a few photographs, raise the budget until the answer flips. What did the attack have to do?

# %%
def smallest_attack(model, X, y):
    """Return the first budget that flips each answer, and the picture that does."""
    budget, flipped = np.zeros(len(X), int), X.copy()
    for eps in (1, 2, 4, 8, 16, 32, 64):
        left = np.flatnonzero(model.predict(flipped) == y)
        if len(left):
            flipped[left] = attack(model, X[left], y[left], eps)
            budget[left] = eps
    return budget, flipped


# %% mystnb={"image": {"alt": "Two rows of three pairs, a photograph and what fools the network. For A, at budgets of 8 and 16, sky and ground of the second picture are discoloured, plainly at 16. For B, at a budget of 1, photograph and attacked picture look the same."}}
shown = [np.flatnonzero(y_test[:60] == label)[k] for label, k in ((1, 0), (0, 1), (1, 2))]
fig, axes = plt.subplots(2, 6, figsize=(10, 3.9))
for row, (name, model) in zip(axes, networks.items()):
    budgets, flipped = smallest_attack(model, X_test[shown], y_test[shown])
    for j, k in enumerate(shown):
        for ax, picture in zip(row[2 * j : 2 * j + 2], (X_test[k], flipped[j])):
            ax.imshow(picture)
            ax.set(xticks=[], yticks=[])
        row[2 * j + 1].set_title(f"budget {budgets[j]}", color=figures.PITFALL)
    row[0].set_ylabel(f"fooling {name}")
plt.show()

# %% [markdown]
# To fool A the attack has to **work on the weather, in the open**: sky and ground change where anybody
# would see it. For B a grey level or two is enough. The weather is loud: the mean picture in the sun and
# the mean picture under clouds lie some forty grey levels apart, over all pixels. What tells a tank
# from a lorry is a turret of a few pixels, painted to look like the ground. A cue is often easy to
# learn *because* it is loud, and what is loud is hard to drown.
#
# ## The whole procedure, as a function
#
# The folk claim would be right if the cue were faint. So that is our dial: how loud the weather is.
# At 1 it is the weather of chapter 8, at 0 it cannot be seen. Its correlation with the label is .95
# throughout.

# %% tags=["protocol"]
import numpy as np
from scipy.stats import binomtest

from pitfalls.datasets import make_tank_scenes
from pitfalls.study import Claim
from pitfalls.vision import ImageClassifier, attack, robust_accuracy


# %% tags=["protocol"]
def make_weather_study(strength, random_state):
    """2 000 photographs whose weather follows the label; the dial is how loud it is."""
    loud = {"sky": strength, "light": strength}
    return make_tank_scenes(2_000, strength=0.95, **loud, random_state=random_state)


def worst_group(correct, sample):
    """Return the accuracy on the (weather, label) group that fares worst."""
    group = 2 * (sample.meta["weather"] == "clouds").to_numpy() + sample.y
    return min(correct[group == g].mean() for g in np.unique(group))


def under_attack(model, X, y, name):
    """Return what is left of the accuracy on 100 pictures, attacked at 2 and 4 grey levels."""
    return {f"{name}_{eps}": robust_accuracy(model, X[:100], y[:100], eps) for eps in (2, 4)}


def score_and_attack(model, sample):
    """Return the accuracy on photographs, the worst group's, and what attacks leave."""
    correct = model.predict(sample.X) == sample.y
    return {
        "score": correct.mean(),
        "worst_group": worst_group(correct, sample),
        **under_attack(model, sample.X, sample.y, "robust"),
    }


# %% tags=["protocol"]
def score_on_the_archive(data):
    """Train on one half of the archive; score, and attack, the other."""
    half = len(data) // 2
    X, y = data.X[half:], data.y[half:]
    model = ImageClassifier(random_state=data.seed).fit(data.X[:half], data.y[:half])
    correct = model.predict(X) == y
    return Claim(
        claimed=correct.mean(),
        interval=binomtest(correct.sum(), len(y)).proportion_ci(method="wilson"),
        score=lambda sample: score_and_attack(model, sample),
        measures=under_attack(model, X, y, "claimed_robust"),
    )


# %% mystnb={"image": {"alt": "The card of numbers. Claimed and fresh are near .98, deployed is on the line of chance."}}
score = study.run(score_on_the_archive)
figures.card({"pitfall": score}, metric="accuracy", chance=0.5)
plt.show()

# %% tags=["remove-cell"]
assert abs(score.claimed - claimed["A"]) < 1e-12 and abs(score.deployed - deployed["A"]) < 1e-12
assert min(claimed.values()) > 0.92
assert robust["A"] > 0.85 and robust["B"] < 0.3
assert deployed["A"] < 0.6 and deployed["B"] > 0.85

# %% [markdown]
# All of it is *shift*: the number is right about the archive, and the archive is not the world.
#
# ## Was it bad luck?

# %% mystnb={"image": {"alt": "Two panels against how loud the weather is. Left, the claim stays between .9 and 1 while the deployed score falls from .9 to chance already at a quarter. Right, the accuracy in the test half under attack rises with the loudness, from a third to nearly 1 at budget 2 and from near 0 to above .9 at budget 4."}}
from pitfalls import course, evidence

lesson = course.load("robustness")
world = lesson.world()
rows = evidence.read(world)
mine = rows[rows["arm"] == "pitfall"]
fig, axes = plt.subplots(1, 2, figsize=(11.5, 4.3))
figures.dial(mine, metric="accuracy", chance=0.5, label=world.dial, ax=axes[0])
ends = []
for eps, hue in ((2, "#56B4E9"), (4, "#CC79A7")):
    column = f"claimed_robust_{eps}"
    left = mine.groupby("strength")[column].agg(["mean", "sem"])
    axes[1].errorbar(left.index, left["mean"], 1.96 * left["sem"], marker="o", color=hue)
    axes[1].plot(mine["strength"], mine[column], ".", color=hue, alpha=0.4)
    ends.append((left["mean"].iloc[-1], f"budget {eps}", hue))
axes[1].set(xlabel=world.dial, ylabel="accuracy on the archive's test, attacked", ylim=(0, 1.02))
figures.label_ends(axes[1], 1.05, ends)
plt.show()

# %%
from pitfalls.notebook.live import turn

turn("robustness", "loud", arms=["pitfall"])

# %% tags=["remove-cell"]
means = mine.groupby("strength").mean(numeric_only=True)
assert abs(means["claimed"] - means["deployed"])[0] < 0.03
assert (means["claimed"] - means["deployed"])[[0.25, 0.5, 1]].min() > 0.3
left = means["claimed_robust_4"]
assert left[1] > 0.85 and left[0.1] < 0.3 and left[0] < 0.1

# %% [markdown]
# Left the damage, right what the attack sees of it. At a tenth the harm has begun, and the attack
# finds these networks as fragile as those at 0. From a quarter on every network reads the weather and
# is a coin in the field, and the attack's verdict on them climbs from "fragile" to "robust". **It
# measures how loud the cue is, not whether it means anything.**
#
# ## Is the folk claim ever right?
#
# Compare with a network that has the same pictures and a cue that knows nothing of the label. Two
# cues: the weather, and stripes that a camera's electronics might leave, two rows up, two rows
# down. Both are turned to lie so many grey levels to either side.

# %% tags=["protocol"]
def add_stripes(X, bright_first, levels):
    """Add stripes to each picture, two rows up and two rows down, by so many grey levels."""
    rows = np.where(np.arange(X.shape[1]) // 2 % 2, -levels, levels)[:, None, None]
    signs = np.where(bright_first, 1, -1)[:, None, None, None]
    return np.clip(X + signs * rows, 0, 255).astype(np.uint8)


def make_cue_study(cue, levels, correlation, random_state):
    """Return archive and field, whose cue lies `levels` grey levels to either side."""
    sizes = {"n_fresh": 2_000, "random_state": random_state}
    if cue == "weather":  # which at full strength lies 21 grey levels to either side
        loud = {"sky": levels / 21, "light": levels / 21}
        study = make_tank_scenes(2_000, strength=correlation, **loud, **sizes)
        return study.X, study.y, study.deployment.X, study.deployment.y
    study = make_tank_scenes(2_000, strength=0, sky=0, light=0, **sizes)
    rng, field = np.random.default_rng(random_state), study.deployment
    with_label = rng.random(len(study)) < (1 + correlation) / 2
    X = add_stripes(study.X, with_label == study.y, levels)
    return X, study.y, add_stripes(field.X, rng.random(len(field)) < 0.5, levels), field.y


# %% tags=["protocol"]
def accuracy_by_budget(model, X, y, budgets=(1, 2, 4, 8, 16, 32)):
    """Return what is left at each budget; what a small one has broken stays broken."""
    left, shares = np.flatnonzero(model.predict(X) == y), {}
    for eps in budgets:
        right = model.predict(attack(model, X[left], y[left], eps)) == y[left]
        left = left[right]
        shares[eps] = len(left) / len(y)
    return shares


# %% tags=["protocol"]
def measure_loudness(cue, levels, random_state):
    """Attack a network of the archive, and one of photographs whose cue is crossed."""
    X, y, *field = make_cue_study(cue, levels, 0.95, random_state)
    crossed, labels, *_ = make_cue_study(cue, levels, 0, random_state)
    found = {}
    for name, pictures, shown in (("shortcut", X, y), ("sound", crossed, labels)):
        model = ImageClassifier(random_state=random_state).fit(pictures[:1_000], shown[:1_000])
        left = accuracy_by_budget(model, X[1_000:1_150], y[1_000:1_150])
        found |= {f"{name}_claimed": model.score(X[1_000:], y[1_000:])}
        found |= {f"{name}_deployed": model.score(*field)}
        found |= {f"{name}_{eps}": share for eps, share in left.items()}
    return found


# %% mystnb={"image": {"alt": "Four versions of one photograph with stripes of 1, 2, 4 and 16 grey levels. The first two look like the photograph without stripes; in the last the stripes are plain."}}
fig, axes = plt.subplots(1, 4, figsize=(9, 2.6))
for ax, levels in zip(axes, (1, 2, 4, 16)):
    ax.imshow(add_stripes(X_test[:1], [True], levels)[0])
    ax.set_title(f"stripes of ± {levels}")
    ax.set_axis_off()
plt.show()

# %% [markdown]
# Two questions of each network: does it take the cue, and at which budget is half of the archive's
# test lost?

# %%
loudness = evidence.read(lesson.experiment("loudness"))
budgets = np.array([1, 2, 4, 8, 16, 32])


def half_lost(row, name):
    """Return the budget at which accuracy under attack crosses one half, on a log scale."""
    left = np.array([row[f"{name}_{eps}"] for eps in budgets])
    # Backwards, since `interp` wants its first argument to rise.
    return 2 ** np.interp(0.5, left[::-1], np.log2(budgets)[::-1])


for name in ("shortcut", "sound"):
    loudness[f"{name}_budget"] = [half_lost(row, name) for _, row in loudness.iterrows()]

# %% mystnb={"image": {"alt": "Two panels against how loud the cue is, from 1 to 16 grey levels. Left, the accuracy in the field of networks trained with the cue falls from .9 at 1 to a coin at 8, for weather and stripes alike; crossed networks stay above .9. Right, the budget at which half is lost: crossed networks stay below 2; those with the cue start there too and rise from 4 grey levels on, to about 6 with stripes and 11 with weather."}}
fig, axes = plt.subplots(1, 2, figsize=(11.5, 4.3))
lines = [("shortcut", "weather", figures.PITFALL), ("shortcut", "stripes", "#E69F00"),
         ("sound", "weather", figures.FIX)]  # fmt: skip
for ax, what in zip(axes, ("deployed", "budget")):
    ends = []
    for name, cue, hue in lines:
        part, column = loudness[loudness["cue"] == cue], f"{name}_{what}"
        ax.plot(part["levels"], part[column], ".", color=hue, alpha=0.5)
        centre = part.groupby("levels")[column].mean()
        ax.plot(centre.index, centre, "-o", color=hue)
        ends.append((centre.iloc[-1], cue if name == "shortcut" else "crossed", hue))
    ax.set(xscale="log", xlabel="loudness of the cue: grey levels to either side")
    figures.label_ends(ax, 18.5, ends)
    ax.set_xlim(left=0.85)
    ax.set_xticks(x := part["levels"].unique(), x)
    ax.minorticks_off()
axes[0].set_ylabel("accuracy in the field")
axes[1].set_ylabel("budget at which half is lost")
plt.show()

# %% tags=["remove-cell"]
lost = loudness.groupby(["cue", "levels"]).mean(numeric_only=True)
assert (lost["shortcut_budget"] / lost["sound_budget"]).xs(16, level="levels").min() > 2.5
faint = lost.xs(1, level="levels")
assert (faint["shortcut_budget"] < 1.1 * faint["sound_budget"]).all()
assert faint["shortcut_deployed"].min() > 0.75
assert lost["shortcut_deployed"].xs(8, level="levels").max() < 0.6
strict = loudness.query("cue == 'stripes' and levels == 1 and shortcut_deployed < 0.7")
assert (strict["shortcut_2"] < strict["sound_2"] - 0.1).all()

# %%
one = loudness.query("cue == 'stripes' and levels == 1").sort_values("shortcut_deployed")
one[["seed", "shortcut_deployed", "shortcut_2", "sound_2"]].round(2)

# %% [markdown]
# Right panel: a faint cue is drowned as easily as the vehicle, a loud one needs several times the
# budget. Might a cue that is fainter than the vehicle break *first*, as the folk claim has it? Look at
# the table, of stripes of one grey level. One network of five took so faint a cue (first line, see
# what it gets in the field), and at a budget of 2 it loses more than its crossed twin. One network is
# an anecdote, and the left panel says why there are no more: most networks leave so faint a cue alone.
# By the time a cue is loud enough for all of them to take it, it is louder than the vehicle, and the
# attack praises it.
#
# ## Or did the attack fail?
#
# A network is called robust when an attack fails, and attacks fail for other reasons: too few steps,
# a bad start, a slope too flat to climb. So try harder: more steps, and five random starts.

# %% tags=["protocol"]
def measure_attack(network, restarts, random_state):
    """Attack one network with more and more steps: the shortcut at 4, the sound one at 2."""
    study = make_tank_scenes(2_000, n_fresh=2, strength=0.95, random_state=random_state)
    new, eps = (study, 4) if network == "shortcut" else (study.collect(1_000), 2)
    model = ImageClassifier(random_state=random_state).fit(new.X[:1_000], new.y[:1_000])
    X, y = study.X[1_000:1_100], study.y[1_000:1_100]
    effort = {"restarts": restarts}
    return {f"steps_{n}": robust_accuracy(model, X, y, eps, steps=n, **effort)
            for n in (1, 5, 10, 40)}  # fmt: skip
# %%
tried = evidence.read(lesson.experiment("attack"))
steps = [f"steps_{n}" for n in (1, 5, 10, 40)]
tried.groupby(["network", "restarts"])[steps].mean().round(2)

# %% tags=["remove-cell"]
weak, strong = tried.query("restarts == 1")["steps_10"], tried.query("restarts == 5")["steps_40"]
assert 0 <= weak.mean() - strong.mean() < 0.03
assert tried.query("network == 'shortcut'")["steps_40"].min() > 0.85

# %% [markdown] slideshow={"section": "cases"}
# Twenty times the effort finds next to nothing more. And the attack does succeed against A, once it is
# given the budget. A trap was met on the way. Attacks usually climb the cross-entropy, and of a
# network as sure as A that is nearly flat: captum takes so small a slope for none and stands still.
# `attack` climbs the difference of the two logits instead. Even so, what an attack leaves is an
# upper bound. Another kind of attack may leave less.
#
# ## What you have learned
#
# - what an adversarial attack is, in one call;
# - why a network that reads the background can be the *harder* one to fool;
# - what decides it: how loud the cue is.
#
# ## Where it happened
#
# The numbers above are this course's own, from one simulated world. That robustness can go with a
# shortcut, and why, is in print:
#
# - **Adversarial training can make a network rely on the background.** [Moayeri, Banihashem and Feizi
#   (2022)](https://arxiv.org/abs/2209.07592) compare twenty adversarially trained networks with plain
#   ones on five sets of pictures, Waterbirds among them: the hardened ones rely on backgrounds more.
#   For attacks like ours their theory says when: where the spurious cue is *larger* than the true one,
#   which is our dial. And where the test shares the spurious correlation, it can raise the score under
#   attack.
# - **What breaks shortcuts is a change of meaning.** A surgeon's ink beside harmless moles raised the
#   false alarms of an approved network by about 40 percentage points ([Winkler and colleagues,
#   2019](https://doi.org/10.1001/jamadermatol.2019.1735)). With the hospital's process matched, an AUROC
#   of 0.78 for hip fractures became 0.52 ([Badgeley and colleagues,
#   2019](https://doi.org/10.1038/s41746-019-0105-1)). Nobody had forged a pixel.
# - **A test that shares the cue cannot reveal it.** In data on Covid each class came from a
#   source of its own; [DeGrave, Janizek and Lee
#   (2021)](https://doi.org/10.1038/s42256-021-00338-7) warn that even a test from elsewhere may miss
#   a shortcut that the new hospital shares. An attacked test is still the same test.
#
# **Where it hides.** Clinic: a network that withstands noise and fails with the next scanner.
# Finance: a stress test of 1 % on each rate, for a model that has seen one regime. Text: typing errors
# survived, another dialect not. Ecology: blur and rain are tried, another valley is not. Industry:
# vibration is tested, the new supplier's steel is not.
#
# [The fix](18b_fix.ipynb) begins with a question that Priya's rule left out: robust to what?
