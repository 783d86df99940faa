"""The clock of a shared store, whatever the machine takes for the time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from genmux.compose.clock import EmulatorClock, StoreClock
from genmux.engine.fleet import FleetStore, ServerTime


@dataclass
class Machine:
    """A machine whose time of day is wrong, and a store that is asked from it."""

    monotonic: float = 5_000.0
    of_day: int = 60_000
    store_ms: float = 1_000_000.0

    async def server_time(self) -> ServerTime:
        return ServerTime(self.store_ms, self.monotonic, 1.0)

    def pass_by(self, milliseconds: int) -> None:
        self.monotonic += milliseconds
        self.of_day += milliseconds
        self.store_ms += milliseconds


async def test_the_store_says_what_time_it_is() -> None:
    machine = Machine()
    clock = StoreClock(lambda: machine.monotonic, lambda: machine.of_day)
    assert clock() == 60_000, "nobody has asked yet"
    await clock.measure(cast(FleetStore, machine))
    assert clock() == 1_000_000
    assert clock.offset_ms == 940_000
    machine.pass_by(250)
    machine.of_day += 3_600_000  # somebody sets the clock
    assert clock() == 1_000_250
    machine.store_ms += 40  # the store's clock is set, too
    await clock.measure(cast(FleetStore, machine))
    assert clock() == 1_000_290


async def test_an_emulator_runs_ahead_of_it() -> None:
    machine = Machine()
    clock = StoreClock(lambda: machine.monotonic, lambda: machine.of_day)
    await clock.measure(cast(FleetStore, machine))
    ahead = EmulatorClock(clock)
    assert ahead.advance(10) == 1_010_000
    assert clock() == 1_000_000
