"""Keyboard layouts that scanners and computers disagree on.

A wedge scanner presses keys; which character a key gives, the computer's layout decides. Each table maps
what arrived back to what was meant, for one pair of layouts in one direction.
"""

# The keys of a PC keyboard in the same order: four rows plain, then the four rows with shift.
_US = "1234567890-=qwertyuiop[]asdfghjkl;'\\zxcvbnm,./" + '!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"|ZXCVBNM<>?'
_QWERTZ = "1234567890ß´qwertzuiopü+asdfghjklöä#yxcvbnm,.-" + "!\"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄ'YXCVBNM;:_"
_AZERTY = "&é\"'(-è_çà)=azertyuiop^$qsdfghjklmù*wxcvbn,;:!" + "1234567890°+AZERTYUIOP¨£QSDFGHJKLM%µWXCVBN?./§"


def _table(arrived: str, meant: str) -> dict[int, str]:
    return {ord(a): m for a, m in zip(arrived, meant, strict=True)}


# With caps lock on, French keyboards shift the digit row too: only the letters and the rest are misplaced.
_AZERTY_DIGITS = {key: value for key, value in _table(_AZERTY, _US).items() if chr(key) not in "1234567890"}

LAYOUTS: tuple[tuple[str, dict[int, str]], ...] = (
    ("qwertz", _table(_QWERTZ, _US)),
    ("azerty", _table(_AZERTY, _US)),
    ("azerty", _AZERTY_DIGITS),
    ("qwertz", _table(_US, _QWERTZ)),
    ("azerty", _table(_US, _AZERTY)),
)
