// The matrix: one cell at a time is in the order of Tab, arrow keys move to others; find and order rows.

function setUpMatrix(section) {
  const body = section.querySelector("tbody");
  const given = [...body.rows];
  const cell = (row, column) => row?.cells[column]?.querySelector("button");
  const open = (button) => openDetails(section.dataset.board, button);
  let current = body.querySelector("button");
  current?.setAttribute("tabindex", "0");

  const focus = (button) => {
    current?.setAttribute("tabindex", "-1");
    current = button;
    current.setAttribute("tabindex", "0");
    current.focus();
  };

  /** The next cell from here in a direction, over empty ones and rows that were not found. */
  const next = (button, down, right) => {
    const column = button.closest("td").cellIndex;
    const rows = [...body.rows].filter((row) => !row.hidden);
    let row = rows.indexOf(button.closest("tr")) + down;
    let place = column + right;
    for (; row >= 0 && row < rows.length && place > 0 && place < rows[row].cells.length; row += down, place += right) {
      const found = cell(rows[row], place);
      if (found) return found;
    }
    return null;
  };

  const moves = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };
  body.addEventListener("keydown", (event) => {
    const button = event.target.closest("button");
    if (!button || !moves[event.key]) return;
    event.preventDefault();
    const found = next(button, ...moves[event.key]);
    if (found) focus(found);
  });
  body.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    focus(button);
    open(button);
  });

  const controls = section.querySelector("form");
  const name = (row) => row.cells[0].textContent.trim();
  const scores = (row) => [...row.querySelectorAll("button")].map((b) => parseFloat(b.textContent)).filter((s) => !Number.isNaN(s));
  const mean = (row) => { const s = scores(row); return s.length ? s.reduce((a, b) => a + b) / s.length : Infinity; };
  const spread = (row) => { const s = scores(row); return s.length ? Math.max(...s) - Math.min(...s) : -1; };
  const sorts = {
    given: () => given,
    name: () => [...given].sort((a, b) => name(a).localeCompare(name(b))),
    hardest: () => [...given].sort((a, b) => mean(a) - mean(b)),
    spread: () => [...given].sort((a, b) => spread(b) - spread(a)),
  };
  controls.order.addEventListener("change", () => body.append(...sorts[controls.order.value]()));
  controls.find.addEventListener("input", () => {
    const wanted = controls.find.value.trim().toLowerCase();
    let found = 0;
    for (const row of given) {
      row.hidden = !name(row).toLowerCase().includes(wanted);
      found += !row.hidden;
    }
    controls.querySelector("output").value = wanted ? `${found} of ${given.length} scenarios` : "";
    const seen = current?.closest("tr").hidden ? body.querySelector("tr:not([hidden]) button") : null;
    if (seen) {
      current.setAttribute("tabindex", "-1");
      current = seen;
      current.setAttribute("tabindex", "0");
    }
  });
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
}

for (const section of document.querySelectorAll("section.matrix")) setUpMatrix(section);
