"""2,400 tasks in flight: no sliding second at the upstream holds more calls than the account's limits.

Measured at the upstream with the kernel's time of arrival. Describes have MPS's own limits; creates
have three times MPS's, so that the test is short. `make chaos ARGS=--pace` takes them as they are.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.chaos.pace import IN_FLIGHT, MPS, Limits, rush

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's times of arrival")

SHORT = Limits(creates={"image": 60, "video": 30}, describes=MPS.describes)
POLLS = 1500


@pytest.mark.timeout(180)
def test_no_second_holds_more_than_the_limit(tmp_path: Path) -> None:
    seen = rush(tmp_path, SHORT, polls=POLLS)
    assert seen.accepted == IN_FLIGHT
    assert sum(seen.calls[action] for action in SHORT.describe_actions()) >= POLLS
    assert seen.refused == 0
    for action, limit in SHORT.by_action().items():
        assert 0 < seen.busiest[action] <= limit, (action, seen.busiest)
