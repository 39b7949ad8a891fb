"""tidewired backup and tidewired check, while a server runs and after."""
import shutil

import pytest

from api import data
from load import Load, STEPS
from rawhttp import DEADLINE
from server import TIDEWIRED, run_tool
from sse import Stream

lmdb = pytest.importorskip("lmdb", reason="python3-lmdb is not installed")

JOB = {"name": "load", "steps": [{"name": s} for s in STEPS]}



def backup(srv, file):
    return run_tool([TIDEWIRED, "backup", "--data", str(srv.data),
                     str(file)])


def restored(start, tmp_path, file):
    """A server on a data folder made of the copy alone."""
    folder = tmp_path / "restored"
    folder.mkdir()
    shutil.copy(file, folder / "data.mdb")
    srv = start(data=folder, run=False)
    code, out = srv.check()
    assert code == 0, out
    return srv.start()


def test_backup_under_load(srv, start, tmp_path):
    data(srv.api.post("/api/jobs", JOB), 201)
    load = Load(srv, workers=3).start()
    load.wait_acks(100)
    sure = [life for life in load.lives() if life["result"]]
    done = backup(srv, tmp_path / "copy.mdb")
    assert done.returncode == 0, done.stderr
    load.wait_acks(load.acks + 50)
    load.join()
    load.verify()
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert sure, "nothing was complete before the backup"
    for life in sure:
        row = other.api.execution(life["ex"].id).get()
        assert row["result_data"] == life["result"]
    assert other.seq() <= srv.seq()
    assert other.api.trigger("load").finish()["status"] == "completed"


def test_a_restored_backup_is_another_life(srv, start, tmp_path):
    """Its epoch is new, so that no cursor of the original fits."""
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.api.trigger("load").finish()
    with Stream(srv.port, "/events") as stream:
        stream.next()
        cursor = stream.cursor
    assert backup(srv, tmp_path / "copy.mdb").returncode == 0
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert other.info()["epoch"] != srv.info()["epoch"]
    with Stream(other.port, "/events", last_event_id=cursor) as stream:
        assert stream.next().type == "gap"
    epoch = other.info()["epoch"]
    other.restart()
    assert other.info()["epoch"] == epoch, "it is made once"


def test_backup_of_a_stopped_store(srv, start, tmp_path):
    data(srv.api.post("/api/jobs", JOB), 201)
    srv.stop()
    assert backup(srv, tmp_path / "copy.mdb").returncode == 0
    other = restored(start, tmp_path, tmp_path / "copy.mdb")
    assert data(other.api.get("/api/jobs/load"))["name"] == "load"


def test_backup_says_what_is_wrong(srv, tmp_path, case):
    taken = tmp_path / "taken"
    taken.write_text("precious")
    rows = {"taken": [str(srv.data), str(taken)],
            "no folder": [str(srv.data), str(tmp_path / "no" / "copy")],
            "no store": [str(tmp_path / "none"), str(tmp_path / "copy")]}
    for name, (folder, file) in rows.items():
        with case(name):
            done = run_tool([TIDEWIRED, "backup", "--data", folder, file])
            assert done.returncode != 0 and done.stderr
    assert taken.read_text() == "precious"
    assert not (tmp_path / "none").exists()
    for words in ([], ["--data"], ["--data", str(srv.data)],
                  ["--data", str(srv.data), "a", "b"]):
        with case(str(words)):
            done = run_tool([TIDEWIRED, "backup", *words])
            assert done.returncode == 2 and done.stderr


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


# ---- planted damage ----------------------------------------------------------

def tables(folder):
    """Names of the store's tables."""
    with lmdb.open(str(folder), max_dbs=64, readonly=True,
                   lock=False) as env, env.begin() as txn:
        return [bytes(k) for k, _ in txn.cursor()]


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


def flip_one(at):
    """Change a byte in the middle of a value that has one."""
    def change(txn, db):
        rows = [(bytes(k), bytes(v)) for k, v in txn.cursor(db) if v]
        key, value = rows[int(at * (len(rows) - 1))]
        middle = len(value) // 2
        txn.put(key, value[:middle] + bytes([value[middle] ^ 0x40])
                + value[middle + 1:], db=db)
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
    ex.finish()
    data(api.post("/api/keys", {"name": "k", "scope": "admin"}), 201)
    srv.stop()
    return srv


# Losing a row of these tables, or having it changed, breaks an agreement.
# The tables of keys and idempotency stand alone: a lost row is like a
# revoked key, which no other table knows of.
ALONE = (b"keys", b"idempotency", b"meta")


def test_check_finds_lost_rows(rich, tmp_path, case):
    for table in tables(rich.data):
        if table in ALONE:
            continue
        for at in (0.0, 0.5, 1.0):
            with case(f"{table.decode()} at {at}"):
                found(rich, tmp_path / f"{table.decode()}{at}", table,
                      drop_one(at))
    rich.start()


def test_check_finds_changed_bytes(rich, tmp_path, case):
    for table in (b"executions", b"counters", b"job_names"):
        for at in (0.0, 0.5, 1.0):
            with case(f"{table.decode()} at {at}"):
                found(rich, tmp_path / f"{table.decode()}{at}", table,
                      flip_one(at))
    rich.start()


def found(srv, folder, table, change):
    """A copy with this damage does not pass."""
    shutil.copytree(srv.data, folder)
    damage(folder, table, change)
    done = run_tool([TIDEWIRED, "check", "--data", str(folder)],
                    timeout=DEADLINE)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert done.stdout or done.stderr
