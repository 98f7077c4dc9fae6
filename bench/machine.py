"""What a measurement was made on, without which it says nothing."""

import os
import platform
import sys
from pathlib import Path


def machine() -> dict[str, object]:
    return {
        "processor": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_gb": round(int(_first("/proc/meminfo", "MemTotal").split()[0]) / 1_048_576),
        "system": platform.platform(),
        "python": sys.version,  # with its build
        "load_average": [round(load, 1) for load in os.getloadavg()],
    }


def _first(file: str, name: str) -> str:
    lines = (line.partition(":") for line in Path(file).read_text().splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == name), "unknown")


def resident_megabytes(pid: int) -> float:
    return round(int(_first(f"/proc/{pid}/status", "VmRSS").split()[0]) / 1024, 1)
