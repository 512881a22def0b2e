// Vercel's AI SDK with its provider for compatible endpoints.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { embedMany, generateText, jsonSchema, Output, stepCountIs, streamText, tool } from "ai";
import { apiKey, baseURL, place, single } from "./endpoint.mjs";

const steward = createOpenAICompatible({ name: "steward", apiKey, baseURL, headers: { "cache-control": "no-cache" }, includeUsage: true, supportsStructuredOutputs: true });
const model = steward("steward/mid");

test("generates text", async () => {
  const { text, usage, finishReason } = await generateText({ model, prompt: "Hi" });
  assert.deepEqual([text, finishReason, usage.inputTokens, usage.outputTokens], ["Hello from the first provider.", "stop", 20, 5]);
});

test("streams text with usage", async () => {
  const result = streamText({ model, prompt: "count to ten" });
  const parts = [];
  for await (const part of result.textStream) {
    parts.push(part);
  }
  assert.equal(parts.join(""), "one two three four five six seven eight nine ten");
  assert.ok(parts.length > 3);
  assert.equal((await result.usage).outputTokens, 10);
});

test("runs a tool and goes on", async () => {
  const { text, steps } = await generateText({
    model,
    prompt: "What is the weather?",
    stopWhen: stepCountIs(3),
    tools: { get_weather: tool({ description: "Says the weather.", inputSchema: jsonSchema({ type: "object", properties: { city: { type: "string" } }, required: ["city"] }), execute: async () => "sunny" }) },
  });
  assert.deepEqual([text, steps.length], ["It is sunny in Berlin.", 2]);
});

test("generates an object that keeps to a schema", async () => {
  const { output } = await generateText({ model, prompt: "Berlin as JSON", output: Output.object({ schema: jsonSchema(place) }) });
  assert.deepEqual(output, { city: "Berlin", degrees: 21 });
});

test("embeds", async () => {
  const { embeddings } = await embedMany({ model: steward.embeddingModel("steward/embedder"), values: ["one", "two"] });
  assert.equal(embeddings.length, 2);
});

test("an error says what is wrong, and an abort ends it", async () => {
  await assert.rejects(generateText({ model: steward("steward/nothing"), prompt: "Hi", maxRetries: 0 }), (e) => e.statusCode === 404 && /no model/i.test(e.message));
  const abort = new AbortController();
  const result = streamText({ model, prompt: "endless", abortSignal: abort.signal, onError: () => {} });
  let seen = 0;
  try {
    for await (const part of result.fullStream) {
      if (part.type === "text-delta" && ++seen === 3) {
        abort.abort();
      }
    }
  } catch (error) {
    assert.equal(error.name, "AbortError");
  }
  assert.ok(seen >= 3);
});

test("a call that is told to come back later is made again", async () => {
  const statuses = [];
  const counting = createOpenAICompatible({
    name: "steward",
    apiKey,
    baseURL,
    headers: { "cache-control": "no-cache" },
    fetch: async (...args) => {
      const answer = await fetch(...args);
      statuses.push(answer.status);
      return answer;
    },
  });
  const { text } = await generateText({ model: counting(single), prompt: "busy once, says ai", maxRetries: 2 });
  assert.equal(text, "Hello from the first provider.");
  assert.deepEqual(statuses, [429, 200]);
  statuses.length = 0;
  await assert.rejects(generateText({ model: counting("steward/nothing"), prompt: "Hi", maxRetries: 2 }), (e) => e.statusCode === 404);
  assert.deepEqual(statuses, [404]);
});
