"""Whatever is wrong with a request, it is named and nothing happens."""
import re
import uuid

import pytest

from api import errors, ok

LIMIT = 1048576
PLACE = re.compile(r"line (\d+),? column (\d+)")

MALFORMED = [
    b"{", b"}", b"[1,2", b'{"a":}', b'{"a":1,}', b'{"a":1} x', b'{"a":1}{}',
    b"nul", b"{'a':1}", b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b'{"a":1.}',
    b'{"a":1e}', b'{"a":-}', b'{"a":NaN}', b'{"a":Infinity}', b'{"a":0x10}',
    b'{"a":"\x01"}', b'{"a":"\n"}', b'{"a":"\\q"}', b'{"a":"\\u12g4"}',
    b'{"a":"\\u12"}', b'{"a', b'{"a" 1}', b"{1:2}", b"{,}", b":", b"{]",
    b"\xef\xbb\xbf{}", b"/*c*/{}", b"{}//c", b"\x00{}", b"{}\x00", b"\x0c{}",
    b'{"a":tru}', b'{"a":[1,]}', b'{"a":[,1]}', b"\xff\xfe{\x00}\x00",
    b"input_params=1", b"<xml/>", b'{"a":1 "b":2}', b'{"a"::1}', b"\xc2\xa0{}"]

BAD_TEXT = [
    b"\xff", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xed\xa0\x80",
    b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf4\x90\x80\x80", b"\xf5\x80",
    b"\x80", b"\xe2\x82", b"\xe2", b"\\ud800", b"\\udc00", b"\\ud800\\u0041",
    b"\\ud800x", b"\\udfff\\ud800", b"\\uD83D"]

DUPLICATES = [
    b'{"message":"a","message":"b"}', b'{"message":"a","\\u006dessage":"b"}',
    b'{"message":"a","log_data":{"x":1,"x":2}}',
    b'{"message":"a","log_data":[{"x":{"y":1,"y":1}}]}', b'{"":1,"":2}']

NOT_OBJECTS = [b"[]", b"1", b'"x"', b"null", b"true", b"-1.5e3", b"[{}]"]

WRONG_TYPES = [
    ("progress", "progress_percent", ["5", [], {}, True, "", 1e30, -0.5]),
    ("progress", "current_step_name", [1, [], {}, False]),
    ("progress", "current_step_index", ["1", [], {}, True, -1, 0.5]),
    ("progress", "metadata", ["m", 1, [], True]),
    ("log", "message", [1, [], {}, True, None]),
    ("log", "level", [1, [], {}, True, "trace"]),
    ("log", "progress_percent", ["1", 101, -1]),
    ("log", "execution_step_id", [1, [], {}, "not-a-step"]),
    ("log", "logs", [1, "x", {}, True]),
    ("fail", "error_message", [1, [], {}, True, None]),
    ("fail", "error_type", [1, [], {}]),
    ("fail", "error_stack", [1, ["l1", "l2"], {}]),
    ("fail", "retryable", ["true", 1, []]),
    ("fail", "retry_after_seconds", ["5", -1, [], 1e30]),
    ("steps/a/progress", "progress_percent", ["5", 101, 1.5]),
    ("steps/a/progress", "metadata", [1, [], "x"]),
    ("steps/a/failed", "error_type", [1, [], {}]),
    ("steps/a/failed", "error_stack", [1, []]),
    ("report", "logs", [1, {}, "x"]),
    ("report", "step_reports", [1, {}, "x"]),
    ("report", "progress", [1, [], "x"]),
    ("report", "complete", [1, [], "x"]),
    ("report", "fail", [1, [], "x"])]
COMPANY = {"log": {"message": "m"}, "fail": {"error_message": "m"},
           "steps/a/failed": {"error_message": "m"}}


class World:
    """One running execution, and a look at all there is."""

    def __init__(self, srv):
        self.srv, self.api = srv, srv.api
        self.api.job("a", "b", name="j")
        self.ex = self.api.trigger("j", {"x": 1})
        self.ex.ok("log", message="before")
        self.before = self.look()

    def look(self):
        info = self.srv.info()
        texts = [self.api.get(p).text for p in (
            "/api/jobs", "/api/executions?limit=100", self.ex.path,
            self.ex.path + "/logs")]
        return [info["seq"], info["executions"], texts]

    def unchanged(self):
        assert self.look() == self.before

    def endpoints(self):
        """(method, path) of everything that takes a body."""
        reports = ("heartbeat", "progress", "log", "complete", "fail",
                   "cancel", "report", "steps/a/running",
                   "steps/a/progress", "steps/a/completed",
                   "steps/a/failed")
        return ([("POST", "/api/jobs"), ("PUT", "/api/jobs/j"),
                 ("POST", "/api/jobs/j/trigger"), ("POST", "/api/keys")]
                + [("POST", f"{self.ex.path}/{r}") for r in reports])


@pytest.fixture
def world(srv):
    return World(srv)


