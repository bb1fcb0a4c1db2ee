"""A command that holds embedded servers until told to end, for the tests to kill.

`python holder.py '{"data_dir": ..., "fork": false}'` prints one JSON line when the servers are ready and
leaves the `with` block at the end of its input.
"""

import json
import os
import sys
import time
from pathlib import Path

from cabanas.embedded import provide_servers

options = json.loads(sys.argv[1])
fork = options.pop("fork", False)
if options.get("data_dir"):
    options["data_dir"] = Path(options["data_dir"])

with provide_servers(**options) as servers:
    forked = os.fork() if fork else None
    if forked == 0:
        os.close(0)
        os.close(1)
        time.sleep(60)
        os._exit(0)
    ready = {
        "pid": os.getpid(),
        "uid": os.getuid(),
        "forked": forked,
        "guardian": servers.guardian_pid,
        "postgres": servers.postgres and servers.postgres.pid,
        "redis": servers.redis and servers.redis.pid,
        "database_url": servers.database_url,
        "redis_url": servers.redis_url,
        "origin": str(servers.origin),
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    sys.stdin.read()
