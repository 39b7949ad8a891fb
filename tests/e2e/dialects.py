"""The five dialects' words for one execution, for the tests of each.

Neighbours: api.py is the client; test_dialects.py looks through all of them,
test_tuxseo.py, test_wiserows.py and test_topify.py at one each.
"""
import concurrent.futures
import re

from api import data, ok

# What each dialect calls a status.
WORDS = {
    "queued": {"restep": "pending", "factflow": "running",
               "tuxseo": "queued", "wiserows": "pending",
               "topify": "pending"},
    "running": {"restep": "running", "factflow": "running",
                "tuxseo": "running", "wiserows": "running",
                "topify": "processing"},
    "retrying": {"restep": "failed", "factflow": "running",
                 "tuxseo": "queued", "wiserows": "pending",
                 "topify": "pending"},
    "interrupted": {"restep": "running", "factflow": "interrupted",
                    "tuxseo": "running", "wiserows": "running",
                    "topify": "processing"},
    "cancelling": {"restep": "cancelled", "factflow": "cancelling",
                   "tuxseo": "canceled", "wiserows": "cancelled",
                   "topify": "cancelled"},
    "completed": {"restep": "completed", "factflow": "completed",
                  "tuxseo": "succeeded", "wiserows": "completed",
                  "topify": "completed"},
    "failed": {"restep": "failed", "factflow": "failed",
               "tuxseo": "failed", "wiserows": "failed",
               "topify": "failed"},
    "timed_out": {"restep": "timeout", "factflow": "failed",
                  "tuxseo": "failed", "wiserows": "failed",
                  "topify": "failed"},
    "cancelled": {"restep": "cancelled", "factflow": "cancelled",
                  "tuxseo": "canceled", "wiserows": "cancelled",
                  "topify": "cancelled"},
}

MICROS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$")
NAIVE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}$")
MILLIS = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
HIDDEN = "/public-api/executions"


class Tux:
    """TuxSEO's client: the six endpoints."""

    def __init__(self, api):
        self.api = api

    def send(self, project, key=None, headers=None, **body):
        headers = dict(headers or {})
        if key is not None:
            headers["Idempotency-Key"] = key
        return self.api.post(f"/public-api/projects/{project}/executions",
                             body, headers)

    def create(self, project=1, key="k", operation="GENERATE_BLOG_POST",
               title=7):
        members = {} if title is None else {"title_suggestion_id": title}
        return good(self.send(project, key, operation=operation, **members))

    def job(self, number):
        return good(self.api.get(f"{HIDDEN}/{number}"))["job"]

    def list(self, query=""):
        return good(self.api.get(HIDDEN + query))

    def cancel(self, number):
        return self.api.post(f"{HIDDEN}/{number}/cancel")

    def retry(self, number, key=None):
        headers = {} if key is None else {"Idempotency-Key": key}
        return self.api.post(f"{HIDDEN}/{number}/retry", headers=headers)

    def rollback(self, number):
        return self.api.post(f"{HIDDEN}/{number}/rollback")

    def worker(self, number):
        """The execution behind a job, as its worker sees it."""
        for row in self.api.pages("/api/executions?limit=100"):
            if row["number"] == number:
                return self.api.execution(row["id"])
        raise AssertionError(f"no execution has number {number}")


def good(r):
    """The JSON of a success in TuxSEO's envelope."""
    body = ok(r)
    assert body["status"] == "success", r.text
    return body


def bad(r, status, code):
    """An error in TuxSEO's envelope; its failure."""
    body = ok(r, status)
    assert body["status"] == "error" and body["code"] == code, r.text
    failure = body["failure"]
    assert failure["code"] == code, r.text
    assert failure["message"] == body["message"] != "", r.text
    assert failure["taxonomy_version"] == "v1"
    assert "upgrade_url" not in body
    assert "retry_after_seconds" not in failure
    return failure


def invalid(r, *locs):
    """A 422 of TuxSEO: exactly these places, with their types."""
    detail = ok(r, 422)["detail"]
    for one in detail:
        assert set(one) == {"type", "loc", "msg"} and one["msg"], r.text
    found = [(tuple(one["loc"]), one["type"]) for one in detail]
    assert found == list(locs), r.text


def topify_error(r, status, code):
    body = ok(r, status)
    assert set(body) == {"error", "code"}, r.text
    assert body["code"] == code and body["error"], r.text
    return body["error"]


def plain_error(r, status):
    """WiseRows' errors."""
    error = ok(r, status)["error"]
    assert set(error) == {"code", "message"}, r.text
    assert error["code"] and error["message"], r.text
    return error["message"]


def statuses(api, ident, number):
    """One execution's status in every dialect."""
    get = api.get
    job = ok(get(f"/api/v1/jobs/{ident}"))
    assert job["data"] == {k: v for k, v in job.items() if k != "data"}
    return {
        "restep": data(get(f"/api/executions/{ident}"))["status"],
        "factflow": ok(get(f"/api/v1/executions/{ident}"))["status"],
        "tuxseo": good(get(f"{HIDDEN}/{number}"))["job"]["status"],
        "wiserows": job["status"],
        "topify": ok(get(f"/api/v1/tasks/{ident}"))["status"],
    }


def at_once(n, call):
    """Call n times in parallel threads; all results."""
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(lambda _: call(), range(n)))


def unchanged(srv):
    """What must be the same after requests that change nothing."""
    return [srv.seq(), srv.counts(), srv.api.get("/api/jobs").text,
            srv.api.get("/api/v1/articles").text]
