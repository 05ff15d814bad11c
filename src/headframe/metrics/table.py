"""The metrics, as data.

Responsible for: name, kind, labels, help of each metric and how to take its samples from an overview.
Not responsible for: the text format (`metrics.exposition`).
Read next: `metrics.exposition`; `docs/reference/metrics.md` is made from this.

Every label's values are bounded: sources come from the configuration, states, reasons and outcomes from closed lists,
windows from `service.views.WINDOWS`. Nothing that a miner sends (user names, agents, addresses) becomes a label.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from headframe.service.views import WINDOWS, Histogram, Overview

Sample: TypeAlias = tuple[tuple[str, ...], float]
"""Label values, in the order of the metric's labels, and the number."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `name` is as it is scraped, with its `_total`."""

    name: str
    kind: Literal["gauge", "counter"]
    labels: tuple[str, ...]
    help: str
    samples: Callable[[Overview], Iterable[Sample]]


@dataclass(frozen=True, slots=True)
class HistogramMetric:
    """A metric with buckets in seconds; `histograms` gives label values, in the order of `labels`, and buckets."""

    name: str
    labels: tuple[str, ...]
    help: str
    histograms: Callable[[Overview], Iterable[tuple[tuple[str, ...], Histogram]]]


def _shares(overview: Overview) -> Iterable[Sample]:
    totals = overview.totals
    rest = dict(totals.shares_rejected)
    for source, part in totals.sources.items():
        yield (source, "accepted"), part.shares_accepted
        for reason, count in part.shares_rejected.items():
            yield (source, reason), count
            if source:
                rest[reason] = rest.get(reason, 0) - count
    if "" not in totals.sources:
        yield from ((("", reason), count) for reason, count in rest.items() if count > 0)


def _work(overview: Overview) -> Iterable[Sample]:
    return (((source,), part.work) for source, part in overview.totals.sources.items())


def _upstream_shares(overview: Overview) -> Iterable[Sample]:
    """From the ledger, so that a source that was taken out keeps its count; a pool that is new begins at nought."""
    told = {
        source: {"accepted": said.accepted.count, "refused": said.refused.count, "lost": said.lost.count}
        for source, said in overview.totals.upstream.items()
    }
    for view in overview.sources:
        if view.upstream is not None:
            told.setdefault(view.name, view.upstream.outcomes)
    return (((source, outcome), count) for source, outcomes in told.items() for outcome, count in outcomes.items())


