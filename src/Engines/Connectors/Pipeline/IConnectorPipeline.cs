using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;

namespace Steward.Engines.Connectors.Pipeline;

/// <summary>Carries out operations of instances through the middleware chain. Safe for concurrent use; holds nothing of an instance between calls.</summary>
public interface IConnectorPipeline
{
    /// <summary>Makes one call. Failures of the target system are outcomes.</summary>
    Task<ActionOutcome> ExecuteAsync(ConnectorCallRequest call, CancellationToken cancellationToken);

    /// <summary>Looks up whether an earlier attempt took effect, as the operation's <see cref="ReconcileSpec"/> says.</summary>
    Task<ReconcileOutcome> ReconcileAsync(ConnectorCallRequest call, DateTimeOffset sentAt, CancellationToken cancellationToken);
}

/// <summary>What goes into the chain.</summary>
public sealed record ConnectorCallRequest
{
    /// <summary>The instance and its template.</summary>
    public required ResolvedInstance Target { get; init; }

    /// <summary>The instance's owner.</summary>
    public required IInstanceGate Gate { get; init; }

    /// <summary>The operation.</summary>
    public required OperationTemplate Operation { get; init; }

    /// <summary>The arguments, not yet checked.</summary>
    public required JsonElement Arguments { get; init; }

    /// <summary>Identifies the intended effect; see <see cref="ActionRequest.ActionId"/>.</summary>
    public required string ActionId { get; init; }

    /// <summary>Who asks; null for the platform itself, for example a verification.</summary>
    public ConnectorCaller? Caller { get; init; }

    /// <summary>When the caller stops waiting.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whether the effect is only to be shown, for operations with <see cref="OperationTemplate.DryRun"/>.</summary>
    public bool DryRun { get; init; }
}
