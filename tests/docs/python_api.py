"""The reference of our Python client, from its signatures and docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from tests.docs.pages import DOCS
from tests.docs.parts import table

import genmux
from genmux.client import orders, public, resources, targets
from genmux.domain.errors import GenmuxError

API_PAGE: Final = DOCS / "python-api.md"
CLASSES: Final = {
    "clients": (public.Client, public.AsyncClient),
    "resources": (resources.Images, resources.Videos, resources.Steps, resources.Tasks, resources.Models),
    "tasks": (
        public.Task,
        public.AsyncTask,
        public.Result,
        public.Artifact,
        public.TaskEvent,
        public.TaskPage,
    ),
    "inputs": (public.Reference, public.Subject),
    "raw": (public.RawResponse,),
}
WORDS: Final = {
    "target": (targets.Target,),
    "words": (orders.ImageWords, orders.VideoWords, orders.StepWords),
}
"""The keyword arguments that methods share, each a typed dictionary."""


def classes_part(classes: tuple[type, ...]) -> str:
    """Return what these classes promise and offer."""
    return "\n\n".join(line for cls in classes for line in _class(cls))


def words_part(kinds: tuple[type, ...]) -> str:
    """Return the keyword arguments of these typed dictionaries as tables."""
    return "\n\n".join(line for kind in kinds for line in (f"### {kind.__name__}", _doc(kind), _words(kind)))


def open_part() -> str:
    """Return what `genmux.open` promises."""
    return f"**`genmux.open{_signature(genmux.open)}`**\n\n{_doc(genmux.open)}"


def errors_part() -> str:
    """Return every exception of the client, its parent, its code and its meaning."""
    rows = [
        (f"`{cls.__name__}`", f"`{cls.__bases__[0].__name__}`", f"`{cls.code}`", _doc(cls).split("\n\n")[0])
        for cls in sorted(_errors(), key=lambda cls: [base.__name__ for base in reversed(cls.__mro__)])
    ]
    return table(("exception", "is a", "code", "meaning"), rows)


def made() -> Iterator[tuple[Path, str, Callable[[], str]]]:
    """Yield every part of the page with its name and its writer."""
    for name, classes in CLASSES.items():
        yield API_PAGE, name, partial(classes_part, classes)
    for name, kinds in WORDS.items():
        yield API_PAGE, name, partial(words_part, kinds)
    yield API_PAGE, "open", open_part
    yield API_PAGE, "errors", errors_part


def _errors() -> Iterator[type[GenmuxError]]:
    for name in public.__all__:
        found = getattr(public, name)
        if isinstance(found, type) and issubclass(found, GenmuxError):
            yield found


def _class(cls: type) -> Iterator[str]:
    yield f"### {cls.__name__}"
    yield _doc(cls)
    yield from _fields(cls)
    for name, member in _members(cls):
        if isinstance(member, property):
            yield f"**`{name}`** {_doc(member)}"
        else:
            yield f"**`{name}{_signature(member)}`**"
            yield _doc(member)


def _fields(cls: type) -> Iterator[str]:
    """Yield the table of a value's fields."""
    if is_dataclass(cls):
        rows = [(f"`{f.name}`", f"`{f.type}`", _default(f)) for f in fields(cls)]
        yield table(("field", "type", "unless said"), rows)


def _default(field: Field[Any]) -> str:
    return "" if field.default is MISSING else f"`{field.default!r}`"


def _members(cls: type) -> Iterator[tuple[str, Any]]:
    """Yield what a class offers, its bases' things too unless they belong to a class shown before it."""
    if "__init__" in vars(cls) and not is_dataclass(cls) and cls in CLASSES["clients"]:
        yield cls.__name__, cls.__init__
    for base in (
        (cls,) if cls is public.AsyncTask else (b for b in cls.__mro__ if b.__module__.startswith("genmux"))
    ):
        for name, member in vars(base).items():
            if not name.startswith("_") and (isinstance(member, property) or inspect.isroutine(member)):
                yield name, member


def _signature(function: Any) -> str:
    """Return what a function takes; the keyword arguments of a typed dictionary by its name."""
    function = getattr(function, "__func__", function)
    told = [p for p in inspect.signature(function).parameters.values() if p.name not in ("self", "cls")]
    return "(" + ", ".join(_parameter(p) for p in told) + ")"


def _parameter(parameter: inspect.Parameter) -> str:
    named = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
    if named:
        return f"**{named[1]}"
    default = "" if parameter.default is parameter.empty else f" = {parameter.default!r}"
    stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
    return f"{stars}{parameter.name}: {parameter.annotation}{default}"


def _words(kind: type) -> str:
    rows = [(f"`{name}`", f"`{word.__forward_arg__}`") for name, word in kind.__annotations__.items()]
    return table(("argument", "type"), rows)


def _doc(thing: Any) -> str:
    return inspect.getdoc(thing) or ""
