"""Runs flows in the calling thread: HTTP by urllib3, whose pool any number of threads share."""

from __future__ import annotations

import os
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import unquote

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from genmux.client.effects import (
    THROWN,
    Answer,
    AnswerLost,
    Call,
    Download,
    Downloaded,
    Effect,
    Flow,
    NotSent,
    Pause,
    ReadFile,
    Tell,
    Turn,
    Untrusted,
)
from genmux.client.local_files import read_file, trusting
from genmux.client.pace import Pace
from genmux.client.part_file import CHUNK_BYTES, MOST_REDIRECTS, PartFile
from genmux.client.proxies import Proxies
from genmux.client.reasons import reason_of, untrusted

T = TypeVar("T")

CONNECT_SECONDS: Final = 10.0
CONNECTIONS: Final = 64
"""How many connections to one host are kept for reuse; threads beyond that open and close their own."""
_FOLLOWING: Final = urllib3.Retry(None, connect=0, read=0, redirect=MOST_REDIRECTS, status=0, other=0)


class SyncShell:
    """Performs what flows ask for; safe between threads."""

    def __init__(self, pace: Pace, certificate: str = "") -> None:
        """`certificate` is the path of a PEM file to trust beside the system's."""
        self._pace = pace
        self._turns = threading.Lock()
        self._trusted = trusting(certificate)
        self._proxies = Proxies()
        self._process, self._pools = os.getpid(), dict[str, urllib3.PoolManager]()
        self._perform: dict[type[Any], Callable[[Any], Any]] = {
            Call: self._call,
            Turn: self._turn,
            Pause: _pause,
            ReadFile: read_file,
            Download: self._download,
        }

    def run(self, flow: Flow[T], tell: Callable[[Any], object] | None = None) -> T:
        """Run a flow to its end and return its result; `tell` is shown what it tells."""
        move: Callable[[], Effect] = partial(next, flow)
        with closing(flow):  # at once, whoever keeps the error: others wait for what the flow holds
            while True:
                try:
                    effect = move()
                except StopIteration as stop:
                    result: T = stop.value
                    return result
                if type(effect) is Tell:
                    if tell is not None:
                        tell(effect.news)
                    move = partial(next, flow)
                    continue
                try:
                    reply = self._perform[type(effect)](effect)
                except THROWN as error:
                    move = partial(flow.throw, error)
                else:
                    move = partial(flow.send, reply)

    def close(self) -> None:
        """Close every connection."""
        for pool in self._pools.values():
            pool.clear()

    def _pool(self, url: str) -> urllib3.PoolManager:
        """Return this process's connections by the proxy of a URL; a fork's parent keeps those it opened."""
        if self._process != os.getpid():
            self._process, self._pools = os.getpid(), {}
        proxy = self._proxies.of(url)
        return self._pools.get(proxy) or self._pools.setdefault(proxy, self._open(proxy))

    def _open(self, proxy: str) -> urllib3.PoolManager:
        said: dict[str, Any] = {"maxsize": CONNECTIONS, "ssl_context": self._trusted, "headers": {}}
        if not proxy:
            return urllib3.PoolManager(retries=False, **said)
        login = urllib3.util.parse_url(proxy).auth
        headers = urllib3.make_headers(proxy_basic_auth=unquote(login)) if login else None
        return urllib3.ProxyManager(proxy, proxy_headers=headers, retries=False, **said)

    def _turn(self, turn: Turn) -> None:
        with self._turns:
            seconds = self._pace.claim(turn.pace, time.monotonic(), refused=turn.refused)
        if seconds > 0:
            time.sleep(seconds)

    def _call(self, call: Call) -> Answer:
        with _named_errors():
            reply = self._pool(call.url).urlopen(
                call.method,
                call.url,
                body=call.body or None,
                headers=dict(call.headers),
                redirect=call.redirects,
                retries=_FOLLOWING if call.redirects else False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=call.timeout_seconds),
            )
        return Answer(reply.status, {k.lower(): v for k, v in reply.headers.items()}, reply.data)

    def _download(self, wanted: Download) -> Downloaded:
        part = PartFile(wanted)
        try:
            while True:
                try:
                    if self._pour(part):
                        return part.finish()
                except (NotSent, AnswerLost) as error:
                    time.sleep(part.again(error))
        finally:
            part.discard()

    def _pour(self, part: PartFile) -> bool:
        """Ask for what is missing and write what comes; return False when another URL is to be asked."""
        with _named_errors():
            reply = self._pool(part.url).urlopen(
                "GET",
                part.url,
                headers=part.headers(),
                redirect=False,
                preload_content=False,
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=60.0),
            )
            try:
                wanted = part.begin(reply.status, {k.lower(): v for k, v in reply.headers.items()})
                while wanted and (chunk := reply.read1(CHUNK_BYTES, decode_content=False)):
                    part.write(chunk)
            except BaseException:
                reply.close()
                raise
            reply.drain_conn()
            reply.release_conn()
        return wanted


def _pause(pause: Pause) -> None:
    time.sleep(pause.seconds)


@contextmanager
def _named_errors() -> Iterator[None]:
    """Say of urllib3's errors whether the call can have reached the other side."""
    try:
        yield
    except (NewConnectionError, ConnectTimeoutError) as error:
        raise NotSent(_reason(error)) from error
    except ProxyError as error:  # only ever before the request is on its way
        raise NotSent(f"the proxy: {_reason(error.original_error)}") from error
    except SSLError as error:
        fault = error.args[0] if error.args else error
        if isinstance(fault, ssl.SSLError):
            raise (Untrusted if untrusted(fault) else AnswerLost)(reason_of(fault)) from error
        raise AnswerLost(str(error)) from error
    except MaxRetryError as error:
        reached = not isinstance(error.reason, NewConnectionError | ConnectTimeoutError)
        raise (AnswerLost if reached else NotSent)(str(error.reason)) from error
    except HTTPError as error:
        raise AnswerLost(_reason(error)) from error


def _reason(error: Exception) -> str:
    cause = error if isinstance(error, OSError) else error.__cause__ or error.__context__
    return reason_of(cause) if isinstance(cause, OSError) else str(error)
