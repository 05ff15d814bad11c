"""What /metrics, /healthz and `ledger totals` say against what really happened, counted by the miners themselves."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest

from headframe.testing.client import Answer, ClientJob, ClientShare, Sv1Client, wait_for
from headframe.testing.node_thread import NodeThread, embedded_node
from headframe.testing.pace import REGTEST_BITS
from headframe.testing.server import ServerProcess, fixed_difficulty, node_source, payout

MakeServer = Callable[..., ServerProcess]

PAYEE = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
DIFFICULTY = 1e-7
WORK_OF_ONE = 2**256 // (int(0xFFFF * 2**208 / DIFFICULTY) + 1)
LABELS = {
    "Difficulty too low": "above_target",
    "Duplicate share": "duplicate",
    "Stale": "stale",
    "Job not found": "job_not_found",
    "Invalid nonce2 length": "bad_extranonce2",
    "Ntime out of range": "ntime_out_of_range",
    "Unauthorized worker": "unauthorized",
}


@pytest.fixture
def node() -> Iterator[NodeThread]:
    """An embedded node whose blocks nobody finds."""
    with embedded_node() as thread:
        yield thread


@pytest.fixture
def easy_node() -> Iterator[NodeThread]:
    """An embedded node of which every second hash is a block."""
    with embedded_node(bits=REGTEST_BITS) as thread:
        yield thread


def settings_for(node: NodeThread) -> str:
    return payout(PAYEE) + fixed_difficulty(DIFFICULTY) + node_source([node.url], user="demo", password="demo")


class Tally:
    """The miners' own count of answers, by the label that the metrics should have."""

    def __init__(self) -> None:
        self.verdicts: Counter[str] = Counter()

    def count(self, answer: Answer) -> str:
        label = "accepted" if answer.accepted else LABELS[answer.error[1]]
        self.verdicts[label] += 1
        return label


def changed(share: ClientShare, **values: object) -> ClientShare:
    return ClientShare(**{name: getattr(share, name) for name in share.__dataclass_fields__} | values)


def play_every_verdict(client: Sv1Client, job: ClientJob, tally: Tally) -> None:
    """Shares of all kinds but stale ones."""
    for _ in range(5):
        tally.count(client.submit(client.solve(job)))
    good = client.solve(job)
    tally.count(client.submit(good))
    for spoilt in (
        good,
        good,
        client.solve(job, miss=True),
        changed(good, job_id="ffffffffffff"),
        changed(good, extranonce2_hex=good.extranonce2_hex + "00"),
        changed(good, ntime=good.ntime + 20_000),
    ):
        tally.count(client.submit(spoilt))


