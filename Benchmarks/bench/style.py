"""How charts look: as SVG, text stays text, and the same figures give the same file."""

STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "waybill",
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"],
    "font.size": 11,
    "axes.edgecolor": "#57606a",
    "axes.labelcolor": "#24292f",
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "grid.color": "#d8dee4",
    "grid.linewidth": 0.7,
    "text.color": "#24292f",
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
}
