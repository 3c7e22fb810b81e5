"use strict";
(function () {
  const config = {
    responsive: true,
    displaylogo: false,
    modeBarButtonsToRemove: ["select2d", "lasso2d", "autoScale2d"],
    toImageButtonOptions: { format: "svg" },
  };

  function draw(element) {
    const name = element.id.slice("plot-".length);
    const figure = JSON.parse(document.getElementById("data-" + name).textContent);
    const views = figure.views || {};
    document.querySelectorAll('.views[data-for="' + name + '"] button').forEach(function (button) {
      button.addEventListener("click", function () {
        button.parentElement.querySelectorAll("button").forEach(function (other) {
          other.setAttribute("aria-pressed", String(other === button));
        });
        // A view changes the layout, and where it shows other traces, these too.
        const view = views[button.dataset.view];
        if (view.traces) { Plotly.update(element, view.traces, view.layout || {}); } else { Plotly.relayout(element, view); }
      });
    });
    // A resized plot takes the height of its element, which has none of its own.
    element.style.height = figure.layout.height + "px";
    return Plotly.newPlot(element, figure.data, figure.layout, config).then(function () {
      element.style.minHeight = "";
      element.dataset.drawn = "yes";
    });
  }

  const plots = Array.from(document.querySelectorAll(".plot"));
  // One after the other, so that the first plots show while the last are drawn.
  plots.reduce(function (before, element) {
    return before.then(function () { return draw(element); });
  }, Promise.resolve());

  function fit() { plots.forEach(function (element) { Plotly.Plots.resize(element); }); }
  window.addEventListener("beforeprint", fit);
  window.addEventListener("afterprint", fit);

  const links = Array.from(document.querySelectorAll("nav a"));
  if ("IntersectionObserver" in window) {
    const seen = new IntersectionObserver(function (entries) {
      entries.filter(function (entry) { return entry.isIntersecting; }).forEach(function (entry) {
        links.forEach(function (link) {
          link.classList.toggle("here", link.hash === "#" + entry.target.id);
        });
      });
    }, { rootMargin: "-10% 0px -75% 0px" });
    document.querySelectorAll(".chapter").forEach(function (chapter) { seen.observe(chapter); });
  }
})();
