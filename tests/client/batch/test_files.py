"""Batch files: JSON Lines and CSV say the same; every fault is told with its row and what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from genmux.client.batch.cells import NUMBERS
from genmux.client.batch.entries import Entries, read_entries
from genmux.client.batch.faults import LineFault, place_faults
from genmux.client.batch.lines import WORDS, Line, Link, read_line
from genmux.client.endpoint import FromFile, FromTask, FromUrl
from genmux.domain.spec import Kind, Role
from genmux.domain.text import same
from genmux.wires.rest_create import FIELDS, parse_create
from genmux.wires.rest_values import INT64

BASE = Path("/shots")


def read(name: str, text: str | bytes) -> Entries:
    return read_entries(name, text.encode() if isinstance(text, str) else text)


def fields(name: str, text: str | bytes) -> list[dict[str, Any]]:
    entries = read(name, text)
    assert not entries.faults
    return [entry.fields for entry in entries.found]


def faults(name: str, text: str | bytes, **defaults: Any) -> list[str]:
    entries = read(name, text)
    more = [fault for entry in entries.found for fault in read_line(entry, BASE, defaults)[1]]
    return [fault.placed.en for fault in (*entries.faults, *more)]


def line(text: str, **defaults: Any) -> Line:
    (entry,) = read("a.jsonl", text).found
    found, wrong = read_line(entry, BASE, defaults)
    assert found is not None, wrong
    return found


def test_json_lines_and_csv_say_the_same() -> None:
    csv = (
        "\ufeffname,kind,prompt,duration,audio,options.camera,references.0.role,references.0.source\r\n"
        'hero,video,"waves, ""slow""\nand far",5,TRUE,"{""pan"": 3}",first_frame,a.png\r\n'
        ",,,,,,,\r\n"
        "竹林,image,竹林清晨,,,,,\r\n"
    )
    jsonl = (
        '{"name": "hero", "kind": "video", "prompt": "waves, \\"slow\\"\\nand far", "duration": 5,'
        ' "audio": true, "options": {"camera": {"pan": 3}},'
        ' "references": [{"role": "first_frame", "source": "a.png"}]}\n'
        '\n{"name": "竹林", "kind": "image", "prompt": "竹林清晨"}'
    )
    assert fields("a.csv", csv) == fields("a.jsonl", jsonl)
    assert [entry.row for entry in read("a.csv", csv).found] == [2, 5]
    assert [entry.row for entry in read("a.jsonl", jsonl).found] == [1, 3]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_excel_s_separators_are_all_read(separator: str) -> None:
    text = f"kind{separator}prompt\r\nimage{separator}a fox\r\n"
    assert fields("a.csv", text) == [{"kind": "image", "prompt": "a fox"}]


def test_old_line_ends_and_what_spreadsheets_leave_behind_are_read() -> None:
    text = 'kind;prompt;duration;audio;\rvideo;"a, b\rc";5.0 ;TRUE;\r;;;;\r'
    assert fields("a.csv", text) == [{"kind": "video", "prompt": "a, b\rc", "duration": 5, "audio": True}]


def test_what_many_rows_have_wrong_is_said_once() -> None:
    wrong = [LineFault(row, same("no")) for row in (9, *range(7, 1, -1))]
    told = place_faults([*wrong, LineFault(0, same("at all")), LineFault(3, same("more"))])
    assert [text.en for text in told] == ["at all", "lines 2, 3, 4, 5, 6 and 2 more: no", "line 3: more"]
    assert told[1].zh == "第 2, 3, 4, 5, 6 等共 7 行：no"


def test_cells_are_read_by_what_their_field_is() -> None:
    head = "prompt,seed,duration,watermark,options.a,options.b,reference.0,reference.1"
    text = f"{head}\n007,7,2.5,否,1,x,a.png,b.png"
    (said,) = fields("a.csv", text)
    assert said["prompt"] == "007"
    assert (said["seed"], said["duration"], said["watermark"]) == (7, 2.5, False)
    assert said["options"] == {"a": 1, "b": "x"}
    assert said["reference"] == ["a.png", "b.png"]


def test_every_number_of_a_create_is_a_number_in_csv() -> None:
    numeric = {"priority"}
    for name, plain in FIELDS.items():
        try:
            plain.parse(1, name)
        except Exception:
            continue
        numeric.add(name)
    assert numeric == NUMBERS
    assert INT64[1] == read("a.csv", f"seed\n{INT64[1]}").found[0].fields["seed"]


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.txt", "x", "a.txt must end with .jsonl or .csv, so that it is known how to read it."),
        ("a.jsonl", "\n \n", "a.jsonl has no lines."),
        ("a.csv", "kind,prompt\n", "a.csv has no lines."),
        ("a.jsonl", "{}\n[1]", 'line 2: must be a JSON object such as {"kind": "image", "prompt": "a fox"}.'),
        ("a.csv", b"kind,prompt\nimage,\xd6\xf1\xc1\xd6", "line 2: a.csv is not UTF-8; save it as UTF-8"),
        ("a.csv", "kind\n".encode("utf-16"), "a.csv is not UTF-8; save it as UTF-8 (in Excel: CSV UTF-8)."),
        ("a.csv", "kind,kind\nimage,image", "line 1: the column kind stands there twice."),
        ("a.csv", "a..b\nx", "line 1: the column a..b must be a field, or a path such as options.camera."),
        ("a.csv", "kind\nimage,fox", "line 2: cell 2 (fox) stands in a column without a name."),
        ("a.csv", "kind,audio\nvideo,loud", "line 2: audio must be true or false."),
        ("a.csv", "kind,seed\nimage,7x", "line 2: seed must be a number, not 7x."),
        (
            "a.csv",
            "kind,seed\nimage,1.2E+12",
            "line 2: seed must be a number, not 1.2E+12, which a spreadsheet",
        ),
        (
            "a.csv",
            'options,options.a\n"{""a"": 2}",1',
            "line 2: options.a says something that another",
        ),
        ("a.csv", 'kind,prompt\nimage,"a fox', "line 2: is not CSV: unexpected end of data."),
    ],
)
def test_what_no_file_can_say(name: str, text: str | bytes, said: str) -> None:
    assert any(told.startswith(said) for told in faults(name, text)), faults(name, text)


def test_json_that_is_none_is_told_by_its_line() -> None:
    told = faults("a.jsonl", '{"kind": "image", "prompt": "x"}\n{"kind": \n' + "[" * 100_000)
    assert [sentence.partition(":")[0] for sentence in told] == ["line 2", "line 3"]


def test_every_fault_of_every_line_is_told_at_once() -> None:
    text = (
        '{"kind": "film", "promt": "x", "duration": "5", "references": [{"role": "first_frame"}]}\n'
        '{"prompt": "x", "name": "../x", "reference": [1], "idempotency_key": "x"}'
    )
    told = faults("a.jsonl", text)
    assert len(told) == 8
    for place, part in (
        (1, "promt is no field; did you mean prompt?"),
        (1, "kind must be one of image, video."),
        (1, "duration must be a positive number of seconds."),
        (1, "references.0.source is missing."),
        (2, "kind is missing."),
        (2, "name must begin with a letter or a digit"),
        (2, "reference.0 must be a text."),
        (2, "idempotency_key is no field"),
    ):
        assert any(sentence.startswith(f"line {place}: {part}") for sentence in told), told


def test_inputs_are_numbered_as_a_spec_numbers_them() -> None:
    found = line(
        '{"kind": "video", "first_frame": "$hero#2", "reference": ["a.png", "https://a.example/b.png"],'
        ' "references": [{"role": "style", "source": "/s.png"}],'
        ' "subjects": [{"name": "cat", "images": [{"source": "task:task_1#3"}]}]}'
    )
    assert [r.source for r in found.spec.all_references()] == ["#0", "#1", "#2", "#3", "#4"]
    assert [r.role for r in found.spec.references] == [Role.STYLE, Role.FIRST_FRAME, *[Role.REFERENCE] * 2]
    style, hero, file, url, task = found.inputs
    assert style == FromFile(Path("/s.png"))
    assert hero == Link("hero", 2)
    assert file == FromFile(BASE / "a.png")
    assert url == FromUrl("https://a.example/b.png")
    assert isinstance(task, FromTask)
    assert (task.ref.id, task.n) == ("task_1", 3)
    assert found.links == ("hero",)


def test_defaults_are_for_lines_that_do_not_say_it_themselves() -> None:
    defaults = {"kind": "video", "model": "Kling/3.0", "references": [{"role": "style", "source": "s.png"}]}
    for _ in range(2):  # a default is not used up
        found = line('{"prompt": "x", "model": "Hunyuan/3.0", "seed": null}', **defaults)
        assert (found.spec.kind, found.model) == (Kind.VIDEO, "Hunyuan/3.0")
        assert found.inputs == (FromFile(BASE / "s.png"),)


def test_a_name_is_the_same_however_its_letters_are_composed() -> None:
    assert line('{"kind": "image", "prompt": "x", "name": "cafe\u0301"}').name == "caf\u00e9"
    assert line('{"kind": "video", "prompt": "x", "first_frame": "$cafe\u0301"}').links == ("caf\u00e9",)


def test_a_line_takes_every_field_of_a_create() -> None:
    assert set(FIELDS) <= set(WORDS)
    assert {"name", "kind", "references", "subjects", "priority", "output", "extra"} <= set(WORDS)
    parse_create(b'{"kind": "image", "prompt": "x"}')
