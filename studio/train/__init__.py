"""Training: one loop for all models. `python -m studio.train --model lstm --data DIR --out DIR --set lr=0.001`.

A run can be killed at any moment: the same command goes on from the last saved state and sees the same batches as an
unbroken run. `settings` are its own and the network's, `run` is the loop, `state` the file that it goes on from,
`devices` what this machine has.
"""

from studio.train.run import Run
from studio.train.settings import Settings, parse

__all__ = ["Run", "Settings", "parse"]
