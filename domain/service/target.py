"""What a contract promises of time: to be heard, to be heard again, and to be helped."""

from enum import StrEnum


class Target(StrEnum):
    """The next response is promised anew for every unanswered message after the first response (D36)."""

    FIRST_RESPONSE = "first-response"
    NEXT_RESPONSE = "next-response"
    RESOLUTION = "resolution"
