"""Chapter 10: what learners may answer."""

WRONG = {
    1: [
        "estimate = 0.78",  # as if the labels were right
        "estimate = 0.78 * 0.8",  # both right; both wrong is forgotten
        "estimate = 0.58",  # a fifth taken off
        "estimate = None",
        "estimate = 67",
    ],
    2: [
        # gold labels, and random folds
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    predictions = cross_val_predict(model, text, ticks, cv=5)
    return (predictions == gold).mean()
""",
        # whole people left out, and their own ticks
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    folds = list(GroupKFold(5).split(text, groups=annotator))
    return (cross_val_predict(model, text, ticks, cv=folds) == ticks).mean()
""",
        # trained on the panel's labels: another model
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    folds = list(GroupKFold(5).split(text, groups=annotator))
    return (cross_val_predict(model, text, gold, cv=folds) == gold).mean()
""",
        # the colleague's words and split, and gold labels
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    counts = pd.DataFrame(TfidfVectorizer().fit_transform(text).toarray())
    users = (counts.groupby(np.asarray(annotator)).max() > 0).sum()
    split = train_test_split(counts.loc[:, users >= 10], ticks, gold, random_state=random_state)
    X_train, X_test, y_train, _, _, gold_test = split
    return LogisticRegression().fit(X_train, y_train).score(X_test, gold_test)
""",
        # fitted and scored on the same rows
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    return model.fit(text, ticks).score(text, gold)
""",
        "repaired = colleague",
        "repaired = lambda *given: 0.7",
        "repaired = lambda *given: None",
    ],
    3: [
        # deployed minus claimed
        """
def gap(n_annotators):
    studies = [make_reviews(n_annotators=n_annotators, random_state=seed) for seed in range(2)]
    return -np.mean([study.run(world.pitfall).gap for study in studies])
""",
        # claimed minus fresh
        """
def gap(n_annotators):
    studies = [make_reviews(n_annotators=n_annotators, random_state=seed) for seed in range(2)]
    return np.mean([study.run(world.pitfall).optimism for study in studies])
""",
        # the gap of the fix
        """
def gap(n_annotators):
    fix = world.fixes["score_others_on_gold"]
    studies = [make_reviews(n_annotators=n_annotators, random_state=seed) for seed in range(2)]
    return np.mean([study.run(fix).gap for study in studies])
""",
        "gap = lambda n_annotators: 0.12",
        "gap = lambda n_annotators: make_reviews(n_annotators=n_annotators).run(world.pitfall)",
    ],
    4: [
        # random folds know the person
        """
def agreement_with_a_stranger(study, second):
    return (cross_val_predict(model, study.X["text"], study.y, cv=5) == second).mean()
""",
        # fitted on the rows that it predicts
        """
def agreement_with_a_stranger(study, second):
    return (model.fit(study.X["text"], study.y).predict(study.X["text"]) == second).mean()
""",
        # the first tick in place of the second
        """
def agreement_with_a_stranger(study, second):
    folds = list(GroupKFold(5).split(study.X, groups=study.meta["annotator"]))
    return (cross_val_predict(model, study.X["text"], study.y, cv=folds) == study.y).mean()
""",
        # how often the two people agree
        "agreement_with_a_stranger = lambda study, second: (study.y == second).mean()",
        "agreement_with_a_stranger = lambda study, second: 0.6",
        "agreement_with_a_stranger = lambda study, second: None",
    ],
    5: [
        "mended = theirs",
        # an honest number for the old model
        """
def mended(frame):
    model, _ = theirs(frame)
    read = frame[frame["doctor"].notna()]
    return model, model.score(read["text"], read["doctor"])
""",
        # scored on the rows that it learned from
        """
def mended(frame):
    read = frame[frame["doctor"].notna()]
    model = theirs(frame)[0].fit(read["text"], read["doctor"])
    return model, model.score(read["text"], read["doctor"])
""",
        # scored on the program's labels
        """
def mended(frame):
    read = frame["doctor"].notna()
    model = theirs(frame)[0].fit(frame["text"][read], frame["doctor"][read])
    return model, model.score(frame["text"][~read], frame["mined"][~read])
""",
        # the doctor where there is one, and the program elsewhere
        """
def mended(frame):
    return theirs(frame.assign(mined=frame["doctor"].fillna(frame["mined"])))
""",
        # clinics are kept apart, with the same labels
        """
def mended(frame):
    folds = GroupKFold(5).split(frame, groups=frame["clinic"])
    model, _ = theirs(frame)
    return model, cross_val_score(model, frame["text"], frame["mined"], cv=list(folds)).mean()
""",
        "mended = lambda frame: theirs(frame)[0]",
        "mended = lambda frame: None",
    ],
    6: [
        # scored on the rows that trained it
        """
def my_evaluate(X_train, y_train, X_test, y_test):
    return model.fit(X_train, y_train).score(X_train, y_train)
""",
        # the share of errors
        """
def my_evaluate(X_train, y_train, X_test, y_test):
    return 1 - model.fit(X_train, y_train).score(X_test, y_test)
""",
        # how sure the model is, and not how often it is right
        """
def my_evaluate(X_train, y_train, X_test, y_test):
    return model.fit(X_train, y_train).predict_proba(X_test).max(axis=1).mean()
""",
        "my_evaluate = lambda *parts: 0.8",
        """
def my_evaluate(X_train, y_train, X_test, y_test):
    model.fit(X_train, y_train).score(X_test, y_test)
""",
    ],
}
RIGHT = {
    1: ["estimate = 0.66", "estimate = np.array(0.67)"],
    2: [
        # the colleague's words are kept
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    counts = pd.DataFrame(TfidfVectorizer().fit_transform(text).toarray())
    people = np.unique(annotator)
    held_out = np.random.default_rng(random_state).permutation(people)[: len(people) // 4]
    test = np.isin(annotator, held_out)
    users = (counts[~test].groupby(np.asarray(annotator)[~test]).max() > 0).sum()
    common = counts.loc[:, users >= 10]
    fitted = LogisticRegression().fit(common[~test], np.asarray(ticks)[~test])
    return fitted.score(common[test], np.asarray(gold)[test])
""",
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    from sklearn.model_selection import GroupShuffleSplit

    text, ticks, gold = pd.Series(np.asarray(text)), np.asarray(ticks), np.asarray(gold)
    shares = []
    cv = GroupShuffleSplit(6, random_state=random_state)
    for train, test in cv.split(text, groups=annotator):
        model.fit(text[train], ticks[train])
        shares.append(model.score(text[test], gold[test]))
    return np.mean(shares)
""",
        """
def repaired(text, ticks, gold, annotator, random_state=0):
    words = TfidfVectorizer().fit_transform(text)
    rows, folds = np.arange(len(ticks)), GroupKFold(10).split(words, groups=annotator)
    correct = np.zeros(len(rows))
    for train, test in folds:
        fitted = LogisticRegression().fit(words[train], np.asarray(ticks)[train])
        correct[test] = fitted.predict(words[test]) == np.asarray(gold)[test]
    return [correct.mean()]
""",
    ],
    3: [
        """
def gap(n_annotators):
    found = []
    for seed in range(2):
        study = make_reviews(n_annotators=n_annotators, random_state=seed)
        score = study.run(world.pitfall)
        found.append(score.claimed - score.deployed)
    return sum(found) / 2
""",
        """
def gap(n_annotators, n_samples=2_000):
    total = 0
    for seed in (0, 1):
        study = make_reviews(n_samples, n_annotators=n_annotators, random_state=seed)
        total += study.settle(world.pitfall(study.development)).gap
    return np.array([total / 2])
""",
    ],
    4: [
        """
def agreement_with_a_stranger(study, second):
    text, share, people = study.X["text"], 0, study.meta["annotator"]
    for train, test in GroupKFold(10).split(text, groups=people):
        model.fit(text.iloc[train], study.y[train])
        share += (model.predict(text.iloc[test]) == second[test]).sum()
    return share / len(second)
""",
        """
def agreement_with_a_stranger(study, second):
    from sklearn.naive_bayes import MultinomialNB

    other = make_pipeline(TfidfVectorizer(), MultinomialNB())
    predictions = cross_val_predict(
        other, study.X["text"], study.y, cv=GroupKFold(5), groups=study.meta["annotator"]
    )
    return float(np.mean(predictions == second))
""",
    ],
    5: [
        # a half of what the doctor read is held out
        """
def mended(frame):
    read = frame.dropna()
    parts = train_test_split(read["text"], read["doctor"], random_state=0)
    model = theirs(frame)[0].fit(parts[0], parts[2])
    return model, model.score(parts[1], parts[3])
""",
        # new clinics, and another model
        """
from sklearn.naive_bayes import BernoulliNB

def mended(frame):
    read = frame[frame["doctor"] >= 0]
    model = make_pipeline(TfidfVectorizer(ngram_range=(1, 3)), BernoulliNB())
    folds = [*GroupKFold(4).split(read, groups=read["clinic"])]
    said = cross_val_predict(model, read["text"], read["doctor"], cv=folds)
    return model.fit(read["text"], read["doctor"]), (said == read["doctor"]).mean()
""",
    ],
    6: [
        """
def my_evaluate(X_train, y_train, X_test, y_test):
    from sklearn.metrics import roc_auc_score

    fitted = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(X_train, y_train)
    return roc_auc_score(y_test, fitted.decision_function(X_test))
""",
        # the reader's own data, of another kind
        """
from sklearn.datasets import load_diabetes
from sklearn.linear_model import Ridge

X, y = load_diabetes(return_X_y=True, as_frame=True)
who = X.pop("sex").round(2)
who = who.astype(str) + (X["age"] * 100).round().astype(str)

def my_evaluate(X_train, y_train, X_test, y_test):
    return -np.mean(np.abs(Ridge().fit(X_train, y_train).predict(X_test) - y_test))
""",
    ],
}
