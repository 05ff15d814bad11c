"""Work sources and their weights.

Responsible for: these routes.
Not responsible for: changing them (`service.commands`).
Read next: `service.steering`.
"""

from starlette.responses import Response

from headframe.service.balance_views import BalanceView, PolicyPreview
from headframe.service.history_views import NetworkView, SourceHistory
from headframe.service.refusals import Invalid
from headframe.service.settings_views import ChangeResult, TestReport, WeightPreview
from headframe.service.views import SourceView
from headframe.web.areas import Area
from headframe.web.bodies import Name, PolicyBody, PreviewBody, SourceBody, SourceTestBody, Span, SteeringBody
from headframe.web.visitor import Asker

area = Area("sources")


@area.get("/sources", tuple[SourceView, ...])
async def sources(asker: Asker) -> Response:
    """All sources as they are now."""
    return await asker.say(asker.parts.queries.overview().sources)


@area.post("/sources", ChangeResult, status=201)
async def create(asker: Asker, body: SourceBody) -> Response:
    """Add a source: `values` are the keys of one [[source]]."""
    result = await asker.parts.commands.add_source(asker.somebody, body.values, check_only=body.check_only)
    return asker.plainly(result, 201)


@area.patch("/sources", tuple[ChangeResult, ...])
async def steer(asker: Asker, body: SteeringBody) -> Response:
    """Set weights, pause and resume. One result for the weights and one for each source that was paused or resumed."""
    if not body.weights and not body.paused:
        raise Invalid("there is nothing to change", "give weights or paused")
    results = []
    if body.weights:
        results.append(await asker.parts.commands.set_weights(asker.somebody, body.weights))
    for name, paused in (body.paused or {}).items():
        results.append(await asker.parts.commands.pause(asker.somebody, name, paused))
    return asker.plainly(tuple(results))


@area.post("/sources/preview", WeightPreview)
async def preview(asker: Asker, body: PreviewBody) -> Response:
    """What would have to move if the weights were these, and the sources `without` were paused or removed."""
    return asker.plainly(await asker.parts.commands.preview_weights(asker.somebody, body.weights, body.without))


@area.get("/sources/balance", BalanceView)
async def balance(asker: Asker) -> Response:
    """How the weights are decided: by the policy of [routing], what it decided and why, what each policy needs."""
    return await asker.say(asker.parts.queries.balance())


@area.post("/sources/balance/preview", PolicyPreview)
async def preview_policy(asker: Asker, body: PolicyBody) -> Response:
    """What a policy would do now. The feeds that it needs are asked once; nothing is changed."""
    return asker.plainly(await asker.parts.commands.preview_policy(asker.somebody, body.policy))


@area.post("/sources/test", TestReport)
async def test(asker: Asker, body: SourceTestBody) -> Response:
    """Try settings of a source. With the `name` of one there is, what `values` leaves out is taken from it."""
    return asker.plainly(await asker.parts.commands.test_source(asker.somebody, body.values, body.name))


@area.patch("/sources/{name}", ChangeResult)
async def change(asker: Asker, name: Name, body: SourceBody) -> Response:
    """Change keys of a source; null takes one out."""
    return asker.plainly(await asker.parts.commands.change_source(asker.somebody, name, body.values, body.check_only))


@area.delete("/sources/{name}", ChangeResult)
async def remove(asker: Asker, name: Name) -> Response:
    """Remove a source; its miners go to the others."""
    return asker.plainly(await asker.parts.commands.remove_source(asker.somebody, name))


@area.get("/sources/{name}/history", SourceHistory)
async def history(asker: Asker, name: Name, span: Span = "24h") -> Response:
    """What a source was wanted to get, and got."""
    return await asker.say(await asker.parts.queries.source_history(name, span))


@area.get("/networks", tuple[NetworkView, ...])
async def networks(asker: Asker) -> Response:
    """Difficulty and hashrate of each chain's network."""
    return await asker.say(tuple(asker.parts.queries.networks()))
