// OpenAI's agents SDK over chat completions, with nothing sent to anybody else.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Agent, run, setDefaultOpenAIClient, setOpenAIAPI, setTracingDisabled, tool } from "@openai/agents";
import OpenAI from "openai";
import { z } from "zod";
import { apiKey, baseURL } from "./endpoint.mjs";

setTracingDisabled(true);
setDefaultOpenAIClient(new OpenAI({ apiKey, baseURL, maxRetries: 0, defaultHeaders: { "cache-control": "no-cache" } }));
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
