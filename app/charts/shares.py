"""Shares of the time as bars. Pure functions; no Streamlit."""

from collections.abc import Mapping

import plotly.graph_objects as go

from app.charts.style import HOVER, frame, label_words
from app.formatting import whole_percent
from app.session_statistics.summary import STATES
from fer_core.emotions import EMOTION_COLOURS


def distribution(shares: Mapping[str, float], leaning: Mapping[str, float]) -> go.Figure:
    """Share of the time per label, in the order of STATES; the part that was only leaning is striped.

    Args:
        shares: state to share of the time.
        leaning: emotion to the part of it that was only leaning.
    """
    striped = [leaning.get(state, 0.0) for state in STATES]
    full = [shares[state] - part for state, part in zip(STATES, striped, strict=True)]
    figure = go.Figure()
    for values, is_striped in ((full, False), (striped, True)):
        figure.add_bar(
            x=[100 * value for value in values],
            y=[state.capitalize() for state in STATES],
            orientation="h",
            marker_color=[EMOTION_COLOURS[state] for state in STATES],
            marker_pattern={"shape": "/" if is_striped else "", "size": 5, "solidity": 0.5},
            marker_line_width=0,
            customdata=[label_words(state, leaning=is_striped) for state in STATES],
            hovertemplate="%{customdata}: %{x:.1f} %<extra></extra>",
        )
    # Text of its own: that of a bar without length, such as a leaning one, stands at the axis.
    figure.add_scatter(
        x=[100 * shares[state] for state in STATES],
        y=[state.capitalize() for state in STATES],
        mode="text",
        text=[f" {whole_percent(shares[state])}" for state in STATES],
        textposition="middle right",
        cliponaxis=False,
        hoverinfo="skip",
    )
    frame(figure, height=250, margin=(0, 12, 8, 8), dragmode=False, hoverlabel=HOVER, barmode="stack")
    figure.update_xaxes(visible=False, range=[0, 118 * max(0.01, *shares.values())], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, automargin=True)
    return figure
