#!/usr/bin/python3
"""Kill workers for a minute: every job ends once, and soon goes to another.

usage: bench/killers.py [--jobs N] [--seconds S] [--build DIR]

Ten worker processes; one of them, at random, is killed with SIGKILL ten times
a second and replaced.  Each execution must be recorded complete exactly once,
and must be claimed again within 100 ms of the end of the lost lease (a second
after the last word).  What happened is read from the journal.
"""
import argparse
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
LIMIT = 100  # ms


def options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=10000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--build", default=str(ROOT / "build"))
    return parser.parse_args()


def report(crew, story):
    late = sorted(story.late)
    print(f"executions {crew.made}, each completed exactly once")
    print(f"kills {crew.kills}, claims {story.claims}: {len(late)} again after "
          f"a lease ran out, {story.returned} after nobody was there to take")
    print(f"claimed again, ms after the lease: p50 {late[len(late) // 2]} "
          f"p99 {late[len(late) * 99 // 100]} max {late[-1]}, target <= "
          f"{LIMIT}: {'ok' if late[-1] <= LIMIT else 'MISSED'}")
    print(f"load average {os.getloadavg()[0]:.1f}")
    return 0 if late[-1] <= LIMIT else 1


def main():
    opts = options()
    os.environ["TIDEWIRED"] = str(pathlib.Path(opts.build) / "tidewired")
    sys.path.insert(0, str(ROOT / "tests" / "e2e"))
    from crew import Crew, Story
    from server import Server
    with tempfile.TemporaryDirectory() as tmp:
        server = Server(pathlib.Path(tmp) / "data", clock=False).start()
        crew = Crew(server)
        try:
            crew.run(opts.jobs, opts.seconds, every=0.1)
            crew.wait()
            story = Story(server)
            story.verify(opts.jobs)
        finally:
            crew.dismiss()
        server.finish()
    return report(crew, story)


if __name__ == "__main__":
    sys.exit(main())
