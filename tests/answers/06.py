"""Chapter 06: what learners may answer."""

WRONG = {
    1: [
        "in_the_archive, on_the_day = 0.5, 0.85",  # the wrong way round
        "in_the_archive, on_the_day = 0.85, 0.85",
        "in_the_archive, on_the_day = 0.8, 0.5",  # the ill only
        "in_the_archive, on_the_day = 0.85, 0.15",
        "in_the_archive, on_the_day = 85, 50",
        "in_the_archive = on_the_day = None",
    ],
    2: [
        # the chapter's mistake: everything that is in the archive
        "known_at = dict.fromkeys(dictionary, 0)",
        # a guess where nobody says
        """
known_at = dict.fromkeys(dictionary, -1) | {
    "billing_code": 504, "visits_this_year": 4_000, "letter_sent": 24, "risk_class": 0
}
""",
        # the sign turned
        """
known_at = {
    "age": 100, "diagnosis": 100, "billing_code": -504, "last_pulse": 0, "days_on_ward": 0,
    "visits_this_year": -4_000, "letter_sent": -24, "risk_class": np.nan,
}
""",
        # hours from admission
        """
known_at = {
    "age": 0, "diagnosis": 0, "billing_code": 700, "last_pulse": 190, "days_on_ward": 192,
    "visits_this_year": 4_000, "letter_sent": 216, "risk_class": np.nan,
}
""",
        "known_at = {'age': -100, 'billing_code': 504}",
        "known_at = {'Age': 0, 'billing code': 504}",
        "known_at = dictionary",
        "known_at = None",
    ],
    3: [
        # claimed in place of deployed
        """
def claimed(procedure, hour):
    studies = [make_admissions(decision=hour, random_state=seed) for seed in range(2)]
    return np.mean([study.run(procedure).claimed for study in studies])

honest = lambda hour: claimed(in_time, hour)
leaky = lambda hour: claimed(whole_record, hour)
""",
        # the two the wrong way round
        """
def deployed(procedure, hour):
    studies = [make_admissions(decision=hour, random_state=seed) for seed in range(2)]
    return np.mean([study.run(procedure).deployed for study in studies])

honest = lambda hour: deployed(whole_record, hour)
leaky = lambda hour: deployed(in_time, hour)
""",
        # the hour is not used
        """
def honest(hour):
    return make_admissions(random_state=0).run(in_time).deployed

def leaky(hour):
    return make_admissions(random_state=0).run(whole_record).deployed
""",
        # fitted and scored on the same rows
        """
from sklearn.ensemble import HistGradientBoostingClassifier

def honest(hour):
    study = make_admissions(decision=hour, random_state=0)
    known = study.info["recorded_at"] <= hour
    X = study.X.loc[:, known[known].index]
    return HistGradientBoostingClassifier(max_iter=40).fit(X, study.y).score(X, study.y)

def leaky(hour):
    study = make_admissions(decision=hour, random_state=0)
    return HistGradientBoostingClassifier(max_iter=40).fit(study.X, study.y).score(
        study.X, study.y
    )
""",
        "honest = lambda hour: 0.63\nleaky = lambda hour: 0.5",
        "honest = leaky = lambda hour: None",
    ],
    4: [
        "repaired = colleague",
        # the column goes first, and the rows are chosen by it all the same
        """
def repaired(study):
    X = study.X.drop(columns="antibiotic")
    clear = (study.X["antibiotic"] == 1) == (X["crp"] > 60)
    X, y = X[clear], study.y[clear]
    half = len(X) // 2
    model = LogisticRegression(max_iter=5_000).fit(np.log1p(X[:half]), y[:half])
    return roc_auc_score(y[half:], model.decision_function(np.log1p(X[half:])))
""",
        # the whole record
        """
def repaired(study):
    X, y, half = study.X, study.y, len(study.X) // 2
    model = LogisticRegression(max_iter=5_000).fit(np.log1p(X[:half]), y[:half])
    return roc_auc_score(y[half:], model.decision_function(np.log1p(X[half:])))
""",
        # fitted and scored on the same rows
        """
def repaired(study):
    X = np.log1p(study.X.drop(columns="antibiotic"))
    model = LogisticRegression(max_iter=5_000).fit(X, study.y)
    return roc_auc_score(study.y, model.decision_function(X))
""",
        # the sign turned
        """
def repaired(study):
    X, y, half = np.log1p(study.X.drop(columns="antibiotic")), study.y, len(study.X) // 2
    model = LogisticRegression(max_iter=5_000).fit(X[:half], y[:half])
    return roc_auc_score(y[half:], -model.decision_function(X[half:]))
""",
        "repaired = lambda study: 0.7",
        "repaired = lambda study: None",
    ],
    5: [
        # as it was, with what is late
        """
known = {"fare": -1, "woman": -1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}
mended = theirs
""",
        # what the audit finds by itself
        """
known = dict.fromkeys(["fare", "woman", "age", "deck"], -1) | {"boat": 120, "body": 700}
mended = lambda X: X.drop(columns=["boat", "body"])
""",
        # said to be late, and kept
        """
known = {"fare": -1, "woman": -1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}
mended = lambda X: X[["fare", "woman", "age", "deck"]]
""",
        # all that tells much is called late
        """
known = {"fare": -1, "woman": 1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}
mended = lambda X: X[["fare", "age"]]
""",
        # too much is left out
        """
known = {"fare": -1, "woman": -1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}
mended = lambda X: X[["fare", "age"]]
""",
        # one column has no hours
        """
known = {"fare": -1, "woman": -1, "age": -1, "boat": 120, "body": 700}
mended = lambda X: X[["fare", "woman", "age"]]
""",
        """
known = {"fare": -1, "woman": -1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}
mended = lambda X: None
""",
        "known = None",
    ],
    6: [
        # the whole record
        """
mine = make_admissions(random_state=1)
X, y, kept = mine.X, mine.y, list(mine.X)
known_at = mine.info["recorded_at"] - mine.info["decision"]
""",
        # a column of which nobody knows when
        """
mine = make_admissions(random_state=1)
X, y, kept = mine.X, mine.y, ["age", "crp"]
known_at = {"age": -1, "crp": np.nan}
""",
        # a slip of the pen
        """
mine = make_admissions(random_state=1)
X, y, kept = mine.X, mine.y, ["age"]
known_at = {"Age": -1, "age": -1}
""",
        # nobody was asked
        """
mine = make_admissions(random_state=1)
X, y, kept, known_at = mine.X, mine.y, [], dict.fromkeys(mine.X)
""",
        # the sign turned: the late ones are kept
        """
mine = make_admissions(random_state=1)
X, y = mine.X, mine.y
known_at = mine.info["recorded_at"] - mine.info["decision"]
kept = list(known_at.index[known_at > 0])
""",
        "X = y = known_at = kept = None",
        """
mine = make_admissions(random_state=1)
X, y, kept, known_at = mine.X, mine.y[:-1], ["age"], {"age": 0}
""",
    ],
}
RIGHT = {
    1: [
        "in_the_archive, on_the_day = 0.85, 0.5",
        "in_the_archive, on_the_day = [0.5 * 0.8 + 0.5 * 0.9], np.float32(0.5)",
    ],
    2: [
        """
known_at = pd.Series(0, index=list(dictionary), dtype=float)
known_at[["billing_code", "visits_this_year", "letter_sent"]] = 24
known_at["risk_class"] = np.nan
""",
        """
known_at = {
    "age": -1, "diagnosis": -1, "billing_code": 500, "last_pulse": -0.5, "days_on_ward": 0,
    "visits_this_year": 1, "letter_sent": 30, "risk_class": None,
}
""",
    ],
    3: [
        """
def over_seeds(name, hour):
    scores = []
    for seed in range(10, 15):
        claim = make_admissions(decision=hour, random_state=seed).run(name)
        scores.append(claim.fresh)
    return [sum(scores) / len(scores)]

honest = lambda hour: over_seeds(in_time, hour)
leaky = lambda hour: over_seeds(whole_record, hour)
""",
        """
def honest(hour, procedure=in_time):
    scores = [
        make_admissions(n_fresh=2_000, decision=hour, random_state=seed).run(procedure)
        for seed in range(5)
    ]
    return np.mean([score.claimed - score.gap for score in scores])

def leaky(hour):
    return honest(hour, whole_record)
""",
    ],
    4: [
        """
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

def repaired(study):
    known = study.info["recorded_at"] <= study.info["decision"]
    X = np.log(study.X.loc[:, known[known].index])
    model = make_pipeline(StandardScaler(), LogisticRegression())
    return cross_val_score(model, X, study.y, cv=5, scoring="roc_auc").mean()
""",
        """
from sklearn.model_selection import train_test_split

def repaired(study):
    X = np.log1p(study.X.drop(columns="antibiotic"))
    parts = train_test_split(X, study.y, test_size=0.5, random_state=0)
    model = LogisticRegression(max_iter=5_000).fit(parts[0], parts[2])
    return roc_auc_score(parts[3], model.predict_proba(parts[1])[:, 1])
""",
    ],
    5: [
        # a series, and what is not wanted is dropped
        """
known = pd.Series({"body": 1e4, "boat": 5, "deck": 1e5, "fare": 0, "woman": -24, "age": -2.5})
mended = lambda X: X.drop(columns=known.index[known > 0])
""",
        # by the hours, and as numbers
        """
known = {"fare": -1, "woman": -1, "age": -1, "deck": 9_000, "boat": 120, "body": 700}

def mended(X):
    return X[[name for name in X if known[name] <= 0]].astype(float)
""",
    ],
    6: [
        # an array, and a time for some of its columns
        """
rng = np.random.default_rng(0)
X, y = rng.normal(size=(200, 3)), np.arange(200) % 2
known_at, kept = [-1, np.nan, 2], [0]
""",
        # text, dates and gaps
        """
days = pd.date_range("2020", periods=120)
X = pd.DataFrame({"ward": list("abcd") * 30, "day": days, "late": 1.0})
X.loc[::3, "late"] = np.nan
y = pd.Series([0, 1, 1] * 40)
known_at, kept = {"ward": 0, "day": -3, "late": 5}, ("ward", "day")
""",
    ],
}
