"""The keys that personal data ends with: which there are, until when, and changing them before their time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import typer

from adapters.cli import console
from adapters.composition import Place, found
from adapters.key_encryption import Epoch, KeyEncryption, Lifetimes
from adapters.postgres.clock import log_time
from adapters.postgres.keys import opened_keys
from adapters.postgres.rewrapping import Resting, StillWrapped, destroy, old, resting, rewrap, rotating
from adapters.postgres.schema import connect_async
from adapters.settings import read_settings
from adapters.signature import Signer, public_keys

PATIENCE_SECONDS = 60.0
"""How long to wait until contacts are searched with the new secret."""

NOT_RESTORABLE = "backups of the database made before now can no longer be restored: their personal data stays sealed"

AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    keys = typer.Typer(help="The keys that wrap the keys of persons, and the key that signs.", no_args_is_help=True)
    keys.command()(show)
    keys.command()(rotate)
    app.add_typer(keys, name="keys")


def show(as_json: AsJson = False) -> None:
    """Print each key-encryption key with its dates and what rests on it, and the public keys of what was signed."""
    _tell(found(read_settings()), as_json=as_json)


def rotate(
    destroy_old: Annotated[
        bool, typer.Option("--destroy-old", help="Destroy the old keys at once: older backups end with them.")
    ] = False,
    signing: Annotated[
        bool, typer.Option("--signing", help="Change the key that signs instead; what the old one signed verifies on.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="It is meant: older backups may end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take a new key-encryption key into use, and wrap the keys of all persons with it."""
    place = found(read_settings())
    if signing and destroy_old:
        console.fail("--signing changes the key that signs, and destroys none", console.WRONG_USE)
    if destroy_old and not yes:
        console.fail(f"{NOT_RESTORABLE}; say --yes if that is meant", console.WRONG_USE)
    if signing:
        Signer.changed(place.keys)
    else:
        asyncio.run(_rotate(place, destroy_old=destroy_old))
    _tell(place, as_json=as_json)


async def _rotate(place: Place, *, destroy_old: bool) -> None:
    url, schema = place.postgres_url, place.settings.schema_name
    keys = opened_keys(url, schema, place.keys)
    async with rotating(url, schema) as connection:
        epoch = keys.rotate(log_time(url, schema))
        count = await rewrap(connection, keys)
        console.note(f"kek-{epoch} is in use; {count} keys were wrapped again")
        if not destroy_old:
            return
        until = time.monotonic() + PATIENCE_SECONDS
        for each in old(keys):
            while True:
                try:
                    await destroy(connection, keys, each, log_time(url, schema))
                    break
                except StillWrapped:
                    if time.monotonic() > until:
                        raise
                    await asyncio.sleep(0.2)
            console.note(f"kek-{each} is destroyed")
        console.note(NOT_RESTORABLE)


def _tell(place: Place, *, as_json: bool) -> None:
    url, schema = place.postgres_url, place.settings.schema_name
    keys = opened_keys(url, schema, place.keys)
    rests, at = asyncio.run(_resting(url, schema)), log_time(url, schema)
    lifetimes = Lifetimes(place.settings.kek_days, place.settings.backup_days)
    epochs = [_epoch(each, keys, rests, lifetimes, at) for each in keys.epochs.values()]
    signing = [
        {"signer": each.id, "since": each.since.isoformat(), "public_key": each.public}
        for each in public_keys(place.keys).values()
    ]
    if as_json:
        console.give({"keys": epochs, "signing": signing})
        return
    console.show(epochs, as_json=False)
    console.show(signing, as_json=False)


async def _resting(url: str, schema: str) -> Mapping[int, Resting]:
    async with await connect_async(url, schema) as connection:
        return await resting(connection)


def _epoch(
    each: Epoch, keys: KeyEncryption, rests: Mapping[int, Resting], lifetimes: Lifetimes, at: datetime
) -> dict[str, Any]:
    rest = rests.get(each.number, Resting())
    state = "in use" if each.number == keys.epoch else "kept" if each.destroyed_at is None else "destroyed"
    return {
        "key": f"kek-{each.number}",
        "state": state,
        "made_at": each.made_at.isoformat(),
        "wraps": rest.keys,
        "searched_with": list(rest.versions),
        "rotates_at": lifetimes.rotates_at(keys.epochs, each.number).isoformat(),
        "inert_at": lifetimes.inert_at(keys.epochs, each.number, at).isoformat(),
    }
