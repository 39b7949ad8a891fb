"""What Factflow's paths refuse: nothing of it is stored, all of it is said.

Neighbours: test_bad_input.py does the same for the other paths.
"""
import json

import pytest

from api import data, ok
from factflow import BASE, CONFIGS, PIPELINE, Factflow, detail, row
from test_bad_input import DUPLICATES, LIMIT, MALFORMED, NOT_OBJECTS, nested


@pytest.fixture
def ff(srv):
    """A server with a config and an execution, both called "x"."""
    ff = Factflow(srv.api)
    ff.config(name="x")
    ff.create("x", tag="x")
    return ff


def endpoints():
    """(method, path) of everything that takes a body."""
    return [("POST", BASE), ("PATCH", f"{BASE}/x"),
            ("POST", f"{BASE}/x/tag"), ("POST", f"{BASE}/x/replay"),
            ("POST", CONFIGS), ("PUT", f"{CONFIGS}/x"),
            ("POST", f"{CONFIGS}/x/run"), ("POST", f"{CONFIGS}/validate")]


def test_bodies_that_are_no_object(srv, ff, case):
    seq = srv.seq()
    for method, path in endpoints():
        for body in list(MALFORMED) + list(NOT_OBJECTS) + list(DUPLICATES):
            with case(f"{method} {path} {body!r}"):
                detail(ff.api.call(method, path, body), 400)
    assert srv.seq() == seq


def test_depth(ff, case):
    head = b'{"config_id":"x","trigger_context":'
    with case("as deep as may be"):
        made = row(ok(ff.api.post(BASE, head + nested(63) + b"}"), 201))
        assert nested(63).decode() in ff.api.get(
            f"{BASE}/{made['id']}").text
    with case("one more"):
        detail(ff.api.post(BASE, head + nested(64) + b"}"), 400)
    with case("a config's own limit"):
        for depth, status in ((58, 201), (60, 400)):
            body = (b'{"name":"d%d","definition":{"metadata":{"a":'
                    % depth + nested(depth) + b"}}}")
            r = ff.api.post(CONFIGS, body)
            assert r.status_code == status, r.text
        job = data(ff.api.get("/api/jobs/d58"))
        assert job["metadata"]["a"] is not None
    with case("YAML"):
        for depth, status in ((58, 201), (62, 400), (70, 400), (9999, 400)):
            yaml = PIPELINE + "metadata: {a: " + nested(
                depth).decode() + "}\n"
            r = ff.api.post(CONFIGS, {"name": f"y{depth}",
                                      "config_yaml": yaml})
            assert r.status_code == status, r.text


def test_size(srv, ff, case):
    seq = srv.seq()
    with case("too large a body"):
        body = {"config_id": "x", "trigger_context": "x" * LIMIT}
        r = ff.api.post(BASE, body)
        assert r.status_code == 413 and r.json()["detail"]
    with case("aliases that multiply"):
        yaml = "a: &a0 [x]\n" + "".join(
            f"k{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n"
            for i in range(1, 12))
        r = ff.api.post(CONFIGS, {"name": "laughs", "config_yaml": yaml})
        assert "aliases" in detail(r, 400)
    with case("too large a YAML"):
        r = ff.api.post(CONFIGS, {"name": "large", "config_yaml":
                                  PIPELINE + "#" * (256 << 10)})
        assert "256 KiB" in detail(r, 400)
    assert srv.seq() == seq
    with case("large, and fine"):
        yaml = PIPELINE + "metadata: {text: " + "x" * 200_000 + "}\n"
        ff.config(name="large", yaml=yaml)
        assert ok(ff.api.get(f"{CONFIGS}/large"))["config_yaml"] == yaml
        made = ok(ff.api.post(f"{CONFIGS}/large/run"), 201)["id"]
        assert ff.get(made)["config_snapshot"]["metadata"]["text"]


def test_a_wide_config(ff):
    """As many routes as there may be, each feeding all that follow."""
    routes = "".join(
        f"  r{i}: {{inbound: {{queue: q{i}}}, adapters: [{{type: t}}], "
        f"outbound: [{', '.join(f'q{k}' for k in range(i + 1, 256))}]}}\n"
        for i in range(256))
    made = ff.config(name="wide", yaml="routes:\n" + routes)
    assert made["is_runnable"]
    ident = ff.create("wide")["id"]
    dag = ff.get(ident, "/dag")
    assert len(dag["nodes"]) == 256
    assert len(dag["edges"]) == 256 * 255 // 2
    one_more = routes + "  z: {inbound: {queue: z}, adapters: [{type: t}]}\n"
    broken = ff.config(name="wider", yaml="routes:\n" + one_more)
    assert "E150" in [i["code"] for i in
                      broken["validation_report"]["issues"]]


def test_texts_of_all_kinds(ff):
    """What a client names comes back as it was, wherever it stands."""
    odd = "\u00e5\U0001f30a \"quoted\" \\ \t\u2028 %25 +&="
    route = "r \u00e5 \"'"
    yaml = (f"routes:\n  ? {json.dumps(route)}\n  : "
            "{inbound: {queue: 'q: {}'}, "
            "adapters: [{type: 't,', name: '#'}]}\n")
    made = ff.config(name=odd, yaml=yaml)
    assert made["name"] == odd
    ident = ff.create(made["id"], tag="a b: #?&=%")["id"]
    assert ff.get("a%20b:%20%23%3F%26=%25")["id"] == ident
    node, = ff.get(ident, "/dag")["nodes"]
    assert node["adapters"] == ["#"] and node["route_id"] == route
    ok(ff.post(ident, "tag", {"k": odd}))
    assert ff.get(ident)["tags"] == {"k": odd}
