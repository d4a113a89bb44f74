"""Style sheet, scripts and icon: a handful of small files, read once."""

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

if TYPE_CHECKING:
    from web.visit import Visit

FOLDER = Path(__file__).parent / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".txt": "text/plain"}


@dataclass(frozen=True)
class StaticFile:
    """The bytes of a file, its media type and a digest for its address."""

    body: bytes
    media_type: str
    digest: str


class StaticFiles:
    """All files of a folder. The table of contents is fixed at the start, so no path can lead outside."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.files = {path.name: _read(path) for path in sorted(folder.iterdir()) if path.is_file()}

    def url(self, name: str) -> str:
        """The address of a file, changing with its content; KeyError when there is no such file."""
        return f"/static/{name}?v={self.files[name].digest}"

    def respond(self, name: str, version: str, known: str) -> Response:
        """The file, or 304 when the browser has it; for ever if asked for by version, else to be checked each time."""
        file = self.files.get(name)
        if file is None:
            raise HTTPException(404)
        caching = "public, max-age=31536000, immutable" if version == file.digest else "public, no-cache"
        headers = {"ETag": f'"{file.digest}"', "Cache-Control": caching}
        if headers["ETag"] in known:
            return Response(status_code=304, headers=headers)
        return Response(file.body, media_type=file.media_type, headers=headers)


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    kind = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return StaticFile(body, kind, hashlib.sha256(body).hexdigest()[:16])


def show(visit: "Visit") -> Response:
    """GET /static/…"""
    files: StaticFiles = visit.request.app.state.static
    return files.respond(visit.param("name"), visit.query.text("v"), visit.request.headers.get("if-none-match", ""))
