"""What tools/bench prints and writes: ratio tables in text and Markdown, and a plot in SVG.

In: the minima {kernel: {engine: nanoseconds}} and the engine that the others are compared with. Out: strings. A ratio is always
the other engine's time divided by the subject's: above 1 the subject is faster.
"""
import math
from xml.sax.saxutils import escape

COLOURS = ["#c0392b", "#2471a3", "#239b56", "#b7950b", "#7d3c98", "#566573", "#ca6f1e"]


def geomean(values):
    values = list(values)
    return math.exp(sum(map(math.log, values)) / len(values)) if values else float("nan")


def ratios(minima, subject, other):
    """{kernel: time of other / time of subject} over the kernels that both ran."""
    return {k: t[other] / t[subject] for k, t in minima.items() if other in t and subject in t}


def laid_out(head, rows, markdown=False):
    """A table as text, or in Markdown with its last row, the means, in bold."""
    if markdown:
        rows = rows[:-1] + [[f"**{cell}**" if cell else "" for cell in rows[-1]]]
        lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
    widths = [max(len(row[i]) for row in [head, *rows]) for i in range(len(head))]
    return "\n".join("  ".join(cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths)))
                     for row in [head, *rows])


def table(minima, engines, subject, markdown=False):
    """One row per kernel, worst ratio to the first peer first, and the geometric mean."""
    others = [e for e in engines if e != subject]
    by_other = {e: ratios(minima, subject, e) for e in others}
    order = sorted(minima, key=lambda k: by_other[others[0]].get(k, math.inf)) if others else sorted(minima)
    head = ["kernel", f"{subject}, ms", *(f"{e} / {subject}" if not markdown else e for e in others)]
    rows = []
    for kernel in order:
        own = minima[kernel].get(subject)
        rows.append([kernel, f"{own / 1e6:.2f}" if own else "–",
                     *(f"{by_other[e][kernel]:.2f}" if kernel in by_other[e] else "–" for e in others)])
    rows.append(["geometric mean", "", *(f"{geomean(by_other[e].values()):.2f}" if by_other[e] else "–" for e in others)])
    return laid_out(head, rows, markdown)


def plot(minima, engines, subject, titles):
    """A dot per kernel and engine on a logarithmic axis; the subject is the line at 1."""
    others = [e for e in engines if e != subject]
    by_other = {e: ratios(minima, subject, e) for e in others}
    order = sorted(minima, key=lambda k: by_other[others[0]].get(k, math.inf))
    rows = [*order, "geometric mean"]
    every = [r for e in others for r in by_other[e].values()]
    low = min(0.5, 2 ** math.floor(math.log2(min(every))))
    high = max(2, 2 ** math.ceil(math.log2(max(every))))
    left, right, top, step = 130, 760, 58, 17
    height = top + step * len(rows) + 34

    def x_of(ratio):
        return left + (right - left) * math.log(ratio / low) / math.log(high / low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {right + 30} {height}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           f'<text x="{left}" y="18" font-size="13">time of another engine / time of {escape(titles[subject])}, logarithmic</text>']
    at = left
    for i, e in enumerate(others):
        out.append(f'<circle cx="{at + 5}" cy="34" r="4" fill="{COLOURS[i % len(COLOURS)]}"/>'
                   f'<text x="{at + 14}" y="38">{escape(titles[e])}</text>')
        at += 34 + 6.2 * len(titles[e])
    for power in range(round(math.log2(low)), round(math.log2(high)) + 1):
        ratio = 2.0 ** power
        x = x_of(ratio)
        width = 1.6 if power == 0 else 0.5
        out.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top - 8}" y2="{height - 28}" stroke="#888" stroke-width="{width}"/>'
                   f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle">{ratio:g}×</text>')
    for row, kernel in enumerate(rows):
        y = top + step * row + 4
        bold = ' font-weight="bold"' if kernel == rows[-1] else ""
        out.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end"{bold}>{kernel}</text>')
        for i, e in enumerate(others):
            ratio = geomean(by_other[e].values()) if kernel == rows[-1] else by_other[e].get(kernel)
            if ratio:
                shape = 5 if bold else 3.5
                out.append(f'<circle cx="{x_of(ratio):.1f}" cy="{y}" r="{shape}" fill="{COLOURS[i % len(COLOURS)]}" '
                           f'fill-opacity="0.85"><title>{kernel}: {escape(titles[e])} {ratio:.2f}</title></circle>')
    return "\n".join([*out, "</svg>", ""])


def replace_section(text, name, content):
    """Puts `content` between the marks `<!-- NAME -->` and `<!-- /NAME -->` of a page."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        return f"{text.rstrip()}\n\n{begin}\n{content.strip()}\n{end}\n"
    return f"{before}{begin}\n{content.strip()}\n{end}{rest.partition(end)[2]}"
