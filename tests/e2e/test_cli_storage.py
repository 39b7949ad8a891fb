"""The command line's view of storage: objects, files made of them, watching.

Neighbours: test_storage.py has the endpoints, test_cli.py has Cli.
"""
import contextlib
import json
import os
import pty
import re
import signal
import socket
import tarfile
import threading

import pytest

from api import chain
from server import DEADLINE, wait_until
from test_cli import Cli, built, ends  # noqa: F401

BYTES = bytes(range(256)) * 40


@pytest.fixture
def cli(srv):
    return Cli(srv)


@pytest.fixture
def ex(api):
    """An execution that has left two objects, and goes on."""
    api.job(*chain("a", "b"), name="j")
    ex = api.trigger("j")
    ex.step("a", "progress", checkpoint_data={"at": 1})
    ex.step("a", "completed", artifacts={"k": [1, 2]})
    return ex


def key(ex, path):
    return f"executions/{ex.id}/{path}"


def lines(text):
    return [line.split() for line in text.splitlines()]


def put(cli, ex, path, name="page one.bin", data=BYTES, kind="image/x-tide"):
    path.write_bytes(data)
    return cli.json("storage", "put", ex.id, "a", "extra", name, "-f",
                    str(path), "--type", kind)


def test_list_and_metadata(cli, ex, api):
    want = [key(ex, "a/a/artifacts.json"), key(ex, "a/a/checkpoint.json")]
    rows = lines(cli.ok("storage", "list"))
    assert rows[0] == ["KEY", "SIZE", "TYPE", "CREATED"]
    assert [row[0] for row in rows[1:]] == want
    other = api.trigger("j", tag="other")
    other.step("a", "completed", artifacts={"n": 7})
    got = cli.json("storage", "list", "--execution", other.id)
    assert [o["execution_id"] for o in got["objects"]] == [other.id]
    got = cli.json("storage", "list", "a/a/ch", "--execution", ex.id)
    assert [o["key"] for o in got["objects"]] == want[1:]
    got = cli.json("storage", "list", f"executions/{ex.id}/")
    assert [o["key"] for o in got["objects"]] == want
    one = json.loads(cli.ok("storage", "metadata", want[0]))
    assert one["key"] == want[0] and one["size"] == 13 and one["etag"]
    shown = cli.ok("--output", "table", "storage", "metadata", want[0])
    assert "content_type" in shown and "application/json" in shown


def test_lists_go_on(cli, ex):
    first = cli.run("storage", "list", "--limit", "1")
    (cursor,) = re.findall(r"--cursor (\S+)", first.stderr)
    rest = cli.ok("storage", "list", "--cursor", cursor)
    assert lines(first.stdout)[1:] + lines(rest)[1:] == lines(
        cli.ok("storage", "list"))[1:]


def test_browse(cli, ex):
    assert lines(cli.ok("storage", "browse"))[1] == [
        "executions/", "-", "-", "-"]
    assert [row[0] for row in lines(cli.ok("storage", "browse", key(ex, "a")))
            ] == ["NAME", "a/"]
    rows = lines(cli.ok("storage", "browse", key(ex, "a/a")))
    assert [row[:2] for row in rows[1:]] == [
        ["artifacts.json", "13"], ["checkpoint.json", "9"]]
    assert cli.json("storage", "browse", key(ex, "a"))["folders"]


def test_put_and_get(cli, ex, tmp_path):
    made = put(cli, ex, tmp_path / "in")
    assert made["size"] == len(BYTES) and made["route"] == "a"
    assert made["content_type"] == "image/x-tide"
    out = tmp_path / "out"
    with open(out, "wb") as f:
        done = cli.spawn_to(f, "storage", "get", made["key"])
    assert done == 0 and out.read_bytes() == BYTES
    assert cli.json("storage", "get", made["key"])["key"] == made["key"]
    empty = put(cli, ex, tmp_path / "in", name="none", data=b"")
    assert empty["size"] == 0
    assert cli.ok("storage", "get", empty["key"]) == ""


@pytest.mark.parametrize("name", ["ü b.txt", "50%", "?x=#y", "a+b"])
def test_names_that_need_care(cli, ex, tmp_path, name):
    made = put(cli, ex, tmp_path / "in", name=name, data=b"hello\n")
    assert cli.ok("storage", "get", made["key"]) == "hello\n"
    cli.ok("storage", "download", made["key"], "-d", str(tmp_path))
    assert (tmp_path / made["key"].split("/")[-1]).read_bytes() == b"hello\n"


def test_a_step_whose_name_is_a_path(cli, api):
    job = api.job("x/y %2F")
    ex = api.trigger(job["name"])
    ex.step(ex.get()["steps"][0]["id"], "completed", artifacts={"k": 1})
    (one,) = cli.json("storage", "list", "--execution", ex.id)["objects"]
    assert one["stage"] == "x%2Fy %252F"
    assert json.loads(cli.ok("storage", "get", one["key"])) == {"k": 1}


