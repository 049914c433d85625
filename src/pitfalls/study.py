"""What a simulated study holds, what an analyst is handed of it, and what is made of a claim.

A `Study` holds development data and two draws that no analyst has, ``fresh`` and ``deployment``,
which is why the score that a model really gets is known here. A protocol plays the analyst: it is
a function from a `Development` to a `Claim`. It is handed neither draw, and so cannot look;
`Study.settle` asks the claim's own scoring function for both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from numbers import Integral
from typing import Any, Self

import numpy as np
import pandas as pd

from ._arguments import seeds_of
from ._claims import Claim, Score, finite
from ._services import Services

__all__ = ["Claim", "Development", "Sample", "Score", "Services", "Study"]

#: Keeps the seed of an analyst's own draws apart from the seed that the study was made from.
_ANALYST = 0x5EED


def _own(values: Any) -> Any:
    """Return `values` such that writing into them reaches nobody else.

    Arrays as read-only views, since pictures are many; frames and series as copies, since adding
    a column must be possible; mappings and what is in them likewise.
    """
    if isinstance(values, np.ndarray):
        view = values.view()
        view.flags.writeable = False
        return view
    if isinstance(values, (pd.DataFrame, pd.Series)):
        return values.copy(deep=True)
    if isinstance(values, Mapping):
        return {key: _own(value) for key, value in values.items()}
    return values


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn from one population.

    Parameters
    ----------
    X : array of shape (n_samples, ...) or DataFrame
        Raw material; protocols make the features from it.
    y : array of shape (n_samples,)
        Outcomes.
    meta : DataFrame of n_samples rows, default=None
        What the analyst can see of each row besides, such as patient, site or time.

    Raises
    ------
    ValueError
        If `X`, `y` and `meta` do not have the same number of rows.

    Notes
    -----
    Arrays are held as read-only views, frames as copies.

    Examples
    --------
    >>> import numpy as np
    >>> from pitfalls.study import Sample
    >>> Sample(np.zeros((3, 2)), np.array([0, 1, 1]))
    Sample(n=3, X of shape (3, 2))
    """

    X: np.ndarray | pd.DataFrame
    y: np.ndarray
    meta: pd.DataFrame = None  # type: ignore[assignment]  # a frame from __post_init__ on

    def __post_init__(self) -> None:
        meta = pd.DataFrame(index=range(len(self.y))) if self.meta is None else self.meta
        for name, value in {"X": self.X, "y": self.y, "meta": meta}.items():
            if len(value) != len(self.y):
                raise ValueError(f"{name} has {len(value)} rows but y has {len(self.y)}")
            object.__setattr__(self, name, _own(value))

    def copy(self) -> Self:
        """Return a sample of the same rows; writing into its frames leaves these as they are."""
        return type(self)(self.X, self.y, self.meta)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Sample(n={len(self)}, X of shape {np.shape(self.X)})"


