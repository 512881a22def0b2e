// The chat page in Chromium, with a Steward that brings its simulated systems along.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openPage, removeFolder, send, signIn, startBrowser, startSteward, temporaryFolder } from "./steward.mjs";

const limit = { timeout: 90_000 };
const request = "VPN is down in the Berlin office for the whole sales team";
const narrow = { viewport: { width: 375, height: 667 } };
const closing = [];
let steward;
let browser;

before(async () => {
  const data = await temporaryFolder();
  closing.push(() => removeFolder(data));
  steward = await startSteward({ data });
  closing.push(() => steward.stop());
  browser = await startBrowser();
  closing.push(() => browser.close());
}, limit);

after(async () => {
  for (const close of closing.reverse()) {
    await close();
  }
}, limit);

/** Runs a test on a page of its own; afterwards the browser must not have complained about anything unexpected. */
function pageTest(name, body, { options = {}, expected = null } = {}) {
  test(name, limit, async () => {
    const { page, complaints, close } = await openPage(browser, steward.url, options);
    try {
      await body(page);
      assert.deepEqual(complaints.filter((complaint) => !expected?.test(complaint)), []);
    } finally {
      await close();
    }
  });
}

const answer = (page) => page.locator(".message.assistant").last();
const texts = (page) => page.locator(".message .text").allTextContents();
const idle = (page) => page.locator("#send:enabled").waitFor();

async function fitsIntoItsWidth(page) {
  const { content, window } = await page.evaluate(() => ({ content: document.documentElement.scrollWidth, window: document.documentElement.clientWidth }));
  assert.ok(content <= window, `The page is ${content} px wide in a window of ${window} px.`);
}

pageTest("request of a signed-in employee: steps appear as they happen, and the answer names the incident", async (page) => {
  await signIn(page);
  assert.match(await page.locator("#who").textContent(), /Ada Lovelace/);
  await page.evaluate(() => {
    window.states = [];
    const note = (item) => window.states.push(item.dataset?.state);
    new MutationObserver((changes) => changes.forEach(({ type, target, addedNodes }) => (type === "attributes" ? note(target) : addedNodes.forEach(note))))
      .observe(document.getElementById("steps"), { childList: true, subtree: true, attributes: true, attributeFilter: ["data-state"] });
  });
  await send(page, request);

  await answer(page).getByText(/INC\d{7}/).first().waitFor();
  await idle(page);
  assert.equal(await page.locator("#steps li").count(), 1);
  assert.match(await page.locator("#steps li").textContent(), /Open an incident in ServiceNow.*servicenow\.incidents\.create/);
  assert.equal(await page.locator("#steps li").getAttribute("data-state"), "done");
  const states = await page.evaluate(() => window.states.filter(Boolean));
  assert.ok(states.includes("running") && states.at(-1) === "done", states.join());
  assert.equal(await page.locator("#status").textContent(), "");
  assert.equal(await page.locator("#message").inputValue(), "");
});

pageTest("reload: the employee stays signed in and the conversation is there again", async (page) => {
  await signIn(page);
  await send(page, "Who is my manager?");
  await answer(page).waitFor();
  await idle(page);
  const before = await texts(page);
  await page.reload();
  await page.locator("#room").waitFor();
  await page.locator(".message").nth(1).waitFor();

  assert.equal(before.length, 2);
  assert.deepEqual(await texts(page), before);
});

pageTest("wrong token: a plain sentence, nobody is signed in, and a second try works", async (page) => {
  await page.locator("#token").fill("not-a-token");
  await page.locator("#sign-in").click();
  await page.locator("#error").waitFor();

  assert.equal(await page.locator("#error").textContent(), "These credentials are not valid.");
  assert.ok(await page.locator("#room").isHidden());
  assert.equal(await page.evaluate(() => sessionStorage.getItem("steward.token")), null);

  await page.locator("#token").fill(await page.locator("#demo option").first().getAttribute("value"));
  await page.locator("#sign-in").click();
  await page.locator("#room").waitFor();
  assert.ok(await page.locator("#error").isHidden());
}, { expected: /status of 401/ });

pageTest("markup in a message stays text, in the message, the steps and the answer", async (page) => {
  const markup = "<img src=x onerror=\"window.hurt=1\"><script>window.hurt=1</script><b>bold</b>";
  await signIn(page);
  await send(page, `The printer is broken ${markup} on floor 2`);
  await answer(page).getByText(/INC\d{7}/).first().waitFor();
  await idle(page);

  const [asked, answered] = await texts(page);
  assert.ok(asked.includes(markup), asked);
  assert.ok(answered.includes("<img"), answered);
  assert.equal(await page.locator("#room :is(img, script, b)").count(), 0);
  assert.equal(await page.evaluate(() => window.hurt), undefined);

  await page.reload();
  await page.locator(".message").nth(1).waitFor();
  assert.deepEqual(await texts(page), [asked, answered]);
  assert.equal(await page.locator("#room :is(img, script, b)").count(), 0);
});

