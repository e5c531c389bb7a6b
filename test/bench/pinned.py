"""Runs programs on the first cores, which is what benchmarks here compare."""

import os
import subprocess


def pinned(threads, command, **options):
    """Runs a command on the first `threads` cores and gives what it prints."""
    cores = sorted(os.sched_getaffinity(0))[:threads]
    words = ["taskset", "-c", ",".join(map(str, cores)), *map(str, command)]
    environment = os.environ | {"OMP_NUM_THREADS": str(threads)}
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment, **options).stdout
