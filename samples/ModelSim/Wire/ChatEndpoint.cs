using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Steward.ModelSim;

/// <summary>Answers chat completions as the script says, at the script's pace, whole or as server-sent events.</summary>
internal sealed class ChatEndpoint(ScriptRunner runner, TimeProvider time)
{
    private long sequence;

    public async Task AnswerAsync(HttpContext http, RecordedRequest recorded)
    {
        var request = new ChatRequest(recorded.Body, runner.Script.Models);
        var (reply, rule) = runner.Choose(request)
            ?? throw new ApiException(500, "The script has no rule for this request and no default.", null, "no_rule", "server_error");
        recorded.Rule = rule;
        Refuse(reply.Fault, request);
        var number = Interlocked.Increment(ref sequence).ToString("D10", CultureInfo.InvariantCulture);
        var completion = new Completion(request, reply, $"chatcmpl-steward{number}sim", time.GetUtcNow().ToUnixTimeSeconds());
        var pace = new Pace(
            time, reply.TimeToFirstTokenMilliseconds ?? runner.Script.TimeToFirstTokenMilliseconds, reply.TokensPerSecond ?? runner.Script.TokensPerSecond);
        if (reply.Fault?.Kind == ModelFaultKind.CutBeforeAnswer)
        {
            recorded.Outcome = RequestOutcome.Cut;
            http.Abort();
            return;
        }

        if (request.Stream)
        {
            await StreamAsync(http, recorded, request, completion, reply.Fault, pace);
        }
        else
        {
            await WholeAsync(http, recorded, completion, reply.Fault, pace);
        }
    }

    private static void Refuse(ModelFault? fault, ChatRequest request)
    {
        switch (fault?.Kind)
        {
            case ModelFaultKind.RateLimited:
                throw new ApiException(429, $"Rate limit reached for {request.Model} on requests per min (RPM). Please try again in {fault.RetryAfterSeconds.ToString(CultureInfo.InvariantCulture)}s.", null, "rate_limit_exceeded", "requests")
                {
                    RetryAfterSeconds = fault.RetryAfterSeconds,
                };
            case ModelFaultKind.ServerError:
                throw new ApiException(fault.Status, "The server had an error while processing your request. Sorry about that!", null, null, "server_error");
            case ModelFaultKind.ContextLengthExceeded:
                throw new ApiException(400, $"This model's maximum context length is 8192 tokens. However, your messages resulted in {request.PromptTokens.ToString(CultureInfo.InvariantCulture)} tokens. Please reduce the length of the messages.", "messages", "context_length_exceeded");
            default:
                break;
        }
    }

    private async Task WholeAsync(HttpContext http, RecordedRequest recorded, Completion completion, ModelFault? fault, Pace pace)
    {
        if (fault?.Kind is ModelFaultKind.EndlessStream or ModelFaultKind.StalledStream)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
        }

