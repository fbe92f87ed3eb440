"""Bodies erased by law: what must be there before, what goes, what goes on afterwards, and what an audit finds."""

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from eventful import eventful
from replays import Look, replaying
from supply_chain import AMOX, MAKER, NORD, REGULATOR, Outcome, Signer, SupplyChain, refused

from traceability.custody.state import Lot
from traceability.ledger.audit import Audited, AuditError, audit, rebuild
from traceability.ledger.erasing import carry_out, draft_erase, orders
from traceability.ledger.history import History
from traceability.ledger.keeping import commitment, keep, unpack_kept
from traceability.ledger.mark import MarkFile
from traceability.ledger.snapshots import keeping, take
from traceability.proof.snapshot import Countersignature
from traceability.store import StoreError
from traceability.store.packing import unpack
from traceability.store.sqlite import SqliteStore

KEY = bytes(range(32))
OTHER = Lot(AMOX, "B2", "2028-06-30")
SECRET = "Dr. Zacharias Quimby"


class Log(NamedTuple):
    """A log with a countersigned snapshot, in files."""

    folder: Path
    chain: SupplyChain
    store: SqliteStore
    replay: Callable[[Look], History]

    @property
    def mark(self) -> MarkFile:
        return MarkFile(self.folder / "mark", self.chain.trust.origin)

    def catch_up(self) -> History:
        return self.replay(lambda _: None)

    def countersigned(self) -> None:
        """A snapshot as of now, which the regulator signs."""
        taken, _ = take(self.catch_up(), KEY, keeping(self.store, self.chain.log_key))
        seen = Countersignature(taken.head.size, taken.head.digest)
        self.chain.good(self.chain.register(self.chain.signers[REGULATOR], msgspec.to_builtins(seen)))
        self.catch_up()

    def draft(self, *statements: Outcome, **more: object) -> dict[str, object]:
        """The `erase` of some statements."""
        ids = [one.id for one in statements]
        made = draft_erase(
            self.store.path, self.chain.trust, self.mark, ids, reason="data_protection", key=KEY, **more
        )  # type: ignore[arg-type]
        return msgspec.to_builtins(made) | {}

    def order(self, *statements: Outcome) -> Outcome:
        """Sign and log it."""
        outcome = self.chain.register(self.chain.authority, self.draft(*statements))
        self.catch_up()
        return outcome

    def erase(self, *statements: Outcome) -> None:
        self.chain.good(self.order(*statements))
        assert len(carry_out(self.store.path, self.chain.trust, self.mark, key=KEY)) == len(statements)

    def audit(self, key: bytes | None = KEY) -> Audited:
        return audit(self.store.path, self.chain.trust, self.mark, key=key)

    def change(self, sql: str) -> None:
        with sqlite3.connect(self.store.path) as connection:
            connection.execute(sql)
        connection.close()


class Acts(NamedTuple):
    """Statements of a log that something may be erased of."""

    log: Log
    sent: Outcome
    got: Outcome
    refused: Outcome


@pytest.fixture
def acts(tmp_path: Path) -> Iterator[Acts]:
    chain = SupplyChain()
    chain.good(chain.register(chain.authority, {"type": "rules", "version": 3}))
    eventful(chain)
    epcs = chain.commission(3, lot=OTHER)
    sent = chain.ship(epcs, NORD, signer=SECRET, orders=[("po", "urn:epcglobal:cbv:bt:Q")])
    got = chain.receive(epcs, NORD, [sent], sender=MAKER, signer=SECRET)
    wrong = chain.act(MAKER, "moved", epcs, signer=SECRET, reason=SECRET)
    chain.good(chain.act(NORD, "held", epcs[:1]))
    with replaying(tmp_path, chain) as (store, replay):
        log = Log(tmp_path, chain, store, replay)
        log.countersigned()
        yield Acts(log, sent, got, wrong)


