# The command poolroll, and ssh for the commands of rollouts. See docs/image.md.
ARG PYTHON=3.13-slim-trixie
# Of the base image, as @sha256:…; empty: what the tag means now.
ARG DIGEST=

FROM python:${PYTHON}${DIGEST} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1 PIP_ONLY_BINARY=:all:
WORKDIR /src
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --require-hashes -r requirements-build.lock
RUN python -m venv /opt/poolroll \
    && /opt/poolroll/bin/python -m pip install --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE poolroll.py ./
COPY controller controller
COPY adapters adapters
COPY docs/runbook.md docs/runbook.md
RUN /opt/build/bin/python -m pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /opt/wheels . \
    && /opt/poolroll/bin/python -m pip install --no-index --no-deps /opt/wheels/*.whl \
    && /opt/poolroll/bin/python -m pip uninstall --yes pip

FROM python:${PYTHON}${DIGEST}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="poolroll" \
      org.opencontainers.image.description="Rolling upgrades of load-balanced pools, stopped by error metrics" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
# The versions of the distribution, with its security updates: a pinned one would soon be gone.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates openssh-client \
    && rm -rf /var/lib/apt/lists/* \
    && groupadd --gid 65532 poolroll \
    && useradd --uid 65532 --gid 65532 --no-log-init --create-home --shell /usr/sbin/nologin poolroll \
    && install -d -m 0700 -o 65532 -g 65532 /var/lib/poolroll
COPY --from=build /opt/poolroll /opt/poolroll
ENV PATH=/opt/poolroll/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
USER 65532:65532
WORKDIR /home/poolroll
ENTRYPOINT ["poolroll"]
CMD ["--help"]
