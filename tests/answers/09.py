"""Chapter 09: what learners may answer."""

WRONG = {
    1: ["answer = 0.6", "answer = 0.9", "answer = 0.64", "answer = 80", "answer = None"],
    2: [
        "repaired = colleague",
        # the model is never told the hospital; the test is as before
        """
def repaired(study):
    half = len(study) // 2
    model = LogisticRegression().fit(study.X[:half], study.y[:half])
    return weighted_auc(study.y[half:], model.decision_function(study.X[half:])).auc
""",
        # within each hospital
        """
def repaired(study):
    X, in_a = with_hospital(study)
    half = len(study) // 2
    model = LogisticRegression().fit(X[:half], study.y[:half])
    score, y, in_a = model.decision_function(X[half:]), study.y[half:], in_a[half:]
    return np.mean([weighted_auc(y[in_a == h], score[in_a == h]).auc for h in (0, 1)])
""",
        # the weights over all rows, those of the training half among them
        """
def repaired(study):
    from pitfalls.metrics import independence_weights

    X, in_a = with_hospital(study)
    half = len(study) // 2
    model = LogisticRegression().fit(X[:half], study.y[:half])
    weights = independence_weights(study.y, in_a)
    return weighted_auc(study.y, model.decision_function(X), weights).auc
""",
        # another model, scored on the rows that it was fitted to
        """
def repaired(study):
    from pitfalls.metrics import independence_weights

    X, in_a = with_hospital(study)
    model = LogisticRegression().fit(X, study.y)
    weights = independence_weights(study.y, in_a)
    return weighted_auc(study.y, model.decision_function(X), weights).auc
""",
        "repaired = lambda study: 0.55",
        "repaired = lambda study: None",
    ],
    3: [
        # scored on the films that trained it
        """
def gap(**cues):
    study = make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    model = ImageClassifier().fit(study.X, study.y)
    score = model.decision_function(study.X)
    return weighted_auc(study.y, score).auc - weighted_auc(study.y, score).auc
""",
        # deployed minus fresh
        """
def gap(**cues):
    study = make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    model = ImageClassifier().fit(study.X, study.y)
    fresh, deployed = (
        weighted_auc(part.y, model.decision_function(part.X)).auc
        for part in (study.fresh, study.deployment)
    )
    return deployed - fresh
""",
        "gap = lambda **cues: 0.3",
        "gap = lambda **cues: None",
    ],
    4: [
        # the difference of two AUROCs
        """
def added(y, score, posture):
    return weighted_auc(y, score).auc - weighted_auc(y, posture).auc
""",
        # within each posture, over a coin
        """
def added(y, score, posture):
    parts = [weighted_auc(y[posture == p], score[posture == p]).auc for p in (0, 1)]
    return np.mean(parts) - 0.5
""",
        # together, over a coin
        """
def added(y, score, posture):
    half, X = len(y) // 2, np.column_stack([posture, score])
    risk = LogisticRegression().fit(X[:half], y[:half]).predict_proba(X[half:])[:, 1]
    return weighted_auc(y[half:], risk).auc - 0.5
""",
        # a sum that nobody fitted
        """
def added(y, score, posture):
    return weighted_auc(y, score + 3 * posture).auc - weighted_auc(y, posture).auc
""",
        "added = lambda y, score, posture: 0.05",
    ],
    5: [
        # as it was
        """
def tells(score, table):
    rows = (table["covid"] == 0).to_numpy()
    old = (table["source"] == "register")[rows].astype(int)
    return weighted_auc(old, np.asarray(score)[rows]).auc

mended = theirs
""",
        # more films, children among them
        """
def tells(score, table):
    rows = (table["covid"] == 0).to_numpy()
    old = (table["source"] == "register")[rows].astype(int)
    return weighted_auc(old, np.asarray(score)[rows]).auc

mended = lambda table: table
""",
        # as many children as adults without it
        """
def tells(score, table):
    rows = (table["covid"] == 0).to_numpy()
    old = (table["source"] == "register")[rows].astype(int)
    return weighted_auc(old, np.asarray(score)[rows]).auc

def mended(table):
    few = table[table["source"] == "clinic"].sample(300, random_state=0)
    return pd.concat([table[table["source"] != "clinic"], few])
""",
        # healthy of both ages, and nobody ill
        """
def tells(score, table):
    rows = (table["covid"] == 0).to_numpy()
    old = (table["source"] == "register")[rows].astype(int)
    return weighted_auc(old, np.asarray(score)[rows]).auc

mended = lambda table: table[table["source"] != "archive"]
""",
        # the columns that show the age are taken out
        """
def tells(score, table):
    rows = (table["covid"] == 0).to_numpy()
    old = (table["source"] == "register")[rows].astype(int)
    return weighted_auc(old, np.asarray(score)[rows]).auc

mended = lambda table: theirs(table).drop(columns=["chest", "ribs", "heart"])
""",
        # the ill adults are among those who are asked about
        """
def tells(score, table):
    return weighted_auc((table["source"] != "clinic").astype(int), np.asarray(score)).auc

mended = lambda table: table[table["source"] != "clinic"]
""",
        "tells, mended = lambda score, table: None, lambda table: None",
    ],
    6: [
        # the circumstance as a number
        """
def circumstance_alone(y, circumstance):
    return weighted_auc(y, np.unique(circumstance, return_inverse=True)[1]).auc
""",
        # the shares of the rows that are scored
        """
def circumstance_alone(y, circumstance):
    code = np.unique(circumstance, return_inverse=True)[1]
    share = np.bincount(code, y) / np.bincount(code)
    return weighted_auc(y, share[code]).auc
""",
        # accuracy
        """
def circumstance_alone(y, circumstance):
    code = np.unique(circumstance, return_inverse=True)[1]
    share = np.bincount(code, y) / np.bincount(code)
    return np.mean((share[code] > 0.5) == y) - 0.1
""",
        "circumstance_alone = lambda y, circumstance: None",
    ],
}

