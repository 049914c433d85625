"""Simulated studies that show what a model really scores when it is deployed.

The parts, each imported by its own name:

``pitfalls.study``
    `Sample`, `Study` and `Score`: what a study holds and what a protocol reports.
``pitfalls.datasets``
    Generators of simulated studies (``make_*``) and small real data sets (``load_*``).
``pitfalls.lessons``
    The chapters, read from ``chapters/*/chapter.toml`` and the notebooks' protocol cells.
``pitfalls.evidence``
    Replication over seeds and strengths, and the verdict on each clause of the contract.
``pitfalls.league``
    What each pitfall costs at the doses of published studies.
``pitfalls.metrics``
    Scores with intervals, for rows that count differently.
``pitfalls.vision``
    A small network for pictures, used like scikit-learn's classifiers.
``pitfalls.attribution``
    Maps of how much each pixel mattered for what the network says.
``pitfalls.checks``
    Checks that a reader can take into a project of their own.
``pitfalls.figures``
    The pictures that the chapters share.
``pitfalls.live``
    A dial to turn inside a notebook, and new studies that nobody has run.
``pitfalls.explorer``
    The same dial on the site, without a kernel.
``pitfalls.quiz``
    The question before the result, with answers that open to what is said about them.
``pitfalls.predictions``
    The reader's prediction log.
``pitfalls.classroom``
    For teachers: seeds that belong to one person, and the answers that go with them.
``pitfalls.feedback``
    What the checks of the exercises say to an answer that is not there yet.
``pitfalls.reforms``
    Reports on a study after the REFORMS checklist.
``pitfalls.unnamed``
    Studies without a name, which the reader audits after each part.
"""

__version__ = "0.1.0"
