"""A disk that fails: said plainly, nothing half-done, and it goes on.

Neighbours: faults.py and tests/shims/fault.c break the disk, load.py writes.
"""
import contextlib
import json
import os
import re
import threading

import pytest
import requests

from api import Api, data
from faults import Disk, EIO, ENOSPC, build_shim
from load import Load, STEPS
from rawhttp import Raw, request
from server import TIDEWIRED, run_tool, wait_until
from sse import Stream, replay
from work import CLAIMS, claim, claim_one, waiting

JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}
WAYS = [("sync", EIO, 503), ("data", EIO, 503), ("meta", EIO, 503),
        ("data", ENOSPC, 507), ("meta", ENOSPC, 507), ("sync", ENOSPC, 507),
        ("full", ENOSPC, 507), ("full", EIO, 507), ("space", 0, 507)]


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    return build_shim(tmp_path_factory.mktemp("shim"))


@pytest.fixture
def disk(tmp_path, shim):
    return Disk(tmp_path, shim)


@pytest.fixture
def broken(start, disk):
    """A server whose disk can be broken, with one running execution."""
    srv = start(env=disk.env)
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.ex = srv.api.trigger("load")
    srv.ex.data("progress", progress_percent=1)
    yield srv
    disk.heal()


def writes(srv):
    """(name, request) of one write of every kind."""
    post, path = srv.api.post, srv.ex.path
    return [
        ("trigger", lambda: post("/api/jobs/load/trigger", {})),
        ("job", lambda: post("/api/jobs", {"name": "new"})),
        ("progress", lambda: post(f"{path}/progress",
                                  {"progress_percent": 50})),
        ("log", lambda: post(f"{path}/log", {"message": "lost"})),
        ("step", lambda: post(f"{path}/steps/fetch/completed", {})),
        ("complete", lambda: post(f"{path}/complete", {})),
        ("cancel", lambda: post(f"{path}/cancel", {})),
        ("key", lambda: post("/api/keys", {"name": "k", "scope": "read"}))]


def but_for_the_word(text):
    """An execution's text without when its worker spoke: it did speak."""
    return re.sub(r'"last_heartbeat_at":"[^"]*"', "", text)


def works_again(srv, message):
    """The first write that is accepted after the disk healed."""
    def attempt():
        r = srv.ex.send("log", {"message": message})
        assert r.status_code in (200, 503, 507), r.text
        return r.status_code == 200
    wait_until(attempt, "a write once the disk is fine")


def check_refused(srv, case, wanted):
    for name, write in writes(srv):
        with case(name):
            r = write()
            assert r.status_code == wanted, r.text
            assert "errors" in r.json() or "error" in r.json()
            if wanted == 503:
                assert int(r.headers.get("Retry-After", "1")) > 0


@pytest.mark.parametrize("kind,err,wanted", WAYS)
def test_every_write_is_refused_and_undone(broken, disk, case, kind, err,
                                           wanted):
    srv, before = broken, broken.ex.text()
    seq, jobs = srv.seq(), srv.api.get("/api/jobs").text
    disk.fail(kind, err)
    check_refused(srv, case, wanted)
    with case("reads go on"):
        assert but_for_the_word(srv.ex.text()) == but_for_the_word(before)
        assert srv.api.get("/healthz").status_code == 200
        assert srv.seq() == seq
    disk.heal()
    works_again(srv, "back")
    assert [r["message"] for r in srv.ex.logs()] == ["back"]
    assert srv.api.get("/api/jobs").text == jobs
    assert srv.counts()["total"] == 1
    assert srv.ex.get()["progress_percent"] == 1
    srv.kill9()
    srv.start()
    assert [r["message"] for r in srv.ex.logs()] == ["back"]
    assert data(srv.api.get("/api/keys")) == []


@pytest.mark.parametrize("kind,err,wanted", WAYS[:4])
def test_nothing_lost_is_streamed(broken, disk, kind, err, wanted):
    srv = broken
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next("snapshot")
        disk.fail(kind, err)
        for _ in range(3):
            r = srv.ex.send("log", {"message": "lost"})
            assert r.status_code == wanted
        disk.heal()
        works_again(srv, "back")
        event = stream.next()
        assert event.type == "log" and event.data["message"] == "back"


