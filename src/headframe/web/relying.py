"""Under which name and origin passkeys are made and used.

Responsible for: the relying party's id and origin.
Not responsible for: passkeys (`service.accounts`).
Read next: `web.routes.session`.
"""

from urllib.parse import urlsplit

from headframe.web.origins import name_of
from headframe.web.visitor import Visitor


def relying_party(asker: Visitor) -> tuple[str, str]:
    """(host, origin). By `web.origin` where that is what the browser uses, else by what it asked for."""
    origin = asker.parts.settings().origin
    here = asker.caller
    if origin and name_of(here.host) == (urlsplit(origin).hostname or ""):
        return name_of(here.host), origin.rstrip("/")
    return name_of(here.host), here.origin
