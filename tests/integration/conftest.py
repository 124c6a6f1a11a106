import pytest

from runs import Run
from support import Flowmock


@pytest.fixture(autouse=True)
def no_run_outlives_its_test():
    """One that has failed may have left some."""
    yield
    for run in Run.started:
        if run.going():
            run.process.kill()
            run.process.wait()
    Run.started.clear()


@pytest.fixture
def flowmock():
    """Start a flowmock with the given options; all are stopped at the end."""
    started = []

    def start(*args):
        started.append(Flowmock(*args))
        return started[-1]

    yield start
    for mock in started:
        mock.stop()
