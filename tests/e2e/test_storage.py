"""Storage: every write is one event behind the bytes, and streams of them.

Neighbours: test_streams.py has what is true of every stream.
"""
import pytest

from api import chain, ok
from server import wait_until
from sse import Stream

OBJECT = "storage.object.created"


@pytest.fixture
def job(api):
    return api.job(*chain("a", "b"), name="j")


def several(*executions):
    return "/api/v1/storage/events?" + "&".join(
        f"execution_id={getattr(x, 'id', x)}" for x in executions)


def one(execution):
    return f"/api/v1/executions/{execution.id}/storage-stream"


def write_all(execution):
    """Three writes: a checkpoint, artifacts and the result."""
    execution.step("a", "progress", checkpoint_data={"at": 1})
    execution.step("a", "completed", artifacts={"k": [1, 2]})
    execution.finish({"done": True})


def names(events):
    return [e.data["name"] for e in events if e.type == OBJECT]


def objects(events, execution):
    return [e.data["path"] for e in events
            if e.type == OBJECT and e.data["execution_id"] == execution.id]


PATHS = ["a/a/checkpoint.json", "a/a/artifacts.json",
         "_execution/result/result.json"]
NAMES = [p.rsplit("/", 1)[1] for p in PATHS]


def test_each_write_is_one_event(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, "/storage-stream") as stream:
        assert stream.next().type == "snapshot"
        write_all(ex)
        api.trigger("j").finish()  # writes nothing
        last = api.trigger("j")
        last.finish(0)
        seen = stream.until(lambda e: e.data["execution_id"] == last.id)
    assert [e.name for e in seen] == [OBJECT] * 4
    first = seen[1].data
    assert first["key"] == f"executions/{ex.id}/a/a/artifacts.json"
    assert (first["route"], first["stage"]) == ("a", "a")
    assert first["name"] == "artifacts.json" and first["step"] == "a"
    assert first["size"] == len('{"k": [1, 2]}')
    assert first["content_type"] == "application/json"
    assert [e.data["path"] for e in seen[:3]] == PATHS
    assert seen[2].data["step"] is None
    assert seen[3].data["size"] == 1


def test_they_stand_behind_their_bytes(srv, api, job):
    with Stream(srv.port, "/events", types="all") as stream:
        stream.next("snapshot")
        ex = api.trigger("j")
        write_all(ex)
        seen = stream.until(lambda e: e.type == OBJECT
                            and e.data["name"] == "result.json")
    for before, event in zip(seen, seen[1:]):
        if event.type == OBJECT:
            assert event.seq == before.seq + 1
    assert [b.type for b, e in zip(seen, seen[1:]) if e.type == OBJECT] == [
        "progress", "step", "status"]


def test_a_repeated_report_writes_once(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, "/storage-stream") as stream:
        for _ in range(2):
            ex.step("a", "completed", artifacts={"k": 1})
        for _ in range(2):
            ex.finish({"r": 1})
        assert ex.send("fail", error_message="late").status_code == 422
        last = api.trigger("j")
        last.finish(1)
        seen = stream.until(lambda e: e.data["execution_id"] == last.id)
    assert objects(seen, ex) == PATHS[1:]


def test_until_the_execution_ends(srv, api, job):
    ex, other = api.trigger("j"), api.trigger("j")
    with Stream(srv.port, one(ex)) as stream:
        assert stream.next().type == "snapshot"
        other.finish({"x": 1})
        write_all(ex)
        seen = stream.until_end()
    assert names(seen) == NAMES and objects(seen, other) == []
    assert seen[-1].type == "end" and seen[-1].data["status"] == "completed"
    with Stream(srv.port, one(ex)) as again:
        assert [e.type for e in again.until_end()] == ["snapshot", "end"]
    with Stream(srv.port, one(ex),
                headers=[("Last-Event-ID", seen[-1].id)]) as over:
        assert over.status == 204
    with Stream(srv.port, one(ex),
                headers=[("Last-Event-ID", seen[-3].id)]) as late:
        assert [e.type for e in late.until_end()] == [OBJECT, "end"]


def test_the_result_comes_before_the_end(srv, api, job):
    """Resumed between the end of an execution and its result's object."""
    ex = api.trigger("j")
    ex.finish({"r": 1})
    path = f"/api/v1/executions/{ex.id}/events?types=all"
    with Stream(srv.port, path + "&since=0") as stream:
        seen = stream.until_end()
    assert [e.type for e in seen[-3:]] == ["status", OBJECT, "end"]
    with Stream(srv.port, path,
                headers=[("Last-Event-ID", seen[-3].id)]) as late:
        assert [e.type for e in late.until_end()] == [OBJECT, "end"]
    with Stream(srv.port, path,
                headers=[("Last-Event-ID", seen[-2].id)]) as over:
        assert over.status == 204


def test_several_until_all_have_ended(srv, api, job):
    mine = [api.trigger("j") for _ in range(3)]
    other = api.trigger("j")
    with Stream(srv.port, several(*mine)) as stream:
        shot = stream.next()
        assert [x["id"] for x in shot.data["executions"]] == [
            x.id for x in mine]
        for ex in (mine[1], other, mine[2]):
            write_all(ex)
        seen = stream.until(lambda e: names([e]) == ["result.json"]
                            and e.data["execution_id"] == mine[2].id)
        assert srv.info()["subscribers"] == 1, "one still runs"
        mine[0].data("cancel")
        seen += stream.until_end()
    assert objects(seen, mine[1]) == objects(seen, mine[2]) == PATHS
    assert objects(seen, other) == []
    assert [e.type for e in seen if e.type != OBJECT] == ["end"]
    assert seen[-1].data["execution_id"] is None
    with Stream(srv.port, several(*mine),
                headers=[("Last-Event-ID", seen[-1].id)]) as over:
        assert over.status == 204
    with Stream(srv.port, several(*mine)) as again:
        assert [e.type for e in again.until_end()] == ["snapshot", "end"]
    with Stream(srv.port, several(*mine) + "&since=0") as replayed:
        assert names(replayed.until_end()) == 2 * NAMES


