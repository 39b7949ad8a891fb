"""Many requests in one turn: each sees what those before it did.

The server is held while they are sent, so that they meet in one transaction.
"""
import contextlib
import json

import pytest

from api import data
from rawhttp import Raw, request
from server import wait_until
from work import waiting


@pytest.fixture
def together(srv):
    """together((method, path, body), ...): their answers, in that order."""
    raws = []

    def send(*rows):
        while len(raws) < len(rows):
            raw = Raw(srv.port, deadline=30.0)
            raw.send(request("GET", "/healthz")).response()
            raws.append(raw)
        with srv.paused():
            for raw, (method, path, body) in zip(raws, rows):
                raw.send(request(method, path, json.dumps(body)))
        return [raw.response() for raw, _ in zip(raws, rows)]

    yield send
    for raw in raws:
        raw.close()


def codes(answers):
    return [r.status for r in answers]


def test_one_of_many_takes_a_name(together, api):
    answers = together(*[("POST", "/api/jobs", {"name": "same"})] * 20)
    assert sorted(codes(answers)) == [201] + [422] * 19
    assert len([j for j in api.pages("/api/jobs")
                if j["name"] == "same"]) == 1


def test_one_execution_for_one_key(srv, together, api):
    api.job("a", name="j")
    answers = together(*[("POST", "/api/jobs/j/trigger",
                          {"idempotency_key": "k"})] * 20)
    assert codes(answers) == [200] * 20
    assert len({r.json()["data"]["id"] for r in answers}) == 1
    made = [r.json()["message"] for r in answers]
    assert made.count("Execution created") == 1
    assert srv.counts()["total"] == 1


def test_one_end_among_many(together, api):
    """Complete, fail and cancel at once: one of them ends it, for good."""
    api.job("a", name="j", retry={"max_attempts": 1})
    for _ in range(5):
        ex = api.trigger("j")
        ex.data("heartbeat")
        answers = together(
            ("POST", f"{ex.path}/complete", {"result_data": 1}),
            ("POST", f"{ex.path}/fail", {"error_message": "m"}),
            ("POST", f"{ex.path}/heartbeat", {}),
            ("POST", f"{ex.path}/steps/a/completed", {}),
            ("POST", f"{ex.path}/log", {"message": "m"}))
        end = ex.status
        assert end in ("completed", "failed")
        assert codes(answers)[0 if end == "completed" else 1] == 200
        assert codes(answers)[1 if end == "completed" else 0] == 422


def test_an_edit_and_triggers(together, api):
    """Each execution has the steps of the version it names."""
    api.job("v1", name="j")
    rows = []
    for number in range(2, 12):
        rows.append(("PUT", "/api/jobs/j", {
            "name": "j", "steps": [{"name": f"v{number}"}]}))
        rows.append(("POST", "/api/jobs/j/trigger", {}))
    answers = together(*rows)
    assert codes(answers) == [200] * 20
    versions = set()
    for r in answers[1::2]:
        row = api.execution(r.json()["data"]["id"]).get()
        assert [s["name"] for s in row["steps"]] == [
            f"v{row['job_version']}"]
        versions.add(row["job_version"])
    assert versions <= set(range(1, 12))
    assert api.get("/api/jobs/j").json()["data"]["version"] == 11


def test_a_deletion_and_triggers(together, api):
    api.job("a", name="j")
    rows = [("POST", "/api/jobs/j/trigger", {})] * 5
    answers = together(*rows, ("DELETE", "/api/jobs/j", {}), *rows,
                       ("POST", "/api/jobs", {"name": "j"}))
    assert set(codes(answers)[:5] + codes(answers)[6:11]) <= {200, 404}
    assert codes(answers)[5] == 200 and codes(answers)[11] in (201, 422)
    for r in answers[:5] + answers[6:11]:
        if r.status == 200:
            ident = r.json()["data"]["id"]
            assert api.execution(ident).finish()["status"] == "completed"


