using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Limits;
using Steward.Engines.Connectors.Mcp;
using Steward.Engines.Connectors.Schemas;
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
            return new ConnectorPermit { Refusal = permit.Refusal, Message = permit.Message, RetryAfter = permit.RetryAfter, IsOfResource = permit.IsOfResource };
        }

        string? outcome = "cancelled";
        try
        {
            var answer = await signIn.GetAsync(intent.UserId, cancellationToken);
            if (answer.Refusal is { } refusal)
            {
                outcome = refusal;
                return new ConnectorPermit { Refusal = refusal, Message = answer.Message, RetryAfter = answer.RetryAfter };
            }

            var granted = new ConnectorPermit { Id = permit.Id, Credential = answer.Credential is { } credential ? envelope.Seal(credential, Key) : null, WantsShape = _schemas?.Wants(intent.OperationId) == true };
            outcome = null;
            if (intent.UserId is null && signIn.IsOAuth && state.State.SignIn is { State: SignInHistory.Broken })
            {
                // A token was to be had.
                NoteSignedIn();
            }

            return granted;
        }
        finally
        {
            if (outcome is not null)
            {
                // Nothing is sent, also when the caller does not wait for the sign-in any more: nobody else gives the permit back.
                traffic.Leave(new CallReport { PermitId = permit.Id, OperationId = intent.OperationId, Outcome = outcome, IsFailure = false, Duration = TimeSpan.Zero });
            }
        }
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
            FurtherLimits = report.FurtherLimits is { Count: > 0 } several
                ? [.. several.Select(further => new LimitNumbers(further.At, further.Limit, further.Remaining, further.ResetAfter))]
                : [],
            RetryAfter = report.RetryAfter,
            ResourceKey = report.ResourceKey,
        });
        Learn(report);
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

    private void Hold(ConnectorInstance instance, ConnectorTemplate template, string text)
    {
        var sameTraffic = _target?.Instance.TemplateHash == instance.TemplateHash;
        _target = McpOperations.Complete(new ResolvedInstance(instance, template));

        // Whoever asks in between must not see settings that are only about to be written, nor a template under the hash of another.
        _definition = new ConnectorDefinition
        {
            InstanceJson = Json(instance),
            TemplateHash = instance.TemplateHash,
            TemplateText = text,
        };
        var isNewTraffic = !sameTraffic || _traffic is null;
        if (isNewTraffic)
        {
            _traffic = new InstanceState(template, time, Random.Shared, new TenantShare());
        }

        _traffic!.Scale(LimitFactorOf(instance));
        WatchShares(isNewTraffic);

        _schemas = _schemas?.With(_target) ?? new SchemaWatch(_target, ReadSchemas(), time, Random.Shared);
        var mayReachPrivate = options.CurrentValue.MayReachPrivateAddresses(TenantId);
        if (_signIn?.TryTake(_target, mayReachPrivate) != true)
        {
            (_signIn, _credentialChange) = (credentials.Create(_target, mayReachPrivate, this), null);
        }
    }

    // The operator may have lowered the bound since.
    private double LimitFactorOf(ConnectorInstance instance) => Math.Min(instance.LimitFactor ?? 1, options.CurrentValue.MaxLimitFactor);

    private void Release() => (_target, _definition, _traffic, _signIn, _schemas, _keptSchemas) = (null, null, null, null, null, null);
}
