using Steward.Engines.Orchestration.Definitions;
using Steward.Engines.Orchestration.Playbooks;
using Steward.Engines.Orchestration.Policies;

namespace Steward.Engines.Orchestration;

/// <summary>The playbooks and the policy that runs are worked off with; read once, when the process starts.</summary>
public sealed class OrchestrationDefinitions
{
    /// <summary>These.</summary>
    public OrchestrationDefinitions(PlaybookCatalog playbooks, ActionPolicy policy) => (Playbooks, Policy) = (playbooks, policy);

    /// <summary>The playbooks.</summary>
    public PlaybookCatalog Playbooks { get; }

    /// <summary>The policy.</summary>
    public ActionPolicy Policy { get; }

    /// <summary>Reads the folder that the options name; without one there are no playbooks and only reads are allowed.</summary>
    /// <exception cref="DefinitionException">A file is wrong; every fault is named with file and line.</exception>
    public static OrchestrationDefinitions Load(OrchestrationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.PlaybookDirectory is not { Length: > 0 } directory)
        {
            return new OrchestrationDefinitions(PlaybookCatalog.Empty, ActionPolicy.ReadOnly);
        }

        var playbooks = PlaybookCatalog.Load(directory);
        var policy = Path.Combine(directory, "policy.yaml");
        return new OrchestrationDefinitions(playbooks, File.Exists(policy) ? ActionPolicy.Compile(File.ReadAllText(policy), "policy.yaml") : ActionPolicy.ReadOnly);
    }
}
