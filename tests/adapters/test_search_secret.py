"""The secret that words are searched with ends with its key-encryption key, and who searches notices nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from door import PATIENCE_SECONDS, new_place
from inquirers import Asker, company_asked
from psycopg import AsyncConnection

from adapters.embedded import Running
from adapters.key_encryption import KeyUnavailable
from adapters.key_file import KeyFile
from adapters.keyed_word import KeyedWords
from adapters.postgres.rewrapping import StillWrapped, destroy, rewrap, rotating
from adapters.postgres.schema import connect
from adapters.postgres.views import rebuild, registry
from commands.clients.contact import OpenContact
from domain.clients import spelling
from projections.clients.contact_search import CONTACT_SEARCH

AT = datetime(2030, 1, 1, tzinfo=timezone.utc)
SERVED, MADE, HELD = "served", "made", "held"


class Searched:
    """A company whose keys are its own, and whose read models follow; somebody searches in it."""

    def __init__(self, here: Asker) -> None:
        self.here = here
        self.url, self.schema = here.place.postgres_url, here.place.settings.schema_name
        self.keys = KeyFile(here.place.keys)
        self.line = connect(self.url, self.schema)

    @property
    def found(self) -> set[str]:
        rows = self.here.ask("contact-search", "anna", text="mill")
        return self.here.company.called(*(row["contact"] for row in rows))

    @property
    def versions(self) -> list[tuple[str, int | None]]:
        found = [each for each in registry.versions(self.line) if each.name == CONTACT_SEARCH.name]
        return [
            (SERVED if each.state in registry.SERVED else HELD if each.held else MADE, each.kek_epoch) for each in found
        ]

    @property
    def tokens(self) -> set[str]:
        return {token for (token,) in self.line.execute("SELECT token FROM contact_tokens").fetchall()}

    def until(self, versions: list[tuple[str, int | None]]) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.versions != versions:
            assert time.monotonic() < deadline, self.versions
            time.sleep(0.02)

    @contextmanager
    def unswitched(self) -> Iterator[None]:
        """While somebody's question takes long, nothing else comes to be served."""
        with connect(self.url, self.schema) as line, line.transaction():
            line.execute("SELECT FROM contact_tokens LIMIT 1")
            yield

    def run(self, done: Callable[[AsyncConnection[Any]], Coroutine[Any, Any, Any]]) -> None:
        async def alone() -> None:
            async with rotating(self.url, self.schema) as connection:
                await done(connection)

        self.here.runner.run(alone())

    def rotate(self) -> None:
        self.keys.rotate(AT)
        self.run(lambda line: rewrap(line, self.keys))

    def destroy(self, epoch: int) -> None:
        self.run(lambda line: destroy(line, self.keys, epoch, AT))


@pytest.fixture
def search(servers: Running, state: Path, tmp_path: Path) -> Iterator[Searched]:
    with company_asked(new_place(servers, state, keys=tmp_path)) as here:
        searched = Searched(here)
        with closing(searched.line):
            yield searched


def test_search_answers_the_same_before_while_and_after_its_secret_changes(search: Searched) -> None:
    old = search.tokens
    assert (search.found, search.versions) == ({"mill"}, [(SERVED, 1)])
    assert KeyedWords(search.keys, 1)("mill") in old
    with search.unswitched():
        search.rotate()
        search.until([(SERVED, 1), (MADE, 2)])
        assert (search.found, search.tokens) == ({"mill"}, old)
        with pytest.raises(StillWrapped, match="contact_search 1 is searched with a secret of kek-1"):
            search.destroy(1)
    search.until([(SERVED, 2)])
    assert search.found == {"mill"}
    assert KeyedWords(search.keys, 2)("mill") in search.tokens
    assert not search.tokens & old
    search.destroy(1)
    assert search.found == {"mill"}
    with pytest.raises(KeyUnavailable, match="kek-1 was destroyed"):
        KeyedWords(KeyFile(search.here.place.keys), 1)


def test_what_comes_while_the_secret_changes_is_found_under_the_old_one_and_the_new(search: Searched) -> None:
    with search.unswitched():
        search.rotate()
        search.until([(SERVED, 1), (MADE, 2)])
        command = OpenContact(directory=search.here.company["customers"], name="Millstone")
        search.here.company["millstone"] = search.here.send(command)
        assert search.found == {"mill", "millstone"}
    search.until([(SERVED, 2)])
    assert search.found == {"mill", "millstone"}


def test_who_searches_again_and_again_while_the_secret_changes_never_misses_anybody(search: Searched) -> None:
    for epoch in (2, 3, 4):
        search.rotate()
        while search.versions != [(SERVED, epoch)]:
            assert search.found == {"mill"}


def test_a_version_that_is_held_rests_on_its_key_and_does_not_stand_in_for_what_is_served(search: Searched) -> None:
    rebuild.rebuild(search.url, search.schema, [CONTACT_SEARCH], search.keys, held=True)
    assert search.versions == [(SERVED, 1), (HELD, 1)]
    search.rotate()
    search.until([(HELD, 1), (SERVED, 2)])
    with pytest.raises(StillWrapped, match="contact_search 2 is searched with a secret of kek-1"):
        search.destroy(1)


def test_what_was_made_before_secrets_had_an_epoch_is_searched_as_then_and_made_anew(search: Searched) -> None:
    old, legacy = KeyedWords(search.keys, 1), KeyedWords(search.keys)
    with search.unswitched():
        with search.line.transaction():
            search.line.execute("UPDATE read_models SET kek_epoch = NULL WHERE name = 'contact_search'")
            for piece in spelling.pieces_of_text("The mill"):
                retold = "UPDATE contact_tokens_v1 SET token = %s WHERE token = %s"
                search.line.execute(retold, (legacy(piece), old(piece)))
        assert search.found == {"mill"}
        search.until([(SERVED, None), (MADE, 1)])
        assert search.found == {"mill"}
    search.until([(SERVED, 1)])
    assert search.found == {"mill"}
