import pytest

from assay.engine.cache import Cache, Key
from tests.unit.engine.stored import names, obj


def test_versions_are_ordered_as_numbers() -> None:
    cache = Cache()
    assert cache.put("Pod", obj("a", 9, x=1))
    assert cache.put("Pod", obj("a", 10, x=2))
    assert not cache.put("Pod", obj("a", 9, x=1))
    assert not cache.put("Pod", obj("a", 10, x=3))
    stored = cache.get("Pod", "ns", "a")
    assert stored is not None
    assert stored["x"] == 2


def test_only_a_visible_change_counts_but_the_version_advances() -> None:
    cache = Cache({"Pod": lambda pod: {"metadata": pod["metadata"], "phase": pod["phase"]}})
    assert cache.put("Pod", obj("a", 1, phase="Pending", noise=1))
    assert not cache.put("Pod", obj("a", 2, phase="Pending", noise=2))
    assert cache.put("Pod", obj("a", 3, phase="Running", noise=2))
    stored = cache.get("Pod", "ns", "a")
    assert stored is not None
    assert stored["metadata"]["resourceVersion"] == "3"
    assert "noise" not in stored


def test_managed_fields_are_never_kept_and_the_given_object_is_not_touched() -> None:
    cache, given = Cache(), obj("a")
    given["metadata"]["managedFields"] = [{"manager": "x"}]
    cache.put("Pod", given)
    assert "managedFields" not in (cache.get("Pod", "ns", "a") or {})["metadata"]
    assert "managedFields" in given["metadata"]


def test_a_deleted_object_does_not_come_back_but_its_name_may() -> None:
    cache = Cache()
    cache.put("Pod", obj("a", 5, uid="one"))
    assert cache.remove("Pod", obj("a", 6, uid="one"))
    assert not cache.put("Pod", obj("a", 7, uid="one"))
    assert cache.get("Pod", "ns", "a") is None
    assert cache.put("Pod", obj("a", 8, uid="two"))
    assert not cache.remove("Pod", obj("a", 6, uid="one")), "a late deletion of the former one"
    assert cache.get("Pod", "ns", "a") is not None


def test_a_deletion_seen_before_its_object_counts_too() -> None:
    cache = Cache()
    assert not cache.remove("Pod", obj("a", 6))
    assert not cache.put("Pod", obj("a", 5))


def test_children_follow_their_controller() -> None:
    cache = Cache()
    cache.put("Pod", obj("a", owner="p1"))
    cache.put("Pod", obj("b", owner="p1"))
    cache.put("Pod", obj("c", owner="p2"))
    cache.put("Job", obj("d", owner="p1"))
    assert names(cache.children("Pod", "p1")) == ["a", "b"]
    cache.put("Pod", obj("a", 2, owner="p2"))
    cache.remove("Pod", obj("b", owner="p1"))
    assert names(cache.children("Pod", "p1")) == []
    assert names(cache.children("Pod", "p2")) == ["c", "a"]
    assert cache.children("Pod", "x") == [], "an owner that is no controller"


def test_indexes_follow_the_object() -> None:
    cache = Cache(
        indexes={"Run": {"scenario": lambda run: run.get("scenario"), "tag": lambda run: run.get("tags")}}
    )
    cache.put("Run", obj("a", scenario="s1", tags=["x", "y", "x"]))
    cache.put("Run", obj("b", scenario="s1"))
    assert names(cache.find("Run", "scenario", "s1")) == ["a", "b"]
    assert names(cache.find("Run", "tag", "x")) == ["a"]
    cache.put("Run", obj("a", 2, scenario="s2", tags=["y"]))
    assert names(cache.find("Run", "scenario", "s1")) == ["b"]
    assert names(cache.find("Run", "scenario", "s2")) == ["a"]
    assert cache.find("Run", "tag", "x") == []
    cache.remove("Run", obj("b"))
    assert cache.find("Run", "scenario", "s1") == []
    with pytest.raises(LookupError, match="no index 'nope'"):
        cache.find("Run", "nope", "x")


def test_all_may_change_under_the_reader() -> None:
    cache = Cache()
    for name in "abc":
        cache.put("Pod", obj(name))
    seen = []
    for one in cache.all("Pod", "ns"):
        seen.append(one)
        cache.remove("Pod", one)
    assert names(seen) == ["a", "b", "c"]
    assert list(cache.all("Pod", "other")) == []


