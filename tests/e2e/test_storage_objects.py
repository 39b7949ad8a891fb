"""Objects in storage: putting, getting, listing them, and all in one archive.

Neighbours: test_storage.py has the streams of writes.
"""
import contextlib
import hashlib
import io
import itertools
import socket
import tarfile
import urllib.parse

import pytest

from api import chain, ms, ok
from server import DEADLINE, memory_kb, wait_until
from sse import Stream
from work import claim_one

NO_RUN = {"correlation_id": None, "document_id": None, "title": None,
          "url": None, "original_object_key": None}
MISSING = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def job(api):
    return api.job(*chain("a", "b"), name="j")


@pytest.fixture
def ex(api, job):
    return api.trigger("j")


def quote(key):
    return "/".join(urllib.parse.quote(part, safe="")
                    for part in key.split("/"))


def put(api, ex, where, body=b"", kind=None, status=201):
    """Put bytes at route/stage/name of an execution; its metadata."""
    headers = {"Content-Type": kind}  # None: none is sent
    path = f"/api/v1/executions/{getattr(ex, 'id', ex)}/storage/"
    return ok(api.put(path + quote(where), body, headers), status)


def key(ex, where):
    return f"executions/{ex.id}/{where}"


def get(api, name, headers=None):
    return api.get("/api/v1/storage/objects/" + quote(name), headers)


def metadata(api, name, status=200):
    return ok(api.get(f"/api/v1/storage/objects/{quote(name)}/metadata"),
              status)


def listed(api, **query):
    query = {k: v for k, v in query.items() if v is not None}
    return ok(api.get("/api/v1/storage/objects?"
                      + urllib.parse.urlencode(query)))


def browse(api, path="", **query):
    return ok(api.get("/api/v1/storage/browse?"
                      + urllib.parse.urlencode({"path": path, **query})))


def keys(answer):
    return [o["key"] for o in answer["objects"]]


def everything(api, **query):
    """Keys and common prefixes of all pages, each page as it should be."""
    found, prefixes, cursor = [], [], None
    for _ in range(1000):
        page = listed(api, cursor=cursor, **query)
        found += keys(page)
        prefixes += page["common_prefixes"]
        shown = len(page["objects"]) + len(page["common_prefixes"])
        assert shown <= page["limit"]
        cursor = page["next_cursor"]
        if cursor is None:
            return found, prefixes
        assert shown > 0, page
    raise AssertionError("a list without an end")


# ---- one object ------------------------------------------------------------

def test_put_and_get(api, ex):
    body = bytes(range(256)) * 3
    made = put(api, ex, "r/s/n.bin", body, "image/png")
    assert made["key"] == key(ex, "r/s/n.bin")
    assert made["execution_id"] == ex.id
    assert (made["route"], made["stage"], made["name"]) == ("r", "s", "n.bin")
    assert made["size"] == len(body) and made["content_type"] == "image/png"
    assert made["content_length"] == made["size"]
    assert made["route_id"] == "r"
    assert made["modified_at"] == made["created_at"]
    assert metadata(api, made["key"]) == {
        **made, **NO_RUN, "checksum": hashlib.sha256(body).hexdigest()}
    r = get(api, made["key"])
    assert r.status_code == 200 and r.content == body
    assert r.headers["Content-Type"] == "image/png"
    assert r.headers["Content-Length"] == str(len(body))
    assert r.headers["ETag"] == made["etag"]
    head = api.call("HEAD", "/api/v1/storage/objects/" + made["key"])
    assert head.status_code == 200 and head.content == b""
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers[name] == r.headers[name]
    again = get(api, made["key"], {"If-None-Match": made["etag"]})
    assert again.status_code == 304 and again.content == b""


