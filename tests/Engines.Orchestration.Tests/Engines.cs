using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration.Tests;

internal static class Engines
{
    public static readonly string SampleDirectory = Path.Combine(AppContext.BaseDirectory, "playbooks");

    public static readonly string SampleAgents = Path.Combine(AppContext.BaseDirectory, "agents");

    /// <summary>An assistant that may do whatever the policy allows.</summary>
    public const string Assistant = "id: assistant\nversion: 1\ntitle: Assistant\ndescription: Does things.\ninstructions: Help.\ntools: { read: ['*'], write: ['*'] }\n";

    private static readonly Lazy<OrchestrationDefinitions> Samples = new(() => OrchestrationDefinitions.Load(new OrchestrationOptions { PlaybookDirectory = SampleDirectory, AgentDirectory = SampleAgents }));

    public static OrchestrationDefinitions SampleDefinitions => Samples.Value;

    public static Requester Ada { get; } = new() { UserId = "u-ada", Email = "ada.lovelace@acme.example", Name = "Ada Lovelace" };

    public static Requester HelpDesk { get; } = new() { UserId = "u-help", Email = "help@acme.example", Name = "Helen Desk", Roles = ["helpdesk"] };

    public static RunInput Input(string text, Requester? requester = null, IReadOnlyDictionary<string, string>? memory = null, DateTimeOffset? deadline = null, string runId = "r-1") => new()
    {
        RunId = runId,
        TenantId = "t-acme",
        Requester = requester ?? Ada,
        Text = text,
        Deadline = deadline,
        WorkingMemory = memory ?? new Dictionary<string, string>(),
    };

    public static RunEngine Create(
        IConnectorRegistry connectors, OrchestrationDefinitions? definitions = null, IChatModel? model = null, Action<OrchestrationOptions>? configure = null, TimeProvider? time = null,
        Orchestration.Intents.IIntentClassifier? intents = null, IRunMemory? memory = null, IAgentInstructions? instructions = null, OneModel? models = null)
    {
        var options = new OrchestrationOptions { RetryBaseDelay = TimeSpan.Zero, RetryMaxDelay = TimeSpan.Zero };
        configure?.Invoke(options);
        return new RunEngine(
            Options.Create(options), definitions ?? SampleDefinitions, connectors, models ?? new OneModel(model), time ?? TimeProvider.System, new RandomSource(1), NullLogger<RunEngine>.Instance, intents, instructions, memory);
    }

    public static OrchestrationDefinitions Definitions(string policy, params string[] playbooks) => new(
        PlaybookCatalog.Of(playbooks.Select((text, index) => PlaybookCompiler.Compile(text, $"p{index}.yaml"))), ActionPolicy.Compile(policy, "policy.yaml"), Agents(Assistant), StrategyRules.Default);

    public static OrchestrationDefinitions WithAgents(string policy, string? strategies, params string[] agents) => new(
        PlaybookCatalog.Empty, ActionPolicy.Compile(policy, "policy.yaml"), Agents(agents), strategies is null ? StrategyRules.Default : StrategyRules.Compile(strategies, "strategies.yaml"));

    public static AgentCatalog Agents(params string[] agents) => AgentCatalog.Of(agents.Select((text, index) => AgentCompiler.Compile(text, $"a{index}.yaml")));

    public static async Task<FakeRecorder> RunAsync(this RunEngine engine, RunInput input)
    {
        var recorder = FakeRecorder.For(input);
        await engine.ExecuteAsync(input, recorder, CancellationToken.None, CancellationToken.None);
        return recorder;
    }

    /// <summary>The same model for every tenant and tier.</summary>
    public sealed class OneModel(IChatModel? model) : IChatModelProvider
    {
        /// <summary>The tiers that were asked for.</summary>
        public List<string> Tiers { get; } = [];

        public IChatModel? ForTenant(string tenantId) => model;

        public IChatModel? ForTenant(string tenantId, string tier)
        {
            Tiers.Add(tier);
            return model;
        }
    }
}
