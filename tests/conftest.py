"""What holds for all tests."""

from hypothesis import settings

# The same examples in every run: a failure is somebody's change, never luck.
settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")
