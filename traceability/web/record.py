"""Putting what people do on these pages on the audit trail."""

from flask_login import current_user

from traceability.store.office import Account
from traceability.web.access import for_regulator
from traceability.web.parts import parts


def record(
    act: str, detail: str = "", *, old: str = "", new: str = "", why: str = "", by: Account | None = None
) -> None:
    """Add a line: done by `by`, else by whoever is logged in. `act` is one of `words.TRAIL_WORDS`."""
    who = current_user.account if by is None else by
    parts().office.note(parts().now(), who.login, who.party, act, detail, old=old, new=new, why=why)


def record_reading(act: str, detail: str) -> None:
    """Add a line where somebody reads with the regulator's eyes (DESIGN section 3); a party's own reads are its own."""
    if for_regulator():
        record(act, detail)
