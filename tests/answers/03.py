"""Chapter 03: what learners may answer."""

CLAIMS = """
def claims(min_samples_leaf):
    found = []
    for seed in range(3):
        study = make_screening(1_000, n_fresh=2_000, random_state=seed)
        forest = RandomForestClassifier(25, min_samples_leaf=min_samples_leaf, random_state=0)
        {body}
    return np.mean(found)
"""


def claims(*lines):
    """A loop over three studies, with lines of its own."""
    return CLAIMS.format(body="\n        ".join(lines))


RESAMPLED = "X, y = RandomOverSampler(random_state=seed).fit_resample(study.X, study.y)"
SPLIT = "a, b, c, d = train_test_split(X, y, test_size=0.4, stratify=y, random_state=0)"
WRONG = {
    1: [
        "estimate = 0.9",
        "estimate = 0.6",
        "estimate = 0.4",
        "estimate = None",
        "estimate = 99.9",
    ],
    2: [
        # the same means, fold by fold: the outcome is still what they are taken by
        """
def repaired(X, y):
    X = pd.DataFrame(X)
    for train, test in cv.split(X, y):
        for part in (train, test):
            X.iloc[part] = X.iloc[part].fillna(X.iloc[part].groupby(y[part]).transform("mean"))
    model = make_pipeline(RandomOverSampler(random_state=0), LogisticRegression())
    return cross_val_score(model, X, y, cv=cv, scoring="roc_auc").mean()
""",
        # gaps filled without the outcome, and the cases copied before the split
        """
def repaired(X, y):
    X, y = RandomOverSampler(random_state=0).fit_resample(SimpleImputer().fit_transform(X), y)
    forest = RandomForestClassifier(25, random_state=0)
    return cross_val_score(forest, X, y, cv=cv, scoring="roc_auc").mean()
""",
        # fitted and scored on the same rows
        """
def repaired(X, y):
    model = make_pipeline(SimpleImputer(), LogisticRegression()).fit(X, y)
    return roc_auc_score(y, model.predict_proba(X)[:, 1])
""",
        # the share of the other order
        """
def repaired(X, y):
    model = make_pipeline(SimpleImputer(), LogisticRegression())
    return 1 - cross_val_score(model, X, y, cv=cv, scoring="roc_auc").mean()
""",
        "repaired = lambda X, y: 0.5",
        "repaired = lambda X, y: None",
    ],
    3: [
        # split first: what she should claim
        claims(
            "X, y = study.X, study.y",
            SPLIT,
            "a, c = RandomOverSampler(random_state=seed).fit_resample(a, c)",
            "found.append(roc_auc_score(d, forest.fit(a, c).predict_proba(b)[:, 1]))",
        ),
        # scored on the rows that the forest was fitted on
        claims(
            RESAMPLED,
            SPLIT,
            "found.append(roc_auc_score(c, forest.fit(a, c).predict_proba(a)[:, 1]))",
        ),
        # the deployed score
        claims(
            RESAMPLED,
            SPLIT,
            "forest.fit(a, c)",
            "risk = forest.predict_proba(study.fresh.X)[:, 1]",
            "found.append(roc_auc_score(study.fresh.y, risk))",
        ),
        # the risk of the other class
        claims(
            RESAMPLED,
            SPLIT,
            "found.append(roc_auc_score(d, forest.fit(a, c).predict_proba(b)[:, 0]))",
        ),
        "claims = lambda min_samples_leaf: 0.95",
        "claims = lambda min_samples_leaf: None",
    ],
    4: [
        # the share of the cases that are found
        """
def precision(X, y, threshold):
    return (model.predict_proba(X)[y == 1, 1] > threshold).mean()
""",
        # accuracy
        """
def precision(X, y, threshold):
    return ((model.predict_proba(X)[:, 1] > threshold) == y).mean()
""",
        # the threshold is left at one half
        """
def precision(X, y, threshold):
    return (y[model.predict(X) == 1] == 1).mean()
""",
        # the risk of the other class
        """
def precision(X, y, threshold):
    return (y[model.predict_proba(X)[:, 0] > threshold] == 1).mean()
""",
        # false alarms
        """
def precision(X, y, threshold):
    return (y[model.predict_proba(X)[:, 1] > threshold] == 0).mean()
""",
        # always the same rows
        """
def precision(X, y, threshold):
    return (y_test[model.predict_proba(X_test)[:, 1] > threshold] == 1).mean()
""",
        "precision = lambda X, y, threshold: 0.3",
        "precision = lambda X, y, threshold: None",
    ],
    5: [
        # as it was
        "mended = theirs",
        # SMOTE on all rows, and then the made-up rows of the test are dropped
        """
def mended(X, y):
    X_more, y_more = SMOTE(random_state=0).fit_resample(X, y)
    X_train, X_test, y_train, y_test = train_test_split(X_more, y_more, random_state=0)
    paid = X_test.index < len(X)
    return X_train, X_test[paid], y_train, y_test[paid]
""",
        # the test rows are balanced too, by themselves
        """
def mended(X, y):
    parts = train_test_split(X, y, random_state=0)
    balance = SMOTE(random_state=0)
    train, test = (balance.fit_resample(parts[k], parts[k + 2]) for k in range(2))
    return train[0], test[0], train[1], test[1]
""",
        # split in the right order, and the parts handed back in another
        """
def mended(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    return X_train, X_test, y_train
""",
        # trained on the test rows as well
        """
def mended(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    return X, X_test, y, y_test
""",
        # no test fraud is left that could be found
        """
def mended(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    return X_train, X_test[~y_test], y_train, y_test[~y_test]
""",
        # arrays in place of frames, whose columns the audit cannot name
        "mended = lambda X, y: [np.asarray(part) for part in theirs(X, y)]",
        "mended = lambda X, y: None",
    ],
    6: [
        # SMOTE, then split
        "X, _ = SMOTE(random_state=0).fit_resample(study.X, study.y)\n"
        "train, test = train_test_split(X, test_size=0.4, random_state=0)",
        # cases copied, then split
        "X, _ = RandomOverSampler(random_state=0).fit_resample(study.X, study.y)\n"
        "train, test = train_test_split(X, test_size=0.4, random_state=0)",
        # a frame on one side, an array on the other
        "X, _ = RandomOverSampler(random_state=0).fit_resample(study.X, study.y)\n"
        "train, test = train_test_split(X, test_size=0.4, random_state=0)\n"
        "train = pd.DataFrame(train).add_prefix('measure ')",
        # the test rows are training rows
        "train, test = study.X, study.X[:400]",
        "train, test = X_train, y_train",
        "train, test = None, None",
        "train, test = X_train, X_test[:3]",
        "train, test = np.column_stack([X_train, y_train]), X_test",
    ],
}
RIGHT = {
    1: ["estimate = 1 - 0.4**8", "estimate = np.float64(0.995)"],
    2: [
        # gaps filled from training rows, by hand
        """
def repaired(X, y):
    scores = []
    for train, test in cv.split(X, y):
        typical = np.nanmean(X[train], axis=0)
        a, b = (np.where(np.isnan(X[part]), typical, X[part]) for part in (train, test))
        a, c = RandomOverSampler(random_state=0).fit_resample(a, y[train])
        risk = LogisticRegression().fit(a, c).predict_proba(b)[:, 1]
        scores.append(roc_auc_score(y[test], risk))
    return sum(scores) / len(scores)
""",
        """
def repaired(X, y):
    steps = SimpleImputer(strategy="median"), SMOTE(random_state=0), LogisticRegression()
    return [cross_val_score(make_pipeline(*steps), X, y, cv=cv, scoring="roc_auc").mean()]
""",
    ],
    3: [
        claims(
            "cases = np.flatnonzero(study.y)",
            "more = np.random.default_rng(seed).choice(cases, len(study) - 2 * len(cases))",
            "rows = np.concatenate([np.arange(len(study)), more])",
            "X, y = study.X[rows], study.y[rows]",
            SPLIT,
            "found.append(roc_auc_score(d, forest.fit(a, c).predict_proba(b)[:, 1]))",
        ),
        claims(
            RESAMPLED,
            "a, b, c, d = train_test_split(X, y, test_size=0.4, random_state=1)",
            "found.append(roc_auc_score(d == 1, 1 - forest.fit(a, c).predict_proba(b)[:, 0]))",
        ),
    ],
    4: [
        """
def precision(X, y, threshold):
    return precision_score(y, model.predict_proba(X)[:, 1] > threshold)
""",
        """
def precision(X, y, threshold):
    alarm = model.predict_proba(X)[:, 1] > threshold
    return np.sum(y * alarm) / np.sum(alarm)
""",
    ],
    5: [
        # nothing is resampled at all
        "mended = lambda X, y: train_test_split(X, y, stratify=y, random_state=0)",
        # plain copies of the training rows
        """
def mended(X, y):
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=1)
    more = RandomOverSampler(random_state=0).fit_resample(X_train, y_train)
    return more[0], X_test, more[1], y_test
""",
    ],
    6: [
        # a number of the patient, which is large, beside the measurements
        "number_of = np.random.default_rng(0).integers(1e8, 1e9, len(study))\n"
        "X = np.column_stack([study.X, number_of])\n"
        "train, test = train_test_split(X, test_size=0.4, random_state=0)",
        # frames with words in them
        "table = pd.DataFrame(study.X).assign(ward=np.where(study.X[:, 0] > 0, 'A', 'B'))\n"
        "train, test = train_test_split(table, test_size=0.4, random_state=0)",
        "train = pd.DataFrame(X_train).add_prefix('measure ')\ntest = X_test",
    ],
}
