"""TuxSEO's execution jobs: the six endpoints, as their contract says."""
import pytest

from api import UNSET, chain, ok
from dialects import (HIDDEN, MICROS, NAIVE, Tux, at_once, bad, good, invalid,
                      unchanged)

BLOG = "GENERATE_BLOG_POST"
CREATE = "/public-api/projects/1/executions"


@pytest.fixture
def tux(api):
    return Tux(api)


def events(job):
    return [e["event"] for e in job["history"]]


def article(**members):
    return {"article": {"title": "T", "content": "# T", **members}}


def finished(tux, key="k", **members):
    """A job whose worker completed it with an article."""
    number = tux.create(key=key)["job"]["id"]
    tux.worker(number).finish(article(**members))
    return number


# ---- create ------------------------------------------------------------


def test_created_job_has_every_member(tux):
    body = tux.create(project=5, key="first  ", title=12)
    assert list(body) == ["status", "message", "created", "job"]
    assert body["message"] == "Execution job created"
    assert body["created"] is True
    job = body["job"]
    hook = f"{HIDDEN}/{job['id']}/rollback"
    assert MICROS.match(job["queued_at"])
    assert job["queued_at"] == job["created_at"] == job["updated_at"]
    times = ("queued_at", "created_at", "updated_at")
    entry = {"event": "JOB_CREATED", "status": "queued",
             "at": job["queued_at"][:-6],
             "details": {"title_suggestion_id": 12}}
    assert NAIVE.match(entry["at"])
    assert {k: v for k, v in job.items() if k not in times} == {
        "id": job["id"], "project_id": 5, "operation": BLOG,
        "status": "queued", "idempotency_key": "first",
        "payload": {"title_suggestion_id": 12},
        "result": {"history": [entry]}, "error_code": "",
        "error_message": "", "failure": None,
        "rollback": {"supported": True, "state": "unavailable", "hook": hook,
                     "summary": job["rollback"]["summary"],
                     "executed_at": None, "reverted_blog_post_id": None},
        "history": [entry], "started_at": None, "completed_at": None,
        "canceled_at": None}
    assert isinstance(job["id"], int) and job["rollback"]["summary"]
    assert tux.job(job["id"]) == job
    assert tux.worker(job["id"]).get()["input_params"] == {
        "title_suggestion_id": 12}


def test_headers_and_content_type(tux):
    r = tux.send(1, None, {"X-Idempotency-Key": "other"}, operation=BLOG,
                 title_suggestion_id=1)
    assert good(r)["job"]["idempotency_key"] == "other"
    r = tux.send(1, "", {"x-idempotency-key": "third",
                         "Content-Type": "text/plain"},
                 operation=BLOG, title_suggestion_id=1)
    assert good(r)["job"]["idempotency_key"] == "third"
    assert r.headers["Content-Type"] == "application/json; charset=utf-8"
    r = tux.send(1, "first", {"X-Idempotency-Key": "not this"},
                 operation=BLOG, title_suggestion_id=1)
    assert good(r)["job"]["idempotency_key"] == "first"


def test_lenient_integers(tux, case):
    for n, value in enumerate(["7", " 7 ", "+7", "007", 7.0, "7.0", "7.000"]):
        with case(repr(value)):
            assert tux.create(key=f"k{n}", title=value)["job"]["payload"] == {
                "title_suggestion_id": 7}
    with case("underscore"):
        assert tux.create(key="u", title="1_000")["job"]["payload"] == {
            "title_suggestion_id": 1000}
    with case("negative"):
        assert tux.create(key="n", title=-3)["job"]["payload"] == {
            "title_suggestion_id": -3}
    with case("true"):
        assert tux.create(key="t", title=True)["job"]["payload"] == {
            "title_suggestion_id": 1}
    with case("path"):
        assert good(tux.send("%2012%20", "p", operation=BLOG,
                             title_suggestion_id=1))["job"]["project_id"] == 12


def test_replay_gives_the_first_job_as_it_is_now(tux):
    first = tux.create(project=3, title=1)["job"]
    body = tux.create(project=3, title=999)
    assert body["created"] is False
    assert body["message"] == ("Existing execution job returned for "
                               "idempotency key")
    assert body["job"] == first
    tux.worker(first["id"]).ok("heartbeat")
    assert tux.create(project=3)["job"]["status"] == "running"
    f = bad(tux.send(4, "k", operation=BLOG, title_suggestion_id=1), 400,
            "IDEMPOTENCY_KEY_CONFLICT")
    assert f["category"] == "policy"
    assert f["next_actions"] == ["use_new_idempotency_key"]
    assert tux.list()["pagination"]["total"] == 1


