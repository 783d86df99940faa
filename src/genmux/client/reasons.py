"""Says in a few words why the operating system, or TLS, refused."""

from __future__ import annotations

import ssl
from typing import Final

NO_TLS_THERE: Final = "WRONG_VERSION_NUMBER"
"""OpenSSL's word for an answer to its greeting that is no TLS; nothing else has been sent then."""


def reason_of(error: OSError) -> str:
    """Return the reason without numbers, names of files and places in source code."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, ssl.SSLError):
        spoken = "it does not speak TLS (is it http://?)" if error.reason == NO_TLS_THERE else error.reason
        return spoken or str(error)
    return error.strerror or str(error)


def untrusted(error: ssl.SSLError) -> bool:
    """Return whether TLS stopped at the other side's greeting: nothing was sent, and nothing ever will be."""
    return isinstance(error, ssl.SSLCertVerificationError) or error.reason == NO_TLS_THERE
