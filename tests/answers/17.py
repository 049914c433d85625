"""Chapter 17: what learners may answer."""

WRONG = {
    1: ["estimate = 0.2", "estimate = 0.5", "estimate = 85", "estimate = None"],
    2: [
        "repaired = colleague",
        # the placebo: a landscape with the same weather
        """
def repaired(model, X, masks, y, cloudy):
    partner = partners(cloudy, False, np.random.default_rng(0))
    return (model.predict(paste(X, masks, partner)) != model.predict(X)).mean()
""",
        # the share of answers that stay
        """
def repaired(model, X, masks, y, cloudy):
    partner = partners(cloudy, True, np.random.default_rng(0))
    return (model.predict(paste(X, masks, partner)) == model.predict(X)).mean()
""",
        # partners of the other label
        """
def repaired(model, X, masks, y, cloudy):
    partner = partners(y == 1, True, np.random.default_rng(0))
    return (model.predict(paste(X, masks, partner)) != model.predict(X)).mean()
""",
        # the share of mistakes
        """
def repaired(model, X, masks, y, cloudy):
    partner = partners(cloudy, True, np.random.default_rng(0))
    return (model.predict(paste(X, masks, partner)) != y).mean()
""",
        "repaired = lambda model, X, masks, y, cloudy: 0.95",
        "repaired = lambda model, X, masks, y, cloudy: None",
    ],
    3: [
        # the landscape is painted over and the vehicle left
        """
def stays(model, X, masks):
    grey = np.where(masks[..., None], X, np.uint8(115))
    return (model.predict(grey) == model.predict(X)).mean()
""",
        # the share of answers that change
        """
def stays(model, X, masks):
    return (model.predict(tools["paint_over"](X, masks)) != model.predict(X)).mean()
""",
        "stays = lambda model, X, masks: 1.0",
        "stays = lambda model, X, masks: None",
    ],
    4: [
        # the shares of all networks
        """
def alarms(table, method):
    alarm, bad = table[f"points_{method}"] < 0.75, table["deployed"] < 0.8
    return (alarm & bad).mean(), (alarm & ~bad).mean()
""",
        # of the alarms, how many are right
        """
def alarms(table, method):
    alarm, bad = table[f"points_{method}"] < 0.75, table["deployed"] < 0.8
    return bad[alarm].mean(), (~bad)[alarm].mean()
""",
        # the rule the other way round
        """
def alarms(table, method):
    alarm, bad = table[f"points_{method}"] > 0.75, table["deployed"] < 0.8
    return alarm[bad].mean(), alarm[~bad].mean()
""",
        "alarms = lambda table, method: 0.5",
        "alarms = lambda table, method: ([0.5], 'half')",
        "alarms = lambda table, method: None",
    ],
    5: [
        # one column of three
        """
def pair(X, line):
    both, rng = [], np.random.default_rng(0)
    for other in (True, False):
        rows = X.copy()
        rows["lamp"] = X["lamp"].to_numpy()[partners(line, other, rng)]
        both.append(rows)
    return both

mended = ["current", "speed", "gap"]
""",
        # shuffled: half of the rows get their own line again
        """
def pair(X, line):
    rows, order = X.copy(), np.random.default_rng(0).permutation(len(X))
    rows[hall] = X[hall].to_numpy()[order]
    return rows, rows.copy()

mended = ["current", "speed", "gap"]
""",
        # the whole weld is exchanged
        """
def pair(X, line):
    rng = np.random.default_rng(0)
    both = [X.iloc[partners(line, other, rng)] for other in (True, False)]
    return [rows.reset_index(drop=True) for rows in both]

mended = ["current", "speed", "gap"]
""",
        # the placebo is no placebo
        """
def pair(X, line):
    altered = X.copy()
    altered[hall] = X[hall].to_numpy()[partners(line, True, np.random.default_rng(0))]
    return altered, X.copy()

mended = ["current", "speed", "gap"]
""",
        # two of the three are dropped, since they repeat the third
        """
def pair(X, line):
    both, rng = [], np.random.default_rng(0)
    for other in (True, False):
        both.append(X.assign(**X[hall].iloc[partners(line, other, rng)].reset_index(drop=True)))
    return both

mended = ["current", "speed", "gap", "lamp"]
""",
        # nothing is dropped, as nothing has an importance
        """
def pair(X, line):
    both, rng = [], np.random.default_rng(0)
    for other in (True, False):
        both.append(X.assign(**X[hall].iloc[partners(line, other, rng)].reset_index(drop=True)))
    return both

mended = list(tested)
""",
        "pair, mended = lambda X, line: None, []",
        # arrays in place of frames
        "pair, mended = lambda X, line: (X.to_numpy(), X.to_numpy()), ['speed']",
    ],
    6: [
        # nothing is exchanged
        "with_frames = lambda X, frames: X",
        # everything is
        "with_frames = lambda X, frames: frames",
        # the upper and the lower side alone
        """
def with_frames(X, frames):
    framed = X.copy()
    framed[:, [0, -1]] = frames[:, [0, -1]]
    return framed
""",
        # the inside of the others in the old frames
        """
def with_frames(X, frames):
    framed = X.copy()
    framed[:, 1:-1, 1:-1] = frames[:, 1:-1, 1:-1]
    return framed
""",
    ],
}