def test_keys_are_kept_apart_by_operation(tux, api):
    api.job(name="other")
    a = tux.create(key="k")["job"]["id"]
    b = tux.create(key="k", operation="other", title=None)["job"]
    assert b["id"] != a and b["payload"] == {}
    assert b["rollback"] == {
        "supported": False, "state": "unavailable", "hook": None,
        "summary": b["rollback"]["summary"], "executed_at": None,
        "reverted_blog_post_id": None}
    api.trigger("other", idempotency_key="k")
    assert tux.list()["pagination"]["total"] == 3


def test_long_keys(tux):
    """255 characters, however many bytes: each is a key of its own."""
    stem = "\u20ac" * 250
    jobs = {}
    for tail in ("aaaaa", "aaaab", "baaaa"):
        key = (stem + tail).encode()
        job = good(tux.send(1, key, operation=BLOG,
                            title_suggestion_id=1))["job"]
        assert job["idempotency_key"] == stem + tail
        jobs[tail] = job["id"]
    assert len(set(jobs.values())) == 3
    for tail, number in jobs.items():
        body = good(tux.send(1, (stem + tail).encode(), operation=BLOG,
                             title_suggestion_id=1))
        assert body["created"] is False and body["job"]["id"] == number
    bad(tux.send(1, "x" * 256, operation=BLOG, title_suggestion_id=1), 400,
        "INVALID_IDEMPOTENCY_KEY")
    bad(tux.send(1, b"\xff\xfe", operation=BLOG, title_suggestion_id=1), 400,
        "INVALID_IDEMPOTENCY_KEY")


def test_create_checks_in_order(tux, srv):
    """A request with everything wrong is told one thing after the other."""
    before = unchanged(srv)
    url, api = "/public-api/projects/0/executions", tux.api
    r = api.post(url, b"{")
    assert ok(r, 400) == {"detail":
                          "Cannot parse request body: line 1, column 2"}
    invalid(api.post(url, {"operation": 1}),
            (("body", "data", "operation"), "string_type"))
    f = bad(api.post(url, {"operation": "NOPE"}), 404, "PROJECT_NOT_FOUND")
    assert f["category"] == "unknown" and f["fix_required"] is True
    assert f["next_actions"] == ["inspect_job_history"]
    f = bad(api.post(CREATE, {"operation": "NOPE"}), 400,
            "MISSING_IDEMPOTENCY_KEY")
    assert f["category"] == "validation" and f["retryable"] is False
    assert f["next_actions"] == ["provide_idempotency_key", "retry_request"]
    f = bad(tux.send(1, "k", operation="NOPE"), 400, "INVALID_OPERATION")
    assert f["next_actions"] == ["fix_request_payload"]
    bad(tux.send(1, "k", operation=BLOG), 400, "MISSING_TITLE_SUGGESTION_ID")
    bad(tux.send(1, "k", operation=BLOG, title_suggestion_id=None), 400,
        "MISSING_TITLE_SUGGESTION_ID")
    assert unchanged(srv) == before


