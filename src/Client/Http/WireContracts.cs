using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Runs;

namespace Steward.Client.Http;

/// <summary>Opens a session.</summary>
public sealed record CreateSessionRequest
{
    /// <summary>The session's id, <c>s-</c> followed by 1 to 94 of a-z, 0-9, '.', '_' and '-'. Without it one is made. An id that exists already returns that session.</summary>
    [MaxLength(96)]
    [RegularExpression("^s-[a-z0-9._-]+$")]
    public string? SessionId { get; init; }

    /// <summary>A title to show.</summary>
    [MaxLength(200)]
    public string? Title { get; init; }
}

/// <summary>A session.</summary>
public sealed record SessionResource
{
    /// <summary>The session's id.</summary>
    public required string SessionId { get; init; }

    /// <summary>Its title.</summary>
    public string? Title { get; init; }

    /// <summary>When it was opened.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The run that is being worked off, if any.</summary>
    public string? ActiveRunId { get; init; }

    /// <summary>How many messages wait behind it.</summary>
    public required int WaitingMessages { get; init; }

    /// <summary>The sequence number of the last message.</summary>
    public required long LastSequence { get; init; }

    /// <summary>The latest runs that go on without blocking the session: those in the background, and those that wait for a person; absent when there are none.</summary>
    public IReadOnlyList<string>? DetachedRunIds { get; init; }

    /// <summary>The session that this one is a copy of.</summary>
    public string? ForkedFrom { get; init; }

    /// <summary>A page of the transcript; not in the answer to opening a session.</summary>
    public TranscriptResource? Transcript { get; init; }
}

/// <summary>A page of a transcript, in order.</summary>
public sealed record TranscriptResource
{
    /// <summary>The messages.</summary>
    public required IReadOnlyList<MessageResource> Messages { get; init; }

    /// <summary>Pass this as <c>after</c> to get the next page; absent on the last one.</summary>
    public long? NextAfter { get; init; }
}

/// <summary>One message of a transcript.</summary>
public sealed record MessageResource
{
    /// <summary>Its place in the session, growing but not without gaps.</summary>
    public required long Sequence { get; init; }

    /// <summary><c>user</c> or <c>assistant</c>.</summary>
    public required string Role { get; init; }

    /// <summary>The text.</summary>
    public required string Text { get; init; }

    /// <summary>When it was accepted.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The run that it started or that answered.</summary>
    public required string RunId { get; init; }

    /// <summary>How the run ended, or where it was, for messages of the assistant.</summary>
    public RunResourceState? RunState { get; init; }

    /// <summary>Whether it was rolled back: shown, but no part of the conversation any more; absent when not.</summary>
    public bool? RolledBack { get; init; }

    /// <summary>Whether the run went on after it and another message of it follows; absent when not.</summary>
    public bool? Interim { get; init; }
}

/// <summary>Hands in a message.</summary>
public sealed record SubmitMessageRequest
{
    /// <summary>The message: 1 to 32,000 characters.</summary>
    /// <remarks>Not init-only: the generated reader would set it to null when it is left out.</remarks>
    [Required]
    [Length(1, 32_000)]
    public string Text { get; set; } = "";

    /// <summary>
    /// Chosen by the caller, 1 to 128 printable ASCII characters: the same id is the same message, and nothing is done twice. The header
    /// <c>Idempotency-Key</c> is another way to give it. Without either each request is a new message.
    /// </summary>
    [MaxLength(128)]
    public string? OperationId { get; init; }

    /// <summary>When an answer is due (RFC 3339); without it the platform's default applies.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>What to do while another message of the session is being worked off; without it the tenant's default applies.</summary>
    public DoubleTextingResource? DoubleTexting { get; init; }

    /// <summary>The agent that answers; without it the default one.</summary>
    [MaxLength(64)]
    [RegularExpression("^[a-z0-9][a-z0-9._-]*$")]
    public string? Agent { get; init; }

    /// <summary>The strategy to answer with, where the policy lets callers choose; without it the policy chooses.</summary>
    public StrategyResource? Strategy { get; init; }

