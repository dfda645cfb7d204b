"""Files before the service's door: put and got by hand, part by part, by those with a right to it and those without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from typing import Any, NamedTuple
from uuid import uuid4

from door import Door, Stage, stage

from adapters.composition import Place, client
from adapters.file_request import opened, written
from adapters.nats.client import new_command_id
from adapters.nats.file_client import Source, get_file, put_file
from adapters.nats.prefix import FILES as PREFIX
from commands.clients.contact import OpenContact
from commands.clients.directory import OpenDirectory, SetDirectoryRight
from commands.command import Command
from commands.staff.worker import GrantRight, HireWorker
from domain.clients.directory import Level
from domain.staff.worker import SYSTEM, Right
from domain.values import DirectoryId, WorkerId, worker_holder

NOBODY_KNOWS = "contact-that-never-was"


class Said(NamedTuple):
    """An answer about a part; consent has status 0."""

    status: int
    code: str
    line: dict[str, Any]
    content: bytes
    raw: bytes


@dataclass(slots=True)
class Cabinet:
    """The things of a company that files are about, by name, and a caller who asks for everybody."""

    stage: Stage
    ids: dict[str, str] = field(default_factory=dict)

    def did(self, command: Command, actor: str = SYSTEM) -> str:
        """Ask for it, and give the id."""
        found = self.stage.ask(
            command.topic,
            {"id": new_command_id(), "actor": self.ids.get(actor, actor), "data": command.model_dump(mode="json")},
        )
        assert not found.status, found.body
        return str(found.body["id"])

    def ask(self, what: str, line: dict[str, Any] | bytes, content: bytes = b"", door: Door | None = None) -> Said:
        """One request about a part, as it comes and goes."""
        sent = line if isinstance(line, bytes) else written(line, content)
        return self.stage.run(asked(door or self.stage.desk, what, sent))

    def put(
        self, contact: str, content: bytes, *, actor: str = "editor", door: Door | None = None, **line: Any
    ) -> Said:
        """One part; the only one, unless said otherwise."""
        usual = {"id": new_command_id(), "part": 1, "last": True}
        return self.ask("put", {**usual, **self._about(contact, actor), **line}, content, door)

    def get(self, contact: str, file: str, *, actor: str = "editor", part: int = 1) -> Said:
        return self.ask("get", {**self._about(contact, actor), "file": file, "part": part})

    def stored(self, contact: str, content: bytes, *, actor: str = "editor") -> str:
        """The id of a file that waits to be attached."""
        about = self._about(contact, actor)

        async def put() -> str:
            async with client(self.stage.place) as desk:
                source = Source(new_command_id(), about["contact"], BytesIO(content), len(content))
                return (await put_file(desk, source, actor=about["actor"])).file

        return self.stage.run(put())

    def attach(self, contact: str, file: str, *, actor: str = "editor", name: str = "Yard.pdf") -> Any:
        """The answer to the command."""
        data = {"contact": self.ids.get(contact, contact), "file": file, "name": name, "media_type": "application/pdf"}
        asked = {"id": new_command_id(), "actor": self.ids.get(actor, actor), "data": data}
        return self.stage.ask("contact.attach-file", asked)

    def attached(self, contact: str, content: bytes) -> str:
        """The id of a file that lies with the contact."""
        file = self.stored(contact, content)
        answer = self.attach(contact, file)
        assert not answer.status, answer.body
        return file

    def content(self, contact: str, file: str, *, actor: str = "editor") -> bytes:
        """The whole file."""
        about = self._about(contact, actor)

        async def got() -> bytes:
            async with client(self.stage.place) as desk:
                parts = get_file(desk, about["contact"], file, actor=about["actor"])
                return b"".join([part.content async for part in parts])

        return self.stage.run(got())

    def rows(self, query: str, *given: Any) -> list[tuple[Any, ...]]:
        cursor = self.stage.database.execute(query.encode(), given)
        return cursor.fetchall() if cursor.description else []

    def _about(self, contact: str, actor: str) -> dict[str, str]:
        return {"contact": self.ids.get(contact, contact), "actor": self.ids.get(actor, actor)}


async def asked(door: Door, what: str, sent: bytes) -> Said:
    """Ask by hand, and take the answer apart."""
    inbox = f"_INBOX.{door.caller}.{uuid4().hex}"
    await door.connection.publish(f"{PREFIX}{door.caller}.{what}", sent, reply=inbox)
    await door.until(lambda: inbox in door.replies)
    message = door.replies.pop(inbox)[0]
    status = int((message.headers or {}).get("Nats-Service-Error-Code", 0))
    line, content = opened(message.data)
    return Said(status, str(line.get("code", "")), line, content, message.data)


def some_bytes(size: int, *, seed: str = "") -> bytes:
    """So many, the same each time, and none like those around them."""
    blocks = (sha256(f"{seed}{n}".encode()).digest() for n in range(-(-size // 32)))
    return b"".join(blocks)[:size]


@contextmanager
def cabinet(place: Place) -> Iterator[Cabinet]:
    """An editor, a reader, one who sees nothing, one without the basic right; two contacts here, one out of sight."""
    with stage(place) as here:
        found = Cabinet(here)
        for name in ("editor", "reader", "outsider", "powerless"):
            found.ids[name] = found.did(HireWorker(name=name.title()))
            if name != "powerless":
                found.did(GrantRight(worker=WorkerId(found.ids[name]), right=Right.BASIC))
        levels = {"editor": Level.EDIT, "reader": Level.USE, "powerless": Level.ADMINISTER}
        for directory, contacts in (("customers", ("mill", "bakery")), ("secret", ("vault",))):
            found.ids[directory] = found.did(OpenDirectory(name=directory.title()))
            for contact in contacts:
                opened = OpenContact(directory=DirectoryId(found.ids[directory]), name=f"The {contact}")
                found.ids[contact] = found.did(opened)
        for worker, level in levels.items():
            holder = worker_holder(WorkerId(found.ids[worker]))
            found.did(SetDirectoryRight(directory=DirectoryId(found.ids["customers"]), holder=holder, level=level))
        yield found
