"""The endpoints of models: every name that a channel here serves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from genmux.dialects.exchange import WireReply
from genmux.dialects.openai_call import Call, Desk, reply_json
from genmux.dialects.openai_creates import no_such_model
from genmux.domain.spec import Kind
from genmux.engine.channels import model_path
from genmux.wires import openai

OWNER: Final = "genmux"


async def list_models(desk: Desk, call: Call) -> WireReply:
    """Show the aliases first, then the catalogue's own names."""
    return reply_json(openai.render_models((name, OWNER) for name in dict.fromkeys(_served(desk))))


async def retrieve_model(desk: Desk, call: Call) -> WireReply:
    """Show one model of the list, whatever the case of its name."""
    wanted = call.params["id"]
    for name in _served(desk):
        if name.lower() == wanted.lower():
            return reply_json(openai.render_model(name, OWNER))
    near = dict.fromkeys(n for kind in Kind for n in desk.names.nearest(kind, wanted))
    raise no_such_model(desk, wanted, tuple(near)[:3])


def _served(desk: Desk) -> Iterator[str]:
    for kind in (Kind.VIDEO, Kind.IMAGE):
        for name, model in desk.names.listed(kind).items():
            if desk.service.router.serving(model_path(kind, model)):
                yield name
