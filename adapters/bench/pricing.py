"""What a price with its reasons costs: among many prices against few, and of many lines against a naive walk."""

from __future__ import annotations

from typing import Any

from adapters.bench.ground import Ground
from adapters.bench.market import IN_SO_MANY, LISTS, Market
from adapters.bench.measure import Figure, Pace, Round, figure
from adapters.bench.sight import ALMOST_ALL, MIDDLE, measured, worst

LINES = 200
"""Of one bulk pricing."""


def price(ground: Ground, pace: Pace) -> Figure:
    """One line's price with its explanation, of customers with few lists and with many; the worst of them."""
    markets = [Market(prices) for prices in pace.prices]
    sides = [{"kind": "prices", "side": ground.market(market), "market": market} for market in markets]
    found = {f"{groups} lists": [{**side, "groups": groups} for side in sides] for groups in IN_SO_MANY}
    rounds = measured(ground, pace, ALMOST_ALL, found)
    return worst(rounds, percentile=ALMOST_ALL, seconds=pace.seconds, prices=pace.prices)


def price_bulk(ground: Ground, pace: Pace) -> Figure:
    """Lines a second of a bulk pricing, against a walk of all lists for every line."""
    market = Market(pace.prices[0])
    about = {"side": ground.market(market), "market": market}
    turns: list[dict[str, Any]] = [
        {"kind": "bulks", **about, "lines": LINES},
        {"kind": "walks", **about, "lines": LINES},
    ]
    (took,) = measured(ground, pace, MIDDLE, {"bulk": turns}).values()
    rounds = [Round(*(1000 * LINES / each for each in one)) for one in took]
    return figure(rounds, "lines/s", seconds=pace.seconds, prices=market.prices, lists=LISTS, lines=LINES)
