"""What every test shares: one Hypothesis profile for this machine and one for CI."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("genmux.testing.store_suite")  # before anybody imports it

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")
