"""Ids are random and nobody's but ours, also in a process that was forked."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from genmux.domain.ids import attempt_key, new_file_id, new_request_id, new_task_id, parse_hex_id

FORKED = r"""
import os
from genmux.domain.ids import new_task_id
new_task_id()
child = os.fork()
os.write(1, new_task_id().hex().encode() + b"\n")
if child:
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_ids_of_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORKED], capture_output=True, text=True, check=True, timeout=60
    )
    one, two = done.stdout.split()
    assert one != two


def test_ids_are_new_each_time() -> None:
    assert len({new_task_id() for _ in range(2000)}) == 2000
    assert len({new_request_id() for _ in range(100)}) == 100
    assert all(10**17 <= new_file_id() < 10**18 for _ in range(100))


def test_an_id_is_read_back_only_as_it_is_spelt() -> None:
    task_id = new_task_id()
    assert parse_hex_id(task_id.hex()) == task_id
    assert parse_hex_id(task_id.hex().upper() + "A") is None
    assert len(attempt_key(task_id, 12)) <= 50
