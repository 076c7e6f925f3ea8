"""Celery tasks as calls: each knows the request that it came from, is counted, and can be followed in the logs."""

import time
from contextlib import AbstractContextManager
from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun

from apps.common import context, metrics
from apps.common.ids import public_id

HEADER = "desk_request_id"
_running: dict[str, tuple[AbstractContextManager, float]] = {}


@before_task_publish.connect(weak=False)
def carry_request(headers: dict[str, Any] | None = None, **_kwargs: object) -> None:
    """The task takes along the id of the request that started it."""
    request_id = context.current().request_id
    if headers is not None and request_id:
        headers[HEADER] = request_id


@task_prerun.connect(weak=False)
def enter(task_id: str, task: Any, **_kwargs: object) -> None:
    """From here on log lines of this task carry its name and the id."""
    request_id = getattr(task.request, HEADER, None) or (task.request.headers or {}).get(HEADER)
    call = context.use(
        context.RequestContext(request_id or public_id(), source="task", labels={"task": task.name})
    )
    call.__enter__()
    _running[task_id] = (call, time.perf_counter())


@task_postrun.connect(weak=False)
def leave(task_id: str, task: Any, state: str = "", **_kwargs: object) -> None:
    """Count the task, whatever became of it."""
    call, started_at = _running.pop(task_id, (None, 0.0))
    if call is None:
        return
    call.__exit__(None, None, None)
    metrics.TASKS.labels(task.name, state or "UNKNOWN").inc()
    metrics.TASK_SECONDS.labels(task.name).observe(time.perf_counter() - started_at)
