"""Puts this folder on the path, so that every test can use `supply_chain`; tells what is no failure."""

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine's other work, and nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test in a browser that fails is tried once more (docs/decisions/0010); the summary names it as a rerun."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))
