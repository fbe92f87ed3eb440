"""What checks of one serial say together, and what a handover explains."""

from supply_chain import BRUNNEN, MAKER, MARKT, NORD, STERN, SUED, SupplyChain, place

from traceability.custody.alerts import BURST, burst, clone, many_places
from traceability.custody.sightings import Sighting
from traceability.custody.state import Fact

DAY = "2026-11-23"


def seen(party: str, time: str, epc: str = "") -> Sighting:
    return Sighting(epc, party, place(party), f"{DAY}T{time}Z")


def facts(chain: SupplyChain, epc: str) -> list[Fact]:
    return [step.fact for step in chain.world.steps(epc)]


def test_one_code_at_two_parties_faster_than_travel(chain: SupplyChain) -> None:
    first, here = seen(MARKT, "10:00:00"), seen(STERN, "10:09:59")
    assert clone(here, [first], [], chain.world.registry) == first
    assert clone(seen(STERN, "10:10:00"), [first], [], chain.world.registry) is None
    assert clone(seen(MARKT, "10:01:00"), [first], [], chain.world.registry) is None


def test_here_there_and_here_again(chain: SupplyChain) -> None:
    there = seen(STERN, "12:00:00")
    earlier = [seen(MARKT, "10:00:00"), there]
    assert clone(seen(MARKT, "14:00:00"), earlier, [], chain.world.registry) == there
    assert clone(seen(MARKT, "14:00:00"), earlier[1:], [], chain.world.registry) is None


def test_a_signed_handover_explains_it(chain: SupplyChain) -> None:
    [epc] = chain.commission(1)
    chain.ship([epc], NORD)
    now = chain.admitted()
    moved = facts(chain, epc)
    sightings = [Sighting(epc, party, None, now) for party in (MAKER, NORD)]
    assert clone(sightings[1], sightings[:1], moved, chain.world.registry) is None
    assert clone(sightings[1], sightings[:1], [], chain.world.registry) == sightings[0]


def test_many_who_never_had_it(chain: SupplyChain) -> None:
    [epc] = chain.commission(1)
    known = facts(chain, epc)
    earlier = [seen(MARKT, "09:00:00"), seen(MAKER, "10:00:00"), seen(STERN, "11:00:00")]
    assert many_places(seen(STERN, "12:00:00"), earlier, known, None) == ()
    assert [one.party for one in many_places(seen(BRUNNEN, "12:00:00"), earlier, known, None)] == [
        MARKT,
        STERN,
        BRUNNEN,
    ]
    assert many_places(seen(BRUNNEN, "12:00:00"), earlier, known, BRUNNEN) == ()
    assert many_places(seen(MAKER, "12:00:00"), [*earlier, seen(SUED, "11:30:00")], known, None) == ()


def test_many_suspect_codes_within_minutes_are_one_matter() -> None:
    codes = [seen(MARKT, f"10:0{number}:00", f"code{number}") for number in range(BURST)]
    assert burst(codes) == tuple(codes)
    assert burst(codes[:-1]) == ()
    assert burst([*codes[:-1], codes[0]]) == ()  # one code, scanned again and again
    late = seen(MARKT, "10:10:01", "late")
    assert burst([*codes[:-1], late]) == ()
    assert burst([]) == ()
