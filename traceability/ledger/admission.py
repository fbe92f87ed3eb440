"""The one way in: the admission steps of DESIGN section 4, numbered here as there.

`examination.examine` (steps 1, 3, 4, 6) is pure and may run in another process. `Admission.admit` (steps 0, 2, 5,
7, 8) runs inside one write transaction, in log order; a refused member costs the others nothing.
Replaying the same entries and bodies through it gives the same bytes again, for ever.
"""

import msgspec

from traceability.custody import CustodyError
from traceability.custody.erasing import Kept
from traceability.custody.provenance import OWNERSHIP
from traceability.custody.registrations import Erase, parse_registration
from traceability.custody.rules import UNNAMED, ActStatement, Refusal, decide
from traceability.custody.rules_erasing import verify_erasable
from traceability.custody.state import Effect, Fact
from traceability.epcis.parts import Core, Terms
from traceability.ledger.examination import Examined, Rejected, plain, verify_signature
from traceability.ledger.keeping import ERASED, keep
from traceability.ledger.known import Known, tiles
from traceability.ledger.projection import Projection
from traceability.proof import ProofError
from traceability.proof.body import kept_salt
from traceability.proof.entry import Entry
from traceability.proof.merkle import Frontier, leaf_hash, new_tiles
from traceability.proof.receipt import Trust
from traceability.proof.signing import PublicKey, b64, unb64
from traceability.proof.statement import RegistryClaims, Statement
from traceability.store import Reader, Writer
from traceability.store.packing import unpack
from traceability.store.rows import EntryRow, ErasedRow, ForkRow, RefusalRow, SignerRow


class Decided(msgspec.Struct, frozen=True, gc=False):
    """What became of one admitted statement."""

    position: int
    id: str
    entry: Entry
    rule: str | None = None
    pattern: str | None = None
    values: dict[str, object] = msgspec.field(default_factory=dict)
    late: bool = False
    unmatched: bool = False
    again: bool = False
    """True when the statement had been logged before (step 0)."""


class Admission(Known):
    """The sequencer's side of what is kept: also the signers' chains and the size of the tree."""

    def __init__(self, reader: Reader, trust: Trust) -> None:
        super().__init__(trust)
        self.catch_up(reader)
        self.size = reader.size()
        self.tree = Frontier.of(tiles(reader), self.size)
        self.signers = {row.kid: row for row in reader.signers()}
        newest = reader.entry(self.size - 1) if self.size else None
        self.last_admitted = "" if newest is None else Entry.parse(newest.entry).admitted
        self.keep: frozenset[int] = frozenset()
        """Positions of bodies that are about to be erased: a replay notes in `kept` what to keep of them."""
        self.kept: dict[int, ErasedRow] = {}

    def admit(self, batch: list[Examined], writer: Writer, admitted: list[str]) -> list[Decided | Rejected]:
        """Steps 0, 2, 5, 7 and 8 for a batch, in order; `admitted` is the time given to each.

        Returns one result a member. Everything is written through `writer` and is durable when its
        transaction commits. On any exception this object is spent: make a new one.
        """
        run = _Run(self, writer, batch)
        results: list[Decided | Rejected] = []
        for examined, time in zip(batch, admitted, strict=True):
            try:
                results.append(run.admit(examined, time))
            except Rejected as rejected:
                results.append(rejected)
        run.save()
        return results


