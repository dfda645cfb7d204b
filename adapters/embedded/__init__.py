"""Postgres and NATS as two child processes of ours, started on demand and never outliving us."""

from adapters.embedded.account import OutOfReach
from adapters.embedded.child import StartFailed
from adapters.embedded.lock import StateInUse
from adapters.embedded.pair import Running
from adapters.embedded.postgres import postgres_binary
from adapters.embedded.supervisor import NotRunning, attach, erase, running

__all__ = [
    "NotRunning",
    "OutOfReach",
    "Running",
    "StartFailed",
    "StateInUse",
    "attach",
    "erase",
    "postgres_binary",
    "running",
]
