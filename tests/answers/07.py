"""Chapter 07: what learners may answer."""

WRONG = {
    1: [
        # what was shown for no future day, and for ten
        "estimate = 0.56",
        "estimate = 0.86",
        # in proportion
        "estimate = 0.56 + 0.3 * (0.86 - 0.56)",
        "estimate = 0.5",
        "estimate = None",
    ],
    2: [
        "repaired = colleague",
        # the range is mended, the week is not
        """
def repaired(frame):
    price = frame["price"]
    low, high = price.expanding().min(), price.expanding().max()
    return colleague(frame).assign(**{"place in the range": (price - low) / (high - low)})
""",
        # four times the same
        """
def repaired(frame):
    step = frame["price"] - frame["price"].shift(5)
    return pd.DataFrame({name: step for name in colleague(frame)})
""",
        # two are left out
        "repaired = lambda frame: colleague(frame)[['momentum', 'volatility']]",
        # a centred week
        """
def repaired(frame):
    price = frame["price"]
    low, high = price.cummin(), price.cummax()
    place = {"place in the range": (price - low) / (high - low)}
    return colleague(frame).assign(**place, weekly=price.rolling(5, center=True).mean())
""",
        "repaired = lambda frame: None",
    ],
    3: [
        # the past alone, as in the fix
        """
def smoothed_tonight(X, days_ago):
    offsets = np.arange(-6, 1)
    weights = np.exp(-(offsets**2) / 8)
    return (X[offsets - days_ago] * weights).sum(axis=1) / weights.sum()
""",
        # empty days count as zero
        """
def smoothed_tonight(X, days_ago):
    offsets = np.arange(-6, 7)
    weights = np.exp(-(offsets**2) / 8)
    return (X[offsets - days_ago] * weights).sum(axis=1) / weights.sum()
""",
        # empty days make all empty
        """
def smoothed_tonight(X, days_ago):
    offsets = np.arange(-6, 7)
    weights = np.exp(-(offsets**2) / 8)
    return (X[offsets - days_ago] * weights).sum(axis=1, skipna=False) / weights.sum()
""",
        # not smoothed at all
        "smoothed_tonight = lambda X, days_ago: X[-days_ago]",
        "smoothed_tonight = lambda X, days_ago: pd.Series(0.0, X.index)",
        "smoothed_tonight = lambda X, days_ago: None",
    ],
    4: [
        # the last moments and not moments drawn at random
        """
def gap_score(study, seed):
    model = KNeighborsClassifier(3).fit(study.X[:-100], study.y[:-100])
    return model.score(study.X[-100:], study.y[-100:])
""",
        # the hidden moments are in training as well
        """
def gap_score(study, seed):
    hidden = np.random.default_rng(seed).permutation(len(study))[:100]
    model = KNeighborsClassifier(3).fit(study.X, study.y)
    return model.score(study.X[hidden], study.y[hidden])
""",
        # the share that is filled wrongly
        """
def gap_score(study, seed):
    hidden = np.random.default_rng(seed).permutation(len(study))[:100]
    known = np.setdiff1d(np.arange(len(study)), hidden)
    model = KNeighborsClassifier(3).fit(study.X[known], study.y[known])
    return 1 - model.score(study.X[hidden], study.y[hidden])
""",
        "gap_score = lambda study, seed: 0.85",
        "gap_score = lambda study, seed: None",
    ],
    5: [
        # as it was, and with all that is late
        """
known = {"late": ["casual", "members", "bikes"]}
mended = theirs
""",
        # what the audit knows by itself
        """
known = {"late": "bikes"}

def mended(frame):
    return theirs(frame).assign(**{"three hours": frame["bikes"].shift().rolling(3).mean()})
""",
        # one of the two is mended
        """
known = {"late": ["casual", "members", "bikes"]}

def mended(frame):
    return theirs(frame).assign(**{"three hours": frame["bikes"].shift().rolling(3).mean()})
""",
        # the forecast is called late as well
        """
known = {"late": ["forecast", "casual", "members", "bikes"]}

def mended(frame):
    return theirs(frame).shift()
""",
        # everything that counts is thrown away
        """
known = {"late": ["casual", "members", "bikes"]}

def mended(frame):
    return theirs(frame)[["clock", "forecast"]]
""",
        "known = {}\nmended = theirs",
        "known = mended = None",
        """
known = {"late": ["casual", "members", "bikes"]}
mended = lambda frame: None
""",
    ],
    6: [
        # tomorrow, and tomorrow in a tiny unit
        "my_features = lambda frame: frame.shift(-1)",
        "my_features = lambda frame: 1e-12 * frame.shift(-1)",
        # scaled by the whole series
        "my_features = lambda frame: (frame - frame.mean()) / frame.std()",
        "my_features = lambda frame: 0 * frame",
        # a gap is filled from later rows; and a shift is missing
        "my_features = lambda frame: frame.rolling(9).mean().bfill()",
        """
late = ["price"]

def my_features(frame):
    return frame.rolling(5, min_periods=1).mean()
""",
        "my_features = lambda frame: None",
    ],
}
RIGHT = {
    1: ["estimate = 0.7", "estimate = np.array([0.68])"],
    2: [
        # another order, and a range of the last year
        """
def repaired(frame):
    price = frame["price"]
    low, high = price.rolling(250).min(), price.rolling(250).max()
    return pd.DataFrame({
        "volatility": price.diff().rolling(20).std(),
        "weekly": price.ewm(span=5).mean(),
        "place in the range": (price - low) / (high - low),
        "momentum": price.diff(5),
    })
""",
        """
def repaired(frame):
    price = frame["price"]
    low, high = price.cummin(), price.cummax()
    place = {"place in the range": (price - low) / (high - low)}
    return colleague(frame).assign(**place, weekly=price.rolling(5).mean())
""",
    ],
    3: [
        """
def smoothed_tonight(X, days_ago):
    offsets = np.arange(-6, 7)
    weights = np.exp(-(offsets**2) / 8)
    values = np.ma.masked_invalid(X[offsets - days_ago].to_numpy())
    return pd.Series(np.ma.average(values, axis=1, weights=weights).filled(np.nan), X.index)
""",
        """
def smoothed_tonight(X, days_ago):
    total, weights = 0.0, 0.0
    for offset in range(-6, 7):
        day, weight = X[offset - days_ago], np.exp(-(offset**2) / 8)
        total = total + day.fillna(0) * weight
        weights = weights + day.notna() * weight
    return total / weights
""",
    ],
    4: [
        """
from sklearn.model_selection import train_test_split

def gap_score(study, seed):
    parts = train_test_split(study.X, study.y, test_size=100, random_state=seed)
    return KNeighborsClassifier(3).fit(parts[0], parts[2]).score(parts[1], parts[3])
""",
        """
def gap_score(study, seed):
    hidden = np.zeros(len(study), bool)
    hidden[np.random.default_rng(seed).choice(len(study), 100, replace=False)] = True
    model = KNeighborsClassifier(3).fit(study.X[~hidden], study.y[~hidden])
    return [(model.predict(study.X[hidden]) == study.y[hidden]).mean()]
""",
    ],
    5: [
        # without the column, and with another window
        """
known = {"late": ["bikes", "members", "casual"]}

def mended(frame):
    bikes = frame["bikes"].shift()
    past = {"hour before": bikes, "week": bikes.rolling(168, min_periods=1).mean()}
    return theirs(frame)[["clock", "forecast", "yesterday"]].assign(**past)
""",
        """
known = {"late": ("casual", "members", "bikes")}

def mended(frame):
    before = theirs(frame).shift()
    return before.assign(clock=frame["clock"], forecast=frame["forecast"])
""",
    ],
    6: [
        "my_features = lambda frame: frame.pct_change(5).rename(columns=str.upper)",
        # a series of one's own
        """
own = pd.DataFrame({"load": np.random.default_rng(3).normal(size=400).cumsum()})

def my_features(frame):
    return frame.assign(mean=frame["load"].rolling(24, min_periods=1).mean())
""",
        # one whose value of the hour comes too late
        """
own = pd.DataFrame({"load": np.random.default_rng(3).normal(size=400).cumsum()})
late = ["load"]

def my_features(frame):
    return pd.DataFrame({"before": frame["load"].shift(), "hour": frame.index % 24})
""",
    ],
}
