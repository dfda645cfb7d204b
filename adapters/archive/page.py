"""What a person reads of their copy: one page that opens offline, runs nothing, and takes every word as a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import quote

HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: left; vertical-align: top; }}
td {{ white-space: pre-wrap; overflow-wrap: anywhere; }}
h2 {{ margin-top: 2em; }}
</style></head><body>
<h1>{title}</h1>
"""
END = "</body></html>\n"


def head(person: str, at: str) -> str:
    title = escape(f"What is held about {person}")
    return HEAD.format(title=title) + f"<p>As of {escape(at)}; all times are UTC.</p>\n"


def held(sentence: str) -> str:
    return f"<p><strong>{escape(sentence)}</strong></p>\n"


def facts(rows: Iterator[Mapping[str, Any]]) -> Iterator[str]:
    """What happened, thing by thing, as it comes."""
    thing = None
    for row in rows:
        if row["stream"] != thing:
            yield "" if thing is None else "</table>\n"
            thing = row["stream"]
            yield f"<h2>{escape(thing)}</h2>\n<table><tr><th>When</th><th>What</th><th>Your data</th></tr>\n"
        yield _row(_instant(row["happened_at"]), row["words"], _fields(row))
    yield "<p>There is nothing.</p>\n" if thing is None else "</table>\n"


def files(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each with a way to its contents, where there are any."""
    if rows:
        yield "<h2>Files</h2>\n<table><tr><th>When</th><th>File</th><th>Size</th></tr>\n"
        for row in rows:
            name = escape(row["name"] or "(destroyed)")
            way = name if row["path"] is None else f'<a href="{escape(quote(row["path"]))}">{name}</a>'
            when = escape(_instant(row["attached_at"]))
            yield f"<tr><td>{when}</td><td>{way}</td><td>{int(row['size_bytes'])} bytes</td></tr>\n"
        yield "</table>\n"


def looks(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """How often, month by month."""
    if rows:
        yield "<h2>Looks</h2>\n<table><tr><th>Month</th><th>How</th><th>How often</th></tr>\n"
        yield from (_row(row["month"], row["how"], str(row["looks"])) for row in rows)
        yield "</table>\n"


def sign_ins(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """When they signed in and how, and by what they can."""
    if rows:
        yield "<h2>Sign-ins</h2>\n<table><tr><th>When</th><th>What</th><th>How</th><th>Until</th></tr>\n"
        for row in rows:
            how = " ".join(row[name] for name in ("method", "outcome", "role") if row[name])
            yield _row(_instant(row["at"]), row["what"], how, _instant(row["ends_at"] or ""))
        yield "</table>\n"


def _row(*cells: str) -> str:
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>\n"


def _fields(row: Mapping[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in row["fields"].items()]
    return "\n".join([*lines, *(f"{name}: (destroyed)" for name in row["destroyed"])])


def _instant(text: str) -> str:
    return text[:19].replace("T", " ")
