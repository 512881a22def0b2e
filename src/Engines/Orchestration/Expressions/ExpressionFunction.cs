using System.Text.Json;
using System.Text.Json.Nodes;

namespace Steward.Engines.Orchestration.Expressions;

/// <summary>One function of the expression language.</summary>
internal sealed record ExpressionFunction(int MinArguments, int MaxArguments, Func<IReadOnlyList<ValueShape>, ValueShape> Check, Func<IReadOnlyList<JsonNode?>, JsonNode?> Run)
{
    public static IReadOnlyDictionary<string, ExpressionFunction> All { get; } = new Dictionary<string, ExpressionFunction>(StringComparer.Ordinal)
    {
        // count(list): how many; a text's length; 0 for null.
        ["count"] = new(1, 1, shapes => Demand(shapes[0], ValueShape.Number, "list", "text", "object"), values => JsonValue.Create(values[0] switch
        {
            null => 0,
            JsonArray items => items.Count,
            JsonObject fields => fields.Count,
            var value => Values.Text(value).Length,
        })),
        ["first"] = new(1, 1, shapes => Demand(shapes[0], shapes[0].Item ?? ValueShape.Any, "list"), values => values[0] is JsonArray { Count: > 0 } items ? items[0] : null),
        ["exists"] = new(1, 1, _ => ValueShape.Boolean, values => JsonValue.Create(values[0] is not null)),
        ["default"] = new(2, 4, shapes => shapes.All(shape => shape.Kind == shapes[0].Kind) ? shapes[0] : ValueShape.Any, values => values.FirstOrDefault(Values.IsTrue) ?? values[^1]),
        ["lower"] = Text(text => text.ToLowerInvariant()),
        ["upper"] = Text(text => text.ToUpperInvariant()),
        ["capitalize"] = Text(text => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..]),
        ["trim"] = Text(text => text.Trim()),
        ["date"] = Text(Values.Date),
        // sentence(text): the first sentence or line.
        ["sentence"] = Text(FirstSentence),
        ["truncate"] = new(2, 2, shapes => Demand(shapes[0], ValueShape.Text, "text", "number", "boolean"), values => JsonValue.Create(Truncate(Values.Text(values[0]), Whole(values[1])))),
        // contains(list or text, value)
        ["contains"] = new(2, 2, shapes => Demand(shapes[0], ValueShape.Boolean, "list", "text"), values => JsonValue.Create(values[0] switch
        {
            JsonArray items => items.Any(item => Values.AreEqual(item, values[1])),
            null => false,
            var value => Values.Text(value).Contains(Values.Text(values[1]), StringComparison.OrdinalIgnoreCase),
        })),
        ["same"] = new(2, 2, _ => ValueShape.Boolean, values => JsonValue.Create(
            values[0] is not null && values[1] is not null && string.Equals(Values.Text(values[0]), Values.Text(values[1]), StringComparison.OrdinalIgnoreCase))),
        // join(list, separator) or join(list, field, separator)
        ["join"] = new(2, 3, shapes => Demand(shapes[0], ValueShape.Text, "list"), values => JsonValue.Create(Values.Limit(string.Join(
            Values.Text(values[^1]), Items(values[0]).Select(item => Values.Text(values.Count == 3 ? Field(item, values[1]) : item)))))),
        // where(list, field, value): the items whose field has the value.
        ["where"] = new(3, 3, shapes => Demand(shapes[0], shapes[0], "list"), values =>
            new JsonArray([.. Items(values[0]).Where(item => Values.AreEqual(Field(item, values[1]), values[2])).Select(item => item?.DeepClone())])),
        ["take"] = new(2, 2, shapes => Demand(shapes[0], shapes[0], "list"), values =>
            new JsonArray([.. Items(values[0]).Take(Whole(values[1])).Select(item => item?.DeepClone())])),
    };

    private static ExpressionFunction Text(Func<string, string> run) =>
        new(1, 1, shapes => Demand(shapes[0], ValueShape.Text, "text", "number", "boolean"), values => values[0] is null ? null : JsonValue.Create(run(Values.Text(values[0]))));

    private static ValueShape Demand(ValueShape given, ValueShape result, params string[] allowed) =>
        given.Kind == "any" || allowed.Contains(given.Kind)
            ? result
            : throw new ExpressionException($"takes {string.Join(" or ", allowed)}, not {given.Kind}.");

    private static IEnumerable<JsonNode?> Items(JsonNode? value) =>
        value is null ? [] : value as JsonArray ?? throw new ExpressionException("a list is needed.");

    private static JsonNode? Field(JsonNode? item, JsonNode? name) =>
        item is JsonObject fields && fields.TryGetPropertyValue(Values.Text(name), out var field) ? field : null;

    private static int Whole(JsonNode? value) =>
        value?.GetValueKind() == JsonValueKind.Number ? (int)Math.Clamp(decimal.Truncate(Values.Number(value)), 0, int.MaxValue) : throw new ExpressionException("a number is needed.");

    private static string Truncate(string text, int length)
    {
        if (text.Length <= length)
        {
            return text;
        }

        if (length <= 1)
        {
            return length == 1 ? "…" : "";
        }

        // Neither half of a surrogate pair nor half a word at the end.
        var end = length - 1;
        if (char.IsHighSurrogate(text[end - 1]))
        {
            end--;
        }

        var space = text.LastIndexOf(' ', Math.Max(0, end - 1));
        return text[..(space > length / 2 ? space : end)].TrimEnd() + "…";
    }

    private static string FirstSentence(string text)
    {
        text = text.Trim();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' or '\r')
            {
                return text[..i].TrimEnd(' ', '.', '!');
            }

            if (text[i] is '.' or '!' or '?' && (i + 1 == text.Length || char.IsWhiteSpace(text[i + 1])))
            {
                return text[i] == '?' ? text[..(i + 1)] : text[..i];
            }
        }

        return text;
    }
}
