// The page of approvals: who is asked sees exactly what, decides once, and others learn of it while they look.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, removeFolder, startBrowser, startSteward, startSystems, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 90_000 };
const rules = `version: 1
rules:
  - name: databases
    when: request_type = 'db_access'
    then:
      levels:
        - { name: Owner, approvers: ["email:sam.patel@acme.example"] }
default:
  levels:
    - { name: Administrators, approvers: ["role:admin"] }
`;

const closing = [];
const tokens = {};
let steward;
let browser;
let asked = 0;

before(async () => {
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  const systems = await startSystems(data);
  closing.push(() => systems.stop());
  steward = await startSteward({ data, systems });
  closing.push(() => steward.stop());
  for (const { name, token } of await (await fetch(new URL("/demo/employees", steward.url))).json()) {
    tokens[name] = token;
  }
  tokens.admin = Object.entries(tokens).find(([name]) => name !== "Ada Lovelace" && name !== "Sam Patel")[1];
  await api("admin", "approval-rules", { method: "PUT", body: { text: rules } });
  browser = await startBrowser();
  closing.push(() => browser.close());
}, limit);

after(async () => {
  for (const close of closing.reverse()) {
    await close();
  }
}, limit);

async function api(person, path, { method = "GET", body } = {}) {
  const response = await fetch(new URL(`/v1/${path}`, steward.url), {
    method,
    headers: { Authorization: `Bearer ${tokens[person]}`, ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  const text = await response.text();
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
  return text ? JSON.parse(text) : null;
}

/** Ada asks; answers with the approval once somebody is asked. */
async function ask(summary, more = {}) {
  const body = { type: "db_access", action: "postgres.grant", arguments: { database: "orders", number: ++asked }, summary, reason: "An incident", risk: "high", ...more };
  const { approvalId } = await api("Ada Lovelace", "approvals", { method: "POST", body });
  for (;;) {
    const approval = await api("Ada Lovelace", `approvals/${approvalId}`);
    if (approval.levels.length > 0) {
      return approval;
    }
    await new Promise((done) => setTimeout(done, 50));
  }
}

const statusOf = async (id) => (await api("Ada Lovelace", `approvals/${id}`)).status;

/** Runs a test with pages of its own, about which the browser must not complain. */
function pagesTest(name, body, allowed = []) {
  test(name, limit, async () => {
    const opened = [];
    const open = async (person, path = "/approvals") => {
      const shown = await openPage(browser, new URL(path, steward.url).href);
      opened.push(shown);
      if (person) {
        await signIn(shown.page, person);
      }
      return shown.page;
    };
    try {
      await body(open);
      assert.deepEqual(opened.flatMap(({ complaints }) => complaints).filter((complaint) => !allowed.some((expected) => expected.test(complaint))), []);
    } finally {
      for (const { close } of opened) {
        await close();
      }
    }
  });
}

async function signIn(page, name) {
  const option = page.locator("#demo option", { hasText: name });
  await page.locator("#demo").selectOption(await option.getAttribute("value"));
  await page.locator("#demo-sign-in").click();
  await page.locator("#desk").waitFor();
}

const entry = (page, summary) => page.locator("#list a", { hasText: summary });

pagesTest("approve: who is asked sees exactly what, why and by which rule; the decision is told to whoever asked while they look", async (open) => {
  const hostile = "Read <img src=x onerror=alert(1)> & \"orders\"";
  const approval = await ask(hostile, { arguments: { note: "</pre><script>alert(2)</script>" }, preview: { grants: 1 }, amount: 20, currency: "EUR" });
  const ada = await open("Ada Lovelace", `/approvals/${approval.approvalId}`);
  await ada.getByText(hostile).first().waitFor();
  assert.equal(await ada.locator("#deciding").isVisible(), false);

  const sam = await open("Sam Patel");
  await entry(sam, hostile).click();
  await sam.getByRole("heading", { name: hostile }).waitFor();
  assert.equal(new URL(sam.url()).pathname, `/approvals/${approval.approvalId}`);
  const facts = await sam.locator("#facts").innerText();
  for (const told of ["An incident", "postgres.grant", "high", "20 EUR", "</pre><script>alert(2)</script>", "Rule databases", "sam.patel@acme.example", "grants"]) {
    assert.ok(facts.includes(told), `${told} is not told in:\n${facts}`);
  }
  assert.equal(await sam.locator("#facts img, #facts script").count(), 0);

  await sam.getByLabel("Comment (optional)").fill("As discussed");
  await sam.getByRole("button", { name: "Approve", exact: true }).click();
  await sam.getByText("You approved this.").waitFor();
  await sam.locator("#deciding").waitFor({ state: "hidden" });
  assert.equal(await statusOf(approval.approvalId), "approved");
  assert.match(await sam.locator("#facts").innerText(), /Approved by u-sam\.patel[^]*console[^]*As discussed/);

  // Ada did nothing: her page heard of it, and the bell rings.
  await ada.locator('dd[data-status="approved"]').waitFor();
  await ada.locator("#bell[data-unseen]").waitFor();
  await ada.getByRole("button", { name: /^Notifications, \d+ new$/ }).click();
  await ada.locator("#items li").first().waitFor();
  await ada.keyboard.press("Escape");
  assert.equal(await ada.locator("#inbox").isVisible(), false);
  assert.equal(await ada.locator("#bell").getAttribute("data-unseen"), null);
});

pagesTest("a link from a mail asks for sign-in, does nothing by itself, and helps nobody who is not asked", async (open) => {
  const forAdmins = await ask("Something for administrators", { type: "other" });
  const { approvalId } = await ask("Opened from a mail");

  const page = await open(null, `/approvals#${approvalId}`);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  assert.equal(await page.getByText("Opened from a mail").count(), 0);
  assert.equal(await statusOf(approvalId), "pending");
  await signIn(page, "Sam Patel");
  await page.getByRole("heading", { name: "Opened from a mail" }).waitFor();
  assert.equal(await statusOf(approvalId), "pending");

  const forwarded = await open("Sam Patel", `/approvals/${forAdmins.approvalId}`);
  await forwarded.getByRole("alert").getByText("There is no such request, or it is not for you.").waitFor();
  assert.equal(await forwarded.locator("#shown").isVisible(), false);
}, [/404/]);

pagesTest("the record in another system is linked with its state, and an address that is none of the web is text", async (open) => {
  const { approvalId } = await ask("Goes along with a record");
  const sam = await open("Sam Patel");
  let mirror = { instance: "jira", kind: "jira_transition", status: "open", reference: "IT-7", url: "https://acme.atlassian.example/browse/IT-7" };
  await sam.route(`**/v1/approvals/${approvalId}?*`, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...(await response.json()), mirror } });
  });

  await entry(sam, "Goes along with a record").click();
  const shown = sam.locator("dd[data-mirror]");
  await shown.waitFor();
  assert.equal(await shown.innerText(), "IT-7 in jira: open");
  assert.equal(await shown.locator("a").getAttribute("href"), mirror.url);
  assert.equal(await shown.locator("a").getAttribute("rel"), "noopener noreferrer");

  mirror = { ...mirror, status: "failed", url: "javascript:alert(1)", error: "Jira does not answer." };
  await sam.goto(new URL("/approvals", steward.url).href);
  await entry(sam, "Goes along with a record").click();
  await sam.locator('dd[data-mirror="failed"]').waitFor();
  assert.match(await shown.innerText(), /^IT-7 in jira: could not be brought in step\s+Jira does not answer\.$/);
  assert.equal(await shown.locator("a").count(), 0);
});

