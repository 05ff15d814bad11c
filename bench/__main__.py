"""`python -m bench`: all measurements, one after the other."""

from bench import cockpit_cost, crowd_cost, new_block, share_cost

for part in (share_cost, crowd_cost, new_block, cockpit_cost):
    part.main()
