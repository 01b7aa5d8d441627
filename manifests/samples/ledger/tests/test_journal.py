from datetime import date

import pytest
from ledger.journal import JournalError, Posting, parse_journal

SHOP = """\
; groceries
2026-01-05 * Corner shop
    Expenses:Food        42.10   ; bread, mostly
    Assets:Bank
"""


def test_transaction() -> None:
    [shop] = parse_journal(SHOP.splitlines())
    assert (shop.date, shop.payee, shop.cleared) == (date(2026, 1, 5), "Corner shop", True)
    assert shop.postings == [Posting("Expenses:Food", 4210), Posting("Assets:Bank", -4210)]


def test_accounts_may_contain_spaces() -> None:
    lines = ["2026-02-01 Landlord", "    Expenses:Flat rent  900", "    Assets:Bank  -900.00"]
    [rent] = parse_journal(lines)
    assert not rent.cleared
    assert rent.postings[0] == Posting("Expenses:Flat rent", 90000)


def test_sorted_by_date() -> None:
    late = SHOP.replace("01-05", "03-01").splitlines()
    assert [item.date.month for item in parse_journal([*late, *SHOP.splitlines()])] == [1, 3]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["  Assets:Bank  1"], "line 1: posting outside"),
        (["", "yesterday Shop"], "line 2: not a transaction"),
        (["2026-02-30 Shop"], "line 1: no such day"),
        (["2026-02-01 Shop", "  A  1.00", "  B  -0.50 EUR"], "line 3: not an amount"),
        (["2026-02-01 Shop", "  A", "  B"], "line 3: a second posting"),
        (["2026-02-01 Shop", "  A  5.00", "  B  -3.00"], "line 1: does not balance, -2.00"),
    ],
)
def test_errors_name_the_line(lines: list[str], message: str) -> None:
    with pytest.raises(JournalError, match=message):
        parse_journal(lines)
