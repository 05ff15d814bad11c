"""Prometheus: the numbers of one look at everything, as text.

Responsible for: which metrics there are and how views become samples.
Not responsible for: gathering numbers (`service`), serving the text (`web`).
Read next: `metrics.table`, `metrics.exposition`.
"""

from headframe.metrics.exposition import Exposition
from headframe.metrics.table import METRICS, Metric

__all__ = ["METRICS", "Exposition", "Metric"]
