"""Every setting of a process: read from the environment in this one file, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from adapters.shown_url import MASK, shown_url

PREFIX = "KARTOTEKA_"
EMBEDDED = "embedded:"
ELSEWHERE = frozenset({"TEST_DATA"})
"""Variables of our prefix that belong to the tests, not to the service."""


class SettingsWrong(Exception):
    """A setting is unknown or does not hold what it should; the message says which, never its value."""


class Settings(BaseSettings):
    """Each field is the variable KARTOTEKA_<NAME>; with _FILE behind it, the name of a file that holds the value."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    @property
    def our_seeds(self) -> dict[str, Path | None]:
        """Where the seeds of our own processes are, by name; None for those in the state."""
        return {"service": self.service_seed, "streams": self.streams_seed}

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
    kek_days: int = Field(30, ge=1, le=3650, description="How many days one key-encryption key wraps new keys.")
    backup_days: int = Field(
        30, ge=0, le=3650, description="How many days after that it is kept, so that backups can be restored."
    )
    anchors: Path | None = Field(None, description="Where the chain's head is anchored; default: <state>/anchors.")
    erasures: Path | None = Field(None, description="Where is noted whom we forgot; default: <state>/erasures.")
    callers: Path | None = Field(None, description="Who may act for whom; default: <state>/callers.json.")
    caller: str = Field("operator", description="As which caller the command line speaks.")
    seed: Path | None = Field(
        None, description="The nkey seed of the caller; default: <state>/credentials/<caller>.nk."
    )
    service_seed: Path | None = Field(None, description="The nkey seed of the service; default as above.")
    streams_seed: Path | None = Field(None, description="The nkey seed for JetStream; default as above.")
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
    http: str = Field(
        "127.0.0.1:0",
        pattern=r"^(off|([A-Za-z0-9.-]+|\[[0-9a-f:]+\]):[0-9]{1,5})$",
        description="Where HTTP is listened to; port 0 is a free one, kept from then on; off for none.",
    )
    http_certificate: Path | None = Field(None, description="The certificate of HTTP; without it there is no TLS.")
    http_key: Path | None = Field(None, description="The private key that belongs to it.")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/?#\s]+$", description="How browsers reach HTTP, where that is not as it listens."
    )
    session_hours: int = Field(12, ge=1, le=168, description="How long a worker stays signed in.")
    oidc_issuer: str | None = Field(None, pattern=r"^https?://\S+$", description="Who signs workers in beside us.")
    oidc_client: str | None = Field(None, description="As whom we are known there.")
    oidc_secret: SecretStr | None = Field(None, description="The secret of that.")
    nats_certificate: Path | None = Field(None, description="The certificate of the embedded NATS; without it no TLS.")
    nats_key: Path | None = Field(None, description="The private key that belongs to it.")
    nats_authority: Path | None = Field(None, description="Whose certificates of NATS servers are trusted.")
    traces_url: str | None = Field(
        None, pattern=r"^https?://\S+$", description="Where traces are sent by OTLP; needs the extra `traces`."
    )
    traces_share: float = Field(1.0, ge=0.0, le=1.0, description="Which share of the traces that begin here is sent.")
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
        text = _masked(value) if isinstance(value, SecretStr) else shown_url(str(value if value is not None else ""))
        shown.append(Shown(variable, text, source, info.description or ""))
    return shown


def _masked(value: SecretStr) -> str:
    plain = value.get_secret_value()
    return plain if plain == EMBEDDED else MASK
