using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Steward.Engines.Sandboxing.Supervision;

/// <summary>
/// The supervisor outside this process, over two pipes: when this process ends, the pipes do, and the supervisor ends every sandbox.
/// A frame is a little-endian u32 length of the rest, a u32 length of a JSON head, the head, and a payload.
/// </summary>
internal sealed class SupervisorProcess : IAsyncDisposable
{
    private const int MaximumFrame = 160 << 20;

    // Everything it runs comes through its input, so that no file on disk has to be trusted or readable by another uid.
    private const string Bootstrap = """
        import os, struct, json
        def read(count):
            data = b""
            while len(data) < count:
                part = os.read(0, count - len(data))
                if not part:
                    raise SystemExit(0)
                data += part
            return data
        start = json.loads(read(*struct.unpack("<I", read(4))))
        exec(compile(start["sources"]["supervisor.py"], "supervisor.py", "exec"), {"SOURCES": start["sources"], "OPTIONS": start["options"], "__name__": "__main__"})
        """;

    private readonly Process _process;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task _writing;
    private readonly StringBuilder _errors = new();

    private SupervisorProcess(Process process)
    {
        _process = process;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                if (line.Data is { } text && _errors.Length < 4000)
                {
                    _errors.AppendLine(text);
                }
            }
        };
        _process.BeginErrorReadLine();
        _writing = WriteAsync();
    }

    /// <summary>What it wrote to its standard error, for the log.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
            {
                return _errors.ToString().Trim();
            }
        }
    }

    public int Id => _process.Id;

    public static SupervisorProcess Start(SandboxOptions options, IReadOnlyDictionary<string, object?> settings)
    {
        var info = new ProcessStartInfo(options.Launcher is [var launcher, ..] ? launcher : options.PythonPath)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        foreach (var argument in (string[])[.. options.Launcher.Skip(1), .. options.Launcher.Length > 0 ? [options.PythonPath] : Array.Empty<string>(), "-I", "-S", "-B", "-c", Bootstrap])
        {
            info.ArgumentList.Add(argument);
        }

        // It has no business with this process's settings, some of which are secrets.
        info.Environment.Clear();
        info.Environment["PATH"] = "/usr/bin:/bin";
        var process = Process.Start(info) ?? throw new InvalidOperationException("The supervisor did not start.");
        var supervisor = new SupervisorProcess(process);
        var start = JsonSerializer.SerializeToUtf8Bytes(new { sources = Scripts.Sources, options = settings });
        var framed = new byte[4 + start.Length];
        BinaryPrimitives.WriteInt32LittleEndian(framed, start.Length);
        start.CopyTo(framed, 4);
        supervisor._outgoing.Writer.TryWrite(framed);
        return supervisor;
    }

    /// <summary>Queues one frame; what cannot be written any more is dropped, as the reader learns of the end.</summary>
    public void Send<T>(T head, params ReadOnlySpan<ReadOnlyMemory<byte>> payload)
    {
        var text = JsonSerializer.SerializeToUtf8Bytes(head);
        var size = 0;
        foreach (var part in payload)
        {
            size += part.Length;
        }

        var frame = new byte[8 + text.Length + size];
        BinaryPrimitives.WriteInt32LittleEndian(frame, 4 + text.Length + size);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(4), text.Length);
        text.CopyTo(frame, 8);
        var position = 8 + text.Length;
        foreach (var part in payload)
        {
            part.CopyTo(frame.AsMemory(position));
            position += part.Length;
        }

        _outgoing.Writer.TryWrite(frame);
    }

    /// <summary>The next frame, or null when the supervisor has ended.</summary>
    public async Task<(JsonElement Head, ReadOnlyMemory<byte> Payload)?> ReceiveAsync()
    {
        try
        {
            var stream = _process.StandardOutput.BaseStream;
            var sizes = new byte[8];
            await stream.ReadExactlyAsync(sizes);
            var size = BinaryPrimitives.ReadInt32LittleEndian(sizes) - 4;
            var head = BinaryPrimitives.ReadInt32LittleEndian(sizes.AsSpan(4));
            if (size < 0 || size > MaximumFrame || head < 0 || head > size)
            {
                return null;
            }

            var body = new byte[size];
            await stream.ReadExactlyAsync(body);
            using var document = JsonDocument.Parse(body.AsMemory(0, head));
            return (document.RootElement.Clone(), body.AsMemory(head));
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Ends it, and with it every sandbox.</summary>
    public void Kill()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        _outgoing.Writer.TryComplete();
        Kill();
        await _process.WaitForExitAsync();
        await _writing;
        _process.Dispose();
    }

    private async Task WriteAsync()
    {
        var stream = _process.StandardInput.BaseStream;
        try
        {
            await foreach (var frame in _outgoing.Reader.ReadAllAsync())
            {
                await stream.WriteAsync(frame);
                await stream.FlushAsync();
            }
        }
        catch (IOException)
        {
            // It has ended; the reader says so.
        }
    }
}
