"""Requests that no honest client sends: each is refused, and whatever it
carries is never taken for a request of its own.

Every row is sent with a probe behind it.  After a refusal the connection
is closed, or in sync: then the probe's answer is the last one.
"""
import pytest

from rawhttp import Raw, request

PROBE = request("GET", "/healthz", headers=[("Connection", "close")])
INNER = request("POST", "/api/jobs", '{"name":"smuggled"}')
BODY = b'{"name":"smuggled"}'
BAD = {400}
CRLF = b"\r\n"


def post(*headers, body=BODY, version=b"1.1", target=b"/api/jobs",
         host=b"Host: x\r\n"):
    """A POST with exactly these header lines."""
    head = b"POST " + target + b" HTTP/" + version + CRLF + host
    return head + b"".join(h + CRLF for h in headers) + CRLF + body


def get(*headers, line=b"GET /healthz HTTP/1.1", host=b"Host: x\r\n"):
    return line + CRLF + host + b"".join(h + CRLF for h in headers) + CRLF


def length(value):
    return post(b"Content-Length: " + value)


def coding(value, body=b"5\r\n{    \r\n0\r\n\r\n", version=b"1.1"):
    return post(b"Transfer-Encoding: " + value, body=body + INNER,
                version=version)


def chunks(body):
    return post(b"Transfer-Encoding: chunked", body=body)


FRAMING = {
    "TE and CL": (post(b"Transfer-Encoding: chunked", b"Content-Length: 4",
                       body=b"0\r\n\r\n" + INNER), BAD),
    "CL and TE": (post(b"Content-Length: 4", b"Transfer-Encoding: chunked",
                       body=b"0\r\n\r\n" + INNER), BAD),
    "two CLs that differ": (post(b"Content-Length: 19",
                                 b"Content-Length: 0"), BAD),
    "two CLs that agree": (post(b"Content-Length: 19",
                                b"Content-Length: 19"), BAD),
    "CL list": (length(b"19, 19"), BAD),
    "CL list that differs": (length(b"19,0"), BAD),
    "CL +": (length(b"+19"), BAD),
    "CL -": (length(b"-1"), BAD),
    "CL hex": (length(b"0x13"), BAD),
    "CL octal look": (length(b"0o23"), BAD),
    "CL with words": (length(b"19 bytes"), BAD),
    "CL in two parts": (length(b"1 9"), BAD),
    "CL float": (length(b"19.0"), BAD),
    "CL exponent": (length(b"1e1"), BAD),
    "CL empty": (length(b""), BAD),
    "CL semicolon": (length(b"19;"), BAD),
    "CL quoted": (length(b'"19"'), BAD),
    "CL vertical tab": (length(b"\x0b19"), BAD),
    "CL full width": (length("\uff11\uff19".encode()), BAD),
    "CL of 2^64": (length(b"18446744073709551616"), {400, 413}),
    "CL of 2^63": (length(b"9223372036854775808"), {400, 413}),
    "CL wraps to 19": (length(b"18446744073709551635"), {400, 413}),
    "CL wraps 32 bits": (length(b"4294967315"), {400, 413}),
    "CL of 400 digits": (length(b"9" * 400), {400, 413}),
    "CL space before colon": (post(b"Content-Length : 19"), BAD),
    "CL tab before colon": (post(b"Content-Length\t: 19"), BAD),
    "CL space before name": (post(b" Content-Length: 19"), BAD),
    "CL folded": (post(b"Content-Length:\r\n 19"), BAD),
    "TE xchunked": (coding(b"xchunked"), {400, 501}),
    "TE chunkedx": (coding(b"chunkedx"), {400, 501}),
    "TE vertical tab": (coding(b"\x0bchunked"), {400, 501}),
    "TE twice in one": (coding(b"chunked, chunked"), {400, 501}),
    "TE gzip, chunked": (coding(b"gzip, chunked"), {400, 501}),
    "TE chunked, gzip": (coding(b"chunked, gzip"), {400, 501}),
    "TE identity": (coding(b"identity"), {400, 501}),
    "TE chunked, identity": (coding(b"chunked, identity"), {400, 501}),
    "TE with parameter": (coding(b"chunked;q=1"), {400, 501}),
    "TE quoted": (coding(b'"chunked"'), {400, 501}),
    "TE empty": (coding(b""), {400, 501}),
    "TE comma": (coding(b",chunked"), {400, 501}),
    "TE space before colon": (post(
        b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + INNER), BAD),
    "TE folded": (coding(b"\r\n chunked"), BAD),
    "two TEs": (post(b"Transfer-Encoding: chunked",
                     b"Transfer-Encoding: chunked",
                     body=b"0\r\n\r\n" + INNER), {400, 501}),
    "two TEs, second odd": (post(b"Transfer-Encoding: chunked",
                                 b"Transfer-Encoding: cow",
                                 body=b"0\r\n\r\n" + INNER), {400, 501}),
    "TE in 1.0": (coding(b"chunked", version=b"1.0"), {400, 501}),
}

