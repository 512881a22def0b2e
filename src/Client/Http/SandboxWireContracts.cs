using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using Steward.Sandbox;

namespace Steward.Client.Http;

/// <summary>Asks for code to be run once.</summary>
public sealed record StartExecutionRequest
{
    /// <summary>python, shell or sql.</summary>
    [Required]
    public string Language { get; set; } = "";

    /// <summary>The code.</summary>
    [Required]
    [Length(1, 262_144)]
    public string Code { get; set; } = "";

    /// <summary>Files that lie in the work directory when the code starts: at most 32, and 8 MiB together. None for sql.</summary>
    [MaxLength(32)]
    public IReadOnlyList<ExecutionFileRequest> Files { get; set; } = [];

    /// <summary>Whether nobody waits for it: more time, lower priority.</summary>
    public bool Background { get; set; }

    /// <summary>The same id is the same execution; a header Idempotency-Key can stand for it.</summary>
    [Length(1, 130)]
    public string? OperationId { get; set; }
}

/// <summary>A file for the work directory: content or text.</summary>
public sealed record ExecutionFileRequest
{
    /// <summary>One part of a path.</summary>
    [Required]
    [Length(1, 128)]
    public string Name { get; set; } = "";

    /// <summary>Its bytes, in base64.</summary>
    public byte[]? Content { get; set; }

    /// <summary>Its text.</summary>
    public string? Text { get; set; }
}

/// <summary>An execution.</summary>
public sealed record ExecutionResource
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>requested, granted, running, finished, failed, timed_out or cancelled.</summary>
    public required string State { get; init; }

    /// <summary>python, shell or sql.</summary>
    public required string Language { get; init; }

    /// <summary>SHA-256 of the code.</summary>
    public required string CodeHash { get; init; }

    /// <summary>When it was asked for.</summary>
    public required DateTimeOffset RequestedAt { get; init; }

    /// <summary>When it is stopped whatever it does.</summary>
    public required DateTimeOffset Deadline { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Whether nothing of it lives any more.</summary>
    public required bool Destroyed { get; init; }

    /// <summary>The number of its last event.</summary>
    public required long LastSequence { get; init; }

    /// <summary>The run that asked, if one did.</summary>
    public string? RunId { get; init; }

    /// <summary>What came of it, once it has ended.</summary>
    public ExecutionResultResource? Result { get; init; }
}

/// <summary>What came of an execution.</summary>
public sealed record ExecutionResultResource
{
    /// <summary>A stable word, such as finished, code_failed, code_refused, limit_reached, busy or not_available.</summary>
    public required string Code { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Reason { get; init; }

    /// <summary>What the process ended with.</summary>
    public int? ExitCode { get; init; }

    /// <summary>Limits that were reached.</summary>
    public required IReadOnlyList<string> Limits { get; init; }

    /// <summary>Standard output and error.</summary>
    public required string Text { get; init; }

    /// <summary>The error that the code did not catch.</summary>
    public SandboxCodeError? Error { get; init; }

    /// <summary>What the validator does not allow.</summary>
    public required IReadOnlyList<SandboxFinding> Findings { get; init; }

    /// <summary>The tables.</summary>
    public required IReadOnlyList<ExecutionTableResource> Tables { get; init; }

    /// <summary>The files, charts among them.</summary>
    public required IReadOnlyList<ExecutionFileResource> Files { get; init; }

    /// <summary>Which kind of sandbox ran it.</summary>
    public string? Provider { get; init; }

    /// <summary>Milliseconds that the code ran.</summary>
    public required double RunningMs { get; init; }
}

/// <summary>A table.</summary>
public sealed record ExecutionTableResource
{
    /// <summary>What the code called it.</summary>
    public required string Title { get; init; }

    /// <summary>Names of the columns.</summary>
    public required IReadOnlyList<string> Columns { get; init; }

    /// <summary>Types of the columns: integer, number, boolean, datetime or string.</summary>
    public required IReadOnlyList<string> Types { get; init; }

    /// <summary>The rows: arrays of values.</summary>
    public required JsonElement Rows { get; init; }

    /// <summary>How many rows there were before it was cut.</summary>
    public required long TotalRows { get; init; }

    /// <summary>Whether rows were left out.</summary>
    public required bool Truncated { get; init; }
}

/// <summary>A file of an execution.</summary>
public sealed record ExecutionFileResource
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>chart or file.</summary>
    public required string Kind { get; init; }

    /// <summary>Its length.</summary>
    public required long Bytes { get; init; }

    /// <summary>SHA-256 of its bytes.</summary>
    public required string Hash { get; init; }

    /// <summary>What the code called it.</summary>
    public required string Title { get; init; }

    /// <summary>Where its bytes are.</summary>
    public required string Url { get; init; }
}

/// <summary>An event of an execution.</summary>
public sealed record ExecutionEventResource
{
    /// <summary>Its number.</summary>
    public required long Sequence { get; init; }

    /// <summary>state, queued, text or ended.</summary>
    public required string Kind { get; init; }

    /// <summary>The state at that moment.</summary>
    public required string State { get; init; }

