"""Chapter 18: what learners may answer."""

WRONG = {
    1: ["estimate = 0.4", "estimate = 0.1", "estimate = 0.6", "estimate = 90", "estimate = None"],
    2: [
        # attacked pictures made for another network
        """
def repaired(network, X, y):
    old = ImageClassifier().fit(crossed.X[:500], crossed.y[:500])
    return network.score(attack(old, X, y, eps=2), y)
""",
        # no attack at all
        "repaired = lambda network, X, y: network.score(X, y)",
        # too large a budget
        "repaired = lambda network, X, y: robust_accuracy(network, X, y, eps=16)",
        "repaired = lambda network, X, y: 0.0",
        "repaired = lambda network, X, y: None",
    ],
    3: [
        # what a plain test leaves
        """
def left(**paint):
    study = make_tank_scenes(700, n_fresh=2, strength=0, random_state=0, **paint)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    return model.score(study.X[500:], study.y[500:])
""",
        # the paint is left out
        """
def left(**paint):
    study = make_tank_scenes(700, n_fresh=2, strength=0, random_state=0)
    model = ImageClassifier().fit(study.X[:500], study.y[:500])
    return robust_accuracy(model, study.X[500:], study.y[500:], eps=2)
""",
        "left = lambda **paint: 0.4",
        "left = lambda **paint: None",
    ],
    4: [
        # against fewer epochs
        """
def price(table, correlation):
    here = table[table["correlation"] == correlation]
    mean = here.groupby("schedule")[["deployed", "field_2"]].mean()
    difference = mean.loc["warm 2/255"] - mean.loc["plain"]
    return -difference["deployed"], difference["field_2"]
""",
        # gained on the archive
        """
def price(table, correlation):
    here = table[table["correlation"] == correlation]
    mean = here.groupby("schedule")[["deployed", "robust_2"]].mean()
    difference = mean.loc["warm 2/255"] - mean.loc["warm 0/255"]
    return -difference["deployed"], difference["robust_2"]
""",
        # the sign
        """
def price(table, correlation):
    here = table[table["correlation"] == correlation]
    mean = here.groupby("schedule")[["deployed", "field_2"]].mean()
    difference = mean.loc["warm 2/255"] - mean.loc["warm 0/255"]
    return difference["deployed"], difference["field_2"]
""",
        # all correlations together
        """
def price(table, correlation):
    mean = table.groupby("schedule")[["deployed", "field_2"]].mean()
    difference = mean.loc["warm 2/255"] - mean.loc["warm 0/255"]
    return -difference["deployed"], difference["field_2"]
""",
        "price = lambda table, correlation: None",
    ],
    5: [
        # as it was
        "known, mended = lambda tested: {'as scanned': tested}, theirs",
        # more changes of the same kind
        """
def known(tested):
    return {"turned twice": save(tested)[:, ::-1, ::-1], "mirrored": save(tested)[:, :, ::-1]}

def mended(X, y):
    return fit(X, y)
""",
        # what they are saved like is what they are
        """
def known(tested):
    return {"saved again": save(save(tested)) + 1}

def mended(X, y):
    return fit(X, y)
""",
        # noise that breaks the model, and that no scanner makes
        """
def known(tested):
    return {"noise": save(tested) + np.random.default_rng(0).normal(0, 60, tested.shape)}

def mended(X, y):
    return fit(X, y)
""",
        # augmented with mirrored tiles, all of them saved
        """
def known(tested):
    return {"as scanned": tested}

def mended(X, y):
    return fit(np.concatenate([save(X), save(X)[:, :, ::-1]]), np.tile(y, 2))
""",
        # pictures without a name
        "known, mended = lambda tested: tested, fit",
        # a function in place of a model
        """
def known(tested):
    return {"as scanned": tested}

def mended(X, y):
    return fit(X, y).predict
""",
    ],
    6: [
        # nothing changes
        "changes = lambda X: {'one': X, 'two': X.copy(), 'three': X + 0}",
        # two changes
        "changes = lambda X: {'paler': 0.9 * X, 'white on black': 16 - X}",
        # the model survives all of them
        "changes = lambda X: {'a': 0.9 * X, 'b': 0.95 * X, 'c': 0.85 * X}",
        "changes = lambda X: None",
    ],
}

RIGHT = {
    1: ["estimate = 0.85", "estimate = 95 / 100"],
    2: [
        # in two steps
        """
def repaired(network, X, y):
    return network.score(attack(network, X, y, eps=2), y)
""",
        # by counting
        """
def repaired(network, X, y):
    forged = attack(network, X, y, eps=2)
    return np.mean(network.predict(forged) == y)
""",
    ],
    3: [
        # in two steps
        """
def left(**paint):
    made = make_tank_scenes(700, n_fresh=2, strength=0, random_state=0, **paint)
    train, test = slice(0, 500), slice(500, None)
    network = ImageClassifier().fit(made.X[train], made.y[train])
    return network.score(attack(network, made.X[test], made.y[test], eps=2), made.y[test])
""",
        # another seed of the network
        """
def left(**paint):
    made = make_tank_scenes(700, n_fresh=2, strength=0, random_state=0, **paint)
    network = ImageClassifier(random_state=1).fit(made.X[:500], made.y[:500])
    return robust_accuracy(network, made.X[500:], made.y[500:], 2)
""",
    ],
    4: [
        # seed by seed
        """
def price(table, correlation):
    here = table[table["correlation"] == correlation].set_index(["schedule", "seed"])
    hardened, plain = (here.loc[name] for name in ("warm 2/255", "warm 0/255"))
    lost = (plain["deployed"] - hardened["deployed"]).mean()
    return lost, (hardened["field_2"] - plain["field_2"]).mean()
""",
        # by a pivot
        """
def price(table, correlation):
    wide = table.query("correlation == @correlation").pivot(index="seed", columns="schedule")
    d = wide.xs("warm 2/255", axis=1, level=1) - wide.xs("warm 0/255", axis=1, level=1)
    return np.array([-d["deployed"].mean(), d["field_2"].mean()])
""",
    ],
    5: [
        # the use gives way: each tile is saved before the model looks at it
        """
def known(tested):
    return {"never saved": np.array(tested)}

def mended(X, y):
    return make_pipeline(FunctionTransformer(save), theirs(X, y))
""",
        # saved at a better quality
        """
def known(tested):
    return {"in whole numbers": tested.round(), "mirrored": tested[:, :, ::-1].round()[:, :, ::-1]}

def mended(X, y):
    return fit(X.round(), y)
""",
    ],
    6: [
        # noise, a turn, a negative
        """
def changes(X):
    rng, pictures = np.random.default_rng(0), X.reshape(-1, 8, 8)
    return {
        "noise": X + rng.normal(scale=0.3, size=X.shape),
        "upside down": pictures[:, ::-1].reshape(X.shape),
        "negative": 16 - X,
    }
""",
        # four, among them a smaller contrast
        """
def changes(X):
    return dict(
        contrast=8 + 0.9 * (X - 8), up=np.roll(X, -8, axis=1), down=np.roll(X, 8, axis=1),
        dim=0.95 * X,
    )
""",
    ],
}