def test_create_refuses_what_is_malformed(tux, srv, case):
    before = unchanged(srv)
    operation = ("body", "data", "operation")
    title = ("body", "data", "title_suggestion_id")
    table = [
        (UNSET, [(operation, "missing")]),
        ({}, [(operation, "missing")]),
        ({"operation": None}, [(operation, "string_type")]),
        ({"operation": []}, [(operation, "string_type")]),
        ({"operation": BLOG, "title_suggestion_id": "x"},
         [(title, "int_parsing")]),
        ({"operation": BLOG, "title_suggestion_id": ""},
         [(title, "int_parsing")]),
        ({"operation": BLOG, "title_suggestion_id": "1__0"},
         [(title, "int_parsing")]),
        ({"operation": BLOG, "title_suggestion_id": "1.5"},
         [(title, "int_parsing")]),
        ({"operation": BLOG, "title_suggestion_id": "9223372036854775808"},
         [(title, "int_parsing_size")]),
        ({"operation": BLOG, "title_suggestion_id": 1.5},
         [(title, "int_from_float")]),
        ({"operation": BLOG, "title_suggestion_id": []},
         [(title, "int_type")]),
        ({"operation": 3, "title_suggestion_id": {}},
         [(operation, "string_type"), (title, "int_type")]),
        (b"[]", [(("body", "data"), "model_attributes_type")]),
        (b"null", [(("body", "data"), "model_attributes_type")]),
        (b'"x"', [(("body", "data"), "model_attributes_type")])]
    for body, locs in table:
        with case(repr(body)[:60]):
            invalid(tux.api.post(CREATE, body, {"Idempotency-Key": "k"}),
                    *locs)
    for path in ("x", "1.5", "", "1e3", "%20"):
        with case(f"path {path}"):
            url = f"/public-api/projects/{path}/executions"
            r = tux.api.post(url, {"operation": BLOG})
            if path == "":
                bad(r, 404, "NOT_FOUND")
            else:
                invalid(r, (("path", "project_id"), "int_parsing"))
    with case("a project beyond 64 bits is not another one"):
        url = "/public-api/projects/18446744073709551616/executions"
        r = tux.api.post(url, {"operation": BLOG, "title_suggestion_id": 1},
                         {"Idempotency-Key": "k"})
        invalid(r, (("path", "project_id"), "int_parsing_size"))
    for body in (b"{", b"nope", b'{"operation":"a","operation":"b"}',
                 b"\xff"):
        with case(repr(body)):
            r = tux.api.post(CREATE, body)
            assert ok(r, 400)["detail"].startswith(
                "Cannot parse request body: line 1, column ")
    with case("nothing happened"):
        assert unchanged(srv) == before


def test_strict_projects(start):
    srv = start("--strict-projects")
    tux, api = Tux(srv.api), srv.api
    bad(tux.send(1, "k", operation=BLOG, title_suggestion_id=1), 404,
        "PROJECT_NOT_FOUND")
    api.job(name="j")
    api.trigger("j", project_id=1)
    assert tux.create(project=1)["created"] is True
    key = ok(api.post("/api/keys", {"name": "a", "scope": "admin"}),
             201)["data"]["key"]
    api.key = key
    ok(api.post("/api/keys", {"name": "b", "scope": "write",
                              "project_id": 2}), 201)
    assert tux.create(project=2, key="two")["created"] is True
    bad(tux.send(3, "k", operation=BLOG, title_suggestion_id=1), 404,
        "PROJECT_NOT_FOUND")


def test_parallel_creates_make_one(tux):
    made = at_once(50, lambda: tux.create(key="same"))
    assert sum(b["created"] for b in made) == 1
    assert len({b["job"]["id"] for b in made}) == 1
    assert tux.list()["pagination"]["total"] == 1


# ---- list and get ------------------------------------------------------


@pytest.fixture
def many(tux, api):
    """Jobs of two projects and two operations in several states."""
    api.job(name="other")
    numbers = []
    for i in range(6):
        job = tux.create(project=1 + i % 2, key=f"k{i}",
                         operation=BLOG if i < 4 else "other")["job"]
        numbers.append(job["id"])
    tux.worker(numbers[0]).finish({})
    good(tux.cancel(numbers[1]))
    tux.worker(numbers[2]).ok("heartbeat")
    tux.worker(numbers[3]).ok("fail", error_message="no")
    return numbers


def test_list_filters(tux, many, case):
    a, b, c, d, e, f = many
    table = [("", [f, e, d, c, b, a]), ("?project_id=1", [e, c, a]),
             ("?project_id=2", [f, d, b]), ("?project_id=9", []),
             ("?project_id=0", []), ("?project_id=-1", []),
             (f"?operation={BLOG}", [d, c, b, a]), ("?operation=other", [f, e]),
             ("?operation=NOPE", []), ("?operation=OTHER", []),
             ("?status=queued", [f, e]), ("?status=SUCCEEDED", [a]),
             ("?status=Canceled", [b]), ("?status=running", [c]),
             ("?status=failed", [d]), ("?status=nonsense", [f, e, d, c, b, a]),
             ("?status=", [f, e, d, c, b, a]),
             (f"?project_id=1&operation={BLOG}", [c, a]),
             (f"?project_id=1&operation={BLOG}&status=succeeded", [a]),
             ("?project_id=1&status=queued", [e]),
             ("?operation=other&status=queued", [f, e])]
    for query, want in table:
        with case(query):
            body = tux.list(query)
            assert [j["id"] for j in body["jobs"]] == want
            assert body["pagination"] == {"page": 1, "page_size": 20,
                                          "total": len(want)}


