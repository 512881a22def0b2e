import { Problem, connectEntrance, element, offerDemo, passes, pause, request, session, signInWith, wait } from "/api.js";
import { readEvents } from "/sse.js";

const $ = (id) => document.getElementById(id);
const bands = { auto_route: "Routed by itself", review: "Routed and marked", human: "For a person" };

let caller = null;
let settings = null; // as they were read last
let watching = null; // stops watching an import

function showError(error) {
  $("error").textContent = error ? (error instanceof TypeError ? "The server cannot be reached." : error.message) : "";
  $("error").hidden = !error;
}

function fail(error) {
  if (error instanceof Problem && error.status === 401) {
    signOut();
    showError(new Error("Please sign in again."));
  } else {
    showError(error);
  }
}

/** Disables a form's buttons while it is being sent, and shows what went wrong. */
async function sending(form, work) {
  const buttons = form.querySelectorAll('button[type="submit"]');
  buttons.forEach((button) => (button.disabled = true));
  showError(null);
  try {
    await work();
  } catch (error) {
    fail(error);
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

const get = async (path) => (await request(`/v1/triage/${path}`)).json();
const send = async (path, body, method = "POST") => (await request(`/v1/triage/${path}`, { method, body })).json();
const percent = (share) => (share === undefined ? "–" : `${(100 * share).toFixed(1)} %`);
const when = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function fill(table, titles, rows) {
  const head = element("tr");
  titles.forEach((title) => {
    const cell = element("th", "", title);
    cell.scope = "col";
    head.append(cell);
  });
  table.replaceChildren(head, ...rows.map((cells) => {
    const row = element("tr");
    row.append(...cells.map((content) => {
      const cell = element("td");
      cell.append(content);
      return cell;
    }));
    return row;
  }));
}

// ---- one ticket

async function classify() {
  const ticket = { shortDescription: $("title").value, description: $("text").value || undefined, category: $("category").value || undefined };
  const { results: [{ decision }] } = await send("classify", { ticket });
  const band = element("span", "", bands[decision.band] ?? decision.band);
  band.dataset.band = decision.band;
  const first = element("p");
  first.append(element("strong", "", decision.isOutOfScope ? "No group" : decision.label), ` ${percent(decision.confidence)} · `, band);
  const top = element("ol");
  top.append(...decision.top.map((one) => element("li", "", `${one.label}: ${percent(one.probability)}`)));
  const parts = [first, top];
  if (decision.reasons.length > 0) {
    parts.push(element("p", "", `Because of: ${decision.reasons.join(", ")}`));
  }
  if (decision.similar.length > 0) {
    const similar = element("ul");
    similar.append(...decision.similar.map((one) => element("li", "", `${one.ticketId} (${one.label}): ${one.shortDescription}`)));
    parts.push(element("p", "", "Similar tickets:"), similar);
  }
  parts.push(element("p", "faint", `Answered by ${decision.version}`));
  $("decision").replaceChildren(...parts);
}

// ---- what waits for a person

async function showQueue() {
  const { tickets, waiting } = await get("queue?limit=20");
  $("queue-facts").textContent = waiting === 0 ? "Nothing waits." : waiting > tickets.length ? `${waiting} wait; these are the oldest.` : "";
  $("groups").replaceChildren(...(settings?.groups ?? []).map((group) => Object.assign(element("option"), { value: group.name })));
  $("queue").replaceChildren(...tickets.map(waitingTicket));
}

function waitingTicket({ shortDescription, decision }) {
  const item = element("li");
  const probable = decision.top.map((one) => `${one.label} ${percent(one.probability)}`).join(", ");
  item.append(element("strong", "", shortDescription || "Its text is not kept any more"), element("p", "faint", `${decision.ticketId} · ${when(decision.decidedAt)}`), element("p", "", `Most probable: ${probable}`));
  if (decision.reasons.length > 0) {
    item.append(element("p", "", `Because of: ${decision.reasons.join(", ")}`));
  }
  if (decision.finalLabel) {
    item.append(element("p", "", `Somebody said: ${decision.finalLabel}`));
  }
  const form = element("form");
  const group = element("input");
  group.required = true;
  group.maxLength = 200;
  group.setAttribute("list", "groups");
  group.setAttribute("aria-label", `Group of ${decision.ticketId}`);
  group.value = decision.isOutOfScope ? "" : decision.label;
  const button = element("button", "", "Belongs here");
  button.type = "submit";
  form.append(group, button);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    sending(form, async () => {
      const { results: [{ isTaken, problem }] } = await send("feedback", { labels: [{ ticketId: decision.ticketId, label: group.value }] });
      if (!isTaken) {
        throw new Error(problem);
      }
      await showQueue();
      $("live").textContent = `${decision.ticketId} belongs to ${group.value}.`;
    });
  });
  item.append(form);
  return item;
}

// ---- how it fares

