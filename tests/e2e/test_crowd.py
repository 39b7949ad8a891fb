"""What is promised of streams, with many readers: every event, in order,
once, whoever else stalls and whatever happens to the server.
"""
import os
import resource
import threading

import pytest
import requests

from crowd import Crowd
from server import wait_until

LOGS = "/events?types=log"
READERS = int(os.environ.get("TIDEWIRE_READERS", 400))  # of the kills


@pytest.fixture(autouse=True)
def enough_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (min(hard, max(soft, 4096, 2 * READERS + 500)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def log_some(ex, n):
    ex.ok("report", {"logs": [{"level": "info", "message": "x"}] * n})


def logged(srv, ex):
    """The seqs of all that was logged, from the journal."""
    return [row["seq"] for row in srv.api.execution(ex.id).logs()]


def opened(srv, n):
    wait_until(lambda: srv.info()["subscribers"] >= n, f"{n} streams")


def check_all(crowd, wanted):
    for reader in crowd.readers:
        assert list(reader.seqs) == wanted
        assert reader.gaps == 0


def test_a_thousand_readers_and_ten_that_stall(srv, api):
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.data("heartbeat")
    with Crowd(srv, LOGS, "log", 1000, stalled=10) as crowd:
        opened(srv, 1010)
        for n in range(20):
            log_some(ex, 100)
            crowd.until(lambda r, n=n: len(r.seqs) >= 100 * n,
                        "they keep up")
        crowd.until(lambda r: len(r.seqs) >= 2000, "all is read")
        wanted = logged(srv, ex)
        assert len(wanted) == 2000
        check_all(crowd, wanted)
        assert srv.info()["subscribers"] == 1010, "nobody was sent away"
        crowd.release()
        crowd.until(lambda r: len(r.seqs) >= 2000, "the stalled catch up")
        check_all(crowd, wanted)
        assert all(r.opened == 1 for r in crowd.readers)


class Publisher(threading.Thread):
    """Logs as many as it may, through whatever happens to the server."""

    def __init__(self, srv, ex):
        super().__init__(daemon=True)
        self.srv, self.ex = srv, ex
        self.stopping = False
        self.accepted = self.allowed = 0
        self.change = threading.Condition()

    def allow(self, n):
        with self.change:
            self.allowed += n
            self.change.notify()

    def stop(self):
        with self.change:
            self.stopping = True
            self.change.notify()
        self.join()

    def may_go_on(self):
        with self.change:
            self.change.wait_for(
                lambda: self.stopping or self.accepted < self.allowed)
        return not self.stopping

    def run(self):
        while self.may_go_on():
            try:
                log_some(self.srv.api.execution(self.ex.id), 5)
                self.accepted += 5
            except (requests.ConnectionError,
                    requests.exceptions.ChunkedEncodingError):
                continue

    def until(self, n):
        wait_until(lambda: self.accepted >= n, f"{n} are logged")


def test_kill_under_many_readers(srv, api):
    """kill -9, again and again: whoever reconnects goes on where it was."""
    api.job("a", name="j")
    ex = api.trigger("j")
    ex.data("heartbeat")
    with Crowd(srv, LOGS, "log", READERS) as crowd:
        opened(srv, READERS)
        publisher = Publisher(srv, ex)
        publisher.start()
        for _ in range(3):
            before = len(crowd.readers[0].seqs)
            publisher.allow(100)
            crowd.until(lambda r, n=before: len(r.seqs) >= n + 50,
                        "they are sent more")
            port = srv.port
            srv.kill9()
            crowd.turn()
            srv.start(port=port)
        crowd.until(lambda r: r.opened >= 4, "all are back")
        publisher.allow(100)
        publisher.until(publisher.allowed)
        publisher.stop()
        wanted = logged(srv, ex)
        assert len(wanted) >= publisher.accepted
        crowd.until(lambda r: len(r.seqs) >= len(wanted), "all is read")
        check_all(crowd, wanted)
