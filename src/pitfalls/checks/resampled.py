"""Whether rows were resampled before the split."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy import spatial, stats

from ._arguments import on_aligned_tables

__all__ = ["resampled_before_split"]


@on_aligned_tables
def resampled_before_split(train: Any, test: Any) -> pd.DataFrame:
    """Ask whether test rows are copies of training rows, or lie on a line between two of them.

    Copies across the split are what random oversampling before it leaves behind. Rows on a
    straight line between two training rows are what SMOTE leaves.

    Parameters
    ----------
    train, test : array or DataFrame
        Features of the rows that a model is fitted on and scored on, with the same columns. A
        label may be one of them.

    Returns
    -------
    DataFrame
        Two rows, over the distinct rows of `test` (400 of them, drawn at random, if there are
        more):

        ``copies``
            ``value`` is the share of test rows that are also in `train`. ``null`` is the share of
            the *other* test rows that come within one column of it (a column of two values counts
            half): where coincidence makes copies, it makes near misses at least as often.
        ``between``
            ``value`` is the share of test rows that lie on a line from their nearest training row
            to another one, in the numeric columns of which nine values in ten are distinct.
            ``null`` is zero but for what is added below: chance puts no three rows on a line.

        One row is added to either null, as if it had been found. ``verdict`` is ``"suspect"``
        where so many rows would be found in less than 1 of 100 tests, ``"clean"`` where not, and
        ``"not checked"`` where copies of a tenth of the test rows would not stand out from the
        null. That is so with fewer than some 40 distinct test rows or 7 training rows, with
        columns so coarse that many rows nearly have a twin, and, for ``between``, with fewer than
        three fine columns of which none is a function of another.

    See Also
    --------
    scores_on_shuffled_labels : Sees every form of the mistake, from the procedure.

    Notes
    -----
    The lines are those of Chawla and colleagues (2002). Copies that were there before anybody
    resampled look the same. Rows moved by noise, encoded categories and filled gaps leave neither.
    """
    train, test = (pd.DataFrame(part).infer_objects().drop_duplicates() for part in (train, test))
    rows, n = pd.concat([train, test.sample(frac=1, random_state=0)[:400]]), len(train)
    weight, table, found = rows.nunique().clip(1, 3) - 1, [], [([0], [1]), ([0], [1])]
    X = rows.loc[:, rows.nunique() > 0.9 * len(rows)].select_dtypes("number").dropna(axis=1)
    if min(n, len(rows) - n) > 6 and weight.any():
        codes = rows.apply(lambda column: pd.factorize(column)[0])
        miss = spatial.distance.cdist(codes[n:], codes[:n], "hamming", w=weight).min(axis=1)
        found[0] = miss == 0, [1, *(miss[miss > 0] * weight.sum() < 2.1)]
        far, free = spatial.distance_matrix(X[n:], X[:n]), X.corr("spearman").abs() < 0.999
        gap = far.T + far.min(1) - spatial.distance_matrix(X[:n], X.iloc[far.argmin(1)])
        found[1] = (
            (gap < 1e-12 * far.min(1)).any(0),
            [1] + [0] * (len(far) * (free.sum().sum() > 4)),
        )
    for seen, chance in found:
        null = sum(chance) / len(chance)
        tenth = -(-len(seen) // 10)
        stands_out, could = stats.binom.sf([sum(seen) - 1, tenth - 1], len(seen), null) < 0.01
        verdict = "suspect" if stands_out else "clean" if could else "not checked"
        table.append([sum(seen) / len(seen), null, verdict])
    return pd.DataFrame(table, ["copies", "between"], ["value", "null", "verdict"])
