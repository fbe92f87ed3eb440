"""The admission steps of DESIGN section 4, each with what must be refused and what must not."""

import json
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.world import DISTRIBUTOR, GTIN, LOT, MAKER, PHARMACY, World, epc, sscc, statement_id
from traceability.custody.compose import Ends, compose
from traceability.ledger import founding
from traceability.ledger.examination import Rejected
from traceability.ledger.history import Chain
from traceability.ledger.sequencer import Outcome, Sequencer
from traceability.ledger.station import Station
from traceability.proof.receipt import verify_receipt
from traceability.proof.signing import PrivateKey
from traceability.proof.statement import Submission
from traceability.store import StoreError


def refused(sequencer: Sequencer, raw: bytes) -> Rejected:
    """The rejection of a submission; it must leave the log as it was."""
    with pytest.raises(Rejected) as caught:
        sequencer.submit(raw)
    return caught.value


def stranger(world: World, party: str = MAKER) -> Station:
    key = PrivateKey.from_scalar(secrets.randbelow(2**255) + 1)
    return Station(key, party, world.trust.origin, nonce=lambda: secrets.token_bytes(32))


def now(**ago: float) -> str:
    return f"{datetime.now(UTC) - timedelta(**ago):%Y-%m-%dT%H:%M:%S}+00:00"


def commissioned(
    world: World, first: int, time: str, iat: str | None = None, station: Station | None = None
) -> bytes:
    composed = compose("commissioned", time=time, site=MAKER, items=[epc(first)], lot=LOT)
    return (station or world.stations[MAKER]).sign(composed, iat or time)


