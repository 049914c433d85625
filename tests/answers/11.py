"""Chapter 11: what learners may answer."""

WRONG = {
    1: [
        "estimate = 0.79",  # what it gets
        "estimate = 0.99",  # what the study of clear cases claims
        "estimate = 0.79 + 0.29 / 0.87 * 0.2 / 2",  # half of the way by share
        "estimate = None",
        "estimate = 88",
    ],
    2: [
        # trained on all clean rows, and scored on all rows
        """
def repaired(comments, random_state=0):
    clean = comments.meta["agreement"].to_numpy() >= 8
    model = LogisticRegression().fit(comments.X[clean], comments.y[clean])
    return model, model.score(comments.X, comments.y)
""",
        # fitted and scored on the same rows
        """
def repaired(comments, random_state=0):
    model = LogisticRegression().fit(comments.X, comments.y)
    return model, model.score(comments.X, comments.y)
""",
        # the unclear half only
        """
def repaired(comments, random_state=0):
    unclear = comments.meta["agreement"].to_numpy() < 8
    model = LogisticRegression().fit(comments.X[~unclear], comments.y[~unclear])
    return model, model.score(comments.X[unclear], comments.y[unclear])
""",
        # a constant, and any model
        """
def repaired(comments, random_state=0):
    return colleague(comments, random_state)[0], 0.7
""",
        """
def repaired(comments, random_state=0):
    return colleague(comments, random_state)[0], 0.5
""",
        # the score alone
        """
def repaired(comments, random_state=0):
    half = len(comments) // 2
    model = LogisticRegression().fit(comments.X[:half], comments.y[:half])
    return model.score(comments.X[half:], comments.y[half:])
""",
        "repaired = colleague",
        "repaired = lambda comments, random_state=0: (LogisticRegression(), 0.7)",  # not fitted
        "repaired = lambda comments, random_state=0: [0.7]",
        "repaired = lambda comments, random_state=0: None",
    ],
    3: [
        # deployed minus claimed
        """
def gap(effect):
    studies = [make_referrals(effect=effect, random_state=k) for k in range(5)]
    return -np.mean([study.run(study_who_was_recruited).gap for study in studies])
""",
        # claimed minus fresh
        """
def gap(effect):
    studies = [make_referrals(effect=effect, random_state=k) for k in range(5)]
    return np.mean([study.run(study_who_was_recruited).optimism for study in studies])
""",
        # the study without a choice of patients
        """
def gap(effect):
    studies = [make_referrals(effect=effect, strength=0, random_state=k) for k in range(5)]
    return np.mean([study.run(study_who_was_recruited).gap for study in studies])
""",
        "gap = lambda effect: 0.2",
        "gap = lambda effect: None",
    ],
    4: [
        # those about whom it is least sure
        """
def when_sure(model, X, y, share):
    sure = model.predict_proba(X).max(axis=1)
    answered = sure <= np.quantile(sure, share)
    return model.score(X[answered], y[answered])
""",
        # those for whom it was right
        """
def when_sure(model, X, y, share):
    of_the_label = model.predict_proba(X)[np.arange(len(y)), y]
    answered = of_the_label >= np.quantile(of_the_label, 1 - share)
    return model.score(X[answered], y[answered])
""",
        # any of them
        """
def when_sure(model, X, y, share):
    n = int(share * len(y))
    return model.score(X[:n], y[:n])
""",
        # the right ones among all, also those who get no answer
        """
def when_sure(model, X, y, share):
    sure = model.predict_proba(X).max(axis=1)
    answered = sure >= np.quantile(sure, 1 - share)
    return (answered & (model.predict(X) == y)).mean()
""",
        "when_sure = lambda model, X, y, share: model.score(X, y)",
        "when_sure = lambda model, X, y, share: None",
    ],
    5: [
        "mended = theirs",
        # the step that stands out most is dropped
        "mended = lambda register, seen: {'a record after day 30': seen}",
        # nobody is left out, children neither
        "mended = lambda register, seen: {'all': register['age'] >= 0}",
        # those who live near are surely seen again
        """
def mended(register, seen):
    return {"adults": register["age"] >= 18, "near": register["km"] < 10}
""",
        # the others
        """
def mended(register, seen):
    return {"adults": register["age"] >= 18, "no record after day 30": ~seen}
""",
        "mended = lambda register, seen: {'adults': lambda frame: frame['age'] >= 18}",
        "mended = lambda register, seen: register['age'] >= 18",
        "mended = lambda register, seen: {'adults': None}",
        "mended = lambda register, seen: {}",
        "mended = lambda register, seen: None",
    ],
    6: [
        "frame, steps = None, {}",
        "frame, steps = pd.DataFrame({'age': np.arange(50)}), {}",
        # only those who were kept are in the frame
        """
everyone = pd.DataFrame({"age": np.arange(500)})
keep = (everyone["age"] > 100).to_numpy()
frame, steps = everyone[keep], {"old enough": keep}
""",
        # nobody left
        "frame, steps = pd.DataFrame({'age': np.arange(50)}), {'all': np.ones(50, dtype=bool)}",
        # the rows that were kept, and no mask
        "frame, steps = pd.DataFrame({'age': np.arange(50)}), {'kept': np.arange(30)}",
    ],
}
RIGHT = {
    1: ["estimate = 0.87", "estimate = np.float64(0.885)"],
    2: [
        # nothing is cleaned
        """
def repaired(comments, random_state=0):
    from sklearn.model_selection import train_test_split

    parts = train_test_split(comments.X, comments.y, test_size=0.5, random_state=random_state)
    model = LogisticRegression().fit(parts[0], parts[2])
    return model, model.score(parts[1], parts[3])
""",
        # the training part is cleaned, two thirds of the rows
        """
def repaired(comments, random_state=0):
    train = np.random.default_rng(random_state).random(len(comments.y)) < 0.67
    clean = train & (comments.meta["agreement"] >= 8).to_numpy()
    model = LogisticRegression().fit(comments.X[clean], comments.y[clean])
    return model, np.mean(model.predict(comments.X[~train]) == comments.y[~train])
""",
    ],
    3: [
        """
def gap(effect):
    scores = [make_referrals(effect=effect, random_state=k).run(study_who_was_recruited)
              for k in range(5)]
    return sum(score.claimed - score.deployed for score in scores) / 5
""",
        """
def gap(effect, n_samples=1_000):
    found = []
    for seed in range(5):
        study = make_referrals(n_samples, effect=effect, random_state=seed)
        half = n_samples // 2
        model = LogisticRegression().fit(study.X[:half], study.y[:half])
        claimed = model.score(study.X[half:], study.y[half:])
        found.append(claimed - model.score(study.deployment.X, study.deployment.y))
    return np.array([np.mean(found)])
""",
    ],
    4: [
        """
def when_sure(model, X, y, share):
    far = np.abs(model.decision_function(X))
    first = np.argsort(-far)[: round(share * len(y))]
    return (model.predict(X[first]) == y[first]).mean()
""",
        """
def when_sure(model, X, y, share):
    table = pd.DataFrame({"sure": model.predict_proba(X).max(axis=1)})
    table["right"] = model.predict(X) == y
    return table.nlargest(int(np.ceil(share * len(table))), "sure")["right"].mean()
""",
    ],
    5: [
        """
def mended(register, seen):
    steps = theirs(register, seen)
    del steps["a record after day 30"]
    return steps
""",
        """
def mended(register, seen):
    return {"18 and over": ~(register["age"] < 18).to_numpy(), "all of them": seen | True}
""",
    ],
    6: [
        """
rng = np.random.default_rng(0)
frame = pd.DataFrame({"age": rng.normal(60, 10, 400), "sex": rng.choice(["f", "m"], 400)})
steps = {"of age": lambda f: f["age"] < 70, "by lot": rng.random(400) < 0.5}
""",
        """
study = make_referrals(random_state=1)
frame = study.info["register"]
steps = {name: list(keep) for name, keep in study.info["steps"].items()}
""",
    ],
}
