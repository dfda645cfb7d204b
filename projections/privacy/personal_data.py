"""Everything held about a person, for whoever has to give them a copy of it; to ask is kept each time (R-GDP-5).

Of a fact that speaks of several people, only what is this person's is shown: other people's data, who works here, and
other contacts are left out of it. What a page costs depends on what there is about the person, and not on the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from domain.clients.contact import CONTACT, ContactUnknown
from domain.fact import Event, personal_fields
from domain.personal import Masked
from domain.refusal import Unknown
from domain.service.ticket import TICKET, TicketUnknown
from domain.staff.worker import WORKER, Right, WorkerUnknown
from domain.values import Person
from projections.access import ACCESS
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.client_papers import CLIENT_PAPERS
from projections.looking import How, Look
from projections.names import CALLED
from projections.pricing.orders import ORDERED
from projections.privacy.subjects import SUBJECTS
from projections.question import Answer, Keyed, Leg, Listing, R
from projections.service.links import LINKED
from projections.timeline import TRAIL
from projections.trail import MENTIONED, NOT_SHOWN, UUID, in_words
from projections.work.notices import TOLD

UNKNOWN: Mapping[str, type[Unknown]] = {
    CONTACT.kind: ContactUnknown,
    WORKER.kind: WorkerUnknown,
    TICKET.kind: TicketUnknown,
}
"""A ticket stands for its sender as long as nobody knows who that was."""

OURS = "(SELECT contact FROM same_contact WHERE contact IS NOT NULL)"
PERSONS = f"(SELECT %(person)s::text UNION SELECT '{CONTACT.kind}:' || contact FROM {OURS} same)"
SUBJECTS_OF = f"(SELECT s.subject FROM subject_links s WHERE s.person IN {PERSONS})"
ID = "split_part(%(person)s, ':', 2)"
WORKERS = f"(SELECT {ID} WHERE split_part(%(person)s, ':', 1) = '{WORKER.kind}')"


def _whole(start: str, column: str, rows: str) -> str:
    """Streams of which every fact is about the person."""
    return f"SELECT '{start}-' || {column} AS stream, true AS whole, NULL AS named FROM {rows}"


def _naming(start: str, column: str, named: str, rows: str) -> str:
    """Streams of which those facts are about the person that name it."""
    return f"SELECT '{start}-' || {column}, false, {named} FROM {rows}"


ABOUT = " UNION ALL ".join(
    (
        _whole("contact", "same.contact", f"{OURS} same"),
        _whole("membership", "same.contact", f"{OURS} same"),
        _whole("ticket", "k.ticket", f"contact_tickets k WHERE k.contact IN {OURS}"),
        _whole("order", "o.order_id", f"orders o WHERE o.customer IN {OURS}"),
        _whole("hold", "p.person", f"{PERSONS} p(person)"),
        _whole("erasure", "p.person", f"{PERSONS} p(person)"),
        _whole("worker", "w.worker", f"{WORKERS} w(worker)"),
        _whole("bookmark", "w.worker", f"{WORKERS} w(worker)"),
        _whole("notice", "n.notice", f"notices n WHERE n.recipient IN {WORKERS}"),
        _naming("contact", "r.contact", "r.other", f"contact_relations r WHERE r.other IN {OURS}"),
        _naming("ticket", "k.ticket", "k.thing", f"ticket_links k WHERE k.kind = 'contact' AND k.thing IN {OURS}"),
        _naming("team", "m.team", "m.worker", f"access_members m WHERE m.worker IN {WORKERS}"),
        _naming(
            *("directory", "d.directory", "w.worker"),
            f"{WORKERS} w(worker) JOIN access_directories d ON d.holder = 'worker:' || w.worker",
        ),
        _naming(
            *("area", "a.area", "w.worker"),
            f"{WORKERS} w(worker) JOIN access_roles a ON a.holder = 'worker:' || w.worker",
        ),
        f"SELECT d.stream, false, NULL FROM subject_streams d WHERE d.subject IN {SUBJECTS_OF}",
    )
)
"""Where to look; of streams that are somebody else's, only what is the person's own in them."""

STREAMS = f"""
    (SELECT stream COLLATE "C" AS stream, bool_or(whole) AS whole, array_agg(named) AS named
     FROM ({ABOUT}) a GROUP BY 1)"""
TELLS = f"""
    (m.whole OR t.subject IN {SUBJECTS_OF}
     OR EXISTS (SELECT FROM unnest(m.named) n(named) WHERE strpos(t.words, n.named) > 0))"""
KNOWN = f"EXISTS (SELECT FROM subject_links s WHERE s.person IN {PERSONS})"

HIDDEN = f"""
    SELECT json_agg(json_build_object('id', i.id, 'name', n.name)) AS told
    FROM (SELECT DISTINCT found[1] AS id FROM regexp_matches(l.words, '({UUID})', 'g') found) i
    LEFT JOIN names n ON n.id = i.id
    LEFT JOIN access_workers w ON w.worker = i.id AND w.worker <> {ID}
    LEFT JOIN access_contacts c ON c.contact = i.id AND c.contact NOT IN {OURS}
    WHERE n.id IS NOT NULL OR w.worker IS NOT NULL OR c.contact IS NOT NULL"""
"""What a fact names: the company's own things by what they are called, and of other people nothing."""

