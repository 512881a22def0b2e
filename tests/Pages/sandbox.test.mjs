// The chat page where an agent runs code: charts in the answer, charts and tables in the steps, and both in the trace.
import assert from "node:assert/strict";
import { access } from "node:fs/promises";
import { after, before, test } from "node:test";
import { openPage, removeFolder, send, signIn, startBrowser, startModel, startSteward, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 90_000 };
const csv = "opened,title\n2026-03-02,Printer\n2026-03-03,VPN\n2026-03-10,Laptop\n2026-03-17,Badge\n2026-03-18,Mail\n";
const code = `import pandas as pd
import steward
frame = pd.read_csv("tickets.csv", parse_dates=["opened"])
weeks = frame.set_index("opened").resample("W").size().rename("tickets").reset_index()
steward.table(weeks, "<b>Weeks</b>")
weeks.plot.bar(x="opened", y="tickets", title="Tickets per week")
`;
const markdown = /!\[[^\]]*\]\(\/v1\/sandbox\/executions\/[^)]+\/files\/chart-1\.png\)/;

const missing = await Promise.all(["/usr/bin/bwrap", "/usr/lib/python3/dist-packages/pandas", "/usr/lib/python3/dist-packages/matplotlib"].map((needed) => access(needed).then(() => null, () => needed)));
const skip = missing.some(Boolean) ? `needs ${missing.filter(Boolean).join(", ")}` : false;
const closing = [];
let steward;
let browser;

before(async () => {
  if (skip) {
    return;
  }
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  const model = await startModel((messages) => {
    const chart = messages.at(-1).role === "tool" ? markdown.exec(messages.at(-1).content) : null;
    return chart ? `Here it is: ${chart[0]}` : messages.at(-1).role === "tool" ? messages.at(-1).content : { tool: "sandbox_run_code", arguments: { language: "python", code, files: [{ name: "tickets.csv", text: csv }] } };
  });
  closing.push(() => model.stop());
  steward = await startSteward({ data, settings: { ...model.settings, Steward__Orchestration__Strategy: "react" } });
  closing.push(() => steward.stop());
  browser = await startBrowser();
  closing.push(() => browser.close());
}, limit);

after(async () => {
  for (const close of closing.reverse()) {
    await close();
  }
}, limit);

test("plot tickets per week from the CSV: the answer shows the chart, the step the table, and the trace names both", { ...limit, skip }, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url);
  try {
    await signIn(page);
    const answered = page.waitForResponse((response) => response.url().endsWith("/messages") && response.request().method() === "POST");
    await send(page, `Plot tickets per week from the CSV:\n${csv}`);
    const run = (await (await answered).headerValue("location")).split("/").pop();

    const drawn = async (place) => {
      const picture = page.locator(`${place} img.chart`).last();
      await picture.waitFor();
      await page.waitForFunction((image) => image.complete && image.naturalWidth > 100, await picture.elementHandle());
      return picture;
    };
    await drawn(".message.assistant");
    await drawn("#steps .step-result");
    await page.locator("#send:enabled").waitFor();

    const table = page.locator("#steps .step-result table.result");
    assert.equal(await table.locator("caption").textContent(), "<b>Weeks</b>");
    assert.deepEqual(await table.locator("th").allTextContents(), ["opened", "tickets"]);
    assert.deepEqual(await table.locator("td:nth-child(2)").allTextContents(), ["2", "1", "2"]);
    assert.equal(await page.locator("#room b").count(), 0);

    const trace = await page.evaluate(async (id) => (await fetch(`/v1/runs/${id}/trace`, { headers: { Authorization: `Bearer ${sessionStorage.getItem("steward.token")}` } })).text(), run);
    assert.match(trace, /chart-1\.png/);
    assert.match(trace, /"totalRows":\s*3/);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
