using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;
using Steward.Errors;
using Steward.Models;

namespace Steward.Gateway.OpenAI;

/// <summary>How the events of a call become server-sent events of one of OpenAI's protocols.</summary>
internal interface IAnswerFormat
{
    /// <summary>The first lines.</summary>
    void Begin(AnswerEvents events);

    /// <summary>One event of the answer; the last one among them when it ended well.</summary>
    void Write(AnswerEvents events, ModelCallEvent next);

    /// <summary>The answer has failed after it began: an explicit error, and nothing that looks like an end.</summary>
    void Fail(AnswerEvents events, int status, StewardException error);
}

/// <summary>Writes server-sent events.</summary>
internal sealed class AnswerEvents(PipeWriter writer) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(writer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    /// <summary>Writes one event.</summary>
    /// <param name="name">Its name; null writes none.</param>
    /// <param name="write">Writes its data, one JSON value.</param>
    /// <param name="state">For <paramref name="write"/>.</param>
    public void Event<T>(string? name, Action<Utf8JsonWriter, T> write, T state)
    {
        if (name is not null)
        {
            writer.Write("event: "u8);
            Encoding.UTF8.GetBytes(name, writer);
            writer.Write("\n"u8);
        }

        writer.Write("data: "u8);
        _json.Reset(writer);
        write(_json, state);
        _json.Flush();
        writer.Write("\n\n"u8);
    }

    /// <summary>Writes lines as they are.</summary>
    public void Raw(ReadOnlySpan<byte> lines) => writer.Write(lines);

    /// <summary>Writes a comment, which clients pass over.</summary>
    public void Comment(string text)
    {
        writer.Write(": "u8);
        Encoding.UTF8.GetBytes(text, writer);
        writer.Write("\n\n"u8);
    }

    /// <inheritdoc/>
    public void Dispose() => _json.Dispose();
}

/// <summary>
/// Streams an answer. Its status and headers are those of the first event, so that a call that fails before its first token has the status that it deserves. What has come is flushed before anything is waited for.
/// </summary>
internal static class AnswerStream
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>Answers the request.</summary>
    /// <param name="context">The request; its answer has not begun.</param>
    /// <param name="callId">The call's id.</param>
    /// <param name="answer">The events.</param>
    /// <param name="format">The protocol.</param>
    /// <param name="time">The clock.</param>
    public static async Task WriteAsync(HttpContext context, string callId, IAsyncEnumerable<ModelCallEvent> answer, IAnswerFormat format, TimeProvider time)
    {
        var response = context.Response;
        var aborted = context.RequestAborted;
        AnswerHeaders.Begin(response, callId, route: null);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        await using var coming = answer.GetAsyncEnumerator(ending.Token);
        if (!await coming.MoveNextAsync())
        {
            throw new StewardException(ErrorCodes.Internal, "The answer has no beginning.");
        }

        if (coming.Current.Failure is { } refused)
        {
            throw OpenAIErrors.Of(refused);
        }

        AnswerHeaders.Begin(response, callId, coming.Current.Route);
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache, no-store";
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        var writer = response.BodyWriter;
        using var events = new AnswerEvents(writer);
        format.Begin(events);
        try
        {
            while (await NextAsync(coming, writer, events, time, ending))
            {
                if (coming.Current.Failure is { } failed)
                {
                    format.Fail(events, OpenAIErrors.StatusOf(failed.Code), OpenAIErrors.Of(failed));
                    break;
                }

                format.Write(events, coming.Current);
            }
        }
        catch (StewardException error)
        {
            format.Fail(events, OpenAIErrors.StatusOf(error.Code), error);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // Nobody is there to read more.
            context.Abort();
            return;
        }

        await writer.FlushAsync(aborted);
    }

    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<ModelCallEvent> coming, PipeWriter writer, AnswerEvents events, TimeProvider time, CancellationTokenSource ending)
    {
        var next = coming.MoveNextAsync();
        if (next.IsCompleted)
        {
            return await next;
        }

        var waiting = next.AsTask();
        try
        {
            await FlushAsync(writer, ending.Token);
            while (true)
            {
                await ((Task)waiting).WaitAsync(Heartbeat, time, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (waiting.IsCompleted)
                {
                    break;
                }

                ending.Token.ThrowIfCancellationRequested();
                events.Comment("still here");
                await FlushAsync(writer, ending.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // An enumerator may be left only when its step is over.
            await ending.CancelAsync();
            await ((Task)waiting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await waiting;
    }

    private static async ValueTask FlushAsync(PipeWriter writer, CancellationToken cancellationToken)
    {
        var result = await writer.FlushAsync(cancellationToken);
        if (result.IsCompleted)
        {
            throw new OperationCanceledException("The client is gone.");
        }
    }
}
