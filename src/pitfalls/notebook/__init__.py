"""What a learner calls in a cell of a notebook.

``quiz``
    The question before the result, with answers that open to what is said about them.
``predictions``
    The reader's prediction log: `predict` and `settle`.
``live``
    A dial to turn, and new studies that nobody has run: `turn`.
``explorer``
    The same dial on the site, without a kernel.
``feedback``
    What the checks of the exercises say to an answer that is not there yet.
``unnamed``
    Studies without a name, which the reader audits after each part.
"""
