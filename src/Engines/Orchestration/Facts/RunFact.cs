using System.Text.Json;
using System.Text.Json.Serialization;

namespace Steward.Engines.Orchestration;

/// <summary>
/// Something that happened in a run; one record type a kind. The journal keeps them, watchers see them as they are, and a run is
/// resumed from nothing else. Fields are added, never renamed. docs/api/events.md lists them for readers of the API.
/// </summary>
public abstract record RunFact
{
    /// <summary>The kind, for example <c>step.started</c>.</summary>
    [JsonIgnore]
    public abstract string Type { get; }

    /// <summary>When it happened, if it is recorded later than that: then the journal's time of it. Null is when it is recorded.</summary>
    [JsonIgnore]
    public DateTimeOffset? HappenedAt { get; init; }
}

/// <summary>A fact of a kind that this version does not know: kept as it is, changes nothing.</summary>
public sealed record UnknownFact : RunFact
{
    /// <summary>Creates it.</summary>
    public UnknownFact(string type, JsonElement data) => (Type, Data) = (type, data);

    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type { get; }

    /// <summary>The content.</summary>
    public JsonElement Data { get; }
}

/// <summary>The run was asked for.</summary>
public sealed record RunRequested : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.requested";

    /// <summary>What it starts from.</summary>
    public required RunInput Input { get; init; }
}

/// <summary>It was decided how the run is answered. Pins the versions of what it is worked off with.</summary>
public sealed record StrategyChosen : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.strategy";

    /// <summary><c>direct</c>, <c>playbook</c>, <c>react</c>, <c>plan</c> or <c>none</c>.</summary>
    public required string Strategy { get; init; }

    /// <summary>Why, for people.</summary>
    public string? Reason { get; init; }

    /// <summary>The playbook's id.</summary>
    public string? Playbook { get; init; }

    /// <summary>The playbook's version.</summary>
    public int? PlaybookVersion { get; init; }

    /// <summary>A hash of the playbook's content.</summary>
    public string? PlaybookHash { get; init; }

    /// <summary>The playbook's title.</summary>
    public string? Title { get; init; }

    /// <summary>The values that were read from the message, by slot.</summary>
    public JsonElement? Slots { get; init; }

    /// <summary>What the message was classified as, by name.</summary>
    public JsonElement? Classified { get; init; }

    /// <summary>What a classifier took the message for, where one was asked.</summary>
    public string? Intent { get; init; }

    /// <summary>How probable that is; 0 to 1.</summary>
    public double? IntentConfidence { get; init; }

    /// <summary>The classifier and its version.</summary>
    public string? IntentVersion { get; init; }

    /// <summary>The model, for <c>react</c>.</summary>
    public string? Model { get; init; }

    /// <summary>The step of the degradation ladder (<c>cached</c>, <c>queue</c>) that had a playbook chosen, or offered, where a model would have answered; null where it had no part in the choice.</summary>
    public string? Degradation { get; init; }

    /// <summary>The registered prompt and its version that wrote the agent's instructions, as <c>name@3</c>, or the version of the built-in text, where a model answers.</summary>
    public string? PromptVersion { get; init; }

    /// <summary>
    /// A hash of the agent's instructions, where a model answers: the run goes on with these. Those of a registered prompt are stored under it; the agent's own are in its definition.
    /// Null in journals of before, which go on with what is published by then.
    /// </summary>
    public string? InstructionsHash { get; init; }

    /// <summary>The agent's id.</summary>
    public string? Agent { get; init; }

    /// <summary>The agent's version.</summary>
    public int? AgentVersion { get; init; }

    /// <summary>A hash of the agent's definition.</summary>
    public string? AgentHash { get; init; }

    /// <summary>The revision of the engine's own rules. A server that knows only older ones leaves the run alone.</summary>
    public int? EngineRevision { get; init; }

    /// <summary>The version of the program.</summary>
    public string? CodeVersion { get; init; }
}

