"""Streams: snapshot, live, resume; no gap and no duplicate anywhere.

Neighbours: sse.py reads them and checks what is true of every event.
"""
import json
import threading
import uuid

import pytest

from api import ok
from rawhttp import Raw, request
from server import memory_kb, wait_until
from sse import Stream, events_path, replay


@pytest.fixture
def job(api):
    return api.job("a", "b", name="j")


def key(event):
    return (event.seq, event.type, event.text)


def ids(events):
    return [e.data["execution_id"] for e in events]


def statuses(events):
    return [e.data["status"] for e in events if e.type == "status"]


# ---- /events: snapshot, then live -----------------------------------------

def test_snapshot_first(srv, api, job):
    done, busy, new = (api.trigger("j") for _ in range(3))
    done.finish()
    busy.data("progress", progress_percent=10, current_step_name="a")
    with Stream(srv.port, "/events") as stream:
        event = stream.next()
        assert stream.retry and stream.comments, "at once, before all"
    shot = event.data
    assert event.name == "snapshot" and shot["execution_id"] is None
    assert shot["counts"]["completed"] == 1
    assert shot["counts"]["running"] == shot["counts"]["queued"] == 1
    assert [x["id"] for x in shot["executions"]] == [new.id, busy.id]
    row = shot["executions"][1]
    assert row["job_id"] == job["id"] and row["job_name"] == "j"
    assert row["status"] == "running" and row["attempt"] == 1
    assert row["progress_percent"] == 10
    assert row["current_step_name"] == "a"
    assert "steps" not in row and row["number"] == busy.first["number"]
    assert event.seq == srv.seq()
    assert event.id.endswith(f"-{event.seq}")
    assert event.id.startswith(str(srv.info()["epoch"]))


def test_snapshot_shows_at_most_a_hundred(srv, api, job):
    made = [api.trigger("j").id for _ in range(105)]
    with Stream(srv.port, "/events") as stream:
        rows = stream.next().data["executions"]
    assert [r["id"] for r in rows] == made[:4:-1]


def test_live_events_of_a_whole_life(srv, api, job):
    with Stream(srv.port, "/events", types="all") as stream:
        assert stream.next().type == "snapshot"
        ex = api.trigger("j", {"x": 1})
        ok(api.post(f"/api/executions/{ex.id}/log",
                    '{"level":"warn","message":"m","log_data":{"n":1.50}}'))
        ex.data("progress", progress_percent=30, current_step_index=1,
                current_step_name="b", metadata={"r": 1})
        step = ex.step("a", "running")
        ex.step("a", "progress", progress_percent=50)
        ex.step("a", "completed", artifacts={"k": 1})
        ex.finish()
        seen = stream.until(lambda e: e.data.get("status") == "completed"
                            and e.type == "status")
    assert set(ids(seen)) == {ex.id}
    assert statuses(seen) == ["queued", "running", "completed"]
    by_type = {}
    for event in seen:
        by_type.setdefault(event.type, []).append(event.data)
    log = by_type["log"][0]
    assert (log["level"], log["message"]) == ("warn", "m")
    assert log["log_data"] == {"n": 1.5}
    assert '"log_data":{"n":1.50}' in [
        e.text for e in seen if e.type == "log"][0]
    first, second = by_type["progress"]
    assert first["progress_percent"] == 30 and first["metadata"] == {"r": 1}
    assert first["current_step_name"] == "b"
    assert first["current_step_index"] == 1
    assert (second["step"], second["progress_percent"]) == ("a", 50)
    assert second["step_id"] == step["id"]
    about_a = [s for s in by_type["step"] if s["step"] == "a"]
    assert [s["status"] for s in about_a][-2:] == ["running", "completed"]
    assert about_a[-1]["step_id"] == step["id"]
    status = [e for e in seen if e.type == "status"][-1].data
    assert status["previous"] == "running" and status["attempt"] == 1
    assert status["job_id"] == job["id"] and status["job_name"] == "j"
    assert status["number"] == ex.first["number"]


