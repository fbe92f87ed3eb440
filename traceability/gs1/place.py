"""Where in a code a component stands: what every linter is told beside the text."""

from collections.abc import Callable
from typing import NamedTuple


class Place(NamedTuple):
    """Where a component stands: its AI, what to call it, its offset in the value, and today's year."""

    ai: str
    label: str
    offset: int
    year: int

    def at(self, offset: int) -> dict[str, object]:
        """The values of a refusal that points `offset` characters into the component."""
        return {"ai": self.ai, "label": self.label, "position": self.offset + offset}


Linter = Callable[[str, Place], None]
