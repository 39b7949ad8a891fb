"""A thin HTTP client of one server, and short words for what tests do most.

Neighbours: server.py owns one; rawhttp.py is for requests that no honest
client would send.
"""
import datetime
import itertools
import json
import threading

import requests

UNSET = object()
_names = itertools.count(1)


class Api:
    """Requests to one server, one keep-alive session for each thread."""

    def __init__(self, server, key=None, timeout=30):
        self.server = server
        self.key = key
        self.timeout = timeout
        self.local = threading.local()
        self.life = 0

    def with_key(self, key):
        return Api(self.server, key, self.timeout)

    def forget_connections(self):
        self.life += 1

    def _session(self):
        here = self.local
        if getattr(here, "life", None) != self.life:
            here.session, here.life = requests.Session(), self.life
            here.session.trust_env = False
        return here.session

    def call(self, method, path, body=UNSET, headers=None):
        """body: bytes or str go as they stand, anything else as JSON."""
        sent = {}
        if self.key is not None:
            sent["Authorization"] = f"Bearer {self.key}"
        if body is UNSET:
            payload = None
        else:
            sent["Content-Type"] = "application/json"
            payload = encode(body)
        sent.update(headers or {})
        return self._session().request(
            method, f"http://127.0.0.1:{self.server.port}{path}",
            data=payload, headers=sent, timeout=self.timeout,
            allow_redirects=False)

    def get(self, path, headers=None):
        return self.call("GET", path, headers=headers)

    def post(self, path, body=UNSET, headers=None):
        return self.call("POST", path, body, headers)

    def put(self, path, body=UNSET, headers=None):
        return self.call("PUT", path, body, headers)

    def delete(self, path, headers=None):
        return self.call("DELETE", path, headers=headers)

    # -- words of the Restep dialect -------------------------------------

    def job(self, *steps, **members):
        """Create a job; a step is a name or an object."""
        body = {"name": members.pop("name", None) or f"job-{next(_names)}",
                "steps": [s if isinstance(s, dict) else {"name": s}
                          for s in steps]}
        body.update(members)
        return data(self.post("/api/jobs", body), 201)

    def trigger(self, job, input_params=UNSET, **members):
        if input_params is not UNSET:
            members["input_params"] = input_params
        name = job["id"] if isinstance(job, dict) else job
        r = self.post(f"/api/jobs/{name}/trigger", members)
        return Execution(self, data(r))

    def execution(self, ident):
        return Execution(self, {"id": ident, "steps": []})

    def pages(self, path, key="cursor"):
        """Every row of a list, following its cursors."""
        cursor, rows = None, []
        mark = "&" if "?" in path else "?"
        while True:
            url = path + (f"{mark}{key}={cursor}" if cursor else "")
            body = ok(self.get(url))
            rows += body["data"]
            cursor = body["next_cursor"]
            if cursor is None:
                return rows


class Execution:
    """One execution, as its worker and its owner see it."""

    def __init__(self, api, row):
        self.api = api
        self.id = row["id"]
        self.first = row
        self.path = f"/api/executions/{self.id}"

    def send(self, verb, body=UNSET, headers=None, **members):
        """Report; members make the body unless one is given."""
        if body is UNSET and members:
            body = members
        return self.api.post(f"{self.path}/{verb}", body, headers)

    def ok(self, verb, body=UNSET, **members):
        """Report, which must be accepted; the whole answer."""
        return ok(self.send(verb, body, **members))

    def data(self, verb, body=UNSET, **members):
        """Report, which must be accepted; the execution in the answer."""
        return self.ok(verb, body, **members)["data"]

    def refused(self, verb, member, body=UNSET, status=422, **members):
        """Report, which must be refused with an error on member."""
        r = self.send(verb, body, **members)
        assert member in errors(r, status), r.text
        return r

    def step(self, step, verb, body=UNSET, **members):
        return self.ok(f"steps/{step}/{verb}", body, **members)["step"]

    def get(self):
        return data(self.api.get(self.path))

    def text(self):
        r = self.api.get(self.path)
        assert r.status_code == 200, r.text
        return r.content.decode("utf-8")

    @property
    def status(self):
        return self.get()["status"]

    def steps(self):
        return {s["name"]: s for s in self.get()["steps"]}

    def logs(self, query=""):
        return self.api.pages(f"{self.path}/logs?limit=1000{query}",
                              key="after")

    def finish(self, result=None):
        return self.data("complete", {"result_data": result})


def encode(body):
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode("utf-8")
    return json.dumps(body).encode("utf-8")


def ok(r, status=200):
    """The JSON of an answer that must have this status."""
    assert r.status_code == status, (
        f"{r.request.method} {r.request.path_url}: expected {status}, got "
        f"{r.status_code}: {r.text[:2000]}")
    kind = r.headers.get("Content-Type", "")
    assert kind.startswith("application/json"), f"Content-Type {kind!r}"
    return r.json()


def data(r, status=200):
    return ok(r, status)["data"]


def errors(r, status=422):
    """The errors map of a refusal; every entry is a list of texts."""
    found = ok(r, status)["errors"]
    assert found, r.text
    for member, texts in found.items():
        assert isinstance(texts, list) and texts, (member, r.text)
        assert all(isinstance(t, str) and t for t in texts), r.text
    return found


def bad_query(r, member):
    """A query parameter was refused, and it is named."""
    found = errors(r, 400)
    assert member in found or "detail" in found, r.text


def chain(*names):
    """Steps that each depend on the one before."""
    return [{"name": n, **({"depends_on": [names[i - 1]]} if i else {})}
            for i, n in enumerate(names)]


def ms(text):
    """An RFC 3339 time with Z as ms since 1970."""
    moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return int(moment.timestamp() * 1000)
