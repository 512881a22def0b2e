using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Engines.Models.Gateway;

namespace Steward.Engines.Models;

/// <summary>Who speaks.</summary>
public enum ChatRole
{
    /// <summary>The platform: instructions.</summary>
    System,

    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>The result of a tool that the model called.</summary>
    Tool,
}

/// <summary>One message of a conversation with a model.</summary>
public sealed record ChatMessage
{
    /// <summary>Who speaks.</summary>
    public required ChatRole Role { get; init; }

    /// <summary>The text.</summary>
    public string Text { get; init; } = "";

    /// <summary>The tools that the model calls; only for the assistant.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; init; } = [];

    /// <summary>The call that this is the result of; only for tools.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The content in its order where a user's message has images; then <see cref="Text"/> holds the text of all of them. Empty for messages of text alone.</summary>
    public IReadOnlyList<ChatPart> Parts { get; init; } = [];
}

/// <summary>A tool that a model may call.</summary>
public sealed record ToolDefinition
{
    /// <summary>Its name; <c>^[a-zA-Z0-9_-]{1,64}$</c>.</summary>
    public required string Name { get; init; }

    /// <summary>What it does, for the model.</summary>
    public required string Description { get; init; }

    /// <summary>The JSON Schema of its arguments.</summary>
    public required JsonElement Parameters { get; init; }

    /// <summary>Whether the arguments keep to the schema by construction; null is the provider's default.</summary>
    public bool? IsStrict { get; init; }
}

/// <summary>A call of a tool.</summary>
public sealed record ToolCall
{
    /// <summary>The provider's id of the call.</summary>
    public required string Id { get; init; }

    /// <summary>The tool's name as the model wrote it.</summary>
    public required string Name { get; init; }

    /// <summary>The arguments as the model wrote them; not always JSON.</summary>
    public required string Arguments { get; init; }
}

/// <summary>What a model is asked.</summary>
public sealed record ChatRequest
{
    /// <summary>The conversation, oldest first.</summary>
    public required IReadOnlyList<ChatMessage> Messages { get; init; }

    /// <summary>The tools.</summary>
    public IReadOnlyList<ToolDefinition> Tools { get; init; } = [];

    /// <summary>Whether tools may be called; false demands an answer in words.</summary>
    public bool AllowToolCalls { get; init; } = true;

    /// <summary>When the answer is no longer of use; the call then fails with <c>model_timeout</c>. Null leaves only the model's own time limit.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The most tokens of the answer; the lower of this and the model's own limit holds. Null leaves only the latter.</summary>
    public int? MaxOutputTokens { get; init; }

    /// <summary>The most tokens that the platform lets an answer have, whatever was asked for: for a budget, or under load. Other than with <see cref="MaxOutputTokens"/>, a model whose own limit is lower can answer. Null leaves it open.</summary>
    public int? OutputCap { get; init; }

    /// <summary>The lower of <see cref="MaxOutputTokens"/> and <see cref="OutputCap"/>; null when there is neither.</summary>
    [JsonIgnore]
    public int? OutputLimit => MaxOutputTokens < (OutputCap ?? int.MaxValue) ? MaxOutputTokens : OutputCap ?? MaxOutputTokens;

    /// <summary>Who asks, and what for; null is the platform itself, in the tenant's name.</summary>
    public ModelCallOrigin? Origin { get; init; }

    /// <summary>A tool that has to be called: its name, or <see cref="AnyTool"/>. Null leaves the choice to the model.</summary>
    public string? RequiredTool { get; init; }

    /// <summary>Whether several tools may be called at once; null is the provider's default.</summary>
    public bool? AllowParallelToolCalls { get; init; }

    /// <summary>The providers that may be asked, by their names in the configuration; null leaves all of them open. The tenant's policy sets it.</summary>
    public IReadOnlyList<string>? Providers { get; init; }

    /// <summary>The form of the answer; null is text.</summary>
    public ChatFormat? Format { get; init; }

    /// <summary>How the next token is drawn; all of it the provider's default.</summary>
    public ChatSampling Sampling { get; init; } = ChatSampling.Default;

    /// <summary>The <see cref="RequiredTool"/> that stands for any.</summary>
    public const string AnyTool = "*";
}

/// <summary>A part of a model's answer as it arrives.</summary>
public abstract record ChatDelta
{
    private protected ChatDelta()
    {
    }
}

/// <summary>Text.</summary>
/// <param name="Text">Not empty.</param>
public sealed record ChatText(string Text) : ChatDelta;

/// <summary>A whole call of a tool.</summary>
/// <param name="Call">The call.</param>
public sealed record ChatToolCall(ToolCall Call) : ChatDelta;

