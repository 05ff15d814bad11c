"""The API does what its OpenAPI document says, whatever is sent: tried by schemathesis.

Against the made-up house; with HEADFRAME_API and HEADFRAME_TOKEN set, against that server ("http://127.0.0.1:8855") with
that token instead: `HEADFRAME_API=... HEADFRAME_TOKEN=... pytest tests/functional/test_web_schemathesis.py`.
"""

import os
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from headframe.testing.loop_thread import LoopThread
from headframe.testing.scripted_web import ServedHouse
from headframe.web import guard
from headframe.web.document import document

EXAMPLES = 8

schema = schemathesis.openapi.from_dict(document()).exclude(path="/api/v1/events")
"""The stream never ends; tests/functional/test_web_events.py listens to it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where, and with which token."""
    place = os.environ.get("HEADFRAME_API")
    if place:
        yield place, os.environ["HEADFRAME_TOKEN"]
        return
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(guard, "ADDRESS_PER_S", 1e6)
        patched.setattr(guard, "ADDRESS_BURST", 10**6)
        house = ServedHouse(tmp_path_factory.mktemp("house"), miners=5)
        thread = LoopThread(house, "house")
        thread.start()
        yield house.url.rstrip("/"), house.house.accounts.console_secret
        thread.close()


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_does_what_it_says(case: schemathesis.Case, server: tuple[str, str]) -> None:
    place, token = server
    # What fits the shape may still make no sense: a name that is taken, an address of another network.
    case.call_and_validate(
        base_url=place, headers={"Authorization": f"Bearer {token}"}, excluded_checks=[positive_data_acceptance]
    )
