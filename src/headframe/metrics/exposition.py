"""Views to Prometheus text.

Responsible for: one scrape: an overview in, text out, safe for any label value.
Not responsible for: which metrics there are (`metrics.table`).
Read next: `metrics.table`.
"""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from headframe.metrics.table import HISTOGRAMS, METRICS
from headframe.service.queries import Queries

MAX_LABEL_CHARS = 128
"""A label longer than this is cut: it came from somewhere it should not have."""


class _Views(Collector):
    """Asks once per scrape, keeps nothing."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    def describe(self) -> Iterator[Family]:
        """Nothing: so that registering does not ask for an overview before there is one."""
        return iter(())

    def collect(self) -> Iterator[Family]:
        overview = self._queries.overview()
        for metric in METRICS:
            if metric.kind == "counter":
                family: Family = CounterMetricFamily(
                    metric.name.removesuffix("_total"), metric.help, labels=metric.labels
                )
            else:
                family = GaugeMetricFamily(metric.name, metric.help, labels=metric.labels)
            for values, number in metric.samples(overview):
                family.add_sample(
                    metric.name, dict(zip(metric.labels, map(_label, values), strict=True)), float(number)
                )
            yield family
        for entry in HISTOGRAMS:
            histograms = HistogramMetricFamily(entry.name, entry.help, labels=entry.labels)
            for values, histogram in entry.histograms(overview):
                pairs = zip(histogram.bounds, histogram.counts, strict=False)
                buckets = [(repr(bound), count) for bound, count in pairs]
                histograms.add_metric(
                    [_label(value) for value in values], [*buckets, ("+Inf", histogram.count)], histogram.sum
                )
            yield histograms


def _label(value: str) -> str:
    """Text that UTF-8 can carry (a lone surrogate cannot), of bounded length, without control characters; the client
    library escapes quotes, backslashes and newlines."""
    clean = value[:MAX_LABEL_CHARS].encode(errors="replace").decode()
    return "".join(char if char.isprintable() else "?" for char in clean)


class Exposition:
    """The text of `/metrics`."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self, queries: Queries) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(_Views(queries))
        ProcessCollector(registry=self._registry)

    def text(self) -> bytes:
        """All metrics now, in the text format 0.0.4."""
        return generate_latest(self._registry)
