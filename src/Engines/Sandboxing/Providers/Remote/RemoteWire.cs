using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Steward.Engines.Sandboxing.Supervision;

namespace Steward.Engines.Sandboxing.Remote;

/// <summary>
/// What goes to the service and what comes back: lines of JSON with <c>t</c> of <c>started</c>, <c>text</c> (with <c>text</c>), <c>ask</c> (with <c>body</c>, the question, and <c>mac</c>) and, last, <c>end</c> (with <c>body</c>, a JSON text, and <c>mac</c>: HMAC-SHA256 in small
/// hexadecimal letters, keyed with the shared secret, of the request's <c>nonce</c>, a line feed and the body).
/// </summary>
internal static class RemoteWire
{
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 32 };
    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    public static byte[] Request(SandboxJob job, string id, string nonce) => JsonSerializer.SerializeToUtf8Bytes(new
    {
        id,
        nonce,
        profile = Word(job.Profile),
        code = job.Code,
        files = job.Files.Select(file => new { name = file.Name, content = Convert.ToBase64String(file.Content.Span) }),
        wallSeconds = job.Limits.WallTime.TotalSeconds,
        cpuSeconds = job.Limits.CpuTime.TotalSeconds,
        memoryBytes = job.Limits.MemoryBytes,
        textBytes = job.Limits.TextBytes,
        resultBytes = job.Limits.ResultBytes,
        fileBytes = job.Limits.FileBytes,
        fileCount = job.Limits.Files,
    });

    public static string Word(SandboxProfile profile) => profile == SandboxProfile.Python ? "python" : "shell";

    /// <summary>The longest line that a job of these limits can need: files and charts in base64, tables and text with escapes.</summary>
    public static int LongestLine(SandboxLimits limits) => (int)Math.Min(int.MaxValue / 2, (1L << 20) + (2L * limits.FileBytes) + (2L * limits.ResultBytes) + (6L * Math.Min(limits.TextBytes, 1 << 16)));

    public static string Sign(string key, string nonce, string body) => Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{nonce}\n{body}")));

    /// <summary>What a question is signed for: its number within this very request, so that it is nothing else and counts once.</summary>
    public static string AskNonce(string nonce, int call) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{nonce}/ask/{call}");

    /// <summary>An answer to a question: <c>A</c> for JSON, <c>B</c> for bytes, as inside a sandbox here.</summary>
    public static byte[] Answer(int call, string kind, ReadOnlyMemory<byte> payload) => JsonSerializer.SerializeToUtf8Bytes(new { call, kind, content = Convert.ToBase64String(payload.Span) });

    /// <summary>Whether the service itself said this of this very request.</summary>
    public static bool IsSigned(string key, string nonce, string body, string mac) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(key, nonce, body)), Encoding.UTF8.GetBytes(mac));

    /// <summary>The outcome that a signed body tells. What comes from inside is hostile all the same: names, sizes and shapes are checked. Throws a JSON, format, argument or operation exception on a malformed one.</summary>
    public static SandboxOutcome Outcome(string body, SandboxJob job, string provider, string text, bool cut)
    {
        using var document = JsonDocument.Parse(body, Shallow);
        var root = document.RootElement;
        var limits = Items(root, "limits").Select(limit => WireShapes.Limit(limit.GetString()!)).ToHashSet();
        if (cut)
        {
            limits.Add(SandboxLimit.Text);
        }

        var results = 0L;
        var shown = 0L;
        var tables = Items(root, "tables").TakeWhile(table => Fits(ref shown, 1, WireShapes.Shown, SandboxLimit.Results, limits) && Fits(ref results, table.GetRawText().Length, job.Limits.ResultBytes, SandboxLimit.Results, limits))
            .Select(table => WireShapes.Table(Encoding.UTF8.GetBytes(table.GetRawText()), Shallow)).ToList();
        var charts = new List<SandboxChart>();
        foreach (var chart in Items(root, "charts"))
        {
            var png = chart.GetProperty("png").GetBytesFromBase64();
            if (!png.AsSpan().StartsWith(PngStart) || !Fits(ref shown, 1, WireShapes.Shown, SandboxLimit.Results, limits) || !Fits(ref results, png.Length, job.Limits.ResultBytes, SandboxLimit.Results, limits))
            {
                limits.Add(SandboxLimit.Results);
                break;
            }

            charts.Add(new SandboxChart(WireShapes.Title(chart.GetProperty("title").GetString()), png));
        }

        var (status, code, reason) = Status(root.GetProperty("status").GetString());
        return new SandboxOutcome
        {
            Status = status,
            Code = status == SandboxStatus.Failed && limits.Any(limit => limit is not SandboxLimit.Files and not SandboxLimit.Text) ? SandboxCodes.LimitReached : code,
            Reason = reason,
            ExitCode = root.TryGetProperty("exitCode", out var exit) && exit.ValueKind == JsonValueKind.Number ? exit.GetInt32() : null,
            Text = text,
            Error = root.TryGetProperty("error", out var error) && error.ValueKind == JsonValueKind.Object ? WireShapes.Error(Encoding.UTF8.GetBytes(error.GetRawText()), Shallow).Error : null,
            Tables = tables,
            Charts = charts,
            Files = Files(root, job, limits),
            LimitsHit = limits.Order().ToList(),
            Provider = provider,
            Durations = new SandboxDurations { Running = TimeSpan.FromMilliseconds(Math.Clamp(root.GetProperty("ranMs").GetDouble(), 0, 3_600_000)) },
        };
    }

    private static List<SandboxFile> Files(JsonElement root, SandboxJob job, HashSet<SandboxLimit> limits)
    {
        var files = new List<SandboxFile>();
        var bytes = 0L;
        foreach (var file in Items(root, "files"))
        {
            var (name, content) = (file.GetProperty("name").GetString() ?? "", file.GetProperty("content").GetBytesFromBase64());
            if (!SandboxJobRules.IsFileName(name) || files.Exists(known => known.Name == name))
            {
                throw new FormatException("A file has a name that none may have.");
            }

            if (files.Count >= job.Limits.Files || !Fits(ref bytes, content.Length, job.Limits.FileBytes, SandboxLimit.Files, limits))
            {
                limits.Add(SandboxLimit.Files);
                break;
            }

            files.Add(new SandboxFile(name, content));
        }

        return files;
    }

    private static bool Fits(ref long sum, long more, long most, SandboxLimit limit, HashSet<SandboxLimit> limits)
    {
        if (sum + more > most)
        {
            limits.Add(limit);
            return false;
        }

        sum += more;
        return true;
    }

    private static JsonElement.ArrayEnumerator Items(JsonElement root, string name) => root.TryGetProperty(name, out var items) ? items.EnumerateArray() : default;

    private static (SandboxStatus Status, string Code, string Reason) Status(string? word) => word switch
    {
        "finished" => (SandboxStatus.Finished, SandboxCodes.Finished, "The code ran to its end."),
        "failed" => (SandboxStatus.Failed, SandboxCodes.CodeFailed, "The code failed, or was ended at a limit."),
        "timed_out" => (SandboxStatus.TimedOut, SandboxCodes.TimedOut, "The code ran longer than it may and was ended."),
        _ => throw new FormatException("An unknown status."),
    };
}
