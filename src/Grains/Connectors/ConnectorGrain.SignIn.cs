using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Steward.Engines.Connectors.Auth;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security.Vault;
using Steward.Errors;
using Steward.Identity;

namespace Steward.Connectors;

/// <summary>Sign-ins in the browser, and how well the instance is signed in. Sign-ins that were begun are in memory only: after the loss of the silo one begins again.</summary>
internal sealed partial class ConnectorGrain : ICredentialObserver
{
    private const int MaxBegun = 1000;
    private const int MaxBegunEach = 5;
    private static readonly TimeSpan BegunFor = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Begun> _begun = new(StringComparer.Ordinal);
    private CredentialStateChange? _credentialChange;
    private IGrainTimer? _checker;

    /// <inheritdoc/>
    public async Task<string> BeginSignIn(string redirectUri, CancellationToken cancellationToken = default)
    {
        var target = RequireThere();
        if (!target.Instance.OnBehalfOfUser)
        {
            Caller.RequireAdmin();
        }

        if (_signIn!.Auth.Kind != AuthKind.OAuth2Code)
        {
            throw new StewardException(ErrorCodes.Conflict, "This connector does not sign in with a browser.");
        }

        if (!Uri.TryCreate(redirectUri, UriKind.Absolute, out var redirect) || redirect.Scheme is not ("https" or "http") || redirect.Fragment.Length > 0)
        {
            throw StewardException.Invalid("redirectUri", "must be an address such as https://steward.acme.com/signed-in.");
        }

        var now = time.GetUtcNow();
        foreach (var (old, begun) in _begun)
        {
            if (begun.Until <= now)
            {
                _begun.Remove(old);
            }
        }

        // Nobody takes the others' room: who begins again and again loses what they began first.
        var own = _begun.Where(sign => sign.Value.UserId == Caller.Required.UserId).OrderBy(sign => sign.Value.Until).Select(sign => sign.Key).ToList();
        foreach (var oldest in own.Take(own.Count - MaxBegunEach + 1))
        {
            _begun.Remove(oldest);
        }

        if (_begun.Count >= MaxBegun)
        {
            throw new StewardException(ErrorCodes.LimitReached, "Too many sign-ins are under way; try again in some minutes.") { IsRetryable = true };
        }

        try
        {
            var request = await _signIn.AuthorizeAsync(redirect, cancellationToken);
            _begun[request.State] = new Begun(Caller.Required.UserId, request, now + BegunFor);
            return request.Url.AbsoluteUri;
        }
        catch (OAuthException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, exception.Message, exception);
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }
    }

    /// <inheritdoc/>
    public async Task CompleteSignIn(string state, string sealedCode, CancellationToken cancellationToken = default)
    {
        var target = RequireThere();

        // Good once, and for the person who began it: nobody signs somebody else's account in.
        if (!_begun.Remove(state, out var begun) || begun.Until <= time.GetUtcNow() || begun.UserId != Caller.Required.UserId)
        {
            throw StewardException.Invalid("state", "belongs to no sign-in that you have begun within the last ten minutes. Begin again.");
        }

        if (!sealer.TryOpen(sealedCode, Key, out var code))
        {
            throw StewardException.Invalid("code", "could not be opened: the front end and the cluster must have the same keys.");
        }

        try
        {
            await _signIn!.AcceptAsync(target.Instance.OnBehalfOfUser ? begun.UserId : null, begun.Request, state, code, cancellationToken);
        }
        catch (OAuthException exception)
        {
            throw new StewardException(ErrorCodes.InvalidArgument, exception.Message, exception) { Field = "code" };
        }
        catch (VaultException exception)
        {
            throw Unavailable(exception);
        }

        if (!target.Instance.OnBehalfOfUser)
        {
            NoteSignedIn();
        }

        LogSignedIn(logger, Key);
    }

    /// <inheritdoc/>
    public void Changed(CredentialStateChange change)
    {
        ArgumentNullException.ThrowIfNull(change);

        // One person's own sign-in is no matter of the instance.
        if (change.UserId is not null)
        {
            return;
        }

        _credentialChange = change;
        Note(change.To, change.Code, change.Message);
        if (change.To == CredentialState.Broken)
        {
            ConnectorDiagnostics.Broken.Add(1, new KeyValuePair<string, object?>("steward.tenant", TenantId));
            LogBroken(logger, Key, change.Code, change.Message);
        }
    }

    // What the credentials themselves say is newer than the last verification.
    private (string State, string? Reason) Condition() => _credentialChange switch
    {
        { To: CredentialState.Broken } change => ("broken", change.Message),
        { To: CredentialState.Expiring } change => ("expiring", change.Message),
        _ => (state.State.Failure is not null ? "broken" : state.State.VerifiedAt is null ? "unverified" : "active", state.State.Failure),
    };

    // What external systems are asked for by the reminder may take a minute, in which people change settings and sign in.
    private void CheckBeside()
    {
        _checker ??= this.RegisterGrainTimer(Check, new GrainTimerCreationOptions(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan) { KeepAlive = true, Interleave = true });
        _checker.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private async Task Check(CancellationToken cancellationToken)
    {
        await KeepAliveAsync();

        // Where people sign in themselves, there is nobody to verify it as.
        if (_target is { Instance: { Enabled: true, OnBehalfOfUser: false } } target && !state.State.Deleting)
        {
            _schemas?.Ask(target.Template.Verify.Operation);
            await ProbeAsync(await VerifyAsync(cancellationToken));
        }
    }

    private async Task KeepAliveAsync()
    {
        try
        {
            await (_signIn?.MaintainAsync() ?? Task.CompletedTask);
            await ForgetOldSecretAsync();
        }
        catch (VaultException exception)
        {
            // It comes again with the next reminder.
            LogVault(logger, Key, exception);
        }
    }

    // It stops to count when its time is over; this is when it is gone.
    private async Task ForgetOldSecretAsync()
    {
        var now = time.GetUtcNow();
        if (state.State.OldWebhookSecretUntil is not { } until || until > now || state.State.Deleting)
        {
            return;
        }

        if (await vault.ReadAsync(SecretsPath) is { } secret && WebhookSecrets.WithoutOld(secret.Values, now) is { } rest)
        {
            await vault.WriteAsync(SecretsPath, rest, secret.Version);
        }

        if (_target is not null && state.State.OldWebhookSecretUntil == until)
        {
            state.State.OldWebhookSecretUntil = null;
            await WriteAsync();
        }
    }

    private sealed record Begun(string UserId, AuthorizationRequest Request, DateTimeOffset Until);

    [LoggerMessage(EventId = 1408, Level = LogLevel.Information, Message = "Somebody signed in to {Connector}")]
    private static partial void LogSignedIn(ILogger logger, string connector);

    [LoggerMessage(EventId = 1409, Level = LogLevel.Warning, Message = "{Connector} cannot sign in any more ({Code}): {Reason}")]
    private static partial void LogBroken(ILogger logger, string connector, string? code, string? reason);
}
