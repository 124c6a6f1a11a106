import pytest

from support import Flowmock


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
