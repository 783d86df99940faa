"""Reads local files for the shells: inputs that callers give, certificates that they trust."""

from __future__ import annotations

import errno
import os
import ssl

from genmux.client.effects import ReadFile
from genmux.client.reasons import reason_of
from genmux.domain.errors import InvalidValue
from genmux.domain.text import Text


def read_file(wanted: ReadFile) -> bytes:
    """Return the bytes of a file. Raises `OSError`, also for one that is larger than wanted."""
    with wanted.path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if size > wanted.max_bytes:
            reason = f"it has {size} bytes, at most {wanted.max_bytes} are taken"
            raise OSError(errno.EFBIG, reason, str(wanted.path))
        return file.read()


def trusting(certificate: str) -> ssl.SSLContext | None:
    """Return a context that trusts a PEM file beside the system's own, None where there is none to add.

    Raises `InvalidValue`.
    """
    if not certificate:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(certificate)
    except OSError as error:
        reason = reason_of(error)
        raise InvalidValue(
            Text(
                f"certificate {certificate} must be a PEM file: {reason}.",
                f"certificate {certificate} 必须是 PEM 文件：{reason}。",
            ),
            field="certificate",
        ) from None
    return context