class _Run:
    """One batch on its way into the log."""

    def __init__(self, state: Admission, writer: Writer, batch: list[Examined]) -> None:
        self.state = state
        self.writer = writer
        self.first = state.size
        self.projection = Projection(writer, state.names, state.registry)
        self.projection.prefetch(_named(batch))
        self.logged = writer.positions([examined.statement.digest for examined in batch])
        self.entries: list[EntryRow] = []
        self.bodies: list[tuple[int, bytes]] = []
        self.erased: list[ErasedRow] = []
        self.leaves: list[bytes] = []
        self.signers: dict[str, SignerRow] = {}
        self.registry: list[int] = []
        self.refusals: list[RefusalRow] = []

    def admit(self, examined: Examined, admitted: str) -> Decided:
        state, statement = self.state, examined.statement
        # 0. A statement that is logged already returns its first bytes.
        position = self.logged.get(statement.digest)
        if position is not None:
            return self._again(position)
        # 2. The key: registered, not revoked, belonging to the issuer, for this log.
        key = self._key(statement, admitted)
        # 3. The signature, where the key was not known when the submission was examined.
        if not examined.verified:
            verify_signature(statement, key)
        # 5. The signer's own chain.
        signer = self._chain(statement, admitted)
        # 6. and 7. A failure is logged with outcome none.
        position, identity = state.size, statement.id
        refusal, effect = None, None
        if statement.typ == "registry+jws":
            refusal = self._register(position, statement, admitted)
        else:
            refusal, effect = self._decide(position, identity, examined, admitted, signer)
        outcome = "effect" if refusal is None else "none"
        version = state.registry.rules_version or UNNAMED
        entry = Entry(admitted, outcome, version, state.registry_head, statement.jws)
        try:
            data = entry.to_bytes()
        except ProofError as error:
            raise Rejected(1, error.pattern, **error.values) from error
        leaf = leaf_hash(data)
        # 8. Entry, tree and projection.
        if statement.typ == "registry+jws":
            if refusal is None:
                state.registry = self.projection.registry = self.applied
            state.follow(position, leaf)
            self.registry.append(position)
        else:
            self._record(position, identity, examined, admitted, effect, refusal)
        if refusal is not None:
            self.refusals.append(refusal)
        return self._log(position, identity, entry, data, leaf, statement, signer, refusal, effect)

    def _again(self, position: int) -> Decided:
        if position >= self.first:
            row: EntryRow | None = self.entries[position - self.first]
            refusal = next((r for r in self.refusals if r.position == position), None)
        else:
            row, refusal = self.writer.entry(position), self.writer.refusal(position)
        if row is None:
            raise LookupError(position)
        fact = self.projection.fact(position)
        return decided(position, Entry.parse(row.entry), refusal, fact, again=True)

    def _key(self, statement: Statement, admitted: str) -> PublicKey:
        keyring = self.state.registry.keyring
        record = keyring.signer(statement.kid)
        if record is None:
            raise Rejected(
                2,
                "The key %(kid)s is not registered here. Ask your administrator to enrol this device.",
                kid=statement.kid,
            )
        if record.revoked is not None:
            raise Rejected(
                2,
                "The key %(kid)s was revoked. Enrol this device again; what it signed before still counts.",
                kid=statement.kid,
            )
        try:
            return keyring.verify_signer(statement, admitted).key
        except ProofError as error:
            raise Rejected(2, error.pattern, **error.values) from error

    def _chain(self, statement: Statement, admitted: str) -> SignerRow:
        claims = statement.claims
        signer = self.state.signers.get(statement.kid)
        if signer is None:
            signer = SignerRow(len(self.state.signers) + 1, statement.kid, 0, b"", "")
        prev = b64(signer.prev) if signer.prev else ""
        if claims.seq < signer.seq:
            self.writer.add_fork(ForkRow(statement.digest, signer.id, claims.seq, admitted, statement.jws))
            raise Rejected(
                5,
                "This key has signed another statement number %(seq)s before. Both are kept as evidence; "
                "the next is number %(want)s.",
                seq=claims.seq,
                want=signer.seq,
            )
        if claims.seq > signer.seq:
            raise Rejected(
                5,
                "Expected statement number %(want)s of this key, got %(seq)s: send the earlier ones first",
                want=signer.seq,
                seq=claims.seq,
            )
        if claims.prev != prev:
            raise Rejected(
                5,
                "Expected the previous statement of this key to be %(want)s, got %(prev)s",
                want=prev or "none",
                prev=claims.prev or "none",
            )
        return signer

    def _register(self, position: int, statement: Statement, admitted: str) -> RefusalRow | None:
        try:
            self.applied = self.state.registry.apply(position, statement, admitted)
            if self.applied.erased is not self.state.registry.erased:
                self._verify_erasable(statement, admitted)
        except CustodyError as error:
            return _refusal_row(
                position, getattr(error, "rule", "registry"), None, error.pattern, error.values
            )
        return None

    def _verify_erasable(self, statement: Statement, admitted: str) -> None:
        claims = statement.claims
        act = parse_registration(bytes(claims.act)) if isinstance(claims, RegistryClaims) else None
        if isinstance(act, Erase):
            verify_erasable(act, self.projection, self._custody_position, admitted)

    def _custody_position(self, identity: str) -> int | None:
        digest = unb64(identity)
        position = self.logged.get(digest)
        if position is None:
            position = self.writer.positions((digest,)).get(digest)
        if position is None:
            return None
        row = self.entries[position - self.first] if position >= self.first else self.writer.entry(position)
        custody = row is not None and Entry.parse(row.entry).statement.typ == "custody+jws"
        return position if custody else None

    def _decide(
        self, position: int, identity: str, examined: Examined, admitted: str, signer: SignerRow
    ) -> tuple[RefusalRow | None, Effect | None]:
        if examined.kept is not None:  # what was decided once about a body that is erased
            kept, _ = examined.kept
            if kept.refused is not None:
                return erased_refusal(position, kept.refused), None
            return None, kept.effect
        if examined.fault is not None or examined.core is None or examined.terms is None:
            pattern, values = examined.fault or ("Expected an event", {})
            return _refusal_row(position, "event", None, pattern, values), None
        statement = examined.statement
        claims = statement.claims
        act = ActStatement(
            position=position,
            id=identity,
            iss=claims.iss,
            kid=statement.kid,
            iat=claims.iat,
            admitted=admitted,
            core=examined.core,
            terms=examined.terms,
            items=examined.items,
            last_iat=signer.iat or None,
        )
        try:
            return None, decide(act, self.projection)
        except Refusal as refusal:
            return _refusal_row(position, refusal.rule, refusal.item, refusal.pattern, refusal.values), None

    def _record(
        self,
        position: int,
        identity: str,
        examined: Examined,
        admitted: str,
        effect: Effect | None,
        refusal: RefusalRow | None,
    ) -> None:
        if examined.kept is not None:
            kept, row = examined.kept
            self.projection.record_kept(kept)
            self.erased.append(row)
            return
        core, terms, fact = examined.core, examined.terms, None
        if core is not None and terms is not None and examined.act is not None:
            statement = examined.statement
            fact = fact_of(position, identity, statement, admitted, core, terms, examined.act, effect)
            self.projection.record(fact, examined.packed, examined.items, effect)
        self.bodies.append((position, examined.packed))
        if position in self.state.keep:
            refused = None if refusal is None else refusal.rule
            nonce, *_ = unpack(examined.packed)
            kept = Kept.of(fact, examined.items, terms, effect, refused)
            self.state.kept[position] = keep(position, kept, kept_salt(nonce))

    def _log(
        self,
        position: int,
        identity: str,
        entry: Entry,
        data: bytes,
        leaf: bytes,
        statement: Statement,
        signer: SignerRow,
        refusal: RefusalRow | None,
        effect: Effect | None,
    ) -> Decided:
        iat = statement.claims.iat if refusal is None else signer.iat
        kept = SignerRow(signer.id, signer.kid, signer.seq + 1, statement.digest, iat)
        self.state.signers[signer.kid] = self.signers[signer.kid] = kept
        self.entries.append(EntryRow(position, statement.digest, signer.id, signer.seq, data))
        self.leaves.append(leaf)
        self.logged[statement.digest] = position
        self.state.size = position + 1
        self.state.tree.append(leaf)
        self.state.last_admitted = entry.admitted
        return Decided(
            position,
            identity,
            entry,
            None if refusal is None else refusal.rule,
            None if refusal is None else refusal.pattern,
            {} if refusal is None else msgspec.json.decode(refusal.detail),
            effect is not None and effect.late,
            effect is not None and effect.unmatched,
        )

    def save(self) -> None:
        """Write the batch: entries, bodies, tree, index."""
        writer = self.writer
        writer.add_entries(self.entries)
        writer.add_bodies(self.bodies)
        writer.add_erased(self.erased)
        writer.put_signers(self.signers.values())
        writer.add_registry(self.registry)
        writer.add_refusals(self.refusals)
        tiles = new_tiles(self.first, self.leaves, lambda level, index: writer.tile(level, index) or b"")
        writer.put_tiles((level, index, hashes) for (level, index), hashes in tiles.items())
        self.projection.save()


