// Where the endpoint is, and what all files of tests need.
export const baseURL = process.env.STEWARD_OPENAI_URL;
export const apiKey = process.env.STEWARD_OPENAI_KEY;
export const strictKey = process.env.STEWARD_OPENAI_STRICT_KEY;
if (!baseURL || !apiKey) {
  throw new Error("STEWARD_OPENAI_URL and STEWARD_OPENAI_KEY must name the endpoint; the C# tests of this folder set them.");
}

// One provider alone, which asks to come back after a second when it is told to be busy once.
export const single = "first/sim-large";

export const say = (content) => [{ role: "user", content }];

export const weather = {
  type: "function",
  function: { name: "get_weather", description: "Says the weather.", parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"], additionalProperties: false } },
};

export const place = {
  type: "object",
  properties: { city: { type: "string" }, degrees: { type: "number" } },
  required: ["city", "degrees"],
  additionalProperties: false,
};