def test_canonical_statuses(srv, api):
    api.job("a", name="j", retry={"max_attempts": 2, "jitter": 0,
                                  "initial_interval_ms": 10_000})
    with Stream(srv.port, "/events") as stream:
        stream.next()
        ex = api.trigger("j")
        ex.data("heartbeat")
        ex.data("fail", error_message="why", error_type="E")
        srv.advance(12_000)
        ex.data("heartbeat")
        ex.data("cancel")
        ex.data("complete")
        late = api.trigger("j")
        late.data("heartbeat")
        srv.advance(310_000)
        srv.advance(12_000)
        late.data("heartbeat")
        srv.advance(310_000)
        seen = [e for e in stream.until(
            lambda e: e.data.get("status") == "timed_out")
            if e.type == "status"]
    mine = [e for e in seen if e.data["execution_id"] == ex.id]
    assert statuses(mine) == ["queued", "running", "retrying", "queued",
                              "running", "cancelling", "cancelled"]
    assert [e.data["previous"] for e in mine[1:]] == statuses(mine)[:-1]
    assert mine[2].data["error_message"] == "why"
    assert mine[2].data["error_type"] == "E" and mine[2].data["retry_at"]
    theirs = [e for e in seen if e.data["execution_id"] == late.id]
    assert statuses(theirs) == ["queued", "running", "retrying", "queued",
                                "running", "timed_out"]


def test_heartbeats_are_not_events(srv, api, job):
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next()
        ex = api.trigger("j")
        for _ in range(5):
            ex.data("heartbeat")
        ex.finish()
        seen = stream.until(lambda e: e.data.get("status") == "completed"
                            and e.type == "status")
    assert len([e for e in seen if e.type == "status"]) == 3
    assert not [e for e in seen if e.type not in ("status", "step")]


def test_everything_in_a_turn_arrives_in_order(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, "/events", types="log") as stream:
        stream.next()
        ex.ok("log", logs=[{"message": str(i)} for i in range(1000)])
        seen = stream.until(lambda e: e.data.get("message") == "999")
    assert [e.data["message"] for e in seen] == [str(i) for i in range(1000)]


def test_payloads_with_line_ends_stay_on_one_line(srv, api, job):
    """Bytes are kept as sent, but a line end would cut a frame in two."""
    ex = api.trigger("j")
    odd = '{\n "a":\r\n [1,\r2],\t"b": "\\n\\r"\n}'
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next()
        ex.ok("log", '{"message":"a\\nb","log_data":' + odd + "}")
        ex.ok("progress", '{"metadata":' + odd + "}")
        log, progress = stream.next("log"), stream.next("progress")
    want = {"a": [1, 2], "b": "\n\r"}
    assert log.data["log_data"] == progress.data["metadata"] == want
    assert log.data["message"] == "a\nb"
    assert f'"progress_metadata":{odd}' in ex.text()


def test_a_big_event(srv, api, job):
    ex = api.trigger("j")
    big = "x" * 900_000
    with Stream(srv.port, "/events", types="log") as stream:
        stream.next()
        for i in range(3):
            ex.ok("log", message=f"{i}{big}")
        for i in range(3):
            assert stream.next().data["message"] == f"{i}{big}"
    seen = replay(srv.port, srv.seq(), types="log")
    assert [len(e.data["message"]) for e in seen] == [900_001] * 3


# ---- filters ---------------------------------------------------------------

def test_filters(srv, api, case):
    j1, j2 = api.job("a", name="one"), api.job("a", name="two")
    made = [api.trigger("one", tags={"env": "prod"}, project_id=7),
            api.trigger("two", tags={"env": "test"}),
            api.trigger("two", tags={"env": "prod"}, project_id=8)]
    for ex in made:
        ex.data("progress", progress_percent=5)
        ex.ok("log", message="m")
        ex.finish()
    seq = srv.seq()
    full = replay(srv.port, seq)
    a, b, c = (ex.id for ex in made)
    rows = [({"job": "one"}, lambda e: e.data["execution_id"] == a),
            ({"job": j2["id"]}, lambda e: e.data["execution_id"] in (b, c)),
            ({"job": "one,two"}, lambda e: True),
            ({"tag": "env:prod"}, lambda e: e.data["execution_id"] in (a, c)),
            ({"project": "8"}, lambda e: e.data["execution_id"] == c),
            ({"types": "log"}, lambda e: e.type == "log"),
            ({"types": "log,status"}, lambda e: e.type in ("log", "status")),
            ({"status": "completed", "types": "status"},
             lambda e: e.type == "status"
             and e.data["status"] == "completed"),
            ({"status": "running,completed", "types": "status",
              "job": "two"},
             lambda e: e.type == "status" and e.data["status"] in (
                 "running", "completed")
             and e.data["execution_id"] in (b, c))]
    ids_of = {"one": j1["id"], "two": j2["id"]}
    assert set(ids_of) == {"one", "two"}
    for query, wanted in rows:
        with case(str(query)):
            query = {"types": "all", **query}
            want = [key(e) for e in full if wanted(e)]
            assert want
            with Stream(srv.port, "/events", since="0", **query) as stream:
                got = [key(stream.next()) for _ in want]
                assert got == want


