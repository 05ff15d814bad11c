"""The composition root: configuration to objects to one TaskGroup.

Responsible for: building everything, and the order of start and stop.
Not responsible for: anything that decides.
Read next: `app.running`, docs/flows/shutdown.md.

Nothing is imported here: a command that only asks must not load what serves.
"""
