"""Bringing a database's schema to the newest revision."""

from __future__ import annotations

from importlib.resources import as_file, files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from cabanas.db.url import to_sqlalchemy_url


async def migrate(database_url: str, revision: str = "head") -> None:
    """Apply every migration up to ``revision``, each in a transaction of its own."""
    engine = create_async_engine(to_sqlalchemy_url(database_url), poolclass=NullPool)
    try:
        with as_file(files("cabanas.db") / "migrations") as folder:
            async with engine.connect() as connection:
                await connection.run_sync(_upgrade, str(folder), revision)
                await connection.commit()
    finally:
        await engine.dispose()


def _upgrade(connection: Connection, folder: str, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
