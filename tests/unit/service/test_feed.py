"""The feed: frames, ids, resuming, audiences, and every bound."""

import asyncio
import gc
import json
from types import SimpleNamespace

import msgspec
import pytest

from headframe.service import feed as feed_module
from headframe.service.activity import HubListener
from headframe.service.feed import BURST, HEARTBEAT_S, KEPT, MAX_QUEUED, MAX_SUBSCRIBERS, Feed
from headframe.service.history_views import Chance, Dashboard, Flow, Shaft
from headframe.service.logbook import Logbook
from headframe.service.refusals import TooMany
from headframe.service.veil import Audience
from headframe.service.views import Hashrates
from headframe.testing.fake_clock import FakeClock

RATES = Hashrates(1.0, 2.0, 3.0, 4.0, 5.0)
DASHBOARD = Dashboard(1, RATES, 9, 10, {}, None, None, Chance(None, None), (), {"mining": 3})


class Answers:
    """What the tick asks, counted."""

    def __init__(self):
        self.asked = []

    def overview(self):
        self.asked.append("overview")
        return msgspec.convert(OVERVIEW, feed_module.Overview)

    def dashboard(self):
        return DASHBOARD

    def shaft(self):
        self.asked.append("shaft")
        return Shaft(1, (Flow("k", "rig", "home", 5.0),))


OVERVIEW = {
    "version": "1",
    "network": "regtest",
    "started_ms": 1,
    "now_ms": 2,
    "kernel": "python",
    "sessions": {"connected": 1},
    "hashrate": dict(zip(("h1m", "h5m", "h1h", "h24h", "h7d"), range(5), strict=True)),
    "totals": {
        "shares_accepted": 1,
        "shares_rejected": {},
        "work": 1,
        "sources": {},
        "blocks": {},
        "blocks_by_source": {},
        "best_difficulty": None,
    },
    "sources": [],
    "job": None,
    "blocks": [],
    "attention": [],
    "submit_seconds": {"bounds": [], "counts": [], "sum": 0, "count": 0},
    "fanout_seconds": {"bounds": [], "counts": [], "sum": 0, "count": 0},
    "listen": ["203.0.113.5:3333"],
    "web": "http://203.0.113.5:8855",
}


@pytest.fixture
def clock():
    return FakeClock()


@pytest.fixture
def feed(clock):
    return Feed(clock)


async def drain(reader):
    """What waits now, as (event, id, data)."""
    data = b""
    while reader._queue or reader._latest:
        data += await anext(reader)
    return parsed(data)


def parsed(data):
    events = []
    for block in data.decode().split("\n\n")[:-1]:
        fields = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":"))
        if fields:
            events.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return events


async def test_an_event_is_framed_with_id_kind_and_json(feed):
    reader = feed.subscribe(None, Audience.PRIVATE)
    feed.publish("block", "block_found", height=7, source="home", name="a\nb", kind="x")
    ((kind, event_id, data),) = await drain(reader)
    assert (kind, event_id) == ("block", data["id"])
    assert data["fields"] == {"height": 7, "source": "home", "name": "a\ufffdb", "kind": "x"}
    assert feed.activity()[0].id == event_id


async def test_a_reader_goes_on_where_it_was(feed):
    for number in range(5):
        feed.publish("source", "source_up", number=number)
    latest_first = feed.activity()
    reader = feed.subscribe(latest_first[2].id, Audience.PRIVATE)
    assert [data["fields"]["number"] for _, _, data in await drain(reader)] == [3, 4]
    again = feed.subscribe(latest_first[0].id, Audience.PRIVATE)
    assert await drain(again) == []


@pytest.mark.parametrize("after", ["", "x", "0-1", "-", "0-99999999999999999999", "é-1", "{start}-99", "{start}--1"])
async def test_an_id_that_is_not_remembered_gives_one_reset(feed, after):
    feed.publish("source", "source_up")
    start = feed.activity()[0].id.partition("-")[0]
    reader = feed.subscribe(after.replace("{start}", start), Audience.PRIVATE)
    ((kind, event_id, _),) = await drain(reader)
    assert (kind, event_id) == ("reset", feed.activity()[0].id)


