"""The rows of every read model, folded from plain facts the slow and obvious way, sharing no code with ours."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any, Protocol

from naive import pricing, privacy, spelling, timers
from naive.promises import ANSWERED, WROTE, Book, Clock, Step, Verdict, Written, calendar, promised, steps

PlainFact = dict[str, Any]
"""As it lies in the log: stream, version, position, topic, happened_at and recorded_at in ISO 8601, actor, body."""

Rows = dict[str, dict[tuple[str, ...], dict[str, Any]]]
"""Of each table its rows under their keys; instants are aware, a sealed field is where it belongs and its envelope."""

SENTENCES = dict(
    line.split(": ", 1) for line in (Path(__file__).parent / "words.txt").read_text(encoding="utf-8").splitlines()
)
WAITS = "waiting-for-customer"
AT_WORK = ("received", "in-work", WAITS)
STATUS_AFTER: dict[str, tuple[str, tuple[str, ...] | None]] = {
    "ticket.opened": ("received", None),
    "ticket.started": ("in-work", AT_WORK),
    "ticket.held": (WAITS, AT_WORK),
    "ticket.resumed": ("in-work", AT_WORK),
    "ticket.reopened": ("in-work", None),
    "ticket.resolved": ("resolved", AT_WORK),
    WROTE: ("in-work", (WAITS, "resolved")),
}
"""What a ticket is after each, and what it must have been before."""

PROMISED = ("ticket.contract-selected", "ticket.contract-changed")
ASSESSED = ("ticket.assessed", "ticket.assessment-withdrawn")
LATE = timedelta(minutes=5)
AUTOMATA = ("system", "routing", "notifying", "checking", "timer", "mailing", "erasing")
LEVELS = {"use": 1, "edit": 2, "administer": 3}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def thing(fact: PlainFact) -> str:
    """The id in the name of a stream: what comes behind the noun, which may itself be of two words."""
    name: str = fact["stream"]
    for noun in ("incident-type", "process-area", "price-list", name.partition("-")[0]):
        if name.startswith(noun + "-"):
            return name.removeprefix(noun + "-")
    raise ValueError(name)


def sealed(fact: PlainFact, field: str) -> Any:
    envelope = fact["body"].get(field)
    return None if envelope is None else [fact["topic"], fact["stream"], fact["version"], field, envelope]


def by_happening(facts: Iterable[PlainFact]) -> list[PlainFact]:
    """In the order in which they happened; of one instant as they were recorded."""
    return sorted(facts, key=lambda fact: instant(fact["happened_at"]))


class Secrets(Protocol):
    """What it takes to say what somebody is found by."""

    def keyed(self, word: str) -> str: ...

    def read(self, fact: PlainFact, field: str) -> str | None: ...


def views(facts: Sequence[PlainFact], secrets: Secrets | None = None) -> Rows:
    """Everything that is shown when all the facts are known; nobody is found by anything without the secrets."""
    found: Rows = defaultdict(dict)
    streams: dict[str, list[PlainFact]] = defaultdict(list)
    for fact in facts:
        streams[fact["stream"]].append(fact)
    for fact in facts:
        _access(found, fact)
        privacy.withheld(found, fact)
        privacy.links(found, fact)
        _names(found, fact)
        _clients(found, fact)
        _papers(found, fact)
        _notices(found, fact)
        found["timeline"][fact["stream"], str(fact["version"])] = line = _told(fact)
        if line["recorded_at"] - line["happened_at"] > LATE and fact["actor"] not in AUTOMATA:
            told = {name: line[name] for name in ("position", "happened_at", "recorded_at", "actor", "topic")}
            found["late_facts"][fact["stream"], str(fact["version"])] = told
        if secrets and fact["topic"] == "contact.opened":
            _search(found, fact["stream"], streams, secrets)
    book = _book(found, streams)
    for stream, own in streams.items():
        noun = stream.partition("-")[0]
        about = "price-list" if stream.startswith("price-list-") else noun
        if about in pricing.ABOUT:
            pricing.ABOUT[about](found, thing(own[0]), own)
        if noun in ("group", "contact"):
            pricing.holder(found, noun, thing(own[0]), own)
        if noun in privacy.ABOUT:
            privacy.ABOUT[noun](found, thing(own[0]), own)
        if noun == "ticket":
            _ticket(found, own, streams, book)
            timers.of_ticket(found, thing(own[0]), own, streams.get("settings-company", ()), book)
        elif noun == "membership":
            _memberships(found, own)
        elif noun == "group":
            _group(found, own)
            _rows(found, own)
        elif noun == "directory":
            _directory(found, own)
        elif noun == "process":
            _process_area(found, own)
        elif noun == "gateway":
            _gateway(found, own)
        elif noun == "calendar":
            _calendar(found, own)
        elif noun == "contract":
            _contract(found, own)
            timers.of_contract(found, thing(own[0]), own)
        elif noun == "incident":
            _incident_type(found, own)
        elif noun == "settings":
            _settings(found, own)
        elif noun in ("team", "area"):
            _gathering(found, own)
        elif noun == "worker":
            _absences(found, own)
        elif noun == "contact":
            _terms(found, own)
            _links(found, own)
    return found


def _access(found: Rows, fact: PlainFact) -> None:
    id, body = thing(fact), fact["body"]
    match fact["topic"]:
        case "worker.hired" | "worker.reactivated":
            found["access_workers"][id,] = {"active": True}
        case "worker.deactivated":
            found["access_workers"][id,] = {"active": False}
        case "worker.right-granted":
            found["access_rights"][id, body["right"]] = {"until": _end(body)}
        case "worker.right-withdrawn":
            found["access_rights"].pop((id, body["right"]), None)
        case "team.member-added":
            found["access_members"][id, body["worker"]] = {}
        case "team.member-removed":
            found["access_members"].pop((id, body["worker"]), None)
        case "directory.right-set":
            key = (id, body["holder"], "temporary" if body.get("until") else "standing")
            found["access_directories"].pop(key, None)
            if body["level"] != "none":
                found["access_directories"][key] = {"level": LEVELS[body["level"]], "until": _end(body)}
        case "area.role-given":
            found["access_roles"][id, body["holder"], body["role"]] = {"until": _end(body)}
        case "area.role-taken":
            found["access_roles"].pop((id, body["holder"], body["role"]), None)
        case "contact.opened" | "contact.moved":
            found["access_contacts"][id,] = {"directory": body["directory"]}
        case "contact.merged":
            found["access_merged"][id,] = {"survivor": body["survivor"]}
        case "contact.separated":
            found["access_merged"].pop((id,), None)


def _end(body: dict[str, Any]) -> datetime | None:
    return instant(body["until"]) if body.get("until") else None


def _names(found: Rows, fact: PlainFact) -> None:
    if fact["topic"] in ("worker.hired", "worker.renamed"):
        found["worker_names"][thing(fact),] = {"subject": fact["body"]["subject"], "name": sealed(fact, "name")}
    elif "name" in fact["body"] and not fact["topic"].startswith("contact."):
        found["names"][fact["topic"].partition(".")[0], thing(fact)] = {"name": fact["body"]["name"]}


def _clients(found: Rows, fact: PlainFact) -> None:
    id, body, at = thing(fact), fact["body"], instant(fact["happened_at"])
    if fact["topic"] == "contact.opened":
        found["contacts"][id,] = {"kind": body["kind"], "reference": body["reference"], "opened_at": at}
    if fact["topic"] in ("contact.opened", "contact.renamed"):
        found["contact_names"][id,] = {"subject": body["subject"], "name": sealed(fact, "name")}


def _papers(found: Rows, fact: PlainFact) -> None:
    id, body, at = thing(fact), fact["body"], instant(fact["happened_at"])
    match fact["topic"].partition(".")[2]:
        case "address-added":
            row = {"kind": body["kind"], "used_for": body["use"], "subject": body["subject"]}
            found["contact_addresses"][id, body["address"]] = row | _two(fact, "typed", "normal")
        case "address-changed":
            found["contact_addresses"][id, body["address"]].update(_two(fact, "typed", "normal"))
        case "address-removed":
            del found["contact_addresses"][id, body["address"]]
        case "numbers-set":
            told = _two(fact, "company_number", "vat_number")
            found["contact_numbers"][id,] = {"subject": body["subject"], **told}
        case "noted" if fact["topic"] == "contact.noted":
            row = {"written_at": at, "author": fact["actor"], "subject": body["subject"]}
            found["contact_notes"][id, body["note"]] = row | {"text": sealed(fact, "text")}
        case "note-removed":
            del found["contact_notes"][id, body["note"]]
        case "file-attached":
            row = {name: body[name] for name in ("media_type", "digest", "size_bytes", "subject")}
            row |= {"attached_at": at, "author": fact["actor"], "name": sealed(fact, "name")}
            found["contact_files"][id, body["file"]] = row
        case "file-removed":
            del found["contact_files"][id, body["file"]]
    if fact["topic"] == "bookmark.set":
        found["bookmarks"][id, body["contact"]] = {"set_at": at}
    elif fact["topic"] == "bookmark.cleared":
        del found["bookmarks"][id, body["contact"]]


def _two(fact: PlainFact, *fields: str) -> dict[str, Any]:
    return {name: sealed(fact, name) for name in fields}


def _links(found: Rows, own: Sequence[PlainFact]) -> None:
    """What was said last: of an employer and of who answers, by when it happened; of the rest, by when it was told."""
    id, row = thing(own[0]), dict.fromkeys(("employer", "whole", "life_cycle", "salutation"))
    for fact in own:
        match fact["topic"], fact["body"]:
            case "contact.part-set" | "contact.classified", body:
                row |= body
            case "contact.related", body:
                found["contact_relations"][id, body["other"], body["relation"]] = {}
            case "contact.unrelated", body:
                del found["contact_relations"][id, body["other"], body["relation"]]
    row["employer"] = _last(by_happening(own), ("contact.employed",), "employer")
    if any(row.values()):
        found["contact_standings"][id,] = row
    holder = _last(by_happening(own), ("contact.responsible-set",), "responsible")
    if holder is not None:
        found["contact_responsibles"][id,] = {"holder": holder}


def _search(found: Rows, stream: str, streams: dict[str, list[PlainFact]], secrets: Secrets) -> None:
    """By what is said last of each field, of who is not forgotten; where it lies whose name it goes under last."""
    own = streams[stream]
    if any(fact["topic"] == "contact.forgotten" for fact in own):
        return
    id = thing(own[0])
    last = [fact for fact in own if fact["topic"] in ("contact.merged", "contact.separated")][-1:]
    finds = next((fact["body"]["survivor"] for fact in last if fact["topic"] == "contact.merged"), id)
    lies = [fact["body"]["directory"] for fact in streams[f"contact-{finds}"] if "directory" in fact["body"]]
    place = {"directory": lies[-1], "found": finds}
    for field, pieces, likenesses in _said(own, secrets):
        for piece in pieces:
            found["contact_tokens"][id, field, secrets.keyed(piece)] = place
        for by, likeness in likenesses:
            found["contact_likenesses"][id, field, by, secrets.keyed(f"{by} {likeness}")] = place


def _said(own: Sequence[PlainFact], secrets: Secrets) -> Iterator[tuple[str, Iterable[str], Iterable[tuple[str, str]]]]:
    named = [fact for fact in own if fact["topic"] in ("contact.opened", "contact.renamed")][-1]
    name = secrets.read(named, "name") or ""
    yield "(name)", spelling.of_text(name), [("name", each) for each in spelling.alike(name)]
    for fact in [fact for fact in own if fact["topic"] == "contact.numbers-set"][-1:]:
        numbers = [secrets.read(fact, field) for field in ("company_number", "vat_number")]
        for number in filter(None, numbers):
            yield "(numbers)", spelling.of_register_number(number), [("number", spelling.one_word(number))]
    kinds = {fact["body"]["address"]: fact["body"]["kind"] for fact in own if fact["topic"] == "contact.address-added"}
    for address, kind in kinds.items():
        fact = [fact for fact in own if fact["body"].get("address") == address][-1]
        normal = secrets.read(fact, "normal")
        if normal is not None:
            pieces = spelling.of_email(normal) if kind == "email" else spelling.of_phone(normal)
            yield address, pieces, [(kind, normal.lower())]


def _notices(found: Rows, fact: PlainFact) -> None:
    id, body, recorded = thing(fact), fact["body"], instant(fact["recorded_at"])
    match fact["topic"]:
        case "notice.written":
            found["notices"][id,] = _news(body) | {"written_at": recorded}
            if body["channel"] == "email":
                found["notices_to_mail"][id,] = {"written_at": recorded}
        case "notice.withheld":
            found["notices_withheld"][id,] = _news(body) | {"reason": body["reason"], "withheld_at": recorded}
        case "notice.seen":
            found["notices_seen"][id,] = {"seen_at": instant(fact["happened_at"])}
        case "notice.delivered" | "notice.not-delivered":
            found["notices_to_mail"].pop((id,), None)
            settled = {"failure": body.get("reason"), "missing": body.get("missing"), "status": body.get("status")}
            found["notices_mailed"][id,] = settled | {"settled_at": recorded}
        case "worker.email-set":
            found["worker_emails"].pop((id,), None)
            if body["email"] is not None:
                found["worker_emails"][id,] = {"subject": body["subject"], "email": sealed(fact, "email")}
        case "worker.notice-channels-set":
            found["worker_channels"][id,] = {"channels": ",".join(body["channels"])}


def _news(body: dict[str, Any]) -> dict[str, Any]:
    due = body.get("due")
    return {
        **{name: body[name] for name in ("recipient", "ticket", "occasion", "channel")},
        "roles": ",".join(body.get("roles", ())),
        "instead_of": ",".join(body.get("instead_of", ())),
        "target": body.get("target"),
        "percent": body.get("percent"),
        "due": due and instant(due),
    }


def _told(fact: PlainFact) -> dict[str, Any]:
    body = fact["body"]
    details = {name: sealed(fact, name) for name, value in body.items() if isinstance(value, dict) and "box" in value}
    words = "".join(
        text + ("" if field is None else f"{{{field}}}" if field in details else _read_out(field, body[field]))
        for text, field, _, _ in Formatter().parse(SENTENCES[fact["topic"]])
    )
    return {
        "position": fact["position"],
        "happened_at": instant(fact["happened_at"]),
        "recorded_at": instant(fact["recorded_at"]),
        "actor": fact["actor"],
        "topic": fact["topic"],
        "words": words,
        "subject": body["subject"] if details else None,
        "details": details or None,
    }


def _read_out(field: str, value: Any) -> str:
    if value is None or value == []:
        return "none"
    if isinstance(value, list):
        return ", ".join(_told_one(each) if isinstance(each, dict) else each for each in value)
    if isinstance(value, dict):
        return pricing.said(value)
    return str(instant(value)) if field in ("due", "since", "until", "proof_until", "inert_at") else str(value)


def _told_one(one: dict[str, Any]) -> str:
    """Somebody who is told, as whom, and instead of whom; or what is in the way of forgetting, and which."""
    if "worker" not in one:
        return " ".join(filter(None, (one["kind"], one["thing"], one["ground"])))
    instead = "" if one["instead_of"] is None else f" instead of {one['instead_of']}"
    return f"{one['worker'] or 'nobody'} as {one['recipient']}{instead}"


def _gathering(found: Rows, own: Sequence[PlainFact]) -> None:
    """A team or an area as it stands after everything that was said of it."""
    noun, happened = own[0]["stream"].partition("-")[0], by_happening(own)
    said = [(fact["topic"].partition(".")[2], fact["body"]) for fact in own]
    row = {"name": [body["name"] for _, body in said if "name" in body][-1]}
    if noun == "team":
        row["leader"] = None
        for verb, body in said:
            if verb == "leader-named" or (verb == "member-removed" and body["worker"] == row["leader"]):
                row["leader"] = body["worker"] if verb == "leader-named" else None
        row["disbanded"] = any(verb == "disbanded" for verb, _ in said)
    else:
        row["parent"] = [body["parent"] for _, body in said if "parent" in body][-1]
        row["head"] = ([None] + [body["worker"] for verb, body in said if verb == "head-named"])[-1]
        turns = [fact["topic"] for fact in happened if fact["topic"] in ("area.closed", "area.reopened")]
        row["closed"] = turns[-1:] == ["area.closed"]
    found[f"{noun}s"][thing(own[0]),] = row


def _absences(found: Rows, own: Sequence[PlainFact]) -> None:
    for fact in own:
        body, at = fact["body"], instant(fact["happened_at"])
        key = (thing(fact), body.get("absence", ""))
        if fact["topic"] == "worker.absence-planned":
            times = {"since": instant(body["since"]), "until": _end(body)}
            found["absences"][key] = times | {"substitute": body["substitute"]}
        elif fact["topic"] == "worker.absence-ended" and key in found["absences"]:
            row = found["absences"][key]
            if at <= row["since"]:
                del found["absences"][key]
            elif row["until"] is None or at < row["until"]:
                row["until"] = at


def _memberships(found: Rows, own: Sequence[PlainFact]) -> None:
    """Asked at every instant at which anything was said of it: inside or not?"""
    for group in {fact["body"]["group"] for fact in own}:
        said = by_happening(fact for fact in own if fact["body"]["group"] == group)
        since: datetime | None = None
        for at in sorted({instant(fact["happened_at"]) for fact in said}):
            inside = _inside(said, at)
            if inside and since is None:
                since = at
            elif not inside and since is not None:
                _spell(found, own[0], group, since, at)
                since = None
        if since is not None:
            _spell(found, own[0], group, since, None)


def _inside(said: Sequence[PlainFact], at: datetime) -> bool:
    heard = [fact for fact in said if instant(fact["happened_at"]) <= at]
    return bool(heard) and heard[-1]["topic"] == "membership.joined"


def _spell(found: Rows, fact: PlainFact, group: str, since: datetime, until: datetime | None) -> None:
    found["group_members"][thing(fact), group, since.isoformat()] = {"joined_at": since, "left_at": until}


def _group(found: Rows, own: Sequence[PlainFact]) -> None:
    row: dict[str, Any] = {"directory": None, "name": "", "kind": "customers", "rank": 0}
    for fact in own:
        row |= {name: value for name, value in fact["body"].items() if name in row}
    row |= {"contract": None, "closed": False}
    for fact in by_happening(own):
        if fact["topic"] == "group.contract-set" and fact["body"]["incident_type"] is None:
            row["contract"] = fact["body"]["contract"]
        elif fact["topic"] in ("group.closed", "group.reopened"):
            row["closed"] = fact["topic"] == "group.closed"
    found["groups"][thing(own[0]),] = row


def _rows(found: Rows, own: Sequence[PlainFact]) -> None:
    for fact in by_happening(fact for fact in own if fact["topic"] == "group.responsible-set"):
        key = thing(fact), fact["body"]["process_area"]
        row = {name: fact["body"][name] for name in ("person", "team", "area")}
        found["group_responsibles"].pop(key, None)
        if any(row.values()):
            found["group_responsibles"][key] = row


def _directory(found: Rows, own: Sequence[PlainFact]) -> None:
    names = [fact["body"]["name"] for fact in own if "name" in fact["body"]]
    turns = [fact["topic"] for fact in own if fact["topic"] in ("directory.closed", "directory.reopened")]
    found["listed_directories"][thing(own[0]),] = {"name": names[-1], "closed": turns[-1:] == ["directory.closed"]}


def _process_area(found: Rows, own: Sequence[PlainFact]) -> None:
    answering = [fact["body"] for fact in by_happening(own) if "responsible" in fact["body"]]
    found["process_areas"][thing(own[0]),] = {
        "name": [fact["body"]["name"] for fact in own if "name" in fact["body"]][-1],
        "retired": any(fact["topic"] == "process-area.retired" for fact in own),
        "responsible": answering[-1]["responsible"] if answering else None,
    }


def _gateway(found: Rows, own: Sequence[PlainFact]) -> None:
    """Its name is the one given last; all else is what was said of the latest instant."""
    happened = by_happening(own)
    turns = [fact["topic"] for fact in happened if fact["topic"] in ("gateway.closed", "gateway.reopened")]
    found["gateways"][thing(own[0]),] = {
        "name": [fact["body"]["name"] for fact in own if "name" in fact["body"]][-1],
        "kind": own[0]["body"]["kind"],
        "process_area": _last(happened, ("gateway.opened", "gateway.process-area-set"), "process_area"),
        "responsible": _last(happened, ("gateway.responsible-set",), "responsible"),
        "closed": turns[-1:] == ["gateway.closed"],
    }


def _calendar(found: Rows, own: Sequence[PlainFact]) -> None:
    written = [fact for fact in own if "hours" in fact["body"]]
    hours = written[-1]["body"]["hours"]
    found["calendars"][thing(own[0]),] = {
        "name": _last(own, ("calendar.defined", "calendar.renamed"), "name"),
        "zone": hours["zone"],
        "versions": len(written),
        "holidays": len(hours["holidays"]),
        "revised_at": instant(written[-1]["recorded_at"]),
    }


def _contract(found: Rows, own: Sequence[PlainFact]) -> None:
    terms = own[-1]["body"]["terms"]
    found["contracts"][thing(own[0]),] = {
        "name": own[0]["body"]["name"],
        "versions": len(own),
        "calendar": terms["calendar"],
        "responsible": terms.get("responsible"),
        "levels": len(terms.get("levels", ())),
        "revised_at": instant(own[-1]["recorded_at"]),
    }


def _incident_type(found: Rows, own: Sequence[PlainFact]) -> None:
    found["incident_types"][thing(own[0]),] = {
        "name": own[0]["body"]["name"],
        "retired": any(fact["topic"] == "incident-type.retired" for fact in own),
        "contract": _last(by_happening(own), ("incident-type.contract-set",), "contract"),
    }


def _settings(found: Rows, own: Sequence[PlainFact]) -> None:
    """What has a time of its own, by that; all else as it was recorded."""
    for name, field in (
        ("default-contract", "contract"),
        ("helpdesk-responsible", "responsible"),
        ("helpdesk-process-area", "process_area"),
        ("base-list", "price_list"),
    ):
        _setting(found, name, [fact["body"][field] for fact in by_happening(own) if field in fact["body"]])
    for name, field in (("default-area", "area"), ("zone", "zone"), ("country", "country"), ("form-rule", "reopens")):
        _setting(found, name, [fact["body"][field] for fact in own if field in fact["body"]])
    days = [str(fact["body"]["days"]) for fact in own if fact["topic"] == "settings.proof-retention-set"]
    _setting(found, "proof-retention", days)
    for name in (
        *("severities", "life-cycles", "salutations", "relations", "units"),
        *("erasure-reasons", "hold-grounds"),
    ):
        listed = [fact["body"] for fact in own if fact["topic"] == f"settings.{name}-listed"]
        for place, entry in enumerate(next(iter(listed[-1].values())) if listed else ()):
            found["code_lists"][name, f"{place:03}"] = {"entry": entry}


def _setting(found: Rows, name: str, values: Sequence[Any]) -> None:
    if values and values[-1] is not None:
        found["company_settings"][name,] = {"value": values[-1]}


def _terms(found: Rows, own: Sequence[PlainFact]) -> None:
    for fact in by_happening(fact for fact in own if fact["topic"] == "contact.contract-set"):
        key = thing(fact), fact["body"]["incident_type"] or ""
        found["contact_terms"][key] = {"contract": fact["body"]["contract"]}


def _book(found: Rows, streams: dict[str, list[PlainFact]]) -> Book:
    book = Book()
    for stream, own in streams.items():
        for fact in own:
            at, body = instant(fact["recorded_at"]), fact["body"]
            if stream.startswith("contract-"):
                book.contracts.setdefault(thing(fact), []).append(Written(at, body["terms"]))
                found["contract_calendars"][thing(fact), body["terms"]["calendar"]] = {}
            elif stream.startswith("calendar-") and "hours" in body:
                book.calendars.setdefault(thing(fact), []).append(Written(at, calendar(body["hours"])))
    return book


def _ticket(found: Rows, own: list[PlainFact], streams: dict[str, list[PlainFact]], book: Book) -> None:
    id, opened, body = thing(own[0]), own[0], own[0]["body"]
    received = instant(body.get("received_at") or opened["happened_at"])
    found["tickets"][id,] = {
        "opened_at": received,
        **{name: body[name] for name in ("area", "reference", "product", "subject")},
        "title": sealed(opened, "title"),
        "description": sealed(opened, "description"),
    }
    whose = _whose(own)
    found["ticket_standings"][id,] = _standing(own) | whose
    for contact in {whose["reporter"], whose["customer"]} - {None}:
        found["contact_tickets"][contact, id] = {"opened_at": received}
    for fact in own:
        if fact["topic"] == "ticket.contract-selected":
            whose_then = _whose([each for each in own if each["position"] < fact["position"]])
            group = _bringer(fact, whose_then, received, streams)
            found["sla_groups"].pop((id,), None)
            if group is not None:
                found["sla_groups"][id,] = {"group_id": group}
    for fact in own:
        if fact["topic"] == "ticket.linked":
            row = {"linked_at": instant(fact["happened_at"])}
            found["ticket_links"][id, fact["body"]["kind"], fact["body"]["thing"]] = row
        if fact["topic"] == "ticket.unlinked":
            del found["ticket_links"][id, fact["body"]["kind"], fact["body"]["thing"]]
    _promises(found, id, own, book)


def _whose(own: Sequence[PlainFact]) -> dict[str, Any]:
    """By what was said last: on whose terms it is, what it is about, and which ticket it belongs to."""
    row = {"process_area": None, "gateway": None, "survivor": None, "origin": None}
    for fact in own:
        match fact["topic"], fact["body"]:
            case "ticket.opened", body:
                row |= {name: body.get(name) for name in ("reporter", "customer", "incident_type", *row)}
            case "ticket.customer-set", body:
                row |= {"reporter": body["reporter"], "customer": body["customer"]}
            case "ticket.retyped", body:
                row["incident_type"] = body["incident_type"]
            case "ticket.merged", body:
                row["survivor"] = body["survivor"]
            case "ticket.separated", _:
                row["survivor"] = None
            case "ticket.split-off", body:
                row["origin"] = body["origin"]
    return row


def _standing(own: Sequence[PlainFact]) -> dict[str, Any]:
    life, had = steps(own), _had(own)
    status, severity, contract = "", None, None
    for step in life:
        after, before = STATUS_AFTER.get(step.topic, (status, None))
        if step.topic == "ticket.closed":
            after, before = "closed", ("resolved",) if step.body["reason"] is None else None
        status = after if before is None or status in before else status
        severity = step.body.get("severity") if step.topic in ASSESSED else severity
        contract = step.body["contract"] if step.topic in PROMISED else contract
    status = "merged" if any(step.topic == "ticket.merged" for step in life) else status
    assignee, team = had[-1][1] if had else (None, None)
    return {
        "status": "assigned" if status == "received" and (assignee or team) else status,
        "severity": severity,
        "assignee": assignee,
        "team": team,
        "contract": contract,
        "over": status in ("resolved", "closed", "merged"),
        "changed_at": max([step.at for step in life if step.topic != ANSWERED] + [at for at, _ in had]),
    }


def _had(own: Sequence[PlainFact]) -> list[tuple[datetime, tuple[str | None, str | None]]]:
    """Since when it was with whom, and with which team: what somebody gives back stays with the team."""
    had: list[tuple[datetime, tuple[str | None, str | None]]] = []
    for fact in own:
        at, body = instant(fact["happened_at"]), fact["body"]
        match fact["topic"]:
            case "ticket.assigned":
                now = (body["assignee"], body.get("team"))
            case "ticket.team-assigned":
                now = (None, body["team"])
            case "ticket.given-back":
                before = [holding for since, holding in had if since <= at]
                now = (None, before[-1][1] if before and not body["team_too"] else None)
            case _:
                continue
        had = sorted([*had, (at, now)], key=lambda each: each[0])
    return had


def _last(moments: Sequence[PlainFact], topics: tuple[str, ...], field: str) -> Any:
    said = [fact["body"][field] for fact in moments if fact["topic"] in topics]
    return said[-1] if said else None


def _bringer(fact: PlainFact, whose: dict[str, Any], at: datetime, streams: dict[str, list[PlainFact]]) -> str | None:
    """By what was known then of the receipt: the customer's groups, those whose contract it is, the first by rank."""
    scope, customer = fact["body"]["scope"], whose["customer"]
    if scope not in ("group", "group-and-type") or customer is None:
        return None
    type_ = whose["incident_type"] if scope == "group-and-type" else None

    def known(stream: str) -> list[PlainFact]:
        return by_happening(each for each in streams.get(stream, ()) if each["position"] < fact["position"])

    groups = set()
    for client in _one_with(customer, streams, fact["position"]):
        joined = known(f"membership-{client}")
        groups |= {
            group
            for group in {each["body"]["group"] for each in joined}
            if _inside([each for each in joined if each["body"]["group"] == group], at)
        }
    offering = []
    for group in groups:
        life = known(f"group-{group}")
        terms = [
            each["body"]["contract"]
            for each in life
            if each["topic"] == "group.contract-set"
            and each["body"]["incident_type"] == type_
            and instant(each["happened_at"]) <= at
        ]
        ranks = [
            each["body"]["rank"] for each in sorted(life, key=lambda each: each["version"]) if "rank" in each["body"]
        ]
        if terms and terms[-1] == fact["body"]["contract"]:
            offering.append((ranks[-1], group))
    return min(offering)[1] if offering else None