def decided(
    position: int, entry: Entry, refusal: RefusalRow | None, fact: Fact | None, *, again: bool = False
) -> Decided:
    """What became of a logged statement, from what the index kept of it."""
    return Decided(
        position,
        entry.statement_id,
        entry,
        None if refusal is None else refusal.rule,
        None if refusal is None else refusal.pattern,
        {} if refusal is None else msgspec.json.decode(refusal.detail),
        fact is not None and fact.late,
        fact is not None and fact.unmatched,
        again,
    )


def _named(batch: list[Examined]) -> list[str]:
    """Every item that the rules will ask for."""
    epcs = [epc for examined in batch for _, epc in examined.items]
    epcs.extend(e.core.parentID for e in batch if e.core is not None and e.core.parentID)
    return epcs


def _refusal_row(
    position: int, rule: str, item: str | None, pattern: str, values: dict[str, object]
) -> RefusalRow:
    return RefusalRow(position, rule, item, pattern, msgspec.json.encode(plain(values)).decode())


def erased_refusal(position: int, rule: str) -> RefusalRow:
    """Why a statement without effect was refused, once its body is erased."""
    return _refusal_row(position, rule, None, ERASED, {"rule": rule})


def fact_of(
    position: int,
    identity: str,
    statement: Statement,
    admitted: str,
    core: Core,
    terms: Terms,
    act: str,
    effect: Effect | None,
) -> Fact:
    """The fact that one statement leaves behind."""
    claims = statement.claims
    sources = {end.type: end.source[-13:] for end in core.sourceList or ()}
    targets = {end.type: end.destination[-13:] for end in core.destinationList or ()}
    place = core.bizLocation or core.readPoint
    sent = sources.get("possessing_party") == claims.iss
    ends = targets if sent else sources
    own = sources if sent else targets
    return Fact(
        position=position,
        id=identity,
        act=act,
        party=claims.iss,
        kid=statement.kid,
        event_time=core.eventTime,
        iat=claims.iat,
        admitted=admitted,
        effect=effect is not None,
        site=place.id[-13:] if place is not None else own.get("location"),
        counterparty=ends.get("possessing_party")
        or (effect.towards if effect is not None else None)
        or _other_owner(act, claims.iss, terms),
        counter_site=ends.get("location"),
        parent=core.parentID or None,
        ref=effect.ref if effect is not None else (),
        late=effect is not None and effect.late,
        claimed=terms.evidence == "claimed",
        unmatched=effect is not None and effect.unmatched,
    )


def _other_owner(act: str, signer: str, terms: Terms) -> str | None:
    """The far side of a change of owner: it is named to the two owners only, and must be told."""
    if act not in OWNERSHIP:
        return None
    owners = [one.source for one in terms.sourceList] + [one.destination for one in terms.destinationList]
    return next((gln for gln in (uri[-13:] for uri in owners) if gln != signer), None)