RIGHT = {
    1: ["estimate = 0.88", "estimate = 9 / 10"],
    2: [
        # partners by hand
        """
def repaired(model, X, masks, y, cloudy):
    rng, partner = np.random.default_rng(3), np.empty(len(X), int)
    for weather in (False, True):
        partner[cloudy == weather] = rng.choice(
            np.flatnonzero(cloudy != weather), (cloudy == weather).sum()
        )
    return np.mean(model.predict(paste(X, masks, partner)) != model.predict(X))
""",
        # two draws of partners
        """
def repaired(model, X, masks, y, cloudy):
    said, shares = model.predict(X), []
    for seed in (1, 2):
        pasted = paste(X, masks, partners(cloudy, True, np.random.default_rng(seed)))
        shares.append(1 - (model.predict(pasted) == said).mean())
    return sum(shares) / 2
""",
    ],
    3: [
        # by those that change
        """
def stays(model, X, masks):
    empty = tools["paint_over"](X, masks)
    return 1 - np.mean(model.predict(empty) != model.predict(X))
""",
        # by the sign of the decision
        """
def stays(model, X, masks):
    first, empty = (model.decision_function(Z) for Z in (X, tools["paint_over"](X, masks)))
    return np.mean((first > 0) == (empty > 0))
""",
    ],
    4: [
        # by counting
        """
def alarms(table, method):
    found = blamed = bad = good = 0
    for points, field in zip(table[f"points_{method}"], table["deployed"]):
        if field < 0.8:
            bad, found = bad + 1, found + (points < 0.75)
        else:
            good, blamed = good + 1, blamed + (points < 0.75)
    return found / bad, blamed / good
""",
        # by groups
        """
def alarms(table, method):
    alarm = table[f"points_{method}"].lt(3 / 4)
    share = alarm.groupby(table["deployed"] < 0.8).mean()
    return [share[True], share[False]]
""",
    ],
    5: [
        # by a frame of partners
        """
def pair(X, line):
    rng = np.random.default_rng(3)

    def taken(other):
        return X.assign(**X[hall].iloc[partners(line, other, rng)].reset_index(drop=True))

    return taken(True), taken(False)

mended = [name for name in tested if name not in hall]
""",
        # column by column, from different partners
        """
def pair(X, line):
    altered, placebo, rng = X.copy(), X.copy(), np.random.default_rng(1)
    for name in hall:
        for rows, other in ((altered, True), (placebo, False)):
            rows[name] = X[name].to_numpy()[partners(line, other, rng)]
    return altered, placebo

mended = ("gap", "current", "speed")
""",
    ],
    6: [
        # by a mask
        """
def with_frames(X, frames):
    inside = np.zeros(X.shape[1:], bool)
    inside[1:-1, 1:-1] = True
    return np.where(inside, X, frames)
""",
        # side by side
        """
def with_frames(X, frames):
    framed = np.array(X)
    for side in (0, -1):
        framed[:, side], framed[:, :, side] = frames[:, side], frames[:, :, side]
    return framed
""",
    ],
}
