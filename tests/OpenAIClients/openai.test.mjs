// The official client of OpenAI.
import assert from "node:assert/strict";
import { test } from "node:test";
import OpenAI, { APIError, APIUserAbortError, AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError, RateLimitError } from "openai";
import { apiKey, baseURL, place, say, single, strictKey, weather } from "./endpoint.mjs";

// The same questions are asked again and again, and the provider is to answer each of them.
const client = new OpenAI({ apiKey, baseURL, maxRetries: 0, defaultHeaders: { "cache-control": "no-cache" } });

// Faults are asked for at a tier of their own: three failures in a row, and its provider is left alone for a while.
const faulty = "steward/power";
// Until the provider is asked again that its breaker had closed.
const heal = async () => {
  for (let i = 0; i < 200; i++) {
    const answer = await client.chat.completions.create({ model: faulty, messages: say("Hi") });
    if (answer.choices[0].message.content === "Hello from the first provider.") {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail("the first provider is not asked any more");
};

test("lists models, tiers and agents", async () => {
  const ids = [];
  for await (const model of client.models.list()) {
    ids.push(model.id);
  }
  for (const id of ["steward/auto", "steward/fast", "steward/mid", "steward/power", "steward/agent", "steward/embedder", "first/sim-large"]) {
    assert.ok(ids.includes(id), `${id} is missing of ${ids}`);
  }
  assert.ok(!ids.includes("second/sim-large"), "a model that the tenant does not allow is listed");
});

test("answers, and says tier, cost and call in headers", async () => {
  const { data, response } = await client.chat.completions.create({ model: "steward/mid", messages: say("Hi") }).withResponse();
  assert.equal(data.choices[0].message.content, "Hello from the first provider.");
  assert.equal(data.choices[0].finish_reason, "stop");
  assert.deepEqual([data.usage.prompt_tokens, data.usage.completion_tokens, data.usage.total_tokens], [20, 5, 25]);
  assert.equal(response.headers.get("x-steward-tier"), "mid");
  assert.equal(response.headers.get("x-steward-cost"), "0.00003");
  assert.equal(response.headers.get("x-steward-degradation"), "full");
  assert.match(response.headers.get("x-steward-call-id"), /^mc-[0-9a-f]{32}$/);
});

test("streams in pieces, with usage at the end", async () => {
  const stream = await client.chat.completions.create({ model: "steward/mid", messages: say("count to ten"), stream: true, stream_options: { include_usage: true } });
  const texts = [];
  let usage = null;
  let finish = null;
  for await (const chunk of stream) {
    if (chunk.choices[0]?.delta.content) {
      texts.push(chunk.choices[0].delta.content);
    }
    finish = chunk.choices[0]?.finish_reason ?? finish;
    usage = chunk.usage ?? usage;
  }
  assert.equal(texts.join(""), "one two three four five six seven eight nine ten");
  assert.ok(texts.length > 3, "it came in one piece");
  assert.equal(finish, "stop");
  assert.equal(usage.total_tokens, 22);
});

test("the stream helper puts the message together", async () => {
  const completion = await client.chat.completions.stream({ model: "steward/mid", messages: say("count to ten") }).finalChatCompletion();
  assert.equal(completion.choices[0].message.content, "one two three four five six seven eight nine ten");
});

test("calls a tool and takes its result", async () => {
  const messages = say("What is the weather?");
  const first = await client.chat.completions.create({ model: "steward/mid", messages, tools: [weather], tool_choice: "auto", parallel_tool_calls: false });
  const call = first.choices[0].message.tool_calls[0];
  assert.equal(first.choices[0].finish_reason, "tool_calls");
  assert.deepEqual([call.function.name, JSON.parse(call.function.arguments)], ["get_weather", { city: "Berlin" }]);
  const second = await client.chat.completions.create({
    model: "steward/mid",
    messages: [...messages, first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "sunny" }],
    tools: [weather],
  });
  assert.equal(second.choices[0].message.content, "It is sunny in Berlin.");
});

test("calls a tool in a stream", async () => {
  const completion = await client.chat.completions.stream({ model: "steward/mid", messages: say("What is the weather?"), tools: [weather] }).finalChatCompletion();
  assert.equal(completion.choices[0].message.tool_calls[0].function.name, "get_weather");
});

test("JSON mode and structured output", async () => {
  const plain = await client.chat.completions.create({ model: "steward/mid", messages: say("Berlin as JSON"), response_format: { type: "json_object" } });
  assert.deepEqual(JSON.parse(plain.choices[0].message.content), { city: "Berlin", degrees: 21 });
  const strict = await client.chat.completions.parse({ model: "steward/mid", messages: say("Berlin as JSON"), response_format: { type: "json_schema", json_schema: { name: "place", strict: true, schema: place } } });
  assert.equal(JSON.parse(strict.choices[0].message.content).city, "Berlin");
});

test("errors have OpenAI's shape and class", async () => {
  const ask = (body, options = {}) => client.chat.completions.create({ model: "steward/mid", messages: say("Hi"), ...body }, options);
  await assert.rejects(new OpenAI({ apiKey: "sk-steward-wrong", baseURL, maxRetries: 0 }).chat.completions.create({ model: "steward/mid", messages: say("Hi") }), (e) => e instanceof AuthenticationError && e.code === "invalid_api_key");
  await assert.rejects(ask({ model: "gpt-nothing" }), (e) => e instanceof NotFoundError && e.code === "model_not_found" && e.param === "model");
  await assert.rejects(ask({ model: "second/sim-large" }), (e) => e instanceof PermissionDeniedError && e.code === "model_not_allowed");
  await assert.rejects(ask({ n: 2 }), (e) => e instanceof BadRequestError && e.param === "n");
  await assert.rejects(ask({ logprobs: true }), (e) => e instanceof BadRequestError && e.param === "logprobs");
  await assert.rejects(ask({ temperature: 3 }), (e) => e instanceof BadRequestError && e.param === "temperature");
  await assert.rejects(ask({ made_up: 1 }), (e) => e instanceof BadRequestError && e.param === "made_up");
  await assert.rejects(ask({ model: "steward/fast", tools: [weather] }), (e) => e instanceof BadRequestError && e.code === "model_not_capable" && e.message.includes("tools"));
  await assert.rejects(ask({ messages: say("context length") }), (e) => e instanceof BadRequestError && e.code === "model_rejected");
  await assert.rejects(client.get("/nothing"), (e) => e instanceof NotFoundError && e.type === "invalid_request_error");
  const strict = new OpenAI({ apiKey: strictKey, baseURL, maxRetries: 0 });
  await assert.rejects(strict.chat.completions.create({ model: "steward/mid", messages: say("Hi") }), (e) => e instanceof BadRequestError && e.code === "model_tags_missing");
  const tagged = await strict.chat.completions.create({ model: "steward/mid", messages: say("Hi") }, { headers: { "x-steward-tags": "project=atlas" } });
  assert.equal(tagged.choices[0].finish_reason, "stop");
});

test("a provider that fails before its first token is replaced unseen, streams too", async () => {
  const whole = await client.chat.completions.create({ model: faulty, messages: say("server error") });
  assert.equal(whole.choices[0].message.content, "Hello from the second provider.");
  const streamed = await client.chat.completions.stream({ model: faulty, messages: say("server error") }).finalChatCompletion();
  assert.equal(streamed.choices[0].message.content, "Hello from the second provider.");
  await heal();
});

for (const fault of ["cut stream", "truncated stream"]) {
  test(`a ${fault} is an error, and no end`, async () => {
    await heal();
    let text = "";
    await assert.rejects(async () => {
      for await (const chunk of await client.chat.completions.create({ model: faulty, messages: say(fault), stream: true })) {
        text += chunk.choices[0]?.delta.content ?? "";
      }
    }, (e) => e instanceof APIError && e.code === "model_stream_broken");
    assert.notEqual(text, "");
    await heal();
  });
}

test("retries as it is told", async () => {
  let asked = 0;
  const counting = new OpenAI({ apiKey, baseURL, maxRetries: 2, fetch: (...args) => (asked++, fetch(...args)) });
  await assert.rejects(counting.chat.completions.create({ model: "gpt-nothing", messages: say("Hi") }), NotFoundError);
  assert.equal(asked, 1);
});

test("a limit of the provider is said with the time to wait, and the retry after it succeeds", async () => {
  await assert.rejects(client.chat.completions.create({ model: single, messages: say("busy once, and nobody tries again") }), (e) => {
    assert.deepEqual([e.code, e.headers.get("retry-after"), e.headers.get("x-should-retry")], ["rate_limit_exceeded", "1", "true"]);
    return e instanceof RateLimitError;
  });
  const statuses = [];
  const patient = new OpenAI({
    apiKey,
    baseURL,
    maxRetries: 2,
    defaultHeaders: { "cache-control": "no-cache" },
    fetch: async (...args) => {
      const answer = await fetch(...args);
      statuses.push(answer.status);
      return answer;
    },
  });
  const began = performance.now();
  const answer = await patient.chat.completions.create({ model: single, messages: say("busy once, says openai") });
  assert.equal(answer.choices[0].message.content, "Hello from the first provider.");
  assert.deepEqual(statuses, [429, 200]);
  // Without the header it would have come back after half a second at most.
  assert.ok(performance.now() - began >= 990);
});

test("an abort ends the stream, by signal and by the helper", async () => {
  const abort = new AbortController();
  let seen = 0;
  for await (const chunk of await client.chat.completions.create({ model: "steward/mid", messages: say("endless"), stream: true }, { signal: abort.signal })) {
    if (chunk.choices[0]?.delta.content && ++seen === 3) {
      abort.abort();
    }
  }
  assert.ok(seen >= 3);
  const helper = client.chat.completions.stream({ model: "steward/mid", messages: say("endless") });
  helper.on("content", () => helper.abort());
  await assert.rejects(helper.done(), APIUserAbortError);
});

test("responses: plain, streaming, tools, structured", async () => {
  const plain = await client.responses.create({ model: "steward/mid", instructions: "Be brief.", input: "Hi" });
  assert.deepEqual([plain.status, plain.output_text, plain.usage.total_tokens], ["completed", "Hello from the first provider.", 25]);
  const types = [];
  const stream = client.responses.stream({ model: "steward/mid", input: "count to ten" });
  for await (const event of stream) {
    types.push(event.type);
  }
  assert.deepEqual([types[0], types.at(-1)], ["response.created", "response.completed"]);
  assert.ok(types.filter((type) => type === "response.output_text.delta").length > 3);
  assert.equal((await stream.finalResponse()).output_text, "one two three four five six seven eight nine ten");
  const { function: { name, description, parameters } } = weather;
  const tools = [{ type: "function", name, description, parameters, strict: false }];
  const input = [{ role: "user", content: [{ type: "input_text", text: "What is the weather?" }] }];
  const called = await client.responses.create({ model: "steward/mid", input, tools });
  const call = called.output.find((item) => item.type === "function_call");
  const told = await client.responses.create({ model: "steward/mid", input: [...input, ...called.output, { type: "function_call_output", call_id: call.call_id, output: "sunny" }], tools });
  assert.equal(told.output_text, "It is sunny in Berlin.");
  const structured = await client.responses.create({ model: "steward/mid", input: "Berlin as JSON", text: { format: { type: "json_schema", name: "place", schema: place, strict: true } } });
  assert.equal(JSON.parse(structured.output_text).city, "Berlin");
  await assert.rejects(client.responses.create({ model: "steward/mid", input: "Hi", previous_response_id: "resp_1" }), (e) => e instanceof BadRequestError && e.param === "previous_response_id");
  await assert.rejects(client.responses.create({ model: "steward/mid", input: "Hi", store: true }), (e) => e instanceof BadRequestError && e.param === "store");
});

test("responses: the platform's own agent, whole and streamed", async () => {
  const { data, response } = await client.responses.create({ model: "steward/agent", input: "Hi there" }).withResponse();
  assert.deepEqual([data.status, data.output_text], ["completed", "Hello from the first provider."]);
  assert.match(response.headers.get("x-steward-run-id"), /^r-/);
  assert.equal(response.headers.get("x-steward-tier"), "agent");
  const stream = client.responses.stream({ model: "steward/agent", input: "count to ten" });
  const types = [];
  for await (const event of stream) {
    types.push(event.type);
  }
  assert.deepEqual([types[0], types.at(-1)], ["response.created", "response.completed"]);
  assert.equal((await stream.finalResponse()).output_text, "one two three four five six seven eight nine ten");
  await assert.rejects(client.responses.create({ model: "steward/agent", input: "Hi", reasoning: { effort: "low" } }), (e) => e instanceof BadRequestError && e.param === "reasoning.effort");
});

test("responses repeat their instructions", async () => {
  const { instructions } = await client.responses.create({ model: "steward/mid", instructions: "Be brief.", input: "Hi" });
  assert.equal(instructions, "Be brief.");
});

test("embeddings: several texts, floats and base64, here and at a provider", async () => {
  const floats = await client.embeddings.create({ model: "steward/embedder", input: ["a broken laptop", "a notebook that is broken", "holidays"], encoding_format: "float" });
  assert.equal(floats.data.length, 3);
  // Without a format the client asks for base64 and decodes it itself.
  const encoded = await client.embeddings.create({ model: "steward/embedder", input: ["a broken laptop"] });
  const cosine = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  assert.ok(cosine(encoded.data[0].embedding, floats.data[0].embedding) > 0.999);
  const [near, far] = [cosine(floats.data[0].embedding, floats.data[1].embedding), cosine(floats.data[0].embedding, floats.data[2].embedding)];
  assert.ok(near > far, `${near} is not above ${far}`);
  const elsewhere = await client.embeddings.create({ model: "first/sim-embedding", input: "Hi", dimensions: 64 });
  assert.equal(elsewhere.data[0].embedding.length, 64);
  await assert.rejects(client.embeddings.create({ model: "steward/embedder", input: "Hi", dimensions: 3 }), (e) => e instanceof BadRequestError && e.param === "dimensions");
});
