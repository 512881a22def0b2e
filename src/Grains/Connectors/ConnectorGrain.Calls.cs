using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Templates;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Permits, reports and credentials.</summary>
internal sealed partial class ConnectorGrain
{
    private InstanceCredentials? _signIn;

    /// <inheritdoc/>
    public async Task<ConnectorPermit> Enter(ConnectorIntent intent, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_target is not { Instance.Enabled: true } || state.State.Deleting || _traffic is not { } traffic || _signIn is not { } signIn)
        {
            return new ConnectorPermit { Refusal = "not_configured", Message = "The connector was removed or switched off." };
        }

        var permit = traffic.Enter(new CallIntent(intent.OperationId, intent.Cost, intent.ResourceKey, intent.UserId, intent.IsRetry));
        if (!permit.IsGranted)
        {
            return new ConnectorPermit { Refusal = permit.Refusal, Message = permit.Message, RetryAfter = permit.RetryAfter };
        }

        var answer = await signIn.GetAsync(intent.UserId, cancellationToken);
        if (answer.Refusal is { } refusal)
        {
            // Nothing was sent: what was counted for it is given back.
            traffic.Leave(new CallReport { PermitId = permit.Id, OperationId = intent.OperationId, Outcome = refusal, IsFailure = false, Duration = TimeSpan.Zero });
            return new ConnectorPermit { Refusal = refusal, Message = answer.Message, RetryAfter = answer.RetryAfter };
        }

        return new ConnectorPermit { Id = permit.Id, Credential = answer.Credential is { } credential ? envelope.Seal(credential, Key) : null };
    }

    /// <inheritdoc/>
    public Task Leave(ConnectorReport report, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        _traffic?.Leave(new CallReport
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
            RetryAfter = report.RetryAfter,
            ResourceKey = report.ResourceKey,
        });
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<SealedCredential?> Renew(string? userId, long refusedGeneration, CancellationToken cancellationToken = default)
    {
        Caller.RequireSystem();
        if (_signIn is not { } signIn)
        {
            return null;
        }

        return (await signIn.RenewAsync(userId, refusedGeneration, cancellationToken)).Credential is { } credential ? envelope.Seal(credential, Key) : null;
    }

    private void Hold(ConnectorInstance instance, ConnectorTemplate template)
    {
        var sameTraffic = _target?.Instance.TemplateHash == instance.TemplateHash;
        _target = McpOperations.Complete(new ResolvedInstance(instance, template));
        if (!sameTraffic || _traffic is null)
        {
            _traffic = new InstanceState(template, time, Random.Shared);
        }

        _credentialChange = null;
        _signIn = credentials.Create(_target, options.CurrentValue.MayReachPrivateAddresses(TenantId), this);
    }

    private void Release() => (_target, _traffic, _signIn) = (null, null, null);
}