def _one_with(contact: str, streams: dict[str, list[PlainFact]], position: int) -> set[str]:
    """All contacts that went under one name just before the position."""
    names = {}
    for stream, own in streams.items():
        if stream.startswith("contact-"):
            told = [fact for fact in own if fact["position"] < position]
            told = [fact for fact in told if fact["topic"] in ("contact.merged", "contact.separated")]
            names[thing(own[0])] = (
                told[-1]["body"]["survivor"] if told and told[-1]["topic"] == "contact.merged" else ""
            )
    shown = names.get(contact) or contact
    return {each for each, survivor in names.items() if (survivor or each) == shown}


def _promises(found: Rows, id: str, own: Sequence[PlainFact], book: Book) -> None:
    life = steps(own)
    known = promised(book, life, [*_noticed_by(own)])
    rows = [_deadline(target, clock, own) for target, clock in known.clocks()]
    for (target, clock), row in zip(known.clocks(), rows, strict=True):
        if clock.since is None or (clock is known.next_response and row["outcome"] != "none"):
            found["deadlines"][id, target] = row
        elif row["outcome"] != "none":
            kept = ("outcome", "contract", "due", "consumed_seconds", "target_seconds", "corrected")
            found["earlier_responses"][id, clock.since.isoformat()] = {name: row[name] for name in kept}
    response, *_, resolution = rows
    assessed = [step.body.get("severity") for step in life if step.topic in ASSESSED]
    found["sla_outcomes"][id,] = {
        "received_at": next(step.at for step in life if step.topic == "ticket.opened"),
        "severity": assessed[-1] if assessed else None,
        "first_response_seconds": known.response.seconds,
        "resolution_seconds": known.resolution.seconds,
        "first_response_due": response["due"],
        "resolution_due": resolution["due"],
        "first_response_outcome": response["outcome"],
        "resolution_outcome": resolution["outcome"],
    }
    contracts = {fact["body"]["contract"] for fact in own if fact["topic"] in PROMISED} - {None}
    found["promises"].update({} if known.settled else {(id, contract): {} for contract in contracts})
    if _standing(own)["over"]:
        judged = [
            [target, _micros(clock.since), row["outcome"], _micros(row["due"])]
            for (target, clock), row in zip(known.clocks(), rows, strict=True)
        ]
        line = json.dumps([[*map(_noticed, life)], judged], separators=(",", ":"))
        found["lives"][id,] = {"received_at": life[0].at, "life": line}


