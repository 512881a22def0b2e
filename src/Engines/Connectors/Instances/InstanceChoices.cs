using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Instances;

/// <summary>The call that tells what an argument may be. It has its own rights and policy; its arguments and result have the template's names.</summary>
/// <param name="OperationId">For example <c>desk.lists.find</c>.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Spec">How its result is read.</param>
public sealed record ChoicePlan(string OperationId, JsonElement Arguments, ChoiceSpec Spec);

/// <summary>What arguments of operations may be, as other operations of the instance tell.</summary>
public static class InstanceChoices
{
    /// <summary>The most choices that are given back.</summary>
    public const int MaxValues = 1000;

    private const int MaxText = 500;

    /// <summary>The arguments of an operation of which another one tells what they may be, each with the id of that one inside the template.</summary>
    public static IReadOnlyDictionary<string, string> Of(ResolvedInstance target, OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Choices.Where(choice => SourceOf(target, choice.Value) is not null).ToDictionary(choice => choice.Key, choice => choice.Value.Operation, StringComparer.Ordinal);
    }

    /// <summary>How models are told of them; empty when there are none.</summary>
    public static string Hints(ResolvedInstance target, OperationTemplate operation)
    {
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(operation);
        return string.Concat(Of(target, operation).Select(choice =>
        {
            var spec = operation.Choices[choice.Key];
            var where = spec.Kind == ChoiceKind.Schema ? "its form" : spec.Value is { } value ? $"one {value} of its result" : "one of its result";
            return $" What {choice.Key} may be tells {target.Instance.Name}.{choice.Value}: {where}.";
        }));
    }

    /// <summary>Plans the call that tells what an argument may be.</summary>
    /// <param name="target">The instance.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="argument">The argument.</param>
    /// <param name="arguments">The operation's other arguments, as far as they are known.</param>
    /// <returns>Null when nothing tells it.</returns>
    /// <exception cref="OutcomeException">Another argument must be known first; names it.</exception>
    internal static ChoicePlan? Plan(ResolvedInstance target, OperationTemplate operation, string argument, JsonElement arguments)
    {
        if (!operation.Choices.TryGetValue(argument, out var spec) || SourceOf(target, spec) is not { } source)
        {
            return null;
        }

        var with = new JsonObject();
        var known = InputSchema.Arguments(source);
        foreach (var member in spec.With is { ValueKind: JsonValueKind.Object } given ? given.EnumerateObject().ToList() : [])
        {
            // Documents name arguments that are none of the operation's: constants of its path, for example.
            if (known.ContainsKey(member.Name))
            {
                with[member.Name] = JsonNode.Parse(member.Value.GetRawText());
            }
        }

        var scope = new TemplateScope(CompiledTemplate.Of(target.Template), target.Instance, arguments, "", "");
        var filled = BodyTemplate.Parse(JsonSerializer.SerializeToElement(with)).Element(scope);
        if (InputSchema.Required(source).FirstOrDefault(name => !filled.TryGetProperty(name, out _)) is { } missing)
        {
            var needed = with[missing] is { } template ? TemplateText.Parse(template.ToJsonString()).Placeholders.Select(placeholder => placeholder.Name).FirstOrDefault() : null;
            throw OutcomeException.Invalid(needed ?? missing, $"must be given: what {argument} may be depends on it.");
        }

        return new ChoicePlan($"{target.Instance.Name}.{source.Id}", filled, spec);
    }

    /// <summary>Reads the choices from a result.</summary>
    /// <returns><c>kind</c>, and <c>values</c> (each with <c>value</c> and <c>title</c>) with <c>truncated</c>, or <c>schema</c>.</returns>
    public static JsonElement Read(ChoiceSpec spec, JsonElement result)
    {
        ArgumentNullException.ThrowIfNull(spec);
        var found = spec.Items is { } path ? ValuePath.Find(result, path) : result;
        if (spec.Kind == ChoiceKind.Schema)
        {
            return JsonSerializer.SerializeToElement(new { kind = "schema", schema = found is { ValueKind: JsonValueKind.Object } schema ? schema : (JsonElement?)null });
        }

        // Documents speak of the answer as the system gives it; of lists the result has their items.
        var isList = result.ValueKind == JsonValueKind.Object && result.TryGetProperty("items", out var listed) && listed.ValueKind == JsonValueKind.Array;
        var items = found is { ValueKind: JsonValueKind.Array } array ? array : isList ? result.GetProperty("items") : default;
        var values = new List<object>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var more = isList && result.TryGetProperty("truncated", out var cut) && cut.ValueKind == JsonValueKind.True;
        foreach (var item in items.ValueKind == JsonValueKind.Array ? items.EnumerateArray() : default)
        {
            if (Scalar(spec.Value is { } at ? ValuePath.Find(item, at) : item) is not { } value || !seen.Add(value.GetRawText()))
            {
                continue;
            }

            if (values.Count == MaxValues)
            {
                more = true;
                break;
            }

            var title = Scalar(spec.Title is { } name ? ValuePath.Find(item, name) : null) ?? value;
            try
            {
                values.Add(new { value, title = Cut(TemplateScope.TextOf(title)) });
            }
            catch (InvalidOperationException)
            {
                // Half of a surrogate pair is no text that anybody could choose.
            }
        }

        return JsonSerializer.SerializeToElement(new { kind = "values", values, truncated = more });
    }

    // One whose arguments the tenant has mapped tells nothing by itself: the policy knows them by the tenant's names.
    private static OperationTemplate? SourceOf(ResolvedInstance target, ChoiceSpec choice) =>
        target.Template.Operations.FirstOrDefault(candidate => candidate.Id == choice.Operation) is { Effect: OperationEffect.Read } source
        && InstanceOperations.IsEnabled(target.Instance, source)
        && !(target.Instance.Mappings.TryGetValue(source.Id, out var mappings) && mappings.Any(mapping => mapping.Direction == MappingDirection.Out))
            ? source
            : null;

    private static JsonElement? Scalar(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False } scalar && scalar.GetRawText().Length <= MaxText * 6 ? scalar : null;

    private static string Cut(string text) => text.Length <= MaxText ? text : text[..(char.IsHighSurrogate(text[MaxText - 1]) ? MaxText - 1 : MaxText)];
}
