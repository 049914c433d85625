"""The ledger of looks: what it counts, what it notices, and what it says of the best."""

import json
import multiprocessing
import os
import signal
import time
import warnings

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import sparse, stats
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import f1_score, make_scorer

from pitfalls.audit import BudgetSpentWarning, Ledger, read_ledger, read_looks
from pitfalls.audit._optimism import Tries, luck, noise_alone
from pitfalls.cli.main import main


def coins(n=100, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)), rng.integers(0, 2, n), rng


# What counts as a look


def test_the_same_answers_asked_twice_are_one_look(tmp_path):
    X, y, rng = coins()
    ledger = Ledger(X, y, tmp_path / "looks.jsonl")
    said = rng.integers(0, 2, 100)
    for note in ("first", "a new seed that changed nothing"):
        assert ledger.score(said, note=note) == (said == y).mean()
    report = ledger.report()
    assert (report.n_looks, report.n_distinct) == (2, 1)
    assert report.table["again"].tolist() == [False, True]
    assert report.optimism == 0


def test_another_order_split_or_set_of_features_is_no_new_hold_out(tmp_path):
    X, y, rng = coins(200)
    file = tmp_path / "looks.jsonl"
    for _ in range(5):
        Ledger(X, y, file).score(rng.integers(0, 2, 200))
    order = rng.permutation(200)
    frame = pd.DataFrame(X, columns=list("abc"))
    for rows, outcomes in (
        (X[order], y[order]),
        (frame, pd.Series(y)),
        (np.exp(X), y),
        (sparse.csr_array(np.exp(X)), y),
    ):
        assert Ledger(rows, outcomes, file).report().n_looks == 5
    halves = order[:100], order[100:]
    for rows in halves:
        Ledger(X[rows], y[rows], file).score(rng.integers(0, 2, 100))
    report = Ledger(X, y, file).report()
    assert report.n_looks == 7 and report.holdouts == 3
    assert "no new hold-out" in str(report)
    others = Ledger(rng.normal(size=(100, 3)), rng.integers(0, 2, 100), file)
    others.score(rng.integers(0, 2, 100))
    assert others.report().n_looks == 1


def test_answers_in_another_order_of_rows_are_known_again(tmp_path):
    X, y, rng = coins()
    said, order = rng.integers(0, 2, 100), rng.permutation(100)
    Ledger(X, y, tmp_path / "a").score(said)
    ledger = Ledger(X[order], y[order], tmp_path / "a")
    ledger.score(said[order])
    assert ledger.report().n_distinct == 1


MODELS = [
    ("accuracy", True),
    ("roc_auc", True),
    ("neg_log_loss", True),
    (make_scorer(f1_score), True),
    (f1_score, True),
    ("neg_brier_score", True),
]


@pytest.mark.parametrize(("metric", "fits"), MODELS, ids=lambda one: str(one)[:24])
def test_any_metric_of_classes(metric, fits, tmp_path):
    X, y, rng = coins(150)
    X[:, 0] += y
    ledger = Ledger(X, y, tmp_path / "a", metric=metric)
    for columns in ([0], [1], [0, 1], [0, 1, 2]):
        model = LogisticRegression().fit(X[:50, columns], y[:50])
        ledger.score(lambda rows, model=model, columns=columns: model.predict(rows[:, columns]))
    model = LogisticRegression().fit(X[:50], y[:50])
    scores = {ledger.score(model), ledger.score(model)}
    assert len(scores) == 1
    report = ledger.report()
    assert report.n_looks == 6
    assert report.low < report.corrected <= report.high
    assert 0 < report.sd < 0.5


def test_a_loss_and_a_regression(tmp_path):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 4))
    y = X[:, 0] + rng.normal(size=120)

    def mean_error(true, said):
        return float(np.mean(np.abs(true - said)))

    ledger = Ledger(X, y, tmp_path / "a", metric=mean_error, greater_is_better=False)
    named = Ledger(X, y, tmp_path / "b", metric="neg_mean_absolute_error")
    for width in (1, 2, 3, 4):
        model = LinearRegression().fit(X[:60, :width], y[:60])
        said = model.predict(X[:, :width])
        assert ledger.score(said) == pytest.approx(-named.score(said))
    losses, scores = ledger.report(), named.report()
    assert losses.score == min(look.told for look in losses.looks)
    assert losses.corrected >= losses.score
    assert losses.sd == pytest.approx(scores.sd, rel=0.4)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"metric": "acuracy"}, "is it 'accuracy'"),
        ({"metric": 3}, "must be a function"),
        ({"answer": "rough"}, "must be 'exact' or 'coarse'"),
        ({"budget": 0}, "at least 1"),
        ({"y": [1, 0]}, "2 × 1 values for the 100 rows"),
    ],
)
def test_what_does_not_fit_is_refused(given, says, tmp_path):
    X, y, _ = coins()
    with pytest.raises((ValueError, TypeError), match=says):
        Ledger(X, given.pop("y", y), tmp_path / "a", **given)


