"""Studies that leave somebody out: unclear patients, closed funds, disputed comments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr, ndtri

from ..._arguments import check_count, check_number, check_size, check_study
from ...study import Sample, Services, Study
from ._noise import correlated

__all__ = ["make_fund_archive", "make_rated_comments", "make_referrals"]

LEAVES_OUT = ("unclear", "anybody")


def make_referrals(
    n_samples: int = 1_000,
    *,
    n_markers: int = 5,
    effect: float = 0.6,
    prevalence: float = 0.5,
    correlation: float = 0.0,
    early: float = 0.0,
    threshold: float = 1.5,
    slips: float = 0.0,
    lost: float = 0.0,
    leaves_out: str = "unclear",
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of patients referred to a clinic that recruits the clear cases.

    The severity of a disease is normal with a standard deviation of 1 among all who are referred;
    who lies above 0 is ill. Each marker in the blood is `effect` times the severity plus standard
    normal noise. The study takes patients who consent, whose sample is usable, and whose diagnosis
    is clear: further than ``threshold * strength`` from 0. The first two do not depend on the
    disease.

    Parameters
    ----------
    n_samples : int, default=1000
        Patients in the study; at least 4.
    n_markers : int, default=5
        Markers in the blood.
    effect : float, default=0.6
        What a marker gains with one standard deviation of severity.
    prevalence : float in [0.01, 0.99], default=0.5
        Share of the ill among all who are referred.
    correlation : float in [0, 1), default=0.0
        Correlation of the noise in any two markers.
    early : float in [0, 1], default=0.0
        How far mild disease has signs of its own. At 1 half of the markers, the early ones, rise
        and fall only within 1.5 of the border and are at rest beyond it; the others are at rest
        within 1 of it. At 0 all follow the severity.
    threshold : float in [0, 3], default=1.5
        How far from 0 the severity of a clear case is at full strength.
    slips : float in [0, 1], default=0.0
        Probability that an unclear case is recruited all the same.
    lost : float in [0, 1), default=0.0
        Share of the unclear cases among consecutive patients whose diagnosis is never verified, so
        that `Study.collect` has not got them.
    leaves_out : {"unclear", "anybody"}, default="unclear"
        Whom the study leaves out: the unclear cases, or as many patients whoever they are.
    n_fresh : int, default=10_000
        Fresh patients as the study recruits them, and as many of all who are referred.
    strength : float in [0, 1], default=1.0
        The dial: 0 leaves out nobody for being unclear.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, n_markers); ``y`` is 1 for the ill; ``meta`` has the column
        ``severity``, as it is established in the end. `Study.collect` finds consecutive patients,
        whoever they are, but for those who are lost. ``info`` has ``register`` (a frame of all who
        were referred until the study was full, with ``age``, ``sex``, ``symptoms`` and
        ``referred``), ``steps`` (for each step of recruitment a mask of those whom it keeps),
        ``cut`` (how far from 0 a case is clear) and ``clear_share`` (the share of clear cases
        among all who are referred). ``truth`` has ``bayes``, the best accuracy that any model can
        reach among them; NaN where there are early signs.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    ``symptoms``, a score that is taken at the door, has a correlation of .8 with the severity.
    The study leaves out the middle, so that the mean of the score is the same among those who go
    and those who stay. The design follows class L3.3 of Kapoor and Narayanan (2023), whose example
    is a study that left out borderline cases of autism.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_markers = check_count("n_markers", n_markers)
    effect = check_number("effect", effect, low=0)
    middle = float(ndtri(check_number("prevalence", prevalence, low=0.01, high=0.99)))
    correlation = check_number("correlation", correlation, low=0, high=0.99)
    early = check_number("early", early, low=0, high=1)
    cut = check_number("threshold", threshold, low=0, high=3) * strength
    slips = check_number("slips", slips, low=0, high=1)
    lost = check_number("lost", lost, low=0, high=0.99)
    if leaves_out not in LEAVES_OUT:
        raise ValueError(f"leaves_out={leaves_out!r} must be one of {', '.join(LEAVES_OUT)}")
    check_size("n_samples and n_markers", max(n_samples, n_fresh), n_markers)
    clear_share = float(ndtr(middle - cut) + ndtr(-middle - cut))
    recruited = clear_share + slips * (1 - clear_share)

    def sample(severity: np.ndarray, rng: np.random.Generator) -> Sample:
        noise = correlated(rng.normal(size=(len(severity), n_markers)), correlation, rng)
        X = effect * _signs(severity, n_markers, early) + noise
        return Sample(X, (severity > 0).astype(int), pd.DataFrame({"severity": severity}))

    def referrals(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        severity = rng.normal(middle, size=n)
        luck = rng.random(n)
        clear = luck < recruited
        if leaves_out == "unclear":
            clear = (np.abs(severity) > cut) | (luck < slips)
        consent, usable = rng.random(n) < 0.85, rng.random(n) < 0.93
        return {
            "severity": severity,
            "age": np.clip(np.rint(rng.normal(71, 8, n)), 45, 98).astype(int),
            "sex": rng.choice(["female", "male"], n, p=[0.55, 0.45]),
            "symptoms": np.rint(15 + 4 * (0.8 * severity + 0.6 * rng.normal(size=n))).astype(int),
            "referred": rng.choice(["doctor", "emergency", "family"], n, p=[0.6, 0.15, 0.25]),
            "gave consent": consent,
            "sample usable": usable,
            "diagnosis clear": clear,
            "kept": consent & usable & clear,
        }

    def everybody(n: int, rng: np.random.Generator) -> Sample:
        return sample(rng.normal(middle, size=n), rng)

    def followed_up(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        severity = rng.normal(middle, size=n)
        return {"severity": severity, "kept": (np.abs(severity) > cut) | (rng.random(n) >= lost)}

    def consecutive(n: int, rng: np.random.Generator) -> Sample:
        if lost == 0:
            return everybody(n, rng)
        patients, places = _until_full(n, followed_up, rng)
        return sample(patients["severity"][places], rng)

    def as_recruited(n: int, rng: np.random.Generator) -> Sample:
        if leaves_out == "anybody":
            return everybody(n, rng)
        if middle:
            patients, places = _until_full(n, referrals, rng)
            return sample(patients["severity"][places], rng)
        # Tail areas of |severity|: below clear_share for a clear case, above for the others.
        clear = rng.random(n) * recruited < clear_share
        tail = 1 - rng.random(n)
        tail = np.where(clear, clear_share * tail, clear_share + (1 - clear_share) * tail)
        return sample(-ndtri(tail / 2) * rng.choice([-1, 1], n), rng)

    register, places = _until_full(n_samples, referrals, rng)
    seen = {key: values[: places[-1] + 1] for key, values in register.items()}
    development = sample(register["severity"][places], rng)
    fresh, deployment = as_recruited(n_fresh, rng), everybody(n_fresh, rng)
    signal = effect * np.sqrt(n_markers / (1 + (n_markers - 1) * correlation))
    return Study.of(
        development,
        fresh,
        deployment,
        info={
            "register": pd.DataFrame({k: seen[k] for k in ("age", "sex", "symptoms", "referred")}),
            "steps": {k: seen[k] for k in ("gave consent", "sample usable", "diagnosis clear")},
            "cut": cut,
            "clear_share": clear_share,
        },
        truth={"bayes": np.nan if early else _best_accuracy(float(signal), middle)},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=consecutive),
    )


def _signs(severity: np.ndarray, n_markers: int, early: float) -> np.ndarray:
    """Return what each marker shows of each severity: as it is, or as the disease goes on."""
    if early == 0:
        return severity[:, None]
    size = np.abs(severity)[:, None]
    mild = 1.5 * severity[:, None] * np.maximum(0, 1 - (size / 1.5) ** 2)
    grave = np.sign(severity)[:, None] * np.maximum(0, size - 1)
    own = np.where(np.arange(n_markers) < n_markers // 2, mild, grave)
    return (1 - early) * severity[:, None] + early * own


def _best_accuracy(signal: float, middle: float) -> float:
    """Return the accuracy of the best guess of a sign, from itself times `signal` and noise."""
    if middle == 0:
        return 0.5 + float(np.arctan(signal)) / np.pi
    # The statistic is normal; given it, the severity is normal too.
    at, step = np.linspace(-9, 9, 4_001, retstep=True)
    spread = float(np.hypot(1, signal))
    ill = ndtr(spread * middle + signal * at)
    density = np.exp(-(at**2) / 2) / np.sqrt(2 * np.pi)
    return float((np.maximum(ill, 1 - ill) * density).sum() * step)


def make_fund_archive(
    n_samples: int = 1_000,
    *,
    n_months: int = 60,
    floor: float = 0.85,
    calm: float = 0.02,
    bold: float = 0.06,
    in_common: float = 0.0,
    n_fresh: int = 5_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make an archive of funds without skill, in which those that were closed are missing.

    The monthly log returns of a fund have mean 0 and a volatility between `calm` and `bold`.
    The archive has three years of track record and what an investor got in the `n_months` after.
    A fund whose value falls below ``floor * strength`` of its value at purchase is closed: the
    investor gets what is left and keeps it in cash, and the fund is struck off the archive.

    Parameters
    ----------
    n_samples : int, default=1000
        Funds that are still listed; at least 4.
    n_months : int, default=60
        Months after the purchase.
    floor : float in [0, 1], default=0.85
        Share of its value at purchase below which a fund is closed, at full strength.
    calm, bold : float in (0, 0.5], default=0.02, 0.06
        Volatility of the calmest fund and of the boldest, as a share of the value a month.
    in_common : float in [0, 1], default=0.0
        Share of a fund's variance that is the market's. The funds of the study and of the register
        live through one period, those of deployment through another.
    n_fresh : int, default=5_000
        Funds that another archive lists, and as many of all that could be bought.
    strength : float in [0, 1], default=1.0
        The dial: 0 closes no fund.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 36), monthly log returns before the purchase (%); ``y`` the
        investor's mean log return after it (% a year), 0 on average over all funds; ``meta`` has
        the columns ``listed`` and ``months`` (how many it went on). `Study.collect` has the
        complete register, with the closed funds. ``truth`` has ``closed``, the share of all funds
        that were.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    The design follows Brown, Goetzmann, Ibbotson and Ross (1992), who showed how survival makes
    past volatility predict returns. The mean over all funds is 0 whatever the floor: who leaves a
    fair game early leaves a fair game.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_months = check_count("n_months", n_months, most=600)
    lowest = check_number("floor", floor, low=0, high=1) * strength
    calm = check_number("calm", calm, low=1e-6, high=0.5)
    bold = check_number("bold", bold, low=calm, high=0.5)
    in_common = check_number("in_common", in_common, low=0, high=1)
    check_size("n_samples and n_months", max(n_samples, n_fresh), max(n_months, 36))
    with np.errstate(divide="ignore"):
        lowest = float(np.log(lowest))

    def returns(market: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        own = rng.normal(size=(n, len(market)))
        return np.sqrt(1 - in_common) * own + np.sqrt(in_common) * market if in_common else own

    def funds(
        n: int, rng: np.random.Generator, period: np.ndarray | None = None
    ) -> dict[str, np.ndarray]:
        market = here if period is None else period
        volatility = rng.uniform(calm, bold, (n, 1))
        record = volatility * returns(market[:36], n, rng)
        value = (volatility * returns(market[36:], n, rng)).cumsum(axis=1)
        below = value < lowest
        kept = np.asarray(~below.any(axis=1))
        last = np.where(kept, n_months - 1, below.argmax(axis=1))
        y = 1_200 / n_months * value[np.arange(n), last]
        return {"X": 100 * record, "y": y, "months": last + 1, "kept": kept}

    def sample(drawn: dict[str, np.ndarray], places: np.ndarray) -> Sample:
        X, y, months, kept = (drawn[key][places] for key in ("X", "y", "months", "kept"))
        return Sample(X, y, pd.DataFrame({"listed": kept, "months": months}))

    def everybody(n: int, rng: np.random.Generator) -> Sample:
        return sample(funds(n, rng), np.arange(n))

    here, later = (
        rng.normal(size=(2, 36 + n_months)) if in_common else np.zeros((2, 36 + n_months))
    )
    development = sample(*_until_full(n_samples, funds, rng))
    fresh = sample(*_until_full(n_fresh, funds, rng))
    deployment = sample(funds(n_fresh, rng, later), np.arange(n_fresh))
    return Study.of(
        development,
        fresh,
        deployment,
        truth={"closed": 1 - float(deployment.meta["listed"].mean())},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=everybody),
    )


def make_rated_comments(
    n_samples: int = 2_000,
    *,
    n_raters: int = 9,
    effect: float = 0.4,
    rude: float = 0.5,
    doubt: float = 1.2,
    n_fresh: int = 10_000,
    strength: float = 1.0,
    random_state: Any = None,
) -> Study:
    """Make a study of comments whose raters had to agree.

    Four scores describe a comment. How rude it is read is `effect` times their sum plus standard
    normal noise that no score knows; the label is what the majority of `n_raters` raters says of
    it, in the study and everywhere else. The study has the comments on which enough raters agree,
    from a bare majority at strength 0 to all of them at strength 1.

    Parameters
    ----------
    n_samples : int, default=2000
        Comments in the study; at least 4.
    n_raters : int, default=9
        Raters of each comment; an odd number up to 25.
    effect : float, default=0.4
        What a reading gains with one standard deviation of a score.
    rude : float in [0.01, 0.99], default=0.5
        Share of the comments whose mean reading is rude.
    doubt : float in [0, 10], default=1.2
        Standard deviation of how differently two raters read one comment.
    n_fresh : int, default=10_000
        Fresh comments as the study chooses them, and as many of all.
    strength : float in [0, 1], default=1.0
        The dial: how many raters have to agree.
    random_state : int, Generator or None, default=None
        Seed.

    Returns
    -------
    Study
        ``X`` of shape (n_samples, 4); ``y`` is 1 for rude; ``meta`` has the column
        ``agreement``, the number of raters in the majority. `Study.collect` has the comments
        without a choice. ``info`` has ``wanted``, the agreement that the study asks for.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as described.

    Notes
    -----
    To drop the items on which raters disagree is class L3.3 of Kapoor and Narayanan (2023) when
    the claim is about all items.
    """
    n_samples, n_fresh, strength, rng = check_study(n_samples, n_fresh, strength, random_state)
    n_raters = check_count("n_raters", n_raters, most=25)
    if n_raters % 2 == 0:
        raise ValueError(f"n_raters={n_raters} must be odd, so that there is a majority")
    effect = check_number("effect", effect, low=0)
    rude = check_number("rude", rude, low=0.01, high=0.99)
    shift = float(ndtri(rude)) * float(np.sqrt(1 + 4 * effect**2))
    doubt = check_number("doubt", doubt, low=0, high=10)
    check_size("n_samples", max(n_samples, n_fresh), 4)
    wanted = n_raters // 2 + 1 + round(strength * (n_raters // 2))

    def comments(n: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
        X = rng.normal(size=(n, 4))
        read = effect * X.sum(axis=1) + rng.normal(shift, size=n)
        votes = rng.binomial(n_raters, ndtr(read / max(doubt, 1e-9)))
        agreement = np.maximum(votes, n_raters - votes)
        y = (votes > n_raters // 2).astype(int)
        return {"X": X, "y": y, "agreement": agreement, "kept": agreement >= wanted}

    def sample(drawn: dict[str, np.ndarray], places: np.ndarray) -> Sample:
        X, y, agreement = (drawn[key][places] for key in ("X", "y", "agreement"))
        return Sample(X, y, pd.DataFrame({"agreement": agreement}))

    def everybody(n: int, rng: np.random.Generator) -> Sample:
        return sample(comments(n, rng), np.arange(n))

    development = sample(*_until_full(n_samples, comments, rng))
    return Study.of(
        development,
        sample(*_until_full(n_fresh, comments, rng)),
        everybody(n_fresh, rng),
        info={"wanted": wanted},
        strength=strength,
        random_state=random_state,
        services=Services.spawned(rng, collect=everybody),
    )


def _until_full(
    n: int,
    draw: Callable[[int, np.random.Generator], dict[str, np.ndarray]],
    rng: np.random.Generator,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Draw candidates until `n` of them are kept; return all of them and the places of these."""
    batches: list[dict[str, np.ndarray]] = []
    while sum(batch["kept"].sum() for batch in batches) < n:
        batches.append(draw(2 * n + 20, rng))
    drawn = {key: np.concatenate([batch[key] for batch in batches]) for key in batches[0]}
    return drawn, np.flatnonzero(drawn["kept"])[:n]
