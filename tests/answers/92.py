"""Chapter 92: what learners may answer."""

WRONG = {
    1: [
        "diagnosis, low, high = 'nothing', 0.85, 0.95",
        # whoever has two groups has no groups on both sides to split by
        "diagnosis, low, high = 'the same people on both sides', 0.6, 0.8",
        # the claim is believed
        """
diagnosis = "a circumstance that goes with the label"
low, high = claimed - 0.02, claimed + 0.02
""",
        # never wrong, and worth nothing
        "diagnosis, low, high = 'a circumstance that goes with the label', 0, 1",
        "diagnosis, low, high = 'a circumstance that goes with the label', 0.01, 1",
        "diagnosis, low, high = 'a circumstance that goes with the label', 0.3, 1",
        "diagnosis, low, high = 'confounding', 0.6, 0.8",
        "diagnosis, low, high = 'a circumstance that goes with the label', 0.8, 0.6",
        "diagnosis, low, high = None, None, None",
    ],
    2: [
        # no two rows are equal
        "diagnosis, low, high = 'nothing', 0.6, 0.7",
        "diagnosis, low, high = 'cases that were left out', 0.6, 0.7",
        # the claim is believed
        "diagnosis, low, high = 'copies on both sides', claimed - 0.03, claimed + 0.03",
        "diagnosis, low, high = 'copies on both sides', 0, 1",
        "diagnosis, low, high = 'copies on both sides', None, None",
        "diagnosis, low, high = None, 0.6, 0.7",
    ],
    3: [
        # what chapter 10 looks like
        "diagnosis, low, high = 'labels that follow who gave them', 0.6, 0.7",
        "diagnosis, low, high = 'the same people on both sides', 0.6, 0.75",
        # a discount for the suspicion
        "diagnosis, low, high = 'nothing', 0.5, 0.65",
        "diagnosis, low, high = 'nothing', 0.0, 1.0",
        "diagnosis, low, high = 'nothing', 'claimed', 'claimed'",
        "diagnosis, low, high = None, None, None",
    ],
}
RIGHT = {
    1: [
        # within each foundry
        """
foundry, scores = castings.meta["foundry"].to_numpy()[half:], model.decision_function(X[half:])
within = [roc_auc_score(y[half:][foundry == f], scores[foundry == f]) for f in np.unique(foundry)]
diagnosis = "a circumstance that goes with the label"
low, high = np.mean(within) - 0.1, np.mean(within) + 0.05
""",
        # as many cracked as good ones of each foundry
        """
foundry, scores = castings.meta["foundry"].to_numpy()[half:], model.decision_function(X[half:])
rng, rows = np.random.default_rng(0), []
kinds = [(f, k) for f in np.unique(foundry) for k in (0, 1)]
cells = [np.flatnonzero((foundry == f) & (y[half:] == k)) for f, k in kinds]
for cell in cells:
    rows += list(rng.choice(cell, min(map(len, cells)), replace=False))
balanced = roc_auc_score(y[half:][rows], scores[rows])
diagnosis = "a circumstance that goes with the label"
low, high = balanced - 0.06, balanced + 0.06
""",
    ],
    2: [
        # rows that are near to each other on one side
        """
from sklearn.cluster import AgglomerativeClustering
from sklearn.model_selection import GroupShuffleSplit

clusters = AgglomerativeClustering(None, distance_threshold=1, linkage="single")
group, found = clusters.fit_predict(archives.X), []
for a, b in GroupShuffleSplit(4, test_size=0.3, random_state=0).split(archives.X, groups=group):
    other = ExtraTreesClassifier(20, random_state=0).fit(archives.X[a], archives.y[a])
    found.append(other.score(archives.X[b], archives.y[b]))
diagnosis, low, high = "copies on both sides", np.mean(found) - 0.05, np.mean(found) + 0.05
""",
        """
from scipy.spatial import cKDTree
from scipy.stats import binomtest

distance, _ = cKDTree(archives.X[train]).query(archives.X[test])
right = (forest.predict(archives.X[test]) == archives.y[test])[distance > 1]
low, high = binomtest(int(right.sum()), len(right)).proportion_ci(0.8)
diagnosis = "copies on both sides"
""",
    ],
    3: [
        "diagnosis, low, high = 'nothing', claimed - 0.04, claimed + 0.03",
        """
from sklearn.model_selection import GroupKFold

folds = list(GroupKFold(5).split(reviews.X, groups=reviews.meta["annotator"]))
by_others = cross_val_predict(words, reviews.X["text"], reviews.y, cv=folds) == reviews.y
reach = 1.28 * np.sqrt(0.25 / 40 / 4)
diagnosis, low, high = "nothing", by_others.mean() - reach, by_others.mean() + reach
""",
    ],
}
