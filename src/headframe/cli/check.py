"""Everything that `headframe check` looks at.

Responsible for: the order of the checks and putting their results together.
Not responsible for: the checks themselves.
Read next: `cli.check_machine`, `cli.check_node`.
"""

from headframe.cli import check_machine, check_node
from headframe.cli.report import CheckResult, ok
from headframe.config import Config, NodeSource
from headframe.net.clock import Clock

TLS_FOLDER = "tls"
"""Where `app` keeps the certificate that it makes itself, inside the data directory."""


async def check_all(config: Config, clock: Clock) -> list[CheckResult]:
    """The whole report. Changes nothing; each part ends within seconds."""
    results = [ok("configuration", f"{len(config.source)} source(s), payout mode {config.payout.mode}")]
    for source in config.source:
        if isinstance(source, NodeSource):
            results += await check_node.check_source(source, clock)
    results += await check_machine.check_ports(config, clock)
    results.append(
        check_machine.check_certificate(config.stratum.tls, config.data.dir / TLS_FOLDER, clock.unix_ms() // 1000)
    )
    results += check_machine.check_disk(config.data.dir)
    results.append(check_machine.check_open_files(config))
    results.append(check_machine.check_kernel())
    return results
