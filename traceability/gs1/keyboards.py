"""Keyboard layouts that scanners and computers disagree on.

A wedge scanner presses keys; which character a key gives, the computer's layout and its caps lock decide.
Each table maps what arrived back to what was meant, for one pair of layouts in one direction.
"""

# The keys of a PC keyboard in the same order: four rows plain, then the four rows with shift.
_US = "1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./" + '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?'
_QWERTZ = "1234567890ß´qwertzuiopü+asdfghjklöä#yxcvbnm,.-" + "!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'YXCVBNM;:_"
_AZERTY = "&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*wxcvbn,;:!" + "1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µWXCVBN?./§"


def _capital(keys: str) -> str:
    """The keys with caps lock on, where it only exchanges letters: ß has no capital on its key."""
    return "".join(key.swapcase() if len(key.swapcase()) == 1 else key for key in keys)


def _shifted(keys: str) -> str:
    """The keys with caps lock on, where it is a shift lock for every key, as in German and French Windows."""
    half = len(keys) // 2
    return keys[half:] + keys[:half]


def _table(arrived: str, meant: str) -> dict[int, str]:
    return {ord(a): m for a, m in zip(arrived, meant, strict=True) if a != m}


# Caps lock may hold the digit row alone: the letters and the rest are where the layout puts them.
_AZERTY_DIGITS = {key: value for key, value in _table(_AZERTY, _US).items() if chr(key) not in "1234567890"}

_LAYOUTS = (("us", _US), ("qwertz", _QWERTZ), ("azerty", _AZERTY))
_PAIRS = tuple(
    # Named after the layout that is not American: the computer's, where both are not.
    (name if name != "us" else scanners, computer, scanner)
    for name, computer in _LAYOUTS
    for scanners, scanner in _LAYOUTS
    if computer != scanner
)

LAYOUTS: tuple[tuple[str, dict[int, str]], ...] = (
    *((name, _table(computer, scanner)) for name, computer, scanner in _PAIRS),
    ("azerty", _AZERTY_DIGITS),
    *((name, _table(_capital(computer), scanner)) for name, computer, scanner in _PAIRS),
    *((name, _table(_shifted(computer), scanner)) for name, computer, scanner in _PAIRS if computer != _US),
)
"""(layout, table) pairs, likeliest first: layouts alone, then with caps lock on as well."""

SHIFT_LOCKS: tuple[dict[int, str], ...] = (
    _table(_shifted(_QWERTZ), _QWERTZ),
    _table(_shifted(_AZERTY), _AZERTY),
)
"""Tables of keyboards that agree with their scanner, and whose caps lock holds every key."""
