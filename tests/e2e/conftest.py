"""Fixtures: a server for each test, its store checked when the test ends."""
import itertools
import os
import pathlib
import signal
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import rebuilt  # noqa: E402
from server import Server, TIDEWIRED  # noqa: E402

TEST_SECONDS = 300
# After each test of these, the store is also made again from its journal.
REBUILT = {"test_claims", "test_claims_crash", "test_claims_end",
           "test_factflow_configs", "test_factflow_replay",
           "test_jobs", "test_keys", "test_lifecycle", "test_queues",
           "test_rebuild", "test_steps", "test_storage",
           "test_storage_objects", "test_topify", "test_tuxseo"}


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "slow: rounds or examples, whose count the environment sets")
    config.addinivalue_line(
        "markers", "memory: measures memory, which AddressSanitizer distorts")


def pytest_collection_modifyitems(items):
    if not os.environ.get("TIDEWIRE_SANITIZED"):
        return
    skip = pytest.mark.skip(reason="AddressSanitizer keeps what is freed")
    for item in items:
        if "memory" in item.keywords:
            item.add_marker(skip)


def pytest_collection_finish(session):
    if session.config.option.collectonly or os.access(TIDEWIRED, os.X_OK):
        return
    raise pytest.UsageError(f"{TIDEWIRED} is not built (set TIDEWIRED)")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in getattr(item, "servers", ()):
            report.sections.append(
                (f"log of {server.data}", server.log_tail()))


def too_long(number, frame):
    raise AssertionError(f"the test took more than {TEST_SECONDS} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """No test may hang the suite, whatever the server does to it."""
    signal.signal(signal.SIGALRM, too_long)
    slow = item.get_closest_marker("slow") is not None
    signal.alarm(0 if slow else TEST_SECONDS)
    yield
    signal.alarm(0)


@pytest.fixture
def start(tmp_path, request):
    """A factory of servers; each is stopped and checked at the end."""
    servers = request.node.servers = []
    count = itertools.count()

    def make(*args, data=None, run=True, **kw):
        server = Server(data or tmp_path / f"data{next(count)}", *args, **kw)
        servers.append(server)
        return server.start() if run else server

    make.servers = servers
    yield make
    try:
        for server in servers:
            server.finish()
            if request.module.__name__ in REBUILT:
                rebuilt.verify(server.data)
    finally:
        for server in servers:
            server.abandon()


@pytest.fixture
def srv(start):
    """One server with default options and a clock of its own."""
    return start()


@pytest.fixture
def api(srv):
    return srv.api


class Cases:
    """Runs every row of a table and reports all that failed at once."""

    def __init__(self):
        self.failed = []
        self.name = ""

    def __call__(self, name):
        self.name = name
        return self

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is None:
            return False
        if not issubclass(kind, Exception):
            return False
        line = trace.tb_lineno
        self.failed.append(f"[{self.name}] line {line}: "
                           f"{kind.__name__}: {error}")
        return True


@pytest.fixture
def case():
    """`with case("name"):` lets the other cases of a table run on."""
    cases = Cases()
    yield cases
    if cases.failed:
        pytest.fail("\n\n".join(cases.failed), pytrace=False)
