using Microsoft.Extensions.Options;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Mcp;

namespace Steward.Engines.Connectors.Pipeline.Middleware;

/// <summary>Lets only calls on that are allowed, have time left and fit the operation's schema.</summary>
internal sealed class CheckMiddleware(IOptionsMonitor<ConnectorsOptions> options, TimeProvider time) : ICallMiddleware
{
    public async Task<ActionOutcome> InvokeAsync(ConnectorCall call, CallStep next)
    {
        CheckAccess(call);
        if (string.IsNullOrWhiteSpace(call.Request.ActionId) || call.Request.ActionId.Length > 512)
        {
            throw OutcomeException.Invalid("actionId", "must be a text of 1 to 512 characters.");
        }

        if (call.Request.DryRun && call.Request.Operation.DryRun is null)
        {
            throw OutcomeException.Failed(FailureCodes.Rejected, $"{call.Request.Operation.Id} cannot show its effect without having it.");
        }

        call.OwnLimit = call.Request.Operation.Timeout ?? options.CurrentValue.Timeout;
        var now = time.GetUtcNow();
        var left = call.Request.Deadline is { } deadline && deadline - now < call.OwnLimit ? deadline - now : call.OwnLimit;
        if (left <= TimeSpan.Zero)
        {
            throw OutcomeException.Failed(FailureCodes.Timeout, "The deadline had passed before anything was sent.", isRetryable: true);
        }

        call.UseArguments(call.Operation.Check(call.Arguments));
        using var timeout = new CancellationTokenSource(left, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, call.Caller);
        (call.Token, call.EndsAt) = (both.Token, now + left);
        return await next(call);
    }

    // The call that shows whether address and credentials are right is made before anything is switched on.
    private static void CheckAccess(ConnectorCall call)
    {
        var id = call.Request.Operation.Id;
        if (call.Instance.OnBehalfOfUser && call.Request.Caller is null && (call.IsLookup || id != call.Request.Target.Template.Verify.Operation))
        {
            // Never with whatever sign-in the instance itself has left from before.
            throw OutcomeException.Failed(FailureCodes.Unauthenticated, $"The connector '{call.Instance.Name}' is used on behalf of people, and nobody is named.");
        }

        if (call.IsLookup || call.Request.Caller is null && id == call.Request.Target.Template.Verify.Operation)
        {
            return;
        }

        var instance = call.Instance;
        if (!instance.Enabled)
        {
            throw OutcomeException.Failed(FailureCodes.NotConfigured, $"The connector '{instance.Name}' is switched off.");
        }

        if (!McpOperations.IsAlwaysOn(call.Request.Target.Template, id) && !InstanceOperations.IsEnabled(instance, call.Request.Operation))
        {
            throw OutcomeException.Failed(FailureCodes.Forbidden, $"The operation '{id}' of the connector '{instance.Name}' is not switched on.");
        }

        if (call.Request.Caller is { } caller && (instance.Access.TryGetValue(id, out var roles) || instance.Access.TryGetValue("*", out roles)) &&
            !caller.Roles.Any(role => roles.Contains(role, StringComparer.Ordinal)))
        {
            throw OutcomeException.Failed(FailureCodes.Forbidden, $"The operation '{id}' of the connector '{instance.Name}' needs one of the roles {string.Join(", ", roles)}.");
        }
    }
}