def test_answers_that_do_not_fit_are_refused_and_are_no_look(tmp_path):
    X, y, _ = coins()
    ledger = Ledger(X, y, tmp_path / "a", metric="roc_auc")
    for said in (y[:50], np.array(["yes"] * 100), np.full(100, np.nan)):
        with pytest.raises(ValueError, match=r"50 answers for 100 rows|takes none|not a number"):
            ledger.score(said)
    with pytest.raises(ValueError, match="no look"):
        ledger.report()


def test_the_same_rows_are_asked_in_one_way(tmp_path):
    X, y, rng = coins()
    Ledger(X, y, tmp_path / "a", budget=3).score(rng.integers(0, 2, 100))
    for given in ({"metric": "roc_auc"}, {"answer": "coarse"}, {"budget": 10}):
        with pytest.raises(ValueError, match="rows"):
            Ledger(X, y, tmp_path / "a", **given)


def test_a_budget_ends_in_a_sentence(tmp_path):
    X, y, rng = coins()
    ledger = Ledger(X, y, tmp_path / "a", budget=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2):
            ledger.score(rng.integers(0, 2, 100))
    order = rng.permutation(100)
    for again in (ledger, Ledger(X[order], y[order], tmp_path / "a")):
        with pytest.warns(BudgetSpentWarning, match="Another seed or split"):
            again.score(rng.integers(0, 2, 100))
    assert "2 are beyond that" in str(ledger.report())


# The file


def ask(file, seed, n):
    X, y, _ = coins()
    ledger = Ledger(X, y, file)
    rng = np.random.default_rng(1000 + seed)
    for look in range(n):
        ledger.score(rng.integers(0, 2, 100), note=f"{seed} {look}")


