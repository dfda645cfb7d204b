"""The test clock of a log: it is there from the first fact on or never, and goes forward alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg
import structlog
from psycopg import Connection
from psycopg.errors import ObjectNotInPrerequisiteState, UndefinedTable

from adapters.clock import Clock, MovedClock, now
from adapters.postgres.schema import connect, migrate

Line = Connection[tuple[Any, ...]]

GLANCE_SECONDS = 0.05
RETRY_SECONDS = 0.25
END = datetime(9000, 1, 1, tzinfo=timezone.utc)
"""Nobody's years have five digits, and there is some way to go until they would."""

BEGIN = "INSERT INTO test_clock DEFAULT VALUES ON CONFLICT DO NOTHING"
AHEAD = "SELECT ahead FROM test_clock"
MOVE = "UPDATE test_clock SET ahead = ahead + make_interval(secs => %s) RETURNING ahead"
STANDING = "SELECT log_time(), ahead FROM test_clock FOR UPDATE"
LIVE = "f.seen_at > clock_timestamp() - interval '5 seconds'"
JOIN = """
WITH gone AS (DELETE FROM test_clock_followers WHERE seen_at < clock_timestamp() - interval '1 day')
INSERT INTO test_clock_followers (follower, answers, ahead) VALUES (%(who)s, %(answers)s, %(has)s)
"""
FOLLOW = f"""
WITH seen AS (
    UPDATE test_clock_followers SET ahead = %(has)s, seen_at = clock_timestamp() WHERE follower = %(who)s
    AND (ahead <> %(has)s OR seen_at < clock_timestamp() - interval '1 second')
)
SELECT CASE WHEN %(answers)s THEN t.ahead ELSE least(
    t.ahead, (SELECT min(f.ahead) FROM test_clock_followers f WHERE f.answers AND {LIVE})) END
FROM test_clock t
"""  # noqa: S608 - a constant of ours
LEAVE = "DELETE FROM test_clock_followers WHERE follower = %s"
FOLLOWED = f"""
SELECT count(*), count(*) FILTER (WHERE f.ahead < t.ahead) FROM test_clock t, test_clock_followers f WHERE {LIVE}
"""  # noqa: S608 - a constant of ours

logger = structlog.get_logger()


class NoTestClock(Exception):
    """The log was begun without a test clock, and goes by real time for good."""


class ClockNeeded(Exception):
    """The log was begun with a test clock, and goes by no other."""


class TimeGoesBack(Exception):
    """Time only goes forward: what was recorded cannot lie ahead."""


class TooFarAhead(Exception):
    """Time ends with the year 8999 here."""


class NotFollowed(Exception):
    """A process at work has not followed the clock in time; it goes on being moved."""


class Standing(NamedTuple):
    """What time it is for the log, by how much that is ahead, and how many processes go by it."""

    now: datetime
    ahead: timedelta
    followers: int


class TestClock(MovedClock):
    """The clock of a log that was begun with it, or has no fact yet. Raises NoTestClock where it is too late for that.

    Moved here, it stands moved when the call comes back; moved by others, it follows within `following`.
    """

    __test__ = False  # pytest would take the name for a test's

    def __init__(self, url: str, schema: str) -> None:
        super().__init__()
        self._url, self._schema = url, schema
        migrate(url, schema)
        begin(url, schema)
        self.ahead = ahead(url, schema) or timedelta()

    def advance(self, by: timedelta) -> datetime:
        """What time it is then. Raises TimeGoesBack, TooFarAhead."""
        return self._follow(advance(self._url, self._schema, by))

    def advance_to(self, to: datetime) -> datetime:
        """What time it is then. Raises TimeGoesBack, TooFarAhead."""
        return self._follow(advance_to(self._url, self._schema, to))

    def _follow(self, moved: timedelta) -> datetime:
        self.ahead = max(self.ahead, moved)
        return self()

    @contextmanager
    def following(self, *, answers: bool) -> Iterator[TestClock]:
        """While the block runs it follows whoever moves the log's clock; those who only ask after those who answer."""
        leaving = threading.Event()
        who = {"who": uuid4(), "answers": answers}
        with connect(self._url, self._schema) as line:
            line.execute(JOIN, {**who, "has": self.ahead})
        keeper = threading.Thread(target=self._keep, args=(who, leaving), name="test clock", daemon=True)
        keeper.start()
        try:
            yield self
        finally:
            leaving.set()
            keeper.join()

    def _keep(self, who: dict[str, Any], leaving: threading.Event) -> None:
        while not leaving.is_set():
            try:
                with connect(self._url, self._schema) as line:
                    self._look(line, who, leaving)
                    line.execute(LEAVE, (who["who"],))
            except psycopg.Error as error:
                logger.warning("test clock", error=type(error).__name__)
                leaving.wait(RETRY_SECONDS)

    def _look(self, line: Line, who: dict[str, Any], leaving: threading.Event) -> None:
        """What was followed is told with the next look, which then comes at once."""
        while not leaving.is_set():
            had = self.ahead
            (told,) = line.execute(FOLLOW, {**who, "has": had}).fetchone() or (had,)
            self.ahead = max(self.ahead, told)
            if self.ahead == had:
                leaving.wait(GLANCE_SECONDS)