/// <summary>The end, always the last delta; a stream without it throws.</summary>
/// <param name="Reason"><c>stop</c>, <c>tool_calls</c>, <c>length</c> or <c>content_filter</c>.</param>
/// <param name="Usage">The tokens, if the provider said.</param>
/// <param name="Model">The model as the provider named it.</param>
/// <param name="FirstToken">How long the first token took.</param>
public sealed record ChatFinished(string Reason, ChatUsage? Usage, string Model, TimeSpan FirstToken) : ChatDelta
{
    /// <summary>The provider that answered, by its name in the configuration; null when the model knows none.</summary>
    public string? Provider { get; init; }

    /// <summary>How many attempts it took, 1 for the first.</summary>
    public int Attempts { get; init; } = 1;

    /// <summary>The variants of experiments that it is in, as <c>experiment=variant</c>; the gateway's word.</summary>
    public IReadOnlyList<string> Variants { get; init; } = [];

    /// <summary>The step of the degradation ladder at which it was answered; the gateway's word. Default <c>full</c>.</summary>
    public string Degradation { get; init; } = "full";
}

/// <summary>What a model call used.</summary>
/// <param name="InputTokens">Tokens read.</param>
/// <param name="CachedInputTokens">Tokens of these that came from the provider's cache.</param>
/// <param name="OutputTokens">Tokens written.</param>
/// <param name="CostUsd">Cost in US dollars; null when the price of the model is not known.</param>
public sealed record ChatUsage(long InputTokens, long CachedInputTokens, long OutputTokens, decimal? CostUsd);

/// <summary>A language model.</summary>
public interface IChatModel
{
    /// <summary>The model's name as it is asked for.</summary>
    string Name { get; }

    /// <summary>What it costs; null when that is not known.</summary>
    ModelPrice? Price => null;

    /// <summary>What all the models cost that may answer, fallbacks included; null stands for one whose price is not known.</summary>
    IReadOnlyList<ModelPrice?> Prices => [Price];

    /// <summary>How many tokens it can read and write together, the least of all the models that may answer; null when that is not known.</summary>
    long? ContextTokens => null;

    /// <summary>The most tokens that one image is read as, by whichever of the models that may answer. Default <see cref="ModelCapabilities.MostImageTokens"/>.</summary>
    long ImageTokens => ModelCapabilities.MostImageTokens;

    /// <summary>The step of the degradation ladder that holds for it now: <c>full</c>, <c>reduced</c>, or <c>cached</c> and <c>queue</c>, at which calls are refused with <c>model_degraded</c> and <c>model_queued</c>. Default <c>full</c>.</summary>
    /// <exception cref="ModelException">What the tenant wants cannot be read now.</exception>
    ValueTask<string> StepAsync(CancellationToken cancellationToken) => new("full");

    /// <summary>Asks it. Busy and broken providers are tried again before the first token, never after it.</summary>
    /// <exception cref="ModelException">It failed, after its retries or in the middle of the answer.</exception>
    IAsyncEnumerable<ChatDelta> StreamAsync(ChatRequest request, CancellationToken cancellationToken);
}

/// <summary>Gives each tenant its model.</summary>
public interface IChatModelProvider
{
    /// <summary>The tenant's model, or null when none is configured.</summary>
    IChatModel? ForTenant(string tenantId);

    /// <summary>The tenant's model of a tier, or null when none is configured. Providers without tiers give the one model that they have.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="tier">One of <see cref="ModelTiers.All"/>, or <see cref="ModelCall.Auto"/>: the gateway then chooses for each call, and the model has the price of the dearest tier, the name of the standard one and the shortest context of all.</param>
    IChatModel? ForTenant(string tenantId, string tier) => ForTenant(tenantId);
}

/// <summary>A model call failed.</summary>
/// <param name="code">
/// A stable code: <c>model_unauthenticated</c>, <c>model_missing</c> (the provider does not have it, or not for this account), <c>model_rejected</c>, <c>model_rate_limited</c>, <c>model_unavailable</c>, <c>model_timeout</c> or <c>model_stream_broken</c>;
/// of budgets <c>model_over_budget</c> and <c>model_price_unknown</c>.
/// </param>
/// <param name="message">Safe to show; never holds a credential.</param>
/// <param name="innerException">The cause, for logs.</param>
public sealed class ModelException(string code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>A stable code.</summary>
    public string Code { get; } = code;

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsRetryable { get; init; }

    /// <summary>How long the provider asks to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether part of the answer had already been streamed.</summary>
    public bool AfterFirstToken { get; init; }

    /// <summary>Whether it is the time of the whole call that was over: that says nothing of the provider.</summary>
    internal bool IsOutOfTime { get; init; }
}
