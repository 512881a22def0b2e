using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Steward.EnterpriseSim.Tests;

/// <summary>The company's identity provider, and on-behalf-of at Entra ID: what is exchanged for what, and what is refused.</summary>
public sealed class IdentityTests : IAsyncLifetime
{
    private const string Redirect = "http://127.0.0.1:1/";
    private const string Verifier = "a-verifier-of-forty-three-characters-at-least";
    private const string Saml2 = "urn:ietf:params:oauth:token-type:saml2";

    private readonly ManualTime time = new();
    private EnterpriseSimulation sim = null!;

    public async Task InitializeAsync() => sim = await EnterpriseSimulation.StartAsync(new EnterpriseSimOptions { Time = time });

    public async Task DisposeAsync() => await sim.DisposeAsync();

    [Fact]
    public async Task Exchange_ForServiceNow_IsGoodThereOnlyAndForTheSamePerson()
    {
        var own = await SignInAsync("grace.osei");
        var token = (string)(await ExchangeAsync(own, "https://acme.service-now.example", null)).Body!["access_token"]!;
        using var direct = new SimClient(sim.ServiceNow, new("Bearer", own));
        using var exchanged = new SimClient(sim.ServiceNow, new("Bearer", token));
        using var elsewhere = new SimClient(sim.Salesforce, new("Bearer", token));

        Assert.Equal(401, (await direct.GetAsync("/api/now/table/incident?sysparm_limit=1")).Status);
        Assert.Equal(401, (await elsewhere.GetAsync("/services/data/v62.0/limits")).Status);
        Assert.Equal(201, (await exchanged.PostAsync("/api/now/table/incident", new System.Text.Json.Nodes.JsonObject { ["short_description"] = "x" })).Status);
        Assert.Equal("grace.osei", sim.State.ServiceNowTable("incident")[^1]["sys_created_by"]);
        time.Advance(TimeSpan.FromMinutes(6));
        Assert.Equal(401, (await exchanged.GetAsync("/api/now/table/incident?sysparm_limit=1")).Status);
    }

    [Theory]
    [InlineData("https://acme.service-now.example", Saml2, "invalid_target")]
    [InlineData("https://login.salesforce.com", null, "invalid_target")]
    [InlineData("https://elsewhere.example", null, "invalid_target")]
    public async Task Exchange_ForWhatNobodyTakes_IsRefused(string audience, string? type, string error) =>
        Assert.Equal(error, (string?)(await ExchangeAsync(await SignInAsync("ada.lovelace"), audience, type)).Body!["error"]);

    [Fact]
    public async Task Exchange_OfAnExchangedOrUnknownToken_IsRefused()
    {
        var token = (string)(await ExchangeAsync(await SignInAsync("ada.lovelace"), "https://acme.service-now.example", null)).Body!["access_token"]!;

        Assert.Equal("invalid_grant", (string?)(await ExchangeAsync(token, "https://acme.service-now.example", null)).Body!["error"]);
        Assert.Equal("invalid_grant", (string?)(await ExchangeAsync("nonsense", "https://acme.service-now.example", null)).Body!["error"]);
    }

    [Fact]
    public async Task SamlAssertion_IsGoodOnceUnchangedAndInTime()
    {
        var own = await SignInAsync("ada.lovelace");
        async Task<string> AssertionAsync() => (string)(await ExchangeAsync(own, "https://login.salesforce.com", Saml2)).Body!["access_token"]!;
        var assertion = await AssertionAsync();
        var xml = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(assertion));
        Assert.Contains("ada.lovelace@acme.example", xml, StringComparison.Ordinal);

