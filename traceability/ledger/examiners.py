"""Worker processes for the stateless half of admission.

What comes back crosses as MessagePack: a fifth of the time of pickling the same structs.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Generic, NamedTuple, TypeVar

import msgspec

from traceability.epcis.parts import Core, Terms
from traceability.ledger.examination import Examined, Rejected
from traceability.proof.statement import Claims, RegistryClaims, Statement

SHARE, SHARE_BYTES = 64, 200_000
"""How many jobs, or bytes of them, a worker takes at a time."""

Job = TypeVar("Job")
Examine = Callable[[Job], Examined]
Values = dict[str, object]


class Examiners(Generic[Job]):
    """Examines jobs in worker processes, or here where there are none.

    `examine` is a function of a module, so that a worker can find it; `weigh` gives the bytes of a job.
    """

    def __init__(self, workers: int, examine: Examine[Job], weigh: Callable[[Job], int]) -> None:
        self.apart = workers > 0
        """Whether examining goes on beside the callers, in processes of its own."""
        self._pool = ProcessPoolExecutor(workers) if workers else None
        self._examine = examine
        self._weigh = weigh

    def close(self) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, jobs: Iterable[Job]) -> Iterator[Examined | Rejected]:
        """One result a job, in order. Workers begin at once, before the first result is asked for."""
        return (found for share in self.shares(jobs) for found in share.open())

    def shares(self, jobs: Iterable[Job]) -> Iterator["Share"]:
        """The results in portions, in order, each as soon as it is ready."""
        portions = self._portions(jobs)
        if self._pool is None:
            return (Share([_attempt(self._examine, job) for job in portion], b"") for portion in portions)
        futures = [self._pool.submit(_work, self._examine, portion) for portion in portions]
        return (Share([], future.result()) for future in futures)

    def _portions(self, jobs: Iterable[Job]) -> Iterator[list[Job]]:
        """Portions that keep a worker busy for a few milliseconds, whether jobs are large or small."""
        share: list[Job] = []
        size = 0
        for job in jobs:
            share.append(job)
            size += self._weigh(job)
            if len(share) == SHARE or size > SHARE_BYTES:
                yield share
                share, size = [], 0
        if share:
            yield share


class Share(NamedTuple):
    """Some results on their way from a worker; `open` unpacks them, in the thread that needs them."""

    found: list[Examined | Rejected]
    packed: bytes

    def open(self) -> list[Examined | Rejected]:
        """The results."""
        return self.found or [wire.open() for wire in _DECODER.decode(self.packed)]


def _attempt(examine: Examine[Job], job: Job) -> Examined | Rejected:
    try:
        return examine(job)
    except Rejected as rejected:
        return rejected


def _work(examine: Examine[Job], jobs: list[Job]) -> bytes:
    return _ENCODER.encode([_Wire.of(_attempt(examine, job)) for job in jobs])


class _Wire(msgspec.Struct, array_like=True, gc=False):
    rejected: tuple[int, str, Values] | None = None
    jws: bytes = b""
    kid: str = ""
    claims: Claims | None = None
    registry: RegistryClaims | None = None
    digest: bytes = b""
    verified: bool = False
    packed: bytes = b""
    core: Core | None = None
    terms: Terms | None = None
    act: str | None = None
    items: tuple[tuple[str, str], ...] = ()
    fault: tuple[str, Values] | None = None

    @classmethod
    def of(cls, found: Examined | Rejected) -> "_Wire":
        if isinstance(found, Rejected):
            return cls(
                (found.step, found.pattern, {name: str(value) for name, value in found.values.items()})
            )
        statement, claims = found.statement, found.statement.claims
        return cls(
            None,
            statement.jws,
            statement.kid,
            claims if isinstance(claims, Claims) else None,
            claims if isinstance(claims, RegistryClaims) else None,
            statement.digest,
            found.verified,
            found.packed,
            found.core,
            found.terms,
            found.act,
            found.items,
            found.fault,
        )

    def open(self) -> Examined | Rejected:
        if self.rejected is not None:
            step, pattern, values = self.rejected
            return Rejected(step, pattern, **values)
        claims = self.claims or self.registry
        if claims is None:
            raise LookupError("claims")
        typ = "custody+jws" if self.claims is not None else "registry+jws"
        statement = Statement(self.jws, typ, self.kid, claims, self.digest)
        return Examined(
            statement, self.verified, self.packed, self.core, self.terms, self.act, self.items, self.fault
        )


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[_Wire])
