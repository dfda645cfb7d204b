"""Whoever is killed while a file is on its way, it comes to its contact whole, or not at all."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path

import pytest
from cabinet import some_bytes
from process import Started, started
from terminal import Terminal, terminal

from adapters import embedded
from adapters.composition import Place, client, found
from adapters.file_request import PART_BYTES, PartPut
from adapters.nats.client import Client, new_command_id
from adapters.nats.file_client import Source, get_file, put_file
from adapters.settings import Settings
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory
from commands.clients.paper import AttachFile, RemoveFile
from domain.staff.worker import SYSTEM
from domain.values import ContactId, DirectoryId, FileId

CONTENT = some_bytes(8 * PART_BYTES + 17)


async def a_contact(operator: Client) -> ContactId:
    directory = DirectoryId((await operator.send(OpenDirectory(name="Customers"), actor=SYSTEM)).id)
    return ContactId((await operator.send(OpenContact(directory=directory, name="The mill"), actor=SYSTEM)).id)


async def attached(operator: Client, contact: ContactId, file: str) -> bytes:
    """The file as it comes back, once it lies with the contact."""
    command = AttachFile(contact=contact, file=FileId(file), name="Yard.pdf", media_type="application/pdf")
    await operator.send(command, actor=SYSTEM)
    return b"".join([part.content async for part in get_file(operator, contact, file, actor=SYSTEM)])


@pytest.mark.parametrize("part", [1, *(pytest.param(part, marks=pytest.mark.soak) for part in (4, 8))])
def test_a_service_that_is_killed_while_a_file_is_put_leaves_it_to_the_next(place: Place, part: int) -> None:
    async def run(stack: ExitStack) -> tuple[bytes, int]:
        services: list[Started] = [stack.enter_context(started(place, "serve"))]
        services[0].heard()
        answers = 0

        def heard(told: PartPut) -> None:
            nonlocal answers
            answers += 1
            if told.missing == part + 1 and len(services) == 1:
                asyncio.get_running_loop().call_later(0.002, killed)

        def killed() -> None:
            services[0].process.kill()
            services.append(stack.enter_context(started(place, "serve")))
            services[1].heard()

        async with client(place) as operator:
            contact = await a_contact(operator)
            source = Source(new_command_id(), contact, BytesIO(CONTENT), len(CONTENT))
            whole = await put_file(operator, source, actor=SYSTEM, heard=heard)
            assert len(services) == 2
            return await attached(operator, contact, whole.file), answers

    with ExitStack() as stack:
        content, answers = asyncio.run(run(stack))
    assert content == CONTENT
    assert answers == 9


@pytest.fixture(scope="module")
def served() -> Iterator[Terminal]:
    """A terminal beside which everything runs that `serve` runs, on servers of its own."""
    with terminal() as new:
        service = new.serve()
        yield new
        service.ended()


def test_a_broker_that_is_killed_while_a_file_is_put_keeps_what_it_said_it_had(served: Terminal) -> None:
    place = found(Settings(state=served.state))

    async def run() -> bytes:
        async with client(place) as operator:
            contact = await a_contact(operator)
            source = Source(new_command_id(), contact, BytesIO(CONTENT), len(CONTENT))
            killed: list[int] = []

            def heard(told: PartPut) -> None:
                if told.missing in (3, 6) and told.missing not in killed:
                    killed.append(told.missing)
                    os.kill(embedded.attach(served.state).pids[2], signal.SIGKILL)

            whole = await put_file(operator, source, actor=SYSTEM, heard=heard)
            assert killed == [3, 6]
            return await attached(operator, contact, whole.file)

    assert asyncio.run(run()) == CONTENT


def test_from_the_command_line_a_file_goes_in_and_comes_out(served: Terminal, tmp_path: Path) -> None:
    async def opened() -> ContactId:
        async with client(found(Settings(state=served.state))) as operator:
            return await a_contact(operator)

    contact = asyncio.run(opened())
    path, copy = tmp_path / "The yard.pdf", tmp_path / "copy"
    path.write_bytes(CONTENT)
    put = served.run("files", "attach", contact, str(path), "--json")
    assert put.code == 0, put.err
    got = served.run("files", "get", contact, put.said["file"], "--output", str(copy))
    assert (got.code, got.out) == (0, "")
    assert copy.read_bytes() == CONTENT
    query = ("query", "contact-files", "--data", f'{{"contact": "{contact}"}}', "--min-position", put.said["position"])
    assert served.run(*query, "--json").code == 0
    (row, *_) = served.run("files", "list", contact, "--json").said
    assert (row["name"], row["media_type"], row["size_bytes"]) == ("The yard.pdf", "application/pdf", len(CONTENT))
    assert row["digest"] == put.said["digest"]
    assert "The yard.pdf" in served.run("files", "list", contact).out


def test_from_the_command_line_one_goes_on_with_what_was_left_off_and_is_told_why_not(
    served: Terminal, tmp_path: Path
) -> None:
    async def left_off() -> tuple[ContactId, str]:
        async with client(found(Settings(state=served.state))) as operator:
            contact, id = await a_contact(operator), new_command_id()
            half = BytesIO(CONTENT[: 4 * PART_BYTES])
            with pytest.raises(ValueError, match="enough"):
                await put_file(operator, Source(id, contact, half, len(CONTENT)), actor=SYSTEM, heard=enough)
            return contact, id

    def enough(told: PartPut) -> None:
        if told.missing == 4:
            raise ValueError("enough")

    contact, id = asyncio.run(left_off())
    path, copy = tmp_path / "yard", tmp_path / "copy"
    path.write_bytes(CONTENT)
    words = ("files", "attach", contact, str(path), "--id", id, "--name", "Yard", "--media-type", "image/png", "--json")
    put = served.run(*words)
    assert put.code == 0, put.err
    assert served.run(*words).said == {**put.said, "repeated": True}
    none = served.run("files", "get", contact, "never-put", "--output", str(copy))
    assert (none.code, "FileUnknown" in none.err, copy.exists()) == (1, True, False)
    assert sorted(tmp_path.iterdir()) == [path]
    assert served.run("files", "attach", contact, str(path), "--media-type", "no type").code == os.EX_DATAERR
    assert served.run("files", "attach", contact, str(tmp_path / "nothing")).code == 2
    path.write_bytes(CONTENT[::-1])
    other = served.run(*words)
    assert (other.code, "FileClash" in other.err) == (1, True)


def test_a_file_that_was_taken_away_is_not_listed(served: Terminal) -> None:
    async def run() -> tuple[ContactId, str]:
        async with client(found(Settings(state=served.state))) as operator:
            contact = await a_contact(operator)
            whole = await put_file(operator, Source(new_command_id(), contact, BytesIO(b"x"), 1), actor=SYSTEM)
            await attached(operator, contact, whole.file)
            gone = await operator.send(RemoveFile(contact=contact, file=FileId(whole.file)), actor=SYSTEM)
            return contact, gone.position

    contact, position = asyncio.run(run())
    data = f'{{"contact": "{contact}"}}'
    listed = served.run("query", "contact-files", "--data", data, "--min-position", position, "--json")
    assert listed.said["rows"] == []