        // Somebody else's name, an unsigned copy around the signed one, no signature, no XML.
        var forged = xml.Replace("ada.lovelace@", "grace.osei@", StringComparison.Ordinal);
        var start = xml.IndexOf("<Signature", StringComparison.Ordinal);
        var end = xml.IndexOf("</Signature>", StringComparison.Ordinal) + "</Signature>".Length;
        var wrapped = forged.Replace("</saml:Assertion>", xml + "</saml:Assertion>", StringComparison.Ordinal);
        foreach (var wrong in new[] { forged, wrapped, xml.Remove(start, end - start), "<x", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>" })
        {
            Assert.Equal("invalid_grant", (string?)(await HandInAsync(Base64Url.EncodeToString(Encoding.UTF8.GetBytes(wrong)))).Body!["error"]);
        }

        Assert.Equal(200, (await HandInAsync(assertion)).Status);
        Assert.Equal("invalid_grant", (string?)(await HandInAsync(assertion)).Body!["error"]);
        var late = await AssertionAsync();
        time.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal("invalid_grant", (string?)(await HandInAsync(late)).Body!["error"]);
    }

    [Fact]
    public async Task OnBehalfOf_TokenForTheApp_BecomesOneForGraphAndTheOtherWayNot()
    {
        var forApp = await EntraAsync("grace.osei", $"api://{sim.Credentials.GraphClientId}/access_as_user");
        var forGraph = await EntraAsync("grace.osei", "User.Read");
        using var refused = new SimClient(sim.Graph, new("Bearer", forApp));
        Assert.Equal(401, (await refused.GetAsync("/v1.0/me")).Status);

        var exchanged = await OnBehalfAsync(forApp);
        using var graph = new SimClient(sim.Graph, new("Bearer", (string)exchanged.Body!["access_token"]!));
        Assert.Equal("grace.osei@acme.example", (string?)(await graph.GetAsync("/v1.0/me")).Body!["mail"]);
        Assert.Contains("AADSTS500131", (string?)(await OnBehalfAsync(forGraph)).Body!["error_description"], StringComparison.Ordinal);
        Assert.Contains("AADSTS500133", (string?)(await OnBehalfAsync("nonsense")).Body!["error_description"], StringComparison.Ordinal);
    }

    private async Task<string> SignInAsync(string person)
    {
        using var anonymous = new SimClient(sim.ServiceNow, null);
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        var page = await anonymous.GetAsync($"/idp/authorize?client_id={sim.Credentials.IdentityClientId}&redirect_uri={Uri.EscapeDataString(Redirect)}&code_challenge={challenge}&login_hint={person}&state=s");
        var code = System.Web.HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        return (string)(await TokenAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect), ("code_verifier", Verifier))).Body!["access_token"]!;
    }

    private Task<Answer> ExchangeAsync(string token, string audience, string? type) => TokenAsync(
    [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"), ("subject_token", token), ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"), ("audience", audience),
        .. type is null ? Array.Empty<(string, string)>() : [("requested_token_type", type)],
    ]);

    private async Task<Answer> TokenAsync(params (string, string)[] fields)
    {
        using var client = new SimClient(sim.ServiceNow, SimClient.Basic(sim.Credentials.IdentityClientId, sim.Credentials.IdentityClientSecret));
        return await client.SendAsync(HttpMethod.Post, "/idp/token", SimClient.Form(fields));
    }

    private async Task<Answer> HandInAsync(string assertion)
    {
        using var client = new SimClient(sim.Salesforce, null);
        return await client.SendAsync(HttpMethod.Post, "/services/oauth2/token", SimClient.Form(("grant_type", "urn:ietf:params:oauth:grant-type:saml2-bearer"), ("assertion", assertion)));
    }

    private async Task<string> EntraAsync(string person, string scope)
    {
        using var anonymous = new SimClient(sim.Graph, null);
        var page = await anonymous.GetAsync($"/{sim.Credentials.GraphDirectoryId}/oauth2/v2.0/authorize?client_id={sim.Credentials.GraphClientId}&redirect_uri={Uri.EscapeDataString(Redirect)}&login_hint={person}&scope={Uri.EscapeDataString(scope)}&state=s");
        var code = System.Web.HttpUtility.ParseQueryString(new Uri(page.Header("Location")).Query)["code"]!;
        return (string)(await EntraTokenAsync(("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Redirect))).Body!["access_token"]!;
    }

    private Task<Answer> OnBehalfAsync(string assertion) => EntraTokenAsync(
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("requested_token_use", "on_behalf_of"), ("assertion", assertion), ("scope", "https://graph.microsoft.com/User.Read"));

    private async Task<Answer> EntraTokenAsync(params (string, string)[] fields)
    {
        using var anonymous = new SimClient(sim.Graph, null);
        return await anonymous.SendAsync(
            HttpMethod.Post, $"/{sim.Credentials.GraphDirectoryId}/oauth2/v2.0/token",
            SimClient.Form([("client_id", sim.Credentials.GraphClientId), ("client_secret", sim.Credentials.GraphClientSecret), .. fields]));
    }
}