def test_sixteen_processes_at_once_lose_no_look(tmp_path):
    file = tmp_path / "looks.jsonl"
    context = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    workers = [context.Process(target=ask, args=(file, seed, 5)) for seed in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    X, y, _ = coins()
    report = Ledger(X, y, file).report()
    assert report.n_looks == 80 and not report.faults and not report.broken
    assert {look.note for look in report.looks} == {
        f"{s} {k}" for s in range(16) for k in range(5)
    }
    best = report.table["best"]
    assert best.is_monotonic_increasing and best.iloc[-1] == report.score


@pytest.mark.skipif(not hasattr(os, "fork"), reason="kill -9 is of Unix")
def test_a_process_that_is_killed_leaves_a_file_that_goes_on(tmp_path):
    file = tmp_path / "looks.jsonl"
    worker = multiprocessing.get_context("fork").Process(target=ask, args=(file, 0, 10**6))
    worker.start()
    while not file.exists() or file.read_bytes().count(b"\n") < 5:
        time.sleep(0.01)
    os.kill(worker.pid, signal.SIGKILL)
    worker.join()
    before = file.read_bytes().count(b"\n")
    ask(file, 1, 3)
    X, y, _ = coins()
    report = Ledger(X, y, file).report()
    assert report.n_looks == before - 1 + 3 and not report.faults


def test_a_line_that_broke_off_is_counted_and_passed_over(tmp_path):
    file = tmp_path / "looks.jsonl"
    ask(file, 0, 3)
    with file.open("ab") as end:
        end.write(b'{"kind":"look","asked":"12')
    ask(file, 1, 2)
    X, y, _ = coins()
    report = Ledger(X, y, file).report()
    assert not report.faults
    assert (report.broken, report.n_looks, report.n_distinct) == (1, 6, 6)
    assert "1 line broke off" in str(report)


def edited(lines):
    line = json.loads(lines[2])
    line["score"] = 0.99
    return [*lines[:2], json.dumps(line) + "\n", *lines[3:]]


EDITS = {
    "a score": edited,
    "a line less": lambda lines: lines[:2] + lines[3:],
    "the last lines": lambda lines: lines[:-2],
    "part of the last line": lambda lines: [*lines[:-1], lines[-1][:-9]],
    "another order": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "all": lambda lines: [],
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
def test_a_file_that_was_edited_is_noticed(edit, tmp_path):
    file = tmp_path / "looks.jsonl"
    ask(file, 0, 6)
    lines = file.read_text("utf-8").splitlines(keepends=True)
    file.write_text("".join(edit(lines)), "utf-8", newline="\n")
    ask(file, 1, 1)
    X, y, _ = coins()
    report = Ledger(X, y, file).report()
    assert report.faults and "looks.jsonl" in report.faults[0]
    assert report.result().verdict == "not checked"


def test_a_seal_that_is_gone_is_noticed(tmp_path):
    file = tmp_path / "looks.jsonl"
    ask(file, 0, 3)
    file.with_name("looks.jsonl.seal").unlink()
    X, y, _ = coins()
    assert "is gone" in Ledger(X, y, file).report().faults[0]


# What it says


def test_coarse_answers_move_only_beyond_the_noise_and_keep_scores_secret(tmp_path):
    X, y, rng = coins()
    file = tmp_path / "looks.jsonl"
    ledger = Ledger(X, y, file, answer="coarse")
    told = [ledger.score(rng.integers(0, 2, 100)) for _ in range(200)]
    assert len(set(told)) <= 6 and max(told) <= 0.68
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert not any({"score", "sd"} & line.keys() for line in lines)
    model = y.copy()
    model[:5] = 1 - model[:5]
    assert ledger.score(model) == 0.95  # what is truly better is told
    assert ledger.report().result().verdict == "clean"


def losses(kind, K, n, rng):
    """Right answers of a series of looks, as a program tries, and what each is worth."""
    if kind == "alike":
        at, own = rng.normal(size=n), rng.normal(size=(K, n))
        right = 0.8**0.5 * at + 0.2**0.5 * own < stats.norm.ppf(0.7)
        return right.astype(float), np.full(K, 0.7)
    if kind == "a climb":
        best = rng.random(n) < 0.5
        right = [best]
        for _ in range(K - 1):
            changed = np.where(rng.random(n) < 0.15, rng.random(n) < 0.5, best)
            right.append(changed)
            best = changed if changed.mean() > best.mean() else best
        return np.array(right, float), np.full(K, 0.5)
    truth = np.clip(0.7 + (0.03 if kind == "of several worth" else 0) * rng.normal(size=K), 0, 1)
    return (rng.random((K, n)) < truth[:, None]).astype(float), truth


def tries_of(right):
    n = right.shape[1]
    blank = np.zeros(len(right))
    score = right.mean(axis=1)
    parents = Tries(score, blank, blank, blank, n).parents
    return Tries(
        score,
        right.std(axis=1) / n**0.5,
        (right - right[parents]).std(axis=1) / n**0.5,
        (right - right[0]).std(axis=1) / n**0.5,
        n,
    )


@pytest.mark.parametrize("kind", ["fresh", "alike", "a climb", "of several worth"])
@pytest.mark.parametrize(("K", "n"), [(60, 300), (200, 150)])
def test_the_optimism_that_it_states_is_that_of_a_simulation(kind, K, n, seed_base):
    made, stated, held = [], [], 0
    for seed in range(60):
        rng = np.random.default_rng([seed_base, seed])
        right, truth = losses(kind, K, n, rng)
        tries = tries_of(right)
        found = luck(tries)
        made.append(tries.score[tries.best] - truth[tries.best])
        stated.append(found.optimism)
        held += found.low <= truth[tries.best] <= found.high
    off = np.std(made) / 60**0.5 / np.mean(made)  # the simulation's own
    assert np.mean(stated) / np.mean(made) == pytest.approx(1, abs=0.2 + 2 * off)
    assert held >= 48


def test_parents_are_the_best_before():
    score = np.array([0.5, 0.4, 0.6, 0.6, 0.7, 0.1])
    blank = np.zeros(6)
    assert Tries(score, blank, blank, blank, 10).parents.tolist() == [0, 0, 0, 2, 2, 4]


def test_noise_alone_is_the_best_of_normal_numbers():
    rng = np.random.default_rng(0)
    for n in (1, 2, 30, 1_000):
        expected = rng.normal(size=(4_000, n)).max(axis=1).mean()
        assert noise_alone(n, 1, 0, 1) == pytest.approx(expected, abs=0.05)
    assert noise_alone(100, 1, 0.75, 1) == pytest.approx(0.5 * noise_alone(100, 1, 0, 1))


def test_one_look_is_clean_and_many_coins_are_suspect(tmp_path):
    X, y, rng = coins(400)
    ledger = Ledger(X, y, tmp_path / "a")
    ledger.score(rng.integers(0, 2, 400))
    assert ledger.report().result().verdict == "clean"
    for _ in range(300):
        ledger.score(rng.integers(0, 2, 400))
    report = ledger.report()
    assert report.result().verdict == "suspect"
    assert report.corrected == pytest.approx(0.5, abs=0.03)
    assert report.low <= 0.5 <= report.high < report.score
    assert report.noise_alone == pytest.approx(report.optimism, rel=0.25)


def test_a_thousand_looks_at_very_many_rows_are_harmless():
    rng = np.random.default_rng(0)
    truth = 0.7 + 0.03 * rng.normal(size=1_000)
    score = rng.binomial(100_000, truth) / 100_000
    sd = np.sqrt(score * (1 - score) / 100_000)
    found = luck(Tries(score, sd, sd * 2**0.5, sd * 2**0.5, 100_000))
    assert abs(found.optimism) < 0.0005


def test_the_curve_has_both_lines(tmp_path):
    X, y, rng = coins()
    ledger = Ledger(X, y, tmp_path / "a")
    for _ in range(20):
        ledger.score(rng.integers(0, 2, 100))
    axes = ledger.report().plot(Figure().subplots())
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert "best so far" in labels and "what the best is worth, 95 %" in labels


# Logs of others


def night(tmp_path, scores, name="night.csv"):
    file = tmp_path / name
    table = pd.DataFrame({"change": [f"try {k}" for k in range(len(scores))], "val_acc": scores})
    if name.endswith("jsonl"):
        table.to_json(file, orient="records", lines=True)
    else:
        table.to_csv(file, index=False, sep="\t" if name.endswith("tsv") else ",")
    return file


@pytest.mark.parametrize("name", ["night.csv", "night.tsv", "night.jsonl"])
def test_the_log_of_an_agent_is_judged_afterwards(name, tmp_path):
    rng = np.random.default_rng(0)
    file = night(tmp_path, rng.binomial(200, 0.7, 137) / 200, name)
    report = read_looks(file, score="val_acc", note="change", n_rows=200)
    assert report.n_looks == 137
    assert report.low <= 0.7 <= report.high < report.score
    assert report.corrected < report.score - 0.05
    assert report.noise_alone > 0.6 * (report.score - 0.7)
    assert report.best.note.startswith("try ")


def test_a_real_gain_in_a_log_is_not_called_noise(tmp_path):
    rng = np.random.default_rng(0)
    truth = np.r_[np.full(20, 0.6), np.full(20, 0.8)]
    report = read_looks(
        night(tmp_path, rng.binomial(1_000, truth) / 1_000), score="val_acc", n_rows=1_000
    )
    assert report.corrected > 0.78
    assert report.progress > 3 * report.noise_alone


def test_lines_without_a_score_count_as_looks(tmp_path):
    file = night(tmp_path, [0.5, 0.6, None, 0.55])
    report = read_looks(file, score="val_acc", n_rows=100)
    assert (report.n_looks, report.broken) == (4, 1)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"score": "val_ac", "n_rows": 10}, "is it 'val_acc'"),
        ({"score": "val_acc"}, "pass n_rows="),
        ({"score": "val_acc", "sd": -1}, "positive"),
        ({"score": "change", "n_rows": 10}, "has no number"),
    ],
)
def test_a_log_that_cannot_be_read_says_why(given, says, tmp_path):
    with pytest.raises(ValueError, match=says):
        read_looks(night(tmp_path, [0.5, 0.6]), **given)


