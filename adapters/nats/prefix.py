"""Under which subjects a service is asked: the caller and what is asked for come behind."""

COMMANDS = "kartoteka.v1.cmd."
QUESTIONS = "kartoteka.v1.qry."
FILES = "kartoteka.v1.fil."
