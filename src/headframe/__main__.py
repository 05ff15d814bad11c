"""`python -m headframe` is `headframe`."""