STRANGER = f"l.stream LIKE 'contact-%%' AND substr(l.stream, 9) NOT IN {OURS}"
"""Whether the fact stands with another contact, of whom it tells what this one is to them."""


NEVER = "NULL::timestamptz"
SIGN_INS = f"""
    SELECT e.at, 'event' AS what, e.number AS nth, e.method, e.outcome,
        {NEVER} AS seen_at, {NEVER} AS ends_at, NULL AS role
    FROM sign_in_log e WHERE e.worker IN {WORKERS}
    UNION ALL SELECT i.changed_at, 'password', 0, 'password', CASE WHEN i.must_change THEN 'must-change' END,
        {NEVER}, {NEVER}, NULL
    FROM sign_ins i WHERE i.worker IN {WORKERS}
    UNION ALL SELECT o.linked_at, 'account', row_number() OVER (ORDER BY o.subject), 'oidc', NULL,
        {NEVER}, {NEVER}, NULL
    FROM oidc_subjects o WHERE o.worker IN {WORKERS}
    UNION ALL SELECT s.signed_in_at, 'session', row_number() OVER (ORDER BY s.id), s.method, NULL,
        s.seen_at, s.ends_at, NULL
    FROM sessions s WHERE s.worker IN {WORKERS}
    UNION ALL SELECT a.granted_at, 'analyst', row_number() OVER (ORDER BY a.role_name), NULL, NULL,
        {NEVER}, {NEVER}, a.role_name
    FROM analysts a WHERE a.worker IN {WORKERS}"""
"""What happened, and by what they come in; numbered within each, for there is no key of it that may be told."""


class OfPerson(Listing[R]):
    """A question about one person, for privacy officers alone."""

    person: Person

    @property
    def kind(self) -> str:
        return self.person.partition(":")[0]

    @property
    def id(self) -> str:
        return self.person.partition(":")[2]

    def parameters(self, _: Keyed) -> Mapping[str, Any]:
        """`contact` is there for a contact alone: with it go those that count as one with it."""
        return {"contact": self.id if self.kind == CONTACT.kind else None}

    def known(self) -> str:
        return KNOWN

    def unknown(self) -> type[Unknown]:
        return UNKNOWN[self.kind]

    def looked(self, _: Iterable[Mapping[str, Any]], __: Iterable[Right | None]) -> Iterator[Look]:
        """Every page, and always as an exception: no right to a directory is asked for."""
        if self.kind == CONTACT.kind:
            yield Look(How.OPENED, (self.id,), exception=Right.PRIVACY_OFFICER)
        else:
            yield Look(How.OPENED, about=f"{self.kind}-{self.id}", exception=Right.PRIVACY_OFFICER)


class PersonalFact(Answer):
    """A fact, in words; `fields` are the person's own data in it by name, `destroyed` what is no more of that.

    `position` is its place in the log. Where it stands with another contact, whose name it goes by is not told.
    """

    stream: str
    version: int
    position: int
    topic: str
    happened_at: datetime
    recorded_at: datetime
    actor: str
    words: str
    fields: dict[str, str]
    destroyed: tuple[str, ...]


class PersonalData(
    OfPerson[PersonalFact],
    name="personal-data",
    rests_on=(TRAIL, SUBJECTS, ACCESS, CALLED, CLIENT_FILE, CLIENT_LINKS, ORDERED, LINKED, TOLD),
    rights=[Right.PRIVACY_OFFICER],
):
    """Every fact about a person, and every one that has data of theirs: thing by thing, each from its beginning on.

    With a contact go those that were merged into it, and whoever wrote to us before we knew that it was them.
    """

    of = ("stream", "nth")
    shows = f"""
        CASE WHEN {STRANGER} THEN 'contact' ELSE l.stream END AS stream, l.version::bigint AS version, l.position,
        l.topic, l.happened_at, l.recorded_at, l.actor, l.words,
        CASE WHEN l.subject IN {SUBJECTS_OF} THEN l.details END AS sealed_details,
        coalesce(hidden.told, '[]') AS mentioned"""
    joins = f"""
        JOIN timeline l ON l.stream = page.stream AND l.version = ltrim(page.nth, '0')
        CROSS JOIN LATERAL ({HIDDEN}) hidden"""

    def legs(self) -> Sequence[Leg]:
        tells = f"SELECT lpad(t.version, 9, '0') AS nth FROM timeline t WHERE t.stream = m.stream AND {TELLS}"
        key = {"m.stream": "text", "l.nth": "text"}
        return [Leg(f"FROM ({tells}) l WHERE true", key, each=f"{STREAMS} m", by_member=True)]

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        details, mentioned = row.pop("details") or {}, row.pop("mentioned")
        told = {f"{{{name}}}": details.get(name, NOT_SHOWN) for name in personal_fields(Event.by_topic[row["topic"]])}
        told |= {each["id"]: each["name"] or NOT_SHOWN for each in mentioned}
        return row | {
            "words": MENTIONED.sub(lambda found: in_words(found, told), row["words"]),
            "fields": {name: value for name, value in details.items() if not isinstance(value, Masked)},
            "destroyed": [name for name, value in details.items() if isinstance(value, Masked)],
        }


