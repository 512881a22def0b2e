using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Identity;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Sandbox;

/// <summary>How far a lease is, folded from its journal. Pure. A lease goes forward only, ends once, and is destroyed after it ended.</summary>
internal sealed class LeaseFold : IFolded
{
    /// <summary>In whose name the code runs; null before it was asked for.</summary>
    public CallerIdentity? By { get; set; }

    /// <summary>What was asked for; null before.</summary>
    public LeaseRequested? Request { get; set; }

    public DateTimeOffset RequestedAt { get; set; }

    public SandboxState State { get; set; }

    /// <summary>How it ended; null before.</summary>
    public LeaseEnded? End { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public bool IsDestroyed { get; set; }

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>Whether a step may follow.</summary>
    /// <param name="type">A type of <see cref="LeaseRecordTypes"/>.</param>
    /// <param name="next">The state that the step leads to, for an end.</param>
    public bool Takes(string type, SandboxState next = SandboxState.Failed) => type switch
    {
        LeaseRecordTypes.Requested => Request is null,
        LeaseRecordTypes.Granted => Request is not null && State == SandboxState.Requested,
        LeaseRecordTypes.Running => State == SandboxState.Granted,
        LeaseRecordTypes.Ended => Request is not null && End is null && next >= SandboxState.Finished && (next != SandboxState.Finished || State == SandboxState.Running),
        LeaseRecordTypes.Destroyed => End is not null && !IsDestroyed,
        _ => false,
    };

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        var ended = entry.Type == LeaseRecordTypes.Ended ? JsonSerializer.Deserialize(entry.Payload.Span, LeaseJson.Default.LeaseEnded) : null;
        if (!Takes(entry.Type, ended?.State ?? SandboxState.Failed))
        {
            return;
        }

        switch (entry.Type)
        {
            case LeaseRecordTypes.Requested:
                Request = JsonSerializer.Deserialize(entry.Payload.Span, LeaseJson.Default.LeaseRequested)!;
                By = Request.By;
                RequestedAt = entry.At;
                break;
            case LeaseRecordTypes.Granted:
                State = SandboxState.Granted;
                break;
            case LeaseRecordTypes.Running:
                State = SandboxState.Running;
                break;
            case LeaseRecordTypes.Ended:
                End = ended;
                State = ended!.State;
                EndedAt = entry.At;
                break;
            case LeaseRecordTypes.Destroyed:
                IsDestroyed = true;
                break;
        }
    }
}

/// <summary>The record types in a lease's journal.</summary>
internal static class LeaseRecordTypes
{
    public const string Requested = "sandbox.requested";
    public const string Granted = "sandbox.granted";
    public const string Running = "sandbox.running";
    public const string Ended = "sandbox.ended";
    public const string Destroyed = "sandbox.destroyed";
}

/// <summary>Somebody asked for an execution.</summary>
internal sealed record LeaseRequested
{
    public required CallerIdentity By { get; init; }

    public required string Language { get; init; }

    /// <summary>SHA-256 of the code.</summary>
    public required string CodeHash { get; init; }

    /// <summary>The content that holds the code, sealed for its tenant.</summary>
    public required string SealedCode { get; init; }

    public required bool IsBackground { get; init; }

    public required DateTimeOffset Deadline { get; init; }

    /// <summary>Names and hashes of the files that went in.</summary>
    public IReadOnlyList<SandboxFileInfo> Files { get; init; } = [];

    public string? RunId { get; init; }

    public string? StepId { get; init; }
}

/// <summary>Nothing of it computes any more.</summary>
internal sealed record LeaseEnded
{
    public required SandboxState State { get; init; }

    public required string Code { get; init; }

    public required string Reason { get; init; }

    /// <summary>The content that holds the result; null when nothing but the reason came of it.</summary>
    public string? Result { get; init; }

    /// <summary>The files, which are contents by their hashes.</summary>
    public IReadOnlyList<SandboxFileInfo> Files { get; init; } = [];

    /// <summary>The number of the last event.</summary>
    public long LastSequence { get; init; }
}

/// <summary>A step without particulars.</summary>
internal sealed record LeaseStep(string? Provider = null);

/// <summary>How a lease's journal and its result are written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LeaseFold))]
[JsonSerializable(typeof(LeaseRequested))]
[JsonSerializable(typeof(LeaseEnded))]
[JsonSerializable(typeof(LeaseStep))]
[JsonSerializable(typeof(SandboxResult))]
internal sealed partial class LeaseJson : JsonSerializerContext;
