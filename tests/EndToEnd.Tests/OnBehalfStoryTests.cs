using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using Steward.EnterpriseSim;
using Steward.Host.Demo;

namespace Steward.EndToEnd.Tests;

/// <summary>
/// People sign in to an identity provider, and calls are made with their rights: by token exchange (RFC 8693) at ServiceNow, by a SAML bearer assertion (RFC 7522) at Salesforce, and on behalf of them by Entra ID at Graph. None of
/// the three systems takes the token that the identity provider gave.
/// </summary>
[Collection(ConnectorStories.Name)]
public sealed class OnBehalfStoryTests
{
    private static readonly string[] People = ["ada.lovelace", "grace.osei"];
    private static readonly string[] Everybody = ["employee"];

    private readonly LocalSteward _local;

    public OnBehalfStoryTests(LocalSteward local) => _local = local;

    private EnterpriseSimulation Simulation => _local.Simulation;

    [Fact]
    public async Task TokenExchange_TwoPeopleAtOnce_EachActsAsThemselvesAndAThirdNotAtAll()
    {
        await ConnectAsync("desk", Desk, Simulation.ServiceNow, Simulation.Credentials.IdentityClientId, new { clientSecret = Simulation.Credentials.IdentityClientSecret });
        await RefuseStrangersAsync("desk", "incidents.create", new { text = "x" });

        var made = await ActAsync("desk", "incidents.create", number => new { text = $"Exchange {number}" });

        var rows = Simulation.State.ServiceNowTable("incident").Where(row => row["short_description"].StartsWith("Exchange ", StringComparison.Ordinal)).ToDictionary(row => row["short_description"]);
        Assert.Equal(made.Count, rows.Count);
        Assert.All(made, pair => Assert.Equal(pair.Person, rows[$"Exchange {pair.Number}"]["sys_created_by"]));

        // A token that is over is got anew with the person's own sign-in, once for all who need it.
        var before = Count("idp.token");
        Simulation.ExpireTokens(SimSystem.ServiceNow);
        using var ada = _local.Steward.SignIn(People[0]);
        await Task.WhenAll(Enumerable.Range(0, 10).Select(number => ada.ResultAsync("desk", "incidents.create", new { text = string.Create(CultureInfo.InvariantCulture, $"Again {number}") }, $"again-{number}")));
        Assert.Equal(before + 2, Count("idp.token"));
        Assert.All(
            Simulation.State.ServiceNowTable("incident").Where(row => row["short_description"].StartsWith("Again ", StringComparison.Ordinal)), row => Assert.Equal(People[0], row["sys_created_by"]));
        await AssertAuditedAsync("desk", "incidents.create");
    }

    [Fact]
    public async Task SamlBearer_TwoPeopleAtOnce_EachActsAsThemselves()
    {
        await ConnectAsync("crm", Crm, Simulation.Salesforce, Simulation.Credentials.IdentityClientId, new { clientSecret = Simulation.Credentials.IdentityClientSecret });
        await RefuseStrangersAsync("crm", "cases.create", new { text = "x" });

        var made = await ActAsync("crm", "cases.create", number => new { text = $"Saml {number}" });

        var users = Simulation.State.SalesforceRecords("User").ToDictionary(user => (string)user["Id"]!, user => (string)user["Username"]!);
        var cases = Simulation.State.SalesforceRecords("Case").Where(record => ((string)record["Subject"]!).StartsWith("Saml ", StringComparison.Ordinal)).ToDictionary(record => (string)record["Subject"]!);
        Assert.Equal(made.Count, cases.Count);
        Assert.All(made, pair => Assert.Equal($"{pair.Person}@acme.example", users[(string)cases[$"Saml {pair.Number}"]["OwnerId"]!]));
        await AssertAuditedAsync("crm", "cases.create");
    }

