"""Files answered: a part at a time is sealed and stored, or found and opened; who may is asked before all else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from adapters import file_request
from adapters.answering.commands import RETRY_AFTER_MS, report
from adapters.answering.reception import Reception, UnderWay, Visitor
from adapters.envelope import thing_id
from adapters.file_request import PART_BYTES, REQUESTS, GetPart, PutPart, written
from adapters.part_store import PartStore, PartStoreAway
from adapters.postgres.answers import OutOfTime, Unready, before
from adapters.postgres.filing import Filing, Held
from adapters.postgres.looks import Looker, Looks, LookUnkept
from adapters.problem import Problem, problem, refusal
from adapters.scope import Face
from adapters.sealed_part import PartPlace, digest_of, key_needed, open_part, seal_part
from adapters.sealing import Spoiled
from adapters.telemetry import tracing
from domain.refusal import Refused
from domain.staff.worker import Right
from projections.looking import Aim, How, Look

PATIENCE_SECONDS = 4.0
"""How long a part is worked on: less than callers wait before they ask again."""

AT_ONCE = 64
"""Parts at a time; there is half a mebibyte of memory for each, twice over."""

CONTENTS = "file"
"""By which name a look at the contents of a file is kept."""

ONE_LOOK = timedelta(minutes=5)
LOOKS_REMEMBERED = 10_000
NEVER = datetime.min.replace(tzinfo=timezone.utc)

Asked = PutPart | GetPart


class FileService:
    """One process's face of files. Create, `start`, and `drain` when it is time to go."""

    def __init__(
        self,
        store: PartStore,
        filing: Filing,
        looks: Looks,
        reception: Reception,
        *,
        most_bytes: int,
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._filing, self._looks, self._reception = store, filing, looks, reception
        self._most_bytes, self._now = most_bytes, now
        self._under_way = UnderWay()
        self._looked: dict[tuple[str, str, str, str, Aim | None], datetime] = {}

    @property
    def under_way(self) -> int:
        """How many are being answered."""
        return len(self._under_way)

    async def drain(self) -> None:
        """Answer what waits, and let go of what was read with."""
        await self._under_way.ended()
        await self._filing.close()

    async def take(self, visitor: Visitor, payload: bytes) -> None:
        """A request about a file as it came; it is answered beside others."""
        arrived = asyncio.get_running_loop().time()
        visitor = tracing.received("file", visitor)
        found = self._read(visitor, payload)
        if isinstance(found, Problem):
            await self._reception.refuse(visitor, found)
            return
        self._under_way.begin(self._answer(visitor, *found, arrived))

    def _read(self, visitor: Visitor, payload: bytes) -> tuple[Asked, bytes] | Problem:
        if (stranger := self._reception.known(visitor, Face.FILES)) is not None:
            return stranger
        if len(self._under_way) >= AT_ONCE:
            return problem("Overloaded", retry_after_ms=RETRY_AFTER_MS)
        if visitor.topic not in REQUESTS:
            return problem("FileRequestUnknown")
        found = file_request.read(visitor.topic, payload)
        if isinstance(found, Problem):
            return found
        return self._reception.acting(visitor, found[0].actor) or found

    async def _answer(self, visitor: Visitor, asked: Asked, content: bytes, arrived: float) -> None:
        tracing.enter(visitor.traceparent)
        found = await self._found(visitor, asked, content, arrived + PATIENCE_SECONDS)
        took = asyncio.get_running_loop().time() - arrived
        code = found.code if isinstance(found, Problem) else ""
        self._reception.statistics.count(visitor.topic, took, code)
        if isinstance(found, Problem):
            await visitor.reply.refuse(found)
        else:
            await visitor.reply.answer(found)

    async def _found(self, visitor: Visitor, asked: Asked, content: bytes, until: float) -> bytes | Problem:
        try:
            async with before(until, OutOfTime):
                if isinstance(asked, PutPart):
                    return self._unfit(asked, content) or await self._put(visitor, asked, content)
                return await self._get(visitor, asked, until)
        except Refused as error:
            return refusal(error.code)
        except PartStoreAway:
            return problem("FileStoreAway", retry_after_ms=RETRY_AFTER_MS)
        except OutOfTime:
            return problem("StoreAway", retry_after_ms=RETRY_AFTER_MS)
        except (*Unready, LookUnkept) as error:
            return problem(type(error).__name__, retry_after_ms=RETRY_AFTER_MS)
        except Spoiled as error:
            report("file damaged", error, about=str(error))
            return problem("FileDamaged")
        except Exception as error:
            report("broken", error, file=visitor.topic)
            return refusal("Broken")

    def _unfit(self, asked: PutPart, content: bytes) -> Problem | None:
        """What is wrong with the part by itself: all but the last are full, so that a number says where it stands."""
        if (asked.part - 1) * PART_BYTES + len(content) > self._most_bytes:
            return problem("FileTooLarge")
        if len(content) > PART_BYTES:
            return problem("PartTooLarge")
        if not asked.last and len(content) < PART_BYTES:
            return problem("PartNotFull")
        return None

    async def _put(self, visitor: Visitor, asked: PutPart, content: bytes) -> bytes | Problem:
        now = self._now()
        subject = await self._filing.may_put(asked.actor, asked.contact, now)
        place = PartPlace(thing_id(visitor.caller, asked.id), asked.part, asked.last)
        if not await self._filing.claim(place, asked.contact, subject, now):
            return problem("FileClash")
        name, key = await self._filing.sealing_key(subject)
        sealed = seal_part(content, place, name, key)
        lies = await self._store.put(place.file, place.part, sealed)
        if lies is not sealed and await self._opened(lies, place, withheld_too=True) != content:
            return problem("FileClash")
        noted = await self._filing.note(place, len(content), sha256(lies).digest())
        return problem("FileClash") if noted is None else written({"file": place.file, **noted._asdict()})

    async def _get(self, visitor: Visitor, asked: GetPart, until: float) -> bytes | Problem:
        now = self._now()
        held = await self._filing.held(asked.actor, asked.contact, asked.file, now)
        if asked.part > len(held.parts):
            return problem("PartUnknown")
        content = await self._part(held, PartPlace(asked.file, asked.part, asked.part == len(held.parts)))
        await self._keep_look(visitor, asked, held.exception, now, until)
        told = {"size_bytes": held.size_bytes, "media_type": held.media_type}
        return written({"file": asked.file, "part": asked.part, "parts": len(held.parts), **told}, content)

    async def _keep_look(
        self, visitor: Visitor, asked: GetPart, exception: Right | None, now: datetime, until: float
    ) -> None:
        """Of a file that is got part by part one look is kept, again where it takes long. Raises LookUnkept."""
        whose = (visitor.caller, asked.actor, asked.contact, asked.file, asked.purpose)
        if asked.part > 1 and now - self._looked.get(whose, NEVER) < ONE_LOOK:
            return
        looker = Looker(asked.actor, visitor.caller, CONTENTS, now)
        look = Look(How.OPENED, (asked.contact,), exception=exception).taken_out(asked.purpose)
        await self._looks.keep([look], looker, until)
        if len(self._looked) >= LOOKS_REMEMBERED:
            self._looked.clear()
        self._looked[whose] = now

    async def _part(self, held: Held, place: PartPlace) -> bytes:
        """What was attached and nothing else: the fact's digest vouches for every part's. Raises Spoiled."""
        sealed = await self._store.get(place.file, place.part)
        if sealed is None or sha256(sealed).digest() != held.parts[place.part - 1]:
            raise Spoiled(f"part {place.part} of file {place.file} is not what was put")
        if digest_of(held.parts) != held.digest:
            raise Spoiled(f"the parts of file {place.file} are not what was attached")
        return await self._opened(sealed, place, withheld_too=held.officer)

    async def _opened(self, sealed: bytes, place: PartPlace, *, withheld_too: bool) -> bytes:
        key = await self._filing.opening_key(*key_needed(sealed), withheld_too=withheld_too)
        return open_part(sealed, place, key)
