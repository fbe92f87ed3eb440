"""`account`: who may log in."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from traceability.cli.options import command, data_option, read_passphrase
from traceability.cli.output import Output
from traceability.ledger.founding import read_trust
from traceability.settings import Settings
from traceability.store import StoreError
from traceability.store.office import ROLES, Account, Office


@command
@data_option
@click.option("--add", "login", metavar="LOGIN", help="Let a person log in.")
@click.option("--password", "changed", metavar="LOGIN", help="Give an account a new password.")
@click.option("--disable", "disabled", metavar="LOGIN", help="Let nobody log in as this account any more.")
@click.option("--name", help="With --add: the person's name.")
@click.option("--party", help="With --add: GLN of the party.")
@click.option("--role", type=click.Choice(ROLES), default="operator", show_default=True, help="With --add.")
@click.option("--site", help="With --add: GLN where the person usually works.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File whose first line is the password; asked for without it.",
)
def account_command(
    out: Output,
    *,
    settings: Settings,
    login: str | None,
    changed: str | None,
    disabled: str | None,
    name: str | None,
    party: str | None,
    role: str,
    site: str | None,
    password_file: Path | None,
) -> None:
    """Add an account, change its password, disable it; without an option, list all."""
    if sum(option is not None for option in (login, changed, disabled)) > 1:
        raise click.UsageError("Expected one of --add, --password and --disable")
    read_trust(settings)
    with closing(Office(settings.office)) as office:
        if login is not None:
            if name is None or party is None:
                raise click.UsageError("--add needs --name and --party")
            account = Account(login, name, party, role, site)  # type: ignore[arg-type]
            office.add_account(account, read_passphrase(password_file, f"the account {login}", new=True))
            _note(office, account, "account added")
        elif changed is not None:
            account = _known(office, changed)
            office.change_password(
                changed, read_passphrase(password_file, f"the account {changed}", new=True)
            )
            _note(office, account, "password changed")
        elif disabled is not None:
            account = _known(office, disabled)
            office.disable(disabled)
            _note(office, account, "account disabled")
        else:
            _list(out, office.accounts())
            return
        out.say(f"Done: {account.login}, {account.name}.")
        out.give({"login": account.login, "party": account.party})


def _known(office: Office, login: str) -> Account:
    account = office.account(login)
    if account is None:
        raise StoreError("There is no account %(login)s", login=login)
    return account


def _note(office: Office, account: Account, act: str) -> None:
    """Put it on the audit trail, done by whoever runs the command line here."""
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}"
    office.note(now, "command line", account.party, act, account.login)


def _list(out: Output, accounts: list[Account]) -> None:
    columns = ("Login", "Name", "Party", "Role", "Site", "")
    rows = [
        (a.login, a.name, a.party, a.role, a.site or "", "disabled" if a.disabled else "") for a in accounts
    ]
    out.table(columns, rows)
    out.give({"accounts": [account._asdict() for account in accounts]})
