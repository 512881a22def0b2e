// OpenAI's agents SDK over chat completions, with nothing sent to anybody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Agent, OpenAIProvider, retryPolicies, Runner, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from "@openai/agents";
import OpenAI, { NotFoundError } from "openai";
import { z } from "zod";
import { apiKey, baseURL, single } from "./endpoint.mjs";

setTracingDisabled(true);
const openAIClient = new OpenAI({ apiKey, baseURL, maxRetries: 0, defaultHeaders: { "cache-control": "no-cache" } });
setDefaultOpenAIClient(openAIClient);
setOpenAIAPI("chat_completions");

const weather = tool({ name: "get_weather", description: "Says the weather.", parameters: z.object({ city: z.string() }), execute: async ({ city }) => `sunny in ${city}` });
const agent = new Agent({ name: "Forecaster", instructions: "Answer briefly.", model: "steward/mid", tools: [weather] });

test("an agent's loop calls its tool and answers", async () => {
  assert.equal((await run(agent, "What is the weather?")).finalOutput, "It is sunny in Berlin.");
});

test("the same, streamed", async () => {
  const result = await run(agent, "What is the weather?", { stream: true });
  const parts = [];
  for await (const part of result.toTextStream()) {
    parts.push(part);
  }
  await result.completed;
  assert.equal(parts.join(""), "It is sunny in Berlin.");
});

test("the platform's own agent answers by a durable run", async () => {
  const result = await run(new Agent({ name: "Steward", instructions: "", model: "steward/agent" }), "Hi there");
  assert.match(result.finalOutput, /Hello from the first provider\./);
});

test("its usual way, responses: a tool, a stream, a schema, the platform's own agent", async () => {
  const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient, useResponses: true }), tracingDisabled: true });
  assert.equal((await runner.run(agent, "What is the weather?")).finalOutput, "It is sunny in Berlin.");
  const streamed = await runner.run(agent, "What is the weather?", { stream: true });
  const parts = [];
  for await (const part of streamed.toTextStream()) {
    parts.push(part);
  }
  await streamed.completed;
  assert.equal(parts.join(""), "It is sunny in Berlin.");
  const place = new Agent({ name: "Place", instructions: "", model: "steward/mid", outputType: z.object({ city: z.string(), degrees: z.number() }) });
  assert.deepEqual((await runner.run(place, "Berlin as JSON")).finalOutput, { city: "Berlin", degrees: 21 });
  const own = await runner.run(new Agent({ name: "Steward", instructions: "", model: "steward/agent" }), "Hi there");
  assert.match(own.finalOutput, /Hello from the first provider\./);
});

test("an answer keeps to a schema", async () => {
  const place = new Agent({ name: "Place", instructions: "", model: "steward/mid", outputType: z.object({ city: z.string(), degrees: z.number() }) });
  assert.deepEqual((await run(place, "Berlin as JSON")).finalOutput, { city: "Berlin", degrees: 21 });
});

test("an error says what is wrong", async () => {
  await assert.rejects(run(new Agent({ name: "Nobody", instructions: "", model: "steward/nothing" }), "Hi"), (e) => e instanceof NotFoundError && e.code === "model_not_found" && e.param === "model");
});

test("an abort ends the run", async () => {
  const abort = new AbortController();
  const result = await run(new Agent({ name: "Talker", instructions: "", model: "steward/mid" }), "endless", { stream: true, signal: abort.signal });
  let seen = 0;
  try {
    for await (const part of result.toTextStream()) {
      if (part && ++seen === 3) {
        abort.abort();
      }
    }
    await result.completed;
  } catch (error) {
    assert.equal(error.name, "AbortError");
  }
  assert.ok(seen >= 3);
  assert.equal(result.finalOutput, undefined);
});

test("a model that is told to come back later is asked again", async () => {
  const retry = { maxRetries: 2, policy: retryPolicies.retryAfter() };
  const began = performance.now();
  const result = await run(new Agent({ name: "Patient", instructions: "", model: single, modelSettings: { retry } }), "busy once, says agents");
  assert.equal(result.finalOutput, "Hello from the first provider.");
  assert.ok(performance.now() - began >= 990);
});
