// Server-sent events over fetch, since EventSource cannot send an Authorization header.

/** Reads a response body as events: yields { id, type, data } for each. Ends when the body does. */
export async function* readEvents(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  let event = { id: null, type: "message", data: [] };
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) {
        // What is not closed by a blank line is not an event.
        return;
      }
      rest += value;
      let end;
      while ((end = rest.search(/\r\n|\n|\r(?!$)/)) >= 0) {
        const line = rest.slice(0, end);
        rest = rest.slice(end + (rest.startsWith("\r\n", end) ? 2 : 1));
        if (line === "") {
          if (event.data.length > 0) {
            yield { id: event.id, type: event.type, data: event.data.join("\n") };
          }
          event = { id: null, type: "message", data: [] };
          continue;
        }
        const colon = line.indexOf(":");
        const field = colon < 0 ? line : line.slice(0, colon);
        const text = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "data") {
          event.data.push(text);
        } else if (field === "event") {
          event.type = text;
        } else if (field === "id") {
          event.id = text;
        }
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