def test_filters_live(srv, api):
    api.job("a", name="one")
    api.job("a", name="two")
    with Stream(srv.port, "/events", job="two", types="status") as stream:
        assert stream.next().data["executions"] == []
        for _ in range(10):
            api.trigger("one").finish()
        ex = api.trigger("two")
        ex.finish()
        seen = stream.until(lambda e: e.data.get("status") == "completed")
    assert set(ids(seen)) == {ex.id}


def test_default_types(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, "/events") as stream, Stream(
            srv.port, events_path(ex)) as one:
        for s in (stream, one):
            s.next()
        ex.ok("log", message="m")
        ex.data("progress", progress_percent=1)
        ex.step("a", "completed", artifacts={})
        ex.finish()
        seen = one.until_end()
    assert {e.type for e in seen} <= {"status", "step", "progress", "end"}
    assert {"status", "step", "progress", "end"} <= {e.type for e in seen}


def test_bad_queries(srv, api, job, case):
    ex = api.trigger("j")
    for path in ("/events", events_path(ex)):
        for query in ({"types": "odd"}, {"types": "status,odd"},
                      {"status": "odd"}, {"job": "ghost"},
                      {"project": "x"}, {"tag": "x"}, {"since": "yesterday"},
                      {"timeout": "0"}, {"timeout": "3601"},
                      {"timeout": "x"}):
            mine = "timeout" in query or "types" in query or "since" in query
            if path != "/events" and not mine:
                continue
            if path == "/events" and "timeout" in query:
                continue
            with case(f"{path[-8:]} {query}"):
                with Stream(srv.port, path, **query) as stream:
                    assert stream.status in (400, 404, 422), stream.status


# ---- names, comments, framing ----------------------------------------------

def test_event_off_leaves_names_out(srv, api, job):
    with Stream(srv.port, "/events", event="off") as stream:
        assert stream.next().name is None
        ex = api.trigger("j")
        ex.finish()
        seen = stream.until(lambda e: e.data.get("status") == "completed"
                            and e.type == "status")
    assert all(e.name is None and e.type for e in seen)


def test_keep_alive_comments(start):
    srv = start("--stream-keepalive-ms", "100")
    with Stream(srv.port, "/events") as stream:
        stream.next()
        for _ in range(3):
            stream.until_comment()
        assert stream.status == 200


def test_keep_alive_as_an_event(start):
    srv = start("--stream-keepalive-ms", "100")
    with Stream(srv.port, "/events", heartbeat="event") as stream:
        first = stream.next()
        cursor = stream.cursor
        for _ in range(3):
            event = stream.next()
            assert event.name == "heartbeat" and event.id is None
        assert first.type == "snapshot" and stream.cursor == cursor


def test_the_cursor_moves_past_what_is_filtered(start):
    """Who is sent nothing need not read it all again after a reconnect."""
    srv = start("--stream-keepalive-ms", "200")
    srv.api.job("a", name="one")
    srv.api.job("a", name="two")
    with Stream(srv.port, "/events", job="one") as stream:
        stream.next()
        for _ in range(3):
            srv.api.trigger("two").finish()
        seq = srv.seq()
        stream.until_cursor(seq)
        srv.api.trigger("one")
        assert stream.next().seq == seq + 1
    with Stream(srv.port, "/events", types="log") as stream:
        stream.next()
        ex = srv.api.trigger("one")
        reports = [{"step": "a", "report": "progress",
                    "progress_percent": i % 100} for i in range(900)]
        for _ in range(4):
            ex.data("report", {"step_reports": reports})
        stream.until_cursor(srv.seq())


def test_http_1_0_is_delimited_by_its_end(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, events_path(ex), version="1.0") as stream:
        assert stream.next().type == "snapshot"
        ex.finish()
        seen = stream.until_end()
    assert seen[-1].type == "end"


def test_head_of_a_stream(srv):
    with Raw(srv.port) as raw:
        r = raw.send(request("HEAD", "/events", headers=[
            ("Connection", "close")])).response("HEAD")
        assert r.status in (200, 405)
        raw.closed()


