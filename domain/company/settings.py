"""The company's own settings: a missing one is listed, never guessed (R-SET-1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import Field

from domain.company.country import Country
from domain.decider import Decider
from domain.fact import Event, Fact
from domain.refusal import Refused, require
from domain.timeline import Timeline
from domain.values import AreaId, CalendarId, ContractId, Label, PriceListId, ProcessAreaId, Unit, WorkerId, Zone

COMPANY = "company"
"""The one stream of settings: a deployment serves one company."""


class AfterClosing(StrEnum):
    """What becomes of an answer to a ticket that is closed: it opens that one again, or makes another (R-TCK-6)."""

    REOPEN = "reopen"
    NEW_TICKET = "new-ticket"


class DefaultAreaSet(Event, topic="settings.default-area-set"):
    """Tickets go to this area when nothing else says."""

    area: AreaId


class DefaultContractSet(Event, topic="settings.default-contract-set"):
    """This contract, or none, holds where no other does."""

    contract: ContractId | None


class SeveritiesListed(Event, topic="settings.severities-listed"):
    """The ordered code list of severities, gravest first."""

    severities: tuple[Label, ...]


class HelpdeskResponsibleSet(Event, topic="settings.helpdesk-responsible-set"):
    """This worker, or nobody, answers for tickets that nobody else answers for (D11 step 4)."""

    responsible: WorkerId | None


class HelpdeskProcessAreaSet(Event, topic="settings.helpdesk-process-area-set"):
    """From here on what an employee enters is of this kind of care where nothing else is said, or of none."""

    process_area: ProcessAreaId | None


class PlaceSet(Event, topic="settings.place-set"):
    """The company's local time is that of the zone, and numbers without a prefix are of the country."""

    zone: Zone
    country: Country


class LifeCyclesListed(Event, topic="settings.life-cycles-listed"):
    """The code list of what a contact may be to us, in order."""

    entries: tuple[Label, ...]


class SalutationsListed(Event, topic="settings.salutations-listed"):
    """The code list of how a contact may be addressed, in order."""

    entries: tuple[Label, ...]


class RelationsListed(Event, topic="settings.relations-listed"):
    """The code list of what a contact may be to another, in order."""

    entries: tuple[Label, ...]


class FormRuleSet(Event, topic="settings.form-rule-set"):
    """So it goes with an answer that comes after closing."""

    reopens: AfterClosing


class ClosingRuleSet(Event, topic="settings.closing-rule-set"):
    """From here on what is resolved closes by itself after so much of the calendar's time; without both, never."""

    after_seconds: Annotated[int, Field(ge=1, le=315_360_000)] | None
    calendar: CalendarId | None


class UnitsListed(Event, topic="settings.units-listed"):
    """The code list of what quantities count, in order."""

    entries: tuple[Unit, ...]


class BaseListSet(Event, topic="settings.base-list-set"):
    """From here on this price list, or none, is asked where no other of a customer's has a price (D17)."""

    price_list: PriceListId | None


class ErasureReasonsListed(Event, topic="settings.erasure-reasons-listed"):
    """The code list of why a person may be forgotten, in order (D23)."""

    entries: tuple[Label, ...]


class HoldGroundsListed(Event, topic="settings.hold-grounds-listed"):
    """The code list of why data must be kept, or must not be used, in order."""

    entries: tuple[Label, ...]


class ProofRetentionSet(Event, topic="settings.proof-retention-set"):
    """For so many days after somebody was forgotten what we sent them is kept as proof (D23)."""

    days: Annotated[int, Field(ge=0, le=36_525)]


SettingsEvent = (
    DefaultAreaSet
    | DefaultContractSet
    | SeveritiesListed
    | HelpdeskResponsibleSet
    | HelpdeskProcessAreaSet
    | PlaceSet
    | LifeCyclesListed
    | SalutationsListed
    | RelationsListed
    | FormRuleSet
    | ClosingRuleSet
    | UnitsListed
    | BaseListSet
    | ErasureReasonsListed
    | HoldGroundsListed
    | ProofRetentionSet
)


class SeverityListedTwice(Refused):
    """A severity stands in the list twice."""


class EntryListedTwice(Refused):
    """An entry stands in the code list twice."""


class ClosingRuleHalved(Refused):
    """The time until a ticket closes by itself and the calendar it is counted by are set together."""


class ClosingRule(NamedTuple):
    """How long a resolved ticket waits for an answer, in the calendar's time (R-TCK-13)."""

    after_seconds: int
    calendar: CalendarId


@dataclass(frozen=True, slots=True)
class Settings:
    default_area: AreaId | None = None
    default_contract: Timeline[ContractId | None] = field(default_factory=Timeline)
    severities: tuple[str, ...] = ()
    helpdesk_responsible: Timeline[WorkerId | None] = field(default_factory=Timeline)
    helpdesk_process_area: Timeline[ProcessAreaId | None] = field(default_factory=Timeline)
    zone: str | None = None
    country: str | None = None
    life_cycles: tuple[str, ...] = ()
    salutations: tuple[str, ...] = ()
    relations: tuple[str, ...] = ()
    after_closing: AfterClosing | None = None
    closing_rule: Timeline[ClosingRule | None] = field(default_factory=Timeline)
    units: tuple[str, ...] = ()
    base_list: Timeline[PriceListId | None] = field(default_factory=Timeline)
    erasure_reasons: tuple[str, ...] = ()
    hold_grounds: tuple[str, ...] = ()
    proof_days: int | None = None


def set_default_area(settings: Settings, area: AreaId) -> Iterator[SettingsEvent]:
    if area != settings.default_area:
        yield DefaultAreaSet(area=area)


