"""Two to four models side by side: their cards' figures, and McNemar's test on the same images by a child process."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from app.access import current
from app.access.files import own_archives
from app.charts import training as training_charts
from app.formatting import exact_percent
from app.markdown_text import sentence
from app.training import child_jobs as training_jobs
from app.training import model_jobs
from app.training.answers import read_comparison, read_evaluation
from app.training.measured import measured_on
from app.views.models import tables as models_tables
from app.views.models.rows import COMPARED_KEY
from app.views.shared import page_parts, training_tables, widget_keys
from app.views.training.dataset_report import PLOT_CONFIG
from fer_core.expressions.model_list import StoredModel
from train.evaluation.compare import LETTERS, ComparedPair, Comparison
from train.runs.files import PROGRESS, read_epochs

_SPLITS = ("test", "validation")
_MOST = 4


def render(models: list[StoredModel]) -> None:
    """Draw the comparison."""
    if len(models) < 2:
        st.caption("There is only one model. Train another one on the Train page to compare them.")
        return
    titles = page_parts.model_titles(models)
    chosen = _choose(models, titles)
    if len(chosen) < 2:
        st.caption(f"Choose two to {_MOST} models.")
        return
    st.html(models_tables.key(dict(enumerate(titles[model.folder] for model in chosen))))
    _from_cards(chosen)
    _curves(chosen)
    _on_same_images(chosen)


def _choose(models: list[StoredModel], titles: dict[Path, str]) -> list[StoredModel]:
    by_folder = {model.folder: model for model in models}
    _keep_to(by_folder)
    folders = st.multiselect(
        "Models",
        list(by_folder),
        key=widget_keys.key_of(COMPARED_KEY),
        max_selections=_MOST,
        select_all=False,
        persist_state="session",
        format_func=titles.__getitem__,
        help=f"Up to {_MOST}. Differences are to the first one.",
    )
    return [by_folder[folder] for folder in folders]


def _keep_to(by_folder: Mapping[Path, StoredModel]) -> None:
    """Choose the first two at first, the live one among them; forget models that are gone."""
    before: list[Path] = st.session_state.get(widget_keys.key_of(COMPARED_KEY), list(by_folder)[:2])
    widget_keys.set_value(COMPARED_KEY, [folder for folder in before if folder in by_folder])


def _from_cards(models: Sequence[StoredModel]) -> None:
    cards = [model.card for model in models if model.card]
    splits = [split for split in _SPLITS if all(split in card.metrics for card in cards)]
    if not splits:
        st.caption("The cards have no split in common.")
        return
    split = splits[0]
    if len(splits) > 1:
        split = st.segmented_control(
            "Split",
            splits,
            default=split,
            required=True,
            format_func=str.capitalize,
            key="compare_card_split",
            persist_state="session",
        )
    reports = [report for card in cards if (report := read_evaluation(card.metrics[split])) is not None]
    if len(reports) < len(cards):
        st.warning(f"The figures of the {split} split are damaged in one of the cards.")
        return
    st.caption(
        f"From the model cards, {split} split. Small: difference to {LETTERS[0]} in points.",
        help="Bold: the best of a row. A lower calibration error is better.",
    )
    sets = [measured_on(card, split) for card in cards]
    same = len({measured.is_same_as for measured in sets}) == 1
    if not same:
        st.warning(
            "They were measured on different images, so the figures cannot be ranked. Test them on the same images "
            "below."
        )
    st.html(models_tables.figures(reports, measured_on=[measured.title for measured in sets], comparable=same))
    st.caption("Confusion, in % of each row", help="Rows: the label. Columns: the answer.")
    for start in range(0, len(reports), 2):
        # Row by row, so that on a phone, where columns stack, the order stays.
        for index, column in enumerate(st.columns(2, gap="medium")[: len(reports) - start], start=start):
            with column:
                matrix = training_tables.confusion(reports[index].confusion, shares=True)
                st.html(models_tables.key({index: cards[index].name}) + matrix)


def _curves(models: Sequence[StoredModel]) -> None:
    curves = {}
    for index, model in enumerate(models):
        run_dir = model.folder.parent
        if model.origin == "run" and (run_dir / PROGRESS).exists():
            curves[index] = read_epochs(run_dir)
    if curves:
        st.caption("Validation accuracy during training", help="Only for models whose run still exists.")
        st.plotly_chart(training_charts.validation_curves(curves), key="compare_curves", config=PLOT_CONFIG)


def _on_same_images(models: Sequence[StoredModel]) -> None:
    st.subheader("On the same images", anchor=False)
    archives = {archive.path: archive for archive in own_archives(current.signed_in())}
    if not archives:
        st.caption("To test whether the difference is statistically significant, upload an archive on the Train page.")
        return
    left, right = st.columns(2, gap="medium")
    with left:
        archive: Path = st.selectbox(
            "Archive",
            list(archives),
            key="compare_archive",
            persist_state="session",
            format_func=lambda path: archives[path].title,
        )
    with right:
        split = st.selectbox(
            "Split", _SPLITS[::-1], key="compare_split", persist_state="session", format_func=str.capitalize
        )
    job = model_jobs.comparison([model.folder for model in models], archive, split)
    view = training_jobs.look(job)
    comparison = read_comparison(view.answer) if view.state == "done" else None
    if view.state == "running":
        page_parts.wait(job, "Testing the models on the same images")
    elif comparison is not None and len(comparison.models) == len(models):
        _verdict(comparison, [model.name for model in models])
    else:
        if view.state != "new":
            st.error(sentence(view.error) or "The result is damaged. Test again.")
        if st.button("Test the difference", icon=":material/science:", key="compare_start") and page_parts.start(job):
            st.rerun()


def _verdict(comparison: Comparison, names: Sequence[str]) -> None:
    winners = _winners(comparison, names)
    if winners:
        st.success("  \n".join(winners))
    else:
        st.info("No statistically significant difference: the ranking could reverse on other images.")
    st.html(models_tables.pairs(comparison))
    accuracies = ", ".join(f"{LETTERS[i]} {exact_percent(share)}" for i, share in enumerate(comparison.accuracies))
    st.caption(f"{comparison.n:,} images. Accuracy: {accuracies}.", help=_TEST_WORDS)
    if len(comparison.pairs) == 1:
        _by_expression(comparison.pairs[0])


def _winners(comparison: Comparison, names: Sequence[str]) -> list[str]:
    """A sentence for each model that is ahead of others by a significant difference."""
    ahead: dict[int, list[str]] = {}
    for pair in comparison.pairs:
        if pair.is_beyond_chance:
            first, second = (pair.first, pair.second) if pair.difference > 0 else (pair.second, pair.first)
            than = f"than {LETTERS[second]} " if len(names) > 2 else ""
            ahead.setdefault(first, []).append(f"{than}by {100 * abs(pair.difference):.1f} points")
    return [
        f"{LETTERS[first]} · **{sentence(names[first])}** is better {', '.join(words)}: statistically significant."
        for first, words in sorted(ahead.items())
    ]


_TEST_WORDS = (
    "McNemar's test uses the images that only one of the two models gets right. p is the probability of a split at "
    "least this uneven if both were equally good; below 0.05 counts as significant. With several pairs, the p-values "
    "are corrected by Holm's method. Below the points: the 95 % interval."
)


def _by_expression(pair: ComparedPair) -> None:
    st.caption(f"Recall by expression: {LETTERS[pair.first]} minus {LETTERS[pair.second]}, in points")
    st.plotly_chart(
        training_charts.class_differences(pair.recall_difference), key="compare_classes", config=PLOT_CONFIG
    )
