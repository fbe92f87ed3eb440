"""The demo supply chain: there once, quickly, with something on every screen."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from traceability.custody.state import Condition, Lot
from traceability.demo import DemoError, cast, folder
from traceability.gs1.keys import Gln, Gtin, verify_epc_uri
from traceability.ledger.audit import audit
from traceability.ledger.founding import found, looking, read_trust
from traceability.ledger.history import Snapshot
from traceability.ledger.keyfile import new_key
from traceability.ledger.mark import MarkFile
from traceability.settings import Settings
from traceability.store.office import Office

NOW = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(data=tmp_path_factory.mktemp("demo") / "var", demo=True)
    assert folder.prepare(settings, NOW)
    return settings


def conditions(view: Snapshot, lot: str) -> dict[Condition, int]:
    gtin = cast.IBUPROFEN if lot.startswith("R") else cast.AMOXICILLIN
    counted: dict[Condition, int] = {}
    for item in view.lot_items(gtin, lot):
        counted[item.condition] = counted.get(item.condition, 0) + 1
    return counted


def test_it_is_made_once(demo: Settings) -> None:
    before = (demo.data / "ledger.db").read_bytes(), read_trust(demo).origin
    assert not folder.prepare(demo, NOW)
    assert ((demo.data / "ledger.db").read_bytes(), read_trust(demo).origin) == before


def test_an_interrupted_making_starts_afresh(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    (settings.data / ".making").mkdir(parents=True)
    (settings.data / ".making" / "trust.json").write_text("{")
    assert folder.prepare(settings, NOW)
    assert sorted(path.name for path in settings.data.iterdir() if path.name.startswith(".")) == []


def test_a_log_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "var")
    found(settings, "log.example.org/mine", cast.AUTHORITY.gln, [new_key().public])
    with pytest.raises(DemoError, match="log of your own"):
        folder.prepare(settings, NOW)


def test_numbers_are_those_of_the_example_prefix() -> None:
    for player in cast.PLAYERS:
        assert str(Gln.parse(player.gln)).startswith("952")
        assert str(Gln.parse(player.site)).startswith("952")
    for gtin in cast.PRODUCTS:
        assert str(Gtin.parse(gtin)).startswith("0952")
    verify_epc_uri(cast.sscc(7))


def test_every_screen_has_something_to_show(demo: Settings) -> None:
    with looking(demo) as history, history.view() as view:
        assert len(view.pending(cast.NORDMED.gln)) == 1
        assert len(view.pending(cast.MARKT.gln)) == 1
        assert len(view.pending(cast.SUEDPHARM.gln)) == 1  # a return
        assert view.outgoing(cast.MAKER.gln)
        total = sum(sum(conditions(view, lot).values()) for lot in ("A17", "A18", "R02", "R03"))
        assert total == 300
        a17, r02, r03 = (conditions(view, lot) for lot in ("A17", "R02", "R03"))
        assert a17[Condition.DISPENSED] == 2
        assert a17[Condition.PARTLY_DISPENSED] == 1
        assert a17[Condition.SHORT] == 1
        assert r02[Condition.STOLEN] == 1
        assert r02[Condition.DISPENSED] == 3
        assert r03[Condition.HELD] == 1
        unmatched = cast.pack(Lot(cast.IBUPROFEN, "M88", ""), 0)
        assert view.item(unmatched).unmatched  # type: ignore[union-attr]
        (recall,) = history.registry.recalls.values()
        assert recall.lots == {(cast.IBUPROFEN, "R02")}
        assert (cast.IBUPROFEN, "R03") in history.registry.closed


def test_nothing_is_late_or_in_the_future(demo: Settings) -> None:
    with looking(demo) as history, history.view() as view:
        size = view.reader.size()
        for position in range(size):
            fact = view.fact(position)
            if fact is not None:
                assert fact.effect
                assert not fact.late
                assert datetime.fromisoformat(fact.event_time) < NOW


def test_the_store_audits(demo: Settings) -> None:
    trust = read_trust(demo)
    assert audit(demo.ledger, trust, MarkFile(demo.mark, trust.origin)).forks == 0


def test_everybody_can_log_in_with_the_published_password(demo: Settings) -> None:
    office = Office(demo.office)
    try:
        for player in cast.PLAYERS:
            assert office.verify_password(player.login, cast.PASSWORD).party == player.gln
        assert office.has_published_passwords()
    finally:
        office.close()


def test_the_server_can_approve_device_keys(demo: Settings) -> None:
    keys = folder.administrators(demo)
    assert set(keys) == {player.gln for player in cast.PLAYERS}
    with looking(demo) as history:
        for gln, key in keys.items():
            record = history.registry.keyring.signer(key.public.kid)
            assert record is not None
            assert record.party == gln
