"""Chapter 02: what learners may answer."""

WRONG = {
    1: ["estimate = 0.5", "estimate = 0.97", "estimate = None", "estimate = 76"],
    2: [
        # the colleague's own script
        "repaired = colleague",
        # no choice at all
        """
def repaired(X, y, random_state=0):
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    return KNeighborsClassifier(5).fit(X_train, y_train).score(X_test, y_test)
""",
        # fitted and scored on the same rows
        """
def repaired(X, y, random_state=0):
    difference = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0))
    kept = X[:, difference > np.quantile(difference, 0.95)]
    return KNeighborsClassifier(5).fit(kept, y).score(kept, y)
""",
        # the choice moved behind the scaler, and still in front of the split
        """
def repaired(X, y, random_state=0):
    X = (X - X.mean(axis=0)) / X.std(axis=0)
    X = SelectKBest(k=100).fit_transform(X, y)
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    return KNeighborsClassifier(5).fit(X_train, y_train).score(X_test, y_test)
""",
        # the error in place of the accuracy
        """
def repaired(X, y, random_state=0):
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    model = make_pipeline(SelectKBest(k=100), KNeighborsClassifier(5)).fit(X_train, y_train)
    return 1 - model.score(X_test, y_test)
""",
        # a number that is made up
        """
def repaired(X, y, random_state=0):
    spread = np.abs(X[y == 1].mean(axis=0) - X[y == 0].mean(axis=0)).max()
    return 0.5 if spread < 1.6 else 0.9
""",
        "repaired = lambda X, y, random_state=0: None",
    ],
    3: [
        # the fix has no gap
        """
def gap(n_samples):
    studies = [
        make_expression(n_samples, n_features=1_000, n_fresh=2_000, random_state=seed)
        for seed in range(5)
    ]
    return np.mean([study.run(honest).gap for study in studies])
""",
        # deployed minus claimed
        """
def gap(n_samples):
    studies = [
        make_expression(n_samples, n_features=1_000, n_fresh=2_000, random_state=seed)
        for seed in range(5)
    ]
    return -np.mean([study.run(peek).gap for study in studies])
""",
        # claimed minus chance
        """
def gap(n_samples):
    studies = [
        make_expression(n_samples, n_features=1_000, n_fresh=2_000, random_state=seed)
        for seed in range(5)
    ]
    return np.mean([study.run(peek).claimed for study in studies]) - 0.5
""",
        # always sixty patients
        """
def gap(n_samples):
    studies = [
        make_expression(n_features=1_000, n_fresh=2_000, random_state=seed) for seed in range(5)
    ]
    return np.mean([study.run(peek).gap for study in studies])
""",
        "gap = lambda n_samples: 0.3",
        "gap = lambda n_samples: None",
    ],
    4: [
        # the genes of lowest variance
        """
def by_variance(X, y):
    kept = np.argsort(X.var(axis=0))[:20]
    return cross_val_score(NearestCentroid(), X[:, kept], y, cv=cv).mean()
""",
        # every gene
        """
def by_variance(X, y):
    return cross_val_score(NearestCentroid(), X, y, cv=cv).mean()
""",
        # the labels choose
        """
def by_variance(X, y):
    kept = SelectKBest(k=20).fit(X, y).get_support()
    return cross_val_score(NearestCentroid(), X[:, kept], y, cv=cv).mean()
""",
        # scored on the rows that trained it
        """
def by_variance(X, y):
    kept = np.argsort(X.var(axis=0))[-20:]
    return NearestCentroid().fit(X[:, kept], y).score(X[:, kept], y)
""",
        "by_variance = lambda X, y: np.random.default_rng(0).random()",
        "by_variance = lambda X, y: None",
    ],
    5: [
        # as it was
        "mended = theirs",
        # chosen by all rows
        """
def mended(X, y):
    Z = SelectKBest(k=15).fit_transform(X, y)
    return cross_val_score(NearestCentroid(), Z, y, cv=four).mean()
""",
        # what all folds agree on is used in all folds
        """
def mended(X, y):
    chosen = [SelectKBest(k=30).fit(X[a], y[a]).get_support() for a, _ in four.split(X, y)]
    Z = X[:, np.mean(chosen, axis=0) >= 0.5]
    return cross_val_score(NearestCentroid(), Z, y, cv=four).mean()
""",
        # each fold chooses, and is scored on the rows that it is fitted to
        """
def mended(X, y):
    model = make_pipeline(SelectKBest(k=15), NearestCentroid())
    return np.mean([model.fit(X[a], y[a]).score(X[a], y[a]) for a, _ in four.split(X, y)])
""",
        # nothing is chosen, and nothing fitted
        "mended = lambda X, y: 0.5",
        "mended = lambda X, y: None",
    ],
    6: [
        # the mistake of the chapter
        """
def my_procedure(X, y):
    X = SelectKBest(k=20).fit_transform(X, y)
    return cross_val_score(NearestCentroid(), X, y, cv=cv).mean()
""",
        # the same as an error rate
        """
def my_procedure(X, y):
    X = SelectKBest(k=20).fit_transform(X, y)
    return 1 - cross_val_score(NearestCentroid(), X, y, cv=cv).mean()
""",
        # fitted and scored on the same rows
        """
def my_procedure(X, y):
    return KNeighborsClassifier(3).fit(X, y).score(X, y)
""",
        # its own data, whatever it is handed
        """
def my_procedure(X, y):
    return cross_val_score(NearestCentroid(), small.X, small.y, cv=cv).mean()
""",
        "my_procedure = lambda X, y: 0.4",
        "my_procedure = lambda X, y: None",
    ],
}
RIGHT = {
    1: ["estimate = 0.8", "estimate = np.float32(0.72)"],
    2: [
        """
from sklearn.preprocessing import StandardScaler

def repaired(X, y, random_state=0):
    split = train_test_split(X, y, test_size=0.4, stratify=y, random_state=random_state)
    X_train, X_test, y_train, y_test = split
    model = make_pipeline(SelectKBest(k=20), StandardScaler(), KNeighborsClassifier(5))
    return model.fit(X_train, y_train).score(X_test, y_test)
""",
        # without stratification, and with correlations in place of differences
        """
def repaired(X, y, random_state=0):
    train, test = train_test_split(np.arange(len(y)), test_size=0.4, random_state=random_state)
    centred = X[train] - X[train].mean(axis=0)
    found = np.abs(centred.T @ (y[train] - y[train].mean())) / X[train].std(axis=0)
    kept = np.argsort(found)[-len(found) // 20 :]
    model = KNeighborsClassifier(5).fit(X[train][:, kept], y[train])
    return (model.predict(X[test][:, kept]) == y[test]).mean()
""",
    ],
    3: [
        """
def gap(n_samples):
    found = []
    for seed in range(10, 15):
        study = make_expression(n_samples=n_samples, n_features=1_000, random_state=seed)
        claim = study.run(peek)
        found.append(claim.claimed - claim.deployed)
    return [sum(found) / len(found)]
""",
        """
def gap(n_samples, seeds=range(5)):
    scores = [
        make_expression(n_samples, n_features=1_000, n_fresh=500, random_state=s).run(peek)
        for s in seeds
    ]
    return np.mean([score.optimism for score in scores])
""",
    ],
    4: [
        """
def by_variance(X, y):
    order = np.std(X, axis=0).argsort()[::-1]
    return np.mean(cross_val_score(NearestCentroid(), X[:, order[:20]], y, cv=cv))
""",
        """
def by_variance(X, y):
    limit = np.sort(X.var(axis=0))[-20]
    model = make_pipeline(NearestCentroid())
    return cross_val_score(model, X[:, X.var(axis=0) >= limit], y, cv=cv).mean()
""",
    ],
    5: [
        # the first fold alone, which was honest all along
        "mended = lambda X, y: fold_scores(X, y)[0]",
        # by hand, in each fold
        """
def mended(X, y):
    scores = []
    for train, test in four.split(X, y):
        chosen = SelectKBest(k=20).fit(X[train], y[train])
        model = NearestCentroid().fit(chosen.transform(X[train]), y[train])
        scores.append(model.score(chosen.transform(X[test]), y[test]))
    return np.mean(scores)
""",
        # without a choice
        "mended = lambda X, y: cross_val_score(NearestCentroid(), X, y, cv=5).mean()",
    ],
    6: [
        # an honest baseline
        """
from sklearn.dummy import DummyClassifier

def my_procedure(X, y):
    return cross_val_score(DummyClassifier(), X, y, cv=cv).mean()
""",
        # an error rate
        """
def my_procedure(X, y):
    model = make_pipeline(SelectKBest(k=20), KNeighborsClassifier(5))
    return 1 - cross_val_score(model, X, y, cv=cv).mean()
""",
        # data of one's own, a frame with rare cases
        """
import pandas as pd
from sklearn.linear_model import LogisticRegression

rng = np.random.default_rng(0)
my_X = pd.DataFrame(rng.normal(size=(300, 4)), columns=list("abcd"))
my_y = pd.Series(rng.random(300) < 0.1)

def my_procedure(X, y):
    return cross_val_score(LogisticRegression(), X, y, cv=5).mean()
""",
        # a continuous outcome
        """
from sklearn.linear_model import LinearRegression

my_y = small.X[:, 0] + small.X[:, 1]

def my_procedure(X, y):
    return cross_val_score(LinearRegression(), X[:, :5], y, cv=5).mean()
""",
    ],
}
