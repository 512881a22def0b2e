using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>
/// Tries failures again: only operations whose repetition has no further effect, with exponential waits under full jitter, at most as often as the template says, within the call's time and
/// the instance's retry budget. A long wait that the system asks for ends the call at once with that time.
/// </summary>
internal sealed class RetryMiddleware(TimeProvider time, Random random) : IRequestMiddleware
{
    // A timer may fire a moment early by the clock, and whoever comes early is refused.
    private static readonly TimeSpan TimerSlack = TimeSpan.FromMilliseconds(20);

    public async Task<Exchange> InvokeAsync(ConnectorCall call, OutgoingRequest request, RequestStep next)
    {
        var spec = call.Request.Target.Template.Retry;
        var most = Math.Clamp(spec.MaxAttempts, 1, 4);
        Exchange? sent = null;
        ActionUnknown? unknown = null;
        for (var attempt = 1; ; attempt++)
        {
            call.IsRetry = sent is not null;
            var exchange = await next(call, request);
            if (exchange.Failure is null)
            {
                return exchange;
            }

            // What an attempt may have done, a later refusal does not take back.
            unknown ??= exchange.Failure as ActionUnknown;
            var last = exchange.IsRefusedByOwner && sent is not null ? sent : exchange;
            last = unknown is null ? last : last with { Failure = unknown };
            if (exchange.IsRefusedByOwner && sent is not null || attempt >= most || !MayRepeat(call, exchange) || WaitBefore(attempt, exchange, spec, random) is not { } wait || time.GetUtcNow() + wait >= call.EndsAt)
            {
                return last;
            }

            sent = exchange.IsRefusedByOwner ? sent : exchange;
            try
            {
                await Task.Delay(wait, time, call.Token);
            }
            catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested || unknown is not null)
            {
                return last;
            }
        }
    }

    private static bool MayRepeat(ConnectorCall call, Exchange exchange) =>
        // What the owner refused was not sent: waiting for room repeats nothing.
        exchange.IsRefusedByOwner ? exchange.Failure is ActionFailed { RetryAfter: not null }
        : call.IsRepeatable && (exchange.IsRetryable || (exchange is { Reply: null, Failure: ActionUnknown }));

    private static TimeSpan? WaitBefore(int attempt, Exchange exchange, RetrySpec spec, Random random)
    {
        var bound = spec.BaseDelay * (1 << (attempt - 1));
        bound = bound < spec.MaxDelay ? bound : spec.MaxDelay;
        var jitter = bound * random.NextDouble();
        return exchange.Failure is not ActionFailed { RetryAfter: { } asked } ? jitter : asked <= spec.MaxInlineWait ? asked + TimerSlack + jitter : null;
    }
}
