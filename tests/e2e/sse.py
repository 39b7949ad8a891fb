"""Reads a Server-Sent Events stream strictly, under deadlines.

Decodes the chunks itself, checks that ids ascend and that every data line
is one JSON text with the members all events share.  Neighbours: rawhttp.py
lends the socket and its reader.
"""
import dataclasses
import json
import time
import urllib.parse

from rawhttp import Closed, Raw, parse_head

COMMON = ("type", "execution_id", "seq", "at")


@dataclasses.dataclass
class Event:
    name: str
    id: str
    data: dict
    text: str

    @property
    def type(self):
        return self.data["type"]

    @property
    def seq(self):
        return int(self.data["seq"])


class Stream:
    """One subscription; iterate it or ask for the next event."""

    def __init__(self, port, path, headers=(), version="1.1", deadline=10.0,
                 strict=True, **query):
        self.deadline = deadline
        self.strict = strict
        self.last_id = None
        self.comments = []
        self.retry = None
        self.pending = b""
        self.ended = False
        self.raw = Raw(port, deadline)
        if query:
            path += "?" + urllib.parse.urlencode(query)
        lines = [f"GET {path} HTTP/{version}", "Host: x",
                 "Accept: text/event-stream"]
        lines += [f"{k}: {v}" for k, v in headers]
        self.raw.send("\r\n".join(lines) + "\r\n\r\n")
        head = self.raw.reader.until_mark(b"\r\n\r\n")
        self.version, self.status, self.headers = parse_head(head)
        self.chunked = self.header("Transfer-Encoding") == "chunked"
        if self.status == 200:
            self._check_head(version)

    def _check_head(self, version):
        kind = self.header("Content-Type") or ""
        assert kind.split(";")[0] == "text/event-stream", kind
        cache = self.header("Cache-Control") or ""
        assert "no-cache" in cache and "no-transform" in cache, cache
        assert self.header("X-Accel-Buffering") == "no"
        assert self.header("Content-Length") is None
        assert self.chunked == (version == "1.1"), "framing of this version"

    def header(self, name):
        for k, v in self.headers:
            if k.lower() == name.lower():
                return v
        return None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.raw.close()

    # -- framing ---------------------------------------------------------

    def _read_more(self):
        """Append the next bytes of the body to pending; False at its end."""
        if self.ended:
            return False
        if self.chunked:
            piece = self.raw.chunk()
            self.ended = piece == b""
        else:
            try:
                if not self.raw.reader.have:
                    self.raw.reader._more()
            except Closed:
                self.ended = True
            piece, self.raw.reader.have = self.raw.reader.have, b""
        self.pending += piece
        return not self.ended

    def _block(self):
        while b"\n\n" not in self.pending:
            if not self._read_more():
                assert self.pending == b"", f"cut short: {self.pending!r}"
                return None
        block, self.pending = self.pending.split(b"\n\n", 1)
        return block.decode("utf-8")

    # -- events ----------------------------------------------------------

    def _fields(self, block):
        fields = {}
        assert "\r" not in block, f"a CR ends a line, too: {block!r}"
        for line in block.split("\n"):
            if line.startswith(":"):
                self.comments.append(line[1:].strip())
                continue
            name, _, value = line.partition(": ")
            assert name in ("event", "id", "data", "retry"), repr(line)
            assert name not in fields, f"{name} twice in {block!r}"
            fields[name] = value
        return fields

    def _take_id(self, ident, name):
        """Note an id; ids ascend strictly but for gap and end."""
        epoch, dash, seq = ident.rpartition("-")
        assert dash and epoch and seq.isdigit(), f"id {ident!r}"
        if self.last_id is not None and name not in ("gap", "snapshot"):
            before_epoch, before = self.last_id
            assert epoch == before_epoch, f"{self.last_id} then {ident}"
            same_is_fine = name == "end"
            assert int(seq) > before or (same_is_fine and int(seq) == before), (
                f"id {ident} after {before} ({name})")
        self.last_id = (epoch, int(seq))

    def _event(self, block):
        fields = self._fields(block)
        if "retry" in fields:
            self.retry = int(fields["retry"])
        name = fields.get("event")
        if "id" in fields:
            kind = name
            if kind is None and fields.get("data", "").startswith("{"):
                kind = json.loads(fields["data"]).get("type")
            self._take_id(fields["id"], kind)
        if "data" not in fields:
            return None
        body = json.loads(fields["data"])
        event = Event(name, fields.get("id"), body, fields["data"])
        if self.strict and name not in ("heartbeat", "gap"):
            for member in COMMON:
                assert member in body, f"{member} missing in {fields}"
            assert name is None or body["type"] == name, fields
        return event

    def poll(self):
        """The next event, or None for a block that was only a comment."""
        block = self._block()
        if block is None:
            raise Closed(b"")
        return self._event(block)

    def next(self, *names):
        """The next event (of these names); fails past the deadline."""
        self.raw.reader.until = time.monotonic() + self.deadline
        while True:
            event = self.poll()
            if event is not None and (not names or event.type in names):
                return event

    def until(self, wanted):
        """Events up to and including the first for which wanted is true."""
        out = []
        self.raw.reader.until = time.monotonic() + self.deadline
        while not out or not wanted(out[-1]):
            event = self.poll()
            if event is not None:
                out.append(event)
        return out

    def until_seq(self, seq):
        """Events up to one whose seq is at least seq."""
        return self.until(lambda e: e.seq >= seq)

    def until_end(self):
        """Events until the server closes the stream."""
        out = []
        self.raw.reader.until = time.monotonic() + self.deadline
        while True:
            try:
                event = self.poll()
            except Closed:
                return out
            if event is not None:
                out.append(event)

    def until_comment(self):
        """Read on until a comment arrives; its text."""
        self.raw.reader.until = time.monotonic() + self.deadline
        seen = len(self.comments)
        while len(self.comments) == seen:
            self.poll()
        return self.comments[-1]

    def until_cursor(self, seq):
        """Read on, events or not, until the cursor is at seq."""
        self.raw.reader.until = time.monotonic() + self.deadline
        while self.last_id is None or self.last_id[1] < seq:
            self.poll()

    @property
    def cursor(self):
        return f"{self.last_id[0]}-{self.last_id[1]}"


def events_path(execution):
    ident = execution if isinstance(execution, str) else execution.id
    return f"/api/v1/executions/{ident}/events"


def replay(port, seq, path="/events", **query):
    """Every event from the beginning of time up to seq."""
    query.setdefault("types", "all")
    with Stream(port, path, since="0", **query) as stream:
        return stream.until_seq(seq)
