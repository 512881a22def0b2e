// Every answer and every chunk against schemas of the API.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import Ajv from "ajv/dist/2020.js";
import { apiKey, baseURL, place, say, weather } from "./endpoint.mjs";

const ajv = new Ajv({ allErrors: true, strict: false });
ajv.addSchema(JSON.parse(await readFile(new URL("./schemas/openai.json", import.meta.url), "utf8")));

function check(name, value) {
  const validate = ajv.getSchema(`openai.json#/$defs/${name}`);
  assert.ok(validate(value), `${name}: ${JSON.stringify(validate.errors, null, 1)}\n${JSON.stringify(value)}`);
}

const headers = { Authorization: `Bearer ${apiKey}`, "Content-Type": "application/json" };
const post = (path, body) => fetch(`${baseURL}/${path}`, { method: "POST", headers, body: JSON.stringify(body) });

async function events(path, body) {
  const text = await (await post(path, { ...body, stream: true })).text();
  return text.split("\n\n").flatMap((block) => block.split("\n")).filter((line) => line.startsWith("data: ")).map((line) => line.slice(6));
}

const { function: flat } = weather;
const tools = [{ type: "function", ...flat, strict: false }];

test("models", async () => check("models", await (await fetch(`${baseURL}/models`, { headers })).json()));

test("completions: text, tools, JSON", async () => {
  for (const body of [{ messages: say("Hi") }, { messages: say("What is the weather?"), tools: [weather] }, { messages: say("Berlin as JSON"), response_format: { type: "json_schema", json_schema: { name: "place", schema: place } } }]) {
    check("chatCompletion", await (await post("chat/completions", { model: "steward/mid", ...body })).json());
  }
});

test("chunks: text, tools, usage", async () => {
  for (const body of [{ messages: say("count to ten"), stream_options: { include_usage: true } }, { messages: say("What is the weather?"), tools: [weather] }]) {
    const data = await events("chat/completions", { model: "steward/mid", ...body });
    assert.equal(data.pop(), "[DONE]");
    assert.ok(data.length > 2);
    data.forEach((chunk) => check("chatChunk", JSON.parse(chunk)));
  }
});

test("responses: text, tools, JSON", async () => {
  for (const body of [{ input: "Hi" }, { input: "What is the weather?", tools, tool_choice: { type: "function", name: "get_weather" } }, { input: "Berlin as JSON", text: { format: { type: "json_object" } }, metadata: { a: "b" }, user: "u" }]) {
    check("response", await (await post("responses", { model: "steward/mid", ...body })).json());
  }
});

test("events of responses, in order and numbered", async () => {
  for (const body of [{ input: "count to ten" }, { input: "What is the weather?", tools }]) {
    const data = (await events("responses", { model: "steward/mid", ...body })).map((item) => JSON.parse(item));
    data.forEach((event, place) => {
      check("responseEvent", event);
      assert.equal(event.sequence_number, place);
    });
    assert.equal(data.at(-1).type, "response.completed");
  }
});

test("embeddings", async () => {
  for (const encoding_format of ["float", "base64"]) {
    check("embeddings", await (await post("embeddings", { model: "steward/embedder", input: ["a", "b"], encoding_format })).json());
  }
});

test("errors, and the schemas refuse what is wrong", async () => {
  const wrong = await post("chat/completions", { model: "steward/mid", messages: [] });
  assert.equal(wrong.status, 400);
  check("error", await wrong.json());
  check("error", await (await fetch(`${baseURL}/models`)).json());
  check("error", await (await fetch(`${baseURL}/no/such/path`, { headers })).json());
  const whole = await (await post("chat/completions", { model: "steward/mid", messages: say("Hi") })).json();
  delete whole.choices[0].message.refusal;
  assert.throws(() => check("chatCompletion", whole));
});