def test_keep_open_and_timeout(srv, api, job):
    done, later = api.trigger("j"), api.trigger("j")
    write_all(done)
    with Stream(srv.port, several(done) + "&keep_open=true") as stream, \
            Stream(srv.port, one(later) + "?keep_open=false") as ends:
        assert stream.next().type == "snapshot"
        later.finish()
        assert [e.type for e in ends.until_end()] == ["snapshot", "end"]
        assert srv.info()["subscribers"] == 1
    with Stream(srv.port, several(done) + "&keep_open=1&timeout=1") as stream:
        assert [e.type for e in stream.until_end()] == ["snapshot"]
    wait_until(lambda: srv.info()["subscribers"] == 0, "all have left")


def test_filters(srv, api, job, case):
    ex = api.trigger("j")
    write_all(ex)
    for query, wanted in [
            ("stage=a", NAMES[:2]), ("stage=res", NAMES[2:]),
            ("stage=b", []), ("extension=.json", NAMES),
            ("extension=md,%20json", NAMES), ("extension=md", []),
            ("extension=s.json", []),
            ("path=a/a/c", NAMES[:1]), ("path=_execution", NAMES[2:]),
            (f"path=executions/{ex.id}/a/a/a", NAMES[1:2]),
            ("path=nowhere", []), ("stage=a&path=_execution", [])]:
        for path in (one(ex) + "?", several(ex) + "&"):
            with case(f"{query} {path[:20]}"):
                with Stream(srv.port, path + query + "&since=0") as stream:
                    assert names(stream.until_end()) == wanted


def test_filters_live(srv, api, job):
    """The same from the cache, for those who are there already."""
    ex = api.trigger("j")
    with Stream(srv.port, one(ex) + "?stage=a&extension=.json") as stage, \
            Stream(srv.port, "/storage-stream?path=_execution/") as path, \
            Stream(srv.port, several(ex) + "&extension=md") as none:
        for stream in (stage, path, none):
            stream.next("snapshot")
        write_all(ex)
        assert names(stage.until_end()) == NAMES[:2]
        assert names([path.next()]) == ["result.json"]
        assert [e.type for e in none.until_end()] == ["end"]


def test_by_unique_name(srv, api, job):
    r = api.post("/api/v1/executions", {"config_id": "j", "tag": "nightly"})
    ex = api.execution(ok(r, 201)["id"])
    with Stream(srv.port, several("nightly")) as stream, \
            Stream(srv.port, "/api/v1/executions/nightly/storage-stream"
                   ) as by_path:
        write_all(ex)
        assert names(stream.until_end()) == NAMES
        assert names(by_path.until_end()) == NAMES


def test_bad_requests(api, job, case):
    ex = api.trigger("j")
    missing = "00000000-0000-7000-8000-000000000000"
    for path, status in [
            ("/api/v1/storage/events", 422),
            (several(ex, missing), 404),
            (several("no-such-tag"), 404),
            (several(*[ex] * 101), 422),
            (several(ex) + "&timeout=0", 422),
            (several(ex) + "&timeout=3601", 422),
            (several(ex) + "&keep_open=maybe", 422),
            (f"/api/v1/executions/{missing}/storage-stream", 404),
            (one(ex) + "?timeout=x", 422),
            ("/storage-stream?timeout=0", 422)]:
        with case(path[:80]):
            r = api.get(path)
            assert r.status_code == status, r.text
            assert r.headers["Content-Type"].startswith("application/json")


def test_a_crash_loses_no_write(srv, api, job):
    ex = api.trigger("j")
    with Stream(srv.port, one(ex)) as stream:
        stream.next("snapshot")
        ex.step("a", "progress", checkpoint_data=1)
        first = stream.next()
    srv.kill9()
    srv.start()
    ex = srv.api.execution(ex.id)
    ex.step("a", "completed", artifacts={})
    with Stream(srv.port, one(ex),
                headers=[("Last-Event-ID", first.id)]) as stream:
        ex.finish([])
        seen = stream.until_end()
    assert names(seen) == NAMES[1:]
    assert [e.type for e in seen][-1] == "end"


def test_a_key_of_a_project_sees_its_own(srv, api, job):
    admin = ok(api.post("/api/keys", {"name": "root", "scope": "admin"}),
               201)["data"]["key"]
    api = api.with_key(admin)
    bound = ok(api.post("/api/keys", {"name": "p", "scope": "read",
                                      "project_id": 7}), 201)["data"]["key"]
    theirs = api.trigger("j")
    mine = api.trigger("j", project_id=7)
    with Stream(srv.port, "/storage-stream",
                headers=[("Authorization", f"Bearer {bound}")]) as stream:
        stream.next("snapshot")
        theirs.finish(1)
        mine.finish(2)
        assert stream.next().data["execution_id"] == mine.id
    assert api.with_key(bound).get(several(theirs)).status_code == 404