def test_overwrite(api, ex):
    first = put(api, ex, "r/s/n", b"one", "text/plain")
    second = put(api, ex, "r/s/n", b"two, longer", "text/x", status=200)
    assert first["etag"] != second["etag"] and first["seq"] < second["seq"]
    r = get(api, second["key"])
    assert r.content == b"two, longer"
    assert r.headers["Content-Type"] == "text/x"
    for match, status in ((first["etag"], 200), (second["etag"], 304),
                          (f"{first['etag']}, W/{second['etag']}", 304),
                          ("*", 304), (second["etag"][1:-1], 200)):
        assert get(api, second["key"],
                   {"If-None-Match": match}).status_code == status
    assert keys(listed(api)) == [second["key"]]


def test_empty_and_largest(start):
    api = start("--max-body-bytes", "2000000").api
    api.job("a", name="j")
    ex = api.trigger("j")
    for where, body in [("r/s/none", b""), ("r/s/most", b"x" * 2000000)]:
        assert put(api, ex, where, body)["size"] == len(body)
        r = get(api, key(ex, where))
        assert r.content == body
        assert r.headers["Content-Type"] == "application/octet-stream"
    r = api.put(f"/api/v1/executions/{ex.id}/storage/r/s/more",
                b"x" * 2000001)
    assert r.status_code == 413


def test_what_reports_write_is_there(api, ex):
    ex.step("a", "progress", checkpoint_data={"at": 1})
    ex.step("a", "completed", artifacts={"k": [1, 2.50]})
    ex.finish({"done": True})
    wanted = {"_execution/result/result.json": b'{"done": true}',
              "a/a/artifacts.json": b'{"k": [1, 2.5]}',
              "a/a/checkpoint.json": b'{"at": 1}'}
    assert keys(listed(api)) == [key(ex, w) for w in wanted]
    for where, body in wanted.items():
        r = get(api, key(ex, where))
        assert r.content == body
        assert r.headers["Content-Type"] == "application/json"
        assert metadata(api, key(ex, where))["size"] == len(body)


def test_put_in_place_of_artifacts(api, ex):
    ex.step("a", "completed", artifacts={"k": 1})
    put(api, ex, "a/a/artifacts.json", b"mine", status=200)
    assert get(api, key(ex, "a/a/artifacts.json")).content == b"mine"
    assert ex.steps()["a"]["artifacts"] == {"k": 1}


def test_a_page_that_is_stored_does_not_run(api, ex):
    put(api, ex, "r/s/evil.html", b"<script>alert(1)</script>", "text/html")
    r = get(api, key(ex, "r/s/evil.html"))
    assert r.headers["Content-Type"] == "text/html"
    assert r.headers["X-Content-Type-Options"] == "nosniff"
    assert r.headers["Content-Disposition"].startswith(
        'attachment; filename="evil.html"')
    assert "sandbox" in r.headers["Content-Security-Policy"]


NAMES = ["plain", "with space", "50%", 'quo"te', "back\\slash", "ünïcödé",
         "日本.md", "a+b&c=d?e#f", "%2F", "...", ".hidden", "x" * 255,
         "é" * 127, "\x01", "a;b", "metadata", "*"]


def test_names(api, ex, case):
    for name in NAMES:
        with case(repr(name)):
            made = put(api, ex, f"r/s/{name}", name.encode(), "text/plain")
            r = get(api, made["key"])
            assert r.status_code == 200 and r.content == name.encode()
            assert made["key"].count("/") == 4
            assert made.items() <= metadata(api, made["key"]).items()
            assert urllib.parse.unquote(made["name"]) == name
    assert len(everything(api, limit=3)[0]) == len(NAMES)


def test_long_names(api, ex):
    """Over what a key of the store may hold, and alike for most of it."""
    made = []
    for route, stage, name in itertools.product(
            "ab", ["%" * 255, "s" * 255], ["%" * 254 + c for c in "xyz"]):
        made.append(put(api, ex, f"{route * 255}/{stage}/{name}",
                        name.encode())["key"])
    assert max(map(len, made)) > 1800
    for name in made:
        assert get(api, name).content.decode()[-1] == name[-1]
    for limit in (1, 5, 1000):
        found, _ = everything(api, limit=limit)
        assert sorted(found) == sorted(made)
        some, _ = everything(api, limit=limit, prefix=made[0][:-1])
        assert sorted(some) == sorted(
            n for n in made if n.startswith(made[0][:-1]))
        for depth in range(4):
            found, prefixes = everything(
                api, limit=limit, delimiter="/",
                prefix="/".join(made[0].split("/")[:depth + 1]) + "/")
            assert found or prefixes
    assert metadata(api, made[0][:-1], 404)


