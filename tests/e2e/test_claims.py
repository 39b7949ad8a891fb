"""Claims: workers ask for work, hold it under a lease, and report with the
token they were given.

Neighbours: work.py has the workers, test_claims_end.py what becomes of work
whose worker is gone, test_queues.py pauses and counts.
"""
import datetime
import json

import pytest

from api import data, errors, ok
from rawhttp import Raw, request
from server import memory_kb, wait_until
from work import CLAIMS, Waiting, claim, claim_one, waiting


def ids(claims):
    return [c.id for c in claims]


# ---- asking ----------------------------------------------------------------

def test_a_claim_has_all_that_a_worker_needs(api):
    api.job({"name": "a", "step_type": "x"},
            {"name": "b", "depends_on": ["a"]}, name="j",
            heartbeat_timeout_seconds=60)
    ex = api.trigger("j", {"n": 1}, tags={"env": "prod"})
    c = claim_one(api, "host-7")
    assert c.id == ex.id and c.attempt == 1 and c.steps == ["a"]
    row = c.execution
    assert row["input_params"] == {"n": 1} and row["tags"] == {"env": "prod"}
    assert row["status"] == "running" and row["worker"] == "host-7"
    assert row["lease_expires_at"] == c.lease_expires_at
    (step,) = c.row["steps"]
    assert step["input_params"] == {"n": 1} and step["step_type"] == "x"
    assert ex.get()["worker"] == "host-7"
    assert claim(api) == []
    c.ok("heartbeat")
    c.ok("steps/a/completed", artifacts={"m": 2})
    c.ok("progress", progress_percent=50)
    c.ok("log", message="half")
    c.ok("report", progress={"progress_percent": 60})
    c.ok("complete", result_data={"ok": True})
    row = ex.get()
    assert row["status"] == "completed" and row["worker"] is None
    assert row["lease_expires_at"] is None


def test_order_is_priority_then_age(api):
    api.job(name="j")
    low = api.trigger("j", priority=1)
    old = api.trigger("j")
    young = api.trigger("j")
    high = api.trigger("j", priority=9)
    got = claim(api, max=3)
    assert ids(got) == [high.id, old.id, young.id]
    assert ids(claim(api, max=100)) == [low.id]


def test_queues_take_turns(api):
    """A queue with much to do does not keep another's work waiting."""
    for queue in ("big", "small", "other"):
        api.job(name=queue, queue=queue)
    for _ in range(6):
        api.trigger("big", priority=9)
    small = [api.trigger("small") for _ in range(3)]
    api.trigger("other")
    got = claim(api, max=6, queues=["big", "small"])
    names = [c.execution["job_name"] for c in got]
    assert sorted(names) == ["big"] * 3 + ["small"] * 3
    assert names[0] != names[1]
    assert {c.id for c in got} >= {ex.id for ex in small}
    one = [claim_one(api, queues=["big", "other"]).execution["queue"]
           for _ in range(2)]
    assert sorted(one) == ["big", "other"]


def test_jobs_by_name_and_id(api):
    a, b = api.job(name="a", queue="q"), api.job(name="b")
    api.job(name="c")
    first, second = api.trigger("b"), api.trigger("a", priority=9)
    api.trigger("c")
    assert ids(claim(api, max=5, jobs=["b", a["id"]])) == [second.id, first.id]
    assert ids(claim(api, max=5, jobs=[b["id"]])) == []


def test_no_queue_is_the_default_queue(api):
    api.job(name="j", queue="elsewhere")
    api.trigger("j")
    assert claim(api, max=5) == []
    assert len(claim(api, max=5, queues=["elsewhere"])) == 1


