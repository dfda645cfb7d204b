"""What is shown of a URL: all but what lets somebody in there."""

from __future__ import annotations

import re

MASK = "********"
KNOWN_BY = re.compile(r"(?<=://).*@")
GIVEN = re.compile(r"(?<=[?&])(?!authority=)([^=&]+)=[^&]+")
"""What stands behind a URL may be a key; of ours, which file holds whom to trust is none."""


def shown_url(text: str) -> str:
    """Text that is no URL as it is."""
    return GIVEN.sub(rf"\1={MASK}", KNOWN_BY.sub(f"{MASK}@", text)) if "://" in text else text
