"""One server for all tests by the RFC texts; each file has an account of its own (`USER`)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))

from client import Client

from harness import Server


@pytest.fixture(scope="session")
def rfc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Sound in the end, its log without traceback."""
    with Server(tmp_path_factory.mktemp("rfc"), users=12) as running:
        yield running
        running.assert_no_traceback()
        running.cli("verify")


@pytest.fixture(scope="module")
def client(request: pytest.FixtureRequest, rfc_server: Server) -> Client:
    return Client(rfc_server, request.module.USER)