def ahead(url: str, schema: str) -> timedelta | None:
    """By how much the log's time is ahead; None where it goes by real time."""
    with connect(url, schema) as line:
        try:
            row = line.execute(AHEAD).fetchone()
        except UndefinedTable:
            return None  # nothing was ever started here, or by an older version alone
        return row[0] if row else None


def require(url: str, schema: str, clock: Clock) -> None:
    """Raise ClockNeeded where the log has a test clock and this one is none."""
    if not isinstance(clock, MovedClock) and ahead(url, schema) is not None:
        raise ClockNeeded(f"the log in {schema} was begun with a test clock: it must be served with --test-clock")


def begin(url: str, schema: str) -> None:
    """Have a log that has no fact yet go by a test clock for good. Raises NoTestClock."""
    if ahead(url, schema) is not None:
        return
    with connect(url, schema) as line:
        try:
            line.execute(BEGIN)
        except ObjectNotInPrerequisiteState:
            raise NoTestClock(
                f"the log in {schema} was begun without a test clock, and can never have one; begin a new log"
            ) from None


def advance(url: str, schema: str, by: timedelta) -> timedelta:
    """By how much the log's time is ahead then. Raises NoTestClock, TimeGoesBack, TooFarAhead."""
    with connect(url, schema) as line, line.transaction():
        at, _ = _standing(line, schema)
        return _moved(line, at, by)


def advance_to(url: str, schema: str, to: datetime) -> timedelta:
    """The same, to an instant."""
    with connect(url, schema) as line, line.transaction():
        at, _ = _standing(line, schema)
        return _moved(line, at, to - at)


def _moved(line: Line, at: datetime, by: timedelta) -> timedelta:
    if by < timedelta():
        raise TimeGoesBack(f"it is {at.isoformat()} already: time only goes forward")
    if by >= END - at:
        raise TooFarAhead(f"time ends before {END.isoformat()}")
    row = line.execute(MOVE, (by.total_seconds(),)).fetchone()
    assert row is not None
    found: timedelta = row[0]
    return found


def standing(url: str, schema: str) -> Standing:
    """As it is now. Raises NoTestClock."""
    with connect(url, schema) as line, line.transaction():
        at, moved = _standing(line, schema)
        (followers, _) = line.execute(FOLLOWED).fetchone() or (0, 0)
        return Standing(at, moved, followers)


def _standing(line: Line, schema: str) -> tuple[datetime, timedelta]:
    try:
        row = line.execute(STANDING).fetchone()
    except UndefinedTable:
        row = None
    if row is None:
        raise NoTestClock(f"the log in {schema} has no test clock; begin a new one with `kartoteka serve --test-clock`")
    return row[0], row[1]


def until_followed(url: str, schema: str, patience_seconds: float) -> None:
    """Come back when every process at work goes by the clock as it stands. Raises NotFollowed."""
    deadline = time.monotonic() + patience_seconds
    with connect(url, schema) as line:
        while True:
            _, behind = line.execute(FOLLOWED).fetchone() or (0, 0)
            if not behind:
                return
            if time.monotonic() > deadline:
                raise NotFollowed(f"{behind} processes have not followed the clock within {patience_seconds:g} s")
            time.sleep(GLANCE_SECONDS / 2)


def log_time(url: str, schema: str) -> datetime:
    """What time it is for whoever looks at the log."""
    return now() + (ahead(url, schema) or timedelta())
