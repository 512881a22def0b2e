using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Sessions;

/// <summary>The record types in a session's journal.</summary>
internal static class SessionRecordTypes
{
    public const string Opened = "session.opened";
    public const string Forked = "session.forked";
    public const string Retired = "session.retired";
    public const string UserMessage = "message.user";
    public const string AssistantMessage = "message.assistant";
    public const string RolledBack = "message.rolled_back";
    public const string Copied = "message.copied";
    public const string Detached = "run.detached";
    public const string Remembered = "message.remembered";
}

/// <summary>What all records of a session say.</summary>
internal abstract record SessionRecord
{
    /// <summary>The oldest message that had no end when this was written: an activation reads the journal from there. Null when there was none.</summary>
    public long? OpenSince { get; init; }
}

/// <summary>What can be read of a record without knowing its type.</summary>
internal sealed record SessionRecordHead : SessionRecord;

/// <summary>The session was opened.</summary>
internal sealed record SessionOpened : SessionRecord
{
    public string? Title { get; init; }

    /// <summary>What it is a copy of; the copies follow, and <see cref="SessionForked"/> when they are complete.</summary>
    public ForkOrigin? ForkOf { get; init; }
}

/// <summary>The session and message up to which a session was copied.</summary>
internal sealed record ForkOrigin(string SessionId, long ThroughSequence);

/// <summary>A message was copied from another session.</summary>
internal sealed record MessageCopied : SessionRecord
{
    public required long SourceSequence { get; init; }
    public required string Role { get; init; }
    public required string Text { get; init; }
    public required string RunId { get; init; }
    public required DateTimeOffset At { get; init; }
    public RunState? State { get; init; }
}

/// <summary>All messages were copied.</summary>
internal sealed record SessionForked : SessionRecord;

/// <summary>Everything before was removed by retention.</summary>
internal sealed record SessionRetired : SessionRecord
{
    public required DateTimeOffset CreatedAt { get; init; }
    public ForkOrigin? ForkOf { get; init; }
}

/// <summary>A message of the user was accepted.</summary>
internal sealed record UserMessageAccepted : SessionRecord
{
    public required string OperationId { get; init; }
    public required string RunId { get; init; }
    public required string Text { get; init; }
    public required CallerIdentity Requester { get; init; }
    public DateTimeOffset? Deadline { get; init; }
    public RunRequestOptions? Options { get; init; }

    /// <summary>The runs that are stopped because of it.</summary>
    public IReadOnlyList<string>? Supersedes { get; init; }

    [JsonIgnore]
    public bool IsBackground => Options?.Background == true;
}

/// <summary>The turns of these runs are no part of the conversation any more.</summary>
internal sealed record MessageRolledBack : SessionRecord
{
    public required IReadOnlyList<string> RunIds { get; init; }
}

/// <summary>A background run has begun; its end comes without being asked for.</summary>
internal sealed record RunDetached : SessionRecord
{
    public required string RunId { get; init; }

    /// <inheritdoc cref="AssistantMessageRecorded.Unremembered"/>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unremembered { get; init; }
}

/// <summary>What a message said is in its author's memory at last.</summary>
internal sealed record MessageRemembered : SessionRecord
{
    public required string RunId { get; init; }
}

/// <summary>A run ended and its answer joined the conversation; or it goes on without blocking the session.</summary>
internal sealed record AssistantMessageRecorded : SessionRecord
{
    public required string RunId { get; init; }
    public required string Text { get; init; }
    public required RunState State { get; init; }
    public IReadOnlyDictionary<string, string>? WorkingMemory { get; init; }

    /// <summary>Which attempt, from 1; null is 1.</summary>
    public int? Attempt { get; init; }

    /// <summary>Whether the run goes on.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Interim { get; init; }

    /// <summary>Whether it is not known that what the message said is in its author's memory: <see cref="MessageRemembered"/> follows.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Unremembered { get; init; }

    /// <summary>Whether the turn had been rolled back and this is shown only.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool RolledBack { get; init; }
}

/// <summary>JSON of the session's journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SessionRecordHead))]
[JsonSerializable(typeof(SessionOpened))]
[JsonSerializable(typeof(SessionForked))]
[JsonSerializable(typeof(SessionRetired))]
[JsonSerializable(typeof(UserMessageAccepted))]
[JsonSerializable(typeof(AssistantMessageRecorded))]
[JsonSerializable(typeof(MessageRolledBack))]
[JsonSerializable(typeof(MessageCopied))]
[JsonSerializable(typeof(RunDetached))]
[JsonSerializable(typeof(MessageRemembered))]
internal sealed partial class SessionJson : JsonSerializerContext;