def test_list_pages(tux, many, case):
    whole = tux.list()["jobs"]
    table = [("?page_size=4", 1, 4, whole[:4]),
             ("?page=2&page_size=4", 2, 4, whole[4:]),
             ("?page=3&page_size=4", 3, 4, []),
             ("?page=0&page_size=0", 1, 1, whole[:1]),
             ("?page=-5&page_size=-5", 1, 1, whole[:1]),
             ("?page_size=101", 1, 100, whole),
             ("?page_size=99999999999999999999", 1, 100, whole),
             ("?page=%202%20&page_size=2.0", 2, 2, whole[2:4])]
    for query, page, size, want in table:
        with case(query):
            body = tux.list(query)
            assert body["jobs"] == want
            assert body["pagination"] == {"page": page, "page_size": size,
                                          "total": 6}
    with case("far behind the end"):
        body = tux.list("?page=99999999999999999999")
        assert body["jobs"] == [] and body["pagination"]["total"] == 6


def test_list_refuses_what_is_no_number(tux, case):
    for name in ("project_id", "page", "page_size"):
        for value in ("x", "", "1.5", "1e1", "0x1"):
            with case(f"{name}={value}"):
                invalid(tux.api.get(f"{HIDDEN}?{name}={value}"),
                        (("query", name), "int_parsing"))
    with case("beyond 64 bits"):
        invalid(tux.api.get(f"{HIDDEN}?project_id=9223372036854775808"),
                (("query", "project_id"), "int_parsing_size"))
    with case("several"):
        invalid(tux.api.get(f"{HIDDEN}?page=a&project_id=b&page_size=c"),
                (("query", "project_id"), "int_parsing"),
                (("query", "page"), "int_parsing"),
                (("query", "page_size"), "int_parsing"))


def test_ids(tux, case):
    number = tux.create()["job"]["id"]
    for verb in ("", "/cancel", "/retry", "/rollback"):
        call = tux.api.get if verb == "" else tux.api.post
        for path in ("999", "0", "-1", "99999999999999999999999"):
            with case(path + verb):
                f = bad(call(f"{HIDDEN}/{path}{verb}"), 404, "JOB_NOT_FOUND")
                assert f["category"] == "validation"
                assert f["next_actions"] == ["list_execution_jobs"]
        for path in ("x", "1.5", tux.worker(number).id):
            with case(path + verb):
                invalid(call(f"{HIDDEN}/{path}{verb}"),
                        (("path", "job_id"), "int_parsing"))
    with case("lenient"):
        assert tux.job(f"%20{number}.0") == tux.job(number)


# ---- the worker --------------------------------------------------------


def test_life_to_success(tux):
    number = tux.create(title=4)["job"]["id"]
    worker = tux.worker(number)
    worker.ok("progress", progress_percent=10)
    for i in range(30):
        worker.ok("log", message=f"line {i}")
    job = tux.job(number)
    assert job["status"] == "running" and events(job) == [
        "JOB_CREATED", "JOB_STARTED"]
    assert job["history"][1]["details"] == {"operation": BLOG}
    assert job["history"][1]["at"] == job["started_at"]
    assert MICROS.match(job["started_at"])
    worker.finish(article())
    job = tux.job(number)
    assert events(job) == ["JOB_CREATED", "JOB_STARTED", "JOB_SUCCEEDED"]
    post = job["result"]["blog_post_id"]
    assert isinstance(post, int) and post > 0
    assert job["history"][2] == {
        "event": "JOB_SUCCEEDED", "status": "succeeded",
        "at": job["completed_at"],
        "details": {"blog_post_id": post, "title_suggestion_id": 4}}
    assert job["result"] == {
        "blog_post_id": post, "title_suggestion_id": 4,
        "history": job["history"], "rollback": job["rollback"]}
    assert job["rollback"]["state"] == "available"
    assert job["status"] == "succeeded" and job["failure"] is None


