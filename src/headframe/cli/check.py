"""Everything that `headframe check` looks at.

Responsible for: the order of the checks and putting their results together.
Not responsible for: the checks themselves.
Read next: `cli.check_machine`, `app.check_node`, `app.check_pool`.
"""

from collections.abc import Iterable

from headframe.app import check_node, check_pool
from headframe.app.check_report import CheckResult, ok, warn
from headframe.app.reload import diff
from headframe.cli import check_machine
from headframe.config import Config, NodeSource, Problem, dotted
from headframe.config.settings import Setting, settings
from headframe.net.clock import Clock

TLS_FOLDER = "tls"
"""Where `app` keeps the certificate that it makes itself, inside the data directory."""


async def check_all(
    config: Config, clock: Clock, doubts: Iterable[Problem] = (), running: Config | None = None
) -> list[CheckResult]:
    """The whole report. Changes nothing; each part ends within seconds. `running` is what a server runs with now."""
    kinds = [source.kind for source in config.source]
    counted = ", ".join(
        f"{kinds.count(kind)} {kind}{'s' if kinds.count(kind) > 1 else ''}" for kind in dict.fromkeys(kinds)
    )
    results = [ok("configuration", f"{counted}, payout mode {config.payout.mode}")]
    results += [_doubt(problem) for problem in doubts]
    results.append(check_reload(running, config))
    for source in config.source:
        if isinstance(source, NodeSource):
            results += await check_node.check_source(source, clock)
        else:
            results += await check_pool.check_source(source, clock)
    if running is None:
        results += await check_machine.check_ports(config, clock)
    results.append(
        check_machine.check_certificate(config.stratum.tls, config.data.dir / TLS_FOLDER, clock.unix_ms() // 1000)
    )
    results += check_machine.check_web_certificate(config.web, clock.unix_ms() // 1000)
    results += check_machine.check_disk(config.data.dir)
    results.append(check_machine.check_open_files(config))
    results.append(check_machine.check_kernel())
    return results


def check_reload(running: Config | None, config: Config) -> CheckResult:
    """What a running server would take over, and what waits for a restart; in general, when nothing is known of one."""
    if running is None:
        waiting = ", ".join(".".join(setting.path) for setting in _needing_a_restart())
        return ok("reload", f"a running server takes over every change but of {waiting}")
    found = diff(running, config)
    taken = f"takes over {', '.join(found.changed)}" if found.changed else "takes over nothing"
    anew = [source.name for source in found.rebuilt]
    taken += f"; {' and '.join(anew)} will begin anew" if anew else ""
    if found.needs_restart:
        return warn(
            "reload",
            f"the running server {taken}; not {', '.join(found.needs_restart)}",
            "restart it for those; its miners come back by themselves",
        )
    return ok("reload", f"the running server {taken}")


def _needing_a_restart() -> list[Setting]:
    return list({setting.path: setting for setting in settings() if setting.needs_restart}.values())


def _doubt(problem: Problem) -> CheckResult:
    where = " ".join(part for part in (problem.place, dotted(problem.path)) if part)
    return warn("configuration", f"{where}: {problem.text}", problem.remedy)
