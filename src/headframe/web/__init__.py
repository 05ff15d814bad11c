"""The web port.

Responsible for: health, metrics, the API, the event stream and the cockpit's files, over HTTP.
Not responsible for: the numbers (`service`), their Prometheus form (`metrics`, handed in by `app`).
Read next: `web.pages`, `web.server`.
"""

from headframe.web.pages import Cockpit, Rendered, WebParts, application
from headframe.web.server import WebServer

__all__ = ["Cockpit", "Rendered", "WebParts", "WebServer", "application"]
