"""Where Ray's test clusters write their address."""

from pathlib import Path


def make_ray_folder() -> None:
    """Make Ray's usual folder, where there was no cluster yet.

    `ray.cluster_utils.Cluster` writes its address there even when it is given another folder, and does not make it.
    """
    from ray._common.utils import get_default_ray_temp_dir

    Path(get_default_ray_temp_dir()).mkdir(parents=True, exist_ok=True)