async function showReport() {
  const report = await get(`reports?days=${$("days").value}`);
  const auto = report.autoRouteAt === undefined ? "nothing is routed by itself" : `routed by itself from ${percent(report.autoRouteAt)}`;
  $("report-facts").textContent = `${report.from} to ${report.to} · ${report.labels} labels · ${auto}, routed and marked from ${percent(report.reviewAt)}`;
  const groups = [...report.groups, { ...report.all, label: "All" }];
  fill($("report"), ["Group", "Decided", "By itself", "Marked", "Overridden", "Right", "Misrouted"], groups.map((group) =>
    [group.label, `${group.decided}`, `${group.autoRouted}`, `${group.reviewed}`, `${group.overridden} of ${group.said}`, percent(group.accuracy), percent(group.misrouteRate)]));
}

async function showHealth() {
  const health = await get("health");
  const facts = [];
  if (health.isInputDrifting) {
    facts.push("The words of tickets have changed since the last training.");
  }
  if (health.isLabelDrifting) {
    facts.push("The groups of tickets have changed since the last training.");
  }
  if (health.labelNoise !== undefined) {
    facts.push(`About ${percent(health.labelNoise)} of the labels are probably wrong.`);
  }
  if (health.heldBackPeople.length > 0) {
    facts.push(`Not believed until others say the same: ${health.heldBackPeople.join(", ")}.`);
  }
  $("health").textContent = facts.join(" ");
}

// ---- settings

async function showSettings() {
  settings = await get("settings");
  $("precision").value = settings.wantedPrecision;
  $("auto-route").value = settings.autoRouteAt ?? "";
  $("review").value = settings.reviewAt ?? "";
  $("nightly").checked = settings.isNightlyTrainingOn;
}

async function saveSettings() {
  const { isNightlyTrainingOn, ...rest } = settings;
  const number = (id) => ($(id).value === "" ? undefined : Number($(id).value));
  try {
    await send("settings", { ...rest, wantedPrecision: number("precision"), autoRouteAt: number("auto-route"), reviewAt: number("review"), nightlyTraining: $("nightly").checked }, "PUT");
  } catch (error) {
    if (error instanceof Problem && error.status === 409) {
      await showSettings();
      throw new Error("Somebody else has changed the settings; these are theirs. Change them again if you still want to.");
    }
    throw error;
  }
  await Promise.all([showSettings(), showReport()]);
  $("live").textContent = "The settings are saved.";
}

// ---- heads and trainings

async function showHeads() {
  const { current, canary, canaryShare, heads } = await get("heads");
  const rows = heads.map((head) => {
    const state = head.version === current ? "answers" : head.version === canary ? onTrial(head.version, canaryShare) : "";
    return [head.version, when(head.addedAt), `${head.tickets}`, percent(head.accuracy), routes(head), `${head.overridden} of ${head.said}`, state || use(head.version, "Go back", `Go back to ${head.version}`)];
  });
  rows.push(["The shared base", "", "", "", "", "", current ? use(null, "Go back", "Go back to the base") : "answers"]);
  fill($("heads"), ["Head", "Added", "Tickets", "Right", "Routes by itself", "Overridden", ""], rows);
}

const routes = ({ autoRouteAt, autoRouteCoverage, autoRoutePrecision }) => autoRouteAt === undefined ? "nothing"
  : `${autoRouteCoverage === undefined ? "" : `${percent(autoRouteCoverage)}, of which ${percent(autoRoutePrecision)} right, `}from ${percent(autoRouteAt)}`;

function onTrial(version, share) {
  const state = element("span", "", `on trial for ${percent(share)} `);
  state.append(use(version, "Let it take over", `Let ${version} take over`));
  return state;
}

