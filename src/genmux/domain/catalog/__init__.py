"""Models as data: who says what each can do, what a caller's words mean, and what is refused."""

from genmux.domain.catalog.catalogue import Catalogue, ModelEntry, builtin, never
from genmux.domain.catalog.checks import Violation
from genmux.domain.catalog.names import Choice

__all__ = ["Catalogue", "Choice", "ModelEntry", "Violation", "builtin", "never"]
