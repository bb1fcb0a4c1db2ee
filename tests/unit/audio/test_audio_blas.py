import subprocess
import sys

import pytest

from cabanas.audio.availability import available_cores

pytest.importorskip("numpy")

SCRIPT = """
import os, sys, threading
{before}
from cabanas.audio.blas import load_numpy
load_numpy()
import numpy as np
a = np.ones((600, 600)); a @ a
print(len(os.listdir("/proc/self/task")), os.environ.get("OPENBLAS_NUM_THREADS"))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts threads in /proc")
@pytest.mark.skipif(available_cores() < 2, reason="OpenBLAS starts no thread on one core")
@pytest.mark.parametrize(
    ("before", "threads", "variable"),
    [
        ("", 1, "None"),
        ("os.environ['OPENBLAS_NUM_THREADS'] = '2'", 2, "2"),
        ("os.environ['OPENBLAS_NUM_THREADS'] = '2'; import numpy", 2, "2"),
    ],
    ids=["by default", "as the environment says", "imported before"],
)
def test_numpy_keeps_to_its_caller_and_the_environment_is_left_alone(before, threads, variable):
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(before=before)], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == [str(threads), variable]
