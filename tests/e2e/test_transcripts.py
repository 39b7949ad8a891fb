"""Sessions at the command line, compared whole with how they went before.

transcripts/*.txt: "$ " begins a command, "> " continues it, "#" a comment;
the rest is what it printed, both outputs in order, and "[exit N]" where that
is not 0.  Each is one bash, in a folder with the files below, against a server
of its own.  Ids are numbered as they appear, times and cursors are masked, a
line that is one JSON value is laid out.  TIDEWIRE_TRANSCRIPTS=write writes
them anew: read the difference before it is committed.
"""
import itertools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

from api import ok
from factflow import PIPELINE
from server import DEADLINE, TIDEWIRE, wait_until
from test_cli import built  # noqa: F401

FOLDER = pathlib.Path(__file__).parent / "transcripts"
WRITE = os.environ.get("TIDEWIRE_TRANSCRIPTS") == "write"
NAMES = sorted(p.name for p in FOLDER.glob("*.txt"))
BROKEN = 'version: "1.0"\nroutes: {}\n'
BODY = json.dumps({"name": "crawl", "config_yaml": PIPELINE})
BEGIN, END = "\x01", "\x02"
# For machines without jq: as much of it as the transcripts use.
JQ = """#!%s
import json, sys
value = json.load(sys.stdin)
for part in sys.argv[-1].strip(".").replace("[", ".[").split("."):
    if part:
        value = value[int(part[1:-1]) if part[0] == "[" else part]
print(value if isinstance(value, str) and "-r" in sys.argv
      else json.dumps(value))
""" % sys.executable


def parse(text):
    """Comments, and the lines of commands."""
    parts = []
    for line in text.splitlines():
        if line.startswith("$ "):
            parts.append([line])
        elif line.startswith("> ") and parts and isinstance(parts[-1], list):
            parts[-1].append(line)
        elif line.startswith("#"):
            parts.append(line)
    return parts


def folder(path):
    """Where a session takes place."""
    (path / "crawl.yaml").write_text(PIPELINE)
    (path / "broken.yaml").write_text(BROKEN)
    (path / "crawl.json").write_text(BODY)
    (path / "notes.txt").write_text("High water at noon.\n")
    (path / "bin").mkdir()
    (path / "bin" / "tidewire").symlink_to(TIDEWIRE)
    if shutil.which("jq") is None:
        (path / "bin" / "jq").write_text(JQ)
        (path / "bin" / "jq").chmod(0o755)
    return path


def run(commands, cwd, url):
    """[(output, exit code)] of commands in one bash."""
    script = "exec 2>&1\n"
    for lines in commands:
        command = "\n".join(line[2:] for line in lines)
        script += f"printf '{BEGIN}'\n{command}\nprintf '{END}%d' $?\n"
    done = subprocess.run(
        ["bash", "--norc"], input=script, cwd=cwd, text=True, timeout=DEADLINE,
        capture_output=True, env={
            **os.environ, "PATH": f"{cwd}/bin:{os.environ['PATH']}",
            "TIDEWIRE_URL": url, "API": f"{url}/api/v1", "URL": url,
            "TIDEWIRE_API_KEY": "", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0 or END in done.stdout, done
    return [(out, int(code)) for out, code in re.findall(
        f"{BEGIN}(.*?){END}([0-9]+)", done.stdout, re.S)]


def lay_out(line):
    if line[:1] in "{[" and len(line) > 78:
        try:
            return json.dumps(json.loads(line), indent=1, ensure_ascii=False)
        except ValueError:
            pass
    return line


class Mask:
    """What differs from run to run, replaced by what does not."""

    def __init__(self, port):
        self.port = str(port)
        self.ids = {}
        self.count = itertools.count(1)

    def ident(self, match):
        if match[0] not in self.ids:
            self.ids[match[0]] = "00000000-0000-7000-8000-%012d" % next(
                self.count)
        return self.ids[match[0]]

    def __call__(self, text):
        text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
                      self.ident, text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                      "2026-01-01T00:00:00.000Z", text)
        text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ",
                      "2026-01-01T00:00:00Z", text)
        text = re.sub(r"\b[0-9a-f]{16}-(\d+)", r"epoch-\1", text)
        text = re.sub(r"^retry: \d+", "retry: 1000", text, flags=re.M)
        text = re.sub(rf"\b{self.port}\b", "8000", text)
        text = re.sub(r'("(?:avg_)?duration_ms"|"throughput_per_s"): ?[\d.]+',
                      r"\1:0", text)
        text = re.sub(r"\b\d+ms( *)", lambda m: "0ms" + " " * (
            len(m[0]) - 3 if m[1] else 0), text)
        # The last column of a table of rates.
        text = re.sub(r"^(\w+ +\S+(?: +\d+){4} +(?:\d\S*|-) +)[\d.]+$",
                      r"\g<1>0", text, flags=re.M)
        return re.sub(r"tidewire-\w{6}\.yaml", "tidewire-XXXXXX.yaml", text)


