"""What every process counts, for Prometheus. ``/metrics`` of ``apps.monitoring`` shows it with the figures of the desk.

With ``PROMETHEUS_MULTIPROC_DIR`` set before the start, processes of one machine add up.
"""

from prometheus_client import Counter, Gauge, Histogram

FAST = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1, 2.5, 5, 10)
LONG = (0.01, 0.05, 0.1, 0.5, 1, 5, 15, 60, 300, 600)

HTTP_REQUESTS = Counter("helpdesk_http_requests", "Requests answered.", ["method", "route", "status"])
HTTP_SECONDS = Histogram("helpdesk_http_request_seconds", "Time to answer.", ["route"], buckets=FAST)
SOCKETS = Gauge("helpdesk_sockets", "Open sockets.", ["side"], multiprocess_mode="livesum")
FRAMES = Counter("helpdesk_socket_frames", "Frames received from clients.", ["side", "type"])
MESSAGES = Counter("helpdesk_messages", "Chat messages stored.", ["sender"])
TASKS = Counter("helpdesk_tasks", "Celery tasks ended.", ["task", "state"])
TASK_SECONDS = Histogram("helpdesk_task_seconds", "Time a Celery task ran.", ["task"], buckets=LONG)