def test_types(api, ex, case):
    for kind in ["text/plain; charset=\"utf-8\"", "x", "a" * 255]:
        with case(kind[:40]):
            made = put(api, ex, "r/s/n", b"1", kind,
                       201 if kind[0] == "t" else 200)
            assert made["content_type"] == kind
            assert get(api, made["key"]).headers["Content-Type"] == kind
    path = f"/api/v1/executions/{ex.id}/storage/r/s/n"
    for kind in ["a" * 256, "ü".encode(), b"a\tb"]:
        with case(repr(kind)[:40]):
            r = api.put(path, b"1", {"Content-Type": kind})
            assert r.status_code == 400 and r.json()["detail"]


def test_bad_puts(api, ex, case):
    base = f"/api/v1/executions/{ex.id}/storage/"
    for path, status in [
            (f"/api/v1/executions/{MISSING}/storage/r/s/n", 404),
            ("/api/v1/executions/nobody/storage/r/s/n", 404),
            (base + "r/s/" + "x" * 256, 400),
            (base + "r/s/" + "%C3%A9" * 128, 400),
            (base + "r/" + "x" * 256 + "/n", 400),
            (base + "x" * 256 + "/s/n", 400),
            (base + "r/s/%2E%2E", 400), (base + "r/%2E/n", 400),
            (base + "r/s/a%2Fb", 400), (base + "r%2Fs/t/n", 400),
            (base + "r/s/%FF", 404), (base + "r/s/%00", 404), (base + "r//n", 404),
            (base + "r/s/", 404), (base + "r/s", 404),
            (base + "r/s/n/o", 404)]:
        with case(path[-40:]):
            r = api.put(path, b"x")
            assert r.status_code == status, r.text
            assert r.headers["Content-Type"].startswith("application/json")
    assert listed(api)["objects"] == []
    assert api.get(base + "r/s/n").status_code == 405


def test_missing_objects(api, ex, case):
    put(api, ex, "r/s/n", b"x")
    for name in [key(ex, "r/s/m"), key(ex, "r/n/s"),
                 f"executions/{MISSING}/r/s/n", "executions/j/r/s/n",
                 key(ex, "r/s"), "executions", "other/x/r/s/n",
                 key(ex, "r/s/n/o/p")]:
        with case(name):
            assert get(api, name).status_code == 404
            assert "detail" in get(api, name).json()


def test_nothing_after_the_end(api, ex):
    put(api, ex, "r/s/n", b"x")
    ex.finish()
    path = f"/api/v1/executions/{ex.id}/storage/r/s/"
    for name in ("n", "new"):
        r = api.put(path + name, b"y")
        assert r.status_code == 400 and "completed" in r.json()["detail"]
    assert get(api, key(ex, "r/s/n")).content == b"x"


def test_an_attempt_that_is_over_stores_nothing(api, case):
    api.job("a", name="again", retry={"max_attempts": 2,
                                      "initial_interval_ms": 0})
    ex = api.trigger("again")
    path = f"/api/v1/executions/{ex.id}/storage/r/s/n"
    assert api.put(path, b"1", {"X-Attempt": "1"}).status_code == 201
    ex.ok("fail", error_message="no")
    api.server.advance(1)
    assert ex.get()["attempt"] == 2
    r = api.put(path, b"late", {"X-Attempt": "1"})
    assert r.status_code == 409 and "attempt 1" in r.json()["detail"]
    assert get(api, key(ex, "r/s/n")).content == b"1"
    assert api.put(path, b"2", {"X-Attempt": "2"}).status_code == 200
    assert api.put(path, b"3").status_code == 200
    for wrong in ("0", "x", "-1", "4294967296"):
        with case(wrong):
            assert api.put(path, b"", {"X-Attempt": wrong}).status_code == 400