def set_default_contract(settings: Settings, contract: ContractId | None, at: datetime) -> Iterator[SettingsEvent]:
    if contract != settings.default_contract.at(at):
        yield DefaultContractSet(contract=contract)


def list_severities(settings: Settings, severities: tuple[str, ...]) -> Iterator[SettingsEvent]:
    require(len(set(severities)) == len(severities), otherwise=SeverityListedTwice)
    if severities != settings.severities:
        yield SeveritiesListed(severities=severities)


def set_helpdesk_responsible(settings: Settings, responsible: WorkerId | None, at: datetime) -> Iterator[SettingsEvent]:
    if responsible != settings.helpdesk_responsible.at(at):
        yield HelpdeskResponsibleSet(responsible=responsible)


def set_helpdesk_process_area(
    settings: Settings, process_area: ProcessAreaId | None, at: datetime
) -> Iterator[SettingsEvent]:
    if process_area != settings.helpdesk_process_area.at(at):
        yield HelpdeskProcessAreaSet(process_area=process_area)


def set_place(settings: Settings, zone: str, country: str) -> Iterator[SettingsEvent]:
    if (zone, country) != (settings.zone, settings.country):
        yield PlaceSet(zone=zone, country=country)


def list_life_cycles(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.life_cycles):
        yield LifeCyclesListed(entries=entries)


def list_salutations(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.salutations):
        yield SalutationsListed(entries=entries)


def list_relations(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.relations):
        yield RelationsListed(entries=entries)


def set_form_rule(settings: Settings, reopens: AfterClosing) -> Iterator[SettingsEvent]:
    if reopens is not settings.after_closing:
        yield FormRuleSet(reopens=reopens)


def set_closing_rule(
    settings: Settings, after_seconds: int | None, calendar: CalendarId | None, at: datetime
) -> Iterator[SettingsEvent]:
    require((after_seconds is None) is (calendar is None), otherwise=ClosingRuleHalved)
    if _closing_rule(after_seconds, calendar) != settings.closing_rule.at(at):
        yield ClosingRuleSet(after_seconds=after_seconds, calendar=calendar)


def list_units(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.units):
        yield UnitsListed(entries=entries)


def set_base_list(settings: Settings, price_list: PriceListId | None, at: datetime) -> Iterator[SettingsEvent]:
    if price_list != settings.base_list.at(at):
        yield BaseListSet(price_list=price_list)


def list_erasure_reasons(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.erasure_reasons):
        yield ErasureReasonsListed(entries=entries)


def list_hold_grounds(settings: Settings, entries: tuple[str, ...]) -> Iterator[SettingsEvent]:
    if _differ(entries, settings.hold_grounds):
        yield HoldGroundsListed(entries=entries)


def set_proof_retention(settings: Settings, days: int) -> Iterator[SettingsEvent]:
    if days != settings.proof_days:
        yield ProofRetentionSet(days=days)


def _differ(entries: tuple[str, ...], listed: tuple[str, ...]) -> bool:
    """Whether it is another list; refused unless each entry stands in it once."""
    require(len(set(entries)) == len(entries), otherwise=EntryListedTwice)
    return entries != listed


def _closing_rule(after_seconds: int | None, calendar: CalendarId | None) -> ClosingRule | None:
    return None if after_seconds is None or calendar is None else ClosingRule(after_seconds, calendar)


def evolve(settings: Settings, fact: Fact[SettingsEvent]) -> Settings:
    match fact.event:
        case DefaultAreaSet(area=area):
            return replace(settings, default_area=area)
        case DefaultContractSet(contract=contract):
            return replace(settings, default_contract=settings.default_contract.put(fact.happened_at, contract))
        case SeveritiesListed(severities=severities):
            return replace(settings, severities=severities)
        case HelpdeskResponsibleSet(responsible=responsible):
            line = settings.helpdesk_responsible.put(fact.happened_at, responsible)
            return replace(settings, helpdesk_responsible=line)
        case HelpdeskProcessAreaSet(process_area=process_area):
            kinds = settings.helpdesk_process_area.put(fact.happened_at, process_area)
            return replace(settings, helpdesk_process_area=kinds)
        case PlaceSet(zone=zone, country=country):
            return replace(settings, zone=zone, country=country)
        case LifeCyclesListed(entries=entries):
            return replace(settings, life_cycles=entries)
        case SalutationsListed(entries=entries):
            return replace(settings, salutations=entries)
        case RelationsListed(entries=entries):
            return replace(settings, relations=entries)
        case FormRuleSet(reopens=reopens):
            return replace(settings, after_closing=reopens)
        case ClosingRuleSet(after_seconds=after_seconds, calendar=calendar):
            rule = settings.closing_rule.put(fact.happened_at, _closing_rule(after_seconds, calendar))
            return replace(settings, closing_rule=rule)
        case UnitsListed(entries=entries):
            return replace(settings, units=entries)
        case BaseListSet(price_list=price_list):
            return replace(settings, base_list=settings.base_list.put(fact.happened_at, price_list))
        case ErasureReasonsListed(entries=entries):
            return replace(settings, erasure_reasons=entries)
        case HoldGroundsListed(entries=entries):
            return replace(settings, hold_grounds=entries)
        case ProofRetentionSet(days=days):
            return replace(settings, proof_days=days)


SETTINGS = Decider(
    "settings",
    Settings(),
    evolve,
    (
        *(DefaultAreaSet, DefaultContractSet, SeveritiesListed, HelpdeskResponsibleSet, HelpdeskProcessAreaSet),
        *(PlaceSet, LifeCyclesListed, SalutationsListed, RelationsListed, FormRuleSet, ClosingRuleSet),
        *(UnitsListed, BaseListSet, ErasureReasonsListed, HoldGroundsListed, ProofRetentionSet),
    ),
)
