"""HTTP as good clients speak it: framing, reuse, limits, time.

Neighbours: test_hostile.py holds requests that must be refused.
"""
import contextlib
import json
import random
import select
import socket
import time

import pytest

from rawhttp import Closed, Raw, request
from server import (cpu_seconds, cpu_while_idle, memory_kb,
                    wait_until)

HEALTH = request("GET", "/healthz")
BYE = request("GET", "/healthz", headers=[("Connection", "close")])


def job_body(name):
    return json.dumps({"name": name})


def healthy(r):
    assert r.status == 200 and r.json() == {"status": "ok"}


# ---- reuse and order -------------------------------------------------------

def test_keep_alive(srv):
    with Raw(srv.port) as raw:
        for _ in range(5):
            healthy(raw.send(HEALTH).response())
        healthy(raw.send(BYE).response())
        raw.closed()


@pytest.mark.parametrize("value", ["close", "CLOSE", "foo, close",
                                   "close,keep-alive"])
def test_connection_close(srv, value):
    with Raw(srv.port) as raw:
        r = raw.send(request("GET", "/healthz", headers=[
            ("Connection", value)])).response()
        healthy(r)
        assert "close" in (r.header("Connection") or "").lower()
        raw.closed()


def test_http_1_0(srv):
    with Raw(srv.port) as raw:
        healthy(raw.send(request("GET", "/healthz", version="1.0",
                                 host=None)).response())
        raw.closed()
    with Raw(srv.port) as raw:
        keep = request("GET", "/healthz", version="1.0", headers=[
            ("Connection", "keep-alive")])
        r = raw.send(keep).response()
        healthy(r)
        if (r.header("Connection") or "").lower() == "keep-alive":
            healthy(raw.send(keep).response())
        else:
            raw.closed()


def test_pipelining_answers_in_order(srv):
    sent = b""
    for i in range(50):
        sent += request("POST", "/api/jobs", job_body(f"p{i}"))
        sent += request("GET", f"/api/jobs/p{i}")
        sent += request("GET", f"/api/jobs/p{i + 1}")
    with Raw(srv.port) as raw:
        raw.send(sent + BYE)
        for i in range(50):
            made, found, missing = (raw.response() for _ in range(3))
            assert made.status == 201
            assert made.json()["data"]["name"] == f"p{i}"
            assert found.json()["data"]["name"] == f"p{i}"
            assert missing.status == 404
        healthy(raw.response())
        raw.closed()


def test_pipelined_reports_share_a_turn(srv, api):
    """In order within it, so what stands behind the last word is late."""
    api.job(name="piped")
    ex = api.trigger("piped")
    path = f"/api/executions/{ex.id}"
    commits = srv.info()["commits"]
    sent = [request("POST", f"{path}/{verb}", body) for verb, body in (
        ("progress", '{"progress_percent":5}'), ("log", '{"message":7}'),
        ("log", '{"message":"m"}'), ("complete", "{}"),
        ("progress", '{"progress_percent":9}'))]
    with Raw(srv.port) as raw:
        with srv.paused():
            raw.send(b"".join(sent) + request("GET", path) + BYE)
        answers = [raw.response() for _ in range(7)]
        raw.closed()
    assert [a.status for a in answers] == [200, 422, 200, 200, 422, 200, 200]
    row = answers[5].json()["data"]
    assert row["status"] == "completed" and row["progress_percent"] != 9
    assert srv.info()["commits"] == commits + 1


def test_deep_pipeline_of_reads_does_not_starve_others(srv):
    with Raw(srv.port) as hog, Raw(srv.port) as other:
        hog.send(HEALTH * 2000 + BYE)
        healthy(other.send(HEALTH).response())
        assert len(hog.responses()) == 2001