def detail(r, status=400):
    """The text of an error that is about the whole body."""
    body = ok(r, status)
    if "error" in body:
        return body["error"]["message"]
    (text,) = body["errors"]["detail"]
    return text


def test_malformed_json(world, case):
    for method, path in world.endpoints():
        for body in MALFORMED:
            with case(f"{method} {path[-20:]} {body!r}"):
                text = detail(world.api.call(method, path, body))
                assert PLACE.search(text), text
    world.unchanged()


def test_the_place_is_right(world, case):
    rows = [(b'{\n "a": 1,\n "b": }\n', 3, 7), (b"x", 1, 1),
            (b"\n\n\n{]", 4, 2), (b'{"a":"\xff"}', 1, 7),
            (b'{"a":1,\r\n"a":2}', 2, 1), (b"{", 1, 2),
            (b'{"a":1}\n }', 2, 2), (b'{\n"a":"\\ud800"}', 2, 6)]
    for body, line, column in rows:
        with case(repr(body)):
            text = detail(world.api.post("/api/jobs", body))
            got = [int(n) for n in PLACE.search(text).groups()]
            assert got[0] == line, (got, line, column)
            assert abs(got[1] - column) <= 4, (got, line, column)


def test_text_that_is_no_utf8(world, case):
    for bad in BAD_TEXT:
        rows = [("log", b'{"message":"' + bad + b'"}'),
                ("log", b'{"message":"m","log_data":["' + bad + b'"]}'),
                ("progress", b'{"metadata":{"' + bad + b'":1}}'),
                ("complete", b'{"result_data":"' + bad + b'"}'),
                ("steps/a/completed", b'{"artifacts":["' + bad + b'"]}')]
        for verb, body in rows:
            with case(f"{verb} {body!r}"):
                detail(world.ex.send(verb, body))
    world.unchanged()


def test_duplicate_members(world, case):
    for body in DUPLICATES:
        with case(repr(body)):
            detail(world.ex.send("log", body))
    with case("in a job"):
        detail(world.api.post("/api/jobs",
                              b'{"name":"x","steps":[{"name":"a","name":"b"}]}'))
    world.unchanged()


def test_a_body_that_is_no_object(world, case):
    for method, path in world.endpoints():
        for body in NOT_OBJECTS:
            with case(f"{method} {path[-20:]} {body!r}"):
                detail(world.api.call(method, path, body))
    world.unchanged()


def test_wrong_types(world, case):
    for verb, member, values in WRONG_TYPES:
        for value in values:
            with case(f"{verb} {member}={value!r}"):
                body = {**COMPANY.get(verb, {}), member: value}
                found = errors(world.ex.send(verb, body))
                assert any(m == member or m.startswith(member + ".")
                           for m in found), found
    world.unchanged()


def nested(depth, opening=b"[", closing=b"]"):
    return opening * depth + closing * depth


def test_depth(world, case):
    fits = b'{"message":"m","log_data":{"a":' + nested(62) + b"}}"
    for depth in (64, 100, 10_000, 400_000):
        with case(f"{depth} arrays"):
            detail(world.ex.send(
                "complete", b'{"result_data":' + nested(depth) + b"}"))
    for depth in (64, 60_000):
        with case(f"{depth} objects"):
            detail(world.ex.send(
                "complete", b'{"result_data":' + nested(
                    depth, b'{"a":', b"}").replace(b":}", b":1}") + b"}"))
    with case("opening alone"):
        detail(world.ex.send("log", b"[" * 500_000))
    world.unchanged()
    world.ex.ok("log", fits)


def test_size(world, case):
    head, tail = b'{"message":"', b'"}'
    room = LIMIT - len(head) - len(tail)
    for size in (room + 1, room + 100_000):
        with case(f"{size} too many"):
            r = world.ex.send("log", head + b"x" * size + tail)
            assert r.status_code == 413, r.text
            assert "errors" in r.json()
    world.unchanged()
    with case("just fits"):
        world.ex.ok("log", head + b"x" * room + tail)
        assert len(world.ex.logs()[-1]["message"]) == room


def test_long_texts(world, case):
    """What has no limit of its own lives within the body's."""
    long = "\u00e5" * 50_000
    world.ex.ok("progress", current_step_name=long[:1000])
    world.ex.ok("steps/a/failed", error_message=long, error_type=long[:200],
                error_stack=long)
    assert world.ex.steps()["a"]["error_message"] == long
    for name in ("x" * 201, "\u00e5" * 201):
        with case(name[:3]):
            assert "name" in errors(world.api.post("/api/jobs",
                                                   {"name": name}))


def test_unknown_paths(world, case):
    for path in ("/", "/nope", "/api", "/api/", "/apix", "/api/nope",
                 "/healthz/", "/healthz/x", "//healthz", "/api//jobs",
                 "/api/jobs/", "/api/jobs/j/trigger/x", "/api/executions/",
                 world.ex.path + "/nope", world.ex.path + "/steps",
                 world.ex.path + "/steps/a", world.ex.path + "/steps/a/nope",
                 world.ex.path + "/steps//running", "/%2e%2e/healthz",
                 "/API/JOBS", "/test/clock/x"):
        for method in ("GET", "POST", "DELETE"):
            with case(f"{method} {path}"):
                if (method, path) == ("GET", "/"):
                    continue  # a page may come to live there
                r = world.api.call(method, path)
                body = ok(r, 404)
                assert "error" in body or "errors" in body
    world.unchanged()


