"""Reasons and condition types: words for programs, explained for people."""

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from assay.api import conditions
from assay.api.condition_types import ConditionType
from assay.api.meta import Condition
from assay.api.reasons import REASONS, BenchmarkRunReason, BlueprintReason, DevboxReason, Explained, Reason

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ENUMS: tuple[type[Explained], ...] = (ConditionType, *REASONS)
WORDS = [pytest.param(word, id=f"{enum.__name__}-{word}") for enum in ENUMS for word in enum]


def test_every_enum_of_reasons_is_listed() -> None:
    assert Counter(REASONS) == Counter(Reason.__subclasses__())
    assert len(WORDS) > 100


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_camel_case_and_its_name_the_same_in_capitals(word: Explained) -> None:
    assert re.fullmatch(r"[A-Z][A-Za-z]+", word.value)
    assert word.name.replace("_", "").lower() == word.value.lower()


@pytest.mark.parametrize("word", WORDS)
def test_meaning_and_cure_are_one_line_each(word: Explained) -> None:
    assert re.fullmatch(r"\S.*[.)]", word.meaning)
    assert re.fullmatch(r"|\S.*[.`]", word.cure)


@pytest.mark.parametrize("word", WORDS)
def test_meaning_and_cure_are_markdown_that_a_table_can_hold(word: Explained) -> None:
    for text in (word.meaning, word.cure):
        assert text.count("`") % 2 == 0
        assert "|" not in text


def test_a_member_is_its_text() -> None:
    found: str = "BuildFailed"
    assert found == BlueprintReason.BUILD_FAILED
    assert f"{BlueprintReason.BUILD_FAILED}" == found
    assert found in {BlueprintReason.BUILD_FAILED}


def test_two_enums_explain_one_text_each_in_its_own_way() -> None:
    one, other = DevboxReason.RUNNING, BenchmarkRunReason.RUNNING
    assert str(one) == str(other)
    assert one.meaning != other.meaning


def test_a_condition_holds_plain_text() -> None:
    """What we put into a status is equal to what we read back, and every serializer takes it."""
    ready = conditions.NewCondition(ConditionType.READY, "True", BlueprintReason.IMAGE_READY, "")
    (found,) = conditions.put([], ready, 1, NOW)
    assert (type(found.type), type(found.reason)) == (str, str)
    assert found == Condition.model_validate_json(found.model_dump_json(by_alias=True))
