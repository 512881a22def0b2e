// The triage page: a ticket is classified with its reasons, an admin imports history and sees how it goes, others see only their part.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, removeFolder, startBrowser, startSteward, startSystems, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 120_000 };
const decision = {
  ticketId: null,
  band: "review",
  label: "<img src=x onerror=alert(1)>",
  confidence: 0.812,
  isOutOfScope: false,
  top: [{ label: "<img src=x onerror=alert(1)>", probability: 0.812 }, { label: "Mail", probability: 0.1 }, { label: "Printer", probability: 0.05 }],
  reasons: ["vpn", "category=network"],
  similar: [{ ticketId: "servicenow:1", shortDescription: "</li><script>alert(2)</script>", label: "Network", similarity: 0.9 }],
  version: "head-1",
  decidedAt: "2026-01-31T12:00:00Z",
  isCanary: false,
};
const group = { label: "Network", decided: 10, autoRouted: 7, reviewed: 2, said: 4, overridden: 1, accuracy: 0.75, misrouteRate: 0.1, overrideRate: 0.25 };
const answers = {
  settings: { version: 3, groups: [], baseModel: "it-topic", wantedPrecision: 0.95, isNightlyTrainingOn: true, trainingHour: 2, timeZone: "UTC", connectors: [], senders: [{ userId: "u-desk", source: "desk", ticketsPerHour: 50 }] },
  reports: { from: "2026-01-25", to: "2026-01-31", groups: [group], all: { ...group, label: "*" }, labels: 1234, autoRouteAt: 0.91, reviewAt: 0.7 },
  health: { isInputDrifting: true, isLabelDrifting: false, labelNoise: 0.04, suspectTickets: [], heldBackPeople: ["u-odd"] },
  heads: { current: "head-2", canary: "head-3", canaryShare: 0.1, heads: [{ version: "head-3", addedAt: "2026-02-01T02:00:00Z", tickets: 950, labels: 8, accuracy: 0.91, said: 0, overridden: 0 }, { version: "head-2", addedAt: "2026-01-31T02:00:00Z", tickets: 900, labels: 8, accuracy: 0.9, autoRouteAt: 0.83, autoRouteCoverage: 0.614, autoRoutePrecision: 0.957, said: 20, overridden: 2 }, { version: "head-1", addedAt: "2026-01-30T02:00:00Z", tickets: 800, labels: 8, accuracy: 0.88, said: 30, overridden: 6 }] },
  queue: { waiting: 2, tickets: [
    { sequence: 4, shortDescription: "<img src=x onerror=alert(3)>", decision: { ...decision, ticketId: "mail:1", band: "human" } },
    { sequence: 9, shortDescription: "Beamer", decision: { ...decision, ticketId: "mail:2", band: "human", label: "out_of_scope", isOutOfScope: true } },
  ] },
  trainings: { trainings: [{ id: "x-2", state: "on_trial", startedAt: "2026-02-01T02:00:00Z", tickets: 950, challengerAccuracy: 0.91, reason: "Better.", onHold: "There was word of 0 of the tickets that it routed." }, { id: "x-1", state: "rolled_back", startedAt: "2026-01-31T02:00:00Z", tickets: 900, challengerAccuracy: 0.9, reason: "Overridden more often." }] },
};

const closing = [];
let steward;
let browser;

before(async () => {
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  const systems = await startSystems(data);
  closing.push(() => systems.stop());
  steward = await startSteward({ data, systems });
  closing.push(() => steward.stop());
  browser = await startBrowser();
  closing.push(() => browser.close());
}, limit);

after(async () => {
  for (const close of closing.reverse()) {
    await close();
  }
}, limit);

/** Opens the page as somebody. What triage itself says is given here: what it knows depends on models and on labels; imports are Steward's own. */
async function open(person, sent = []) {
  const shown = await openPage(browser, "about:blank");
  await shown.page.route("**/v1/triage/**", async (route) => {
    const request = route.request();
    const what = new URL(request.url()).pathname.slice("/v1/triage/".length);
    if (what.startsWith("imports")) {
      return route.continue();
    }
    if (request.method() !== "GET") {
      sent.push({ what, method: request.method(), body: JSON.parse(request.postData() ?? "null") });
    }
    if (what === "classify") {
      return route.fulfill({ json: { results: [{ decision }] } });
    }
    if (what === "heads/use") {
      answers.heads.current = request.postDataJSON().version;
      return route.fulfill({ json: answers.heads });
    }
    if (what === "feedback") {
      const { ticketId, label } = request.postDataJSON().labels[0];
      const isTaken = label !== "Nowhere";
      answers.queue.tickets = answers.queue.tickets.filter((ticket) => !isTaken || ticket.decision.ticketId !== ticketId);
      answers.queue.waiting = answers.queue.tickets.length;
      return route.fulfill({ json: { results: [{ ticketId, isTaken, problem: isTaken ? undefined : "label: must be one of the tenant's groups." }] } });
    }
    if (what === "settings" && request.method() === "PUT") {
      const { nightlyTraining, ...rest } = request.postDataJSON();
      Object.assign(answers.settings, rest, { isNightlyTrainingOn: nightlyTraining, version: rest.version + 1 });
    }
    return route.fulfill({ json: answers[what] });
  });
  await shown.page.goto(new URL("/triage", steward.url).href);
  const option = person === "admin"
    ? shown.page.locator("#demo option").filter({ hasNotText: /Ada Lovelace|Sam Patel/ }).first()
    : shown.page.locator("#demo option", { hasText: person });
  await shown.page.locator("#demo").selectOption(await option.getAttribute("value"));
  await shown.page.locator("#demo-sign-in").click();
  await shown.page.locator("#desk").waitFor();
  return shown;
}

