using System.Globalization;

namespace Steward.OpenAIClients.Tests;

/// <summary>Clients that nobody here wrote, against the endpoint on loopback. What each has to see is in its own file.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class ClientTests(StewardEndpoint steward)
{
    [Theory]
    [InlineData("openai.test.mjs", 14)]
    [InlineData("ai-sdk.test.mjs", 6)]
    [InlineData("agents.test.mjs", 3)]
    [InlineData("schema.test.mjs", 7)]
    public async Task Client_AgainstTheEndpoint_SeesWhatItExpects(string file, int tests)
    {
        var (code, output) = await NodeClients.RunAsync(file, new Dictionary<string, string>
        {
            ["STEWARD_OPENAI_URL"] = steward.Url,
            ["STEWARD_OPENAI_KEY"] = steward.Token(),
            ["STEWARD_OPENAI_STRICT_KEY"] = steward.Token("t-strict"),
        });

        Assert.True(code == 0, output);
        Assert.Contains($"# pass {tests.ToString(CultureInfo.InvariantCulture)}\n", output, StringComparison.Ordinal);
    }
}