    /// <summary>Whether nobody waits for the answer: the run neither blocks the session nor waits for others of it.</summary>
    public bool? Background { get; init; }

    /// <summary>Whether the work goes on in the background after the deadline; else it stops there.</summary>
    public bool? ContinueAfterDeadline { get; init; }

    /// <summary>Whether a person wants to see a plan before it is worked off.</summary>
    public bool? ReviewPlan { get; init; }

    /// <summary>What the run may use at most; limits of the agent and of the platform hold as well.</summary>
    public LimitsResource? Limits { get; init; }

    /// <summary>The webhook that is told of the end, besides the tenant's own.</summary>
    [MaxLength(96)]
    public string? WebhookId { get; init; }
}

/// <summary>What a run may use at most; what is left out is not limited here.</summary>
public sealed record LimitsResource
{
    /// <summary>Steps: calls of tools and hand-offs; 1 to 1,000.</summary>
    [Range(1, 1000)]
    public int? Steps { get; init; }

    /// <summary>Calls of models; 1 to 1,000.</summary>
    [Range(1, 1000)]
    public int? ModelCalls { get; init; }

    /// <summary>Tokens read and written; 1 to 1,000,000,000.</summary>
    [Range(1, 1_000_000_000)]
    public long? Tokens { get; init; }

    /// <summary>US dollars, more than 0 and at most 100,000. Models whose price is not known are then not called.</summary>
    public decimal? CostUsd { get; init; }

    /// <summary>Seconds of work, more than 0 and at most 2,592,000; waiting for people does not count.</summary>
    public double? Seconds { get; init; }
}

/// <summary>How a run is answered.</summary>
[JsonConverter(typeof(StrategyResourceConverter))]
public enum StrategyResource
{
    /// <summary>One model call.</summary>
    [JsonStringEnumMemberName("direct")]
    Direct,

    /// <summary>A playbook.</summary>
    [JsonStringEnumMemberName("playbook")]
    Playbook,

    /// <summary>A model that reasons, acts and observes.</summary>
    [JsonStringEnumMemberName("react")]
    React,

    /// <summary>A model that plans first.</summary>
    [JsonStringEnumMemberName("plan")]
    Plan,
}

/// <summary>Takes the names only: numbers are no part of the API.</summary>
public sealed class StrategyResourceConverter() : JsonStringEnumConverter<StrategyResource>(namingPolicy: null, allowIntegerValues: false);

/// <summary>What a second message does.</summary>
[JsonConverter(typeof(DoubleTextingResourceConverter))]
public enum DoubleTextingResource
{
    /// <summary>It waits for its turn.</summary>
    [JsonStringEnumMemberName("enqueue")]
    Enqueue,

    /// <summary>It is rejected.</summary>
    [JsonStringEnumMemberName("reject")]
    Reject,

    /// <summary>The active run is stopped; what was shown stays. The new message begins when it has ended.</summary>
    [JsonStringEnumMemberName("interrupt")]
    Interrupt,

    /// <summary>The active run is stopped and its unfinished turn leaves the conversation. What was done to other systems is not undone.</summary>
    [JsonStringEnumMemberName("roll_back")]
    RollBack,
}

/// <summary>Takes the names only: numbers are no part of the API.</summary>
public sealed class DoubleTextingResourceConverter() : JsonStringEnumConverter<DoubleTextingResource>(namingPolicy: null, allowIntegerValues: false);

/// <summary>What became of a message.</summary>
public sealed record SubmittedResource
{
    /// <summary>Started, queued, or a repetition of an earlier message.</summary>
    public required SubmittedOutcome Outcome { get; init; }

    /// <summary>The run that works it off.</summary>
    public required string RunId { get; init; }

    /// <summary>The id under which the message is known.</summary>
    public required string OperationId { get; init; }

    /// <summary>How many runs of the session are before it; absent when it was started.</summary>
    public int? QueuePosition { get; init; }
}

