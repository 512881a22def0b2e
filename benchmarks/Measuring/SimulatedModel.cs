using Steward.ModelSim;

namespace Steward.Benchmarks.Measuring;

/// <summary>A model that gives everybody the same short answer, at a set pace, and remembers nothing.</summary>
internal static class SimulatedModel
{
    /// <summary>A question that no playbook takes.</summary>
    public const string Question = "Please write me one friendly sentence about the sea.";

    private const string Answer = "The sea is calm today and it greets you with a bright and friendly wave.";

    /// <summary>Starts it.</summary>
    public static Task<ModelSimulation> StartAsync(TimeSpan firstToken, double tokensPerSecond, CancellationToken cancellationToken) => ModelSimulation.StartAsync(
        new ModelSimOptions
        {
            RememberedRequests = 0,
            Script = new ModelScript
            {
                TimeToFirstTokenMilliseconds = (int)firstToken.TotalMilliseconds,
                TokensPerSecond = tokensPerSecond,
                Models = ["sim-large", "sim-small", "sim-embedding", "gpt-5-nano", "gpt-5-mini", "gpt-5"],
                Default = new ModelReply { Text = Answer },
            },
        },
        cancellationToken);

    /// <summary>How a Steward is told of it.</summary>
    public static IReadOnlyDictionary<string, string?> Environment(ModelSimulation model) => new Dictionary<string, string?>
    {
        ["OPENAI_API_KEY"] = model.ApiKey,
        ["OPENAI_BASE_URL"] = model.Url.ToString(),
        ["OPENAI_MODEL"] = "sim-large",
    };

    /// <summary>How long one answer takes at this pace: the first token and the others after it.</summary>
    public static TimeSpan TimeOf(TimeSpan firstToken, double tokensPerSecond) =>
        tokensPerSecond > 0 ? firstToken + TimeSpan.FromSeconds((Tokens.Split(Answer).Count - 1) / tokensPerSecond) : firstToken;
}