function use(version, text, title) {
  const button = element("button", "", text);
  button.type = "button";
  button.setAttribute("aria-label", title);
  button.addEventListener("click", async () => {
    button.disabled = true;
    showError(null);
    try {
      await send("heads/use", { version: version ?? undefined, reason: "Chosen on the triage page." });
      await showHeads();
      $("live").textContent = version ? `${version} answers.` : "The shared base answers.";
    } catch (error) {
      fail(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}

async function showTrainings() {
  const { trainings } = await get("trainings");
  fill($("trainings"), ["Training", "State", "Tickets", "Before", "After", "Why"], trainings.map((training) =>
    [when(training.startedAt), training.state.replaceAll("_", " "), `${training.tickets}`, percent(training.championAccuracy), percent(training.challengerAccuracy), training.onHold ?? training.reason ?? ""]));
}

// ---- import

async function importFile() {
  const file = $("file").files[0];
  $("problems").replaceChildren();
  $("import-state").textContent = "The file is being sent …";
  $("progress").hidden = false;
  $("progress").removeAttribute("value");
  try {
    // The same file again goes on where it broke off.
    const key = `web-${file.size}-${file.lastModified}-${encodeURIComponent(file.name).slice(-60)}`;
    const sendFile = async (operation) =>
      (await request("/v1/triage/imports", { method: "POST", raw: file, headers: { "Content-Type": "text/csv", "Idempotency-Key": operation } })).json();
    let started = await sendFile(key);
    if (started.state === "cancelled" || started.state === "failed") {
      // That was an earlier attempt with this file, which is over.
      started = await sendFile(`${key}-${crypto.getRandomValues(new Uint32Array(1))[0]}`);
    }
    await watchImport(started);
  } catch (error) {
    $("progress").hidden = true;
    $("import-state").textContent = "";
    throw error;
  }
}

async function watchImport(started) {
  watching?.abort();
  const stop = (watching = new AbortController());
  let shown = started;
  showImport(shown);
  for (let attempt = 0; !stop.signal.aborted && isAtWork(shown); attempt++) {
    try {
      const response = await request(`/v1/triage/imports/${encodeURIComponent(started.id)}/stream`, { headers: { Accept: "text/event-stream" }, signal: stop.signal });
      for await (const event of readEvents(response.body)) {
        if (event.type === "import") {
          attempt = 0;
          shown = JSON.parse(event.data);
          showImport(shown);
        }
      }
    } catch (error) {
      if (stop.signal.aborted) {
        return;
      }
      if (!passes(error)) {
        throw error;
      }
    }
    if (isAtWork(shown)) {
      await wait(pause(attempt));
    }
  }
}

const isAtWork = (shown) => shown.state === "receiving" || shown.state === "running";

function showImport(shown) {
  $("import-form").dataset.import = shown.id;
  $("progress").hidden = false;
  $("progress").value = shown.state === "done" ? 100 : (100 * shown.bytesRead) / Math.max(1, shown.bytes);
  const states = { receiving: "The rest of the file has not come.", running: "Rows are being read", done: "All rows were read", cancelled: "Cancelled", failed: shown.error };
  $("import-state").textContent = `${states[shown.state]}: ${shown.rows} rows taken, ${shown.badRows} could not be used.`;
  $("problems").replaceChildren(...shown.problems.map((problem) => element("li", "", `Line ${problem.line} ${problem.problem}`)));
  $("cancel-import").hidden = !isAtWork(shown);
}

async function showLastImport() {
  const { imports: [last] } = await get("imports");
  if (last && isAtWork(last)) {
    watchImport(last).catch(fail);
  }
}

// ---- signing in and out

function showDesk(inside) {
  $("entrance").hidden = inside;
  $("desk").hidden = !inside;
  $("who").hidden = !inside;
  $("sign-out").hidden = !inside;
  $("chat-link").hidden = !inside;
}

const signIn = (given) => signInWith(given, { enter, leave: signOut, showError });

async function enter(person) {
  caller = person;
  const isAdmin = caller.roles?.includes("admin") ?? false;
  document.querySelectorAll("[data-admin]").forEach((section) => (section.hidden = !isAdmin));
  showDesk(true);
  $("title").focus();
  if (isAdmin) {
    // What one of them cannot say now must not hide the others.
    const shown = await Promise.allSettled([showReport(), showHealth(), showSettings().then(showQueue), showHeads(), showTrainings(), showLastImport()]);
    const failed = shown.find((one) => one.status === "rejected");
    if (failed) {
      fail(failed.reason);
    }
  }
}

function signOut() {
  watching?.abort();
  watching = null;
  session.forget();
  caller = null;
  settings = null;
  for (const id of ["decision", "queue", "queue-facts", "groups", "report", "report-facts", "health", "heads", "trainings", "import-state", "problems", "live"]) {
    $(id).replaceChildren();
  }
  document.querySelectorAll("#desk form").forEach((form) => form.reset());
  $("progress").hidden = true;
  $("cancel-import").hidden = true;
  showError(null);
  showDesk(false);
}

function onSubmit(id, work) {
  $(id).addEventListener("submit", (event) => {
    event.preventDefault();
    sending($(id), work);
  });
}

connectEntrance(signIn, signOut);
onSubmit("classify-form", classify);
onSubmit("settings-form", saveSettings);
onSubmit("import-form", importFile);
onSubmit("train-form", async () => {
  const training = await send("trainings");
  $("live").textContent = `The training ${training.id} is ${training.state.replaceAll("_", " ")}.`;
  await showTrainings();
});
$("days").addEventListener("change", () => showReport().catch(fail));
$("cancel-import").addEventListener("click", async () => {
  try {
    showImport(await (await request(`/v1/triage/imports/${encodeURIComponent($("import-form").dataset.import)}`, { method: "DELETE" })).json());
    watching?.abort();
  } catch (error) {
    fail(error);
  }
});

await offerDemo($("demo"), $("demo-form"));
if (session.token) {
  await signIn(session.token);
}
