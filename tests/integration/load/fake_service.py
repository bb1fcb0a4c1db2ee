"""A stand-in for the service that behaves as it is told.

``fake_service.py well|forbidden|taken|empty|silent|dying|narrow``. Prints its port when it listens.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
import sys

MODE = sys.argv[1]
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HOLD = "/api/v1/reservations/prereserve"
_LOADED = (_HOLD, "/api/v1/healthz")
_CABINS = [{"id": number, "name": f"Cabaña {number}", "capacity": 4} for number in range(1, 11)]
_numbers = itertools.count(1)
_door = asyncio.Lock()
"""Behind it requests pass one by one, 10 ms each (narrow)."""
_requests = itertools.count(1)


def answer(method: str, path: str) -> tuple[int, object]:
    number = next(_requests)
    if MODE == "dying" and number > 150:
        os._exit(1)
    if MODE == "forbidden":
        return 403, {"type": "forbidden"}
    if path == "/api/v1/accommodations":
        return 200, {"items": [] if MODE == "empty" else _CABINS}
    if path == _HOLD and method == "POST":
        return (409, {"type": "stay_unavailable"}) if MODE == "taken" else (201, {"code": f"RES{next(_numbers)}"})
    if path.startswith("/api/v1/reservations/RES"):
        return 200, {"code": path.rpartition("/")[2]}
    if path.startswith("/api/v1/accommodations/") or path == "/api/v1/healthz":
        return 200, {"status": "ok"}
    if path.startswith("/api/v1/webhooks/"):
        return 200, {}
    return 404, {"type": "not_found"}


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            if match := _LENGTH.search(head):
                await reader.readexactly(int(match[1]))
            method, path = head.decode("latin-1").split(" ", 2)[:2]
            status, document = answer(method, path.partition("?")[0])
            if MODE == "narrow":
                async with _door:
                    await asyncio.sleep(0.01)
            if MODE == "silent" and path in _LOADED and next(_numbers) % 2:
                await asyncio.sleep(60)
            body = json.dumps(document).encode()
            fields = f"HTTP/1.1 {status} Any\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            writer.write(fields.encode() + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=500)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


asyncio.run(main())
