import { Problem, connectEntrance, element, offerDemo, passes, pause, request, session, signInWith, wait } from "/api.js";
import { chart, resultOf, splitCharts } from "/results.js";
import { readEvents } from "/sse.js";

const $ = (id) => document.getElementById(id);

let caller = null;
let sessionId = null;
let watching = null; // the run that is shown live: { id, last, answer, bubble, stop }
const followed = new Set(); // every run whose events are still being read
let clock = null;
const scroll = document.querySelector(".scroll");

// ---- what is shown

function showError(error) {
  $("error").textContent = error ? (error instanceof TypeError ? "The server cannot be reached." : error.message) : "";
  $("error").hidden = !error;
}

function setStatus(text) {
  $("status").textContent = text;
}

/** Shows text as text. Web addresses in it become links, which show where they lead; charts of the person's own code become pictures. */
function showText(element, text) {
  element.replaceChildren(...splitCharts(text).flatMap((part) => (typeof part === "string" ? withLinks(part) : [chart(part)])));
}

function withLinks(text) {
  const parts = text.split(/(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}])/);
  return parts.map((part, index) => (index % 2 === 1 && URL.canParse(part) ? link(part) : part));
}

function link(address) {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  anchor.textContent = address;
  return anchor;
}

function clearMessages() {
  $("log").replaceChildren();
  $("welcome").hidden = false;
  decisions.clear();
}

function addMessage(role, text, outcome) {
  const bubble = document.createElement("div");
  bubble.className = `message ${role}`;
  const content = document.createElement("span");
  content.className = "text";
  showText(content, text);
  bubble.append(content);
  $("log").append(bubble);
  $("welcome").hidden = true;
  setOutcome(bubble, outcome);
  scroll.scrollTop = scroll.scrollHeight;
  return bubble;
}

function setText(bubble, text) {
  const atEnd = scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 60;
  showText(bubble.querySelector(".text"), text);
  if (atEnd) {
    scroll.scrollTop = scroll.scrollHeight;
  }
}

const outcomes = {
  partial: "Not everything could be done.",
  failed: "This could not be done.",
  cancelled: "Stopped.",
};

function setOutcome(bubble, state, open = []) {
  const text = [outcomes[state], ...open].filter(Boolean).join(" ");
  if (!text) {
    return;
  }
  const note = document.createElement("span");
  note.className = "outcome";
  note.textContent = text;
  bubble.append(note);
}

/** Says which memories are in an answer, so that they can be put right. */
async function showMemories({ id, bubble }) {
  const { memories = [] } = await (await request(`/v1/runs/${encodeURIComponent(id)}`)).json();
  const used = memories.filter((memory) => memory.isInAnswer).map((memory) => `${memory.slot}: ${memory.value}`);
  if (used.length > 0) {
    const note = document.createElement("span");
    note.className = "outcome";
    note.textContent = `From memory: ${used.join("; ")}. Wrong? Say what is right, or “forget” and its words.`;
    bubble.append(note);
  }
}

const steps = new Map(); // by step id: { item, time, state, detail, startedAt, endedAt }
const actions = new Map(); // step id by action id

function clearSteps() {
  steps.clear();
  actions.clear();
  $("steps").replaceChildren();
  $("no-steps").hidden = false;
}

function showStep(id, { title, operation, state, detail, at }) {
  let step = steps.get(id);
  if (!step) {
    const item = document.createElement("li");
    const head = document.createElement("div");
    head.className = "step-head";
    const name = document.createElement("span");
    name.textContent = id;
    const time = document.createElement("span");
    time.className = "step-time";
    head.append(name, time);
    const about = document.createElement("div");
    about.className = "step-detail";
    item.append(head, about);
    $("steps").append(item);
    $("no-steps").hidden = true;
    step = { item, name, time, about, operation: "", detail: "", startedAt: Date.parse(at), endedAt: null, offset: Date.now() - Date.parse(at) };
    steps.set(id, step);
  }
  if (title) {
    step.name.textContent = title;
  }
  step.operation = operation ?? step.operation;
  step.detail = detail ?? step.detail;
  if (state) {
    step.item.dataset.state = state;
    step.endedAt = state === "running" || state === "waiting" ? null : Date.parse(at);
  }
  const words = { running: "running", done: "done", skipped: "not needed", failed: "failed", sent: "sent", checking: "checking what happened" };
  const more = step.detail === step.name.textContent ? "" : step.detail;
  step.about.textContent = [words[step.item.dataset.state] ?? step.item.dataset.state, step.operation, more].filter(Boolean).join(" · ");
  showTimes();
}

