"""Check a rendered page: accessibility (axe), overflow, and small targets."""

from pathlib import Path

from playwright.sync_api import Page

from tests.e2e.browsers import Theme

WIDTHS = (320, 390, 768, 1440)

_HERE = Path(__file__).parent
_AXE = (_HERE / "vendor" / "axe-4.14.1.min.js").read_text()
_MISFITS = (_HERE / "misfits.js").read_text()
_SMALL_TARGETS = (_HERE / "small_targets.js").read_text()
# A theme changes nothing but colors, so only the rules about colors run again.
_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
_RULES: dict[Theme, dict[str, object]] = {
    "light": {"type": "tag", "values": _TAGS},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}
_RUN_AXE = """async (rules) => {
    const {violations} = await axe.run(document, {
        runOnly: rules,
        resultTypes: ["violations"],
    });
    return violations.flatMap(({id, nodes}) => nodes.map(
        (node) => `${id}: ${node.target.join(" ")}: ${node.failureSummary}`));
}"""

# During a transition, contrasts and positions are wrong. An inherited value
# changes one level a frame, so one quiet frame is not enough.
_SETTLE = """async () => {
    for (let quiet = 0; quiet < 3; quiet += 1) {
        await new Promise(requestAnimationFrame);
        const changes = document.getAnimations().filter((each) => each instanceof CSSTransition);
        if (changes.length) quiet = -1;
    }
}"""


def find_violations(page: Page) -> dict[str, list[str]]:
    """Return the accessibility violations that axe finds, by theme."""
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(_AXE)
    found = {}
    for theme, rules in _RULES.items():
        page.emulate_media(color_scheme=theme)
        page.evaluate(_SETTLE)
        found[str(theme)] = page.evaluate(_RUN_AXE, rules)
    return {theme: words for theme, words in found.items() if words}


def find_misfits(page: Page) -> dict[int, list[str]]:
    """Return what overflows, by window width."""
    size = page.viewport_size or {"width": WIDTHS[-1], "height": 800}
    found = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate(_SETTLE)
        found[width] = page.evaluate(_MISFITS)
    page.set_viewport_size(size)
    return {width: words for width, words in found.items() if words}


def find_small_targets(page: Page, least: float) -> list[str]:
    """Return the controls that are smaller than this many pixels in either direction."""
    found: list[str] = page.evaluate(_SMALL_TARGETS, least)
    return found
