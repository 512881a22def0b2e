using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Steward.Engines.Models.Tiers;
using Steward.Engines.Security.Vault;
using Steward.Engines.Security.Webhooks;
using Steward.Identity;
using Steward.Operations;
using Steward.Runs;
using Steward.Storage;

namespace Steward.Grains.Tests.Hosting;

/// <summary>A silo that may send webhooks to loopback, for tests that set its clock.</summary>
public sealed class TimedCluster : GrainCluster
{
    internal UnsteadyHook Hook { get; } = new();

    internal RefusingVault Vault => (RefusingVault)Silo.GetRequiredService<ISecretVault>();

    /// <summary>What the tenant's watchdog does about work that stands still.</summary>
    internal Task<int> TakeUpAsync(string tenant) => Silo.GetRequiredService<OpenWork>().ResumeAsync(tenant, TimeSpan.Zero, default);

    /// <summary>What the tenant's watchdog does when it comes.</summary>
    internal Task<int> WatchdogAsync(string tenant) => Silo.GetRequiredService<OpenWork>().WakeAsync(tenant, default);

    internal void SignInAsPlatform(string tenant) => SignIn(tenant, PlatformIdentity.UserId, WellKnownRoles.System);

    /// <summary>Moves on to so long before the next full minute, and says which that is.</summary>
    internal DateTimeOffset MoveCloseToMinute(TimeSpan before)
    {
        var now = Time.GetUtcNow();
        var minute = new DateTimeOffset(((now.UtcTicks / TimeSpan.TicksPerMinute) + 1) * TimeSpan.TicksPerMinute, TimeSpan.Zero);
        if (minute - before < now)
        {
            minute = minute.AddMinutes(1);
        }

        Time.Advance(minute - before - now);
        return minute;
    }

    protected override void Configure(ISiloBuilder silo)
    {
        silo.Services.AddSingleton<IRunEndHook>(Hook);
        silo.Services.AddSingleton<IRequestIntents>(new KnownIntents());
        var vault = silo.Services.Last(service => service.ServiceType == typeof(ISecretVault)).ImplementationFactory!;
        silo.Services.AddSingleton<ISecretVault>(provider => new RefusingVault((ISecretVault)vault(provider)));
        var vectors = silo.Services.Last(service => service.ServiceType == typeof(IVectorStore));
        silo.Services.Remove(vectors);
        silo.Services.AddSingleton<IVectorStore>(provider => new FailingVectors((IVectorStore)vectors.ImplementationFactory!(provider)));
        silo.Services.Configure<WebhookOptions>(options =>
        {
            options.AllowHttp = true;
            options.AllowedNetworks.Add("127.0.0.0/8");
            options.Timeout = TimeSpan.FromSeconds(2);
            options.PublicAddress = new Uri("https://steward.example");
            options.RetryAfter.Add(TimeSpan.FromMilliseconds(50));
            options.RetryAfter.Add(TimeSpan.FromMilliseconds(100));
            options.RetryAfter.Add(TimeSpan.FromHours(1));
        });
    }

    private sealed class KnownIntents : IRequestIntents
    {
        public IReadOnlyList<string> Of(string tenantId) => ["Hardware", "Access"];
    }
}

/// <summary>The tests of what happens by itself share one silo, one after the other, since they set its clock.</summary>
[CollectionDefinition(Name)]
public sealed class TimedClusterGroup : ICollectionFixture<TimedCluster>
{
    public const string Name = "timed";
}