@pytest.mark.parametrize("kind", ["sync", "data", "meta"])
def test_one_bad_commit_amid_many(broken, disk, kind):
    """Its whole batch is refused, every other one stands."""
    load = Load(broken, refusals=(503, 507)).start()
    for skip in (1, 7, 20):
        before = len(load.answers)
        disk.fail(kind, EIO, skip=skip, count=1)
        load.wait(lambda: len(load.answers) > before, "a refusal")
        broke_at = load.acks
        load.wait(lambda: load.acks > broke_at + 20, "service afterwards")
    load.join()
    verify(broken, load)
    broken.kill9()
    broken.start()
    verify(broken, load)


def verify(srv, load):
    """With refusals a life may be incomplete, but what stands, stands."""
    for life in load.lives():
        steps = life["ex"].steps()
        for name, artifacts in life["steps"].items():
            assert steps[name]["artifacts"] == artifacts
        messages = {r["message"] for r in life["ex"].logs()}
        wanted = {f"{b}.{i}" for b in life["logs"] for i in range(3)}
        assert messages == wanted, "refused logs are not there, others are"
        if life["result"]:
            assert life["ex"].get()["result_data"] == life["result"]
    events = replay(srv.port, srv.seq())
    assert [e.seq for e in events] == sorted({e.seq for e in events})


def test_a_version_that_never_was(broken, disk):
    """An edit and a trigger of it, lost in one turn, leave no trace."""
    srv = broken
    new = json.dumps({**JOB, "steps": [{"name": "new"}]})
    raws = [Raw(srv.port) for _ in range(3)]
    for raw in raws:
        assert raw.send(request("GET", "/healthz")).response().status == 200
    disk.fail("sync", EIO)
    with srv.paused():
        raws[0].send(request("PUT", "/api/jobs/load", new))
        raws[1].send(request("POST", "/api/jobs",
                             new.replace("load", "fresh")))
        raws[2].send(request("POST", "/api/jobs/load/trigger", "{}"))
    assert [raw.response().status for raw in raws] == [503] * 3
    disk.heal()
    works_again(srv, "back")
    assert data(srv.api.get("/api/jobs/load"))["version"] == 1
    assert srv.api.get("/api/jobs/fresh").status_code == 404
    ex = srv.api.trigger("load")
    assert list(ex.steps()) == list(STEPS) and ex.first["job_version"] == 1
    again = data(srv.api.put("/api/jobs/load", new))
    assert again["version"] == 2
    assert list(srv.api.trigger("load").steps()) == ["new"]
    for raw in raws:
        raw.close()


def test_timers_wait_for_the_disk(broken, disk):
    """A deadline that falls due on a broken disk is kept afterwards."""
    srv = broken
    api = Api(srv, timeout=2)
    srv.ex.data("fail", error_message="m", retry_after_seconds=10)
    disk.fail("sync", EIO)
    with contextlib.suppress(requests.Timeout):
        api.post("/test/clock", {"advance_ms": 20_000})
    assert srv.ex.get()["attempt"] == 1
    disk.heal()
    wait_until(lambda: srv.ex.get()["attempt"] == 2, "the late retry")


def test_heartbeats_need_no_disk(broken, disk):
    disk.fail("full", ENOSPC)
    row = data(broken.ex.send("heartbeat"))
    assert row["status"] == "running"


def test_no_start_on_a_broken_disk(broken, disk):
    """It says so and ends, or serves reads; it never pretends."""
    broken.stop()
    disk.fail("write", EIO)
    try:
        broken.start()
    except AssertionError as error:
        assert "before it listened" in str(error)
    else:
        r = broken.ex.send("log", {"message": "lost"})
        assert r.status_code in (503, 507)
        broken.kill9()
    disk.heal()
    broken.start()
    assert broken.ex.logs() == []
    assert broken.ex.data("heartbeat")["status"] == "running"


@pytest.mark.parametrize("err,advice", [(ENOSPC, "free some space"),
                                        (EIO, "")])
