"""The `eventsourcing` library's own contract tests pass on our recorder, unmodified."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import ApplicationRecorder
from eventsourcing.tests.persistence import ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase

from adapters.postgres.recorder import Datastore, Recorder


@pytest.fixture(autouse=True)
def fresh_schema(request: pytest.FixtureRequest, postgres_url: str, schema: str) -> Any:
    datastore = Datastore(postgres_url, schema)
    if request.instance is not None:
        request.instance.datastore = datastore
    yield
    datastore.close()


class _OurRecorder:
    datastore: Datastore

    def create_recorder(self) -> Any:
        recorder = Recorder(self.datastore)
        recorder.create_table()
        return recorder

    def new_originator_id(self) -> str:
        return f"thing-{uuid4()}"


class TestApplicationRecorderContract(_OurRecorder, ApplicationRecorderTestCase[ApplicationRecorder]):
    INITIAL_VERSION = 1


class TestNonInterleavingContract(_OurRecorder, NonInterleavingNotificationIDsBaseCase):
    INITIAL_VERSION = 1


del ApplicationRecorderTestCase, NonInterleavingNotificationIDsBaseCase