CHUNKS = {
    "size 0x": b"0x13\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size +": b"+13\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size -": b"-13\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size empty": b"\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size space before": b" 13\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size no hex": b"1g\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size underscore": b"1_3\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size too short": b"12\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size too long": b"14\r\n" + BODY + b"\r\n0\r\n\r\n",
    "no CRLF behind data": b"13\r\n" + BODY + b"0\r\n\r\n",
    "LF behind data": b"13\r\n" + BODY + b"\n0\r\n\r\n",
    "CR alone behind data": b"13\r\n" + BODY + b"\rX0\r\n\r\n",
    "LF behind size": b"13\n" + BODY + b"\r\n0\r\n\r\n",
    "CR alone behind size": b"13\rX" + BODY + b"\r\n0\r\n\r\n",
    "LF in an extension": b"13;a\nb\r\n" + BODY + b"\r\n0\r\n\r\n",
    "NUL in an extension": b"13;a\0b\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size of 2^64": b"10000000000000000\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size wraps": b"10000000000000013\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size of 2^63": b"8000000000000000\r\n" + BODY + b"\r\n0\r\n\r\n",
    "size all f": b"ffffffffffffffff\r\n" + BODY + b"\r\n0\r\n\r\n",
    "endless extension": b"13;" + b"a" * 100_000 + b"\r\n" + BODY,
    "trailer without colon": b"13\r\n" + BODY + b"\r\n0\r\nodd\r\n\r\n",
    "endless trailer": b"13\r\n" + BODY + b"\r\n0\r\n" + b"X: y\r\n" * 50_000,
    "LF behind the last": b"13\r\n" + BODY + b"\r\n0\n\n",
}

LINES = {
    "bare LF": b"GET /healthz HTTP/1.1\nHost: x\n\n",
    "bare LF behind the line": b"GET /healthz HTTP/1.1\nHost: x\r\n\r\n",
    "bare LF behind a header": b"GET /healthz HTTP/1.1\r\nHost: x\nA: b\r\n\r\n",
    "bare LF at the end": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\n",
    "bare CR in a value": get(b"A: b\rc"),
    "bare CR as line end": b"GET /healthz HTTP/1.1\rHost: x\r\r",
    "CR CR LF": b"GET /healthz HTTP/1.1\r\r\nHost: x\r\n\r\n",
    "folded header": get(b"A: b", b" c"),
    "folded with a tab": get(b"A: b", b"\tc"),
    "fold before any header": get(b"A: b", host=b" Host: x\r\n"),
    "NUL in a value": get(b"A: admin\0x"),
    "NUL in a name": get(b"A\0: x"),
    "NUL in the target": get(line=b"GET /health\0z HTTP/1.1"),
    "NUL before all": b"\0" + PROBE,
    "control byte in a value": get(b"A: b\x01c"),
    "DEL in a value": get(b"A: b\x7fc"),
    "no colon": get(b"Naked"),
    "empty name": get(b": x"),
    "space in a name": get(b"A B: x"),
    "space before colon": get(b"A : x"),
    "bracket in a name": get(b"A(B): x"),
    "control byte in a name": get(b"A\x01: x"),
    "eighth bit in a name": get(b"A\xff: x"),
    "no Host": get(host=b""),
    "two Hosts": get(b"Host: x"),
    "two Hosts that differ": get(b"Host: y"),
    "Host with a space before colon": get(host=b"Host : x\r\n"),
    "space in the target": get(line=b"GET /heal thz HTTP/1.1"),
    "tab in the target": get(line=b"GET /heal\tthz HTTP/1.1"),
    "control byte in the target": get(line=b"GET /heal\x01thz HTTP/1.1"),
    "eighth bit in the target": get(line=b"GET /heal\xff HTTP/1.1"),
    "target without slash": get(line=b"GET healthz HTTP/1.1"),
    "no target": get(line=b"GET  HTTP/1.1"),
    "no version": get(line=b"GET /healthz"),
    "HTTP/0.9": b"GET /healthz\r\n\r\n",
    "version words": get(line=b"GET /healthz HTTP/1.1 extra"),
    "http/1.1": get(line=b"GET /healthz http/1.1"),
    "HTTP/1": get(line=b"GET /healthz HTTP/1"),
    "HTTP/1.": get(line=b"GET /healthz HTTP/1."),
    "HTTP/.1": get(line=b"GET /healthz HTTP/.1"),
    "HTTP/01.1": get(line=b"GET /healthz HTTP/01.1"),
    "HTTP/1.01": get(line=b"GET /healthz HTTP/1.01"),
    "HTTP/1.1x": get(line=b"GET /healthz HTTP/1.1x"),
    "HTTQ/1.1": get(line=b"GET /healthz HTTQ/1.1"),
    "ICY": b"ICY 200 OK\r\n\r\n",
    "two spaces": get(line=b"GET  /healthz HTTP/1.1"),
    "space first": b" GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "answer as a request": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x9a" * 300,
    "noise": bytes(range(256)) * 4,
    "only LFs": b"\n" * 5000,
}

