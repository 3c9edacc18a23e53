"""What is said of a data set before anyone trains on it: on the command line, in the report and in the run's notes."""

import json
from pathlib import Path

import pytest

from tests.helpers.archive_builders import csv_text, face, faces, folder_files, image, zip_bytes
from tests.helpers.synthetic import drawn_dataset
from train.__main__ import main
from train.archive.reader import Dataset, read_archive
from train.dataset.report import report_on
from train.dataset.warnings import labels_read, warnings_of

ROWS = faces(usages=("Training", "PublicTest", "PrivateTest"))
FOLDERS = {"Training": "train", "PublicTest": "val", "PrivateTest": "test"}
FILES = folder_files(ROWS, FOLDERS)


def read(tmp_path: Path, data: bytes, name: str = "faces.zip") -> Dataset:
    path = tmp_path / name
    path.write_bytes(data)
    return read_archive(path)


def renamed(**names: str) -> bytes:
    """The good archive with other names for some classes."""
    files = {}
    for place, data in FILES.items():
        split, emotion, file = place.split("/")
        files[f"{split}/{names.get(emotion, emotion)}/{file}"] = data
    return zip_bytes(files)


def test_a_whole_data_set_needs_no_warning(tmp_path: Path) -> None:
    dataset = read(tmp_path, zip_bytes(FILES))
    assert warnings_of(dataset) == ()
    assert labels_read(dataset) == ""
    assert warnings_of(drawn_dataset()) == ()


def test_misspelt_folders(tmp_path: Path) -> None:
    text = "\n".join(warnings_of(read(tmp_path, renamed(happy="hapy", surprise="suprise"))))
    assert "3 faces were passed over in the folder train/hapy" in text
    assert "hapy: did you mean happy?" in text
    assert "suprise: did you mean surprise?" in text
    assert "Accepted names: angry, disgust, fear, happy, sad, surprise, neutral" in text
    assert "The train split has no face of happy, surprise: a network trained on it will not know them." in text


def test_misspelt_labels_of_a_csv(tmp_path: Path) -> None:
    text = csv_text(ROWS).replace("\n3,", "\nhapy,")
    said = "\n".join(warnings_of(read(tmp_path, text.encode(), "faces.csv")))
    assert "9 faces were passed over with the label 'hapy', which is no emotion; hapy: did you mean happy?" in said


def test_five_of_seven(tmp_path: Path) -> None:
    rows = [row for row in ROWS if row[0] not in (1, 5)]
    said = warnings_of(read(tmp_path, zip_bytes(folder_files(rows, FOLDERS))))
    assert len(said) == 3
    assert all("no face of disgust, surprise" in sentence for sentence in said)


@pytest.mark.parametrize(
    "names",
    [
        {
            "angry": "Wut",
            "disgust": "Ekel",
            "fear": "Angst",
            "happy": "Freude",
            "sad": "Trauer",
            "surprise": "Überraschung",
        },
        {
            "angry": "enojo",
            "disgust": "asco",
            "fear": "miedo",
            "happy": "feliz",
            "sad": "triste",
            "surprise": "sorpresa",
        },
    ],
    ids=["German", "Spanish"],
)
def test_names_in_other_languages_need_no_warning(tmp_path: Path, names: dict[str, str]) -> None:
    assert warnings_of(read(tmp_path, renamed(**names))) == ()


def test_unlabelled_and_contempt(tmp_path: Path) -> None:
    files = (
        FILES | {f"test/{n}.png": image(face(600 + n)) for n in range(90)} | {"train/contempt/1.png": image(face(1))}
    )
    said = "\n".join(warnings_of(read(tmp_path, zip_bytes(files))))
    assert "90 faces were passed over in test: no folder or cell gives them a label." in said
    assert "1 face was left out for showing contempt" in said


def test_unknown_usage(tmp_path: Path) -> None:
    said = warnings_of(read(tmp_path, csv_text(ROWS).replace("PublicTest", "fold2").encode(), "faces.csv"))
    assert "21 faces were passed over: their Usage 'fold2' is none of Training" in said[0]


def test_many_places_are_summed(tmp_path: Path) -> None:
    files = FILES | {f"train/someone{n}/{n}.png": image(face(n)) for n in range(20)}
    said = warnings_of(read(tmp_path, zip_bytes(files)))
    assert len(said) == 10
    assert "12 further faces were passed over in 12 other places." in said


def test_the_command_says_it_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.zip"
    path.write_bytes(renamed(happy="hapy"))
    assert main(["inspect", str(path)]) == 0
    assert "Warning: The train split has no face of happy" in capsys.readouterr().out
    assert main(["inspect", str(path), "--json"]) == 0
    values = json.loads(capsys.readouterr().out)
    assert any("did you mean happy?" in sentence for sentence in values["warnings"])
    assert report_on(read_archive(path)).warnings == tuple(values["warnings"])


def test_how_numbers_were_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "faces.csv"
    path.write_text(csv_text([(label + 1, pixels, usage) for label, pixels, usage in ROWS]))
    assert main(["inspect", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "--label-order" in line
    assert main(["inspect", str(path), "--label-order", "rafdb"]) == 0
    assert "read in RAF-DB's order (1 surprise, 2 fear" in capsys.readouterr().out
    path.write_text(csv_text(ROWS))
    assert main(["inspect", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["labels_read"].startswith("Numeric labels were read in FER2013's order")
