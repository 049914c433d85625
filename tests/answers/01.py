"""Chapter 01: what learners may answer."""

WRONG = {
    1: ["estimate = 0.58", "estimate = 0.99", "estimate = None", "estimate = 68"],
    2: [
        # the colleague's own script
        "repaired = colleague",
        # the range of the whole window, kept and cut off later
        """
def repaired(X, y, random_state=0):
    scaled = MinMaxScaler().fit_transform(X.T).T[:, :10]
    split = train_test_split(scaled, y, test_size=0.5, random_state=random_state)
    return LogisticRegression().fit(split[0], split[2]).score(split[1], split[3])
""",
        # one day too many
        """
def repaired(X, y, random_state=0):
    known = X.loc[:, :1]
    features = known.sub(known.mean(axis=1), axis=0).loc[:, :0].fillna(0)
    split = train_test_split(features, y, test_size=0.5, random_state=random_state)
    return LogisticRegression().fit(split[0], split[2]).score(split[1], split[3])
""",
        # fitted and scored on the same rows
        """
def repaired(X, y, random_state=0):
    known = X.loc[:, :0]
    features = known.sub(known.mean(axis=1), axis=0).div(known.std(axis=1), axis=0)
    return LogisticRegression(C=100, max_iter=1000).fit(features, y).score(features, y)
""",
        # the share of wrong calls
        """
def repaired(X, y, random_state=0):
    known = X.loc[:, :0]
    features = known.sub(known.mean(axis=1), axis=0)
    split = train_test_split(features, y, test_size=0.5, random_state=random_state)
    return 1 - LogisticRegression().fit(split[0], split[2]).score(split[1], split[3])
""",
        "repaired = lambda X, y, random_state=0: 0.75",
        "repaired = lambda X, y, random_state=0: None",
    ],
    3: [
        # the other way round
        """
def scores(momentum):
    studies = [make_price_windows(momentum=momentum, random_state=s) for s in range(3)]
    found = [study.run(peek) for study in studies]
    return np.mean([s.deployed for s in found]), np.mean([s.claimed for s in found])
""",
        # another market than the one that is asked for
        """
def scores(momentum):
    found = [make_price_windows(random_state=s).run(peek) for s in range(3)]
    return np.mean([s.claimed for s in found]), np.mean([s.deployed for s in found])
""",
        # the fix in place of her procedure
        """
def scores(momentum):
    fix = course.load("leaky_scaling").world("window").fixes["scale_over_the_past"]
    studies = [make_price_windows(momentum=momentum, random_state=s) for s in range(3)]
    found = [study.run(fix) for study in studies]
    return np.mean([s.claimed for s in found]), np.mean([s.deployed for s in found])
""",
        "scores = lambda momentum: (0.99, 0.5 - 0.02 * momentum)",
        "scores = lambda momentum: 0.99",
        "scores = lambda momentum: None",
    ],
    4: [
        # noise of about the right size
        """
noise = np.random.default_rng(0)

def difference(study):
    return noise.normal(0, 0.002)
""",
        # fitted and scored on the same rows
        """
def difference(study):
    X, y, accuracy = study.X.loc[:, :0], study.y, []
    for seen in (X, X[:900]):
        scaler = MinMaxScaler().fit(seen)
        model = LogisticRegression().fit(scaler.transform(X[:900]), y[:900])
        accuracy.append(model.score(scaler.transform(X[:900]), y[:900]))
    return accuracy[0] - accuracy[1]
""",
        # the same scaler twice
        """
def difference(study):
    X, y, accuracy = study.X.loc[:, :0], study.y, []
    for _ in range(2):
        scaler = MinMaxScaler().fit(X)
        model = LogisticRegression().fit(scaler.transform(X[:900]), y[:900])
        accuracy.append(model.score(scaler.transform(X[910:]), y[910:]))
    return accuracy[0] - accuracy[1]
""",
        # the features reach into the future
        """
def difference(study):
    X, y, accuracy = study.X, study.y, []
    for columns in (X, X.loc[:, :0]):
        scaler = MinMaxScaler().fit(columns[:900])
        model = LogisticRegression().fit(scaler.transform(columns[:900]), y[:900])
        accuracy.append(model.score(scaler.transform(columns[910:]), y[910:]))
    return accuracy[0] - accuracy[1]
""",
        "difference = lambda study: 0.0",
        "difference = lambda study: None",
    ],
    5: [
        # as it was
        """
matters = "level"
mended = theirs
""",
        # mended, and the audit is not told which days train
        """
matters = "trend"

def mended(prices):
    price = prices["price"]
    level = (price - price[:700].mean()) / price[:700].std()
    smooth = price.rolling(9, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})
""",
        # all days are said to be training days, and then nothing is accused
        """
known = known | {"fit_until": prices["day"].iloc[-1]}
matters = "trend"

def mended(prices):
    price = prices["price"]
    level = (price - price[:700].mean()) / price[:700].std()
    smooth = price.rolling(9, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})
""",
        # fitted to some of the test days too, which are then said to be training days
        """
known = known | {"fit_until": prices["day"][899]}
matters = "trend"

def mended(prices):
    price = prices["price"]
    level = (price - price[:900].mean()) / price[:900].std()
    smooth = price.rolling(9, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})
""",
        # the scaler, which reviewers report, is taken for what matters
        """
known = known | {"fit_until": prices["day"][699]}
matters = "level"

def mended(prices):
    price = prices["price"]
    level = (price - price[:700].mean()) / price[:700].std()
    smooth = price.rolling(9, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})
""",
        # the scaler is mended, and the smoothing is not
        """
known = known | {"fit_until": prices["day"][699]}
matters = "trend"

def mended(prices):
    price = prices["price"]
    level = (price - price[:700].mean()) / price[:700].std()
    return theirs(prices).assign(level=level)
""",
        # the smoothing is mended, and the scaler is not
        """
known = known | {"fit_until": prices["day"][699]}
matters = "trend"

def mended(prices):
    smooth = prices["price"].rolling(9, min_periods=1).mean()
    return theirs(prices).assign(trend=100 * smooth.pct_change(3).fillna(0))
""",
        # neither one nor the other
        """
known = known | {"fit_until": prices["day"][699]}
matters = "both"

def mended(prices):
    price = prices["price"]
    level = (price - price[:700].mean()) / price[:700].std()
    smooth = price.rolling(9, min_periods=1).mean()
    return pd.DataFrame({"level": level, "trend": 100 * smooth.pct_change(3).fillna(0)})
""",
        # what looks ahead is blanked
        """
known = known | {"fit_until": prices["day"][699]}
matters = "trend"
mended = lambda prices: theirs(prices) * 0
""",
        """
known, matters = None, None
mended = lambda prices: None
""",
    ],
    6: [
        # scaled over all days
        """
def my_features(X):
    return X.sub(X.mean(axis=1), axis=0).loc[:, :0]
""",
        # the raw rows, the days to come among them
        "my_features = lambda X: X",
        # nothing that could need anything
        "my_features = lambda X: pd.DataFrame({'one': np.ones(len(X))})",
        "my_features = lambda X: None",
    ],
}
RIGHT = {
    1: ["estimate = 0.72", "estimate = np.float64(0.7)"],
    2: [
        """
def repaired(X, y, random_state=0):
    shapes = MinMaxScaler().fit_transform(X.loc[:, :0].T).T
    split = train_test_split(shapes, y, test_size=0.5, random_state=random_state)
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(split[0], split[2]).score(
        split[1], split[3]
    )
""",
        """
def repaired(X, y, random_state=0):
    steps = X.loc[:, :0].diff(axis=1).loc[:, -8:].to_numpy()
    steps = steps / steps.std(axis=1, keepdims=True)
    half = len(y) // 2
    return [LogisticRegression().fit(steps[:half], y[:half]).score(steps[half:], y[half:])]
""",
    ],
    3: [
        """
def scores(momentum):
    found = [make_price_windows(momentum=momentum, random_state=s).run(peek) for s in (7, 8, 9)]
    return [np.mean([getattr(s, name) for s in found]) for name in ("claimed", "deployed")]
""",
        """
def scores(momentum):
    found = [make_price_windows(momentum=momentum, random_state=s).run(peek) for s in range(3)]
    return np.mean([(s.claimed, s.fresh) for s in found], axis=0)
""",
    ],
    4: [
        """
def difference(study):
    X, y = study.X.loc[:, :0].to_numpy(), study.y

    def accuracy(seen):
        low, width = seen.min(axis=0), np.ptp(seen, axis=0)
        scaled = (X - low) / width
        return LogisticRegression().fit(scaled[:900], y[:900]).score(scaled[910:], y[910:])

    return accuracy(X) - accuracy(X[:900])
""",
        """
def difference(study):
    X, y = study.X.loc[:, :0], study.y
    scalers = [MinMaxScaler().fit(X), MinMaxScaler().fit(X.iloc[:900])]
    right = [
        LogisticRegression().fit(s.transform(X)[:900], y[:900]).predict(s.transform(X)[910:])
        == y[910:]
        for s in scalers
    ]
    return np.mean(right[0]) - np.mean(right[1])
""",
    ],
    5: [
        # numbers of the past of each day; then nothing need be said of training days
        """
matters = "trend"

def mended(prices):
    price = prices["price"]
    level = (price - price.expanding().mean()) / price.expanding().std()
    trend = 100 * price.rolling(5, min_periods=1).mean().pct_change(3)
    return pd.DataFrame({"level": level, "trend": trend})
""",
        # the number of training days, and the scaler of scikit-learn
        """
known = {**known, "fit_until": 700}
matters = "trend"

def mended(prices):
    scaler = StandardScaler().fit(prices[["price"]][:700])
    smooth = prices["price"].ewm(span=6).mean()
    return pd.DataFrame(
        {"level": scaler.transform(prices[["price"]])[:, 0], "trend": smooth.pct_change(3) * 100}
    )
""",
    ],
    6: [
        "my_features = lambda X: X.loc[:, :0].to_numpy()",
        # rows of one's own: three columns, of which the last is filled in later
        """
X = pd.DataFrame(np.random.default_rng(1).normal(size=(9, 3)), columns=["age", "crp", "drug"])
later = [False, False, True]

def my_features(X):
    return X[["age"]].assign(high=X["crp"] > 0)
""",
    ],
}