def with_token(c, where):
    return c.ex.api.put(
        f"/api/v1/executions/{c.id}/storage/{where}", b"x").status_code


def test_a_claims_token(srv, api):
    """It stores for its execution, as long as the claim stands."""
    api.job("a", name="j", heartbeat_timeout_seconds=10,
            retry={"initial_interval_ms": 0, "jitter": 0})
    other = api.trigger("j")
    put(api, other, "r/s/n", b"1")
    other.finish()
    api.trigger("j")
    c = claim_one(api)
    assert with_token(c, "r/s/n") == 201
    for path in (f"/api/v1/executions/{other.id}/storage/r/s/n",
                 "/api/v1/executions/nobody/storage/r/s/n"):
        assert c.ex.api.put(path, b"x").status_code == 403
    assert get(c.ex.api, f"executions/{c.id}/r/s/n").status_code == 403
    srv.advance(11_000)
    again = claim_one(api)
    assert again.id == c.id and with_token(c, "r/s/n") == 409
    assert with_token(again, "r/s/n") == 200


def test_the_token_of_a_step_stores_for_that_step(api):
    api.job({"name": "a", "route": "r"}, {"name": "b", "route": "r"},
            name="j")
    api.trigger("j")
    a = claim_one(api, unit="step")
    assert with_token(a, "r/a/n") == 201
    for where in ("r/b/n", "a/a/n", "r/ab/n", "_execution/result/n"):
        assert with_token(a, where) == 403


def test_by_unique_name(api, job):
    r = api.post("/api/v1/executions", {"config_id": "j", "tag": "nightly"})
    made = put(api, "nightly", "r/s/n", b"x")
    assert made["execution_id"] == ok(r, 201)["id"]


def test_each_put_is_one_event(srv, api, ex):
    with Stream(srv.port, "/storage-stream") as stream:
        stream.next("snapshot")
        made = [put(api, ex, "r/s/n", b"x" * n, status=s)
                for n, s in ((3, 201), (4, 200))]
        seen = [stream.next().data for _ in made]
    for m, e in zip(made, seen):
        assert e["seq"] == m["seq"] and e["step"] is None
        for member in ("key", "size", "content_type", "route", "stage",
                       "name", "execution_id"):
            assert e[member] == m[member], member


def test_a_crash_loses_no_object(srv, api, ex):
    first = put(api, ex, "r/s/n", b"one")
    put(api, ex, "r/s/m", b"two")
    srv.kill9()
    srv.start()
    assert get(srv.api, key(ex, "r/s/n")).content == b"one"
    assert first.items() <= metadata(srv.api, key(ex, "r/s/n")).items()
    put(srv.api, ex, "r/s/n", b"three", status=200)
    srv.kill9()
    srv.start()
    assert get(srv.api, key(ex, "r/s/n")).content == b"three"
    assert get(srv.api, key(ex, "r/s/m")).content == b"two"


# ---- many ------------------------------------------------------------------

def test_lists(api, job):
    a, b = api.trigger("j"), api.trigger("j")
    wanted = [put(api, x, w, b"1")["key"] for x in (a, b) for w in
              ("r/s/a", "r/s/b", "r/s2/a", "r/s2/b", "r-/s/a", "z/s/a")]
    wanted.sort()
    page = listed(api)
    assert keys(page) == wanted and page["limit"] == 100
    assert page["common_prefixes"] == [] and page["next_cursor"] is None
    for limit in (1, 2, 5, 12, 1000):
        assert everything(api, limit=limit) == (wanted, [])
        for n in range(0, 13, 4):
            page = listed(api, limit=limit, offset=n)
            assert keys(page) == wanted[n:n + limit]
        for prefix in ["", "e", "executions/", key(a, "")[:-1], key(a, ""),
                       key(a, "r"), key(b, "r/"), key(b, "r/s"),
                       key(b, "r/s/b"), key(b, "r/s/bb"), "x", "executionz"]:
            some = [w for w in wanted if w.startswith(prefix)]
            assert everything(api, limit=limit, prefix=prefix) == (some, [])
            for mark in ("/", "s", "s/", "-", "none"):
                assert everything(api, limit=limit, prefix=prefix,
                                  delimiter=mark) == fold(some, prefix, mark)


