using System.Text;
using System.Text.Json;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>One job while it is with the supervisor. The reader's loop feeds it; all that comes from inside is hostile and read with bounds.</summary>
internal sealed class Execution(SandboxJob job, ISandboxOutputSink output, string provider, TimeProvider clock, CancellationToken cancellationToken)
{
    private static readonly JsonDocumentOptions Shallow = new() { MaxDepth = 16 };
    private static ReadOnlySpan<byte> PngStart => [0x89, (byte)'P', (byte)'N', (byte)'G'];

    private readonly TaskCompletionSource<SandboxOutcome> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private readonly List<SandboxTable> _tables = [];
    private readonly List<SandboxChart> _charts = [];
    private readonly HashSet<SandboxLimit> _limits = [];
    private readonly long _sent = clock.GetTimestamp();
    private TimeSpan _leasing;
    private SandboxError? _error;

    public SandboxJob Job => job;

    public CancellationToken Cancelled => cancellationToken;

    public Task<SandboxOutcome> Outcome => _outcome.Task;

    /// <summary>What a validator said; null when nothing came.</summary>
    public IReadOnlyList<CodeFinding>? Findings { get; private set; }

    public void OnStarted()
    {
        _leasing = clock.GetElapsedTime(_sent);
        output.Started(provider);
    }

    public void OnText(ReadOnlySpan<byte> bytes, bool last = false)
    {
        var characters = new char[_decoder.GetCharCount(bytes, last)];
        var count = _decoder.GetChars(bytes, characters, last);
        if (count > 0)
        {
            var text = new string(characters, 0, count);
            _text.Append(text);
            output.Text(text);
        }
    }

    public void OnFrame(string kind, ReadOnlyMemory<byte> payload)
    {
        try
        {
            switch (kind)
            {
                case "T":
                    _tables.Add(WireShapes.Table(payload, Shallow));
                    break;
                case "C" when payload.Length > 2 && payload.Span[0] + (payload.Span[1] << 8) is var title && payload.Length > 2 + title && payload.Span[(2 + title)..].StartsWith(PngStart):
                    _charts.Add(new SandboxChart(WireShapes.Title(Encoding.UTF8.GetString(payload.Span.Slice(2, title))), payload[(2 + title)..]));
                    break;
                case "E" when _error is null:
                    (_error, var errorNumber) = WireShapes.Error(payload, Shallow);
                    LimitOf(_error, errorNumber);
                    break;
                case "V" when Findings is null:
                    Findings = WireShapes.Findings(payload, Shallow);
                    break;
                default:
                    _limits.Add(SandboxLimit.Results);
                    break;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException or ArgumentException)
        {
            _limits.Add(SandboxLimit.Results);
        }
    }

    public void OnEnd(JsonElement head, ReadOnlyMemory<byte> payload)
    {
        OnText([], last: true);
        foreach (var name in head.GetProperty("limits").EnumerateArray())
        {
            _limits.Add(WireShapes.Limit(name.GetString()!));
        }

        var files = new List<SandboxFile>();
        foreach (var file in head.GetProperty("files").EnumerateArray())
        {
            var size = file.GetProperty("size").GetInt32();
            files.Add(new SandboxFile(file.GetProperty("name").GetString()!, payload[..size].ToArray()));
            payload = payload[size..];
        }

        int? exit = head.TryGetProperty("exit", out var code) && code.ValueKind == JsonValueKind.Number ? code.GetInt32() : null;
        var signal = head.TryGetProperty("signal", out var name2) ? name2.GetString() : null;
        var killed = head.TryGetProperty("killed", out var why) ? why.GetString() : null;
        var lost = head.TryGetProperty("lost", out var gone) && gone.GetBoolean();
        var (status, reasonCode, reason) = Judge(exit, signal, killed, lost);
        _outcome.TrySetResult(new SandboxOutcome
        {
            Status = status,
            Code = reasonCode,
            Reason = reason,
            ExitCode = exit,
            Signal = signal,
            LimitsHit = _limits.Order().ToList(),
            Text = _text.ToString(),
            Error = _error,
            Tables = _tables,
            Charts = _charts,
            Files = files,
            Findings = status == SandboxStatus.Refused ? Findings ?? [] : [],
            Provider = provider,
            Durations = new SandboxDurations { Leasing = _leasing, Running = Seconds(head, "ran"), Collecting = Seconds(head, "collected") },
        });
    }

    /// <summary>The supervisor is gone, and everything with it.</summary>
    public void OnLost(string reason) => _outcome.TrySetResult(new SandboxOutcome
    {
        Status = SandboxStatus.Failed,
        Code = SandboxCodes.Lost,
        Reason = reason,
        Text = _text.ToString(),
        Provider = provider,
    });

    private static TimeSpan Seconds(JsonElement head, string name) =>
        head.TryGetProperty(name, out var value) ? TimeSpan.FromSeconds(value.GetDouble()) : TimeSpan.Zero;

    private (SandboxStatus Status, string Code, string Reason) Judge(int? exit, string? signal, string? killed, bool lost)
    {
        if (killed == "cancel")
        {
            return (SandboxStatus.Cancelled, SandboxCodes.Cancelled, "The execution was cancelled.");
        }

        if (killed == "wall")
        {
            return (SandboxStatus.TimedOut, SandboxCodes.TimedOut, $"The code ran longer than {job.Limits.WallTime.TotalSeconds:0.#} seconds and was ended.");
        }

        if (lost)
        {
            return (SandboxStatus.Failed, SandboxCodes.Lost, "The sandbox was lost while the code ran; it may have run in part.");
        }

        // Where nobody was asked to read the code, it is the code that says so.
        if (exit == 78 && job.Validate && Findings is { Count: > 0 })
        {
            return (SandboxStatus.Refused, SandboxCodes.Refused, "The code uses what is not allowed; the findings say what.");
        }

        if (exit == 0)
        {
            return (SandboxStatus.Finished, SandboxCodes.Finished, "The code ran to its end.");
        }

        var stopping = _limits.Where(limit => limit is not SandboxLimit.DataCalls and not SandboxLimit.Files and not SandboxLimit.Text || killed is not null).Order().ToList();
        if (stopping.Count > 0)
        {
            return (SandboxStatus.Failed, SandboxCodes.LimitReached, $"The code was ended or failed at a limit: {string.Join(", ", stopping.Select(WireShapes.Explain))}.");
        }

        return _error is { } error
            ? (SandboxStatus.Failed, SandboxCodes.CodeFailed, $"The code failed{(error.Line is { } line ? $" in line {line}" : "")}: {error.Type}.")
            : (SandboxStatus.Failed, SandboxCodes.CodeFailed, signal is null ? $"The code ended with exit code {exit}." : $"The code was ended by {signal}.");
    }

    /// <summary>What Python reports of a limit that the kernel kept. The code can pretend it; that concerns its own outcome alone.</summary>
    private void LimitOf(SandboxError error, int? number)
    {
        if (error.Type == "MemoryError" || number == 12)
        {
            _limits.Add(SandboxLimit.Memory);
        }
        else if (number is 27 or 28 or 122)
        {
            _limits.Add(SandboxLimit.Disk);
        }
        else if (number == 11 || error is { Type: "RuntimeError", Message: "can't start new thread" })
        {
            _limits.Add(SandboxLimit.Processes);
        }
    }
}
