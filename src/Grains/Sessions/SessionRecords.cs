using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Identity;
using Steward.Runs;

namespace Steward.Sessions;

/// <summary>The record types in a session's journal.</summary>
internal static class SessionRecordTypes
{
    public const string Opened = "session.opened";
    public const string UserMessage = "message.user";
    public const string AssistantMessage = "message.assistant";
}

/// <summary>The session was opened.</summary>
internal sealed record SessionOpened
{
    public string? Title { get; init; }
}

/// <summary>A message of the user was accepted.</summary>
internal sealed record UserMessageAccepted
{
    public required string OperationId { get; init; }
    public required string RunId { get; init; }
    public required string Text { get; init; }
    public required CallerIdentity Requester { get; init; }
    public DateTimeOffset? Deadline { get; init; }
}

/// <summary>A run ended and its answer joined the conversation.</summary>
internal sealed record AssistantMessageRecorded
{
    public required string RunId { get; init; }
    public required string Text { get; init; }
    public required RunState State { get; init; }
    public IReadOnlyDictionary<string, string>? WorkingMemory { get; init; }
}

/// <summary>JSON of the session's journal.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(SessionOpened))]
[JsonSerializable(typeof(UserMessageAccepted))]
[JsonSerializable(typeof(AssistantMessageRecorded))]
internal sealed partial class SessionJson : JsonSerializerContext;
