"""The composition root: configuration to objects to one TaskGroup.

Responsible for: building everything, and the order of start and stop.
Not responsible for: anything that decides.
Read next: `app.running`, docs/flows/shutdown.md.
"""

from headframe.app.cockpit import Holding
from headframe.app.running import Ready, Reloads, run
from headframe.app.trouble import CannotStart

__all__ = ["CannotStart", "Holding", "Ready", "Reloads", "run"]
