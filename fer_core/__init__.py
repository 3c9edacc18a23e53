"""The shared library of FER Studio: find faces in frames, name their expressions, follow them over time.

    from fer_core import EmotionPipeline, build_detector, load_model

    pipeline = EmotionPipeline(build_detector(), load_model("default"))
    result = pipeline.process(frame_bgr, captured_at_s)

It imports neither the app nor the training side, neither Streamlit nor TensorFlow.
"""

from fer_core.annotate import annotate
from fer_core.emotions import EMOTION_COLOURS, EMOTIONS
from fer_core.errors import ArtifactError, DetectorError, FerError, InputError, MediaError
from fer_core.expressions.baseline import Baseline, check_baseline
from fer_core.expressions.card import ModelCard
from fer_core.expressions.model import EmotionModel, list_models, load_model
from fer_core.expressions.occlusion import occlusion_map, overlay_occlusion
from fer_core.faces.blazeface import BlazeFaceDetector
from fer_core.faces.crops import crop_faces
from fer_core.faces.detector import FaceDetector, HaarDetector, YuNetDetector, build_detector
from fer_core.history import EmotionHistory
from fer_core.pipeline import STILL, EmotionPipeline, PipelineSettings
from fer_core.results import Doubt, Face, FaceEmotion, FaceQuality, FrameResult, Level, label_words

__version__ = "0.2.0"

__all__ = [
    "EMOTIONS",
    "EMOTION_COLOURS",
    "STILL",
    "ArtifactError",
    "Baseline",
    "BlazeFaceDetector",
    "DetectorError",
    "Doubt",
    "EmotionHistory",
    "EmotionModel",
    "EmotionPipeline",
    "Face",
    "FaceDetector",
    "FaceEmotion",
    "FaceQuality",
    "FerError",
    "FrameResult",
    "HaarDetector",
    "InputError",
    "Level",
    "MediaError",
    "ModelCard",
    "PipelineSettings",
    "YuNetDetector",
    "__version__",
    "annotate",
    "build_detector",
    "check_baseline",
    "crop_faces",
    "label_words",
    "list_models",
    "load_model",
    "occlusion_map",
    "overlay_occlusion",
]
