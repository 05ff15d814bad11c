"""Setting up a server that has no owner or no configuration.

Responsible for: these routes.
Not responsible for: doing it (`service.setup`, `app.setup`), the secret that was printed (`service.accounts`).
Read next: `service.setup`.
"""

from starlette.responses import Response

from headframe.service.settings_views import FoundNode, TestReport
from headframe.service.setup import AddressView, ConnectView, SetupView
from headframe.web.areas import Area
from headframe.web.bodies import AddressBody, OwnerBody, ValuesBody
from headframe.web.routes.session import welcomed
from headframe.web.shapes import SessionInfo
from headframe.web.visitor import Asker

area = Area("setup")


@area.get("/setup", SetupView)
async def state(asker: Asker) -> Response:
    """How far the server is."""
    found = asker.parts.setup.state()
    return asker.plainly(found if asker.actor is not None else SetupView(found.stage))


@area.post("/setup/owner", SessionInfo)
async def owner(asker: Asker, body: OwnerBody) -> Response:
    """Make the first owner, with the secret that was printed where the server was started, and sign in."""
    accounts = asker.parts.accounts
    signed = await asker.aside(
        accounts.create_first_owner,
        body.setup_secret,
        body.name,
        body.password,
        asker.caller.address,
        asker.agent,
    )
    return welcomed(asker, signed)


@area.get("/setup/nodes", tuple[FoundNode, ...])
async def nodes(asker: Asker) -> Response:
    """Nodes of this machine, found by their cookie files."""
    return asker.plainly(tuple(await asker.aside(asker.parts.setup.nodes)))


@area.post("/setup/check-node", TestReport)
async def check_node(asker: Asker, body: ValuesBody) -> Response:
    """Try a node with these settings."""
    return asker.plainly(await asker.parts.setup.check_node(body.values))


@area.post("/setup/check-pool", TestReport)
async def check_pool(asker: Asker, body: ValuesBody) -> Response:
    """Try a pool with these settings."""
    return asker.plainly(await asker.parts.setup.check_pool(body.values))


@area.post("/setup/check-address", AddressView)
async def check_address(asker: Asker, body: AddressBody) -> Response:
    """Whether an address can be paid on a network."""
    return asker.plainly(asker.parts.setup.check_address(body.network, body.address))


@area.post("/setup/finish", ConnectView)
async def finish(asker: Asker, body: ValuesBody) -> Response:
    """Write the configuration and begin to serve miners."""
    return asker.plainly(await asker.parts.setup.finish(asker.somebody, body.values))