/// <summary>The kinds of <see cref="SubmittedResource"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SubmittedOutcome>))]
public enum SubmittedOutcome
{
    /// <summary>The run has started.</summary>
    [JsonStringEnumMemberName("started")]
    Started,

    /// <summary>The run starts when those before it have ended.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>This operation id was seen before; the run is the one from then.</summary>
    [JsonStringEnumMemberName("duplicate")]
    Duplicate,
}

/// <summary>Stops a run.</summary>
public sealed record CancelRunRequest
{
    /// <summary>Why.</summary>
    [MaxLength(500)]
    public string? Reason { get; init; }
}

/// <summary>A run.</summary>
public sealed record RunResource
{
    /// <summary>The run's id.</summary>
    public required string RunId { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public required string SessionId { get; init; }

    /// <summary>Where it is.</summary>
    public required RunResourceState State { get; init; }

    /// <summary>When it was requested.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>The answer so far.</summary>
    public required string Answer { get; init; }

    /// <summary>The sequence number of the last event.</summary>
    public required long LastSequence { get; init; }

    /// <summary>Which strategy answers: <c>direct</c>, <c>playbook</c>, <c>react</c>, <c>plan</c> or <c>none</c>; absent before it is chosen.</summary>
    public string? Strategy { get; init; }

    /// <summary>The playbook, if one was chosen.</summary>
    public string? Playbook { get; init; }

    /// <summary>A stable code when it did not simply complete.</summary>
    public string? ErrorCode { get; init; }

    /// <summary>What models used.</summary>
    public required UsageResource Usage { get; init; }

    /// <summary>The open decisions that it waits for; absent when there are none.</summary>
    public IReadOnlyList<DecisionResource>? WaitingFor { get; init; }

    /// <summary>What it waits for, for people; absent while it does not wait.</summary>
    public string? WaitsFor { get; init; }

    /// <summary>How many runs are before it in the queue; absent when it does not wait in one.</summary>
    public int? QueuePosition { get; init; }

    /// <summary>Which attempt this is, from 1; each replay begins a new one.</summary>
    public int Attempt { get; init; } = 1;

    /// <summary>Whether it failed for technical reasons and can be replayed; absent when not.</summary>
    public bool? Replayable { get; init; }

    /// <summary>The agent that was asked for; absent for the default one.</summary>
    public string? Agent { get; init; }

    /// <summary>Whether it works in the background: as such from the start, or since its deadline; absent when not.</summary>
    public bool? Background { get; init; }

    /// <summary>What was remembered of the caller when it began, constraints first; absent when nothing was.</summary>
    public IReadOnlyList<RunMemoryItem>? Memories { get; init; }

    /// <summary>The step of the degradation ladder (<c>reduced</c>, <c>cached</c>, <c>queue</c>) that had a part in the answer; absent when everything was as usual.</summary>
    public string? Degradation { get; init; }
}

/// <summary>Where a run is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<RunResourceState>))]
public enum RunResourceState
{
    /// <summary>Waits behind another run of its session.</summary>
    [JsonStringEnumMemberName("queued")]
    Queued,

    /// <summary>Being worked on.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Waits for a person.</summary>
    [JsonStringEnumMemberName("waiting")]
    Waiting,

    /// <summary>Done.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>Ended at its deadline or budget; the answer says what is open.</summary>
    [JsonStringEnumMemberName("partial")]
    Partial,

    /// <summary>Ended with an error; the answer says which.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Stopped by the user.</summary>
    [JsonStringEnumMemberName("cancelled")]
    Cancelled,
}

/// <summary>What a run used of models.</summary>
public sealed record UsageResource
{
    /// <summary>Model calls.</summary>
    public required int ModelCalls { get; init; }

    /// <summary>Tokens read.</summary>
    public required long InputTokens { get; init; }

    /// <summary>Tokens written.</summary>
    public required long OutputTokens { get; init; }

    /// <summary>Cost in US dollars; absent when the model's price is not known.</summary>
    public decimal? CostUsd { get; init; }
}

/// <summary>The <c>data</c> of a server-sent event: one event of a run.</summary>
public sealed record RunEventResource
{
    /// <summary>Place in the run, from 1, without gaps; also the server-sent event's <c>id</c>.</summary>
    public required long Sequence { get; init; }

