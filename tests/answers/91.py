"""Chapter 91: what learners may answer."""

WRONG = {
    1: [
        # the split and its gap are as they should be
        "diagnosis, low, high = 'nothing', 0.8, 0.85",
        # rows that overlap are no copies here: the gap is as long as the outcome
        "diagnosis, low, high = 'copies on both sides', 0.5, 0.7",
        # the claim is believed
        "diagnosis, low, high = 'features that see the future', claimed - 0.03, claimed + 0.03",
        # never wrong, and worth nothing
        "diagnosis, low, high = 'features that see the future', 0, 1",
        "diagnosis, low, high = 'look-ahead', 0.4, 0.55",
        "diagnosis, low, high = 'features that see the future', 0.55, 0.4",
        "diagnosis, low, high = 'features that see the future', None, None",
        "diagnosis, low, high = None, 0.4, 0.55",
    ],
    2: [
        # what chapter 05 taught first
        "diagnosis, low, high = 'the same people on both sides', 0.5, 0.65",
        "diagnosis, low, high = 'features that see the future', 0.7, 0.9",
        # the score for strangers
        "diagnosis, low, high = 'nothing', 0.58, 0.62",
        "diagnosis, low, high = 'nothing', 0, 1",
        "diagnosis, low, high = 'nothing', 'low', 'high'",
        "diagnosis, low, high = None, None, None",
    ],
    3: [
        "diagnosis, low, high = 'nothing', 0.8, 0.9",
        "diagnosis, low, high = 'preprocessing fitted on all rows', 0.5, 0.7",
        # the claim is believed
        "diagnosis, low, high = 'features chosen before the split', claimed - 0.02, claimed",
        "diagnosis, low, high = 'features chosen before the split', 0.0, 1.0",
        "diagnosis, low, high = 'features chosen before the split', np.nan, np.nan",
        "diagnosis, low, high = None, 0.5, 0.7",
    ],
}
RIGHT = {
    1: [
        # from what chapter 07 taught
        "diagnosis, low, high = 'features that see the future', 0.40, 0.55",
        "diagnosis, low, high = 'features that see the future', np.float64(0.45), 0.5",
    ],
    2: [
        "diagnosis, low, high = 'nothing', claimed - 0.06, claimed + 0.06",
        """
from scipy.stats import binomtest

late_right = model.predict(voices.X[late]) == voices.y[late]
low, high = binomtest(int(late_right.sum()), len(late_right)).proportion_ci(0.8)
diagnosis = "nothing"
""",
    ],
    3: [
        # tosses of a coin, widened by half
        """
from sklearn.pipeline import make_pipeline

inside = make_pipeline(SelectKBest(k=20), NearestCentroid())
honest = (cross_val_predict(inside, patients.X, patients.y, cv=cv) == patients.y).mean()
diagnosis = "features chosen before the split"
low, high = honest - 0.12, honest + 0.12
""",
        "diagnosis, low, high = 'features chosen before the split', 0.5, 0.75",
    ],
}
