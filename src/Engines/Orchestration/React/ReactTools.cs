using System.Runtime.CompilerServices;
using System.Text.Json;
using Steward.Engines.Connectors;
using Steward.Engines.Connectors.Import;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Agents;

namespace Steward.Engines.Orchestration.React;

/// <summary>What a model may call: operations, other agents, and the results of this run that were too large to tell.</summary>
internal sealed class ReactTools
{
    public const string ReadResults = "results_read";
    public const string SearchTools = "tools_search";

    /// <summary>With more operations than this, only those that fit the task are offered.</summary>
    public const int MostOffered = 40;

    private const int MostFound = 10;

    private const string HandOff = "hand_off_to_";

    private static readonly JsonElement TaskSchema = Schema("""
        {"type":"object","properties":{"task":{"type":"string","minLength":1,"maxLength":8000,"description":"What is to be done, with everything that the other agent has to know; it sees nothing else."}},"required":["task"],"additionalProperties":false}
        """);

    private static readonly JsonElement ReadSchema = Schema("""
        {"type":"object","properties":{"step":{"type":"string","minLength":1,"maxLength":400},"path":{"type":"string","maxLength":400,"description":"JSON pointer into the result, for example /items"},
        "offset":{"type":"integer","minimum":0},"limit":{"type":"integer","minimum":1,"maximum":10000}},"required":["step"],"additionalProperties":false}
        """);

    private static readonly JsonElement SearchSchema = Schema("""
        {"type":"object","properties":{"query":{"type":"string","minLength":1,"maxLength":400,"description":"What is to be done, in a few words, for example: reset a user's password"}},"required":["query"],"additionalProperties":false}
        """);

    private static readonly ConditionalWeakTable<IReadOnlyList<ConnectorOperation>, ConditionalWeakTable<AgentDefinition, ReactTools>> Known = [];

    private readonly Dictionary<string, ReactTool> _tools = new(StringComparer.Ordinal);
    private readonly List<ToolDefinition> _definitions;
    private readonly List<ToolDefinition> _withResults;
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly ToolSearch? _search;

    private ReactTools(IReadOnlyList<ConnectorOperation> operations, IReadOnlyList<AgentDefinition> handoffs)
    {
        foreach (var agent in handoffs)
        {
            var operation = BuiltIn($"handoff.{agent.Id}", $"Hands a part of the work over to {agent.Title}: {agent.Description} Gives back its report.", TaskSchema);
            _tools[HandOff + agent.Id] = new ReactTool(operation, $"Hand over to {agent.Title}", agent);
        }

        _tools[ReadResults] = new ReactTool(
            BuiltIn("results.read", "Reads a part of an earlier result of this conversation that was too large to show. Lists: offset and limit count items; texts: characters.", ReadSchema), "Read more of a result", null);
        foreach (var (name, operation) in new ToolNames(operations).All)
        {
            if (_tools.TryAdd(name, new ReactTool(operation, Title(operation), null)))
            {
                _names[operation.Id] = name;
            }
        }

        if (operations.Count > MostOffered)
        {
            _search = new ToolSearch(operations);
            var systems = string.Join(", ", operations.Select(operation => operation.Connector).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(30));
            _tools[SearchTools] = new ReactTool(
                BuiltIn("tools.search", $"Finds more tools by words. There are {operations.Count} in all, of {systems}; only those that seem to fit the task are listed here. Tools that it names can be called at once.", SearchSchema),
                "Look for tools",
                null);
        }

        _withResults = [.. _tools.OrderBy(tool => tool.Key, StringComparer.Ordinal).Select(tool => new ToolDefinition { Name = tool.Key, Description = Describe(tool.Value.Operation), Parameters = tool.Value.Operation.InputSchema })];
        _definitions = _withResults.FindAll(tool => tool.Name != ReadResults);
    }

    /// <summary>No tools.</summary>
    public static ReactTools None { get; } = new([], []);