def test_get_spares_a_terminal(cli, ex, tmp_path):
    made = put(cli, ex, tmp_path / "in", data=b"a\x1b[2Jb\nc\n")
    main, side = pty.openpty()
    with os.fdopen(side, "wb") as f:
        assert cli.spawn_to(f, "storage", "get", made["key"]) == 0
    shown = os.read(main, 1000)
    os.close(main)
    assert b"\x1b" not in shown and shown.startswith(b"a?[2Jb")


def test_download_an_object(cli, ex, tmp_path):
    made = put(cli, ex, tmp_path / "in")
    folder = tmp_path / "here"
    folder.mkdir()
    done = cli.run("storage", "download", made["key"], "-d", str(folder))
    assert done.returncode == 0 and not done.stdout
    (path,) = folder.iterdir()
    assert path.name == "page one.bin" and path.read_bytes() == BYTES
    assert str(path) in done.stderr and "10.0 KiB" in done.stderr
    assert path.stat().st_mode & 0o777 == 0o666 & ~umask()
    got = cli.json("storage", "download", made["key"], "-f",
                   str(folder / "again"))
    assert got == {"file": str(folder / "again"), "size": len(BYTES)}
    with open(tmp_path / "out", "wb") as f:
        assert cli.spawn_to(f, "storage", "download", made["key"], "-f", "-"
                            ) == 0
    assert (tmp_path / "out").read_bytes() == BYTES
    assert sorted(p.name for p in folder.iterdir()) == ["again",
                                                        "page one.bin"]


def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_download_an_execution(cli, ex, tmp_path):
    big = put(cli, ex, tmp_path / "in", data=BYTES * 100)
    assert big["size"] == len(BYTES) * 100
    files = ["a/a/artifacts.json", "a/a/checkpoint.json",
             "a/extra/page one.bin"]
    new, there = tmp_path / "new", tmp_path / "there"
    (there / "a" / "a").mkdir(parents=True)
    (there / "a" / "a" / "artifacts.json").write_text("old")
    (there / "mine").write_text("mine")
    for folder, more in ((new, []), (there, ["mine"])):
        done = cli.run("storage", "download", ex.id, "-d", f"{folder}/")
        assert done.returncode == 0 and not done.stdout
        assert f"3 objects in {folder}" in done.stderr
        assert tree(folder) == files + more
        assert json.loads((folder / files[0]).read_bytes()) == {"k": [1, 2]}
        assert (folder / files[2]).read_bytes() == BYTES * 100
        for path, mode in ((folder, 0o777), (folder / files[0], 0o666)):
            assert path.stat().st_mode & 0o777 == mode & ~umask()
    assert (there / "mine").read_text() == "mine"
    assert sorted(p.name for p in tmp_path.iterdir() if p.is_dir()
                  and not p.name.startswith("data")) == ["new", "there"]
    got = cli.json("storage", "download", ex.id, "-d", str(new))
    assert got == {"folder": str(new), "objects": 3}


def test_download_goes_into_a_folder_named_like_it(cli, ex, tmp_path):
    done = cli.run("storage", "download", ex.id, cwd=tmp_path)
    assert done.returncode == 0 and f"2 objects in {ex.id}" in done.stderr
    assert len(tree(tmp_path / ex.id)) == 2


def test_download_an_execution_without_objects(cli, api, tmp_path):
    api.job("a", name="none")
    ex = api.trigger("none")
    done = cli.run("storage", "download", ex.id, "-d", str(tmp_path / "x"))
    assert done.returncode == 0 and "0 objects in" in done.stderr
    assert tree(tmp_path / "x") == []


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*")
                  if not p.is_dir())


def test_download_an_archive(cli, ex, tmp_path):
    done = cli.run("storage", "download", ex.id, "-d", str(tmp_path), "-f",
                   "all.tar")
    assert done.returncode == 0 and "all.tar: 3.0 KiB" in done.stderr
    with open(tmp_path / "out", "wb") as f:
        assert cli.spawn_to(f, "storage", "download", ex.id, "-f", "-") == 0
    assert (tmp_path / "out").read_bytes() == (
        tmp_path / "all.tar").read_bytes()
    with tarfile.open(tmp_path / "all.tar") as tar:
        assert tar.getnames() == ["a/a/artifacts.json", "a/a/checkpoint.json"]


