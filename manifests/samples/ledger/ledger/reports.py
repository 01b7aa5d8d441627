"""What the transactions add up to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from ledger.journal import Transaction


@dataclass
class Entry:
    """One line of a register."""

    date: date
    payee: str
    cents: int
    total: int


def within(account: str, parent: str) -> bool:
    """Whether `account` is `parent` or lies below it."""
    return account == parent or account.startswith(parent + ":")


def balances(transactions: Iterable[Transaction], parent: str = "") -> dict[str, int]:
    """Cents by account, sorted by name, without the accounts that are at zero."""
    totals: dict[str, int] = {}
    for transaction in transactions:
        for posting in transaction.postings:
            if not parent or within(posting.account, parent):
                totals[posting.account] = totals.get(posting.account, 0) + posting.cents
    return {account: totals[account] for account in sorted(totals) if totals[account]}


def register(transactions: Iterable[Transaction], parent: str) -> list[Entry]:
    """Every change of an account and of those below it, with the running total."""
    entries: list[Entry] = []
    total = 0
    for transaction in transactions:
        for posting in transaction.postings:
            if within(posting.account, parent):
                total += posting.cents
                entries.append(Entry(transaction.date, transaction.payee, posting.cents, total))
    return entries