@dataclass(frozen=True, eq=False)
class Development:
    """What an analyst is handed: the development data, and what is known besides.

    Made by `Study.development`, anew each time it is asked for, so that what one analyst does to
    the data reaches no other.

    Parameters
    ----------
    X : array of shape (n_samples, ...) or DataFrame
        Raw material; protocols make the features from it.
    y : array of shape (n_samples,)
        Outcomes.
    meta : DataFrame of n_samples rows
        What can be seen of each row besides, such as patient, site or time.
    info : mapping
        What is known of the study besides, such as look-back and horizon.
    seed : int
        For the analyst's own draws: ``RandomForestClassifier(random_state=data.seed)``. It goes
        with the study and does not make it.

    See Also
    --------
    Study.development : Where it comes from.
    """

    X: Any
    y: np.ndarray
    meta: pd.DataFrame
    info: Mapping[str, Any]
    seed: int = 0
    _services: Services = field(default_factory=Services, repr=False)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return f"Development(n={len(self)}, X of shape {np.shape(self.X)})"

    def collect(self, n: int) -> Sample:
        """Return `n` more development rows, drawn without the confounding.

        Parameters
        ----------
        n : int
            Rows to collect. The first call and the next return the same rows: buy once, buy all.

        Returns
        -------
        Sample
            `n` rows; never rows of `fresh` or `deployment`.

        Raises
        ------
        ValueError
            If the study sells no further rows, or `n` is not a positive whole number.
        """
        return self._services.sell_rows(n)

    def annotate(self, name: str, n: int) -> pd.Series:
        """Return a hidden variable for `n` development rows drawn at random.

        Parameters
        ----------
        name : str
            The hidden variable.
        n : int
            Rows to annotate, at most ``len(data)``.

        Returns
        -------
        Series of length n
            Values, indexed by the row's position in the development data; an array each where
            the variable is one, such as a mask.

        Raises
        ------
        ValueError
            If `name` cannot be had here, or `n` is not a count between 1 and ``len(data)``.
        """
        return self._services.sell_annotations(name, n, len(self))

    def relabel(self, rows: np.ndarray) -> np.ndarray:
        """Return gold labels of the development rows at positions `rows`.

        Parameters
        ----------
        rows : array of int of shape (n,)
            Positions in the development data.

        Returns
        -------
        array of shape (n,)
            Gold labels.

        Raises
        ------
        TypeError, ValueError
            If the study has no gold labels to sell, or `rows` are no positions in the data; a mask
            is none, and `numpy.flatnonzero` makes positions of one.
        """
        return self._services.sell_labels(rows, len(self))