def _noticed_by(own: Sequence[PlainFact]) -> Iterator[datetime]:
    """Just after each due that was last said to have been missed."""
    said: dict[tuple[str, str | None], PlainFact] = {}
    for fact in own:
        if fact["topic"] in ("outcome.stated", "outcome.corrected"):
            said[fact["body"]["target"], fact["body"].get("since")] = fact["body"]
    for body in said.values():
        if body["outcome"] == "missed":
            yield instant(body["due"]) + timedelta(microseconds=1)


def _noticed(step: Step) -> list[Any]:
    """A moment as it is written down: when, of which kind, and what it is about."""
    topic, body = step.topic.removeprefix("ticket."), step.body
    through = ".".join(body.get("through") or ()) or None
    if step.topic in PROMISED:
        kind, value = "promised", body["contract"]
    elif step.topic in ASSESSED:
        kind, value = "assessed", body.get("severity")
    elif topic == "closed":
        kind, value = "closed" if body["reason"] is None else "dropped", None
    else:
        kind, value = topic, f"origin:{body['origin']}" if topic == ANSWERED and "origin" in body else through
    return [_micros(step.at), kind, value]


def _micros(at: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if at is None else (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _deadline(target: str, clock: Clock, own: Sequence[PlainFact]) -> dict[str, Any]:
    """`due` of an open one is when it will be due, if its clock runs on."""
    owed = clock.verdict is None and clock.target is not None
    verdict = clock.verdict or Verdict("open" if owed else "none", None, None, None, 0)
    return {
        "outcome": verdict.outcome,
        "contract": clock.offer.contract if owed and clock.offer else verdict.contract,
        "contract_version": clock.offer.version if owed and clock.offer else verdict.version,
        "due": clock.due(clock.runs) if owed else verdict.due,
        "at_risk_from": clock.due(clock.runs, 0.75) if owed and clock.running else None,
        "paused": owed and not clock.running,
        "consumed_seconds": clock.used() if owed and not clock.running else clock.seconds,
        "target_seconds": clock.target,
        "judged_at": verdict.at,
        "corrected": _turned([fact for fact in own if _is_about(fact, target, clock)]),
    }


def _is_about(fact: PlainFact, target: str, clock: Clock) -> bool:
    """Whether an outcome of this promise was stated, or corrected."""
    said = fact["body"]
    if fact["topic"] not in ("outcome.stated", "outcome.corrected") or said["target"] != target:
        return False
    return (said.get("since") and instant(said["since"])) == clock.since


def _turned(said: Sequence[PlainFact]) -> bool:
    """Whether anything but a merging was ever corrected."""
    before = [None, *(fact["body"]["outcome"] for fact in said)]
    return any(
        fact["topic"] == "outcome.corrected" and former != "merged" for former, fact in zip(before, said, strict=False)
    )


def waiting_apart(facts: Sequence[PlainFact], parked: dict[str, int]) -> Iterator[PlainFact]:
    """What is left when streams wait from a position on."""
    return (fact for fact in facts if fact["position"] < parked.get(fact["stream"], fact["position"] + 1))
