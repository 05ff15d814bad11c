"""How to connect a miner.

Responsible for: these routes; QR codes as files of their own, so that the page needs no image from data.
Not responsible for: the addresses (`app`).
Read next: `service.setup`.
"""

from typing import Annotated, Literal

from fastapi import Query
from starlette.responses import Response

from headframe.service.refusals import NotFound
from headframe.service.setup import ConnectView
from headframe.web.answers import tagged
from headframe.web.areas import Area
from headframe.web.qr import drawn
from headframe.web.visitor import Asker

area = Area("connect")


@area.get("/connect", ConnectView)
async def connect(asker: Asker) -> Response:
    """What to type into a miner."""
    return asker.plainly(asker.parts.connect())


@area.get("/connect/certificate.pem", str, media="application/x-pem-file")
async def certificate(asker: Asker) -> Response:
    """The certificate of the port for miners, for those that want to know it."""
    pem = asker.parts.connect().certificate_pem
    if not pem:
        raise NotFound("there is no certificate", "turn on stratum.tls")
    answer = tagged(asker.request, pem.encode(), "application/x-pem-file")
    answer.headers["content-disposition"] = 'attachment; filename="headframe.pem"'
    return answer


@area.get("/connect/qr.svg", str, media="image/svg+xml")
async def qr(asker: Asker, what: Annotated[Literal["plain", "tls"], Query()] = "plain") -> Response:
    """The first address as a QR code: dark on light whatever the page's colours are."""
    view = asker.parts.connect()
    urls = view.plain if what == "plain" else view.tls
    if not urls:
        raise NotFound("miners cannot connect in that way", "see stratum.listen and stratum.tls")
    return tagged(asker.request, drawn(urls[0]), "image/svg+xml")