def fold(names, prefix, mark):
    """What a list with a delimiter shows, by the book."""
    found, prefixes = [], set()
    for name in names:
        at = name.find(mark, len(prefix))
        if at < 0:
            found.append(name)
        else:
            prefixes.add(name[:at + len(mark)])
    return found, sorted(prefixes)


def test_bad_lists(api, case):
    for path in ("objects", "browse"):
        for query in ("limit=0", "limit=1001", "limit=x", "offset=-1",
                      "offset=100001"):
            with case(f"{path}?{query}"):
                r = api.get(f"/api/v1/storage/{path}?{query}")
                assert r.status_code == 422
                assert r.json()["detail"][0]["loc"][0] == "query"


def test_browse(api, ex):
    for where in ("r/s/a", "r/s/b", "r/t/c", "q/s/a"):
        put(api, ex, where, b"1")
    assert browse(api) == {
        "path": "", "parent": None, "next_cursor": None, "limit": 100,
        "objects": [], "files": [], "total_files": 0,
        "folders": [{"name": "executions", "path": "executions"}],
        "directories": [{"name": "executions", "path": "executions"}],
        "total_directories": 1}
    (folder,) = browse(api, "executions")["folders"]
    assert folder == {"name": ex.id, "path": f"executions/{ex.id}"}
    for path in (folder["path"], f"/{folder['path']}//"):
        page = browse(api, path)
        assert page["path"] == folder["path"] and page["objects"] == []
        assert [f["name"] for f in page["folders"]] == ["q", "r"]
    page = browse(api, key(ex, "r/s"))
    assert page["folders"] == []
    assert [o["name"] for o in page["objects"]] == ["a", "b"]
    assert page["files"] == page["objects"] and page["total_files"] == 2
    assert page["parent"] == key(ex, "r")
    assert browse(api, "executions")["parent"] == ""
    page = browse(api, key(ex, "r"), limit=1)
    assert [f["name"] for f in page["folders"]] == ["s"]
    assert page["total_directories"] is None, "this page cannot tell"
    page = browse(api, key(ex, "r"), limit=1, cursor=page["next_cursor"])
    assert [f["name"] for f in page["folders"]] == ["t"]
    assert page["next_cursor"] is None
    assert browse(api, "nowhere")["folders"] == []


def list_names(api, **query):
    got = ok(api.get("/api/v1/storage/objects?" +
                     urllib.parse.urlencode(query)))
    return [o["key"].split("/", 2)[2] for o in got["objects"]]


def test_filters(api, ex):
    for where in ("r/s/a.md", "r/s/b.json", "r/t/c.md", "q/s/a", "x%2Fy/s/a"):
        put(api, ex, where, b"1")
    assert list_names(api, route_id="r", stage="s") == ["r/s/a.md",
                                                        "r/s/b.json"]
    assert list_names(api, route_id="x%2Fy") == ["x%252Fy/s/a"]
    assert list_names(api, extension="md, .json", stage="s") == [
        "r/s/a.md", "r/s/b.json"]
    assert list_names(api, extension="d") == []
    assert list_names(api, route_id="r", offset=1, limit=1) == ["r/s/b.json"]
    page = ok(api.get("/api/v1/storage/objects?stage=s&limit=1"))
    assert list_names(api, stage="s", cursor=page["next_cursor"]) == [
        "r/s/a.md", "r/s/b.json", "x%252Fy/s/a"]
    assert len(list_names(api, route_id="", stage="")) == 5
    got = ok(api.get("/api/v1/storage/objects?prefix=executions/&delimiter=/"))
    assert got["execution_prefixes"] == [f"executions/{ex.id}/"]
    got = ok(api.get("/api/v1/storage/objects?delimiter=/"))
    assert got["common_prefixes"] == ["executions/"]
    assert got["execution_prefixes"] == []


