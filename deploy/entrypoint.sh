#!/bin/sh
# What a container of the desk runs: web, socket, worker, beat, migrate, health [web|worker], or manage COMMAND…
set -eu

PORT="${PORT:-8000}"
export DJANGO_SETTINGS_MODULE="${DJANGO_SETTINGS_MODULE:-helpdesk.settings.production}"
# Here the processes of this container add up what they count for /metrics.
export PROMETHEUS_MULTIPROC_DIR="${PROMETHEUS_MULTIPROC_DIR:-/tmp/helpdesk-metrics}"
mkdir -p "$PROMETHEUS_MULTIPROC_DIR"
role="${1:-web}"
[ $# -gt 0 ] && shift

case "$role" in
  web)
    exec gunicorn helpdesk.wsgi:application --config deploy/gunicorn.conf.py --bind "0.0.0.0:$PORT" "$@" ;;
  socket)
    exec uvicorn helpdesk.asgi:application --host 0.0.0.0 --port "$PORT" --lifespan off \
      --ws helpdesk.socket_protocol:SocketProtocol \
      --ws-max-size 262144 --ws-max-queue 8 --ws-ping-interval 20 --ws-ping-timeout 20 --ws-per-message-deflate false \
      --timeout-graceful-shutdown 20 --no-access-log --no-server-header --no-proxy-headers \
      --log-config deploy/uvicorn-log.json "$@" ;;
  worker)
    # SIGTERM gives running tasks WORKER_GRACE seconds and puts them back into the queue.
    export REMAP_SIGTERM=SIGQUIT WORKER_GRACE="${WORKER_GRACE:-20}"
    exec celery -q -A helpdesk worker -l INFO --without-gossip --without-mingle \
      -n "worker@$(hostname)" -Q "${QUEUES:-live,default,bulk,carriers,mail}" -c "${CONCURRENCY:-4}" "$@" ;;
  beat)
    exec celery -q -A helpdesk beat -l WARNING --pidfile= "$@" ;;
  migrate)
    exec python manage.py migrate --no-input "$@" ;;
  health)
    if [ "${1:-web}" = worker ]; then
      exec celery -q -A helpdesk inspect ping -d "worker@$(hostname)" -t 5
    fi
    exec python -c "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=4)" \
      "http://127.0.0.1:$PORT/healthz" ;;
  manage)
    exec python manage.py "$@" ;;
  *)
    echo "Unknown role '$role': web, socket, worker, beat, migrate, health or manage." >&2
    exit 2 ;;
esac
