using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security.Vault;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Permits, reports and credentials.</summary>
internal sealed partial class ConnectorGrain
{
    private ICredentialSource? _signIn;

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

        try
        {
            var credential = await signIn.GetAsync(intent.UserId, cancellationToken);
            return new ConnectorPermit { Id = permit.Id, Credential = credential is null ? null : envelope.Seal(credential, Key) };
        }
        catch (Exception exception) when (exception is VaultException or CredentialException)
        {
            // Nothing was sent: what was counted for it is given back.
            traffic.Leave(new CallReport { PermitId = permit.Id, OperationId = intent.OperationId, Outcome = "unauthenticated", IsFailure = false, Duration = TimeSpan.Zero });
            return exception is CredentialException refused
                ? new ConnectorPermit { Refusal = refused.Code, Message = refused.Message, RetryAfter = refused.RetryAfter }
                : new ConnectorPermit { Refusal = "unavailable", Message = exception.Message, RetryAfter = TimeSpan.FromSeconds(5) };
        }
    }

    /// <inheritdoc/>
    public Task Leave(ConnectorReport report)
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

        try
        {
            return await signIn.RenewAsync(userId, refusedGeneration, cancellationToken) is { } credential ? envelope.Seal(credential, Key) : null;
        }
        catch (Exception exception) when (exception is VaultException or CredentialException)
        {
            return null;
        }
    }

    private void Hold(ConnectorInstance instance, ConnectorTemplate template)
    {
        var sameTraffic = _target?.Instance.TemplateHash == instance.TemplateHash;
        _target = new ResolvedInstance(instance, template);
        if (!sameTraffic || _traffic is null)
        {
            _traffic = new InstanceState(template, time, Random.Shared);
        }

        _signIn = credentials.Open(_target);
    }

    private void Release() => (_target, _traffic, _signIn) = (null, null, null);
}
