"""What has to hold before numpy and torch are imported: one thread, a known BLAS kernel, fixed seeds."""

import os

# Debian's OpenBLAS does not know recent processors and falls back to a kernel four times too slow.
os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

SEED = 20261


def seed_all(seed=SEED):
    """Seeds every generator that the training draws from."""
    import random

    import numpy
    random.seed(seed)
    numpy.random.seed(seed)
    try:
        import torch
        torch.manual_seed(seed)
        torch.set_num_threads(1)
    except ImportError:
        pass  # The linear models need no torch.


def data_root():
    """The folder of the shared data sets: STEWARD_DATA, or `shared/data` beside the repository."""
    here = os.path.dirname(os.path.abspath(__file__))
    beside = os.path.normpath(os.path.join(here, "..", "..", "..", "shared", "data"))
    return os.environ.get("STEWARD_DATA", beside)


def work_root():
    """Where checkpoints and cached outputs go; ignored by git."""
    here = os.path.dirname(os.path.abspath(__file__))
    path = os.environ.get("STEWARD_TRAINING_WORK", os.path.normpath(os.path.join(here, "..", "..", "artifacts", "training")))
    os.makedirs(path, exist_ok=True)
    return path


def models_root():
    """Where the finished model folders go."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.environ.get("STEWARD_MODELS", os.path.normpath(os.path.join(here, "..", "..", "models")))
