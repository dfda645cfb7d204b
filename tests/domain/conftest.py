"""The option that writes the golden files of new facts."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--write-golden", action="store_true", help="Write the golden files of facts that have none yet.")