def test_download_leaves_no_folder_behind(cli, ex, tmp_path):
    target = tmp_path / "x"
    done = cli.run("storage", "download", "nobody", "-d", str(target))
    assert done.returncode == 5
    done = cli.run("storage", "download", ex.id, "-d", "/no/where")
    assert done.returncode == 1 and "--output-dir" in done.stderr
    (tmp_path / "bin").mkdir()
    cli.env["PATH"] = str(tmp_path / "bin")
    done = cli.run("storage", "download", ex.id, "-d", str(target))
    assert done.returncode == 1 and "-f FILE" in done.stderr
    assert "tar" in done.stderr
    (tmp_path / "bin").rmdir()
    assert left(tmp_path) == []


def left(path):
    """What is there beside the server's own."""
    return [p.name for p in path.iterdir()
            if not p.name.startswith("data") and not p.name.endswith(".log")]


def member(name, data=b"x", **kw):
    info = tarfile.TarInfo(name)
    info.size = len(data) if kw.get("type", b"0") == b"0" else 0
    for key_, value in kw.items():
        setattr(info, key_, value)
    return info.tobuf(tarfile.USTAR_FORMAT) + (
        data.ljust(512, b"\0") if info.size else b"")


END = bytes(1024)
GOOD = member("a/b/c")


@pytest.mark.parametrize("archive", [
    GOOD + member("../up") + END,
    GOOD + member("a/../../up") + END,
    GOOD + member("/tmp/tidewire-absolute") + END,
    GOOD + member("a/link", type=b"2", linkname="/etc/passwd") + END,
    GOOD + member("l", type=b"2", linkname="..") + member("l/up") + END,
    GOOD + member("twice", type=b"1", linkname="a/b/c") + END,
    GOOD + member("pipe", type=b"6") + END,
    GOOD + member("dir", type=b"5", mode=0) + member("x" * 99, b"") + GOOD,
    GOOD, GOOD + END[:600], GOOD[:700], b"", b"no archive at all" * 100,
    b"no archive" + END,
])
@pytest.mark.parametrize("there", [False, True])
def test_download_refuses_an_archive(cli, tmp_path, archive, there):
    target = tmp_path / "x"
    if there:
        target.mkdir()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(archive)
    with Short(answer=head + archive) as short:
        done = cli.run("--url", short.url, "storage", "download", "x", "-d",
                       str(target))
    assert done.returncode == 1 and "nothing was kept" in done.stderr, done
    assert left(tmp_path) == ["x"] * there
    assert not there or not list(target.iterdir())
    assert not os.path.exists("/tmp/tidewire-absolute")


@pytest.mark.parametrize("path", ["a", "a/a/artifacts.json/x"])
def test_download_where_something_else_is(cli, ex, tmp_path, path):
    """Not even the files that have a place are moved there."""
    put(cli, ex, tmp_path / "in")
    ex.step("b", "completed", artifacts={"b": 1})
    mine = tmp_path / "x" / path
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    done = cli.run("storage", "download", ex.id, "-d", str(tmp_path / "x"))
    assert done.returncode == 1 and "nothing was kept" in done.stderr
    assert tree(tmp_path / "x") == [path] and mine.read_text() == "mine"


@pytest.mark.parametrize("mode", [0, 0o7777])
def test_rights_are_not_the_archives(cli, tmp_path, mode):
    archive = (member("d", type=b"5", mode=mode)
               + member("f", mode=mode) + END)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(archive)
    with Short(answer=head + archive) as short:
        done = cli.run("--url", short.url, "storage", "download", "x", "-d",
                       str(tmp_path / "x"))
    assert done.returncode == 0 and "1 object in" in done.stderr, done
    for name, rights in (("d", 0o777), ("f", 0o666)):
        assert (tmp_path / "x" / name).stat().st_mode & 0o7777 == (
            rights & ~umask())


def test_download_keeps_nothing_that_is_not_whole(cli, ex, tmp_path):
    made = put(cli, ex, tmp_path / "in")
    done = cli.run("storage", "download", key(ex, "a/a/none"), "-d",
                   str(tmp_path))
    assert done.returncode == 5 and "storage list" in done.stderr
    done = cli.run("storage", "download", made["key"], "-d", "/nowhere")
    assert done.returncode == 1 and "--output-dir" in done.stderr
    with Short() as short:
        done = cli.run("--url", short.url, "storage", "download",
                       made["key"], "-d", str(tmp_path))
    assert done.returncode == 7 and "nothing was kept" in done.stderr
    assert [p.name for p in tmp_path.iterdir() if p.is_file()
            and not p.name.endswith(".log")] == ["in"]


@pytest.mark.parametrize("option", ["-d", "-f"])
def test_download_interrupted(cli, tmp_path, option):
    with Short(stall=True) as short:
        proc = cli.spawn("--url", short.url, "storage", "download", "x",
                         option, str(tmp_path / "x"))
        assert short.sent.wait(DEADLINE)
        wait_until(lambda: list(tmp_path.glob("x*")), "it writes")
        proc.send_signal(signal.SIGINT)
        ends(proc, 130)
    assert left(tmp_path) == []


