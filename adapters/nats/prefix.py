"""Under which subjects a service is asked: the caller and what is asked for come behind."""

from adapters.scope import Face

COMMANDS = "kartoteka.v1.cmd."
QUESTIONS = "kartoteka.v1.qry."
FILES = "kartoteka.v1.fil."


def of(face: Face) -> str:
    """That of a face which answers. Raises KeyError for one that does not."""
    return {Face.COMMANDS: COMMANDS, Face.QUESTIONS: QUESTIONS, Face.FILES: FILES}[face]
