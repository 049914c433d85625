// A table that is wider than its place can be scrolled from the keyboard too.
const reachable = () => {
  for (const place of document.querySelectorAll(".pst-scrollable-table-container"))
    place.tabIndex = place.scrollWidth > place.clientWidth ? 0 : -1;
};
addEventListener("load", reachable);
addEventListener("resize", reachable);