@pytest.mark.parametrize("member, body", [
    ("worker", {}),
    ("worker", {"worker": ""}),
    ("worker", {"worker": 7}),
    ("worker", {"worker": "x" * 201}),
    ("queues", {"queues": []}),
    ("queues", {"queues": "default"}),
    ("queues", {"queues": ["q"] * 65}),
    ("queues.1", {"queues": ["q", ""]}),
    ("jobs", {"jobs": []}),
    ("jobs", {"jobs": {}}),
    ("jobs.0", {"jobs": [1]}),
    ("jobs.1", {"jobs": ["j", "none"]}),
    ("jobs", {"jobs": ["j"], "queues": ["default"]}),
    ("unit", {"unit": "steps"}),
    ("unit", {"unit": 1}),
    ("max", {"max": 0}),
    ("max", {"max": 101}),
    ("max", {"max": "1"}),
    ("wait_seconds", {"wait_seconds": -1}),
    ("wait_seconds", {"wait_seconds": 61}),
    ("wait_seconds", {"wait_seconds": 1.5}),
    ("lease_seconds", {"lease_seconds": 0}),
    ("lease_seconds", {"lease_seconds": 86401}),
])
def test_what_is_asked_wrongly_is_named(api, member, body):
    api.job(name="j")
    ex = api.trigger("j")
    if member != "worker":
        body = {"worker": "w", **body}
    assert list(errors(api.post(CLAIMS, body))) == [member]
    assert ex.status == "pending"


def test_null_is_as_good_as_absent(api):
    api.job(name="j")
    api.trigger("j")
    assert len(claim(api, queues=None, jobs=None, unit=None, max=None,
                     wait_seconds=None, lease_seconds=None)) == 1


def test_a_claim_asks_for_a_worker_key(api):
    made = {}
    for s in ("admin", "read", "worker"):
        r = api.with_key(made.get("admin")).post(
            "/api/keys", {"name": s, "scope": s})
        made[s] = data(r, 201)["key"]
    assert api.post(CLAIMS, {"worker": "w"}).status_code == 401
    for scope, status in (("read", 403), ("worker", 200), ("admin", 200)):
        r = api.with_key(made[scope]).post(CLAIMS, {"worker": "w"})
        assert r.status_code == status, r.text


def test_large_work_comes_in_several_answers(start):
    """An answer is bounded in bytes, whatever max says."""
    srv = start("--max-body-bytes", str(4 << 20))
    api = srv.api
    api.job(name="j")
    for _ in range(4):
        api.trigger("j", {"text": "x" * 3_000_000})
    first = claim(api, max=100)
    assert len(first) == 2
    assert len(claim(api, max=100)) == 2
    for c in first:
        assert len(c.execution["input_params"]["text"]) == 3_000_000


# ---- waiting ---------------------------------------------------------------

def test_a_trigger_wakes_who_waits(api):
    api.job(name="j")
    w = Waiting(api)
    ex = api.trigger("j")
    assert w.one().id == ex.id
    assert waiting(api) == 0


def test_who_waits_longest_is_served_first(api):
    api.job(name="j")
    first, second = Waiting(api, "first"), Waiting(api, "second")
    one = api.trigger("j")
    assert first.one().id == one.id
    two = api.trigger("j")
    assert second.one().id == two.id


def test_a_batch_wakes_several(api):
    api.job(name="j")
    all_of_them = [Waiting(api, f"w{i}", max=2) for i in range(3)]
    made = data(api.post("/api/jobs/j/trigger/batch",
                         {"executions": [{}] * 5}))
    got = [c.id for w in all_of_them for c in w.join()]
    assert sorted(got) == sorted(row["id"] for row in made)


def test_a_retry_wakes_when_it_is_due(api, srv):
    api.job(name="j", retry={"max_attempts": 2})
    api.trigger("j")
    claim_one(api).ok("fail", error_message="once")
    w = Waiting(api)
    srv.advance(60_000)
    c = w.one()
    assert c.attempt == 2
    c.ok("complete")


def test_a_ready_step_wakes(api):
    api.job("a", {"name": "b", "depends_on": ["a"]}, name="j")
    api.trigger("j")
    a = claim_one(api, unit="step")
    w = Waiting(api, unit="step")
    a.step("completed", artifacts={"n": 1})
    b = w.one()
    assert b.steps == ["b"] and b.row["steps"][0]["input_params"] == {"n": 1}
    b.step("completed")
    assert b.ex.api and api.execution(b.id).status == "completed"


def test_a_lost_lease_wakes(api, srv):
    api.job(name="j", heartbeat_timeout_seconds=10)
    api.trigger("j")
    old = claim_one(api)
    w = Waiting(api)
    srv.advance(9_000)
    old.ok("heartbeat")
    srv.advance(9_000)
    assert waiting(api) == 1
    srv.advance(1_001)
    srv.advance(60_000)  # the retry's delay
    new = w.one()
    assert new.attempt == 2 and new.id == old.id
    assert old.is_over()