def test_every_answer_is_counted_once_under_its_verdict(node: NodeThread, make_server: MakeServer) -> None:
    server = make_server(settings_for(node))
    tally = Tally()
    with server.client() as client, server.client() as nobody, server.client() as newcomer:
        newcomer.configure()
        old = client.begin("rig.one")
        play_every_verdict(client, old, tally)
        nobody.subscribe()
        nobody.user = "never authorised"
        job = nobody.wait_job()
        tally.count(nobody.submit(nobody.solve(job)))
        # After a new block its predecessor's shares are credited for some seconds, then they are stale.
        node.do(node.node.extend)
        wait_for(lambda: client.wait_job().prev_hash_hex != old.prev_hash_hex, what="a job on the new block")
        wait_for(
            lambda: tally.count(client.submit(client.solve(old))) == "stale", what="the end of the grace", every=0.25
        )
        wait_for(
            lambda: server.metrics().by("verdict", "headframe_shares_total") == tally.verdicts, what="the same counts"
        )
        metrics = server.metrics()
        accepted = tally.verdicts["accepted"]
        assert tally.verdicts.keys() == {"accepted", *LABELS.values()}
        assert metrics.value("headframe_shares_total", source="home", verdict="accepted") == accepted
        assert metrics.value("headframe_shares_total", source="home", verdict="job_not_found") == 1
        assert metrics.value("headframe_work_total", source="home") == accepted * WORK_OF_ONE
        assert metrics.value("headframe_submit_seconds_count") == tally.verdicts.total()
        assert metrics.value("headframe_job_fanout_seconds_count") >= 2
        assert metrics.by("state", "headframe_sessions") == {"authorized": 1, "subscribed": 1, "connected": 1}
        assert metrics.value("headframe_source_up", source="home") == 1
        assert metrics.value("headframe_source_sessions", source="home") == 2
        assert 0 <= metrics.value("headframe_template_age_seconds", source="home") < 60
        assert metrics.value("headframe_hashrate", window="1m") > 0
        assert metrics.by("version", "headframe_build_info").keys()
    wait_for(lambda: not server.metrics().by("state", "headframe_sessions"), what="all sessions to be gone")
    assert server.stop() == 0
    totals = server.totals()
    assert totals["shares_accepted"] == accepted
    rejected = {label: count for label, count in tally.verdicts.items() if label != "accepted"}
    assert totals["shares_rejected"] == rejected
    assert totals["work"] == accepted * WORK_OF_ONE
    # A restart begins from the ledger, not from zero.
    server.start()
    assert server.metrics().by("verdict", "headframe_shares_total") == tally.verdicts


def test_blocks_move_between_outcomes_as_the_chain_decides(easy_node: NodeThread, make_server: MakeServer) -> None:
    server = make_server(payout(PAYEE) + node_source([easy_node.url], user="demo", password="demo"))
    chain = easy_node.node.chain

    def outcomes() -> dict[str, float]:
        return server.metrics().by("outcome", "headframe_blocks_total")

    with server.client() as client:
        client.begin("rig")
        for count in (1, 2):
            job = client.wait_job()
            parent = chain.tip
            share = client.solve(job, job.network_target)
            assert client.submit(share).accepted
            wait_for(lambda hash_hex=share.hash_hex: chain.tip.hash[::-1].hex() == hash_hex, what="the tip")  # type: ignore[misc]
            wait_for(lambda count=count: outcomes() == {"accepted": count}, what="it to be counted")  # type: ignore[misc]
            client.wait_job(fresh=True)
        easy_node.do(lambda: easy_node.node.extend(2, parent=parent))
        wait_for(lambda: outcomes() == {"accepted": 1, "orphaned": 1}, what="the second to be an orphan")
        easy_node.node.faults.submit_reply = "bad-cb-amount"
        tip = bytes(chain.tip.hash)
        wired = b"".join(tip[at : at + 4][::-1] for at in range(0, 32, 4)).hex()
        wait_for(lambda: client.wait_job().prev_hash_hex == wired, what="a job on the new branch")
        client.submit(client.solve(client.wait_job(), client.wait_job().network_target))
        wait_for(lambda: outcomes() == {"accepted": 1, "orphaned": 1, "rejected": 1}, what="one to be rejected")
    assert server.stop() == 0
    assert server.totals()["blocks"] == {"accepted": 1, "orphaned": 1, "rejected": 1}


def test_health_follows_the_source(node: NodeThread, make_server: MakeServer) -> None:
    server = make_server(settings_for(node))
    assert server.healthz() == (200, {"healthy": True, "reasons": []})
    node.stop()
    wait_for(lambda: server.healthz()[0] == 503, what="the trouble to be seen")
    said = server.healthz()[1]
    assert said["reasons"][0] == "no source gives work"
    assert said["reasons"][1].startswith("home: ")
    metrics = server.metrics()
    assert metrics.value("headframe_source_up", source="home") == 0
    assert metrics.value("headframe_attention") >= 1
    node.start()
    wait_for(lambda: server.healthz()[0] == 200, what="recovery")
    assert server.metrics().value("headframe_source_up", source="home") == 1
