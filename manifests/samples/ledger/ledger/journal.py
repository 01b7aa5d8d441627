"""Reads journals such as

2026-01-05 * Corner shop          ; the star marks a cleared transaction
    Expenses:Food        42.10
    Assets:Bank                   ; one amount may be left out
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from ledger.money import AmountError, format_amount, parse_amount

_HEADER = re.compile(r"(\d{4}-\d\d-\d\d)\s+(\*\s+)?(\S.*)")
_COMMENT = re.compile(r"(^|\s+);.*")


class JournalError(ValueError):
    """The journal cannot be read; the message names the line."""


@dataclass
class Posting:
    account: str
    cents: int


@dataclass
class Transaction:
    date: date
    payee: str
    cleared: bool = False
    postings: list[Posting] = field(default_factory=list)


def parse_journal(lines: Iterable[str]) -> list[Transaction]:
    """The transactions by date; those of one day keep the journal's order."""
    transactions = [_transaction(block) for block in _blocks(lines)]
    return sorted(transactions, key=lambda transaction: transaction.date)


def _blocks(lines: Iterable[str]) -> Iterator[list[tuple[int, str]]]:
    """Numbered lines, comments and blank lines dropped, in groups of a header and its postings."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        text = _COMMENT.sub("", line.rstrip())
        if not text.strip():
            continue
        if not text[0].isspace():
            if block:
                yield block
            block = []
        elif not block:
            raise JournalError(f"line {number}: posting outside a transaction")
        block.append((number, text))
    if block:
        yield block


def _transaction(block: list[tuple[int, str]]) -> Transaction:
    number, header = block[0]
    match = _HEADER.fullmatch(header)
    if match is None:
        raise JournalError(f"line {number}: not a transaction: {header!r}")
    try:
        transaction = Transaction(date.fromisoformat(match[1]), match[3], cleared=bool(match[2]))
    except ValueError:
        raise JournalError(f"line {number}: no such day: {match[1]}") from None
    open_posting: Posting | None = None
    for line, text in block[1:]:
        # Accounts may contain single spaces, so at least two stand before the amount.
        account, _, amount = text.strip().partition("  ")
        posting = Posting(account, 0)
        if amount:
            try:
                posting.cents = parse_amount(amount)
            except AmountError as error:
                raise JournalError(f"line {line}: {error}") from None
        elif open_posting is None:
            open_posting = posting
        else:
            raise JournalError(f"line {line}: a second posting without an amount")
        transaction.postings.append(posting)
    rest = -sum(posting.cents for posting in transaction.postings)
    if open_posting is not None:
        open_posting.cents = rest
    elif rest:
        raise JournalError(f"line {number}: does not balance, {format_amount(rest)} is missing")
    return transaction
