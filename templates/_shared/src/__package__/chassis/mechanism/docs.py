"""API documentation (Swagger UI) at `/docs`, under a strict Content-Security-Policy:
files of this host, no inline script.
"""

from __future__ import annotations

from pathlib import Path

import fastapi_csp_docs
import fastapi_offline
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

FILES = Path(fastapi_offline.__file__).parent / "static"


def add_docs(app: FastAPI) -> None:
    """To an app that has no docs of its own (`docs_url=None`)."""

    @app.get("/docs", include_in_schema=False)
    async def docs(request: Request) -> HTMLResponse:
        here = request.scope.get("root_path", "") + "/docs"
        return fastapi_csp_docs.get_swagger_ui_html(
            title=app.title,
            swagger_js_url=f"{here}/files/swagger-ui-bundle.js",
            swagger_css_url=f"{here}/files/swagger-ui.css",
            swagger_favicon_url=f"{here}/files/favicon.png",
            swagger_ui_init_script_url=f"{here}/swagger-initializer.js",
        )

    # what starts it, and takes people back who logged in elsewhere
    fastapi_csp_docs.setup(app, redoc_url=None)
    app.mount("/docs/files", StaticFiles(directory=FILES))