METRICS: tuple[Metric, ...] = (
    Metric(
        "headframe_build_info",
        "gauge",
        ("version", "kernel", "network"),
        "Always 1; which version runs, with which kernel, on which network.",
        lambda overview: [((overview.version, overview.kernel, overview.network), 1)],
    ),
    Metric(
        "headframe_start_time_seconds",
        "gauge",
        (),
        "Unix time at which this process began to serve.",
        lambda overview: [((), overview.started_ms / 1000)],
    ),
    Metric(
        "headframe_sessions",
        "gauge",
        ("state",),
        "Miner connections by state.",
        lambda overview: [((state,), count) for state, count in overview.sessions.items()],
    ),
    Metric(
        "headframe_shares_total",
        "counter",
        ("source", "verdict"),
        "Shares judged: verdict is `accepted` or the reason of the refusal; source is empty when the job was unknown.",
        _shares,
    ),
    Metric(
        "headframe_work_total",
        "counter",
        ("source",),
        "Accepted work in hashes: the expected number for the difficulty asked for, never the luck of a share.",
        _work,
    ),
    Metric(
        "headframe_blocks_total",
        "counter",
        ("source", "outcome"),
        "Blocks found, by what became of them. A block moves between outcomes as the chain decides.",
        lambda overview: [
            ((source, outcome), count)
            for source, outcomes in overview.totals.blocks_by_source.items()
            for outcome, count in outcomes.items()
        ],
    ),
    Metric(
        "headframe_hashrate",
        "gauge",
        ("window",),
        "Hashes per second from accepted work, over each window.",
        lambda overview: [((name,), getattr(overview.hashrate, f"h{name}")) for name, _ in WINDOWS],
    ),
    Metric(
        "headframe_best_difficulty",
        "gauge",
        (),
        "Difficulty of the best share ever.",
        lambda overview: [] if overview.totals.best_difficulty is None else [((), overview.totals.best_difficulty)],
    ),
    Metric(
        "headframe_source_up",
        "gauge",
        ("source",),
        "1 while the source gives work, 0 while it is down.",
        lambda overview: [((source.name,), source.up) for source in overview.sources],
    ),
    Metric(
        "headframe_source_sessions",
        "gauge",
        ("source",),
        "Sessions that mine for the source.",
        lambda overview: [((source.name,), source.sessions) for source in overview.sources],
    ),
    Metric(
        "headframe_source_height",
        "gauge",
        ("source",),
        "Height of the block that the source's work would make.",
        lambda overview: [((source.name,), source.height) for source in overview.sources if source.height is not None],
    ),
    Metric(
        "headframe_source_work_total",
        "counter",
        ("source",),
        "The same as headframe_work_total: what was delivered to each source, beside its shares of the whole below.",
        _work,
    ),
    Metric(
        "headframe_source_share",
        "gauge",
        ("source",),
        "Part of all delivered work that went to the source, over the router's horizon; 0 to 1.",
        lambda overview: [
            ((source.name,), source.delivered_share)
            for source in overview.sources
            if source.delivered_share is not None
        ],
    ),
    Metric(
        "headframe_source_target_share",
        "gauge",
        ("source",),
        "Part of all work that the source should get now, by weight, tier and pause, among those that have work; 0 to 1.",
        lambda overview: [
            ((source.name,), source.target_share) for source in overview.sources if source.target_share is not None
        ],
    ),
    Metric(
        "headframe_moves_total",
        "counter",
        ("from", "to", "reason"),
        "Sessions moved between sources since the start, and why; `from` is empty for a session that had none.",
        lambda overview: [((move.from_source, move.to_source, move.reason), move.count) for move in overview.moves],
    ),
    Metric(
        "headframe_upstream_shares_total",
        "counter",
        ("source", "outcome"),
        "Shares passed on to a pool, by what it said: `accepted`, `refused`, or `lost` when it never answered.",
        _upstream_shares,
    ),
    Metric(
        "headframe_upstream_connections",
        "gauge",
        ("source",),
        "Connections to the pool that are open.",
        lambda overview: [
            ((source.name,), source.upstream.connections) for source in overview.sources if source.upstream is not None
        ],
    ),
    Metric(
        "headframe_template_age_seconds",
        "gauge",
        ("source",),
        "Age of the source's newest work; over 60 s something is wrong.",
        lambda overview: [
            ((source.name,), source.template_age_s) for source in overview.sources if source.template_age_s is not None
        ],
    ),
    Metric(
        "headframe_attention",
        "gauge",
        (),
        "How many things ask for the operator's attention.",
        lambda overview: [((), len(overview.attention))],
    ),
)

HISTOGRAMS: tuple[HistogramMetric, ...] = (
    HistogramMetric(
        "headframe_submit_seconds",
        (),
        "From a share's bytes to its answer handed to the system, its record included.",
        lambda overview: [((), overview.submit_seconds)],
    ),
    HistogramMetric(
        "headframe_job_fanout_seconds",
        (),
        "From hearing of new work to the last session having been sent its job.",
        lambda overview: [((), overview.fanout_seconds)],
    ),
    HistogramMetric(
        "headframe_upstream_latency_seconds",
        ("source",),
        "From a share passed on to the pool's answer, since the start.",
        lambda overview: [
            ((source.name,), source.upstream.latency)
            for source in overview.sources
            if source.upstream is not None and source.upstream.latency is not None
        ],
    ),
)
