"""Training settings: frozen, checked, saved with the result. No deep-learning library is imported here.

The defaults suit compact_se on two processor cores. Each setting says what it does to accuracy; figures are points
on FER2013, where one standard error of a single test is 0.74 points.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from train.errors import ConfigError
from train.settings.augmentation import AugmentConfig, augment_from_dict
from train.settings.fields import check_settings, refuse_unknown, setting

RECIPE_BATCH: Final = 128
"""The batch size that learning rates are meant for; they are scaled linearly to others."""
_RATES: Final = {"sgd": 0.1, "adam": 1e-3, "adamw": 1e-3}
_FINE_TUNING_RATE: Final = 0.1


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a training run but the archive."""

    architecture: str = setting(
        "compact_se",
        "Network",
        "network",
        "The network: a file's name in train/architectures; `python -m train list` shows size and cost of each.",
    )
    normalization: str = setting(
        "symmetric",
        "Pixel scaling",
        "network",
        "How the network scales pixels first: unit to [0, 1], symmetric to [-1, 1], standardised each image to mean 0 "
        "and variance 1. Standardising forgives dark and flat pictures; otherwise the differences are within noise.",
        choices=("unit", "symmetric", "standardised"),
    )
    dropout: float = setting(
        0.4,
        "Dropout",
        "network",
        "Share of features left out before the classifier while training. Reduces over-fitting; 0.3 to 0.5 is usual.",
        minimum=0,
        maximum=0.95,
        step=0.05,
    )
    init_from: str = setting(
        "",
        "Start from model",
        "network",
        "Model or run folder to fine-tune: its network and weights are the start, and the settings above do not apply. "
        "Reaches in a few epochs what takes many from scratch.",
    )
    join_with: str = setting(
        "",
        "Join with",
        "votes",
        "With --init-from and --ferplus-weight: a second model or run folder, whose network is put beside the start's. "
        "Both must have learnt from votes. The votes' output starts as half of each one's, the labels' as the start's "
        "alone. Where the two err differently, both are right more often than either; a face takes the time of both.",
    )
    freeze_epochs: int = setting(
        0,
        "Frozen epochs",
        "network",
        "First epochs in which only the classifier learns. 1 to 5 suit pre-trained networks: large first steps then "
        "cannot spoil what the network knows.",
        minimum=0,
        maximum=1000,
        step=1,
    )
    start_share: float = setting(
        0.0,
        "Share of the start",
        "network",
        "When fine-tuning: how much of the starting weights is kept in the exported ones (Wortsman et al., 2022, "
        "arXiv:2109.01903). 0.3 to 0.5 keeps most of what the start knew and of what is learnt; 0 keeps none.",
        minimum=0,
        maximum=1,
        step=0.1,
        advanced=True,
    )
    epochs: int = setting(
        100,
        "Epochs",
        "optimisation",
        "Passes over the training images. Accuracy still rises at 100; plan a short run as short, because "
        "the learning rate falls over the planned epochs.",
        minimum=1,
        maximum=5000,
        step=1,
    )
    batch_size: int = setting(
        RECIPE_BATCH,
        "Batch size",
        "optimisation",
        "Images per step; the learning rate of every optimizer is multiplied by this over 128. 64 to 256 differ "
        "little.",
        minimum=1,
        maximum=4096,
        step=16,
    )
    optimizer: str = setting(
        "sgd",
        "Optimizer",
        "optimisation",
        "SGD with Nesterov momentum 0.9 beats Adam by about a point from scratch; Adam and AdamW forgive a wrong "
        "learning rate.",
        choices=("sgd", "adam", "adamw"),
    )
    learning_rate: float = setting(
        0.0,
        "Learning rate",
        "optimisation",
        "Its peak at batch size 128; what is used is this times the batch size over 128. 0 is automatic: 0.1 for SGD, "
        "0.001 for Adam and AdamW, and a tenth of that when fine-tuning.",
        minimum=0,
        maximum=10,
        step=0.001,
        zero_is="automatic",
    )
    schedule: str = setting(
        "cosine",
        "Schedule",
        "optimisation",
        "How the learning rate falls: cosine to 0 over the epochs (best), plateau halves it whenever the validation "
        "loss stops falling, constant keeps it.",
        choices=("cosine", "plateau", "constant"),
    )
    plateau_patience: int = setting(
        5,
        "Plateau patience",
        "optimisation",
        "Epochs without a lower validation loss before the plateau schedule halves the rate.",
        minimum=1,
        maximum=1000,
        step=1,
        advanced=True,
    )
    warmup_epochs: float = setting(
        2.0,
        "Warm-up epochs",
        "optimisation",
        "Epochs over which the rate rises to its peak. 2 to 5 keep a high rate from diverging at the start.",
        minimum=0,
        maximum=1000,
        step=0.5,
    )
    weight_decay: float = setting(
        5e-4,
        "Weight decay",
        "optimisation",
        "Shrinks kernels, like L2 in SGD, to reduce over-fitting; 1e-4 to 1e-3 is usual. AdamW uses 100 times as much, "
        "Adam none.",
        minimum=0,
        maximum=1,
        step=0.0001,
    )
    clip_norm: float = setting(
        5.0,
        "Gradient clip",
        "optimisation",
        "Largest global norm of a gradient. Prevents divergence; has no effect on a stable run.",
        minimum=0.001,
        maximum=1000,
        step=0.5,
        advanced=True,
    )
    ema_momentum: float = setting(
        0.998,
        "Weight averaging",
        "optimisation",
        "Momentum of the running average of the weights, which is measured and exported. Gains a point in the middle "
        "of a run, less at its end; 0 switches it off.",
        minimum=0,
        maximum=0.99999,
        step=0.001,
    )
    loss: str = setting(
        "categorical_crossentropy",
        "Loss",
        "loss",
        "Categorical cross-entropy is best for accuracy; binary treats the emotions one by one; focal concentrates on "
        "hard images, which in FER2013 are often wrong labels.",
        choices=("categorical_crossentropy", "binary_crossentropy", "focal"),
    )
    focal_gamma: float = setting(
        2.0,
        "Focal gamma",
        "loss",
        "How strongly the focal loss ignores easy images (Lin et al., 2017); 0 makes it cross-entropy.",
        minimum=0,
        maximum=10,
        step=0.5,
        advanced=True,
    )
    label_smoothing: float = setting(
        0.1,
        "Label smoothing",
        "loss",
        "Share of the target spread over all emotions. Gains up to one point of accuracy if labels are noisy, as in "
        "FER2013, and keeps confidence modest.",
        minimum=0,
        maximum=0.9,
        step=0.05,
    )
    class_weights: str = setting(
        "none",
        "Class weights",
        "loss",
        "Makes rare emotions count more: better recall on disgust, at 1 to 5 points of accuracy with inverse "
        "frequency, less with the effective number of samples (Cui et al., 2019).",
        choices=("none", "inverse", "effective"),
    )
    effective_beta: float = setting(
        0.999,
        "Effective-number beta",
        "loss",
        "0 weights all emotions alike; values near 1 approach the inverse frequency.",
        minimum=0,
        maximum=0.99999,
        step=0.001,
        advanced=True,
    )
    ferplus_weight: float = setting(
        0.0,
        "Weight of the votes",
        "votes",
        "With --ferplus: weight of a second output, which learns the ten answers of FER+'s voters (Barsoum et al., "
        "2016, arXiv:1608.01041) from the same features. The exported model then also answers as people would. Use 1 "
        "to 2 for that; 0 switches it off.",
        minimum=0,
        maximum=10,
        step=0.1,
    )
    ferplus_softening: float = setting(
        0.0,
        "Softening by the votes",
        "votes",
        "With --ferplus: share of the target that comes from the votes instead of the label: the labels that images "
        "with such votes have. 0.2 to 0.3 is usual. Above 0.5 the votes outweigh the label, which costs accuracy, as "
        "test images have labels of the same kind.",
        minimum=0,
        maximum=1,
        step=0.05,
    )
    label_share: float = setting(
        0.1,
        "Labels in the answer",
        "votes",
        "With --ferplus-weight: weight of the labels in the exported model's answer; the voters have the rest. 0 "
        "answers as ten people would, who call many faint expressions neutral; 1 as the archive's labels would.",
        minimum=0,
        maximum=1,
        step=0.1,
    )
    distillation_weight: float = setting(
        0.7,
        "Weight of the teachers",
        "teachers",
        "With --teachers or --teacher-views: weight of their answers against the labels; 1 ignores the labels.",
        minimum=0,
        maximum=1,
        step=0.1,
    )
    distillation_temperature: float = setting(
        2.0,
        "Temperature of the teachers",
        "teachers",
        "With --teachers or --teacher-views: softens answers before they are compared (Hinton et al., 2015, "
        "arXiv:1503.02531). 1 compares them as they are; 2 to 3 show more of a teacher's second choices.",
        minimum=0.1,
        maximum=20,
        step=0.5,
    )
    early_stopping: int = setting(
        0,
        "Early stopping",
        "run",
        "Ends the run after this many epochs without a better validation accuracy; 0 never does. Saves time, but with "
        "the cosine schedule the best epochs are the last ones.",
        minimum=0,
        maximum=1000,
        step=1,
    )
    precision: str = setting(
        "auto",
        "Precision",
        "run",
        "mixed_bfloat16 is 1.5 times as fast on processors that support it, and auto uses it there. In three pairs of "
        "runs it cost no accuracy beyond the difference between seeds.",
        choices=("auto", "float32", "mixed_bfloat16"),
    )
    answer: str = setting(
        "mirrored",
        "Answer",
        "run",
        "mirrored asks the network about the face and about its mirror image and takes the mean: this gains 0.3 to "
        "1.5 points and takes twice the time per face. single asks once.",
        choices=("mirrored", "single"),
    )
    seed: int = setting(
        1,
        "Seed",
        "run",
        "Of the weights, the order and the augmentation. Runs that differ only here differ by about half a point.",
        minimum=0,
        maximum=2**31 - 1,
        step=1,
    )
    augment: AugmentConfig = field(default_factory=AugmentConfig)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.start_share and not self.init_from:
            raise ConfigError(
                f"Share of the start (start_share) is {self.start_share}, but there is no model to start from. "
                "Choose one (init_from), or set the share to 0."
            )
        if self.join_with and not (self.init_from and self.ferplus_weight):
            raise ConfigError(
                "A network to join with (join_with) needs a start to stand beside (init_from), and votes "
                "(ferplus_weight) that both have learnt from. Set those, or leave it out."
            )
        if self.freeze_epochs > self.epochs:
            raise ConfigError(
                f"Frozen epochs (freeze_epochs) must be at most the run's epochs, {self.epochs}, "
                f"got {self.freeze_epochs}."
            )

    @property
    def peak_learning_rate(self) -> float:
        """The highest learning rate at the batch size in use."""
        return self._rate_at_128 * self.batch_size / RECIPE_BATCH

    @property
    def learning_rate_words(self) -> str:
        """The peak that is used, and how it follows from the settings: "0.05 = 0.1 (automatic for sgd) x 64 / 128"."""
        tuned = ", fine-tuning" if self.init_from else ""
        how = "as set" if self.learning_rate else f"automatic for {self.optimizer}{tuned}"
        batch = f"batch size {self.batch_size} / {RECIPE_BATCH}"
        return f"{self.peak_learning_rate:.4g} = {self._rate_at_128:.4g} ({how}) x {batch}"

    @property
    def _rate_at_128(self) -> float:
        return self.learning_rate or _RATES[self.optimizer] * (_FINE_TUNING_RATE if self.init_from else 1)

    def to_json(self) -> str:
        """As indented JSON."""
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "TrainingConfig":
        """The inverse of `to_json`'s mapping. Settings that it lacks, as files of earlier versions do, get defaults.

        Raises:
            ConfigError: a name is unknown or a value out of range.
        """
        refuse_unknown(cls, values)
        values = dict(values)
        if isinstance(values.get("augment"), dict):
            values["augment"] = augment_from_dict(values["augment"])
        return cls(**values)
