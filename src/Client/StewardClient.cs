using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using Steward.Engines.Security;
using Steward.Errors;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Client;

/// <summary>The façade over the cluster.</summary>
internal sealed class StewardClient : IStewardClient, ITenantAdministration
{
    private const string PlatformUserId = "u-system";

    private readonly IClusterClient _cluster;
    private readonly IdentityEnvelopeSigner _signer;
    private readonly SecretSealer _sealer;
    private readonly StewardClientOptions _options;
    private readonly RetryingCaller _caller;
    private readonly RunWatcher _watcher;
    private readonly InboxWatcher _inboxes;
    private readonly TimeProvider _time;

    public StewardClient(
        IClusterClient cluster,
        IdentityEnvelopeSigner signer,
        SecretSealer sealer,
        IOptions<StewardClientOptions> options,
        TimeProvider time,
        ILogger<StewardClient> logger)
    {
        _cluster = cluster;
        _signer = signer;
        _sealer = sealer;
        _options = options.Value;
        _caller = new RetryingCaller(options.Value, time, Random.Shared.NextDouble, CallFailures.IsTransient, logger);
        _watcher = new RunWatcher(options.Value, _caller, time, logger);
        _inboxes = new InboxWatcher(options.Value, _caller, time, logger);
        _time = time;
    }

    /// <inheritdoc/>
    public ITenantAdministration Tenants => this;

    /// <inheritdoc/>
    public IStewardUserClient For(CallerIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        GrainKeys.Tenant(identity.TenantId);
        if (!GrainKeys.IsValidPart(identity.UserId, 'u'))
        {
            throw StewardException.Invalid("userId", $"must be 'u-' followed by 1 to {GrainKeys.MaxPartLength - 2} of a-z, 0-9, '.', '_' and '-'.");
        }

        if (identity.Roles.Contains(WellKnownRoles.System))
        {
            throw StewardException.Forbidden("No person has the platform's own role.");
        }

        return new StewardUserClient(_cluster, new CallEnvelope(_signer, identity), Platform(identity.TenantId), identity, _caller, _watcher, _inboxes, _sealer, _options, _time);
    }

    /// <inheritdoc/>
    public async Task ConfigureAsync(string tenantId, TenantProfile profile, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(profile);
        await CallAsync("tenant.configure", tenantId, idempotent: true, changes: true, profile, static async (tenant, profile, token) =>
        {
            await tenant.Configure(profile, token);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<TenantProfile?> GetProfileAsync(string tenantId, CancellationToken cancellationToken = default) =>
        CallAsync("tenant.get-profile", tenantId, idempotent: true, changes: false, 0, static (tenant, _, token) => tenant.GetProfile(token), cancellationToken);

    /// <inheritdoc/>
    public async Task AddApiKeyAsync(string tenantId, ApiKeyRecord key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        await CallAsync("tenant.add-api-key", tenantId, idempotent: false, changes: true, key, static async (tenant, key, token) =>
        {
            await tenant.AddApiKey(key, token);
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> RevokeApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default) =>
        CallAsync("tenant.revoke-api-key", tenantId, idempotent: false, changes: true, keyId, static (tenant, keyId, token) => tenant.RevokeApiKey(keyId, token), cancellationToken);

    /// <inheritdoc/>
    public Task<ApiKeyRecord?> FindApiKeyAsync(string tenantId, string keyId, CancellationToken cancellationToken = default) =>
        CallAsync("tenant.find-api-key", tenantId, idempotent: true, changes: false, keyId, static (tenant, keyId, token) => tenant.FindApiKey(keyId, token), cancellationToken);

    private CallEnvelope Platform(string tenantId) => new(_signer, new CallerIdentity { TenantId = tenantId, UserId = PlatformUserId, Roles = [WellKnownRoles.System] });

    private Task<TResult> CallAsync<TState, TResult>(
        string operation,
        string tenantId,
        bool idempotent,
        bool changes,
        TState state,
        Func<ITenantGrain, TState, CancellationToken, Task<TResult>> call,
        CancellationToken cancellationToken)
    {
        var grain = _cluster.GetGrain<ITenantGrain>(GrainKeys.Tenant(tenantId));
        return new SignedCaller(Platform(tenantId), _caller).CallAsync(operation, idempotent, changes, grain, state, call, cancellationToken);
    }
}

/// <summary>One caller's signed identity, put on the grain calls of the current flow.</summary>
internal sealed class CallEnvelope(IdentityEnvelopeSigner signer, CallerIdentity identity)
{
    private readonly EnvelopeIdentity _identity = new()
    {
        TenantId = identity.TenantId,
        UserId = identity.UserId,
        Roles = identity.Roles,
        Name = identity.Name,
        Email = identity.Email,
    };

    /// <summary>
    /// Makes the envelope travel with the calls that follow. The signer hands out the same text until it is half way through its life, so
    /// a flow that carries it already is left alone.
    /// </summary>
    public void Attach()
    {
        var envelope = signer.Sign(_identity);
        if (!ReferenceEquals(RequestContext.Get(IdentityContext.Key), envelope))
        {
            RequestContext.Set(IdentityContext.Key, envelope);
        }
    }
}
