"""What a browser can tell of a page: its barriers, its width."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def violations(page: "Page") -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, one line each. Evaluated, since the page's policy allows no script."""
    page.evaluate(AXE.read_text("utf-8"))
    # What passed is counted, not described: on a long page that took longer than the looking.
    found = page.evaluate(
        """async tags => {
            const how = {runOnly: {type: "tag", values: tags}, resultTypes: ["violations"]};
            return (await axe.run(document, how)).violations
        }""",
        WCAG,
    )
    return [
        f"{violation['id']}: {node['target']} {node.get('failureSummary', '')}"
        for violation in found
        for node in violation["nodes"]
    ]


def scrolls_sideways(page: "Page") -> bool:
    """Whether the page is wider than the window."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def small_targets(page: "Page") -> list[str]:
    """Buttons, boxes and fields lower than 44 px (with their labels), which a tired thumb would miss."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll(
                "main button, main input:not([type=hidden]), main select, main .button")]
            .map(element => [element, element.closest("label") ?? element])
            .filter(([, target]) => target.offsetParent && target.getBoundingClientRect().height < 43.5)
            .map(([element]) => element.outerHTML.slice(0, 100))"""
        )
    )


def open_all(page: "Page") -> None:
    """Opens everything that can be unfolded, one after the other, as somebody reading would."""
    closed = page.locator("details:not([open]) > summary >> visible=true")
    while closed.count():
        closed.first.click()
