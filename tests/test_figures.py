import itertools

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex, to_rgb

from pitfalls import figures
from pitfalls.study import Score
from pitfalls.worlds import Dose


@pytest.fixture(autouse=True)
def clean_figures():
    with matplotlib.rc_context():
        figures.house_style()
        yield
    plt.close("all")


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    rows = [
        {"arm": arm, "strength": s, "seed": seed, "claimed": 0.6 + gap * s + 0.02 * rng.normal(),
         "deployed": 0.6 - shift * s + 0.02 * rng.normal()}
        for arm, gap, shift in (("pitfall", 0.3, 0.1), ("fixed_well", 0, 0))
        for s in (0, 0.5, 1)
        for seed in range(50)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def inside(figure):
    """Whether all that is drawn lies on the page."""
    figure.canvas.draw()
    drawn, page = figure.get_tightbbox(), figure.bbox_inches.padded(0.02)
    return (
        page.x0 <= drawn.x0 and drawn.x1 <= page.x1 and page.y0 <= drawn.y0 and drawn.y1 <= page.y1
    )


def markers(ax, hue):
    return [
        line
        for line in ax.lines
        if to_hex(line.get_color()).upper() == hue and line.get_marker() in ("o", "s")
    ]


def test_the_card_shows_three_numbers_an_arm_and_nothing_is_clipped():
    score = Score(claimed=0.97, interval=(0.9, 1.0), fresh=0.6, deployed=0.5)
    ax = figures.card({"pitfall": score, "fix": score}, metric="accuracy", chance=0.5)
    for hue in (figures.PITFALL, figures.FIX):
        shown = markers(ax, hue)
        assert [line.get_fillstyle() for line in shown] == ["none", "left", "full"]
        assert [float(np.ravel(line.get_xdata())[0]) for line in shown] == [0.97, 0.6, 0.5]
    assert {"0.97", "0.60", "0.50", "chance"} <= {t.get_text() for t in ax.texts}
    assert ax.get_xlabel() == "accuracy"
    assert inside(ax.figure)


def test_the_dial_draws_means_in_the_arms_colour(frame):
    ax = figures.dial(
        frame, metric="accuracy", chance=0.5, label="dose", ticks=["no", "half", "full"]
    )
    for arm, hue in (("pitfall", figures.PITFALL), ("fixed_well", figures.FIX)):
        means = frame[frame["arm"] == arm].groupby("strength")["claimed"].mean()
        open_ones = [line for line in markers(ax, hue) if line.get_fillstyle() == "none"]
        np.testing.assert_allclose(np.asarray(open_ones[0].get_ydata(), dtype=float), means)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["no", "half", "full"]
    texts = {t.get_text() for t in ax.texts}
    assert {"pitfall claimed", "pitfall deployed", "fix claimed", "chance"} <= texts
    assert inside(ax.figure)


@pytest.mark.parametrize(
    "places", [(0.02,), (0.02, 0.08), (0.98, 1), (0.3, 0.5, 0.52), (0, 0.45, 0.55, 1)]
)
def test_marks_stand_on_the_dial_and_their_names_are_apart(frame, places):
    marks = [
        Dose(f"A study with a name, 20{i}", "https://a.b", at, "") for i, at in enumerate(places)
    ]
    options = {"metric": "accuracy", "chance": 0.5, "label": "dose"}
    plain, ax = (figures.dial(frame, marks=given, **options) for given in ((), marks))
    assert len(ax.texts) == len(plain.texts) + 2 * len(marks)
    assert inside(ax.figure)
    names = [text for text in ax.texts if text.get_text()]
    shown = [text for text in names if hasattr(text, "xy")]
    assert {text.get_text(): text.xy[0] for text in shown} == {m.study: m.at for m in marks}
    boxes = [text.get_window_extent() for text in names]
    assert not [pair for pair in itertools.combinations(boxes, 2) if pair[0].overlaps(pair[1])]
    top = ax.get_window_extent().y1
    assert all(text.get_window_extent().y0 > top for text in shown)
    for name, other in itertools.permutations(shown, 2):  # no arrow runs through a name
        box, x = other.get_window_extent(), ax.transData.transform((name.xy[0], 0))[0]
        above = name.get_window_extent().y0 > box.y0
        if name.get_ha() == other.get_ha() and above:
            assert not box.x0 < x < box.x1


def test_the_dial_draws_one_deployed_line_where_both_ship_one_model(frame):
    shared = frame[frame["arm"] == "pitfall"].set_index(["strength", "seed"])["deployed"]
    key = pd.MultiIndex.from_frame(frame[["strength", "seed"]])
    frame["deployed"] = shared.reindex(key).to_numpy()
    ax = figures.dial(frame, metric="accuracy", chance=0.5, label="dose")
    texts = [t.get_text() for t in ax.texts]
    assert "both deployed" in texts and "pitfall deployed" not in texts


def test_the_dial_shows_seeds_as_dots(frame):
    ax = figures.dial(frame, metric="accuracy", chance=0.5, label="dose", most_dots=7)
    dots = [line for line in ax.lines if line.get_marker() == "."]
    assert [len(line.get_xdata()) for line in dots] == [7 * 3] * 4


def test_the_dial_shades_a_position_and_draws_further_studies_as_diamonds(frame):
    own = frame[(frame["strength"] == 0.5) & (frame["seed"] < 2)]
    plain = figures.dial(frame, metric="accuracy", chance=0.5, label="dose")
    ax = figures.dial(frame, metric="accuracy", chance=0.5, label="dose", here=0.5, own=own)
    [band] = [patch for patch in ax.patches if patch not in plain.patches]
    assert band.get_x() < 0.5 < band.get_x() + band.get_width() < 1
    drawn = [line for line in ax.lines if line.get_marker() == "D"]
    shown = {(line.get_markeredgecolor(), tuple(line.get_ydata())) for line in drawn}
    hues = {"pitfall": figures.PITFALL, "fixed_well": figures.FIX}
    assert shown == {
        (hue, tuple(own.loc[own["arm"] == arm, number]))
        for arm, hue in hues.items()
        for number in ("claimed", "deployed")
    }
    assert not [line for line in plain.lines if line.get_marker() == "D"]


def test_the_labels_at_the_ends_do_not_overlap(frame):
    frame["claimed"] = 0.6 + frame["seed"] * 1e-4
    frame["deployed"] = 0.6 - frame["seed"] * 1e-4
    ax = figures.dial(frame, metric="accuracy", chance=0.5, label="dose")
    ax.figure.canvas.draw()
    boxes = sorted((t.get_window_extent() for t in ax.texts), key=lambda b: b.y0)
    assert all(low.y1 <= high.y0 + 1 for low, high in zip(boxes, boxes[1:], strict=False))


def summed(title, part, metric, real=False, headline=True, scores=((0.9, 0.5), (0.6, 0.6))):
    """Rows of a summary: a chapter's pitfall and its fix."""
    words = {"title": title, "part": part, "metric": metric, "real": real, "headline": headline}
    return [
        words | {"arm": arm, "chance": 0.5, "claimed": claimed, "deployed": deployed}
        for arm, (claimed, deployed) in zip(("pitfall", "fix"), scores, strict=True)
    ]


def test_the_poster_has_a_line_a_chapter_under_its_part():
    rows = summed("Copies", "Part 1", "accuracy") + summed("Weather", "Part 2", "AUROC")
    rows += summed("Copies", "Part 1", "accuracy", real=True, headline=False)
    rows += summed("Other worlds", "Part 2", "AUROC", headline=True)
    figure = figures.poster(pd.DataFrame(rows))
    (ax,) = figure.axes
    assert [tick.get_text() for tick in ax.get_yticklabels()] == [
        "Copies",
        "Weather",
        "Other worlds",
    ]
    assert {text.get_text() for text in ax.texts} == {"Part 1", "Part 2"}
    assert ax.get_xlabel() == "accuracy or AUROC"
    rings = [mark for mark in markers(ax, figures.PITFALL) if mark.get_marker() == "o"]
    squares = [mark for mark in markers(ax, figures.PITFALL) if mark.get_marker() == "s"]
    assert len(rings) == 6 and len(squares) == 2 and len(markers(ax, figures.FIX)) == 6
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert "pitfall on real data" in named and "chance" in named
    assert inside(figure)


def test_metrics_of_another_kind_have_an_axis_of_their_own():
    rows = summed("Copies", "Part 1", "accuracy")
    rows += summed("Prices", "Part 1", "R²", scores=((0.5, -2.5), (0.1, 0.1)))
    figure = figures.poster(pd.DataFrame(rows))
    assert [ax.get_xlabel() for ax in figure.axes] == ["accuracy", "R²"]
    assert "real data" not in "".join(t.get_text() for t in figure.legends[0].get_texts())


def test_the_two_arms_differ_in_grey():
    grey = [np.dot(to_rgb(hue), [0.299, 0.587, 0.114]) for hue in (figures.PITFALL, figures.FIX)]
    assert abs(grey[0] - grey[1]) > 0.1


def test_arms_have_colours_of_their_own():
    arms = ["pitfall", "one", "two", "three"]
    assert len({figures.colour(arm, arms) for arm in arms}) == 4
    assert figures.colour("pitfall", arms) == figures.PITFALL
    assert figures.colour("one", arms) == figures.FIX