def test_failures_and_their_categories(tux, case):
    table = [("ValidationError", "EXECUTION_FAILED", "validation"),
             ("PermissionDenied", "EXECUTION_FAILED", "policy"),
             ("ConnectionError", "EXECUTION_FAILED", "dependency"),
             ("QuotaExceeded", "EXECUTION_FAILED", "quota"),
             ("ReadTimeout", "EXECUTION_TIMEOUT", "timeout"),
             ("Whatever", "EXECUTION_FAILED", "unknown"),
             (None, "EXECUTION_FAILED", "unknown"),
             ("UNSUPPORTED_OPERATION", "UNSUPPORTED_OPERATION", "validation"),
             ("TITLE_SUGGESTION_NOT_FOUND", "TITLE_SUGGESTION_NOT_FOUND",
              "validation")]
    for i, (kind, code, category) in enumerate(table):
        with case(str(kind)):
            number = tux.create(key=f"k{i}")["job"]["id"]
            tux.worker(number).ok("fail", error_message="went wrong",
                                  error_type=kind)
            job = tux.job(number)
            assert job["status"] == "failed"
            assert job["error_code"] == code == job["failure"]["code"]
            assert job["error_message"] == "went wrong"
            assert job["failure"]["category"] == category
            assert job["failure"] == job["result"]["failure"]
            last = job["history"][-1]
            assert last["event"] == "JOB_FAILED"
            assert last["details"] == {
                "UNSUPPORTED_OPERATION": {"operation": BLOG},
                "TITLE_SUGGESTION_NOT_FOUND":
                    {"reason": "title_suggestion_not_found"},
            }.get(kind, {"reason": "unexpected_error"})


def test_long_messages_are_cut(tux):
    number = tux.create()["job"]["id"]
    tux.worker(number).ok("fail", error_message="\u20ac" * 2500)
    job = tux.job(number)
    assert job["error_message"] == "\u20ac" * 2000
    assert job["failure"]["message"] == job["error_message"]


def test_silence_is_a_timeout(tux, srv):
    number = tux.create()["job"]["id"]
    tux.worker(number).ok("heartbeat")
    srv.advance(301_000)
    job = tux.job(number)
    assert job["status"] == "failed" and job["error_code"] == (
        "EXECUTION_TIMEOUT")
    f = job["failure"]
    assert f["category"] == "timeout" and f["retryable"] is True
    assert f["fix_required"] is False
    assert f["next_actions"] == ["retry_with_backoff"]
    assert job["history"][-1]["details"] == {"reason": "execution_timeout"}


def test_history_tells_attempts(tux, api, srv):
    api.job(name="two", retry={"max_attempts": 2, "initial_interval_ms": 1000,
                               "jitter": 0})
    number = tux.create(operation="two", title=None)["job"]["id"]
    worker = tux.worker(number)
    worker.ok("fail", error_message="once")
    job = tux.job(number)
    assert job["status"] == "queued"
    assert job["history"][-1]["event"] == "JOB_RETRIED"
    assert NAIVE.match(job["history"][-1]["at"])
    details = job["history"][-1]["details"]
    assert details["retry_of"] == number and details["attempt"] == 2
    srv.advance(1000)
    worker.ok("heartbeat")
    worker.finish({"x": 1})
    job = tux.job(number)
    assert events(job) == ["JOB_CREATED", "JOB_STARTED", "JOB_RETRIED",
                           "JOB_STARTED", "JOB_SUCCEEDED"]
    assert job["failure"] is None and job["error_message"] == ""
    assert job["history"][-1]["details"] == {"blog_post_id": None,
                                             "title_suggestion_id": None}


def test_history_keeps_every_entry(tux, api, srv):
    """Of a job by itself; a list of jobs shows the newest."""
    api.job(name="often", retry={"max_attempts": 1000, "jitter": 0,
                                 "initial_interval_ms": 0})
    number = tux.create(operation="often", title=None)["job"]["id"]
    worker = tux.worker(number)
    for i in range(120):
        worker.ok("fail", error_message=f"{i} " + "\u20ac" * 2500)
        srv.advance(1)
    good(tux.cancel(number))
    job = tux.job(number)
    assert events(job) == (["JOB_CREATED"] + ["JOB_STARTED", "JOB_RETRIED"]
                           * 120 + ["JOB_CANCELED"])
    assert job["result"]["history"] == job["history"]
    retried = job["history"][2:-1:2]
    assert [e["details"]["error_message"] for e in retried] == [
        (f"{i} " + "\u20ac" * 2500)[:2000] for i in range(120)]
    (listed,) = tux.list()["jobs"]
    assert 100 < len(listed["history"]) < 200
    assert listed["history"] == job["history"][-len(listed["history"]):]


# ---- cancel ------------------------------------------------------------


