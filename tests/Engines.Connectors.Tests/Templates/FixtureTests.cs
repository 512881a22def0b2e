using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Tests.Templates;

/// <summary>What the fixtures of templates say follows from the templates: the request from the arguments, the result from the answer.</summary>
public sealed class FixtureTests
{
    public static TheoryData<string, int> Fixtures
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (var id in TemplateCatalog.Ids)
            {
                for (var at = 0; at < TemplateCatalog.Find(id)!.Template.Fixtures.Count; at++)
                {
                    data.Add(id, at);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Fixtures))]
    public void Fixture_OfATemplate_FollowsFromIt(string id, int at)
    {
        var template = TemplateCatalog.Find(id)!.Template;
        var fixture = template.Fixtures[at];
        var operation = template.Operations.Single(candidate => candidate.Id == fixture.Operation);
        Assert.False(operation.Code, "What a typed connector carries out has tests of its own.");
        var values = Values(template, operation, fixture.Arguments);
        if (fixture.Request is { } request)
        {
            Assert.Equal(request.Split('?')[0], $"{operation.Method} {TemplateText.Parse(operation.Path).Render(values, Uri.EscapeDataString)}");
            if (request.Contains('?', StringComparison.Ordinal))
            {
                var query = operation.Query.Select(parameter => (parameter.Key, Value: TemplateText.Parse(parameter.Value).Render(values))).Where(parameter => parameter.Value is not null);
                Assert.Equal(request.Split('?')[1], string.Join('&', query.Select(parameter => $"{Uri.EscapeDataString(parameter.Key)}={Uri.EscapeDataString(parameter.Value!)}")));
            }
        }

        if (fixture.RequestBody is { } body)
        {
            Same(JsonNode.Parse(body.GetRawText()), TemplateText.RenderJson(operation.Body!.Value, values));
        }

        if (fixture.Result is { } result)
        {
            Assert.InRange(fixture.Status, 200, 299);
            Same(JsonNode.Parse(result.GetRawText()), Result(operation, fixture.Body, values));
        }
        else if (fixture.Error != "not_found" || operation.Output.Path is null || fixture.Status >= 400)
        {
            Assert.True(Code(template, fixture) == fixture.Error, $"The answer means {Code(template, fixture)}, not {fixture.Error}.");
        }
    }

    private static Func<string, JsonElement?> Values(ConnectorTemplate template, OperationTemplate operation, JsonElement? arguments)
    {
        var schemas = InputSchema.Arguments(operation);
        var fields = template.Connection.Fields.ToDictionary(field => field.Name, field => field.Default ?? field.Example ?? field.Values?[0]);
        return name => arguments is { } given && given.TryGetProperty(name, out var value) ? value
            : schemas.TryGetValue(name, out var schema) ? schema.TryGetProperty("default", out var fallback) ? fallback : null
            : fields.GetValueOrDefault(name) is { } field ? JsonSerializer.SerializeToElement(field) : null;
    }

    private static JsonNode? Result(OperationTemplate operation, JsonElement? body, Func<string, JsonElement?> values)
    {
        if (!operation.Output.List)
        {
            return Item(operation, At(operation, body), values);
        }

        return new JsonObject { ["items"] = new JsonArray([.. At(operation, body)!.Value.EnumerateArray().Select(item => Item(operation, item, values))]), ["truncated"] = false };
    }

    private static JsonElement? At(OperationTemplate operation, JsonElement? body) => operation.Output.Path is { } path ? ValuePath.Find(body!.Value, path) : body;

    private static JsonNode? Item(OperationTemplate operation, JsonElement? value, Func<string, JsonElement?> values)
    {
        var output = operation.Output;
        if (output.Fields.Count == 0 && output.Values.Count == 0)
        {
            return value is { } whole ? JsonNode.Parse(whole.GetRawText()) : new JsonObject();
        }

        var result = new JsonObject();
        foreach (var (name, field) in output.Fields)
        {
            result[name] = FieldPath.Read(value!.Value, field);
        }

        var read = JsonSerializer.SerializeToElement(result);
        foreach (var (name, template) in output.Values)
        {
            result[name] = TemplateText.RenderJson(template, asked => asked.StartsWith("result.", StringComparison.Ordinal) ? ValuePath.Find(read, asked["result.".Length..]) : values(asked));
        }

        return result;
    }

    /// <summary>What the template says an error means, else what its status says.</summary>
    private static string? Code(ConnectorTemplate template, FixtureSpec fixture)
    {
        Assert.True(fixture.Status >= 400 || template.Errors.InSuccess.Any(signal => Shows(signal, fixture)), "The answer is no error.");
        return template.Errors.Codes.FirstOrDefault(code => Shows(code.When, fixture))?.Code ?? fixture.Status switch
        {
            400 or 422 => "rejected",
            401 => "unauthenticated",
            403 => "forbidden",
            404 or 410 => "not_found",
            409 or 412 => "conflict",
            429 => "rate_limited",
            _ => "unavailable",
        };
    }

    private static bool Shows(ReplySignal signal, FixtureSpec fixture)
    {
        if (signal.Status is { } status && status != fixture.Status)
        {
            return false;
        }

        var value = signal.BodyPath is null ? fixture.Body : fixture.Body is { } body ? ValuePath.Find(body, signal.BodyPath) : null;
        return (signal.BodyPath is null || value is not null) && (signal.EqualTo is not { } equal || JsonElement.DeepEquals(equal, value!.Value)) &&
            (signal.Matches is null || (value is { } text && System.Text.RegularExpressions.Regex.IsMatch(text.ValueKind == JsonValueKind.String ? text.GetString()! : text.GetRawText(), signal.Matches)));
    }

    private static void Same(JsonNode? expected, JsonNode? actual) =>
        Assert.True(JsonNode.DeepEquals(expected, Rounded(actual)), $"Expected {expected?.ToJsonString()}, but it is {actual?.ToJsonString()}.");

    // Members that are not there and members that are null mean the same in a result.
    private static JsonNode? Rounded(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (var name in members.Where(member => member.Value is null).Select(member => member.Key).ToList())
            {
                members.Remove(name);
            }
        }

        return node is null ? null : JsonNode.Parse(node.ToJsonString());
    }
}
