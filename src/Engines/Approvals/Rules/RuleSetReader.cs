using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Approvals.Chains;
using Steward.Engines.Approvals.Rules.Conditions;

namespace Steward.Engines.Approvals.Rules;

/// <summary>Reads rule sets: YAML, checked against a schema, with every condition and chain compiled.</summary>
public static class RuleSetReader
{
    private static readonly Lazy<JsonSchema> Schema = new(ReadSchema);

    /// <summary>Reads a rule set.</summary>
    /// <param name="text">The text; <see cref="YamlLoader.MaxLength"/> characters at most.</param>
    /// <param name="file">How errors name it.</param>
    /// <param name="version">The version that verdicts name.</param>
    /// <exception cref="DefinitionException">It is none; every fault is named with its line, those in conditions also with their place in the condition.</exception>
    public static RuleSet Read(string text, string file, int version = 0) => Read(text, file, version, isStored: false);

    /// <summary>Reads a rule set that was accepted once. A mirror that is faulty by now is left out, with a warning.</summary>
    /// <param name="text">The text.</param>
    /// <param name="file">How errors name it.</param>
    /// <param name="version">The version that verdicts name.</param>
    /// <exception cref="DefinitionException">It cannot be read any more.</exception>
    public static RuleSet ReadStored(string text, string file, int version) => Read(text, file, version, isStored: true);

    private static RuleSet Read(string text, string file, int version, bool isStored)
    {
        ArgumentNullException.ThrowIfNull(text);
        var document = YamlLoader.Load(text, file);
        var faults = Schema.Value.Validate(document.ToElement());
        if (faults.Count > 0)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), fault.ToString()))]);
        }

        var errors = new RuleErrors(document);
        var root = (JsonObject)document.Root!;
        var timeZone = TimeReader.Zone(root["timeZone"]?.GetValue<string>() ?? "UTC", "/timeZone", errors);
        var catalog = new FieldCatalog();
        DeclareFields(root["fields"] as JsonObject ?? [], catalog, errors);
        var calendars = TimeReader.Calendars(root["calendars"] as JsonArray ?? [], catalog, errors);
        var chains = new ChainReader(calendars.Select(calendar => calendar.Name).ToHashSet(StringComparer.Ordinal), errors, isStored);
        chains.Declare(root["chains"] as JsonObject ?? []);
        var rules = Rules(root["rules"] as JsonArray ?? [], catalog, chains, errors);
        var otherwise = root["default"] is { } standard ? chains.Then(standard, "/default", null) : null;
        var freezes = TimeReader.Freezes(root["freezes"] as JsonArray ?? [], timeZone, catalog, errors);
        errors.ThrowIfAny();
        return new RuleSet
        {
            Version = version,
            Rules = [.. rules.Select(rule => rule.Rule)],
            Default = otherwise,
            Calendars = calendars,
            Freezes = freezes,
            TimeZone = timeZone,
            Environment = catalog.Find("environment")!,
            Warnings = RuleWarnings.Of(otherwise, rules, chains, document),
            Dropped = [.. chains.Dropped.Select(mirror => new RuleWarning(document.LineOf(mirror.At), mirror.Rule, mirror.Message))],
        };
    }

    private static void DeclareFields(JsonObject fields, FieldCatalog catalog, RuleErrors errors)
    {
        foreach (var (name, node) in fields)
        {
            var at = $"/fields/{LocatedDocument.Escape(name)}";
            if (FieldCatalog.IsTaken(name))
            {
                errors.Add(at, null, $"the name '{name}' is taken.");
                continue;
            }

            var kind = Enum.Parse<ConditionKind>(node!["type"]!.GetValue<string>(), ignoreCase: true);
            if (FieldCatalog.KindOf(name) is { } must && must != kind)
            {
                errors.Add(at + "/type", null, $"'{name}' must be a {must.ToString().ToLowerInvariant()}.");
                continue;
            }

            try
            {
                catalog.Declare(name, kind, Texts(node["from"]), [.. (node["actions"] as JsonObject ?? []).Select(action => OfActions(action.Key, action.Value!))]);
            }
            catch (ConditionException e)
            {
                errors.Add(at + (node["from"] is null ? "/actions" : "/from"), null, $"{name}: {e.Message}");
            }
        }
    }

    private static FieldOfActions OfActions(string pattern, JsonNode node) => node is JsonObject always
        ? new(pattern, [], TextOf(always["value"]!))
        : new(pattern, Texts(node));

    private static string TextOf(JsonNode value) => value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString();

    private static List<(ApprovalRule Rule, string At)> Rules(JsonArray nodes, FieldCatalog catalog, ChainReader chains, RuleErrors errors)
    {
        var rules = new List<(ApprovalRule Rule, string At)>();
        var names = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < nodes.Count; i++)
        {
            var (node, at) = (nodes[i]!, $"/rules/{i}");
            var name = node["name"]!.GetValue<string>();
            if (!names.Add(name))
            {
                errors.Add(at + "/name", name, "another rule has this name.");
            }

            var when = node["when"] is { } condition ? errors.Read(condition.GetValue<string>(), catalog, at + "/when", name) : null;
            if (chains.Then(node["then"]!, at + "/then", name) is { } then && (node["when"] is null || when is not null))
            {
                rules.Add((new ApprovalRule
                {
                    Name = name,
                    Priority = node["priority"]?.GetValue<int>() ?? 100,
                    When = when,
                    MatchesUnknown = node["unknown"]?.GetValue<string>() == "match",
                    Then = then,
                }, at));
            }
        }

        // Stable: equal priorities stay as they stand.
        return [.. rules.OrderBy(rule => rule.Rule.Priority)];
    }

    internal static List<string> Texts(JsonNode? node) => node switch
    {
        null => [],
        JsonArray items => [.. items.Select(item => item!.GetValue<string>())],
        _ => [node.GetValue<string>()],
    };

    private static JsonSchema ReadSchema()
    {
        const string Name = "approval-rules.schema.json";
        using var stream = typeof(RuleSetReader).Assembly.GetManifestResourceStream(Name) ?? throw new InvalidOperationException($"The resource '{Name}' is missing.");
        using var reader = new StreamReader(stream);
        return JsonSchema.Parse(reader.ReadToEnd());
    }
}