/// <summary>A step is being worked on. May appear again after a loss.</summary>
public sealed record StepStarted : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "step.started";

    /// <summary>The step, unique in the run.</summary>
    public required string StepId { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The operation that it calls.</summary>
    public string? OperationId { get; init; }

    /// <summary>The arguments of a call that only reads; those of actions are in <c>action.planned</c>.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>The agent that takes the step over, for a hand-off. The steps of the hand-off begin with this step's id and <c>/</c>.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether it begins early, before it is known to be needed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Speculative { get; init; }
}

/// <summary>A step is done, or was not needed.</summary>
public sealed record StepCompleted : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "step.completed";

    /// <summary>The step.</summary>
    public required string StepId { get; init; }

    /// <summary><c>done</c> or <c>skipped</c>.</summary>
    public required string Status { get; init; }

    /// <summary>What came out, for people.</summary>
    public string? Summary { get; init; }

    /// <summary>The result of a call that only reads, secrets masked and cut to size; those of actions are in <c>action.confirmed</c>.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether <see cref="Result"/> was cut to size.</summary>
    public bool Truncated { get; init; }

    /// <summary>The earlier step that made the same call; its result is also this one's.</summary>
    public string? SameAs { get; init; }

    /// <summary>The hash under which the whole result is stored, when <see cref="Result"/> is only a summary of it.</summary>
    public string? ResultHash { get; init; }

    /// <summary>The length of the whole result, in characters of JSON, when it is stored apart.</summary>
    public int? ResultLength { get; init; }

    /// <summary>The target system's own id of the request, if it gave one: what its support asks for.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>How often a call that only reads was made, when more than once; the attempts of actions are in <c>action.sent</c>.</summary>
    public int? Attempts { get; init; }
}

/// <summary>A step came to nothing.</summary>
public sealed record StepFailed : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "step.failed";

    /// <summary>The step.</summary>
    public required string StepId { get; init; }

    /// <summary>A stable code, for example <c>forbidden</c>, <c>approval_needed</c>, <c>outcome_unknown</c> or the connector's.</summary>
    public required string Code { get; init; }

    /// <summary>Why, safe to show.</summary>
    public required string Message { get; init; }

    /// <summary>Whether the same may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>The argument that was rejected, if it was one.</summary>
    public string? Field { get; init; }

    /// <summary>The target system's own id of the request, if it gave one: what its support asks for.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>How often a call that only reads was made, when more than once; the attempts of actions are in <c>action.sent</c>.</summary>
    public int? Attempts { get; init; }
}

/// <summary>An action with a side effect is allowed and about to be sent; bound to these arguments.</summary>
public sealed record ActionPlanned : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.planned";

    /// <summary>The action; derived from run and step, so that a repetition is the same action.</summary>
    public required string ActionId { get; init; }

    /// <summary>The step.</summary>
    public required string StepId { get; init; }

    /// <summary>The operation.</summary>
    public required string OperationId { get; init; }

    /// <summary>What it does, for people.</summary>
    public required string Summary { get; init; }

    /// <summary>The exact arguments.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary>By which rule of the policy it is allowed, for example <c>self</c> or <c>role helpdesk</c>.</summary>
    public string? AllowedBy { get; init; }
}

/// <summary>The action is being sent. Durable before the first byte leaves.</summary>
public sealed record ActionSent : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.sent";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary>From 1.</summary>
    public required int Attempt { get; init; }
}

/// <summary>The target system has done it.</summary>
public sealed record ActionConfirmed : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.confirmed";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary>The result, secrets masked and cut to size.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether <see cref="Result"/> was cut to size.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Truncated { get; init; }

    /// <summary>The hash under which the whole result is stored, when <see cref="Result"/> is only a summary of it.</summary>
    public string? ResultHash { get; init; }

    /// <summary>The length of the whole result, in characters of JSON, when it is stored apart.</summary>
    public int? ResultLength { get; init; }

    /// <summary>The target system's own id of the request, if it gave one: what its support asks for.</summary>
    public string? VendorRequestId { get; init; }

    /// <summary>The operation that undoes it, if one does.</summary>
    public string? UndoneBy { get; init; }

    /// <summary>That operation's arguments, secrets masked and cut to size.</summary>
    public JsonElement? UndoArguments { get; init; }
}

