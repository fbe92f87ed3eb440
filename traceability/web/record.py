"""Putting what people do on these pages on the audit trail."""

from flask_login import current_user

from traceability.store.office import Account
from traceability.web.parts import parts


def record(
    act: str, detail: str = "", *, old: str = "", new: str = "", why: str = "", by: Account | None = None
) -> None:
    """Add a line: done by `by`, else by whoever is logged in. `act` is one of `words.TRAIL_WORDS`."""
    who = current_user.account if by is None else by
    parts().office.note(parts().now(), who.login, who.party, act, detail, old=old, new=new, why=why)