def test_erased_bodies_are_gone_and_everything_goes_on(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    before = {}
    with log.store.read() as reader:
        for one in (acts.sent, acts.got):
            before[one.position] = reader.body(one.position)
            assert SECRET.encode() in unpack(before[one.position] or b"")[2]
    log.erase(acts.sent, acts.got)
    for path in log.folder.iterdir():
        for packed in before.values():
            assert packed is not None
            assert packed not in path.read_bytes()
            assert packed[33:] not in path.read_bytes()
    found = log.audit()
    assert (found.erased, found.waiting) == (2, 0)
    assert found.covering
    with log.catch_up().view() as view:
        assert view.body(acts.sent.position) is None
        assert view.named(acts.sent.position) == acts.sent.composed.items  # type: ignore[union-attr]
        terms = view.terms(acts.sent.position)
        assert terms is not None
        assert (terms.meaning, terms.signer, terms.bizTransactionList) == ("shipped", "", ())
        assert [one.carried_out for one in orders(view)] == [True, True]
        erasure = view.erasure(acts.sent.position)
        assert erasure is not None
        assert (erasure.reason, erasure.party) == ("data_protection", chain.authority.party)
    # Custody goes on, on top of what was erased.
    epcs = [epc for _, epc in acts.sent.composed.items]  # type: ignore[union-attr]
    chain.good(chain.act(NORD, "released", epcs[:1]))
    chain.correct(acts.got, NORD)
    log.countersigned()
    assert log.audit().erased == 2
    log.store.close()
    rebuild(log.store.path, chain.trust, log.mark, key=KEY)
    assert log.audit().erased == 2
    again = SqliteStore(log.store.path)
    with again.read() as reader:
        assert reader.body(acts.sent.position) is None
        assert reader.erased(acts.sent.position) is not None
    again.close()


def test_a_refused_and_an_invalid_statement_are_erased_too(acts: Acts) -> None:
    assert acts.refused.refusal is not None
    log = acts.log
    with log.catch_up().view() as view:
        refusal = view.reader.refusal(acts.refused.position)
        assert refusal is not None
    log.erase(acts.refused)
    with log.catch_up().view() as view:
        left = view.reader.refusal(acts.refused.position)
        assert left is not None
        assert (left.rule, left.item) == (refusal.rule, None)
        assert "erased" in left.pattern
    assert log.audit().erased == 1


def test_every_statement_of_an_eventful_log_may_go_when_it_is_over(acts: Acts) -> None:
    """The replay after erasing all that may go gives the same rows as before it, and state as countersigned."""
    log, chain = acts.log, acts.log.chain
    chain.wait(days=400)
    log.countersigned()
    with log.catch_up().view() as view:
        size = max(view.registry.covering.values())
        ids = [view.decided(position).id for position, _ in view.reader.bodies(0, size)]
    every = draft_erase(log.store.path, chain.trust, log.mark, ids, reason="court_order", key=None)
    gone = []
    for one in every.statements:
        act = msgspec.to_builtins(msgspec.structs.replace(every, statements=(one,)))
        if chain.register(chain.authority, act).refusal is None:
            gone.append(one.id)
    log.catch_up()
    assert 0 < len(ids) - len(gone) < 8  # what is on the road, offered or open stays
    carried = carry_out(log.store.path, chain.trust, log.mark, key=KEY)
    assert sorted(one.id for one in carried) == sorted(gone)
    assert log.audit().erased == len(gone)
    log.store.close()
    rebuild(log.store.path, chain.trust, log.mark, key=KEY)
    assert log.audit().erased == len(gone)


# What may not be erased


def test_what_is_not_over_is_not_erased(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    epcs = chain.commission(3, first=700, lot=OTHER)
    road = chain.ship(epcs[:1], NORD)
    offer = chain.good(chain.act(MAKER, "ownership_offered", epcs[1:2], owners=(MAKER, NORD)))
    log.countersigned()
    for statement, rule in ((road, "erase.on-the-road"), (offer, "erase.offer-open")):
        refused(log.order(statement), rule)
    chain.good(chain.act(MAKER, "voided", epcs[:1], ref=[road]))
    log.countersigned()
    chain.good(log.order(road))


def test_who_agreed_to_a_destruction_is_erased_after_it(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    product = {"type": "product", "gtin": AMOX, "name": "Morphine", "owner": MAKER, "controlled": True}
    chain.good(chain.register(chain.signers[MAKER], product))
    people = [Signer(MAKER, chain.key(f"maker-{name}")) for name in ("first", "second")]
    for person in people:
        chain.good(chain.register(chain.signers[MAKER], chain.key_act(person, "quality")))
    epcs = chain.commission(1, first=800, lot=OTHER)
    agreed = chain.good(chain.act(people[0], "destruction_agreed", epcs, signer=SECRET))
    log.countersigned()
    refused(log.order(agreed), "erase.agreement-open")
    chain.good(chain.act(people[1], "destroyed", epcs, ref=[agreed], signer="Jo Ba"))
    log.countersigned()
    log.erase(agreed)
    assert log.audit().erased == 1  # the destruction is replayed without that name


def test_what_no_countersigned_snapshot_covers_is_not_erased(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    later = chain.good(chain.act(NORD, "held", [epc for _, epc in acts.sent.composed.items][1:2]))  # type: ignore[union-attr]
    log.catch_up()
    with pytest.raises(StoreError, match="No regulator has countersigned"):
        log.draft(later)
    act = log.draft(acts.sent)
    sneaked = act | {"statements": [{"id": later.id, "kept": "A" * 43}]}
    refused(chain.register(chain.authority, sneaked), "erase.not-covered")
    unknown = act | {"statements": [{"id": "A" * 43, "kept": "A" * 43}]}
    refused(chain.register(chain.authority, unknown), "erase.unknown")
    other = act | {"snapshot": "A" * 43}
    assert "No regulator has countersigned" in str(chain.register(chain.authority, other).refusal)
    more = act | {"size": act["size"] + 1}  # type: ignore[operator]
    assert "No regulator has countersigned" in str(chain.register(chain.authority, more).refusal)
    log.catch_up()
    assert log.audit().erased == 0


@pytest.mark.parametrize("party", [MAKER, REGULATOR])
def test_only_the_authority_orders_it(acts: Acts, party: str) -> None:
    chain = acts.log.chain
    outcome = chain.register(chain.signers[party], acts.log.draft(acts.sent))
    assert "Only the authority" in str(outcome.refusal)


def test_nothing_is_erased_twice_or_before_version_3(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    act = log.draft(acts.sent)
    chain.good(chain.register(chain.authority, act))
    assert "erased before" in str(chain.register(chain.authority, act).refusal)
    old = SupplyChain()
    assert "under version 3 of the rules" in str(old.register(old.authority, act).refusal)
    log.catch_up()
    assert carry_out(log.store.path, chain.trust, log.mark, key=KEY)
    assert carry_out(log.store.path, chain.trust, log.mark, key=KEY) == []
    with pytest.raises(StoreError, match="no body"):
        log.draft(acts.sent)


def test_what_would_be_kept_must_be_what_was_signed(acts: Acts) -> None:
    log, chain = acts.log, acts.log.chain
    act = log.draft(acts.sent)
    act["statements"] = [{"id": acts.sent.id, "kept": "A" * 43}]
    chain.good(chain.register(chain.authority, act))
    log.catch_up()
    assert (log.audit().erased, log.audit().waiting) == (0, 1)
    with pytest.raises(StoreError, match="Nothing was erased"):
        carry_out(log.store.path, chain.trust, log.mark, key=KEY)
    assert log.audit().waiting == 1


# What an audit names


TAMPERED = {
    "DELETE FROM body WHERE position = {other}": "Entry {other}: its body is missing, and no erase",
    "INSERT INTO body SELECT {sent}, body FROM body WHERE position = {other}": "Entry {sent}: .*here again",
    "INSERT INTO erased SELECT {other}, salt, kept FROM erased; DELETE FROM body WHERE position = {other}":
        "Entry {other}: .*no erase in the log names it",
    "UPDATE erased SET salt = zeroblob(32)": "Entry {sent}: what is kept .* not what the erase says",
    "UPDATE erased SET kept = x'00'": "Entry {sent}: what is kept of the erased body cannot be read",
    "DELETE FROM erased": "Entry {sent}: its body is missing, and no erase",
    "DELETE FROM snapshot": "The snapshot over .* is missing",
    "UPDATE snapshot SET note = replace(note, 'custody', 'Custody')": "Snapshot over",
    "INSERT INTO erased SELECT 3, salt, kept FROM erased": "Entry 3: its body is missing, and no erase",
}  # fmt: skip


@pytest.mark.parametrize("sql", TAMPERED)
def test_what_was_done_by_hand_is_named(acts: Acts, sql: str) -> None:
    log = acts.log
    log.erase(acts.sent)
    names = {"sent": acts.sent.position, "other": acts.got.position}
    for one in sql.format(**names).split(";"):
        log.change(one)
    with pytest.raises(AuditError, match=TAMPERED[sql].format(**names)):
        log.audit()


def test_an_operator_and_an_authority_that_lie_together_meet_the_regulators_snapshot(acts: Acts) -> None:
    """What is kept is made up, and the `erase` commits to it: the countersigned state is another one."""
    log, chain = acts.log, acts.log.chain
    row = audit(log.store.path, chain.trust, log.mark, keep=[acts.got.position]).kept[0]
    kept = unpack_kept(row.kept)
    assert kept.effect is not None
    items = [msgspec.structs.replace(one, site=None) for one in kept.effect.items]
    forged = keep(
        row.position,
        msgspec.structs.replace(kept, effect=msgspec.structs.replace(kept.effect, items=items)),
        row.salt,
    )
    act = log.draft(acts.got) | {"statements": [{"id": acts.got.id, "kept": commitment(forged)}]}
    chain.good(chain.register(chain.authority, act))
    log.catch_up()
    with log.store.write() as writer:
        writer.add_erased([forged])
        writer.erase_bodies([row.position])
    with pytest.raises(AuditError, match="not the one that a regulator has countersigned"):
        log.audit()
    with pytest.raises(
        AuditError, match="Table item"
    ):  # without the key of the snapshots, the index still tells
        log.audit(key=None)