    /// <summary>What happened; also the server-sent event's <c>event</c>. <c>run.ended</c> is the last one.</summary>
    public required string Type { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The details, an object; docs/api/events.md lists them by type.</summary>
    public required JsonElement Data { get; init; }
}

/// <summary>Who the caller is.</summary>
public sealed record CallerResource
{
    /// <summary>The tenant.</summary>
    public required string TenantId { get; init; }

    /// <summary>The person or service account.</summary>
    public required string UserId { get; init; }

    /// <summary>Display name, if known.</summary>
    public string? Name { get; init; }

    /// <summary>Mail address, if known.</summary>
    public string? Email { get; init; }

    /// <summary>Roles in the tenant.</summary>
    public required IReadOnlyList<string> Roles { get; init; }
}

/// <summary>Problem details (RFC 9457) with Steward's members.</summary>
public sealed record ProblemResource
{
    /// <summary>A URI that names the kind of problem.</summary>
    public required string Type { get; init; }

    /// <summary>The kind of problem, for people.</summary>
    public required string Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What went wrong here, for people.</summary>
    public string? Detail { get; init; }

    /// <summary>The path that was asked for.</summary>
    public string? Instance { get; init; }

    /// <summary>A stable, machine-readable code.</summary>
    public required string Code { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    public bool Retryable { get; init; }

    /// <summary>Seconds to wait before trying again; also in the header <c>Retry-After</c>.</summary>
    public double? RetryAfter { get; init; }

    /// <summary>Whether the request may have taken effect although it failed.</summary>
    public bool? OutcomeUnknown { get; init; }

    /// <summary>The input that was rejected.</summary>
    public string? Field { get; init; }

    /// <summary>Names the request in logs and traces.</summary>
    public string? TraceId { get; init; }
}

/// <summary>JSON of the HTTP API as a server reads and writes it: unknown and repeated members are refused, absent values are not written.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CreateSessionRequest))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SubmitMessageRequest))]
[JsonSerializable(typeof(SubmittedResource))]
[JsonSerializable(typeof(CancelRunRequest))]
[JsonSerializable(typeof(RunResource))]
[JsonSerializable(typeof(RunEventResource))]
[JsonSerializable(typeof(CallerResource))]
[JsonSerializable(typeof(DecisionListResource))]
[JsonSerializable(typeof(DecideRequest))]
[JsonSerializable(typeof(ForkSessionRequest))]
[JsonSerializable(typeof(DeadLetterResource))]
[JsonSerializable(typeof(DeadLetterPageResource))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(CloseDeadLetterRequest))]
[JsonSerializable(typeof(RunTraceResource))]
[JsonSerializable(typeof(ProblemResource))]
public sealed partial class StewardWireJson : JsonSerializerContext;

/// <summary>JSON of the HTTP API as a client reads it: members of later versions are passed over.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 512)]
[JsonSerializable(typeof(CreateSessionRequest))]
[JsonSerializable(typeof(SessionResource))]
[JsonSerializable(typeof(SubmitMessageRequest))]
[JsonSerializable(typeof(SubmittedResource))]
[JsonSerializable(typeof(CancelRunRequest))]
[JsonSerializable(typeof(RunResource))]
[JsonSerializable(typeof(RunEventResource))]
[JsonSerializable(typeof(DecisionListResource))]
[JsonSerializable(typeof(DecideRequest))]
[JsonSerializable(typeof(ForkSessionRequest))]
[JsonSerializable(typeof(DeadLetterResource))]
[JsonSerializable(typeof(DeadLetterPageResource))]
[JsonSerializable(typeof(ReplayRequest))]
[JsonSerializable(typeof(CloseDeadLetterRequest))]
[JsonSerializable(typeof(JsonDocument))]
[JsonSerializable(typeof(ProblemResource))]
internal sealed partial class ClientWireJson : JsonSerializerContext;
