"""Check digits and check characters (GS1 General Specifications 7.9)."""

from traceability.gs1 import Gs1Error

_CSET82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
_CSET32 = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97)


def check_digit(digits: str) -> str:
    """The check digit that follows `digits` (7.9.1): weights 3 and 1 by turns, from the right.

    >>> check_digit("0952132100001")
    '8'
    """
    octets = digits.encode("ascii")
    # Summing ASCII codes is fastest; every code is its digit and 48 more.
    threes, ones = octets[-1::-2], octets[-2::-2]
    total = 3 * (sum(threes) - 48 * len(threes)) + sum(ones) - 48 * len(ones)
    return str(-total % 10)


def check_pair(text: str) -> str:
    """The two check characters that follow `text` in a GMN (7.9.5).

    >>> check_pair("1987654Ad4X4bL5ttr2310c")
    '2K'
    """
    if len(text) > len(_PRIMES):
        raise Gs1Error(
            "Expected at most %(want)d characters before the check characters, got %(got)d",
            position=len(_PRIMES), want=len(_PRIMES), got=len(text),
        )  # fmt: skip
    weighted = zip(reversed(text), _PRIMES, strict=False)
    total = sum(_CSET82.index(character) * prime for character, prime in weighted) % 1021
    return _CSET32[total >> 5] + _CSET32[total & 31]
