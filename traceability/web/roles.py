"""`python -m traceability.web.roles`: write the table of web/access.py into docs/roles.md.

A test compares the two, so that what people read is what the server does.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

from traceability.store.office import ROLES
from traceability.web.access import ALSO, PARTIES, PUBLIC, TASKS, Also, Task
from traceability.web.babel import LazyString

PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
BEGIN, END = "<!-- from web/access.py: begin -->", "<!-- from web/access.py: end -->"
_PARTY_ORDER = ("maker", "wholesaler", "pharmacy", "institution", "carrier", "regulator", "authority")


def _parties(line: Task | Also) -> str:
    return "any" if line.parties == PARTIES else ", ".join(one for one in _PARTY_ORDER if one in line.parties)


def _row(name: str, line: Task | Also) -> str:
    marks = ("●" if role in line.people else " " for role in ROLES)
    return "| " + " | ".join([name, _parties(line), *marks]) + " |"


def _table(rows: Iterable[tuple[str, Task | Also]]) -> list[str]:
    head = ["what", "of a party that is", *ROLES]
    return [
        "| " + " | ".join(head) + " |",
        "|" + "---|" * 2 + ":-:|" * len(ROLES),
        *(_row(name, line) for name, line in rows),
    ]


def _english(text: LazyString) -> str:
    return str(text._args[0])


def written() -> str:
    """The table as it stands in docs/roles.md, between its two marks."""
    tasks = [(f"**{_english(task.label)}**: {_english(task.hint)}", task) for task in TASKS]
    lines = [*_table([*tasks, *((line.what, line) for line in ALSO)]), "", "Open without a session:", ""]
    lines += [f"- `{endpoint}`: {what}" for endpoint, what in PUBLIC.items()]
    return "\n".join([BEGIN, *lines, END])


def replaced(page: str) -> str:
    """A page with its table brought up to date."""
    before, _, rest = page.partition(BEGIN)
    return before + written() + rest.partition(END)[2]


def main() -> int:
    """Bring docs/roles.md up to date."""
    PAGE.write_text(replaced(PAGE.read_text("utf-8")), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
