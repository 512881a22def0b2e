using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Operations;
using Steward.Storage;

namespace Steward.Triage;

/// <summary>What an import knows, folded from its journal. Pure.</summary>
internal sealed class ImportFold : IFolded
{
    /// <summary>How many bad rows are named.</summary>
    public const int MaxProblems = 100;

    /// <summary>Who began it; null before that.</summary>
    public string? By { get; set; }

    public DateTimeOffset StartedAt { get; set; }

    public DateTimeOffset? EndedAt { get; set; }

    public TriageImportState Stage { get; set; }

    /// <summary>Parts that were taken.</summary>
    public int Parts { get; set; }

    /// <summary>The hash of the last part: whoever sends it again has not heard that it was taken.</summary>
    public string? LastPart { get; set; }

    /// <summary>When the last part came, or the import began.</summary>
    public DateTimeOffset LastPartAt { get; set; }

    public long Bytes { get; set; }

    public long BytesRead { get; set; }

    /// <summary>Rows that were read, good and bad ones: where reading goes on.</summary>
    public long Position { get; set; }

    public long Rows { get; set; }

    public long BadRows { get; set; }

    public List<TriageImportProblem> Problems { get; set; } = [];

    public string? Error { get; set; }

    /// <summary>Whether the file was removed.</summary>
    public bool Emptied { get; set; }

    /// <inheritdoc/>
    public long PurgedThrough { get; set; }

    /// <summary>Whether it is over.</summary>
    [JsonIgnore]
    public bool HasEnded => Stage is TriageImportState.Done or TriageImportState.Cancelled or TriageImportState.Failed;

    /// <summary>What others are told.</summary>
    public TriageImport ToInfo(string id) => new()
    {
        Id = id,
        State = Stage,
        Bytes = Bytes,
        BytesRead = BytesRead,
        Rows = Rows,
        BadRows = BadRows,
        Problems = [.. Problems],
        Error = Error,
        StartedAt = StartedAt,
        EndedAt = EndedAt,
    };

    /// <inheritdoc/>
    public void Apply(JournalEntry entry)
    {
        switch (entry.Type)
        {
            case ImportRecordTypes.Started:
                By = JsonSerializer.Deserialize(entry.Payload.Span, ImportJson.Default.ImportStarted)!.By;
                StartedAt = entry.At;
                LastPartAt = entry.At;
                break;
            case ImportRecordTypes.Part:
                var part = JsonSerializer.Deserialize(entry.Payload.Span, ImportJson.Default.ImportPart)!;
                LastPartAt = entry.At;
                if (part.Bytes > 0)
                {
                    Parts++;
                    Bytes += part.Bytes;
                    LastPart = part.Hash;
                }

                Stage = part.IsLast ? TriageImportState.Running : Stage;
                break;
            case ImportRecordTypes.Read:
                var read = JsonSerializer.Deserialize(entry.Payload.Span, ImportJson.Default.ImportRead)!;
                Position = read.Position;
                BytesRead = read.BytesRead;
                Rows += read.Rows;
                BadRows += read.BadRows;
                Problems.AddRange(read.Problems.Take(MaxProblems - Problems.Count));
                break;
            case ImportRecordTypes.Ended:
                var ended = JsonSerializer.Deserialize(entry.Payload.Span, ImportJson.Default.ImportEnded)!;
                Stage = ended.Stage;
                Error = ended.Error;
                EndedAt = entry.At;
                break;
            case ImportRecordTypes.Emptied:
                Emptied = true;
                break;
        }
    }
}

/// <summary>The record types in an import's journal.</summary>
internal static class ImportRecordTypes
{
    public const string Started = "triage.import-started";
    public const string Part = "triage.import-part-taken";
    public const string Read = "triage.import-read";
    public const string Ended = "triage.import-ended";
    public const string Emptied = "triage.import-emptied";
}

/// <summary>Somebody began an import.</summary>
internal sealed record ImportStarted(string By);

/// <summary>A part of the file stands.</summary>
internal sealed record ImportPart(int Bytes, string Hash, bool IsLast);

/// <summary>Rows were read and handed in.</summary>
internal sealed record ImportRead(long Position, long BytesRead, long Rows, long BadRows, IReadOnlyList<TriageImportProblem> Problems);

/// <summary>It is over.</summary>
internal sealed record ImportEnded(TriageImportState Stage, string? Error = null);

/// <summary>The file was removed.</summary>
internal sealed record ImportEmptied;

/// <summary>How an import's journal is written.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ImportFold))]
[JsonSerializable(typeof(ImportStarted))]
[JsonSerializable(typeof(ImportPart))]
[JsonSerializable(typeof(ImportRead))]
[JsonSerializable(typeof(ImportEnded))]
[JsonSerializable(typeof(ImportEmptied))]
internal sealed partial class ImportJson : JsonSerializerContext;
