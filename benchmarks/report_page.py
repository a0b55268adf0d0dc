"""The report as one HTML page that needs nothing from outside."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #1f1d1a; --soft: #57524a; --paper: #fbfaf7; --line: #d8d3c8; --card: #fff; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #f1eee8; --soft: #b9b3a8; --paper: #161513; --line: #3d3933; --card: #201e1b; }
}
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 62rem; padding: 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; }
nav ul { columns: 2 16rem; padding-left: 1.2rem; }
p, li { max-width: 46rem; } .measured, .made { color: var(--soft); font-size: .82rem; overflow-wrap: anywhere; }
a { color: inherit; }
.wide { overflow-x: auto; border: 1px solid var(--line); border-radius: 8px; background: var(--card); }
table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { padding: .3rem .6rem; text-align: left; border-bottom: 1px solid var(--line); white-space: nowrap;
  font-variant-numeric: tabular-nums; }
th { position: sticky; top: 0; background: var(--card); }
tr:last-child td { border-bottom: 0; }
figure { margin: 1rem 0; padding: .6rem; background: #fff; color: #1f1d1a; border-radius: 8px;
  border: 1px solid var(--line); overflow-x: auto; }
figure svg { width: 100%; max-width: 50rem; height: auto; min-width: 30rem; }
figcaption { font-size: .85rem; font-weight: 600; }
summary { cursor: pointer; padding: .3rem 0; }
"""


def page(report: Mapping[str, Any]) -> str:
    """The whole page."""
    sections = report["sections"]
    links = "\n".join(f'<li><a href="#{escape(s["name"])}">{escape(s["title"])}</a></li>' for s in sections)
    body = "\n".join(map(_section, sections))
    title = escape(report["title"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p class="made">Made on {escape(report["made"])} by <code>make evaluate</code>. What is measured is held out: no model
learned from it; where training music stands beside it, that is said.</p>
<nav aria-label="Contents"><ul>
{links}
</ul></nav>
<main>
{body}
</main>
</body>
</html>
"""


def _section(section: Mapping[str, Any]) -> str:
    paragraphs = "\n".join(f"<p>{escape(text)}</p>" for text in section["text"].split("\n\n") if text)
    plots = "\n".join(
        f"<figure><figcaption>{escape(plot['title'])}</figcaption>{plot['svg']}</figure>" for plot in section["plots"]
    )
    measured = f'<p class="measured">{escape(section["measured"])}</p>' if section["measured"] else ""
    return f"""<section id="{escape(section["name"])}">
<h2>{escape(section["title"])}</h2>
{paragraphs}
{plots}
{_table(section)}
{measured}
</section>"""


def _table(section: Mapping[str, Any]) -> str:
    table = section["table"]
    if not table:
        return ""
    head = "".join(f'<th scope="col">{escape(str(name))}</th>' for name in table["columns"])
    rows = "\n".join("<tr>" + "".join(f"<td>{escape(str(c))}</td>" for c in row) + "</tr>" for row in table["rows"])
    shown = f'<div class="wide" tabindex="0"><table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div>'
    return f"<details><summary>{len(table['rows'])} rows</summary>{shown}</details>" if section["long"] else shown
