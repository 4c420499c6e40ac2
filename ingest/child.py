"""Start a module of ours as a process of its own, with a connection to it."""

import os
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def start_child(module: str) -> tuple["subprocess.Popen[bytes]", Connection]:
    """Start a module, in a session of its own; return the process and this end of the connection.

    Its only argument is the file descriptor of the other end, which closes when this process ends.
    """
    near, far = Pipe()
    here, own = Path.cwd(), Path(__file__).resolve().parent.parent
    # Where this process finds modules, without the folder that the user stands in.
    folders = [folder for folder in sys.path if folder and (Path(folder).resolve() != here or here == own)]
    with far:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, str(far.fileno())],
            cwd="/",  # the user may stand beside the documents, where a queue.py would be taken for Python's own
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[far.fileno()],
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": os.pathsep.join(folders)},
            start_new_session=True,
        )
    return process, near
