"""Reads request bodies as strictly as Tencent's gateway does, driven by the field tables of its SDK.

Two spellings of the same request: a JSON object, and flat names such as `ImageInfos.0.ImageUrl`
(GET, and signature version 1), whose values are all text. Both give the same dictionary: only
known fields, each of its type, absent where it was null.

The gateway rejects unknown names and wrong types, and names them by dotted path with indexes from
0 (raw answers in public logs). Whole numbers may also come as text: the platform's own examples
send `"Limit": "5"`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final, Protocol

import msgspec

from genmux.domain.text import Text
from genmux.wires.tencent import WireError, refuse

COMMON_PARAMETERS: Final = frozenset(
    {
        "Action",
        "Version",
        "Region",
        "Timestamp",
        "Nonce",
        "SecretId",
        "Token",
        "Language",
        "RequestClient",
        "SignatureMethod",
        "Signature",
    }
)
"""What signature version 1 sends beside the action's own parameters."""

MAX_ITEMS: Final = 1000
MAX_DEPTH: Final = 16

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,20}\Z")
_FLOAT: Final = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?\Z")
_RANGES: Final = {"int64": (-(2**63), 2**63 - 1), "uint64": (0, 2**64 - 1)}
_BOOLS: Final = {"True": True, "true": True, "False": False, "false": False}

Tree = dict[str, Any]
"""Flat names by their parts: a leaf is a string, a branch another tree."""


class _Misfit(Exception):
    """A value that does not fit; the path grows from the leaf outwards."""

    def __init__(self, code: str, *path: str, detail: Text | None = None, **names: object) -> None:
        super().__init__(code)
        self.code = code
        self.path = list(path)
        self.detail = detail
        self.names = names

    def error(self) -> WireError:
        """Return what the caller is told."""
        return refuse(self.code, ".".join(reversed(self.path)) or None, self.detail, **self.names)


def _wrong_type(name: str) -> _Misfit:
    return _Misfit("InvalidParameter", type=name)


class Type(Protocol):
    """One wire type: reads a JSON value, or a leaf or branch of flat names."""

    def read(self, value: Any) -> Any: ...

    def read_flat(self, value: str | Tree) -> Any: ...


class String:
    """Text and nothing else: numbers and booleans are refused."""

    def read(self, value: Any) -> str:
        if type(value) is not str:
            raise _wrong_type("string")
        return value

    def read_flat(self, value: str | Tree) -> str:
        text = self.read(value)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise _wrong_type("string") from None
        return text


class Bool:
    """`true` or `false`; in flat names also `True` and `False`, as the Python SDK writes them."""

    def read(self, value: Any) -> bool:
        if value is not True and value is not False:
            raise _wrong_type("bool")
        return value

    def read_flat(self, value: str | Tree) -> bool:
        read = _BOOLS.get(value) if type(value) is str else None
        if read is None:
            raise _wrong_type("bool")
        return read