def test_objects_of_a_run(api, ex):
    """Those that its step left while it was the step's newest run."""
    ex.step("a", "progress", metadata={"url": "https://x/", "title": "X"})
    ex.step("a", "completed", artifacts={"k": 1})
    put(api, ex, "a/a/more", b"1")
    put(api, ex, "a/other/more", b"1")
    ex.step("b", "completed", artifacts={"k": 2})
    first, second = ok(api.get(
        f"/api/v1/executions/{ex.id}/lineage"))["entries"]
    assert list_names(api, correlation_id=first["correlation_id"]) == [
        "a/a/artifacts.json", "a/a/more"]
    assert list_names(api, correlation_id=second["correlation_id"]) == [
        "b/b/artifacts.json"]
    assert list_names(api, correlation_id=first["correlation_id"],
                      prefix=key(ex, "a/a/m")) == ["a/a/more"]
    assert list_names(api, correlation_id=first["correlation_id"],
                      prefix=key(ex, "b")) == []
    for nobody in (ex.id, "none", ""):
        assert list_names(api, correlation_id=nobody) == []
    got = metadata(api, key(ex, "a/a/more"))
    assert got["correlation_id"] == first["correlation_id"]
    assert (got["url"], got["title"]) == ("https://x/", "X")
    assert metadata(api, key(ex, "a/other/more"))["correlation_id"] is None


def test_objects_of_each_run_of_a_step(srv, api, ex):
    for name in ("one", "two", "three"):
        srv.advance(1000)
        ex.step("a", "running")
        put(api, ex, f"a/a/{name}", b"1")
        if name != "three":
            ex.step("a", "failed", error_message="m")
    runs = ok(api.get(f"/api/v1/executions/{ex.id}/lineage"))["entries"]
    assert [list_names(api, correlation_id=run["correlation_id"])
            for run in runs] == [["a/a/one"], ["a/a/two"], ["a/a/three"]]
    for run, name in zip(runs, ("one", "two", "three")):
        got = metadata(api, key(ex, f"a/a/{name}"))
        assert got["correlation_id"] == run["correlation_id"]


def test_a_project_has_its_own(srv, api, job):
    admin = ok(api.post("/api/keys", {"name": "root", "scope": "admin"}),
               201)["data"]["key"]
    api = api.with_key(admin)
    bound = api.with_key(ok(api.post(
        "/api/keys", {"name": "p", "scope": "worker", "project_id": 7}),
        201)["data"]["key"])
    executions = [api.trigger("j", project_id=p)
                  for p in (7, 8, 7, 7, 9, 8, 7)]
    wanted = []
    for i, ex in enumerate(executions):
        if i == 2:
            continue  # of the project, without an object
        made = put(api, ex, f"r/s/{i}", b"1")["key"]
        put(api, ex, "a/s/x", b"1")
        if i in (0, 3, 6):
            wanted += [key(ex, "a/s/x"), made]
    for limit in (1, 3, 1000):
        assert everything(bound, limit=limit) == (wanted, [])
        assert everything(bound, limit=limit, prefix="executions/",
                          delimiter="/") == (
            [], [key(executions[i], "") for i in (0, 3, 6)])
    for i in (1, 4):
        theirs = executions[i]
        assert everything(bound, prefix=key(theirs, "")) == ([], [])
        assert get(bound, key(theirs, "a/s/x")).status_code == 404
        metadata(bound, key(theirs, "a/s/x"), 404)
        assert bound.put(f"/api/v1/executions/{theirs.id}/storage/r/s/n",
                         b"x").status_code == 404
    put(bound, executions[0], "r/s/mine", b"x")
    assert len(everything(api)[0]) == 13