def test_room_within_a_limit_wakes(api):
    api.job(name="j", max_concurrency=1)
    first, second = api.trigger("j"), api.trigger("j")
    held = claim_one(api)
    w = Waiting(api)
    held.ok("complete")
    assert w.one().id == second.id
    assert first.status == "completed"


def test_nothing_comes_of_waiting_in_vain(api):
    api.job(name="j")
    assert Waiting(api, wait_seconds=1).join() == []
    assert waiting(api) == 0
    api.trigger("j")
    assert len(claim(api)) == 1  # nobody took it meanwhile


@pytest.mark.memory
def test_waiting_costs_no_more_than_was_sent(api, srv):
    """What a claim says beside its members is not kept as a tree."""
    before = memory_kb(srv.proc.pid)
    raws = [Raw(srv.port) for _ in range(8)]
    for raw in raws:
        raw.send(request("POST", "/api/claims", json.dumps(
            {"worker": "w", "wait_seconds": 60, "x": [[]] * 240_000})))
    wait_until(lambda: waiting(api) == 8, "all wait")
    grown = memory_kb(srv.proc.pid) - before
    for raw in raws:
        raw.close()
    assert grown < 30_000, f"{grown} kB for eight claims that wait"


def test_a_stop_sends_everybody_home(api, srv):
    api.job(name="j")
    w = [Waiting(api, f"w{i}", wait_seconds=60) for i in range(3)]
    srv.stop()
    assert [one.join() for one in w] == [[]] * 3
    srv.start()


# ---- steps -----------------------------------------------------------------

def test_three_workers_on_one_diamond(api):
    api.job("top", {"name": "left", "depends_on": ["top"]},
            {"name": "right", "depends_on": ["top"]},
            {"name": "end", "depends_on": ["left", "right"]}, name="j")
    ex = api.trigger("j", {"n": 1})
    top = claim_one(api, "w1", unit="step")
    assert top.steps == ["top"] and claim(api, "w2", unit="step") == []
    top.step("completed", artifacts={"top": 1})
    left = claim_one(api, "w2", unit="step")
    right = claim_one(api, "w3", unit="step")
    assert {*left.steps, *right.steps} == {"left", "right"}
    assert left.token != right.token and claim(api, unit="step") == []
    rows = {s["name"]: s for s in ex.get()["steps"]}
    assert rows["left"]["worker"] == "w2" and rows["left"]["tries"] == 1
    assert rows["left"]["lease_expires_at"] == left.lease_expires_at
    left.step("progress", progress_percent=10, checkpoint_data={"at": 3})
    left.step("completed", artifacts={"l": 1})
    right.step("completed", artifacts={"r": 1})
    end = claim_one(api, "w1", unit="step")
    assert end.row["steps"][0]["input_params"] == {"l": 1, "r": 1}
    end.step("completed")
    assert ex.status == "completed"


def test_a_step_is_tried_again_with_its_checkpoint(api, srv):
    api.job("a", name="j", retry={"max_attempts": 2,
                                  "initial_interval_ms": 1000, "jitter": 0})
    ex = api.trigger("j")
    first = claim_one(api, unit="step")
    first.step("progress", checkpoint_data={"page": 6})
    first.step("failed", error_message="disk full")
    (row,) = ex.get()["steps"]
    assert row["status"] == "failed" and row["retry_at"] is not None
    assert ex.status == "running" and claim(api, unit="step") == []
    srv.advance(1_000)
    second = claim_one(api, unit="step")
    assert second.attempt == 2
    assert second.row["steps"][0]["checkpoint_data"] == {"page": 6}
    assert first.is_over()
    second.step("failed", error_message="disk full", attempt=second.attempt)
    row = ex.get()
    assert row["status"] == "failed"
    assert "disk full" in row["error_message"]
    assert row["retry_at"] is None  # the step's last try was the end of it


def test_a_silent_step_is_another_workers(api, srv):
    api.job("a", "b", name="j", heartbeat_timeout_seconds=10,
            retry={"initial_interval_ms": 0, "jitter": 0})
    api.trigger("j")
    a = claim_one(api, unit="step")
    b = claim_one(api, unit="step")
    srv.advance(6_000)
    b.ok("heartbeat")
    srv.advance(6_000)
    again = claim_one(api, unit="step")
    assert again.steps == a.steps and again.attempt == 2
    assert a.is_over("steps/a/completed") and a.is_over()
    b.step("completed")