/// <summary>The target system has certainly not done it.</summary>
public sealed record ActionRejected : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.failed";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary>A stable code.</summary>
    public required string Code { get; init; }

    /// <summary>Why, safe to show.</summary>
    public required string Message { get; init; }

    /// <summary>Which attempt this was, from 1.</summary>
    public required int Attempt { get; init; }

    /// <summary>Whether it will be tried again.</summary>
    public bool WillRetry { get; init; }

    /// <summary>The argument that was rejected, if it was one.</summary>
    public string? Field { get; init; }

    /// <summary>The target system's own id of the request, if it gave one: what its support asks for.</summary>
    public string? VendorRequestId { get; init; }
}

/// <summary>Nobody knows whether it was done. It is looked up before anything is sent again.</summary>
public sealed record ActionOutcomeUnknown : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.unknown";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }
}

/// <summary>The target system was asked what became of an action.</summary>
public sealed record ActionReconciled : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "action.reconciled";

    /// <summary>The action.</summary>
    public required string ActionId { get; init; }

    /// <summary><c>done</c>, <c>not_done</c> or <c>unknown</c>.</summary>
    public required string Outcome { get; init; }

    /// <summary>The result, when done; secrets masked and cut to size.</summary>
    public JsonElement? Result { get; init; }

    /// <summary>Whether <see cref="Result"/> was cut to size.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Truncated { get; init; }

    /// <summary>The hash under which the whole result is stored, when <see cref="Result"/> is only a summary of it.</summary>
    public string? ResultHash { get; init; }

    /// <summary>The length of the whole result, in characters of JSON, when it is stored apart.</summary>
    public int? ResultLength { get; init; }

    /// <summary>Why it cannot be told, or who said so when it was a person.</summary>
    public string? Reason { get; init; }

    /// <summary>The operation that undoes it, when it was done and one does.</summary>
    public string? UndoneBy { get; init; }

    /// <summary>That operation's arguments, secrets masked and cut to size.</summary>
    public JsonElement? UndoArguments { get; init; }
}

/// <summary>A model call has ended. Its text is the part of the answer that is named here; it is not repeated.</summary>
public sealed record ModelCalled : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "model.called";

    /// <summary>Which call of the run, from 1.</summary>
    public required int Call { get; init; }

    /// <summary>The model as the provider names it.</summary>
    public required string Model { get; init; }

    /// <summary>Why it stopped: <c>stop</c>, <c>tool_calls</c>, <c>length</c>, <c>content_filter</c>.</summary>
    public required string FinishReason { get; init; }

    /// <summary>Where its text begins in the answer, in UTF-16 units.</summary>
    public required int AnswerFrom { get; init; }

    /// <summary>How long its text is.</summary>
    public required int AnswerLength { get; init; }

    /// <summary>The operations that it asks for.</summary>
    public IReadOnlyList<ModelToolCall> ToolCalls { get; init; } = [];

    /// <summary>Tokens read; null when the provider did not say.</summary>
    public long? InputTokens { get; init; }

    /// <summary>Tokens read from the provider's cache, a part of <see cref="InputTokens"/>.</summary>
    public long? CachedInputTokens { get; init; }

    /// <summary>Tokens written; null when the provider did not say.</summary>
    public long? OutputTokens { get; init; }

    /// <summary>Cost in US dollars; null when the price of the model is not known.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Milliseconds until the first token.</summary>
    public double? FirstTokenMs { get; init; }

    /// <summary>Milliseconds of the whole call.</summary>
    public double? DurationMs { get; init; }

    /// <summary>The hand-off inside which it was made, a step's id; null for the run itself.</summary>
    public string? Scope { get; init; }

    /// <summary><c>answer</c>, <c>plan</c> or <c>summary</c>; null is <c>answer</c>.</summary>
    public string? Purpose { get; init; }

    /// <summary>The prompt, stored once by its hash.</summary>
    public string? PromptHash { get; init; }

    /// <summary>What the model wrote, when that is no part of the run's answer: plans, and all within hand-offs.</summary>
    public string? Text { get; init; }

    /// <summary>How often providers were asked, when more than once.</summary>
    public int? Attempts { get; init; }

    /// <summary>The provider that answered, by its name in the configuration; null when that is not known.</summary>
    public string? Provider { get; init; }

    /// <summary>The registered prompt and its version that wrote the instructions, as <c>name@3</c>, or the version of the built-in ones; null in journals of before.</summary>
    public string? PromptVersion { get; init; }

    /// <summary>The variants of experiments that answered, as <c>experiment=variant</c>; null for none.</summary>
    public IReadOnlyList<string>? Variants { get; init; }

    /// <summary>The step of the degradation ladder at which it was answered, such as <c>reduced</c>; null for <c>full</c>.</summary>
    public string? Degradation { get; init; }
}