VERSIONS = {v: get(line=b"GET /healthz HTTP/" + v.encode())
            for v in ("1.9", "1.2", "2.0", "3.0", "0.9", "9.9")}
VERSIONS["preface"] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
METHODS = {m: get(line=m.encode() + b" /healthz HTTP/1.1")
           for m in ("BREW", "get", "TRACE", "PROPFIND", "G", "M-SEARCH",
                     "X" * 200)}
METHODS["CONNECT"] = b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n"
METHODS["G\\x01T"] = get(line=b"G\x01T /healthz HTTP/1.1")


def talk(port, payload):
    """All answers to payload with the probe behind it."""
    with Raw(port) as raw:
        raw.send(payload + PROBE).half_close()
        return raw.responses()


def verdict(srv, payload, wanted):
    """The first answer is a refusal; then the end, or the probe's."""
    got = talk(srv.port, payload)
    seen = [r.status for r in got]
    assert got, "closed without a word"
    assert got[0].status in wanted, seen
    if len(got) == 1:
        return
    assert len(got) == 2, f"it carried a request of its own: {seen}"
    assert got[1].status == 200 and got[1].json() == {"status": "ok"}, seen


def nothing_smuggled(srv):
    assert srv.api.get("/api/jobs/smuggled").status_code == 404
    assert srv.api.get("/healthz").json() == {"status": "ok"}


@pytest.fixture
def seq(srv):
    """Nothing may be journaled by any of these."""
    before = srv.seq()
    yield
    nothing_smuggled(srv)
    assert srv.seq() == before


def test_framing(srv, seq, case):
    for name, (payload, wanted) in FRAMING.items():
        with case(name):
            verdict(srv, payload, wanted)


def test_chunks(srv, seq, case):
    for name, body in CHUNKS.items():
        with case(name):
            verdict(srv, chunks(body), {400, 413, 431})


def test_lines(srv, seq, case):
    for name, payload in LINES.items():
        with case(name):
            verdict(srv, payload, {400, 431, 505})


def test_versions(srv, seq, case):
    for name, payload in VERSIONS.items():
        with case(name):
            verdict(srv, payload, {400, 505})


def test_methods(srv, seq, case):
    for name, payload in METHODS.items():
        with case(name):
            verdict(srv, payload, {400, 405, 501})


def test_every_refusal_is_json(srv, case):
    rows = {**LINES, **{k: v[0] for k, v in FRAMING.items()}, **VERSIONS}
    for name, payload in rows.items():
        with case(name):
            first = talk(srv.port, payload)[0]
            assert first.header("Content-Type").startswith(
                "application/json")
            assert first.json(), first.body


