using Orleans.Concurrency;

namespace Steward.Models;

/// <summary>Starts a call of a model: of a chat or of an embedder.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.start-model-call")]
public sealed record StartModelCall
{
    /// <summary>A tier (<c>small</c>, <c>standard</c>, <c>large</c>), <c>auto</c>, <c>provider/model</c>, or <c>steward/embedder</c>.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>What a chat model is asked; null for vectors.</summary>
    [Id(1)]
    public ModelChat? Chat { get; init; }

    /// <summary>Whose vectors are wanted; null for a chat.</summary>
    [Id(2)]
    public ModelEmbedding? Embedding { get; init; }

    /// <summary>What the call is for, as the caller says: 1 to 64 characters of a-z, 0-9, dot, underscore and hyphen. Default <c>api</c>.</summary>
    [Id(3)]
    public string Feature { get; init; } = "api";

    /// <summary>The caller's team, as the caller says, for chargeback; null when it does not.</summary>
    [Id(4)]
    public string? Team { get; init; }

    /// <summary>The caller's tags, for chargeback: at most 32.</summary>
    [Id(5)]
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>The conversation, by which experiments are assigned; null is the call itself.</summary>
    [Id(6)]
    public string? ConversationId { get; init; }

    /// <summary>Whether the answer is neither taken from a cache nor kept. Default false; a call with a temperature above 0 is asked anew in any case.</summary>
    [Id(7)]
    public bool NoCache { get; init; }

    /// <summary>Whether the caches may share the answer with whoever has the same roles in the tenant: for answers that rest on the request alone. Default false: it is the person's.</summary>
    [Id(8)]
    public bool SharesAnswers { get; init; }

    /// <summary>Whether nobody reads the answer before its end: its events come together then, the text in one piece. Default false: each event comes when it is there.</summary>
    [Id(9)]
    public bool IsWhole { get; init; }
}

/// <summary>What a chat model is asked.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-chat")]
public sealed record ModelChat
{
    /// <summary>The conversation, oldest first.</summary>
    [Id(0)]
    public required IReadOnlyList<ModelMessage> Messages { get; init; }

    /// <summary>The tools.</summary>
    [Id(1)]
    public IReadOnlyList<ModelTool> Tools { get; init; } = [];

    /// <summary><c>auto</c>, <c>none</c>, <c>required</c>, or <c>tool</c> with <see cref="RequiredTool"/>. Default <c>auto</c>.</summary>
    [Id(2)]
    public string ToolChoice { get; init; } = "auto";

    /// <summary>The tool that has to be called.</summary>
    [Id(3)]
    public string? RequiredTool { get; init; }

    /// <summary>Whether several tools may be called at once; null is the provider's default.</summary>
    [Id(4)]
    public bool? AllowParallelToolCalls { get; init; }

    /// <summary>The form of the answer; null is text.</summary>
    [Id(5)]
    public ModelFormat? Format { get; init; }

    /// <summary>The most tokens of the answer; null is the model's limit.</summary>
    [Id(6)]
    public int? MaxOutputTokens { get; init; }

    /// <summary>0 to 2.</summary>
    [Id(7)]
    public double? Temperature { get; init; }

    /// <summary>0 to 1.</summary>
    [Id(8)]
    public double? TopP { get; init; }

    /// <summary>−2 to 2.</summary>
    [Id(9)]
    public double? FrequencyPenalty { get; init; }

    /// <summary>−2 to 2.</summary>
    [Id(10)]
    public double? PresencePenalty { get; init; }

    /// <summary>Asks for the same answer to the same request.</summary>
    [Id(11)]
    public long? Seed { get; init; }

    /// <summary>Up to four texts that end the answer.</summary>
    [Id(12)]
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary><c>minimal</c>, <c>low</c>, <c>medium</c> or <c>high</c>.</summary>
    [Id(13)]
    public string? ReasoningEffort { get; init; }
}

/// <summary>A message to a model.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-message")]
public sealed record ModelMessage
{
    /// <summary><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    [Id(0)]
    public required string Role { get; init; }

    /// <summary>The text, of all parts where there are some.</summary>
    [Id(1)]
    public string Text { get; init; } = "";

    /// <summary>The parts in their order where there are images; else empty.</summary>
    [Id(2)]
    public IReadOnlyList<ModelPart> Parts { get; init; } = [];

    /// <summary>The tools that the assistant called.</summary>
    [Id(3)]
    public IReadOnlyList<ModelToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that a tool's message is the result of.</summary>
    [Id(4)]
    public string? ToolCallId { get; init; }
}

/// <summary>A part of a message: text, or an image.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-part")]
public sealed record ModelPart
{
    /// <summary>The text; null for an image.</summary>
    [Id(0)]
    public string? Text { get; init; }

    /// <summary>The image's address, https or <c>data:</c>; null for text.</summary>
    [Id(1)]
    public string? ImageUrl { get; init; }

    /// <summary><c>low</c>, <c>high</c> or <c>auto</c>.</summary>
    [Id(2)]
    public string? Detail { get; init; }
}

/// <summary>A tool that a model may call.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-tool")]
public sealed record ModelTool
{
    /// <summary>Its name.</summary>
    [Id(0)]
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    [Id(1)]
    public string Description { get; init; } = "";

    /// <summary>The JSON Schema of its arguments, as JSON.</summary>
    [Id(2)]
    public required string Parameters { get; init; }

    /// <summary>Whether the arguments keep to the schema by construction.</summary>
    [Id(3)]
    public bool? IsStrict { get; init; }
}

/// <summary>A call of a tool.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-tool-call")]
public sealed record ModelToolCall
{
    /// <summary>The call's id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>The tool's name.</summary>
    [Id(1)]
    public required string Name { get; init; }

    /// <summary>The arguments as the model wrote them.</summary>
    [Id(2)]
    public required string Arguments { get; init; }
}

/// <summary>The form of an answer: a JSON object.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-format")]
public sealed record ModelFormat
{
    /// <summary>The JSON Schema, as JSON; null is any object.</summary>
    [Id(0)]
    public string? Schema { get; init; }

    /// <summary>The schema's name.</summary>
    [Id(1)]
    public string Name { get; init; } = "answer";

    /// <summary>What the form is for.</summary>
    [Id(2)]
    public string? Description { get; init; }

    /// <summary>Whether the answer keeps to the schema by construction.</summary>
    [Id(3)]
    public bool? IsStrict { get; init; }
}

/// <summary>Texts whose vectors are wanted.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.model-embedding")]
public sealed record ModelEmbedding
{
    /// <summary>The texts, 1 to 256.</summary>
    [Id(0)]
    public required IReadOnlyList<string> Texts { get; init; }

    /// <summary>The length of the vectors; null is the model's own.</summary>
    [Id(1)]
    public int? Dimensions { get; init; }
}
