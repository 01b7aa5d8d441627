from datetime import date

from ledger.journal import parse_journal
from ledger.reports import Entry, balances, register

JOURNAL = parse_journal(
    """\
2026-01-01 Opening
    Assets:Bank           1,000.00
    Equity:Opening

2026-01-05 Garage
    Expenses:Car             80.00
    Assets:Bank

2026-01-09 Pharmacy
    Expenses:Care            12.00
    Assets:Cash              -2.00
    Assets:Bank
""".splitlines()
)


def test_balances() -> None:
    assert balances(JOURNAL, "Assets") == {"Assets:Bank": 91000, "Assets:Cash": -200}
    assert sum(balances(JOURNAL).values()) == 0


def test_an_account_is_not_its_longer_namesake() -> None:
    assert balances(JOURNAL, "Expenses:Car") == {"Expenses:Car": 8000}


def test_register() -> None:
    assert register(JOURNAL, "Assets:Bank") == [
        Entry(date(2026, 1, 1), "Opening", 100000, 100000),
        Entry(date(2026, 1, 5), "Garage", -8000, 92000),
        Entry(date(2026, 1, 9), "Pharmacy", -1000, 91000),
    ]
