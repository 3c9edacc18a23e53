"""What the names on a path mean for split and label."""

import pytest

from train.archive.label_orders import is_number_code
from train.archive.vocabulary import (
    SplitOfPath,
    is_unlabelled,
    label_of_folders,
    split_of,
    split_of_csv,
    split_of_folders,
    split_of_source,
)

WORDS = {
    "train": "train Training train_set Training_Set TrainSet trainset train_images train-data X_train fer2013_train "
    "FER2013Train Train1 trainval Trainingsdaten entrenamiento training_faces "
    "tr trn Treino treinamento eğitim 训练集 训练",
    "validation": "val valid validation Validation_Data valset val_split FER2013Valid PublicTest public_test "
    "Public-Test dev devset eval Validierung fer2013-public-test validation2 "
    "validação doğrulama 验证集 検証データ",
    "test": "test Testing test_set TestSet testset test_images fer2013-test x_test PrivateTest private_test "
    "Private_Test_Images FER2013Test my_test_data holdout Testdaten test2 "
    "te tst Teste 测试集 テストデータ",
}


@pytest.mark.parametrize(("split", "word"), [(split, word) for split, words in WORDS.items() for word in words.split()])
def test_split_words_within_names(split: str, word: str) -> None:
    assert split_of(word) == split_of(word.upper() if "_" in word else word) == split


@pytest.mark.parametrize(
    "word",
    ["", "latest", "contest", "images", "fer2013", "strain", "train_test", "valence", "0", "te amo", "atr", "集"],
)
def test_names_without_one_split(word: str) -> None:
    assert split_of(word) is None


@pytest.mark.parametrize(
    ("path", "split", "in_doubt"),
    [
        ("fer/train_set/happy", "train", False),
        ("test_set/happy", "test", False),
        ("train/happy/test_person_3", "train", False),
        ("train/happy/testing", "test", False),
        ("my_test_archive/train/happy", "train", False),
        ("my_test_archive/val_set/happy", "validation", False),
        ("fer_train_test/test/happy", "test", False),
        ("happy", None, False),
        ("fer_train_test/happy", None, True),
        ("test_data/train_part/happy", "train", True),
        ("test/train/happy", "train", True),
    ],
)
def test_split_of_a_path(path: str, split: str | None, in_doubt: bool) -> None:
    assert split_of_folders(path.split("/")) == SplitOfPath(split, in_doubt)


def test_split_of_a_csv() -> None:
    assert split_of_csv("data/fer2013_test.csv").split == "test"
    assert split_of_csv("test/faces.csv").split == "test"
    assert split_of_csv("icml_face_data.csv") == SplitOfPath(None)


def test_the_name_of_the_whole_counts_only_where_it_says_nothing_else() -> None:
    names = (
        "test.csv",
        "PrivateTest.csv.gz",
        "0123456789abcdef-test.csv",
        "val",
        "my_test.csv",
        "test_archive0",
        "a.zip",
    )
    assert [split_of_source(name) for name in names] == ["test", "test", "test", "validation", None, None, None]


def test_label_of_a_path() -> None:
    assert label_of_folders(("happy", "1")) == 3
    assert label_of_folders(("fold", "2", "sad")) == 4
    assert label_of_folders(("fold", "x")) is None
    code = label_of_folders(("fold", "2", "x"))
    assert code is not None
    assert is_number_code(code)


@pytest.mark.parametrize(
    ("path", "unlabelled"),
    [
        ((), True),
        (("test",), True),
        (("test", "images"), True),
        (("unlabelled",), True),
        (("train", "hapy"), False),
    ],
)
def test_without_a_label_is_not_misspelt(path: tuple[str, ...], unlabelled: bool) -> None:
    assert is_unlabelled(path) == unlabelled