    /// <summary>The tools of an agent.</summary>
    /// <param name="agent">The agent.</param>
    /// <param name="operations">The operations that it may use.</param>
    /// <param name="handoffs">The agents that it may hand over to, out of the catalog that it is from.</param>
    public static ReactTools Of(AgentDefinition agent, IReadOnlyList<ConnectorOperation> operations, IReadOnlyList<AgentDefinition> handoffs) =>
        Known.GetValue(operations, _ => []).GetValue(agent, _ => new ReactTools(operations, handoffs));

    /// <summary>The tools for the model; reading results is offered once there is one to read.</summary>
    public IReadOnlyList<ToolDefinition> Definitions(bool hasResults) => hasResults ? _withResults : _definitions;

    /// <summary>Whether there are more tools than are offered at once.</summary>
    public bool AreMany => _search is not null;

    /// <summary>The tools for the model when there are many: those with these names, hand-offs and the platform's own.</summary>
    public IReadOnlyList<ToolDefinition> Definitions(bool hasResults, IReadOnlySet<string> names) =>
        [.. Definitions(hasResults).Where(tool => names.Contains(tool.Name) || _tools[tool.Name].Agent is not null || _tools[tool.Name].IsBuiltIn)];

    /// <summary>The names of the operations that fit a text best, best first.</summary>
    public IReadOnlyList<string> Suggest(string text, int most) => _search is null ? [] : [.. _search.Find(text, most).Select(operation => _names.GetValueOrDefault(operation.Id)).OfType<string>()];

    /// <summary>What the search for tools answers.</summary>
    public JsonElement Search(string query)
    {
        var found = Suggest(query, MostFound);
        return JsonSerializer.SerializeToElement(new Dictionary<string, object>
        {
            ["items"] = found.Select(name => new Dictionary<string, string> { ["tool"] = name, ["description"] = Title(_tools[name].Operation) }).ToList(),
            ["hint"] = found.Count > 0 ? "These tools are listed now." : "Nothing fits; try other words.",
        });
    }

    /// <summary>The tool that a model means; also when it writes the operation's own id.</summary>
    public ReactTool? Find(string name) => _tools.GetValueOrDefault(name) ?? _tools.Values.FirstOrDefault(tool => tool.Operation.Id == name);

    private static ConnectorOperation BuiltIn(string id, string description, JsonElement schema) =>
        new() { Id = id, Connector = "steward", Description = description, Effect = OperationEffect.Read, InputSchema = schema };

    private static string Describe(ConnectorOperation operation) => operation.Effect switch
    {
        OperationEffect.Read => operation.Description,
        OperationEffect.Write => operation.Description + " Changes something." + Undo(operation),
        _ => operation.Description + " Takes something away that cannot simply be brought back." + Undo(operation),
    };

    private static string Undo(ConnectorOperation operation) => operation.UndoneBy is { } undo ? $" {undo} undoes it." : "";

    private static string Title(ConnectorOperation operation)
    {
        var end = operation.Description.IndexOf('.', StringComparison.Ordinal);
        var title = end > 0 ? operation.Description[..end] : operation.Description;
        return title.Length is > 0 and <= 120 ? title : operation.Id;
    }

    private static JsonElement Schema(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }
}

/// <summary>One tool.</summary>
/// <param name="Operation">What it does, with the schema of its arguments.</param>
/// <param name="Title">What a step that calls it is called, for people.</param>
/// <param name="Agent">The agent that it hands over to; null for all others.</param>
internal sealed record ReactTool(ConnectorOperation Operation, string Title, AgentDefinition? Agent)
{
    public bool ReadsResults => IsBuiltIn && Operation.Id == "results.read";

    public bool SearchesTools => IsBuiltIn && Operation.Id == "tools.search";

    /// <summary>Whether it is the platform's own and reaches no system.</summary>
    public bool IsBuiltIn => Operation.Connector == "steward" && Agent is null;

    /// <summary>Whether several may run at the same time.</summary>
    public bool IsParallel => Operation.Effect == OperationEffect.Read && Agent is null;
}
