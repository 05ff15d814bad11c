"""What holds for all tests."""

from hypothesis import settings
from hypothesis.internal.conjecture import providers

# The same examples in every run: a failure is somebody's change, never luck.
settings.register_profile("fixed", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("fixed")

# Hypothesis also tries constants that it finds in whatever modules happen to be loaded, which depends on the tests that ran
# before in the same process. Without that source a fixed seed is fixed. (Not part of its interface: if it goes, a run may
# differ from the next, and nothing else.)
if hasattr(providers, "_get_local_constants"):
    providers._get_local_constants = lambda: providers._local_constants