test("classify: label, confidence, alternatives and reasons are shown as text; what is for admins is not there", limit, async () => {
  const sent = [];
  const { page, complaints, close } = await open("Ada Lovelace", sent);
  try {
    await page.locator("#title").fill("VPN is down");
    await page.getByRole("button", { name: "Classify" }).click();
    await page.getByText("Routed and marked").waitFor();
    const told = await page.locator("#decision").innerText();
    for (const expected of ["<img src=x onerror=alert(1)>", "81.2 %", "Mail: 10.0 %", "vpn, category=network", "</li><script>alert(2)</script>", "head-1"]) {
      assert.ok(told.includes(expected), `${expected} is not told in:\n${told}`);
    }
    assert.equal(await page.locator("#decision img, #decision script").count(), 0);
    assert.deepEqual(sent, [{ what: "classify", method: "POST", body: { ticket: { shortDescription: "VPN is down" } } }]);
    assert.equal(await page.locator("section[data-admin]:visible").count(), 0);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("admin: reports, thresholds, and going back to an earlier head", limit, async () => {
  const sent = [];
  const { page, complaints, close } = await open("admin", sent);
  try {
    await page.getByText("u-odd").waitFor();
    await page.locator("#report td", { hasText: "Network" }).waitFor();
    assert.match(await page.locator("#report-facts").innerText(), /1234 labels · routed by itself from 91\.0 %/);
    await page.locator("#trainings td", { hasText: "rolled back" }).waitFor();
    await page.locator("#heads td", { hasText: "61.4 %, of which 95.7 % right, from 83.0 %" }).waitFor();

    await page.locator("#auto-route").fill("0.97");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("The settings are saved.").waitFor();
    const saved = sent.find(({ what }) => what === "settings").body;
    assert.deepEqual([saved.version, saved.autoRouteAt, saved.wantedPrecision, saved.nightlyTraining, saved.reviewAt], [3, 0.97, 0.95, true, undefined]);

    assert.deepEqual(saved.senders, answers.settings.senders);

    await page.locator("#trainings td", { hasText: "There was word of 0" }).waitFor();
    await page.locator("#heads td", { hasText: "on trial for 10.0 %" }).waitFor();
    await page.getByRole("button", { name: "Let head-3 take over" }).click();
    await page.getByText("head-3 answers.").waitFor();
    assert.equal(sent.find(({ what }) => what === "heads/use").body.version, "head-3");

    await page.getByRole("button", { name: "Go back to head-1" }).click();
    await page.getByText("head-1 answers.").waitFor();
    await page.getByRole("button", { name: "Go back to head-2" }).waitFor();
    assert.equal(sent.findLast(({ what }) => what === "heads/use").body.version, "head-1");
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("queue: what waits for a person is shown as text, and is gone once somebody says where it belongs", limit, async () => {
  const sent = [];
  const { page, complaints, close } = await open("admin", sent);
  try {
    await page.locator("#queue li").nth(1).waitFor();
    assert.equal(await page.locator("#queue img").count(), 0);
    assert.ok((await page.locator("#queue").innerText()).includes("Mail 10.0 %"));
    const group = page.getByLabel("Group of mail:2");
    assert.equal(await group.inputValue(), "");
    await group.fill("Nowhere");
    await page.getByRole("button", { name: "Belongs here" }).nth(1).click();
    await page.getByText("must be one of the tenant's groups").waitFor();
    await group.fill("Facilities");
    await page.getByRole("button", { name: "Belongs here" }).nth(1).click();
    await page.getByText("mail:2 belongs to Facilities.").waitFor();
    assert.equal(await page.locator("#queue li").count(), 1);
    assert.deepEqual(sent.filter(({ what }) => what === "feedback").at(-1).body, { labels: [{ ticketId: "mail:2", label: "Facilities" }] });
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("import: a file is sent, and what cannot be read of it is told", limit, async () => {
  const { page, complaints, close } = await open("admin");
  try {
    await page.locator("#file").setInputFiles({ name: "history.csv", mimeType: "text/csv", buffer: Buffer.from("this,is\nno,history\n") });
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("The first line has to name the columns").waitFor();
    assert.equal(await page.locator("#cancel-import").isVisible(), false);

    await page.locator("#file").setInputFiles({ name: "bad.csv", mimeType: "text/csv", buffer: Buffer.from("text,label\nno label here,\nnor here,\n") });
    await page.getByRole("button", { name: "Import", exact: true }).click();
    await page.getByText("All rows were read: 0 rows taken, 2 could not be used.").waitFor();
    assert.deepEqual(await page.locator("#problems li").allInnerTexts(), ["Line 2 has no label.", "Line 3 has no label."]);
    assert.equal(await page.locator("#progress").getAttribute("value"), "100");
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
