"""The wire of Tencent VOD (2018-07-17), all of it by one name.

Creating is in `vod_create` (fields in `vod_rows`, references in `vod_inputs`, `ExtInfo` in
`vod_options`), ids and codes in `vod_tasks`, what a task looks like in `vod_detail`, `vod_echo` and
`vod_media`, lists in `vod_list`, events in `vod_events`, what becomes of each field in `vod_fields`.
Fields and types: SDK 3.1.194, in `vod_schema.json`.
"""

from __future__ import annotations

from genmux.wires.vod_create import (
    ACTIONS,
    CREATES,
    SCHEMA,
    SERVICE,
    UNSUPPORTED_SCENES,
    VERSION,
    ParsedCreate,
    is_permanent,
    parse_create,
    reference_path,
    render_create,
    request_schema,
)
from genmux.wires.vod_detail import (
    ReadFile,
    ReadTask,
    TaskPicture,
    parse_detail,
    render_detail,
    render_task,
)
from genmux.wires.vod_echo import render_input
from genmux.wires.vod_events import (
    EventConfig,
    parse_config,
    parse_confirm,
    parse_content,
    parse_pulled,
    parse_push,
    read_config,
    render_config,
    render_confirm,
    render_content,
    render_modify,
    render_pull,
    render_pulled,
    render_push,
)
from genmux.wires.vod_fields import FIELD_USE, PATHS, ignored_fields
from genmux.wires.vod_inputs import file_source, parse_file_source
from genmux.wires.vod_list import (
    ListedTask,
    TaskQuery,
    parse_list,
    parse_listed,
    render_list,
    render_query,
    render_scroll_token,
)
from genmux.wires.vod_media import StoredFile, render_meta_data
from genmux.wires.vod_tasks import (
    ERROR_CODES,
    FAILURES,
    STATUS,
    TASK_WORDS,
    TaskName,
    error_code,
    parse_created,
    parse_describe,
    parse_task_id,
    render_created,
    render_describe,
    render_task_id,
)

__all__ = [
    "ACTIONS",
    "CREATES",
    "ERROR_CODES",
    "FAILURES",
    "FIELD_USE",
    "PATHS",
    "SCHEMA",
    "SERVICE",
    "STATUS",
    "TASK_WORDS",
    "UNSUPPORTED_SCENES",
    "VERSION",
    "EventConfig",
    "ListedTask",
    "ParsedCreate",
    "ReadFile",
    "ReadTask",
    "StoredFile",
    "TaskName",
    "TaskPicture",
    "TaskQuery",
    "error_code",
    "file_source",
    "ignored_fields",
    "is_permanent",
    "parse_config",
    "parse_confirm",
    "parse_content",
    "parse_create",
    "parse_created",
    "parse_describe",
    "parse_detail",
    "parse_file_source",
    "parse_list",
    "parse_listed",
    "parse_pulled",
    "parse_push",
    "parse_task_id",
    "read_config",
    "reference_path",
    "render_config",
    "render_confirm",
    "render_content",
    "render_create",
    "render_created",
    "render_describe",
    "render_detail",
    "render_input",
    "render_list",
    "render_meta_data",
    "render_modify",
    "render_pull",
    "render_pulled",
    "render_push",
    "render_query",
    "render_scroll_token",
    "render_task",
    "render_task_id",
    "request_schema",
]