def test_split_anywhere(srv):
    rng = random.Random(7)
    sent = b"".join(
        request("POST", "/api/jobs", job_body(f"s{i}")) + HEALTH
        for i in range(20)) + BYE
    with Raw(srv.port) as raw:
        at = 0
        while at < len(sent):
            step = rng.choice((1, 2, 3, 7, 50, 200))
            raw.send(sent[at:at + step])
            at += step
        got = raw.responses()
    assert [r.status for r in got] == [201, 200] * 20 + [200]


def test_byte_by_byte(srv):
    body = chunked(b'{"name":', b'"slow"}')
    with Raw(srv.port) as raw:
        for i in range(len(body)):
            raw.send(body[i:i + 1])
        assert raw.response().status == 201


def test_blank_lines_between_requests(srv):
    with Raw(srv.port) as raw:
        raw.send(b"\r\n" + HEALTH + b"\r\n" + BYE)
        assert [r.status for r in raw.responses()] == [200, 200]


def test_half_close_still_gets_the_answer(srv):
    with Raw(srv.port) as raw:
        raw.send(HEALTH + request("POST", "/api/jobs", job_body("half")))
        raw.half_close()
        assert [r.status for r in raw.responses()] == [200, 201]


def test_half_close_within_a_request(srv):
    for part in (b"GET /heal", b"GET /healthz HTTP/1.1\r\nHost: x\r\n",
                 request("POST", "/api/jobs", job_body("cut"))[:-3]):
        with Raw(srv.port) as raw:
            got = raw.send(part).half_close().responses()
            assert all(400 <= r.status < 500 for r in got)
    assert srv.api.get("/api/jobs/cut").status_code == 404


def test_clients_that_vanish(srv):
    for payload in (b"", b"GET /", HEALTH[:-2], HEALTH * 50,
                    request("POST", "/api/jobs", job_body("gone"))[:-1]):
        Raw(srv.port).send(payload).reset()
        Raw(srv.port).send(payload).close()
    healthy_via(srv)
    assert srv.api.get("/api/jobs/gone").status_code == 404
    wait_until(lambda: srv.info()["connections"] == 1, "all are gone")


def healthy_via(srv):
    with Raw(srv.port) as raw:
        healthy(raw.send(HEALTH).response())


def test_a_request_of_one_that_hung_up_is_still_done(srv):
    for i in range(20):
        Raw(srv.port).send(request("POST", "/api/jobs",
                                   job_body(f"bye{i}"))).close()
    wait_until(lambda: srv.api.get("/api/jobs/bye19").status_code == 200,
               "the job of a client that left")


# ---- methods ---------------------------------------------------------------

def test_head(srv):
    srv.api.job(name="h")
    for path, status in (("/healthz", 200), ("/api/jobs/h", 200),
                         ("/api/jobs/nope", 404), ("/nope", 404)):
        with Raw(srv.port) as raw:
            raw.send(request("HEAD", path) + request("GET", path) + BYE)
            head, get = raw.response("HEAD"), raw.response()
            assert head.status == get.status == status
            assert head.header("Content-Length") == str(len(get.body))
            assert head.header("Content-Type") == get.header("Content-Type")
            healthy(raw.response())
            raw.closed()


def test_options(srv):
    with Raw(srv.port) as raw:
        preflight = [("Origin", "http://a.example"),
                     ("Access-Control-Request-Method", "POST"),
                     ("Access-Control-Request-Headers",
                      "authorization, content-type, last-event-id")]
        for path in ("/api/jobs", "/events", "/api/executions/x/heartbeat"):
            r = raw.send(request("OPTIONS", path,
                                 headers=preflight)).response()
            assert r.status in (200, 204), r
            assert r.header("Access-Control-Allow-Origin") in (
                "*", "http://a.example")
            methods = r.header("Access-Control-Allow-Methods") or ""
            assert "GET" in methods or "POST" in methods
            allowed = (r.header("Access-Control-Allow-Headers") or "").lower()
            for name in ("authorization", "content-type", "x-api-key",
                         "last-event-id"):
                assert name in allowed or allowed == "*", name
        healthy(raw.send(BYE).response())