/// <summary>One operation that a model asks for.</summary>
public sealed record ModelToolCall
{
    /// <summary>The provider's id of the call.</summary>
    public required string Id { get; init; }

    /// <summary>The step that carries it out.</summary>
    public required string StepId { get; init; }

    /// <summary>The tool's name as the model wrote it.</summary>
    public required string Name { get; init; }

    /// <summary>The arguments as the model wrote them; not always JSON.</summary>
    public required string Arguments { get; init; }
}

/// <summary>A part of the answer.</summary>
public sealed record AnswerDelta : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "answer.delta";

    /// <summary>
    /// Where the text goes, in UTF-16 units from the start of the answer. Normally the end; if it lies before the end, what
    /// stands from there on is replaced (a model call that was cut off by a loss starts again).
    /// </summary>
    public required int Offset { get; init; }

    /// <summary>The text.</summary>
    public required string Text { get; init; }
}

/// <summary>The user wants the run to stop.</summary>
public sealed record CancelRequested : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.cancel_requested";

    /// <summary>Why, safe to show.</summary>
    public string? Reason { get; init; }
}

/// <summary>The run is over. Nothing follows, unless it stands on the dead-letter list and is replayed.</summary>
public sealed record RunEnded : RunFact
{
    /// <inheritdoc/>
    [JsonIgnore]
    public override string Type => "run.ended";

    /// <summary><c>completed</c>, <c>partial</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public required RunPhase Phase { get; init; }

    /// <summary>A stable code when it did not simply complete.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What is still open, for people.</summary>
    public IReadOnlyList<string> Open { get; init; } = [];

    /// <summary>Slots for the session's working memory; an empty value removes the slot.</summary>
    public IReadOnlyDictionary<string, string> WorkingMemory { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether it failed for technical reasons, after its retries: it can be replayed from the failed step.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsTechnical { get; init; }

    /// <summary>The steps whose failure ended it; a replay begins with them.</summary>
    public IReadOnlyList<string>? FailedSteps { get; init; }

    /// <summary>Where the text that tells of the end begins in the answer, in UTF-16 units; null when there is none. A replay takes it back.</summary>
    public int? AnswerFrom { get; init; }
}

/// <summary>Where a run is.</summary>
public enum RunPhase
{
    /// <summary>Asked for, not begun.</summary>
    [JsonStringEnumMemberName("requested")]
    Requested,

    /// <summary>Being worked on.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Waits for a person.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Done.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>Ended early; the answer says what is open.</summary>
    [JsonStringEnumMemberName("partial")]
    Partial,

    /// <summary>Ended with an error; the answer says which.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Stopped by the user; the answer says what was done.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}
