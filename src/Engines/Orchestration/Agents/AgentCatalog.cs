using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>The agents of a folder, or the built-in one, which only reads.</summary>
public sealed class AgentCatalog
{
    /// <summary>The agent that answers when a request names none.</summary>
    public const string DefaultId = "assistant";

    /// <summary>The file in the folder that holds strategy rules and no agent.</summary>
    internal const string RulesFile = "strategies.yaml";

    private readonly ConcurrentDictionary<string, RunContent> _pins = new(StringComparer.Ordinal);

    private AgentCatalog(IReadOnlyList<AgentDefinition> agents) => Agents = agents;

    /// <summary>The catalog of an installation that configures no agents: <c>assistant</c>, with tools that only read.</summary>
    public static AgentCatalog BuiltIn { get; } = Of([AgentCompiler.Compile(EmbeddedResources.Read("assistant.yaml"), "assistant.yaml")]);

    /// <summary>All agents, by id.</summary>
    public IReadOnlyList<AgentDefinition> Agents { get; }

    /// <summary>The agent that answers when a request names none: <c>assistant</c>.</summary>
    public AgentDefinition Default => Find(DefaultId)!;

    /// <summary>The catalog of these agents.</summary>
    /// <exception cref="DefinitionException">Two have the same id, none is <c>assistant</c>, or one hands over to an agent that does not exist.</exception>
    public static AgentCatalog Of(IEnumerable<AgentDefinition> agents)
    {
        ArgumentNullException.ThrowIfNull(agents);
        return Check([.. agents.Select(agent => (agent, agent.Id + ".yaml", (LocatedDocument?)null))], "");
    }

    /// <summary>Reads every <c>*.yaml</c> of a folder except <c>strategies.yaml</c>.</summary>
    /// <exception cref="DefinitionException">The folder is missing, or a file in it is wrong: every fault of every file is named.</exception>
    public static AgentCatalog Load(string directory)
    {
        if (!Directory.Exists(directory))
        {
            throw new DefinitionException(directory, 1, "the agent folder does not exist.");
        }

        var errors = new List<DefinitionError>();
        var agents = new List<(AgentDefinition, string, LocatedDocument?)>();
        foreach (var file in Directory.EnumerateFiles(directory, "*.yaml").Where(file => Path.GetFileName(file) != RulesFile).Order(StringComparer.Ordinal))
        {
            try
            {
                agents.Add((AgentCompiler.Compile(File.ReadAllText(file), Path.GetFileName(file), out var document), Path.GetFileName(file), document));
            }
            catch (DefinitionException e)
            {
                errors.AddRange(e.Errors);
            }
        }

        return errors.Count == 0 ? Check(agents, directory) : throw new DefinitionException(errors);
    }

    /// <summary>One agent, or null.</summary>
    public AgentDefinition? Find(string id) => Agents.FirstOrDefault(agent => agent.Id == id);

    /// <summary>
    /// The definitions that a run of an agent can come to use: its own and those that it can hand over to, directly or through others. A run pins them by the hash of
    /// this content, so that it goes on with them when the files have changed.
    /// </summary>
    public RunContent Pin(AgentDefinition agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return _pins.GetOrAdd(agent.Id, _ =>
        {
            var reachable = new SortedDictionary<string, string>(StringComparer.Ordinal);
            var open = new Queue<AgentDefinition>([agent]);
            while (open.TryDequeue(out var next))
            {
                if (reachable.TryAdd(next.Id, next.Source))
                {
                    foreach (var other in next.Handoffs.Select(Find).OfType<AgentDefinition>())
                    {
                        open.Enqueue(other);
                    }
                }
            }

            var pin = new JsonObject
            {
                ["agent"] = agent.Id,
                ["definitions"] = new JsonObject(reachable.Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)JsonValue.Create(entry.Value)))),
            };
            return RunContent.Of(Encoding.UTF8.GetBytes(pin.ToJsonString())) with { IsShared = true };
        });
    }

    /// <summary>The catalog that a run pinned.</summary>
    /// <param name="pin">The content of <see cref="Pin"/>.</param>
    /// <returns>The agents and which of them the run uses; null when the content is none of this version.</returns>
    internal static (AgentCatalog Catalog, AgentDefinition Agent)? Unpin(ReadOnlyMemory<byte> pin)
    {
        try
        {
            var root = JsonNode.Parse(pin.Span)!.AsObject();
            var agents = root["definitions"]!.AsObject().Select(entry => AgentCompiler.Compile(entry.Value!.GetValue<string>(), entry.Key + ".yaml")).ToList();
            var catalog = new AgentCatalog(agents);
            return catalog.Find(root["agent"]!.GetValue<string>()) is { } agent ? (catalog, agent) : null;
        }
        catch (Exception e) when (e is JsonException or DefinitionException or InvalidOperationException or NullReferenceException)
        {
            return null;
        }
    }

    private static AgentCatalog Check(IReadOnlyList<(AgentDefinition Agent, string File, LocatedDocument? Document)> agents, string directory)
    {
        var errors = new List<DefinitionError>();
        var known = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (agent, file, document) in agents)
        {
            if (!known.TryAdd(agent.Id, file))
            {
                errors.Add(new DefinitionError(file, document?.LineOf("/id") ?? 1, $"the agent '{agent.Id}' is also in {known[agent.Id]}."));
            }
        }

        foreach (var (agent, file, document) in agents)
        {
            for (var i = 0; i < agent.Handoffs.Count; i++)
            {
                if (!known.ContainsKey(agent.Handoffs[i]))
                {
                    errors.Add(new DefinitionError(
                        file, document?.LineOf($"/handoffs/{i}") ?? 1, $"handoffs: there is no agent '{agent.Handoffs[i]}'; there are {string.Join(", ", known.Keys.Order(StringComparer.Ordinal))}."));
                }
            }
        }

        if (!known.ContainsKey(DefaultId))
        {
            errors.Add(new DefinitionError(Path.Combine(directory, DefaultId + ".yaml"), 1, $"one agent must be called '{DefaultId}': it answers requests that name none."));
        }

        return errors.Count == 0
            ? new AgentCatalog([.. agents.Select(entry => entry.Agent).OrderBy(agent => agent.Id, StringComparer.Ordinal)])
            : throw new DefinitionException(errors);
    }
}
