using Steward.Engines.Orchestration.Agents;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;
using Steward.Engines.Orchestration.Strategies;

namespace Steward.Engines.Orchestration;

/// <summary>The playbooks, agents and policies that runs are worked off with; read once, when the process starts.</summary>
public sealed class OrchestrationDefinitions
{
    /// <summary>These, with the built-in agent and without strategy rules.</summary>
    public OrchestrationDefinitions(PlaybookCatalog playbooks, ActionPolicy policy)
        : this(playbooks, policy, AgentCatalog.BuiltIn, StrategyRules.Default)
    {
    }

    /// <summary>These.</summary>
    public OrchestrationDefinitions(PlaybookCatalog playbooks, ActionPolicy policy, AgentCatalog agents, StrategyRules strategies) =>
        (Playbooks, Policy, Agents, Strategies) = (playbooks, policy, agents, strategies);

    /// <summary>The playbooks.</summary>
    public PlaybookCatalog Playbooks { get; }

    /// <summary>The policy.</summary>
    public ActionPolicy Policy { get; }

    /// <summary>The agents.</summary>
    public AgentCatalog Agents { get; }

    /// <summary>Which strategy answers which request.</summary>
    public StrategyRules Strategies { get; }

    /// <summary>Reads the folders that the options name; without them there are no playbooks, the built-in agent answers, and only reads are allowed.</summary>
    /// <exception cref="DefinitionException">A file is wrong; every fault of every file is named with file and line.</exception>
    public static OrchestrationDefinitions Load(OrchestrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var errors = new List<DefinitionError>();
        var playbooks = Read(options.PlaybookDirectory, PlaybookCatalog.Load, PlaybookCatalog.Empty, errors);
        var policy = Read(FileIn(options.PlaybookDirectory, "policy.yaml"), file => ActionPolicy.Compile(File.ReadAllText(file), "policy.yaml"), ActionPolicy.ReadOnly, errors);
        var agents = Read(options.AgentDirectory, AgentCatalog.Load, AgentCatalog.BuiltIn, errors);
        var strategies = Read(FileIn(options.AgentDirectory, AgentCatalog.RulesFile), file => StrategyRules.Compile(File.ReadAllText(file), AgentCatalog.RulesFile), StrategyRules.Default, errors);
        return errors.Count == 0 ? new OrchestrationDefinitions(playbooks, policy, agents, strategies) : throw new DefinitionException(errors);
    }

    private static string? FileIn(string? directory, string name) =>
        directory is { Length: > 0 } && Path.Combine(directory, name) is { } file && File.Exists(file) ? file : null;

    private static T Read<T>(string? path, Func<string, T> read, T otherwise, List<DefinitionError> errors)
    {
        if (path is not { Length: > 0 })
        {
            return otherwise;
        }

        try
        {
            return read(path);
        }
        catch (DefinitionException e)
        {
            errors.AddRange(e.Errors);
            return otherwise;
        }
    }
}
