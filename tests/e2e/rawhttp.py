"""Plain sockets: requests byte by byte, answers parsed without mercy.

Neighbours: sse.py reads streams with the same reader; api.py is for
requests that an ordinary client would send.
"""
import dataclasses
import json
import socket
import struct
import time

DEADLINE = 10.0


class Closed(Exception):
    """The peer ended the connection where more was expected."""


class Reader:
    """Bytes of a socket by line and by count, under a deadline."""

    def __init__(self, sock, deadline=DEADLINE):
        self.sock = sock
        self.deadline = deadline
        self.have = b""
        self.until = None  # a moment, when the whole of a read has one

    def _more(self):
        if self.until is not None:
            left = self.until - time.monotonic()
            assert left > 0, f"deadline passed; have {self.have[:300]!r}"
            self.sock.settimeout(left)
        else:
            self.sock.settimeout(self.deadline)
        try:
            more = self.sock.recv(65536)
        except socket.timeout:
            raise AssertionError(
                f"nothing read in time; have {self.have[:300]!r}") from None
        except ConnectionResetError:
            more = b""
        if not more:
            raise Closed(self.have)
        self.have += more

    def take(self, count):
        while len(self.have) < count:
            self._more()
        out, self.have = self.have[:count], self.have[count:]
        return out

    def until_mark(self, mark):
        while mark not in self.have:
            self._more()
        out, self.have = self.have.split(mark, 1)
        return out

    def rest(self):
        """Everything up to the end of the connection."""
        try:
            while True:
                self._more()
        except Closed:
            out, self.have = self.have, b""
            return out


@dataclasses.dataclass
class Response:
    version: str
    status: int
    headers: list
    body: bytes

    def header(self, name, default=None):
        found = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(found) <= 1, f"{name} appears {len(found)} times"
        return found[0] if found else default

    def json(self):
        return json.loads(self.body)


def parse_head(head):
    lines = head.decode("latin-1").split("\r\n")
    version, status, _ = (lines[0] + " ").split(" ", 2)
    assert version in ("HTTP/1.1", "HTTP/1.0"), lines[0]
    assert len(status) == 3 and status.isdigit(), lines[0]
    headers = []
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        assert colon and name and name == name.strip(), f"bad header {line!r}"
        headers.append((name, value.strip()))
    return version, int(status), headers


class Raw:
    """One connection."""

    def __init__(self, port, deadline=DEADLINE):
        self.sock = socket.create_connection(("127.0.0.1", port), deadline)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.reader = Reader(self.sock, deadline)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def close(self):
        self.sock.close()

    def reset(self):
        """Close with RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack("ii", 1, 0))
        self.sock.close()

    def send(self, payload):
        """Send all; a peer that has already hung up is no error here."""
        if isinstance(payload, str):
            payload = payload.encode("latin-1")
        try:
            self.sock.sendall(payload)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return self

    def half_close(self):
        try:
            self.sock.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        return self

    def response(self, method="GET"):
        """One complete answer; 1xx ones are answers of their own."""
        head = self.reader.until_mark(b"\r\n\r\n")
        version, status, headers = parse_head(head)
        r = Response(version, status, headers, b"")
        r.body = self._body(r, method)
        return r

    def _body(self, r, method):
        if method == "HEAD" or r.status in (204, 304) or r.status < 200:
            return b""
        coding = r.header("Transfer-Encoding")
        length = r.header("Content-Length")
        assert not (coding and length), "both framings in one answer"
        if coding:
            assert coding == "chunked"
            return b"".join(iter(self.chunk, b""))
        if length is not None:
            return self.reader.take(int(length))
        assert r.header("Connection") == "close" or r.version == "HTTP/1.0", (
            "an answer without a length on a connection that stays open")
        return self.reader.rest()

    def chunk(self):
        """The next chunk; b"" is the last one, its trailer read."""
        size = self.reader.until_mark(b"\r\n")
        count = int(size.split(b";")[0], 16)
        chunk = self.reader.take(count)
        assert self.reader.take(2) == b"\r\n", "chunk without its CRLF"
        return chunk

    def responses(self, methods=()):
        """Every answer until the peer closes, which it must do cleanly."""
        out, methods = [], iter(methods)
        while True:
            try:
                out.append(self.response(next(methods, "GET")))
            except Closed as end:
                assert end.args[0] == b"", f"half an answer: {end.args[0]!r}"
                return out

    def closed(self):
        """Assert that the peer ends the connection and sends no more."""
        left = self.reader.rest()
        assert left == b"", f"more before the end: {left[:300]!r}"


def request(method, target, body=None, host="x", version="1.1", headers=()):
    """The bytes of a well-formed request."""
    lines = [f"{method} {target} HTTP/{version}"]
    if host is not None:
        lines.append(f"Host: {host}")
    lines += [f"{k}: {v}" for k, v in headers]
    if body is not None:
        if isinstance(body, str):
            body = body.encode("utf-8")
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join(lines) + "\r\n\r\n"
    return head.encode("latin-1") + (body or b"")
