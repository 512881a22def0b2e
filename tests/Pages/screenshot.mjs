// Renews docs/images/chat.png: STEWARD_HOST_DLL=… node screenshot.mjs [FILE [light|dark [WIDTH HEIGHT]]]
import { fileURLToPath } from "node:url";
import { openPage, removeFolder, send, signIn, startBrowser, startSteward, temporaryFolder } from "./steward.mjs";

const [file = fileURLToPath(new URL("../../docs/images/chat.png", import.meta.url)), colorScheme = "light", width = 1200, height = 800] = process.argv.slice(2);
const data = await temporaryFolder();
const steward = await startSteward({ data });
const browser = await startBrowser();
try {
  const { page } = await openPage(browser, steward.url, { colorScheme, viewport: { width: Number(width), height: Number(height) } });
  await signIn(page);
  for (const [number, text] of ["VPN is down in the Berlin office for the whole sales team", "I forgot my password"].entries()) {
    await send(page, text);
    await page.locator(".message.assistant").nth(number).waitFor();
    await page.locator("#send:enabled").waitFor();
  }
  await page.locator("#message").blur();
  await page.mouse.move(0, 0);
  await page.screenshot({ path: file });
} finally {
  await browser.close();
  await steward.stop();
  await removeFolder(data);
}
