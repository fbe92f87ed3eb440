"""A supply chain for each test."""

import pytest
from supply_chain import SupplyChain


@pytest.fixture
def chain() -> SupplyChain:
    return SupplyChain()