pageTest("web addresses in an answer are links that show where they lead, other schemes are not", async (page) => {
  await signIn(page);
  await send(page, "The printer is broken, see https://example.com/a?b=<c>. Not javascript:alert(1) or data:text/html,x");
  await answer(page).getByText(/INC\d{7}/).first().waitFor();
  await idle(page);

  const links = await page.locator("#log .message.user a").evaluateAll((all) => all.map(({ href, textContent, rel, target }) => ({ href, textContent, rel, target })));
  assert.deepEqual(links, [{ href: "https://example.com/a?b=", textContent: "https://example.com/a?b=", rel: "noopener noreferrer", target: "_blank" }]);
  for (const link of await page.locator("#log a").all()) {
    assert.match(await link.getAttribute("href"), /^https?:\/\//);
  }
});

pageTest("keyboard alone: an example, Enter to send, Shift+Enter for a new line, a new conversation, signing out", async (page) => {
  await signIn(page);
  await page.getByRole("button", { name: "Who is my manager?" }).press("Enter");
  await answer(page).waitFor();
  await idle(page);
  assert.ok(await page.locator("#welcome").isHidden());

  await page.locator("#message").focus();
  await page.keyboard.type("Who is");
  await page.keyboard.press("Shift+Enter");
  await page.keyboard.type("my manager?");
  await page.keyboard.press("Enter");
  await page.locator(".message.assistant").nth(1).waitFor();
  await idle(page);
  assert.equal((await texts(page))[2], "Who is\nmy manager?");

  await page.locator("#new-session").press("Enter");
  assert.equal(await page.locator(".message").count(), 0);
  assert.ok(await page.locator("#welcome").isVisible());

  await page.locator("#sign-out").press("Enter");
  await page.locator("#entrance").waitFor();
  assert.ok(await page.locator("#room").isHidden());
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

pageTest("another employee in the same browser sees none of the first one's conversation", async (page) => {
  await signIn(page);
  await send(page, "Who is my manager?");
  await answer(page).waitFor();
  await idle(page);
  await page.locator("#sign-out").click();
  await signIn(page, "Sam Patel");

  await page.locator("#welcome").waitFor();
  assert.equal(await page.locator(".message").count(), 0);
});

pageTest("phone: nothing is wider than the window, and the composer stays in sight", async (page) => {
  await fitsIntoItsWidth(page);
  await signIn(page);
  await fitsIntoItsWidth(page);
  await send(page, `${request} ${"x".repeat(300)}`);
  await answer(page).getByText(/INC\d{7}/).first().waitFor();
  await idle(page);

  await fitsIntoItsWidth(page);
  const box = await page.locator("#send").boundingBox();
  assert.ok(box.y + box.height <= 667 && box.x + box.width <= 375, JSON.stringify(box));
}, { options: narrow });

for (const colorScheme of ["light", "dark"]) {
  pageTest(`${colorScheme}: all text stands out from its ground by 4.5 to 1`, async (page) => {
    await fitsIntoItsWidth(page);
    await signIn(page);
    await send(page, request);
    await answer(page).getByText(/INC\d{7}/).first().waitFor();
    await idle(page);

    const weak = await page.evaluate(() => {
      const channels = (color) => color.match(/[\d.]+/g).map(Number);
      const light = (color) => channels(color).slice(0, 3)
        .map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
      const ground = (element) => {
        for (let at = element; at; at = at.parentElement) {
          const color = getComputedStyle(at).backgroundColor;
          if ((channels(color)[3] ?? 1) === 1) {
            return color;
          }
        }
        return "rgb(255, 255, 255)";
      };
      return [...document.querySelectorAll("body *")]
        .filter((element) => element.checkVisibility() && [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
        .map((element) => {
          const [high, low] = [light(getComputedStyle(element).color), light(ground(element))].sort((a, b) => b - a);
          return { text: element.textContent.slice(0, 30), ratio: (high + 0.05) / (low + 0.05) };
        })
        .filter(({ ratio }) => ratio < 4.5);
    });
    assert.deepEqual(weak, []);
  }, { options: { colorScheme } });
}
