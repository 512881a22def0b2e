// The chat page where an answer has what is remembered: it says which memories those are.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, removeFolder, send, signIn, startBrowser, startModel, startSteward, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 90_000 };
const closing = [];
let steward;
let browser;

before(async () => {
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  const model = await startModel((messages) => (messages.at(-1).content.includes("lunch") ? "Nothing with peanuts, as you told me." : "I see."));
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

test("answer with the words of a memory: says which, and says nothing where it has none", limit, async () => {
  const { page, complaints, close } = await openPage(browser, steward.url, {});
  try {
    await signIn(page);
    await send(page, "I'm allergic to peanuts.");
    await page.locator(".message.assistant").nth(0).waitFor();
    await page.locator("#send:enabled").waitFor();
    await send(page, "What would you suggest for lunch?");
    const note = page.locator(".message.assistant").nth(1).locator(".outcome");
    await note.waitFor();
    assert.equal(await note.textContent(), "From memory: allergy: peanuts. Wrong? Say what is right, or “forget” and its words.");

    await send(page, "What do you remember about me?");
    await page.locator(".message.assistant").nth(2).getByText("allergy: peanuts").waitFor();
    await page.locator("#send:enabled").waitFor();
    await send(page, "Thank you.");
    await page.locator(".message.assistant").nth(3).getByText("I see.").waitFor();
    await page.locator("#send:enabled").waitFor();
    assert.equal(await page.locator(".message.assistant .outcome").count(), 1);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
