"""Writes `model_names`: the catalogue's models as types, so that editors complete them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from genmux.domain import catalog
from genmux.domain.spec import Kind, ModelRef
from genmux.wires.rest import render_model

TARGET: Final = Path(__file__).with_name("model_names.py")
_HEAD: Final = '''"""The catalogue's models as types; written by `make fmt`, from the catalogue."""

from __future__ import annotations

from typing import Literal, TypeAlias
'''


def render_names() -> str:
    """Return the module's text: for each kind every model that "family/version" names."""
    return _HEAD + "".join(_alias(kind) for kind in Kind)


def _alias(kind: Kind) -> str:
    models = [render_model(ModelRef(e.family, e.version)) for e in catalog.builtin().models(kind)]
    lines = "".join(f'    "{name}",\n' for name in models if isinstance(name, str))
    return f"\n{kind.title()}Model: TypeAlias = Literal[\n{lines}]\n"


if __name__ == "__main__":
    TARGET.write_text(render_names(), "utf-8")
