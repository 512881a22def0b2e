using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Steward.Engines.Models;
using Steward.Engines.Orchestration.Admission;

namespace Steward.Engines.Orchestration;

/// <summary>Registers the run engine.</summary>
public static class OrchestrationServiceCollectionExtensions
{
    /// <summary>
    /// Adds <see cref="RunEngine"/> and what it needs, except <c>IConnectorRegistry</c> and <see cref="IChatModelProvider"/>, which the engines of
    /// connectors and models register.
    /// </summary>
    public static IServiceCollection AddStewardOrchestration(this IServiceCollection services, Action<OrchestrationOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        var options = services.AddOptions<OrchestrationOptions>()
            .Configure<IServiceProvider>((orchestration, provider) =>
            {
                var section = provider.GetService<IConfiguration>()?.GetSection("Steward:Orchestration");

                // Its name and unit until 2026-11: characters, four for a token.
                if (section?.GetValue<int?>("MaxContextLength") is { } characters)
                {
                    orchestration.MaxContextTokens = characters / 4;
                }

                section?.Bind(orchestration);
            })
            .ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        // Where people and programs reach the HTTP API, when that is said for webhooks and notices anyway.
        services.AddOptions<OrchestrationOptions>().PostConfigure<IServiceProvider>((orchestration, provider) =>
        {
            if (provider.GetService<IConfiguration>()?["Steward:Webhooks:PublicAddress"] is { Length: > 0 } address && Uri.TryCreate(address, UriKind.Absolute, out var own))
            {
                orchestration.OwnAddresses = [.. orchestration.OwnAddresses, .. Limits.CallbackGuard.AllOf(own)];
            }
        });
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<OrchestrationOptions>, OrchestrationOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IRandomSource, RandomSource>();
        services.TryAddSingleton(provider => OrchestrationDefinitions.Load(provider.GetRequiredService<IOptions<OrchestrationOptions>>().Value));
        services.TryAddSingleton<RunEngine>();
        services.AddOptions<AdmissionOptions>()
            .Configure<IServiceProvider>((admission, provider) => provider.GetService<IConfiguration>()?.GetSection("Steward:Admission").Bind(admission))
            .ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<AdmissionOptions>, AdmissionOptionsValidator>());
        services.TryAddSingleton<RunAdmission>();
        services.TryAddSingleton<IRunAdmission>(provider => provider.GetRequiredService<RunAdmission>());
        services.AddHostedService<ProcessorGuardService>();
        return services;
    }

    /// <summary>Warns when the process starts and no address is known under which Steward itself is reached, so that calls back to it are not noticed. For silos that run apart from the gateways.</summary>
    public static IServiceCollection AddStewardOwnAddressWarning(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddHostedService<Limits.OwnAddressWarning>();
    }
}
