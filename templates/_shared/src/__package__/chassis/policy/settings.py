"""Settings that all parts of this project share, from the environment or `.env`.

A module's own stand in its `settings.py`.
"""

from __future__ import annotations

from ..mechanism.settings import CoreSettings


class ProjectSettings(CoreSettings):
    """What is declared here is read by `part.read(ProjectSettings)`.

    A field that the mechanism has, too, has another default.
    """