async def test_the_ring_is_bounded_and_what_fell_out_gives_a_reset(feed, clock):
    for _ in range(KEPT + 10):
        clock.advance(1)
        feed.publish("source", "source_up")
    assert len(feed.activity(10 * KEPT)) == KEPT
    start = feed.activity()[0].id.partition("-")[0]
    assert (await drain(feed.subscribe(f"{start}-5", Audience.PRIVATE)))[0][0] == "reset"
    missed = await drain(feed.subscribe(f"{start}-10", Audience.PRIVATE))
    assert len(missed) == KEPT


async def test_a_reader_that_does_not_read_gets_one_reset_and_then_goes_on(feed, clock):
    reader = feed.subscribe(None, Audience.PRIVATE)
    for _ in range(MAX_QUEUED + 5):
        clock.advance(1)
        feed.publish("source", "source_up")
    events = await drain(reader)
    assert [kind for kind, _, _ in events] == ["reset"] + 5 * ["source"]
    numbers = [int(event_id.partition("-")[2]) for _, event_id, _ in events]
    assert numbers == sorted(numbers)
    assert numbers[0] == MAX_QUEUED + 1


async def test_there_are_so_many_readers_and_one_that_leaves_makes_room(feed):
    readers = [feed.subscribe(None, Audience.PRIVATE) for _ in range(MAX_SUBSCRIBERS)]
    with pytest.raises(TooMany):
        feed.subscribe(None, Audience.PRIVATE)
    readers[0].close()
    readers[0].close()
    readers[0] = feed.subscribe(None, Audience.PRIVATE)
    assert len(feed) == MAX_SUBSCRIBERS


async def test_a_reader_that_is_dropped_without_a_word_takes_no_place(feed):
    reader = feed.subscribe(None, Audience.PRIVATE)
    assert len(feed) == 1
    del reader
    gc.collect()
    assert len(feed) == 0


async def test_a_reader_that_is_cancelled_while_it_waits_has_left(feed):
    reader = feed.subscribe(None, Audience.PRIVATE)
    task = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(feed) == 0


async def test_closing_the_feed_ends_every_stream(feed):
    reader = feed.subscribe(None, Audience.PRIVATE)
    feed.close()
    assert [chunk async for chunk in reader] == []


async def test_a_burst_of_a_kind_is_summed_up_and_other_kinds_are_not_held_back(feed, clock):
    reader = feed.subscribe(None, Audience.PRIVATE)
    for _ in range(BURST + 30):
        feed.publish("session", "session_opened")
    feed.publish("block", "block_found")
    clock.advance(1)
    feed.pulse(clock.monotonic())
    events = await drain(reader)
    assert [data["name"] for kind, _, data in events if kind == "session"] == BURST * ["session_opened"] + ["more"]
    assert events[-1][2]["fields"] == {"count": 30}
    assert [data["name"] for kind, _, data in events if kind == "block"] == ["block_found"]


async def test_nothing_is_asked_while_nobody_listens(feed, clock):
    feed.queries = answers = Answers()
    feed.pulse(clock.monotonic())
    assert answers.asked == []
    feed.subscribe(None, Audience.PRIVATE).close()
    feed.pulse(clock.monotonic())
    assert answers.asked == []


async def test_a_tick_is_encoded_once_for_all_of_an_audience(feed, clock):
    feed.queries = answers = Answers()
    readers = [feed.subscribe(None, audience) for audience in 2 * [Audience.PRIVATE] + [Audience.TOTALS]]
    feed.pulse(clock.monotonic())
    assert answers.asked == ["overview", "shaft"]
    first, second, totals = readers
    assert first._latest["tick"] is second._latest["tick"] is not totals._latest["tick"]
    assert b"203.0.113.5" in first._latest["tick"]
    assert b"203.0.113.5" not in totals._latest["tick"]
    events = await drain(first)
    assert [kind for kind, _, _ in events] == ["tick", "shaft"]
    assert set(events[0][2]) == {"overview", "dashboard"}
    assert b"rig" not in totals._latest["shaft"]


async def test_the_shaft_comes_every_two_seconds(feed, clock):
    feed.queries = answers = Answers()
    reader = feed.subscribe(None, Audience.PRIVATE)
    for _ in range(6):
        feed.pulse(clock.monotonic())
        clock.advance(1)
    assert answers.asked.count("overview") == 6
    assert answers.asked.count("shaft") == 3
    reader.close()


