using System.Text.Json;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>Reads and writes the JSON that goes to and from the inside. Readers throw a JSON, format or argument exception on anything that is not as it should be.</summary>
internal static class WireShapes
{
    private const int Columns = 1000;
    private const int AnswerBytes = 8 << 20;
    private static readonly string[] Types = ["integer", "number", "boolean", "datetime", "string"];

    public static SandboxTable Table(ReadOnlyMemory<byte> payload, JsonDocumentOptions options)
    {
        using var document = JsonDocument.Parse(payload, options);
        var root = document.RootElement;
        var columns = root.GetProperty("columns").EnumerateArray().Select(column => new SandboxColumn(Text(column, "name", 200), OneOf(column.GetProperty("type").GetString()))).ToList();
        var rows = root.GetProperty("rows");
        if (columns.Count > Columns || rows.EnumerateArray().Any(row => row.GetArrayLength() != columns.Count || row.EnumerateArray().Any(cell => cell.ValueKind is JsonValueKind.Object or JsonValueKind.Array)))
        {
            throw new FormatException("A row does not fit the columns.");
        }

        return new SandboxTable
        {
            Title = Text(root, "title", 200),
            Columns = columns,
            Rows = rows.Clone(),
            TotalRows = root.GetProperty("totalRows").GetInt64(),
            Truncated = root.GetProperty("truncated").GetBoolean(),
        };
    }

    public static (SandboxError Error, int? Number) Error(ReadOnlyMemory<byte> payload, JsonDocumentOptions options)
    {
        using var document = JsonDocument.Parse(payload, options);
        var root = document.RootElement;
        return (new SandboxError(Text(root, "type", 200), Text(root, "message", 2000), Number(root, "line")), Number(root, "errno"));
    }

    public static IReadOnlyList<CodeFinding> Findings(ReadOnlyMemory<byte> payload, JsonDocumentOptions options)
    {
        using var document = JsonDocument.Parse(payload, options);
        return document.RootElement.EnumerateArray().Take(50)
            .Select(finding => new CodeFinding(Number(finding, "line") ?? 0, Text(finding, "rule", 40), Text(finding, "reason", 400)))
            .ToList();
    }

    /// <summary>The answer as a frame for the inside: its kind and its bytes.</summary>
    public static (string Kind, ReadOnlyMemory<byte> Payload) Answer(SandboxDataResult result)
    {
        if (result.Content is { } content)
        {
            return content.Length <= AnswerBytes ? ("B", content) : TooLarge();
        }

        var bytes = result switch
        {
            { ErrorCode: { } code } => JsonSerializer.SerializeToUtf8Bytes(new { error = code, message = result.ErrorMessage }),
            { Table: { } table } => JsonSerializer.SerializeToUtf8Bytes(new { table = new { columns = table.Columns.Select(column => new { name = column.Name, type = column.Type }), rows = table.Rows } }),
            _ => JsonSerializer.SerializeToUtf8Bytes(new { value = result.Value }),
        };
        return bytes.Length <= AnswerBytes ? ("A", bytes) : TooLarge();
    }

    public static SandboxLimit Limit(string name) => name switch
    {
        "wall" => SandboxLimit.WallTime,
        "cpu" => SandboxLimit.CpuTime,
        "memory" => SandboxLimit.Memory,
        "processes" => SandboxLimit.Processes,
        "disk" => SandboxLimit.Disk,
        "text" => SandboxLimit.Text,
        "results" => SandboxLimit.Results,
        "files" => SandboxLimit.Files,
        "calls" => SandboxLimit.DataCalls,
        "syscall" => SandboxLimit.SystemCall,
        _ => throw new FormatException($"An unknown limit: {name}"),
    };

    public static string Explain(SandboxLimit limit) => limit switch
    {
        SandboxLimit.WallTime => "wall time",
        SandboxLimit.CpuTime => "processor time",
        SandboxLimit.Memory => "memory",
        SandboxLimit.Processes => "number of processes or threads",
        SandboxLimit.Disk => "room in the work directory",
        SandboxLimit.Text => "text output",
        SandboxLimit.Results => "tables and charts",
        SandboxLimit.Files => "files",
        SandboxLimit.DataCalls => "questions for data",
        _ => "a system call that is not allowed",
    };

    private static (string, ReadOnlyMemory<byte>) TooLarge() =>
        ("A", JsonSerializer.SerializeToUtf8Bytes(new { error = "too_large", message = $"The answer is larger than {AnswerBytes} bytes." }));

    private static string Text(JsonElement element, string name, int most)
    {
        var text = element.GetProperty(name).GetString() ?? "";
        return text.Length <= most ? text : text[..most];
    }

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static string OneOf(string? type) => Types.Contains(type) ? type! : throw new FormatException("An unknown column type.");
}
