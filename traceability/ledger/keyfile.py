"""A station key on disk: an encrypted PKCS#8 file and, beside it, where the key's chain stands.

The chain file moves on before a statement leaves this module, and keeps that statement: no number is
ever signed twice, and none is lost when the process ends in between (DESIGN section 3, "Keys").
"""

import fcntl
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from traceability.ledger.founding import FoundingError, write_new
from traceability.ledger.history import Chain
from traceability.ledger.station import Station
from traceability.proof.keyring import possession_text
from traceability.proof.signing import PrivateKey, b64

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, secp256r1)


def new_key() -> PrivateKey:
    """A fresh P-256 key."""
    return PrivateKey.from_scalar(secrets.randbelow(_ORDER - 1) + 1)


def new_nonce() -> bytes:
    """The 32 random bytes of a body."""
    return secrets.token_bytes(32)


class _Chained(msgspec.Struct):
    """The chain file."""

    log: str
    party: str
    role: str
    kid: str
    seq: int = 0
    prev: str = ""
    last: str = ""
    """The submission signed last, to be written again where its file was lost."""
    v: int = 1


def registration(key: PrivateKey, origin: str, party: str, role: str, expires: str | None = None) -> bytes:
    """The `key` act by which an administrator registers a key; the key itself has agreed to it."""
    text = possession_text(origin, party, role, key.public.kid)
    act: dict[str, object] = {
        "type": "key",
        "party": party,
        "role": role,
        "jwk": msgspec.json.decode(key.public.jwk),
        "proof": b64(key.sign(text)),
    }
    if expires is not None:
        act["expires"] = expires
    return msgspec.json.encode(act)


class KeyFile:
    """A station key at hand, with its party, its log and its chain."""

    def __init__(self, path: Path, key: PrivateKey) -> None:
        self.path = path
        self.key = key
        self.chain_path = path.with_suffix(".chain")

    @classmethod
    def create(
        cls, path: Path, key: PrivateKey, passphrase: str, *, origin: str, party: str, role: str
    ) -> "KeyFile":
        """Write a new key and its empty chain. Raises FoundingError where either file exists."""
        made = cls(path, key)
        if made.chain_path.exists():
            raise FoundingError("%(path)s exists and is not overwritten", path=made.chain_path)
        write_new(path, key.to_pem(passphrase.encode()))
        write_new(made.chain_path, msgspec.json.encode(_Chained(origin, party, role, key.public.kid)))
        return made

    @classmethod
    def open(cls, path: Path, passphrase: str) -> "KeyFile":
        """Read a key. Raises ProofError for a wrong passphrase, FoundingError for a chain that is not its own."""
        opened = cls(path, PrivateKey.from_pem(path.read_bytes(), passphrase.encode()))
        if opened._read().kid != opened.key.public.kid:
            raise FoundingError(
                "%(chain)s is the chain of another key than %(path)s", chain=opened.chain_path, path=path
            )
        return opened

    def _read(self) -> _Chained:
        try:
            return msgspec.json.decode(self.chain_path.read_bytes(), type=_Chained)
        except FileNotFoundError as error:
            raise FoundingError(
                "%(path)s is missing: without it nobody knows which number this key signs next. Put it "
                "back, or make a new key with `traceability keygen`.",
                path=self.chain_path,
            ) from error
        except msgspec.MsgspecError as error:
            raise FoundingError("%(path)s is no chain file", path=self.chain_path) from error

    @property
    def party(self) -> str:
        return self._read().party

    @property
    def origin(self) -> str:
        return self._read().log

    @property
    def role(self) -> str:
        return self._read().role

    @property
    def chain(self) -> Chain:
        """Where the chain stands as far as this file knows."""
        known = self._read()
        return Chain(known.seq, known.prev)

    @property
    def last(self) -> bytes | None:
        """The submission that this key signed last."""
        return self._read().last.encode() or None

    def sign(self, make: Callable[[Station], bytes], logged: Chain | None = None) -> bytes:
        """Let `make` sign one statement, and keep it before handing it out.

        `logged` is where the log says the chain stands, if it was asked: a log that is ahead has taken
        statements that were signed with a copy of this key elsewhere, and the chain goes on from there.
        """
        with self._locked():
            known = self._read()
            chain = Chain(known.seq, known.prev)
            if logged is not None and logged.seq > chain.seq:
                chain = logged
            station = Station(self.key, known.party, known.log, chain=chain, nonce=new_nonce)
            raw = make(station)
            known.seq, known.prev = station.chain
            known.last = raw.decode()
            self._replace(msgspec.json.encode(known))
        return raw

    def follow(self, chain: Chain) -> None:
        """Move the chain to where the log has it, when the key has signed without this file."""
        with self._locked():
            known = self._read()
            if chain.seq > known.seq:
                known.seq, known.prev = chain
                known.last = ""
                self._replace(msgspec.json.encode(known))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, content: bytes) -> None:
        fresh = self.chain_path.with_suffix(".chain.new")
        fresh.unlink(missing_ok=True)
        write_new(fresh, content)
        fresh.rename(self.chain_path)
