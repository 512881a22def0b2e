// Starts what the page tests need: a Steward, the simulated systems as a process of their own, and Chromium.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const startsWithin = 60_000;
const hostDll = process.env.STEWARD_HOST_DLL;
if (!hostDll) {
  throw new Error("STEWARD_HOST_DLL must name the Release build of Steward.Host.dll; ./steward test Pages sets it.");
}

/** Starts a .NET program and waits for a line that matches; ends it when the line does not come. */
async function start(dll, args, environment, expected) {
  const { OPENAI_API_KEY, ...inherited } = process.env;
  const child = spawn("dotnet", [dll, ...args], { env: { ...inherited, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((done) => child.once("exit", done));
  let output = "";
  const stop = async (signal) => {
    child.kill(signal);
    await ended;
  };
  try {
    const match = await new Promise((found, failed) => {
      const timer = setTimeout(() => failed(new Error(`${path.basename(dll)} did not start:\n${output}`)), startsWithin);
      const take = (text) => {
        output += text;
        const match = expected.exec(output);
        if (match) {
          clearTimeout(timer);
          found(match);
        }
      };
      child.stdout.on("data", take);
      child.stderr.on("data", take);
      child.once("error", failed);
      child.once("exit", () => {
        clearTimeout(timer);
        failed(new Error(`${path.basename(dll)} ended at its start:\n${output}`));
      });
    });
    return { match, stop };
  } catch (error) {
    await stop("SIGKILL");
    throw error;
  }
}

/** `steward up`. Without `systems` it brings simulated ones along. `settings` are environment variables of its own. */
export async function startSteward({ data, port = 0, systems = null, settings = {} }) {
  const args = ["up", "--port", String(port), "--data", data, ...(systems ? ["--no-simulators"] : [])];
  const { match, stop } = await start(hostDll, args, { ...systems?.environment, ...settings }, /^Steward is up: (\S+)$/m);
  return { url: match[1], port: new URL(match[1]).port, stop: () => stop("SIGTERM"), kill: () => stop("SIGKILL") };
}

/** The simulated systems apart from Steward: they outlive it, and take faults. */
export async function startSystems(folder) {
  const urls = path.join(folder, "systems.json");
  const { stop } = await start(path.join(path.dirname(hostDll), "Steward.EnterpriseSim.dll"), ["--urls-file", urls], {}, /^salesforce \S+$/m);
  const { okta, serviceNow, jira, salesforce, credentials } = JSON.parse(await readFile(urls, "utf8"));
  const settings = {
    okta: { BaseUrl: okta, Token: credentials.oktaApiToken },
    servicenow: { BaseUrl: serviceNow, User: credentials.serviceNowUser, Password: credentials.serviceNowPassword },
    jira: { BaseUrl: jira, User: credentials.jiraEmail, Token: credentials.jiraApiToken },
    salesforce: { BaseUrl: salesforce, ClientId: credentials.salesforceClientId, ClientSecret: credentials.salesforceClientSecret },
  };
  const environment = Object.fromEntries(Object.entries(settings).flatMap(([system, values]) =>
    Object.entries(values).map(([name, value]) => [`Steward__Connectors__t-acme__${system}__${name}`, value])));
  const control = async (method, what, body) => {
    const response = await fetch(new URL(`/__sim/${what}`, serviceNow), {
      method,
      headers: { "X-Sim-Token": credentials.controlToken },
      body: body ? JSON.stringify(body) : undefined,
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) {
      throw new Error(`The simulated ServiceNow answered with status ${response.status}.`);
    }
    return response;
  };
  return {
    environment,
    /** ServiceNow creates the next record at once and answers after a delay. */
    slow: (milliseconds) => control("POST", "faults", { kind: "Slow", method: "POST", delayMilliseconds: milliseconds }),
    recover: () => control("DELETE", "faults"),
    /** How many incidents ServiceNow holds. */
    async incidents() {
      const authorization = `Basic ${Buffer.from(`${credentials.serviceNowUser}:${credentials.serviceNowPassword}`).toString("base64")}`;
      const response = await fetch(new URL("/api/now/table/incident?sysparm_fields=number&sysparm_limit=1000", serviceNow), {
        headers: { Accept: "application/json", Authorization: authorization },
        signal: AbortSignal.timeout(10_000),
      });
      return (await response.json()).result.length;
    },
    stop: () => stop("SIGTERM"),
  };
}

/** A language model with an OpenAI-compatible API; `say` gives the text of each answer, or the tool that it calls as { tool, arguments }, and may take its time. */
export async function startModel(say) {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", async () => {
      const said = await say(JSON.parse(body).messages);
      const delta = typeof said === "string"
        ? { role: "assistant", content: said }
        : { role: "assistant", tool_calls: [{ index: 0, id: "call-1", type: "function", function: { name: said.tool, arguments: JSON.stringify(said.arguments) } }] };
      const chunk = (delta, rest = {}) => `data: ${JSON.stringify({ id: "c-1", object: "chat.completion.chunk", created: 1, model: "page-model", choices: [{ index: 0, delta, finish_reason: null, ...rest }] })}\n\n`;
      response.writeHead(200, { "Content-Type": "text/event-stream" });
      response.end(`${chunk(delta)}${chunk({}, { finish_reason: typeof said === "string" ? "stop" : "tool_calls" })}data: [DONE]\n\n`);
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    settings: { OPENAI_API_KEY: "page-test", OPENAI_BASE_URL: `http://127.0.0.1:${server.address().port}/v1`, OPENAI_MODEL: "page-model" },
    stop: () => new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    }),
  };
}

export const temporaryFolder = () => mkdtemp(path.join(tmpdir(), "steward-pages-"));
export const removeFolder = (folder) => rm(folder, { recursive: true, force: true, maxRetries: 5 });

/** Headless Chromium with a new profile, which goes when it is closed. */
export async function startBrowser() {
  const executablePath = process.env.STEWARD_CHROMIUM ?? "/usr/bin/chromium";
  await access(executablePath);
  return chromium.launch({
    executablePath,
    headless: true,
    timeout: startsWithin,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** Opens the chat page in a profile of its own and notes what the browser complains about. */
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("dialog", (dialog) => {
    complaints.push(`A dialog opened: ${dialog.message()}`);
    dialog.dismiss();
  });
  await page.goto(url);
  return { page, complaints, close: () => context.close() };
}

/** Signs in as an employee that the page offers. */
export async function signIn(page, name = "Ada Lovelace") {
  const option = page.locator("#demo option", { hasText: name });
  await page.locator("#demo").selectOption(await option.getAttribute("value"));
  await page.locator("#demo-sign-in").click();
  await page.locator("#room").waitFor();
}

/** Sends a message. */
export async function send(page, text) {
  await page.locator("#message").fill(text);
  await page.locator("#send").click();
}
