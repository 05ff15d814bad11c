"""Would this source work?

Responsible for: making the settings of one source of what a form gives and what is known of it, and looking at it.
Not responsible for: the looking itself (`app.check_node`, `app.check_pool`).
Read next: `app.check_pool`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headframe.app import check_node, check_pool
from headframe.app.check_report import CheckResult, may_run
from headframe.app.desk_document import Edit, edited
from headframe.app.desk_plans import refused, source_problems
from headframe.app.desk_values import SOURCE, Tree, without_nulls
from headframe.config import AnySource, ConfigError, NodeSource, parse
from headframe.config.environment import PREFIX
from headframe.config.problems import SECRETS
from headframe.config.settings import SECRET_SHOWN
from headframe.net.clock import Clock
from headframe.service.refusals import NotFound
from headframe.service.settings_views import TestReport, TestStep

LOOKED_AT = {"pool": "connection", "node": "chain", "zmq": "zmq"}
"""What a result of the whole of an address is about."""

NOT_TESTED = ("weight", "tier", "paused", "cap")
"""How it is used does not matter, and must not be in the way."""


async def test_source(
    values: Mapping[str, Any],
    name: str,
    tree: Tree | None,
    environment: Mapping[str, str],
    file: Path | None,
    clock: Clock,
) -> TestReport:
    """See `service.steering.Steering.test_source`. Ends within seconds for each address."""
    source = _source(values, name, tree or Tree({}, {}), environment, file)
    if isinstance(source, NodeSource):
        results = await check_node.check_source(source, clock)
    else:
        results = await check_pool.check_source(source, clock)
    return TestReport(may_run(results), tuple(_step(source.name, one) for one in results))


def _step(source: str, seen: CheckResult) -> TestStep:
    """ "larch pool stratum+tcp://host:port job" is told as what was looked at and where."""
    kind, _, rest = seen.name.removeprefix(f"{source} ").partition(" ")
    address, _, topic = rest.partition(" ")
    return TestStep(topic.replace(" ", "_") or LOOKED_AT[kind], address, seen.state.value, seen.text, seen.remedy)


def _source(
    values: Mapping[str, Any], name: str, tree: Tree, environment: Mapping[str, str], file: Path | None
) -> AnySource:
    """Raises Invalid with everything that is wrong."""
    known: Mapping[str, Any] = {}
    if name:
        index = tree.source_index(name)
        if index is None:
            raise NotFound(f'no source is called "{name}"')
        known = tree.sources[index]
    given = {key: value for key, value in values.items() if not (key in SECRETS and value == SECRET_SHOWN and name)}
    merged = {"name": "tested", **known, **given}
    merged = {key: without_nulls(value) for key, value in merged.items() if value is not None and key not in NOT_TESTED}
    problems = source_problems((SOURCE, 0), {key: merged[key] for key in given if key in merged})
    seen = {problem.path for problem in problems}
    text = edited('[payout]\nmode = "miner"\n', [Edit((SOURCE, 0), merged)])
    # $VARIABLES in paths hold here too; settings of others do not.
    variables = {key: value for key, value in environment.items() if not key.startswith(PREFIX)}
    try:
        (source,) = parse(text, variables, folder=None if file is None else file.absolute().parent).source
    except ConfigError as error:
        problems += [problem for problem in error.problems if problem.path not in seen]
    if problems:
        raise refused(problems, Tree({SOURCE: [merged]}, {}))
    return source
