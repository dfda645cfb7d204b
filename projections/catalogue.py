"""Every read model there is, and every question asked of them, by its name."""

from __future__ import annotations

from collections.abc import Mapping

from projections import trail
from projections.access import ACCESS
from projections.clients import contact, directory, group
from projections.clients.client_file import CLIENT_FILE
from projections.clients.group_members import MEMBERSHIPS
from projections.model import ReadModel
from projections.names import CALLED
from projections.question import Question
from projections.service import desk, due, outcome, ticket
from projections.service.service_levels import SERVICE_LEVELS
from projections.service.tickets import DESK
from projections.staff import sight
from projections.timeline import TRAIL
from projections.work import notice
from projections.work.notices import TOLD

READ_MODELS: Mapping[str, ReadModel] = {
    model.name: model for model in (ACCESS, CALLED, DESK, SERVICE_LEVELS, MEMBERSHIPS, CLIENT_FILE, TRAIL, TOLD)
}

ASKED_ABOUT = (desk, ticket, due, outcome, contact, group, directory, sight, notice, trail)

QUESTIONS: Mapping[str, type[Question]] = Question.by_name
