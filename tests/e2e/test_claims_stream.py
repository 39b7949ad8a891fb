"""GET /api/claims/stream: work for a worker that stays connected.

Neighbours: test_claims.py asks for it piece by piece; work.py has the claims.
"""
import threading

import pytest

from api import data, errors
from server import wait_until
from sse import Stream
from test_faults import disk, shim  # noqa: F401
from test_queues import pause, queue
from work import Claim, claim, claim_one


class Feed(Stream):
    """A worker's stream."""

    def __init__(self, api, worker="w", **query):
        self.api = api
        key = [("Authorization", f"Bearer {api.key}")] if api.key else []
        super().__init__(api.server.port, "/api/claims/stream", strict=False,
                         headers=query.pop("headers", key),
                         version=query.pop("version", "1.1"),
                         worker=worker, **query)

    def claim(self):
        event = self.next()
        assert event.name == "claim"
        return Claim(self.api, event.data)


def waiting_at(api, n, name="default"):
    wait_until(lambda: queue(api, name)["waiting_workers"] == n,
               f"{n} workers wait")


def test_work_comes_as_it_is_made(api):
    api.job("a", name="j")
    first = api.trigger("j", {"n": 1})
    with Feed(api, "host-7") as feed:
        c = feed.claim()
        assert c.id == first.id and c.attempt == 1 and c.steps == ["a"]
        assert c.execution["worker"] == "host-7"
        assert c.execution["input_params"] == {"n": 1}
        second = api.trigger("j")
        c.ok("heartbeat")
        assert second.status == "pending"  # it holds one at a time
        c.ok("complete")
        c = feed.claim()
        assert c.id == second.id
        c.ok("complete")


def test_it_holds_so_much_at_once(api):
    api.job(name="j")
    made = [api.trigger("j") for _ in range(7)]
    with Feed(api, max=3) as feed:
        got = [feed.claim() for _ in range(3)]
        assert queue(api)["queued"] == 4
        got[1].ok("complete")
        got[0].ok("fail", error_message="x", retryable=False)
        got += [feed.claim(), feed.claim()]
        assert queue(api)["queued"] == 2
        assert [c.id for c in got] == [ex.id for ex in made[:5]]
        for c in got[2:]:
            c.ok("complete")
        for c in (feed.claim(), feed.claim()):
            c.ok("complete")
    assert all(ex.status in ("completed", "failed") for ex in made)


def test_several_streams_share_the_work(api):
    api.job(name="j")
    made = {api.trigger("j").id for _ in range(20)}
    feeds = [Feed(api, f"w{n}") for n in range(4)]
    done = set()
    while done != made:
        for feed in feeds[:min(4, len(made - done))]:
            c = feed.claim()
            assert c.id not in done
            done.add(c.id)
            c.ok("complete")
    for feed in feeds:
        feed.close()


def test_a_lost_lease_makes_room(api, srv):
    api.job(name="j", heartbeat_timeout_seconds=10,
            retry={"initial_interval_ms": 0, "jitter": 0})
    api.trigger("j")
    with Feed(api) as feed:
        old = feed.claim()
        srv.advance(10_001)
        new = feed.claim()
        assert new.id == old.id and new.attempt == 2
        assert old.is_over()
        new.ok("complete")
        waiting_at(api, 1)


def test_a_cancel_makes_room_when_it_is_done(api):
    api.job(name="j")
    ex = api.trigger("j")
    with Feed(api) as feed:
        c = feed.claim()
        api.post(f"/api/v1/executions/{ex.id}/cancel")
        after = api.trigger("j")
        assert c.ok("heartbeat")["data"]["command"] == "cancel"
        assert after.status == "pending"
        c.ok("cancel")
        assert feed.claim().id == after.id


def test_steps_one_by_one(api):
    api.job("a", "b", {"name": "c", "depends_on": ["a", "b"]}, name="j")
    ex = api.trigger("j")
    with Feed(api, "w1", unit="step") as one, \
            Feed(api, "w2", unit="step") as two:
        a, b = one.claim(), two.claim()
        assert {*a.steps, *b.steps} == {"a", "b"}
        a.step("completed", artifacts={"x": 1})
        b.step("completed", artifacts={"y": 2})
        waiting_at(api, 1)  # the other one has it
        holders = [s["worker"] for s in ex.get()["steps"]]
        c = one.claim() if holders[2] == "w1" else two.claim()
        assert c.row["steps"][0]["input_params"] == {"x": 1, "y": 2}
        c.step("completed")
        assert ex.status == "completed"
        waiting_at(api, 2)


def test_queues_and_jobs(api):
    api.job(name="j", queue="q")
    api.job(name="k", queue="r")
    with Feed(api, queues="none, r ,q") as feed:
        one = api.trigger("k")
        assert feed.claim().id == one.id
    with Feed(api, jobs="k,j", lease_seconds=600) as feed:
        two = api.trigger("j")
        c = feed.claim()
        assert c.id == two.id
    pause(api, "queues/q")


def test_line_breaks_in_what_was_sent_do_not_break_lines(api):
    api.job(name="j")
    api.post("/api/jobs/j/trigger",
             b'{"input_params":{\r\n\t"a":\n"x\\ny"\r}}')
    with Feed(api) as feed:
        assert feed.claim().execution["input_params"] == {"a": "x\ny"}


