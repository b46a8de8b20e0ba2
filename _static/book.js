// What the theme leaves out for readers who do not use a mouse or do not see the page.

{ // This script comes when the page is already seen.
  const each = (selector, change) => document.querySelectorAll(selector).forEach(change);
  const scrolls = "article pre, article .katex-display, article .sig, .pst-scrollable-table-container";

  // A button is called what it reads.
  each("summary[aria-label], .search-button-field", (button) => button.removeAttribute("aria-label"));
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

  // On paper there is nothing to unfold, and the paper is white.
  const look = document.documentElement.dataset;
  addEventListener("beforeprint", () => {
    look.seen = look.theme;
    look.theme = "light";
    each("article details:not([open])", (box) => { box.open = true; box.dataset.shut = ""; });
  });
  addEventListener("afterprint", () => {
    look.theme = look.seen;
    each("details[data-shut]", (box) => { box.open = false; delete box.dataset.shut; });
  });

  // A button at the top opens its menu, and closes it; so do Escape and a click anywhere else.
  const menus = [...document.querySelectorAll("[data-bs-toggle=dropdown]")];
  const open = (button, yes) => {
    button.ariaExpanded = yes;
    button.parentElement.querySelector(".dropdown-menu").classList.toggle("show", yes);
  };
  addEventListener("click", (event) => menus.forEach((button) =>
    open(button, button.contains(event.target) && button.ariaExpanded !== "true")));
  addEventListener("keydown", (event) => event.key === "Escape" && menus.forEach((button) => open(button, false)));

  // The contents of the page show where the reader is: in the last section that reaches the upper part of the window.
  const inView = new Set();
  const follow = new IntersectionObserver((sections) => {
    sections.forEach(({ target, isIntersecting }) => inView[isIntersecting ? "add" : "delete"](target.id));
    each(".bd-toc-nav .nav-link", (link) => link.classList.remove("active"));
    const here = [...document.querySelectorAll("article section[id]")].filter(({ id }) => inView.has(id)).pop();
    if (here) each(`.bd-toc-nav .nav-link[href="#${here.id}"]`, (link) => link.classList.add("active"));
  }, { rootMargin: "0px 0px -60%" });
  each("article section[id]", (section) => follow.observe(section));
}
