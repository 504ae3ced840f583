// Sets the colour scheme before the first paint; a file of its own because the page allows no inline script.
(function () {
  var chosen = null;
  try {
    chosen = localStorage.getItem("sting-scheme");
  } catch (_) {
    /* stores are off: follow the system */
  }
  var dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