def test_who_goes_asks_no_more(api):
    api.job(name="j")
    with Feed(api):
        waiting_at(api, 1)
    waiting_at(api, 0)
    ex = api.trigger("j")
    assert claim_one(api).id == ex.id


def test_what_was_sent_is_kept_over_a_lost_stream(api):
    api.job(name="j")
    ex = api.trigger("j")
    with Feed(api) as feed:
        c = feed.claim()
    waiting_at(api, 0)
    c.ok("heartbeat")
    assert claim(api) == []
    c.ok("complete")
    assert ex.status == "completed"


def test_what_could_not_be_sent_goes_back(api, srv):
    """The worker is gone when the turn that serves it is on disk."""
    api.job(name="j")
    for _ in range(5):
        feed = Feed(api)
        waiting_at(api, 1)
        with srv.paused():
            t = threading.Thread(target=api.trigger, args=["j"])
            t.start()
            feed.close()
        t.join()
        (c,) = wait_until(lambda: claim(api), "it is free again")
        assert c.attempt == 1
        c.ok("complete")


def test_a_worker_that_does_not_read_is_sent_no_more(api, start):
    srv = start("--max-body-bytes", str(2 << 20))
    api = srv.api
    api.job(name="j")
    for _ in range(40):
        api.trigger("j", {"text": "x" * 1_000_000})
    with Feed(api, max=100) as feed:
        wait_until(lambda: queue(api)["running"] > 0, "it is served")
        before = -1
        while before != queue(api)["running"]:
            before = queue(api)["running"]
        assert before < 30
        got = [feed.claim() for _ in range(40)]
        assert len({c.id for c in got}) == 40


def test_a_stop_ends_it_in_order(api, srv):
    api.job(name="j")
    ex = api.trigger("j")
    feed, idle = Feed(api, max=2), Feed(api)
    c = feed.claim()
    srv.stop()
    assert feed.until_end() == [] == idle.until_end()
    srv.start()
    assert c.ok("heartbeat")["data"]["status"] == "running"
    c.ok("complete")
    assert ex.status == "completed"


def test_a_quiet_stream_says_that_it_is_there(start):
    srv = start("--stream-keepalive-ms", "50")
    srv.api.job(name="j")
    with Feed(srv.api) as feed:
        assert feed.until_comment() == "keep-alive"
        ex = srv.api.trigger("j")
        assert feed.claim().id == ex.id
        assert feed.until_comment() == "keep-alive"


def test_a_deleted_job_ends_a_stream_that_asks_for_it(api):
    api.job(name="j")
    api.trigger("j")
    with Feed(api, jobs="j") as feed:
        c = feed.claim()
        assert api.delete("/api/jobs/j").status_code == 200
        c.ok("complete")
        assert feed.until_end() == []


def test_http_1_0_and_head(api):
    api.job(name="j")
    ex = api.trigger("j")
    r = api.call("HEAD", "/api/claims/stream?worker=w")
    assert r.status_code == 200 and r.content == b""
    assert ex.status == "pending"
    with Feed(api, version="1.0") as feed:
        assert feed.claim().id == ex.id


@pytest.mark.parametrize("member, query", [
    ("worker", "x=1"), ("worker", "worker="), ("worker", "worker=" + "x" * 201),
    ("queues", "worker=w&queues="), ("queues", "worker=w&queues=a,,b"),
    ("queues", "worker=w&queues=" + ",".join("a" * 65)),
    ("jobs", "worker=w&jobs=none"), ("jobs", "worker=w&jobs=j&queues=q"),
    ("unit", "worker=w&unit=job"), ("max", "worker=w&max=0"),
    ("max", "worker=w&max=101"), ("max", "worker=w&max=x"),
    ("lease_seconds", "worker=w&lease_seconds=86401"),
])
def test_what_is_asked_wrongly_is_named(api, member, query):
    api.job(name="j")
    r = api.get(f"/api/claims/stream?{query}")
    assert list(errors(r)) == [member]


def test_keys(api):
    key = data(api.post("/api/keys", {"name": "a", "scope": "admin"}),
               201)["key"]
    admin = api.with_key(key)
    made = {s: data(admin.post("/api/keys", {
        "name": s, "scope": s, "project_id": 1}), 201)["key"]
        for s in ("read", "worker")}
    path = "/api/claims/stream?worker=w"
    assert api.get(path).status_code == 401
    assert api.with_key(made["read"]).get(path).status_code == 403
    admin.job(name="j")
    admin.trigger("j")
    mine = admin.trigger("j", project_id=1)
    with Feed(api.with_key(made["worker"])) as feed:
        assert feed.claim().id == mine.id
    with Feed(admin, headers=[], access_token=made["worker"]) as feed:
        more = admin.trigger("j", project_id=1)
        assert feed.claim().id == more.id


def test_a_turn_that_is_lost_is_made_good(start, disk):
    """What was handed out in it never was; the stream asks again."""
    srv = start(env=disk.env)
    api = srv.api
    api.job(name="j")
    with Feed(api) as feed:
        waiting_at(api, 1)
        disk.fail("sync")
        assert api.post("/api/jobs/j/trigger").status_code == 503
        disk.heal()
        ex = wait_until(lambda: made(api), "the disk is fine again")
        c = feed.claim()
        assert c.id == ex and c.attempt == 1
        c.ok("complete")


def made(api):
    r = api.post("/api/jobs/j/trigger")
    return r.status_code == 200 and r.json()["data"]["id"]