def test_cors_of_plain_answers(srv):
    with Raw(srv.port) as raw:
        for path in ("/healthz", "/api/jobs/nope"):
            r = raw.send(request("GET", path, headers=[
                ("Origin", "http://a.example")])).response()
            assert r.header("Access-Control-Allow-Origin") in (
                "*", "http://a.example")


# ---- bodies ----------------------------------------------------------------

def chunked(*pieces, extra=b"", path="/api/jobs", headers=()):
    head = request("POST", path, headers=[
        ("Transfer-Encoding", "chunked"), *headers])
    body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces)
    return head + body + b"0\r\n" + extra + b"\r\n"


def test_chunked_bodies(srv, case):
    rows = {
        "one": chunked(b'{"name":"c-one"}'),
        "many": chunked(*[bytes([b]) for b in b'{"name":"c-many"}']),
        "trailer": chunked(b'{"name":"c-trailer"}',
                           extra=b"X-Sum: 1\r\nContent-Length: 3\r\n"),
        "capital": request("POST", "/api/jobs", headers=[
            ("transfer-encoding", "Chunked")])
        + b'00012\r\n{"name":"c-capital\r\n2\r\n"}\r\n0\r\n\r\n',
        "extension": request("POST", "/api/jobs", headers=[
            ("Transfer-Encoding", "chunked")])
        + b'14;a=b;c="d"\r\n{"name":"c-extension\r\nA;x\r\n"         \r\n'
        b'1\r\n}\r\n0;last\r\n\r\n'}
    for name, payload in rows.items():
        with case(name), Raw(srv.port) as raw:
            got = raw.send(payload + BYE).responses()
            assert [r.status for r in got] == [201, 200], got
            assert got[0].json()["data"]["name"] == f"c-{name}"


def test_a_chunked_body_of_nothing(srv):
    with Raw(srv.port) as raw:
        got = raw.send(chunked() + BYE).responses()
    assert [r.status for r in got] == [422, 200]


def test_get_with_a_body(srv):
    inner = request("POST", "/api/jobs", job_body("smuggled"))
    for method in ("GET", "HEAD", "DELETE", "OPTIONS"):
        with Raw(srv.port) as raw:
            raw.send(request(method, "/healthz", inner) + BYE)
            got = raw.responses([method])
            assert len(got) in (1, 2)
            if len(got) == 2:
                healthy(got[1])
    assert srv.api.get("/api/jobs/smuggled").status_code == 404


def test_expect_100_continue(srv):
    body = job_body("expected")
    whole = request("POST", "/api/jobs", body,
                    headers=[("Expect", "100-continue")])
    cut = len(whole) - len(body)
    with Raw(srv.port) as raw:
        assert raw.send(whole[:cut]).response().status == 100
        assert raw.send(whole[cut:]).response().status == 201
        healthy(raw.send(HEALTH).response())
    with Raw(srv.port) as raw:
        raw.send(request("POST", "/api/jobs", job_body("at-once"),
                         headers=[("Expect", "100-Continue")]) + BYE)
        got = [r.status for r in raw.responses()]
        assert [s for s in got if s != 100] == [201, 200]


