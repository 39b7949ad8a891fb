"""Workers that keep a list of every write the server acknowledged.

Whatever the server says "200" to must be there afterwards, whatever
happened to it in between.  Neighbours: test_crash.py and test_faults.py.
"""
import random
import threading

import requests

from api import ok
from server import DEADLINE
from sse import replay

STEPS = ("fetch", "work", "store")
BATCH = 3


class Worker(threading.Thread):
    """Runs executions one after another and notes what was accepted."""

    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.rng = random.Random(load.rng.random())
        self.lives = []
        self.error = None

    def run(self):
        try:
            while not self.load.stopping:
                self.live()
        except requests.ConnectionError:
            pass  # the server is gone, as planned
        except requests.exceptions.ChunkedEncodingError:
            pass
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def send(self, ex, verb, body):
        """True when it was accepted; a broken disk may refuse it."""
        return self.accepted(ex.send(verb, body), 200)

    def accepted(self, r, *wanted):
        if r.status_code in self.load.refusals:
            self.load.refused(r)
            return False
        assert r.status_code in wanted, r.text
        self.load.acknowledged()
        return True

    def live(self):
        r = self.load.api.post("/api/jobs/load/trigger",
                               {"input_params": {"w": self.number}})
        if r.status_code in self.load.refusals:
            self.load.refused(r)
            return
        ex = self.load.api.execution(ok(r)["data"]["id"])
        self.load.acknowledged()
        life = {"ex": ex, "logs": [], "steps": {}, "percent": None,
                "sure": True, "result": None, "batches": 0, "objects": {}}
        self.lives.append(life)
        for step in STEPS:
            self.step(life, step)
        life["asked"] = True
        if self.send(ex, "complete", {"result_data": ex.id}):
            life["result"] = ex.id

    def step(self, life, step):
        for _ in range(self.rng.randint(1, 3)):
            self.logs(life)
        percent = self.rng.randint(0, 99)
        life["sure"] = False
        if self.send(life["ex"], "progress", {"progress_percent": percent}):
            life["percent"], life["sure"] = percent, True
        self.put(life, self.rng.choice("xy"))
        artifacts = {"by": self.number, "n": self.rng.random()}
        if self.send(life["ex"], f"steps/{step}/completed",
                     {"artifacts": artifacts}):
            life["steps"][step] = artifacts

    def put(self, life, name):
        """Put an object; what it may be now is the first or the second."""
        body = self.rng.randbytes(self.rng.choice((0, 10, 5000, 40000)))
        was = life["objects"].get(name, [None])[0]
        life["objects"][name] = [was, body]
        r = life["ex"].api.put(put_path(life["ex"], name), body)
        if self.accepted(r, 200 if was is not None else 201):
            life["objects"][name] = [body]
        else:
            life["objects"][name] = [was]

    def logs(self, life):
        name = f"b{life['batches']}"
        life["batches"] += 1
        batch = [{"message": f"{name}.{i}"} for i in range(BATCH)]
        if self.send(life["ex"], "log", {"logs": batch}):
            life["logs"].append(name)


class Load:
    """Several workers at once, until stopped or cut off."""

    def __init__(self, srv, workers=4, seed=0, refusals=()):
        self.srv, self.api = srv, srv.api
        self.rng = random.Random(seed)
        self.refusals, self.answers = refusals, []
        self.stopping, self.acks = False, 0
        self.changed = threading.Condition()
        self.workers = [Worker(self, n) for n in range(workers)]

    def start(self):
        for worker in self.workers:
            worker.start()
        return self

    def acknowledged(self):
        with self.changed:
            self.acks += 1
            self.changed.notify_all()

    def refused(self, answer):
        with self.changed:
            self.answers.append(answer)
            self.changed.notify_all()

    def wait(self, condition, what):
        with self.changed:
            done = self.changed.wait_for(condition, DEADLINE)
        assert done, f"never: {what} ({self.acks} acknowledged)"

    def wait_acks(self, count):
        self.wait(lambda: self.acks >= count
                  or not any(w.is_alive() for w in self.workers),
                  f"{count} acknowledged writes")

    def join(self):
        """The workers have ended; none of them saw anything odd."""
        self.stopping = True
        for worker in self.workers:
            worker.join(DEADLINE)
            assert not worker.is_alive(), "a worker hangs"
            if worker.error is not None:
                raise worker.error

    def lives(self):
        return [life for worker in self.workers for life in worker.lives]

    def verify(self):
        """Every acknowledged write is there, every other one whole or not."""
        for life in self.lives():
            verify_life(life)


def put_path(ex, name):
    return f"/api/v1/executions/{ex.id}/storage/r/s/{name}"


def verify_objects(life):
    """Each is of the last write that was accepted, or of one after it."""
    for name, bodies in life["objects"].items():
        r = life["ex"].api.get("/api/v1/storage/objects/executions/"
                               f"{life['ex'].id}/r/s/{name}")
        found = None if r.status_code == 404 else r.content
        assert found in bodies, (life["ex"].id, name, r.status_code)


def verify_life(life):
    ex = life["ex"]
    verify_objects(life)
    row = ex.get()
    steps = {s["name"]: s for s in row["steps"]}
    for name, artifacts in life["steps"].items():
        assert steps[name]["status"] == "completed", (ex.id, name)
        assert steps[name]["artifacts"] == artifacts
    if life["result"]:
        assert row["status"] == "completed", ex.id
        assert row["result_data"] == life["result"]
    elif not life.get("asked"):
        assert row["status"] in ("pending", "running"), ex.id
        if life["sure"]:
            assert row["progress_percent"] == life["percent"], ex.id
    messages = [r["message"] for r in ex.logs()]
    assert len(messages) == len(set(messages)), "a log came twice"
    by_batch = {}
    for message in messages:
        by_batch.setdefault(message.split(".")[0], []).append(message)
    for name in life["logs"]:
        assert name in by_batch, f"{ex.id} lost acknowledged {name}"
    for name, found in by_batch.items():
        assert found == [f"{name}.{i}" for i in range(BATCH)], (ex.id, name)


class Witness(threading.Thread):
    """Reads /events from the beginning and keeps all it is shown."""

    def __init__(self, stream):
        super().__init__(daemon=True)
        self.stream, self.seen = stream, []
        self.start()

    def run(self):
        try:
            while True:
                event = self.stream.next()
                self.seen.append((event.seq, event.text))
        except Exception:  # pylint: disable=broad-except
            pass  # cut off in the middle of anything, as planned

    def verify(self, srv):
        """All it was shown is on disk, under the same numbers."""
        self.join(DEADLINE)
        self.stream.close()
        if not self.seen:
            return
        full = [(e.seq, e.text) for e in replay(srv.port, self.seen[-1][0])]
        assert full[:len(self.seen)] == self.seen