def test_a_handoff_takes_effect_and_its_receipts_verify(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit_many(world.commission(0, 3))
        sent = sequencer.submit(world.ship([epc(0)], MAKER, DISTRIBUTOR))
        got = sequencer.submit(world.receive([epc(0)], MAKER, DISTRIBUTOR, sent.id))
    assert sent.effect
    assert got.effect
    with world.history.view() as view:
        item = view.item(epc(0))
        assert item is not None
        assert (item.custodian, item.receiver, item.unmatched) == (DISTRIBUTOR, None, False)
        registry = list(view.registry_entries())
        for outcome in (sent, got):
            shown = view.receipt(outcome.position, DISTRIBUTOR).with_registry(registry)
            assert verify_receipt(shown, world.trust).position == outcome.position


def test_the_same_statement_twice_is_one_entry_with_one_receipt(world: World) -> None:
    raw = world.commission(0, 1)[0]
    with world.sequencer() as sequencer:
        first = sequencer.submit(raw)
        sequencer.submit_many(world.commission(1, 1))
        again = sequencer.submit(raw)
        both = sequencer.submit_many([raw, raw])
    assert again.again
    assert again.receipt == first.receipt
    assert [o.position for o in both if isinstance(o, Outcome)] == [first.position] * 2


def test_two_sequencers_on_one_store_give_one_entry(world: World) -> None:
    raws = [world.commission(number, 1)[0] for number in range(12)]
    with world.sequencer() as one, world.sequencer() as other:
        for raw in raws:
            assert one.submit(raw).receipt == other.submit(raw).receipt
    with world.store.read() as reader:
        assert len(reader.positions([Submission.parse(raw).statement.digest for raw in raws])) == 12


def test_a_second_statement_at_a_used_seq_is_kept_as_evidence(world: World) -> None:
    maker = world.stations[MAKER]
    chain = maker.chain
    with world.sequencer() as sequencer:
        sequencer.submit(world.commission(0, 1)[0])
        maker.chain = chain
        forked = world.commission(1, 1)[0]
        rejected = refused(sequencer, forked)
        assert "kept as evidence" in str(rejected)
        assert refused(sequencer, forked).step == 5
    with world.store.read() as reader:
        [fork] = reader.forks()
        assert fork.statement == Submission.parse(forked).statement.digest


@pytest.mark.parametrize(
    ("chain", "sentence"),
    [(Chain(9, "A" * 43), "send the earlier ones first"), (Chain(4, "A" * 43), "previous statement")],
)
def test_the_chain_must_be_unbroken(world: World, chain: Chain, sentence: str) -> None:
    maker = world.stations[MAKER]
    maker.chain = chain if chain.seq != 4 else Chain(maker.chain.seq, chain.prev)
    with world.sequencer() as sequencer:
        assert sentence in str(refused(sequencer, world.commission(0, 1)[0]))


def test_unregistered_foreign_and_revoked_keys_are_refused(world: World) -> None:
    with world.sequencer() as sequencer:
        unknown = refused(sequencer, commissioned(world, 0, now(), station=stranger(world)))
        assert (unknown.step, "enrol this device" in str(unknown)) == (2, True)
        foreign = Station(world.stations[DISTRIBUTOR].key, MAKER, world.trust.origin, nonce=lambda: bytes(32))
        assert "belongs to party" in str(refused(sequencer, commissioned(world, 0, now(), station=foreign)))
    [operator] = world.operators(MAKER, 1)
    revoke = {"type": "revoke", "kid": operator.key.public.kid, "reason": "lost", "since": now(hours=1)}
    world.admit([world.stations[MAKER].register(msgspec.json.encode(revoke), now())])
    with world.sequencer() as sequencer:
        assert "was revoked" in str(refused(sequencer, commissioned(world, 0, now(), station=operator)))


def test_a_statement_for_another_log_is_refused(world: World) -> None:
    elsewhere = Station(world.stations[MAKER].key, MAKER, "log.example/other", nonce=lambda: bytes(32))
    with world.sequencer() as sequencer:
        rejected = refused(sequencer, commissioned(world, 0, now(), station=elsewhere))
    assert (rejected.step, "for the log log.example/other" in str(rejected)) == (2, True)


@pytest.mark.parametrize("part", ["core", "terms", "items", "nonce"])
def test_a_body_that_does_not_match_is_refused(world: World, part: str) -> None:
    envelope = json.loads(world.commission(0, 2)[0])
    if part == "items":
        envelope["body"]["items"].pop()
    elif part == "nonce":
        envelope["body"]["nonce"] = "A" * 43
    else:
        envelope["body"][part] = envelope["body"][part].replace('"', ' "', 1)
    with world.sequencer() as sequencer:
        assert refused(sequencer, json.dumps(envelope).encode()).step == 4
        del envelope["body"]
        assert "Expected the body" in str(refused(sequencer, json.dumps(envelope).encode()))


@pytest.mark.parametrize("letters", [48_700, 70_000])
def test_an_entry_of_more_than_65535_bytes_is_refused(world: World, letters: int) -> None:
    product = {"type": "product", "gtin": GTIN, "name": "x" * 48_700, "owner": MAKER}
    raw = world.stations[MAKER].register(msgspec.json.encode(product), now())
    if letters > 48_700:  # more than our own signer would sign
        raw = raw.replace(b"eHh4", b"eHh4" * 2)
    with world.sequencer() as sequencer:
        assert "at most 65535 bytes" in str(refused(sequencer, raw))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_statements_are_refused(data: st.DataObject) -> None:
    jws = _SAMPLE.decode()
    place = data.draw(st.integers(0, len(jws) - 1))
    kind = data.draw(st.sampled_from(["flip", "cut", "insert"]))
    letter = data.draw(st.sampled_from("AZaz09-_.= +/"))
    changed = {
        "flip": jws[:place] + letter + jws[place + 1 :],
        "cut": jws[:place] + jws[place + 1 :],
        "insert": jws[:place] + letter + jws[place:],
    }[kind]
    if changed != jws:
        sequencer, raw = _OPEN[0], json.dumps({"statement": changed}).encode()
        with pytest.raises(Rejected):
            sequencer.submit(raw)


_OPEN: list[Sequencer] = []
_SAMPLE = b""


@pytest.fixture(autouse=True)
def sample(request: pytest.FixtureRequest) -> Iterator[None]:
    """One open log for the mutation test; hypothesis may not take a fixture of its own a time."""
    if not request.node.name.startswith("test_mutated"):
        yield
        return
    world: World = request.getfixturevalue("world")
    global _SAMPLE
    _SAMPLE = Submission.parse(world.commission(0, 1)[0]).statement.jws
    with world.sequencer() as sequencer:
        _OPEN[:] = [sequencer]
        yield


def test_a_broken_rule_is_logged_without_effect_and_strands_nobody(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit_many(world.commission(0, 50))
        raws = [world.ship([epc(0 if n == 2 else n)], MAKER, DISTRIBUTOR) for n in range(50)]
        outcomes = [o for o in sequencer.submit_many(raws) if isinstance(o, Outcome)]
    assert [outcome.effect for outcome in outcomes].count(False) == 1
    third = outcomes[2]
    assert third.rule is not None
    assert third.rule.startswith("ship.")
    assert third.pattern
    with world.history.view() as view:
        untouched = view.item(epc(2))
        assert untouched is not None
        assert untouched.receiver is None
        assert view.decided(third.position).rule == third.rule
        registry = list(view.registry_entries())
    assert not verify_receipt(third.receipt.with_registry(registry), world.trust).effect


def test_an_event_that_is_no_epcis_is_logged_without_effect(world: World) -> None:
    composed = compose("commissioned", time=now(), site=MAKER, items=[epc(0)], lot=LOT)
    wrong = msgspec.structs.replace(composed, items=(("e", "https://id.gs1.org/01/00000000000001/21/x"),))
    with world.sequencer() as sequencer:
        outcome = sequencer.submit(world.stations[MAKER].sign(wrong, now()))
        assert (outcome.effect, outcome.rule) == (False, "event")
        assert sequencer.submit(world.commission(0, 1)[0]).effect


def test_signed_in_time_and_delivered_late_counts_and_is_marked(world: World) -> None:
    [offline] = world.operators(MAKER, 1)
    with world.sequencer() as sequencer:
        outcome = sequencer.submit(commissioned(world, 0, now(hours=1), station=offline))
    assert outcome.effect
    assert outcome.late
    with world.history.view() as view:
        fact = view.fact(outcome.position)
        assert fact is not None
        assert fact.late


def test_times_in_the_future_or_running_backwards_have_no_effect(world: World) -> None:
    with world.sequencer() as sequencer:
        ahead = sequencer.submit(commissioned(world, 0, now(), now(hours=-1)))
        assert (ahead.effect, ahead.rule) == (False, "time.future")
        assert sequencer.submit(commissioned(world, 1, now())).effect
        back = sequencer.submit(commissioned(world, 2, now(hours=2), now(hours=2)))
        assert (back.effect, back.rule) == (False, "time.order")


def test_asking_before_signing_gives_the_answer_of_admission(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit_many(world.commission(0, 2))
        history = world.history
        for item in (epc(0), epc(9)):
            raw = world.ship([item], MAKER, DISTRIBUTOR)
            submission = Submission.parse(raw)
            claims, body = submission.statement.claims, submission.body
            assert body is not None
            admitted = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
            try:
                history.check(claims.iss, submission.statement.kid, claims.iat, admitted, body)
                answer = None
            except ValueError as refusal:
                answer = refusal.pattern  # type: ignore[attr-defined]
            assert sequencer.submit(raw).pattern == answer


def test_a_pallet_moves_with_everything_in_it(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit_many(world.commission(0, 4))
        case, pallet = sscc(1), sscc(2)
        acts = [world.pack(case, [epc(n) for n in range(4)]), world.pack(pallet, [case])]
        acts.append(world.ship([pallet], MAKER, DISTRIBUTOR))
        acts.append(world.receive([pallet], MAKER, DISTRIBUTOR, statement_id(world.stations[MAKER])))
        assert all(isinstance(o, Outcome) and o.effect for o in sequencer.submit_many(acts))
    with world.history.view() as view:
        item = view.item(epc(3))
        assert item is not None
        assert view.top(item).custodian == DISTRIBUTOR
        assert [count.items for lot, count in view.contents(pallet).items() if lot] == [4]
        positions = [step.fact.position for step in view.steps(epc(3))]
        assert sorted(positions) == positions
        assert len(positions) == 5
        via = [step.via for step in view.steps(epc(3))]
        assert via == [(), (), (case,), (case, pallet), (case, pallet)]


def test_workers_change_nothing_but_the_time(world: World) -> None:
    with world.sequencer(workers=2) as sequencer:
        raws = [
            *world.commission(0, 10),
            *(world.ship([epc(n)], MAKER, PHARMACY) for n in range(10)),
            b"nonsense",
        ]
        outcomes = sequencer.submit_many(raws)
    assert [isinstance(outcome, Outcome) and outcome.effect for outcome in outcomes] == [True] * 11 + [False]
    assert isinstance(outcomes[-1], Rejected)
    assert outcomes[-1].step == 1


def test_a_restored_backup_never_signs(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit(world.commission(0, 1)[0])
        world.store._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        backup = world.settings.ledger.read_bytes()
        sequencer.submit(world.commission(1, 1)[0])
    world.store.close()
    for name in ("ledger.db-wal", "ledger.db-shm"):
        (world.settings.data / name).unlink(missing_ok=True)
    world.settings.ledger.write_bytes(backup)
    old = replace(world.settings)
    store = type(world.store)(old.ledger)
    with (
        pytest.raises(StoreError, match="looks like an old backup"),
        founding.sequencing(old, store, world.trust),
    ):
        pass
    store.close()


def test_a_full_disk_refuses_clearly_and_admission_goes_on_afterwards(world: World) -> None:
    with world.sequencer() as sequencer:
        writer = world.store._writer
        pages = writer.execute("PRAGMA page_count").fetchone()[0]
        writer.execute(f"PRAGMA max_page_count = {pages}")
        big = world.commission(0, 1000)[0]
        with pytest.raises(StoreError, match="is full"):
            sequencer.submit(big)
        writer.execute("PRAGMA max_page_count = 1000000")
        assert sequencer.submit(big).effect


def test_admitted_times_never_run_backwards(world: World) -> None:
    clock = iter([datetime(2030, 1, 1, 12, tzinfo=UTC), datetime(2030, 1, 1, 11, tzinfo=UTC)])
    with founding.sequencing(
        world.settings, world.store, world.trust, clock=lambda: next(clock)
    ) as sequencer:
        outcomes = [sequencer.submit(raw) for number in range(2) for raw in world.commission(number, 1)]
    times = [outcome.receipt.entry.admitted for outcome in outcomes]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_the_receiver_sees_all_and_a_stranger_nothing(world: World) -> None:
    with world.sequencer() as sequencer:
        sequencer.submit_many(world.commission(0, 2))
        sent = sequencer.submit(world.ship([epc(0)], MAKER, DISTRIBUTOR))
    with world.history.view() as view:
        assert view.disclosure(MAKER, sent.position) == "whole"
        assert view.disclosure(DISTRIBUTOR, sent.position) == "whole"
        assert view.disclosure(PHARMACY, sent.position) in ("none", "summary")
        assert view.receipt(sent.position, PHARMACY).body is None


def test_ends_are_told_apart() -> None:
    ends = Ends(MAKER, DISTRIBUTOR)
    composed = compose("shipped", time=now(), items=[epc(0)], ends=ends)
    assert composed.core.destinationList[0].destination.endswith(DISTRIBUTOR)


def test_a_failure_nobody_thought_of_is_told_and_admission_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the writing nor the reading afterwards works for a while; no caller may wait for ever."""
    raw = world.commission(0, 1)[0]

    def broken(*_: object) -> None:
        raise sqlite3.DatabaseError("the disk is odd")

    with world.sequencer() as sequencer:
        with monkeypatch.context() as patch:
            patch.setattr(type(world.store), "write", broken)
            patch.setattr(type(world.store), "read", broken)
            with pytest.raises(sqlite3.DatabaseError, match="odd"):
                sequencer.submit(raw)
        assert sequencer.submit(raw).effect