pagesTest("several at once are each their own decision", async (open) => {
  const mine = await Promise.all(["first of three", "second of three", "third of three"].map((summary) => ask(summary)));
  const sam = await open("Sam Patel");
  for (const { summary } of mine.slice(0, 2)) {
    await sam.getByLabel(`Choose: ${summary}`).check();
  }
  await sam.getByText("2 chosen").waitFor();
  await sam.getByRole("button", { name: "Reject these" }).click();
  await sam.getByText("2 of 2 votes counted.").waitFor();

  assert.deepEqual(await Promise.all(mine.map(({ approvalId }) => statusOf(approvalId))), ["rejected", "rejected", "pending"]);
});

pagesTest("what somebody else decided meanwhile is said, and nothing is decided twice", async (open) => {
  const approval = await ask("Decided elsewhere");
  const sam = await open("Sam Patel", `/approvals/${approval.approvalId}`);
  await sam.getByRole("button", { name: "Reject", exact: true }).waitFor();
  await sam.route("**/v1/approvals/*/decide", async (route) => {
    await api("Sam Patel", `approvals/${approval.approvalId}/decide`, { method: "POST", body: { decision: "approve", subjectHash: approval.subjectHash } });
    await route.continue();
  });
  await sam.getByRole("button", { name: "Reject", exact: true }).click();

  await sam.locator('dd[data-status="approved"]').waitFor();
  await sam.locator("#error").waitFor();
  assert.equal(await statusOf(approval.approvalId), "approved");
}, [/409/]);