    [Fact]
    public async Task OnBehalfOf_TwoPeopleAtOnce_EachSeesThemselves()
    {
        using var admin = _local.Steward.Client(_local.Steward.Token(DemoTenant.Admin));
        var credentials = Simulation.Credentials;
        await admin.ConnectAsync(new
        {
            name = "directory",
            templateId = "entra-id",
            baseUrl = new Uri(Simulation.Graph, "v1.0").ToString(),
            authId = "on_behalf_of",
            onBehalfOfUser = true,
            fields = new { directoryId = credentials.GraphDirectoryId, clientId = credentials.GraphClientId },
            secrets = new { clientSecret = credentials.GraphClientSecret },
            operations = new[] { "users.me" },
            access = new Dictionary<string, string[]> { ["users.me"] = Everybody },
        });
        await RefuseStrangersAsync("directory", "users.me", new { });
        foreach (var person in People)
        {
            using var client = _local.Steward.SignIn(person);
            await client.SignInToAsync("directory", person);
        }

        var seen = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            using var client = _local.Steward.SignIn(People[number % 2]);
            return (People[number % 2], (await client.ResultAsync("directory", "users.me", new { })).GetProperty("email").GetString());
        }));

        Assert.All(seen, pair => Assert.Equal($"{pair.Item1}@acme.example", pair.Item2));
    }

    [Fact]
    public async Task SamlBearer_AssertionGivenByAnAdmin_IsUsedOnceAndThenAskedForAnew()
    {
        using var admin = _local.Steward.Client(_local.Steward.Token(DemoTenant.Admin));
        await admin.ConnectAsync(new
        {
            name = "crm-fixed",
            template = CrmFixed,
            baseUrl = Simulation.Salesforce.ToString(),
            authId = "assertion",
            secrets = new { assertion = await AssertionAsync("ada.lovelace") },
            operations = new[] { "cases.create" },
            access = new Dictionary<string, string[]> { ["cases.create"] = Everybody },
        });
        await admin.ResultAsync("crm-fixed", "cases.create", new { text = "Fixed 1" }, "fixed-1");

        Simulation.ExpireTokens(SimSystem.Salesforce);
        var refused = await admin.CallAsync("crm-fixed", "cases.create", new { text = "Fixed 2" }, "fixed-2");

        Assert.Equal("unauthenticated", refused.GetProperty("outcome").GetString());
        var made = Assert.Single(Simulation.State.SalesforceRecords("Case"), record => ((string)record["Subject"]!).StartsWith("Fixed", StringComparison.Ordinal));
        Assert.Contains(Simulation.State.SalesforceRecords("User"), user => (string?)user["Id"] == (string?)made["OwnerId"] && (string?)user["Username"] == "ada.lovelace@acme.example");
        await admin.SendJsonAsync(HttpMethod.Post, "v1/connectors/crm-fixed/credentials", new { secrets = new { assertion = await AssertionAsync("grace.osei") } });
        await admin.ResultAsync("crm-fixed", "cases.create", new { text = "Fixed 3" }, "fixed-3");
    }

    private int Count(string operation) => Simulation.Calls.Count(call => call.Operation == operation);

    private async Task ConnectAsync(string name, string template, Uri address, string clientId, object secrets)
    {
        using var admin = _local.Steward.Client(_local.Steward.Token(DemoTenant.Admin));
        var operations = new[] { "incidents.create", "cases.create" }.Where(operation => template.Contains($"id: {operation}\n", StringComparison.Ordinal) || template.Contains($"id: {operation},", StringComparison.Ordinal)).ToList();
        await admin.ConnectAsync(new { name, template, baseUrl = address.ToString(), authId = "person", onBehalfOfUser = true, fields = new { clientId }, secrets, operations, access = operations.ToDictionary(operation => operation, _ => Everybody) });
    }

    /// <summary>Who has not signed in gets nobody's rights, and nobody completes what another began.</summary>
    private async Task RefuseStrangersAsync(string connector, string operation, object arguments)
    {
        using var ada = _local.Steward.SignIn(People[0]);
        using var sam = _local.Steward.SignIn("sam.patel");
        await ada.SignInToAsync(connector, People[0]);
        var before = Simulation.Calls.Count(call => call.Effect);
        Assert.Equal("unauthenticated", (await sam.CallAsync(connector, operation, arguments)).GetProperty("outcome").GetString());
        Assert.Equal(before, Simulation.Calls.Count(call => call.Effect));

        var begun = await ada.SendJsonAsync(HttpMethod.Post, $"v1/connectors/{connector}/sign-in", new { redirectUri = ConnectorApi.Redirect });
        using var browser = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var agreed = await browser.GetAsync($"{begun.GetProperty("authorizeUrl").GetString()}&login_hint={People[0]}");
        var back = HttpUtility.ParseQueryString(agreed.Headers.Location!.Query);
        await sam.SendJsonAsync(HttpMethod.Post, $"v1/connectors/{connector}/sign-in/complete", new { state = back["state"], code = back["code"] }, HttpStatusCode.BadRequest);
        Assert.Equal("unauthenticated", (await sam.CallAsync(connector, operation, arguments)).GetProperty("outcome").GetString());
    }

    /// <summary>Two people sign in and act in turns, all at once.</summary>
    private async Task<IReadOnlyList<(string Person, int Number)>> ActAsync(string connector, string operation, Func<int, object> arguments)
    {
        foreach (var person in People)
        {
            using var client = _local.Steward.SignIn(person);
            await client.SignInToAsync(connector, person);
        }

        return await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            using var client = _local.Steward.SignIn(People[number % 2]);
            await client.ResultAsync(connector, operation, arguments(number), string.Create(CultureInfo.InvariantCulture, $"{connector}-{number}"));
            return (People[number % 2], number);
        }));
    }

    private async Task AssertAuditedAsync(string connector, string operation)
    {
        using var admin = _local.Steward.Client(_local.Steward.Token(DemoTenant.Admin));
        var entries = (await admin.GetFromJsonAsync<JsonElement>($"v1/connector-audit?connector={connector}&limit=200")).GetProperty("entries").EnumerateArray()
            .Where(entry => entry.GetProperty("operation").GetString() == operation && entry.GetProperty("outcome").GetString() == "succeeded").ToList();
        Assert.True(entries.Count >= 20, $"{entries.Count} entries");
        Assert.All(entries, entry => Assert.Equal(entry.GetProperty("userId").GetString(), entry.GetProperty("onBehalfOf").GetString()));
        Assert.Equal(People.Select(person => $"u-{person}"), entries.Select(entry => entry.GetProperty("userId").GetString()).Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>What an admin gets from the identity provider by hand.</summary>
    private async Task<string> AssertionAsync(string person)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = Simulation.Salesforce };
        var (verifier, challenge) = ("a-verifier-of-forty-three-characters-at-least", "");
        challenge = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier)));
        using var page = await client.GetAsync($"idp/authorize?client_id={Simulation.Credentials.IdentityClientId}&redirect_uri={Uri.EscapeDataString(ConnectorApi.Redirect)}&code_challenge={challenge}&login_hint={person}");
        client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{Simulation.Credentials.IdentityClientId}:{Simulation.Credentials.IdentityClientSecret}")));
        var first = await PostAsync(new()
        {
            ["grant_type"] = "authorization_code", ["code"] = HttpUtility.ParseQueryString(page.Headers.Location!.Query)["code"]!, ["redirect_uri"] = ConnectorApi.Redirect, ["code_verifier"] = verifier,
        });
        var second = await PostAsync(new()
        {
            ["grant_type"] = "urn:ietf:params:oauth:grant-type:token-exchange", ["subject_token"] = (string)first["access_token"]!, ["subject_token_type"] = "urn:ietf:params:oauth:token-type:access_token",
            ["audience"] = "https://login.salesforce.com", ["requested_token_type"] = "urn:ietf:params:oauth:token-type:saml2",
        });
        return (string)second["access_token"]!;

        async Task<JsonObject> PostAsync(Dictionary<string, string> form)
        {
            using var response = await client.PostAsync("idp/token", new FormUrlEncodedContent(form));
            return (await response.Content.ReadFromJsonAsync<JsonObject>())!;
        }
    }

    private const string Head =
        """
        version: 1.0.0
        vendor: Acme
        categories: [itsm]
        docs: https://tools.acme.example/docs
        description: With the rights of whoever asks.

        """;

    private const string SignIn =
        """
        auth:
          - id: person
            kind: oauth2_code
            perUser: true
            fields:
              - { name: clientId, title: Client ID }
              - { name: clientSecret, title: Client secret, secret: true }
            oauth2:
              authorizeUrl: https://login.acme.example/idp/authorize
              tokenUrl: https://login.acme.example/idp/token
              scopes: [openid, offline_access]
              rotatesRefreshToken: true
              exchange:

        """;

    private const string CreateCase =
        """
        connection: { baseUrl: https://acme.my.salesforce.com }
        verify: { operation: limits.get }
        operations:
          - { id: limits.get, summary: Says what is left., path: /services/data/v62.0/limits, effect: read, output: { fields: { left: DailyApiRequests.Remaining } } }
          - id: cases.create
            summary: Creates a case.
            method: POST
            path: /services/data/v62.0/sobjects/Case
            effect: write
            body: { Subject: "{text}" }
            input: { properties: { text: { type: string, description: What it is about., maxLength: 200 } }, required: [text] }
            output: { fields: { id: id } }
            idempotency: {}

        """;

    /// <summary>ServiceNow, by a token of the identity provider.</summary>
    internal const string Desk =
        "id: desk-for-people\nname: Desk for people\n" + Head +
        """
        connection: { baseUrl: https://acme.service-now.example }
        verify: { operation: incidents.find }
        operations:
          - { id: incidents.find, summary: Finds incidents., path: /api/now/table/incident, effect: read, output: { path: result, list: true, fields: { id: sys_id } } }
          - id: incidents.create
            summary: Creates an incident.
            method: POST
            path: /api/now/table/incident
            effect: write
            body: { short_description: "{text}" }
            input: { properties: { text: { type: string, description: What it is about., maxLength: 200 } }, required: [text] }
            output: { fields: { id: result.sys_id } }
            idempotency: {}

        """ + SignIn + "        - { grant: token_exchange, audience: \"https://acme.service-now.example\" }\n";

    /// <summary>Salesforce, by a SAML assertion of the identity provider.</summary>
    internal const string Crm =
        "id: crm-for-people\nname: CRM for people\n" + Head + CreateCase + SignIn +
        """
                - { grant: token_exchange, audience: "https://login.salesforce.com", requestedTokenType: "urn:ietf:params:oauth:token-type:saml2" }
                - { grant: saml2_bearer, tokenUrl: "{baseUrl}/services/oauth2/token", clientAuth: none, baseUrlPath: instance_url }

        """;

    private const string CrmFixed =
        "id: crm-fixed\nname: CRM with a fixed assertion\n" + Head + CreateCase +
        """
        auth:
          - id: assertion
            kind: oauth2_saml_bearer
            fields: [ { name: assertion, title: Assertion, secret: true, multiline: true } ]
            oauth2: { tokenUrl: "{baseUrl}/services/oauth2/token", clientAuth: none, baseUrlPath: instance_url }
        """;
}
