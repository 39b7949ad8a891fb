"""Why an execution does not move: GET /api/executions/{id}/why.

Neighbours: tests/core/test_why.c decides on rows; here is what is said.
"""
from api import data, ok
from test_queues import pause
from work import Waiting, claim_one


def why(ex, api=None):
    row = data((api or ex.api).get(ex.path + "/why"))
    assert row["execution_id"] == ex.id
    for reason in row["reasons"]:
        assert reason["message"] and reason["message"][0].isupper()
    return row


def codes(ex):
    return [r["code"] for r in why(ex)["reasons"]]


def only(ex, code):
    (reason,) = why(ex)["reasons"]
    assert reason["code"] == code
    return reason


def test_nobody_asked_for_it(api):
    api.job(name="j", queue="q")
    ex = api.trigger("j", start_timeout_seconds=60)
    row = why(ex)
    (reason,) = row["reasons"]
    assert reason["code"] == "waiting_for_worker"
    assert reason["queue"] == "q" and reason["waiting_workers"] == 0
    assert reason["ready_at"][:19] == ex.get()["created_at"][:19]
    assert row["status"] == "pending"
    assert row["next_timer"] == {"name": "start", "at": reason["start_by"]}


def test_its_time_has_not_come(api, srv):
    api.job(name="j")
    at = "2100-01-01T00:00:00.000Z"
    ex = api.trigger("j", run_at=at)
    assert only(ex, "scheduled")["run_at"] == at
    assert why(ex)["next_timer"] == {"name": "ready", "at": at}
    pause(api, "jobs/j")
    assert codes(ex) == ["scheduled", "job_paused"]


def test_it_is_paused(api):
    api.job(name="j", queue="q")
    ex = api.trigger("j")
    at = pause(api, "queues/q")["paused_at"]
    reason = only(ex, "queue_paused")
    assert reason["queue"] == "q" and reason["paused_at"] == at
    assert "'q'" in reason["message"]
    pause(api, "jobs/j")
    assert codes(ex) == ["queue_paused", "job_paused"]
    pause(api, "queues/q", False)
    assert only(ex, "job_paused")["job_name"] == "j"


def test_others_of_its_job_run(api):
    api.job(name="j", max_concurrency=1)
    first, second = api.trigger("j"), api.trigger("j")
    c = claim_one(api)
    reason = only(second, "concurrency_limit")
    assert (reason["max_concurrency"], reason["held"]) == (1, 1)
    ok(api.put("/api/jobs/j", {"name": "j", "max_concurrency": 2}))
    only(second, "waiting_for_worker")
    c.ok("complete")
    assert only(first, "ended")["status"] == "completed"


def test_others_of_its_key_run(api):
    api.job(name="j")
    api.trigger("j", concurrency_key="k")
    second = api.trigger("j", concurrency_key="k")
    claim_one(api)
    reason = only(second, "concurrency_key_limit")
    assert reason["concurrency_key"] == "k"
    assert (reason["max_concurrency_per_key"], reason["held"]) == (1, 1)


def test_a_worker_has_it(api, srv):
    api.job("a", {"name": "b", "depends_on": ["a"]}, name="j",
            heartbeat_timeout_seconds=30)
    ex = api.trigger("j")
    c = claim_one(api, "host-7")
    assert codes(ex) == ["held", "step_ready", "step_waiting"]
    held = why(ex)["reasons"][0]
    assert held["worker"] == "host-7"
    assert held["lease_expires_at"] == c.lease_expires_at
    srv.advance(10_000)
    c.ok("heartbeat")
    later = why(ex)["reasons"][0]
    assert later["last_heartbeat_at"] > held["last_heartbeat_at"]
    assert later["lease_expires_at"] > held["lease_expires_at"]
    c.ok("steps/a/running")
    reasons = why(ex)["reasons"]
    assert [r["code"] for r in reasons] == ["held", "step_running",
                                            "step_waiting"]
    assert reasons[1]["step"] == "a" and reasons[1]["worker"] is None
    assert reasons[2]["unmet"] == ["a"] and "'a'" in reasons[2]["message"]


