using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Steward.EndToEnd.Tests;

/// <summary>Programs ask, people decide, over the API of a Steward as a user has it.</summary>
public sealed class ApprovalTests(LocalSteward local) : IClassFixture<LocalSteward>
{
    private const string Felix = "felix.hoffmann@acme.example";
    private const string Nadia = "nadia.haddad@acme.example";

    private const string Rules =
        """
        version: 1
        rules:
          - name: databases
            when: request_type = 'db_access'
            then:
              levels:
                - { name: Owner, approvers: ["email:felix.hoffmann@acme.example"] }
          - name: two owners
            when: request_type = 'two_owners'
            then:
              levels:
                - { name: Owner, approvers: ["email:felix.hoffmann@acme.example"] }
                - { name: Second owner, approvers: ["email:nadia.haddad@acme.example"] }
        """;

    private string Admin => local.Simulation.Company.People.First(person => person.Admin).Login;

    [Fact]
    public async Task BulkDecision_EachIsBoundToItsOwnHash_AndIsUsedOnce()
    {
        using var ada = local.Steward.SignIn();
        using var felix = local.Steward.SignIn("felix.hoffmann");
        await PublishAsync();
        var asked = new[] { await AskAsync(ada, "db_access", "bulk-1"), await AskAsync(ada, "db_access", "bulk-2"), await AskAsync(ada, "db_access", "bulk-3") };
        var shown = await Task.WhenAll(asked.Select(id => UntilAsync(felix, id, approval => approval.GetProperty("canDecide").GetBoolean())));
        Assert.Equal("databases", shown[0].GetProperty("route").GetProperty("rule").GetString());

        var decided = await SendAsync(felix, HttpMethod.Post, "v1/approvals/decide", new
        {
            decisions = new[]
            {
                new { approvalId = asked[0], decision = "approve", subjectHash = Hash(shown[0]) },
                // The hash of another request, as after its arguments changed.
                new { approvalId = asked[1], decision = "approve", subjectHash = Hash(shown[0]) },
                new { approvalId = asked[2], decision = "reject", subjectHash = Hash(shown[2]) },
                new { approvalId = "a-nowhere", decision = "reject", subjectHash = Hash(shown[2]) },
            },
        });

        Assert.Equal(["approved", "conflict", "rejected", "not_found"], decided.GetProperty("results").EnumerateArray().Select(result =>
            result.TryGetProperty("approval", out var approval) ? approval.GetProperty("status").GetString() : result.GetProperty("problem").GetProperty("code").GetString()));
        Assert.Equal("pending", (await ApprovalAsync(ada, asked[1])).GetProperty("status").GetString());

        // The same click again is the same vote; another opinion comes too late.
        Assert.Equal("approved", (await SendAsync(felix, HttpMethod.Post, $"v1/approvals/{asked[0]}/decide", new { decision = "approve", subjectHash = Hash(shown[0]) })).GetProperty("status").GetString());
        await SendAsync(felix, HttpMethod.Post, $"v1/approvals/{asked[0]}/decide", new { decision = "reject", subjectHash = Hash(shown[0]) }, HttpStatusCode.Conflict);
        // Nobody approves what they asked for themselves, and who is not asked does not know of it.
        await SendAsync(ada, HttpMethod.Post, $"v1/approvals/{asked[1]}/decide", new { decision = "approve", subjectHash = Hash(shown[1]) }, HttpStatusCode.Forbidden);
        using var nadia = local.Steward.SignIn("nadia.haddad");
        await SendAsync(nadia, HttpMethod.Post, $"v1/approvals/{asked[1]}/decide", new { decision = "approve", subjectHash = Hash(shown[1]) }, HttpStatusCode.NotFound);

        var uses = new List<bool>();
        foreach (var (id, hash, operation) in new[] { (asked[0], Hash(shown[1]), "x"), (asked[0], Hash(shown[0]), "first"), (asked[0], Hash(shown[0]), "second"), (asked[0], Hash(shown[0]), "first"), (asked[2], Hash(shown[2]), "first") })
        {
            uses.Add((await SendAsync(ada, HttpMethod.Post, $"v1/approvals/{id}/consume", new { subjectHash = hash, operationId = operation })).GetProperty("mayAct").GetBoolean());
        }

        Assert.Equal([false, true, false, true, false], uses);
    }

    [Fact]
    public async Task Submit_AgainUnderTheSameId_IsTheSameRequestAndNeverAnother()
    {
        using var ada = local.Steward.SignIn();
        await PublishAsync();
        var first = await AskAsync(ada, "db_access", "once");

        Assert.Equal(first, await AskAsync(ada, "db_access", "once"));
        await SendAsync(ada, HttpMethod.Post, "v1/approvals", Request("db_access", "once", "other"), HttpStatusCode.Conflict);
        Assert.Equal("cancelled", (await SendAsync(ada, HttpMethod.Post, $"v1/approvals/{first}/cancel", new { reason = "Not needed" })).GetProperty("status").GetString());
    }

