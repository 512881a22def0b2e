using System.Text.Json.Nodes;
using Steward.ModelSim;

namespace Steward.OpenAIClients.Tests;

/// <summary>What the simulated providers answer; faults are the first one's alone, by words in the question.</summary>
internal static class Script
{
    /// <summary>The script of a provider.</summary>
    public static ModelScript Of(string name)
    {
        List<ModelRule> rules =
        [
            Rule("weather", new ModelReply { ToolCalls = [new ModelToolCall { Name = "get_weather", Arguments = new JsonObject { ["city"] = "Berlin" } }] }, role: "user"),
            new() { Name = "weather-told", When = new ModelMatch { LastRole = "tool", LastMessageContains = "sunny" }, Reply = new ModelReply { Text = "It is sunny in Berlin." } },
            Rule("\"reference\":null", new ModelReply { Text = """{"faithfulness":0.9,"relevance":0.8}""" }),
            Rule("as JSON", new ModelReply { Text = """{"city":"Berlin","degrees":21}""" }),
            Rule("count to ten", new ModelReply { Text = "one two three four five six seven eight nine ten", PromptTokens = 12, CompletionTokens = 10 }),
        ];
        if (name == "first")
        {
            rules.AddRange(
            [
                Fault("endless", ModelFaultKind.EndlessStream),
                Fault("cut stream", ModelFaultKind.CutStream),
                Fault("truncated stream", ModelFaultKind.TruncatedStream),
                Fault("silent provider", ModelFaultKind.StalledStream, afterChunks: -1),
                Fault("context length", ModelFaultKind.ContextLengthExceeded),
                // Once for each of the clients, with a wait that the gateway leaves to them.
                .. new[] { "busy once, and nobody", "busy once, says openai", "busy once, says ai", "busy once, says agents" }.Select(words => Fault(words, ModelFaultKind.RateLimited) with { Times = 1 }),
                Fault("busy for residents", ModelFaultKind.RateLimited),
                new() { Name = "busy", When = new ModelMatch { LastUserMessageContains = "server error" }, Reply = new ModelReply { Fault = new ModelFault { Kind = ModelFaultKind.ServerError, Status = 503 } } },
            ]);
        }

        return new ModelScript { Models = ["sim-large", "sim-small", "sim-faulty", "sim-embedding"], Rules = rules, Default = new ModelReply { Text = $"Hello from the {name} provider.", PromptTokens = 20, CompletionTokens = 5 } };
    }

    private static ModelRule Rule(string words, ModelReply reply, string? role = null) => new() { Name = words, When = new ModelMatch { LastUserMessageContains = words, LastRole = role }, Reply = reply };

    private static ModelRule Fault(string words, ModelFaultKind kind, int afterChunks = 2) => new()
    {
        Name = words,
        When = new ModelMatch { LastUserMessageContains = words },
        Reply = new ModelReply { Text = "one two three four five six", Fault = new ModelFault { Kind = kind, AfterChunks = afterChunks } },
    };
}
