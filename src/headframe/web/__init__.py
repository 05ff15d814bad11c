"""The web port.

Responsible for: health, metrics and a page that says what is here, over HTTP.
Not responsible for: the numbers (`service`), their Prometheus form (`metrics`, handed in by `app`).
Read next: `web.pages`, `web.server`.
"""

from headframe.web.pages import Rendered, application
from headframe.web.server import WebServer

__all__ = ["Rendered", "WebServer", "application"]
