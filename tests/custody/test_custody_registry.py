"""Who may register what, and what the registry then answers."""

from typing import Any

import pytest
from supply_chain import (
    AMOX,
    AUTHORITY,
    BRUNNEN,
    IBU,
    LOT,
    MAKER,
    MARKT,
    NORD,
    OTHER_REGULATOR,
    PREFIX,
    REGULATOR,
    STRANGER,
    SUED,
    Outcome,
    Signer,
    SupplyChain,
    foreign_sscc,
    gtin,
    pack,
    place,
    sscc,
)

from traceability.custody.state import Lot

ROOT = "A" * 43


def register(chain: SupplyChain, party: str, act: dict[str, Any]) -> Outcome:
    signer = chain.authority if party == AUTHORITY else chain.signers[party]
    return chain.register(signer, act)


def refused(outcome: Outcome, word: str) -> None:
    assert outcome.refusal is not None
    assert word in str(outcome.refusal)


def delegate(to: str, *acts: str, **more: Any) -> dict[str, Any]:
    act = {"type": "delegate", "to": to, "acts": list(acts), "products": [AMOX]}
    if "sites" in more:
        act["sites"] = more["sites"]
    return act | {"from": more.get("start", "2026-01-01"), "until": more.get("until", "2027-12-31")}


def close(number: str = "A17", of: str = AMOX) -> dict[str, Any]:
    return {"type": "lot", "gtin": of, "lot": number, "count": 3, "root": ROOT}


def recall(level: str = "patient", **named: Any) -> dict[str, Any]:
    return {"type": "recall", **named, "class": "1", "level": level, "reason": "Wrong leaflet."}


def test_parties_sites_and_products_are_found_again(chain: SupplyChain) -> None:
    registry = chain.world.registry
    party, site, product = registry.party(MAKER), registry.site(place(MAKER)), registry.product(AMOX)
    assert party is not None
    assert (party.roles, party.prefixes, party.country) == (("maker",), (PREFIX,), "DE")
    assert site is not None
    assert site.party == MAKER
    assert product is not None
    assert product.name == "Amoxicillin"
    assert registry.party(STRANGER) is registry.site(STRANGER) is registry.product(gtin(99)) is None
    assert registry.has_role(MARKT, "pharmacy", "institution")
    assert not registry.has_role(STRANGER, "pharmacy")


def test_only_the_authority_registers_parties(chain: SupplyChain) -> None:
    act = {"type": "party", "gln": STRANGER, "name": "New", "roles": ["carrier"], "country": "DE"}
    refused(register(chain, MAKER, act), "authority")
    chain.good(register(chain, AUTHORITY, act))
    assert chain.world.registry.party(STRANGER) is not None


def test_a_party_registers_its_own_places_only(chain: SupplyChain) -> None:
    new = chain.site_act(NORD, 5)
    chain.good(register(chain, NORD, new))
    refused(register(chain, SUED, chain.site_act(NORD, 6)), "authority")
    refused(register(chain, SUED, new | {"party": SUED}), "already")
    refused(register(chain, AUTHORITY, chain.site_act(STRANGER, 1)), "Register the party")


def test_the_members_of_an_act_have_one_order(chain: SupplyChain) -> None:
    act = chain.site_act(MAKER, 5)
    swapped = {"type": "site", "party": MAKER, "gln": act["gln"], "name": "x", "country": "DE"}
    refused(register(chain, MAKER, swapped), "order")
    refused(register(chain, MAKER, act | {"colour": "red"}), "not as it must be")
    refused(register(chain, MAKER, {"type": "wish"}), "not as it must be")
    refused(register(chain, MAKER, {"gln": MAKER}), "type")