    /// <summary>The place in the queue.</summary>
    public int? Position { get; init; }

    /// <summary>More of the output.</summary>
    public string? Text { get; init; }
}

/// <summary>JSON of executions; unknown fields in requests are refused.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StartExecutionRequest))]
[JsonSerializable(typeof(ExecutionResource))]
[JsonSerializable(typeof(ExecutionEventResource))]
public sealed partial class SandboxWireJson : JsonSerializerContext
{
    /// <summary>How a client reads it: it passes over what a newer gateway adds.</summary>
    internal static SandboxWireJson Forgiving => field ??= new SandboxWireJson(ForgivingJson.Of(Default.Options));
}

/// <summary>Executions as JSON has them.</summary>
public static class SandboxWireMapping
{
    /// <summary>An execution.</summary>
    public static ExecutionResource ToResource(SandboxExecution execution)
    {
        ArgumentNullException.ThrowIfNull(execution);
        return new ExecutionResource
        {
            Id = execution.Id,
            State = Word(execution.State),
            Language = execution.Language,
            CodeHash = execution.CodeHash,
            RequestedAt = execution.RequestedAt,
            Deadline = execution.Deadline,
            EndedAt = execution.EndedAt,
            Destroyed = execution.IsDestroyed,
            LastSequence = execution.LastSequence,
            RunId = execution.RunId,
            Result = execution.Result is { } result ? ToResource(execution.Id, result) : null,
        };
    }

    /// <summary>An event.</summary>
    public static ExecutionEventResource ToResource(SandboxEvent next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new ExecutionEventResource { Sequence = next.Sequence, Kind = Word(next.Kind), State = Word(next.State), Position = next.Position, Text = next.Text };
    }

    private static ExecutionResultResource ToResource(string id, SandboxResult result) => new()
    {
        Code = result.Code,
        Reason = result.Reason,
        ExitCode = result.ExitCode,
        Limits = result.LimitsHit,
        Text = result.Text,
        Error = result.Error,
        Findings = result.Findings,
        Tables = [.. result.Tables.Select(table => new ExecutionTableResource
        {
            Title = table.Title,
            Columns = table.Columns,
            Types = table.Types,
            Rows = JsonElement.Parse(table.Rows),
            TotalRows = table.TotalRows,
            Truncated = table.IsTruncated,
        })],
        Files = [.. result.Files.Select(file => new ExecutionFileResource
        {
            Name = file.Name,
            Kind = file.Kind,
            Bytes = file.Bytes,
            Hash = file.Hash,
            Title = file.Title,
            Url = $"/v1/sandbox/executions/{id}/files/{Uri.EscapeDataString(file.Name)}",
        })],
        Provider = result.Provider,
        RunningMs = result.RunningMs,
    };

    /// <summary>An execution as the contracts have it.</summary>
    /// <exception cref="FormatException">A word in it is unknown.</exception>
    public static SandboxExecution ToContract(ExecutionResource execution)
    {
        ArgumentNullException.ThrowIfNull(execution);
        return new SandboxExecution
        {
            Id = execution.Id,
            State = Value<SandboxState>(execution.State),
            Language = execution.Language,
            CodeHash = execution.CodeHash,
            RequestedAt = execution.RequestedAt,
            Deadline = execution.Deadline,
            EndedAt = execution.EndedAt,
            IsDestroyed = execution.Destroyed,
            LastSequence = execution.LastSequence,
            RunId = execution.RunId,
            Result = execution.Result is { } result ? ToContract(result) : null,
        };
    }

    /// <summary>An event as the contracts have it.</summary>
    /// <exception cref="FormatException">A word in it is unknown.</exception>
    public static SandboxEvent ToContract(ExecutionEventResource next)
    {
        ArgumentNullException.ThrowIfNull(next);
        return new SandboxEvent { Sequence = next.Sequence, Kind = Value<SandboxEventKind>(next.Kind), State = Value<SandboxState>(next.State), Position = next.Position, Text = next.Text };
    }

    private static SandboxResult ToContract(ExecutionResultResource result) => new()
    {
        Code = result.Code,
        Reason = result.Reason,
        ExitCode = result.ExitCode,
        LimitsHit = result.Limits,
        Text = result.Text,
        Error = result.Error,
        Findings = result.Findings,
        Tables = [.. result.Tables.Select(table => new SandboxTableResult
        {
            Title = table.Title,
            Columns = table.Columns,
            Types = table.Types,
            Rows = table.Rows.GetRawText(),
            TotalRows = table.TotalRows,
            IsTruncated = table.Truncated,
        })],
        Files = [.. result.Files.Select(file => new SandboxFileInfo { Name = file.Name, Kind = file.Kind, Bytes = file.Bytes, Hash = file.Hash, Title = file.Title })],
        Provider = result.Provider,
        RunningMs = result.RunningMs,
    };

    private static T Value<T>(string word)
        where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
        {
            if (Word(value) == word)
            {
                return value;
            }
        }

        throw new FormatException($"An unknown word for {typeof(T).Name}.");
    }

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