async def test_only_the_newest_tick_waits(feed, clock):
    feed.queries = Answers()
    reader = feed.subscribe(None, Audience.PRIVATE)
    for _ in range(1000):
        feed.pulse(clock.monotonic())
        clock.advance(1)
    assert [kind for kind, _, _ in await drain(reader)] == ["tick", "shaft"]


async def test_a_heartbeat_where_nothing_else_was_said(feed, clock):
    reader = feed.subscribe(None, Audience.PRIVATE)
    clock.advance(HEARTBEAT_S - 1)
    feed.pulse(clock.monotonic())
    assert not reader._queue
    clock.advance(1)
    feed.pulse(clock.monotonic())
    assert (await anext(reader)).startswith(b":")


async def test_who_may_not_know_is_not_told(feed):
    readers = {audience: feed.subscribe(None, audience) for audience in Audience}
    feed.publish("command", "sources.change", actor="alice")
    feed.publish("session", "session_opened", alias="rig", peer="203.0.113.9")
    feed.publish("block", "block_found", height=7, worker="rig", identity="somebody")
    told = {audience: await drain(reader) for audience, reader in readers.items()}
    kinds = {audience: [kind for kind, _, _ in events] for audience, events in told.items()}
    assert kinds == {
        Audience.PRIVATE: ["command", "session", "block"],
        Audience.VIEWER: ["session", "block"],
        Audience.WORKERS: ["session", "block"],
        Audience.TOTALS: ["block"],
    }
    assert told[Audience.TOTALS][0][2]["fields"] == {"height": 7}
    assert told[Audience.WORKERS][0][2]["fields"] == {"alias": "rig"}


async def test_the_log_is_for_the_private_audience_that_asked_for_it(feed, clock):
    feed.logbook = Logbook()
    feed.logbook.add(1, "info", "before", "x", {})
    asked = feed.subscribe(None, Audience.PRIVATE, logs=True)
    others = [feed.subscribe(None, Audience.PRIVATE), feed.subscribe(None, Audience.VIEWER, logs=True)]
    feed.logbook.add(2, "info", "listening", "x", {"peer": "203.0.113.9"})
    feed.pulse(clock.monotonic())
    feed.pulse(clock.monotonic())
    ((kind, _, data),) = await drain(asked)
    assert kind == "logs"
    assert [entry["event"] for entry in data["entries"]] == ["listening"]
    assert data["entries"][0]["fields"] == {"peer": "[ip]"}
    for other in others:
        assert await drain(other) == []


def test_the_hubs_log_goes_on_as_it_was_and_news_goes_to_the_feed(feed):
    said = []
    listen = HubListener(feed, lambda event, **fields: said.append((event, fields)))
    listen("session_moved", session="s", identity="rig", worker="one", source="home", to="pool", reason="slice")
    listen("share_settled", source="pool")
    listen("job_ready", source="home", height=7, clean=False)
    listen("job_ready", source="home", height=8, clean=True)
    listen("source_note", source="home", kind="node", state="SYNCING", text="x")
    assert [event for event, _ in said] == ["session_moved", "share_settled", "job_ready", "job_ready", "source_note"]
    assert said[0][1] == {
        "session": "s",
        "identity": "rig",
        "worker": "one",
        "source": "home",
        "to": "pool",
        "reason": "slice",
    }
    note, job, move = feed.activity()
    assert (move.kind, move.name, move.fields["alias"]) == ("move", "session_moved", "one")
    assert (job.kind, job.fields["height"]) == ("job", 8)
    assert (note.kind, note.fields["kind"]) == ("source", "node")


def test_a_field_of_any_type_becomes_text(feed):
    feed.publish("alert", "bug", error=SimpleNamespace(a=1), long="x" * 1000)
    fields = feed.activity()[0].fields
    assert fields["error"] == "namespace(a=1)"
    assert len(fields["long"]) == 200


def test_a_storm_of_miners_is_counted_and_not_spelt_out(feed, clock):
    said = []
    listen = HubListener(feed, lambda event, **fields: said.append(event))
    for number in range(BURST + 7):
        listen("session_opened", identity="rig", worker=f"w{number}")
    clock.advance(1)
    feed.pulse(clock.monotonic())
    newest = feed.activity()[0]
    assert (newest.kind, newest.name, newest.fields) == ("session", "more", {"count": 7})
    assert len(said) == BURST + 7
