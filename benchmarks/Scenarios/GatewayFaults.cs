using System.Globalization;
using Steward.ModelSim;

namespace Steward.Benchmarks.Scenarios;

/// <summary>What goes wrong in the load of <c>bench gateway</c>, one call in a thousand, by turns.</summary>
internal enum GatewayFault
{
    /// <summary>The call is answered.</summary>
    None,

    /// <summary>The model answers with 503 once: the gateway asks again, and the caller sees nothing.</summary>
    ServerError,

    /// <summary>The model is over its limit once, for a second: the same.</summary>
    RateLimited,

    /// <summary>The model's answer breaks off after its first tokens: the caller gets an error event and no end.</summary>
    CutStream,

    /// <summary>The model talks without end, and the caller goes away.</summary>
    ClientGoes,
}

/// <summary>Chooses the faults, teaches them to the model, and says how a call has to end.</summary>
internal static class GatewayFaults
{
    /// <summary>One call in so many has a fault.</summary>
    public const int Every = 1_000;

    private const string Endless = "Please talk without end.";

    /// <summary>The fault of a call; each kind comes as often as the others.</summary>
    public static GatewayFault Of(int number) => number % Every != 0 ? GatewayFault.None : (number / Every % 4) switch
    {
        0 => GatewayFault.ServerError,
        1 => GatewayFault.RateLimited,
        2 => GatewayFault.CutStream,
        _ => GatewayFault.ClientGoes,
    };

    /// <summary>Whether it is asked for as a stream.</summary>
    public static bool IsStream(GatewayFault fault) => fault is GatewayFault.CutStream or GatewayFault.ClientGoes;

    /// <summary>Teaches the model a fault for one question, where it needs to be taught.</summary>
    public static string Teach(ModelSimulation model, GatewayFault fault, string question)
    {
        ModelFault? once = fault switch
        {
            GatewayFault.ServerError => new ModelFault { Kind = ModelFaultKind.ServerError, Status = 503 },
            GatewayFault.RateLimited => new ModelFault { Kind = ModelFaultKind.RateLimited, RetryAfterSeconds = 1 },
            GatewayFault.CutStream => new ModelFault { Kind = ModelFaultKind.CutStream, AfterChunks = 3 },
            _ => null,
        };
        if (once is not null)
        {
            model.Prepend(new ModelRule { When = new ModelMatch { LastUserMessageContains = question }, Times = 1, Reply = new ModelReply { Text = "one two three four five six seven", Fault = once } });
        }

        return fault == GatewayFault.ClientGoes ? string.Create(CultureInfo.InvariantCulture, $"{Endless} {question}") : question;
    }

    /// <summary>The rule for callers who go away.</summary>
    public static ModelRule EndlessRule { get; } = new()
    {
        When = new ModelMatch { LastUserMessageContains = Endless },
        Reply = new ModelReply { Text = "one two three four", Fault = new ModelFault { Kind = ModelFaultKind.EndlessStream } },
    };

    /// <summary>Whether a call ended as it has to.</summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="status">The answer's status.</param>
    /// <param name="end">The end of what was read of it.</param>
    public static bool IsAsItHasToBe(GatewayFault fault, int status, string end) => status == 200 && fault switch
    {
        GatewayFault.CutStream => end.Contains("model_stream_broken", StringComparison.Ordinal) && !end.Contains("[DONE]", StringComparison.Ordinal),
        GatewayFault.ClientGoes => !end.Contains("\"error\"", StringComparison.Ordinal),
        _ => true,
    };
}
