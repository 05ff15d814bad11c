"""Checks of the automatic policies.

Responsible for: policies that lack what they live on.
Not responsible for: weights (`config.check_sources`).
Read next: `config.load`.
"""

from collections.abc import Iterator

from headframe.config.model import Config
from headframe.config.problems import Problem
from headframe.config.routing import MIN_RATIO_OF_SPANS, POLICY_NEEDS
from headframe.config.sources import NodeSource


def check(config: Config) -> Iterator[Problem]:
    """Every contradiction found, in the order of the file."""
    yield from _policy(config)


def _policy(config: Config) -> Iterator[Problem]:
    routing = config.routing
    fed: set[tuple[str, str]] = set()
    for index, feed in enumerate(routing.feed):
        if (feed.chain, feed.what) in fed:
            yield Problem(
                ("routing", "feed", index), f"is the second for {feed.what} of {feed.chain}", "keep one of the two"
            )
        fed.add((feed.chain, feed.what))
    spans = routing.network_hashrate
    if spans.long_s < MIN_RATIO_OF_SPANS * spans.short_s:
        yield Problem(
            ("routing", "network_hashrate", "long_s"),
            f"{spans.long_s:g} is less than twice short_s, {spans.short_s:g}",
            "make it longer: two weeks against six hours is usual",
        )
    with_node = {source.chain for source in config.source if isinstance(source, NodeSource)}
    chains = list(dict.fromkeys(source.chain for source in config.source))
    for chain in chains if len(chains) > 1 else ():
        from_node = {"difficulty", "reward", "blocks"} if chain in with_node else set()
        for what in POLICY_NEEDS[routing.policy]:
            if what not in from_node and (chain, what) not in fed:
                yield Problem(
                    ("routing", "policy"),
                    f"{routing.policy} needs the {what} of {chain}, and nothing here knows it",
                    f'add {{ chain = "{chain}", what = "{what}", url = "https://..." }} to routing.feed',
                )


def doubts(config: Config) -> Iterator[Problem]:
    """What is allowed, yet hardly meant."""
    if config.routing.policy != "weights" and len({source.chain for source in config.source}) < 2:
        yield Problem(
            ("routing", "policy"),
            f"{config.routing.policy} compares chains, and all sources are of one: weights alone decide",
            'set policy = "weights", or add a source of another chain',
        )
