namespace Steward.Triage;

/// <summary>How far an import is.</summary>
[GenerateSerializer]
[Alias("steward.triage-import-state")]
public enum TriageImportState
{
    /// <summary>Parts of the file are coming.</summary>
    Receiving,

    /// <summary>Rows are being read.</summary>
    Running,

    /// <summary>All rows were read.</summary>
    Done,

    /// <summary>Somebody ended it.</summary>
    Cancelled,

    /// <summary>The file could not be read.</summary>
    Failed,
}

/// <summary>How far an import is.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-import-info")]
public sealed record TriageImport
{
    /// <summary>Its id.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>How far it is.</summary>
    [Id(1)]
    public required TriageImportState State { get; init; }

    /// <summary>Bytes received.</summary>
    [Id(2)]
    public long Bytes { get; init; }

    /// <summary>Bytes read: what progress is measured by.</summary>
    [Id(3)]
    public long BytesRead { get; init; }

    /// <summary>Rows taken.</summary>
    [Id(4)]
    public long Rows { get; init; }

    /// <summary>Rows that could not be used.</summary>
    [Id(5)]
    public long BadRows { get; init; }

    /// <summary>The first 100 of them.</summary>
    [Id(6)]
    public IReadOnlyList<TriageImportProblem> Problems { get; init; } = [];

    /// <summary>Why it failed.</summary>
    [Id(7)]
    public string? Error { get; init; }

    /// <summary>When the first part came.</summary>
    [Id(8)]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended.</summary>
    [Id(9)]
    public DateTimeOffset? EndedAt { get; init; }
}

/// <summary>A row that could not be used.</summary>
[GenerateSerializer]
[Immutable]
[Alias("steward.triage-import-problem")]
public sealed record TriageImportProblem
{
    /// <summary>The line at which it begins; the first is 1.</summary>
    [Id(0)]
    public required long Line { get; init; }

    /// <summary>Why, without what the row says.</summary>
    [Id(1)]
    public required string Problem { get; init; }
}
