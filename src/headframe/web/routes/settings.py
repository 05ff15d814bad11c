"""Settings.

Responsible for: these routes.
Not responsible for: the settings (`service.commands`, `service.steering`).
Read next: `service.settings_views`.
"""

from starlette.responses import Response

from headframe.service.settings_views import Change, ChangeResult, ProfilesView, SettingsView
from headframe.web.answers import tagged
from headframe.web.areas import Area
from headframe.web.bodies import ChangesBody, ImportBody
from headframe.web.visitor import Asker

area = Area("settings")


@area.get("/settings", SettingsView)
async def settings(asker: Asker) -> Response:
    """All settings with their kinds, defaults, values and help."""
    return asker.plainly(await asker.parts.commands.settings(asker.somebody))


@area.patch("/settings", ChangeResult)
async def change(asker: Asker, body: ChangesBody) -> Response:
    """Change settings, all or none. With a `revision` only if nobody changed anything since."""
    changes = [Change(one.path, one.value) for one in body.changes]
    result = await asker.parts.commands.change_settings(
        asker.somebody, changes, revision=body.revision, check_only=body.check_only
    )
    return asker.plainly(result)


@area.get("/settings/export", str, media="application/toml")
async def export(asker: Asker) -> Response:
    """The configuration as TOML, without its secrets."""
    text = await asker.parts.commands.export_settings(asker.somebody)
    answer = tagged(asker.request, text.encode(), "application/toml")
    answer.headers["content-disposition"] = 'attachment; filename="headframe.toml"'
    return answer


@area.post("/settings/import", ChangeResult)
async def import_(asker: Asker, body: ImportBody) -> Response:
    """Take this TOML in place of the configuration; secrets that it leaves out stay."""
    return asker.plainly(await asker.parts.commands.import_settings(asker.somebody, body.text, body.check_only))


@area.get("/settings/profiles", ProfilesView)
async def profiles(asker: Asker) -> Response:
    """Sets of defaults for small, medium and large, and which suits this machine."""
    return asker.plainly(await asker.parts.commands.profiles(asker.somebody))
