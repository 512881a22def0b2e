using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.EnterpriseSim;
using Steward.ModelSim;

namespace Steward.EndToEnd.Tests;

/// <summary>A Steward with a model, in which Ada has memories. Every one of them has a word that nobody else knows.</summary>
public sealed class MemoryStrangers : IAsyncLifetime
{
    /// <summary>What all of Ada's values begin with, and nothing that a stranger writes, but for searches.</summary>
    public const string Mark = "quokka";

    public const string Manager = "Quokkana Zephyr";

    private static readonly string[] Said = [$"My manager is {Manager}.", "I like quokkaberry stew.", "I live in Quokkaville.", "I'm allergic to quokkanuts.", "I work in the Quokkaburg office.", "I hate quokkajazz."];

    private readonly TemporaryDirectory _data = new();
    private EnterpriseSimulation? _simulation;
    private ModelSimulation? _model;
    private StewardProcess? _steward;

    internal StewardProcess Steward => _steward!;

    internal ModelSimulation Model => _model!;

    internal IReadOnlyList<long> Ids { get; private set; } = [];

    internal string Session { get; private set; } = "";

    internal string Run { get; private set; } = "";

    public async Task InitializeAsync()
    {
        _simulation = await EnterpriseSimulation.StartAsync();
        _model = await ModelSimulation.StartAsync();

        // A model that says whatever it is told.
        _model.Append(new ModelRule { When = new ModelMatch { AnyMessageContains = Manager }, Reply = new ModelReply { Text = $"It is {Manager}." } });
        _model.Append(new ModelRule { Reply = new ModelReply { Text = "I do not know." } });
        _steward = await StewardProcess.StartAsync(_data.Path, _simulation, new Dictionary<string, string?>
        {
            ["OPENAI_API_KEY"] = _model.ApiKey,
            ["OPENAI_BASE_URL"] = _model.Url.ToString(),
            ["OPENAI_MODEL"] = "sim-large",
            ["Steward:Orchestration:Strategy"] = "react",
        });
        using var ada = _steward.SignIn();
        Session = await ada.OpenSessionAsync();
        foreach (var text in Said)
        {
            await ada.AskAsync(Session, text);
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while ((Ids = await IdsAsync(ada)).Count < Said.Length)
        {
            await Task.Delay(100, limit.Token);
        }

        Run = await ada.SubmitAsync(await ada.OpenSessionAsync(), Question);
        await ada.WaitForRunAsync(Run, Conversations.HasEnded);
    }

    /// <summary>What Ada asks, and strangers ask in the very same words, so that an answer that was kept for her would do.</summary>
    internal static string Question => "Which manager has to sign my holiday form?";

    public async Task DisposeAsync()
    {
        await _steward!.DisposeAsync();
        await _model!.DisposeAsync();
        await _simulation!.DisposeAsync();
        _data.Dispose();
    }

    /// <summary>What the memory holds of Ada, without when it was read or used.</summary>
    internal static async Task<string> HeldAsync(HttpClient ada)
    {
        var export = (await ada.GetFromJsonAsync<JsonObject>("v1/memory/export"))!;
        foreach (var memory in export["memories"]!.AsArray())
        {
            memory!.AsObject().Remove("lastUsed");
        }

        return new JsonObject { ["memories"] = export["memories"]!.DeepClone(), ["settings"] = export["settings"]!.DeepClone(), ["tombstones"] = export["tombstones"]!.DeepClone(), ["erasure"] = export["erasure"]?.DeepClone() }.ToJsonString();
    }

    private static async Task<List<long>> IdsAsync(HttpClient client) =>
        [.. (await client.GetFromJsonAsync<JsonElement>("v1/memory")).GetProperty("memories").EnumerateArray().Select(item => item.GetProperty("id").GetInt64())];
}
