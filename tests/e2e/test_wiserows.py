"""The WiseRows Jobs API: a list, a look, a cancel, over every execution."""
import pytest

from api import chain, data, ok
from dialects import Tux, plain_error, unchanged

JOBS = "/api/v1/jobs"


def get(api, ex):
    """A job; its members stand at the top and as data, the same."""
    body = ok(api.get(f"{JOBS}/{ex.id}"))
    top = {k: v for k, v in body.items() if k != "data"}
    assert body["data"] == top
    return top


def cancel(api, ex):
    return api.post(f"{JOBS}/{ex.id}/cancel")


def test_members_and_types(api, srv):
    api.job(name="j", category="sync", type="nightly")
    ex = api.trigger("j", {"x": 1})
    now = srv.now()
    job = get(api, ex)
    created = job["createdAt"]
    assert isinstance(created, int) and now - 60_000 < created <= now
    assert job == {"id": ex.id, "name": "j", "type": "nightly",
                   "category": "sync", "status": "pending",
                   "progress": {"total": 0, "completed": 0, "failed": 0},
                   "createdAt": created, "completedAt": None, "logs": []}
    body = ok(api.get(JOBS))
    assert set(body) == {"data", "total", "hasMore"}
    del job["logs"]
    assert body == {"data": [job], "total": 1, "hasMore": False}
    srv.advance(1500)
    ex.finish()
    job = get(api, ex)
    assert job["status"] == "completed"
    assert job["completedAt"] >= created + 1500


def test_a_job_without_category_or_type(api):
    api.job(name="plain")
    job = get(api, api.trigger("plain"))
    assert job["category"] is None and job["type"] == ""


def test_progress_is_what_the_worker_said(api, case):
    api.job("a", "b", "c", name="j")
    table = [
        ({"total": 10, "completed": 4, "failed": 1}, (10, 4, 1)),
        ({"total": 10}, (10, 0, 0)),
        ({"total": 10.0, "completed": 2}, (10, 2, 0)),
        ({"metadata": {"total": 7, "completed": 3, "failed": 2}}, (7, 3, 2)),
        ({"metadata": {"total": 7, "other": [1]}}, (7, 0, 0)),
        ({"total": 5, "metadata": {"total": 7}}, (5, 0, 0)),
        ({"completed": 3}, (3, 0, 0)),
        ({"metadata": {"completed": 3}}, (3, 0, 0)),
        ({"metadata": {"total": "7"}}, (3, 0, 0)),
        ({"metadata": {"total": 7, "completed": -1}}, (3, 0, 0)),
        ({"metadata": {"total": 7.5}}, (3, 0, 0)),
        ({"total": None, "failed": None}, (3, 0, 0))]
    for sent, want in table:
        with case(str(sent)):
            ex = api.trigger("j")
            ex.ok("progress", sent)
            progress = get(api, ex)["progress"]
            assert tuple(progress.values()) == want
            assert list(progress) == ["total", "completed", "failed"]
    with case("refused"):
        ex = api.trigger("j")
        for member in ("total", "completed", "failed"):
            for wrong in ("1", -1, 1.5, [], True, 2 ** 53):
                ex.refused("progress", member, {member: wrong})
    with case("the last word counts"):
        ex.ok("progress", total=3, completed=1)
        ex.ok("progress", progress_percent=50, metadata={"x": 1})
        ex.ok("report", progress={"total": 3, "completed": 2})
        assert get(api, ex)["progress"]["completed"] == 2


def test_progress_is_counted_from_steps(api):
    api.job(*chain("a", "b", "c"), name="j")
    ex = api.trigger("j")
    assert get(api, ex)["progress"] == {"total": 3, "completed": 0,
                                        "failed": 0}
    ex.step("a", "completed")
    ex.step("b", "failed", error_message="x")
    assert get(api, ex)["progress"] == {"total": 3, "completed": 1,
                                        "failed": 1}
    ok(cancel(api, ex))
    assert get(api, ex)["progress"] == {"total": 3, "completed": 1,
                                        "failed": 1}


