// What the theme leaves out for readers who do not use a mouse or do not see the page.

// A page opened from a disk may not read its neighbours: the search then lists them without their first lines.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

document.addEventListener("DOMContentLoaded", () => {
  const each = (selector, change) => document.querySelectorAll(selector).forEach(change);
  const scrolls = "article pre, article .katex-display, article .sig, .pst-scrollable-table-container";

  // A button is called what it reads; the theme's tooltips name the search anew while the page loads.
  const rename = () => each("summary[aria-label], .search-button-field", (button) => button.removeAttribute("aria-label"));
  addEventListener("load", rename);
  each(".bd-sidebar-primary", (side) => Object.assign(side, { role: "complementary", ariaLabel: "Contents" }));

  // A list holds items and nothing else; in this one the theme puts links between them.
  each(".citation-list", (list) => list.removeAttribute("role"));

  // Whatever scrolls sideways can be reached and moved by the keyboard.
  const reach = () => each(scrolls, (box) => {
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  });
  each("article", (page) => new ResizeObserver(reach).observe(page));
  each("article details", (box) => box.addEventListener("toggle", reach));
});
