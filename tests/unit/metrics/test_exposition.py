"""What a scrape of Prometheus gets."""

import msgspec
from prometheus_client.parser import text_string_to_metric_families

from headframe.metrics import METRICS, Exposition
from headframe.metrics.table import HISTOGRAMS
from headframe.service.queries import Queries
from headframe.service.views import SourceTotals, Totals, UpstreamView
from headframe.testing.scripted_queries import ScriptedQueries, quiet_overview, sample_overview

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

REQUIRED = {
    "headframe_sessions": ("state",),
    "headframe_shares_total": ("source", "verdict"),
    "headframe_work_total": ("source",),
    "headframe_blocks_total": ("source", "outcome"),
    "headframe_source_up": ("source",),
    "headframe_template_age_seconds": ("source",),
    "headframe_hashrate": ("window",),
    "headframe_source_work_total": ("source",),
    "headframe_source_share": ("source",),
    "headframe_source_target_share": ("source",),
    "headframe_moves_total": ("from", "to", "reason"),
    "headframe_upstream_shares_total": ("source", "outcome"),
    "headframe_upstream_connections": ("source",),
}


NEW_POOL = msgspec.structs.replace(
    sample_overview().sources[2], upstream=UpstreamView({"accepted": 0, "refused": 0, "lost": 0}, {}, None, 0)
)


def scrape(queries: Queries) -> Samples:
    text = Exposition(queries).text().decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_promised_metrics_have_the_promised_labels() -> None:
    table = {metric.name: metric.labels for metric in METRICS}
    assert {name: table.get(name) for name in REQUIRED} == REQUIRED
    assert "headframe_build_info" in table
    assert {entry.name: entry.labels for entry in HISTOGRAMS} == {
        "headframe_submit_seconds": (),
        "headframe_job_fanout_seconds": (),
        "headframe_upstream_latency_seconds": ("source",),
    }


def test_each_number_of_the_overview_is_scraped_under_its_labels() -> None:
    samples = scrape(ScriptedQueries())
    assert samples["headframe_sessions", (("state", "mining"),)] == 7
    assert samples["headframe_shares_total", (("source", "home"), ("verdict", "accepted"))] == 1200
    assert samples["headframe_shares_total", (("source", "home"), ("verdict", "stale"))] == 3
    assert samples["headframe_work_total", (("source", "home"),)] == float(2**80)
    assert samples["headframe_blocks_total", (("outcome", "accepted"), ("source", "home"))] == 2
    assert samples["headframe_source_up", (("source", "home"),)] == 1
    assert samples["headframe_source_up", (("source", "spare"),)] == 0
    assert samples["headframe_template_age_seconds", (("source", "home"),)] == 4.5
    assert samples["headframe_hashrate", (("window", "5m"),)] == 1.25e12
    assert samples["headframe_build_info", (("kernel", "python"), ("network", "regtest"), ("version", "0.1.0"))] == 1


def test_the_split_is_scraped_as_it_is_beside_as_it_should_be() -> None:
    samples = scrape(ScriptedQueries())
    assert samples["headframe_source_work_total", (("source", "home"),)] == float(2**80)
    assert samples["headframe_source_share", (("source", "ocean"),)] == 0.296
    assert samples["headframe_source_target_share", (("source", "ocean"),)] == 0.3
    assert ("headframe_source_share", (("source", "spare"),)) not in samples, "unknown, not nought"
    moved = (("from", "home"), ("reason", "balance"), ("to", "ocean"))
    assert samples["headframe_moves_total", moved] == 7
    assert samples["headframe_moves_total", (("from", ""), ("reason", "assign"), ("to", "home"))] == 8


