"""Queues: what waits where, and holding it back by queue and by job.

Neighbours: test_claims.py hands out what waits.
"""
import pytest

from api import data, errors, ok
from work import Waiting, claim, claim_one, waiting


def queue(api, name="default"):
    return data(api.get(f"/api/queues/{name}"))


def queues(api):
    return {q["name"]: q for q in data(api.get("/api/queues"))}


def pause(api, what, on=True):
    return data(api.post(f"/api/{what}/{'pause' if on else 'resume'}", {}))


# ---- looking ---------------------------------------------------------------

def test_counts_by_queue(api, srv):
    api.job(name="a", queue="q")
    api.job(name="b", queue="q")
    api.job(name="c", queue="empty")
    first = srv.now()
    for _ in range(3):
        api.trigger("a")
    srv.advance(1_000)
    api.trigger("b", priority=9)
    held = claim_one(api, queues=["q"])
    assert held.execution["job_name"] == "b"
    row = queue(api, "q")
    assert (row["jobs"], row["queued"], row["running"]) == (2, 3, 1)
    assert row["paused_at"] is None and row["waiting_workers"] == 0
    assert row["oldest_ready_at"] is not None
    held.ok("fail", error_message="x")  # it waits for its retry now
    row = queue(api, "q")
    assert (row["queued"], row["running"]) == (3, 0)
    both = queues(api)
    assert both["q"] == row and both["empty"]["queued"] == 0
    assert list(both) == sorted(both) and "default" in both
    assert both["empty"]["oldest_ready_at"] is None and first


def test_the_oldest_of_all_priorities_and_keys(api, srv):
    api.job("a", name="j", queue="q")
    oldest = api.trigger("j", priority=0, concurrency_key="k").first
    srv.advance(5_000)
    for n in range(5):
        api.trigger("j", priority=n, concurrency_key=f"k{n}")
    at = queue(api, "q")["oldest_ready_at"]
    assert at[:19] == oldest["created_at"][:19]


def test_waiting_workers_are_counted(api):
    api.job(name="j", queue="q")
    all_of_them = [Waiting(api, f"w{n}", queues=["q", "other"])
                   for n in range(3)]
    assert queue(api, "q")["waiting_workers"] == 3
    ok(api.post("/api/jobs/j/trigger/batch", {"executions": [{}] * 3}))
    for w in all_of_them:
        w.one()
    assert queue(api, "q")["waiting_workers"] == 0


def test_a_deleted_job_is_there_while_it_has_work(api):
    api.job(name="j", queue="q")
    api.trigger("j")
    ok(api.delete("/api/jobs/j"))
    row = queue(api, "q")
    assert (row["jobs"], row["queued"]) == (0, 1)
    claim_one(api, queues=["q"]).ok("complete")
    assert api.get("/api/queues/q").status_code == 404


def test_a_queue_follows_its_job(api):
    api.job(name="j", queue="q")
    api.trigger("j")
    ok(api.put("/api/jobs/j", {"name": "j", "queue": "r"}))
    assert queue(api, "r")["queued"] == 1
    assert api.get("/api/queues/q").status_code == 404
    assert len(claim(api, queues=["r"])) == 1


# ---- pausing ---------------------------------------------------------------

@pytest.mark.parametrize("what", ["queues/q", "jobs/j"])
def test_what_is_paused_is_handed_to_nobody(api, srv, what):
    api.job(name="j", queue="q")
    before, w = api.trigger("j"), None
    held = claim_one(api, queues=["q"])
    row = pause(api, what)
    assert row["paused_at"] is not None
    after = api.trigger("j")
    assert claim(api, queues=["q"]) == [] == claim(api, jobs=["j"])
    held.ok("complete")  # what is held goes on
    assert before.status == "completed" and after.status == "pending"
    again = pause(api, what)
    assert again["paused_at"] == row["paused_at"]
    srv.kill9()
    srv.start()
    assert data(api.get(f"/api/{what}"))["paused_at"] == row["paused_at"]
    w = Waiting(api, queues=["q"])
    assert pause(api, what, False)["paused_at"] is None
    assert w.one().id == after.id
    assert data(api.get(f"/api/{what}"))["paused_at"] is None


def test_a_pause_of_both_ends_with_both(api):
    api.job(name="j", queue="q")
    api.trigger("j")
    pause(api, "queues/q")
    pause(api, "jobs/j")
    w = Waiting(api, queues=["q"])
    pause(api, "queues/q", False)
    assert waiting(api) == 1
    pause(api, "jobs/j", False)
    w.one()


def test_steps_are_held_back_too(api):
    api.job("a", {"name": "b", "depends_on": ["a"]}, name="j", queue="q")
    api.trigger("j")
    a = claim_one(api, queues=["q"], unit="step")
    pause(api, "queues/q")
    a.step("completed")
    assert claim(api, queues=["q"], unit="step") == []
    w = Waiting(api, queues=["q"], unit="step")
    pause(api, "queues/q", False)
    assert w.one().steps == ["b"]


def test_a_paused_queue_is_there_without_jobs(api):
    row = pause(api, "queues/soon")
    assert row["jobs"] == 0 and queue(api, "soon") == row
    assert "soon" in queues(api)
    assert pause(api, "queues/soon", False)["paused_at"] is None
    assert "soon" not in queues(api)
    assert api.get("/api/queues/soon").status_code == 404


def test_names_with_odd_letters(api):
    for name in ("ä ö", "a%2Bb", "a%2Fb", "x" * 200):
        pause(api, f"queues/{name}")
    there = queues(api)
    assert {"ä ö", "a+b", "a/b", "x" * 200} <= set(there)
    r = api.post(f"/api/queues/{'x' * 201}/pause", {})
    assert "detail" in errors(r, 404)


def test_what_is_not_there_cannot_be_paused(api):
    assert api.post("/api/jobs/none/pause", {}).status_code == 404
    assert api.get("/api/queues/none").status_code == 404


# ---- who may ---------------------------------------------------------------

def test_who_may_pause_and_what_they_see(api):
    admin, made = api, {}
    for name, scope, project in (("admin", "admin", None),
                                 ("write", "write", None),
                                 ("bound", "admin", 1), ("read", "read", 1)):
        r = admin.post("/api/keys", {"name": name, "scope": scope,
                                     "project_id": project})
        made[name] = api.with_key(data(r, 201)["key"])
        admin = made["admin"]
    admin.job(name="j", queue="q")
    admin.trigger("j", project_id=1)
    admin.trigger("j", project_id=2)
    for who, status in (("write", 403), ("bound", 403), ("read", 403),
                        ("admin", 200)):
        for path in ("/api/queues/q/pause", "/api/jobs/j/pause",
                     "/api/queues/q/resume", "/api/jobs/j/resume"):
            r = made[who].post(path, {})
            assert r.status_code == status, (who, path, r.text)
    assert queue(admin, "q")["queued"] == 2
    row = queue(made["read"], "q")
    assert row["queued"] == 1 and row["waiting_workers"] is None
    made["bound"].job(name="mine", queue="private")
    assert "private" in queues(admin)
