from typing import Any

import pytest

from assay.engine.store import Key, Store


def obj(name: str, version: int = 1, *, uid: str = "", owner: str = "", **more: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "namespace": "ns",
        "name": name,
        "uid": uid or f"u-{name}",
        "resourceVersion": str(version),
    }
    if owner:
        meta["ownerReferences"] = [
            {"kind": "Other", "uid": "x"},
            {"kind": "Parent", "uid": owner, "controller": True},
        ]
    return {"metadata": meta, **more}


def names(objects: Any) -> list[str]:
    return [one["metadata"]["name"] for one in objects]


def test_versions_are_ordered_as_numbers() -> None:
    store = Store()
    assert store.put("Pod", obj("a", 9, x=1))
    assert store.put("Pod", obj("a", 10, x=2))
    assert not store.put("Pod", obj("a", 9, x=1))
    assert not store.put("Pod", obj("a", 10, x=3))
    stored = store.get("Pod", "ns", "a")
    assert stored is not None
    assert stored["x"] == 2


def test_only_a_visible_change_counts_but_the_version_advances() -> None:
    store = Store({"Pod": lambda pod: {"metadata": pod["metadata"], "phase": pod["phase"]}})
    assert store.put("Pod", obj("a", 1, phase="Pending", noise=1))
    assert not store.put("Pod", obj("a", 2, phase="Pending", noise=2))
    assert store.put("Pod", obj("a", 3, phase="Running", noise=2))
    stored = store.get("Pod", "ns", "a")
    assert stored is not None
    assert stored["metadata"]["resourceVersion"] == "3"
    assert "noise" not in stored


def test_managed_fields_are_never_kept_and_the_given_object_is_not_touched() -> None:
    store, given = Store(), obj("a")
    given["metadata"]["managedFields"] = [{"manager": "x"}]
    store.put("Pod", given)
    assert "managedFields" not in (store.get("Pod", "ns", "a") or {})["metadata"]
    assert "managedFields" in given["metadata"]


def test_a_deleted_object_does_not_come_back_but_its_name_may() -> None:
    store = Store()
    store.put("Pod", obj("a", 5, uid="one"))
    assert store.remove("Pod", obj("a", 6, uid="one"))
    assert not store.put("Pod", obj("a", 7, uid="one"))
    assert store.get("Pod", "ns", "a") is None
    assert store.put("Pod", obj("a", 8, uid="two"))
    assert not store.remove("Pod", obj("a", 6, uid="one")), "a late deletion of the former one"
    assert store.get("Pod", "ns", "a") is not None


def test_a_deletion_seen_before_its_object_counts_too() -> None:
    store = Store()
    assert not store.remove("Pod", obj("a", 6))
    assert not store.put("Pod", obj("a", 5))


def test_children_follow_their_controller() -> None:
    store = Store()
    store.put("Pod", obj("a", owner="p1"))
    store.put("Pod", obj("b", owner="p1"))
    store.put("Pod", obj("c", owner="p2"))
    store.put("Job", obj("d", owner="p1"))
    assert names(store.children("Pod", "p1")) == ["a", "b"]
    store.put("Pod", obj("a", 2, owner="p2"))
    store.remove("Pod", obj("b", owner="p1"))
    assert names(store.children("Pod", "p1")) == []
    assert names(store.children("Pod", "p2")) == ["c", "a"]
    assert store.children("Pod", "x") == [], "an owner that is no controller"


def test_indexes_follow_the_object() -> None:
    store = Store(
        indexes={"Run": {"scenario": lambda run: run.get("scenario"), "tag": lambda run: run.get("tags")}}
    )
    store.put("Run", obj("a", scenario="s1", tags=["x", "y", "x"]))
    store.put("Run", obj("b", scenario="s1"))
    assert names(store.find("Run", "scenario", "s1")) == ["a", "b"]
    assert names(store.find("Run", "tag", "x")) == ["a"]
    store.put("Run", obj("a", 2, scenario="s2", tags=["y"]))
    assert names(store.find("Run", "scenario", "s1")) == ["b"]
    assert names(store.find("Run", "scenario", "s2")) == ["a"]
    assert store.find("Run", "tag", "x") == []
    store.remove("Run", obj("b"))
    assert store.find("Run", "scenario", "s1") == []
    with pytest.raises(LookupError, match="no index 'nope'"):
        store.find("Run", "nope", "x")


def test_all_may_change_under_the_reader() -> None:
    store = Store()
    for name in "abc":
        store.put("Pod", obj(name))
    seen = []
    for one in store.all("Pod", "ns"):
        seen.append(one)
        store.remove("Pod", one)
    assert names(seen) == ["a", "b", "c"]
    assert list(store.all("Pod", "other")) == []


def test_ghosts_are_what_a_listing_lacks_unless_newer_than_it() -> None:
    store = Store()
    store.put("Pod", obj("stays"))
    store.put("Pod", obj("ghost"))
    mark = store.mark()
    store.put("Pod", obj("young"))
    assert names(store.drop_ghosts("Pod", mark, {"u-stays"})) == ["ghost"]
    assert names(store.all("Pod")) == ["stays", "young"]
    assert store.drop_ghosts("Pod", store.mark(), set(), "other") == []


def test_a_listing_overrules_versions_of_before_a_restore() -> None:
    store = Store()
    store.put("Pod", obj("a", 1000, x="lost"))
    mark = store.mark()
    assert store.put("Pod", obj("a", 10, x="restored"), listed_at=mark)
    store.put("Pod", obj("a", 11, x="watched"))
    assert not store.put("Pod", obj("a", 10, x="restored"), listed_at=mark), "seen after the listing began"


def test_objects_without_a_readable_version_are_taken_as_they_come() -> None:
    store, one = Store(), obj("a", x=1)
    del one["metadata"]["resourceVersion"]
    assert store.put("Pod", one)
    assert store.put("Pod", {**one, "x": 2})


def test_keys_sort_and_hash() -> None:
    keys = {Key("B", "n", "x"), Key("A", "n", "x"), Key("B", "n", "x")}
    assert sorted(keys) == [Key("A", "n", "x"), Key("B", "n", "x")]
