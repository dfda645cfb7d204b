"""What may be asked about the company's settings: by the CRM administrator."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from commands.command import Asked, Command, Decision
from commands.existence import needs_calendar, needs_contract, needs_price_list, needs_worker
from commands.permission import needs
from domain.company import settings as rule
from domain.company.country import Country
from domain.company.process_area import PROCESS_AREA, needs_offered
from domain.company.settings import COMPANY, SETTINGS, AfterClosing, Settings
from domain.refusal import require
from domain.staff.area import AREA, AreaUnknown, needs_open
from domain.staff.worker import Right
from domain.values import AreaId, CalendarId, ContractId, Label, PriceListId, ProcessAreaId, Unit, WorkerId, Zone

Entries = Annotated[tuple[Label, ...], Field(max_length=100)]
"""A code list; an entry that is left out is no longer offered, and stays where it was used."""


class SetDefaultArea(Command, topic="settings.set-default-area", of=SETTINGS, only=COMPANY):
    """Name the area tickets go to when nothing else says (R-RESP-6)."""

    area: AreaId

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        area = asked.read(AREA, self.area)
        require(area.opened, otherwise=AreaUnknown)
        needs_open(area, asked.at)
        return rule.set_default_area(own, self.area)


class SetDefaultContract(Command, topic="settings.set-default-contract", of=SETTINGS, only=COMPANY):
    """Name the contract that holds when no other does (D1 scope 6), or none."""

    contract: ContractId | None

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_contract(asked, self.contract)
        return rule.set_default_contract(own, self.contract, asked.at)


class ListSeverities(Command, topic="settings.list-severities", of=SETTINGS, only=COMPANY):
    """Write down the severities in order, gravest first."""

    severities: Annotated[tuple[Label, ...], Field(min_length=1, max_length=50)]

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_severities(own, self.severities)


class SetHelpdeskResponsible(Command, topic="settings.set-helpdesk-responsible", of=SETTINGS, only=COMPANY):
    """Name the worker who answers for tickets that nobody else answers for (D11 step 4, R-SET-1), or nobody."""

    responsible: WorkerId | None

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_worker(asked, self.responsible)
        return rule.set_helpdesk_responsible(own, self.responsible, asked.at)


class SetHelpdeskProcessArea(Command, topic="settings.set-helpdesk-process-area", of=SETTINGS, only=COMPANY):
    """Name the process area of what an employee enters when nothing else says, or none (D13, R-RESP-4)."""

    process_area: ProcessAreaId | None

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        if self.process_area is not None:
            needs_offered(asked.read(PROCESS_AREA, self.process_area))
        return rule.set_helpdesk_process_area(own, self.process_area, asked.at)


class SetPlace(Command, topic="settings.set-place", of=SETTINGS, only=COMPANY):
    """Say where the company is: its time zone, and the country that telephone numbers are of (R-SET-1)."""

    zone: Zone
    country: Country

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.set_place(own, self.zone, self.country)


class ListLifeCycles(Command, topic="settings.list-life-cycles", of=SETTINGS, only=COMPANY):
    """Write down what a contact may be to us, from lead to former customer."""

    entries: Entries

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_life_cycles(own, self.entries)


class ListSalutations(Command, topic="settings.list-salutations", of=SETTINGS, only=COMPANY):
    """Write down how contacts may be addressed."""

    entries: Entries

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_salutations(own, self.entries)


class ListRelations(Command, topic="settings.list-relations", of=SETTINGS, only=COMPANY):
    """Write down what contacts may be to each other."""

    entries: Entries

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_relations(own, self.entries)


class SetFormRule(Command, topic="settings.set-form-rule", of=SETTINGS, only=COMPANY):
    """Say whether an answer after closing opens the ticket again or makes a new one (R-TCK-6, R-SET-1)."""

    reopens: AfterClosing

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.set_form_rule(own, self.reopens)


class SetClosingRule(Command, topic="settings.set-closing-rule", of=SETTINGS, only=COMPANY):
    """Say after how much of a calendar's time a resolved ticket closes if nobody answers, or never (R-TCK-13)."""

    after_seconds: Annotated[int, Field(ge=1, le=315_360_000)] | None
    calendar: CalendarId | None

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_calendar(asked, self.calendar)
        return rule.set_closing_rule(own, self.after_seconds, self.calendar, asked.at)


class ListUnits(Command, topic="settings.list-units", of=SETTINGS, only=COMPANY):
    """Write down what quantities count: pieces, metres, hours."""

    entries: Annotated[tuple[Unit, ...], Field(max_length=100)]

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_units(own, self.entries)


class SetBaseList(Command, topic="settings.set-base-list", of=SETTINGS, only=COMPANY):
    """Name the price list that counts where no other of a customer's has a price, or none (D17)."""

    price_list: PriceListId | None

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        needs_price_list(asked, self.price_list)
        return rule.set_base_list(own, self.price_list, asked.at)


class ListErasureReasons(Command, topic="settings.list-erasure-reasons", of=SETTINGS, only=COMPANY):
    """Write down why a person may be forgotten, in order (D23)."""

    entries: Entries

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_erasure_reasons(own, self.entries)


class ListHoldGrounds(Command, topic="settings.list-hold-grounds", of=SETTINGS, only=COMPANY):
    """Write down why data must be kept, or must not be used, in order."""

    entries: Entries

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.list_hold_grounds(own, self.entries)


class SetProofRetention(Command, topic="settings.set-proof-retention", of=SETTINGS, only=COMPANY):
    """Say for how many days after somebody was forgotten what we sent them is kept as proof (D23)."""

    days: Annotated[int, Field(ge=0, le=36_525)]

    def decide(self, own: Settings, asked: Asked) -> Decision:
        needs(asked, Right.CRM_ADMINISTRATOR)
        return rule.set_proof_retention(own, self.days)