class PersonalFile(Answer):
    """A file that lies with the person; without a name its contents are destroyed as well."""

    file: str
    contact: str
    attached_at: datetime
    name: str | None
    media_type: str
    size_bytes: int


class PersonalFiles(
    OfPerson[PersonalFile],
    name="personal-files",
    rests_on=(SUBJECTS, ACCESS, CLIENT_PAPERS),
    rights=[Right.PRIVACY_OFFICER],
):
    """The files that lie with a contact, and with those that count as one with it; with other people there are none."""

    looks = How.OPENED
    of = ("contact", "file")
    shows = "f.file, f.contact, f.attached_at, f.name AS sealed_name, f.media_type, f.size_bytes"
    joins = "JOIN contact_files f ON f.contact = page.contact AND f.file = page.file"

    def legs(self) -> Sequence[Leg]:
        rows = f"FROM contact_files f WHERE f.contact IN {OURS}"
        return [Leg(rows, {"f.contact": "text", "f.file": "text"})]

    @classmethod
    def shown(cls, row: dict[str, Any]) -> dict[str, Any]:
        return row | {"name": None if isinstance(row["name"], Masked) else row["name"]}


class PersonalLooks(Answer):
    """How many answers showed the person in a month, and in which way; of a worker, how many they were given."""

    month: str
    how: How
    looks: int


class LooksAtPerson(
    OfPerson[PersonalLooks],
    name="personal-looks",
    rests_on=(SUBJECTS, ACCESS),
    rights=[Right.PRIVACY_OFFICER],
):
    """How often a contact was looked at, or a worker looked, month by month; who it was is theirs, and not told."""

    of = ("month", "how", "looks")
    shows = "page.month, page.how, page.looks"

    def legs(self) -> Sequence[Leg]:
        month = "to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM')"
        seen = f"SELECT DISTINCT c.at, c.look FROM look_contacts c WHERE c.contact IN {OURS}"
        found = f"""
            SELECT {month} AS month, l.how, count(*) AS looks FROM (
                SELECT l.at, l.how FROM ({seen}) s JOIN looks l ON l.at = s.at AND l.look = s.look
                UNION ALL SELECT l.at, l.how FROM looks l WHERE l.worker IN {WORKERS}
            ) l GROUP BY 1, 2"""
        key = {"k.month": "text", "k.how": "text", "k.looks": "bigint"}
        return [Leg(f"FROM ({found}) k WHERE true", key)]


class Entrance(StrEnum):
    """What is held of how somebody comes in."""

    EVENT = "event"
    PASSWORD = "password"  # noqa: S105 - what it is called
    ACCOUNT = "account"
    SESSION = "session"
    ANALYST = "analyst"


class PersonalSignIn(Answer):
    """That a worker signed in or out or failed to, with `outcome`; or by what they can, since when, and until when.

    `role` is the database role of an analyst. Logins, passwords and accounts elsewhere are held unreadable, and so not
    told.
    """

    what: Entrance
    at: datetime
    method: str | None
    outcome: str | None
    seen_at: datetime | None
    ends_at: datetime | None
    role: str | None


class SignInsOfPerson(
    OfPerson[PersonalSignIn],
    name="personal-sign-ins",
    rests_on=(SUBJECTS, ACCESS),
    rights=[Right.PRIVACY_OFFICER],
):
    """How and when a worker signed in, as long as that is kept, and by what they can now; nobody else signs in."""

    of = ("at", "what", "nth")
    shows = "page.what, page.at, k.method, k.outcome, k.seen_at, k.ends_at, k.role"
    joins = f"JOIN ({SIGN_INS}) k ON k.what = page.what AND k.nth = page.nth"

    def legs(self) -> Sequence[Leg]:
        key = {"k.at": "timestamptz", "k.what": "text", "k.nth": "bigint"}
        return [Leg(f"FROM ({SIGN_INS}) k WHERE true", key)]
