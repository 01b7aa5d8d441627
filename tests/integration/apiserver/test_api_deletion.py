"""Deletion: preconditions, finalizers and dependents."""

from __future__ import annotations

from typing import Any

import pytest

from assay.kube import errors
from assay.kube.client import Client
from assay.kube.resources import CONFIG_MAPS, JOBS, PODS, Resource
from tests.integration.apiserver.either import Api, an_object, names, plural
from tests.integration.samples import THINGS, named, pod, thing, until

HELD: dict[str, Any] = {"metadata": {"finalizers": ["example/hold"]}}


async def test_another_object_of_that_name_is_not_deleted(api: Api, client: Client) -> None:
    made = api.create(thing())
    former = {**made, "metadata": {**made["metadata"], "uid": "that-of-a-former-one"}}
    assert await client.delete(former) is None
    assert api.get(THINGS, "ns", "a")


async def test_a_finalizer_holds_what_is_deleted(api: Api, client: Client) -> None:
    made = api.create(thing(**HELD))
    leaving = await client.delete(made)
    assert leaving is not None
    assert leaving["metadata"]["deletionTimestamp"]
    assert leaving["metadata"]["generation"] == made["metadata"]["generation"] + 1
    again = await client.delete(made)
    assert again is not None
    assert again["metadata"]["resourceVersion"] == leaving["metadata"]["resourceVersion"]
    changed = await client.patch_status(again, {"phase": "Leaving"})
    assert changed is not None
    assert changed["status"] == {"phase": "Leaving"}
    await client.patch(changed, {"metadata": {"finalizers": None}})
    assert api.get(THINGS, "ns", "a") is None


async def test_an_object_under_deletion_accepts_no_new_finalizer(api: Api, client: Client) -> None:
    made = api.create(thing(**HELD))
    await client.delete(made)
    with pytest.raises(errors.Invalid, match="no new finalizers can be added if the object is being deleted"):
        await client.patch(named(made), {"metadata": {"finalizers": ["example/hold", "example/more"]}})


async def test_deletion_gives_no_generation_to_kinds_without_one(api: Api, client: Client) -> None:
    made = api.create(an_object(CONFIG_MAPS))
    await client.delete(await client.patch(made, HELD))
    leaving = api.get(CONFIG_MAPS, "ns", "a")
    assert leaving is not None
    assert leaving["metadata"]["deletionTimestamp"]
    assert "generation" not in leaving["metadata"]


@pytest.mark.parametrize("resource", [PODS, JOBS, CONFIG_MAPS, THINGS], ids=plural)
async def test_an_object_without_finalizer_is_gone_at_once(
    api: Api, client: Client, resource: Resource
) -> None:
    made = api.create(an_object(resource))
    assert await client.delete(made) is None
    assert api.get(resource, "ns", "a") is None


async def test_dependents_go_with_their_owner_and_finalizers_hold_them(api: Api, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    await client.create(pod("held", owner))
    api.patch(PODS, "ns", "held", HELD)
    await client.delete(owner)
    await until(lambda: names(api.all(PODS, "ns")) == ["held"])
    await until(lambda: api.all(PODS, "ns")[0]["metadata"].get("deletionTimestamp"))
    await client.patch(pod("held"), {"metadata": {"finalizers": None}})
    assert api.all(PODS, "ns") == []


async def test_a_dependent_of_two_owners_stays_until_both_are_gone(api: Api, client: Client) -> None:
    owners = [await client.create(thing(name)) for name in ("one", "two")]
    child = pod("child", owners[0])
    child["metadata"]["ownerReferences"][0]["controller"] = False
    child["metadata"]["ownerReferences"] += pod("child", owners[1])["metadata"]["ownerReferences"]
    await client.create(child)
    await client.delete(owners[0])
    await client.create(pod("other", owners[0]))  # its collection shows that the first deletion was handled
    await until(lambda: names(api.all(PODS, "ns")) == ["child"])
    await client.delete(owners[1])
    await until(lambda: api.all(PODS, "ns") == [])


async def test_orphans_stay(api: Api, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    api.delete(THINGS, "ns", "owner", propagationPolicy="Orphan")
    await until(lambda: api.get(THINGS, "ns", "owner") is None)
    assert not api.all(PODS, "ns")[0]["metadata"].get("ownerReferences")


async def test_a_child_created_after_its_owner_has_gone_is_collected(api: Api, client: Client) -> None:
    owner = await client.create(thing("owner"))
    await client.delete(owner)
    await client.create(pod("late", owner))
    await until(lambda: api.all(PODS, "ns") == [])


async def test_an_owner_of_the_same_name_and_another_uid_keeps_no_child(api: Api, client: Client) -> None:
    former = await client.create(thing("owner"))
    await client.delete(former)
    await client.create(thing("owner"))
    await client.create(pod("child", former))
    await until(lambda: api.all(PODS, "ns") == [])


async def test_an_object_without_owner_stays(api: Api, client: Client) -> None:
    api.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"namespace": "ns", "name": "free"}})
    owner = await client.create(thing("owner"))
    await client.create(pod("child", owner))
    await client.delete(owner)
    await until(lambda: api.all(PODS, "ns") == [])
    assert api.get(CONFIG_MAPS, "ns", "free")
