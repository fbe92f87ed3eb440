"""Puts this folder on the path, so that every test can use `supply_chain`; tells hypothesis what is no failure."""

from hypothesis import HealthCheck, settings

# How long an example takes says something about the machine's other work, and nothing about the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
