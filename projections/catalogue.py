"""Every read model there is, and every question asked of them, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from projections import late, looks, trail
from projections.access import ACCESS
from projections.clients import access_check, bookmark, card, client, contact, directory, group, paper, search
from projections.clients.bookmarks import AT_HAND
from projections.clients.client_file import CLIENT_FILE
from projections.clients.client_links import CLIENT_LINKS
from projections.clients.client_papers import CLIENT_PAPERS
from projections.clients.contact_search import CONTACT_SEARCH
from projections.clients.directories import SHELVES
from projections.clients.group_members import MEMBERSHIPS
from projections.company import readiness, responsibility
from projections.company.responsible import RESPONSIBLE
from projections.model import ReadModel
from projections.names import CALLED
from projections.pricing import candidate_price, order, order_overview, price_list
from projections.pricing.orders import ORDERED
from projections.pricing.price_lists import LISTED
from projections.pricing.prices import ASKED_FOR
from projections.pricing.products import ASSORTMENT
from projections.privacy import erasure, personal_data
from projections.privacy.erasures import ERASING
from projections.privacy.subjects import SUBJECTS
from projections.question import Question
from projections.service import contract, desk, due, link, outcome, sla_overview, ticket
from projections.service.links import LINKED
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.terms import TERMS
from projections.service.tickets import DESK
from projections.service.timers import TIMING
from projections.staff import area, charge, directory_right, sight, team, worker
from projections.staff.roster import ROSTER
from projections.talk import gateway
from projections.talk.gateways import ENTRANCES
from projections.timeline import TRAIL
from projections.work import notice
from projections.work.notices import TOLD

READ_MODELS: Mapping[str, ReadModel] = {
    model.name: model
    for model in (
        ACCESS,
        CALLED,
        DESK,
        SERVICE_LEVELS,
        TIMING,
        LINKED,
        TERMS,
        MEMBERSHIPS,
        CLIENT_FILE,
        CLIENT_LINKS,
        CLIENT_PAPERS,
        CONTACT_SEARCH,
        AT_HAND,
        SHELVES,
        ROSTER,
        RESPONSIBLE,
        ASSORTMENT,
        LISTED,
        ASKED_FOR,
        ORDERED,
        ENTRANCES,
        TRAIL,
        TOLD,
        SUBJECTS,
        ERASING,
    )
}

ASKED_ABOUT = (
    desk,
    ticket,
    link,
    due,
    outcome,
    sla_overview,
    contact,
    access_check,
    client,
    card,
    paper,
    search,
    bookmark,
    group,
    directory,
    responsibility,
    readiness,
    price_list,
    candidate_price,
    order,
    order_overview,
    sight,
    worker,
    team,
    area,
    directory_right,
    charge,
    gateway,
    contract,
    notice,
    trail,
    late,
    looks,
    erasure,
    personal_data,
)

QUESTIONS: Mapping[str, type[Question]] = Question.by_name
