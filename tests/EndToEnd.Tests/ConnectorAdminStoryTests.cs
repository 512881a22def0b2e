using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>What an admin does with an instance over the API alone, and what the system notices of it.</summary>
[Collection(ConnectorStories.Name)]
public sealed class ConnectorAdminStoryTests(LocalSteward local)
{
    [Fact]
    public async Task Admin_ConnectsMapsCallsAuditsRotatesAndDeletes_TheSystemSeesTheMappingAndTheVaultIsEmptyAfterwards()
    {
        var credentials = local.Simulation.Credentials;
        using var admin = local.Steward.Client(local.Steward.Token(DemoTenant.Admin));
        using var ada = local.Steward.SignIn();
        await admin.ConnectAsync(new
        {
            name = "crm-admin",
            templateId = "salesforce",
            baseUrl = local.Simulation.Salesforce.ToString(),
            authId = "client_credentials",
            fields = new { domain = "acme.my.salesforce.example", clientId = credentials.SalesforceClientId },
            secrets = new { clientSecret = credentials.SalesforceClientSecret },
            operations = new[] { "limits.get", "accounts.find", "cases.comment" },
            access = new Dictionary<string, string[]> { ["cases.comment"] = ["employee"] },
        });
        Assert.True((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-admin/verify")).GetProperty("succeeded").GetBoolean());

        // Without the mapping the tenant's own name is none that the operation has.
        var id = (string)local.Simulation.State.SalesforceRecords("Case")[0]["Id"]!;
        var arguments = new { id, note = "  we are on it " };
        Assert.Equal("invalid_argument", (await ada.CallAsync("crm-admin", "cases.comment", arguments)).GetProperty("outcome").GetString());
        object[] mappings =
        [
            new { direction = "out", from = "note", to = "comment", function = "trim|upper" },
            new { direction = "in", from = "id", to = "remark.number" },
        ];
        var tried = await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-admin/mappings/test", new { operation = "cases.comment", direction = "out", mappings, samples = new[] { arguments } });
        Assert.Equal("WE ARE ON IT", tried.GetProperty("samples")[0].GetProperty("after").GetProperty("comment").GetString());
        Assert.Empty(Comments());

        await admin.SendJsonAsync(HttpMethod.Patch, "v1/connectors/crm-admin", new { mappings = new Dictionary<string, object[]> { ["cases.comment"] = mappings } });
        var result = await ada.ResultAsync("crm-admin", "cases.comment", arguments, "commented");

        // What the system was sent is what the mapping makes of it, and what comes back is where the tenant has it.
        var sent = Assert.Single(Comments());
        Assert.Equal((id, "WE ARE ON IT"), ((string?)sent["ParentId"], (string?)sent["CommentBody"]));
        Assert.False(sent.ContainsKey("note"));
        var made = local.Simulation.State.SalesforceRecords("CaseComment").Single(record => (string?)record["CommentBody"] == "WE ARE ON IT");
        Assert.Equal((string?)made["Id"], result.GetProperty("remark").GetProperty("number").GetString());
        Assert.False(result.TryGetProperty("id", out _));

        var audit = (await admin.GetFromJsonAsync<JsonElement>("v1/connector-audit?connector=crm-admin&limit=100")).GetProperty("entries").EnumerateArray();
        var entry = Assert.Single(audit, one => one.GetProperty("actionId").GetString()!.EndsWith("commented", StringComparison.Ordinal));
        Assert.Equal(("cases.comment", "u-ada.lovelace", "succeeded"), (entry.GetProperty("operation").GetString(), entry.GetProperty("userId").GetString(), entry.GetProperty("outcome").GetString()));
        Assert.DoesNotContain("ON IT", entry.GetRawText(), StringComparison.OrdinalIgnoreCase);

        await RotateAsync(admin, "wrong-for-now");
        Assert.False((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-admin/verify")).GetProperty("succeeded").GetBoolean());
        await RotateAsync(admin, credentials.SalesforceClientSecret);
        Assert.True((await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-admin/verify")).GetProperty("succeeded").GetBoolean());

        Assert.NotEqual(0, await CountSecretsAsync());
        await admin.SendJsonAsync(HttpMethod.Delete, "v1/connectors/crm-admin", status: HttpStatusCode.NoContent);
        Assert.Equal(0, await CountSecretsAsync());
        await admin.SendJsonAsync(HttpMethod.Get, "v1/connectors/crm-admin", status: HttpStatusCode.NotFound);
    }

    private static Task<JsonElement> RotateAsync(HttpClient admin, string clientSecret) =>
        admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-admin/credentials", new { secrets = new { clientSecret } });

    private IReadOnlyList<JsonObject> Comments() =>
        [.. local.Simulation.Calls.Where(call => call is { System: SimSystem.Salesforce, Method: "POST" } && call.Path.EndsWith("/sobjects/CaseComment", StringComparison.Ordinal)).Select(call => JsonNode.Parse(call.Body)!.AsObject())];

    private async Task<long> CountSecretsAsync()
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(local.Steward.DataDirectory, "steward.db")};Mode=ReadOnly;Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT count(*) FROM vault_secrets WHERE path = 'connectors/crm-admin' OR path LIKE 'connectors/crm-admin/%'";
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