def session(text, cwd, srv):
    """The transcript as it is now."""
    parts = parse(text)
    commands = [p for p in parts if isinstance(p, list)]
    results = iter(run(commands, cwd, f"http://127.0.0.1:{srv.port}"))
    mask, out = Mask(srv.port), []
    for part in parts:
        if isinstance(part, str):
            out += (["", part] if out and not out[-1].startswith("#")
                    else [part])
            continue
        output, code = next(results)
        out += part + [lay_out(line) for line in mask(output).splitlines()]
        out += [f"[exit {code}]"] * (code != 0)
    return "\n".join(out).replace(str(cwd), ".") + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_session(srv, tmp_path, name):
    if shutil.which("curl") is None and "curl" in name:
        pytest.skip("there is no curl here")
    path = tmp_path / "session"
    path.mkdir()
    before = (FOLDER / name).read_text()
    now = session(before, folder(path), srv)
    if WRITE:
        (FOLDER / name).write_text(now)
    else:
        assert now == before


@pytest.mark.parametrize("end,code", [("complete", 0), ("fail", 123)])
def test_the_pipeline_as_it_is_written(srv, tmp_path, end, code):
    """config run prints JSON where standard output is no terminal."""
    path = folder(tmp_path)
    print("jq is", shutil.which("jq") or "ours")
    config = ok(srv.api.post("/api/v1/configs", json.loads(BODY)), 201)["id"]
    before = srv.info()["subscribers"]
    proc = subprocess.Popen(
        ["bash", "-c", "set -o pipefail; tidewire config run $0 | "
         "jq -r .execution_id | xargs tidewire execution wait", config],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={
            **os.environ, "PATH": f"{path}/bin:{os.environ['PATH']}",
            "TIDEWIRE_URL": f"http://127.0.0.1:{srv.port}",
            "TIDEWIRE_API_KEY": ""})
    wait_until(lambda: proc.poll() is not None
               or srv.info()["subscribers"] > before, "wait listens")
    (row,) = ok(srv.api.get("/api/v1/executions"))["executions"]
    ok(srv.api.post(f"/api/executions/{row['id']}/{end}", {
        "error_message": "no", "retryable": False} if end == "fail" else {}))
    out, err = proc.communicate(timeout=DEADLINE)
    assert proc.returncode == code, (out, err)
    assert json.loads(out)["id"] == row["id"]


# ---- nothing is left out -------------------------------------------------

OURS = re.compile(r"/api/v1/(executions|configs|lineage|storage)\b|"
                  r"/storage-stream")


def commands_of(kind):
    for name in NAMES:
        if kind in name:
            for part in parse((FOLDER / name).read_text()):
                if isinstance(part, list):
                    yield "\n".join(line[2:] for line in part)


def test_curl_calls_every_endpoint(api):
    called = set()
    for command in commands_of("curl"):
        for url in re.findall(r"\$(?:API|URL)/\S*", command):
            path = url.replace("$API", "/api/v1").replace("$URL", "")
            path = re.split(r"[?\"']", path)[0]
            method = re.search(r"-X ([A-Z]+)", command)
            body = re.search(r" -d ['@]", command)
            called.add((method[1] if method else "POST" if body else "GET",
                        path))
    missing = []
    for path, ops in ok(api.get("/api/openapi.json"))["paths"].items():
        if not OURS.match(path):
            continue
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$")
        missing += [(m.upper(), path) for m in ops
                    if not any(m.upper() == method and pattern.match(p)
                               for method, p in called)]
    assert not missing


def test_tidewire_has_every_command():
    text = subprocess.run([TIDEWIRE, "--help"], capture_output=True,
                          text=True).stdout
    wanted = re.findall(r"^  ((?:config|execution|storage|lineage|article) \w+)",
                        text, re.M)
    said = "\n".join(commands_of("cli"))
    assert len(wanted) > 30
    assert not [w for w in wanted if f"tidewire {w}" not in said]
