using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Steward.ModelSim;

/// <summary>What the simulated model answers: the first rule that matches a request, otherwise the default.</summary>
public sealed record ModelScript
{
    /// <summary>The models that exist; the default is three.</summary>
    public IReadOnlyList<string> Models { get; init; } = ["sim-large", "sim-small", "sim-embedding"];

    /// <summary>Milliseconds until the first token; the default is none.</summary>
    public int TimeToFirstTokenMilliseconds { get; init; }

    /// <summary>Tokens per second after the first; 0, the default, sends them at once.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>The rules, tried in this order.</summary>
    public IReadOnlyList<ModelRule> Rules { get; init; } = [];

    /// <summary>The reply when no rule matches; without one such a request is an error with the code <c>no_rule</c>.</summary>
    public ModelReply? Default { get; init; }
}

/// <summary>A reply for the requests that match.</summary>
public sealed record ModelRule
{
    /// <summary>A name for the recorded requests.</summary>
    public string? Name { get; init; }

    /// <summary>Which requests it is for; the default is all.</summary>
    public ModelMatch When { get; init; } = new();

    /// <summary>How often it is used before it is passed over; the default is without end.</summary>
    public int? Times { get; init; }

    /// <summary>The reply.</summary>
    public required ModelReply Reply { get; init; }
}

/// <summary>Conditions on a request. All given ones must hold; text compares without case.</summary>
public sealed record ModelMatch
{
    /// <summary>The model asked for.</summary>
    public string? Model { get; init; }

    /// <summary>The role of the last message, such as <c>user</c> or <c>tool</c>.</summary>
    public string? LastRole { get; init; }

    /// <summary>A part of the last message's text.</summary>
    public string? LastMessageContains { get; init; }

    /// <summary>A regular expression on the last message's text; its groups fill <c>${name}</c> in the reply.</summary>
    public string? LastMessageMatches { get; init; }

    /// <summary>A part of the last user message's text.</summary>
    public string? LastUserMessageContains { get; init; }

    /// <summary>A regular expression on the last user message's text; its groups fill <c>${name}</c> in the reply.</summary>
    public string? LastUserMessageMatches { get; init; }

    /// <summary>A part of the text of any message.</summary>
    public string? AnyMessageContains { get; init; }

    /// <summary>The name of a tool that the request offers.</summary>
    public string? ToolOffered { get; init; }

    /// <summary>The number of this model turn in the whole conversation, from 1: the assistant messages so far plus one.</summary>
    public int? Turn { get; init; }

    /// <summary>The number of this model turn since the last user message, from 1.</summary>
    public int? Step { get; init; }

    /// <summary>Whether the answer is to be streamed.</summary>
    public bool? Stream { get; init; }
}

/// <summary>A reply: text, tool calls, or a fault.</summary>
public sealed record ModelReply
{
    /// <summary>The text. <c>${name}</c> stands for a group of the rule's expression.</summary>
    public string? Text { get; init; }

    /// <summary>The tools to call.</summary>
    public IReadOnlyList<ModelToolCall> ToolCalls { get; init; } = [];

    /// <summary>What goes wrong; text and tool calls are what a broken stream starts with.</summary>
    public ModelFault? Fault { get; init; }

    /// <summary>Milliseconds until the first token; the default is the script's.</summary>
    public int? TimeToFirstTokenMilliseconds { get; init; }

    /// <summary>Tokens per second; the default is the script's.</summary>
    public double? TokensPerSecond { get; init; }

    /// <summary>The reason for the end; the default follows from the reply.</summary>
    public string? FinishReason { get; init; }

    /// <summary>Prompt tokens to report; the default is counted.</summary>
    public int? PromptTokens { get; init; }

    /// <summary>Completion tokens to report; the default is counted.</summary>
    public int? CompletionTokens { get; init; }
}

/// <summary>A call of a tool.</summary>
public sealed record ModelToolCall
{
    /// <summary>The tool's name. A request that does not offer it is answered with the error code <c>script_error</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The arguments: an object, or a string to send as it is, also if it is no valid JSON. <c>${name}</c> in texts stands for a group of the rule's expression.</summary>
    public JsonNode? Arguments { get; init; }
}

/// <summary>What goes wrong with a reply.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ModelFaultKind>))]
public enum ModelFaultKind
{
    /// <summary>429 with Retry-After.</summary>
    RateLimited,

    /// <summary>A server error.</summary>
    ServerError,

    /// <summary>400 because the conversation is too long for the model.</summary>
    ContextLengthExceeded,

    /// <summary>The connection is cut before the answer starts.</summary>
    CutBeforeAnswer,

    /// <summary>The connection is cut after some chunks, or in the middle of an answer that is not streamed.</summary>
    CutStream,

    /// <summary>The stream ends in order after some chunks, but without a finish reason and without its end mark.</summary>
    TruncatedStream,

    /// <summary>One chunk is no valid JSON.</summary>
    MalformedChunk,

    /// <summary>An error object is sent in the stream after some chunks.</summary>
    ErrorInStream,

    /// <summary>Tokens come without end; an answer that is not streamed never comes.</summary>
    EndlessStream,

    /// <summary>After some chunks nothing more comes, while the connection stays open.</summary>
    StalledStream,
}

/// <summary>A fault.</summary>
public sealed record ModelFault
{
    /// <summary>What goes wrong.</summary>
    public required ModelFaultKind Kind { get; init; }

    /// <summary>The wait that a rate limit asks for, in seconds; the default is one.</summary>
    public int RetryAfterSeconds { get; init; } = 1;

    /// <summary>The status of a server error; the default is 500.</summary>
    public int Status { get; init; } = 500;

    /// <summary>The content chunks that are sent before a stream breaks; the default is two.</summary>
    public int AfterChunks { get; init; } = 2;
}
