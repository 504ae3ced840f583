"""E-mail by the configured server, in a thread: one message with plain text."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from policies.sections_alerts import Smtp
from proxy.feeds.posting import Undelivered

_SECONDS = 20


def send_mail(smtp: Smtp, to: Sequence[str], subject: str, text: str) -> None:
    """Send. Blocks. Raises Undelivered."""
    message = EmailMessage()
    message["From"], message["To"] = smtp.sender, ", ".join(to)
    message["Subject"] = " ".join(subject.split())
    message["Date"], message["Message-ID"] = formatdate(), make_msgid("sting", domain=smtp.sender.partition("@")[2])
    message.set_content(text)
    try:
        with _connected(smtp) as server:
            if smtp.user is not None and smtp.password is not None:
                server.login(smtp.user, smtp.password.get_secret_value())
            refused = server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        # the text of the server's answer may hold addresses
        raise Undelivered(f"the mail server did not take it ({type(error).__name__})") from None
    if refused:
        raise Undelivered(f"the mail server refused {len(refused)} of {len(to)} addresses")


def _connected(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.tls == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_SECONDS, context=context)
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=_SECONDS)
    if smtp.tls == "starttls":
        try:
            server.starttls(context=context)
        except BaseException:
            server.close()
            raise
    return server
