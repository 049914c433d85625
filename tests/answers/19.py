"""Chapter 19: what learners may answer."""

WRONG = {
    1: [
        "estimate = 1",  # one check will do
        "estimate = 1 / 6",
        "estimate = 0.5",
        "estimate = None",
        "estimate = 33",
    ],
    2: [
        "fill = lambda path: None",
        # placeholders in place of answers
        """
def fill(path):
    for item in ("2c", "4a", "8b"):
        reforms.record(item, "to do", report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)
    reforms.record("7b", interval=(0.47, 0.72), n=30, report=path)
""",
        # 8b is said not to apply
        """
def fill(path):
    reforms.record("2c", "Python 3.11, scikit-learn 1.9, one processor.", report=path)
    reforms.record("4a", "Nobody was left out after the recording.", report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)
    reforms.record("7b", interval=(0.47, 0.72), n=30, report=path)
    limits = "This study has no limits, since patients were split."
    reforms.record("8b", limits, status="not_applicable", report=path)
""",
        # n counts recordings
        """
def fill(path):
    reforms.record("2c", "Python 3.11, scikit-learn 1.9, one processor.", report=path)
    reforms.record("4a", "Nobody was left out after the recording.", report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)
    reforms.record("7b", interval=(0.47, 0.72), n=240, report=path)
    reforms.record("8b", "Other phones, rooms and languages were not tried.", report=path)
""",
        # an interval that is made up
        """
def fill(path):
    reforms.record("2c", "Python 3.11, scikit-learn 1.9, one processor.", report=path)
    reforms.record("4a", "Nobody was left out after the recording.", report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)
    reforms.record("7b", interval=(0.58, 0.6), n=30, report=path)
    reforms.record("8b", "Other phones, rooms and languages were not tried.", report=path)
""",
        # the ends of the interval exchanged
        "fill = lambda path: reforms.record('7b', interval=(0.71, 0.48), n=30, report=path)",
        # an item that there is not
        "fill = lambda path: reforms.record('9z', 'An answer.', report=path)",
    ],
    3: [
        # the item that is checked most often, with the check for it
        """
untrue = "6b"
found = shared_rows(*train_test_split(hospital.X, test_size=0.5, random_state=0))
""",
        # the right result, for another item
        """
untrue = "6a"
hours = hospital.info["recorded_at"] - hospital.info["decision"]
found = too_good_alone(hospital.X, hospital.y, hours)
""",
        # every column is said to be late
        """
untrue = "6c"
found = too_good_alone(hospital.X, hospital.y, 1)
""",
        # no times, so that nothing was checked
        """
untrue = "6c"
found = too_good_alone(hospital.X, hospital.y)
""",
        # another study
        """
untrue = "6c"
other = make_expression(effect=2, n_features=20, n_fresh=2, random_state=0)
found = too_good_alone(other.X, other.y, 1)
""",
        "untrue, found = '6c', None",
        "untrue, found = '6c', 'suspect'",
        """
untrue = None
hours = hospital.info["recorded_at"] - hospital.info["decision"]
found = too_good_alone(hospital.X, hospital.y, hours)
""",
    ],
    4: [
        "may_skip = lambda X: True",
        "may_skip = lambda X: False",
        "may_skip = lambda X: None",
        # the sign turned
        """
def may_skip(X):
    train, test = train_test_split(X, test_size=0.3, random_state=0)
    return shared_rows(train, test).verdict == "suspect"
""",
        # the word in place of what follows from it
        """
def may_skip(X):
    return shared_rows(*train_test_split(X, test_size=0.3, random_state=0)).verdict
""",
        # rows are compared with themselves
        """
def may_skip(X):
    return shared_rows(X, X).verdict == "clean"
""",
        # only what is equal to the last digit
        """
def may_skip(X):
    train, test = train_test_split(X, test_size=0.3, random_state=0)
    return not any((train == row).all(axis=1).any() for row in test)
""",
    ],
    5: [
        "cases, audited = lambda score, low, high: None, None",
        # the width in place of its half
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / (high - low)) ** 2

audited = {
    "3e": ("met", 2), "6a": ("not_stated", None), "6b": ("met", 4), "7b": ("partial", 5),
    "8b": ("not_met", 6),
}
""",
        # every item that is spoken of counts as met
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = {code: ("met", place) for code, place in zip(codes, (2, 3, 4, 5, 6))}
""",
        # what is not said is held against the authors
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = {
    "3e": ("met", 2), "6a": ("not_met", 3), "6b": ("met", 4), "7b": ("partial", 5),
    "8b": ("not_met", 6),
}
""",
        # the interval is believed
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = {
    "3e": ("met", 2), "6a": ("not_stated", None), "6b": ("met", 4), "7b": ("met", 5),
    "8b": ("not_met", 6),
}
""",
        # a sentence that says there are no limits is taken for limits
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = {
    "3e": ("met", 2), "6a": ("not_stated", None), "6b": ("met", 4), "7b": ("partial", 5),
    "8b": ("met", 6),
}
""",
        # an accusation without a sentence
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = dict.fromkeys(codes, ("not_met", None))
""",
        # the statuses without their sentences
        """
def cases(score, low, high):
    return score * (1 - score) * (1.96 / ((high - low) / 2)) ** 2

audited = dict.fromkeys(codes, "met")
""",
    ],
    6: [
        "mine = None",
        "mine = {'1a': {'answer': 'New patients of the clinic, recorded once.'}}",
        "mine = dict.fromkeys(('1a', '5c', '7b', '8b'), 'An answer.')",
        # placeholders
        """
mine = {code: {"answer": "TODO"} for code in ("1a", "5c", "8b")}
mine["7b"] = {"answer": "TODO", "interval": (0.47, 0.72), "n": 30}
""",
        # no interval and no n
        """
mine = {
    "1a": {"answer": "New patients of the clinic with a trembling hand."},
    "5c": {"answer": "A quarter of the patients was held out whole."},
    "7b": {"answer": "A t interval over patients."},
    "8b": {"answer": "Other phones and other languages were not tried."},
}
""",
        # the ends of the interval exchanged
        """
mine = {
    "1a": {"answer": "New patients of the clinic with a trembling hand."},
    "5c": {"answer": "A quarter of the patients was held out whole."},
    "7b": {"answer": "A t interval over patients.", "interval": (0.71, 0.48), "n": 30},
    "8b": {"answer": "Other phones and other languages were not tried."},
}
""",
        # a word that `record` does not know
        """
mine = {
    "1a": {"answer": "New patients of the clinic with a trembling hand."},
    "5c": {"answer": "A quarter of the patients was held out whole."},
    "7b": {"answer": "A t interval over patients.", "ci": (0.47, 0.72), "n": 30},
    "8b": {"answer": "Other phones and other languages were not tried."},
}
""",
    ],
}
RIGHT = {
    1: ["estimate = 0.33", "estimate = [2 / 6]"],
    2: [
        """
def fill(path):
    answers = {
        "2c": "Python 3.12 and scikit-learn 1.6 on a laptop.",
        "4a": "All who agreed were recorded; refusals were not written down.",
        "8b": "One clinic, one phone, one language, and patients under treatment.",
    }
    for item, answer in answers.items():
        reforms.record(item, answer, status="met", report=path)
    reforms.record("6c", doi="10.1145/2382577.2382579", report=path)
    reforms.record("7b", interval=[0.47, 0.72], n=30, report=path)
""",
        """
def fill(path):
    record = lambda *given, **more: reforms.record(*given, report=path, **more)
    record("7b", n=30, interval=(0.47, 0.72))
    record("8b", "It may fail on other phones, in other rooms, in other languages.")
    record("6c", doi="10.1126/sciadv.adk3452")
    record("4a", "Nobody was excluded; how many refused is not known.")
    record("2c", "A computer with one processor, and the versions of the lock file.")
""",
    ],
    3: [
        # the times by hand, in days, of a frame of two columns
        """
untrue = "6c"
found = too_good_alone(
    hospital.X[["antibiotic", "crp"]], hospital.y, {"antibiotic": 0.2, "crp": -0.1}
)
""",
        # all said to be in time: it stands so far ahead that it is suspected all the same
        """
untrue = "6c"
found = too_good_alone(hospital.X, hospital.y, 0)
""",
    ],
    4: [
        """
def may_skip(X):
    train, test = train_test_split(X, test_size=0.3, random_state=1)
    return set(shared_rows(train, test).table["verdict"]) == {"clean"}
""",
        """
def may_skip(X):
    rows = np.random.default_rng(0).permutation(len(X))
    n = len(X) * 7 // 10
    return shared_rows(X[rows[:n]], X[rows[n:]]).verdict == "clean"
""",
    ],
    5: [
        # by trying
        """
def cases(score, low, high):
    n = 1
    while 1.96 * np.sqrt(score * (1 - score) / n) > (high - low) / 2:
        n += 1
    return n

audited = dict(zip(codes, [
    ("met", 2), ("not_stated", None), ("met", 4), ("not_met", 5), ("not_met", 6)
]))
""",
        # by the standard error, and with another sentence for the sizes
        """
def cases(score, low, high):
    error = (high - low) / 3.92
    return score * (1 - score) / error**2

audited = {
    "8b": ["not_met", 6], "7b": ["partial", 5], "6b": ["met", 4], "6a": ["not_stated", 3],
    "3e": ["met", 4],
}
""",
    ],
    6: [
        """
mine = {
    "1a": {"answer": "Letters that arrive next month, whoever writes them."},
    "5c": {"answer": "The last quarter of the year was held out."},
    "7b": {"answer": "A bootstrap of days.", "interval": [0.7, 0.8], "n": 91},
    "8b": {"answer": "Another season, and senders whom nobody has seen."},
}
""",
        """
mine = {
    "8b": {"answer": "It may fail in another factory.", "status": "met"},
    "7b": {"answer": "Wilson, over machines.", "interval": (0.91, 0.99), "n": 120},
    "5c": {"answer": "Whole machines were held out, and scored once."},
    "1a": {"answer": "Machines of this type that have not been watched yet."},
    "6b": {"answer": "A machine is on one side only.", "status": "not_met"},
}
""",
    ],
}