def test_cors(srv):
    with Stream(srv.port, "/events",
                [("Origin", "http://a.example")]) as stream:
        assert stream.header("Access-Control-Allow-Origin") in (
            "*", "http://a.example")


def test_stray_bytes_end_a_stream(srv, api, job):
    with Stream(srv.port, "/events") as stream:
        stream.next()
        stream.raw.send(b"x" * 200_000)
        stream.raw.reader.rest()
    api.trigger("j").finish()


def test_a_pipelined_request_behind_a_stream(srv, api, job):
    """The stream takes the connection; what follows is not answered."""
    with Raw(srv.port) as raw:
        raw.send(request("GET", "/events")
                 + request("POST", "/api/jobs", '{"name":"behind"}'))
        head = raw.reader.until_mark(b"\r\n\r\n")
        assert b" 200 " in head
    assert api.get("/api/jobs/behind").status_code == 404


# ---- streams of one execution ------------------------------------------------

def test_one_execution(srv, api, job):
    other, ex = api.trigger("j"), api.trigger("j")
    with Stream(srv.port, events_path(ex)) as stream:
        event = stream.next()
        assert event.type == "snapshot"
        assert event.data["execution_id"] == ex.id
        row = event.data["execution"]
        assert row["id"] == ex.id and row["job_name"] == "j"
        assert [s["name"] for s in row["steps"]] == ["a", "b"]
        other.finish()
        ex.data("heartbeat")
        ex.finish()
        seen = stream.until_end()
    assert set(ids(seen)) == {ex.id}
    assert seen[-1].type == "end" and seen[-1].data["status"] == "completed"
    assert seen[-2].type in ("status", "step")
    last = [e for e in seen if e.type == "status"][-1]
    assert last.data["status"] == "completed"


def test_factflow_words(srv, api):
    api.job("a", name="j", retry={"max_attempts": 2, "jitter": 0,
                                  "initial_interval_ms": 10_000})
    ex = api.trigger("j")
    with Stream(srv.port, events_path(ex)) as stream:
        assert stream.next().data["execution"]["status"] in (
            "running", "queued", "created")
        ex.data("heartbeat")
        ex.data("fail", error_message="m")
        srv.advance(12_000)
        ex.data("heartbeat")
        ex.data("cancel")
        ex.data("complete")
        seen = [e for e in stream.until_end() if e.type == "status"]
    assert [e.data["canonical_status"] for e in seen] == [
        "running", "retrying", "queued", "running", "cancelling",
        "cancelled"]
    assert [e.data["status"] for e in seen] == [
        "running", "running", "running", "running", "cancelling",
        "cancelled"]


def test_terminal_gives_snapshot_and_end(srv, api, job):
    ex = api.trigger("j")
    ex.finish()
    with Stream(srv.port, events_path(ex)) as stream:
        seen = stream.until_end()
    assert [e.type for e in seen] == ["snapshot", "end"]
    assert seen[0].data["execution"]["status"] == "completed"
    assert seen[1].data["status"] == "completed"


def test_unknown_execution_is_no_stream(srv, case):
    for ident in (str(uuid.uuid4()), "nope", "%00"):
        with case(ident), Raw(srv.port) as raw:
            r = raw.send(request("GET", events_path(ident))).response()
            assert r.status == 404
            assert r.header("Content-Type").startswith("application/json")
            assert isinstance(r.json().get("detail",
                                           r.json().get("errors")),
                              (str, dict))


def test_timeout_closes_the_stream(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, events_path(ex), timeout="1") as stream:
        seen = stream.until_end()
    assert [e.type for e in seen] in (["snapshot"], ["snapshot", "end"])


def test_timeout_is_a_number_of_seconds(srv, api, job, case):
    ex = api.trigger("j")
    for text, status in (("1.0", 200), ("1.25", 200), ("300.0", 200),
                         ("3600.000", 200), ("0.999", 422),
                         ("3600.001", 422), ("1.", 422), (".5", 422),
                         ("1.x", 422), ("1.5.5", 422), ("-1.5", 422)):
        with case(text):
            with Stream(srv.port, events_path(ex), timeout=text) as stream:
                assert stream.status == status


