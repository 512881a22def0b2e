using System.Text.Json.Serialization;

namespace Steward.Memory;

/// <summary>What a memory is.</summary>
[GenerateSerializer]
[Alias("steward.memory-kind")]
[JsonConverter(typeof(JsonStringEnumConverter<MemoryKind>))]
public enum MemoryKind
{
    /// <summary>How somebody likes things.</summary>
    [JsonStringEnumMemberName("preference")]
    Preference,

    /// <summary>Something that is so: a role, a place, a device.</summary>
    [JsonStringEnumMemberName("fact")]
    Fact,

    /// <summary>What must be kept to always. It never fades and is always considered.</summary>
    [JsonStringEnumMemberName("constraint")]
    Constraint,

    /// <summary>What an earlier conversation was about.</summary>
    [JsonStringEnumMemberName("interaction")]
    Interaction,

    /// <summary>What was learnt from several of them.</summary>
    [JsonStringEnumMemberName("pattern")]
    Pattern,
}

/// <summary>Where a memory comes from; later ones are trusted more.</summary>
[GenerateSerializer]
[Alias("steward.memory-source")]
[JsonConverter(typeof(JsonStringEnumConverter<MemorySource>))]
public enum MemorySource
{
    /// <summary>Concluded from what somebody does.</summary>
    [JsonStringEnumMemberName("inferred")]
    Inferred,

    /// <summary>A system of the company.</summary>
    [JsonStringEnumMemberName("system")]
    System,

    /// <summary>The person said so.</summary>
    [JsonStringEnumMemberName("said")]
    Said,

    /// <summary>The person corrected it.</summary>
    [JsonStringEnumMemberName("corrected")]
    Corrected,
}

/// <summary>One thing that is remembered.</summary>
[GenerateSerializer]
[Alias("steward.memory-item")]
public sealed record MemoryItem
{
    /// <summary>Its id, unique in the person's memory; never given twice.</summary>
    [Id(0)]
    public required long Id { get; init; }

    /// <summary>What it is.</summary>
    [Id(1)]
    public required MemoryKind Kind { get; init; }

    /// <summary>Whom it is about; <c>self</c> is the person.</summary>
    [Id(2)]
    public required string Subject { get; init; }

    /// <summary>What of them, for example <c>manager</c>.</summary>
    [Id(3)]
    public required string Slot { get; init; }

    /// <summary>The value, as it was said.</summary>
    [Id(4)]
    public required string Value { get; init; }

    /// <summary>Where it comes from.</summary>
    [Id(5)]
    public required MemorySource Source { get; init; }

    /// <summary>The messages that said it, oldest first; at most the last eight.</summary>
    [Id(6)]
    public IReadOnlyList<string> MessageIds { get; init; } = [];

    /// <summary>How sure it is, 0 to 1.</summary>
    [Id(7)]
    public required double Confidence { get; init; }

    /// <summary>Since when it holds; later than now where it is to come. A day that was named begins at midnight in the person's time zone, whose offset it has; UTC where that is not known.</summary>
    [Id(8)]
    public required DateTimeOffset ValidFrom { get; init; }

    /// <summary>When it was written down.</summary>
    [Id(9)]
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>On which day it was last of use, or when it was said again; null never.</summary>
    [Id(10)]
    public DateTimeOffset? LastUsed { get; init; }

    /// <summary>Whether it holds now; also what is to come.</summary>
    [Id(11)]
    public required bool Holds { get; init; }

    /// <summary>The memory that took its place, or does from <see cref="ValidTo"/> on; null when it holds on or was taken back.</summary>
    [Id(12)]
    public long? SupersededBy { get; init; }

    /// <summary>Since when it does not hold any more, or, later than now, until when it still does; null where nothing takes its place.</summary>
    [Id(13)]
    public DateTimeOffset? ValidTo { get; init; }
}

/// <summary>A value that holds of a person.</summary>
[GenerateSerializer]
[Alias("steward.held-memory")]
public sealed record HeldMemory
{
    /// <summary>What of them.</summary>
    [Id(0)]
    public required string Slot { get; init; }

