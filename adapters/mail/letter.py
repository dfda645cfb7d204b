"""A notice as a letter: which ticket, what happened, where to look; of the customer, and in their words, nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import NamedTuple

from domain.work.notice import Occasion


class Tidings(NamedTuple):
    """What a letter is made of."""

    notice: str
    ticket: str
    reference: str | None
    occasion: Occasion
    roles: tuple[str, ...]
    target: str | None
    percent: int | None
    due: datetime | None
    written_at: datetime


UNFOLDED = SMTP.clone(max_line_length=900)
"""A subject that begins on the line after its name is read with a space before it."""

SAID: Mapping[Occasion, tuple[str, str]] = {
    Occasion.ASSIGNED: ("{name} is yours", "{name} was given to you."),
    Occasion.TEAM_ASSIGNED: ("{name} is your team's", "{name} was given to your team; whoever claims it first has it."),
    Occasion.UNASSIGNED: ("{name} is nobody's", "Nobody was found to whom {name} could be given."),
    Occasion.MISCONFIGURED: (
        "{name}: somebody was passed over",
        "Somebody who was to get {name} was passed over, for want of a right or of a role.",
    ),
    Occasion.ESCALATED: (
        "{name}: {percent} % of the time is used up",
        "Of the time promised for the {target} of {name}, {percent} % was used up at {due}.",
    ),
}
"""For each occasion the subject and the first sentence."""

TEXT = """{sentence}

Ticket: {ticket}
To look: kartoteka query ticket --data '{{"ticket": "{ticket}"}}'
Why you are told: {roles}

This letter was written by a program; nobody reads an answer to it.
"""


def letter(told: Tidings, sender: str, recipient: str) -> EmailMessage:
    """The same at every repetition, with the same Message-ID: whoever gets it twice can tell."""
    about = {
        "name": f"ticket {told.reference or told.ticket}",
        "percent": told.percent,
        "target": (told.target or "").replace("-", " "),
        "due": told.due and f"{told.due.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC",
    }
    subject, sentence = (_sentence(part.format(**about)) for part in SAID[told.occasion])
    found = EmailMessage(policy=UNFOLDED)
    found["From"], found["To"], found["Subject"] = sender, reachable(recipient), subject
    found["Date"] = format_datetime(told.written_at.astimezone(timezone.utc))
    found["Message-ID"] = f"<notice.{told.notice}@{reachable(sender).rpartition('@')[2]}>"
    found["Auto-Submitted"] = "auto-generated"
    found["X-Auto-Response-Suppress"] = "All"
    roles = ", ".join(told.roles) or "none is known"
    found.set_content(TEXT.format(sentence=sentence, ticket=told.ticket, roles=roles))
    return found


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def reachable(address: str) -> str:
    """With its domain as mail servers look it up."""
    name, _, domain = address.rpartition("@")
    try:
        return f"{name}@{domain.encode('idna').decode()}"
    except UnicodeError:
        return address
