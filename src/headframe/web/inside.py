"""What the application keeps between requests.

Responsible for: handing it to the routes that need it.
Not responsible for: what is handed in (`web.doors`).
Read next: `web.stream`, `web.moment`.
"""

from dataclasses import dataclass

from starlette.requests import Request

from headframe.web.moment import Moment
from headframe.web.stream import Streams
from headframe.web.visitor import Doorkeeper


@dataclass(frozen=True, slots=True)
class Inside:
    door: Doorkeeper
    streams: Streams
    moment: Moment


def inside(request: Request) -> Inside:
    found = request.app.state.inside
    assert isinstance(found, Inside)
    return found