class Integer:
    """A whole number in the range of its type, or the text of one; `5.0` is none."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.low, self.high = _RANGES[name]

    def read(self, value: Any) -> int:
        number = int(value) if type(value) is str and _INTEGER.match(value) else value
        if type(number) is not int or not self.low <= number <= self.high:
            raise _wrong_type(self.name)
        return number

    read_flat = read


class Float:
    """A finite number, or the text of one."""

    def read(self, value: Any) -> float:
        if type(value) is str and _FLOAT.match(value):
            value = float(value)
        if type(value) is int and abs(value) < 2**63:
            value = float(value)
        if type(value) is not float or not math.isfinite(value):
            raise _wrong_type("float")
        return value

    read_flat = read


class Array:
    """A list of at most `MAX_ITEMS` items; in flat names its indexes are 0, 1, 2, … without gaps."""

    def __init__(self, item: Type) -> None:
        self.item = item

    def read(self, value: Any) -> list[Any]:
        if type(value) is not list:
            raise _wrong_type("list")
        return self._each(self.item.read, value)

    def read_flat(self, value: str | Tree) -> list[Any]:
        if type(value) is not dict:
            raise _wrong_type("list")
        try:
            items = [value[str(n)] for n in range(min(len(value), MAX_ITEMS + 1))]
        except KeyError:
            raise _bad_index(value) from None
        return self._each(self.item.read_flat, items)

    def _each(self, read: Callable[[Any], Any], items: list[Any]) -> list[Any]:
        if len(items) > MAX_ITEMS:
            raise _Misfit("InvalidParameter", detail=_TOO_MANY)
        out: list[Any] = []
        try:
            for item in items:
                out.append(read(item))
        except _Misfit as misfit:
            misfit.path.append(str(len(out)))
            raise
        return out


_TOO_MANY: Final = Text(f"A list may have {MAX_ITEMS} items at most.", f"列表最多 {MAX_ITEMS} 项。")


def _bad_index(tree: Tree) -> _Misfit:
    """Return the complaint about the first part of `tree` that is no index or follows a gap."""
    wanted = {str(n) for n in range(len(tree))}
    detail = Text("Indexes must be 0, 1, 2, … without gaps.", "下标须从 0 开始且连续。")
    return _Misfit("InvalidParameter", min(tree.keys() - wanted), detail=detail)


class Struct:
    """An object with known fields, of which some are required."""

    def __init__(self, fields: Mapping[str, Type], required: Iterable[str] = ()) -> None:
        self.fields = dict(fields)
        self.required = tuple(required)
        self._readers = {name: field.read for name, field in fields.items()}
        self._flat_readers = {name: field.read_flat for name, field in fields.items()}

    def read(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise _wrong_type("object")
        return self._each(self._readers, value)

    def read_flat(self, value: str | Tree) -> dict[str, Any]:
        if type(value) is not dict:
            raise _wrong_type("object")
        return self._each(self._flat_readers, value)

    def _each(self, readers: Mapping[str, Callable[[Any], Any]], value: dict[str, Any]) -> dict[str, Any]:
        out: dict[str, Any] = {}
        name = ""
        try:
            for name, item in value.items():
                read = readers.get(name)
                if read is None:
                    raise _Misfit("UnknownParameter")
                if item is not None:
                    out[name] = read(item)
        except _Misfit as misfit:
            misfit.path.append(name)
            raise
        for name in self.required:
            if name not in out:
                raise _Misfit("MissingParameter", name)
        return out


class Schema:
    """The field tables of one service: its version, its actions and their structs.

    Types are spelt `string`, `bool`, `int64`, `uint64`, `float`, a struct's name, or one of these in
    brackets for a list; `!` marks a required field. `structs` is what the SDK has, `also` holds fields
    that published guides use beside it.
    """

    def __init__(self, tables: dict[str, Any]) -> None:
        self.version: str = tables["version"]
        self.actions: dict[str, list[str]] = tables["actions"]
        self.structs: dict[str, dict[str, str]] = tables["structs"]
        self.also: dict[str, dict[str, str]] = tables.get("also", {})
        self._compiled: dict[str, Struct] = {}

    def request(self, action: str) -> Struct:
        """Return the request of `action`."""
        return self._struct(self.actions[action][0])

    def response(self, action: str) -> Struct:
        """Return the response of `action`."""
        return self._struct(self.actions[action][1])

    def paths(self, action: str) -> tuple[str, ...]:
        """Return the path of every leaf of the request, list items spelt `N` (`ImageInfos.N.ImageUrl`)."""
        return tuple(_leaves(self.request(action), ""))

    def _struct(self, name: str) -> Struct:
        if name not in self._compiled:
            spelt = self.structs[name] | self.also.get(name, {})
            fields = {field: self._type(word.rstrip("!")) for field, word in spelt.items()}
            self._compiled[name] = Struct(fields, (f for f, word in spelt.items() if word.endswith("!")))
        return self._compiled[name]

    def _type(self, word: str) -> Type:
        if word.startswith("["):
            return Array(self._type(word[1:-1]))
        if word in _RANGES:
            return Integer(word)
        simple: dict[str, Callable[[], Type]] = {"string": String, "bool": Bool, "float": Float}
        return simple[word]() if word in simple else self._struct(word)


def _leaves(kind: Type, path: str) -> list[str]:
    if isinstance(kind, Struct):
        return [p for name, field in kind.fields.items() for p in _leaves(field, f"{path}.{name}")]
    if isinstance(kind, Array) and isinstance(kind.item, Struct):
        return _leaves(kind.item, f"{path}.N")
    return [path.removeprefix(".")]


@cache
def load_schema(name: str) -> Schema:
    """Return the tables in the package's data file `name` (`mps_schema.json`)."""
    return Schema(json.loads(files("genmux.wires").joinpath(name).read_text("utf-8")))


_decode = msgspec.json.Decoder().decode


def read_body(body: bytes, schema: Struct) -> dict[str, Any]:
    """Return the fields of a JSON request; an empty body is an empty object.

    Of a name that comes twice the last value counts. Raises `WireError`: `InvalidParameter` for what
    is no JSON object (the platform's `InvalidRequest` is about multipart bodies) and for wrong types,
    `UnknownParameter`, `MissingParameter`.
    """
    try:
        value = _decode(body) if body.strip() else {}
    except (ValueError, RecursionError) as error:
        raise refuse("InvalidParameter", detail=_not_json(error)) from None
    return _read(schema.read, value)


def read_flat(pairs: Iterable[tuple[str, str]], schema: Struct) -> dict[str, Any]:
    """Return the fields of a request spelt as flat names, the common parameters left out.

    Of a name that comes twice the last value counts. Raises `WireError` as `read_body` does, and
    `InvalidParameter` for index gaps, lists over `MAX_ITEMS` and names that contradict each other.
    """
    tree: Tree = {}
    for name, value in pairs:
        if name not in COMMON_PARAMETERS:
            _plant(tree, name, value)
    return _read(schema.read_flat, tree)


def _read(read: Callable[[Any], dict[str, Any]], value: Any) -> dict[str, Any]:
    try:
        return read(value)
    except _Misfit as misfit:
        if not misfit.path and "type" in misfit.names:
            raise refuse("InvalidParameter", detail=_NOT_AN_OBJECT) from None
        raise misfit.error() from None


_NOT_AN_OBJECT: Final = Text("The request body must be a JSON object.", "请求 body 应为 JSON 对象。")


def _not_json(error: Exception) -> Text:
    if isinstance(error, UnicodeDecodeError):
        return Text("The request body is not UTF-8.", "请求 body 不是 UTF-8 编码。")
    if isinstance(error, RecursionError):
        return Text("The request body is nested too deeply.", "请求 body 嵌套过深。")
    return Text(f"The request body is not JSON: {error}.", f"请求 body 不是 JSON：{error}。")


def _plant(tree: Tree, name: str, value: str) -> None:
    """Put one flat name into the tree."""
    *branches, leaf = name.split(".", MAX_DEPTH)
    for branch in branches:
        below = tree.setdefault(branch, {})
        if type(below) is not dict:
            raise _conflict(name)
        tree = below
    if type(tree.get(leaf)) is dict:
        raise _conflict(name)
    tree[leaf] = value


def _conflict(name: str) -> WireError:
    detail = Text("It is both a value and a group of values.", "该参数既是值又是对象。")
    return refuse("InvalidParameter", name, detail)
