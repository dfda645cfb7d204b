"""What it costs to ask whom one may know, and to take in a member: in a big company against a small one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from adapters.bench.crowd import Crowd, Sees
from adapters.bench.curiosity import MIX
from adapters.bench.ground import Ground
from adapters.bench.measure import Figure, Pace, Round, figure

MIDDLE, ALMOST_ALL = 50, 99
Turns = list[dict[str, Any]]


def access(ground: Ground, pace: Pace) -> Figure:
    """An access check, and the first page of one's contacts: the worst of both, whatever one sees."""
    return _grown(ground, pace, ("access-check", "contacts"))


def search(ground: Ground, pace: Pace) -> Figure:
    """A search: the worst, whatever one sees."""
    return _grown(ground, pace, ("contact-search",), mix=list(MIX))


def check(ground: Ground, pace: Pace) -> Figure:
    """An access check in the big company, against one row by its key there; the worst, whatever one sees."""
    crowd = _crowd(pace, pace.contacts[0])
    about = {"side": ground.crowd(crowd, "access-check"), "crowd": crowd}

    def turns(sees: Sees) -> Turns:
        common = {**about, "sees": sees}
        return [{"kind": "looks", "question": "access-check", **common}, {"kind": "bare", **common}]

    found = {_called(sees): turns(sees) for sees in Sees}
    return worst(measured(ground, pace, MIDDLE, found), percentile=MIDDLE, **_size(pace, crowd))


def membership(ground: Ground, pace: Pace) -> Figure:
    """A member more in a large group against one in a group that was empty; no read model follows meanwhile."""
    crowd = _crowd(pace, pace.members * 3 // 2, members=pace.members, groups=pace.rounds + 1)
    about = {"kind": "joins", "side": ground.crowd(crowd), "crowd": crowd}
    share = (crowd.contacts - crowd.members) // (2 * pace.rounds)
    rounds = []
    with ground.looking() as took:
        for n in range(pace.rounds):
            # Nobody joins twice: those who are in no group yet are dealt out, and each round has a new small group.
            first = crowd.members + 2 * n * share
            turns = [
                {**about, "group": 0, "contacts": range(first, first + share)},
                {**about, "group": n + 1, "contacts": range(first + share, first + 2 * share)},
            ]
            rounds.append(_round(took, pace, MIDDLE, turns))
    return figure(rounds, "ms", seconds=pace.seconds, percentile=MIDDLE, members=pace.members, read_models="at rest")


def _grown(ground: Ground, pace: Pace, questions: Sequence[str], **scale: Any) -> Figure:
    """Questions in the big company against the same ones in the small one, by what almost all of them take."""
    crowds = [_crowd(pace, contacts) for contacts in pace.contacts]
    sides = [{"kind": "looks", "side": ground.crowd(crowd, *questions), "crowd": crowd} for crowd in crowds]
    found = {
        f"{question}, {_called(sees)}": [{**side, "question": question, "sees": sees} for side in sides]
        for question in questions
        for sees in Sees
    }
    rounds = measured(ground, pace, ALMOST_ALL, found)
    return worst(rounds, percentile=ALMOST_ALL, **{**_size(pace, crowds[0]), "contacts": pace.contacts}, **scale)


def measured(ground: Ground, pace: Pace, percent: int, found: Mapping[str, Turns]) -> dict[str, list[Round]]:
    """By what so many percent of the answers took, in ms, each of the pairs in as many rounds as the pace has."""
    with ground.looking() as took:
        return {name: [_round(took, pace, percent, turns) for _ in range(pace.rounds)] for name, turns in found.items()}


def _round(took: Callable[..., list[float]], pace: Pace, percent: int, turns: Turns) -> Round:
    return Round(
        *(1000 * each for each in took(turns=turns, percent=percent, warm=pace.warm_seconds, seconds=pace.seconds))
    )


def worst(found: Mapping[str, list[Round]], **scale: Any) -> Figure:
    """The figure of the pair with the highest ratio; all ratios are told with it."""
    ratios = {name: figure(rounds, "ms").ratio for name, rounds in found.items()}
    worst = max(ratios, key=lambda name: ratios[name])
    return figure(found[worst], "ms", worst=worst, ratios=ratios, **scale)


def _crowd(pace: Pace, contacts: int, **more: int) -> Crowd:
    return Crowd(contacts, pace.directories, pace.workers, pace.teams, **more)


def _size(pace: Pace, crowd: Crowd) -> dict[str, Any]:
    of = {name: getattr(crowd, name) for name in ("contacts", "directories", "workers", "teams")}
    return {"seconds": pace.seconds, **of}


def _called(sees: Sees) -> str:
    return f"who sees {sees} of the directories"
