using System.Text.Json.Nodes;

namespace Steward.ModelSim;

/// <summary>How a request ended.</summary>
public enum RequestOutcome
{
    /// <summary>The answer is still under way.</summary>
    Running,

    /// <summary>The whole answer was sent.</summary>
    Completed,

    /// <summary>The simulator cut the connection, as the script said.</summary>
    Cut,

    /// <summary>The client hung up before the end.</summary>
    Aborted,
}

/// <summary>One request that the simulated model saw. Status and outcome change while the answer is under way.</summary>
public sealed class RecordedRequest
{
    private volatile int status;
    private volatile RequestOutcome outcome;

    internal RecordedRequest(string method, string path, JsonObject body, DateTimeOffset time)
    {
        Method = method;
        Path = path;
        Body = body;
        Time = time;
    }

    /// <summary>HTTP method.</summary>
    public string Method { get; }

    /// <summary>Path, such as <c>/v1/chat/completions</c>.</summary>
    public string Path { get; }

    /// <summary>The body; empty if it was no JSON object. Do not change it.</summary>
    public JsonObject Body { get; }

    /// <summary>When it arrived.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>The name of the rule that answered; null if none did.</summary>
    public string? Rule { get; internal set; }

    /// <summary>The usage that a chat's answer said at its end; null when none was sent to its end.</summary>
    public (int PromptTokens, int CompletionTokens)? Usage { get; internal set; }

    /// <summary>The status of the answer; 0 before one is sent.</summary>
    public int Status
    {
        get => status;
        internal set => status = value;
    }

    /// <summary>How it ended, or that it runs.</summary>
    public RequestOutcome Outcome
    {
        get => outcome;
        internal set => outcome = value;
    }
}
