using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Steward.Client.Http;
using Steward.Errors;
using Steward.Gateway.Problems;
using Steward.Runs;

namespace Steward.Gateway.Streaming;

/// <summary>Writes one event: its lines up to and including the blank one.</summary>
/// <param name="writer">Where to.</param>
/// <param name="json">A writer to reset and use for the data.</param>
/// <param name="item">The event.</param>
internal delegate void EventFormat<in T>(PipeWriter writer, Utf8JsonWriter json, T item);

/// <summary>
/// Writes server-sent events. Nothing that is ready waits for something that is not: what has come is flushed before the stream waits. The stream ends with its source, a run for example; a client
/// that goes away ends the stream and not the source.
/// </summary>
internal sealed partial class EventStream(
    IOptions<StewardGatewayOptions> options,
    TimeProvider time,
    IHostApplicationLifetime lifetime,
    ILogger<EventStream> logger)
{
    public const string ContentType = "text/event-stream";

    private const int FlushAtBytes = 16 * 1024;

    private static readonly byte[] HeartbeatComment = ": still here\n\n"u8.ToArray();
    private static readonly byte[] StoppingComment = ": this server stops; continue after the last id\n\n"u8.ToArray();

    private readonly TimeSpan _heartbeat = options.Value.Heartbeat;
    private readonly byte[] _retry = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"retry: {(long)options.Value.StreamRetry.TotalMilliseconds}\n\n"));

    /// <summary>Answers a request with a run's events until the run ends, the client goes or the process stops.</summary>
    /// <param name="context">The request. Its answer has not begun.</param>
    /// <param name="watch">Begins to watch.</param>
    /// <param name="beginsWithFirst">Whether the answer, which names the run, begins with the first event (or the first heartbeat): before it the run may not be durable.</param>
    public Task WriteAsync(HttpContext context, Func<CancellationToken, IAsyncEnumerable<RunEvent>> watch, bool beginsWithFirst = false) => WriteAsync(context, watch, WriteEvent, beginsWithFirst);

    /// <summary>Answers a request with events until their source ends, the client goes or the process stops.</summary>
    /// <param name="context">The request. Its answer has not begun.</param>
    /// <param name="watch">Begins to watch.</param>
    /// <param name="format">Writes one event.</param>
    /// <param name="beginsWithFirst">Whether the answer begins with the first event, or the first heartbeat; else it begins at once.</param>
    public async Task WriteAsync<T>(HttpContext context, Func<CancellationToken, IAsyncEnumerable<T>> watch, EventFormat<T> format, bool beginsWithFirst = false)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ContentType;
        response.Headers.CacheControl = "no-cache, no-store";
        // Reverse proxies would collect events instead of passing them on.
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        var writer = response.BodyWriter;
        var begun = new StrongBox<bool>();
        if (!beginsWithFirst)
        {
            Begin(writer, begun);
        }

        try
        {
            await using var events = watch(ending.Token).GetAsyncEnumerator(ending.Token);
            await CopyAsync(events, writer, format, begun, ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            writer.Write(StoppingComment);
        }
        catch (StewardException) when (!begun.Value)
        {
            // Nothing has been sent: the answer can still have the status that it deserves.
            response.Clear();
            throw;
        }
        catch (StewardException error)
        {
            WriteProblem(writer, error, context.Request);
        }
#pragma warning disable CA1031 // The answer has begun, so that this is the only way to tell.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            if (context.RequestAborted.IsCancellationRequested)
            {
                return;
            }

            LogBroken(logger, exception);
            WriteProblem(writer, new StewardException(ErrorCodes.Internal, "The stream broke because of a defect."), context.Request);
        }
        finally
        {
            // Ends the heartbeat's timer.
            await ending.CancelAsync();
        }

        await writer.FlushAsync(context.RequestAborted);
    }

    private async Task CopyAsync<T>(IAsyncEnumerator<T> events, PipeWriter writer, EventFormat<T> format, StrongBox<bool> begun, CancellationToken cancellationToken)
    {
        await using var json = new Utf8JsonWriter(writer, new JsonWriterOptions { SkipValidation = true });
        Task? heartbeat = null;
        while (true)
        {
            var next = events.MoveNextAsync();
            bool more;
            if (next.IsCompleted)
            {
                more = await next;
            }
            else
            {
                if (begun.Value)
                {
                    await FlushAsync(writer, cancellationToken);
                }

                var coming = next.AsTask();
                while (!coming.IsCompleted)
                {
                    heartbeat ??= Task.Delay(_heartbeat, time, cancellationToken);
                    await Task.WhenAny(coming, heartbeat);
                    if (!heartbeat.IsCompleted)
                    {
                        continue;
                    }

                    if (!heartbeat.IsCompletedSuccessfully)
                    {
                        // The stream is ending, and so is what it waits for.
                        break;
                    }

                    heartbeat = null;
                    if (!coming.IsCompleted)
                    {
                        Begin(writer, begun);
                        writer.Write(HeartbeatComment);
                        await FlushAsync(writer, cancellationToken);
                    }
                }

                more = await coming;
            }

            if (!more)
            {
                return;
            }

            Begin(writer, begun);
            format(writer, json, events.Current);
            Diagnostics.SentEvents.Add(1);
            if (writer.UnflushedBytes > FlushAtBytes || IsLast(events.Current))
            {
                await FlushAsync(writer, cancellationToken);
            }
        }
    }

    // Nothing comes after it that could go along, and the source takes its time to end.
    private static bool IsLast<T>(T item) => item is RunEvent { EndsRun: true };

    private void Begin(PipeWriter writer, StrongBox<bool> begun)
    {
        if (!begun.Value)
        {
            begun.Value = true;
            writer.Write(_retry);
        }
    }

    private static async ValueTask FlushAsync(PipeWriter writer, CancellationToken cancellationToken)
    {
        var result = await writer.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new OperationCanceledException("The client is gone.");
        }
    }

    /// <summary>Writes an event's id and type and the beginning of its data.</summary>
    public static void BeginEvent(PipeWriter writer, long id, string type)
    {
        writer.Write("id: "u8);
        var digits = writer.GetSpan(20);
        Utf8Formatter.TryFormat(id, digits, out var written);
        writer.Advance(written);
        writer.Write("\nevent: "u8);
        WriteOneLine(writer, type);
        writer.Write("\ndata: "u8);
    }

    private static void WriteEvent(PipeWriter writer, Utf8JsonWriter json, RunEvent runEvent)
    {
        BeginEvent(writer, runEvent.Sequence, runEvent.Type);
        json.Reset(writer);
        json.WriteStartObject();
        json.WriteNumber("sequence"u8, runEvent.Sequence);
        json.WriteString("type"u8, runEvent.Type);
        json.WriteString("at"u8, runEvent.At);
        json.WritePropertyName("data"u8);
        if (runEvent.Data.AsSpan().IndexOfAny('\r', '\n') < 0)
        {
            json.WriteRawValue(runEvent.Data, skipInputValidation: true);
        }
        else
        {
            // A line break would end the event's data.
            using var document = JsonDocument.Parse(runEvent.Data);
            document.RootElement.WriteTo(json);
        }

        json.WriteEndObject();
        json.Flush();
        writer.Write("\n\n"u8);
    }

    private static void WriteOneLine(PipeWriter writer, string text)
    {
        if (text.AsSpan().IndexOfAny('\r', '\n') >= 0)
        {
            text = text.ReplaceLineEndings(" ");
        }

        Encoding.UTF8.GetBytes(text, writer);
    }

    private static void WriteProblem(PipeWriter writer, StewardException error, HttpRequest request)
    {
        var problem = new ProblemResource
        {
            Type = "urn:steward:problem:" + error.Code,
            Title = "The stream ended early",
            Status = ProblemWriter.StatusOf(error.Code),
            Detail = error.Message,
            Instance = ProblemWriter.InstanceOf(request),
            Code = error.Code,
            Retryable = error.IsRetryable,
            RetryAfter = error.RetryAfter?.TotalSeconds,
        };
        writer.Write("event: problem\ndata: "u8);
        writer.Write(JsonSerializer.SerializeToUtf8Bytes(problem, StewardWireJson.Default.ProblemResource));
        writer.Write("\n\n"u8);
    }

    [LoggerMessage(EventId = 3002, Level = LogLevel.Error, Message = "An event stream broke")]
    private static partial void LogBroken(ILogger logger, Exception exception);
}
