// The protocol's own client against a server: client.mjs URL TOKEN TOOL ARGUMENTS. Prints what it was told as JSON.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [url, token, tool, given] = process.argv.slice(2);
const client = new Client({ name: "steward-tests", version: "1.0.0" });
const transport = new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers: { Authorization: `Bearer ${token}` } } });
try {
  await client.connect(transport);
  const { tools } = await client.listTools();
  const result = await client.callTool({ name: tool, arguments: JSON.parse(given) });
  console.log(JSON.stringify({ server: client.getServerVersion(), tools, result }));
  await client.close();
} catch (error) {
  console.log(JSON.stringify({ error: error.message, code: error.code }));
  process.exitCode = 1;
}
