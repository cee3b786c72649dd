"""Where files are kept: in the bucket that the settings name, else in the folder."""

from __future__ import annotations

from fastapi import APIRouter

from .file_place_settings import FilePlaceSettings
from .file_transfer import Receiver, file_transfer
from .files import FileStore
from .folder_files import FolderFiles
from .s3_files import S3Files


def file_store(settings: FilePlaceSettings) -> FileStore:
    if settings.files_bucket:
        return S3Files(settings, told=False)
    return FolderFiles(settings.files_folder)


def transfer_routers(store: FileStore, receiver: Receiver) -> list[APIRouter]:
    """The routes that forms and links lead to, where those lead here."""
    if isinstance(store, FolderFiles):
        return [file_transfer(store, receiver)]
    return []
