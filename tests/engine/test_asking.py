"""Who is asked about an attempt when its channel's credential has been replaced since."""

from __future__ import annotations

import pytest

from genmux.domain.spec import GenerationSpec, Kind
from genmux.engine.asking import ask
from genmux.engine.channels import Channel
from genmux.providers.base import BaseProvider
from genmux.providers.seam import (
    Account,
    ErrorClass,
    Flow,
    InputFacts,
    ModelDefaults,
    Outcome,
    Pending,
    Puzzling,
    Recovery,
    Refused,
    Work,
)

REFUSED = Refused(ErrorClass.AUTH, "AuthFailure", "revoked")


class Able(BaseProvider):
    name = "able"
    recovery = Recovery.NEVER

    def poll(self, work: Work) -> Flow:
        yield from ()
        return Pending()


class Answering:
    """A runner at whose far side only one credential is good."""

    def __init__(self, good: str) -> None:
        self.good = good
        self.asked: list[str] = []

    async def run(
        self, flow: Flow, channel: Channel, account: Account, inputs: tuple[InputFacts, ...] = ()
    ) -> Outcome:
        flow.close()
        self.asked.append(account.credential)
        return Pending() if account.credential == self.good else REFUSED


def attempt(credential: str) -> Work:
    return Work(
        task_id=bytes(16),
        attempt=1,
        key="k",
        spec=GenerationSpec(kind=Kind.VIDEO),
        inputs=(),
        upstream_ref="r",
        defaults=ModelDefaults(5, "720P", "16:9", True),
        account=Account(channel="c", credential=credential),
    )


@pytest.mark.parametrize(
    ("frozen", "present", "good", "asked"),
    [
        ("old", "new", "old", ["old"]),
        ("old", "new", "new", ["old", "new"]),
        ("same", "same", "other", ["same"]),
    ],
    ids=["still good", "replaced", "revoked"],
)
async def test_the_channels_present_credential_asks_when_the_frozen_one_is_refused(
    frozen: str, present: str, good: str, asked: list[str]
) -> None:
    runner = Answering(good)
    channel = Channel(1, "c", Able(), Account(channel="c", credential=present))
    outcome = await ask(runner, channel, attempt(frozen), "poll")
    assert runner.asked == asked
    assert outcome == (Pending() if good in asked else REFUSED)


async def test_a_provider_without_the_verb_leaves_a_puzzle() -> None:
    channel = Channel(1, "c", Able(), Account(channel="c"))
    assert isinstance(await ask(Answering(""), channel, attempt(""), "cancel"), Puzzling)
