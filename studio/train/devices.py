"""What this machine has to train on."""

from __future__ import annotations

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


def has_bf16(device: torch.device) -> bool:
    """Whether the device itself computes in bf16, so that autocast pays."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and torch.backends.cpu.get_cpu_capability() == "AVX512" and _cpu_flag("avx512_bf16")


def _cpu_flag(flag: str) -> bool:
    try:
        return flag in Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
