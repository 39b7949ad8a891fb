"""kill -9 at any moment: what was acknowledged is there, and it goes on.

TIDEWIRE_CRASH_ROUNDS says how many random kills (10; 100 for the full
claim).  Neighbours: load.py makes the writes and checks them.
"""
import os
import random

import pytest
import requests

from api import data
from load import Load, STEPS, Witness
from rawhttp import Closed
from server import wait_until
from sse import Stream, replay

ROUNDS = int(os.environ.get("TIDEWIRE_CRASH_ROUNDS", "10"))
SEED = int(os.environ.get("TIDEWIRE_SEED", "20261122"))
POINTS = ("before-commit", "after-commit", "before-answer",
          "after-journal-append")
JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}


def job(srv):
    data(srv.api.post("/api/jobs", JOB), 201)


def clean(srv):
    """The store as the crash left it, before anybody repairs anything."""
    code, out = srv.check()
    assert code == 0, out


def recovered(srv):
    wait_until(lambda: not srv.counts().get("running"), "recovery")


def goes_on(srv, lives):
    """What was under way is interrupted, and its worker may resume it."""
    left = [x for x in lives if not x["result"] and not x.get("asked")]
    for life in left[:3]:
        row = life["ex"].data("heartbeat")
        assert row["status"] == "running" and row["attempt"] == 1
        life["ex"].finish("resumed")


def after(srv, load, witness, last_seq):
    """All that must hold once the server is back."""
    recovered(srv)
    load.join()
    load.verify()
    witness.verify(srv)
    assert srv.seq() >= last_seq, "numbers were given twice"
    seen = witness.seen[-1][0] if witness.seen else 0
    ex = srv.api.trigger("load")
    events = replay(srv.port, srv.seq(), types="all")
    mine = [e.seq for e in events if e.data["execution_id"] == ex.id]
    assert mine and min(mine) > seen
    goes_on(srv, load.lives())


def run_until_killed(srv, rng, number):
    """One round: load, a kill somewhere in it, and everything checked."""
    witness = Witness(Stream(srv.port, "/events", types="all", since="0"))
    load = Load(srv, seed=rng.random()).start()
    load.wait_acks(rng.randint(1, 150))
    last = srv.seq()
    srv.kill9()
    load.join()
    clean(srv)
    srv.start()
    after(srv, load, witness, last)
    assert load.acks, f"round {number} wrote nothing"


@pytest.mark.slow
def test_kill_at_random_moments(srv):
    job(srv)
    rng = random.Random(SEED)
    for number in range(ROUNDS):
        run_until_killed(srv, rng, number)


def start_to_die(srv, spec):
    """Start with a crash point; False when the start itself passed it."""
    try:
        srv.start("--test-crash", spec)
        srv.api.get("/healthz")
        return True
    except AssertionError as error:
        assert "exited with -9" in str(error), error
    except requests.ConnectionError:
        srv.wait_crash()
    return False


def start_armed(srv, point):
    """Start so that the next passage of the point is the last."""
    for count in range(1, 20):
        if start_to_die(srv, f"{point}:{count}"):
            return
    raise AssertionError(f"{point} is passed for ever")


@pytest.mark.parametrize("point", POINTS)
def test_kill_at_a_named_point(srv, point):
    job(srv)
    for count in (1, 2, 5, 17, 40):
        srv.stop()
        if not start_to_die(srv, f"{point}:{count}"):
            clean(srv)
            srv.start()
            continue
        witness = Witness(Stream(srv.port, "/events", types="all",
                                 since="0"))
        load = Load(srv, seed=count).start()
        srv.wait_crash()
        load.join()
        clean(srv)
        srv.start()
        after(srv, load, witness, 0)


@pytest.mark.parametrize("point", ["before-commit", "after-journal-append"])
def test_nothing_unwritten_is_told(srv, point):
    """Killed before the commit: neither answered nor streamed, nor there."""
    job(srv)
    ex = srv.api.trigger("load")
    srv.stop()
    start_armed(srv, point)
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next("snapshot")
        with pytest.raises(requests.ConnectionError):
            ex.send("log", {"message": "never"})
        srv.wait_crash()
        assert [e for e in rest(stream) if e.type == "log"] == []
    srv.start()
    assert ex.logs() == [] and ex.status == "pending"


def rest(stream):
    """What still arrives before the connection breaks."""
    out = []
    try:
        while True:
            out.append(stream.next())
    except (AssertionError, Closed):
        return out


@pytest.mark.parametrize("point", ["after-commit", "before-answer"])
def test_written_but_not_answered(srv, point):
    """Killed behind the commit: the write is there, and may be repeated."""
    job(srv)
    ex = srv.api.trigger("load")
    srv.stop()
    start_armed(srv, point)
    with pytest.raises(requests.ConnectionError):
        ex.finish("once")
    srv.wait_crash()
    srv.start()
    row = ex.get()
    assert row["status"] == "completed" and row["result_data"] == "once"
    assert ex.finish("again")["result_data"] == "once"


def test_kill_during_recovery(srv):
    """Recovery that is cut short is taken up again, nobody marked twice."""
    job(srv)
    made = [srv.api.trigger("load") for _ in range(150)]
    for ex in made:
        ex.data("heartbeat")
    srv.kill9()
    for count in (1, 1, 2):
        if start_to_die(srv, f"during-recovery:{count}"):
            srv.kill9()
        clean(srv)
    srv.start()
    recovered(srv)
    assert srv.counts()["interrupted"] == 150
    events = [e for e in replay(srv.port, srv.seq(), types="status")
              if e.data["status"] == "interrupted"]
    assert len(events) == len({e.data["execution_id"] for e in events}) == 150
    assert made[0].data("heartbeat")["status"] == "running"


def test_serving_while_recovering(srv):
    job(srv)
    made = [srv.api.trigger("load") for _ in range(300)]
    for ex in made:
        ex.data("heartbeat")
    srv.kill9()
    srv.start()
    assert made[-1].finish("first word")["status"] == "completed"
    recovered(srv)
    assert srv.counts()["interrupted"] == 299
    assert made[-1].status == "completed"


def test_two_kills_in_a_row(srv):
    """A start that is killed at once costs nothing."""
    job(srv)
    ex = srv.api.trigger("load")
    ex.data("progress", progress_percent=7)
    for _ in range(5):
        srv.kill9()
        srv.start()
    recovered(srv)
    row = ex.get()
    assert row["status"] == "running" and row["progress_percent"] == 7
    assert srv.counts()["interrupted"] == 1
