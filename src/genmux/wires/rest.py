"""Our own REST wire: what is asked for, what became of it, and what was refused, for both roles.

Creates are in `rest_create`, tasks in `rest_tasks`, their events in `rest_events`, refusals in
`rest_problems`; all are re-exported here.
"""

from genmux.wires.rest_create import (
    FIELDS,
    KNOWN,
    ParsedCreate,
    parse_check,
    parse_create,
    parse_model,
    render_create,
    render_model,
)
from genmux.wires.rest_problems import STATUS, TITLE, render_error, render_problem, status_of
from genmux.wires.rest_tasks import (
    ArtifactStatus,
    AttemptStatus,
    EventStatus,
    Fault,
    InputStatus,
    TaskStatus,
    parse_task,
    parse_task_id,
    render_event,
    render_task,
    render_task_id,
)

__all__ = [
    "FIELDS",
    "KNOWN",
    "STATUS",
    "TITLE",
    "ArtifactStatus",
    "AttemptStatus",
    "EventStatus",
    "Fault",
    "InputStatus",
    "ParsedCreate",
    "TaskStatus",
    "parse_check",
    "parse_create",
    "parse_model",
    "parse_task",
    "parse_task_id",
    "render_create",
    "render_error",
    "render_event",
    "render_model",
    "render_problem",
    "render_task",
    "render_task_id",
    "status_of",
]
