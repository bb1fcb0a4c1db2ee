"""What must be tidied up now and then, by whichever process comes first."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import timedelta

from cabanas.db.pool import Database, DatabaseUnavailable
from cabanas.db.statements import load_statement

_BATCH_ROWS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Marks ended holds as expired and forgets old idempotency keys, messages and conversations. Several processes
    may do it at once.

    Bookings do not depend on it: a hold past its end blocks nobody before it is marked.
    """

    database: Database
    idempotency_ttl: timedelta
    messages_ttl: timedelta

    async def expire_holds(self) -> int:
        """Mark every hold that ended; answers with how many."""
        return await self._in_batches("expire_holds", _BATCH_ROWS)

    async def purge_idempotency_keys(self) -> int:
        """Forget keys past their time to live; answers with how many."""
        return await self._in_batches("purge_idempotency_keys", self.idempotency_ttl, _BATCH_ROWS)

    async def purge_messages(self) -> int:
        """Forget what came in, what went out and what was talked about, past its time; answers with how many."""
        statements = ("purge_outbox", "purge_inbox", "purge_conversations")
        return sum([await self._in_batches(name, self.messages_ttl, _BATCH_ROWS) for name in statements])

    async def run_forever(self, interval_s: float) -> None:
        """Tidy up every ``interval_s`` seconds until cancelled; whatever fails is told and tried again next time."""
        while True:
            try:
                expired = await self.expire_holds()
                purged = await self.purge_idempotency_keys()
                forgotten = await self.purge_messages()
            except DatabaseUnavailable as error:
                logger.warning("housekeeping_skipped", extra={"reason": str(error)})
            except Exception:  # a schema that is still to be migrated, say: nobody would start this task again
                logger.exception("housekeeping_failed")
            else:
                if expired or purged or forgotten:
                    counts = {"expired_holds": expired, "purged_keys": purged, "forgotten_messages": forgotten}
                    logger.info("housekeeping", extra=counts)
            await asyncio.sleep(interval_s)

    async def _in_batches(self, statement: str, *arguments: object) -> int:
        total, done = 0, _BATCH_ROWS
        async with self.database.connect() as connection:
            while done == _BATCH_ROWS:
                done = int((await connection.execute(load_statement(statement), *arguments)).rpartition(" ")[2])
                total += done
        return total
