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
    const answers = page.locator(".message.assistant");
    const ask = async (text, shown) => {
      const before = await answers.count();
      await send(page, text);
      await answers.nth(before).getByText(shown).first().waitFor();
      await page.locator("#send:enabled").waitFor();
      return answers.nth(before);
    };

    // A machine that has much to do may not read a message in time.
    for (let told = ""; !told.includes("allergy: peanuts"); ) {
      await ask("I'm allergic to peanuts.", /./);
      told = await (await ask("What do you remember about me?", /./)).textContent();
    }
    const note = (await ask("What would you suggest for lunch?", "as you told me")).locator(".outcome");
    await note.waitFor();
    assert.equal(await note.textContent(), "From memory: allergy: peanuts. Wrong? Say what is right, or “forget” and its words.");

    await ask("Thank you.", "I see.");
    assert.equal(await page.locator(".message.assistant .outcome", { hasText: "From memory" }).count(), 1);
    assert.deepEqual(complaints, []);
  } finally {
    await close();
  }
});