@pytest.mark.parametrize("word", ["heartbeat", "log"])
def test_a_silent_step_that_speaks_again_was_only_slow(api, srv, word):
    api.job("a", name="j", heartbeat_timeout_seconds=10,
            retry={"initial_interval_ms": 60_000, "jitter": 0})
    ex = api.trigger("j")
    a = claim_one(api, unit="step")
    srv.advance(11_000)
    assert ex.steps()["a"]["status"] == "failed"
    a.ok(word, message="here I am")
    row = ex.steps()["a"]
    assert row["status"] == "running" and row["error_message"] is None
    srv.advance(9_000)  # its lease began again
    a.ok("heartbeat")
    srv.advance(9_000)
    assert ex.steps()["a"]["status"] == "running"
    srv.advance(60_000)
    assert ex.steps()["a"]["status"] == "failed", "silent again"


def test_a_step_that_its_worker_failed_stays_so(api, srv):
    """A heartbeat that was under way beside that report changes nothing."""
    api.job("a", name="j", retry={"initial_interval_ms": 1_000, "jitter": 0})
    ex = api.trigger("j")
    a = claim_one(api, unit="step")
    a.step("failed", error_message="disk full")
    a.ok("heartbeat")
    assert ex.steps()["a"]["status"] == "failed"
    srv.advance(1_000)
    assert claim_one(api, unit="step").attempt == 2


def test_the_token_of_a_step_is_for_that_step(api):
    api.job("a", "b", name="j")
    api.trigger("j")
    a = claim_one(api, unit="step")
    assert a.send("steps/b/completed").status_code == 403
    for verb in ("complete", "progress", "cancel"):
        assert a.send(verb, progress_percent=1).status_code == 403, verb
    assert a.send("fail", error_message="x").status_code == 403
    a.ok("log", message="still here")
    a.ok("heartbeat")
    r = a.send("report", step_reports=[{"step": "b", "report": "running"}])
    assert r.status_code == 403
    a.ok("report", step_reports=[{"step": "a", "report": "completed"}])


# ---- limits ----------------------------------------------------------------

def test_max_concurrency_holds_back(api):
    api.job(name="j", max_concurrency=2)
    all_of_them = [api.trigger("j") for _ in range(3)]
    got = claim(api, max=5)
    assert ids(got) == [ex.id for ex in all_of_them[:2]]
    got[0].ok("fail", error_message="x", retryable=False)
    assert ids(claim(api, max=5)) == [all_of_them[2].id]


def test_one_at_a_time_for_a_concurrency_key(api):
    api.job(name="j")
    a1 = api.trigger("j", concurrency_key="a")
    a2 = api.trigger("j", concurrency_key="a")
    b1 = api.trigger("j", concurrency_key="b")
    free = api.trigger("j")
    assert a1.get()["concurrency_key"] == "a"
    got = claim(api, max=5)
    assert ids(got) == [a1.id, b1.id, free.id]
    w = Waiting(api)
    got[0].ok("complete")
    assert w.one().id == a2.id


def test_several_for_a_concurrency_key_where_the_job_says_so(api):
    api.job(name="j", max_concurrency_per_key=2)
    for _ in range(3):
        api.trigger("j", concurrency_key="a")
    assert len(claim(api, max=5)) == 2


# ---- projects --------------------------------------------------------------

def test_a_bound_key_is_handed_its_own_only(api):
    admin, made = api, {}
    for name, scope, project in (("admin", "admin", None),
                                 ("one", "worker", 1), ("two", "worker", 2)):
        r = admin.post("/api/keys", {"name": name, "scope": scope,
                                     "project_id": project})
        made[name] = api.with_key(data(r, 201)["key"])
        admin = made["admin"]
    admin.job(name="j")
    mine = admin.trigger("j", project_id=1)
    theirs = admin.trigger("j", project_id=2)
    admin.trigger("j")
    (c,) = claim(made["one"], max=5)
    assert c.id == mine.id
    c.ok("heartbeat")
    c.ok("complete")
    w = Waiting(made["one"])
    assert ids(claim(made["two"], max=5)) == [theirs.id]
    more = admin.trigger("j", project_id=1)
    assert w.one().id == more.id


