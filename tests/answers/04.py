"""Chapter 04: what learners may answer."""

WRONG = {
    1: ["estimate = 0.3", "estimate = 0.5", "estimate = 0.8", "estimate = None", "estimate = 65"],
    2: [
        # the colleague's script, with coarser rounding
        """
def repaired(X, y):
    _, copy_of = np.unique(np.round(X), axis=0, return_inverse=True)
    folds = GroupKFold(5).split(X, y, groups=copy_of.ravel())
    return cross_val_score(KNeighborsClassifier(1), X, y, cv=list(folds)).mean()
""",
        # equal rows dropped: there are none
        """
def repaired(X, y):
    _, kept = np.unique(X, axis=0, return_index=True)
    return cross_val_score(KNeighborsClassifier(1), X[kept], y[kept], cv=5).mean()
""",
        # a model that remembers less in place of a split without copies
        """
def repaired(X, y):
    return cross_val_score(LogisticRegression(), X, y, cv=5).mean()
""",
        # fitted and scored on the same rows
        """
def repaired(X, y):
    return KNeighborsClassifier(1).fit(X, y).score(X, y)
""",
        # one error more than the model makes
        """
def repaired(X, y):
    cluster, _ = linked(X)
    folds = GroupKFold(5).split(X, y, groups=cluster)
    return 1 - cross_val_score(KNeighborsClassifier(1), X, y, cv=list(folds)).mean()
""",
        "repaired = lambda X, y: 0.5",
        "repaired = lambda X, y: None",
    ],
    3: [
        # deployed minus claimed
        """
def gap(model):
    gaps = []
    for seed in range(5):
        study = make_merged_archives(n_fresh=2_000, random_state=seed)
        parts = train_test_split(study.X, study.y, test_size=0.3, random_state=0)
        model.fit(parts[0], parts[2])
        new = study.deployment
        gaps.append(model.score(new.X, new.y) - model.score(parts[1], parts[3]))
    return np.mean(gaps)
""",
        # fitted on all rows
        """
def gap(model):
    gaps = []
    for seed in range(5):
        study = make_merged_archives(n_fresh=2_000, random_state=seed)
        model.fit(study.X, study.y)
        new = study.deployment
        gaps.append(model.score(study.X, study.y) - model.score(new.X, new.y))
    return np.mean(gaps)
""",
        # at strength 0
        """
def gap(model):
    gaps = []
    for seed in range(5):
        study = make_merged_archives(n_fresh=2_000, strength=0, random_state=seed)
        parts = train_test_split(study.X, study.y, test_size=0.3, random_state=0)
        model.fit(parts[0], parts[2])
        new = study.deployment
        gaps.append(model.score(parts[1], parts[3]) - model.score(new.X, new.y))
    return np.mean(gaps)
""",
        # the claim alone
        """
def gap(model):
    study = make_merged_archives(n_fresh=2_000, random_state=0)
    parts = train_test_split(study.X, study.y, test_size=0.3, random_state=0)
    return model.fit(parts[0], parts[2]).score(parts[1], parts[3])
""",
        "gap = lambda model: 0.3",
        "gap = lambda model: None",
    ],
    4: [
        # nothing returns
        "expected = lambda h, d: h",
        # returning rows are right, the others are forgotten
        "expected = lambda h, d: d",
        "expected = lambda h, d: h + d",
        # half of what is new, as on coin flips
        "expected = lambda h, d: 0.5 + d / 2",
        # shares exchanged
        "expected = lambda h, d: (1 - d) + d * h",
        "expected = lambda h, d: None",
    ],
    5: [
        # the pixels in a row, as before
        """
report = audited(shoes.reshape(640, -1), *theirs(shoes))

def mended(shoes):
    train, test = theirs(shoes)
    return train, np.delete(test, [*shared_rows(shoes[train], shoes[test])["near"].where])
""",
        # a report that is right, and nothing mended
        """
report = audited(shoes, *theirs(shoes))
mended = theirs
""",
        # another split at random
        """
report = audited(shoes, *theirs(shoes))

def mended(shoes):
    return train_test_split(np.arange(len(shoes)), test_size=240, random_state=0)
""",
        # mirrored pictures are found, moved ones are not
        """
report = audited(shoes, *theirs(shoes))

def mended(shoes):
    train, test = theirs(shoes)
    known = {shoe[:, ::-1].tobytes() for shoe in shoes[train]}
    return train, np.array([place for place in test if shoes[place].tobytes() not in known])
""",
        # places within the test pictures are taken for places in all
        """
report = audited(shoes, *theirs(shoes))

def mended(shoes):
    train, test = theirs(shoes)
    near = shared_rows(shoes[train], shoes[test])["near"].where
    return train, np.setdiff1d(test, near)
""",
        # what was found in these pictures is left out of others
        """
report = audited(shoes, *theirs(shoes))
found = report["shared_rows"]["near"].where
mended = lambda it: (np.arange(400), np.setdiff1d(np.arange(400, 640), found))
""",
        # hardly a test picture is left
        """
report = audited(shoes, *theirs(shoes))
mended = lambda shoes: (np.arange(400), theirs(shoes)[1][:2])
""",
        """
report = None
mended = lambda shoes: None
""",
        """
report = audited(shoes, *theirs(shoes))
mended = lambda shoes: None
""",
    ],
    6: [
        # merged archives, split by row
        """
def my_split():
    study = make_merged_archives(random_state=3)
    return train_test_split(study.X, test_size=0.3, random_state=0)
""",
        # an array on one side and a frame on the other do not hide the copies
        """
import pandas as pd

def my_split():
    study = make_merged_archives(random_state=3)
    train, test = train_test_split(study.X, test_size=0.3, random_state=0)
    return pd.DataFrame(train, columns=list("abcdefghijkl")), test
""",
        # the test rows are training rows
        """
def my_split():
    X = make_merged_archives(strength=0, random_state=3).X
    return X, X[:300]
""",
        # rows and outcomes
        """
def my_split():
    study = make_merged_archives(strength=0, random_state=3)
    return study.X, study.y
""",
        # all that train_test_split gives
        """
def my_split():
    study = make_merged_archives(strength=0, random_state=3)
    return train_test_split(study.X, study.y, test_size=0.3, random_state=0)
""",
        "my_split = lambda: None",
        """rows = make_merged_archives(random_state=3).X
my_split = lambda: (rows[:50], rows[50:52])
""",
    ],
}
RIGHT = {
    1: ["estimate = 0.5 + 0.3 / 2", "estimate = np.float32(0.66)"],
    2: [
        # one row of each scan is kept
        """
def repaired(X, y):
    _, same = linked(X)
    kept = np.unique(same, return_index=True)[1]
    return cross_val_score(KNeighborsClassifier(1), X[kept], y[kept], cv=5).mean()
""",
        # a distance that was looked up in a histogram
        """
from sklearn.cluster import DBSCAN

def repaired(X, y):
    copy_of = DBSCAN(eps=0.8, min_samples=1).fit_predict(X)
    scores = cross_val_score(
        KNeighborsClassifier(1), X, y, groups=copy_of, cv=GroupKFold(5)
    )
    return scores.mean()
""",
    ],
    3: [
        """
def gap(model):
    gaps = []
    for seed in range(5):
        study = make_merged_archives(n_fresh=4_000, random_state=seed)
        rows = np.random.default_rng(seed).permutation(len(study))
        test, train = np.split(rows, [round(0.3 * len(rows))])
        model.fit(study.X[train], study.y[train])
        claimed = (model.predict(study.X[test]) == study.y[test]).mean()
        gaps.append(claimed - (model.predict(study.fresh.X) == study.fresh.y).mean())
    return sum(gaps) / 5
""",
        """
def gap(model):
    studies = [make_merged_archives(n_fresh=2_000, random_state=seed) for seed in range(5)]
    total = 0
    for one in studies:
        a, b, c, d = train_test_split(one.X, one.y, train_size=0.7, random_state=1)
        model.fit(a, c)
        total += model.score(b, d) - model.score(one.deployment.X, one.deployment.y)
    return [total / len(studies)]
""",
    ],
    4: [
        "expected = lambda h, d: h + d * (1 - h)",
        "expected = lambda h, d: 1 - (1 - d) * (1 - h)",
    ],
    5: [
        # training pictures make room, and the test pictures stay as they are
        """
report = audited(shoes, *theirs(shoes))

def mended(shoes):
    train, test = theirs(shoes)
    test = np.arange(400, len(shoes))
    found = shared_rows(shoes[test], shoes[train])
    return np.delete(train, [*found["near"].where, *found["exact"].where]), test
""",
        # by hand: a picture is what it is wherever it lies, and from either side
        """
report = audited(shoes[..., None], *theirs(shoes))

def mended(shoes):
    train, test = theirs(shoes)

    def looks(shoe):
        moves = (-1, 0, 1)
        sides = (shoe, shoe[:, ::-1])
        return {np.roll(one, move, axis=1).tobytes() for one in sides for move in moves}

    known = set().union(*(looks(shoe) for shoe in shoes[train]))
    return train.tolist(), [place for place in test if not looks(shoes[place]) & known]
""",
    ],
    6: [
        """
from sklearn.datasets import load_breast_cancer

def my_split():
    return train_test_split(load_breast_cancer(as_frame=True).data, random_state=0)
""",
        # the split of the chapter's fix
        """
import pandas as pd

def my_split():
    study = make_merged_archives(random_state=3)
    train, test = world.find("split_apart", "split")(study.X)
    return study.X[train], pd.DataFrame(study.X[test])
""",
        # a coarse table, of which the check says that it can not tell
        """
def my_split():
    answers = np.random.default_rng(0).integers(0, 2, (400, 6))
    return answers[:300], answers[300:]
""",
    ],
}
