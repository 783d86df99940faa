"""What the endpoints of the platforms refuse and explain by themselves, in sentences."""

from __future__ import annotations

from genmux.client.downloads import shown
from genmux.client.endpoint import Snapshot
from genmux.domain.errors import InvalidInput, NotFound, Unsupported
from genmux.domain.spec import RESULT_FIELDS
from genmux.domain.text import Text


def refuse_unsaid(unsaid: tuple[str, ...]) -> None:
    """Raise `Unsupported` for the first said field that decides the result and has no word on the wire."""
    lost = next((name for name in unsaid if name in RESULT_FIELDS), None)
    if lost is None:
        return
    raise Unsupported(
        Text(
            f"{lost} cannot be said on this platform's wire as given; leave it out, or use a genmux server "
            "or another platform.",
            f"该平台接口无法表达 {lost} 的取值；请去掉该参数，或改用 genmux 服务或其他平台。",
        ),
        field=lost,
    )


def reserved(name: str, argument: str) -> Unsupported:
    """Return why a word of the wire cannot be said in `extra`."""
    return Unsupported(
        Text(f"extra.{name} is said by {argument} instead.", f"extra.{name} 请改用 {argument} 指定。"),
        field=f"extra.{name}",
    )


def no_output(name: str) -> Unsupported:
    """Return why a platform puts no result into a bucket."""
    return Unsupported(
        Text(
            f"output is not for {name}: its results stay on the platform. Save them, or use mps or a genmux "
            "server.",
            f"{name} 不支持 output：结果保存在平台侧。请自行保存，或使用 mps 或 genmux 服务。",
        ),
        field="output",
    )


def no_result(field: str, last: Snapshot) -> InvalidInput:
    """Return why a task that has ended is no input."""
    why = last.error.message if last.error is not None else last.state
    return InvalidInput(
        Text(
            f"{field} is the result of {last.ref.id}, which has none: {why}",
            f"{field} 引用的任务 {last.ref.id} 没有结果：{why}",
        ),
        field=field,
    )


def no_such_result(field: str, last: Snapshot, n: int | None) -> InvalidInput:
    """Return why a result that a task does not have is no input."""
    numbers = ", ".join(str(a.n) for a in last.artifacts) or "none"
    return InvalidInput(
        Text(
            f"{field} is result {n} of {last.ref.id}, which has these: {numbers}.",
            f"{field} 引用任务 {last.ref.id} 的第 {n} 个结果，该任务的结果编号为：{numbers}。",
        ),
        field=field,
    )


def no_cancel(platform: str, task_id: str) -> Unsupported:
    """Return why a task cannot be cancelled."""
    return Unsupported(
        Text(
            f"{platform} has no call that cancels a task; {task_id} goes on and is billed.",
            f"{platform} 不提供取消任务的接口；{task_id} 将继续执行并计费。",
        )
    )


def expired(platform: str, url: str, status: int, hours: int) -> NotFound:
    """Return why a result cannot be fetched any more; a platform keeps it for so many hours."""
    where = shown(url)
    return NotFound(
        Text(
            f"The result is gone: {where} answers {status}. {platform} keeps results for {hours} hours; save "
            "them before, or have them put into a bucket of yours.",
            f"结果已失效：{where} 返回 {status}。{platform} 的结果仅保留 {hours} 小时，"
            "请及时保存，或输出到自己的存储桶。",
        )
    )
