"""Three ready-made ways to train, with what this project measured of each. Imports no Streamlit.

The figures are rows of docs/BENCHMARKS.md (Networks at one budget) and train/EXPERIMENTS.md: FER2013's validation
images (PublicTest, n = 3,589), LiteRT int8, mean with the mirror image. Each plan's settings are those of its row, but
for the precision, which follows the processor.
"""

from dataclasses import dataclass
from typing import Final

from train.settings.augmentation import AugmentConfig
from train.settings.training import TrainingConfig


@dataclass(frozen=True)
class Plan:
    """One way to train.

    Attributes:
        name: as the page shows it.
        config: its settings.
        accuracy: what they gave on FER2013, 0-1.
        measured: of how many runs that is, in words.
    """

    name: str
    config: TrainingConfig
    accuracy: float
    measured: str


def _short(architecture: str) -> TrainingConfig:
    """The sweep's settings: short runs under-fit, so they have no erasing and little dropout."""
    return TrainingConfig(architecture=architecture, epochs=25, dropout=0.2, augment=AugmentConfig(erasing=0.0))


PLANS: Final = (
    Plan("Quick", _short("baseline_cnn"), 0.627, "one run"),
    Plan("Good", _short("vgg_small"), 0.675, "mean of three runs"),
    Plan("Best", TrainingConfig(architecture="compact_se", epochs=60), 0.695, "one run"),
)
DEFAULT: Final = PLANS[1]
MEASURED_ON: Final = "FER2013’s validation images (3,589)"


def plan_of(config: TrainingConfig) -> Plan | None:
    """The plan with exactly these settings; None for settings of one's own."""
    return next((plan for plan in PLANS if plan.config == config), None)
