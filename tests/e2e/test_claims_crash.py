"""kill -9 of the server while workers claim: no claim goes to two of them.

TIDEWIRE_CRASH_ROUNDS says how many random kills (10).  Neighbours:
test_crash.py for writes, test_claims_killed.py for workers that die.
"""
import os
import random
import threading

import pytest
import requests

from api import Api, data
from server import DEADLINE, wait_until
from test_crash import start_to_die
from work import CLAIMS

ROUNDS = int(os.environ.get("TIDEWIRE_CRASH_ROUNDS", "10"))
SEED = int(os.environ.get("TIDEWIRE_SEED", "20261122"))
POINTS = ("before-commit", "after-commit", "before-answer",
          "after-journal-append")
WORKERS = 6
# Retries come at once, so that what a lost answer left behind goes on.
JOB = {"name": "j", "heartbeat_timeout_seconds": 30,
       "retry": {"max_attempts": 50, "initial_interval_ms": 0, "jitter": 0}}


class Worker(threading.Thread):
    """Claims and completes; notes each claim it was given and each end."""

    def __init__(self, crew, number):
        super().__init__(daemon=True)
        self.crew, self.name = crew, f"w{number}"
        self.given, self.done, self.error = [], [], None

    def run(self):
        try:
            while not self.crew.stopping:
                self.turn()
        except (requests.ConnectionError,
                requests.exceptions.ChunkedEncodingError):
            pass  # the server is gone, as planned
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def turn(self):
        r = self.crew.api.post(CLAIMS, {"worker": self.name,
                                        "wait_seconds": 1, "max": 2})
        for row in data(r):
            self.given.append((row["execution"]["id"], row["attempt"],
                               row["token"]))
            self.crew.count()
        for row in data(r):
            self.work(row)

    def work(self, row):
        api = Api(self.crew.api.server, row["token"], DEADLINE)
        path = f"/api/executions/{row['execution']['id']}"
        r = api.post(path + "/progress", {"progress_percent": 50})
        assert r.status_code == 200, r.text
        r = api.post(path + "/complete", {"result_data": self.name})
        assert r.status_code == 200, r.text
        self.done.append((row["execution"]["id"], self.name))
        self.crew.count()


class Crew:
    def __init__(self, srv, jobs):
        self.api, self.stopping, self.n = srv.api, False, 0
        self.changed = threading.Condition()
        body = {"executions": [{"priority": i % 10} for i in range(jobs)]}
        self.ids = [x["id"] for x in data(
            srv.api.post("/api/jobs/j/trigger/batch", body))]
        self.workers = [Worker(self, i) for i in range(WORKERS)]
        for worker in self.workers:
            worker.start()

    def count(self):
        with self.changed:
            self.n += 1
            self.changed.notify_all()

    def wait(self, n):
        with self.changed:
            assert self.changed.wait_for(
                lambda: self.n >= n or not any(
                    w.is_alive() for w in self.workers), DEADLINE)

    def join(self):
        self.stopping = True
        for worker in self.workers:
            worker.join(DEADLINE)
            assert not worker.is_alive(), "a worker hangs"
            if worker.error is not None:
                raise worker.error


def finish(srv, crews, ids):
    """Time passes, new workers come, and everything is done, once."""
    srv.advance(31_000)
    crew = Crew(srv, 1)
    crews.append(crew)
    wait_until(lambda: not srv.counts().get("queued"), "all handed out")
    crew.join()
    srv.advance(31_000)
    assert set(srv.counts()) <= {"total", "completed"} or all(
        n == 0 for k, n in srv.counts().items()
        if k not in ("total", "completed")), srv.counts()
    given = [g for c in crews for w in c.workers for g in w.given]
    pairs = [(i, attempt) for i, attempt, _ in given]
    assert len(pairs) == len(set(pairs)), "an attempt went to two workers"
    done = dict(d for c in crews for w in c.workers for d in w.done)
    for ident in ids:
        row = srv.api.execution(ident).get()
        assert row["status"] == "completed", ident
        if ident in done:
            assert row["result_data"] == done[ident]


@pytest.mark.slow
def test_kill_while_workers_claim(srv):
    data(srv.api.post("/api/jobs", JOB), 201)
    rng = random.Random(SEED)
    crews = []
    for _ in range(ROUNDS):
        crew = Crew(srv, 60)
        crews.append(crew)
        crew.wait(rng.randint(1, 100))
        srv.kill9()
        crew.join()
        assert srv.check()[0] == 0, srv.check()[1]
        srv.start()
    finish(srv, crews, [i for c in crews for i in c.ids])


@pytest.mark.parametrize("point", POINTS)
def test_kill_at_a_point(srv, point):
    data(srv.api.post("/api/jobs", JOB), 201)
    crews = []
    # The batch alone passes the journal thirty times.
    first = 35 if point == "after-journal-append" else 4
    for count in (0, 5, 40):
        srv.stop()
        if start_to_die(srv, f"{point}:{first + count}"):
            crews.append(Crew(srv, 30))
            srv.wait_crash()
            crews[-1].join()
        assert srv.check()[0] == 0, srv.check()[1]
        srv.start()
    finish(srv, crews, [i for c in crews for i in c.ids])