def test_scopes(api, ex, case):
    admin = api.with_key(ok(api.post(
        "/api/keys", {"name": "root", "scope": "admin"}), 201)["data"]["key"])
    put(admin, ex, "r/s/n", b"x")
    for scope, status in (("read", 403), ("worker", 200), ("write", 200)):
        with case(scope):
            its = api.with_key(ok(admin.post(
                "/api/keys", {"name": scope, "scope": scope}),
                201)["data"]["key"])
            r = its.put(f"/api/v1/executions/{ex.id}/storage/r/s/n", b"y")
            assert r.status_code == status
            assert get(its, key(ex, "r/s/n")).status_code == 200
            assert len(keys(listed(its))) == 1
    assert get(api, key(ex, "r/s/n")).status_code == 401


# ---- archives --------------------------------------------------------------

def archive_path(ex):
    return f"/api/v1/executions/{getattr(ex, 'id', ex)}/archive.tar"


def unpacked(stream, mode="r:"):
    """Name -> bytes and time of every file, in the archive's order."""
    with tarfile.open(fileobj=stream, mode=mode) as tar:
        files = {}
        for member in tar:
            assert member.isfile() and member.mode == 0o644
            files[member.name] = (tar.extractfile(member).read(),
                                  member.mtime)
        return files


def archive(api, ex):
    r = api.get(archive_path(ex))
    assert r.status_code == 200, r.text
    assert r.headers["Content-Type"] == "application/x-tar"
    assert r.headers["Transfer-Encoding"] == "chunked"
    assert len(r.content) % 512 == 0 and r.content[-1024:] == bytes(1024)
    return unpacked(io.BytesIO(r.content))


def test_archive(api, ex):
    wanted = {}
    for name in NAMES:
        made = put(api, ex, f"r/s/{name}", name.encode() * 50, "text/plain")
        where = made["key"].split("/", 2)[2]
        wanted[where] = (name.encode() * 50, ms(made["created_at"]) // 1000)
    put(api, ex, "r/s/none")
    for n in (1, 511, 512, 513, 70000):
        put(api, ex, f"{'r' * 255}/{'s' * n}"[:300] + f"/{n}", b"x" * n)
    ex.step("a", "completed", artifacts={"k": 1})
    ex.finish([1])
    other = api.trigger("j")
    put(api, other, "r/s/theirs", b"x")
    files = archive(api, ex)
    assert files["_execution/result/result.json"][0] == b"[1]"
    assert files["a/a/artifacts.json"][0] == b'{"k": 1}'
    assert files["r/s/none"][0] == b""
    for where, content in wanted.items():
        assert files[where] == content
    for name, (content, _) in files.items():
        if name.startswith("rr"):
            assert content == b"x" * int(name.rsplit("/", 1)[1])
    keys_there, _ = everything(api, prefix=key(ex, ""))
    assert [k.split("/", 2)[2] for k in keys_there] == list(files)


def test_archive_is_safe_to_unpack(api):
    """A step may be called as it likes: no name leads out of the folder."""
    api.job("..", {"name": "/etc/passwd", "route": "."}, name="dots")
    ex = api.trigger("dots")
    for step in ex.get()["steps"]:
        ex.step(step["id"], "completed", artifacts={})
    assert list(archive(api, ex)) == ["%2E%2E/%2E%2E/artifacts.json",
                                      "%2E/%2Fetc%2Fpasswd/artifacts.json"]


def test_archive_of_nothing(api, ex, case):
    assert archive(api, ex) == {}
    for missing in (MISSING, "nobody"):
        r = api.get(archive_path(missing))
        assert r.status_code == 404 and "detail" in r.json()
    head = api.call("HEAD", archive_path(ex))
    assert head.status_code == 200 and head.content == b""
    assert api.get(archive_path(ex)).content == bytes(1024)


def test_archive_of_another_project(api, job):
    admin = api.with_key(ok(api.post(
        "/api/keys", {"name": "root", "scope": "admin"}), 201)["data"]["key"])
    bound = api.with_key(ok(admin.post(
        "/api/keys", {"name": "p", "scope": "read", "project_id": 7}),
        201)["data"]["key"])
    mine, theirs = (admin.trigger("j", project_id=p) for p in (7, 8))
    put(admin, mine, "r/s/n", b"x")
    assert list(archive(bound, mine)) == ["r/s/n"]
    assert bound.get(archive_path(theirs)).status_code == 404
    assert api.get(archive_path(mine)).status_code == 401


def test_archive_for_old_clients(srv, api, ex):
    put(api, ex, "r/s/n", b"x" * 100000)
    with http10(srv, archive_path(ex)) as answer:
        head, _, body = answer.read().partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert unpacked(io.BytesIO(body))["r/s/n"][0] == b"x" * 100000


@contextlib.contextmanager
def http10(srv, path):
    """A connection that is asked for path, for as long as it is read."""
    with socket.create_connection(("127.0.0.1", srv.port), 30) as s:
        s.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode())
        with s.makefile("rb") as answer:
            yield answer


