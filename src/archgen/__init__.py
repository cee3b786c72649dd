"""archgen recommends a backend architecture and writes a project of it that runs."""

__version__ = "0.1.0"
