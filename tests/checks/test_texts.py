"""Copies of texts on both sides of a split."""

import re

import numpy as np
import pandas as pd
import pytest

from pitfalls.checks import shared_texts

KINDS = ["exact", "pieces", "near"]


def texts(n, seed, longest=120):
    """Texts of a language in which few words are frequent, as in all languages."""
    rng = np.random.default_rng(seed)
    often = 1 / np.arange(1, 5_001) ** 1.05
    words = np.array([f"word{number}" for number in range(5_000)])
    lengths = rng.integers(40, longest, n)
    return [" ".join(rng.choice(words, k, p=often / often.sum())) + "." for k in lengths]


@pytest.fixture(scope="module")
def sides():
    both = texts(400, 0)
    return both[:300], both[300:]


def test_other_texts_are_clean(sides):
    found = shared_texts(*sides)
    assert [one.of for one in found] == KINDS
    assert found.verdict == "clean"


WAYS = {
    "wrapped": lambda text: re.sub(r"((?:\S+ ){5})", r"\1\n   ", text),
    "capitals": str.upper,
    "no signs": lambda text: re.sub(r"[^\w\s]", "", text),
    "more signs": lambda text: text.replace(" ", ", "),
    "wide letters": lambda text: text.replace("w", "\uff57"),
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_texts_in_another_form_are_the_same(sides, way):
    train, test = sides
    found = shared_texts(train, [way(text) for text in train[:3]] + test)["exact"]
    assert found.verdict == "suspect" and found.where == (0, 1, 2)


def test_pieces_are_found_over_other_lines_and_named(sides):
    train, test = sides
    piece = train[7].upper().split()[3:23]
    test = [*test[:5], test[5] + "\n" + "\n".join(piece), *test[6:]]
    test[6] += " " + " ".join(train[8].split()[:20])
    found = shared_texts(train, test)
    assert found["exact"].verdict == "clean"
    assert found["pieces"].verdict == "suspect" and found["pieces"].where == (5, 6)


@pytest.mark.parametrize("share", [0.1, 0.2, 0.3])
def test_reworded_texts_are_found(sides, share):
    train, test = sides
    rng = np.random.default_rng(0)
    pool = " ".join(train).split()

    def reworded(text):
        return " ".join(w if rng.random() > share else rng.choice(pool) for w in text.split())

    found = shared_texts(train, [reworded(text) for text in train[:10]] + test)["near"]
    assert found.verdict == "suspect"
    assert len(set(found.where) & set(range(10))) >= 7


def test_boilerplate_does_not_accuse(sides):
    header = (
        "From the desk of the editor in chief of the daily news, and of all its sister papers: "
    )
    footer = (
        " This message was sent to you since you asked for it; to stop it write to us, please."
    )
    framed = [[header + text + footer for text in side] for side in sides]
    assert shared_texts(*framed).verdict == "clean"
    framed[1][4] = header + sides[0][0] + footer
    assert shared_texts(*framed)["exact"].where == (4,)


def test_short_texts_are_left_out(sides):
    train, test = sides
    found = shared_texts(["thanks a lot", *train], ["Thanks a lot!", *test])
    assert found.verdict == "clean"
    assert "1 test text of fewer than 8 words left out" in found.notes[0]
    assert shared_texts(["yes", "no"] * 50, ["no", "yes"]).verdict == "not checked"


def test_few_texts_are_no_clean_bill():
    found = shared_texts(texts(5, 0), texts(5, 1))
    assert found["exact"].verdict == "clean"
    assert found["near"].verdict == "not checked" and "40 are needed" in found["near"].says


def test_signs_without_blanks_are_words():
    train = ["我们今天去公园玩了很久很开心", "昨天下雨所以我们在家看了一天书"]
    assert shared_texts(train, ["我们今天去公园玩了很久 很开心"])["exact"].verdict == "suspect"
    assert shared_texts(train, ["他们今天去公园玩了很久很伤心"])["exact"].verdict == "clean"


@pytest.mark.parametrize(
    "kind",
    [list, np.array, pd.Series, lambda some: pd.DataFrame({"text": some}),
     lambda some: pd.Series(some, dtype="string"), lambda some: pd.Series(some, dtype="category")],
)  # fmt: skip
def test_kinds_do_not_matter(sides, kind):
    train, test = sides
    assert shared_texts(kind(train), kind([*test, train[0]]))["exact"].where == (100,)
    named = pd.Series([*test, train[0]], index=[f"doc{row}" for row in range(101)])
    assert shared_texts(kind(train), named)["exact"].where == ("doc100",)


def test_missing_texts_are_counted(sides):
    train, test = sides
    found = shared_texts([*train, None], [*test, np.nan])
    assert found.verdict == "clean"
    assert found.notes[:2] == ("1 train text missing, left out.", "1 test text missing, left out.")
    assert shared_texts([], test).verdict == "not checked"
    assert shared_texts([None], test).verdict == "not checked"
    assert shared_texts(train, []).verdict == "not checked"


def test_errors_say_what_would_be_right():
    with pytest.raises(TypeError, match="train has 1 at 0; it must be texts"):
        shared_texts([1, 2], ["a"])
    with pytest.raises(TypeError, match="test='abc' must be"):
        shared_texts(["abc"], "abc")
    with pytest.raises(ValueError, match=r"2 columns; hand over one column .* train\['a'\]"):
        shared_texts(pd.DataFrame({"a": ["x"], "b": ["y"]}), ["z"])


# -- texts that are put together ----------------------------------------------------------------

WORDS = np.array([f"stock{number}" for number in range(400)])


def log_lines(n, rng):
    """One form with eight fields."""
    return [
        f"connection from 10.0.{rng.integers(4)}.{rng.integers(40)} port {rng.integers(1, 6)}000 "
        f"closed by user u{rng.integers(30)} after {rng.integers(60)} seconds with "
        f"{rng.integers(50)} packets sent on interface eth{rng.integers(4)} and "
        f"status {rng.choice(['ok', 'lost', 'reset'])}"
        for _ in range(n)
    ]


def reports(n, rng):
    """A sentence for each organ that is named, mostly a usual one."""
    organs = "lungs heart liver spleen pancreas kidneys bladder bones pleura aorta thyroid".split()
    findings = [
        "are clear without consolidation or effusion", "shows no acute abnormality",
        "is normal in size and contour", "has a stable appearance since the previous examination",
        "shows mild enlargement since the prior study", "is unremarkable",
    ]  # fmt: skip
    usual = np.array([0.3, 0.25, 0.2, 0.1, 0.1, 0.05])
    return [
        f"CT of a patient of {rng.integers(20, 90)} years. "
        + " ".join(
            f"The {organ} {rng.choice(findings, p=usual)}."
            for organ in organs
            if rng.random() < 0.7
        )
        for _ in range(n)
    ]


def sentences(n, rng):
    """Sentences that are drawn from a stock of forty."""
    stock = [" ".join(rng.choice(WORDS, rng.integers(5, 12))) for _ in range(40)]
    return [". ".join(rng.choice(stock, rng.integers(4, 12))) for _ in range(n)]


def offers(n, rng):
    """Three forms of sentences, of which a text has two to four."""
    forms = [
        "this {} {} {} comes in sizes {} to 48", "our {1} {2} with a {0} look fits sizes from {3}",
        "a {} {} {} for every day is easy to wash and delivered within {} days",
    ]  # fmt: skip
    kinds = "soft light warm elegant modern classic sporty simple slim".split()
    colours, things = "red blue green black white grey".split(), "shirt dress coat hat bag".split()
    return [
        ". ".join(
            rng.choice(forms).format(
                rng.choice(kinds), rng.choice(colours), rng.choice(things), rng.integers(30, 45)
            )
            for _ in range(rng.integers(2, 5))
        )
        for _ in range(n)
    ]


MADE = [log_lines, reports, sentences, offers]


@pytest.mark.parametrize("make", MADE)
@pytest.mark.parametrize(("n", "seeds"), [(100, 6), (400, 3), (1_500, 1)])
def test_texts_that_are_put_together_are_not_accused(make, n, seeds):
    """Common phrases put the same words in a row into several texts."""
    for seed in range(seeds):
        made = list(dict.fromkeys(make(n, np.random.default_rng(seed))))
        cut = len(made) * 2 // 3
        assert shared_texts(made[:cut], made[cut:])["pieces"].verdict != "suspect"


@pytest.mark.parametrize("make", MADE)
def test_what_was_copied_into_texts_that_are_put_together_is_found(make, sides):
    made = make(300, np.random.default_rng(0))
    noted = [f"{text}. Remark: {free}" for text, free in zip(made, sides[0], strict=True)]
    train, test = noted[:200], noted[200:]
    for place in range(5):
        test[place] = made[200 + place] + " " + " ".join(sides[0][place].split()[5:25])
    found = shared_texts(train, test)["pieces"]
    assert found.verdict == "suspect" and set(range(5)) <= set(found.where)
    assert len(found.where) <= 6


@pytest.mark.parametrize("versions", [2, 4, 8])
def test_versions_of_texts_that_are_split_at_random_are_found(versions):
    """Their words are common among the versions, and nowhere else."""
    rng = np.random.default_rng(versions)
    first = [text.split() for text in texts(400 // versions, versions)]
    pool = np.concatenate(first)
    made = [
        " ".join(np.where(rng.random(len(text)) < 0.08, rng.choice(pool, len(text)), text))
        for text in first
        for _ in range(versions)
    ]
    rng.shuffle(made)
    found = shared_texts(made[:270], made[270:])["pieces"]
    assert found.verdict == "suspect" and found.value > 0.3


def test_a_report_that_was_issued_again_is_found_by_the_length_of_the_run():
    """Thirteen words of it are in other reports as well, and not all of its sentences."""
    made = reports(400, np.random.default_rng(1))
    long = [place for place in range(260) if len(made[place].split()) > 60][:10]
    again = [made[place].replace("years.", "years, amended.") for place in long]
    found = shared_texts(made[:260], [*again, *made[260:]])["pieces"]
    assert found.verdict == "suspect"
    assert len(set(found.where) & set(range(10))) >= 5
    assert len(found.where) <= 12


def test_dozens_of_versions_are_never_called_clean():
    rng = np.random.default_rng(0)
    first = [text.split() for text in texts(20, 3)]
    words = [word for text in first for word in text]
    made = [
        " ".join(np.where(rng.random(len(text)) < 0.1, rng.choice(words, len(text)), text))
        for text in first
        for _ in range(30)
    ]
    made = [made[place] for place in rng.permutation(len(made))]
    found = shared_texts(made[:400], made[400:])["pieces"]
    assert found.verdict != "clean"
