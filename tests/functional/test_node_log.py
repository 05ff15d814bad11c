"""What the node source says of trouble that lasts: once, however often it tries again."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from structlog.testing import capture_logs

from headframe.bitcoin.networks import NETWORKS
from headframe.net.clock import SystemClock
from headframe.sources.base import Down, JobReady
from headframe.sources.node.settings import NodeSettings
from headframe.sources.node.source import NodeSource
from headframe.testing.bitcoind import wait_for
from headframe.testing.chain import Chain
from headframe.testing.regtest_node import EmbeddedNode
from headframe.testing.source_rig import running


def beyond_us(template: dict[str, Any]) -> dict[str, Any]:
    return template | {"rules": ["!a-rule-of-tomorrow"]}


def warnings(lines: Sequence[Any]) -> int:
    return [line["event"] for line in lines].count("node_failed")


async def test_a_template_that_stays_unfit_is_warned_of_once_and_again_after_it_was_fit(tmp_path: Path) -> None:
    async with EmbeddedNode(Chain()) as node:
        settings = NodeSettings(
            "home", NETWORKS["regtest"], (node.url,), node.settings.user, node.settings.password, retry_s=0.02
        )
        node.faults.spoil_template = beyond_us
        with capture_logs() as lines:
            async with running(NodeSource(settings, SystemClock(), tmp_path)) as log:
                await log.until(Down)
                tries = node.calls["getblocktemplate"]
                await asyncio.to_thread(wait_for, lambda: node.calls["getblocktemplate"] >= tries + 3)
                assert warnings(lines) == 1
                node.faults.spoil_template = None
                await log.until(JobReady)
                mark = log.mark()
                node.faults.spoil_template = beyond_us
                node.extend()
                await log.until(Down, after=mark)
                assert warnings(lines) == 2
