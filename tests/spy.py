"""What a service says to Postgres for an answer: like statements take as long, and unlike time they can be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from functools import reduce
from operator import and_
from typing import Any

import pytest
from psycopg import AsyncCursor

from adapters.postgres import log, looks, statement

MODULES_THAT_CALL = (log, looks)


class Spy:
    """Counts what is sent over connections of this process from here on, by the text or the name of the statement."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._sent = Counter[str]()
        execute, call = AsyncCursor.execute, statement.call

        async def executed(cursor: AsyncCursor[Any], query: Any, *given: Any, **how: Any) -> AsyncCursor[Any]:
            self._sent[query.decode() if isinstance(query, bytes) else str(query)] += 1
            return await execute(cursor, query, *given, **how)

        async def called(connection: Any, name: str, parameters: Any) -> Any:
            self._sent[name] += 1
            return await call(connection, name, parameters)

        monkeypatch.setattr(AsyncCursor, "execute", executed)
        for module in MODULES_THAT_CALL:
            monkeypatch.setattr(module, "call", called)

    def sent(self, ask: Callable[[], object]) -> Counter[str]:
        """While this is asked, whoever sent it."""
        self._sent.clear()
        ask()
        return self._sent.copy()

    def always(self, asks: Iterable[Callable[[], object]]) -> Counter[str]:
        """Whatever is asked: what others send beside it now and then is not among it."""
        return reduce(and_, map(self.sent, asks))
