using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Steward.Engines.Connectors;
using Steward.Engines.Models;
using Steward.Engines.Sandboxing;
using Steward.Identity;
using Steward.Sandbox.Snippets;

namespace Steward.Sandbox;

/// <summary>Adds what leases of sandboxes need to a silo.</summary>
public static class StewardSandboxGrainsExtensions
{
    /// <summary>Registers what carries executions out and their data. The pool is registered by the engine; without one, code is not run and says so.</summary>
    internal static IServiceCollection AddStewardSandboxGrains(this IServiceCollection services)
    {
        services.AddOptions<SandboxLeaseOptions>().BindConfiguration(SandboxLeaseOptions.Section);
        services.AddOptions<CodeReviewOptions>()
            .BindConfiguration(CodeReviewOptions.Section)
            .Validate(one => (one.Tier is null || ModelTiers.All.Contains(one.Tier)) && one.Patience > TimeSpan.Zero, $"{CodeReviewOptions.Section}: Tier is one of {string.Join(", ", ModelTiers.All)}, or nothing; Patience is more than 0.")
            .ValidateOnStart();
        services.TryAddSingleton<ICodeReviewer, ModelCodeReviewer>();
        services.TryAddSingleton<PersonDataFactory>();
        services.TryAddSingleton<LeaseWork>();
        services.TryAddSingleton<SnippetExamples>();
        services.AddHostedService<SandboxStart>();
        return services;
    }

    /// <summary>Gives agents the tool <c>sandbox.run_code</c> beside the operations of connectors. Call it after <see cref="IConnectorRegistry"/> was registered. Calling it again changes nothing.</summary>
    public static IServiceCollection AddStewardSandboxTools(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        if (services.Any(service => service.ServiceType == typeof(Decorated)) || services.LastOrDefault(service => service.ServiceType == typeof(IConnectorRegistry)) is not { } registered)
        {
            return services;
        }

        services.AddSingleton(provider => new Decorated(registered switch
        {
            { ImplementationInstance: IConnectorRegistry instance } => instance,
            { ImplementationFactory: { } factory } => (IConnectorRegistry)factory(provider),
            _ => (IConnectorRegistry)ActivatorUtilities.CreateInstance(provider, registered.ImplementationType!),
        }));
        services.Replace(ServiceDescriptor.Singleton<IConnectorRegistry>(provider => new SandboxTools(
            provider.GetRequiredService<Decorated>().Inner,
            new Lazy<LeaseWork>(provider.GetRequiredService<LeaseWork>),
            new Lazy<PersonDataFactory>(provider.GetRequiredService<PersonDataFactory>),
            provider.GetRequiredService<SnippetExamples>(),
            provider.GetRequiredService<IGrainFactory>(),
            provider.GetRequiredService<PlatformIdentity>(),
            provider.GetRequiredService<TimeProvider>())));
        return services;
    }

    /// <summary>The registry of connectors without the tool.</summary>
    private sealed record Decorated(IConnectorRegistry Inner);
}
