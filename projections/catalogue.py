"""Every read model there is, and every question asked of them, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from projections import looks, trail
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
from projections.question import Question
from projections.service import desk, due, outcome, ticket
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.staff import area, charge, directory_right, sight, team, worker
from projections.staff.roster import ROSTER
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
        TRAIL,
        TOLD,
    )
}

ASKED_ABOUT = (
    desk,
    ticket,
    due,
    outcome,
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
    notice,
    trail,
    looks,
)

QUESTIONS: Mapping[str, type[Question]] = Question.by_name