pagesTest("comments and a delegation, by keyboard alone", async (open) => {
  const { approvalId } = await ask("By keyboard");
  const sam = await open("Sam Patel");
  const link = entry(sam, "By keyboard");
  await link.waitFor();
  await link.focus();
  await sam.keyboard.press("Enter");
  await sam.getByRole("heading", { name: "By keyboard" }).waitFor();
  assert.equal(await sam.evaluate(() => document.activeElement.id), "detail");

  await sam.getByLabel("New comment").focus();
  await sam.keyboard.type("Until when?");
  await sam.keyboard.press("Tab");
  await sam.keyboard.press("Enter");
  await sam.locator("#comments").getByText("Until when?").waitFor();

  await sam.getByText("Hand my vote to somebody else").focus();
  await sam.keyboard.press("Enter");
  await sam.getByLabel("Mail address").fill("nadia.haddad@acme.example");
  await sam.keyboard.press("Enter");
  await sam.getByText("nadia.haddad@acme.example can decide for you now.").waitFor();
  assert.deepEqual((await api("Ada Lovelace", `approvals/${approvalId}`)).levels[0].approvers[0].delegates, ["nadia.haddad@acme.example"]);
});

pagesTest("withdrawing: whoever asked can, and it is over for everybody", async (open) => {
  const { approvalId } = await ask("No longer needed");
  const ada = await open("Ada Lovelace", `/approvals/${approvalId}`);
  await ada.getByRole("button", { name: "Withdraw this request" }).click();
  await ada.locator('dd[data-status="cancelled"]').waitFor();

  assert.equal(await statusOf(approvalId), "cancelled");
  assert.equal(await ada.getByRole("button", { name: "Withdraw this request" }).isVisible(), false);
});

pagesTest("everything that can be used has a name, and small screens need no sideways scrolling", async (open) => {
  const { approvalId } = await ask("Named");
  const sam = await open("Sam Patel", `/approvals/${approvalId}`);
  await sam.getByRole("button", { name: "Approve", exact: true }).waitFor();
  const unnamed = await sam.evaluate(() => [...document.querySelectorAll("button, input, select, textarea, a[href]")]
    .filter((one) => one.offsetParent && !(one.textContent.trim() || one.getAttribute("aria-label") || one.labels?.length))
    .map((one) => one.outerHTML));
  assert.deepEqual(unnamed, []);

  await sam.setViewportSize({ width: 360, height: 740 });
  assert.ok(await sam.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
});
