using Steward.Client;
using Steward.Errors;
using Steward.Identity;
using Steward.Tenants;

namespace Steward.Gateway.Tests;

/// <summary>The settings of a tenant in memory.</summary>
public sealed class FakeTenant
{
    public TenantProfile Profile { get; set; } = new() { Name = "Acme", Tier = "enterprise", MaxConcurrentRuns = 400 };

    public ITenantClient Of(CallerIdentity identity, Action fail) => new FakeClient(this, identity, fail);

    private sealed class FakeClient(FakeTenant tenant, CallerIdentity identity, Action fail) : ITenantClient
    {
        public Task<TenantProfile> GetAsync(CancellationToken cancellationToken = default)
        {
            Enter();
            return Task.FromResult(tenant.Profile);
        }

        public Task<TenantProfile> SetAsync(TenantPreferences preferences, CancellationToken cancellationToken = default)
        {
            Enter();
            return Task.FromResult(tenant.Profile = tenant.Profile with { DoubleTexting = preferences.DoubleTexting, RetentionDays = preferences.RetentionDays });
        }

        private void Enter()
        {
            fail();
            if (!identity.Roles.Contains(WellKnownRoles.Admin))
            {
                throw StewardException.Forbidden("Only admins may do this.");
            }
        }
    }
}
