"""`python -m bench`: all measurements, one after the other."""

from bench import crowd_cost, new_block, share_cost

for part in (share_cost, crowd_cost, new_block):
    part.main()
