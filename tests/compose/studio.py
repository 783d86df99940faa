"""An upstream for tests of channels: a provider with plain facts and a plain probe, and a net for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from genmux.providers.base import BaseProvider
from genmux.providers.preview import provider as preview
from genmux.providers.seam import (
    Account,
    ErrorClass,
    Flow,
    Healthy,
    HttpCall,
    HttpReply,
    Provider,
    ProviderFacts,
    Refused,
)


class Studio(BaseProvider):
    """Takes the option `region`; its probe is one signed GET."""

    facts = ProviderFacts(
        endpoint="https://studio.example",
        rates={"create:image": 20.0, "create:video": 10.0, "describe:video": 50.0},
        slots=7,
        learns=True,
        credential_names=("secret_id", "secret_key"),
    )

    def __init__(self, name: str = "studio") -> None:
        self.name = name

    def options(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Take `region` and complete it."""
        for name in said:
            if name != "region":
                raise ValueError(f"{name} is no option of the provider {self.name}")
        return {"region": "north", **said}

    def authorize(self, call: HttpCall, credential: dict[str, str], now: int) -> HttpCall:
        """Write the secrets into a header."""
        return replace(call, headers=(("authorization", " ".join(credential.values())),))

    def probe(self, account: Account) -> Flow:
        """Ask whether the key is good."""
        reply: HttpReply = yield HttpCall("GET", f"{account.endpoint}/whoami")
        if reply.status == 200:
            return Healthy({"date": reply.headers.get("date", "")})
        return Refused(ErrorClass.AUTH, "AuthFailure", "The key is not known.", "密钥不存在。", "request-1")


PROVIDERS: dict[str, Provider] = {
    "preview": preview,
    "studio": Studio(),
    "mps": Studio("mps"),
    "vod": Studio("vod"),
}


@dataclass
class Answers:
    """The part of the `Net` port that a probe needs; an exception is raised, a reply is given."""

    reply: HttpReply | Exception = field(default_factory=lambda: HttpReply(200, {}, b""))
    calls: list[HttpCall] = field(default_factory=list)

    async def send(
        self, call: HttpCall, *, allow_private: bool = False, on_sent: Callable[[], None] | None = None
    ) -> HttpReply:
        """Note the call and answer it."""
        self.calls.append(call)
        if isinstance(self.reply, Exception):
            raise self.reply
        return self.reply