def test_ghosts_are_what_a_listing_lacks_unless_newer_than_it() -> None:
    cache = Cache()
    cache.put("Pod", obj("stays"))
    cache.put("Pod", obj("lost"))
    mark = cache.mark()
    cache.put("Pod", obj("young"))
    assert names(cache.drop_missing("Pod", mark, {"u-stays"})) == ["lost"]
    assert names(cache.all("Pod")) == ["stays", "young"]
    assert cache.drop_missing("Pod", cache.mark(), set(), "other") == []


def test_a_listing_overrules_versions_of_before_a_restore() -> None:
    cache = Cache()
    cache.put("Pod", obj("a", 1000, x="lost"))
    mark = cache.mark()
    assert cache.put("Pod", obj("a", 10, x="restored"), listed_at=mark)
    cache.put("Pod", obj("a", 11, x="watched"))
    assert not cache.put("Pod", obj("a", 10, x="restored"), listed_at=mark), "seen after the listing began"


def test_objects_without_a_readable_version_are_taken_as_they_come() -> None:
    cache, one = Cache(), obj("a", x=1)
    del one["metadata"]["resourceVersion"]
    assert cache.put("Pod", one)
    assert cache.put("Pod", {**one, "x": 2})


def test_keys_sort_and_hash() -> None:
    keys = {Key("B", "n", "x"), Key("A", "n", "x"), Key("B", "n", "x")}
    assert sorted(keys) == [Key("A", "n", "x"), Key("B", "n", "x")]


def nested(levels: int) -> object:
    value: object = "bottom"
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("levels", [150, 100_000])
def test_an_object_that_is_nested_too_deeply_is_as_if_it_were_not_there(
    levels: int, caplog: pytest.LogCaptureFixture
) -> None:
    cache = Cache(indexes={"Pod": {"x": lambda one: one.get("x")}})
    assert cache.put("Pod", obj("a", 1, owner="p", x="y"))
    assert cache.put("Pod", obj("a", 2, owner="p", x="y", spec=nested(levels)))
    assert cache.get("Pod", "ns", "a") is None
    assert (names(cache.all("Pod")), cache.children("Pod", "p"), cache.find("Pod", "x", "y")) == ([], [], [])
    assert (
        cache.fault("Pod", "ns", "a") == "it has more than 100 levels of lists and maps: nest it less deeply"
    )
    [record] = caplog.records
    assert (record.levelname, record.__dict__["kind"], record.__dict__["object_name"]) == (
        "ERROR",
        "Pod",
        "a",
    )


def test_an_object_that_is_corrected_is_there_again() -> None:
    cache = Cache()
    assert cache.put("Pod", obj("a", 1, spec=nested(500)))
    assert not cache.put("Pod", obj("a", 2, spec=nested(600))), "it is unusable for the same reason"
    assert cache.put("Pod", obj("a", 3, spec=nested(50)))
    assert names(cache.all("Pod")) == ["a"]
    assert cache.fault("Pod", "ns", "a") == ""


def test_what_a_transform_or_an_index_raises_is_the_object_s_fault() -> None:
    cache = Cache({"Pod": lambda pod: {**pod, "x": pod["x"]}}, {"Pod": {"y": lambda pod: pod["y"]["z"]}})
    assert cache.put("Pod", obj("no-x"))
    assert cache.put("Pod", obj("no-y", x=1, y=2))
    assert cache.put("Pod", obj("good", x=1, y={"z": 3}))
    assert cache.fault("Pod", "ns", "no-x") == "KeyError: 'x'"
    assert cache.fault("Pod", "ns", "no-y").startswith("TypeError: ")
    assert names(cache.find("Pod", "y", 3)) == ["good"]


def test_an_unusable_object_that_is_gone_is_forgotten() -> None:
    cache = Cache()
    cache.put("Pod", obj("a", spec=nested(500)))
    cache.put("Pod", obj("b", spec=nested(500)))
    assert cache.remove("Pod", obj("a", 2))
    assert cache.fault("Pod", "ns", "a") == ""
    assert cache.drop_missing("Pod", cache.mark(), set()) == [], "nobody knew of it"
    assert cache.count("Pod") == 0
