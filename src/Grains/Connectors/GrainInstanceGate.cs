using System.Text.Json;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Schemas;
using Steward.Engines.Connectors.Templates;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>An instance's owner as this silo reaches it: the connector's grain, in the platform's name.</summary>
internal sealed class GrainInstanceGate(string grainKey, IGrainFactory grains, PlatformIdentity platform, CredentialEnvelope envelope) : IInstanceGate
{
    private const int MaxShapeLength = 48 * 1024;

    private readonly IConnectorGrain _connector = grains.GetGrain<IConnectorGrain>(grainKey);

    /// <inheritdoc/>
    public async ValueTask<CallPermit> EnterAsync(CallIntent intent, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(intent);
        ConnectorPermit permit;
        try
        {
            Assume();
            permit = await _connector.Enter(
                new ConnectorIntent { OperationId = intent.OperationId, Cost = intent.Cost, ResourceKey = intent.ResourceKey, UserId = intent.UserId, IsRetry = intent.IsRetry },
                cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Its silo may just be lost, or the vault cannot be asked: nothing was sent, and a moment later it is there again.
            return new CallPermit { Refusal = "unavailable", Message = exception is StewardException known ? known.Message : "The connector cannot be reached now.", RetryAfter = TimeSpan.FromSeconds(2) };
        }

        if (permit.Refusal is { } refusal)
        {
            ConnectorDiagnostics.Refused.Add(1, new KeyValuePair<string, object?>("reason", refusal));
            return new CallPermit { Refusal = refusal, Message = permit.Message, RetryAfter = permit.RetryAfter, IsOfResource = permit.IsOfResource };
        }

        return new CallPermit { Id = permit.Id, Credential = envelope.Open(permit.Credential, grainKey), WantsShape = permit.WantsShape };
    }

    /// <inheritdoc/>
    public async ValueTask LeaveAsync(CallReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        try
        {
            Assume();
            await _connector.Leave(new ConnectorReport
            {
                PermitId = report.PermitId,
                OperationId = report.OperationId,
                Outcome = report.Outcome,
                IsFailure = report.IsFailure,
                Status = report.Status,
                Duration = report.Duration,
                Limit = report.Limit,
                Remaining = report.Remaining,
                ResetAfter = report.ResetAfter,
                FurtherLimits = report.FurtherLimits.Count == 0
                    ? []
                    : [.. report.FurtherLimits.Select(further => new ConnectorLimitNumbers { At = further.At, Limit = further.Limit, Remaining = further.Remaining, ResetAfter = further.ResetAfter })],
                RetryAfter = report.RetryAfter,
                ResourceKey = report.ResourceKey,
                ShapeJson = report.Shape is { } shape ? Text(shape) : null,
            });
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // A report that is lost leaves a permit that lapses by itself.
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Credential?> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken)
    {
        try
        {
            Assume();
            return envelope.Open(await _connector.Renew(userId, refusedGeneration, cancellationToken), grainKey);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // As if there were no newer one: what the system answered stands, instead of a call whose outcome nobody knows.
            return null;
        }
    }

    // What is too long to be sent beside every call is not: a later answer may be shorter.
    private static string? Text(SampleState shape) => JsonSerializer.Serialize(shape, TemplateJson.Options) is { Length: <= MaxShapeLength } text ? text : null;

    private void Assume() => platform.Assume(GrainKeys.TenantOf(grainKey));
}