@dataclass(frozen=True, eq=False)
class Study:
    """A simulated or real study: what the analyst has, and what only the simulator knows.

    Parameters
    ----------
    X, y, meta
        The development data, as in `Sample`.
    fresh : Sample
        A fresh draw of the population that the development data come from.
    deployment : Sample
        A draw of the population that the claim is about; the same object as `fresh` where the
        populations agree. Rows are as they would be on the day: what is not yet recorded is
        missing.
    info : mapping
        What the analyst knows besides, such as look-back and horizon.
    truth : mapping
        What only the simulator knows, such as the informative columns or the Bayes score.
    strength : float in [0, 1] or None
        The dial. None for real data.
    random_state : int, Generator or None
        As it was given to the generator.
    services : Services, default=None
        What can be bought; nothing by default.
    plan : mapping
        What the analyst has set out to do; see `knowing`.
    """

    X: np.ndarray | pd.DataFrame
    y: np.ndarray
    meta: pd.DataFrame | None
    fresh: Sample
    deployment: Sample
    info: Mapping[str, Any] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)
    strength: float | None = None
    random_state: Any = None
    services: Services | None = field(default=None, repr=False)
    plan: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        sample = Sample(self.X, self.y, self.meta)  # type: ignore[arg-type]  # None is a default
        for name in ("X", "y", "meta"):
            object.__setattr__(self, name, getattr(sample, name))
        for name in ("info", "truth"):
            object.__setattr__(self, name, _own(getattr(self, name)))
        if self.services is None:
            object.__setattr__(self, "services", Services())

    @classmethod
    def of(
        cls, development: Sample, fresh: Sample, deployment: Sample | None = None, **known: Any
    ) -> Self:
        """Return a study of these rows.

        Parameters
        ----------
        development, fresh : Sample
            The rows that the analyst has, and a fresh draw of their population.
        deployment : Sample, default=None
            A draw of the population that the claim is about; `fresh` where the populations agree.
        **known
            The other parameters of `Study`.

        Returns
        -------
        Study
        """
        deployment = fresh if deployment is None else deployment
        return cls(development.X, development.y, development.meta, fresh, deployment, **known)

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        return (
            f"Study(n={len(self)}, X of shape {np.shape(self.X)}, strength={self.strength}, "
            f"random_state={self.random_state!r})"
        )

    @property
    def development(self) -> Development:
        """What an analyst is handed; a new copy each time."""
        return Development(
            _own(self.X), _own(self.y), _own(self.meta), _own({**self.info, **self.plan}),
            _analyst_seed(self.random_state), self.services or Services(),
        )  # fmt: skip

    def knowing(self, **plan: Any) -> Self:
        """Return the same study for an analyst who has set out to do something.

        Parameters
        ----------
        **plan
            Settings of the analysis by name, such as how many copies to make of a row. They join
            the `info` of the development data; the study's own `info` stays as it is.

        Returns
        -------
        Study
        """
        return replace(self, plan={**self.plan, **plan})

    def settle(self, claim: Claim) -> Score:
        """Return what was claimed beside what the model gets.

        Parameters
        ----------
        claim : Claim
            From a protocol that was handed ``study.development``.

        Returns
        -------
        Score
            Where the claim scores by a mapping, its further numbers are among the measures, as
            ``fresh_NAME`` and ``deployed_NAME``.

        Raises
        ------
        TypeError, ValueError
            If `claim` is no claim, or its scoring function returns no finite number.

        Examples
        --------
        >>> from pitfalls.datasets import make_expression
        >>> from pitfalls.study import Claim
        >>> study = make_expression(random_state=0)
        >>> data = study.development
        >>> optimist = Claim(1.0, (0.9, 1.0), lambda sample: max((sample.y == 1).mean(), 0.5))
        >>> study.settle(optimist).deployed
        0.5
        """
        if not isinstance(claim, Claim):
            raise TypeError(f"claim={claim!r} must be a Claim, not {type(claim).__name__}")
        # What is claimed is taken down before anybody sees the rows that it is held against.
        claimed, interval, cost = claim.claimed, claim.interval, claim.cost
        measures = dict(claim.measures)
        fresh = _ask(claim, self.fresh, "fresh")
        same = self.deployment is self.fresh
        deployed = fresh if same else _ask(claim, self.deployment, "deployment")
        for name, part in (("fresh", fresh), ("deployed", deployed)):
            measures |= {f"{name}_{key}": value for key, value in part.items() if key != "score"}
        return Score(claimed, interval, fresh["score"], deployed["score"], cost, measures)

    def run(self, protocol: Callable[[Development], Claim]) -> Score:
        """Hand the development data to a protocol, and settle what it claims.

        Parameters
        ----------
        protocol : callable (Development) -> Claim
            Plays the analyst.

        Returns
        -------
        Score
        """
        return self.settle(protocol(self.development))

    def collect(self, n: int) -> Sample:
        """Buy rows, as in `Development.collect`."""
        return self.development.collect(n)

    def annotate(self, name: str, n: int) -> pd.Series:
        """Buy a hidden variable, as in `Development.annotate`."""
        return self.development.annotate(name, n)

    def relabel(self, rows: np.ndarray) -> np.ndarray:
        """Buy gold labels, as in `Development.relabel`."""
        return self.development.relabel(rows)


def _ask(claim: Claim, sample: Sample, name: str) -> dict[str, float]:
    """Return what a claim's scoring function says of a sample, the score under ``"score"``."""
    found = claim.score(sample.copy())
    numbers = dict(found) if isinstance(found, Mapping) else {"score": found}
    if "score" not in numbers:
        raise ValueError(f"score returned {sorted(numbers)} of {name}, and no 'score' among them")
    return numbers | {"score": finite(f"the score on {name}", numbers["score"])}


def _analyst_seed(random_state: Any) -> int:
    """Return the seed of an analyst's own draws in the study that `random_state` made."""
    if isinstance(random_state, Integral):
        source = np.random.SeedSequence(int(random_state), spawn_key=(_ANALYST,))
    elif isinstance(random_state, np.random.Generator):
        made_from = seeds_of(random_state)
        key = (*made_from.spawn_key, _ANALYST)
        source = np.random.SeedSequence(made_from.entropy, spawn_key=key)
    else:
        return 0
    return int(source.generate_state(1)[0])