    /// <summary>The value.</summary>
    [Id(1)]
    public required string Value { get; init; }

    /// <summary>Whether it is the last thing that was said, at most half an hour before.</summary>
    [Id(2)]
    public bool IsLatest { get; init; }
}

/// <summary>Something that a message said.</summary>
[GenerateSerializer]
[Alias("steward.memory-statement")]
public sealed record MemoryStatement
{
    /// <summary>What it is.</summary>
    [Id(0)]
    public required MemoryKind Kind { get; init; }

    /// <summary>Whom it is about.</summary>
    [Id(1)]
    public required string Subject { get; init; }

    /// <summary>What of them.</summary>
    [Id(2)]
    public required string Slot { get; init; }

    /// <summary>The value; empty for a retraction that names none.</summary>
    [Id(3)]
    public required string Value { get; init; }

    /// <summary>Whether it takes something back.</summary>
    [Id(4)]
    public bool IsRetraction { get; init; }

    /// <summary>How sure it is, 0 to 1.</summary>
    [Id(5)]
    public required double Confidence { get; init; }

    /// <summary>The words that say when it holds, as they were said, such as "since March"; at most 80 characters; null where there are none. Only the day that they mean is kept.</summary>
    [Id(6)]
    public string? When { get; init; }

    /// <summary>Since when it holds, where it is another time than when it was said.</summary>
    [Id(7)]
    public DateTimeOffset? ValidFrom { get; init; }
}

/// <summary>What a message said.</summary>
[GenerateSerializer]
[Alias("steward.note-statements")]
public sealed record NoteStatements
{
    /// <summary>The message: its session and its number in it.</summary>
    [Id(0)]
    public required string MessageId { get; init; }

    /// <summary>When it was said.</summary>
    [Id(1)]
    public required DateTimeOffset SaidAt { get; init; }

    /// <summary>Who says so.</summary>
    [Id(2)]
    public MemorySource Source { get; init; } = MemorySource.Said;

    /// <summary>What, in its order; at most 32, and at least one where there is no request.</summary>
    [Id(3)]
    public required IReadOnlyList<MemoryStatement> Statements { get; init; }

    /// <summary>What was asked for, where a run tells of its end.</summary>
    [Id(4)]
    public NotedRequest? Request { get; init; }
}

/// <summary>A request that a run has worked off, without anything that was said in it.</summary>
[GenerateSerializer]
[Alias("steward.noted-request")]
public sealed record NotedRequest
{
    /// <summary>The run.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>The playbook or the operation, for example <c>playbook:reset-password</c>; 1 to 200 characters. Null when it was neither.</summary>
    [Id(1)]
    public string? Topic { get; init; }

    /// <summary>What was left open, in the words of its actions; at most 8 of 400 characters each.</summary>
    [Id(2)]
    public IReadOnlyList<string> Open { get; init; } = [];
}

/// <summary>Asks for what fits.</summary>
[GenerateSerializer]
[Alias("steward.recall-memories")]
public sealed record RecallMemories
{
    /// <summary>The question; at most the first 64 words count.</summary>
    [Id(0)]
    public required string Text { get; init; }

    /// <summary>The most memories, 1 to 100.</summary>
    [Id(1)]
    public int Top { get; init; } = 10;

    /// <summary>How many tokens they may take together, a token counted as four characters; null does not limit them.</summary>
    [Id(2)]
    public int? MaxTokens { get; init; }

    /// <summary>Only of these kinds; null of all.</summary>
    [Id(3)]
    public IReadOnlyList<MemoryKind>? Kinds { get; init; }

    /// <summary>The run that will use them, for the record of accesses; null when a person looks, or when the platform only asks whether there is anything.</summary>
    [Id(4)]
    public string? RunId { get; init; }

    /// <summary>The question's direction in the embedder's space; null leaves the words alone.</summary>
    [Id(5)]
    public float[]? Vector { get; init; }

