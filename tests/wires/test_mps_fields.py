"""The field tables: schema, SDK, data file and documentation say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tencentcloud.mps.v20190612 import models
from tencentcloud.mps.v20190612.mps_client import MpsClient

from genmux.domain.spec import GenerationSpec, Kind, Role
from genmux.wires import mps, tencent
from genmux.wires.mps import FIELD_USE, PATHS, Use

DOC = Path(__file__).parents[2] / "docs" / "compatibility.md"
COLUMNS = (Use.HONOURED, Use.RECORDED, Use.IGNORED, Use.REFUSED)


def documented() -> dict[str, dict[str, Use]]:
    found: dict[str, dict[str, Use]] = {}
    for section in DOC.read_text("utf-8").split("\n### ")[1:]:
        action = section.split("\n", 1)[0].strip()
        for row in re.findall(r"^\| `([^`]+)` \|(.*)\|$", section, re.M):
            marks = [cell.strip() for cell in row[1].split("|")][:4]
            assert sorted(marks) == ["", "", "", "●"], f"{action} {row[0]} stands in exactly one column"
            assert row[0] not in found.setdefault(action, {})
            found[action][row[0]] = COLUMNS[marks.index("●")]
    return found


def test_document_equals_data() -> None:
    assert documented() == FIELD_USE


@pytest.mark.parametrize("action", mps.ACTIONS)
def test_every_field_of_the_schema_has_a_use(action: str) -> None:
    assert FIELD_USE[action].keys() == set(mps.SCHEMA.paths(action))


def test_only_served_actions_have_uses() -> None:
    assert set(FIELD_USE) == set(mps.ACTIONS)


def test_actions_not_served_are_listed() -> None:
    listed = DOC.read_text("utf-8").split("### Actions not served", 1)[1]
    names = set(re.findall(r"^- `(\w+)`$", listed, re.M))
    assert names == tencent.actions()[mps.VERSION] - set(mps.ACTIONS)


def test_refused_scenes_are_documented() -> None:
    refused = DOC.read_text("utf-8").split("### Refused values", 1)[1].split("\n### ")[0]
    for scenes in mps.UNSUPPORTED_SCENES.values():
        for scene in scenes:
            assert f"`{scene}`" in refused


@pytest.mark.parametrize("name", sorted(mps.SCHEMA.structs))
def test_schema_has_the_fields_of_the_sdk(name: str) -> None:
    known = {attribute.removeprefix("_") for attribute in vars(getattr(models, name)())}
    ours = set(mps.SCHEMA.structs[name])
    if name in ("DescribeTaskDetailResponse", "ParseNotificationResponse"):
        assert ours - known == set()  # other services' tasks; these are never read by type
    else:
        assert ours == known


def test_known_actions_are_those_of_the_sdk() -> None:
    methods = {name for name in vars(MpsClient) if name[0].isupper()}
    assert methods <= tencent.actions()[mps.VERSION]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_spec_field_has_a_path_or_is_unsaid(kind: Kind) -> None:
    unsaid = {
        Kind.IMAGE: {"step", "duration", "audio", "background_music", "off_peak", "seed", "subjects"},
        Kind.VIDEO: {"step", "size", "count", "output_format", "seed"},
    }[kind]
    fields = set(GenerationSpec.__struct_fields__) - {"kind"}
    assert fields - PATHS[kind].keys() == unsaid
    assert not unsaid & PATHS[kind].keys()


def test_every_role_of_a_film_has_a_path() -> None:
    assert {role.value for role in Role} <= PATHS[Kind.VIDEO].keys()


@pytest.mark.parametrize(("action", "kind"), mps.CREATES.items())
def test_paths_exist_in_the_schema(action: str, kind: Kind) -> None:
    leaves = set(mps.SCHEMA.paths(action)) | {"AdditionalParameters.size"}
    for path in PATHS[kind].values():
        assert any(leaf == path or leaf.startswith(f"{path}.") for leaf in leaves), path


def test_ignored_fields_are_those_present() -> None:
    body = {
        "Prompt": "cat",
        "SceneType": "motion_control",
        "ImageInfos": [{"ImageUrl": "u"}, {"ImageUrl": "v", "ReferenceType": "style"}],
        "SubjectInfos": [{"Id": "a", "ImageUrls": ["x"]}, {"Id": "b"}],
        "ExtraParameters": {"OffPeak": True, "Resolution": "720P"},
    }
    assert mps.ignored_fields("CreateAigcVideoTask", body) == (
        "SceneType",
        "ImageInfos.N.ReferenceType",
        "SubjectInfos.N.Id",
        "ExtraParameters.OffPeak",
    )
