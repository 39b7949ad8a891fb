"""A store made again from its journal is the same store.

conftest.py ends the tests of whole modules with it: what they did in all
dialects must come out of the journal alone.
"""
import shutil

from server import TIDEWIRED, run_tool

try:
    import lmdb
except ImportError:
    lmdb = None

# What a heartbeat moved without an event is in these, beside what events say.
SOFT = {"executions", "timers", "meta"}
TABLES = ("journal executions index counters timers jobs job_names "
          "idempotency articles objects names keys ready pauses meta").split()


def table(folder, name):
    with lmdb.open(str(folder), readonly=True, lock=False, max_dbs=32,
                   map_size=1 << 40) as env:
        db = env.open_db(name.encode(), create=False)
        with env.begin(db) as txn:
            return dict(txn.cursor())


def rebuild(data, new):
    return run_tool([TIDEWIRED, "rebuild", "--data", str(data), str(new)])


def differences(data, new):
    """The tables that are not the same, byte for byte."""
    for name in TABLES:
        if name in SOFT:
            continue
        old, made = table(data, name), table(new, name)
        if old != made:
            keys = [k for k in old.keys() | made.keys()
                    if old.get(k) != made.get(k)]
            yield f"{name}: {len(keys)} rows, such as {min(keys)!r}"
    old, made = table(data, "executions"), table(new, "executions")
    if old.keys() != made.keys():
        yield "executions: other rows"


def verify(data):
    new = data.with_name(data.name + "-rebuilt")
    done = rebuild(data, new)
    assert done.returncode == 0, done.stdout + done.stderr
    if lmdb is not None:
        found = list(differences(data, new))
        assert not found, "\n".join(found)
    shutil.rmtree(new)
