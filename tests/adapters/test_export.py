"""What an analyst sees is taken out whole and as of one position, then only what changed; on record, or not at all."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import orjson
import psycopg
import pytest
from door import new_place
from inquirers import Asker, company_asked, open_shop
from terminal import Command, Terminal

from adapters.cli.export import counted
from adapters.columnar import manifest, parquet
from adapters.columnar.difference import applied
from adapters.columnar.manifest import Manifest, NotAnExport, OtherExport, What
from adapters.columnar.shape import TYPES
from adapters.composition import keys_of
from adapters.composition.exporting import Order, exported
from adapters.embedded import Running
from adapters.position import PositionTokens
from adapters.postgres.analysis import select
from adapters.postgres.keys import opened_keys
from adapters.postgres.schema import connect
from adapters.postgres.snapshot import snapshot
from adapters.postgres.views import registry
from adapters.postgres.views.rebuild import rebuild
from commands.clients.contact import OpenContact
from commands.clients.directory import SetDirectoryRight
from commands.company.settings import ListHoldGrounds
from commands.privacy.restriction import LiftRestriction, RestrictContact
from commands.service.opening import OpenTicket
from commands.service.ticket import CloseTicket
from commands.staff.worker import GrantRight, WithdrawRight
from domain.clients.directory import Level
from domain.staff.worker import Right
from domain.values import worker_holder
from projections.analysis import ANALYSIS, View
from projections.catalogue import READ_MODELS
from projections.looking import Aim
from projections.service.tickets import DESK

LOOKED = "SELECT worker, caller, how, purpose, contacts FROM looks WHERE question = %s AND at > %s"
SOME = ("contacts", "memberships", "tickets", "promises")
ALL_RIGHTS = (Right.BASIC, Right.HELPDESK, Right.SALES)


@pytest.fixture(scope="module")
def here(servers: Running, state: Path) -> Iterator[Asker]:
    """Rita is an analyst who sells and helps, too."""
    with company_asked(new_place(servers, state)) as here:
        for right in ALL_RIGHTS:
            here.send(GrantRight(worker=here.company["rita"], right=right))
        here.send(ListHoldGrounds(entries=("objection",)))
        open_shop(here)
        yield here


@pytest.fixture
def database(here: Asker) -> Iterator[psycopg.Connection[Any]]:
    with connect(here.place.postgres_url, here.place.settings.schema_name) as database:
        yield database


def started(here: Asker, folder: Path, *words: str, who: str = "rita", **settings: str) -> Command:
    """The command, which may fail."""
    about = ("--as", here.company.ids.get(who, who), "--to", str(folder), "--purpose", "export", "--json")
    return Terminal(here.place.settings.state).run(
        "export", *about, *words, KARTOTEKA_SCHEMA=here.place.settings.schema_name, **settings
    )


def taken(here: Asker, folder: Path, *names: str, whole: bool = False) -> dict[str, dict[str, Any]]:
    """What there is of each view, once the read models have come as far as all that was asked for."""
    here.ask("areas")
    order = Order(here.company["rita"], folder, Aim.EXPORT, names, whole)
    return {each["view"]: each for each in counted(exported(here.place, order))}


def lying(folder: Path) -> dict[str, list[Any]]:
    """Everything in the folder, by the manifest."""
    held = manifest.read(folder)
    assert held is not None and manifest.intact(folder, held.files)
    return {view.name: _rows(folder, held, view) for view in map(ANALYSIS.__getitem__, (v.name for v in held.views))}


def _rows(folder: Path, held: Manifest, view: View) -> list[Any]:
    files = [(each.what, parquet.read(folder / each.path)) for each in held.of(view.name)]
    schema = files[0][1].schema
    assert [(field.name, field.type) for field in schema] == [(each.name, TYPES[each.kind]) for each in view.columns]
    return sorted((tuple(row.values()) for row in applied(files, schema, view.key).to_pylist()), key=repr)


def seen(here: Asker, database: psycopg.Connection[Any], names: Iterable[str] = ANALYSIS) -> dict[str, list[Any]]:
    """What Rita sees now."""
    here.ask("areas")
    rita = here.company["rita"]
    return {
        name: sorted(database.execute(select(ANALYSIS[name], rita).encode()).fetchall(), key=repr) for name in names
    }


def test_all_views_are_taken_out_as_the_analyst_sees_them(
    here: Asker, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    here.ask("areas")
    done = started(here, tmp_path / "out")
    assert done.code == 0, done.err
    found, now = lying(tmp_path / "out"), seen(here, database)
    assert found == now
    assert {"contacts", "groups", "memberships", "tickets", "promises", "orders", "order_lines", "prices"} <= {
        name for name, rows in found.items() if rows
    }
    assert not {"The mill", "The farm", "The pump", "Rita", "Anna"} & {
        value for rows in found.values() for row in rows for value in row
    }
    told = {each["view"]: each for each in done.said["views"]}
    assert {name: (each["rows"], each["written"], each["gone"]) for name, each in told.items()} == {
        name: (len(rows), len(rows), 0) for name, rows in now.items()
    }
    assert not {name for name, view in ANALYSIS.items() if len({_key(view, row) for row in now[name]}) < len(now[name])}


def _key(view: View, row: tuple[Any, ...]) -> tuple[Any, ...]:
    places = [[each.name for each in view.columns].index(name) for name in view.key]
    return tuple(row[place] for place in places)


def test_every_table_that_a_view_asks_is_of_a_model_it_rests_on(here: Asker) -> None:
    """Else it would not be as of the position."""
    owners = {table.name: model for model in READ_MODELS.values() for table in model.tables}
    for view in ANALYSIS.values():
        words = set(select(view, "anna").replace("(", " ").replace(")", " ").replace(",", " ").split())
        asked = {owners[word].name for word in words & owners.keys() if not owners[word].within_append}
        assert asked <= {model.name for model in view.rests_on}, view.name


def test_a_second_run_writes_what_changed_and_the_folder_is_what_a_new_one_would_be(
    here: Asker, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    company, folder = here.company, tmp_path / "out"
    rita = worker_holder(company["rita"])
    first = taken(here, folder, *SOME)
    assert taken(here, folder)["tickets"] == first["tickets"] | {"written": 0}
    new = here.send(OpenTicket(customer=company["mill"], area=company["north"], title="The bolt"))
    told = taken(here, folder)["tickets"]
    assert (told["written"], told["gone"]) == (1, 0)
    assert [row[0] for row in lying(folder)["tickets"]].count(new) == 1

    here.send(SetDirectoryRight(directory=company["customers"], holder=rita, level=Level.NONE))
    told = taken(here, folder)
    assert told["contacts"]["gone"] == first["contacts"]["rows"] > 0
    assert lying(folder) == seen(here, database, SOME)
    assert lying(folder)["contacts"] == []

    here.send(SetDirectoryRight(directory=company["customers"], holder=rita, level=Level.USE))
    place = here.place
    rebuild(place.postgres_url, place.settings.schema_name, [DESK], _keys(here))
    told = taken(here, folder)
    assert told["contacts"]["written"] == first["contacts"]["rows"]
    assert told["tickets"]["rows"] == first["tickets"]["rows"] + 1
    assert lying(folder) == seen(here, database, SOME)


def _keys(here: Asker) -> Any:
    return opened_keys(here.place.postgres_url, here.place.settings.schema_name, here.place.keys)


@contextmanager
def restricted(here: Asker, name: str) -> Iterator[None]:
    officer = here.company["olga"]
    here.send(GrantRight(worker=officer, right=Right.PRIVACY_OFFICER))
    here.send(RestrictContact(contact=here.company[name], ground="objection"), "olga")
    try:
        yield
    finally:
        here.send(LiftRestriction(contact=here.company[name]), "olga")
        here.send(WithdrawRight(worker=officer, right=Right.PRIVACY_OFFICER))


def test_whoever_is_restricted_goes_from_the_folder_with_the_next_run(here: Asker, tmp_path: Path) -> None:
    folder, farm = tmp_path / "out", here.company["farm"]
    taken(here, folder, "contacts")
    with restricted(here, "farm"):
        assert taken(here, folder)["contacts"]["gone"] == 1
        assert farm not in [row[0] for row in lying(folder)["contacts"]]
        gone = [each.path for each in (manifest.read(folder) or pytest.fail("none")).files if each.what is What.GONE]
        assert [parquet.read(folder / path).to_pylist() for path in gone] == [[{"contact": farm}]]
        taken(here, folder, "contacts", whole=True)
        assert farm.encode() not in b"".join(path.read_bytes() for path in folder.rglob("*.parquet"))


def test_the_manifest_tells_of_what_as_of_when_and_for_whom(
    here: Asker, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    taken(here, tmp_path, "tickets", "areas")
    head = "SELECT position, recorded_at, epoch::text FROM head"
    position, recorded_at, epoch = database.execute(head).fetchone() or (0, None, "")
    first = manifest.read(tmp_path)
    assert first is not None
    tokens = PositionTokens(keys_of(here.place).derive("position"))
    assert (tokens.position(first.position or ""), first.recorded_at, first.epoch) == (position, recorded_at, epoch)
    assert (first.worker, first.number, first.increment_of, first.parked) == (here.company["rita"], 1, None, {})
    here.send(OpenTicket(area=here.company["north"], title="The nut"))
    taken(here, tmp_path)
    second = manifest.read(tmp_path)
    assert second is not None and (second.number, second.increment_of) == (2, first.position)
    assert {path.name for path in tmp_path.iterdir()} == {"tickets", "areas", "manifest.json"}
    assert (tmp_path.stat().st_mode | (tmp_path / "tickets").stat().st_mode) & 0o77 in {0, 0o55}


def test_who_took_out_whom_is_on_record(here: Asker, database: psycopg.Connection[Any], tmp_path: Path) -> None:
    (before,) = database.execute("SELECT log_time()").fetchone() or (None,)
    views = {name: ANALYSIS[name] for name in ("tickets", *(view.name for view in ANALYSIS.values() if view.contact))}
    taken(here, tmp_path / "out", *views)
    rita, company = here.company["rita"], here.company
    for name, view in views.items():
        rows = database.execute(LOOKED, (f"export-{name}", before)).fetchall()
        assert {row[:4] for row in rows} == {(rita, "operator", "exported", "export")}
        shown = {row[_place(view)] for row in lying(tmp_path / "out")[name]} if view.contact else set()
        assert {contact for row in rows for contact in row[4]} == shown, name
    assert {company["mill"], company["farm"], company["shop"]} <= {
        contact for row in database.execute(LOOKED, ("export-contacts", before)).fetchall() for contact in row[4]
    }
    (before,) = database.execute("SELECT log_time()").fetchone() or (None,)
    new = here.send(OpenContact(directory=company["customers"], name="The new one"))
    taken(here, tmp_path / "out")
    rows = database.execute(LOOKED, ("export-contacts", before)).fetchall()
    assert sorted(row[4] for row in rows) == [[], [new]]


def _place(view: View) -> int:
    return [each.name for each in view.columns].index(view.contact or "")


def test_where_it_cannot_be_kept_nothing_is_taken_out(
    here: Asker, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    database.execute("ALTER FUNCTION keep_looks(json) RENAME TO kept_no_looks")
    try:
        assert started(here, tmp_path / "out").code != 0
    finally:
        database.execute("ALTER FUNCTION kept_no_looks(json) RENAME TO keep_looks")
    assert not list(tmp_path.rglob("*.parquet"))


def test_nobody_but_an_analyst_has_anything_taken_out(here: Asker, tmp_path: Path) -> None:
    for who in ("anna", "nobody-knows"):
        done = started(here, tmp_path / "out", who=who)
        assert (done.code, done.out) == (os.EX_NOPERM, ""), done.err
    assert not list(tmp_path.rglob("*"))


def test_read_models_that_do_not_stand_together_are_waited_for_and_named(here: Asker, tmp_path: Path) -> None:
    about = here.place.postgres_url, here.place.settings.schema_name, DESK.name
    active = frozenset({registry.State.ACTIVE})
    here.ask("areas")
    registry.change(*about, registry.State.PAUSED, of=active)
    try:
        here.send(OpenTicket(area=here.company["north"], title="The rope"))
        here.ask("areas")
        at_least = ("--min-position", here.position)
        done = started(here, tmp_path / "out", "--patience-seconds", "0.1")
        assert done.code == os.EX_TEMPFAIL
        assert f"{DESK.name} is behind; try again later" in done.err
        done = started(here, tmp_path / "out", "--view", "tickets", "--patience-seconds", "0.1", *at_least)
        assert done.code == os.EX_TEMPFAIL
        assert "have not come so far" in done.err
    finally:
        registry.change(*about, registry.State.ACTIVE, of=frozenset({registry.State.PAUSED}))
    done = started(here, tmp_path / "out", "--view", "tickets", *at_least)
    assert done.code == 0, done.err
    assert started(here, tmp_path / "out", "--min-position", "of another log").code == os.EX_DATAERR


def test_what_a_view_means_stays_while_it_is_read(here: Asker, database: psycopg.Connection[Any]) -> None:
    place = here.place
    about = place.postgres_url, place.settings.schema_name, frozenset({DESK.name}), ["tickets"]
    database.execute("SET lock_timeout = '50ms'")
    with snapshot(*about, 5.0), pytest.raises(psycopg.errors.LockNotAvailable):
        database.execute("DROP VIEW tickets")


def test_nothing_of_a_log_in_quarantine_is_taken_out(
    here: Asker, database: psycopg.Connection[Any], tmp_path: Path
) -> None:
    database.execute("INSERT INTO quarantine (why) VALUES ('cut')")
    try:
        done = started(here, tmp_path / "out")
        assert done.code == os.EX_TEMPFAIL
        assert "quarantine" in done.err
    finally:
        database.execute("DELETE FROM quarantine")
    assert not list(tmp_path.rglob("*"))


def test_a_folder_with_anything_else_is_left_alone(here: Asker, tmp_path: Path) -> None:
    full, other, mine = tmp_path / "full", tmp_path / "other", tmp_path / "mine"
    full.mkdir()
    (full / "letter.txt").write_text("Dear all")
    done = started(here, full)
    assert (done.code, done.out) == (os.EX_DATAERR, "")
    assert [path.name for path in full.iterdir()] == ["letter.txt"]

    taken(here, mine, "tickets")
    text = orjson.loads((mine / manifest.NAME).read_bytes())
    other.mkdir()
    for changed, wrong in (
        ({"log": "00"}, "another log"),
        ({"role": "somebody"}, "taken out as somebody"),
        ({"chosen": ["teams"]}, "holds teams"),
        ({"format": 9}, "format 9"),
        ({"more": 1}, "no manifest"),
    ):
        (other / manifest.NAME).write_bytes(orjson.dumps(text | changed))
        with pytest.raises((NotAnExport, OtherExport), match=wrong):
            exported(here.place, Order(here.company["rita"], other, Aim.EXPORT, ("tickets",)))
    assert [path.name for path in other.iterdir()] == [manifest.NAME]


def test_a_view_that_there_is_not_is_wrong_use(here: Asker, tmp_path: Path) -> None:
    done = started(here, tmp_path / "out", "--view", "secrets")
    assert done.code == os.EX_USAGE
    assert "contacts" in done.err


@contextmanager
def room(size: int) -> Iterator[None]:
    """No file becomes larger: the kernel refuses what would not fit, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_is_full_leaves_the_export_as_it_was(here: Asker, tmp_path: Path) -> None:
    taken(here, tmp_path, "tickets")
    before = lying(tmp_path)
    here.send(CloseTicket(ticket=here.company["noise"], reason="duplicate"))
    here.ask("areas")
    (tmp_path / "tickets" / "000009.parquet").write_text("of a run that was cut off")
    with room(1000), pytest.raises(OSError, match="too large"):
        exported(here.place, Order(here.company["rita"], tmp_path, Aim.EXPORT))
    assert lying(tmp_path) == before
    assert not (tmp_path / "tickets" / "000009.parquet").exists(), "what takes room goes first"
    assert taken(here, tmp_path)["tickets"]["written"] == 1


def test_where_nothing_can_be_written_it_says_so(here: Asker, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file" / "out", Path("/proc/out")):
        done = started(here, folder)
        assert done.code == os.EX_IOERR, done.err
        assert "cannot be written" in done.err


def test_without_the_extra_it_says_what_to_install(here: Asker, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from adapters.cli import app

    without = {name: None for name in sys.modules if name.partition(".")[0] in {"pyarrow", "adbc_driver_postgresql"}}
    kept = {name: module for name, module in sys.modules.items() if name.startswith("adapters.columnar.")}
    settings = {
        "KARTOTEKA_STATE": str(here.place.settings.state),
        "KARTOTEKA_SCHEMA": here.place.settings.schema_name,
    }
    with patch.dict(sys.modules, {**without, "pyarrow": None}):
        for name in kept:
            del sys.modules[name]
        words = ["export", "--as", here.company["rita"], "--to", str(tmp_path / "out"), "--purpose", "export"]
        done = CliRunner().invoke(app, words, env=settings)
    assert (done.exit_code, "kartoteka[analytics]" in done.output) == (os.EX_CONFIG, True), done.output
