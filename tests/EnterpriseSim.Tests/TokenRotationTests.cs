using System.Text.Json.Nodes;

namespace Steward.EnterpriseSim.Tests;

/// <summary>How Salesforce and Workday give out tokens to people, and the switches that all systems with refresh tokens have.</summary>
public sealed class TokenRotationTests : IAsyncLifetime
{
    private const string Redirect = "http://127.0.0.1:1/";

    private readonly ManualTime time = new();
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Time = time });

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Theory]
    [InlineData(SimSystem.Salesforce)]
    [InlineData(SimSystem.Workday)]
    public async Task SignedInPerson_IsWhoCallsUntilTheTokenExpires(SimSystem system)
    {
        using var login = Anonymous(system);
        var first = await SignInAsync(login, system, "ada.lovelace");
        using var ada = As(system, first);

        Assert.Equal("Ada Lovelace", await NameAsync(ada, system));
        sim.ExpireTokens(system);
        Assert.Equal(401, (await WhoAsync(ada, system)).Status);
        var renewed = await RefreshAsync(login, system, first["refresh_token"]!.GetValue<string>());
        using var again = As(system, renewed.Body!.AsObject());
        Assert.Equal("Ada Lovelace", await NameAsync(again, system));
        Assert.Contains(first["refresh_token"]!.GetValue<string>(), sim.IssuedTokens);
    }

    [Theory]
    [InlineData(SimSystem.Salesforce)]
    [InlineData(SimSystem.Workday)]
    public async Task RefreshToken_UsedTwice_IsGoodUntilItIsSwitchedToOneUse(SimSystem system)
    {
        using var login = Anonymous(system);
        var refresh = (await SignInAsync(login, system, "ada.lovelace"))["refresh_token"]!.GetValue<string>();
        Assert.Equal(200, (await RefreshAsync(login, system, refresh)).Status);
        Assert.Equal(200, (await RefreshAsync(login, system, refresh)).Status);

        sim.RotateTokens(system, singleUse: true);
        var next = (await RefreshAsync(login, system, refresh)).Body!["refresh_token"]!.GetValue<string>();
        Assert.Equal(400, (await RefreshAsync(login, system, refresh)).Status);

        // One that came twice ends the whole family.
        Assert.Equal(400, (await RefreshAsync(login, system, next)).Status);
        Assert.Equal(new SimTokenCounts(3, 0, 2), sim.TokenCounts(system));
    }

    [Fact]
    public async Task RefreshToken_UsedAgainWithinTheGrace_GivesTheSameTokensAndIsNoTheft()
    {
        sim.RotateTokens(SimSystem.Salesforce, singleUse: true, TimeSpan.FromSeconds(30));
        using var login = Anonymous(SimSystem.Salesforce);
        var refresh = (await SignInAsync(login, SimSystem.Salesforce, "ada.lovelace"))["refresh_token"]!.GetValue<string>();

        var first = await RefreshAsync(login, SimSystem.Salesforce, refresh);
        time.Advance(TimeSpan.FromSeconds(29));
        var second = await RefreshAsync(login, SimSystem.Salesforce, refresh);
        time.Advance(TimeSpan.FromSeconds(2));
        var late = await RefreshAsync(login, SimSystem.Salesforce, refresh);

        Assert.Equal((string?)first.Body!["refresh_token"], (string?)second.Body!["refresh_token"]);
        Assert.Equal((400, "invalid_grant"), (late.Status, (string?)late.Body!["error"]));
        Assert.Equal(new SimTokenCounts(1, 1, 1), sim.TokenCounts(SimSystem.Salesforce));
    }

    [Fact]
    public async Task ControlApi_SwitchesRotation()
    {
        using var control = Anonymous(SimSystem.Workday);
        Task<Answer> PutAsync(JsonNode body) => control.SendAsync(HttpMethod.Put, "/__sim/tokens", SimClient.Json(body), ("X-Sim-Token", sim.Credentials.ControlToken));

        Assert.Equal(400, (await PutAsync(new JsonObject { ["singleUse"] = true, ["graceSeconds"] = -1 })).Status);
        Assert.Equal(204, (await PutAsync(new JsonObject { ["singleUse"] = true })).Status);
        var refresh = (await SignInAsync(control, SimSystem.Workday, "ada.lovelace"))["refresh_token"]!.GetValue<string>();
        Assert.Equal(200, (await RefreshAsync(control, SimSystem.Workday, refresh)).Status);
        Assert.Equal(400, (await RefreshAsync(control, SimSystem.Workday, refresh)).Status);
        var counts = await control.SendAsync(HttpMethod.Get, "/__sim/tokens", header: ("X-Sim-Token", sim.Credentials.ControlToken));
        Assert.Equal((1, 1), ((int)counts.Body!["refreshed"]!, (int)counts.Body["reused"]!));
        Assert.Throws<ArgumentException>(() => sim.RotateTokens(SimSystem.ServiceNow, singleUse: true));
    }

    private SimClient Anonymous(SimSystem system) => new(system == SimSystem.Salesforce ? sim.Salesforce : sim.Workday, null);

    private SimClient As(SimSystem system, JsonObject tokens) => new(system == SimSystem.Salesforce ? sim.Salesforce : sim.Workday, new("Bearer", (string)tokens["access_token"]!));

    private async Task<JsonObject> SignInAsync(SimClient login, SimSystem system, string person)
    {
        var path = system == SimSystem.Salesforce
            ? $"/services/oauth2/authorize?client_id={sim.Credentials.SalesforceClientId}"
            : $"/acme/authorize?client_id={sim.Credentials.WorkdayClientId}";
        var page = await login.GetAsync($"{path}&login_hint={person}&redirect_uri={Uri.EscapeDataString(Redirect)}&state=s");
        var code = System.Web.HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        var answer = await TokenAsync(login, system, ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect));
        Assert.Equal(200, answer.Status);
        return answer.Body!.AsObject();
    }

    private Task<Answer> RefreshAsync(SimClient login, SimSystem system, string token) => TokenAsync(login, system, ("grant_type", "refresh_token"), ("refresh_token", token));

    private async Task<Answer> TokenAsync(SimClient login, SimSystem system, params (string, string)[] fields)
    {
        if (system == SimSystem.Salesforce)
        {
            return await login.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(
                [("client_id", sim.Credentials.SalesforceClientId), ("client_secret", sim.Credentials.SalesforceClientSecret), .. fields]));
        }

        using var client = new SimClient(sim.Workday, SimClient.Basic(sim.Credentials.WorkdayClientId, sim.Credentials.WorkdayClientSecret));
        return await client.SendAsync(HttpMethod.Post, "/ccx/oauth2/acme/token", SimClient.Form(fields));
    }

    private static Task<Answer> WhoAsync(SimClient client, SimSystem system) => system == SimSystem.Salesforce
        ? client.PostAsync("/services/data/v62.0/sobjects/Case", new JsonObject { ["Subject"] = "x" })
        : client.GetAsync("/ccx/api/v1/acme/workers/me");

    private async Task<string> NameAsync(SimClient client, SimSystem system)
    {
        var who = await WhoAsync(client, system);
        if (system == SimSystem.Workday)
        {
            return (string)who.Body!["descriptor"]!;
        }

        // What a person creates is theirs.
        Assert.Equal(201, who.Status);
        var owner = (string?)sim.State.SalesforceRecords("Case")[^1]["OwnerId"];
        return (string)sim.State.SalesforceRecords("User").Single(user => (string?)user["Id"] == owner)["Name"]!;
    }
}