def test_somebody_without_a_claim_runs_it(api):
    api.job(name="j")
    ex = api.trigger("j")
    ex.ok("heartbeat")
    reason = only(ex, "silent")
    assert reason["heartbeat_due_at"] > reason["last_heartbeat_at"]


def test_a_restart_interrupted_it(api, srv):
    api.job(name="j")
    ex = api.trigger("j")
    c = claim_one(api, "host-7")
    srv.kill9()
    srv.start()
    srv.now()  # recovery has had its turn
    assert codes(ex) == ["interrupted", "held"]
    c.ok("heartbeat")
    assert codes(ex) == ["held"]


def test_its_retry_has_a_time(api, srv):
    api.job(name="j", retry={"max_attempts": 2})
    ex = api.trigger("j")
    claim_one(api).ok("fail", error_message="x")
    reason = only(ex, "retry_waiting")
    assert reason["attempt"] == 1
    assert reason["retry_at"][:19] == ex.get()["retry_at"][:19]
    srv.advance(60_000)
    only(ex, "waiting_for_worker")


def test_it_is_being_cancelled(api):
    api.job(name="j")
    ex = api.trigger("j")
    c = claim_one(api)
    ok(api.post(f"/api/v1/executions/{ex.id}/cancel"))
    reason = only(ex, "cancelling")
    assert reason["grace_ends_at"] > reason["cancel_requested_at"]
    assert why(ex)["next_timer"]["name"] == "grace"
    c.ok("cancel")
    assert only(ex, "ended")["status"] == "cancelled"
    assert why(ex)["next_timer"] is None


def test_steps_one_by_one(api, srv):
    api.job("a", "b", {"name": "c", "depends_on": ["a", "b"]}, name="j",
            retry={"max_attempts": 2})
    ex = api.trigger("j")
    a = claim_one(api, "w1", unit="step")
    rows = why(ex)["reasons"]
    assert [(r["code"], r["step"]) for r in rows] == [
        ("step_running", "a"), ("step_ready", "b"), ("step_waiting", "c")]
    assert rows[0]["worker"] == "w1"
    assert rows[0]["lease_expires_at"] == a.lease_expires_at
    assert rows[2]["unmet"] == ["a", "b"]
    a.step("failed", error_message="x")
    pause(api, "queues/default")
    rows = why(ex)["reasons"]
    assert [r["code"] for r in rows] == ["queue_paused", "step_retry_waiting",
                                         "step_ready", "step_waiting"]
    assert rows[1]["retry_at"] == ex.get()["steps"][0]["retry_at"]
    srv.advance(60_000)
    assert codes(ex) == ["queue_paused", "step_ready", "step_ready",
                         "step_waiting"]


def test_it_is_said_to_who_may_see_it(api):
    api.job(name="j")
    ex = api.trigger("j", project_id=1)
    key = data(api.post("/api/keys", {"name": "a", "scope": "admin"}),
               201)["key"]
    admin = api.with_key(key)
    for project, status in ((1, 200), (2, 404)):
        made = data(admin.post("/api/keys", {
            "name": f"p{project}", "scope": "read", "project_id": project}),
            201)["key"]
        r = api.with_key(made).get(ex.path + "/why")
        assert r.status_code == status
    nowhere = ex.path[:-1] + ("0" if ex.path[-1] != "0" else "1")
    assert admin.get(nowhere + "/why").status_code == 404
    assert admin.get("/api/executions/x/why").status_code == 404


def test_a_worker_that_waits_elsewhere_does_not_count(api):
    api.job(name="j", queue="q")
    w = Waiting(api, queues=["other"], wait_seconds=1)
    ex = api.trigger("j")
    assert only(ex, "waiting_for_worker")["waiting_workers"] == 0
    assert w.join() == []
