"""Where the launcher keeps what it makes: templates, copied binaries, directories of running instances."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from cabanas.embedded.accounts import Account, closed_parent
from cabanas.embedded.errors import EmbeddedError

CACHE_NAME = "cabanas-perf"


def cache_candidates(environ: Mapping[str, str], *, is_root: bool, platform: str, home: Path) -> list[Path]:
    """Directories to try for the cache, best first; an explicit `CABANAS_CACHE_DIR` is the only candidate."""
    if explicit := environ.get("CABANAS_CACHE_DIR"):
        return [Path(explicit).absolute()]
    if is_root:
        # Below /root the account that the servers are handed to could not reach them.
        return [Path("/var/cache") / CACHE_NAME, Path("/var/tmp") / f"{CACHE_NAME}-0"]  # noqa: S108
    # The specification of XDG directories has relative paths ignored.
    if (xdg := environ.get("XDG_CACHE_HOME")) and Path(xdg).is_absolute():
        return [Path(xdg) / CACHE_NAME]
    return [home / ("Library/Caches" if platform == "darwin" else ".cache") / CACHE_NAME]


def make_directory(path: Path, mode: int) -> None:
    """Create `path` with exactly `mode`, whatever the umask; an existing one is left as it is."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        return
    path.chmod(mode)


def open_cache(account: Account | None) -> Path:
    """Return the cache directory, created if needed and reachable for the server account.

    Raises:
        EmbeddedError: no candidate can be used; the text names CABANAS_CACHE_DIR.

    """
    refusals = []
    try:
        home = Path.home()
    except RuntimeError:  # neither HOME nor a passwd entry
        home = Path("/nonexistent")
    candidates = cache_candidates(os.environ, is_root=os.geteuid() == 0, platform=sys.platform, home=home)
    for cache in candidates:
        try:
            make_directory(cache, 0o755 if account else 0o700)
            for part in ("binaries", "instances", "templates"):
                make_directory(cache / part, 0o755 if account else 0o700)
            owner_uid = cache.stat().st_uid
        except OSError as error:
            refusals.append(f"{cache}: {error.strerror}")
            continue
        if owner_uid != os.geteuid():
            # Programs are run from here; in /var/tmp anybody could have made it first.
            refusals.append(f"{cache}: belongs to user id {owner_uid}")
        elif account and (closed := closed_parent(cache / "instances", account)):
            refusals.append(f"{cache}: account {account.name}, which runs the servers, may not pass {closed}")
        else:
            return cache
    raise EmbeddedError(
        f"No directory for the embedded servers ({'; '.join(refusals)}). "
        "Set CABANAS_CACHE_DIR to a writable directory, or DATABASE_URL and REDIS_URL to servers of your own."
    )
