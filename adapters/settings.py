"""Every setting of a process: read from the environment in this one file, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

PREFIX = "KARTOTEKA_"
EMBEDDED = "embedded:"
ELSEWHERE = frozenset({"TEST_DATA"})
"""Variables of our prefix that belong to the tests, not to the service."""


class SettingsWrong(Exception):
    """A setting is unknown or does not hold what it should; the message says which, never its value."""


class Settings(BaseSettings):
    """Each field is the variable KARTOTEKA_<NAME>; with _FILE behind it, the name of a file that holds the value."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What `read_settings` was given, and nothing found behind its back."""
        return (init_settings,)

    state: Path = Field(Path(".state"), description="Where the embedded servers, keys and credentials are kept.")
    postgres_url: SecretStr = Field(SecretStr(EMBEDDED), description="embedded: or the URL of a Postgres 15 or later.")
    nats_url: str = Field(EMBEDDED, description="embedded: or the URL of a NATS server with JetStream.")
    schema_name: str = Field(
        "kartoteka", alias="KARTOTEKA_SCHEMA", pattern=r"^[a-z_][a-z0-9_]{0,40}$", description="The Postgres schema."
    )
    keys: Path | None = Field(None, description="The folder of key-encryption keys; default: <state>/keys.")
    callers: Path | None = Field(None, description="Who may act for whom; default: <state>/callers.json.")
    caller: str = Field("operator", description="As which caller the command line speaks.")
    seed: Path | None = Field(
        None, description="The nkey seed of the caller; default: <state>/credentials/<caller>.nk."
    )
    service_seed: Path | None = Field(None, description="The nkey seed of the service; default as above.")
    waiting: int = Field(2048, ge=1, le=100_000, description="How many requests may wait before 503 is answered.")
    file_bytes: int = Field(
        25 * 1024 * 1024, ge=1, le=512 * 1024 * 1024, description="How large a file of a contact may be, in bytes."
    )
    smtp_host: str | None = Field(None, description="The mail server; without it no notice goes out by e-mail.")
    smtp_port: int | None = Field(None, ge=1, le=65_535, description="The port of the mail server.")
    smtp_login: str | None = Field(None, description="As whom we log in to the mail server.")
    smtp_password: SecretStr | None = Field(None, description="The password of that login.")
    smtp_sender: str | None = Field(
        None, pattern=r"^[^@\s]+@[^@\s]+$", description="The address from which notices are sent."
    )
    smtp_tls: str = Field(
        "starttls",
        pattern=r"^(none|starttls|tls)$",
        description="How the connection is kept secret; none is for tests.",
    )
    log_level: str = Field("info", pattern=r"^(debug|info|warning|error)$", description="The least that is logged.")
    log_json: bool = Field(False, description="Log lines as JSON.")


@dataclass(frozen=True, slots=True)
class Shown:
    """One effective setting for the reader's eyes."""

    name: str
    value: str
    source: str
    about: str


def read_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process. Raises SettingsWrong for an unknown variable or a wrong value."""
    given = _given(dict(os.environ if environment is None else environment))
    try:
        return Settings(**given)
    except ValidationError as error:
        wrong = "; ".join(
            f"{PREFIX}{str(one['loc'][0]).removeprefix(PREFIX).upper()}: {one['msg']}" for one in error.errors()
        )
        raise SettingsWrong(wrong) from None


def _given(environment: dict[str, str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for variable, value in environment.items():
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in ELSEWHERE:
            continue
        name = variable.removeprefix(PREFIX).removesuffix("_FILE")
        field = "schema_name" if name == "SCHEMA" else name.lower()
        if field not in Settings.model_fields:
            raise SettingsWrong(f"{variable} is not a setting of kartoteka")
        if variable.endswith("_FILE"):
            try:
                value = Path(value).read_text().strip()
            except OSError as error:
                raise SettingsWrong(f"{variable}: the file cannot be read ({error.strerror})") from None
        given["KARTOTEKA_SCHEMA" if field == "schema_name" else field] = value
    return given


def show(settings: Settings, environment: Mapping[str, str] | None = None) -> list[Shown]:
    """Every effective setting with its source, secrets masked."""
    given = dict(os.environ if environment is None else environment)
    shown = []
    for name, info in Settings.model_fields.items():
        variable = info.alias or PREFIX + name.upper()
        source = next((each for each in (variable, variable + "_FILE") if each in given), "default")
        value = getattr(settings, name)
        text = _masked(value) if isinstance(value, SecretStr) else str(value if value is not None else "")
        shown.append(Shown(variable, text, source, info.description or ""))
    return shown


def _masked(value: SecretStr) -> str:
    plain = value.get_secret_value()
    return plain if plain == EMBEDDED else "********"
