"""A made-up help-desk log with the habits of a real one: same columns, size, quirks; same bytes for the same seed."""

import csv
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random

COLUMNS = (
    "case",
    "activity",
    "resource",
    "completed_at",
    "seriousness",
    "customer",
    "product",
    "responsible_section",
    "service_level",
    "service_type",
    "support_section",
    "workgroup",
)
CUSTOMERS = 392
BEGIN, END = "", "END"
INSERT, ASSESS, TAKE, WAIT = "Insert ticket", "Assign seriousness", "Take in charge ticket", "Wait"
RESOLVE, CLOSE, UPGRADE, ANOMALY = "Resolve ticket", "Closed", "Require upgrade", "Create SW anomaly"
FIXED, VISIT = "Resolve SW anomaly", "Schedule intervention"

Habit = dict[str, float]

# What follows what, per thousand. The rare closings come somewhat oftener than in life, so that a sample shows each.
NEXT: dict[str, Habit] = {
    BEGIN: {ASSESS: 975, INSERT: 25},
    INSERT: {ASSESS: 973, TAKE: 27},
    ASSESS: {
        TAKE: 841,
        ASSESS: 88,
        RESOLVE: 52,
        WAIT: 14,
        UPGRADE: 2,
        ANOMALY: 1,
        "INVALID": 1,
        "DUPLICATE": 1,
        CLOSE: 0.5,
    },
    TAKE: {RESOLVE: 709, WAIT: 246, TAKE: 19, UPGRADE: 14, ANOMALY: 9, VISIT: 1, ASSESS: 1, "DUPLICATE": 1, CLOSE: 0.5},
    WAIT: {RESOLVE: 529, TAKE: 389, WAIT: 72, UPGRADE: 4, ASSESS: 3, ANOMALY: 1, "INVALID": 1, "VERIFIED": 1},
    RESOLVE: {
        CLOSE: 915,
        RESOLVE: 50,
        TAKE: 31,
        WAIT: 1,
        UPGRADE: 1,
        ASSESS: 1,
        "RESOLVED": 0.5,
        "VERIFIED": 0.5,
        "INVALID": 0.5,
    },
    UPGRADE: {RESOLVE: 730, UPGRADE: 115, WAIT: 77, TAKE: 58, ANOMALY: 10, "VERIFIED": 10},
    ANOMALY: {RESOLVE: 702, UPGRADE: 123, FIXED: 70, ANOMALY: 53, TAKE: 52},
    FIXED: {RESOLVE: 375, FIXED: 375, UPGRADE: 250},
    VISIT: {RESOLVE: 800, TAKE: 200},
    CLOSE: {END: 996.5, CLOSE: 3, TAKE: 0.5},
    "RESOLVED": {CLOSE: 700, "INVALID": 300},
    "INVALID": {CLOSE: 400, "VERIFIED": 200, RESOLVE: 200, TAKE: 200},
    "DUPLICATE": {CLOSE: 500, RESOLVE: 300, TAKE: 200},
    "VERIFIED": {CLOSE: 500, RESOLVE: 400, "DUPLICATE": 100},
}

# How long until the next row: bounds in seconds, and per thousand how often a gap falls between each two of them.
BOUNDS = (0, 1, 60, 3_600, 28_800, 259_200, 1_209_600, 3_600_000)
PROMPT = (0, 220, 190, 100, 190, 200, 100)
STEADY = (0, 210, 200, 140, 180, 200, 70)
SLOW = (0, 10, 30, 80, 180, 380, 320)
PACE = {ASSESS: PROMPT, WAIT: SLOW, UPGRADE: SLOW, ANOMALY: SLOW, INSERT: (0, 400, 250, 190, 100, 40, 20)}
PACE_REPEATED = {
    ASSESS: (20, 330, 180, 110, 130, 150, 80),
    WAIT: (120, 200, 60, 70, 180, 220, 150),
    RESOLVE: (350, 480, 50, 30, 40, 30, 20),
    CLOSE: (700, 150, 50, 0, 0, 50, 50),
}
AUTOMATIC_CLOSING, LATEST_CLOSING = 15 * 86_400, 46 * 86_400