def test_losses_of_a_program_need_the_noise_of_its_runs(tmp_path):
    file = night(tmp_path, [3.2, 3.1, 3.05, 3.2, 3.0])
    with pytest.raises(ValueError, match="pass sd="):
        read_looks(file, score="val_acc", n_rows=100)
    report = read_looks(file, score="val_acc", sd=0.1, greater_is_better=False)
    assert report.score == 3.0 and report.corrected > 3.0


# The command


def test_the_command_shows_a_ledger(tmp_path, capsys):
    X, y, rng = coins(400)
    file = tmp_path / "looks.jsonl"
    ledger = Ledger(X, y, file)
    ledger.score(rng.integers(0, 2, 400))
    assert main(["ledger", "show", str(file)]) == 0
    for _ in range(100):
        ledger.score(rng.integers(0, 2, 400))
    picture = tmp_path / "curve.png"
    assert main(["ledger", "show", str(file), "--plot", str(picture)]) == 1
    assert picture.stat().st_size > 5_000
    assert "101 looks at 400 rows" in capsys.readouterr().out
    (report,) = read_ledger(file)
    assert str(report) == str(ledger.report())
    file.write_text(file.read_text("utf-8").replace("0.4", "0.6", 3), "utf-8")
    assert main(["ledger", "show", str(file)]) == 2


def test_the_command_judges_the_log_of_a_program(tmp_path, capsys):
    file = night(tmp_path, np.random.default_rng(0).binomial(200, 0.7, 100) / 200)
    asked = ["ledger", "show", str(file), "--score", "val_acc", "--rows", "200"]
    assert main(asked) == 1
    assert "100 looks at 200 rows" in capsys.readouterr().out
    for wrong, says in ((asked[:5], "n_rows="), ([*asked[:2], "none.csv"], "no such file")):
        assert main(wrong) == 2
        assert says in capsys.readouterr().err
