"""The project's own `deploy/up.py`: what containers may read, and what they may not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from archgen.generator import templates_dir

READ = "import sys; sys.path.insert(0, 'deploy'); from up import let_read; from pathlib import Path; let_read(Path('deploy'))"


def test_keys_of_tls_stay_their_owners_wherever_they_lie(tmp_path: Path) -> None:
    tls = tmp_path / "deploy/nginx/tls"
    (tls / "live").mkdir(parents=True)
    (tmp_path / "deploy/up.py").write_bytes((templates_dir() / "_shared/deploy/up.py").read_bytes())
    keys = [tls / "key.pem", tls / "live/key.pem", tls / "live/shop.key"]
    mounted = [tls / "tls.conf", tls / "live/tls.conf.example", tmp_path / "deploy/compose.yaml"]
    for path in (*keys, *mounted):
        path.touch(0o600)
    subprocess.run([sys.executable, "-c", READ], cwd=tmp_path, check=True)
    assert [path.stat().st_mode & 0o777 for path in keys] == [0o600] * 3
    assert [path.stat().st_mode & 0o777 for path in mounted] == [0o644] * 3
