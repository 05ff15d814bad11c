"""What an imported file may change, asked of the real desk by the real commands."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from headframe.app.desk import Desk
from headframe.app.desk_weights import Standing
from headframe.app.reload import Reload, diff
from headframe.config import Config, load
from headframe.net.clock import Clock
from headframe.service.audit import AuditLog
from headframe.service.commands import Commands, Floor
from headframe.service.permissions import MATRIX, Actor, Role
from headframe.service.refusals import NotAllowed
from headframe.service.settings_views import Change
from headframe.store.account_store import AccountStore
from headframe.testing.fake_clock import FakeClock

ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080"
OTHER = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt"
FILE = f"""\
[payout]
address = "{ADDRESS}"
[[source]]
name = "home"
network = "regtest"
rpc = "http://127.0.0.1:18443"
user = "u"
password = "hunter2"
"""
NODE = '[[source]]\nname = "{name}"\nnetwork = "regtest"\nrpc = "http://192.0.2.66:8332"\n'
POOL = f'[[source]]\nname = "home"\nkind = "pool"\nnetwork = "regtest"\nurl = "stratum+tcp://192.0.2.66:1"\nwallet = "{OTHER}"\n'


class NoFleet:
    def standing(self) -> Sequence[Standing]:
        return ()


class Place:
    def __init__(self, folder: Path) -> None:
        self.file = folder / "headframe.toml"
        self.file.write_text(FILE)
        self.config = load(self.file, {})
        environment: Mapping[str, str] = {}
        clock = cast("Clock", FakeClock())
        self.store = AccountStore.open(folder)
        desk = Desk(self.file, environment, lambda: self.config, self.apply, NoFleet(), clock)
        self.commands = Commands(desk, cast("Floor", None), AuditLog(self.store, clock), clock)

    async def apply(self, config: Config) -> Reload:
        reload = diff(self.config, config)
        self.config = reload.in_force
        return reload


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.store.close()


def of(role: Role) -> Actor:
    return Actor(7, role.value, role, MATRIX[role], "192.0.2.1", "session", proven_ms=FakeClock().unix_ms())


@pytest.mark.parametrize(
    "source",
    [
        NODE.format(name="mine") + 'cookie_file = "{secret}"\n',
        NODE.format(name="mine") + 'user = "u"\npassword_file = "{secret}"\n',
        POOL + 'password_file = "{secret}"\n',  # of another kind than the one of that name
    ],
)
async def test_a_file_that_is_read_is_for_owners_also_as_part_of_a_source_that_is_imported(
    here: Place, tmp_path: Path, source: str
) -> None:
    """Beside an address of one's own it would carry any file's first line out of the machine."""
    secret = tmp_path / "secret"
    secret.write_text("root:key\n")
    before = FILE if "mine" in source else FILE[: FILE.index("[[source]]")]
    text = before + source.replace("{secret}", str(secret))
    for check_only in (True, False):
        with pytest.raises(NotAllowed):
            await here.commands.import_settings(of(Role.ADMIN), text, check_only)
    assert here.file.read_text() == FILE
    assert (await here.commands.import_settings(of(Role.OWNER), text, False)).applied


async def test_an_admin_imports_sources_that_read_no_file(here: Place) -> None:
    text = FILE + NODE.format(name="mine") + 'user = "u"\npassword = "p"\n'
    assert (await here.commands.import_settings(of(Role.ADMIN), text, False)).applied


async def test_what_an_owner_wrote_about_money_for_the_next_start_is_not_taken_back_by_an_admin(here: Place) -> None:
    """The file is not what runs yet: both are looked at."""
    written = FILE.replace(ADDRESS, OTHER)
    here.file.write_text(written)
    with pytest.raises(NotAllowed):
        await here.commands.import_settings(of(Role.ADMIN), FILE, False)
    assert here.file.read_text() == written


async def test_what_waits_for_a_restart_already_is_not_the_doing_of_who_changes_something_else(here: Place) -> None:
    """Else an admin could change nothing until then."""
    here.file.write_text(f'{FILE}[data]\ndir = "{here.file.parent / "elsewhere"}"\n')
    change = [Change("web.privacy", "totals")]
    plan = await here.commands.change_settings(of(Role.ADMIN), change, check_only=True)
    assert "data.dir" in plan.needs_restart
    assert (await here.commands.change_settings(of(Role.ADMIN), change)).applied
    with pytest.raises(NotAllowed):
        await here.commands.import_settings(of(Role.ADMIN), FILE, False)