        await pace.WaitAsync(Math.Max(0, completion.CompletionTokens - 1), http.RequestAborted);
        var body = JsonSerializer.SerializeToUtf8Bytes(completion.Whole());
        http.Response.ContentType = "application/json";
        recorded.Status = 200;
        if (fault?.Kind is ModelFaultKind.CutStream or ModelFaultKind.TruncatedStream or ModelFaultKind.MalformedChunk)
        {
            // A malformed answer is complete as HTTP; a cut one is not.
            http.Response.ContentLength = fault.Kind == ModelFaultKind.CutStream ? body.Length : body.Length / 2;
            await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), http.RequestAborted);
            if (fault.Kind == ModelFaultKind.CutStream)
            {
                await http.Response.Body.FlushAsync(http.RequestAborted);
                throw new CutException();
            }

            return;
        }

        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, http.RequestAborted);
        recorded.Usage = (completion.PromptTokens, completion.CompletionTokens);
    }

    private async Task StreamAsync(HttpContext http, RecordedRequest recorded, ChatRequest request, Completion completion, ModelFault? fault, Pace pace)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        recorded.Status = 200;
        var sent = 0;
        foreach (var delta in completion.Deltas())
        {
            if (fault is not null && sent > fault.AfterChunks && await BreakAsync(http, recorded, request, completion, fault, pace))
            {
                return;
            }

            // The chunk with the role and the first token leave together.
            await SendAsync(http, completion.Chunk(delta, null, request.IncludeUsage), Math.Max(0, sent - 1), pace);
            sent++;
        }

        if (fault is not null && await BreakAsync(http, recorded, request, completion, fault, pace))
        {
            return;
        }

        Write(http, completion.Chunk("{}", completion.FinishReason, request.IncludeUsage));
        if (request.IncludeUsage)
        {
            Write(http, completion.UsageChunk());
        }

        Write(http, "data: [DONE]\n\n");
        recorded.Usage = (completion.PromptTokens, completion.CompletionTokens);
    }

    /// <summary>Breaks a stream; returns whether that was its end.</summary>
    private async Task<bool> BreakAsync(HttpContext http, RecordedRequest recorded, ChatRequest request, Completion completion, ModelFault fault, Pace pace)
    {
        switch (fault.Kind)
        {
            case ModelFaultKind.CutStream:
                await http.Response.Body.FlushAsync(http.RequestAborted);
                throw new CutException();
            case ModelFaultKind.TruncatedStream:
                return true;
            case ModelFaultKind.MalformedChunk:
                Write(http, "data: {\"id\":\"chatcmpl-broken\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\n\n");
                Write(http, "data: [DONE]\n\n");
                return true;
            case ModelFaultKind.ErrorInStream:
                Write(http, "data: {\"error\":{\"message\":\"The server had an error while processing your request. Sorry about that!\",\"type\":\"server_error\",\"param\":null,\"code\":null}}\n\n");
                return true;
            case ModelFaultKind.StalledStream:
                await http.Response.Body.FlushAsync(http.RequestAborted);
                await Task.Delay(Timeout.InfiniteTimeSpan, time, http.RequestAborted);
                return true;
            case ModelFaultKind.EndlessStream:
                var endless = pace.AtLeast(TimeSpan.FromMilliseconds(5));
                for (var token = 0; ; token++)
                {
                    await SendAsync(http, completion.Chunk("""{"content":" and"}""", null, request.IncludeUsage), token, endless);
                    await http.Response.Body.FlushAsync(http.RequestAborted);
                }

            default:
                return false;
        }
    }

    private static async Task SendAsync(HttpContext http, string chunk, int token, Pace pace)
    {
        if (pace.HasToWait(token))
        {
            // What is due has to leave before the next token is waited for.
            if (http.Response.HasStarted || token > 0)
            {
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }

            await pace.WaitAsync(token, http.RequestAborted);
        }

        Write(http, chunk);
    }

    // Buffered, so that a stream without pauses leaves in few packets; whoever waits flushes first.
    private static void Write(HttpContext http, string text) => Encoding.UTF8.GetBytes(text, http.Response.BodyWriter);

    /// <summary>When tokens are due: the first after a fixed time, the others at a fixed rate after it.</summary>
    private sealed class Pace(TimeProvider time, int firstMilliseconds, double perSecond)
    {
        private readonly long start = time.GetTimestamp();

        public bool HasToWait(int token) => Left(token) > TimeSpan.Zero;

        public async ValueTask WaitAsync(int token, CancellationToken cancellationToken)
        {
            var left = Left(token);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left, time, cancellationToken);
            }
        }

        /// <summary>From now on, with a least time between tokens.</summary>
        public Pace AtLeast(TimeSpan gap) => new(time, 0, perSecond > 0 ? Math.Min(perSecond, 1 / gap.TotalSeconds) : 1 / gap.TotalSeconds);

        private TimeSpan Left(int token)
        {
            var due = TimeSpan.FromMilliseconds(firstMilliseconds) + (perSecond > 0 ? TimeSpan.FromSeconds(token / perSecond) : TimeSpan.Zero);
            return due == TimeSpan.Zero ? due : due - time.GetElapsedTime(start);
        }
    }
}

/// <summary>Closes the connection in the middle of an answer: what was sent still arrives, then the connection ends without the rest.</summary>
internal sealed class CutException() : Exception("The script cuts the connection here.");
