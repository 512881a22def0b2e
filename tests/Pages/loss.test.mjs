// The chat page when things take long or break: the simulated systems live apart from Steward and outlive it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, removeFolder, send, signIn, startBrowser, startSteward, startSystems, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 150_000 };
const request = "VPN is down in the Berlin office for the whole sales team";
const closing = [];
let data;
let systems;
let steward;
let browser;

before(async () => {
  data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  systems = await startSystems(data);
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

async function until(condition, what) {
  const deadline = Date.now() + 30_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, what);
    await new Promise((done) => setTimeout(done, 50));
  }
}

test("slow system: the running step and its time show before the answer", limit, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url);
  try {
    await signIn(page);
    await systems.slow(3_000);
    await send(page, request);
    await page.locator('#steps li[data-state="running"]', { hasText: "Open an incident in ServiceNow" }).waitFor();
    assert.equal(await page.locator(".message.assistant").count(), 0);
    assert.match(await page.locator("#status").textContent(), /^Working/);
    assert.ok(await page.locator("#send").isDisabled());
    assert.ok(await page.locator("#cancel").isVisible());
    await page.locator("#steps .step-time", { hasText: /^[1-9]\d*\.\d s$/ }).waitFor();

    await page.locator(".message.assistant", { hasText: /INC\d{7}/ }).waitFor();
    await page.locator("#send:enabled").waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("Stop: the run ends, the answer says so, and the next request is answered", limit, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url);
  try {
    await signIn(page);
    await systems.slow(5_000);
    await send(page, request);
    await page.locator('#steps li[data-state="running"]').waitFor();
    await page.locator("#cancel").click();
    await page.locator(".message.assistant .outcome", { hasText: "Stopped." }).waitFor();
    await page.locator("#send:enabled").waitFor();

    await systems.recover();
    await send(page, "Who is my manager?");
    await page.locator(".message.assistant").nth(1).waitFor();
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("reload while a run is under way: it is shown live to its end", limit, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url);
  try {
    await signIn(page);
    await systems.slow(4_000);
    await send(page, request);
    await page.locator('#steps li[data-state="running"]').waitFor();
    await page.reload();

    await page.locator('#steps li[data-state="running"]').waitFor();
    await page.locator(".message.assistant", { hasText: /INC\d{7}/ }).waitFor();
    assert.equal(await page.locator(".message").count(), 2);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});

test("server killed and started again: the page reconnects, the run completes, and nothing was done twice", limit, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url);
  try {
    await signIn(page);
    const before = await systems.incidents();
    await systems.slow(20_000);
    await send(page, request);
    await until(async () => (await systems.incidents()) === before + 1, "ServiceNow did not create an incident.");
    await steward.kill();
    await page.locator("#status", { hasText: "being restored" }).waitFor();
    await systems.recover();
    steward = await startSteward({ data, systems, port: steward.port });

    await page.locator(".message.assistant", { hasText: /INC\d{7}/ }).waitFor({ timeout: 60_000 });
    await page.locator("#send:enabled").waitFor();
    assert.equal(await page.locator(".message").count(), 2);
    assert.equal(await page.locator("#steps li").getAttribute("data-state"), "done");
    assert.ok(await page.locator("#error").isHidden());
    assert.equal(await systems.incidents(), before + 1);
    assert.deepEqual(complaints.filter((complaint) => !/net::ERR_/.test(complaint)), []);

    await send(page, "Who is my manager?");
    await page.locator(".message.assistant").nth(1).waitFor();
  } finally {
    await close();
  }
});
