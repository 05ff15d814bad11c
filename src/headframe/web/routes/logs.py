"""The log.

Responsible for: these routes.
Not responsible for: keeping it (`service.logbook`).
Read next: `service.logbook`.
"""

from headframe.web.areas import Area

area = Area("logs")