def test_a_first_start_cut_short(start, disk, tmp_path, case, err, advice):
    """Whichever write it is that fails, it is told, and done again."""
    for passing in range(50):
        folder = tmp_path / f"short{passing}"
        disk.fail("data", err, skip=passing)
        # Where it comes so far it has no key, and ends before it serves.
        done = run_tool([TIDEWIRED, "--listen", "0.0.0.0:0",
                         "--data", str(folder)], env=disk.env)
        disk.heal()
        if "refusing to listen" in done.stderr:
            break
        with case(f"after {passing} writes"):
            assert done.returncode == 1, done.stderr
            told = [s for s in done.stderr.splitlines()
                    if s.startswith("tidewired: ")]
            assert len(told) == 1 and str(folder) in told[0], done.stderr
            assert advice in told[0]
            srv = start(data=folder)
            jobs = data(srv.api.get("/api/jobs"))
            assert len(jobs) == 2 and srv.seq() == 2, "those it comes with"
    assert 2 < passing < 49, "it failed in the beginning and then did not"


def test_the_free_space_mark(start, case):
    """Writes stop while there is still room, so that reads never do."""
    srv = start()
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.ex = srv.api.trigger("load")
    srv.ex.data("progress", progress_percent=1)
    srv.restart("--free-mark", str(2 ** 62))
    before = srv.ex.text()
    check_refused(srv, case, 507)
    assert srv.ex.text() == before
    assert data(srv.ex.send("heartbeat"))["status"] == "running"
    with Stream(srv.port, "/events") as stream:
        assert stream.next().type == "snapshot"
    srv.restart()
    works_again(srv, "back")


def test_the_plan_is_honest(broken, disk):
    """The shim itself: without a plan nothing fails, with one it does."""
    assert broken.ex.send("log", {"message": "a"}).status_code == 200
    disk.fail("sync", EIO, skip=0, count=1)
    assert broken.ex.send("log", {"message": "b"}).status_code == 503
    works_again(broken, "c")
    assert os.path.exists(disk.plan)
    assert [r["message"] for r in broken.ex.logs()] == ["a", "c"]


@pytest.mark.parametrize("unit", ["execution", "step"])
def test_what_a_lost_turn_handed_out_is_there_for_the_next(broken, disk, unit):
    """Asked for at once or waited for: 503, and nobody has it."""
    api, steps = broken.api, [{"name": "s"}]
    data(api.post("/api/jobs", {"name": "j", "steps": steps, "queue": "q",
                                "max_concurrency": 1}), 201)
    answers = []
    ask = {"worker": "w", "unit": unit, "queues": ["q"]}
    waits = threading.Thread(target=lambda: answers.append(
        api.post(CLAIMS, {**ask, "wait_seconds": 60})))
    waits.start()
    wait_until(lambda: waiting(api) == 1, "the claim waits")
    disk.fail("sync")
    assert api.post("/api/jobs/j/trigger", {}).status_code == 503
    waits.join(30)
    assert [r.status_code for r in answers] == [503]
    disk.heal()
    works_again(broken, "healed")
    assert claim(api, unit=unit, queues=["q"]) == []
    ex = api.trigger("j")
    disk.fail("data")
    assert api.post(CLAIMS, ask).status_code == 503
    disk.heal()
    works_again(broken, "again")
    got = claim_one(api, unit=unit, queues=["q"])
    assert got.id == ex.id and got.attempt == 1
    assert claim(api, unit=unit, queues=["q"]) == []
    got.ok("steps/s/completed")


def test_no_room_to_watch_a_stream(broken, disk):
    """The kernel may refuse: then that stream ends, and not the server."""
    with Raw(broken.port) as raw:
        raw.send(request("GET", "/healthz"))
        assert raw.response().status == 200
        disk.fail("watch", ENOSPC)
        raw.send(request("GET", "/events"))
        raw.closed()
    disk.heal()
    with Stream(broken.port, "/events") as stream:
        assert stream.next().type == "snapshot"


def test_no_room_to_watch_for_connections(broken, disk):
    """It stopped accepting for a moment, and must begin again."""
    srv = broken
    srv.stop()
    srv.wrap = ["prlimit", "--nofile=48:48"]
    srv.start()
    # Read while it can be, to fail when no connection is accepted any more.
    disk.fail("watch", ENOSPC, skip=48)
    crowd = [Raw(srv.port) for _ in range(80)]
    wait_until(lambda: "Epoll ADD" in srv.log_text(), "it cannot go on")
    for raw in crowd:
        raw.close()
    disk.heal()
    wait_until(lambda: srv.api.get("/healthz").status_code == 200,
               "service after the crowd")
