"""Headframe: one address for all your Bitcoin miners."""

__version__ = "0.1.0"
