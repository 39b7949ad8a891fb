"""Workers killed at any moment: each execution ends once, and none is lost.

bench/killers.py does the same for a minute, and looks at the time it takes.
"""
import pytest

from crew import Crew, Story

JOBS = 400


@pytest.fixture
def crew(start):
    crew = Crew(start(clock=False))
    yield crew
    crew.dismiss()


def test_killed_workers(crew):
    crew.run(JOBS, seconds=5, every=0.1)
    crew.wait()
    story = Story(crew.srv)
    story.verify(JOBS)
    assert story.late, "nobody was killed at work"
    assert story.claims == JOBS + len(story.late) + story.returned
