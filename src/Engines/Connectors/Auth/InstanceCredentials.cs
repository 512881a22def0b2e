using Microsoft.Extensions.Logging;
using Steward.Engines.Connectors.Execution;
using Steward.Engines.Connectors.Instances;
using Steward.Engines.Connectors.Templates;
using Steward.Engines.Security;
using Steward.Engines.Security.Vault;

namespace Steward.Engines.Connectors.Auth;

/// <summary>
/// The credentials of one instance and of the people who sign in to it on their own. Belongs to the instance's owner: one for each instance in the cluster.
/// Secrets are read from the vault for each use; only access tokens stay, encrypted, and not for longer than they are valid. Safe for concurrent use.
/// </summary>
/// <remarks>
/// In the vault: <c>connectors/{instance}</c> holds what the tenant gave, <c>connectors/{instance}/grant</c> the instance's own sign-in,
/// <c>connectors/{instance}/users/{user}</c> that of a person.
/// </remarks>
public sealed partial class InstanceCredentials
{
    private static readonly TimeSpan StaticPause = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Subject> _subjects = new(StringComparer.Ordinal);
    private readonly ISecretVault _vault;
    private readonly OAuthClient _client;
    private readonly CredentialOptions _options;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly ICredentialObserver _observer;
    private readonly ILogger _logger;
    private readonly string _holder;
    private bool _allowPrivate;

    internal InstanceCredentials(
        ResolvedInstance target, bool allowPrivate, string holder, ICredentialObserver observer, ISecretVault vault, OAuthClient client, CredentialOptions options, TimeProvider time, Random random, ILogger logger)
    {
        Target = target;
        (_vault, _client, _options, _time, _random, _observer, _logger, _holder, _allowPrivate) = (vault, client, options, time, random, observer, logger, holder, allowPrivate);
        Auth = target.Template.Auth.FirstOrDefault(auth => auth.Id == target.Instance.AuthId)
            ?? throw OAuthException.NotConfigured($"The connector '{target.Instance.Name}' signs in by '{target.Instance.AuthId}', which its template does not know.");
    }

    /// <summary>The instance and its template.</summary>
    public ResolvedInstance Target { get; private set; }

    /// <summary>The way to sign in.</summary>
    public AuthSpec Auth { get; private set; }

    /// <summary>Whether tokens are fetched; else what the tenant gave is used as it is.</summary>
    public bool IsOAuth => Auth.Kind is AuthKind.OAuth2Code or AuthKind.OAuth2ClientCredentials or AuthKind.OAuth2Password or AuthKind.OAuth2JwtBearer or AuthKind.OAuth2SamlBearer or AuthKind.Session;

    /// <summary>Where an instance's secrets are.</summary>
    public static VaultPath SecretsOf(string tenantId, string instance) => new(tenantId, $"connectors/{instance}");

    /// <summary>Where a sign-in is kept.</summary>
    public static VaultPath GrantOf(string tenantId, string instance, string? userId) =>
        new(tenantId, userId is null ? $"connectors/{instance}/grant" : $"connectors/{instance}/users/{userId}");

    /// <summary>How well the instance, or a person on it, is signed in.</summary>
    public CredentialState StateOf(string? userId)
    {
        lock (_gate)
        {
            return _subjects.TryGetValue(userId ?? "", out var subject) ? subject.State : CredentialState.Active;
        }
    }

    /// <summary>What to sign in with now; renewed when needed, once for all who ask.</summary>
    /// <param name="userId">Whose own sign-in; null for the instance's.</param>
    /// <param name="cancellationToken">Stops waiting, not the renewal.</param>
    public Task<CredentialAnswer> GetAsync(string? userId, CancellationToken cancellationToken = default)
    {
        if (NotForPeople(userId) is { } refusal)
        {
            return Task.FromResult(refusal);
        }

        var subject = SubjectOf(userId);
        return subject.Life is { } life ? life.GetAsync(cancellationToken) : ReadAsync(subject, userId, refusedGeneration: null, cancellationToken);
    }