    [Fact]
    public async Task Delegation_OverTheApi_BothAreRecordedInTheAuditTrail()
    {
        using var ada = local.Steward.SignIn();
        using var nadia = local.Steward.SignIn("nadia.haddad");
        using var felix = local.Steward.SignIn("felix.hoffmann");
        using var sam = local.Steward.SignIn("sam.patel");
        using var admin = local.Steward.SignIn(Admin);
        await PublishAsync();
        var now = DateTimeOffset.UtcNow;
        await SendAsync(nadia, HttpMethod.Post, "v1/delegations", new { delegationId = "nadia-away", to = "sam.patel@acme.example", begins = now.AddHours(-1), ends = now.AddDays(2), types = new[] { "two_owners" } }, HttpStatusCode.Created);
        await SendAsync(sam, HttpMethod.Post, "v1/delegations", new { delegationId = "for-others", from = Felix, to = Nadia, begins = now, ends = now.AddDays(1) }, HttpStatusCode.Forbidden);

        // Servers know of a delegation within seconds: requests until then ask Nadia alone.
        var (id, hash, attempt) = ("", "", 0);
        await EventuallyAsync(async () =>
        {
            id = await AskAsync(ada, "two_owners", $"delegated-{++attempt}");
            hash = Hash(await UntilAsync(felix, id, approval => approval.GetProperty("canDecide").GetBoolean()));
            await SendAsync(felix, HttpMethod.Post, $"v1/approvals/{id}/decide", new { decision = "approve", subjectHash = hash });
            await UntilAsync(nadia, id, approval => approval.GetProperty("canDecide").GetBoolean());
            using var response = await sam.GetAsync($"v1/approvals/{id}");
            return response.IsSuccessStatusCode;
        });
        var delegated = await ApprovalAsync(sam, id);
        Assert.Equal(Nadia, delegated.GetProperty("actsFor").GetString());
        await UntilListedAsync(sam, "delegated", id);
        await UntilListedAsync(nadia, "mine", id);
        Assert.Equal("approved", (await SendAsync(sam, HttpMethod.Post, $"v1/approvals/{id}/decide", new { decision = "approve", subjectHash = hash, comment = "For Nadia" })).GetProperty("status").GetString());

        // The table may lag behind for a moment.
        JsonElement audit = default;
        await EventuallyAsync(async () =>
        {
            var lines = (await admin.GetStringAsync($"v1/approvals/export?from={Uri.EscapeDataString(now.AddMinutes(-5).ToString("O"))}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            audit = lines.Select(line => JsonDocument.Parse(line).RootElement).FirstOrDefault(line => line.GetProperty("approval").GetProperty("approvalId").GetString() == id);
            return audit.ValueKind == JsonValueKind.Object && audit.GetProperty("approval").GetProperty("status").GetString() == "approved";
        });
        var votes = audit.GetProperty("history").EnumerateArray().Where(entry => entry.GetProperty("type").GetString() == "approval.voted").ToList();
        Assert.Equal(["u-felix.hoffmann", "u-sam.patel"], votes.Select(vote => vote.GetProperty("actor").GetString()));
        Assert.Equal(Nadia, votes[1].GetProperty("actedFor").GetString());
        Assert.Equal("approval.submitted", audit.GetProperty("history")[0].GetProperty("type").GetString());
        using var refused = await ada.GetAsync("v1/approvals/export");
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        await SendAsync(nadia, HttpMethod.Delete, "v1/delegations/nadia-away", null, HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Page_Address_IsAPageForEverybodyAndDecidesNothing()
    {
        using var ada = local.Steward.SignIn();
        using var nobody = new HttpClient { BaseAddress = local.Steward.Url };
        await PublishAsync();
        var id = await AskAsync(ada, "db_access", "page");

        using var page = await nobody.GetAsync($"approvals/{id}");

        Assert.Equal("text/html", page.Content.Headers.ContentType?.MediaType);
        Assert.Contains("form-action 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.DoesNotContain(id, await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.NotEqual("approved", (await ApprovalAsync(ada, id)).GetProperty("status").GetString());
    }

    private async Task PublishAsync()
    {
        using var admin = local.Steward.SignIn(Admin);
        await SendAsync(admin, HttpMethod.Put, "v1/approval-rules", new { text = Rules });
    }

    private static async Task<string> AskAsync(HttpClient client, string type, string operation) =>
        (await SendAsync(client, HttpMethod.Post, "v1/approvals", Request(type, operation, "orders"), HttpStatusCode.Created)).GetProperty("approvalId").GetString()!;

    private static object Request(string type, string operation, string database) => new
    {
        type,
        action = "postgres.grant",
        arguments = new { database, user = operation },
        summary = $"Read {database}: {operation}",
        reason = "An incident",
        risk = "high",
        operationId = operation,
    };

    private static string Hash(JsonElement approval) => approval.GetProperty("subjectHash").GetString()!;

    private static Task<JsonElement> ApprovalAsync(HttpClient client, string id) => client.GetFromJsonAsync<JsonElement>($"v1/approvals/{id}");

    private static async Task<JsonElement> UntilAsync(HttpClient client, string id, Func<JsonElement, bool> until)
    {
        JsonElement seen = default;
        await EventuallyAsync(async () =>
        {
            using var response = await client.GetAsync($"v1/approvals/{id}");
            // Whoever is asked only later does not know of it yet.
            if (!response.IsSuccessStatusCode)
            {
                return false;
            }

            seen = await response.Content.ReadFromJsonAsync<JsonElement>();
            return until(seen);
        });
        return seen;
    }

    private static Task UntilListedAsync(HttpClient client, string view, string id) => EventuallyAsync(async () =>
        (await client.GetFromJsonAsync<JsonElement>($"v1/approvals?view={view}")).GetProperty("approvals").EnumerateArray().Any(approval => approval.GetProperty("approvalId").GetString() == id));

    private static async Task EventuallyAsync(Func<Task<bool>> condition)
    {
        var deadline = Environment.TickCount64 + 30_000;
        while (!await condition())
        {
            Assert.True(Environment.TickCount64 < deadline, "It did not happen within half a minute.");
            await Task.Delay(20);
        }
    }

    private static async Task<JsonElement> SendAsync(HttpClient client, HttpMethod method, string path, object? body, HttpStatusCode expected = HttpStatusCode.OK)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await client.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == expected, $"{method} {path}: {(int)response.StatusCode} instead of {(int)expected}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }
}
