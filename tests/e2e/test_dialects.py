"""One execution, five dialects: each sees what happened through another."""
import pytest

from api import data, ok
from dialects import (HIDDEN, WORDS, Tux, at_once, bad, good, plain_error,
                      statuses, topify_error, unchanged)

JOB = "article_generation"
ARTICLE = {"articles": [{"title": "T", "content": "# T"}]}


@pytest.fixture
def tux(api):
    return Tux(api)


def look(api, ex, canonical):
    """All five call it as they should."""
    number = ex.get()["number"]
    assert statuses(api, ex.id, number) == WORDS[canonical]


# How each dialect makes an execution of the same job; its id.
def by_restep(api):
    return api.trigger(JOB).id


def by_factflow(api):
    row = ok(api.post("/api/v1/executions", {"config_id": JOB}), 201)
    return row["id"]


def by_tuxseo(api):
    number = Tux(api).create(operation=JOB, title=None)["job"]["id"]
    return Tux(api).worker(number).id


def by_topify(api):
    return ok(api.post("/api/v1/tasks", {"user_prompt": "p"}),
              202)["task_id"]


MAKERS = [by_restep, by_factflow, by_tuxseo, by_topify]


# How each dialect cancels it.
def cancel_restep(api, ex, number):
    data(api.post(f"/api/executions/{ex.id}/cancel"))


def cancel_factflow(api, ex, number):
    ok(api.post(f"/api/v1/executions/{ex.id}/cancel"))


def cancel_tuxseo(api, ex, number):
    good(api.post(f"{HIDDEN}/{number}/cancel"))


def cancel_wiserows(api, ex, number):
    ok(api.post(f"/api/v1/jobs/{ex.id}/cancel"))


def cancel_topify(api, ex, number):
    ok(api.delete(f"/api/v1/tasks/{ex.id}"))


CANCELS = [cancel_restep, cancel_factflow, cancel_tuxseo, cancel_wiserows,
           cancel_topify]


@pytest.mark.parametrize("make", MAKERS)
def test_made_by_one_seen_by_all(make, api):
    ex = api.execution(make(api))
    look(api, ex, "queued")
    ex.ok("heartbeat")
    look(api, ex, "running")
    ex.finish(ARTICLE)
    look(api, ex, "completed")
    number = ex.get()["number"]
    assert data(api.get("/api/executions"))[0]["id"] == ex.id
    assert ok(api.get("/api/v1/executions"))["executions"][0]["id"] == ex.id
    assert good(api.get(HIDDEN))["jobs"][0]["id"] == number
    assert ok(api.get("/api/v1/jobs"))["data"][0]["id"] == ex.id
    assert ok(api.get("/api/v1/tasks"))["tasks"][0]["task_id"] == ex.id
    (article,) = ok(api.get(f"/api/v1/tasks/{ex.id}/articles"))["articles"]
    assert article["task_id"] == ex.id
    assert good(api.get(f"{HIDDEN}/{number}"))["job"]["result"][
        "blog_post_id"] > 0


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("cancel", CANCELS)
def test_cancelled_by_one_seen_by_all(make, cancel, api):
    waiting, running = (api.execution(make(api)) for _ in range(2)) if (
        make is not by_tuxseo) else (
        api.execution(by_tuxseo(api)), api.trigger(JOB))
    running.ok("heartbeat")
    for ex, canonical in ((waiting, "cancelled"), (running, "cancelling")):
        cancel(api, ex, ex.get()["number"])
        look(api, ex, canonical)
    assert running.data("heartbeat")["command"] == "cancel"
    running.finish(ARTICLE)
    look(api, running, "cancelled")
    for ex in (waiting, running):
        plain_error(api.post(f"/api/v1/jobs/{ex.id}/cancel"), 409)
        topify_error(api.delete(f"/api/v1/tasks/{ex.id}"), 409,
                     "VALIDATION_ERROR")
        r = good(api.post(f"{HIDDEN}/{ex.get()['number']}/cancel"))
        assert r["message"] == "Execution job already canceled"


def test_every_status_in_every_dialect(api, srv):
    api.job(name="j", retry={"max_attempts": 2, "initial_interval_ms": 1000,
                             "jitter": 0})
    ex = api.trigger("j")
    look(api, ex, "queued")
    ex.ok("fail", error_message="once")
    look(api, ex, "retrying")
    srv.advance(1000)
    look(api, ex, "queued")
    ex.ok("fail", error_message="twice")
    look(api, ex, "failed")
    silent = api.trigger(JOB)
    silent.ok("heartbeat")
    srv.advance(301_000)
    look(api, silent, "timed_out")
    crashed = api.trigger("j")
    crashed.ok("heartbeat")
    srv.kill9()
    srv.start()
    look(api, crashed, "interrupted")
    crashed.ok("heartbeat")
    look(api, crashed, "running")
    number = crashed.get()["number"]
    events = [e["event"] for e in good(
        api.get(f"{HIDDEN}/{number}"))["job"]["history"]]
    assert events == ["JOB_CREATED", "JOB_STARTED"], (
        "TuxSEO has no word for a pause of the server's")


