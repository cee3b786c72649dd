# Takes every mail and shows it in its log; nothing is delivered.
FROM ghcr.io/astral-sh/uv:0.13 AS uv

FROM python:3.14-slim
COPY --from=uv /uv /bin/uv
RUN uv venv --quiet /mail && uv pip install --quiet --python /mail/bin/python aiosmtpd==1.4.6
USER 10001
ENV PYTHONUNBUFFERED=1
HEALTHCHECK --interval=10s --timeout=3s \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 1025), 2).close()"]
CMD ["/mail/bin/python", "-m", "aiosmtpd", "--nosetuid", "--listen", "0.0.0.0:1025"]