WRONG_METHODS = [
    ("POST", "/healthz", {"GET"}), ("DELETE", "/healthz", {"GET"}),
    ("DELETE", "/api/jobs", {"GET", "POST"}),
    ("PATCH", "/api/jobs/j", {"GET", "PUT", "DELETE"}),
    ("POST", "/api/jobs/j", {"GET", "PUT", "DELETE"}),
    ("GET", "/api/jobs/j/trigger", {"POST"}),
    ("POST", "/api/executions", {"GET"}),
    ("POST", "/api/server", {"GET"}), ("POST", "/events", {"GET"})]


def test_wrong_methods(world, case):
    rows = WRONG_METHODS + [
        ("GET", f"{world.ex.path}/{verb}", {"POST"}) for verb in (
            "heartbeat", "complete", "steps/a/running", "report")] + [
        ("DELETE", world.ex.path, {"GET"}),
        ("PUT", world.ex.path + "/logs", {"GET"})]
    for method, path, allowed in rows:
        with case(f"{method} {path[-25:]}"):
            r = world.api.call(method, path)
            body = ok(r, 405)
            assert "error" in body or "errors" in body
            told = {m.strip() for m in r.headers["Allow"].split(",")}
            assert allowed <= told, told
            assert method not in told
    world.unchanged()


def test_paths_that_decode_to_nothing_good(world, case):
    for part in ("%00", "%2", "%zz", "%", "%ff", "%c0%80", "%ed%a0%80",
                 "j%00", "j%2Fk", "..%2f", "%2e%2e"):
        with case(part):
            for path in (f"/api/jobs/{part}", f"/api/executions/{part}"):
                r = world.api.get(path)
                assert r.status_code in (400, 404), r.text
    world.unchanged()


def test_odd_queries(world, case):
    for query in ("?", "?&", "?&&limit=5", "?limit=5&", "?nope=1",
                  "?limit=5&x=%zz"):
        with case(query):
            r = world.api.get("/api/executions" + query)
            assert r.status_code in (200, 400, 422), r.text
    for query in ("?limit=%zz", "?limit=5&limit=6", "?limit=%00",
                  "?limit=+5", "?limit=5%20"):
        with case(query):
            r = world.api.get("/api/executions" + query)
            assert r.status_code in (200, 400, 422), r.text
    world.unchanged()


def test_unknown_things(world, case):
    ghost = str(uuid.uuid4())
    rows = [("GET", f"/api/executions/{ghost}"),
            ("GET", f"/api/executions/{ghost}/logs"),
            ("GET", f"/api/jobs/{ghost}"), ("GET", "/api/jobs/ghost"),
            ("DELETE", f"/api/jobs/{ghost}"),
            ("POST", f"/api/jobs/{ghost}/trigger"),
            ("PUT", "/api/jobs/ghost"),
            ("POST", f"/api/executions/{ghost}/heartbeat"),
            ("DELETE", f"/api/keys/{ghost}")]
    for method, path in rows:
        with case(f"{method} {path}"):
            body = {"name": "x"} if method == "PUT" else {}
            r = (world.api.get(path) if method == "GET"
                 else world.api.call(method, path, body))
            assert r.status_code == 404, r.text
            assert r.headers["Content-Type"].startswith("application/json")
    world.unchanged()


def test_bad_keys(start, case):
    """Without a good key nothing is read or written."""
    srv = start()
    world = World(srv)
    made = ok(srv.api.post("/api/keys", {"name": "k", "scope": "admin"}), 201)
    key = made["data"]["key"]
    admin = srv.api.with_key(key)
    world.api = world.ex.api = srv.api = admin
    world.before = world.look()
    for headers in ({}, {"Authorization": "Bearer nope"},
                    {"Authorization": f"Basic {key}"},
                    {"Authorization": key}, {"X-API-Key": key + "x"},
                    {"Authorization": f"Bearer {key[:-1]}"},
                    {"X-API-Key": ""}, {"Authorization": "Bearer "}):
        for method, path in world.endpoints() + [
                ("GET", "/api/jobs"), ("GET", world.ex.path),
                ("GET", "/api/server"), ("DELETE", "/api/jobs/j"),
                ("GET", "/api/nope")]:
            with case(f"{method} {path[-20:]} {headers}"):
                r = admin.with_key(None).call(method, path, {"name": "x"},
                                              headers)
                assert r.status_code in (401, 404), r.text
                if "nope" not in path:
                    assert r.status_code == 401
                    body = r.json()
                    assert "error" in body or body["errors"]["detail"]
    world.unchanged()