def test_a_product_is_registered_by_the_owner_of_its_prefix(chain: SupplyChain) -> None:
    chain.good(register(chain, MAKER, chain.product_act(gtin(3), "Paracetamol")))
    refused(register(chain, MAKER, chain.product_act(gtin(4), "Other", NORD)), "brand owner")
    refused(register(chain, NORD, chain.product_act(AMOX, "Mine", NORD)), "already")
    foreign = "04012345000054"
    refused(register(chain, MAKER, chain.product_act(foreign, "Foreign")), "GS1 company prefix")
    refused(register(chain, MARKT, chain.product_act(gtin(5), "X", MARKT)), "GS1 company prefix")
    assert chain.world.registry.is_maker_of(MAKER, gtin(3))
    assert not chain.world.registry.is_maker_of(NORD, AMOX)


def test_brand_acts_need_a_brand_key(chain: SupplyChain) -> None:
    operator = Signer(MAKER, chain.key("operator"))
    chain.good(register(chain, MAKER, chain.key_act(operator, "operator")))
    refused(chain.register(operator, chain.product_act(gtin(3), "P")), "role operator")
    refused(chain.register(operator, recall(products=[AMOX])), "role operator")
    quality = Signer(MAKER, chain.key("quality"))
    chain.good(register(chain, MAKER, chain.key_act(quality, "quality")))
    chain.good(chain.register(quality, chain.product_act(gtin(3), "P")))


def test_keys_are_registered_by_administrators_and_revoked(chain: SupplyChain) -> None:
    new = Signer(NORD, chain.key("handheld"))
    refused(register(chain, SUED, chain.key_act(new, "operator")), "own party")
    chain.good(register(chain, NORD, chain.key_act(new, "operator")))
    refused(register(chain, NORD, chain.key_act(new, "operator")), "registered already")
    act = {"type": "revoke", "kid": new.key.public.kid, "reason": "lost", "since": chain.time()}
    chain.good(register(chain, NORD, act))
    record = chain.world.registry.keyring.signer(new.key.public.kid)
    assert record is not None
    assert record.revoked is not None


def test_delegation_covers_acts_products_places_and_dates(chain: SupplyChain) -> None:
    may = chain.world.registry.may_commission
    assert may(MAKER, AMOX, None, "2026-11-23")
    assert not may(NORD, AMOX, None, "2026-11-23")
    assert not may(MAKER, gtin(99), None, "2026-11-23")
    chain.good(register(chain, MAKER, delegate(NORD, "commissioned", sites=[place(NORD)])))
    may = chain.world.registry.may_commission
    assert may(NORD, AMOX, place(NORD), "2026-11-23")
    assert may(NORD, AMOX, place(NORD), "2027-12-31")
    assert not may(NORD, AMOX, place(NORD, 2), "2026-11-23")
    assert not may(NORD, AMOX, place(NORD), "2028-01-01")
    assert not may(NORD, AMOX, place(NORD), "2025-12-31")
    assert not may(NORD, IBU, place(NORD), "2026-11-23")
    assert not may(SUED, AMOX, place(NORD), "2026-11-23")
    assert not chain.world.registry.may(NORD, "repackaged", AMOX, place(NORD), "2026-11-23")
    refused(register(chain, NORD, delegate(SUED, "commissioned")), "not of")
    refused(
        register(chain, MAKER, delegate(SUED, "opened", start="2027-01-01", until="2026-01-01")), "ends after"
    )


def test_containers_belong_to_the_owner_of_their_prefix(chain: SupplyChain) -> None:
    may = chain.world.registry.may_open
    assert may(MAKER, sscc(1), None, "2026-11-23")
    assert not may(MAKER, foreign_sscc(1), None, "2026-11-23")
    assert not may(MARKT, sscc(1), None, "2026-11-23")
    assert may(MAKER, pack(AMOX, "1"), None, "2026-11-23")
    assert may(MAKER, f"https://id.gs1.org/8004/{PREFIX}X1", None, "2026-11-23")
    chain.good(register(chain, MAKER, delegate(MARKT, "opened")))
    assert chain.world.registry.may_open(MARKT, sscc(1), None, "2026-11-23")


def test_a_lot_is_closed_once_by_its_brand_owner(chain: SupplyChain) -> None:
    refused(register(chain, NORD, close()), "product of")
    chain.good(register(chain, MAKER, close()))
    refused(register(chain, MAKER, close()), "closed already")
    closed = chain.world.registry.closed_lot(AMOX, "A17")
    assert closed is not None
    assert closed.count == 3
    assert chain.world.registry.closed_lot(AMOX, "A18") is None
    refused(register(chain, MAKER, close(of=gtin(99))), "Register the product")


