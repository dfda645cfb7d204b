"""Of whom was forgotten a copy says what was destroyed, and has what is kept and nothing else."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from door import new_place
from dossier import EVAS, Dossier, Reader, copied, dossier

from adapters.embedded import Running
from adapters.postgres.schema import connect


def test_of_the_forgotten_a_copy_says_what_was_destroyed_and_what_is_kept(servers: Running, state: Path) -> None:
    with dossier(new_place(servers, state)) as here:
        whole = copied(here, here.person("eva"))
        linked = "SELECT subject FROM subject_links WHERE person = ANY (%s::text[])"
        subjects = tuple(subject for (subject,) in _rows(here, linked, [here.person("eva"), here.person("efa")]))
        _destroy(here, subjects, ["profile", "content"])
        rest = copied(here, here.person("eva"))
        values = [value for fact in rest.data["facts"] for value in fact["fields"].values()]
        assert values == ["canary-answer"], "what we sent is kept as proof"
        assert rest.held.destroyed == whole.held.values - 1
        assert (rest.held.files, rest.held.files_destroyed) == (0, 1)
        assert rest.data["files"][0]["name"] is rest.data["files"][0]["path"] is None
        assert rest.held.facts == whole.held.facts
        sentence = f"1 personal values and 0 files are held; {rest.held.destroyed} values and 1 files were destroyed."
        assert rest.held.sentence == sentence
        assert sentence in Reader(rest.page).words
        _destroy(here, subjects, ["proof"])
        none = copied(here, here.person("eva"))
        assert none.held.sentence.startswith("Nothing personal is held any more")
        everything = b"".join(none.parts.values()).decode()
        assert not [word for word in EVAS if word in everything]


def _rows(here: Dossier, query: str, *given: Any) -> list[tuple[Any, ...]]:
    with closing(connect(here.place.postgres_url, here.place.settings.schema_name)) as line:
        cursor = line.execute(query.encode(), given)
        return cursor.fetchall() if cursor.description else []


def _destroy(here: Dossier, subjects: tuple[str, ...], purposes: list[str]) -> None:
    """The fence, and then the keys: as it is done when somebody is forgotten."""
    fence = """
        INSERT INTO subject_fences AS f (subject, purposes) SELECT unnest(%s::text[]), %s
        ON CONFLICT (subject) DO UPDATE SET purposes = f.purposes || excluded.purposes"""
    _rows(here, fence, list(subjects), purposes)
    assert _rows(here, "SELECT destroy_keys(%s::text[], %s::text[])", list(subjects), purposes)
