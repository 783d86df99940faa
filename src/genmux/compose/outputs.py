"""Where a copy of every result goes that was not asked to go elsewhere."""

from __future__ import annotations

import structlog

from genmux.domain.spec import OutputTarget
from genmux.settings import Settings
from genmux.wires.guide_config import is_placeholder

log = structlog.get_logger(__name__)


def default_output(settings: Settings) -> OutputTarget | None:
    """Return the settings' default output, None for none.

    A bucket that is still the guide's placeholder is none: every task would be paid for and lost.
    """
    said = settings.default_output
    if not said:
        return None
    if is_placeholder(said["bucket"]):
        log.warning("the default output's bucket is a placeholder", bucket=said["bucket"])
        return None
    return OutputTarget(said["bucket"], said.get("region", ""), said.get("path", ""))
