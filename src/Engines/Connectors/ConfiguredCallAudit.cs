using System.Collections.Frozen;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Pipeline;

namespace Steward.Engines.Connectors;

/// <summary>
/// Audit entries of calls of configured connectors; those of instances are written by the middleware chain. What a run changes is in its journal before and after it is sent, so only changes that no
/// run makes wait for their entry.
/// </summary>
internal sealed class ConfiguredCallAudit(ICallAudit audit, AuditKeys keys, IEnumerable<VendorConnector> connectors)
{
    private readonly FrozenDictionary<string, IReadOnlyList<string>> _redact = connectors.ToFrozenDictionary(connector => connector.Name, connector => connector.Redact, StringComparer.Ordinal);

    /// <summary>Takes one call that has ended.</summary>
    /// <param name="tenantId">The tenant.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="operation">The operation.</param>
    /// <param name="call">What was sent; null when nothing was.</param>
    /// <param name="at">When it began.</param>
    /// <param name="outcome"><c>succeeded</c>, <c>unknown</c> or a code of <see cref="ActionFailed"/>.</param>
    /// <param name="elapsed">How long it took.</param>
    public ValueTask RecordAsync(string tenantId, ActionRequest request, OperationSpec operation, OperationCall? call, DateTimeOffset at, string outcome, TimeSpan elapsed)
    {
        var dot = operation.Id.IndexOf('.', StringComparison.Ordinal);
        var connector = operation.Id[..dot];
        var entry = new CallAudit
        {
            At = at,
            TenantId = tenantId,
            Instance = connector,
            Operation = operation.Id[(dot + 1)..],
            UserId = request.Caller?.UserId,
            ActionId = request.ActionId,
            ArgumentsHash = AuditArguments.HashOf(request.Arguments, Hash),
            Arguments = AuditArguments.Redact(request.Arguments, _redact.GetValueOrDefault(connector, []), Hash),
            Outcome = outcome,
            Status = call?.Status,
            VendorRequestId = call?.VendorRequestId,
            Attempts = call?.Requests ?? 0,
            Duration = elapsed,
            Cost = call?.Requests ?? 0,
        };
        return audit.RecordAsync(entry, operation.Effect != OperationEffect.Read && request.RunId is null);

        string Hash(string text) => keys.Hash(tenantId, text);
    }
}
