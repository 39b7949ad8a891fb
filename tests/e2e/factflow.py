"""Short words for Factflow's paths, and the shapes that all of them share.

Neighbours: api.py is the client below it; test_factflow*.py use it.
"""
import re

from api import Execution, ok

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
BASE = "/api/v1/executions"
CONFIGS = "/api/v1/configs"
WORDS = ("created", "running", "cancelling", "interrupted", "completed",
         "failed", "cancelled")
ROW = {"id", "execution_id", "config_id", "status", "started_at",
       "completed_at", "parent_execution_id", "replay_source", "tag", "tags"}

PIPELINE = """\
version: "1.0"
init_message:
  route: fetch
  payload: {url: "https://example.org/", depth: 2}
routes:
  fetch:
    name: Fetch pages
    inbound: {queue: urls}
    adapters:
      - {type: http, name: download}
      - {type: html, config: {target_queue: pages}}
  keep:
    inbound: {queue: pages}
    adapters: [{type: store, name: save}]
    outbound: {queues: [done]}
  report:
    inbound: {queue: done}
    adapters: [{type: notify}]
"""


def detail(r, status):
    """The text of an error; every error but 422 has these members."""
    body = ok(r, status)
    assert set(body) >= {"detail", "error_code", "correlation_id",
                         "timestamp"}, body
    assert isinstance(body["detail"], str) and body["detail"]
    assert TIME.match(body["timestamp"])
    return body["detail"]


def invalid(r):
    """Where a 422 says it is wrong: {("body", "config_id"), ...}"""
    body = ok(r, 422)
    assert set(body) == {"detail"} and body["detail"], body
    for item in body["detail"]:
        assert set(item) == {"loc", "msg", "type", "input", "ctx"}, item
        assert item["msg"] and item["type"] and isinstance(item["loc"], list)
    return {tuple(item["loc"]) for item in body["detail"]}


def row(body):
    """A row with all its members, each of its type."""
    assert set(body) >= ROW, ROW - set(body)
    assert UUID.match(body["id"]) and body["id"] == body["execution_id"]
    assert UUID.match(body["config_id"])
    assert body["status"] in WORDS[1:]
    assert TIME.match(body["started_at"])
    assert (body["completed_at"] is not None) == (
        body["status"] in ("completed", "failed", "cancelled"))
    assert isinstance(body["tags"], dict)
    return body


class Factflow:
    """One server, through Factflow's paths."""

    def __init__(self, api):
        self.api = api

    def create(self, config, status=201, **members):
        name = config["id"] if isinstance(config, dict) else config
        r = self.api.post(BASE, {"config_id": name, **members})
        return row(ok(r, status))

    def get(self, ident, part=""):
        return ok(self.api.get(f"{BASE}/{ident}{part}"))

    def status(self, ident):
        return row(self.get(ident))["status"]

    def post(self, ident, verb, body=None):
        return self.api.post(f"{BASE}/{ident}/{verb}", body or {})

    def patch(self, ident, body):
        return self.api.call("PATCH", f"{BASE}/{ident}", body)

    def worker(self, ident):
        """The execution as its worker sees it."""
        return Execution(self.api, {"id": ident})

    def list(self, query="", part=""):
        body = ok(self.api.get(f"{BASE}{part}?{query}"))
        assert set(body) == {"total", "limit", "offset", "has_more",
                             "executions"}
        for one in body["executions"]:
            row(one)
        return body

    def ids(self, query="", part=""):
        return [x["id"] for x in self.list(query, part)["executions"]]

    def config(self, name="pipe", yaml=PIPELINE, **members):
        return ok(self.api.post(CONFIGS, {
            "name": name, "config_yaml": yaml, **members}), 201)

    def replay(self, ident, status=201, **members):
        return row(ok(self.post(ident, "replay", members), status))
