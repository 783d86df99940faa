"""Who owns a data directory: a lock that dies with its process, and the owner's address."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

LOCK_NAME: Final = "owner.lock"
CARD_NAME: Final = "owner.json"


class AlreadyOwned(Exception):
    """Another process owns the directory; `card` says who, when it has said so itself."""

    def __init__(self, directory: Path, card: OwnerCard | None) -> None:
        super().__init__(f"{directory} is already {_how(card)}; one process owns a data directory")
        self.card = card


@dataclass(frozen=True, slots=True)
class OwnerCard:
    """How to reach the owner: its address, and the token that makes the caller an operator.

    `certificate` is the path of the certificate to trust where the address is https. A program that opened
    the directory for itself has no address: its `url` is "".
    """

    url: str
    token: str
    pid: int
    certificate: str = ""


def _how(card: OwnerCard | None) -> str:
    if card is None:
        return "served"
    return f"served at {card.url} (process {card.pid})" if card.url else f"open in process {card.pid}"


class Ownership:
    """An exclusive lock on a data directory, held until `release` or the end of the process."""

    def __init__(self, directory: Path, lock: IO[str]) -> None:
        self._directory = directory
        self._lock = lock

    @classmethod
    def take(cls, directory: Path) -> Ownership:
        """Own `directory`, making it (0700) if needed. Raises `AlreadyOwned`."""
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (directory / LOCK_NAME).open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise AlreadyOwned(directory, read_card(directory)) from None
        (directory / CARD_NAME).unlink(missing_ok=True)
        return cls(directory, lock)

    def announce(self, url: str, token: str, certificate: Path | None = None) -> None:
        """Write the owner's card (0600), whole or not at all."""
        trusted = str(certificate.absolute()) if certificate is not None else ""
        card = {"url": url, "token": token, "pid": os.getpid(), "certificate": trusted}
        write_private(self._directory / CARD_NAME, json.dumps(card).encode())

    def release(self) -> None:
        """Give the directory up."""
        (self._directory / CARD_NAME).unlink(missing_ok=True)
        self._lock.close()


def read_card(directory: Path) -> OwnerCard | None:
    """Return the card of the directory's owner, None when there is none to read."""
    try:
        raw = json.loads((directory / CARD_NAME).read_text())
        return OwnerCard(raw["url"], raw["token"], raw["pid"], raw["certificate"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def owner_of(directory: Path) -> OwnerCard | None:
    """Return the card of a live owner; a card that a dead process left behind is not one."""
    path = directory / LOCK_NAME
    if not path.exists():
        return None
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return read_card(directory)
    return None


def write_private(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a file that only its owner may read, whole or not at all.

    An older one is replaced at once; without `replace` it stays, and what was to be written is dropped.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    if replace:
        temporary.replace(path)
        return
    with contextlib.suppress(FileExistsError):
        os.link(temporary, path)
    temporary.unlink()
