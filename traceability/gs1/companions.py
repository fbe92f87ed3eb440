"""Which AIs may, must and may not stand together (GS1 General Specifications 4.14)."""

from collections.abc import Sequence
from functools import lru_cache

from traceability.gs1 import Gs1Error
from traceability.gs1.application_identifiers import AI_LENGTHS, APPLICATION_IDENTIFIERS


def verify_together(pairs: Sequence[tuple[str, str]], starts: Sequence[int] | None = None) -> None:
    """Refuse AIs that may not stand together, that lack a companion, or that repeat with another value.

    `starts` are the positions of the pairs in the input, for the refusal to point at.
    """
    found = dict(pairs)
    try:
        if len(found) != len(pairs):
            _verify_repeats(pairs)
        _verify_companions(tuple(found))
        if "8030" in found:
            _verify_signed_serial(found)
    except Gs1Error as error:
        if starts is None or error.ai is None:
            raise
        where = starts[min(i for i, pair in enumerate(pairs) if pair[0] == error.ai)]
        raise type(error)(error.pattern, **{**error.values, "position": where}) from None


def _verify_repeats(pairs: Sequence[tuple[str, str]]) -> None:
    seen: dict[str, str] = {}
    for ai, value in pairs:
        if seen.setdefault(ai, value) != value:
            raise Gs1Error(
                "AI (%(ai)s) stands twice: expected the same value %(want)s again, got %(got)s",
                ai=ai, want=seen[ai], got=value,
            )  # fmt: skip


@lru_cache(maxsize=4096)
def _verify_companions(ais: tuple[str, ...]) -> None:
    for ai in ais:
        entry = APPLICATION_IDENTIFIERS[ai]
        for pattern in entry.excludes:
            for other in ais:
                if other != ai and other.startswith(pattern):
                    raise Gs1Error(
                        "AI (%(ai)s) and AI (%(other)s) may not stand in one code", ai=ai, other=other
                    )
        for groups in entry.requires:
            if not any(all(_present(need, ai, ais) for need in group) for group in groups):
                raise Gs1Error(
                    "%(label)s stands alone: expected also %(want)s",
                    ai=ai,
                    label=entry.label,
                    want=_wanted(groups),
                )


def _present(pattern: str, but: str, ais: tuple[str, ...]) -> bool:
    return any(other != but and other.startswith(pattern) for other in ais)


def _wanted(groups: tuple[tuple[str, ...], ...]) -> str:
    return " / ".join(
        "+".join(f"({need.ljust(AI_LENGTHS[need[:2]], 'n')})" for need in group) for group in groups
    )


def _verify_signed_serial(found: dict[str, str]) -> None:
    # A digital signature signs one thing, so these keys need their serial component beside AI (8030).
    for ai in ("253", "255", "8003"):
        if ai in found and len(found[ai]) == APPLICATION_IDENTIFIERS[ai].minimum:
            raise Gs1Error("AI (%(ai)s) beside AI (8030): expected a serial number in it", ai=ai)