def test_cancel_of_a_queued_job(tux):
    number = tux.create()["job"]["id"]
    body = good(tux.cancel(number))
    assert list(body) == ["status", "message", "job"]
    assert body["message"] == "Execution job canceled"
    job = body["job"]
    assert job["status"] == "canceled" and job["error_code"] == "CANCELED"
    assert job["canceled_at"] == job["completed_at"] is not None
    assert job["error_message"] == job["failure"]["message"] != ""
    assert job["failure"]["category"] == "policy"
    assert job["failure"]["retryable"] is True
    assert job["failure"]["next_actions"] == ["retry_job"]
    assert job["history"][-1]["details"] == {
        "reason": "Canceled via Public API"}
    again = good(tux.cancel(number))
    assert again["message"] == "Execution job already canceled"
    assert again["job"] == job == tux.job(number)


def test_cancel_of_a_running_job_shows_at_once(tux):
    number = tux.create()["job"]["id"]
    worker = tux.worker(number)
    worker.ok("heartbeat")
    job = good(tux.cancel(number))["job"]
    assert job["status"] == "canceled" and job["completed_at"] is not None
    assert good(tux.cancel(number))["message"] == (
        "Execution job already canceled")
    assert worker.data("heartbeat")["command"] == "cancel"
    worker.finish(article())
    after = tux.job(number)
    assert after["status"] == "canceled"
    assert after["completed_at"] == job["completed_at"]
    assert events(after) == ["JOB_CREATED", "JOB_STARTED", "JOB_CANCELED"]
    assert ok(tux.api.get("/api/v1/articles"))["total"] == 0


def test_cancel_of_what_has_ended(tux):
    number = finished(tux)
    before = tux.job(number)
    f = bad(tux.cancel(number), 400, "JOB_ALREADY_TERMINAL")
    assert f["next_actions"] == ["inspect_job_status", "retry_if_failed"]
    assert tux.job(number) == before
    other = tux.create(key="o")["job"]["id"]
    tux.worker(other).ok("fail", error_message="x")
    bad(tux.cancel(other), 400, "JOB_ALREADY_TERMINAL")


# ---- retry -------------------------------------------------------------


def test_retry_makes_a_new_job(tux, api):
    number = tux.create(project=4, title=31)["job"]["id"]
    tux.worker(number).ok("fail", error_message="x")
    base = tux.job(number)
    body = good(tux.retry(number, "again"))
    assert list(body) == ["status", "message", "job"]
    assert body["message"] == "Execution job retried"
    job = body["job"]
    assert job["id"] > number and job["status"] == "queued"
    assert job["project_id"] == 4 and job["operation"] == BLOG
    assert job["payload"] == {"title_suggestion_id": 31}
    assert job["idempotency_key"] == "again"
    assert job["history"] == [{"event": "JOB_RETRIED", "status": "queued",
                               "at": job["created_at"][:-6],
                               "details": {"retry_of": number}}]
    assert tux.job(number) == base, "the base is left alone"
    again = good(tux.retry(number, "again"))
    assert again["message"] == ("Existing retry job returned for idempotency "
                                "key")
    assert again["job"] == job
    own = good(tux.retry(number, "k"))
    assert own["job"] == base, "the base's own key gives the base"
    made = tux.create(project=4, key="again")
    assert made["created"] is False and made["job"]["id"] == job["id"]


def test_retry_checks_in_order(tux):
    number = tux.create()["job"]["id"]
    bad(tux.retry(999), 404, "JOB_NOT_FOUND")
    f = bad(tux.retry(number), 400, "RETRY_NOT_ALLOWED")
    assert f["next_actions"] == ["wait_for_terminal_status"]
    tux.worker(number).ok("heartbeat")
    bad(tux.retry(number, "r"), 400, "RETRY_NOT_ALLOWED")
    good(tux.cancel(number))
    create = bad(tux.send(1, None, operation=BLOG), 400,
                 "MISSING_IDEMPOTENCY_KEY")
    f = bad(tux.retry(number), 400, "MISSING_IDEMPOTENCY_KEY")
    assert f["message"] != create["message"]
    bad(tux.retry(number, "x" * 256), 400, "INVALID_IDEMPOTENCY_KEY")
    assert good(tux.retry(number, "r"))["job"]["status"] == "queued"
    done = finished(tux, key="done")
    bad(tux.retry(done, "r2"), 400, "RETRY_NOT_ALLOWED")