def test_logs(api):
    api.job(name="j")
    ex = api.trigger("j")
    for level in ("debug", "info", "warn", "error"):
        ex.ok("log", level=level, message=f"a \u20ac {level}")
    ex.ok("progress", progress_percent=5)
    ex.ok("log", message="last")
    logs = get(api, ex)["logs"]
    assert [e["level"] for e in logs] == ["info", "info", "warn", "error",
                                          "info"]
    assert [e["message"] for e in logs] == [
        "a \u20ac debug", "a \u20ac info", "a \u20ac warn", "a \u20ac error",
        "last"]
    assert all(set(e) == {"timestamp", "level", "message"} for e in logs)
    assert all(isinstance(e["timestamp"], int) for e in logs)
    assert "logs" not in ok(api.get(JOBS))["data"][0]


def test_of_many_logs_the_newest(api):
    api.job(name="j")
    ex = api.trigger("j")
    for batch in range(3):
        ex.ok("log", logs=[{"message": f"{batch}-{i}"} for i in range(500)])
    logs = get(api, ex)["logs"]
    assert len(logs) == 1000
    assert logs[0]["message"] == "1-0" and logs[-1]["message"] == "2-499"


def test_of_large_logs_the_newest(api):
    """An answer is some MB, whatever its job has logged."""
    api.job(name="j")
    ex = api.trigger("j")
    for i in range(12):
        ex.ok("log", message=f"{i} " + "x" * 500_000)
    logs = get(api, ex)["logs"]
    assert [e["message"].split()[0] for e in logs] == [
        str(i) for i in range(3, 12)], "until there are 4 MiB"


@pytest.fixture
def many(api):
    """Executions of three categories in several states, oldest first."""
    for name, category in (("s", "seo"), ("a", "ai"), ("n", None)):
        api.job(name=name, category=category, retry={"max_attempts": 1})
    made = [api.trigger(name) for name in "sansas"]
    made[0].finish()
    made[1].ok("fail", error_message="x")
    made[2].ok("heartbeat")
    made[3].ok("heartbeat")
    ok(cancel(api, made[3]))
    return [ex.id for ex in made]


def test_list_filters(api, many, case):
    s0, a1, n2, s3, a4, s5 = many
    table = [("", [s5, a4, s3, n2, a1, s0]), ("?status=pending", [s5, a4]),
             ("?status=running", [n2]), ("?status=completed", [s0]),
             ("?status=failed", [a1]), ("?status=cancelled", [s3]),
             ("?category=seo", [s5, s3, s0]), ("?category=ai", [a4, a1]),
             ("?category=sync", []), ("?category=export", []),
             ("?category=seo&status=cancelled", [s3]),
             ("?category=ai&status=pending", [a4])]
    for query, want in table:
        with case(query):
            body = ok(api.get(JOBS + query))
            assert [j["id"] for j in body["data"]] == want
            assert body["total"] == len(want) and body["hasMore"] is False
    for limit, more in ((1, True), (5, True), (6, False), (200, False)):
        with case(f"limit {limit}"):
            body = ok(api.get(f"{JOBS}?limit={limit}"))
            assert [j["id"] for j in body["data"]] == many[::-1][:limit]
            assert body["total"] == 6 and body["hasMore"] is more
    with case("limit within a category"):
        body = ok(api.get(f"{JOBS}?category=seo&limit=2"))
        assert [j["id"] for j in body["data"]] == [s5, s3]
        assert body["total"] == 3 and body["hasMore"] is True


def test_default_limit(api):
    api.job(name="j")
    for _ in range(25):
        api.trigger("j")
    body = ok(api.get(JOBS))
    assert len(body["data"]) == 20 and body["total"] == 25
    assert body["hasMore"] is True


