using System.Net;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;

namespace Steward.Engines.Connectors.Tests.Mcp;

/// <summary>What sessions do without a server to talk to.</summary>
public sealed class McpConnectionTests
{
    [Fact]
    public async Task Send_SessionIsOverAfterTheCallWasTaken_DoesNotSayThatTheCallWasRefused()
    {
        var probe = new McpProbe { IsCalling = true };
        McpProbe.Current = probe;
        try
        {
            using var client = Client(HttpStatusCode.OK, HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized);
            await SendAsync(client, HttpMethod.Post);

            // The answer broke off and is taken up again; a notification follows.
            await SendAsync(client, HttpMethod.Get);
            await SendAsync(client, HttpMethod.Post);
        }
        finally
        {
            McpProbe.Current = null;
        }

        Assert.True(probe.IsTaken);
        Assert.False(probe.IsExpired);
    }

    [Fact]
    public async Task Send_OnlyTheListenerIsRefused_DoesNotSayThatTheCallWasRefused()
    {
        var probe = new McpProbe { IsCalling = true };
        McpProbe.Current = probe;
        try
        {
            using var client = Client(HttpStatusCode.Unauthorized, HttpStatusCode.Unauthorized);
            await SendAsync(client, HttpMethod.Get);
            Assert.False(probe.IsExpired);

            await SendAsync(client, HttpMethod.Post);
            Assert.True(probe.IsExpired);
        }
        finally
        {
            McpProbe.Current = null;
        }
    }

    [Theory]
    [InlineData("NODE_OPTIONS")]
    [InlineData("LD_PRELOAD")]
    [InlineData("PATH")]
    public async Task Call_ProgramWithAVariableThatNobodyAllowed_IsNotStarted(string variable)
    {
        await using var mcp = new McpFixture(("Steward:Connectors:Mcp:AllowedCommands:0", "steward-no-such-program"), ("Steward:Connectors:Mcp:AllowedVariables:0", "API_KEY"));
        mcp.Gate.Credential = new Credential(1, new Dictionary<string, SecretText> { ["API_KEY"] = new("k"), [variable] = new("--import=data:text/javascript,0") });
        var template = McpFixture.Template(new McpSpec { Transport = McpTransport.Stdio, Command = ["steward-no-such-program"] });

        var refused = Assert.IsType<ActionFailed>(await mcp.CallAsync(McpFixture.Instance(template, null), McpOperations.ListTools));

        Assert.Equal("not_configured", refused.Code);
        Assert.Contains(variable, refused.Message, StringComparison.Ordinal);
    }

    private static HttpClient Client(params HttpStatusCode[] answers) =>
#pragma warning disable RS0030 // No factory: the handler is what is tested.
        new(new McpConnectionHandler(new Scripted(new Queue<HttpStatusCode>(answers)), null, null));
#pragma warning restore RS0030

    private static async Task SendAsync(HttpClient client, HttpMethod method)
    {
        using var request = new HttpRequestMessage(method, new Uri("https://server.example/mcp"));
        using var response = await client.SendAsync(request);
    }

    private sealed class Scripted(Queue<HttpStatusCode> answers) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(answers.Dequeue()));
    }
}