def test_expect_of_a_body_that_is_too_big(srv):
    head = (b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n")
    with Raw(srv.port) as raw:
        assert [r.status for r in raw.send(head).responses()] == [413]


def test_expect_of_something_else(srv):
    with Raw(srv.port) as raw:
        raw.send(request("POST", "/api/jobs", job_body("magic"),
                         headers=[("Expect", "magic")]))
        assert raw.response().status == 417
    assert srv.api.get("/api/jobs/magic").status_code == 404


def test_absolute_targets(srv):
    with Raw(srv.port) as raw:
        got = raw.send(request("GET", "http://x/healthz")
                       + request("GET", "http://x/api/jobs?limit=1")
                       + BYE).responses()
    assert [r.status for r in got] == [200, 200, 200]


def test_answers_say_what_they_are(srv):
    with Raw(srv.port) as raw:
        for path in ("/healthz", "/nope", "/api/jobs", "/api/jobs/x"):
            r = raw.send(request("GET", path)).response()
            assert r.header("Content-Type").startswith("application/json")
            assert r.header("Content-Length") == str(len(r.body))
            assert r.version == "HTTP/1.1"


def test_a_big_answer_to_a_slow_reader(srv):
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")
    for start in range(0, 1000, 100):
        ex.ok("log", logs=[{"message": f"{start + i} " + "x" * 4000}
                           for i in range(100)])
    with Raw(srv.port) as slow, Raw(srv.port) as other:
        slow.send(request("GET", f"{ex.path}/logs?limit=1000") * 3 + BYE)
        for _ in range(20):
            healthy(other.send(HEALTH).response())
        for _ in range(3):
            rows = slow.response().json()["data"]
            assert [r["message"].split()[0] for r in rows] == [
                str(i) for i in range(1000)]
        healthy(slow.response())


@pytest.mark.memory
def test_a_large_answer_leaves_nothing_behind(api, srv):
    api.job(*[f"s{i}" for i in range(64)], name="j")
    before = memory_kb(srv.proc.pid)
    ex = api.trigger("j", {"x": "y" * 900000})
    assert len(ex.text()) > 10_000_000  # steps are given the input
    api.get("/healthz")
    assert memory_kb(srv.proc.pid) - before < 8000


@pytest.mark.memory
def test_answers_that_nobody_reads_are_not_made(srv):
    """Requests without end from a client that never reads cost nothing."""
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")
    ex.ok("log", logs=[{"message": "x" * 900} for _ in range(1000)])
    before = memory_kb(srv.proc.pid)
    deaf = [Raw(srv.port) for _ in range(10)]
    for raw in deaf:
        raw.sock.settimeout(0.2)
        with contextlib.suppress(OSError):
            raw.sock.sendall(request("GET", f"{ex.path}/logs?limit=1000")
                             * 3000)
    healthy_via(srv)
    grown = memory_kb(srv.proc.pid) - before
    for raw in deaf:
        raw.close()
    assert grown < 40_000, f"{grown} kB for ten deaf clients"


def test_a_body_in_many_pieces_is_no_more_work(srv):
    """Parsing goes on where it was; it does not start over."""
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")
    body = json.dumps({"message": "x" * 1_000_000})
    whole = request("POST", f"{ex.path}/log", body)
    before = cpu_seconds(srv.proc.pid)
    with Raw(srv.port) as raw:
        for at in range(0, len(whole), 256):
            raw.send(whole[at:at + 256])
        assert raw.response().status == 200
    assert cpu_seconds(srv.proc.pid) - before < 2


# ---- limits ----------------------------------------------------------------

def refused(raw, status):
    """One answer with this status, then the end."""
    r = raw.response()
    assert r.status == status, r
    raw.closed()
    return r


def test_long_target(srv):
    with Raw(srv.port) as raw:
        raw.send(request("GET", "/healthz?" + "x" * 9000))
        refused(raw, 414)
    with Raw(srv.port) as raw:
        raw.send(b"GET /" + b"x" * 100_000)
        refused(raw, 414)
    with Raw(srv.port) as raw:
        healthy(raw.send(request("GET", "/healthz?" + "x" * 7000)).response())


def test_big_headers(srv):
    with Raw(srv.port) as raw:
        raw.send(request("GET", "/healthz", headers=[("X", "y" * 20_000)]))
        refused(raw, 431)
    with Raw(srv.port) as raw:
        raw.send(request("GET", "/healthz", headers=[
            (f"X{i}", "y") for i in range(10_000)]))
        refused(raw, 431)
    with Raw(srv.port) as raw:
        raw.send(b"GET / HTTP/1.1\r\nX: " + b"y" * 200_000)
        refused(raw, 431)
    with Raw(srv.port) as raw:
        healthy(raw.send(request("GET", "/healthz", headers=[
            (f"X{i}", "y" * 100) for i in range(50)])).response())


def test_big_bodies(srv):
    with Raw(srv.port) as raw:
        raw.send(b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 1048577\r\n\r\n")
        refused(raw, 413)
    with Raw(srv.port) as raw:
        raw.send(b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n"
                 b"Transfer-Encoding: chunked\r\n\r\n100001\r\n")
        refused(raw, 413)
    with Raw(srv.port) as raw:
        raw.send(chunked(*[b" " * 50_000] * 30))
        refused(raw, 413)


def test_a_refusal_reaches_a_client_that_goes_on_sending(srv):
    """Closed at once, the answer would be lost to a reset."""
    body = b"x" * 3_000_000
    for head in (b"Content-Length: 3000000\r\n\r\n",
                 b"Transfer-Encoding: chunked\r\n\r\n2dc6c0\r\n",
                 b"Content-Length: +1\r\n\r\n"):
        with Raw(srv.port) as raw:
            raw.send(b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n" + head)
            raw.send(body)
            assert raw.response().status in (400, 413)


def test_limit_flags(start):
    srv = start("--max-body-bytes", "1024")
    with Raw(srv.port) as raw:
        raw.send(request("POST", "/api/jobs", "x" * 1025))
        refused(raw, 413)
    with Raw(srv.port) as raw:
        body = json.dumps({"name": "x", "description": "y" * 980})
        assert len(body) <= 1024
        assert raw.send(request("POST", "/api/jobs",
                                body)).response().status == 201


def trickle(raw, piece, deadline=10.0):
    """Send piece by piece until an answer or the end shows up."""
    until = time.monotonic() + deadline
    while time.monotonic() < until:
        raw.send(piece)
        if select.select([raw.sock], [], [], 0.02)[0]:
            return
    raise AssertionError("it never lost patience")


def test_slow_header(start):
    srv = start("--header-timeout-ms", "300")
    with Raw(srv.port) as raw:
        refused(raw.send(b"GET /healthz HTTP/1.1\r\nHost:"), 408)
    with Raw(srv.port) as raw:
        raw.send(b"GET /healthz HTTP/1.1\r\nX: ")
        trickle(raw, b"y")
        refused(raw, 408)
    healthy_via(srv)


def test_slow_body(start):
    srv = start("--body-timeout-ms", "300")
    head = (b"POST /api/jobs HTTP/1.1\r\nHost: x\r\n"
            b"Content-Length: 100000\r\n\r\n")
    with Raw(srv.port) as raw:
        refused(raw.send(head + b"{"), 408)
    with Raw(srv.port) as raw:
        raw.send(head)
        trickle(raw, b" ")
        refused(raw, 408)


def test_idle_connections_are_closed(start):
    srv = start("--idle-timeout-ms", "300")
    with Raw(srv.port) as raw:
        healthy(raw.send(HEALTH).response())
        raw.closed()
    with Raw(srv.port) as raw:
        got = raw.responses()
        assert [r.status for r in got] in ([], [408])


def test_too_many_connections(start):
    srv = start("--max-connections", "4")
    held = [Raw(srv.port) for _ in range(4)]
    for raw in held:
        healthy(raw.send(HEALTH).response())
    for _ in range(3):
        with Raw(srv.port) as raw:
            raw.send(HEALTH)
            r = refused(raw, 503)
            assert int(r.header("Retry-After")) > 0
    for raw in held:
        healthy(raw.send(HEALTH).response())
    held.pop().close()

    def again():
        with Raw(srv.port) as raw:
            return raw.send(HEALTH).response().status == 200
    wait_until(again, "room for one more")
    for raw in held:
        raw.close()



def test_out_of_descriptors_does_not_spin(start):
    srv = start(run=False)
    srv.wrap = ["prlimit", "--nofile=48:48"]
    srv.start()
    with Raw(srv.port) as first:
        healthy(first.send(HEALTH).response())
        crowd = [Raw(srv.port) for _ in range(80)]
        for raw in crowd:
            raw.send(HEALTH)
        lines = srv.log_text().count("\n")
        used = cpu_while_idle(srv.proc.pid, first.sock)
        assert used < 0.4, "it spins"
        assert srv.log_text().count("\n") - lines < 50, "it floods the log"
        healthy(first.send(HEALTH).response())
        for raw in crowd:
            raw.close()
    wait_until(lambda: srv.api.get("/healthz").status_code == 200,
               "service after the crowd")


def test_requests_per_minute(start):
    srv = start()
    admin = srv.api.post("/api/keys", {"name": "a", "scope": "admin"})
    key = admin.json()["data"]["key"]
    other = srv.api.with_key(key).post("/api/keys", {
        "name": "b", "scope": "read"}).json()["data"]["key"]
    srv.api.key = key
    srv.restart("--requests-per-minute", "10")
    one, two = srv.api.with_key(key), srv.api.with_key(other)
    codes = [one.get("/api/jobs").status_code for _ in range(15)]
    assert codes == [200] * 10 + [429] * 5, codes
    r = one.get("/api/jobs")
    assert int(r.headers["Retry-After"]) > 0
    assert "errors" in r.json()
    assert two.get("/api/jobs").status_code == 200, "each key has its own"


def test_unfinished_requests_share_a_bound(start):
    """Nobody has shown a key while a body is on its way: it is bounded."""
    srv = start("--max-pending-bytes", str(2 << 20))
    head = (b"POST /api/jobs HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Length: 1000000\r\n\r\n")
    raws = [Raw(srv.port) for _ in range(3)]
    for raw in raws:
        raw.send(head + b" " * 900_000)
    wait_until(lambda: any(
        select.select([raw.sock], [], [], 0)[0] for raw in raws),
        "one is turned down")
    told = [raw for raw in raws if select.select([raw.sock], [], [], 0)[0]]
    assert told[0].response().status == 503
    assert srv.api.get("/healthz").status_code == 200
    for raw in raws:
        raw.close()
    srv.api.job(name="later")


def test_waiting_requests_share_it_too(start):
    """A claim may wait a minute, and what it sent waits as long."""
    srv = start("--max-pending-bytes", str(2 << 20))
    claim = request("POST", "/api/claims", json.dumps(
        {"worker": "w", "wait_seconds": 60, "junk": "x" * 900_000}))
    with Raw(srv.port) as one, Raw(srv.port) as two, Raw(srv.port) as third:
        for n, raw in enumerate([one, two], 1):
            raw.send(claim)
            wait_until(lambda n=n: srv.info()["waiting"] == n, "it waits")
        third.send(claim[:-100])
        assert third.response().status == 503
        one.reset()
        two.reset()
        wait_until(lambda: srv.info()["connections"] == 1, "they have gone")
        srv.api.job("a", name="j")
        srv.api.trigger("j", {"x": "y" * 900_000})


def test_answers_that_nobody_takes_share_a_bound(start):
    srv = start("--max-pending-bytes", str(1 << 20))
    srv.api.job(*[f"s{i}" for i in range(64)], name="j")
    ex = srv.api.trigger("j", {"x": "y" * 900_000})  # for each step
    deaf = [Raw(srv.port) for _ in range(4)]
    for raw in deaf:
        raw.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        raw.send(request("GET", ex.path))
    wait_until(lambda: srv.info()["connections"] < 5, "some are cut off")
    whole = 0
    for raw in deaf:
        with contextlib.suppress(Closed):
            raw.response()
            whole += 1
        raw.close()
    assert 0 < whole < 4
