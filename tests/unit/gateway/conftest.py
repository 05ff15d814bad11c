"""Small stand-ins that the gateway's tests share: a work source's work, and payout sets."""

from dataclasses import dataclass

import pytest

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import JobStyle, make_job
from headframe.mining.template import Template

LAYOUT = ExtranonceLayout(4, 8)
PAYOUT = PayoutSet(1, bytes.fromhex("0014") + bytes(20))


@dataclass(frozen=True, eq=False)
class TemplateWork:
    """What a node source offers, made of a template by the real job maker."""

    template: Template
    clean: bool
    source: str = "home"
    generation: int = 1

    @property
    def height(self) -> int:
        return self.template.height

    @property
    def lane(self) -> str:
        return self.source

    def job(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int, visit: int = 0) -> Job:
        style = JobStyle(self.source, b"/Headframe/")
        return make_job(self.template, style, payout, layout, generation=self.generation, seq=seq, clean=self.clean)


def template_at(height: int, *, bits: int = 0x207FFFFF, time: int = 1_700_000_000) -> Template:
    """A template without transactions whose previous hash follows from its height."""
    return Template(
        height=height,
        version=0x20000000,
        prev_hash=height.to_bytes(32, "little"),
        bits=bits,
        time=time,
        min_time=time - 3600,
        reward_sats=50_0000_0000,
        transactions=(),
        branch=(),
        commitment=None,
    )


@pytest.fixture
def work():
    """work(height, clean=True, source="home") -> TemplateWork"""

    def make(height: int, *, clean: bool = True, source: str = "home", bits: int = 0x207FFFFF) -> TemplateWork:
        return TemplateWork(template_at(height, bits=bits), clean, source)

    return make
