"""tidewired check: silent on a good store, and it finds planted damage.

Every end-to-end test ends with it (conftest.py), so a check that finds
nothing would make them all worthless.
"""
import shutil

import pytest

from api import data, ok
from load import Load, STEPS
from server import TIDEWIRED, run_tool

try:
    import lmdb
except ImportError:
    lmdb = None

JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}
needs_lmdb = pytest.mark.skipif(lmdb is None,
                                reason="python3-lmdb is not installed")


def test_check_while_serving(srv):
    data(srv.api.post("/api/jobs", JOB), 201)
    load = Load(srv, workers=2).start()
    for _ in range(3):
        load.wait_acks(load.acks + 20)
        code, out = srv.check()
        assert code == 0 and "consistent" in out, out
    load.join()


def test_check_of_nothing(tmp_path):
    done = run_tool([TIDEWIRED, "check", "--data", str(tmp_path / "none")])
    assert done.returncode != 0 and done.stderr
    assert not (tmp_path / "none").exists(), "looking makes nothing"


# ---- planted damage ---------------------------------------------------------

def tables(folder):
    """Names of the store's tables that have rows."""
    with lmdb.open(str(folder), max_dbs=64, readonly=True, lock=False) as env:
        with env.begin() as txn:
            names = [bytes(k) for k, _ in txn.cursor()]
        with env.begin() as txn:
            return [n for n in names if txn.stat(
                env.open_db(n, txn, create=False))["entries"]]


def damage(folder, table, change):
    """Run change(txn, db) on one table."""
    with lmdb.open(str(folder), max_dbs=64, map_size=1 << 40) as env:
        db = env.open_db(table, create=False)
        with env.begin(write=True) as txn:
            change(txn, db)


def drop_one(at):
    """Delete the record that stands at a share of the way."""
    def change(txn, db):
        keys = [bytes(k) for k, _ in txn.cursor(db)]
        txn.delete(keys[int(at * (len(keys) - 1))], db=db)
    return change


def flip_one(at, share):
    """Change the byte at a share of a value that has one."""
    def change(txn, db):
        rows = [(bytes(k), bytes(v)) for k, v in txn.cursor(db) if v]
        key, value = rows[int(at * (len(rows) - 1))]
        i = int(share * len(value))
        txn.put(key, value[:i] + bytes([value[i] ^ 0x40]) + value[i + 1:],
                db=db)
    return change


@pytest.fixture
def rich(srv):
    """A stopped store in which every table has rows."""
    api = srv.api
    data(api.post("/api/jobs", JOB), 201)
    for i in range(4):
        ex = api.trigger("load", {"i": i}, tags={"n": str(i)},
                         idempotency_key=f"k{i}", project_id=i + 1)
        ex.ok("log", message="m")
        ex.step("fetch", "completed", artifacts={"x": i})
    ex.finish({"articles": [{"title": "a"}, {"title": "b"}]})
    for name in ("one", "two"):
        ok(api.post("/api/v1/executions", {"config_id": "load",
                                           "tag": name}), 201)
    data(api.post("/api/keys", {"name": "k", "scope": "admin"}), 201)
    srv.stop()
    return srv


# Losing a row of these tables, or having it changed, breaks an agreement.
# The tables of keys and idempotency stand alone: a lost row is like a
# revoked key, which no other table knows of.
ALONE = (b"keys", b"idempotency", b"meta")


@needs_lmdb
def test_check_finds_lost_rows(rich, tmp_path, case):
    for table in tables(rich.data):
        if table in ALONE:
            continue
        for at in (0.0, 0.5, 1.0):
            with case(f"{table.decode()} at {at}"):
                found(rich, tmp_path / f"{table.decode()}{at}", table,
                      drop_one(at))
    rich.start()


@needs_lmdb
def test_check_finds_changed_bytes(rich, tmp_path, case):
    """All but a few: the last heartbeat's time follows from nothing."""
    for table in (b"executions", b"counters", b"job_names", b"articles",
                  b"objects"):
        for at in (0.0, 0.5, 1.0):
            with case(f"{table.decode()} at {at}"):
                hits = [damaged(rich, tmp_path / f"{table}{at}{share}",
                                table, flip_one(at, share)).returncode
                        for share in (0.2, 0.4, 0.6, 0.8)]
                assert hits.count(1) >= 3 and set(hits) <= {0, 1}, hits
    rich.start()


def damaged(srv, folder, table, change):
    """What check says of a copy with this damage."""
    shutil.copytree(srv.data, folder)
    damage(folder, table, change)
    return run_tool([TIDEWIRED, "check", "--data", str(folder)])


def found(srv, folder, table, change):
    """A copy with this damage does not pass."""
    done = damaged(srv, folder, table, change)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stdout or done.stderr


# ---- files that are no store -------------------------------------------------

def refused(folder):
    """Neither check nor serve takes it, and both say so in order."""
    done = run_tool([TIDEWIRED, "check", "--data", str(folder)])
    assert done.returncode in (1, 2), (done.returncode, done.stderr)
    assert done.stdout or done.stderr
    done = run_tool([TIDEWIRED, "--listen", "127.0.0.1:0",
                     "--data", str(folder)])
    assert done.returncode == 1, (done.returncode, done.stderr)
    assert done.stderr and done.stdout == ""


def copy_of(srv, folder, change):
    """A copy of the store whose file went through change(bytes)."""
    shutil.copytree(srv.data, folder)
    path = folder / "data.mdb"
    path.write_bytes(change(path.read_bytes()))
    return folder


def test_files_that_are_no_store(rich, tmp_path, case):
    rows = {"garbage": lambda b: b"\x5a" * len(b),
            "zeroes": lambda b: b"\0" * len(b),
            "text": lambda b: b"hello\n" * 2000,
            "one page": lambda b: b[:4096],
            "three pages": lambda b: b[:3 * 4096],
            "half": lambda b: b[:len(b) // 8192 * 4096]}
    for name, change in rows.items():
        with case(name):
            refused(copy_of(rich, tmp_path / name, change))
    rich.start()


@needs_lmdb
def test_a_store_of_a_newer_version(rich, tmp_path):
    folder = tmp_path / "newer"
    shutil.copytree(rich.data, folder)

    def raise_schema(txn, db):
        txn.put(b"schema", (99).to_bytes(4, "big"), db=db)
    damage(folder, b"meta", raise_schema)
    before = (folder / "data.mdb").read_bytes()
    refused(folder)
    done = run_tool([TIDEWIRED, "--data", str(folder)])
    assert "99" in done.stderr and "newer" in done.stderr, done.stderr
    assert (folder / "data.mdb").read_bytes() == before, "it was touched"
    rich.start()


@needs_lmdb
def test_a_stray_timer_is_dropped(srv):
    """Nobody's timer is due: the server takes it away and does not spin."""
    data(srv.api.post("/api/jobs", JOB), 201)
    ex = srv.api.trigger("load")
    srv.stop()
    nobody = bytes(16)
    mine = bytes.fromhex(ex.id.replace("-", ""))
    with lmdb.open(str(srv.data), max_dbs=32, map_size=1 << 30) as env:
        timers = env.open_db(b"timers")
        with env.begin(timers, write=True) as txn:
            for ident in (nobody, mine):
                txn.put((1).to_bytes(8, "big") + b"\0" + ident, b"")
    code, out = srv.check()
    assert code == 1 and "timer" in out
    srv.start()
    assert ex.finish("done")["status"] == "completed"
    assert srv.log_text().count("is not in its row") == 2
    srv.stop()
    assert srv.check()[0] == 0