function showResult(id, result) {
  const shown = resultOf(result);
  if (shown) {
    steps.get(id).item.append(shown);
  }
}

function showTimes() {
  let running = false;
  for (const step of steps.values()) {
    const end = step.endedAt ?? (watching ? Date.now() - step.offset : step.startedAt);
    running ||= step.endedAt === null;
    step.time.textContent = `${(Math.max(0, end - step.startedAt) / 1000).toFixed(1)} s`;
  }
  if (running && watching && !clock) {
    clock = setInterval(showTimes, 200);
  } else if ((!running || !watching) && clock) {
    clearInterval(clock);
    clock = null;
  }
}

// ---- decisions

const optionNames = { approve: "Approve", reject: "Reject", edit: "Approve with my changes", done: "It was done", not_done: "It was not done", give_up: "Leave it" };
const decisionNames = { ...optionNames, approve: "approved", reject: "rejected", edit: "approved with changes", done: "it was done", not_done: "it was not done", give_up: "left as it is", expired: "lapsed" };
const decisions = new Map(); // by run and request id: { card, buttons }

/** A card with what is to be decided. Only who may decide gets buttons. */
function showDecision(runId, asked, mayDecide) {
  const key = `${runId} ${asked.requestId}`;
  if (decisions.has(key)) {
    return;
  }
  const card = element("section", "message decision");
  const title = element("p", "decision-title", asked.summary);
  title.id = `decision-${decisions.size + 1}`;
  card.setAttribute("aria-labelledby", title.id);
  card.append(title);
  if (asked.reason) {
    card.append(element("p", "step-detail", asked.reason));
  }
  if (asked.approvalId) {
    const approval = element("a", "", "Everything about it");
    approval.href = `/approvals/${encodeURIComponent(asked.approvalId)}`;
    card.append(approval);
  }
  const subject = asked.subject === undefined ? "" : JSON.stringify(asked.subject, null, 2);
  let plan = null;
  if (subject) {
    const details = document.createElement("details");
    details.append(element("summary", "", asked.kind === "plan_review" ? "The plan" : "What exactly"));
    if (asked.kind === "plan_review" && mayDecide) {
      plan = element("textarea", "plan");
      plan.setAttribute("aria-label", "The plan as JSON; it can be changed");
      plan.rows = 12;
      plan.spellcheck = false;
      plan.value = subject;
      details.append(plan);
    } else {
      details.append(element("pre", "subject", subject));
    }
    card.append(details);
  }
  const state = element("p", "outcome", mayDecide ? "" : asked.approvalId ? "Waits for those whom your company's rules name" : `Waits for: ${asked.deciders.join(", ").replaceAll("role:", "")}`);
  state.setAttribute("role", "status");
  const buttons = element("div", "buttons");
  for (const option of mayDecide ? asked.options : []) {
    const button = element("button", "", optionNames[option] ?? option);
    button.type = "button";
    button.dataset.option = option;
    button.addEventListener("click", () => decide(runId, asked, option, plan, buttons, state));
    buttons.append(button);
  }
  card.append(buttons, state);
  $("log").append(card);
  $("welcome").hidden = true;
  scroll.scrollTop = scroll.scrollHeight;
  decisions.set(key, { state, buttons, isOpen: true });
  if (asked.approvalId && !mayDecide) {
    showApprovers(asked.approvalId, decisions.get(key)).catch(() => {}); // The card says enough without their names.
  }
}