RIGHT = {
    1: ["answer = (1 + 0.6) / 2", "answer = 0.8 * 0.8 + (0.8 * 0.2 + 0.2 * 0.8) / 2"],
    2: [
        # by the library
        """
def repaired(study):
    from pitfalls.metrics import independence_weights

    X, in_a = with_hospital(study)
    half = len(study) // 2
    model = LogisticRegression().fit(X[:half], study.y[:half])
    y, score = study.y[half:], model.decision_function(X[half:])
    return weighted_auc(y, score, independence_weights(y, in_a[half:])).auc
""",
        # the four groups equally often, by drawing
        """
def repaired(study):
    X, in_a = with_hospital(study)
    half, rng = len(study) // 2, np.random.default_rng(0)
    model = LogisticRegression().fit(X[:half], study.y[:half])
    y, score, group = study.y[half:], model.decision_function(X[half:]), 2 * in_a + study.y
    rows = [rng.choice(np.flatnonzero(group[half:] == g), 5_000) for g in range(4)]
    rows = np.concatenate(rows)
    return weighted_auc(y[rows], score[rows]).auc
""",
    ],
    3: [
        # by probabilities
        """
def gap(**cues):
    films = make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    network = ImageClassifier()
    network.fit(films.X, films.y)

    def auroc(sample):
        return weighted_auc(sample.y, network.predict_proba(sample.X)[:, 1]).auc

    return auroc(films.fresh) - auroc(films.deployment)
""",
        # by scikit-learn's function
        """
def gap(**cues):
    from sklearn.metrics import roc_auc_score

    films = make_chest_films(500, n_fresh=4_000, strength=0.95, random_state=0, **cues)
    network = ImageClassifier().fit(films.X, films.y)
    there, here = (
        roc_auc_score(part.y, network.decision_function(part.X))
        for part in (films.deployment, films.fresh)
    )
    return here - there
""",
    ],
    4: [
        # by cross-validation
        """
def added(y, score, posture):
    from sklearn.model_selection import cross_val_predict

    def auroc(*columns):
        X = np.column_stack(columns)
        risk = cross_val_predict(LogisticRegression(), X, y, method="decision_function")
        return weighted_auc(y, risk).auc

    return auroc(posture, score) - auroc(posture)
""",
        # the other half
        """
def added(y, score, posture):
    half, X = len(y) // 2, np.column_stack([posture, score])
    both = LogisticRegression(C=100).fit(X[half:], y[half:])
    together = weighted_auc(y[:half], both.decision_function(X[:half])).auc
    return together - weighted_auc(y[:half], posture[:half]).auc
""",
    ],
    5: [
        # by the names of the sources
        """
def tells(score, table):
    score = pd.Series(np.asarray(score), table.index)
    old, young = (score[table["source"] == one] for one in ("register", "clinic"))
    return np.mean(old.to_numpy()[:, None] > young.to_numpy())

def mended(table):
    return table[table["source"].isin(["archive", "register"])].reset_index(drop=True)
""",
        # as many of either, in another order
        """
from sklearn.metrics import roc_auc_score

def tells(score, table):
    part = table.assign(score=np.asarray(score)).query("covid == 0")
    return roc_auc_score(part["source"] == "register", part["score"])

def mended(table):
    adults = table.query("source != 'clinic'")
    return adults.groupby("covid").sample(250, random_state=1)
""",
    ],
    6: [
        # by scikit-learn
        """
def circumstance_alone(y, circumstance):
    from sklearn.preprocessing import TargetEncoder

    half, values = len(y) // 2, np.asarray(circumstance).astype(str)[:, None]
    encoder = TargetEncoder(random_state=0).fit(values[:half], y[:half])
    return weighted_auc(y[half:], encoder.transform(values[half:])[:, 0]).auc
""",
        # both halves in turn
        """
def circumstance_alone(y, circumstance):
    import pandas as pd

    y, found = np.asarray(y), []
    values, halves = pd.Series(np.asarray(circumstance)), np.arange(len(y)) % 2
    for here in (0, 1):
        there = halves != here
        share = pd.Series(y[there]).groupby(values[there].to_numpy()).mean()
        risk = values[~there].map(share).fillna(y.mean())
        found.append(weighted_auc(y[~there], risk).auc)
    return np.mean(found)
""",
    ],
}
