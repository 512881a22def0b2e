using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Steward.Connectors;
using Steward.Testing;

namespace Steward.Gateway.Tests;

/// <summary>Connector instances as servers of the Model Context Protocol.</summary>
public sealed class McpServerTests : IClassFixture<GatewayFixture>
{
    private const string Initialize =
        """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""";

    private readonly GatewayFixture _gateway;

    public McpServerTests(GatewayFixture gateway)
    {
        _gateway = gateway;
        gateway.Cluster.Connectors.Answer = new ConnectorCallResult { Outcome = "succeeded", ResultJson = """{"items":[{"login":"ada"}]}""" };
        gateway.Cluster.Connectors.Instances["desk"] = new ConnectorInfo
        {
            Name = "desk", Title = "Desk", TemplateId = "okta", TemplateVersion = "1.0.0", TemplateHash = "00", BaseUrl = "https://acme.okta.com/", AuthId = "token", State = "active", Breaker = "closed", Enabled = true,
        };
    }

    [Fact]
    public async Task ReferenceClient_ListsAndCallsTools()
    {
        var told = await RunAsync("desk", "oktas.find", """{"q":"ada"}""");

        Assert.Equal("steward", told.GetProperty("server").GetProperty("name").GetString());
        var tool = Assert.Single(told.GetProperty("tools").EnumerateArray());
        Assert.Equal("oktas.find", tool.GetProperty("name").GetString());
        Assert.True(tool.GetProperty("annotations").GetProperty("readOnlyHint").GetBoolean());
        var result = told.GetProperty("result");
        Assert.Equal("ada", result.GetProperty("structuredContent").GetProperty("items")[0].GetProperty("login").GetString());
        var call = _gateway.Cluster.Connectors.Calls.Last();
        Assert.Equal(("desk", "oktas.find", """{"q":"ada"}"""), (call.Instance, call.Operation, call.ArgumentsJson));
    }

    [Fact]
    public async Task ReferenceClient_NeedsAnApproval_IsToldSo()
    {
        _gateway.Cluster.Connectors.Answer = new ConnectorCallResult { Outcome = "approval_required", Message = "This needs an approval." };

        var result = (await RunAsync("desk", "oktas.find", "{}")).GetProperty("result");

        Assert.True(result.GetProperty("isError").GetBoolean());
        Assert.Equal("approval_required: This needs an approval.", result.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task ReferenceClient_ToolThatIsNotListed_IsNotCalled()
    {
        var before = _gateway.Cluster.Connectors.Calls.Count;

        var result = (await RunAsync("desk", "users.delete", "{}")).GetProperty("result");

        Assert.True(result.GetProperty("isError").GetBoolean());
        Assert.Equal(before, _gateway.Cluster.Connectors.Calls.Count);
    }

    [Fact]
    public async Task List_ManyTools_ComeInPagesEachOnce()
    {
        string[] names = [.. Enumerable.Range(0, 250).Select(number => $"things.op_{number:000}")];
        _gateway.Cluster.Connectors.Operations["many"] = [.. names.Reverse().Select(name => new ConnectorTool { Operation = name, Description = "Does.", Effect = "read", InputSchemaJson = """{"type":"object"}""" })];
        var found = new List<string>();
        var sizes = new List<int>();
        for (string? cursor = ""; cursor is not null;)
        {
            var result = (await ListAsync("many", cursor.Length == 0 ? "{}" : $$"""{"cursor":"{{cursor}}"}""")).GetProperty("result");
            string[] page = [.. result.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()!)];
            found.AddRange(page);
            sizes.Add(page.Length);
            cursor = result.TryGetProperty("nextCursor", out var next) ? next.GetString() : null;

            // What goes away between two pages neither hides nor repeats another.
            _gateway.Cluster.Connectors.Operations["many"] = [.. _gateway.Cluster.Connectors.Operations["many"].Where(tool => tool.Operation != page[0])];
        }

        Assert.Equal(names, found);
        Assert.Equal([100, 100, 50], sizes);
    }

    [Theory]
    [InlineData("!")]
    [InlineData("gA")]
    public async Task List_CursorOfSomebodyElse_IsRefused(string cursor) =>
        Assert.Equal(-32602, (await ListAsync("desk", $$"""{"cursor":"{{cursor}}"}""")).GetProperty("error").GetProperty("code").GetInt32());

    [Theory]
    [InlineData("/mcp/t-acme/nothing", 404)]
    [InlineData("/mcp/t-other/desk", 404)]
    [InlineData("/mcp/t-acme/desk", 200)]
    public async Task Post_Address_MustBeTheCallersTenantAndAnInstance(string path, int status)
    {
        using var response = await PostAsync(path, Initialize);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Post_WithoutCredentials_IsUnauthenticated()
    {
        using var response = await _gateway.Anonymous.PostAsync(new Uri("/mcp/t-acme/desk", UriKind.Relative), GatewayFixture.Json(Initialize));

        await GatewayFixture.AssertProblem(response, 401, "unauthenticated", "Authorization");
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    public async Task Post_FromAPage_IsForbiddenUnlessItIsListed(string origin)
    {
        using var response = await PostAsync("/mcp/t-acme/desk", Initialize, request => request.Headers.Add("Origin", origin));

        await GatewayFixture.AssertProblem(response, 403, "forbidden", "Origin");
    }

    [Theory]
    [InlineData("not json", 400)]
    [InlineData("[]", 400)]
    [InlineData("""{"jsonrpc":"1.0","id":1}""", 400)]
    [InlineData("null", 400)]
    [InlineData("""{"jsonrpc":"2.0","method":"notifications/initialized"}""", 202)]
    public async Task Post_OtherBodies_AreAnsweredInKind(string body, int status)
    {
        using var response = await PostAsync("/mcp/t-acme/desk", body);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task Post_LargeBody_IsRefused()
    {
        using var response = await PostAsync("/mcp/t-acme/desk", Initialize + new string(' ', 256 * 1024));

        Assert.Equal(413, (int)response.StatusCode);
    }

    [Fact]
    public async Task Get_IsNotOffered()
    {
        using var client = _gateway.As();
        using var response = await client.GetAsync(new Uri("/mcp/t-acme/desk", UriKind.Relative));

        Assert.Equal(405, (int)response.StatusCode);
    }

    private async Task<JsonElement> ListAsync(string instance, string parameters)
    {
        using var response = await PostAsync("/mcp/t-acme/" + instance, $$"""{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{{parameters}}}""");
        var text = await response.Content.ReadAsStringAsync();
        return JsonElement.Parse(text.Split('\n').First(line => line.StartsWith("data:", StringComparison.Ordinal))["data:".Length..]);
    }

    private async Task<JsonElement> RunAsync(string instance, string tool, string arguments)
    {
        var (_, output, errors) = await McpPeers.RunAsync("client.mjs", new Uri(_gateway.Address, $"/mcp/t-acme/{instance}").AbsoluteUri, _gateway.Token(), tool, arguments);
        Assert.True(output.StartsWith('{'), errors);
        var told = JsonElement.Parse(output);
        Assert.False(told.TryGetProperty("error", out var error), error.ToString());
        return told;
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string body, Action<HttpRequestMessage>? change = null)
    {
        using var client = _gateway.As();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        change?.Invoke(request);
        return await client.SendAsync(request);
    }
}