def test_what_a_pool_said_is_scraped_by_outcome_with_its_connections_and_how_long_it_took() -> None:
    samples = scrape(ScriptedQueries())
    shares = {
        tuple(value for _, value in labels): value
        for (name, labels), value in samples.items()
        if name == "headframe_upstream_shares_total"
    }
    assert shares == {
        ("accepted", "ocean"): 900,
        ("refused", "ocean"): 12,
        ("lost", "ocean"): 1,
        ("accepted", "former"): 5,
        ("refused", "former"): 0,
        ("lost", "former"): 0,
    }, "also of a source that is not configured any more"
    assert samples["headframe_upstream_connections", (("source", "ocean"),)] == 1
    assert ("headframe_upstream_connections", (("source", "home"),)) not in samples, "a node takes no shares"
    latency = "headframe_upstream_latency_seconds"
    buckets = {bound: samples[f"{latency}_bucket", (("le", bound), ("source", "ocean"))] for bound in ("0.05", "+Inf")}
    assert buckets == {"0.05": 800, "+Inf": 912}
    assert samples[f"{latency}_count", (("source", "ocean"),)] == 912
    assert samples[f"{latency}_sum", (("source", "ocean"),)] == 31.5


def test_a_pool_that_was_sent_nothing_yet_counts_from_nought() -> None:
    totals = Totals(0, {}, 0, {}, {}, {}, None)
    samples = scrape(ScriptedQueries(sample_overview(totals=totals, sources=(NEW_POOL,))))
    for outcome in ("accepted", "refused", "lost"):
        assert samples["headframe_upstream_shares_total", (("outcome", outcome), ("source", "ocean"))] == 0
    assert not [name for name, _ in samples if name.startswith("headframe_upstream_latency")]


def test_what_is_unknown_is_left_out_rather_than_nought() -> None:
    samples = scrape(ScriptedQueries())
    assert ("headframe_template_age_seconds", (("source", "spare"),)) not in samples
    assert ("headframe_source_height", (("source", "spare"),)) not in samples


def test_refusals_without_a_known_source_are_counted_under_an_empty_one() -> None:
    samples = scrape(ScriptedQueries())
    assert samples["headframe_shares_total", (("source", ""), ("verdict", "job_not_found"))] == 2
    assert ("headframe_shares_total", (("source", ""), ("verdict", "stale"))) not in samples


def test_refusals_that_the_ledger_files_under_an_empty_source_are_counted_once() -> None:
    sources = {"home": SourceTotals(1, {}, 1), "": SourceTotals(0, {"job_not_found": 2}, 0)}
    totals = Totals(1, {"job_not_found": 2}, 1, sources, {}, {}, None)
    text = Exposition(ScriptedQueries(sample_overview(totals=totals))).text().decode()
    assert text.count('verdict="job_not_found"') == 1


def test_histograms_have_cumulative_buckets_that_end_in_infinity() -> None:
    samples = scrape(ScriptedQueries())
    buckets = {
        labels[0][1]: value for (name, labels), value in samples.items() if name == "headframe_submit_seconds_bucket"
    }
    assert buckets == {"0.001": 5, "0.01": 9, "+Inf": 10}
    assert samples["headframe_submit_seconds_count", ()] == 10
    assert samples["headframe_submit_seconds_sum", ()] == 0.25


def test_a_hostile_name_stays_one_label_value() -> None:
    hostile = 'a"} 1\nheadframe_evil{x="\\\x00\u202e\udc80' + "z" * 500
    totals = Totals(1, {}, 1, {hostile: SourceTotals(1, {}, 1)}, {}, {}, None)
    text = Exposition(ScriptedQueries(sample_overview(totals=totals))).text().decode()
    assert not any(line.startswith("headframe_evil") for line in text.splitlines())
    names = [
        dict(labels).get("source", "") for (name, labels) in scrape(ScriptedQueries(sample_overview(totals=totals)))
    ]
    longest = max(names, key=len)
    assert longest.startswith('a"} 1?headframe_evil{x="\\???')
    assert len(longest) == 128


def test_an_overview_of_nothing_gives_a_valid_scrape() -> None:
    samples = scrape(ScriptedQueries(quiet_overview()))
    assert samples["headframe_attention", ()] == 0


def test_one_scrape_asks_once() -> None:
    queries = ScriptedQueries()
    exposition = Exposition(queries)
    assert queries.looks == 0
    exposition.text()
    assert queries.looks == 1


def test_every_metric_is_explained() -> None:
    explained = [(metric.name, metric.help) for metric in METRICS] + [(entry.name, entry.help) for entry in HISTOGRAMS]
    assert [name for name, text in explained if not text.endswith(".")] == []
    assert len(dict(explained)) == len(explained)
