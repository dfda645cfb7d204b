"""What `eventsourcing` has to know of the embedded Postgres; everything else is as it comes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

THREADS = 16


def environment(url: str) -> dict[str, str]:
    """The settings of the library, as it reads them."""
    parts = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": parts.path.removeprefix("/"),
        "POSTGRES_HOST": parse_qs(parts.query)["host"][0],
        "POSTGRES_PORT": str(parts.port or 5432),
        "POSTGRES_USER": parts.username or "",
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(THREADS),
    }
