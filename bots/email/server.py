"""The mail server that letters are given to."""

import ssl
from dataclasses import dataclass
from email.message import EmailMessage

import aiosmtplib
from aiosmtplib.errors import (
    SMTPConnectError,
    SMTPException,
    SMTPReadTimeoutError,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
)

from bots.sending import Ambiguous, Permanent, SendError, Transient

IMPLICIT_TLS_PORT = 465
SECONDS = 20.0
REFUSED_FOR_GOOD = 500
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Server:
    """Port 465 speaks TLS from the start, any other has to offer STARTTLS; a server on this very machine needs neither."""

    host: str
    port: int
    user: str
    password: str
    sender: str

    async def send(self, letter: EmailMessage) -> None:
        """Raises a SendError."""
        is_local = self.host in LOOPBACK
        is_implicit = self.port == IMPLICIT_TLS_PORT
        try:
            await aiosmtplib.send(
                letter,
                hostname=self.host,
                port=self.port,
                username=self.user or None,
                password=self.password or None,
                use_tls=is_implicit,
                start_tls=None if is_implicit or is_local else True,
                tls_context=None if is_local else ssl.create_default_context(),
                timeout=SECONDS,
            )
        except (SMTPException, OSError, ValueError) as error:
            raise reading(error) from None


def reading(error: Exception) -> SendError:
    """What became of a letter. The server's words stay out of it: they quote addresses."""
    match error:
        case SMTPRecipientsRefused():
            codes = [refused.code for refused in error.recipients]
            return _refused(min(codes, default=REFUSED_FOR_GOOD))
        case SMTPConnectError():
            return Transient("the mail server cannot be reached")
        case SMTPReadTimeoutError() | SMTPServerDisconnected():
            return Ambiguous("the mail server went away")
        case SMTPResponseException():
            return _refused(error.code)
        case ValueError():
            return Permanent("no letter can be made of it")
        case _:
            return Transient(type(error).__name__)


def _refused(code: int) -> SendError:
    reason = f"the mail server answered {code}"
    return Permanent(reason) if code >= REFUSED_FOR_GOOD and code != AUTHENTICATION else Transient(reason)


AUTHENTICATION = 535
"""A wrong password is for the operator to mend; the letters wait."""