OBJECTS, SIZE = 200, 500 * 1000


def fill(api, ex):
    """Objects of a size that tell which they are."""
    for i in range(OBJECTS):
        put(api, ex, f"r/s/{i:03}", f"{i:03}".encode() * (SIZE // 3))


def check_filled(files):
    assert list(files) == [f"r/s/{i:03}" for i in range(OBJECTS)]
    for i in range(OBJECTS):
        assert files[f"r/s/{i:03}"][0] == f"{i:03}".encode() * (SIZE // 3)


def pause_in(answer, n):
    """Read n bytes of a body, and then no more."""
    while answer.readline() != b"\r\n":
        continue
    return answer.read(n)


def test_large_archive_and_stalled_readers(srv, api, ex):
    """100 MB to several who read when they like."""
    fill(api, ex)
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(http10(srv, archive_path(ex)))
                for _ in range(5)]
        begun = [pause_in(answer, 600000) for answer in slow]
        check_filled(archive(api, ex))
        # Written over while they wait: each file is of one write or another.
        put(api, ex, "r/s/199", b"new", status=200)
        for answer, first in zip(slow[:4], begun):
            files = unpacked(io.BytesIO(first + answer.read()))
            assert files.pop("r/s/199")[0] == b"new"
            assert len(files) == OBJECTS - 1
            assert all(len(content) == SIZE // 3 * 3
                       for content, _ in files.values())
    wait_until(lambda: srv.info()["connections"] <= 1, "they are closed")


@pytest.mark.memory
def test_archives_hold_one_object_each(srv, api, ex):
    fill(api, ex)
    before = memory_kb(srv.proc.pid)
    with contextlib.ExitStack() as stack:
        stalled = [stack.enter_context(http10(srv, archive_path(ex)))
                   for _ in range(10)]
        for answer in stalled:
            pause_in(answer, 100000)
        check_filled(archive(api, ex))
        assert memory_kb(srv.proc.pid) - before < 12 * 2 * SIZE // 1000
    peak = memory_kb(srv.proc.pid)
    for _ in range(3):
        check_filled(archive(api, ex))
    assert memory_kb(srv.proc.pid) - peak < 4 * SIZE // 1000


def test_archive_through_a_crash(srv, api, ex):
    fill(api, ex)
    with http10(srv, archive_path(ex)) as answer:
        first = pause_in(answer, 600000)
        srv.kill9()
        try:
            first += answer.read()
        except ConnectionError:
            pass
        assert len(first) < OBJECTS * SIZE
    srv.start()
    check_filled(archive(srv.api, ex))


def test_archive_when_the_server_stops(srv, api, ex):
    """It is sent to its end."""
    fill(api, ex)
    with http10(srv, archive_path(ex)) as answer:
        first = pause_in(answer, 600000)
        srv.proc.terminate()
        check_filled(unpacked(io.BytesIO(first + answer.read())))
    srv.proc.wait(DEADLINE)
    srv.stop()
