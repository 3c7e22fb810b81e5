(function () {
  "use strict";
  const rows = Array.from(document.querySelectorAll(".sortable tbody tr"));
  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const count = document.getElementById("count");

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach(function (row) {
      const fits = words.every(function (word) { return row.dataset.words.includes(word); })
        && (!verdict.value || row.dataset.verdict === verdict.value);
      row.hidden = !fits;
      shown += fits;
    });
    count.textContent = shown === rows.length ? rows.length + " rows" : shown + " of " + rows.length + " rows";
  }

  // Numbers by value, texts by letters; cells without a value last in both directions.
  function compare(index, sign) {
    return function (one, other) {
      const cells = [one.cells[index], other.cells[index]];
      const values = cells.map(function (cell) { return cell.dataset.value ?? cell.textContent.trim(); });
      if (values[0] === "" || values[1] === "") { return (values[0] === "") - (values[1] === ""); }
      const numeric = cells.every(function (cell) { return cell.dataset.value !== undefined; });
      return sign * (numeric ? values[0] - values[1] : values[0].localeCompare(values[1]));
    };
  }

  document.querySelectorAll(".sortable thead button").forEach(function (button) {
    button.addEventListener("click", function () {
      const head = button.parentElement;
      const table = head.closest("table");
      const descending = head.getAttribute("aria-sort") === "ascending"
        || (head.classList.contains("r") && head.getAttribute("aria-sort") !== "descending");
      table.querySelectorAll("[aria-sort]").forEach(function (other) { other.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const body = table.tBodies[0];
      Array.from(body.rows).sort(compare(head.cellIndex, descending ? -1 : 1)).forEach(function (row) { body.append(row); });
    });
  });
  document.querySelector(".filters").addEventListener("submit", function (event) { event.preventDefault(); });
  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  filter();
}());
