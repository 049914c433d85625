"""Chapter 05: what learners may answer."""

WRONG = {
    1: ["estimate = 1.0", "estimate = 0.5", "estimate = 0.87", "estimate = None", "estimate = 64"],
    2: [
        # the chapter's own mistake
        """
def repaired(X, y, patient, random_state=0):
    order = np.random.default_rng(random_state).permutation(len(y))
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    return cross_val_score(model, X[order], y[order], cv=5).mean()
""",
        # the leak is kept, and a model that can hardly use it takes the neighbours' place
        """
from sklearn.linear_model import LogisticRegression

def repaired(X, y, patient, random_state=0):
    order = np.random.default_rng(random_state).permutation(len(y))
    model = LogisticRegression(C=1e-4)
    X, y = X[order], y[order]
    return cross_val_score(model, X, y, groups=patient, cv=GroupKFold(5)).mean()
""",
        # scored on the rows that trained the model
        """
def repaired(X, y, patient, random_state=0):
    return make_pipeline(StandardScaler(), KNeighborsClassifier(5)).fit(X, y).score(X, y)
""",
        # the patients are shuffled, and apart from their rows
        """
def repaired(X, y, patient, random_state=0):
    rng = np.random.default_rng(random_state)
    order, who = rng.permutation(len(y)), rng.permutation(patient)
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    return cross_val_score(model, X[order], y[order], groups=who, cv=GroupKFold(5)).mean()
""",
        # the share that is wrong
        """
def repaired(X, y, patient, random_state=0):
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    return 1 - cross_val_score(model, X, y, groups=patient, cv=GroupKFold(5)).mean()
""",
        "repaired = lambda X, y, patient, random_state=0: 0.5",
        "repaired = lambda X, y, patient, random_state=0: None",
    ],
    3: [
        # by recording
        """
def worth(n_repeats):
    studies = [
        make_voice_recordings(n_repeats=n_repeats, n_fresh=2_000, random_state=seed)
        for seed in range(10)
    ]
    scores = [study.run(by_recording) for study in studies]
    widths = [score.interval[1] - score.interval[0] for score in scores]
    return np.mean([score.deployed for score in scores]), np.mean(widths)
""",
        # the other way round
        """
def worth(n_repeats):
    studies = [
        make_voice_recordings(n_repeats=n_repeats, n_fresh=2_000, random_state=seed)
        for seed in range(10)
    ]
    scores = [study.run(by_patient) for study in studies]
    widths = [score.interval[1] - score.interval[0] for score in scores]
    return np.mean(widths), np.mean([score.deployed for score in scores])
""",
        # half the width
        """
def worth(n_repeats):
    studies = [
        make_voice_recordings(n_repeats=n_repeats, n_fresh=2_000, random_state=seed)
        for seed in range(10)
    ]
    scores = [study.run(by_patient) for study in studies]
    widths = [(score.interval[1] - score.interval[0]) / 2 for score in scores]
    return np.mean([score.deployed for score in scores]), np.mean(widths)
""",
        "worth = lambda n_repeats: (0.6, 0.2)",
        "worth = lambda n_repeats: 0.6",
        "worth = lambda n_repeats: None",
    ],
    4: [
        # scored on the averages that trained it
        """
def averaged(study):
    X = study.X.reshape(120, 8, -1).mean(axis=1)
    model = KNeighborsClassifier(5).fit(X, study.y[::8])
    patients = study.deployment
    return model.score(X, study.y[::8]), model.score(patients.X, patients.y)
""",
        # nothing is averaged, and recordings are split
        """
def averaged(study):
    split = train_test_split(study.X, study.y, test_size=0.25, random_state=0)
    X_train, X_test, y_train, y_test = split
    model = KNeighborsClassifier(5).fit(X_train, y_train)
    return model.score(X_test, y_test), model.score(study.deployment.X, study.deployment.y)
""",
        # the other way round
        """
def averaged(study):
    X = study.X.reshape(120, 8, -1).mean(axis=1)
    split = train_test_split(X, study.y[::8], test_size=0.25, random_state=0)
    X_train, X_test, y_train, y_test = split
    model = KNeighborsClassifier(5).fit(X_train, y_train)
    patients = study.deployment
    return model.score(patients.X, patients.y), model.score(X_test, y_test)
""",
        # the labels of the first recordings, not of the patients
        """
def averaged(study):
    X = study.X.reshape(120, 8, -1).mean(axis=1)
    split = train_test_split(X, study.y[:120], test_size=0.25, random_state=0)
    X_train, X_test, y_train, y_test = split
    model = KNeighborsClassifier(5).fit(X_train, y_train)
    return model.score(X_test, y_test), model.score(study.deployment.X, study.deployment.y)
""",
        "averaged = lambda study: (0.8, 0.6)",
        "averaged = lambda study: None",
    ],
    5: [
        # as it was, and the audit told no more
        "mended = theirs",
        # told, and split as before
        """
known = known | {"groups": X["name"].str.split("-").str[0]}
mended = theirs
""",
        # split by core, and the audit still believes that there are no groups
        """
def mended(X, y):
    splitter = GroupShuffleSplit(1, random_state=0)
    return next(splitter.split(X, y, groups=X["name"].str[:7]))
""",
        # a name for a group, and every molecule has one of its own
        """
known = known | {"groups": "name"}

def mended(X, y):
    return next(GroupShuffleSplit(1, random_state=0).split(X, y, groups=X["name"]))
""",
        # grouped by what hangs on the core
        """
known = known | {"groups": "OH"}

def mended(X, y):
    return next(GroupShuffleSplit(1, random_state=0).split(X, y, groups=X["OH"]))
""",
        # test molecules whose core is in training are thrown away, which leaves next to none
        """
known = known | {"groups": X["name"].str[:7]}

def mended(X, y):
    train, test = theirs(X, y)
    core = X["name"].str[:7]
    return train, test[~core[test].isin(core[train])]
""",
        # tested on rows that train
        """
known = known | {"groups": X["name"].str[:7]}

def mended(X, y):
    train, test = next(GroupShuffleSplit(1, random_state=0).split(X, y, groups=known["groups"]))
    return np.arange(len(X)), test
""",
        """
known = None
mended = lambda X, y: None
""",
        """
known = known | {"groups": X["name"].str[:7]}
mended = lambda X, y: None
""",
    ],
    6: [
        # by recording
        """
def my_procedure(X, y):
    split = train_test_split(X, y, test_size=0.25, random_state=0)
    return KNeighborsClassifier(5).fit(split[0], split[2]).score(split[1], split[3])
""",
        # by recording, and the share that is wrong
        """
def my_procedure(X, y):
    split = train_test_split(X, y, test_size=0.25, random_state=0)
    return 1 - KNeighborsClassifier(5).fit(split[0], split[2]).score(split[1], split[3])
""",
        # scored on the rows that trained the model
        """
def my_procedure(X, y):
    return KNeighborsClassifier(5).fit(X, y).score(X, y)
""",
        # of its own rows, whatever is handed over
        """
def my_procedure(X, y):
    folds = GroupKFold(5)
    return cross_val_score(
        KNeighborsClassifier(5), study.X, study.y, groups=groups, cv=folds
    ).mean()
""",
        "my_procedure = lambda X, y: 0.5",
        "my_procedure = lambda X, y: None",
    ],
}
RIGHT = {
    1: ["estimate = 0.6", "estimate = np.float32(0.66)"],
    2: [
        # no shuffling at all
        """
def repaired(X, y, patient, random_state=0):
    model = make_pipeline(StandardScaler(), KNeighborsClassifier(5))
    return cross_val_score(model, X, y, groups=patient, cv=GroupKFold(5)).mean()
""",
        # one frame, shuffled as a whole, and hold-outs
        """
from sklearn.model_selection import GroupShuffleSplit

def repaired(X, y, patient, random_state=0):
    rows = pd.DataFrame(X).assign(y=y, patient=patient).sample(frac=1, random_state=random_state)
    model, scores = make_pipeline(StandardScaler(), KNeighborsClassifier(5)), []
    X, y, patient = rows.drop(columns=["y", "patient"]).to_numpy(), rows["y"], rows["patient"]
    splitter = GroupShuffleSplit(4, test_size=0.25, random_state=random_state)
    for train, test in splitter.split(X, y, groups=patient):
        model.fit(X[train], y.iloc[train])
        scores.append(model.score(X[test], y.iloc[test]))
    return np.mean(scores)
""",
    ],
    3: [
        """
def worth(n_repeats):
    deployed, widths = [], []
    for seed in range(10):
        options = {"n_repeats": n_repeats, "n_fresh": 2_000, "random_state": seed}
        score = make_voice_recordings(**options).run(by_patient)
        deployed.append(score.deployed)
        widths.append(np.ptp(score.interval))
    return [np.mean(deployed), np.mean(widths)]
""",
        """
def worth(n_repeats):
    runs = [
        make_voice_recordings(
            960, n_repeats=n_repeats, n_fresh=2_000, random_state=seed
        ).run(by_patient)
        for seed in range(10)
    ]
    frame = pd.DataFrame([(r.deployed, r.interval[1] - r.interval[0]) for r in runs])
    return tuple(frame.mean())
""",
    ],
    4: [
        """
def averaged(study):
    rows = pd.DataFrame(study.X).assign(y=study.y).groupby(study.meta["patient"]).mean()
    X, y = rows.drop(columns="y").to_numpy(), rows["y"].to_numpy().astype(int)
    X_train, X_test, y_train, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    model = KNeighborsClassifier(5).fit(X_train, y_train)
    return model.score(X_test, y_test), model.score(study.deployment.X, study.deployment.y)
""",
        """
def averaged(study):
    X = np.array([study.X[i : i + 8].mean(axis=0) for i in range(0, 960, 8)])
    y = study.y.reshape(120, 8)[:, 0]
    train, test = train_test_split(np.arange(120), test_size=0.25, random_state=0)
    model = KNeighborsClassifier(5).fit(X[train], y[train])
    here = (model.predict(X[test]) == y[test]).mean()
    return [here, (model.predict(study.deployment.X) == study.deployment.y).mean()]
""",
    ],
    5: [
        # the numbers of the cores, and the first of five folds
        """
known = {**known, "groups": X["name"].str.extract(r"core(\\d+)")[0].astype(int)}

def mended(X, y):
    return list(GroupKFold(5).split(X, y, groups=known["groups"]))[0]
""",
        # another draw: the claim may move, and is honest
        """
core = X["name"].str.split("-").str[0]
known = known | {"groups": core}

def mended(X, y):
    return next(GroupShuffleSplit(1, test_size=0.2, random_state=7).split(X, y, groups=core))
""",
        # by hand: the last forty cores are the test
        """
core = np.array([name.split("-")[0] for name in X["name"]])
known = dict(known, groups=core)

def mended(X, y):
    is_test = np.isin(core, np.unique(core)[-40:])
    return np.flatnonzero(~is_test).tolist(), np.flatnonzero(is_test).tolist()
""",
        # coarser: ten cores whose numbers begin alike stay together
        """
known = known | {"groups": X["name"].str[:6]}

def mended(X, y):
    return next(GroupShuffleSplit(1, random_state=0).split(X, y, groups=X["name"].str[:6]))
""",
    ],
    6: [
        """
from sklearn.model_selection import GroupShuffleSplit

def my_procedure(X, y):
    train, test = next(GroupShuffleSplit(1, random_state=0).split(X, y, groups=groups))
    return KNeighborsClassifier(5).fit(X[train], y[train]).score(X[test], y[test])
""",
        # data of one's own: a frame with words in it, and labels that are words
        """
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

rng = np.random.default_rng(0)
groups = np.repeat(np.arange(40), 6)
level = rng.normal(size=(40, 5))[groups]
X = pd.DataFrame(level + rng.normal(size=(240, 5)), columns=list("abcde"))
X["place"] = rng.choice(["here", "there"], 240)
y = np.where(rng.random(40) < 0.5, "ill", "well")[groups]

def my_procedure(X, y):
    numbers = pd.get_dummies(X)
    return cross_val_score(
        LogisticRegression(), numbers, y, groups=groups, cv=GroupKFold(5), scoring="accuracy"
    ).mean()
""",
    ],
}