def test_head_carries_nothing_in(srv, seq, case):
    rows = {
        "length": request("HEAD", "/healthz", INNER),
        "chunked": b"HEAD /healthz HTTP/1.1\r\nHost: x\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n"
                   b"%x\r\n%s\r\n0\r\n\r\n" % (len(INNER), INNER)}
    for name, payload in rows.items():
        with case(name), Raw(srv.port) as raw:
            got = raw.send(payload + PROBE).responses(["HEAD", "GET"])
            assert got[0].status in (200, 400)
            assert len(got) == 1 or (len(got) == 2 and got[1].json())


def test_upgrades_are_not_taken_up(srv, seq, case):
    for value in (b"websocket", b"h2c", b"TLS/1.0", b"x"):
        for name in (b"Upgrade", b"Upgrade, HTTP2-Settings"):
            with case(f"{value} {name}"):
                got = talk(srv.port, get(b"Upgrade: " + value,
                                         b"Connection: " + name))
                assert [r.status for r in got] == [200, 200]
                payload = post(b"Upgrade: " + value, b"Connection: Upgrade",
                               b"Content-Length: %d" % len(INNER),
                               body=INNER)
                got = talk(srv.port, payload)
                assert [r.status for r in got] in ([400, 200], [400])


def test_trailers_are_dropped(srv, case):
    """A trailer is no header: it neither frames nor authenticates."""
    key = srv.api.post("/api/keys", {"name": "k", "scope": "admin"}).json()
    key = key["data"]["key"].encode()
    body = b"13\r\n" + BODY + b"\r\n0\r\n%s\r\n\r\n"
    for trailer in (b"Authorization: Bearer " + key, b"X-API-Key: " + key):
        with case(trailer[:13].decode()):
            got = talk(srv.port, chunks(body % trailer))
            assert got[0].status in (400, 401)
    srv.api.key = key.decode()
    for i, trailer in enumerate((
            b"Content-Length: 5", b"Transfer-Encoding: gzip", b"Host: y",
            b"Connection: close")):
        with case(trailer.decode()):
            payload = post(b"Transfer-Encoding: chunked",
                           b"Authorization: Bearer " + key,
                           body=body.replace(b"smuggled", b"mug-%04d" % i)
                           % trailer)
            assert [r.status for r in talk(srv.port, payload)] in (
                [201, 200], [400], [400, 200])


def test_values_that_are_fine(srv, case):
    """The strict layer does not refuse what is allowed."""
    rows = [get(b"A:b"), get(b"A: "), get(b"A:"), get(b"A:  b\t "),
            get(b"A: b c"), get(b"A: \xc3\xa5"), get(b"!#$%&'*+-.^_`|~: x"),
            get(b"A: x", b"A: y"), get(host=b"hOsT: x:80\r\n"),
            get(host=b"Host: [::1]:80\r\n"),
            get(line=b"GET /healthz?a=b&c=%20%C3%A5 HTTP/1.1"),
            get(b"Content-Length: 0"), get(b"Content-Length:   0  "),
            get(b"Connection: keep-alive, x"), get(b"Cookie: " + b"a" * 4000)]
    for payload in rows:
        with case(repr(payload[:60])):
            assert [r.status for r in talk(srv.port, payload)] == [200, 200]


def test_a_percent_in_the_path_stays_a_path(srv, case):
    for target in (b"/healthz%00", b"/health%7a%00", b"/%68ealthz%2f"):
        with case(target.decode()):
            got = talk(srv.port, get(line=b"GET " + target + b" HTTP/1.1"))
            assert got[0].status in (400, 404)


def test_random_damage(srv, seq):
    """One byte of a good request changed: never a crash, never a job."""
    good = post(b"Content-Length: 19", b"A: b",
                body=b'{"name":7,"x":"yz"}')
    for at in range(len(good)):
        for byte in (b"\0", b"\n", b"\r", b" ", b"\xff", b":", b"9"):
            with Raw(srv.port) as raw:
                raw.send(good[:at] + byte + good[at + 1:]).half_close()
                for r in raw.responses():
                    assert 400 <= r.status < 600
