// What is behind a cell: the attempts of an agent at a scenario.

const dialog = document.getElementById("details");

/** Open the dialog for a cell of a board's matrix. */
function openDetails(board, button) {
  const [, row, column] = button.id.match(/-(\d+)-(\d+)$/);
  const attempts = data(`d${board}-${row}`)[column];
  const scenario = button.closest("tr").cells[0].textContent.trim();
  const head = button.closest("table").tHead.rows[0].cells[button.closest("td").cellIndex];
  const close = el("button", { type: "button", click: () => dialog.close() }, "Close");
  const shown = el("div", { class: "attempt" });
  const choices = attempts.map((attempt, place) => el("button", { type: "button", click: () => show(place) },
    `Attempt ${attempt.attempt}: ${attempt.score === undefined ? attempt.reason ?? "Pending" : score(attempt.score)}`));
  const show = (place) => {
    choices.forEach((choice, other) => choice.setAttribute("aria-pressed", String(other === place)));
    shown.replaceChildren(...attemptView(attempts[place]));
  };
  dialog.replaceChildren(
    el("div", { class: "bar" },
      el("div", null, el("h2", { id: "details-title" }, scenario),
        el("span", { class: "sub" }, [...head.childNodes].map((node) => node.textContent.trim()).filter(Boolean).join(", "))),
      close),
    choices.length > 1 ? el("div", { class: "attempts", role: "group", "aria-label": "Attempts" }, choices) : "",
    shown);
  show(0);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  history.replaceState(null, "", `#${button.id}`);
}

dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });

const STATES = { Passed: "passed", NotPassed: "scored, not passed", Unscored: "not scored", Unfinished: "unfinished" };

function attemptView(attempt) {
  const blame = { Agent: "counts as 0", Author: "left out: the author's doing", Infrastructure: "left out: the infrastructure's doing" };
  const facts = [
    ["Run", attempt.name],
    ["Ended", STATES[attempt.state] + (attempt.blame ? `, ${blame[attempt.blame]}` : "")],
    ["Score", attempt.score === undefined ? null : score(attempt.score)],
    [attempt.state === "Unfinished" ? "Doing" : "Cause", attempt.reason],
    ["Agent", attempt.agent && [attempt.agent.reason, attempt.agent.exitCode === undefined ? null : `exit code ${attempt.agent.exitCode}`].filter(Boolean).join(", ")],
    ["Started", attempt.started],
    ["Scored before", attempt.was && `${score(attempt.was[1])} (${attempt.was[0]})`],
    ["Disk", attempt.diskSnapshot && `kept as DiskSnapshot ${attempt.diskSnapshot}`],
    ["Disk used", attempt.diskUsedPercent === undefined ? null : `${attempt.diskUsedPercent} %`],
  ];
  return [
    list(facts),
    attempt.message ? output("Message", attempt.message, true) : "",
    attempt.phases ? phaseView(attempt.phases) : "",
    ...(attempt.functions ? functionViews(attempt.functions) : []),
    el("h3", null, "The end of the agent's output"),
    attempt.agent?.message ? el("pre", { tabindex: "0" }, attempt.agent.message)
      : el("p", { class: "note" }, "None was kept: the status of a run has it if the agent failed."),
    ...(attempt.contentHash ? [el("h3", null, "Pinned"), list([["Content hash", attempt.contentHash], ["Image", attempt.image]])] : []),
  ];
}

function list(facts) {
  const known = facts.filter(([, value]) => value !== null && value !== undefined);
  return el("dl", null, known.flatMap(([name, value]) => [el("dt", null, name), el("dd", null, value)]));
}

function functionViews(functions) {
  const rows = functions.map((one) => [one.name, one.weight, score(one.score), one.reason ?? one.state,
    one.placement, seconds(one.seconds)]);
  const parts = functions.flatMap((one) => Object.entries(one.subscores ?? {}).map(([name, value]) => [`${one.name}: ${name}`, score(value)]));
  return [
    el("h3", null, "Scoring functions"),
    table("Score is their weighted mean", ["Function", "#Weight", "#Score", "State", "Placement", "#Time"], rows),
    parts.length ? table("Parts that functions reported; they count nowhere", ["Part", "#Score"], parts) : "",
    ...functions.filter((one) => one.comment).map((one) => el("p", null, el("strong", null, `${one.name}: `), one.comment)),
    ...functions.filter((one) => one.message).map((one) => output(`Output of ${one.name}`
      + (one.exitCode === undefined ? "" : `, exit code ${one.exitCode}`), one.message, one.score !== 1)),
  ];
}

function phaseView(phases) {
  const total = phases.reduce((sum, [, length]) => sum + length, 0) || 1;
  const svg = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const places = { Waiting: 0, Starting: 1, Agent: 2, Scoring: 3 };
  let x = 0;
  const bars = phases.map(([phase, length]) => {
    const width = 100 * length / total;
    const bar = svg("rect", { class: `p${places[phase]}`, x: `${x}%`, width: `${width}%`, height: "14" });
    x += width;
    return bar;
  });
  return el("div", null, el("h3", null, "Time"), svg("svg", { width: "100%", height: "14", "aria-hidden": "true" }, ...bars),
    el("p", { class: "legend" }, phases.flatMap(([phase, length]) => [el("i", { class: `p${places[phase]}` }), ` ${phase} ${seconds(length)} `])));
}

function output(title, text, isOpen) {
  return el("details", { open: isOpen }, el("summary", null, title), el("pre", { tabindex: "0" }, text));
}

{
  const linked = document.getElementById(location.hash.slice(1));
  if (linked?.matches(".matrix button")) linked.click();
}
