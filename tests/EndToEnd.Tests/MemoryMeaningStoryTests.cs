using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>What is remembered is found by meaning with the shipped embedder, and runs go on being told of it when it is embedded.</summary>
public sealed class MemoryMeaningStoryTests : IAsyncLifetime
{
    private const string Answer = "Nothing with peanuts, as you told me.";

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();
        _model.Append(new ModelRule { Reply = new ModelReply { Text = Answer } });
    }

    public async Task DisposeAsync()
    {
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    [NativeFact]
    public async Task Memories_OnceTheyAreEmbedded_AreFoundByMeaningAndToldToRuns()
    {
        await using var steward = await StewardProcess.StartAsync(_data.Path, _simulation!, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model!.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
            ["Steward:Inference:ModelDirectory"] = ShippedModels(),
        });
        using var ada = steward.SignIn();
        var session = await ada.OpenSessionAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        do
        {
            // A machine that has much to do may not read a message in time.
            await ada.AskAsync(session, "I'm allergic to peanuts. My manager is Jane Doe.");
            await Task.Delay(500, limit.Token);
        }
        while ((await ada.GetFromJsonAsync<JsonElement>("v1/memory", limit.Token)).GetProperty("memories").GetArrayLength() < 2);

        // The first question finds by words, while the vectors are computed.
        JsonElement found;
        do
        {
            await Task.Delay(100, limit.Token);
            using var search = await ada.PostAsJsonAsync("v1/memory/search", new { text = "Whom do I have to ask for a signature on my holiday?" }, limit.Token);
            Assert.Equal(HttpStatusCode.OK, search.StatusCode);
            found = await search.Content.ReadFromJsonAsync<JsonElement>(limit.Token);
            Assert.Contains(found.GetProperty("memories").EnumerateArray(), item => item.GetProperty("reason").GetString() == "constraint");
        }
        while (found.GetProperty("mode").GetString() != "words and meaning");

        Assert.Contains(found.GetProperty("memories").EnumerateArray(), item => item.GetProperty("reason").GetString() == "meaning" && item.GetProperty("memory").GetProperty("value").GetString() == "Jane Doe");
        for (var i = 0; i < 2; i++)
        {
            var run = await ada.SubmitAsync(await ada.OpenSessionAsync(), $"Suggest {i + 3} things for the lunch of the team.");
            await ada.WaitForRunAsync(run, Conversations.HasEnded);
            var told = (await ada.GetFromJsonAsync<JsonElement>($"v1/runs/{run}", limit.Token)).GetProperty("memories").EnumerateArray().ToList();
            Assert.Contains(told, item => item.GetProperty("value").GetString() == "peanuts" && item.GetProperty("reason").GetString() == "constraint" && item.GetProperty("isInAnswer").GetBoolean());
        }

        Assert.Contains("(from memory: allergy: peanuts. Wrong? Say what is right, or “forget” and its words.)", await ChatAsync("Suggest 7 things for the lunch of the team."), StringComparison.Ordinal);
    }

    private async Task<string> ChatAsync(string text)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Steward.Host.dll"), "chat", "--data", _data.Path])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        };
        using var chat = Process.Start(start)!;
        await chat.StandardInput.WriteLineAsync(text);
        chat.StandardInput.Close();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var shown = await chat.StandardOutput.ReadToEndAsync(limit.Token);
        await chat.WaitForExitAsync(limit.Token);
        return shown;
    }

    private static string ShippedModels()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "orleans.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(directory!.FullName, "models");
    }
}