/** Says who is really asked: the action policy names others than the company's rules may. They are known a moment after the run has asked. */
async function showApprovers(approvalId, shown) {
  for (let attempt = 0; attempt < 6 && shown.isOpen; attempt++) {
    await wait(750 + pause(attempt));
    try {
      const approval = await (await request(`/v1/approvals/${encodeURIComponent(approvalId)}`)).json();
      const level = approval.levels.find((one) => one.state === "open");
      if (level && shown.isOpen) {
        const names = level.approvers.map((approver) => approver.role ?? approver.name);
        shown.state.textContent = `Waits for: ${names.slice(0, 3).join(", ")}${names.length > 3 ? ` and ${names.length - 3} more` : ""}`;
        return;
      }
    } catch (error) {
      if (!passes(error) && error.status !== 404) {
        return;
      }
    }
  }
}

function closeDecision(runId, { requestId, decision, by }) {
  const shown = decisions.get(`${runId} ${requestId}`);
  if (shown) {
    shown.isOpen = false;
    shown.buttons.replaceChildren();
    shown.state.textContent = `${decisionNames[decision] ?? decision}${by ? ` by ${by === caller?.userId ? "you" : by}` : ""}`;
  }
}

async function decide(runId, asked, option, plan, buttons, state) {
  showError(null);
  const body = { decision: option, subjectHash: asked.subjectHash };
  if (option === "edit") {
    try {
      body.plan = JSON.parse(plan.value);
    } catch (error) {
      state.textContent = `The plan is not valid JSON: ${error.message}`;
      plan.closest("details").open = true;
      plan.focus();
      return;
    }
  }
  for (const button of buttons.children) {
    button.disabled = true;
  }
  try {
    await request(`/v1/runs/${runId}/decisions/${encodeURIComponent(asked.requestId)}`, { method: "POST", body });
    closeDecision(runId, { requestId: asked.requestId, decision: option, by: caller.userId });
  } catch (error) {
    for (const button of buttons.children) {
      button.disabled = false;
    }
    state.textContent = error.message;
    fail(error);
  }
}

/** The open decisions of a run of somebody else, whose address (#run=…) a decider was sent. */
async function showOpenDecisions(runId) {
  const list = await (await request(`/v1/runs/${encodeURIComponent(runId)}/decisions`)).json();
  for (const known of list.decisions) {
    showDecision(runId, known, !known.decision);
    if (known.decision) {
      closeDecision(runId, known);
    }
  }
}

// ---- a run

async function showQueue(run) {
  const { state, queuePosition } = await (await request(`/v1/runs/${run.id}`)).json();
  if (state === "queued" && watching === run) {
    setStatus(queuePosition ? `Waiting for its turn; ${queuePosition} before it` : "Waiting for its turn …");
  }
}

/** The run goes on without anybody waiting for it: the next message can be written. */
function release(run, text) {
  if (watching === run) {
    setBusy(false);
    setStatus(text);
  }
}

