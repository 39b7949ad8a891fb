"""Workers that are processes of their own, and are killed while they work.

They claim, report progress, take a moment and complete; whoever is killed is
replaced.  Neighbours: server.py is whom they work for, sse.py reads what came
of it from the journal.
"""
import calendar
import http.client
import json
import os
import random
import select
import signal
import time

from api import data
from server import wait_until
from sse import replay

LEASE = 1  # seconds
TICK = 0.01  # so often new work arrives
JOB = {"name": "crew", "heartbeat_timeout_seconds": 60,
       "retry": {"max_attempts": 1000, "initial_interval_ms": 0}}
CLAIM = {"lease_seconds": LEASE, "wait_seconds": 10}


def pause(seconds):
    select.select([], [], [], max(seconds, 0))


class Worker:
    """One process: claims one execution after the other, until it is killed."""

    def __init__(self, port, name, busy):
        self.pid = os.fork()
        if self.pid == 0:
            try:
                self._work(port, name, busy)
            finally:
                os._exit(1)

    def _work(self, port, name, busy):
        self.http = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        rng = random.Random(name)
        while True:
            _, got = self._post("/api/claims", {"worker": name, **CLAIM})
            for claim in got["data"]:
                path = f"/api/executions/{claim['execution']['id']}"
                token = claim["token"]
                self._post(f"{path}/progress", {"progress_percent": 1}, token)
                pause(rng.uniform(0, busy))
                self._post(f"{path}/complete", {}, token)

    def _post(self, path, body, token=None):
        headers = {"Content-Type": "application/json"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self.http.request("POST", path, json.dumps(body), headers)
        answer = self.http.getresponse()
        text = answer.read()
        assert answer.status in (200, 409), text
        return answer.status, json.loads(text)

    def kill(self):
        """False when it had ended by itself, which none should."""
        done, _ = os.waitpid(self.pid, os.WNOHANG)
        if done == 0:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        return done == 0


class Crew:
    """So many workers at a server, and the jobs they are given."""

    def __init__(self, srv, size=10, busy=0.03, seed=1):
        self.srv, self.busy = srv, busy
        self.rng = random.Random(seed)
        self.count = self.kills = self.made = 0
        data(srv.api.post("/api/jobs", JOB), 201)
        self.workers = [self._hire() for _ in range(size)]

    def _hire(self):
        self.count += 1
        return Worker(self.srv.port, f"w{self.count}", self.busy)

    def trigger(self, n):
        """Make n executions in one request."""
        if n > 0:
            data(self.srv.api.post(f"/api/jobs/{JOB['name']}/trigger/batch",
                                   {"executions": [{}] * n}))
        self.made += n

    def kill_one(self):
        """kill -9 somebody; another begins in their place."""
        i = self.rng.randrange(len(self.workers))
        assert self.workers[i].kill(), "a worker gave up"
        self.kills += 1
        self.workers[i] = self._hire()

    def run(self, jobs, seconds, every):
        """Spread jobs over seconds, and kill somebody `every` so often."""
        begun = time.monotonic()
        while (now := time.monotonic() - begun) < seconds:
            self.trigger(int(jobs * now / seconds) - self.made)
            if now > self.kills * every:
                self.kill_one()
            pause(TICK)
        self.trigger(jobs - self.made)

    def wait(self):
        """Until every execution has ended."""
        wait_until(lambda: self.srv.counts()["completed"] == self.made,
                   "the last completion")

    def dismiss(self):
        for worker in self.workers:
            worker.kill()
        self.workers = []


class Story:
    """What the journal says of every execution."""

    def __init__(self, srv):
        self.ends = {}     # how often each was completed
        self.claims = 0
        self.late = []     # ms from the end of a lease to the next claim
        self.returned = 0  # claims that nobody was there to take
        self.lease = {}    # until when, ms, of those at work
        for event in replay(srv.port, srv.seq()):
            self._read(event)

    def _read(self, event):
        ident, status = event.data["execution_id"], event.data.get("status")
        if status == "queued" and event.data.get("previous") is None:
            self.ends[ident] = 0
        if status == "completed":
            self.ends[ident] += 1
        if "worker" in event.data:
            self._claimed(ident, millis(event))
        elif event.type == "progress":
            self.lease[ident] = millis(event) + LEASE * 1000

    def _claimed(self, ident, at):
        self.claims += 1
        over = self.lease.get(ident)
        if over is not None and at < over:
            self.returned += 1
        elif over is not None:
            self.late.append(at - over)
        self.lease[ident] = at + LEASE * 1000

    def verify(self, made):
        """Each was completed, and only once."""
        assert len(self.ends) == made
        odd = {i: n for i, n in self.ends.items() if n != 1}
        assert not odd, odd


def millis(event):
    """When it happened, ms since 1970."""
    text = event.data["at"]
    whole, _, rest = text.rstrip("Z").partition(".")
    seconds = time.strptime(whole, "%Y-%m-%dT%H:%M:%S")
    return calendar.timegm(seconds) * 1000 + int((rest or "0").ljust(3, "0"))
