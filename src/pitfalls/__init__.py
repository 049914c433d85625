"""Simulated studies that show what a model really scores when it is deployed.

The parts, each imported by its own name; a part imports only what stands above it here.

``pitfalls.study``
    `Study`, the `Development` data that an analyst is handed, the `Claim` that is made of them and
    the `Score` that becomes of it.
``pitfalls.metrics``
    Scores and means with their intervals.
``pitfalls.worlds``
    What is measured, as data: a world with its protocols, an experiment, a published dose.
``pitfalls.datasets``
    Generators of simulated studies (``make_*``) and small real data sets (``load_*``).
``pitfalls.checks``
    Checks that a reader can take into a project of their own.
``pitfalls.audit``
    All of them asked of a whole pipeline, within a budget, in one report.
``pitfalls.vision``
    A small network for pictures, attacks on it, and maps of what it looks at.
``pitfalls.figures``
    The pictures that the chapters share.
``pitfalls.evidence``
    Replication over seeds and strengths, and the verdict on each clause of the contract.
``pitfalls.reforms``
    Reports on a study after the REFORMS checklist.
``pitfalls.course``
    The chapters, read from ``chapters/*/chapter.toml`` and the notebooks' protocol cells.
``pitfalls.notebook``
    What a learner calls in a cell: quiz, predictions, dials, feedback, unnamed studies.
``pitfalls.classroom``
    For teachers: seeds that belong to one person, and what a class predicted.
"""

__version__ = "0.2.0.dev0"