class Short:
    """A server that promises more than it sends, or answers what we say."""

    SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort"

    def __init__(self, stall=False, answer=SHORT):
        self.stall = stall
        self.answer = answer
        self.sent = threading.Event()

    def __enter__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.url = "http://127.0.0.1:%d" % self.sock.getsockname()[1]
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        return self

    def serve(self):
        conn, _ = self.sock.accept()
        with conn:
            conn.recv(10000)
            conn.sendall(self.answer)
            self.sent.set()
            if self.stall:  # until the other side goes
                with contextlib.suppress(ConnectionError):
                    conn.recv(1)

    def __exit__(self, *error):
        self.thread.join(DEADLINE)
        self.sock.close()


def test_download_draws_a_bar_of_an_archive(cli, ex, tmp_path):
    """What it comes to is added up, since no header can tell."""
    for n in range(3):
        put(cli, ex, tmp_path / "in", name=str(n), data=bytes(300_000))
    main, side = pty.openpty()
    cli.env["TERM"] = "xterm"
    with os.fdopen(side, "wb") as err:
        done = cli.spawn_to(None, "storage", "download", ex.id, "-d",
                            str(tmp_path / "x"), stderr=err)
    shown = os.read(main, 10000).decode()
    os.close(main)
    assert done == 0 and len(tree(tmp_path / "x")) == 5
    assert "[####################] 100%" in shown, shown


def test_download_draws_a_bar_on_a_terminal(cli, ex, tmp_path):
    made = put(cli, ex, tmp_path / "in")
    main, side = pty.openpty()
    cli.env["TERM"] = "xterm"
    with os.fdopen(side, "wb") as err:
        done = cli.spawn_to(None, "storage", "download", made["key"], "-d",
                            str(tmp_path), stderr=err)
    drawn = os.read(main, 10000).decode()
    os.close(main)
    assert done == 0
    assert "[####################] 100%  10.0 KiB of 10.0 KiB" in drawn


def watching(cli, *words):
    before = cli.srv.info()["subscribers"]
    proc = cli.spawn("storage", "watch", *words)
    wait_until(lambda: proc.poll() is not None
               or cli.srv.info()["subscribers"] > before, "watch listens")
    return proc


def test_watch_until_the_end(cli, ex, api):
    proc = watching(cli, "--execution", ex.id)
    ex.step("b", "completed", artifacts={"b": 1})
    ex.finish({"done": True})
    events = [json.loads(line) for line in ends(proc, 0).splitlines()]
    names = [e["name"] for e in events if "key" in e]
    assert names == ["artifacts.json", "result.json"]


def test_watch_several_and_filter(cli, ex, api):
    other = api.trigger("j")
    proc = watching(cli, "--execution", ex.id, "--execution", other.id,
                    "--route", "b", "--output", "table")
    other.step("a", "completed")
    for one in (ex, other):
        one.step("b", "completed", artifacts={"b": 1})
        one.finish({"done": True})
    rows = lines(ends(proc, 0))
    assert [row[1] for row in rows] == [key(ex, "b/b/artifacts.json"),
                                        key(other, "b/b/artifacts.json")]
    assert all(row[2] == "7" or row[2] == "8" for row in rows)


def test_watch_everything(cli, ex):
    proc = watching(cli)
    ex.step("b", "completed", artifacts={"b": 1})
    for _ in range(2):
        line = proc.stdout.readline()
    assert json.loads(line)["key"] == key(ex, "b/b/artifacts.json")
    proc.terminate()
    proc.communicate(timeout=DEADLINE)


@pytest.mark.parametrize("words", [
    ["get"], ["metadata"], ["download"], ["put", "a", "b", "c"],
    ["put", "a", "b", "c", "d"], ["put", "a", "b", "c", "d", "-f", "/nowhere"],
    ["put", "a", "b", "c", "d", "-f", "-", "--type", "a\nb"],
    ["put", "a", "b", "c", "d/e", "-f", "-"],
    ["list", "a", "b"], ["list", "--limit", "0"], ["browse", "a", "b"],
    ["watch", "--since", "x y"]])
def test_wrong_use(cli, words):
    done = cli.run("storage", *words)
    assert done.returncode == 2 and done.stderr and not done.stdout


def test_what_is_not_there(cli, ex, tmp_path):
    for words in (["get", key(ex, "a/a/x")], ["metadata", key(ex, "a/a/x")],
                  ["get", "nothing"], ["list", "--execution", "nobody"],
                  ["watch", "--execution", "nobody"],
                  ["put", "nobody", "a", "b", "c", "-f", "-"]):
        assert cli.run("storage", *words).returncode == 5, words
