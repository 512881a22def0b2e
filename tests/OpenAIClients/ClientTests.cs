using System.Globalization;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>Clients that nobody here wrote, against the endpoint on loopback. What each has to see is in its own file.</summary>
[Collection(StewardEndpointGroup.Name)]
public sealed class ClientTests(StewardEndpoint steward)
{
    [Theory]
    [InlineData("openai.test.mjs", 18, 2)]
    [InlineData("ai-sdk.test.mjs", 7, 1)]
    [InlineData("agents.test.mjs", 8, 1)]
    [InlineData("schema.test.mjs", 7, 0)]
    public async Task Client_AgainstTheEndpoint_SeesWhatItExpects(string file, int tests, int aborted)
    {
        var before = steward.First.Requests.Count;
        var (code, output) = await NodeClients.RunAsync(file, new Dictionary<string, string>
        {
            ["STEWARD_OPENAI_URL"] = steward.Url,
            ["STEWARD_OPENAI_KEY"] = steward.Token(),
            ["STEWARD_OPENAI_STRICT_KEY"] = steward.Token("t-strict"),
        });

        Assert.True(code == 0, output);
        Assert.Contains($"# pass {tests.ToString(CultureInfo.InvariantCulture)}\n", output, StringComparison.Ordinal);

        // What a client gave up was given up at the provider, too.
        var endless = steward.First.Requests.Skip(before).Where(request => request.Rule == "endless").ToList();
        Assert.Equal(aborted, endless.Count);
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (endless.Exists(request => request.Outcome != RequestOutcome.Aborted))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
        }
    }
}
