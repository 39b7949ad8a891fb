"""How claims end: by silence, by a restart, by a worker that has gone, and
what a token is good for then.

Neighbours: test_claims.py is about getting work.
"""
import base64
import datetime
import json
import random
import socket
import subprocess
import sys
import threading

import pytest

from api import data, ok
from server import wait_until
from test_faults import disk, shim  # noqa: F401
from work import CLAIMS, Waiting, claim, claim_one, waiting


# ---- silence ---------------------------------------------------------------

def test_silence_ends_a_lease(api, srv):
    api.job(name="j", heartbeat_timeout_seconds=30,
            retry={"max_attempts": 3, "initial_interval_ms": 0, "jitter": 0})
    ex = api.trigger("j", {"n": 1})
    old = claim_one(api, "old")
    srv.advance(29_000)
    assert claim(api) == []
    srv.advance(1_001)
    new = claim_one(api, "new")
    assert new.id == ex.id and new.attempt == 2 and new.token != old.token
    for verb, body in (("heartbeat", {}), ("progress",
                       {"progress_percent": 1}), ("log", {"message": "x"}),
                       ("complete", {"result_data": 1}),
                       ("fail", {"error_message": "x"}), ("cancel", {}),
                       ("report", {"heartbeat": True})):
        assert old.is_over(verb, **body), verb
    new.ok("complete", result_data={"by": "new"})
    assert ex.get()["result_data"] == {"by": "new"}
    assert old.is_over("complete")


def test_a_lease_is_as_long_as_the_worker_says(api, srv):
    api.job(name="j", heartbeat_timeout_seconds=30,
            retry={"initial_interval_ms": 0, "jitter": 0})
    ex = api.trigger("j")
    c = claim_one(api, lease_seconds=600)
    srv.advance(599_000)
    assert ex.status == "running"
    c.ok("heartbeat")
    srv.advance(599_000)
    assert ex.status == "running" and c.attempt == 1
    srv.advance(1_001)
    assert claim_one(api).attempt == 2 and c.is_over("complete")


def test_heartbeats_keep_a_lease(api, srv):
    api.job(name="j", heartbeat_timeout_seconds=30)
    ex = api.trigger("j")
    c = claim_one(api)
    for _ in range(10):
        srv.advance(20_000)
        assert c.ok("heartbeat")["data"]["command"] is None
    assert ex.get()["attempt"] == 1 and claim(api) == []
    c.ok("complete")


def test_a_cancel_reaches_the_worker(api):
    api.job(name="j")
    ex = api.trigger("j")
    c = claim_one(api)
    ok(api.post(f"/api/v1/executions/{ex.id}/cancel"))
    assert c.ok("heartbeat")["data"]["command"] == "cancel"
    c.ok("cancel")
    assert ex.status == "cancelled"


def millis(text):
    at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(at.timestamp() * 1000)


def test_who_begins_a_step_without_a_claim_is_not_waited_for(api, srv):
    """Where others claim the steps: its silence ends what it began."""
    api.job("a", "b", name="j", heartbeat_timeout_seconds=30,
            retry={"max_attempts": 3, "initial_interval_ms": 0, "jitter": 0})
    ex = api.trigger("j")
    a = claim_one(api, unit="step")
    ok(ex.send("steps/b/running"))
    assert claim(api, unit="step") == []
    step = ex.get()["steps"][1]
    assert step["worker"] is None and step["lease_expires_at"] is not None
    srv.advance(20_000)
    a.ok("heartbeat")
    srv.advance(10_001)
    b = claim_one(api, unit="step")
    assert b.steps == ["b"] and b.attempt == 2
    a.step("completed")
    ok(ex.send("steps/b/failed", {"error_message": "x"}))
    assert ex.status == "running" and b.attempt == 2
    srv.advance(1)
    claim_one(api, unit="step").step("completed")
    assert ex.status == "completed"


# ---- restarts --------------------------------------------------------------

@pytest.mark.parametrize("end", ["stop", "kill9"])
def test_a_restart_gives_every_lease_its_whole_time(api, srv, end):
    api.job("a", "b", name="steps", heartbeat_timeout_seconds=30)
    api.job(name="j", heartbeat_timeout_seconds=30)
    ex = api.trigger("j")
    c = claim_one(api, jobs=["j"])
    api.trigger("steps")
    s = claim_one(api, jobs=["steps"], unit="step")
    getattr(srv, end)()
    srv.start()
    began = srv.now()
    for lease in (ex.get()["lease_expires_at"],
                  api.execution(s.id).get()["steps"][0]["lease_expires_at"]):
        assert millis(lease) - began in range(20_000, 30_001)
    srv.advance(29_000)
    c.ok("heartbeat")
    s.ok("heartbeat")
    (step,) = [row for row in api.execution(s.id).get()["steps"]
               if row["worker"]]
    assert millis(step["lease_expires_at"]) >= began + 59_000
    srv.advance(29_000)
    c.ok("progress", progress_percent=50)
    s.step("completed")
    assert c.id == ex.id and ex.get()["attempt"] == 1
    c.ok("complete", result_data=1)
    assert claim(api) == []


