using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>Tells about a call: span, metrics, log line and audit entry. Outermost, so that it sees whatever happens; turns what steps throw into the outcome.</summary>
internal sealed partial class LogMiddleware(ICallAudit? audit, AuditKeys keys, TimeProvider time, ILogger logger) : ICallMiddleware
{
    public async Task<ActionOutcome> InvokeAsync(ConnectorCall call, CallStep next)
    {
        var started = time.GetTimestamp();
        var at = audit is null ? default : time.GetUtcNow();
        var operation = $"{call.Request.Target.Template.Id}.{call.Request.Operation.Id}";
        using var activity = Diagnostics.StartTool("execute_tool", operation, call.Request.ActionId);
        activity?.SetTag("steward.connector.instance", call.Instance.Name);
        var name = "cancelled";
        ActionOutcome? outcome = null;
        var recorded = default(ValueTask);
        try
        {
            outcome = await next(call);
        }
        catch (OutcomeException exception)
        {
            outcome = exception.Outcome;
        }
        finally
        {
            name = outcome switch { ActionSucceeded => "succeeded", ActionUnknown => "unknown", ActionFailed failed => failed.Code, _ => name };
            var elapsed = time.GetElapsedTime(started);
            Diagnostics.CallDuration.Record(elapsed.TotalSeconds, new("steward.operation", operation), new("steward.outcome", name));
            Diagnostics.EndTool(activity, name, outcome is ActionSucceeded, call.VendorRequestId);
            LogEnded(operation, call.Instance.TenantId, name, elapsed.TotalMilliseconds);
            recorded = audit?.RecordAsync(EntryOf(call, at, name, elapsed), call.Request.Operation.Effect != OperationEffect.Read) ?? default;
        }

        // Nobody is told of a change that the audit log may forget.
        await recorded;

        return outcome with { VendorRequestId = call.VendorRequestId };
    }

    private CallAudit EntryOf(ConnectorCall call, DateTimeOffset at, string outcome, TimeSpan elapsed)
    {
        var tenantId = call.Instance.TenantId;
        return new CallAudit
        {
            At = at,
            TenantId = tenantId,
            Instance = call.Instance.Name,
            Operation = call.Request.Operation.Id,
            UserId = call.Request.Caller?.UserId,
            OnBehalfOf = call.UserId,
            ActionId = call.Request.ActionId,
            ArgumentsHash = AuditArguments.HashOf(call.Arguments, Hash),
            Arguments = AuditArguments.Redact(call.Arguments, call.Request.Target.Template.Redact, Hash),
            Outcome = outcome,
            Status = call.Status,
            VendorRequestId = call.VendorRequestId,
            Attempts = call.Attempts,
            Duration = elapsed,
            Cost = call.Cost,
        };

        string Hash(string text) => keys.Hash(tenantId, text);
    }

    [LoggerMessage(1, LogLevel.Debug, "{Operation} of {Tenant} ended: {Outcome} after {Milliseconds:0.0} ms")]
    private partial void LogEnded(string operation, string tenant, string outcome, double milliseconds);
}
