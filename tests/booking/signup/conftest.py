import pytest
import time_machine

from tests.booking.signup.test_reserve import NOW


@pytest.fixture
def january():
    """A Monday morning well before the sessions that factories make."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock
