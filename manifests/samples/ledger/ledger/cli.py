"""The command line: ``python3 -m ledger``."""

import argparse
import os
import sys
from collections.abc import Sequence

from ledger.journal import JournalError, Transaction, parse_journal
from ledger.money import AmountError, format_amount, parse_amount
from ledger.reports import balances, register
from ledger.split import split_amount


def main(argv: Sequence[str] | None = None) -> int:
    """Exit codes: 0, 1 for a journal or an amount that cannot be read, 2 for a wrong call."""
    options = _parser().parse_args(argv)
    try:
        options.run(options)
    except (JournalError, AmountError, OSError) as error:
        print(f"ledger: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ledger", description="Reports on a plain text journal.")
    parser.add_argument(
        "-f", "--file", default=os.environ.get("LEDGER_FILE", "-"),
        help="journal to read, - for standard input (default: $LEDGER_FILE)",
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    command = commands.add_parser("balance", help="what is in each account")
    command.add_argument("account", nargs="?", default="", help="only this account and those below it")
    command.set_defaults(run=_balance)

    command = commands.add_parser("register", help="every change of an account")
    command.add_argument("account")
    command.set_defaults(run=_register)

    command = commands.add_parser("split", help="share an amount by weights")
    command.add_argument("amount")
    command.add_argument("weights", nargs="+", type=int)
    command.set_defaults(run=_split)
    return parser


def _load(options: argparse.Namespace) -> list[Transaction]:
    if options.file == "-":
        return parse_journal(sys.stdin)
    with open(options.file, encoding="utf-8") as lines:
        return parse_journal(lines)


def _balance(options: argparse.Namespace) -> None:
    for account, cents in balances(_load(options), options.account).items():
        print(f"{format_amount(cents):>14}  {account}")


def _register(options: argparse.Namespace) -> None:
    for entry in register(_load(options), options.account):
        change, total = format_amount(entry.cents), format_amount(entry.total)
        print(f"{entry.date}  {change:>12}  {total:>12}  {entry.payee}")


def _split(options: argparse.Namespace) -> None:
    for cents in split_amount(parse_amount(options.amount), options.weights):
        print(format_amount(cents))
