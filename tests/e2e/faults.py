"""A disk that fails on demand, for one server.

Neighbour: tests/shims/fault.c, which is preloaded into the server and reads
the plan written here.
"""
import os
import pathlib
import subprocess

from server import ROOT

EIO, ENOSPC = 5, 28


def build_shim(folder):
    """The shim that make built, else one compiled on the spot."""
    built = os.environ.get("TIDEWIRE_SHIMS")
    if built and (pathlib.Path(built) / "fault.so").exists():
        return str(pathlib.Path(built) / "fault.so")
    out = str(pathlib.Path(folder) / "fault.so")
    subprocess.run(["cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-O1", "-o",
                    out, str(ROOT / "tests" / "shims" / "fault.c"), "-ldl"],
                   check=True)
    return out


class Disk:
    """What the disk of one server does; fine until told otherwise."""

    def __init__(self, folder, shim):
        self.plan = pathlib.Path(folder) / "disk-plan"
        asan = os.environ.get("ASAN_OPTIONS", "")
        self.env = {
            "LD_PRELOAD": shim, "TIDEWIRE_FAULT": str(self.plan),
            "ASAN_OPTIONS": f"{asan}:verify_asan_link_order=0".lstrip(":")}

    def fail(self, kind, err=EIO, skip=0, count=-1):
        """Fail calls of a kind: see tests/shims/fault.c."""
        draft = self.plan.with_name("disk-plan.new")
        draft.write_text(f"{kind} {err} {skip} {count}\n")
        draft.rename(self.plan)

    def heal(self):
        self.plan.unlink(missing_ok=True)
