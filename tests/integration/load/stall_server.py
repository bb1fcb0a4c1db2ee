"""A server that answers in 5 ms, and that freezes, every connection at once, for 2 s in every 10 s.

Prints its port when it listens. A script of its own, because it has to freeze while its caller does not.
"""

from __future__ import annotations

import asyncio
import sys
import time

PERIOD_S, FROZEN_S, SERVICE_S = 10.0, 2.0, 0.005
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            await asyncio.sleep(SERVICE_S)
            writer.write(_ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main(period_s: float, frozen_s: float) -> None:
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=2000)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        while True:
            await asyncio.sleep(period_s - frozen_s)
            time.sleep(frozen_s)  # noqa: ASYNC251 - the freeze


asyncio.run(main(*(map(float, sys.argv[1:]) if len(sys.argv) > 1 else (PERIOD_S, FROZEN_S))))
