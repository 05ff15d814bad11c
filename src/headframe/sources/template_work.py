"""Work made of a template.

Responsible for: the `Work` that a source with templates of its own offers.
Not responsible for: getting templates (`sources.node`), the content of jobs (`mining.jobmaker`).
Read next: `mining.jobmaker`.
"""

from dataclasses import dataclass

from headframe.mining.extranonce import ExtranonceLayout
from headframe.mining.job import Job, PayoutSet
from headframe.mining.jobmaker import JobStyle, make_job
from headframe.mining.template import Template


@dataclass(frozen=True, slots=True, eq=False)
class TemplateWork:
    """One template on offer; a job for each payout set."""

    template: Template
    style: JobStyle
    generation: int
    clean: bool

    @property
    def source(self) -> str:
        return self.style.source

    @property
    def lane(self) -> str:
        return self.style.source

    @property
    def height(self) -> int:
        return self.template.height

    def job(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int, visit: int = 0) -> Job:
        """See `sources.base.Work.job`. Every seq has a coinbase of its own here, so `visit` adds nothing."""
        return make_job(
            self.template, self.style, payout, layout, generation=self.generation, seq=seq, clean=self.clean
        )

    def look(self, payout: PayoutSet, layout: ExtranonceLayout, seq: int) -> Job:
        """See `sources.base.Work.look`. Nothing is noted of jobs here, so this is simply one."""
        return self.job(payout, layout, seq)
