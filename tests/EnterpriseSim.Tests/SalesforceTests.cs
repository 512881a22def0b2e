using System.Buffers.Text;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

public sealed class SalesforceTests : IAsyncLifetime
{
    private const string Data = "/services/data/v62.0";
    private EnterpriseSimulation sim = null!;
    private SimClient salesforce = null!;

    public async Task InitializeAsync()
    {
        sim = await EnterpriseSimulation.StartAsync();
        salesforce = await SignInAsync(sim);
    }

    public async Task DisposeAsync()
    {
        salesforce.Dispose();
        await sim.DisposeAsync();
    }

    [Fact]
    public async Task Token_WithClientCredentials_HasInstanceAndNoExpiry()
    {
        var answer = await TokenAsync(sim, ("grant_type", "client_credentials"), ("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret));

        Assert.Equal(200, answer.Status);
        Assert.Equal(sim.Salesforce.ToString().TrimEnd('/'), (string?)answer.Body!["instance_url"]);
        Assert.Null(answer.Body["expires_in"]);
        Assert.Null(answer.Body["refresh_token"]);
    }

    [Theory]
    [InlineData("client_credentials", "steward-salesforce", "wrong", "invalid_client")]
    [InlineData("client_credentials", "unknown", "wrong", "invalid_client_id")]
    [InlineData("password", "steward-salesforce", "wrong", "unsupported_grant_type")]
    public async Task Token_WithWrongClient_IsOAuthError(string grant, string id, string secret, string error)
    {
        var answer = await TokenAsync(sim, ("grant_type", grant), ("client_id", id), ("client_secret", secret));

        Assert.Equal((400, error), (answer.Status, (string?)answer.Body!["error"]));
    }

    [Theory]
    [InlineData(true, "https://login.salesforce.com", 120, 200)]
    [InlineData(false, "https://login.salesforce.com", 120, 400)]
    [InlineData(true, "https://example.com", 120, 400)]
    [InlineData(true, "https://login.salesforce.com", -10, 400)]
    [InlineData(true, "https://login.salesforce.com", 86_400, 400)]
    public async Task Token_WithJwtBearer_IsGrantedOnlyForAGoodAssertion(bool rightKey, string audience, int life, int status)
    {
        using var key = RSA.Create(2048);
        using var other = RSA.Create(2048);
        var credentials = new EnterpriseSimCredentials { SalesforceJwtPublicKey = key.ExportSubjectPublicKeyInfoPem() };
        await using var jwt = await EnterpriseSimulation.StartAsync(new() { Credentials = credentials });
        var claims = new JsonObject
        {
            ["iss"] = credentials.SalesforceClientId, ["sub"] = "ada.lovelace@acme.example", ["aud"] = audience,
            ["exp"] = DateTimeOffset.UtcNow.AddSeconds(life).ToUnixTimeSeconds(),
        };
        var signed = $"{Part(new JsonObject { ["alg"] = "RS256" })}.{Part(claims)}";
        var signature = (rightKey ? key : other).SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

        var answer = await TokenAsync(jwt, ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", $"{signed}.{Base64Url.EncodeToString(signature)}"));

        Assert.Equal(status, answer.Status);
        Assert.Equal(status == 200 ? null : "invalid_grant", (string?)answer.Body!["error"]);

        static string Part(JsonObject json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json.ToJsonString()));
    }

    [Fact]
    public async Task Session_AfterItsLife_IsInvalid()
    {
        var clock = new ManualTime();
        await using var timed = await EnterpriseSimulation.StartAsync(new() { Time = clock });
        using var client = await SignInAsync(timed);

        Assert.Equal(200, (await client.GetAsync($"{Data}/limits")).Status);
        clock.Advance(TimeSpan.FromHours(3));
        var answer = await client.GetAsync($"{Data}/limits");

        Assert.Equal((401, "INVALID_SESSION_ID"), (answer.Status, (string?)answer.Body![0]!["errorCode"]));
    }

    [Theory]
    [InlineData("SELECT Id FROM User WHERE IsActive = true AND Department = 'Sales'", 13)]
    [InlineData("SELECT Id, Name FROM Account WHERE Owner.Username = 'ada.lovelace@acme.example'", 2)]
    [InlineData("select id from case where isclosed = false and (priority = 'High' or status = 'Escalated')", 3)]
    [InlineData("SELECT Id FROM Case WHERE Subject LIKE '%sso%'", 1)]
    [InlineData("SELECT Id FROM Opportunity WHERE Amount >= 100000 AND StageName NOT IN ('Closed Won', 'Closed Lost')", 2)]
    [InlineData("SELECT Id FROM Opportunity WHERE CloseDate < TODAY", 3)]
    [InlineData("SELECT Id FROM Case WHERE CreatedDate >= LAST_N_DAYS:5 AND NOT Origin = 'Email'", 5)]
    [InlineData("SELECT Id FROM Contact WHERE Account.Name = 'Lone Star Energy' LIMIT 1", 1)]
    [InlineData("SELECT Id FROM Contact WHERE Phone = null", 13)]
    [InlineData("SELECT Id FROM Account WHERE Name = 'O\\'Neil'", 0)]
    public async Task Query_WithConditions_GivesTheMatches(string soql, int count)
    {
        var answer = await QueryAsync(salesforce, soql);

        Assert.Equal(200, answer.Status);
        Assert.Equal(count, answer.Body!["records"]!.AsArray().Count);
        Assert.Equal(count, (int)answer.Body["totalSize"]!);
        Assert.True((bool)answer.Body["done"]!);
    }

    [Fact]
    public async Task Query_ThroughReferences_NestsTheRecords()
    {
        var answer = await QueryAsync(salesforce, "SELECT Subject, Account.Name, Account.Owner.Name FROM Case WHERE Subject LIKE 'Order portal%'");

        var record = answer.Body!["records"]![0]!;
        Assert.Equal("Case", (string?)record["attributes"]!["type"]);
        Assert.Equal("Brauhaus Spree GmbH", (string?)record["Account"]!["Name"]);
        Assert.Equal("Ada Lovelace", (string?)record["Account"]!["Owner"]!["Name"]);
        Assert.Equal(["attributes", "Subject", "Account"], record.AsObject().Select(p => p.Key));
    }

    [Fact]
    public async Task Query_Count_HasTotalAndNoRecords()
    {
        var answer = await QueryAsync(salesforce, "SELECT COUNT() FROM Case");

        Assert.Equal(14, (int)answer.Body!["totalSize"]!);
        Assert.Empty(answer.Body["records"]!.AsArray());
    }

    [Theory]
    [InlineData("SELECT FROM Case", "INVALID_TYPE,MALFORMED_QUERY")]
    [InlineData("SELECT Id FROM Nothing", "INVALID_TYPE")]
    [InlineData("SELECT Colour FROM Case", "INVALID_FIELD")]
    [InlineData("SELECT Id FROM Case WHERE IsClosed = 'true'", "INVALID_FIELD")]
    [InlineData("SELECT Id FROM Case WHERE Subject = unquoted", "INVALID_FIELD")]
    [InlineData("SELECT Id FROM Case WHERE Subject = 'open", "MALFORMED_QUERY")]
    [InlineData("SELECT Id FROM Case LIMIT x", "MALFORMED_QUERY")]
    [InlineData("SELECT Id FROM Case; DELETE", "MALFORMED_QUERY")]
    public async Task Query_ThatIsWrong_IsErrorArray(string soql, string codes)
    {
        var answer = await QueryAsync(salesforce, soql);

        Assert.Equal(400, answer.Status);
        Assert.Contains((string)answer.Body!.AsArray().Single()!["errorCode"]!, codes.Split(','));
    }

    [Fact]
    public async Task Query_FollowingNextRecordsUrl_GivesEveryRecordOnceInOrder()
    {
        await using var paged = await EnterpriseSimulation.StartAsync(new() { Limits = new() { SalesforcePageSize = 25 } });
        using var client = await SignInAsync(paged);
        var names = new List<string>();
        var page = await QueryAsync(client, "SELECT Username FROM User ORDER BY Username DESC");
        for (var pages = 1; ; pages++)
        {
            Assert.Equal(61, (int)page.Body!["totalSize"]!);
            names.AddRange(page.Body["records"]!.AsArray().Select(r => (string)r!["Username"]!));
            if ((bool)page.Body["done"]!)
            {
                Assert.Equal(3, pages);
                break;
            }

            page = await client.GetAsync((string)page.Body["nextRecordsUrl"]!);
        }

        Assert.Equal(names.OrderDescending(StringComparer.OrdinalIgnoreCase), names);
        Assert.Equal(61, names.Distinct().Count());
    }

    [Fact]
    public async Task Upsert_ByExternalIdTwice_CreatesOneCaseAndUpdatesIt()
    {
        var url = $"{Data}/sobjects/Case/Steward_Id__c/op-77";

        var first = await salesforce.SendAsync(HttpMethod.Patch, url, SimClient.Json(new JsonObject { ["Subject"] = "One" }));
        var second = await salesforce.SendAsync(HttpMethod.Patch, url, SimClient.Json(new JsonObject { ["Subject"] = "Two", ["Status"] = "Working" }));
        var read = await salesforce.GetAsync($"{url}?fields=Subject,CaseNumber,Status");

        Assert.Equal((201, 200), (first.Status, second.Status));
        Assert.Equal((true, false), ((bool)first.Body!["created"]!, (bool)second.Body!["created"]!));
        Assert.Equal((string?)first.Body["id"], (string?)second.Body["id"]);
        Assert.Equal("Two", (string?)read.Body!["Subject"]);
        Assert.Matches("^[0-9]{8}$", (string)read.Body["CaseNumber"]!);
        Assert.Equal(15, sim.State.SalesforceRecords("Case").Count);
    }

    [Fact]
    public async Task Record_CreatedReadChangedDeleted_GoesThroughItsLife()
    {
        var created = await salesforce.PostAsync($"{Data}/sobjects/Contact", new JsonObject { ["FirstName"] = "Jo", ["LastName"] = "Public" });
        var url = $"{Data}/sobjects/Contact/{created.Body!["id"]}";
        var shortUrl = url[..^3];

        Assert.Equal(201, created.Status);
        Assert.Equal(204, (await salesforce.SendAsync(HttpMethod.Patch, shortUrl, SimClient.Json(new JsonObject { ["LastName"] = "Private" }))).Status);
        Assert.Equal("Jo Private", (string?)(await salesforce.GetAsync(url)).Body!["Name"]);
        Assert.Equal(204, (await salesforce.SendAsync(HttpMethod.Delete, url)).Status);
        var gone = await salesforce.GetAsync(url);
        Assert.Equal((404, "NOT_FOUND"), (gone.Status, (string?)gone.Body![0]!["errorCode"]));
    }

    [Theory]
    [InlineData("Contact", "{\"FirstName\":\"Jo\"}", "REQUIRED_FIELD_MISSING")]
    [InlineData("Case", "{\"Status\":\"Sleeping\"}", "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST")]
    [InlineData("Case", "{\"Colour\":\"red\"}", "INVALID_FIELD")]
    [InlineData("Case", "{\"CaseNumber\":\"1\"}", "INVALID_FIELD_FOR_INSERT_UPDATE")]
    [InlineData("Case", "{\"AccountId\":\"001000000000000AAA\"}", "MALFORMED_ID")]
    [InlineData("Case", "{\"Subject\":", "JSON_PARSER_ERROR")]
    [InlineData("Case", "[]", "JSON_PARSER_ERROR")]
    [InlineData("Opportunity", "{\"Name\":\"x\",\"StageName\":\"Prospecting\",\"CloseDate\":\"soon\"}", "JSON_PARSER_ERROR")]
    public async Task Create_ThatIsWrong_IsErrorArrayAndCreatesNothing(string type, string body, string code)
    {
        var before = sim.State.SalesforceRecords(type).Count;

        var answer = await salesforce.SendAsync(HttpMethod.Post, $"{Data}/sobjects/{type}", new StringContent(body, Encoding.UTF8, "application/json"));

        Assert.Equal(400, answer.Status);
        Assert.Contains(answer.Body!.AsArray(), e => (string?)e!["errorCode"] == code);
        Assert.Equal(before, sim.State.SalesforceRecords(type).Count);
    }

    [Fact]
    public async Task Create_WithTakenExternalId_IsDuplicateValue()
    {
        var body = new JsonObject { ["Subject"] = "x", ["Steward_Id__c"] = "taken" };

        await salesforce.PostAsync($"{Data}/sobjects/Case", body);
        var second = await salesforce.PostAsync($"{Data}/sobjects/Case", body);

        Assert.Equal((400, "DUPLICATE_VALUE"), (second.Status, (string?)second.Body![0]!["errorCode"]));
    }

    [Fact]
    public async Task LimitInfo_IsOnEveryAnswerButTheVersions_AndTheLimitIs403()
    {
        await using var limited = await EnterpriseSimulation.StartAsync(new() { Limits = new() { SalesforcePerDay = 4 } });
        using var client = await SignInAsync(limited);

        var versions = await client.GetAsync("/services/data");
        var first = await client.GetAsync($"{Data}/limits");
        await client.GetAsync($"{Data}/limits");
        var refused = await client.GetAsync($"{Data}/limits");

        Assert.Equal("", versions.Header("Sforce-Limit-Info"));
        Assert.Contains(versions.Array, v => (string?)v!["version"] == "62.0");
        Assert.Equal("api-usage=3/4", first.Header("Sforce-Limit-Info"));
        Assert.Equal((403, "REQUEST_LIMIT_EXCEEDED"), (refused.Status, (string?)refused.Body![0]!["errorCode"]));
    }

    [Theory]
    [InlineData("/services/data/v1.0/limits")]
    [InlineData($"{Data}/sobjects/Nothing/001000000000000AAA")]
    [InlineData($"{Data}/sobjects/Case/No_Such__c/1")]
    [InlineData("/services/nothing")]
    public async Task UnknownResource_IsNotFoundErrorArray(string path)
    {
        var answer = await salesforce.GetAsync(path);

        Assert.Equal((404, "NOT_FOUND"), (answer.Status, (string?)answer.Body![0]!["errorCode"]));
    }

    private static async Task<SimClient> SignInAsync(EnterpriseSimulation sim)
    {
        var answer = await TokenAsync(sim, ("grant_type", "client_credentials"), ("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret));
        return new SimClient(sim.Salesforce, new AuthenticationHeaderValue("Bearer", (string)answer.Body!["access_token"]!));
    }

    private static async Task<Answer> TokenAsync(EnterpriseSimulation sim, params (string Name, string Value)[] form)
    {
        using var anonymous = new SimClient(sim.Salesforce, null);
        return await anonymous.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(form));
    }

    private static Task<Answer> QueryAsync(SimClient client, string soql) => client.GetAsync($"{Data}/query?q={Uri.EscapeDataString(soql)}");
}
