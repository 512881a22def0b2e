// The chat page where people decide: approvals by somebody else, plans that are reviewed, and requests that wait for their turn.
import assert from "node:assert/strict";
import { cp, mkdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { after, before, test } from "node:test";
import { openPage, removeFolder, send, signIn, startBrowser, startModel, startSteward, startSystems, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 90_000 };
const request = "VPN is down in the Berlin office for the whole sales team";
const planned = "Please sort out what we talked about";
const plan = {
  goal: "Reset the password",
  answer: "Say that it is done.",
  steps: [
    { id: "find", title: "Find the account", tool: "okta.users.find", arguments: { email: "${requester.email}" } },
    { id: "reset", title: "Reset it", tool: "okta.users.reset_password", arguments: { userId: "${steps.find.result.items[0].id}" }, needs: ["find"], onFailure: "stop" },
  ],
};
const agent = `id: assistant
version: 1
title: Assistant
description: Plans.
instructions: Plan.
tools: { read: ["*"], write: [okta.users.reset_password] }
strategies: [playbook, plan]
reviewPlans: true
`;

const closing = [];
let systems;
let steward;
let browser;
let gate = Promise.resolve();

before(async () => {
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  const [playbooks, agents] = [path.join(data, "playbooks"), path.join(data, "agents")];
  await cp(path.join(path.dirname(process.env.STEWARD_HOST_DLL), "playbooks"), playbooks, { recursive: true });
  await mkdir(agents);
  await writeFile(path.join(agents, "assistant.yaml"), agent);
  const policy = await readFile(path.join(playbooks, "policy.yaml"), "utf8");
  const asks = policy.replace(/  servicenow\.incidents\.create:\n(?:    .*\n)+/, "  servicenow.incidents.create:\n    approval: [anyone]\n    approvers: [role:helpdesk]\n");
  assert.notEqual(asks, policy);
  await writeFile(path.join(playbooks, "policy.yaml"), asks);

  systems = await startSystems(data);
  closing.push(() => systems.stop());
  const model = await startModel(async (messages) => {
    await gate;
    return messages[0].content.startsWith("You are the planner") ? JSON.stringify(plan) : "All of it is done.";
  });
  closing.push(() => model.stop());
  steward = await startSteward({
    data,
    systems,
    settings: {
      ...model.settings,
      Steward__Orchestration__PlaybookDirectory: playbooks,
      Steward__Orchestration__AgentDirectory: agents,
      Steward__Admission__MaxConcurrentRunsPerTenant: "1",
    },
  });
  closing.push(() => steward.stop());
  browser = await startBrowser();
  closing.push(() => browser.close());
}, limit);

after(async () => {
  for (const close of closing.reverse()) {
    await close();
  }
}, limit);

const card = (page) => page.locator(".message.decision").last();
const outcome = (page) => card(page).locator(".outcome");
const option = (page, name) => card(page).getByRole("button", { name, exact: true });
const answer = (page) => page.locator(".message.assistant").last();
const idle = (page) => page.locator("#send:enabled").waitFor();

/** Runs a test with pages of its own, about which the browser must not complain. */
function pagesTest(name, body) {
  test(name, limit, async () => {
    const opened = [];
    const open = async (person, address = steward.url) => {
      const shown = await openPage(browser, address);
      opened.push(shown);
      await signIn(shown.page, person);
      return shown.page;
    };
    try {
      await body(open);
      assert.deepEqual(opened.flatMap(({ complaints }) => complaints), []);
    } finally {
      for (const { close } of opened) {
        await close();
      }
    }
  });
}

/** Sends a message and says which run works on it. */
async function submit(page, text) {
  const answered = page.waitForResponse((response) => response.url().endsWith("/messages") && response.request().method() === "POST");
  await send(page, text);
  return (await (await answered).headerValue("location")).split("/").pop();
}

const addressOf = (run) => new URL(`#run=${run}`, steward.url).href;

for (const { choice, decided, answered, more } of [
  { choice: "Approve", decided: "approved", answered: /INC\d{7}/, more: 1 },
  { choice: "Reject", decided: "rejected", answered: /It was not approved/, more: 0 },
]) {
  pagesTest(`approval, ${choice}: whoever asked only sees who decides, the help desk gets buttons, and both learn what became of it`, async (open) => {
    const before = await systems.incidents();
    const asking = await open("Ada Lovelace");
    const run = await submit(asking, request);
    await card(asking).waitFor();
    await idle(asking);
    // Who is asked is known a moment after the run has asked.
    await outcome(asking).getByText("Waits for: helpdesk", { exact: true }).waitFor();
    assert.equal(await card(asking).getByRole("button").count(), 0);
    assert.match(await card(asking).locator(".subject").textContent(), /"callerEmail": "ada\.lovelace@/);

    const deciding = await open("Sam Patel", addressOf(run));
    await option(deciding, choice).waitFor();
    assert.deepEqual(await card(deciding).getByRole("button").allTextContents(), ["Approve", "Reject"]);
    assert.equal(await systems.incidents(), before);
    await option(deciding, choice).click();
    await outcome(deciding).getByText(`${decided} by you`).waitFor();

    await answer(asking).getByText(answered).first().waitFor();
    assert.match(await outcome(asking).textContent(), new RegExp(`^${decided} by u-`));
    assert.equal(await card(deciding).getByRole("button").count(), 0);
    assert.equal(await systems.incidents(), before + more);
  });
}

pagesTest("plan review: what is no JSON is not sent, a changed plan is what is worked off", async (open) => {
  const page = await open("Ada Lovelace");
  await submit(page, planned);
  await card(page).waitFor();
  assert.match(await card(page).locator(".decision-title").textContent(), /^Please review the plan: Reset the password/);
  assert.deepEqual(await card(page).getByRole("button").allTextContents(), ["Approve", "Approve with my changes", "Reject"]);
  await card(page).locator("summary").click();
  const text = card(page).getByRole("textbox");
  assert.deepEqual(JSON.parse(await text.inputValue()), plan);

  await text.fill("{ not a plan");
  await option(page, "Approve with my changes").click();
  await outcome(page).getByText("The plan is not valid JSON").waitFor();
  assert.equal(await page.locator("#steps li").count(), 0);

  await text.fill(JSON.stringify({ ...plan, steps: [{ ...plan.steps[0], title: "Look Ada up" }, plan.steps[1]] }));
  await option(page, "Approve with my changes").click();
  await answer(page).getByText("All of it is done.").waitFor();
  assert.match(await outcome(page).textContent(), /^approved with changes by you/);
  assert.match((await page.locator("#steps li").allTextContents()).join("\n"), /Look Ada up.*done[^]*Reset it.*done/);
});

pagesTest("plan review, Reject: nothing of the plan is done, and the answer says so", async (open) => {
  const page = await open("Ada Lovelace");
  await submit(page, planned);
  await option(page, "Reject").click();

  await answer(page).getByText("You rejected the plan, so I did not carry it out.").waitFor();
  assert.equal(await page.locator("#steps li").count(), 0);
  assert.match(await outcome(page).textContent(), /^rejected by you/);
});

pagesTest("queue: a request that waits for its turn says so, and how many are before it", async (open) => {
  let release;
  gate = new Promise((open) => (release = open));
  try {
    const pages = [await open("Ada Lovelace"), await open("Sam Patel"), await open("Sam Patel")];
    await submit(pages[0], planned);
    await pages[0].locator("#status", { hasText: "Working …" }).waitFor();
    await submit(pages[1], "Who is my manager?");
    await pages[1].locator("#status", { hasText: /^Waiting for its turn …$/ }).waitFor();
    await submit(pages[2], "Who is my manager?");
    await pages[2].locator("#status", { hasText: /^Waiting for its turn; 1 before it$/ }).waitFor();
    release();

    for (const page of pages.slice(1)) {
      await answer(page).waitFor();
      await idle(page);
      assert.equal(await page.locator("#status").textContent(), "");
    }
    await card(pages[0]).waitFor();
  } finally {
    release();
  }
});