def test_a_crowded_turn(srv, together, api):
    """Hundreds of changes with thousands of labels: all counted."""
    api.job("a", name="j")
    rows = [("POST", "/api/jobs/j/trigger", {
        "tags": {f"k{i}-{n}": "v" for n in range(30)}})
        for i in range(150)]
    answers = together(*rows)
    assert codes(answers) == [200] * 150
    assert srv.counts()["total"] == srv.counts()["queued"] == 150
    assert len(api.pages("/api/executions?tag=k7-3:v")) == 1
    numbers = [r.json()["data"]["number"] for r in answers]
    assert sorted(numbers) == list(range(min(numbers), min(numbers) + 150))
    ends = [("POST", f"/api/executions/{r.json()['data']['id']}/complete", {})
            for r in answers]
    assert codes(together(*ends)) == [200] * 150
    assert srv.counts()["completed"] == 150


def test_what_is_refused_leaves_the_rest_alone(srv, together, api):
    """A bad command amid good ones fails by itself."""
    api.job("a", name="j")
    ex = api.trigger("j")
    rows = []
    for i in range(10):
        rows.append(("POST", f"{ex.path}/log", {"message": f"good {i}"}))
        rows.append(("POST", f"{ex.path}/log", {"level": "bad"}))
        rows.append(("POST", f"{ex.path}/steps/ghost/running", {}))
        rows.append(("POST", f"{ex.path}/progress", {"attempt": 9}))
    answers = together(*rows)
    assert codes(answers) == [200, 422, 404, 409] * 10
    assert sorted(r["message"] for r in ex.logs()) == [
        f"good {i}" for i in range(10)]
    assert srv.counts()["running"] == 1


def test_a_turn_that_is_killed(srv, together, api):
    """All of a turn is there after a kill, or none of it."""
    api.job("a", name="j")
    ex = api.trigger("j")
    raws = [Raw(srv.port) for _ in range(30)]
    for raw in raws:
        raw.send(request("GET", "/healthz")).response()
    with srv.paused():
        for i, raw in enumerate(raws):
            raw.send(request("POST", f"{ex.path}/log",
                             json.dumps({"message": str(i)})))
    raws[0].response()
    srv.kill9()
    for raw in raws:
        raw.close()
    srv.start()
    found = sorted(int(r["message"]) for r in ex.logs())
    assert 0 in found and found == sorted(set(found))


def test_a_turn_is_bounded_by_what_it_writes(srv, together, api):
    """Small reports that make much input do not all meet in one commit."""
    waiters = [{"name": f"c{i}", "depends_on": ["a", "b"],
                "input_mapping": {"x": "a.artifacts.x"}} for i in range(250)]
    api.job("a", "b", *waiters, name="j")
    executions = [api.trigger("j") for _ in range(5)]
    for ex in executions:
        ex.step("a", "completed", artifacts={"x": "y" * 20000})
    before = srv.info()["commits"]
    answers = together(*[("POST", f"{ex.path}/steps/b/completed", {})
                         for ex in executions])
    assert codes(answers) == [200] * 5
    # 250 x 20 kB each, of the 4 MiB that a turn may write.
    assert srv.info()["commits"] - before == 5


def heavy(api, count):
    """Executions that each weigh 1.8 MB to be claimed: its input twice."""
    api.job("a", name="j")
    return {api.trigger("j", {"input": "x" * 900_000}).id
            for _ in range(count)}


def handed_out(answers):
    assert codes(answers) == [200] * len(answers)
    return {r.json()["data"][0]["execution"]["id"] for r in answers}


def test_a_turn_is_bounded_by_what_claims_are_answered(srv, together, api):
    made = heavy(api, 12)
    before = srv.info()["commits"]
    answers = together(*[("POST", "/api/claims", {"worker": "w"})] * 12)
    assert handed_out(answers) == made
    # Three are more than the 4 MiB that a turn may draw.
    assert srv.info()["commits"] - before == 4


def test_a_turn_is_bounded_by_whom_it_serves(srv, api):
    """The same where they waited, and all could be had at once."""
    made = heavy(api, 12)
    data(api.post("/api/jobs/j/pause", {}))
    with contextlib.ExitStack() as stack:
        raws = [stack.enter_context(Raw(srv.port)) for _ in range(12)]
        for raw in raws:
            raw.send(request("POST", "/api/claims", json.dumps(
                {"worker": "w", "wait_seconds": 60})))
        wait_until(lambda: waiting(api) == 12, "all wait")
        before = srv.info()["commits"]
        data(api.post("/api/jobs/j/resume", {}))
        assert handed_out([raw.response() for raw in raws]) == made
    assert srv.info()["commits"] - before == 4
