# syntax=docker/dockerfile:1

# The first stage builds the wheel of this tree and fetches the wheels that it runs with.
FROM python:3.13-slim-trixie AS wheels

WORKDIR /source
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY src ./src
RUN --mount=type=cache,target=/root/.cache/pip \
    pip wheel --wheel-dir /wheels .


FROM python:3.13-slim-trixie

# Films are encoded by libx264 and libx265, which the wheel of PyAV brings along: an image that is passed on is
# conveyed under version 3 of the GPL, see NOTICE. The text of the GPL is in /usr/share/common-licenses.
LABEL org.opencontainers.image.title="genmux" \
      org.opencontainers.image.description="One self-hosted API for every image and video model" \
      org.opencontainers.image.licenses="Apache-2.0 AND GPL-3.0-or-later"

# The font is for Chinese words on preview pictures. No version is named, so that a rebuild gets Debian's fixes.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install --yes --no-install-recommends fonts-droid-fallback \
    && rm -rf /var/lib/apt/lists/* \
    && test -s /usr/share/common-licenses/GPL-3

COPY LICENSE NOTICE /usr/share/doc/genmux/

# The one genmux among these wheels is the one that was just built.
# hadolint ignore=DL3013
RUN --mount=type=bind,from=wheels,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-index --find-links /wheels --root-user-action ignore genmux

# Numbers, so that Kubernetes can tell that this is not root.
RUN groupadd --gid 10001 genmux \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin genmux \
    && install --directory --owner 10001 --group 10001 --mode 0700 /data
USER 10001:10001
WORKDIR /data
VOLUME /data

ENV PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    GENMUX_DATA=/data \
    GENMUX_HOST=0.0.0.0 \
    GENMUX_PORT=8080
EXPOSE 8080

# SIGTERM drains: no new task is accepted, paid answers are waited for, the rest is left to the other processes.
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['GENMUX_PORT']), timeout=4); c.request('GET', '/healthz'); sys.exit(c.getresponse().status != 200)"]

ENTRYPOINT ["genmux"]
CMD ["serve"]