# ---- triggers --------------------------------------------------------------

def test_run_at_holds_back_until_then(api, srv):
    api.job(name="j")
    now = srv.now()
    at = now + 3_600_000
    ex = api.trigger("j", run_at=rfc3339(at))
    assert ex.get()["run_at"] == rfc3339(at)
    assert claim(api) == []
    w = Waiting(api)
    srv.advance(3_599_000)
    assert waiting(api) == 1
    srv.advance(1_000)
    c = w.one()
    assert c.id == ex.id and c.execution["run_at"] == rfc3339(at)
    c.ok("fail", error_message="x")
    srv.advance(60_000)
    assert claim_one(api).execution["run_at"] == rfc3339(at)


def test_run_at_in_the_past_is_now(api):
    api.job(name="j")
    ex = api.trigger("j", run_at="2001-01-01T00:00:00+01:00")
    assert ex.get()["run_at"] is None and claim_one(api).id == ex.id


def test_what_nobody_begins_in_time_has_timed_out(api, srv):
    api.job(name="j")
    late = api.trigger("j", start_timeout_seconds=60)
    begun = api.trigger("j", start_timeout_seconds=60, priority=9)
    held = claim_one(api)
    assert held.id == begun.id
    srv.advance(60_000)
    assert late.status == "timeout" and begun.status == "running"
    assert claim(api) == []
    held.ok("complete")


def test_trigger_members_are_checked(api, case):
    api.job(name="j")
    for member, bad in [("run_at", "soon"), ("run_at", 5),
                        ("start_timeout_seconds", 0),
                        ("start_timeout_seconds", 365 * 86400 + 1),
                        ("start_timeout_seconds", "x"),
                        ("concurrency_key", ""), ("concurrency_key", 1),
                        ("concurrency_key", "x" * 256)]:
        with case(f"{member}={bad!r:.20}"):
            r = api.post("/api/jobs/j/trigger", {member: bad})
            assert list(errors(r)) == [member]


def test_a_batch_is_made_in_order(api):
    api.job("a", name="j")
    body = ok(api.post("/api/jobs/j/trigger/batch", {"executions": [
        {"input_params": {"n": n}, "tags": {"n": str(n)}} for n in range(50)]}))
    rows = body["data"]
    assert [r["tags"]["n"] for r in rows] == [str(n) for n in range(50)]
    numbers = [r["number"] for r in rows]
    assert numbers == list(range(numbers[0], numbers[0] + 50))
    got = claim(api, max=50)
    assert ids(got) == [r["id"] for r in rows]
    assert got[7].execution["input_params"] == {"n": 7}


def test_a_batch_is_made_whole_or_not_at_all(api, srv, case):
    api.job(name="j")
    for name, items, field in [
            ("a bad member", [{}, {}, {}, {"priority": 12}],
             "executions.3.priority"),
            ("no object", [{}, 3], "executions.1"),
            ("none", [], "executions"),
            ("no array", {}, "executions"),
            ("too many", [{}] * 1001, "executions")]:
        with case(name):
            r = api.post("/api/jobs/j/trigger/batch", {"executions": items})
            assert list(errors(r)) == [field]
    assert srv.counts()["total"] == 0
    r = api.post("/api/jobs/none/trigger/batch", {"executions": [{}]})
    assert r.status_code == 404


def test_a_batch_of_a_thousand(api, srv):
    api.job(name="j")
    before = srv.info()["commits"]
    rows = data(api.post("/api/jobs/j/trigger/batch",
                         {"executions": [{}] * 1000}))
    assert srv.info()["commits"] == before + 1
    assert len({r["id"] for r in rows}) == 1000


def test_an_idempotency_key_works_within_batches(api, srv):
    api.job(name="j")
    items = [{"idempotency_key": "a"}, {"idempotency_key": "b"},
             {"idempotency_key": "a"}]
    first = data(api.post("/api/jobs/j/trigger/batch", {"executions": items}))
    again = data(api.post("/api/jobs/j/trigger/batch", {"executions": items}))
    assert first[0]["id"] == first[2]["id"] != first[1]["id"]
    assert [r["id"] for r in first] == [r["id"] for r in again]
    assert srv.counts()["total"] == 2


def rfc3339(ms):
    at = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"
