"""Chapter 08: what learners may answer."""

WRONG = {
    1: ["estimate = 0.5", "estimate = 0.95", "estimate = 0.6", "estimate = None", "estimate = 80"],
    2: [
        # the colleague's own number
        """
def repaired(model, study):
    n = len(study) // 4
    return model.score(without_colour(study.X[n:]), study.y[n:])
""",
        # the mean over groups of the rows that trained the model
        """
def repaired(model, study):
    n = len(study) // 4
    correct = model.predict(without_colour(study.X[:n])) == study.y[:n]
    group = 2 * (study.meta["weather"] == "clouds").to_numpy()[:n] + study.y[:n]
    return np.mean([correct[group == g].mean() for g in np.unique(group)])
""",
        # the mean over groups, of all rows
        """
def repaired(model, study):
    correct = model.predict(without_colour(study.X)) == study.y
    group = 2 * (study.meta["weather"] == "clouds").to_numpy() + study.y
    return np.mean([correct[group == g].mean() for g in np.unique(group)])
""",
        "repaired = lambda model, study: 0.57",
        # the group that fares worst
        """
def repaired(model, study):
    n = len(study) // 4
    correct = model.predict(without_colour(study.X[n:])) == study.y[n:]
    group = 2 * (study.meta["weather"] == "clouds").to_numpy()[n:] + study.y[n:]
    return min(correct[group == g].mean() for g in range(4))
""",
        "repaired = lambda model, study: None",
    ],
    3: [
        # claimed on the rows that trained the network
        """
def gap(dusk_strength):
    settings = {"strength": 0, "dusk": 1, "dusk_strength": dusk_strength}
    study = make_tank_scenes(1_000, n_fresh=2_000, random_state=0, **settings)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    return model.score(study.X[:500], study.y[:500]) - model.score(
        study.deployment.X, study.deployment.y
    )
""",
        # deployed minus claimed
        """
def gap(dusk_strength):
    settings = {"strength": 0, "dusk": 1, "dusk_strength": dusk_strength}
    study = make_tank_scenes(1_000, n_fresh=2_000, random_state=0, **settings)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    return model.score(study.deployment.X, study.deployment.y) - model.score(
        study.X[500:], study.y[500:]
    )
""",
        # the weather turned in place of the hour
        """
def gap(dusk_strength):
    study = make_tank_scenes(1_000, n_fresh=2_000, random_state=0, strength=0)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    return model.score(study.X[500:], study.y[500:]) - model.score(
        study.deployment.X, study.deployment.y
    )
""",
        "gap = lambda dusk_strength: 0.3",
    ],
    4: [
        # scored on the pictures that trained it
        """
def in_the_field(model):
    X = framed.X.reshape(len(framed.X), -1) / 255
    return model.fit(X, framed.y).score(X, framed.y)
""",
        # scored on fresh pictures of the same kind
        """
def in_the_field(model):
    X, new = (part.X.reshape(len(part.X), -1) / 255 for part in (framed, framed.fresh))
    return model.fit(X, framed.y).score(new, framed.fresh.y)
""",
        # trained in the field
        """
def in_the_field(model):
    X = framed.deployment.X.reshape(len(framed.deployment.X), -1) / 255
    return model.fit(X, framed.deployment.y).score(X, framed.deployment.y)
""",
        "in_the_field = lambda model: 0.6",
    ],
    5: [
        # nothing is covered
        """
harmless, mended = "stamp", lambda X: X
""",
        # the stamp, which the reader of the thread saw
        """
harmless = "ink"

def mended(X):
    without = X.copy()
    without[:, 13:, 11:] = 180
    return without
""",
        # covered in the pictures alone that have ink
        """
harmless = "stamp"

def mended(X):
    without, dark = X.copy(), X[:, :, :2].mean(axis=(1, 2)) < 150
    without[dark, :, :2] = 128
    return without
""",
        # everything is covered
        "harmless, mended = 'stamp', lambda X: np.full(X.shape, 180.0)",
        # cut off
        "harmless, mended = 'stamp', lambda X: X[:, :, 2:]",
        # the pictures with ink are left out
        "harmless, mended = 'stamp', lambda X: X[X[:, :, :2].mean(axis=(1, 2)) > 150]",
        # one column of two
        """
harmless = "stamp"

def mended(X):
    without = X.copy()
    without[:, :, 0] = 180
    return without
""",
        # both have to go
        """
harmless = "neither"

def mended(X):
    without = np.full(X.shape, 180.0)
    without[mole] = X[mole]
    return without
""",
        "harmless, mended = None, lambda X: None",
    ],
    6: [
        # nothing is covered
        """
def background(X, y, box):
    pixels, half = X.reshape(len(X), -1) / 255, len(X) // 2
    model = LogisticRegression(max_iter=1_000).fit(pixels[:half], y[:half])
    return model.score(pixels[half:], y[half:])
""",
        # scored on the rows that trained it
        """
def background(X, y, box):
    covered = X.copy()
    covered[:, box[0], box[1]] = 128
    pixels = covered.reshape(len(X), -1) / 255
    return LogisticRegression(max_iter=1_000).fit(pixels, y).score(pixels, y)
""",
        # all but the box is covered
        """
def background(X, y, box):
    covered = np.full_like(X, 128)
    covered[:, box[0], box[1]] = X[:, box[0], box[1]]
    pixels, half = covered.reshape(len(X), -1) / 255, len(X) // 2
    model = LogisticRegression(max_iter=1_000).fit(pixels[:half], y[:half])
    return model.score(pixels[half:], y[half:])
""",
        "background = lambda X, y, box: 0.97",
    ],
}
RIGHT = {
    1: ["estimate = 0.84", "estimate = np.float32(0.79)"],
    2: [
        """
import pandas as pd

def repaired(model, study):
    n = len(study) // 4
    table = study.meta[n:].assign(
        shown=study.y[n:], correct=model.predict(without_colour(study.X[n:])) == study.y[n:]
    )
    return table.groupby(["weather", "shown"])["correct"].mean().mean()
""",
        """
def repaired(model, study):
    n = len(study) // 4
    group = (study.meta["weather"] == "sun").to_numpy()[n:] * 2 + study.y[n:]
    weight = 1 / np.bincount(group)[group]
    correct = model.predict(without_colour(study.X[n:])) == study.y[n:]
    return np.average(correct, weights=weight)
""",
    ],
    3: [
        """
def gap(dusk_strength):
    study = make_tank_scenes(
        1_000, n_fresh=2_000, strength=0, dusk=1, dusk_strength=dusk_strength, random_state=0
    )
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    claimed = (model.predict(study.X[500:]) == study.y[500:]).mean()
    deployed = (model.predict(study.deployment.X) == study.deployment.y).mean()
    return [claimed - deployed]
""",
        """
def gap(dusk_strength, epochs=60):
    settings = {"strength": 0, "dusk": 1, "dusk_strength": dusk_strength, "random_state": 0}
    study = make_tank_scenes(1_000, n_fresh=2_000, **settings)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    scores = [model.score(X, y) for X, y in (
        (study.X[500:], study.y[500:]), (study.deployment.X, study.deployment.y)
    )]
    return scores[0] - scores[1]
""",
    ],
    4: [
        """
def in_the_field(model):
    flat = lambda part: part.X.reshape(len(part.X), -1) / 255
    field = framed.deployment
    return model.fit(flat(framed), framed.y).score(flat(field), field.y)
""",
        """
def in_the_field(model):
    X, new = (part.X.reshape(len(part.X), -1) / 255 for part in (framed, framed.deployment))
    return (model.fit(X, framed.y).predict(new) == framed.deployment.y).mean()
""",
    ],
    5: [
        # all but the mole
        """
harmless = "stamp"

def mended(X):
    without = np.full(X.shape, 180.0)
    without[mole] = X[mole]
    return without
""",
        # skin from the right-hand side in place of the left edge
        """
harmless = "stamp"

def mended(X):
    without = np.array(X)
    without[:, :, :2] = X[:, :, 12:14][:, ::-1]
    return without
""",
    ],
    6: [
        """
def background(X, y, box):
    seen = np.ones(X.shape[1:], bool)
    seen[box] = False
    half = len(X) // 2
    model = LogisticRegression(max_iter=1_000).fit(X[:half, seen] / 255, y[:half])
    return model.score(X[half:, seen] / 255, y[half:])
""",
        """
from sklearn.model_selection import train_test_split

def background(X, y, box):
    covered = X.copy()
    covered[(slice(None), *box)] = 0
    parts = train_test_split(covered.reshape(len(X), -1), y, test_size=0.5, random_state=0)
    model = LogisticRegression(max_iter=2_000).fit(parts[0] / 255, parts[2])
    return model.score(parts[1] / 255, parts[3])
""",
    ],
}
