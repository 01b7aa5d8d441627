import pytest
from ledger.money import AmountError, format_amount, parse_amount


@pytest.mark.parametrize(
    ("text", "cents"),
    [("12", 1200), ("3.50", 350), ("-3.50", -350), ("0.75", 75), ("1,250.00", 125000), (" +7.01 ", 701)],
)
def test_parse(text: str, cents: int) -> None:
    assert parse_amount(text) == cents


@pytest.mark.parametrize("text", ["", "12.5", "1.234", "twelve", "--1.00", ".50"])
def test_parse_refuses(text: str) -> None:
    with pytest.raises(AmountError):
        parse_amount(text)


@pytest.mark.parametrize(
    ("cents", "text"), [(0, "0.00"), (5, "0.05"), (350, "3.50"), (-350, "-3.50"), (-125000, "-1,250.00")]
)
def test_format(cents: int, text: str) -> None:
    assert format_amount(cents) == text
