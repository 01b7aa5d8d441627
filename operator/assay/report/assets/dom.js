"use strict";
// Elements are made from text alone: nothing that was written by others is ever read as markup.

/** An element with these attributes and children: nodes, text, or null for nothing. */
function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** The JSON of a script element; it is parsed when it is asked for, not when the page opens. */
function data(id) {
  return JSON.parse(document.getElementById(id).textContent);
}

/** A table with a caption; each row begins with its heading. Heads that begin with # are those of numbers. */
function table(caption, heads, rows) {
  const kind = (place) => heads[place].startsWith("#") ? "num" : null;
  const cell = (value, place) => place ? el("td", { class: kind(place) }, String(value ?? "–")) : el("th", { scope: "row" }, value);
  return el("div", { class: "scroll" }, el("table", null,
    el("caption", null, caption),
    el("thead", null, el("tr", null, heads.map((head, place) => el("th", { scope: "col", class: kind(place) }, head.replace("#", ""))))),
    el("tbody", null, rows.map((row) => el("tr", null, row.map(cell))))));
}

// What is closed would be missing on paper.
addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((one) => { one.open = true; }));

const score = (value) => value === undefined || value === null ? "–" : value.toFixed(3);
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);
const seconds = (value) => value === undefined || value === null ? "–"
  : value < 60 ? `${value.toFixed(1)} s` : `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
