using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>Reads and writes the JSON that goes to and from the inside. Readers throw a JSON, format or argument exception on anything that is not as it should be.</summary>
internal static class WireShapes
{
    /// <summary>The most tables and charts of one execution.</summary>
    public const int Shown = 200;

    private const int Columns = 1000;
    private const int TitleLength = 200;
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
            Title = Title(root.GetProperty("title").GetString()),
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
        return (new SandboxError(Text(root, "type", 200), Text(root, "message", 2000, lines: true), Number(root, "line")), Number(root, "errno"));
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

    /// <summary>A title as people may be shown it: 200 characters at most, without what steers a terminal or turns the direction of writing.</summary>
    public static string Title(string? text) => Clean(text, TitleLength, lines: false);

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

    private static string Text(JsonElement element, string name, int most, bool lines = false) => Clean(element.GetProperty(name).GetString(), most, lines);

    // Character by character, not by halves of one: there are marks of format beyond the first 65,536. The two joiners belong to how words and emoji are written.
    private static string Clean(string? text, int most, bool lines)
    {
        var shown = new StringBuilder();
        foreach (var letter in Cut(text ?? "", most).EnumerateRunes())
        {
            var steers = Rune.GetUnicodeCategory(letter) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;
            var isKept = letter.Value is 0x200C or 0x200D || (lines && letter.Value is '\n' or '\t');
            shown.Append(steers && !isKept ? " " : letter.ToString());
        }

        return shown.ToString();
    }

    // Not in the middle of a character.
    private static string Cut(string text, int most) => text.Length <= most ? text : text[..(char.IsHighSurrogate(text[most - 1]) ? most - 1 : most)];

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

    private static string OneOf(string? type) => Types.Contains(type) ? type! : throw new FormatException("An unknown column type.");
}