    /// <summary>The embedder's version: vectors of another one are not compared.</summary>
    [Id(6)]
    public string? VectorVersion { get; init; }
}

/// <summary>What was recalled.</summary>
[GenerateSerializer]
[Alias("steward.memory-recall")]
public sealed record MemoryRecall
{
    /// <summary>Constraints first, then the best.</summary>
    [Id(0)]
    public required IReadOnlyList<RecalledMemory> Memories { get; init; }

    /// <summary>By what it was looked for: <c>words</c>, or <c>words and meaning</c> where an embedder works.</summary>
    [Id(1)]
    public required string Mode { get; init; }

    /// <summary>How many memories hold, of all kinds.</summary>
    [Id(2)]
    public int Count { get; init; }
}

/// <summary>A memory that was recalled.</summary>
[GenerateSerializer]
[Alias("steward.recalled-memory")]
public sealed record RecalledMemory
{
    /// <summary>The memory.</summary>
    [Id(0)]
    public required MemoryItem Memory { get; init; }

    /// <summary>How well it fits; comparable within one answer only.</summary>
    [Id(1)]
    public required double Score { get; init; }

    /// <summary>Why: <c>constraint</c>, <c>words</c>, <c>meaning</c> or <c>words and meaning</c>.</summary>
    [Id(2)]
    public required string Reason { get; init; }
}

/// <summary>Asks for a page of what is remembered.</summary>
[GenerateSerializer]
[Alias("steward.list-memories")]
public sealed record ListMemories
{
    /// <summary>Only those with a higher id. Default 0.</summary>
    [Id(0)]
    public long After { get; init; }

    /// <summary>1 to 200.</summary>
    [Id(1)]
    public int Limit { get; init; } = 50;

    /// <summary>Only of this kind; null of all.</summary>
    [Id(2)]
    public MemoryKind? Kind { get; init; }

    /// <summary>Whether also what does not hold any more.</summary>
    [Id(3)]
    public bool IncludeSuperseded { get; init; }

    /// <summary>The run that asks for the person, for the record of accesses; null when the person does.</summary>
    [Id(4)]
    public string? RunId { get; init; }
}

/// <summary>A page of memories.</summary>
[GenerateSerializer]
[Alias("steward.memory-page")]
public sealed record MemoryPage
{
    /// <summary>By id.</summary>
    [Id(0)]
    public required IReadOnlyList<MemoryItem> Memories { get; init; }

    /// <summary>Ask for those after this id to get the next page; null at the end.</summary>
    [Id(1)]
    public long? NextAfter { get; init; }
}

/// <summary>Corrects a memory.</summary>
[GenerateSerializer]
[Alias("steward.correct-memory")]
public sealed record CorrectMemory
{
    /// <summary>Which one.</summary>
    [Id(0)]
    public required long MemoryId { get; init; }

    /// <summary>What is right; 1 to 400 characters.</summary>
    [Id(1)]
    public required string Value { get; init; }

    /// <summary>Chosen by the caller; 1 to 128 characters. The same one again changes nothing.</summary>
    [Id(2)]
    public required string OperationId { get; init; }
}

/// <summary>Forgets memories.</summary>
[GenerateSerializer]
[Alias("steward.forget-memories")]
public sealed record ForgetMemories
{
    /// <summary>Which; 1 to 200. Those that are not there are passed over.</summary>
    [Id(0)]
    public required IReadOnlyList<long> MemoryIds { get; init; }

    /// <summary>Chosen by the caller; 1 to 128 characters. The same one again changes nothing.</summary>
    [Id(1)]
    public required string OperationId { get; init; }
}

/// <summary>What was forgotten.</summary>
[GenerateSerializer]
[Alias("steward.memory-forgotten")]
public sealed record MemoryForgotten
{
    /// <summary>How many memories, with what they had superseded; 0 when they were gone already.</summary>
    [Id(0)]
    public required int Count { get; init; }

    /// <summary>When.</summary>
    [Id(1)]
    public required DateTimeOffset At { get; init; }
}
