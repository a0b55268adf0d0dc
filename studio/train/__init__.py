"""Training: one loop for all models. `python -m studio.train --model lstm --data DIR --out DIR --set lr=0.001`.

A run can be killed at any moment: the same command goes on from the last saved state and sees the same batches as an
unbroken run. `torchrun --nproc-per-node 8 -m studio.train ...` spreads the same command over processes.

`settings` are the run's own and the network's, `run` is the loop, `batches` what it reads, `processes` those that run
it together, `state` the file that it goes on from, `stopping` how it is told to stop, `devices` what this machine has.
"""

from studio.train.run import Run
from studio.train.settings import Settings, parse

__all__ = ["Run", "Settings", "parse"]
