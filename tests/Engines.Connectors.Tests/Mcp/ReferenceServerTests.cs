using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;
using Steward.Testing;

namespace Steward.Engines.Connectors.Tests.Mcp;

/// <summary>Our client and the protocol's own reference server.</summary>
public sealed class ReferenceServerTests : IAsyncLifetime
{
    private McpPeers.RunningServer? _server;
    private McpFixture _mcp = new();

    public async Task InitializeAsync() => _server = await McpPeers.StartServerAsync();

    public async Task DisposeAsync()
    {
        await _mcp.DisposeAsync();
        _server?.Dispose();
    }

    [Fact]
    public async Task List_OverHttp_OffersToolsAsWritesWhateverTheirHintsSay()
    {
        var template = McpFixture.Template(new McpSpec());
        var offers = await _mcp.OffersAsync(McpFixture.Instance(template, _server!.Address));
        var target = await _mcp.AcceptAsync(template, _server.Address, "echo");

        Assert.Contains(offers, offer => offer is { Name: "get-sum", State: "new", Tool.Id: "get_sum" });
        Assert.Equal(OperationEffect.Write, target.Template.Operations.Single(operation => operation.Id == "echo").Effect);
        Assert.Equal(OperationEffect.Read, McpFixture.Instance(McpFixture.Template(new McpSpec { ReadTools = ["echo"] }), null, target.Instance.Tools[0]).Template.Operations.Single(operation => operation.Id == "echo").Effect);
    }

    [Fact]
    public async Task Call_OverHttp_GivesTextStructureAndLinks()
    {
        var target = await _mcp.AcceptAsync(McpFixture.Template(new McpSpec()), _server!.Address, "get-sum", "get-structured-content", "get-resource-links", "get-tiny-image");

        var sum = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "get_sum", """{"a":2,"b":40}""")).Result;
        var weather = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "get_structured_content", """{"location":"Chicago"}""")).Result;
        var links = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "get_resource_links", """{"count":2}""")).Result;
        var image = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "get_tiny_image")).Result;

        Assert.Contains("42", sum.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.True(weather.GetProperty("structured").TryGetProperty("temperature", out _));
        Assert.Equal(2, links.GetProperty("links").GetArrayLength());
        Assert.Equal("a picture", image.GetProperty("omitted")[0].GetString());
        Assert.Equal(1, _mcp.Sessions.Count);
        Assert.Equal(_mcp.Gate.Intents.Count, _mcp.Gate.Reports.Count);
        Assert.All(_mcp.Gate.Reports, report => Assert.Equal("succeeded", report.Outcome));
    }

    [Fact]
    public async Task Call_ArgumentsThatDoNotFit_AreRefusedBeforeAnythingIsSent()
    {
        var target = await _mcp.AcceptAsync(McpFixture.Template(new McpSpec()), _server!.Address, "get-sum");
        var before = _mcp.Gate.Intents.Count;

        var outcome = Assert.IsType<ActionFailed>(await _mcp.CallAsync(target, "get_sum", """{"a":"two"}"""));

        Assert.Equal("invalid_argument", outcome.Code);
        Assert.Equal(before, _mcp.Gate.Intents.Count);
    }

    [Fact]
    public async Task Call_ToolIsNotTheOneThatWasAccepted_IsRefused()
    {
        var template = McpFixture.Template(new McpSpec());
        var accepted = await _mcp.AcceptAsync(template, _server!.Address, "echo");
        var target = McpFixture.Instance(template, _server.Address, accepted.Instance.Tools[0] with { Hash = new string('0', 64) });

        var outcome = Assert.IsType<ActionFailed>(await _mcp.CallAsync(target, "echo", """{"message":"hi"}"""));

        Assert.Equal("rejected", outcome.Code);
        Assert.Contains("admin", outcome.Message, StringComparison.Ordinal);
        Assert.Equal("changed", (await _mcp.OffersAsync(target)).Single(offer => offer.Name == "echo").State);
    }

    [Fact]
    public async Task Call_TakesLongerThanAllowed_OutcomeOfAWriteIsUnknown()
    {
        var target = await _mcp.AcceptAsync(McpFixture.Template(new McpSpec()), _server!.Address, "trigger-long-running-operation");

        Assert.IsType<ActionUnknown>(await _mcp.CallAsync(target, "trigger_long_running_operation", """{"duration":20,"steps":2}""", limit: TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public async Task Call_ConnectionBreaksWhileItIsUnderWay_OutcomeOfAWriteIsUnknown()
    {
        var target = await _mcp.AcceptAsync(McpFixture.Template(new McpSpec()), _server!.Address, "trigger-long-running-operation");
        var call = _mcp.CallAsync(target, "trigger_long_running_operation", """{"duration":20,"steps":2}""");
        await Task.Delay(TimeSpan.FromSeconds(1));

        _server.Dispose();
        _server = null;

        Assert.IsType<ActionUnknown>(await call.WaitAsync(TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public async Task List_ByAnEmployee_IsForbidden()
    {
        var target = McpFixture.Instance(McpFixture.Template(new McpSpec()), _server!.Address);

        var outcome = await _mcp.CallAsync(target, McpOperations.ListTools, caller: new ConnectorCaller("u-ada", null, ["employee"]));

        Assert.Equal("forbidden", Assert.IsType<ActionFailed>(outcome).Code);
    }

    [Fact]
    public async Task Call_OverStdio_WorksOnlyForAllowedCommandsAndSeesNoSecretsOfThisProcess()
    {
        var template = McpFixture.Template(new McpSpec { Transport = McpTransport.Stdio, Command = ["node", McpPeers.EverythingServer, "stdio"] });
        Environment.SetEnvironmentVariable("STEWARD_TEST_SECRET", "hunter2");
        var refused = Assert.IsType<ActionFailed>(await _mcp.CallAsync(McpFixture.Instance(template, null), McpOperations.ListTools));
        Assert.Equal("not_configured", refused.Code);

        await _mcp.DisposeAsync();
        _mcp = new McpFixture(("Steward:Connectors:Mcp:AllowedCommands:0", $"node {McpPeers.EverythingServer} stdio"));
        var target = await _mcp.AcceptAsync(template, null, "echo", "get-env");
        var echo = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "echo", """{"message":"over pipes"}""")).Result;
        var environment = Assert.IsType<ActionSucceeded>(await _mcp.CallAsync(target, "get_env")).Result;

        Assert.Contains("over pipes", echo.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", environment.GetProperty("text").GetString(), StringComparison.Ordinal);
    }
}
