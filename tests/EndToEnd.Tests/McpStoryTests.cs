using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.Host.Demo;
using Steward.Testing;

namespace Steward.EndToEnd.Tests;

/// <summary>The protocol's own client at a connector instance of a running Steward, as two persons of different roles.</summary>
[Collection(ConnectorStories.Name)]
public sealed class McpStoryTests(LocalSteward local)
{
    private const string Victim = "lukas.braun";

    [Fact]
    public async Task ReferenceClient_AsTwoPersonsOfDifferentRoles_SeesAndDoesWhatEachMay()
    {
        var steward = local.Steward;
        using var admin = steward.Client(steward.Token(DemoTenant.Admin));
        await admin.ConnectAsync(new
        {
            name = "people",
            template = Template,
            baseUrl = local.Simulation.Okta.ToString(),
            authId = "token",
            secrets = new { token = local.Simulation.Credentials.OktaApiToken },
            operations = new[] { "users.get", "users.factors", "users.clear_sessions", "users.suspend" },
            access = new Dictionary<string, string[]> { ["users.factors"] = ["helpdesk"], ["users.clear_sessions"] = ["admin"], ["users.suspend"] = ["admin"] },
        });
        var (ada, chief) = (steward.Token(DemoTenant.Find("ada.lovelace")!), steward.Token(DemoTenant.Admin));

        var (employeeTools, employeeRead) = await AskAsync(ada, "users.get");
        var (adminTools, approval) = await AskAsync(chief, "users.suspend");
        var (_, refused) = await AskAsync(ada, "users.suspend");
        var (_, hidden) = await AskAsync(ada, "users.factors");
        Assert.Equal(0, Effects());
        var (_, done) = await AskAsync(chief, "users.clear_sessions");

        // Each sees only what they may use, and what it does.
        Assert.Equal([("users.get", true, false)], employeeTools);
        Assert.Equal([("users.clear_sessions", false, true), ("users.factors", true, false), ("users.get", true, false), ("users.suspend", false, true)], adminTools);
        Assert.Equal("Lukas Braun", employeeRead.GetProperty("structuredContent").GetProperty("name").GetString());

        // What is not listed is not done, and what wants an approval waits for none here.
        Assert.StartsWith("not_found:", Problem(refused), StringComparison.Ordinal);
        Assert.StartsWith("not_found:", Problem(hidden), StringComparison.Ordinal);
        Assert.StartsWith("approval_required:", Problem(approval), StringComparison.Ordinal);
        Assert.False(done.TryGetProperty("isError", out var failed) && failed.GetBoolean(), done.ToString());
        Assert.Equal(1, Effects());
        Assert.NotEqual("SUSPENDED", (string?)local.Simulation.State.OktaUser(Victim)!["status"]);

        // Who is of another tenant is told nothing of it.
        var (code, told, _) = await McpPeers.RunAsync("client.mjs", new Uri(steward.Url, "mcp/t-other/people").AbsoluteUri, chief, "users.get", "{}");
        Assert.Equal(1, code);
        Assert.DoesNotContain("users.get", told, StringComparison.Ordinal);
    }

    private int Effects() => local.Simulation.Calls.Count(call => call is { System: SimSystem.Okta, Effect: true } && call.Path.Contains("/users/" + Victim, StringComparison.Ordinal));

    private async Task<(IReadOnlyList<(string Name, bool Reads, bool Destroys)> Tools, JsonElement Result)> AskAsync(string token, string tool)
    {
        var (_, output, errors) = await McpPeers.RunAsync(
            "client.mjs", new Uri(local.Steward.Url, $"mcp/{DemoTenant.Id}/people").AbsoluteUri, token, tool, $$"""{"userId":"{{Victim}}@acme.example"}""");
        Assert.True(output.StartsWith('{'), errors);
        var told = JsonElement.Parse(output);
        Assert.False(told.TryGetProperty("error", out var error), error.ToString());
        return (
            [.. told.GetProperty("tools").EnumerateArray().Select(one => (
                one.GetProperty("name").GetString()!, one.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean(), one.GetProperty("annotations").GetProperty("destructiveHint").GetBoolean()))
                .OrderBy(one => one.Item1, StringComparer.Ordinal)],
            told.GetProperty("result"));
    }

    private static string Problem(JsonElement result)
    {
        Assert.True(result.GetProperty("isError").GetBoolean(), result.ToString());
        return result.GetProperty("content")[0].GetProperty("text").GetString()!;
    }

    private const string Template =
        """
        id: careful-people
        version: 1.0.0
        name: Careful people
        vendor: Acme
        categories: [identity]
        docs: https://tools.acme.example/docs
        description: People, with an approval for what hurts.
        connection: { baseUrl: https://acme.okta.com }
        auth:
          - { id: token, kind: api_key, fields: [ { name: token, title: Token, secret: true } ], apply: [ { header: Authorization, value: "SSWS {token}" } ] }
        verify: { operation: users.get, arguments: { userId: ada.lovelace@acme.example } }
        operations:
          - { id: users.get, summary: Reads one., path: "/api/v1/users/{userId}", effect: read, input: { properties: { userId: { type: string, description: Who., minLength: 3, maxLength: 254, pattern: '^[^/\\?#%]+$' } }, required: [userId] }, output: { fields: { name: profile.displayName, status: status } } }
          - { id: users.factors, summary: Lists factors., path: "/api/v1/users/{userId}/factors", effect: read, input: { properties: { userId: { type: string, description: Who., minLength: 3, maxLength: 254, pattern: '^[^/\\?#%]+$' } }, required: [userId] }, output: { list: true, fields: { id: id } } }
          - { id: users.clear_sessions, summary: Ends sessions., method: DELETE, path: "/api/v1/users/{userId}/sessions", effect: destructive, input: { properties: { userId: { type: string, description: Who., minLength: 3, maxLength: 254, pattern: '^[^/\\?#%]+$' } }, required: [userId] }, output: { values: { userId: "{userId}" } }, idempotency: { natural: true } }
          - { id: users.suspend, summary: Suspends an account., method: POST, path: "/api/v1/users/{userId}/lifecycle/suspend", effect: destructive, requiresApproval: true, input: { properties: { userId: { type: string, description: Who., minLength: 3, maxLength: 254, pattern: '^[^/\\?#%]+$' } }, required: [userId] }, output: { values: { userId: "{userId}" } }, idempotency: { natural: true } }
        """;
}
