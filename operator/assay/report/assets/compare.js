// Two entries of a board: how much one has over the other, and the scenarios whose mean changed.

function setUpComparison(section) {
  const board = data(`compare-data-${section.dataset.board}`);
  const { first, second } = section.querySelector("form");
  for (const [select, chosen] of [[first, 1], [second, 0]]) {
    select.append(...board.entries.map((name, place) => el("option", { value: place, selected: place === chosen }, name)));
    select.addEventListener("change", show);
  }

  function show() {
    const [a, b] = [Number(first.value), Number(second.value)];
    section.querySelector(".verdict").textContent = verdict(board, a, b);
    section.querySelector("th.first").textContent = board.entries[a];
    section.querySelector("th.second").textContent = board.entries[b];
    const changes = board.scenarios.map((name, row) => ({ name, from: board.cells[row][a], to: board.cells[row][b] }))
      .filter(({ from, to }) => from && to && (from[0] !== to[0] || from[1] !== to[1]))
      .sort((one, other) => Math.abs(other.to[0] - other.from[0]) - Math.abs(one.to[0] - one.from[0]));
    section.querySelector("tbody").replaceChildren(...changes.map(changeRow));
    section.querySelector("caption").textContent = changes.length
      ? `${changes.length} of ${board.scenarios.length} scenarios changed, the greatest change first` : "No scenario changed";
  }
  section.hidden = false;
  show();
}

function changeRow({ name, from, to }) {
  const delta = to[0] - from[0];
  const isComparable = from[3].length === 1 && from[3].join() === to[3].join();
  const mark = isComparable ? null : el("abbr", { class: "differs", title: "Contents differ: the scores do not measure the same." }, " ≠");
  return el("tr", null,
    el("th", { scope: "row" }, name, mark),
    el("td", { class: "num" }, score(from[0])), el("td", { class: "num" }, score(to[0])),
    el("td", { class: `num ${delta < 0 ? "down" : "up"}` }, delta === 0 ? "±0" : signed(delta)),
    el("td", null, `${from[1]}/${from[2]} → ${to[1]}/${to[2]}`));
}

/** In words: the mean difference at common scenarios, and whether its interval holds zero. */
function verdict({ differences, entries }, a, b) {
  const found = differences.find(([one, other]) => (one === a && other === b) || (one === b && other === a));
  if (!found) return a === b ? "The same run twice." : "The two have no scenario in common.";
  const sign = found[0] === b ? 1 : -1;
  const [, , scenarios, mean, interval] = found;
  const text = `${entries[b]} − ${entries[a]}: ${signed(sign * mean)} at ${scenarios} scenario${scenarios === 1 ? "" : "s"}`;
  if (!interval) return `${text}.`;
  const [low, high] = interval.map((bound) => sign * bound).sort((x, y) => x - y);
  const holds = low <= 0 && high >= 0 ? "it holds 0: the difference may be chance" : "it does not hold 0";
  return `${text}, 95 % interval of the paired differences ${signed(low)} to ${signed(high)}; ${holds}.`;
}

for (const section of document.querySelectorAll("section.compare")) setUpComparison(section);