def test_execution_stream_with_logs(srv, api, job):
    ex = api.trigger("j")
    ex.ok("log", message="before")
    with Stream(srv.port, events_path(ex), types="log",
                since="0") as stream:
        assert stream.next().data["message"] == "before"
        ex.ok("log", message="after")
        ex.finish()
        seen = stream.until_end()
    assert [e.type for e in seen] == ["log", "end"]


# ---- cursors ---------------------------------------------------------------

@pytest.fixture
def history(srv, api, job):
    """Twenty lives, and the whole journal of them as /events shows it."""
    for i in range(20):
        ex = api.trigger("j", i)
        ex.ok("log", message=f"m{i}")
        ex.finish()
    return replay(srv.port, srv.seq())


def test_resume_right_after_a_cursor(srv, history, case):
    for at in (0, 1, 17, len(history) // 2, len(history) - 2):
        want = [key(e) for e in history[at + 1:]]
        cursor, seq = history[at].id, str(history[at].seq)
        ways = {"header": {"headers": [("Last-Event-ID", cursor)]},
                "query": {"last_event_id": cursor},
                "camel": {"lastEventId": cursor},
                "since": {"since": seq}, "bare": {"last_event_id": seq},
                "bare header": {"headers": [("Last-Event-ID", seq)]},
                "header wins": {"headers": [("Last-Event-ID", cursor)],
                                "last_event_id": history[0].id}}
        for name, way in ways.items():
            with case(f"{name} at {at}"):
                with Stream(srv.port, "/events", types="all",
                            **way) as stream:
                    assert [key(stream.next()) for _ in want] == want


def test_resume_at_the_tail_waits(srv, api, history):
    tail = history[-1].id
    with Stream(srv.port, "/events", [("Last-Event-ID", tail)],
                types="all") as stream:
        ex = api.trigger("j")
        event = stream.next()
    assert event.type == "status" and event.data["execution_id"] == ex.id


def test_since_words(srv, api, history, case):
    with case("0"), Stream(srv.port, "/events", types="all",
                           since="0") as stream:
        assert key(stream.next()) == key(history[0])
    with case("all"), Stream(srv.port, "/events", types="all",
                             since="all") as stream:
        assert key(stream.next()) == key(history[0])
    with case("now"), Stream(srv.port, "/events", types="all",
                             since="now") as stream:
        ex = api.trigger("j")
        first = stream.next()
        if first.type == "snapshot":
            first = stream.next()
        assert first.data["execution_id"] == ex.id


def test_since_a_time(srv, api, job):
    old = api.trigger("j")
    srv.advance(60_000)
    from_here = api.trigger("j")
    when = from_here.first["created_at"]
    from_here.finish()
    with Stream(srv.port, "/events", types="status", since=when) as stream:
        seen = stream.until(lambda e: e.data.get("status") == "completed")
    assert set(ids(seen)) == {from_here.id} and old.id != from_here.id


def test_cursors_that_mean_nothing(srv, api, history, case):
    epoch, _, seq = history[-1].id.rpartition("-")
    other = ("0" if epoch[0] != "0" else "1") + epoch[1:]
    for name, cursor in (("another epoch", f"{other}-5"),
                         ("ahead", f"{epoch}-{int(seq) + 1000}"),
                         ("ahead, bare", str(int(seq) + 1000)),
                         ("nonsense", "nonsense"), ("empty seq", f"{epoch}-"),
                         ("negative", f"{epoch}--1"),
                         ("too big", f"{epoch}-99999999999999999999999")):
        with case(name), Stream(srv.port, "/events",
                                [("Last-Event-ID", cursor)]) as stream:
            gap = stream.next()
            assert gap.type == "gap" and gap.data["reason"]
            shot = stream.next()
            assert shot.type == "snapshot" and shot.seq == int(seq)
    with case("then live"), Stream(srv.port, "/events", types="status",
                                   last_event_id=f"{other}-5") as stream:
        stream.next("snapshot")
        ex = api.trigger("j")
        assert stream.next().data["execution_id"] == ex.id


def test_204_when_there_is_nothing_more(srv, api, job, case):
    ex = api.trigger("j")
    ex.finish()
    with Stream(srv.port, events_path(ex), types="all",
                since="0") as stream:
        events = stream.until_end()
    last = events[-1].id or events[-2].id
    api.trigger("j").finish()
    for cursor in (last, str(srv.seq())):
        with case(cursor), Raw(srv.port) as raw:
            r = raw.send(request("GET", events_path(ex), headers=[
                ("Last-Event-ID", cursor)])).response()
            assert r.status == 204 and r.body == b""
    with case("one before the last"):
        before = events[-3]
        with Stream(srv.port, events_path(ex), types="all",
                    last_event_id=before.id) as stream:
            seen = stream.until_end()
        assert [key(e) for e in seen] == [key(e) for e in events[-2:]]


def test_resume_of_one_execution(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, events_path(ex)) as stream:
        stream.next()
        ex.data("progress", progress_percent=1)
        stream.next("progress")
        cursor = stream.cursor
    api.trigger("j").finish()
    ex.data("progress", progress_percent=2)
    ex.finish()
    with Stream(srv.port, events_path(ex), last_event_id=cursor) as stream:
        seen = stream.until_end()
    assert [e.type for e in seen if e.type in ("progress", "end")] == [
        "progress", "end"]
    assert seen[0].data["progress_percent"] == 2


# ---- the seam ----------------------------------------------------------------

def write_logs(api, count, started):
    """count events from a thread of its own, in batches of odd sizes."""
    ex = api.trigger("j")
    started.set()
    sent = 0
    for size in [1, 3, 7, 1, 20] * count:
        size = min(size, count - sent)
        ex.ok("log", logs=[{"message": f"{sent + i}"} for i in range(size)])
        sent += size
        if sent == count:
            break


def in_threads(*jobs):
    threads = [threading.Thread(target=fn, args=args) for fn, *args in jobs]
    for t in threads:
        t.start()
    return threads


class Follower(threading.Thread):
    """Opens a stream and reads it until a log that says "the end"."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.stream = Stream(port, "/events", types="all", deadline=60.0)
        self.opened = self.stream.next().seq
        self.seen = None
        self.start()

    def run(self):
        self.seen = [key(e) for e in self.stream.until(
            lambda e: e.data.get("message") == "the end")]
        self.stream.close()


def test_no_gap_and_no_duplicate_at_the_seam(srv, api, job):
    """Streams opened while 2,000 events are written see each exactly once."""
    started, followers = threading.Event(), []
    writers = in_threads((write_logs, api, 1000, started),
                         (write_logs, api, 1000, started))
    started.wait(10)
    while any(t.is_alive() for t in writers) and len(followers) < 20:
        followers.append(Follower(srv.port))
    for t in writers:
        t.join()
    api.trigger("j").ok("log", message="the end")
    full = [key(e) for e in replay(srv.port, srv.seq())]
    assert len([k for k in full if k[1] == "log"]) == 2001
    for follower in followers:
        follower.join(60)
        assert follower.seen == [k for k in full if k[0] > follower.opened]
    assert len(followers) > 2


def test_hopping_reader(srv, api, job):
    """A client that reconnects all the time misses and repeats nothing."""
    started, cursor, got = threading.Event(), "0", []
    writers = in_threads((write_logs, api, 1000, started),
                         (write_logs, api, 1000, started))
    started.wait(10)
    logs = 0
    while logs < 2000:
        with Stream(srv.port, "/events", [("Last-Event-ID", cursor)],
                    types="all", deadline=30.0) as stream:
            for _ in range(37):
                got.append(key(stream.next()))
                logs += got[-1][1] == "log"
                if logs == 2000:
                    break
            cursor = stream.cursor
    for t in writers:
        t.join()
    full = [key(e) for e in replay(srv.port, got[-1][0])]
    assert got == full


def test_resume_across_a_kill(srv, api, job):
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next()
        ex = api.trigger("j")
        ex.ok("log", message="before")
        stream.next("log")
        cursor, epoch = stream.cursor, srv.info()["epoch"]
        ex.ok("log", message="acknowledged, not read")
        srv.kill9()
    srv.start()
    assert srv.info()["epoch"] == epoch
    ex.ok("log", message="after")
    with Stream(srv.port, "/events", types="all",
                last_event_id=cursor) as stream:
        seen = stream.until(lambda e: e.data.get("message") == "after")
    assert [e.data["message"] for e in seen if e.type == "log"] == [
        "acknowledged, not read", "after"]
    assert "interrupted" in statuses(seen)
    assert statuses(seen)[-1] == "running"


def test_stop_ends_streams_kindly(srv, api, job):
    api.trigger("j")
    streams = [Stream(srv.port, "/events") for _ in range(5)]
    for stream in streams:
        stream.next()
    srv.stop()
    for stream in streams:
        seen = stream.until_end()
        assert {e.type for e in seen} <= {"end"}
    srv.start()


# ---- slow and many -------------------------------------------------------------

def big_logs(ex, count, size=20_000):
    for i in range(0, count, 10):
        ex.ok("log", logs=[{"message": f"{i + k} " + "x" * size}
                           for k in range(10)])


def test_a_stalled_reader_catches_up(srv, api, job):
    """Far beyond every buffer, then reading again: nothing is missing."""
    ex = api.trigger("j")
    with Stream(srv.port, "/events", types="log", deadline=30.0) as stream:
        stream.next()
        big_logs(ex, 800)
        ex.finish()
        seen = stream.until(
            lambda e: e.data.get("message", "").startswith("799 "))
    assert [e.data["message"].split()[0] for e in seen] == [
        str(i) for i in range(800)]


@pytest.mark.memory
def test_stalled_readers_cost_no_memory(srv, api, job):
    ex = api.trigger("j")
    streams = [Stream(srv.port, "/events", types="log") for _ in range(20)]
    for stream in streams:
        stream.next()
    big_logs(ex, 50)
    before = memory_kb(srv.proc.pid)
    big_logs(ex, 500)
    grown = memory_kb(srv.proc.pid) - before
    for stream in streams:
        stream.close()
    # 20 readers behind by 10 MB each would be 200 MB of queues.
    assert grown < 40_000, f"{grown} kB for 20 stalled readers"


def test_a_stalled_reader_is_dropped_in_the_end(start):
    srv = start("--stream-stall-timeout-ms", "300")
    srv.api.job("a", name="j")
    ex = srv.api.trigger("j")
    with Stream(srv.port, "/events", types="log") as stream:
        stream.next()
        assert srv.info()["subscribers"] == 1
        big_logs(ex, 400)
        wait_until(lambda: srv.info()["subscribers"] == 0,
                   "the stalled stream is closed")


def test_many_subscribers(srv, api, job):
    streams = [Stream(srv.port, "/events") for _ in range(200)]
    for stream in streams:
        stream.next()
    assert srv.info()["subscribers"] == 200
    ex = api.trigger("j")
    ex.finish()
    for stream in streams:
        assert statuses(stream.until(
            lambda e: e.data.get("status") == "completed"
            and e.type == "status"))[-1] == "completed"
        stream.close()
    wait_until(lambda: srv.info()["subscribers"] == 0, "all have gone")


def test_too_many_streams_are_sent_away_kindly(start):
    """A browser gives up for good on anything but 200."""
    srv = start("--max-streams", "2")
    held = [Stream(srv.port, "/events") for _ in range(2)]
    for stream in held:
        stream.next()
    with Stream(srv.port, "/events") as stream:
        assert stream.status == 200
        assert [e for e in stream.until_end() if e.type != "end"] == []
        assert stream.retry
    for stream in held:
        stream.close()


def test_streams_do_not_block_requests(srv, api, job):
    with Stream(srv.port, "/events", types="all"):
        ex = api.trigger("j")
        big_logs(ex, 300)
        assert ok(api.get("/healthz")) == {"status": "ok"}
        assert json.loads(ex.text())["data"]["status"] == "running"


def test_several_executions_and_several_tags(api, srv):
    api.job(name="several")
    a, b, c = (api.trigger("several", tags={"env": "prod", "n": n})
               for n in ("1", "2", "3"))
    path = f"/events?execution_id={a.id}&execution_id={b.id}"
    with Stream(srv.port, path) as stream:
        shot = stream.next().data
        assert [x["id"] for x in shot["executions"]] == [a.id, b.id]
        for ex in (c, b, a):
            ex.ok("complete")
        seen = [stream.next() for _ in range(4)]
        assert ids(seen) == [b.id, b.id, a.id, a.id]
        assert statuses(seen) == ["running", "completed"] * 2
    with Stream(srv.port, "/events?tag=env:prod&tag=n:2&since=all") as stream:
        assert ids(stream.next() for _ in range(3)) == [b.id] * 3
    rows = ok(api.get("/api/executions?tag=env:prod&tag=n:3"))["data"]
    assert [row["id"] for row in rows] == [c.id]
    r = api.get(f"{path}&execution_id={uuid.UUID(int=1)}")
    assert r.status_code == 404
    r = api.get("/events?" + "&".join(["tag=a:b"] * 17))
    assert r.status_code == 422
