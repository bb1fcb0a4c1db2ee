"""Bringing a database's schema to the newest revision.

Alembic and SQLAlchemy are imported when a schema is migrated, and only then: together they take longer to import than
the service's whole start, and nothing else here needs them.
"""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from cabanas.db.url import to_sqlalchemy_url

if TYPE_CHECKING:
    from sqlalchemy import Connection


async def migrate(database_url: str, revision: str = "head") -> None:
    """Apply every migration up to ``revision``, each in a transaction of its own."""
    from sqlalchemy.ext.asyncio import create_async_engine  # noqa: PLC0415
    from sqlalchemy.pool import NullPool  # noqa: PLC0415

    engine = create_async_engine(to_sqlalchemy_url(database_url), poolclass=NullPool)
    try:
        with as_file(files("cabanas.db") / "migrations") as folder:
            async with engine.connect() as connection:
                await connection.run_sync(_upgrade, str(folder), revision)
                await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: str, revision: str) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
