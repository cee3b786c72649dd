"""Images that clients sent, drawn anew from their pixels: no metadata, nothing behind
the end, nothing that only looks like an image.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageFile, ImageOps

from .media import CLEAN, THUMBNAIL, Refused

PIXELS_MOST = 25_000_000  # of all frames; cameras take 24 million
SIDE_MOST = 16_383  # pixels; WebP has no more
FRAMES_MOST = 500
PROFILE_MOST = 4 * 2**20  # bytes of a colour profile; those of printers have the most
THUMBNAIL_SIDE = 320  # pixels
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
}
OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 90, "optimize": True},
    "PNG": {"compress_level": 4},
    "GIF": {},
    "WEBP": {"quality": 90, "method": 2},
}
# What each can store; anything else becomes RGB or, where it is transparent, RGBA.
MODES = {
    "JPEG": ("L", "RGB"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "GIF": ("1", "L", "P"),
    "WEBP": ("RGB", "RGBA"),
}
KEPT = ("transparency", "duration")  # of what is known of a frame beside its pixels
SRGB = ImageCms.createProfile("sRGB")

# decoders raise at twice this number, before they have any room for pixels
Image.MAX_IMAGE_PIXELS = PIXELS_MOST // 2
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def redraw(path: Path, content_type: str, folder: Path) -> None:
    """Writes the clean copy, in the same format, and the thumbnail. Raises Refused."""
    form = FORMATS[content_type]
    try:
        with Image.open(path, formats=[form]) as image:
            loop = image.info.get("loop")
            frames = list(_frames(image, form))
        clean, thumbnail = _encode(frames, form, loop), _shrink(frames[0])
    except (Refused, MemoryError):
        raise
    except Image.DecompressionBombError:
        raise Refused(f"has more than {PIXELS_MOST} pixels") from None
    except Exception:  # noqa: BLE001 - decoders raise whatever broken bytes lead to
        raise Refused(f"is not a whole {content_type}") from None
    # a disk that is full is not the file's fault
    folder.joinpath(CLEAN).write_bytes(clean)
    folder.joinpath(THUMBNAIL).write_bytes(thumbnail)


def _frames(image: ImageFile.ImageFile, form: str) -> Iterator[Image.Image]:
    # what a telephone hides behind a JPEG is no animation
    count = 1 if form == "JPEG" else getattr(image, "n_frames", 1)
    width, height = size = image.size
    if max(size) > SIDE_MOST:
        raise Refused(f"is more than {SIDE_MOST} pixels wide or high")
    if count > FRAMES_MOST:
        raise Refused(f"has more than {FRAMES_MOST} frames")
    if count * width * height > PIXELS_MOST:
        raise Refused(f"has more than {PIXELS_MOST} pixels")
    for number in range(count):
        image.seek(number)
        image.load()
        if image.size != size:
            raise Refused("has frames of several sizes")
        yield _clean(image, form, animated=count > 1)


def _clean(image: ImageFile.ImageFile, form: str, animated: bool) -> Image.Image:
    """A frame upright, in sRGB, with nothing but its pixels."""
    orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    frame = _in_srgb(image.copy(), image.info.get("icc_profile"))
    frame.info = {name: image.info[name] for name in KEPT if name in image.info}
    if animated or frame.mode not in MODES[form]:
        clear = frame.has_transparency_data and form != "JPEG"
        known = frame.info
        frame = frame.convert("RGBA" if clear else "RGB")
        frame.info = {"duration": known["duration"]} if "duration" in known else {}
    frame.getexif()[ExifTags.Base.Orientation] = orientation
    ImageOps.exif_transpose(frame, in_place=True)
    frame.info.pop("exif", None)
    return frame


def _in_srgb(frame: Image.Image, profile: bytes | None) -> Image.Image:
    if not profile or len(profile) > PROFILE_MOST:
        return frame
    if frame.mode not in ("RGB", "RGBA", "CMYK"):
        return frame
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGB" if frame.mode == "CMYK" else frame.mode
        drawn = ImageCms.profileToProfile(frame, source, SRGB, outputMode=mode)
    except (ImageCms.PyCMSError, OSError):  # no profile that anybody could use
        return frame
    return drawn or frame


def _encode(frames: list[Image.Image], form: str, loop: Any) -> bytes:
    options = dict(OPTIONS[form])
    if len(frames) > 1:
        durations = [frame.info.get("duration", 0) for frame in frames]
        options |= {"save_all": True, "append_images": frames[1:]}
        options |= {"duration": durations}
        if form == "GIF":
            options["disposal"] = 2  # each frame is whole
        if isinstance(loop, int):
            options["loop"] = loop
    written = io.BytesIO()
    frames[0].save(written, form, **options)
    return written.getvalue()


def _shrink(frame: Image.Image) -> bytes:
    if frame.mode == "I;16":
        frame = frame.convert("I").point([value >> 8 for value in range(2**16)], "L")
    frame = frame.convert("RGBA" if frame.has_transparency_data else "RGB")
    frame.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    written = io.BytesIO()
    frame.save(written, "WEBP", quality=80)
    return written.getvalue()
