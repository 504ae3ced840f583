# One image for gateway, console, worker and jobs: the command says which. Not built where no container engine runs;
# tests/deploy/test_containers.py reads it.
FROM python:3.13-slim-bookworm AS build
WORKDIR /src
COPY . .
# Wheels only, and the console's pages are built by the build hook (Node comes as a wheel): no compiler is needed.
RUN python -m venv /opt/sting \
    && /opt/sting/bin/pip install --no-cache-dir --constraint constraints.txt ".[cloud]" \
    && /opt/sting/bin/python scripts/sbom.py > /opt/sting/sbom.cdx.json

FROM python:3.13-slim-bookworm
LABEL org.opencontainers.image.title="STING-CE" \
      org.opencontainers.image.licenses="Apache-2.0" \
      com.sting-ce.sbom="/opt/sting/sbom.cdx.json"
# Pango sets the text of PDF reports.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --home-dir /var/lib/sting --create-home --shell /usr/sbin/nologin sting
COPY --from=build /opt/sting /opt/sting
# The root may be read-only: what is written goes to /var/lib/sting and /tmp.
ENV PATH=/opt/sting/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/var/lib/sting
WORKDIR /var/lib/sting
USER 10001:10001
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["sting"]
CMD ["gateway", "--config", "/etc/sting/config.yaml"]
