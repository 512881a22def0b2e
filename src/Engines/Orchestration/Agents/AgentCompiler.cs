using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Agents;

/// <summary>Turns an agent file into an <see cref="AgentDefinition"/>, or names everything that is wrong with it.</summary>
public static class AgentCompiler
{
    private static readonly Lazy<JsonSchema> Schema = new(() => EmbeddedResources.Schema("agent.schema.json"));

    /// <summary>Compiles a file's text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">How errors name it.</param>
    /// <exception cref="DefinitionException">It is not a valid agent; every fault is named with its line.</exception>
    public static AgentDefinition Compile(string text, string file) => Compile(text, file, out _);

    internal static AgentDefinition Compile(string text, string file, out LocatedDocument document)
    {
        var located = YamlLoader.Load(text, file);
        document = located;
        var faults = Schema.Value.Validate(located.ToElement());
        if (faults.Count > 0)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, located.LineOf(fault.Path), Describe(fault))).OrderBy(error => error.Line)]);
        }

        var root = (JsonObject)located.Root!;
        var definition = new AgentDefinition
        {
            Id = root["id"]!.GetValue<string>(),
            Version = root["version"]!.GetValue<int>(),
            Title = root["title"]!.GetValue<string>(),
            Description = root["description"]!.GetValue<string>(),
            Instructions = root["instructions"]!.GetValue<string>().Trim(),
            Hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text))),
            Source = text,
        };
        return definition with
        {
            ReadTools = Texts(root["tools"]?["read"]) ?? definition.ReadTools,
            WriteTools = Texts(root["tools"]?["write"]) ?? definition.WriteTools,
            Playbooks = Texts(root["playbooks"]) ?? definition.Playbooks,
            Handoffs = Texts(root["handoffs"]) ?? definition.Handoffs,
            Strategies = Texts(root["strategies"]) ?? definition.Strategies,
            ModelTier = root["model"]?.GetValue<string>() ?? definition.ModelTier,
            ReviewPlans = root["reviewPlans"]?.GetValue<bool>() ?? definition.ReviewPlans,
            Limits = root["limits"] is JsonObject limits ? Limits(limits) : definition.Limits,
        };
    }

    private static RunLimits Limits(JsonObject limits) => new()
    {
        Steps = limits["steps"]?.GetValue<int>(),
        ModelCalls = limits["modelCalls"]?.GetValue<int>(),
        Tokens = limits["tokens"]?.GetValue<long>(),
        CostUsd = limits["costUsd"]?.GetValue<decimal>(),
        Seconds = limits["seconds"]?.GetValue<double>(),
    };

    private static List<string>? Texts(JsonNode? node) => node is JsonArray items ? [.. items.Select(item => item!.GetValue<string>())] : null;

    private static string Describe(SchemaError fault) => fault.Path.Length == 0 ? fault.Message : $"{fault.Path[1..].Replace('/', '.')}: {fault.Message}";
}
