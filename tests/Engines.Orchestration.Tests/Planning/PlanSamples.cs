using System.Text.Json;
using System.Text.Json.Nodes;
using Steward.Engines.Connectors;
using Steward.Engines.Orchestration.Planning;

namespace Steward.Engines.Orchestration.Tests.Planning;

/// <summary>Random plans that are valid, as the JSON that a planner writes, and what they may use.</summary>
internal static class PlanSamples
{
    public const string Read = "fake.things.read";
    public const string Write = "fake.things.write";
    public const string Hidden = "fake.things.hidden";

    private const string Properties = """
        {"step":{"type":"string","minLength":1},"seen":{"type":"string"},"count":{"type":"integer","minimum":0,"maximum":9},
         "tags":{"type":"array","items":{"type":"string"},"maxItems":5},"mode":{"enum":["fast","slow"]}}
        """;

    public static FakeConnectors Connectors(Func<JsonElement, JsonNode>? handle = null) => new FakeConnectors()
        .Add(Read, OperationEffect.Read, handle ?? Echo, Properties, "step")
        .Add(Write, OperationEffect.Write, handle ?? Echo, Properties, "step")
        .Add(Hidden, OperationEffect.Read, handle ?? Echo, Properties, "step");

    public static PlanScope Scope(FakeConnectors? connectors = null)
    {
        var all = (connectors ?? Connectors()).Operations;
        return new PlanScope
        {
            Tools = all.Where(operation => operation.Id != Hidden).ToDictionary(operation => operation.Id, StringComparer.Ordinal),
            Configured = all.Select(operation => operation.Id).ToHashSet(StringComparer.Ordinal),
            Agents = new HashSet<string>(StringComparer.Ordinal) { "helper" },
            Known = new Dictionary<string, JsonNode?>(StringComparer.Ordinal)
            {
                ["message"] = "go",
                ["requester"] = new JsonObject { ["email"] = "ada@acme.example" },
                ["steps"] = new JsonObject { ["p1_old"] = new JsonObject { ["status"] = "done", ["result"] = new JsonObject { ["value"] = "known", ["count"] = 3 } } },
            },
        };
    }

    /// <summary>A valid plan; steps come in random order in the document.</summary>
    public static JsonObject Random(int seed, int count, bool conditions = true)
    {
        var random = new Random(seed);
        var steps = new List<JsonObject>();
        for (var i = 0; i < count; i++)
        {
            var needs = Enumerable.Range(0, i).Where(_ => random.Next(3) == 0).Select(n => $"s{n}").ToList();
            var arguments = new JsonObject { ["step"] = $"s{i}" };
            var seen = needs.Where(_ => random.Next(2) == 0).ToList();
            if (seen.Count > 0)
            {
                arguments["seen"] = string.Join(';', seen.Select(need => $"${{default(steps.{need}.result.value, 'none')}}"));
            }

            if (random.Next(3) == 0)
            {
                arguments["count"] = random.Next(10);
            }

            var step = new JsonObject
            {
                ["id"] = $"s{i}",
                ["title"] = $"Step {i}",
                ["tool"] = random.Next(3) == 0 ? Write : Read,
                ["arguments"] = arguments,
                ["needs"] = new JsonArray([.. needs.Select(need => (JsonNode)JsonValue.Create(need))]),
                ["onFailure"] = "continue",
            };
            if (conditions && needs.Count > 0 && random.Next(3) == 0)
            {
                // True or false by what the step before it brought.
                step["when"] = $"${{steps.{needs[0]}.result.even == {(random.Next(2) == 0 ? "true" : "false")}}}";
            }

            steps.Add(step);
        }

        var shuffled = steps.OrderBy(_ => random.Next()).Select(step => (JsonNode)step).ToArray();
        return new JsonObject { ["goal"] = "Do it", ["steps"] = new JsonArray(shuffled), ["answer"] = "Say what came out." };
    }

    public static IReadOnlyList<JsonObject> Steps(JsonObject plan) => [.. plan["steps"]!.AsArray().Select(step => step!.AsObject())];

    public static int IndexOf(JsonObject plan, string id) => Steps(plan).ToList().FindIndex(step => (string)step["id"]! == id);

    public static JsonElement Element(JsonNode plan) => JsonSerializer.SerializeToElement(plan);

    public static JsonNode Echo(JsonElement arguments)
    {
        var step = arguments.GetProperty("step").GetString()!;
        return new JsonObject { ["value"] = $"({step}:{(arguments.TryGetProperty("seen", out var seen) ? seen.GetString() : "")})", ["even"] = step.Length > 0 && (step[^1] - '0') % 2 == 0, ["count"] = 1 };
    }
}
