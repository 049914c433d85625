"""An audit of a reader's own pipeline: every check that what is given allows, in one report.

Only `evaluate(X, y)` is asked for. What it costs is said before it starts, a budget bounds it, and
what could not be looked at is said with what to hand over.
"""

from typing import TYPE_CHECKING

from .._lazy import attach

if TYPE_CHECKING:
    from .adapters import (
        cross_validated as cross_validated,
        held_out as held_out,
        two_frames as two_frames,
    )
    from .auditing import audit as audit
    from .ledger import BudgetSpentWarning as BudgetSpentWarning, Ledger as Ledger
    from .looks import Look as Look, Looks as Looks
    from .reading import read_ledger as read_ledger, read_looks as read_looks
    from .report import AuditError as AuditError, Report as Report, Row as Row

_PARTS = {
    "adapters": ["cross_validated", "held_out", "two_frames"],
    "auditing": ["audit"],
    "ledger": ["BudgetSpentWarning", "Ledger"],
    "looks": ["Look", "Looks"],
    "reading": ["read_ledger", "read_looks"],
    "report": ["AuditError", "Report", "Row"],
}
__getattr__, __dir__, __all__ = attach(__name__, _PARTS)