    /// <summary>A newer credential than one that the system refused; all who ask share one renewal, and nothing happens when a newer one is there.</summary>
    /// <param name="userId">Whose own sign-in; null for the instance's.</param>
    /// <param name="refusedGeneration">The generation that was refused.</param>
    /// <param name="cancellationToken">Stops waiting, not the renewal.</param>
    public async Task<CredentialAnswer> RenewAsync(string? userId, long refusedGeneration, CancellationToken cancellationToken = default)
    {
        if (NotForPeople(userId) is { } refusal)
        {
            return refusal;
        }

        var subject = SubjectOf(userId);
        if (subject.Life is not { } life)
        {
            return await ReadAsync(subject, userId, refusedGeneration, cancellationToken);
        }

        var answer = await life.RenewAsync(refusedGeneration, cancellationToken);
        return answer.Credential?.Generation <= refusedGeneration
            ? CredentialAnswer.Refused(FailureCodes.Unavailable, $"{Target.Template.Name} refused a credential, and there is no newer one yet.", TimeSpan.FromSeconds(1))
            : answer;
    }

    /// <summary>The sign-in request for a person's browser.</summary>
    /// <exception cref="OAuthException">A field is not given, or the address is not allowed.</exception>
    /// <exception cref="VaultException">The vault cannot be asked.</exception>
    public async Task<AuthorizationRequest> AuthorizeAsync(Uri redirectUri, CancellationToken cancellationToken = default) =>
        OAuthClient.Authorize(await SignInAsync(cancellationToken), redirectUri);

    /// <summary>Exchanges the code that came back, and keeps the sign-in in the vault.</summary>
    /// <param name="userId">Whose own sign-in; null for the instance's.</param>
    /// <param name="request">The request that <see cref="AuthorizeAsync"/> gave.</param>
    /// <param name="state">The state that came back.</param>
    /// <param name="code">The code that came back.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="OAuthException">The state is another one, or the code is not accepted.</exception>
    /// <exception cref="VaultException">The vault cannot be asked; the code is used up.</exception>
    public async Task AcceptAsync(string? userId, AuthorizationRequest request, string? state, SecretText code, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.Matches(state))
        {
            throw OAuthException.Refused("The sign-in that came back does not belong to the one that was begun. Begin again.", error: null, isGrant: false);
        }

