# One image for every process of Tenor; the command says which. The Python version is the one that CI tests.

FROM python:3.11-slim AS dependencies
ENV UV_PYTHON_DOWNLOADS=never UV_SYSTEM_CERTS=true UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1
COPY requirements/bootstrap.txt requirements/runtime.txt /requirements/
RUN python -m venv /opt/tenor \
    && pip install --no-cache-dir --require-hashes -r /requirements/bootstrap.txt \
    && uv pip sync --quiet --python /opt/tenor/bin/python --require-hashes /requirements/runtime.txt

FROM python:3.11-slim
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin tenor \
    && install --directory --owner=10001 /keys
ENV PATH=/opt/tenor/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
COPY --from=dependencies /opt/tenor /opt/tenor
WORKDIR /app
COPY alembic.ini worker.py relay.py audit.py seed.py ./
COPY domain domain
COPY activities activities
COPY workflows workflows
COPY infrastructure infrastructure
COPY migrations migrations
COPY api api
COPY products products
COPY sandbox sandbox
COPY stack stack
USER 10001
EXPOSE 8000
# Of the API; whoever runs another command says how that one is asked.
HEALTHCHECK --interval=5s --timeout=3s --start-period=20s CMD ["python", "-m", "stack.probes", "http://127.0.0.1:8000/healthz"]
CMD ["uvicorn", "--factory", "api.main:create_app", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
