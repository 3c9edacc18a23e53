"""The words of labels: which folder names and csv cells mean which emotion, in English and in other languages."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final

from fer_core.emotions import EMOTIONS

CONTEMPT: Final = "contempt"
"""An emotion of other data sets that this program's networks do not tell: its faces are left out and counted."""

_SYNONYMS: Final = {
    "angry": "anger angriness ang furious rage wut wuetend wütend ärger aerger ärgerlich zorn zornig enojo enojado "
    "enojada enfado enfadado enfadada ira rabia colère en_colère fâché rabbia arrabbiato arrabbiata raiva "
    "zangado irritado boos boosheid kızgın kizgin öfke marah злость гнев 愤怒 生气 怒り 분노",
    "disgust": "disgusted disgusting dis revulsion ekel angeekelt asco asqueado disgusto dégoût degout dégoûté "
    "disgustato nojo walging iğrenme igrenme tiksinme jijik отвращение 厌恶 嫌悪 혐오",
    "fear": "fearful afraid scared frightened fright fea angst ängstlich aengstlich furcht miedo temor asustado "
    "peur effrayé paura spaventato medo bang korku takut страх 恐惧 害怕 恐怖 恐れ 공포",
    "happy": "happiness joy joyful hap glücklich gluecklich glück freude fröhlich froehlich freudig feliz felicidad "
    "alegría alegria alegre heureux heureuse joie bonheur felice felicità gioia felicidade blij blijdschap "
    "mutlu mutluluk senang bahagia радость счастье 高兴 开心 快乐 喜び 幸せ 행복",
    "sad": "sadness unhappy sorrow traurig trauer traurigkeit triste tristeza tristesse tristezza verdrietig verdriet "
    "üzgün uzgun üzüntü sedih грусть печаль 悲伤 伤心 难过 悲しみ 슬픔",
    "surprise": "surprised surprising astonished astonishment amazed sur überraschung ueberraschung überrascht "
    "ueberrascht sorpresa sorprendido sorprendida surpris sorpreso surpresa surpreso verrast verrassing "
    "şaşkın saskin şaşırma terkejut удивление 惊讶 惊喜 吃惊 驚き 놀람",
    "neutral": "neutrality neu neutro neutra neutre neutrale neutraal nötr notr netral "
    "нейтральный нейтральное 中性 中立 真顔 중립",
    CONTEMPT: "contemptuous verachtung desprecio mépris disprezzo desprezo küçümseme презрение 轻蔑 蔑视",
}
_UNLABELLED: Final = frozenset(
    {"", "nan", "none", "null", "na", "n/a", "?", "unlabelled", "unlabeled", "unknown", "uncertain"}
)
_FILLER_WORDS: Final = (
    "face faces image images img imgs picture pictures photo photos pic pics class label emotion emotions expression "
    "expressions category cat set data dataset folder split public private x y crop crops cropped aligned people "
    "person man woman men women"
)
_FILLERS: Final = frozenset(_FILLER_WORDS.split())
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_NUMBER: Final = re.compile(r"(?:(?:class|label|emotion|expression|category)[ _-]?)?([0-9])(?:\.0*)?", re.IGNORECASE)


def plain(word: str) -> str:
    """`word` in lower case, without accents and without white space around it."""
    decomposed = unicodedata.normalize("NFKD", word.strip().casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def tokens(name: str) -> list[str]:
    """The words within a name, plain: `01_TrainSet-faces` has train, set and faces."""
    return [plain(word) for word in _LETTERS.findall(_CAMEL.sub(" ", unicodedata.normalize("NFC", name)))]


_EMOTION_OF: Final = {
    plain(word): emotion for emotion, words in _SYNONYMS.items() for word in (emotion, *words.split())
}


@lru_cache(maxsize=1024)
def named_emotion(name: str) -> str | None:
    """The emotion that a folder name or csv cell means by its words: one of `EMOTIONS`, or CONTEMPT.

    Numbers and fillers may stand around the word (`0_angry`, `happy - 3`, `sad_faces`, `train_fear`). None for a name
    with another word, with two emotions, or with none.
    """
    whole = _EMOTION_OF.get(plain(name))
    if whole is not None:
        return whole
    words = tokens(name)
    found = {_EMOTION_OF[word] for word in words if word in _EMOTION_OF}
    others = [word for word in words if word not in _EMOTION_OF and word not in _FILLERS and not is_split_word(word)]
    return found.pop() if len(found) == 1 and not others else None


@lru_cache(maxsize=1024)
def label_number(word: str) -> int | None:
    """The number 0-9 that a folder name or csv cell is, also as `3.0` or `class_3`; None for anything else."""
    match = _NUMBER.fullmatch(word.strip())
    return int(match[1]) if match else None


def is_no_label(word: str) -> bool:
    """Whether a name or cell says that there is no label: it is empty, or `unlabelled`, `nan` and the like."""
    return plain(word) in _UNLABELLED


def is_filler(name: str) -> bool:
    """Whether a folder's name says nothing about what is in it but perhaps the split, as `test` and `images` do."""
    words = tokens(name)
    return bool(words) and all(word in _FILLERS or word in _UNLABELLED or is_split_word(word) for word in words)


def nearest_emotion(name: str) -> str | None:
    """The emotion whose name looks most like a word of `name`; None where none does."""
    for word in [plain(name), *tokens(name)]:
        if match := get_close_matches(word, _EMOTION_OF, n=1, cutoff=0.7):
            return _EMOTION_OF[match[0]]
    return None


def accepted_names() -> str:
    """For messages: the names that every class may have."""
    return f"{', '.join(EMOTIONS)}, their synonyms and their names in other languages, such as anger, joy or tristeza"


_SPLIT_WORD: Final = re.compile(
    r"[xy]?(?:"
    r"(?P<train>train(?:ing)?s?(?:val)?|trn|entrenamiento|entrainement|apprentissage|addestramento|treino|treinamento|egitim|訓練|训练)|"
    r"(?P<validation>val(?:id(?:ation|ate|acion|azione)?)?s?|validierungs?|dev(?:elopment)?|eval(?:uation)?|publictest|validacao|dogrulama|験証|検証|验证)|"
    r"(?P<test>test(?:ing|s)?|privatetest|holdout|heldout|tst|testes?|pruebas?|prova|测试|測試|テスト)"
    r")(?:sets?|data|daten|images?|imgs?|faces?|splits?|dataset|dir|folder|x|y|df|satz|集|数据集?|數據集?|テータ)?"
)


def is_split_word(word: str) -> bool:
    """Whether a plain word names a split."""
    return _SPLIT_WORD.fullmatch(word) is not None


def splits_in(words: Sequence[str]) -> set[str]:
    """The splits that plain words name; public and private go with the test that follows them."""
    return set(_splits(words))


def _splits(words: Sequence[str]) -> Iterable[str]:
    for before, word in zip(("", *words), words, strict=False):
        match = _SPLIT_WORD.fullmatch(before + word if before in ("public", "private", "held") else word)
        if match is not None and match.lastgroup is not None:
            yield match.lastgroup