function handle(run, event) {
  const { type, at, data } = event;
  if (watching !== run && (type.startsWith("step.") || type.startsWith("action.") || type === "run.strategy")) {
    return; // The steps of another request are shown by now.
  }
  switch (type) {
    case "run.accepted":
      showQueue(run).catch(() => {}); // Only a hint: the events tell when it begins.
      break;
    case "run.requested":
      if (watching === run) {
        setStatus("Working …");
      }
      break;
    case "decision.requested":
      showDecision(run.id, data, data.deciders.includes("requester"));
      break;
    case "decision.made":
      closeDecision(run.id, data);
      if (watching === run) {
        setStatus("Working …");
      }
      break;
    case "run.waiting":
      release(run, data.summary);
      break;
    case "run.deadline_reached":
      release(run, "The deadline has passed; the work goes on in the background.");
      break;
    case "run.strategy":
      setStatus(data.title ? `Working: ${data.title}` : data.strategy === "none" ? "" : "Working …");
      break;
    case "step.started":
      showStep(data.stepId, { title: data.title, operation: data.operationId, state: "running", at });
      break;
    case "step.completed":
      showStep(data.stepId, { state: data.status, detail: data.summary, at });
      showResult(data.stepId, data.result);
      break;
    case "step.failed":
      showStep(data.stepId, { state: "failed", detail: data.message, at });
      break;
    case "action.planned":
      actions.set(data.actionId, data.stepId);
      showStep(data.stepId, { operation: data.operationId, detail: data.summary, at });
      break;
    case "action.unknown":
      if (actions.has(data.actionId)) {
        showStep(actions.get(data.actionId), { detail: "The outcome is not known; it is being looked up.", at });
      }
      break;
    case "answer.delta":
      run.answer = run.answer.slice(0, data.offset) + data.text;
      run.bubble ??= addMessage("assistant", "");
      setText(run.bubble, run.answer);
      break;
    case "memory.recalled":
      run.remembers = data.mode !== "all"; // What was asked of the memory itself is the answer.
      break;
    case "run.cancel_requested":
      setStatus("Stopping …");
      break;
    case "run.replayed":
      run.ended = false;
      break;
    case "run.ended":
      run.ended = true;
      run.bubble ??= addMessage("assistant", run.answer);
      setOutcome(run.bubble, data.phase, data.open ?? []);
      if (run.remembers) {
        showMemories(run).catch(() => {}); // The answer stands without it.
      }
      break;
    default:
      // Kinds of events that this page does not know are for others.
      break;
  }
}

/** Follows a stream. Returns when the run has ended; throws when the stream breaks. */
async function follow(run, response) {
  if (response.status === 204) {
    run.ended = true;
    return;
  }
  for await (const { id, type, data } of readEvents(response.body)) {
    const content = JSON.parse(data);
    if (type === "problem") {
      throw new Problem(content.status, content);
    }
    const sequence = Number(id);
    if (sequence <= run.last) {
      continue;
    }
    if (sequence !== run.last + 1) {
      throw new TypeError("An event is missing.");
    }
    run.last = sequence;
    handle(run, content);
    if (run.ended) {
      return;
    }
  }
  throw new TypeError("The stream ended early.");
}

/** Shows a run live until it has ended, over as many connections as it takes. */
async function watch(run, first) {
  watching = run;
  followed.add(run);
  setBusy(true);
  let response = first;
  let attempt = 0;
  try {
    while (!run.ended) {
      const before = run.last;
      try {
        response ??= await request(`/v1/runs/${run.id}/events`, {
          headers: { Accept: "text/event-stream", "Last-Event-ID": String(run.last) },
          signal: run.stop.signal,
        });
        showError(null);
        if (attempt > 0) {
          setStatus("Working …");
        }
        await follow(run, response);
      } catch (error) {
        if (run.stop.signal.aborted) {
          return;
        }
        if (!passes(error)) {
          throw error;
        }
        attempt = run.last > before ? 1 : attempt + 1;
        setStatus("The connection broke; it is being restored …");
        await wait(pause(attempt, error));
        if (run.stop.signal.aborted) {
          return;
        }
      }
      response = null;
    }
    setStatus("");
  } catch (error) {
    setStatus("");
    fail(error);
  } finally {
    followed.delete(run);
    if (watching === run) {
      watching = null;
      setBusy(false);
      showTimes();
    }
  }
}

const newRun = (id) => ({ id, last: 0, answer: "", bubble: null, ended: false, stop: new AbortController() });

function setBusy(busy) {
  $("send").disabled = busy;
  $("cancel").hidden = !busy;
  $("cancel").disabled = false;
}