def test_a_kill_keeps_what_waits_in_its_order(api, srv):
    api.job(name="j")
    low = api.trigger("j", priority=1)
    old, young = api.trigger("j"), api.trigger("j")
    srv.kill9()
    srv.start()
    assert [c.id for c in claim(api, max=5)] == [old.id, young.id, low.id]


def test_a_turn_that_is_lost_hands_out_nothing(start, disk):
    srv = start(env=disk.env)
    api = srv.api
    api.job(name="j")
    ex = api.trigger("j", {"n": 1})
    disk.fail("sync")
    assert api.post(CLAIMS, {"worker": "w"}).status_code == 503
    disk.heal()
    (c,) = wait_until(lambda: claimed(api), "the disk is fine again")
    assert c["execution"]["id"] == ex.id and c["attempt"] == 1


def claimed(api):
    r = api.post(CLAIMS, {"worker": "w"})
    return r.status_code == 200 and r.json()["data"]


# ---- workers that are gone -------------------------------------------------

def ask(srv, **members):
    """A socket on which a claim was sent, and nothing read."""
    body = json.dumps({"worker": "gone", **members})
    sock = socket.create_connection(("127.0.0.1", srv.port))
    sock.sendall((f"POST {CLAIMS} HTTP/1.1\r\nHost: x\r\n"
                  f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
    return sock


def test_who_hangs_up_as_it_is_served_gives_back(api, srv):
    """Request and end arrive together: nobody will read the answer."""
    api.job("a", name="j")
    for unit, wait in (("execution", 0), ("execution", 30), ("step", 0),
                       ("step", 30)):
        ex = api.trigger("j", start_timeout_seconds=3600)
        with srv.paused():
            ask(srv, unit=unit, wait_seconds=wait).close()
        (again,) = wait_until(lambda: claim(api, "next", unit=unit),
                              "it is given back")
        assert again.id == ex.id and again.attempt == 1
        again.ok("steps/a/completed")
        if unit == "execution":
            again.ok("complete")
        assert ex.status == "completed"


def test_many_who_hang_up_take_nothing_with_them(api, srv):
    api.job(name="j")
    all_of_them = {api.trigger("j").id for _ in range(20)}
    rng = random.Random(7)
    for _ in range(10):
        with srv.paused():
            socks = [ask(srv, max=rng.randint(1, 5),
                         wait_seconds=rng.choice([0, 30]))
                     for _ in range(10)]
            for s in socks:
                s.close()
    api.get("/api/server")
    got = []
    wait_until(lambda: got.extend(claim(api, max=100)) or len(got) == 20,
               "all are there")
    assert {c.id for c in got} == all_of_them
    assert {c.attempt for c in got} == {1}


def test_who_hangs_up_waiting_is_not_served(api, srv):
    api.job(name="j")
    sock = ask(srv, wait_seconds=60)
    wait_until(lambda: waiting(api) == 1, "it waits")
    sock.close()
    wait_until(lambda: waiting(api) == 0, "it waits no more")
    ex = api.trigger("j")
    assert claim_one(api).id == ex.id


def test_a_crowd_does_everything_once(api, srv):
    """Workers come and go without an answer meanwhile; nothing is lost."""
    api.job("a", "b", name="j")
    api.job(name="k", queue="q")
    made = [data(api.post(f"/api/jobs/{job}/trigger/batch",
                          {"executions": [{}] * 100})) for job in "jk"]
    ids = [row["id"] for rows in made for row in rows]
    done, failed, lock = [], [], threading.Lock()

    def work(number):
        rng = random.Random(number)
        try:
            while len(done) < len(ids) and not failed:
                for c in claim(api, f"w{number}", max=rng.randint(1, 4),
                               queues=rng.sample(["default", "q"], 2)):
                    c.ok("progress", progress_percent=50)
                    c.ok("complete", result_data=number)
                    with lock:
                        done.append((c.id, c.attempt))
        except Exception as e:  # the others must stop, too
            failed.append(e)

    crowd = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for t in crowd:
        t.start()
    for n in range(10):
        with srv.paused():  # so that their end is there with their claim
            for m in range(1, 4):
                ask(srv, max=m, queues=["default", "q"],
                    wait_seconds=n % 2).close()
    for t in crowd:
        t.join(60)
        failed += ["hangs"] * t.is_alive()
    assert not failed and sorted(done) == sorted((i, 1) for i in ids)
    assert srv.counts()["completed"] == 200


WORKER = """
import json, sys, urllib.request
ask = urllib.request.Request(sys.argv[1] + "/api/claims",
    json.dumps({"worker": "doomed", "wait_seconds": 60}).encode())
urllib.request.urlopen(ask).read()
"""


def test_a_killed_worker_is_not_served(api, srv):
    api.job(name="j")
    doomed = subprocess.Popen(
        [sys.executable, "-c", WORKER, f"http://127.0.0.1:{srv.port}"],
        stdout=subprocess.DEVNULL)
    wait_until(lambda: waiting(api) == 1, "it waits")
    w = Waiting(api)
    with srv.paused():
        trigger = threading.Thread(target=api.trigger, args=["j"])
        trigger.start()
        doomed.kill()
        doomed.wait()
    trigger.join()
    assert w.one().attempt == 1


def test_work_that_is_given_back_goes_to_who_waits(api, srv):
    """Whoever waits gets it in the turn in which it comes back."""
    api.job(name="j", max_concurrency=1)
    ex = api.trigger("j")
    held = claim_one(api)
    gone = ask(srv, wait_seconds=60)
    wait_until(lambda: waiting(api) == 1, "it waits")
    w = Waiting(api)
    again = api.trigger("j")
    with srv.paused():
        threading.Thread(target=held.ok, args=["complete"]).start()
        gone.close()
    c = w.one()
    assert c.id == again.id and c.attempt == 1 and ex.status == "completed"


# ---- tokens ----------------------------------------------------------------

def raw(token):
    text = token[len("twc_"):]
    return bytearray(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


def text(bytes_):
    return "twc_" + base64.urlsafe_b64encode(bytes(bytes_)).decode().rstrip("=")


def test_no_bit_of_a_token_may_be_another(api):
    api.job(name="j")
    ex = api.trigger("j")
    good = claim_one(api).token
    bytes_ = raw(good)
    assert len(bytes_) == 42 and text(bytes_) == good
    for bit in range(len(bytes_) * 8):
        bad = bytearray(bytes_)
        bad[bit // 8] ^= 1 << bit % 8
        r = api.with_key(text(bad)).post(ex.path + "/heartbeat")
        assert r.status_code == 401, (bit, r.text)
    assert api.with_key(good).post(ex.path + "/heartbeat").status_code == 200


@pytest.mark.parametrize("with_keys", [False, True])
def test_other_than_tokens_are_none(api, with_keys, case):
    api.job(name="j")
    ex = api.trigger("j")
    good = claim_one(api).token
    if with_keys:
        data(api.post("/api/keys", {"name": "k", "scope": "admin"}), 201)
    for bad in ["twc_", "twc_x", good[:-1], good + "A", good[:-1] + "=",
                "twc_" + "A" * 56, "twc_" + "_" * 56, good[:20] + "é",
                good[:30] + "/" + good[31:], good[:30] + " " + good[31:]]:
        for name in ("Authorization", "X-API-Key"):
            with case(f"{bad!r} {name}"):
                value = f"Bearer {bad}" if name[0] == "A" else bad
                r = api.post(ex.path + "/heartbeat",
                             headers={name: value.encode()})
                assert r.status_code == 401, r.text
    for headers in ({"Authorization": f"Bearer {good}"}, {"X-API-Key": good}):
        assert api.post(ex.path + "/heartbeat",
                        headers=headers).status_code == 200


def test_a_token_opens_nothing_else(api, case):
    api.job("a", name="j")
    ex, other = api.trigger("j"), api.trigger("j")
    c = claim_one(api)
    mine = api.with_key(c.token)
    for method, path in [
            ("POST", other.path + "/heartbeat"), ("GET", ex.path),
            ("POST", other.path + "/steps/a/running"),
            ("GET", ex.path + "/logs"), ("GET", "/api/server"),
            ("POST", CLAIMS), ("GET", "/api/jobs"), ("POST", "/api/jobs"),
            ("GET", f"/api/v1/executions/{ex.id}"), ("GET", "/events"),
            ("POST", f"/api/v1/executions/{ex.id}/cancel"),
            ("POST", "/api/jobs/j/trigger"), ("GET", "/api/keys"),
            ("POST", "/api/executions/nonsense/heartbeat")]:
        with case(f"{method} {path}"):
            r = mine.call(method, path)
            assert r.status_code == 403 and ex.id in r.text, r.text
    assert other.status == "pending"


def test_a_token_needs_no_key_where_keys_are(api):
    api.job(name="j")
    ex = api.trigger("j")
    c = claim_one(api)
    key = data(api.post("/api/keys", {"name": "k", "scope": "admin"}),
               201)["key"]
    assert api.post(ex.path + "/heartbeat").status_code == 401
    c.ok("heartbeat")
    c.ok("complete")
    assert api.execution(ex.id).api.with_key(key).get(
        ex.path).json()["data"]["status"] == "completed"


def test_tokens_outlive_a_restart_and_are_another_stores_never(api, srv,
                                                               start):
    api.job(name="j")
    api.trigger("j")
    c = claim_one(api)
    srv.kill9()
    srv.start()
    c.ok("heartbeat")
    there = start()
    r = there.api.with_key(c.token).post(f"/api/executions/{c.id}/heartbeat")
    assert r.status_code == 401


def test_an_attempt_that_is_over_is_told_to_stop(api, srv):
    """Also who has no token but says its attempt."""
    api.job(name="j", retry={"initial_interval_ms": 0, "jitter": 0})
    ex = api.trigger("j")
    ex.ok("fail", error_message="x")
    srv.advance(1)
    r = ex.send("heartbeat", {"attempt": 1})
    assert r.status_code == 409 and r.json()["command"] == "stop"
