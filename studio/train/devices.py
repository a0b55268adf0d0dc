"""What this machine has to train on."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from pathlib import Path

import torch

from studio.errors import SettingError


def available() -> list[str]:
    """The kinds of device this machine has, the fastest first."""
    found = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    return [name for name, there in found.items() if there]


def device(name: str) -> torch.device:
    """The device of that name, or for `auto` the fastest there is; SettingError when this machine has none such."""
    here = available()
    if name not in ("auto", *here):
        raise SettingError(f"There is no device '{name}' on this machine; there is {', '.join(here)}.")
    return torch.device(here[0] if name == "auto" else name)


def bf16(precision: str, device: torch.device) -> bool:
    """Whether to compute in bf16; for `auto` where the device itself does, so that it pays."""
    if precision != "auto":
        return precision == "bf16"
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512" and _cpu_flag("avx512_bf16")


def compiles(setting: str, device: torch.device) -> bool:
    """Whether to compile the training step; for `auto` on CUDA. SettingError for `on` without the compiler it takes."""
    compiler = "gcc" if device.type == "cuda" else "clang++" if sys.platform == "darwin" else "g++"
    found = shutil.which(compiler) is not None
    if setting == "on" and not found:
        raise SettingError(f"compile=on needs {compiler}, which is not installed here; install it, or leave it out.")
    return setting == "on" or (setting == "auto" and device.type == "cuda" and found)


def description(device: torch.device, processes: int) -> str:
    """The machine in a line, for a card."""
    kind = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    used = f"{processes} processes, each on {kind}" if processes > 1 else kind
    return f"{platform.machine()}, {os.cpu_count()} cores, {used}, torch {torch.__version__}"


def _cpu_flag(flag: str) -> bool:
    try:
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
