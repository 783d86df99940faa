"""The field tables of VOD: schema, SDK, data file and documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tencentcloud.vod.v20180717 import models
from tencentcloud.vod.v20180717.vod_client import VodClient

from genmux.domain.spec import GenerationSpec, Kind, Role
from genmux.wires import tencent, vod
from genmux.wires.tencent_fields import Use
from genmux.wires.vod_create import silent

DOC = (Path(__file__).parents[2] / "docs" / "compatibility.md").read_text("utf-8")
SECTION = DOC.split("\n## Tencent VOD", 1)[1].split("\n## ")[0]
COLUMNS = (Use.HONOURED, Use.RECORDED, Use.IGNORED, Use.REFUSED)


def documented() -> dict[str, dict[str, Use]]:
    found: dict[str, dict[str, Use]] = {}
    for section in SECTION.split("\n### ")[1:]:
        action = section.split("\n", 1)[0].strip().removeprefix("VOD ")
        for row in re.findall(r"^\| ([A-Za-z][\w.]*) \|(.*)\|$", section, re.M):
            if row[0] == "Field":
                continue
            marks = [cell.strip() for cell in row[1].split("|")][:4]
            assert sorted(marks) == ["", "", "", "●"], f"{action} {row[0]} stands in exactly one column"
            assert row[0] not in found.setdefault(action, {})
            found[action][row[0]] = COLUMNS[marks.index("●")]
    return found


def test_document_equals_data() -> None:
    assert documented() == vod.FIELD_USE


@pytest.mark.parametrize("action", vod.ACTIONS)
def test_every_field_of_the_schema_has_a_use(action: str) -> None:
    assert vod.FIELD_USE[action].keys() == set(vod.SCHEMA.paths(action))


def test_only_served_actions_have_uses() -> None:
    assert set(vod.FIELD_USE) == set(vod.ACTIONS)


def test_actions_not_served_are_listed() -> None:
    listed = SECTION.split("### VOD actions not served", 1)[1].split("\n\n")[2]
    names = re.findall(r"`(\w+)`", listed)
    assert names == sorted(tencent.actions()[vod.VERSION] - set(vod.ACTIONS))


def test_refused_scenes_are_documented() -> None:
    refused = SECTION.split("### VOD refused values", 1)[1].split("\n### ")[0]
    for scenes in vod.UNSUPPORTED_SCENES.values():
        for scene in scenes:
            assert f"`{scene}`" in refused


@pytest.mark.parametrize("name", sorted(vod.SCHEMA.structs))
def test_schema_has_the_fields_of_the_sdk(name: str) -> None:
    known = {attribute.removeprefix("_") for attribute in vars(getattr(models, name)())}
    assert set(vod.SCHEMA.structs[name]) == known


def test_known_actions_are_those_of_the_sdk() -> None:
    methods = {name for name in vars(VodClient) if name[0].isupper()}
    assert methods <= tencent.actions()[vod.VERSION]
    assert set(vod.ACTIONS) <= methods


@pytest.mark.parametrize("kind", list(Kind))
def test_every_spec_field_has_a_path_or_is_unsaid(kind: Kind) -> None:
    unsaid = {*silent(kind), *(["subjects"] if kind is Kind.IMAGE else [])}
    fields = set(GenerationSpec.__struct_fields__) - {"kind"}
    assert fields - vod.PATHS[kind].keys() == unsaid
    assert not unsaid & vod.PATHS[kind].keys()


def test_every_role_of_a_film_has_a_path() -> None:
    assert {role.value for role in Role} <= vod.PATHS[Kind.VIDEO].keys()


@pytest.mark.parametrize(("action", "kind"), vod.CREATES.items())
def test_paths_exist_in_the_schema(action: str, kind: Kind) -> None:
    leaves = {*vod.SCHEMA.paths(action), "ExtInfo.AdditionalParameters.size"}
    for path in vod.PATHS[kind].values():
        assert any(leaf == path or leaf.startswith(f"{path}.") for leaf in leaves), path


def test_ignored_fields_are_those_said() -> None:
    body = {
        "SubAppId": 1,
        "SceneType": "motion_control",
        "EnhancePrompt": "",
        "FileInfos": [{"Url": "u"}, {"Url": "v", "ReferenceType": "style"}],
        "OutputConfig": {"OffPeak": "Enabled", "StorageMode": "Permanent"},
    }
    assert vod.ignored_fields("CreateAigcVideoTask", body) == (
        "SceneType",
        "FileInfos.N.ReferenceType",
        "OutputConfig.OffPeak",
    )