async function ask(text) {
  showError(null);
  setBusy(true);
  setStatus("Sending …");
  const operationId = `web-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  let bubble = null;
  try {
    await ensureSession();
    bubble = addMessage("user", text);
    clearSteps();
    // The operation id makes it safe to send the message again when no answer came.
    for (let attempt = 0; ; attempt++) {
      try {
        const response = await request(`/v1/sessions/${sessionId}/messages`, {
          method: "POST",
          body: { text, operationId },
          headers: { Accept: "text/event-stream" },
        });
        $("message").value = "";
        setStatus("Working …");
        await watch(newRun(response.headers.get("Location").split("/").pop()), response);
        return;
      } catch (error) {
        if (!passes(error) || attempt >= 6) {
          throw error;
        }
        setStatus("The connection broke; the message is being sent again …");
        await wait(pause(attempt, error));
      }
    }
  } catch (error) {
    bubble?.remove();
    $("welcome").hidden = $("log").childElementCount > 0;
    setStatus("");
    setBusy(false);
    fail(error);
  }
}

// ---- session and sign-in

const sessionKey = () => `steward.session.${caller.tenantId}.${caller.userId}`;

async function ensureSession() {
  if (sessionId) {
    return;
  }
  const session = await (await request("/v1/sessions", { method: "POST", body: { title: "Web page" } })).json();
  sessionId = session.sessionId;
  localStorage.setItem(sessionKey(), sessionId);
}

async function restoreSession() {
  sessionId = localStorage.getItem(sessionKey());
  if (!sessionId) {
    return;
  }
  try {
    let after = 0;
    let activeRunId = null;
    let session = null;
    while (after !== undefined) {
      session = await (await request(`/v1/sessions/${encodeURIComponent(sessionId)}?after=${after}&limit=200`)).json();
      activeRunId = session.activeRunId;
      for (const message of session.transcript.messages) {
        addMessage(message.role, message.text, message.runState);
      }
      after = session.transcript.nextAfter;
    }
    const detached = session?.detachedRunIds ?? [];
    for (const runId of activeRunId ? [activeRunId] : detached.slice(-1)) {
      watch(newRun(runId), null);
    }
  } catch (error) {
    if (error instanceof Problem && (error.status === 404 || error.status === 400)) {
      sessionId = null;
      localStorage.removeItem(sessionKey());
      return;
    }
    throw error;
  }
}

function fail(error) {
  if (error instanceof Problem && error.status === 401) {
    signOut();
    showError(new Error("Sign in again: the credentials are not valid any more."));
    return;
  }
  showError(error);
}

function showRoom(inside) {
  $("entrance").hidden = inside;
  $("room").hidden = !inside;
  $("who").hidden = !inside;
  $("sign-out").hidden = !inside;
  $("new-session").hidden = !inside;
  $("approvals-link").hidden = !inside;
}

const signIn = (given) => signInWith(given, { enter, leave: signOut, showError });

async function enter(person) {
  caller = person;
  showRoom(true);
  clearMessages();
  clearSteps();
  await restoreSession();
  const asked = /^#run=(r-[a-z0-9._-]+)$/.exec(location.hash);
  if (asked) {
    await showOpenDecisions(asked[1]);
  }
  $("message").focus();
}

function stopFollowing() {
  for (const run of followed) {
    run.stop.abort();
  }
  watching = null;
}

function signOut() {
  stopFollowing();
  session.forget();
  caller = null;
  sessionId = null;
  clearMessages();
  clearSteps();
  setStatus("");
  setBusy(false);
  showError(null);
  showRoom(false);
}

connectEntrance(signIn, signOut);
$("new-session").addEventListener("click", () => {
  stopFollowing();
  localStorage.removeItem(sessionKey());
  sessionId = null;
  clearMessages();
  clearSteps();
  setStatus("");
  setBusy(false);
  showError(null);
  $("message").focus();
});
$("message-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("message").value;
  if (text.trim() && !$("send").disabled) {
    ask(text);
  }
});
$("message").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("message-form").requestSubmit();
  }
});
for (const example of document.querySelectorAll("#welcome button")) {
  example.addEventListener("click", () => {
    $("message").value = example.textContent;
    $("message-form").requestSubmit();
  });
}
$("cancel").addEventListener("click", async () => {
  if (!watching) {
    return;
  }
  $("cancel").disabled = true;
  setStatus("Stopping …");
  try {
    await request(`/v1/runs/${watching.id}/cancel`, { method: "POST" });
  } catch (error) {
    $("cancel").disabled = false;
    fail(error);
  }
});

await offerDemo($("demo"), $("demo-form"));
if (session.token) {
  await signIn(session.token);
}
