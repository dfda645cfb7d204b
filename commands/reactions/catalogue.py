"""Every reaction there is, by the name of its handler."""

from __future__ import annotations

from collections.abc import Mapping

from commands.reactions.checking import CHECKING
from commands.reactions.notifying import NOTIFYING
from commands.reactions.reaction import Reaction
from commands.reactions.routing import ROUTING

REACTIONS: Mapping[str, Reaction] = {reaction.name: reaction for reaction in (ROUTING, NOTIFYING, CHECKING)}