def test_bad_filters(api, srv, many, case):
    before = unchanged(srv)
    for query in ("?status=queued", "?status=", "?status=Pending",
                  "?category=SEO", "?category=other", "?category=",
                  "?limit=0", "?limit=201", "?limit=-1", "?limit=x",
                  "?limit=1.5", "?limit="):
        with case(query):
            name = query[1:].split("=")[0]
            assert name in plain_error(api.get(JOBS + query), 400)
    assert unchanged(srv) == before


def test_a_category_stays_with_its_executions(api):
    """An edit of the job is for the executions to come."""
    job = api.job(name="j", category="seo")
    first = api.trigger("j")
    data(api.put(f"/api/jobs/{job['id']}", {"name": "j", "category": "ai"}))
    second = api.trigger("j")
    for category, ex in (("seo", first), ("ai", second)):
        (row,) = ok(api.get(f"{JOBS}?category={category}"))["data"]
        assert row["id"] == ex.id and row["category"] == category


def test_cancel(api):
    api.job(name="j")
    waiting, running = api.trigger("j"), api.trigger("j")
    running.ok("progress", total=4, completed=3)
    for ex in (waiting, running):
        body = ok(cancel(api, ex))
        assert body == {"id": ex.id, "status": "cancelled",
                        "data": {"id": ex.id, "status": "cancelled"}}
        job = get(api, ex)
        assert job["status"] == "cancelled" and job["completedAt"]
    assert get(api, running)["progress"] == {"total": 4, "completed": 3,
                                             "failed": 0}
    assert running.data("heartbeat")["command"] == "cancel"


def test_cancel_of_what_has_ended(api, srv):
    api.job(name="j", retry={"max_attempts": 1})
    done, failed, gone, going = (api.trigger("j") for _ in range(4))
    done.finish()
    failed.ok("fail", error_message="x")
    ok(cancel(api, gone))
    going.ok("heartbeat")
    ok(cancel(api, going))
    before = unchanged(srv)
    for ex in (done, failed, gone, going):
        assert "already" in plain_error(cancel(api, ex), 409)
    assert unchanged(srv) == before


def test_errors(api, srv, case):
    api.job(name="j")
    ex = api.trigger("j")
    for path in (f"{JOBS}/{'0' * 32}", f"{JOBS}/x", f"{JOBS}/{ex.id}/x",
                 f"{JOBS}/1"):
        with case(path):
            plain_error(api.get(path), 404)
    plain_error(api.post(f"{JOBS}/x/cancel"), 404)
    r = api.post(JOBS, {})
    plain_error(r, 405)
    assert r.headers["Allow"] == "GET"
    key = data(api.post("/api/keys", {"name": "a", "scope": "admin"}),
               201)["key"]
    api.key = key
    plain_error(api.with_key(None).get(JOBS), 401)
    reader = data(api.post("/api/keys", {"name": "r", "scope": "read"}),
                  201)["key"]
    plain_error(api.with_key(reader).post(f"{JOBS}/{ex.id}/cancel"), 403)
    ok(api.with_key(reader).get(JOBS, {"X-Project-Id": "anything"}))


def test_a_project_sees_its_own(api):
    tux = Tux(api)
    api.job(name="j", category="ai")
    mine = api.trigger("j", project_id=1)
    other = api.trigger("j", project_id=2)
    tux.create(project=1)
    api.key = data(api.post("/api/keys", {"name": "a", "scope": "admin"}),
                   201)["key"]
    bound = api.with_key(data(api.post("/api/keys", {
        "name": "b", "scope": "write", "project_id": 1}), 201)["key"])
    body = ok(bound.get(JOBS))
    assert body["total"] == 2 and mine.id in [j["id"] for j in body["data"]]
    body = ok(bound.get(f"{JOBS}?category=ai&status=pending&limit=1"))
    assert body["total"] == 2 and body["hasMore"] is True
    plain_error(bound.get(f"{JOBS}/{other.id}"), 404)
    plain_error(cancel(bound, other), 404)
    assert other.status == "pending"
