"""Measurements, each beside a ruler in the same run. `make bench` runs them all."""