def test_retry_keeps_what_another_dialect_gave(tux, api):
    api.job(name="big", retry={"max_attempts": 1})
    ex = api.trigger("big", {"rows": [1, 2.50]}, metadata={"m": 1},
                     tags={"env": "prod"}, priority=9)
    ex.ok("fail", error_message="x")
    number = ex.get()["number"]
    made = good(tux.retry(number, "r"))["job"]
    worker = tux.worker(made["id"])
    row = worker.get()
    assert '"input_params":{"rows": [1, 2.5]}' in worker.text() or (
        row["input_params"] == {"rows": [1, 2.5]})
    assert row["metadata"] == {"m": 1} and row["tags"] == {"env": "prod"}
    assert row["priority"] == 9
    rows = api.pages("/api/executions?tag=env:prod")
    assert [r["number"] for r in rows] == [made["id"], number]


def test_parallel_retries_make_one(tux):
    number = tux.create()["job"]["id"]
    good(tux.cancel(number))
    made = at_once(50, lambda: good(tux.retry(number, "same")))
    assert len({b["job"]["id"] for b in made}) == 1
    assert sum(b["message"] == "Execution job retried" for b in made) == 1
    assert tux.list()["pagination"]["total"] == 2


def test_job_that_is_gone(tux, api):
    api.job(name="gone", retry={"max_attempts": 1})
    number = tux.create(operation="gone", title=None)["job"]["id"]
    good(tux.cancel(number))
    kept = good(tux.retry(number, "kept"))["job"]["id"]
    ok(api.delete("/api/jobs/gone"))
    bad(tux.send(1, "n", operation="gone"), 400, "INVALID_OPERATION")
    f = bad(tux.retry(number, "new"), 400, "JOB_CREATION_FAILED")
    assert f["category"] == "dependency" and f["retryable"] is True
    assert good(tux.retry(number, "kept"))["job"]["id"] == kept
    assert tux.job(number)["operation"] == "gone"


# ---- rollback ----------------------------------------------------------


def test_rollback_deletes_the_draft_once(tux, api):
    number = finished(tux)
    (draft,) = ok(api.get("/api/v1/articles"))["articles"]
    post = tux.job(number)["result"]["blog_post_id"]
    body = good(tux.rollback(number))
    assert body["message"] == "Execution rollback completed"
    job = body["job"]
    assert job["status"] == "succeeded"
    assert job["rollback"]["state"] == "completed"
    assert job["rollback"]["reverted_blog_post_id"] == post
    assert MICROS.match(job["rollback"]["executed_at"])
    last = job["history"][-1]
    assert last["event"] == "JOB_ROLLBACK_COMPLETED"
    assert last["status"] == "succeeded" and NAIVE.match(last["at"])
    assert last["details"] == {"reverted_blog_post_id": post}
    assert ok(api.get(f"/api/v1/articles/{draft['id']}"), 404)
    again = good(tux.rollback(number))
    assert again["message"] == "Execution rollback already completed"
    assert again["job"] == job == tux.job(number)


def test_rollback_checks_in_order(tux, api):
    bad(tux.rollback(999), 404, "JOB_NOT_FOUND")
    api.job(name="other")
    other = tux.create(operation="other", title=None)["job"]["id"]
    f = bad(tux.rollback(other), 400, "ROLLBACK_NOT_SUPPORTED")
    assert f["category"] == "validation"
    number = tux.create(key="a")["job"]["id"]
    f = bad(tux.rollback(number), 400, "ROLLBACK_NOT_ALLOWED")
    assert f["category"] == "policy"
    tux.worker(number).finish({"text": "no article"})
    f = bad(tux.rollback(number), 400, "ROLLBACK_CONTEXT_MISSING")
    assert f["category"] == "unknown" and f["retryable"] is False
    assert tux.job(number)["rollback"]["state"] == "unavailable"


def test_rollback_leaves_what_is_published(tux, api):
    number = finished(tux)
    (draft,) = ok(api.get("/api/v1/articles"))["articles"]
    url = f"/api/v1/articles/{draft['id']}"
    ok(api.call("PATCH", url, {"publication_status": "published"}))
    before = tux.job(number)
    f = bad(tux.rollback(number), 400, "ROLLBACK_REQUIRES_MANUAL_UNPUBLISH")
    assert f["category"] == "policy"
    assert f["next_actions"] == ["manually_unpublish_external_post"]
    assert tux.job(number) == before
    ok(api.call("PATCH", url, {"publication_status": "archived"}))
    good(tux.rollback(number))
    ok(api.get(url), 404)


def test_rollback_of_a_draft_that_is_gone(tux, api):
    number = finished(tux)
    (draft,) = ok(api.get("/api/v1/articles"))["articles"]
    assert api.delete(f"/api/v1/articles/{draft['id']}").status_code == 204
    assert good(tux.rollback(number))["job"]["rollback"]["state"] == (
        "completed")