def test_a_delegate_may_close_a_lot(chain: SupplyChain) -> None:
    chain.good(register(chain, MAKER, delegate(NORD, "commissioned", "lot")))
    chain.good(register(chain, NORD, close()))


def test_a_recall_names_products_lots_or_items_of_its_issuer(chain: SupplyChain) -> None:
    refused(register(chain, MAKER, recall()), "names products")
    refused(register(chain, NORD, recall(products=[AMOX])), "not of")
    refused(register(chain, MAKER, recall(products=[AMOX, AMOX])), "once")
    chain.good(register(chain, MAKER, recall("wholesale", products=[AMOX])))
    chain.good(register(chain, REGULATOR, recall("patient", items=[pack(AMOX, "7")])))
    chain.good(register(chain, MAKER, recall("pharmacy", lots=[{"gtin": AMOX, "lot": "A17"}])))
    registry = chain.world.registry

    def level(serial: str, lot: str | None) -> str:
        found = registry.recall_level(AMOX, lot, pack(AMOX, serial))
        assert found is not None
        return found.level

    assert level("1", None) == level("1", "B") == "wholesale"
    assert level("1", "A17") == "pharmacy"
    assert level("7", "A17") == "patient"
    assert registry.recall_level(IBU, "A17", pack(IBU, "7")) is None
    assert len(registry.recalls_of(pack(AMOX, "7"), LOT)) == 3
    assert len(registry.recalls_of_lot(Lot(AMOX, "A17", "2028-01-01"))) == 2


def test_a_recall_is_lifted_by_its_issuer_or_the_regulator(chain: SupplyChain) -> None:
    first = chain.recall(lots=[LOT])
    refused(chain.lift(first, NORD), "who issued it")
    chain.good(chain.lift(first))
    refused(chain.lift(first), "no recall")
    second = chain.recall(lots=[LOT])
    chain.good(chain.lift(second, REGULATOR))
    third = chain.recall(REGULATOR, lots=[LOT])
    refused(chain.lift(third, MAKER), "who issued it")
    assert not chain.world.registry.recall_level(IBU, "A17", pack(IBU, "1"))


def test_rules_versions_only_go_up(chain: SupplyChain) -> None:
    assert chain.world.registry.rules_version == 0
    refused(register(chain, MAKER, {"type": "rules", "version": 1}), "authority")
    chain.good(register(chain, AUTHORITY, {"type": "rules", "version": 1}))
    assert chain.world.registry.rules_version == 1
    refused(register(chain, AUTHORITY, {"type": "rules", "version": 1}), "in force already")


def test_a_registration_from_the_future_has_no_effect(chain: SupplyChain) -> None:
    ahead = chain.time(minutes=-6)
    raw = chain.registering(chain.signers[MAKER], chain.product_act(gtin(3), "P"), iat=ahead)
    refused(chain.apply(raw), "future")


def test_a_regulator_regulates_its_own_country(chain: SupplyChain) -> None:
    registry = chain.world.registry
    assert registry.is_regulator_of(REGULATOR, MAKER)
    assert not registry.is_regulator_of(OTHER_REGULATOR, MAKER)
    assert not registry.is_regulator_of(BRUNNEN, MAKER)


def test_each_registry_stays_as_it_was(chain: SupplyChain) -> None:
    before = chain.world.registry
    chain.recall(lots=[LOT])
    assert not before.recalls
    assert chain.world.registry.recalls
    assert chain.world.registry.parties is before.parties


@pytest.mark.parametrize("bad", ["9521321000019", "952132100001", "x"])
def test_numbers_are_checked(chain: SupplyChain, bad: str) -> None:
    act = {"type": "party", "gln": bad, "name": "New", "roles": ["carrier"], "country": "DE"}
    assert register(chain, AUTHORITY, act).refusal is not None
