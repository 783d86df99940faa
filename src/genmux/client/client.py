"""`Client` and `AsyncClient`: what they offer is the same, and is written once; only who waits differs."""

from __future__ import annotations

import os
import time
from collections.abc import Coroutine
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, Unpack

from genmux.client.desk import Desk
from genmux.client.effects import Flow
from genmux.client.endpoint import Endpoint
from genmux.client.pace import Pace
from genmux.client.raw import RawResponse
from genmux.client.resources import Images, Models, Steps, Tasks, Videos
from genmux.client.targets import Target, choose_endpoint, guide_target
from genmux.client.tasks import AsyncTask, Task, TaskPage

if TYPE_CHECKING:
    from genmux.client.async_shell import Carrier

T = TypeVar("T")
Sentences: TypeAlias = tuple[str, ...]
ModelRows: TypeAlias = tuple[dict[str, Any], ...]
_AsyncRaw: TypeAlias = Coroutine[Any, Any, RawResponse[AsyncTask]]


class Client:
    """Makes pictures and films on one platform, call by call.

    `endpoint` is the URL of a genmux server, or the name of another platform; None is the server of
    GENMUX_SERVER, else the one on this machine. A client may be shared by any number of threads, also
    where an event loop runs; its tasks too. Close it, or use it as a context manager.
    """

    images: Images[Task, Sentences, RawResponse[Task]]
    videos: Videos[Task, Sentences, RawResponse[Task]]
    steps: Steps[Task]
    tasks: Tasks[Task, TaskPage[Task]]
    models: Models[ModelRows]

    def __init__(self, endpoint: str | None = None, **said: Unpack[Target]) -> None:
        """Open a client; nothing is asked yet. Raises `CallerError`s that name the argument at fault."""
        from genmux.client.sync_shell import SyncShell

        chosen = choose_endpoint(endpoint, said, os.environ, time.monotonic)
        self._shell = SyncShell(Pace(chosen.facts.paces), said.get("certificate") or "")
        desk = Desk(chosen, self._shell.run, Task, time.monotonic, said.get("language") or "en")
        self.images = Images(desk)
        self.videos = Videos(desk)
        self.steps = Steps(desk)
        self.tasks = Tasks(desk)
        self.models = Models(desk)

    @classmethod
    def from_config(cls, path: str | os.PathLike[str], **said: Unpack[Target]) -> Client:
        """Open a client of MPS by the configuration file of Tencent's guides; `said` wins over it.

        Raises `OSError`, and `CallerError`s that name the key or argument at fault.
        """
        return cls("mps", **guide_target(path) | said)

    def run(self, flow: Flow[T]) -> T:
        """Run a flow of the endpoint, for what no method offers."""
        return self._shell.run(flow)

    def close(self) -> None:
        """Close every connection; tasks go on."""
        self._shell.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncClient:
    """Makes pictures and films on one platform, any number at once.

    The arguments are those of `Client`; every method that asks the platform returns a coroutine. A client
    works in the loop it is used in, and goes on in another one once that has ended. To cancel an awaited
    `create` is to lose sight of it, not to undo it: with an `idempotency_key` of your own the same call
    finds the task again instead of making another. Close it, or use it as an asynchronous context manager.
    """

    images: Images[Coroutine[Any, Any, AsyncTask], Coroutine[Any, Any, Sentences], _AsyncRaw]
    videos: Videos[Coroutine[Any, Any, AsyncTask], Coroutine[Any, Any, Sentences], _AsyncRaw]
    steps: Steps[Coroutine[Any, Any, AsyncTask]]
    tasks: Tasks[Coroutine[Any, Any, AsyncTask], Coroutine[Any, Any, TaskPage[AsyncTask]]]
    models: Models[Coroutine[Any, Any, ModelRows]]

    def __init__(self, endpoint: str | None = None, **said: Unpack[Target]) -> None:
        """Open a client; nothing is asked yet. Raises `CallerError`s that name the argument at fault."""
        from genmux.client.http_carrier import HttpCarrier

        chosen = choose_endpoint(endpoint, said, os.environ, time.monotonic)
        carrier = HttpCarrier(said.get("certificate") or "")
        self._furnish(chosen, carrier, said.get("language") or "en")

    @classmethod
    def from_config(cls, path: str | os.PathLike[str], **said: Unpack[Target]) -> AsyncClient:
        """Open a client of MPS by the configuration file of Tencent's guides; `said` wins over it.

        Raises `OSError`, and `CallerError`s that name the key or argument at fault.
        """
        return cls("mps", **guide_target(path) | said)

    @classmethod
    def over(cls, endpoint: Endpoint, carrier: Carrier, language: str = "en") -> AsyncClient:
        """Return a client of an endpoint, whatever carries its calls."""
        client = cls.__new__(cls)
        client._furnish(endpoint, carrier, language)
        return client

    def _furnish(self, endpoint: Endpoint, carrier: Carrier, language: str) -> None:
        from genmux.client.async_shell import AsyncShell

        self._shell = AsyncShell(Pace(endpoint.facts.paces), carrier)
        desk = Desk(endpoint, self._shell.run, AsyncTask, time.monotonic, language)
        self.images = Images(desk)
        self.videos = Videos(desk)
        self.steps = Steps(desk)
        self.tasks = Tasks(desk)
        self.models = Models(desk)

    async def run(self, flow: Flow[T]) -> T:
        """Run a flow of the endpoint, for what no method offers."""
        return await self._shell.run(flow)

    async def close(self) -> None:
        """Close every connection; tasks go on."""
        await self._shell.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