        var grant = await _client.ExchangeAsync(await SignInAsync(cancellationToken), code, request.CodeVerifier, request.RedirectUri, cancellationToken);
        var subject = SubjectOf(userId);
        await subject.Renewal!.StoreAsync(grant);
        subject.Life!.Reset();
        Tell(subject, userId, CredentialState.Active, null, null);
    }

    /// <summary>
    /// Goes on with changed settings. Refresh tokens that were received and are not yet written are kept, so that none is lost by an edit while the vault is away; tokens are kept when nothing changed
    /// that they were fetched with.
    /// </summary>
    /// <returns>False when the instance signs in by another kind now; then it must be made anew.</returns>
    public bool TryTake(ResolvedInstance target, bool allowPrivateAddresses)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Template.Auth.FirstOrDefault(auth => auth.Id == target.Instance.AuthId) is not { } auth || auth.Kind != Auth.Kind || auth.Id != Auth.Id)
        {
            return false;
        }

        var (before, after) = (Target.Instance, target.Instance);
        var isSame = before.TemplateHash == after.TemplateHash && before.BaseUrl == after.BaseUrl && before.Region == after.Region
            && before.Fields.Count == after.Fields.Count && before.Fields.All(field => after.Fields.GetValueOrDefault(field.Key) == field.Value);
        (Target, Auth, _allowPrivate) = (target, auth, allowPrivateAddresses);
        if (!isSame)
        {
            Reset();
        }

        return true;
    }

    /// <summary>
    /// Says that a call with the instance's own key, password or certificate has just succeeded: one that was refused before is accepted again. No effect on tokens, whose state follows
    /// from their renewals.
    /// </summary>
    public void Confirm()
    {
        Subject? subject;
        lock (_gate)
        {
            if (IsOAuth || !_subjects.TryGetValue("", out subject) || subject.State == CredentialState.Active)
            {
                return;
            }

            (subject.RefusedGeneration, subject.NotBefore) = (-1, default);
        }

        Tell(subject, userId: null, CredentialState.Active, null, null);
    }

    /// <summary>Says that the instance's secrets were changed: what failed with the old ones is tried again with the next call. Tells nobody: how it stands is not known before that.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            foreach (var subject in _subjects.Values)
            {
                subject.Life?.Reset();
                subject.Renewal?.Reset();
                (subject.State, subject.RefusedGeneration, subject.NotBefore) = (CredentialState.Active, -1, default);
            }
        }
    }

    /// <summary>A person's calls are never made with the instance's own rights.</summary>
    private CredentialAnswer? NotForPeople(string? userId) => userId is null || (Auth.PerUser && (!IsOAuth || Auth.Kind == AuthKind.OAuth2Code))
        ? null
        : CredentialAnswer.Refused(FailureCodes.NotConfigured, $"The connector '{Target.Instance.Name}' signs in by '{Auth.Id}', which people cannot do on their own.");

    private async Task<SignIn> SignInAsync(CancellationToken cancellationToken)
    {
        var secret = await _vault.ReadAsync(SecretsOf(Target.Instance.TenantId, Target.Instance.Name), cancellationToken: cancellationToken);
        return new SignIn(Target, secret?.Values ?? new Dictionary<string, SecretText>(), _allowPrivate);
    }

    private Subject SubjectOf(string? userId)
    {
        lock (_gate)
        {
            if (_subjects.TryGetValue(userId ?? "", out var subject))
            {
                return subject;
            }

            if (_subjects.Count > _options.UsersInMemory)
            {
                // The one that was not asked for longest, and never one whose renewal is under way: its outcome must be kept.
                var (oldest, _) = _subjects.Where(pair => pair.Key.Length > 0 && pair.Value.Life?.IsBusy != true && pair.Value.Renewal?.HasUnwritten != true).MinBy(pair => pair.Value.UsedAt);
                if (oldest is not null)
                {
                    _subjects.Remove(oldest);
                }
            }

            subject = new Subject();
            if (IsOAuth)
            {
                subject.Renewal = new GrantRenewal(_client, _vault, GrantOf(Target.Instance.TenantId, Target.Instance.Name, userId), _holder, _options, _time, _logger);
                subject.Life = new CredentialLife(
                    refused => RenewGrantAsync(subject.Renewal, refused), MakeCredential, _options, Auth.OAuth2?.RefreshMargin ?? Auth.Session?.RefreshMargin ?? TimeSpan.FromMinutes(2), _time, _random,
                    (state, code, message) => Tell(subject, userId, state, code, message));
            }

            return _subjects[userId ?? ""] = subject;
        }
    }

    private async Task<TokenGrant> RenewGrantAsync(GrantRenewal renewal, SecretText? refused) => await renewal.NextAsync(await SignInAsync(CancellationToken.None), refused);

    /// <summary>What callers get of a sign-in by OAuth: the access token, and those fields that the template puts into requests beside it.</summary>
    private Credential MakeCredential(TokenGrant grant)
    {
        var values = new Dictionary<string, SecretText>(StringComparer.Ordinal) { ["access_token"] = grant.AccessToken };
        foreach (var field in Auth.Fields)
        {
            if (!field.Secret && Target.Instance.Fields.TryGetValue(field.Name, out var value) && Auth.Apply.Any(place => place.Value.Contains($"{{{field.Name}}}", StringComparison.Ordinal)))
            {
                values[field.Name] = new SecretText(value);
            }
        }

        return new Credential(0, values, grant.BaseUrl);
    }

    /// <summary>Keys, passwords and certificates: read for each call, never kept.</summary>
    private async Task<CredentialAnswer> ReadAsync(Subject subject, string? userId, long? refusedGeneration, CancellationToken cancellationToken)
    {
        try
        {
            var (tenant, name) = (Target.Instance.TenantId, Target.Instance.Name);
            var secret = Auth.Fields.Any(field => field.Secret) ? await _vault.ReadAsync(userId is null ? SecretsOf(tenant, name) : GrantOf(tenant, name, userId), cancellationToken: cancellationToken) : null;
            var values = new Dictionary<string, SecretText>(StringComparer.Ordinal);
            foreach (var field in Auth.Fields)
            {
                var value = secret?.Values.GetValueOrDefault(field.Name)
                    ?? (Target.Instance.Fields.TryGetValue(field.Name, out var given) ? new SecretText(given) : field is { Secret: false, Default: { } preset } ? new SecretText(preset) : null);
                if (value is { IsBlank: false })
                {
                    values[field.Name] = value;
                }
                else if (field.Required)
                {
                    var message = $"The connector '{name}' cannot sign in: '{field.Name}' is not given.";
                    Tell(subject, userId, CredentialState.Broken, FailureCodes.NotConfigured, message);
                    return CredentialAnswer.Refused(FailureCodes.NotConfigured, message);
                }
            }

            var generation = secret?.CreatedAt.ToUnixTimeMilliseconds() ?? 0;
            var refused = $"{Target.Template.Name} does not accept the credentials of the connector '{name}'. Give it new ones.";
            var now = _time.GetUtcNow();
            if (refusedGeneration is { } old && generation <= old)
            {
                // Asking with the same again and again would lock the account.
                (subject.RefusedGeneration, subject.NotBefore) = (generation, now + StaticPause);
                Tell(subject, userId, CredentialState.Broken, FailureCodes.Unauthenticated, refused);
                return CredentialAnswer.Refused(FailureCodes.Unauthenticated, refused);
            }

            if (generation == subject.RefusedGeneration && now < subject.NotBefore)
            {
                return CredentialAnswer.Refused(FailureCodes.Unauthenticated, refused, subject.NotBefore - now);
            }

            if (generation != subject.RefusedGeneration)
            {
                Tell(subject, userId, CredentialState.Active, null, null);
            }

            return CredentialAnswer.Of(new Credential(generation, values));
        }
        catch (VaultException exception)
        {
            return CredentialAnswer.Refused(
                exception.IsRetryable ? FailureCodes.Unavailable : FailureCodes.NotConfigured, exception.Message, exception.IsRetryable ? TimeSpan.FromSeconds(1) : null);
        }
    }

    private void Tell(Subject subject, string? userId, CredentialState state, string? code, string? message)
    {
        CredentialState before;
        lock (_gate)
        {
            before = subject.State;
            if (before == state)
            {
                return;
            }

            subject.State = state;
        }

        LogState(Target.Instance.TenantId, Target.Instance.Name, before, state, code ?? "none");
        _observer.Changed(new CredentialStateChange(Target.Instance.TenantId, Target.Instance.Name, userId, before, state, code, message, _time.GetUtcNow()));
    }

    [LoggerMessage(41, LogLevel.Information, "Credentials of {TenantId} for '{Instance}' went from {From} to {To} ({Code}).")]
    private partial void LogState(string tenantId, string instance, CredentialState from, CredentialState to, string code);

    private sealed class Subject
    {
        public CredentialLife? Life { get; set; }

        public GrantRenewal? Renewal { get; set; }

        public CredentialState State { get; set; }

        public long RefusedGeneration { get; set; } = -1;

        public DateTimeOffset NotBefore { get; set; }

        public DateTimeOffset UsedAt => Life?.UsedAt ?? NotBefore;
    }
}
