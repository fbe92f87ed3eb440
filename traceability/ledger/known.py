"""What is kept of a store between questions: its names, its registry and the registry's head."""

from traceability.custody.registry import Registry
from traceability.ledger.names import Names
from traceability.ledger.registered import Registered, registered
from traceability.proof.entry import Entry
from traceability.proof.merkle import Frontier, TileReader
from traceability.proof.receipt import Trust
from traceability.proof.statement import Statement
from traceability.store import Reader


def tiles(reader: Reader) -> TileReader:
    """The hashes of a snapshot's tree."""
    return TileReader(lambda level, index: reader.tile(level, index) or b"")


class Known:
    """What is kept of a store between questions: its names, its registry and the registry's head.

    All of it is computed from the store; `catch_up` reads on from where it stopped.
    """

    def __init__(self, trust: Trust) -> None:
        self.trust = trust
        self.names = Names()
        self.registry = Registry.start(trust)
        self.registry_frontier = Frontier()
        self.registry_head = self.registry_frontier.root()
        self.registered: list[Registered] = []
        """What each registry statement is about, in log order."""
        self._followed = 0

    def catch_up(self, reader: Reader) -> None:
        """Take in what was written to the store since the last time."""
        self.names.catch_up(reader)
        for position in list(reader.registry(self._followed)):
            row = reader.entry(position)
            if row is None:
                raise LookupError(position)
            entry = Entry.parse(row.entry)
            statement, effect = Statement.parse(entry.jws), entry.outcome == "effect"
            if effect:
                self.registry = self.registry.apply(position, statement, entry.admitted)
            self.registered.append(registered(position, statement, effect=effect))
            self.follow(position, entry.leaf_hash)

    def follow(self, position: int, leaf: bytes) -> None:
        """Count one registry entry into the registry's head."""
        self.registry_frontier.append(leaf)
        self.registry_head = self.registry_frontier.root()
        self._followed = position + 1