def test_rollback_of_a_post_the_worker_named(tux):
    """A worker that keeps its posts elsewhere says which one it made."""
    number = tux.create()["job"]["id"]
    tux.worker(number).finish({"blog_post_id": 4711})
    assert tux.job(number)["result"]["blog_post_id"] == 4711
    job = good(tux.rollback(number))["job"]
    assert job["rollback"]["reverted_blog_post_id"] == 4711


def test_rollback_survives_a_restart(tux, srv):
    number = finished(tux)
    good(tux.rollback(number))
    job = tux.job(number)
    srv.restart()
    assert tux.job(number) == job
    assert good(tux.rollback(number))["message"] == (
        "Execution rollback already completed")


# ---- what all endpoints have in common ---------------------------------


def test_keys_and_projects(tux, srv, case):
    api = srv.api

    def key(scope, project=None):
        body = {"name": scope, "scope": scope, "project_id": project}
        return ok(api.post("/api/keys", body), 201)["data"]["key"]

    foreign = tux.create(project=2, key="f")["job"]["id"]
    api.key = key("admin")
    bound, reader = api.with_key(key("write", 1)), api.with_key(key("read"))
    mine = Tux(bound)
    with case("no key"):
        for call in (lambda a: a.get(HIDDEN), lambda a: a.post(CREATE, b"{"),
                     lambda a: a.post(f"{HIDDEN}/x/cancel")):
            r = call(api.with_key(None))
            assert ok(r, 401) == {"detail": "Unauthorized"}
    with case("either header"):
        r = api.with_key(None).get(HIDDEN, {"X-API-Key": bound.key})
        assert good(r)["jobs"] == []
    with case("another project's things look missing"):
        bad(mine.send(2, "k", operation=BLOG, title_suggestion_id=1), 404,
            "PROJECT_NOT_FOUND")
        for verb in ("", "/cancel", "/retry", "/rollback"):
            call = bound.get if verb == "" else bound.post
            bad(call(f"{HIDDEN}/{foreign}{verb}"), 404, "JOB_NOT_FOUND")
        assert mine.list("?project_id=2")["jobs"] == []
    with case("a key's tenant has its own idempotency keys"):
        own = mine.create(project=1, key="f")
        assert own["created"] is True
        assert [j["id"] for j in mine.list()["jobs"]] == [own["job"]["id"]]
    with case("a reader"):
        f = bad(reader.post(CREATE, {"operation": BLOG}), 403, "FORBIDDEN")
        assert f["category"] == "policy"
        assert len(good(reader.get(HIDDEN))["jobs"]) == 2


def test_methods_and_paths(tux, case):
    for method, path, allow in [("GET", CREATE, "POST"),
                                ("DELETE", HIDDEN, "GET"),
                                ("PUT", HIDDEN + "/1", "GET"),
                                ("GET", HIDDEN + "/1/cancel", "POST")]:
        with case(f"{method} {path}"):
            r = tux.api.call(method, path)
            assert r.status_code == 405 and r.text == "Method not allowed"
            assert r.headers["Content-Type"].startswith("text/plain")
            assert r.headers["Allow"] == allow
    for path in (HIDDEN + "/", HIDDEN + "/1/", "/public-api", "/public-api/x"):
        with case(path):
            bad(tux.api.get(path), 404, "NOT_FOUND")


def test_limits(start):
    srv = start("--requests-per-minute", "6", "--max-body-bytes", "2048")
    api = srv.api
    bad(api.post(CREATE, b" " * 4096), 413, "REQUEST_TOO_LARGE")
    for _ in range(20):
        r = api.get(HIDDEN)
        if r.status_code == 429:
            break
    f = bad(r, 429, "RATE_LIMITED")
    assert f["category"] == "quota" and int(r.headers["Retry-After"]) > 0


def test_steps_show_nothing_here(tux, api):
    """A job with steps of another dialect is drawn like any other."""
    api.job(*chain("a", "b"), name="steps", auto_complete=True)
    number = tux.create(operation="steps", title=None)["job"]["id"]
    worker = tux.worker(number)
    worker.step("a", "completed", artifacts={"x": 1})
    worker.step("b", "completed", result_data=article())
    job = tux.job(number)
    assert job["status"] == "succeeded"
    assert job["result"]["blog_post_id"] > 0, "the last step's report counts"
