import { Problem, connectEntrance, element, offerDemo, pause, passes, request, session, signInWith, wait } from "/api.js";
import { facts, statusWords } from "/approval-facts.js";
import { readEvents } from "/sse.js";

const $ = (id) => document.getElementById(id);
const open = ["submitted", "pending", "escalated"];

let caller = null;
let shown = null; // the approval whose page is open
let cursor = null;
let listing = 0; // counts the lists that were asked for, so that a late answer does not replace a newer one
let watching = null; // stops the stream of notifications
let refreshing = null; // a look at the list that is about to begin
let unseen = 0;
let lastItem = 0;
const chosen = new Map(); // subject hash by approval, for several votes at once

const newId = () => `web-${[...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
/** Links in messages carry the approval behind a number sign, which no server or proxy on the way sees. */
function followFragment() {
  if (/^#a-[a-z0-9._-]+$/.test(location.hash)) {
    history.replaceState(null, "", `/approvals/${location.hash.slice(1)}`);
  }
}

const addressed = () => /^\/approvals\/(a-[a-z0-9._-]+)$/.exec(location.pathname)?.[1] ?? null;

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
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => (button.disabled = true));
  showError(null);
  try {
    await work();
    return true;
  } catch (error) {
    fail(error);
    return false;
  } finally {
    buttons.forEach((button) => (button.disabled = false));
  }
}

// ---- the list

async function load(more = false) {
  const mine = ++listing;
  const query = new URLSearchParams({ view: $("view").value, limit: "50" });
  if ($("view").value === "requested") {
    query.set("status", Object.keys(statusWords).join(",")); // Whoever asked wants to know how it ended.
  }
  if (more && cursor) {
    query.set("cursor", cursor);
  }
  const page = await (await request(`/v1/approvals?${query}`)).json();
  if (mine !== listing) {
    return;
  }
  if (!more) {
    $("list").replaceChildren();
  }
  for (const approval of page.approvals) {
    $("list").append(row(approval));
  }
  const there = new Set([...$("list").children].map((item) => item.dataset.id));
  for (const id of chosen.keys()) {
    if (!there.has(id)) {
      chosen.delete(id);
    }
  }
  cursor = page.nextCursor ?? null;
  $("more").hidden = !cursor;
  $("none").hidden = $("list").children.length > 0;
  showChosen();
}

function row(approval) {
  const item = document.createElement("li");
  item.dataset.id = approval.approvalId;
  if (open.includes(approval.status) && ["mine", "groups", "delegated"].includes($("view").value)) {
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = chosen.has(approval.approvalId);
    box.setAttribute("aria-label", `Choose: ${approval.summary}`);
    box.addEventListener("change", () => {
      if (box.checked) {
        chosen.set(approval.approvalId, approval.subjectHash);
      } else {
        chosen.delete(approval.approvalId);
      }
      showChosen();
    });
    item.append(box);
  }
  const link = document.createElement("a");
  link.href = `/approvals/${approval.approvalId}`;
  link.append(element("strong", "", approval.summary));
  const due = approval.dueAt ? `due ${when(approval.dueAt)}` : "";
  const late = approval.breachProbability >= 0.5 ? "likely to be late" : "";
  const about = element("span", "about", [statusWords[approval.status] ?? approval.status, `${approval.risk} risk`, `by ${approval.requesterName ?? approval.requester}`, due, late].filter(Boolean).join(" · "));
  if (late || (approval.dueAt && Date.parse(approval.dueAt) < Date.now())) {
    about.dataset.urgent = "";
  }
  link.append(about);
  link.addEventListener("click", (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) {
      return;
    }
    event.preventDefault();
    history.pushState(null, "", link.href);
    openAddressed({ focus: true });
  });
  item.append(link);
  mark(item);
  return item;
}

const when = (time) => new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });

function mark(item) {
  item.querySelector("a").setAttribute("aria-current", String(item.dataset.id === addressed()));
}

function showChosen() {
  $("bulk").hidden = chosen.size === 0;
  $("chosen").textContent = `${chosen.size} chosen`;
}

async function decideChosen(decision) {
  const decisions = [...chosen].map(([approvalId, subjectHash]) => ({ approvalId, subjectHash, decision, operationId: newId(), channel: "console" }));
  const { results } = await (await request("/v1/approvals/decide", { method: "POST", body: { decisions } })).json();
  const refused = results.filter((result) => result.problem);
  chosen.clear();
  $("live").textContent = `${results.length - refused.length} of ${results.length} votes counted.`;
  await refresh();
  if (refused.length > 0) {
    showError(new Error(refused.map((result) => `${result.approvalId}: ${result.problem.detail}`).join("\n")));
  }
}

// ---- one request

async function openAddressed({ focus = false } = {}) {
  const id = addressed();
  [...$("list").children].forEach(mark);
  if (!id) {
    close();
    return;
  }
  if (shown?.approvalId !== id) {
    for (const field of ["comment", "new-comment", "delegate-to", "delegate-reason"]) {
      $(field).value = "";
    }
    $("outcome").textContent = "";
  }
  try {
    const approval = await (await request(`/v1/approvals/${id}?include=deliveries,history`)).json();
    if (addressed() !== id) {
      return; // Another one was opened meanwhile.
    }
    show(approval);
    if (focus) {
      $("detail").focus();
    }
  } catch (error) {
    close();
    if (error instanceof Problem && error.status === 404) {
      showError(new Error("There is no such request, or it is not for you."));
    } else {
      fail(error);
    }
  }
}

function close() {
  shown = null;
  $("shown").hidden = true;
  $("pick").hidden = false;
  document.title = "Approvals · Steward";
}

function show(approval) {
  shown = approval;
  $("pick").hidden = true;
  $("shown").hidden = false;
  document.title = `${approval.summary} · Steward`;
  $("summary").textContent = approval.summary;
  $("facts").replaceChildren(...facts(approval));
  $("deciding").hidden = !approval.canDecide;
  $("acts-for").hidden = !approval.actsFor;
  $("acts-for").textContent = approval.actsFor ? `You decide for ${approval.actsFor}; both of you are recorded.` : "";
  $("comments").replaceChildren(...approval.comments.map((comment) => {
    const item = document.createElement("li");
    item.append(element("span", "faint", `${comment.by}, ${when(comment.at)}`), element("div", "said", comment.text));
    return item;
  }));
  $("withdraw").hidden = !(open.includes(approval.status) && approval.requester.userId === caller.userId);
}

async function act(path, body, told) {
  const id = shown.approvalId;
  const approval = await (await request(`/v1/approvals/${id}/${path}`, { method: "POST", body })).json();
  if (addressed() === id) {
    $("outcome").textContent = told;
  }
  await refresh();
  return approval;
}

/** Shows the list and the open request as they are now. */
async function refresh() {
  await Promise.all([load(), addressed() ? openAddressed() : null]);
}

// ---- notifications

function addItem(item, first) {
  const entry = document.createElement("li");
  const title = item.subjectId.startsWith("a-") ? document.createElement("a") : document.createElement("strong");
  title.textContent = item.title;
  if (title.href !== undefined) {
    title.href = `/approvals/${encodeURIComponent(item.subjectId)}`;
    title.addEventListener("click", (event) => {
      event.preventDefault();
      toggleInbox(false);
      request("/v1/notifications/mark", { method: "POST", body: { read: item.sequence } }).catch(() => {}); // Only a convenience.
      history.pushState(null, "", title.href);
      openAddressed({ focus: true });
    });
  }
  entry.append(title, element("div", "text", item.text), element("div", "faint", when(item.at)));
  if (first) {
    $("items").prepend(entry);
  } else {
    $("items").append(entry);
  }
  $("no-items").hidden = true;
}

function showUnseen() {
  if (unseen > 0) {
    $("bell").dataset.unseen = unseen;
  } else {
    delete $("bell").dataset.unseen;
  }
  $("bell").setAttribute("aria-label", unseen > 0 ? `Notifications, ${unseen} new` : "Notifications");
}

function toggleInbox(show) {
  $("inbox").hidden = !show;
  $("bell").setAttribute("aria-expanded", String(show));
  if (show && unseen > 0) {
    unseen = 0;
    showUnseen();
    request("/v1/notifications/mark", { method: "POST", body: { seenThrough: lastItem } }).catch(() => {}); // Only a convenience.
  }
}

/** After several notices in a row the list is read once. */
function refreshSoon() {
  refreshing ??= setTimeout(() => {
    refreshing = null;
    if (caller) {
      refresh().catch(fail);
    }
  }, 300);
}

/** Follows the inbox for as long as somebody is signed in, over as many connections as it takes. */
async function watch() {
  const stop = new AbortController();
  watching = stop;
  const page = await (await request("/v1/notifications?limit=30")).json();
  $("items").replaceChildren();
  page.items.forEach((item) => addItem(item, false));
  $("no-items").hidden = page.items.length > 0;
  unseen = page.unseen;
  lastItem = page.lastSequence;
  showUnseen();
  for (let attempt = 0; !stop.signal.aborted; attempt++) {
    try {
      const response = await request("/v1/notifications/stream", { headers: { Accept: "text/event-stream", "Last-Event-ID": String(lastItem) }, signal: stop.signal });
      $("live").textContent = "";
      for await (const event of readEvents(response.body)) {
        if (event.type === "problem") {
          break;
        }
        attempt = 0;
        const item = JSON.parse(event.data);
        lastItem = item.sequence;
        unseen++;
        addItem(item, true);
        showUnseen();
        $("live").textContent = item.title;
        refreshSoon();
      }
    } catch (error) {
      if (stop.signal.aborted) {
        return;
      }
      if (!passes(error)) {
        fail(error);
        return;
      }
      $("live").textContent = "The connection broke; it is being restored …";
      await wait(pause(attempt, error));
      continue;
    }
    await wait(pause(attempt));
  }
}

// ---- signing in and out

function showDesk(inside) {
  $("entrance").hidden = inside;
  $("desk").hidden = !inside;
  $("who").hidden = !inside;
  $("sign-out").hidden = !inside;
  $("chat-link").hidden = !inside;
  $("bell").hidden = !inside;
}

const signIn = (given) => signInWith(given, { enter, leave: signOut, showError });

async function enter(person) {
  caller = person;
  if (caller.roles?.includes("admin") && !$("view").querySelector('[value="all"]')) {
    $("view").append(new Option("All of the organisation", "all"));
  }
  showDesk(true);
  await Promise.all([load(), openAddressed({ focus: true })]);
  watch().catch(fail);
}

function signOut() {
  watching?.abort();
  watching = null;
  session.forget();
  caller = null;
  unseen = 0;
  chosen.clear();
  close();
  $("list").replaceChildren();
  $("items").replaceChildren();
  $("facts").replaceChildren();
  $("comments").replaceChildren();
  $("summary").textContent = "";
  $("live").textContent = "";
  $("view").querySelector('[value="all"]')?.remove();
  toggleInbox(false);
  showError(null);
  showDesk(false);
}

connectEntrance(signIn, signOut);
$("view").addEventListener("change", () => {
  chosen.clear();
  load().catch(fail);
});
$("more").addEventListener("click", () => load(true).catch(fail));
$("bell").addEventListener("click", () => toggleInbox($("inbox").hidden));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("inbox").hidden) {
    toggleInbox(false);
    $("bell").focus();
  }
});
addEventListener("popstate", () => {
  followFragment();
  if (caller) {
    openAddressed();
  }
});
$("bulk").addEventListener("submit", (event) => {
  event.preventDefault();
  const decision = event.submitter?.value;
  if (decision) {
    sending($("bulk"), () => decideChosen(decision));
  }
});
$("decide-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const decision = event.submitter?.value;
  if (!decision) {
    return; // Only a button says what is meant.
  }
  const body = { decision, subjectHash: shown.subjectHash, comment: $("comment").value.trim() || undefined, operationId: newId(), channel: "console" };
  sending($("decide-form"), () => act("decide", body, decision === "approve" ? "You approved this." : "You rejected this.")).then((sent) => {
    if (sent) {
      $("comment").value = "";
      $("detail").focus();
    } else if (caller) {
      openAddressed();
    }
  });
});
$("delegate-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const to = $("delegate-to").value.trim();
  sending($("delegate-form"), () => act("delegate", { to, reason: $("delegate-reason").value.trim() || undefined }, `${to} can decide for you now.`));
});
$("comment-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sending($("comment-form"), () => act("comments", { text: $("new-comment").value.trim(), operationId: newId() }, "")).then((sent) => {
    if (sent) {
      $("new-comment").value = "";
    }
  });
});
$("withdraw").addEventListener("click", () => sending($("comment-form"), () => act("cancel", {}, "You withdrew this.")));

followFragment();
await offerDemo($("demo"), $("demo-form"));
if (session.token) {
  await signIn(session.token);
}