HOURS = (0, 0, 0.2, 0, 0, 0.1, 3, 85, 132, 124, 124, 63, 59, 108, 105, 113, 66, 13, 0.5, 0.3, 0.2, 0.2, 0.1, 0)
WEEKDAYS = (160, 190, 194, 193, 196, 50, 15)
RECEIVED = {2010: 974, 2011: 1485, 2012: 1387, 2013: 633}
LAST_RECEIPT = datetime(2013, 11, 20)
LEVELS = (35, 745, 200, 20)
SERIOUSNESS = (567, 385, 6, 42)


class Dice:
    """Seeded choices; every value is written ``Value n``, the commonest not always the first."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self._hours = tuple(accumulate(HOURS))
        self._weekdays = tuple(accumulate(WEEKDAYS))

    def happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def index(self, cumulative: tuple[float, ...]) -> int:
        return bisect(cumulative, self.random.random() * cumulative[-1], hi=len(cumulative) - 1)

    def value(self, weights: tuple[float, ...]) -> str:
        return f"Value {self.index(tuple(accumulate(weights))) + 1}"

    def key(self, habit: Habit) -> str:
        return self.random.choices(list(habit), list(habit.values()))[0]

    def working_day(self, day: datetime) -> datetime:
        """The given local day's week, on a likely weekday, at a likely hour."""
        monday = day - timedelta(days=day.weekday())
        return self.at_work(monday + timedelta(days=self.index(self._weekdays)))

    def at_work(self, day: datetime) -> datetime:
        moment = day.replace(
            hour=self.index(self._hours), minute=self.random.randrange(60), second=self.random.randrange(60)
        )
        return existing(moment)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the log; its fields stand in the order of the columns."""

    case: str
    activity: str
    resource: str
    completed_at: datetime
    seriousness: str
    customer: str
    product: str
    responsible_section: str
    service_level: str
    service_type: str
    support_section: str
    workgroup: str


def zipf(count: int, exponent: float, shift: float) -> tuple[float, ...]:
    return tuple((rank + shift) ** -exponent for rank in range(1, count + 1))


def shuffled(dice: Dice, weights: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(dice.random.sample(weights, len(weights)))


def existing(moment: datetime) -> datetime:
    """The hour that a March night skips in Italy is written as the one after it."""
    skipped = moment.month == 3 and moment.day >= 25 and moment.weekday() == 6 and moment.hour == 2
    return moment + timedelta(hours=1) if skipped else moment


def later(dice: Dice, row: Row, activity: str) -> datetime:
    """When the next row comes: soon, or at work some day after."""
    if row.activity in (RESOLVE, "RESOLVED") and activity == CLOSE:
        return closing(dice, row.completed_at)
    pace = PACE_REPEATED.get(activity) if activity == row.activity else None
    seconds = gap(dice, pace or PACE.get(row.activity, STEADY))
    moment = existing(row.completed_at + timedelta(seconds=seconds))
    if seconds < 3_600 or dice.happens(0.01):
        return moment
    return at_work_after(dice, row.completed_at, moment)


def gap(dice: Dice, weights: tuple[int, ...]) -> int:
    """Seconds, the shorter ones of a bucket likelier than its longer ones."""
    bucket = dice.index(tuple(accumulate(weights)))
    low, high = BOUNDS[bucket], BOUNDS[bucket + 1]
    return int(low * (high / low) ** dice.random.random()) if low else 0


def closing(dice: Dice, resolved_at: datetime) -> datetime:
    """A resolved case closes by itself after a fortnight and a day, or by hand within a month of that."""
    if dice.happens(0.35):
        return existing(resolved_at + timedelta(seconds=AUTOMATIC_CLOSING + dice.random.randrange(3_600)))
    moment = resolved_at + timedelta(seconds=dice.random.randrange(AUTOMATIC_CLOSING, LATEST_CLOSING))
    return at_work_after(dice, resolved_at, moment)


def at_work_after(dice: Dice, before: datetime, moment: datetime) -> datetime:
    """A likely working hour about the given moment, never earlier than the row before."""
    moment = dice.working_day(moment) if moment - before > timedelta(days=3) else dice.at_work(moment)
    if moment.weekday() >= 5 and dice.happens(0.5):
        moment = dice.at_work(moment + timedelta(days=7 - moment.weekday()))
    while moment < before:
        moment = dice.at_work(moment + timedelta(days=1))
    return moment


def receipts(dice: Dice, cases: int) -> list[datetime]:
    """The instants of receipt in order, no two alike."""
    years = {str(year): float(weight) for year, weight in RECEIVED.items()}
    instants: set[datetime] = set()
    while len(instants) < cases:
        day = datetime(int(dice.key(years)), 1, 1) + timedelta(days=dice.random.randrange(365))
        moment = dice.working_day(day)
        if datetime(2010, 1, 7) < moment < LAST_RECEIPT:
            instants.add(moment)
    return sorted(instants)


class Town:
    """Who reports, who works, and which service level each customer stands in at the moment."""

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._customers = tuple(accumulate(shuffled(dice, zipf(CUSTOMERS, 0.85, 1))))
        self._workers = tuple(accumulate(shuffled(dice, zipf(22, 1.1, 0.5))))
        self._levels = [dice.value(LEVELS) for _ in range(CUSTOMERS)]
        self._unsettled = [
            dice.random.choice((0.05, 0.15, 0.4)) if dice.happens(0.3) else 0.0 for _ in range(CUSTOMERS)
        ]
        self._products = shuffled(dice, zipf(20, 1.6, 0.2))

    def worker(self) -> str:
        return f"Value {self._dice.index(self._workers) + 1}"

    def report(self, case: str, received: datetime) -> Row:
        """A case's first row; a customer's level may have changed since the last one."""
        dice = self._dice
        customer = dice.index(self._customers)
        if dice.happens(self._unsettled[customer]):
            self._levels[customer] = dice.value((60, 500, 400, 40))
        section = dice.value((955, 11, 4, 16, 4, 8, 2))
        return Row(
            case=case,
            activity=dice.key(NEXT[BEGIN]),
            resource=self.worker(),
            completed_at=received,
            seriousness=dice.value(SERIOUSNESS),
            customer=f"Value {customer + 1}",
            product=dice.value(self._products),
            responsible_section=section,
            service_level=self._levels[customer],
            service_type=dice.value((846, 145, 8, 1)),
            support_section=section if dice.happens(0.97) else dice.value((300, 50, 400, 50, 150, 30, 20)),
            workgroup=dice.value((846, 120, 21, 13)),
        )


def following(dice: Dice, town: Town, row: Row, activity: str) -> Row:
    """The next row of a case: mostly the same facts, by another worker now and then."""
    return replace(
        row,
        activity=activity,
        completed_at=later(dice, row, activity),
        resource=row.resource if activity != CLOSE and dice.happens(0.66) else town.worker(),
        seriousness=dice.value((400, 400, 80, 120)) if dice.happens(severity_drift(activity)) else row.seriousness,
        service_level=dice.value(LEVELS) if dice.happens(0.004) else row.service_level,
        service_type=dice.value((500, 400, 90, 10)) if dice.happens(0.0004) else row.service_type,
        customer=f"Value {dice.random.randint(1, CUSTOMERS)}" if dice.happens(0.0004) else row.customer,
    )


def severity_drift(activity: str) -> float:
    return 0.08 if activity == ASSESS else 0.004


def history(dice: Dice, town: Town, first: Row) -> Iterator[Row]:
    row, activity = first, first.activity
    while activity != END:
        yield row
        activity = dice.key(NEXT[row.activity])
        if activity != END:
            row = following(dice, town, row, activity)


def write_sample(path: Path, *, seed: int = 1, cases: int = 4_479) -> None:
    """Write a synthetic log of about 20,900 rows; the cases stand in the order of their names, as in the real one."""
    dice = Dice(seed)
    town = Town(dice)
    numbers = dice.random.sample(range(1, cases + 1), cases)
    instants = receipts(dice, cases)
    histories = {
        f"Case {number}": list(history(dice, town, town.report(f"Case {number}", received)))
        for number, received in zip(numbers, instants, strict=True)
    }
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for name in sorted(histories):
            writer.writerows([getattr(row, column) for column in COLUMNS] for row in histories[name])
