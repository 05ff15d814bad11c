"""A template and a job to try things on."""

from collections.abc import Callable

import pytest

from headframe.bitcoin.coinbase import witness_commitment
from headframe.bitcoin.hashing import sha256d
from headframe.bitcoin.merkle import coinbase_branch
from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import JobStyle, make_job
from headframe.mining.template import Template


def _template(**changed: object) -> Template:
    others = [sha256d(bytes([number])) for number in range(6)]
    fields: dict[str, object] = {
        "height": 840_000,
        "version": 0x20000000,
        "prev_hash": sha256d(b"previous"),
        "bits": 0x17034219,
        "time": 1_713_571_767,
        "min_time": 1_713_570_000,
        "reward_sats": 312_500_000 + 3_762_561_499,
        "transactions": (),
        "branch": coinbase_branch(others),
        "commitment": witness_commitment(others),
    }
    return Template(**(fields | changed))  # type: ignore[arg-type]


@pytest.fixture
def new_template() -> Callable[..., Template]:
    """A template as on mainnet, with the given fields changed."""
    return _template


@pytest.fixture
def job() -> Job:
    """A job as on mainnet: extranonce1 of 4 bytes, extranonce2 of 8."""
    return make_job(
        _template(),
        JobStyle("home", b"/headframe/"),
        PayoutSet(7, b"\x51"),
        ExtranonceLayout(4, 8),
        generation=3,
        seq=0xABC,
        clean=True,
    )
