// What code that an agent ran left behind: charts in answers, charts and tables in steps. Everything in it was written by code that nobody trusts: shown as text and as pictures, never as markup.

import { element, request } from "/api.js";

const chartAddress = /^\/v1\/sandbox\/executions\/x-[a-z0-9]{16,64}\/files\/[A-Za-z0-9._~%-]{1,400}$/;
const chartInText = /!\[([^\]\n]{0,200})\]\((\/v1\/sandbox\/executions\/x-[a-z0-9]{16,64}\/files\/[A-Za-z0-9._~%-]{1,400})\)/;
const shownRows = 20;
const shownColumns = 12;

const pictures = new Map(); // by address: the promise of a local address; an answer that grows asks for each once

/** Splits a text into texts and charts: [text, chart, text, …], where a chart is { title, address }. */
export function splitCharts(text) {
  const parts = [];
  for (let rest = text; ; ) {
    const found = chartInText.exec(rest);
    if (!found) {
      parts.push(rest);
      return parts;
    }
    parts.push(rest.slice(0, found.index), { title: found[1], address: found[2] });
    rest = rest.slice(found.index + found[0].length);
  }
}

/** A chart as a picture. It is fetched with the person's credentials, which an address alone does not carry. */
export function chart({ title, address }) {
  const picture = document.createElement("img");
  picture.className = "chart";
  picture.alt = title || "Chart";
  if (!pictures.has(address)) {
    pictures.set(address, load(address));
  }
  pictures.get(address).then(
    (local) => { picture.src = local; },
    (error) => picture.replaceWith(element("span", "chart-missing", `${picture.alt}: ${error.message}`)),
  );
  return picture;
}

/** The charts and tables of a step's result; null when it has none. */
export function resultOf(result) {
  const tables = Array.isArray(result?.tables) ? result.tables : [];
  const charts = (Array.isArray(result?.files) ? result.files : []).filter((file) => file?.kind === "chart" && chartAddress.test(file.url ?? ""));
  if (tables.length === 0 && charts.length === 0) {
    return null;
  }
  const shown = element("div", "step-result");
  shown.append(...charts.map((file) => chart({ title: file.name, address: file.url })), ...tables.map(table));
  return shown;
}

async function load(address) {
  const response = await request(address);
  return URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "image/png" }));
}

function table({ title, columns, rows, totalRows }) {
  const made = element("table", "result");
  if (title) {
    made.append(element("caption", "", String(title)));
  }
  const names = (Array.isArray(columns) ? columns : []).slice(0, shownColumns);
  const all = Array.isArray(rows) ? rows : [];
  const head = document.createElement("tr");
  head.append(...names.map((name) => element("th", "", String(name))));
  made.append(head);
  for (const row of all.slice(0, shownRows)) {
    const line = document.createElement("tr");
    line.append(...names.map((_, index) => element("td", "", row[index] === null || row[index] === undefined ? "" : String(row[index]))));
    made.append(line);
  }
  const missing = Math.max(totalRows ?? 0, all.length) - Math.min(all.length, shownRows);
  if (missing > 0) {
    const line = document.createElement("tr");
    const more = element("td", "more", `and ${missing} more`);
    more.colSpan = Math.max(names.length, 1);
    line.append(more);
    made.append(line);
  }
  return made;
}