def test_ended_for_one_is_ended_for_all(api, tux):
    ex = api.trigger(JOB)
    ex.finish(ARTICLE)
    number = ex.get()["number"]
    plain_error(api.post(f"/api/v1/jobs/{ex.id}/cancel"), 409)
    topify_error(api.delete(f"/api/v1/tasks/{ex.id}"), 409,
                 "VALIDATION_ERROR")
    bad(tux.cancel(number), 400, "JOB_ALREADY_TERMINAL")
    assert api.post(f"/api/v1/executions/{ex.id}/cancel").status_code == 400
    look(api, ex, "completed")


def test_keys_make_one_execution_in_each_dialect(api, srv):
    """50 at once with one key, in the three dialects that have keys."""
    def restep():
        return data(api.post(f"/api/jobs/{JOB}/trigger",
                             {"idempotency_key": "k"}))["id"]

    def factflow():
        r = api.post("/api/v1/executions", {"config_id": JOB,
                                            "idempotency_key": "k"})
        assert r.status_code in (200, 201), r.text
        return r.json()["id"]

    def tuxseo():
        return good(Tux(api).send(1, "k", operation=JOB))["job"]["id"]

    for n, create in enumerate((restep, factflow, tuxseo), 1):
        assert len(set(at_once(50, create))) == 1
        assert srv.counts()["total"] == n


def test_reports_of_another_dialects_things(api):
    """TuxSEO's job has steps and labels, WiseRows' has a stream."""
    number = Tux(api).create(operation=JOB, title=None)["job"]["id"]
    worker = Tux(api).worker(number)
    worker.step("web_research", "completed", artifacts={"a": 1})
    ok(api.post(f"/api/v1/executions/{worker.id}/tag", {"env": "prod"}))
    rows = api.pages("/api/executions?tag=env:prod")
    assert [r["number"] for r in rows] == [number]
    job = ok(api.get(f"/api/v1/jobs/{worker.id}"))
    assert job["progress"] == {"total": 6, "completed": 1, "failed": 0}


def test_unknown_ids_change_nothing(api, srv, case):
    ex = api.trigger(JOB)
    before = unchanged(srv)
    other = ex.id[:-4] + "ffff"
    for method, path, status in [
            ("POST", f"{HIDDEN}/77/cancel", 404),
            ("POST", f"{HIDDEN}/77/rollback", 404),
            ("POST", f"{HIDDEN}/x/retry", 422),
            ("POST", f"/api/v1/jobs/{other}/cancel", 404),
            ("DELETE", f"/api/v1/tasks/{other}", 404),
            ("DELETE", f"/api/v1/articles/{other}", 404),
            ("PATCH", f"/api/v1/articles/{ex.id}", 404),
            ("POST", f"/api/v1/jobs/{ex.id}", 405),
            ("DELETE", f"{HIDDEN}/1", 405)]:
        with case(f"{method} {path}"):
            r = api.call(method, path)
            assert r.status_code == status, r.text
    assert unchanged(srv) == before
    look(api, ex, "queued")


def test_errors_wear_their_dialects_shape(api, case):
    """404 of unknown paths below each dialect, side by side."""
    shapes = [("/api/executions/x/y/z", {"errors"}),
              ("/api/v1/executions/x/y/z", {"detail", "error_code",
                                            "correlation_id", "timestamp"}),
              (HIDDEN + "/1/x", {"status", "code", "message", "failure"}),
              ("/api/v1/jobs/1/x", {"error"}),
              ("/api/v1/tasks/1/x", {"error", "code"}),
              ("/api/v1/articles/1/x", {"error", "code"}),
              ("/elsewhere", {"error"})]
    for path, members in shapes:
        with case(path):
            assert set(ok(api.get(path), 404)) == members


def test_a_full_disk_in_each_dialects_shape(start):
    srv = start()
    api, ex = srv.api, srv.api.trigger(JOB)
    number = ex.get()["number"]
    srv.restart("--free-mark", str(1 << 62))
    before = unchanged(srv)
    f = bad(Tux(api).send(1, "k", operation=JOB), 507, "STORAGE_FULL")
    assert f["category"] == "dependency"
    bad(Tux(api).cancel(number), 507, "STORAGE_FULL")
    plain_error(api.post(f"/api/v1/jobs/{ex.id}/cancel"), 507)
    topify_error(api.post("/api/v1/tasks", {"user_prompt": "p"}), 507,
                 "DATABASE_ERROR")
    topify_error(api.delete(f"/api/v1/tasks/{ex.id}"), 507, "DATABASE_ERROR")
    look(api, ex, "queued")
    assert unchanged(srv) == before
    srv.restart()
    ok(api.delete(f"/api/v1/tasks/{ex.id}"))
