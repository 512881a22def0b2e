using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Pipeline.Replies;
using Steward.Engines.Connectors.Pipeline.Requests;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>Asks the instance's owner for a permit before every request, and tells it afterwards how the request ended.</summary>
internal sealed partial class RateLimitMiddleware(TimeProvider time, ILogger logger) : IRequestMiddleware
{
    public async Task<Exchange> InvokeAsync(ConnectorCall call, OutgoingRequest request, RequestStep next)
    {
        var operation = call.Request.Operation;
        var cost = Math.Max(1, operation.Cost);
        var resource = call.Operation.Resource?.Text(call.Scope);
        CallPermit permit;
        try
        {
            permit = await call.Request.Gate.EnterAsync(new CallIntent(operation.Id, cost, resource, call.UserId, call.IsRetry), call.Token);
        }
        catch (OperationCanceledException) when (!call.Caller.IsCancellationRequested)
        {
            return Refused(new ActionFailed(FailureCodes.Timeout, "The time was up before the call could be made.", IsRetryable: true));
        }

        if (!permit.IsGranted)
        {
            var template = call.Request.Target.Template;
            Diagnostics.Refusals.Add(1, new("steward.connector", template.Id), new("steward.outcome", permit.Refusal));
            var mayPass = permit.Refusal is FailureCodes.RateLimited or FailureCodes.Unavailable;
            return Refused(new ActionFailed(permit.Refusal!, permit.Message ?? $"{template.Name} takes no calls now.", mayPass, permit.RetryAfter) { IsOfResource = permit.IsOfResource });
        }

        call.Credential = permit.Credential;
        call.WantsShape |= permit.WantsShape;
        call.Attempts++;
        call.Cost += cost;
        Diagnostics.Attempts.Add(1, new("steward.connector", call.Request.Target.Template.Id), new KeyValuePair<string, object?>("steward.retry", call.IsRetry));
        var started = time.GetTimestamp();
        Exchange? exchange = null;
        try
        {
            return exchange = await next(call, request);
        }
        finally
        {
            await ReportAsync(call, permit, resource, exchange, time.GetElapsedTime(started));
        }
    }

    private static Exchange Refused(ActionFailed failure) => new() { Failure = failure, IsRefusedByOwner = true };

    private async Task ReportAsync(ConnectorCall call, CallPermit permit, string? resource, Exchange? exchange, TimeSpan duration)
    {
        var (limit, remaining, resetAfter) = LimitReader.Read(call.Operation.LimitHeaders, exchange?.Reply, time.GetUtcNow());
        var report = new CallReport
        {
            PermitId = permit.Id,
            OperationId = call.Request.Operation.Id,
            Outcome = exchange?.Failure switch
            {
                null when exchange is null => "cancelled",
                null => InstanceState.Succeeded,
                ActionFailed failed => failed.Code,
                _ => "unknown",
            },
            IsFailure = IsFailure(call, exchange, duration),
            Status = exchange?.Reply?.Status,
            Duration = duration,
            Limit = limit,
            Remaining = remaining,
            ResetAfter = resetAfter,
            FurtherLimits = LimitReader.ReadFurther(call.Operation.FurtherLimits, exchange?.Reply, time.GetUtcNow()),
            RetryAfter = (exchange?.Failure as ActionFailed)?.RetryAfter ?? exchange?.Reply?.RetryAfter(time.GetUtcNow()),
            ResourceKey = resource,
            Shape = permit.WantsShape && exchange is { Failure: null } ? exchange.Reply is { } reply ? ReplyShape.Of(call, reply) : ReplyShape.Of(exchange.Result) : null,
        };
        try
        {
            await call.Request.Gate.LeaveAsync(report);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // The call's own outcome stands; a permit that is not given back lapses.
            LogNotReported(exception, call.Instance.TenantId, call.Instance.Name);
        }
    }

    // Whether it shows that the system does not work: not when it refuses for too many calls, nor when the caller gave it hardly any time.
    private static bool IsFailure(ConnectorCall call, Exchange? exchange, TimeSpan duration)
    {
        if (exchange?.Reply is { } reply)
        {
            return reply.Status >= 500 && exchange.Failure is not ActionFailed { Code: FailureCodes.RateLimited };
        }

        return exchange?.Failure switch
        {
            ActionFailed { Code: FailureCodes.Unavailable } => true,
            ActionFailed { Code: FailureCodes.Timeout } => duration >= call.OwnLimit / 2,
            // Unknown for want of time is told from a broken connection by whether the time was up.
            ActionUnknown => !call.Token.IsCancellationRequested || duration >= call.OwnLimit / 2,
            _ => false,
        };
    }

    [LoggerMessage(2, LogLevel.Warning, "How a call of {Instance} of {Tenant} ended could not be reported to its owner")]
    private partial void LogNotReported(Exception exception, string tenant, string instance);
}
