using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Strategies;

/// <summary>Which strategy answers which request, as the administrator wants it, and who may demand one.</summary>
public sealed class StrategyRules
{
    private static readonly Lazy<JsonSchema> Schema = new(() => EmbeddedResources.Schema("strategies.schema.json"));

    private readonly IReadOnlyList<Rule> _rules;
    private readonly IReadOnlyList<string> _callers;

    private StrategyRules(IReadOnlyList<Rule> rules, IReadOnlyList<string> callers) => (_rules, _callers) = (rules, callers);

    /// <summary>
    /// No rules; anyone may demand a strategy. A strategy grants no rights: tools, policy and budgets are the same with each.
    /// </summary>
    public static StrategyRules Default { get; } = new([], ["anyone"]);

    /// <summary>Reads the text of a <c>strategies.yaml</c>.</summary>
    /// <exception cref="DefinitionException">It is not valid; every fault is named with its line.</exception>
    public static StrategyRules Compile(string text, string file)
    {
        var document = YamlLoader.Load(text, file);
        var faults = Schema.Value.Validate(document.ToElement());
        if (faults.Count > 0)
        {
            throw new DefinitionException([.. faults.Select(fault => new DefinitionError(file, document.LineOf(fault.Path), fault.ToString())).OrderBy(error => error.Line)]);
        }

        var root = (JsonObject)document.Root!;
        var rules = (root["rules"] as JsonArray ?? []).Select(rule => new Rule(
            Texts(rule!["when"]?["tenant"]), Texts(rule["when"]?["role"]), Texts(rule["when"]?["intent"]), Texts(rule["when"]?["complexity"]), rule["use"]!.GetValue<string>()));
        return new StrategyRules([.. rules], Texts(root["callers"]) ?? ["anyone"]);
    }

    /// <summary>Whether a rule asks how much work a message looks like.</summary>
    internal bool AsksComplexity => _rules.Any(rule => rule.Complexities is not null);

    /// <summary>Whether this person may demand a strategy.</summary>
    public bool MayChoose(Requester requester)
    {
        ArgumentNullException.ThrowIfNull(requester);
        return _callers.Any(who => who == "anyone" || requester.Roles.Contains(who["role:".Length..]));
    }

    /// <summary>The strategies of the rules that fit, first rule first.</summary>
    /// <param name="input">The request.</param>
    /// <param name="intent">The playbook that fits for sure; null is <c>none</c>.</param>
    /// <param name="complexity">What the message looks like.</param>
    /// <param name="judged">The intent that a classifier is sure of, where no playbook fits for sure; it fits beside <c>none</c>.</param>
    internal IEnumerable<string> For(RunInput input, string? intent, Complexity complexity, string? judged = null) => _rules
        .Where(rule => Fits(rule.Tenants, [input.TenantId]) && Fits(rule.Roles, input.Requester.Roles) && Fits(rule.Intents, judged is null ? [intent ?? "none"] : [intent ?? "none", judged]) && Fits(rule.Complexities, [complexity.Level]))
        .Select(rule => rule.Use);

    private static bool Fits(IReadOnlyList<string>? allowed, IReadOnlyList<string> actual) => allowed is null || allowed.Any(actual.Contains);

    private static List<string>? Texts(JsonNode? node) => node is JsonArray items ? [.. items.Select(item => item!.GetValue<string>())] : null;

    private sealed record Rule(IReadOnlyList<string>? Tenants, IReadOnlyList<string>? Roles, IReadOnlyList<string>? Intents, IReadOnlyList<string>? Complexities, string Use);
}
