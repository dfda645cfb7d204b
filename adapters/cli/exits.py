"""What may stop any command, and the exit code that tells it apart; everything else is a fault of ours."""

from __future__ import annotations

import os

from adapters.archive.person import FileCut
from adapters.columnar.manifest import NotAnExport, OtherExport
from adapters.credentials.callers_file import CallersWrong
from adapters.credentials.change import CallerAbsent, WrongUse
from adapters.embedded import NotRunning, OutOfReach, StartFailed, StateInUse
from adapters.embedded.leftover import StillRunning
from adapters.key_encryption import KeyUnavailable
from adapters.nats.client import NoAnswer
from adapters.nats.connection import Unreachable
from adapters.postgres import reading
from adapters.postgres.analysts import NoAnalyst, NotEntitled, NoWorker, RolesNotOurs, RoleTaken, ViewsInUse
from adapters.postgres.catalogs import NotSuperuser
from adapters.postgres.clock import ClockNeeded, NoTestClock, NotFollowed, TimeGoesBack, TooFarAhead
from adapters.postgres.keys import KeyMissing
from adapters.postgres.quarantine import AtWork
from adapters.postgres.rewrapping import RotatedElsewhere, StillWrapped
from adapters.postgres.schema import MigrationChanged, SchemaNewer
from adapters.postgres.snapshot import NotAtOnePosition, Resting
from adapters.sealing import Spoiled
from adapters.settings import SettingsWrong

CODES: dict[type[Exception], int] = {
    SettingsWrong: os.EX_CONFIG,
    CallersWrong: os.EX_CONFIG,
    WrongUse: os.EX_USAGE,
    CallerAbsent: os.EX_NOINPUT,
    MigrationChanged: os.EX_CONFIG,
    SchemaNewer: os.EX_CONFIG,
    ClockNeeded: os.EX_CONFIG,
    NoTestClock: os.EX_CONFIG,
    TimeGoesBack: os.EX_DATAERR,
    TooFarAhead: os.EX_DATAERR,
    NotFollowed: os.EX_TEMPFAIL,
    RotatedElsewhere: os.EX_TEMPFAIL,
    AtWork: os.EX_TEMPFAIL,
    NotEntitled: os.EX_NOPERM,
    NoAnalyst: os.EX_NOINPUT,
    NoWorker: os.EX_NOINPUT,
    RoleTaken: os.EX_DATAERR,
    RolesNotOurs: os.EX_NOPERM,
    NotSuperuser: os.EX_NOPERM,
    ViewsInUse: os.EX_TEMPFAIL,
    NotAtOnePosition: os.EX_TEMPFAIL,
    Resting: os.EX_TEMPFAIL,
    NotAnExport: os.EX_DATAERR,
    OtherExport: os.EX_DATAERR,
    StillWrapped: os.EX_TEMPFAIL,
    StateInUse: os.EX_TEMPFAIL,
    NotRunning: os.EX_UNAVAILABLE,
    NoAnswer: os.EX_UNAVAILABLE,
    Unreachable: os.EX_UNAVAILABLE,
    reading.Unreachable: os.EX_UNAVAILABLE,
    reading.LogAbsent: os.EX_UNAVAILABLE,
    KeyUnavailable: os.EX_UNAVAILABLE,
    KeyMissing: os.EX_SOFTWARE,
    Spoiled: os.EX_DATAERR,
    FileCut: os.EX_TEMPFAIL,
    StartFailed: os.EX_SOFTWARE,
    StillRunning: os.EX_SOFTWARE,
    OutOfReach: os.EX_SOFTWARE,
    FileNotFoundError: os.EX_NOINPUT,
    PermissionError: os.EX_NOPERM,
}


def code_of(error: Exception) -> int | None:
    """None for a fault of ours."""
    return next((code for kind, code in CODES.items() if isinstance(error, kind)), None)


def said(error: Exception) -> str:
    """Its own words with, where they are only a name, what kind of trouble it is."""
    about = (type(error).__doc__ or "").partition("\n")[0]
    return f"{about} ({error})" if isinstance(error, (KeyMissing, Spoiled, Unreachable)) else str(error)
