import pytest

from prism import Prism, what_lacks
from upstream import Upstream

SKIPPED = 77  # what Meson takes for a test that was not done


@pytest.fixture(autouse=True, scope="session")
def judge_is_there():
    lacks = what_lacks()
    if lacks:
        pytest.skip(lacks)


@pytest.fixture(scope="session")
def upstream(judge_is_there):
    """The server behind the proxy, always at the same port."""
    server = Upstream()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def running_proxy(upstream):
    judge = Prism("proxy", upstream.origin)
    yield judge
    judge.stop()


@pytest.fixture
def proxy(running_proxy, upstream):
    """Prism in front of a fresh flowmock."""
    upstream.flowmock()
    running_proxy.begin()
    return running_proxy


@pytest.fixture(scope="session")
def running_mock(judge_is_there):
    judge = Prism("mock", "--errors")
    yield judge
    judge.stop()


@pytest.fixture
def mock(running_mock):
    """Prism in a server's place: it refuses what is not as described, and knows no state."""
    running_mock.begin()
    return running_mock


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == 0 and not reporter.stats.get("passed"):
        session.exitstatus = SKIPPED
