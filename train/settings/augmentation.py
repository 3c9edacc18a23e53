"""How far training images are changed: frozen, checked, saved with the result. No deep-learning library is imported."""

from dataclasses import dataclass
from typing import Any

from train.errors import ConfigError
from train.settings.fields import check_settings, refuse_unknown, setting


@dataclass(frozen=True)
class AugmentConfig:
    """How far each training image is changed, drawn anew each time it is seen. 0 switches a change off."""

    flip: float = setting(
        0.5,
        "Horizontal flip",
        "augmentation",
        "Chance of a left-right mirror. Faces are nearly symmetric: worth about a point, at no cost.",
        minimum=0,
        maximum=1,
        step=0.1,
    )
    vertical_flip: float = setting(
        0.0,
        "Vertical flip",
        "augmentation",
        "Chance of an upside-down mirror. Faces are not upside down, so it wastes capacity and costs accuracy.",
        minimum=0,
        maximum=1,
        step=0.1,
        advanced=True,
    )
    rotation_deg: float = setting(
        15.0,
        "Rotation (degrees)",
        "augmentation",
        "Largest rotation either way. Around 15 helps with tilted heads; beyond 30 it costs accuracy.",
        minimum=0,
        maximum=180,
        step=1,
    )
    scale: float = setting(
        0.15,
        "Zoom",
        "augmentation",
        "Largest relative change of size either way (0.15: 0.85 to 1.15). For boxes that are too wide or too tight.",
        minimum=0,
        maximum=0.9,
        step=0.01,
    )
    stretch: float = setting(
        0.0,
        "Stretch",
        "augmentation",
        "Largest relative change of width against height (0.1: a tenth wider or narrower). For heads that turn or nod, "
        "which look narrower or shorter, and for boxes of other proportions.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    shift: float = setting(
        0.12,
        "Shift",
        "augmentation",
        "Largest shift along each axis, as a share of the side. For boxes that are beside the face.",
        minimum=0,
        maximum=1,
        step=0.01,
    )
    crop: float = setting(
        0.0,
        "Crop",
        "augmentation",
        "Largest share of each side that is cut away at random; the rest is enlarged. Overlaps with zoom and shift.",
        minimum=0,
        maximum=0.9,
        step=0.01,
    )
    brightness: float = setting(
        0.15,
        "Brightness",
        "augmentation",
        "Largest grey value added or subtracted, as a share of 255. For poor light.",
        minimum=0,
        maximum=1,
        step=0.01,
    )
    contrast: float = setting(
        0.25,
        "Contrast",
        "augmentation",
        "Largest relative change of contrast about the image's mean. For poor cameras.",
        minimum=0,
        maximum=1,
        step=0.01,
    )
    gamma: float = setting(
        0.25,
        "Gamma",
        "augmentation",
        "Largest relative change of gamma, which lightens or darkens the shadows.",
        minimum=0,
        maximum=0.9,
        step=0.01,
        advanced=True,
    )
    erasing: float = setting(
        0.5,
        "Random erasing",
        "augmentation",
        "Chance that one rectangle becomes noise (Zhong et al., 2020). Reduces over-fitting and prepares for hidden "
        "faces; helps in long runs, slows short ones.",
        minimum=0,
        maximum=1,
        step=0.1,
    )
    erasing_area: tuple[float, float] = setting(
        (0.02, 0.2),
        "Erased area",
        "augmentation",
        "Smallest and largest share of the image that the rectangle covers.",
        minimum=0.001,
        maximum=0.999,
        step=0.01,
        advanced=True,
    )
    noise: float = setting(
        0.0,
        "Camera noise",
        "augmentation",
        "Largest standard deviation of added noise, as a share of 255; less is drawn more often. For grainy pictures "
        "of dim rooms: 0.12, a very poor camera, gained 15 points on noisy faces and lost 2 on clean ones in a "
        "short run.",
        minimum=0,
        maximum=0.5,
        step=0.01,
    )
    blur: float = setting(
        0.0,
        "Blur (pixels)",
        "augmentation",
        "Largest blur, as the standard deviation in pixels of the 48; less is drawn more often. For faces that are far "
        "away, moving or out of focus.",
        minimum=0,
        maximum=5,
        step=0.1,
    )
    mixup: float = setting(
        0.0,
        "Mixup",
        "augmentation",
        "Share of batches whose images and labels are blended in pairs (Zhang et al., 2018). Helps only in long runs "
        "(200 epochs and more: try 0.5); under-fits in short ones.",
        minimum=0,
        maximum=1,
        step=0.1,
    )
    mixup_alpha: float = setting(
        0.3,
        "Mixup strength",
        "augmentation",
        "Of the Beta distribution that the blend is drawn from; 0.2 to 0.4 is usual, 1 blends evenly.",
        minimum=0.01,
        maximum=10,
        step=0.1,
        advanced=True,
    )

    def __post_init__(self) -> None:
        check_settings(self)
        low, high = self.erasing_area
        if low > high:
            raise ConfigError(f"erasing_area must be a smaller and a larger share, got {self.erasing_area}")

    @property
    def poor_camera(self) -> bool:
        """Whether there is blur or noise."""
        return bool(self.blur or self.noise)


def augment_from_dict(values: dict[str, Any]) -> AugmentConfig:
    """Augmentation as JSON holds it; what it lacks gets defaults.

    Raises:
        ConfigError: a name is unknown or a value out of range.
    """
    refuse_unknown(AugmentConfig, values)
    pairs = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return AugmentConfig(**values | pairs)
