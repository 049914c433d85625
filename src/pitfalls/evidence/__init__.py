"""Replication over seeds and strengths, committed evidence, and the verdict on the contract."""

from .committed import EvidenceError, at_dose, has_evidence, read, seconds_of, write
from .contract import coverage, margin, verdict, verdict_of_kind
from .fresh import seed_base
from .pool import ClusterError, default_jobs
from .replicate import Request, replicate, replicate_all, run_experiment

__all__ = [
    "ClusterError",
    "EvidenceError",
    "Request",
    "at_dose",
    "coverage",
    "default_jobs",
    "has_evidence",
    "margin",
    "read",
    "replicate",
    "replicate_all",
    "run_experiment",
    "seconds_of",
    "seed_base",
    "verdict",
    "verdict_of_kind",
    "write",
]
