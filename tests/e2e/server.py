"""The server under test: a real tidewired process on a port of its choosing.

Neighbours: api.py speaks HTTP to it, rawhttp.py and sse.py speak bytes,
conftest.py makes one for each test and checks its store afterwards.
"""
import contextlib
import os
import pathlib
import re
import select
import signal
import subprocess
import time

from api import Api

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDEWIRED = os.environ.get("TIDEWIRED", str(ROOT / "build" / "tidewired"))
TIDEWIRE = os.environ.get("TIDEWIRE", str(ROOT / "build" / "tidewire"))
# How long anything may take before it counts as hung.
DEADLINE = float(os.environ.get("TIDEWIRE_DEADLINE", "30"))

LISTENING = re.compile(rb"^tidewired: listening on http://([^:]+):(\d+)\n$")
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|runtime error:|"
                       r"invariant broken")


class Server:
    """One data directory and the process that serves it."""

    def __init__(self, data, *args, clock=True, env=None):
        self.data = pathlib.Path(data)
        self.args = list(args)
        self.clock = clock
        self.env = dict(env or {})
        self.proc = None
        self.port = 0
        self.wrap = []  # a program to run it under, and its arguments
        self.log_path = self.data.with_name(self.data.name + ".log")
        self.api = Api(self)

    # -- life and death --------------------------------------------------

    def start(self, *extra, port=0, clock=None):
        """Start and return once it accepts connections."""
        assert self.proc is None, "already running"
        argv = self.wrap + [
            TIDEWIRED, "--listen", f"127.0.0.1:{port}",
            "--data", str(self.data)]
        if self.clock if clock is None else clock:
            argv.append("--test-clock")
        with open(self.log_path, "ab") as log:
            self.proc = subprocess.Popen(
                argv + self.args + list(extra), stdout=subprocess.PIPE,
                stderr=log, stdin=subprocess.DEVNULL, bufsize=0,
                env={**os.environ, **self.env})
        self.port = self._read_port()
        self.api.forget_connections()
        return self

    def _read_port(self):
        line, until = b"", time.monotonic() + DEADLINE
        while not line.endswith(b"\n"):
            left = until - time.monotonic()
            poll = select.poll()  # select() knows no descriptor over 1023
            poll.register(self.proc.stdout, select.POLLIN)
            ready = poll.poll(max(left, 0) * 1000)
            assert ready, f"no listening line in {DEADLINE} s: {line!r}"
            more = os.read(self.proc.stdout.fileno(), 4096)
            if not more:
                code = self._reap()
                raise AssertionError(f"exited with {code} before it listened:"
                                     f"\n{self.log_tail()}")
            line += more
        found = LISTENING.match(line)
        assert found, f"stdout must hold the listening line only: {line!r}"
        return int(found.group(2))

    def _reap(self):
        try:
            code = self.proc.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            raise AssertionError(f"still alive after {DEADLINE} s:\n"
                                 f"{self.log_tail()}") from None
        finally:
            self.proc.stdout.close()
            self.proc = None
        return code

    def stop(self):
        """SIGTERM: it must drain and exit with 0."""
        self.proc.send_signal(signal.SIGTERM)
        code = self._reap()
        assert code == 0, f"exit {code} on SIGTERM:\n{self.log_tail()}"

    def kill9(self):
        self.proc.kill()
        self._reap()

    def wait_crash(self):
        """Wait for a --test-crash point to kill it."""
        code = self._reap()
        assert code == -signal.SIGKILL, f"exit {code}:\n{self.log_tail()}"

    def restart(self, *extra, same_port=False):
        port = self.port if same_port else 0
        if self.proc is not None:
            self.stop()
        return self.start(*extra, port=port)

    @contextlib.contextmanager
    def paused(self):
        """Hold the process: all that is sent meanwhile meets in one turn."""
        self.proc.send_signal(signal.SIGSTOP)
        wait_until(self._is_stopped, "the process stops")
        try:
            yield
        finally:
            self.proc.send_signal(signal.SIGCONT)

    def _is_stopped(self):
        with open(f"/proc/{self.proc.pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "T"

    # -- what is found afterwards ---------------------------------------

    def check(self):
        """(exit code, output) of `tidewired check`."""
        done = subprocess.run(
            [TIDEWIRED, "check", "--data", str(self.data)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            stdin=subprocess.DEVNULL, timeout=DEADLINE,
            env={**os.environ, **self.env})
        return done.returncode, done.stdout

    def finish(self):
        """End of a test: stop, then the store must be consistent."""
        if self.proc is not None:
            self.stop()
        code, out = self.check()
        assert code == 0, f"check found:\n{out}\n{self.log_tail()}"
        found = SANITIZER.search(self.log_text())
        assert not found, f"{found.group()} in the log:\n{self.log_tail(8000)}"

    def abandon(self):
        """Make sure no process is left behind, whatever went wrong."""
        if self.proc is not None:
            self.proc.kill()
            self.proc.wait()
            self.proc.stdout.close()
            self.proc = None

    def log_text(self):
        try:
            return self.log_path.read_text(errors="replace")
        except FileNotFoundError:
            return ""

    def log_tail(self, size=3000):
        return self.log_text()[-size:]

    # -- time ------------------------------------------------------------

    def advance(self, ms):
        """Move the clock; all that is due by then has happened."""
        r = self.api.post("/test/clock", {"advance_ms": ms})
        assert r.status_code == 200, r.text
        return r.json()["now_ms"]

    def now(self):
        return self.advance(0)

    # -- shorthands ------------------------------------------------------

    def info(self):
        r = self.api.get("/api/server")
        assert r.status_code == 200, r.text
        return r.json()["data"]

    def seq(self):
        return int(self.info()["seq"])

    def counts(self):
        return self.info()["executions"]


def wait_until(condition, what, deadline=DEADLINE):
    """Poll condition until it is true; fail when the deadline passes."""
    until = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"never happened: {what}"
        select.select([], [], [], 0.005)


def cpu_seconds(pid):
    """What a process has used so far."""
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_kb(pid):
    """Anonymous memory a process has in RAM."""
    with open(f"/proc/{pid}/status") as status:
        rows = dict(line.split(":", 1) for line in status)
    return int(rows["RssAnon"].split()[0])


def cpu_while_idle(pid, quiet, seconds=1.0):
    """CPU seconds used while nothing arrives on the socket quiet."""
    before = cpu_seconds(pid)
    readable, _, _ = select.select([quiet], [], [], seconds)
    assert not readable, "an idle connection was touched"
    return cpu_seconds(pid) - before


def run_tool(argv, timeout=DEADLINE, env=None, **kw):
    """Run a program to its end with output captured as text."""
    return subprocess.run(argv, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=timeout,
                          stdin=kw.pop("stdin", subprocess.DEVNULL),
                          env={**os.environ, **(env or {})}, **kw)
