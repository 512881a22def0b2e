// What a request for an approval says about itself, as elements. All of it is text that people and models wrote: it is shown as text.
import { element } from "/api.js";

export const statusWords = {
  submitted: "being prepared",
  pending: "waiting",
  escalated: "escalated",
  approved: "approved",
  rejected: "rejected",
  expired: "lapsed",
  cancelled: "withdrawn",
};

const mirrorWords = { creating: "being made", open: "open", closed: "closed", failed: "could not be brought in step" };

const when = (time) => (time ? new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" }) : "");
const name = (approver) => [approver.name, approver.email && approver.email !== approver.name ? `(${approver.email})` : ""].filter(Boolean).join(" ");

function section(title, ...content) {
  const made = document.createElement("section");
  made.setAttribute("aria-label", title);
  made.append(element("h3", "", title), ...content);
  return made;
}

function json(value) {
  const made = element("pre", "", JSON.stringify(value, null, 2));
  made.tabIndex = 0; // Long ones scroll, also with the keyboard.
  return made;
}

function list(entries) {
  const made = document.createElement("ul");
  made.append(...entries);
  return made;
}

function line(...parts) {
  const made = document.createElement("li");
  made.append(...parts);
  return made;
}

/** An address of another system as a link; only text when it is none of the web. */
function link(address, text) {
  const url = URL.canParse(address) ? new URL(address) : null;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    return document.createTextNode(text);
  }
  const made = document.createElement("a");
  made.href = url.href;
  made.target = "_blank";
  made.rel = "noopener noreferrer";
  made.textContent = text;
  return made;
}

/** The record in another system that goes along. */
function mirror({ instance, status, reference, url, error }) {
  const made = document.createElement("span");
  made.append(
    ...(reference ? [link(url, reference), ` in ${instance}`] : [instance]),
    `: ${mirrorWords[status] ?? status}`,
    ...(error ? [element("div", "faint", error)] : []));
  return made;
}

function overview(approval) {
  const made = document.createElement("dl");
  const add = (term, text, mark = {}) => {
    if (text) {
      const detail = typeof text === "string" ? element("dd", "", text) : document.createElement("dd");
      if (typeof text !== "string") {
        detail.append(text);
      }
      Object.assign(detail.dataset, mark);
      made.append(element("dt", "", term), detail);
    }
  };
  add("Status", [statusWords[approval.status] ?? approval.status, approval.endReason].filter(Boolean).join(": "), { status: approval.status });
  add("Asked for by", [approval.requester.name ?? approval.requester.userId, approval.requester.email ? `(${approval.requester.email})` : ""].join(" ").trim());
  add("When", when(approval.requestedAt));
  add("Why", approval.reason);
  add("Action", approval.action);
  add("Kind", approval.type);
  add("Risk", approval.risk, { risk: approval.risk });
  add("Cost", approval.amount === undefined ? "" : `${approval.amount} ${approval.currency ?? ""}`);
  add("Takes effect in", approval.environment);
  add("Lapses", when(approval.expiresAt));
  add("Ended", when(approval.endedAt));
  add("May be used until", when(approval.validUntil));
  add("Also in", approval.mirror ? mirror(approval.mirror) : approval.mirrorReference, approval.mirror ? { mirror: approval.mirror.status } : {});
  return made;
}

function route({ rule, explanation, rulesVersion, freeze }) {
  const told = [rule ? `Rule ${rule}: ${explanation}` : explanation, rulesVersion > 0 ? `(version ${rulesVersion} of the rules)` : ""].filter(Boolean).join(" ");
  return [element("p", "said", told), ...(freeze ? [element("p", "said", freeze)] : [])];
}

const levelWords = { open: "open", approved: "approved", rejected: "rejected", over: "over" };

function level(one, number) {
  const asked = one.approvers.map((approver) => line(
    name(approver),
    element("span", "faint", ` – ${approver.via}${approver.delegates?.length > 0 ? `; ${approver.delegates.join(", ")} may act for them` : ""}`)));
  const votes = (one.votes ?? []).map((vote) => line(
    `${vote.decision === "approve" ? "Approved" : "Rejected"} by ${vote.by}${vote.for ? ` for ${vote.for}` : ""}`,
    element("span", "faint", ` ${when(vote.at)}, ${vote.channel}`),
    ...(vote.comment ? [element("div", "said", vote.comment)] : [])));
  const made = document.createElement("div");
  const ends = one.endsAt && one.state === "open" ? `, ends ${when(one.endsAt)}` : "";
  made.append(element("p", "", `${number}. ${one.name}: ${levelWords[one.state] ?? one.state}, ${one.required} of ${one.approvers.length} must approve${ends}`), list(asked), ...(votes.length > 0 ? [list(votes)] : []));
  return made;
}

function similar(past) {
  return list(past.map((one) => {
    const link = document.createElement("a");
    link.href = `/approvals/${encodeURIComponent(one.approvalId)}`;
    link.textContent = one.summary;
    return line(link, element("span", "faint", ` ${statusWords[one.status] ?? one.status} ${when(one.endedAt)}${one.decidedBy?.length > 0 ? ` by ${one.decidedBy.join(", ")}` : ""}`));
  }));
}

function forecast({ breachProbability, likelyApprover, reasons }) {
  const told = [
    breachProbability === undefined ? "" : `${Math.round(breachProbability * 100)} % likely not to be decided in time.`,
    likelyApprover ? `${likelyApprover} is likely to decide.` : "",
  ].filter(Boolean).join(" ");
  return [element("p", "", told), list((reasons ?? []).map((reason) => line(reason))), element("p", "faint", "From this organisation's own history. It decides nothing.")];
}

function table(heads, rows) {
  const made = document.createElement("table");
  const head = made.createTHead().insertRow();
  head.append(...heads.map((text) => {
    const cell = element("th", "", text);
    cell.scope = "col";
    return cell;
  }));
  const body = made.createTBody();
  for (const cells of rows) {
    body.insertRow().append(...cells.map((text) => element("td", "", text)));
  }
  return made;
}

function folded(title, content) {
  const made = document.createElement("details");
  made.append(element("summary", "", title), content);
  return made;
}

/** The request's sections. */
export function facts(approval) {
  const { deliveries = [], history = [], similar: past = [], levels } = approval;
  return [
    overview(approval),
    section("The exact change", json(approval.arguments)),
    ...(approval.preview ? [section("What it would do", json(approval.preview))] : []),
    ...(approval.route ? [section("Why these people are asked", ...route(approval.route))] : []),
    ...(levels.length > 0 ? [section("Levels and votes", ...levels.map((one, index) => level(one, index + 1)))] : []),
    ...(approval.forecast ? [section("What to expect", ...forecast(approval.forecast))] : []),
    ...(past.length > 0 ? [section("Similar decisions", similar(past))] : []),
    ...(deliveries.length > 0
      ? [folded("Who was told", table(["Channel", "To", "About", "Delivery", "Seen", "When"], deliveries.map((one) => [
          one.channel, one.recipient, one.kind, [one.delivery, one.error].filter(Boolean).join(": "), one.engagement, when(one.sentAt ?? one.createdAt)])))]
      : []),
    ...(history.length > 0
      ? [folded("Everything that happened", table(["When", "What", "Status", "Who", "Where", "Why"], history.map((one) => [
          when(one.at), one.type, statusWords[one.status] ?? one.status, [one.actor, one.actedFor ? `for ${one.actedFor}` : ""].filter(Boolean).join(" "), one.channel ?? "", one.reason ?? ""])))]
      : []),
  ];
}
